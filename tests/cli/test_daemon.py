"""`ccsync daemon` and the loop of `ccsync run`, as they are typed: what they answer, on a terminal and off it."""

from __future__ import annotations

import io
import json
import os
import re
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from ccsync.cli.app import execute
from ccsync.cli.session import Environment
from ccsync.config.model import Config
from ccsync.engine.options import Result
from ccsync.errors import ConfigError, ExitCode, LocalError, Unreachable
from ccsync.service.background import Background
from ccsync.service.bulletin import Bulletin, Notice
from ccsync.service.switch import Switch
from ccsync.state.folder import ServiceLock
from ccsync.stopping import StopRequest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from ccsync.clock import Clock

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


class Minutes:
    """A clock that moves while somebody waits, and asks for an end after a while."""

    def __init__(self, stop: StopRequest, until: float) -> None:
        self._stop, self._until = stop, until
        self.passed = 0.0

    def now(self) -> datetime:
        return NOON + timedelta(seconds=self.passed)

    def monotonic(self) -> float:
        return self.passed

    def sleep(self, seconds: float) -> None:
        self.passed += seconds
        if self.passed >= self._until:
            self._stop.ask(ExitCode.TERMINATED)


class Stream(io.StringIO):
    """A stream that can be taken for a terminal."""

    terminal = False

    def isatty(self) -> bool:
        return self.terminal


@dataclass
class Typed:
    """A command line typed by somebody whose configuration is right."""

    application: Any
    config_file: Path
    variables: Mapping[str, str] = field(default_factory=dict)
    terminal: bool = False
    until: float = 200
    wrong: ConfigError | None = None

    def __call__(self, *words: str) -> tuple[int, str, str]:
        stop = StopRequest()
        clock = Minutes(stop, self.until)
        stdin, stdout, stderr = Stream(), Stream(), Stream()
        for one in (stdin, stdout, stderr):
            one.terminal = self.terminal
        variables = {"COLUMNS": "80", "CCSYNC_CONFIG": str(self.config_file), **self.variables}
        environment = Environment(stdin, stdout, stderr, variables, clock, self._open, stop)
        code = execute(words, environment)
        return code, stdout.getvalue(), stderr.getvalue()

    def _open(self, config: Path | None, environ: Mapping[str, str], clock: Clock) -> Any:  # noqa: ARG002 - a port
        if self.wrong is not None:
            raise self.wrong
        return self.application

    @contextmanager
    def served(self, folder: Path) -> Iterator[None]:
        """Have a service stand there that reads the configuration that is meant, without one of its own process."""
        clock = Minutes(StopRequest(), 1e9)
        self.variables = {**self.variables, "CCSYNC_STATE_DIR": str(folder.parent)}
        notice = Notice(os.getpid(), NOON, "background", "0.1.0", config=str(self.config_file))
        with ServiceLock(folder, clock):
            Bulletin(folder).post(notice)
            yield


@pytest.fixture
def typed(application: Any, config_file: Path, monkeypatch: pytest.MonkeyPatch) -> Typed:
    """Return somebody who types, off a terminal."""
    monkeypatch.setenv("HOME", str(config_file.parent))
    return Typed(application, config_file)


class TestTheLoop:
    def test_says_nothing_off_a_terminal_while_all_is_well_and_ends_well(self, typed: Typed) -> None:
        assert typed("run") == (0, "", "")
        assert len(typed.application.asked) == 2

    def test_answers_one_envelope_a_run_on_a_line(self, typed: Typed) -> None:
        code, stdout, stderr = typed("run", "--json")
        answers = [json.loads(line) for line in stdout.splitlines()]
        assert (code, stderr) == (0, "")
        assert [(one["command"], one["status"], one["data"]["result"]) for one in answers] == [
            ("run", "success", "success")
        ] * 2

    def test_tells_a_failure_once_with_the_next_moment_and_what_to_type(self, typed: Typed) -> None:
        typed.application.report = Unreachable("Membrain does not answer", hint="ccsync doctor")
        typed.until = 5
        code, stdout, stderr = typed("run")
        first, following = stderr.splitlines()
        assert (code, stdout) == (0, "")
        assert re.fullmatch(r"ccsync: Membrain does not answer; next run at 12:0[23]:\d\d UTC", first)
        assert following == "  next: ccsync doctor"

    def test_writes_a_line_a_run_on_a_terminal(self, typed: Typed) -> None:
        typed.terminal = True
        _, stdout, stderr = typed("run", "--yes")
        assert len(stdout.splitlines()) == 2
        assert "success in 4.2 s: 12 created, 12 added, 3 skipped" in stdout.splitlines()[0]
        assert "ccsync: the service has started" in stderr
        assert "ccsync: the service has ended: asked to stop" in stderr

    def test_says_what_an_interrupted_run_leaves_for_the_next_one(self, typed: Typed) -> None:
        left = "interrupted; 12 people planned and not written yet: the next run goes on"
        report = replace(typed.application.report, result=Result.INTERRUPTED, exit_code=ExitCode.TERMINATED)
        typed.application.report = replace(report, code="interrupted", message=left)
        typed.variables, typed.until = {"JOURNAL_STREAM": "8:1"}, 5
        _, _, stderr = typed("run")
        assert f"ccsync: {left}" in stderr.splitlines()

    def test_writes_what_changes_for_the_journal(self, typed: Typed) -> None:
        typed.variables, typed.until = {"JOURNAL_STREAM": "8:1"}, 5
        _, stdout, stderr = typed("run")
        assert stdout == ""
        assert [line.partition(" (")[0] for line in stderr.splitlines()] == [
            "ccsync: the service has started",
            "ccsync: the service has ended: asked to stop",
        ]

    @pytest.mark.parametrize("words", [("--sync", "customers"), ("--full",), ("--dry-run",), ("--allow-removals", "3")])
    def test_refuses_what_is_for_one_run(self, typed: Typed, words: tuple[str, ...]) -> None:
        code, _, stderr = typed("run", *words)
        assert code == 2
        assert stderr.startswith(f"ccsync: {words[0]}: for one run")
        assert typed.application.asked == []

    def test_is_refused_while_another_one_serves_the_account(self, typed: Typed) -> None:
        with ServiceLock(typed.application.folder, Minutes(StopRequest(), 1e9)):
            code, _, stderr = typed("run")
        assert code == 75
        assert "the service of this account is on already" in stderr
        assert "ccsync daemon stop ends it" in stderr

    def test_does_not_begin_under_systemd_when_it_is_switched_off(self, typed: Typed) -> None:
        Switch(typed.application.folder, Minutes(StopRequest(), 1e9)).turn_off()
        typed.variables = {"INVOCATION_ID": "1"}
        assert typed("run") == (0, "", "")
        assert typed.application.asked == []


class TestStatus:
    def test_ends_with_3_when_nobody_serves(self, typed: Typed) -> None:
        code, stdout, _ = typed("daemon", "status")
        assert code == 3
        assert stdout.splitlines() == [
            "The service of account acme does not run",
            "  now:  there is no process",
            "  next: ccsync daemon start",
        ]

    def test_says_who_serves_since_when_and_when_the_next_run_begins(self, typed: Typed) -> None:
        folder, clock = typed.application.folder, Minutes(StopRequest(), 1e9)
        Bulletin(folder).post(Notice(7, NOON, "systemd", "0.1.0", next_run=NOON + timedelta(minutes=3)))
        with ServiceLock(folder, clock):
            code, stdout, _ = typed("daemon", "status")
            _, answer, _ = typed("daemon", "status", "--json")
        assert code == 0
        assert stdout.splitlines() == [
            f"The service of account acme runs since 2026-11-23 12:00:00 UTC (systemd, process {os.getpid()})",
            "  now:      between two runs; the next one at 2026-11-23 12:03:00 UTC",
        ]
        data = json.loads(answer)["data"]
        assert (data["running"], data["next_run"]) == (True, "2026-11-23T12:03:00.000Z")


class TestStop:
    def test_without_a_service_turns_it_off_for_cron_and_timers(self, typed: Typed) -> None:
        typed.terminal = True
        code, stdout, _ = typed("daemon", "stop")
        assert code == 0
        assert stdout.splitlines()[-1] == "  it stays stopped until: ccsync daemon start"
        assert Switch(typed.application.folder, Minutes(StopRequest(), 1e9)).is_off()

    def test_says_nothing_off_a_terminal(self, typed: Typed) -> None:
        assert typed("daemon", "stop") == (0, "", "")

    def test_ends_the_process_also_where_the_switch_cannot_be_written_and_says_that(
        self, typed: Typed, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked: list[str] = []
        monkeypatch.setattr(Switch, "turn_off", full_disk)
        monkeypatch.setattr(Background, "stop", lambda _: asked.append("stop"))
        code, _, stderr = typed("daemon", "stop")
        assert (code, asked) == (74, ["stop"])
        assert "cannot be written" in stderr


def full_disk(_switch: Switch) -> None:
    """Refuse, as a disk without room does."""
    raise LocalError("the switch of the service cannot be written: No space left on device", hint="make room")


class TestTheConfigurationWasEditedMeanwhile:
    """The service goes on with what it has read; whoever types a command has only the file as it is now."""

    def test_a_wrong_one_keeps_nobody_from_looking_and_stopping(
        self, typed: Typed, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        stopped: list[Background] = []
        monkeypatch.setattr(Background, "stop", lambda driver: stopped.append(driver))  # noqa: PLW0108 - to be bound
        typed.wrong = ConfigError("config.toml is not TOML", hint="ccsync config check")
        folder = typed.application.folder
        with typed.served(folder):
            code, stdout, _ = typed("daemon", "status")
            assert (code, stdout.splitlines()[-1]) == (
                0,
                "  trouble:  config.toml is not TOML: it goes on with the one before",
            )
            assert typed("daemon", "stop")[0] == 0
        assert len(stopped) == 1
        assert Switch(folder, Minutes(StopRequest(), 1e9)).is_off()

    def test_a_wrong_one_ends_a_restart_before_anything_is_stopped(
        self, typed: Typed, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(Background, "stop", lambda _: pytest.fail("it was stopped"))
        typed.wrong = ConfigError("config.toml is not TOML", hint="ccsync config check")
        with typed.served(typed.application.folder):
            for words in ("start", "restart"):
                assert typed("daemon", words)[0] == 78

    def test_without_a_service_a_wrong_one_is_told(self, typed: Typed) -> None:
        typed.wrong = ConfigError("config.toml is not TOML", hint="ccsync config check")
        typed.variables = {"CCSYNC_STATE_DIR": str(typed.application.folder.parent)}
        assert typed("daemon", "status")[0] == 78

    def test_another_account_does_not_hide_the_service_of_the_one_before(
        self, typed: Typed, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        stopped: list[str] = []
        monkeypatch.setattr(Background, "stop", lambda _: stopped.append("stopped"))
        monkeypatch.setattr(Background, "start", lambda _: stopped.append("started"))
        config = {**typed.application.config.model_dump(mode="json"), "sandbox": {"enabled": True}}
        typed.application.config = Config.model_validate(config, strict=False)
        before = typed.application.folder.parent / "before"
        before.mkdir()
        with typed.served(before):
            _, answer, _ = typed("daemon", "status", "--json")
            assert json.loads(answer)["data"]["account"] == "before"
            code, _, stderr = typed("daemon", "start")
            assert (code, stopped) == (75, [])
            assert "ccsync daemon restart" in stderr
            _, answer, _ = typed("daemon", "restart", "--json")
        assert json.loads(answer)["data"]["account"] == "acme"
        assert stopped == ["stopped", "started"]


class TestStart:
    def test_without_a_login_starts_nothing_and_stays_as_off_as_it_was(self, typed: Typed) -> None:
        switch = Switch(typed.application.folder, Minutes(StopRequest(), 1e9))
        switch.turn_off()
        code, _, stderr = typed("daemon", "start")
        assert code == 77
        assert "ccsync auth login membrain" in stderr
        assert switch.is_off()

    def test_what_cannot_be_started_stays_as_off_as_it_was(self, typed: Typed) -> None:
        config = {**typed.application.config.model_dump(mode="json"), "sandbox": {"enabled": True}}
        typed.application.config = Config.model_validate(config, strict=False)
        (typed.application.folder / "service.log").mkdir()
        switch = Switch(typed.application.folder, Minutes(StopRequest(), 1e9))
        switch.turn_off()
        assert typed("daemon", "start")[0] == 74
        assert switch.is_off()
