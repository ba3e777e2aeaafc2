"""ccsync as a process: its exit code, signals, pipes and terminals."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from .conftest import write_log

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import FakeApplication

# The program with an application that waits for a signal in its run, or has written a log.
PROGRAM = """
import dataclasses, os, pathlib, sys, time
from ccsync.cli.app import main
from ccsync.cli.session import Environment
from ccsync.config.model import Config

class Application:
    config = Config.model_validate_json(os.environ["CONFIG"])
    warnings = ()
    folder = pathlib.Path(os.environ["FOLDER"])

    def run(self, options, progress=None):
        print("running", file=sys.stderr, flush=True)
        while True:
            time.sleep(0.01)

main(environment=dataclasses.replace(Environment.of_process(), open_application=lambda *_: Application()))
"""


@pytest.fixture
def variables(application: FakeApplication) -> dict[str, str]:
    return {
        **{key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "FORCE_COLOR", "COLUMNS")},
        "CONFIG": application.config.model_dump_json(),
        "FOLDER": str(application.folder),
        "TERM": "xterm-256color",
    }


def start(variables: dict[str, str], *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *words],
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_a_run_with_its_own_exit_code_and_an_envelope(
    number: signal.Signals, code: int, variables: dict[str, str]
) -> None:
    with start(variables, "run", "--once", "--json") as process:
        assert process.stderr is not None
        assert process.stderr.readline() == "running\n"
        process.send_signal(number)
        stdout, stderr = process.communicate(timeout=30)
    assert process.returncode == code
    envelope = json.loads(stdout)
    assert (envelope["exit_code"], envelope["errors"][0]["code"]) == (code, "interrupted")
    assert stderr == ""


def test_a_reader_who_leaves_early_is_no_error(variables: dict[str, str], tmp_path: Path) -> None:
    long = [{"event": "record.created", "message": "x" * 1000} for _ in range(500)]
    write_log(tmp_path, "20261123T120000Z-4f2a", *long)
    with start(variables, "logs", "show") as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("{")
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == ""
    assert process.returncode == 0


def test_on_a_real_terminal_there_are_colours_and_in_a_pipe_there_are_none(
    variables: dict[str, str], tmp_path: Path
) -> None:
    write_log(tmp_path)
    with start(variables, "logs", "show") as process:
        piped, _ = process.communicate(timeout=30)
    assert "\x1b" not in piped
    assert "\x1b[36m" in on_a_terminal(variables, "logs", "show")
    assert "\x1b[36m" not in on_a_terminal({**variables, "NO_COLOR": "1"}, "logs", "show")


def on_a_terminal(variables: dict[str, str], *words: str) -> str:
    """Return what a command writes to a pseudo-terminal."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *words], env=variables, stdin=theirs, stdout=theirs, stderr=theirs
    ) as process:
        os.close(theirs)
        written = b""
        with contextlib.suppress(OSError):  # EIO: the other end has closed
            while part := os.read(ours, 65536):
                written += part
        os.close(ours)
    assert process.returncode == 0
    return written.decode()


def test_python_m_is_the_same_program() -> None:
    done = subprocess.run([sys.executable, "-m", "ccsync", "frobnicate"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == "ccsync: No such command 'frobnicate'\n  next: ccsync --help\n"


def test_help_on_a_terminal_has_colours(variables: dict[str, str]) -> None:
    assert "\x1b[" in on_a_terminal(variables, "--help")
