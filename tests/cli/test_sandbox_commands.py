"""`ccsync sandbox`: both simulated services until they are stopped, and a new beginning."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING

import pytest
import requests

from ccsync import sandbox as ccsync_sandbox
from ccsync.cli import sandbox
from ccsync.errors import ExitCode

if TYPE_CHECKING:
    from pathlib import Path

    from ccsync.cli.session import Session
    from ccsync.sandbox.server import Endpoints

    from .conftest import CommandLine, FakeApplication


@pytest.fixture
def stopped_as_soon_as_it_answers(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Ask the page that is announced, and then send the signal that stops the program."""
    answers: list[int] = []
    announce = sandbox.served

    def ask(session: Session, endpoints: Endpoints) -> None:
        announce(session, endpoints)
        answers.append(requests.get(endpoints.pages_url, timeout=10).status_code)
        os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(sandbox, "served", ask)
    return answers


def test_the_addresses_are_told_once_requests_are_answered_and_to_be_stopped_is_no_error(
    stopped_as_soon_as_it_answers: list[int], ccsync: CommandLine
) -> None:
    outcome = ccsync("sandbox", "serve", "--json")
    assert outcome.code == 0
    assert {"api_url", "auth_url", "membrain_url", "pages_url", "api_key", "client_id"} <= set(outcome.data)
    assert stopped_as_soon_as_it_answers == [200]


def test_for_people_it_is_said_where_to_look(stopped_as_soon_as_it_answers: list[int], ccsync: CommandLine) -> None:
    outcome = ccsync("sandbox", "serve")
    assert outcome.stdout.startswith("Both sides to look at   http://127.0.0.1:")
    assert outcome.stderr == "Stop it with Ctrl-C\n"


def test_a_reset_forgets_what_was_done(ccsync: CommandLine, application: FakeApplication) -> None:
    folder: Path = application.sandbox_folder
    folder.mkdir()
    (folder / "membrain.sqlite").touch()
    assert ccsync("sandbox", "reset").code == 0
    assert not (folder / "membrain.sqlite").exists()


def test_without_the_extra_the_command_that_installs_it_is_told(
    ccsync: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    ccsync("sandbox", "reset")  # so that it is loaded
    monkeypatch.delattr(ccsync_sandbox, "server")
    for name in ("server", "loopback"):
        monkeypatch.delitem(sys.modules, f"ccsync.sandbox.{name}")
    monkeypatch.setitem(sys.modules, "werkzeug.serving", None)
    outcome = ccsync("sandbox", "reset")
    assert outcome.code == ExitCode.USAGE
    assert "the sandbox needs werkzeug, which is not installed" in outcome.stderr
    assert "next: pip install '.[sandbox]', in ccsync's folder" in outcome.stderr
