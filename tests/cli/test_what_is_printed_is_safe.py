"""Names come from two services and from whoever fills in a form there: none of them steers a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ccsync.cli.output import clean
from ccsync.engine.options import PlanLine, Result
from ccsync.errors import ExitCode
from ccsync.state.memory import MemoryStore
from ccsync.sync.operations import Reason, Waiting
from ccsync.sync.records import MembrainId

from .conftest import NOON, a_report, write_log

if TYPE_CHECKING:
    from .conftest import CommandLine, FakeApplication

EVIL = "\x1b[2J\x1b]0;owned\x07\x9b31m\u202egpj.exe\r\nccsync: all is well [bold red]x[/]"


@pytest.mark.parametrize("character", ["\x00", "\x07", "\x08", "\x1b", "\x7f", "\x9b", "\r", "\n", "\u202e", "\u2066"])
def test_each_unsafe_character_becomes_a_mark(character: str) -> None:
    assert clean(f"a{character}b") == "a\N{REPLACEMENT CHARACTER}b"


def test_foreign_letters_are_left_as_they_are() -> None:
    assert clean("Zoë Ångström 漢字 🙂 اسم") == "Zoë Ångström 漢字 🙂 اسم"


def harmless(text: str) -> None:
    for character in ("\x07", "\x9b", "\u202e", "\r", "\x1b[2J", "\x1b]"):
        assert character not in text
    assert not any(line.startswith("ccsync: all is well") for line in text.splitlines())
    assert "[bold red]x[/]" in text  # told as it is, not read as markup


def test_in_a_plan(on_terminal: CommandLine, application: FakeApplication) -> None:
    application.report = a_report(plan=(PlanLine("create", EVIL, EVIL, ((EVIL, EVIL, EVIL),), EVIL),), waiting={})
    harmless(on_terminal("run", "--once", "--dry-run").stdout)


def test_in_a_summary(on_terminal: CommandLine, application: FakeApplication) -> None:
    on_terminal.variables = {**on_terminal.variables, "COLUMNS": "300"}
    application.report = a_report(waiting={(EVIL, EVIL): 1})
    harmless(on_terminal("run", "--once").stdout)


def test_in_the_status(on_terminal: CommandLine, application: FakeApplication) -> None:
    application.store = MemoryStore()
    application.store.work.wait([Waiting(MembrainId("m1"), EVIL, EVIL, EVIL, Reason.HELD, EVIL, NOON)])
    harmless(on_terminal("status").stdout)


def test_in_the_logs(on_terminal: CommandLine, application: FakeApplication) -> None:
    write_log(application.folder, "20261123T120000Z-4f2a", {"event": EVIL, "message": EVIL, "contact": EVIL, EVIL: 1})
    harmless(on_terminal("logs", "show").stdout)


def test_in_an_error(on_terminal: CommandLine, application: FakeApplication) -> None:
    application.report = a_report(result=Result.FAILED, exit_code=ExitCode.STOPPED, message=EVIL.replace("\n", ""))
    harmless(on_terminal("run", "--once", "--quiet").stderr)
