"""The question before a first run, on a real terminal: the program at one end of a pty, somebody at the other."""

from __future__ import annotations

import contextlib
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .conftest import FakeApplication

EXAMPLE = Path(__file__).parents[2] / "examples" / "config.toml"
# So that Ctrl-C reaches the program, as in a shell.
CONTROLLED = "import fcntl, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0)\n"
REAL = "from ccsync.cli.app import main; main()"
# The program with an application that asks and then does nothing.
PROGRAM = """
import dataclasses, os, pathlib, sys
from datetime import UTC, datetime
from ccsync.cli.app import main
from ccsync.cli.session import Environment
from ccsync.config.model import Config
from ccsync.engine.first_run import Preview, SyncPreview
from ccsync.engine.options import PlanLine, Result, RunReport

class Application:
    config = Config.model_validate_json(os.environ["CONFIG"])
    warnings = ()
    folder = pathlib.Path(os.environ["CCSYNC_STATE_DIR"])

    def run(self, options, progress=None, stop=None):
        sync = SyncPreview("customers", "membrain-to-constant-contact", "Customers")
        sync.add(PlanLine("create", "ann@example.com", "customers"))
        answer = options.approve(Preview((sync,), {}))
        now = datetime(2026, 11, 23, tzinfo=UTC)
        return RunReport("20261123T120000Z-4f2a", Result.SUCCESS, now, now, warnings=(f"the answer is {answer}",))

main(environment=dataclasses.replace(Environment.of_process(), open_application=lambda *_: Application()))
"""


@pytest.fixture
def variables(application: FakeApplication) -> dict[str, str]:
    plain = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "FORCE_COLOR", "COLUMNS")}
    config = application.config.model_dump_json()
    return {**plain, "CONFIG": config, "TERM": "xterm-256color", "CCSYNC_STATE_DIR": str(application.folder)}


def typing(program: str, variables: dict[str, str], answer: bytes, *words: str, before: bytes = b"") -> tuple[int, str]:
    """Type a command, and the answer when it is asked for; return the exit code and all that was on the screen.

    ``before`` is typed while the program begins.
    """
    ours, theirs = pty.openpty()
    command = [sys.executable, "-c", CONTROLLED + program, "run", "--once", *words]
    with subprocess.Popen(
        command, env=variables, start_new_session=True, stdin=theirs, stdout=theirs, stderr=theirs
    ) as process:
        os.close(theirs)
        os.write(ours, before)
        seen = b""
        with contextlib.suppress(OSError):  # EIO: the other end has closed
            while part := os.read(ours, 65536):
                seen += part
                if seen.endswith(b"[y/N] "):
                    os.write(ours, answer)
        os.close(ours)
    return process.returncode, seen.decode()


@pytest.mark.parametrize(("answer", "heard"), [(b"y\r", "True"), (b"n\r", "False"), (b"\x04", "False")])
def test_what_is_typed_is_the_answer(variables: dict[str, str], answer: bytes, heard: str) -> None:
    code, screen = typing(PROGRAM, variables, answer)

    assert code == 0
    assert screen.count("Go on? [y/N] ") == 1
    assert f"the answer is {heard}" in screen


def test_what_was_typed_before_the_question_is_no_answer(variables: dict[str, str]) -> None:
    code, screen = typing(PROGRAM, variables, b"n\r", before=b"y\ry")

    assert code == 0
    assert screen.count("Go on? [y/N] ") == 1
    assert "the answer is False" in screen


def test_ctrl_c_at_the_question_interrupts(variables: dict[str, str]) -> None:
    code, screen = typing(PROGRAM, variables, b"\x03")

    assert code == 130
    assert "interrupted" in screen


@pytest.mark.slow
def test_no_then_yes_with_the_sandbox_of_the_example(variables: dict[str, str]) -> None:
    config = ("--config", str(EXAMPLE))

    refused, first = typing(REAL, variables, b"n\r", *config)
    allowed, second = typing(REAL, variables, b"y\r", *config)
    again, third = typing(REAL, variables, b"", *config)

    assert (refused, allowed, again) == (0, 0, 0)
    assert "new in Constant Contact: created" in first
    assert "nothing was written, as you said; the next run asks again" in first
    assert "new in Constant Contact: created" in second
    assert ": success in" in second
    assert "Go on?" not in third
