"""Help: every command says what it does and shows an example; the version is one line."""

from __future__ import annotations

import re
from importlib.metadata import version
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .conftest import CommandLine

GROUPS = ("", "timestamp", "state", "logs", "auth", "daemon", "auth login", "map", "config", "sandbox")
COMMANDS = (
    "init",
    "run",
    "daemon start",
    "daemon stop",
    "daemon restart",
    "daemon status",
    "daemon install",
    "daemon uninstall",
    "status",
    "timestamp show",
    "timestamp set",
    "timestamp reset",
    "timestamp undo",
    "state backup",
    "state restore",
    "logs list",
    "logs show",
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
    "why",
    "forget",
    "sandbox serve",
    "sandbox reset",
)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_says_what_it_does_and_gives_an_example(command: str, ccsync: CommandLine) -> None:
    outcome = ccsync(*command.split(), "--help")
    assert outcome.code == 0
    assert outcome.stderr == ""
    page = outcome.stdout
    assert f"Usage: ccsync {command} [OPTIONS]" in page
    summary = page.split("Usage:")[1].split("\n")[2].strip()
    assert len(summary) > 15
    assert f"ccsync {command}" in page.split("Examples:")[1] or f"{command}" in page.split("Examples:")[1]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_shows_the_options_that_all_take(command: str, ccsync: CommandLine) -> None:
    page = ccsync(*command.split(), "-h").stdout
    for option in ("--config", "--json", "--verbose", "--quiet"):
        assert option in page.split("Everywhere")[1]


@pytest.mark.parametrize("command", [*GROUPS, *COMMANDS])
def test_help_fits_80_columns(command: str, ccsync: CommandLine) -> None:
    page = ccsync(*command.split(), "--help").stdout
    assert max(len(line) for line in page.splitlines()) <= 80
    assert "…" not in page


@pytest.mark.parametrize("group", GROUPS)
def test_a_group_without_a_command_shows_its_help_and_is_wrong_usage(group: str, ccsync: CommandLine) -> None:
    outcome = ccsync(*group.split())
    assert outcome.code == 2
    assert "Usage:" in outcome.stdout
    assert outcome.stderr == ""


def test_the_version_is_one_line(ccsync: CommandLine) -> None:
    outcome = ccsync("--version")
    assert (outcome.code, outcome.stdout, outcome.stderr) == (0, f"ccsync {version('ccsync')}\n", "")


def test_a_misspelt_command_is_told_with_the_right_one(ccsync: CommandLine) -> None:
    outcome = ccsync("statsu")
    assert outcome.code == 2
    assert (
        outcome.stderr == "ccsync: No such command 'statsu'. Did you mean 'status', 'state'?\n  next: ccsync --help\n"
    )
    assert outcome.stdout == ""


def test_nothing_is_named_that_does_not_exist(ccsync: CommandLine) -> None:
    pages = "".join(ccsync(*command.split(), "--help").stdout for command in (*GROUPS, *COMMANDS))
    named = re.findall(r"^ *ccsync ((?:[a-z][a-z-]* ?)+)", pages, re.MULTILINE)
    known = [f"{one} " for one in (*GROUPS, *COMMANDS) if one]

    assert len(named) > len(COMMANDS)
    assert [words for words in named if not f"{words.strip()} ".startswith(tuple(known))] == []
