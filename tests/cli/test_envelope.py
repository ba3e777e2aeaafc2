"""With --json every command answers one line that a program can read, whatever happens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import typer

from ccsync.cli.commands import application as tree
from ccsync.errors import (
    CcsyncError,
    ConfigError,
    ExitCode,
    Interrupted,
    LocalError,
    Locked,
    LoginNeeded,
    Problem,
    QuotaSpent,
    Stopped,
    Unreachable,
    UsageError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from .conftest import CommandLine, FakeApplication, Outcome

KEYS = {"schema", "command", "status", "exit_code", "data", "errors"}


def commands() -> Iterator[tuple[str, ...]]:
    """Every command that Typer knows, by the words that call it."""

    def walk(command: Any, words: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        below = getattr(command, "commands", None)
        if below is None:
            yield words
            return
        for name, one in below.items():
            yield from walk(one, (*words, name))

    yield from walk(typer.main.get_command(tree()), ())


# What has to be said beside the name, for a command that shall succeed.
MORE: dict[tuple[str, ...], tuple[str, ...]] = {
    ("run",): ("--once",),
    ("auth", "logout"): ("membrain",),
    ("map", "add"): ("contact.JobTitle", "job_title"),
    ("map", "remove"): ("full_name",),
    ("timestamp", "set"): ("30d",),
    ("state", "restore"): ("backup.zip",),
    ("why",): ("ann@example.com",),
    ("forget",): ("ann@example.com", "--yes"),
    ("daemon", "install"): ("--cron", "--print"),
}
ASK_A_SERVICE = {
    ("init",),
    ("auth", "login", "membrain"),
    ("auth", "login", "constant-contact"),
    ("map", "fields"),
    ("map", "suggest"),
    ("map", "check"),
    ("doctor",),
}
NEED_A_FIELD_IN_THE_FILE = {("map", "remove")}
NEED_A_STATE_ON_THE_DISK = {("timestamp", "undo"), ("state", "backup"), ("state", "restore")}
GO_ON = {("sandbox", "serve")}
REACH_BEYOND_THIS_PROCESS = {
    ("daemon", word) for word in ("start", "stop", "restart", "status", "install", "uninstall")
}
CANNOT_SUCCEED_HERE = (
    ASK_A_SERVICE
    | GO_ON
    | NEED_A_FIELD_IN_THE_FILE
    | NEED_A_STATE_ON_THE_DISK
    | REACH_BEYOND_THIS_PROCESS
    | {("why",), ("forget",)}
)
READ_NO_CONFIG = {("init",), ("help",), ("config", "schema"), ("auth", "new-key"), ("daemon", "uninstall")}
ALL = tuple(commands())


def assert_envelope(outcome: Outcome) -> dict[str, Any]:
    envelope = outcome.envelope
    assert set(envelope) == KEYS
    assert envelope["schema"] == "ccsync/1"
    assert envelope["exit_code"] == outcome.code
    assert envelope["status"] in ("success", "partial", "error")
    assert (envelope["status"] == "success") == (outcome.code == 0)
    assert isinstance(envelope["data"], dict)
    assert bool(envelope["errors"]) == (outcome.code != 0)
    for error in envelope["errors"]:
        assert set(error) == {"code", "message", "hint"}
        assert error["code"]
        assert error["message"]
    return envelope


@pytest.fixture
def words_that_succeed(config_file: Path, tmp_path: Path) -> Callable[[tuple[str, ...]], tuple[str, ...]]:
    def say(command: tuple[str, ...]) -> tuple[str, ...]:
        written: dict[tuple[str, ...], tuple[str, ...]] = {
            ("auth", "new-key"): (str(tmp_path / "new.key"),),
            ("logs", "export"): ("--output", str(tmp_path / "logs.zip")),
            ("logs", "download"): ("--output", str(tmp_path / "logs.zip")),
        }
        more = written.get(command) or MORE.get(command, ())
        return ("--config", str(config_file), *command, *more, "--json")

    return say


def test_the_commands_are_those_that_are_finished() -> None:
    assert {" ".join(words) for words in ALL} == {
        "init",
        "run",
        "status",
        "timestamp show",
        "timestamp set",
        "timestamp reset",
        "timestamp undo",
        "state backup",
        "state restore",
        "logs list",
        "logs show",
        "logs export",
        "logs download",
        "why",
        "forget",
        "daemon start",
        "daemon stop",
        "daemon restart",
        "daemon status",
        "daemon install",
        "daemon uninstall",
        "help",
        "auth login membrain",
        "auth login constant-contact",
        "auth status",
        "auth logout",
        "auth new-key",
        "map list",
        "map fields",
        "map suggest",
        "map add",
        "map remove",
        "map check",
        "map filter",
        "config check",
        "config show",
        "config path",
        "config schema",
        "doctor",
        "sandbox serve",
        "sandbox reset",
    }


@pytest.mark.parametrize("command", [one for one in ALL if one not in CANNOT_SUCCEED_HERE], ids=" ".join)
def test_a_success_is_one_envelope(
    command: tuple[str, ...],
    ccsync: CommandLine,
    after_a_run: FakeApplication,
    words_that_succeed: Callable[[tuple[str, ...]], tuple[str, ...]],
) -> None:
    outcome = ccsync(*words_that_succeed(command))
    envelope = assert_envelope(outcome)
    assert envelope["command"] == " ".join(command)
    if command == ("auth", "status"):  # nobody is logged in here
        assert outcome.code == ExitCode.LOGIN_NEEDED
    else:
        assert envelope["status"] == "success", envelope
    assert outcome.stderr == ""


@pytest.mark.parametrize("command", [one for one in ALL if one not in READ_NO_CONFIG], ids=" ".join)
def test_a_wrong_configuration_is_one_envelope(command: tuple[str, ...], ccsync: CommandLine, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.toml"
    wrong.write_text("account = 7\n", "utf-8")
    ccsync.refuse = lambda: ConfigError("1 mistake", problems=(Problem("account", 1, "is a text"),))
    words = ("--config", str(wrong if command != ("config", "path") else tmp_path / "none"))
    outcome = ccsync(*words, *command, *MORE.get(command, ()), "--json")
    assert assert_envelope(outcome)["command"] == " ".join(command)
    assert outcome.code == ExitCode.CONFIG


@pytest.mark.parametrize("command", ALL, ids=" ".join)
def test_an_unknown_option_is_one_envelope(command: tuple[str, ...], ccsync: CommandLine) -> None:
    outcome = ccsync("--json", *command, "--frobnicate")
    envelope = assert_envelope(outcome)
    assert outcome.code == ExitCode.USAGE
    assert envelope["command"] == " ".join(command)
    assert "--frobnicate" in envelope["errors"][0]["message"]
    assert envelope["errors"][0]["hint"] == f"ccsync {' '.join(command)} --help"


@pytest.mark.parametrize("command", ALL, ids=" ".join)
def test_help_is_an_envelope_too(command: tuple[str, ...], ccsync: CommandLine) -> None:
    outcome = ccsync(*command, "--json", "--help")
    assert outcome.code == 0
    assert "Examples" in assert_envelope(outcome)["data"]["help"]


@pytest.mark.parametrize(
    "words",
    [
        ("--json",),
        ("frobnicate", "--json"),
        ("logs", "--json"),
        ("logs", "frobnicate", "--json"),
        ("--json", "run", "--once", "--allow-removals", "many"),
        ("--json", "run", "--once", "--allow-removals", "-3"),
        ("--json", "auth", "logout"),
        ("--json", "auth", "logout", "elsewhere"),
        ("--json", "status", "too", "many"),
        ("status", "--json", "--config"),
    ],
    ids=" ".join,
)
def test_a_line_that_is_not_understood_is_one_envelope(words: tuple[str, ...], ccsync: CommandLine) -> None:
    outcome = ccsync(*words)
    assert outcome.code == ExitCode.USAGE
    assert assert_envelope(outcome)["errors"][0]["code"] == "usage"
    assert ccsync.opened == []


def test_the_version_is_one_envelope(ccsync: CommandLine) -> None:
    outcome = ccsync("--version", "--json")
    assert assert_envelope(outcome)["data"]["version"]


def test_each_mistake_of_a_configuration_is_one_error(ccsync: CommandLine) -> None:
    problems = (Problem("account", 1, "is missing"), Problem("sync", None, "is empty", "add a [[sync]]"))
    ccsync.refuse = lambda: ConfigError("2 mistakes", problems=problems, hint="mend it")
    errors = assert_envelope(ccsync("status", "--json"))["errors"]
    assert [error["message"] for error in errors] == ["line 1: account: is missing", "sync: is empty"]
    assert errors[1]["hint"] == "add a [[sync]]"


def test_for_people_all_mistakes_stand_below_each_other(ccsync: CommandLine) -> None:
    picture = "something is missing here\ncontact.Name ==\n               ^"
    problems = (Problem("account", 1, "is missing"), Problem("sync[0].filter", 6, picture, "it is CEL"))
    ccsync.refuse = lambda: ConfigError("2 mistakes in a.toml", problems=problems, hint="mend it")
    assert ccsync("status").stderr.splitlines() == [
        "ccsync: 2 mistakes in a.toml",
        "  line 1: account: is missing",
        "  line 6: sync[0].filter: something is missing here  (it is CEL)",
        "    contact.Name ==",
        "                   ^",
        "  next: mend it",
    ]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UsageError("no"), 2),
        (Stopped("no"), 3),
        (Unreachable("no"), 69),
        (LocalError("no"), 74),
        (Locked("no"), 75),
        (QuotaSpent("no"), 75),
        (LoginNeeded("no"), 77),
        (ConfigError("no"), 78),
        (Interrupted("no"), 130),
        (Interrupted("no", exit_code=ExitCode.TERMINATED), 143),
        (KeyboardInterrupt(), 130),
        (ValueError("unforeseen"), 1),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else None,
)
def test_the_exit_code_says_what_to_do(
    error: CcsyncError, code: int, ccsync: CommandLine, application: FakeApplication
) -> None:
    application.report = error
    outcome = ccsync("run", "--once", "--json")
    assert outcome.code == code
    assert_envelope(outcome)
