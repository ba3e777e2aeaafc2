"""ccsync as a process: its exit code, signals, pipes and terminals."""

from __future__ import annotations

import contextlib
import io
import json
import os
import pty
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from ccsync.cli.app import main
from ccsync.cli.session import Environment
from ccsync.clock import SystemClock
from ccsync.errors import ExitCode
from ccsync.stopping import StopAsked

from .conftest import write_log

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import FakeApplication

# The program with an application that waits for a signal in its run, as GENTLY says, or has written a log.
PROGRAM = """
import dataclasses, os, pathlib, sys, time
from ccsync.cli import signals
from ccsync.cli.app import main
from ccsync.cli.session import Environment
from ccsync.config.model import Config

class Application:
    config = Config.model_validate_json(os.environ["CONFIG"])
    warnings = ()
    folder = pathlib.Path(os.environ["FOLDER"])

    def run(self, options, progress=None, stop=None):
        if "GENTLY" not in os.environ:
            print("running", file=sys.stderr, flush=True)
            while True:
                time.sleep(0.01)
        with stop.gently():
            print("running", file=sys.stderr, flush=True)
            while not stop.asked:
                time.sleep(0.01)
            print("noted", file=sys.stderr, flush=True)
            if os.environ["GENTLY"] == "for long":
                while True:
                    time.sleep(0.01)
            print("finished", file=sys.stderr, flush=True)
            stop.heed()

if "OWN_TERMINAL" in os.environ:
    os.open(os.ttyname(0), os.O_RDWR)  # a terminal that is opened by whoever has none becomes theirs
signals.AT_LATEST = float(os.environ.get("AT_LATEST", signals.AT_LATEST))
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


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 143)])
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


@pytest.mark.slow
@pytest.mark.parametrize("name", ["CCSYNC_SERVICE", "NOTIFY_SOCKET"])
def test_a_service_has_no_terminal_that_could_be_closed(name: str, variables: dict[str, str]) -> None:
    with start({**variables, name: "/nowhere"}, "run", "--once", "--json") as process:
        assert process.stderr is not None
        assert process.stderr.readline() == "running\n"
        process.send_signal(signal.SIGHUP)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(timeout=1)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
    assert process.returncode == 130


def test_a_signal_while_the_answer_is_given_ends_with_its_code_and_no_more_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As of somebody who keeps Ctrl-C pressed."""
    monkeypatch.setattr("ccsync.cli.app._start_quickly", lambda: None)

    class Interrupted(io.StringIO):
        def write(self, _text: str) -> int:
            raise StopAsked(ExitCode.INTERRUPTED)

    out, clock = io.StringIO(), SystemClock()
    with pytest.raises(SystemExit) as ended:
        main(["frobnicate"], Environment(io.StringIO(), out, Interrupted(), {}, clock))
    assert (ended.value.code, out.getvalue()) == (130, "")


@pytest.mark.slow
class TestTheRecordInHand:
    """What a run has begun, it finishes: the first signal is noted, the second one ends it."""

    @pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
    def test_it_is_finished_after_one_signal(
        self, number: signal.Signals, code: int, variables: dict[str, str]
    ) -> None:
        with start({**variables, "GENTLY": "yes"}, "run", "--once") as process:
            assert process.stderr is not None
            assert process.stderr.readline() == "running\n"
            process.send_signal(number)
            _, stderr = process.communicate(timeout=30)
        assert process.returncode == code
        assert stderr.splitlines()[:3] == ["noted", "finished", "ccsync: interrupted; everything so far is saved"]

    def test_a_second_signal_ends_it_at_once(self, variables: dict[str, str]) -> None:
        with start({**variables, "GENTLY": "for long"}, "run", "--once") as process:
            assert process.stderr is not None
            assert process.stderr.readline() == "running\n"
            process.send_signal(signal.SIGTERM)
            assert process.stderr.readline() == "noted\n"
            process.send_signal(signal.SIGINT)
            _, stderr = process.communicate(timeout=30)
        assert process.returncode == 130
        assert "finished" not in stderr

    def test_what_takes_too_long_ends_without_a_second_one(self, variables: dict[str, str]) -> None:
        with start({**variables, "GENTLY": "for long", "AT_LATEST": "0.1"}, "run", "--once") as process:
            assert process.stderr is not None
            assert process.stderr.readline() == "running\n"
            process.send_signal(signal.SIGTERM)
            _, stderr = process.communicate(timeout=30)
        assert process.returncode == 143
        assert "finished" not in stderr

    def test_on_a_terminal_ctrl_c_is_answered_at_once_and_a_second_one_ends_it(self, variables: dict[str, str]) -> None:
        """The terminal itself makes the signals."""
        ours, theirs = pty.openpty()
        with subprocess.Popen(
            [sys.executable, "-c", PROGRAM, "run", "--once"],
            env={**variables, "GENTLY": "for long", "OWN_TERMINAL": "yes"},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        ) as process:
            os.close(theirs)
            read_until(ours, b"running")
            os.write(ours, b"\x03")
            said = read_until(ours, b"noted")
            os.write(ours, b"\x03")
            process.wait(timeout=30)
            os.close(ours)
        assert b"ccsync: finishing the record in hand; Ctrl-C again ends at once\r\n" in said
        assert process.returncode == 130

    def test_a_shell_that_starts_it_in_the_background_keeps_ctrl_c_from_it(self, variables: dict[str, str]) -> None:
        """Such a shell has its children ignore the signal."""
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            process = start(variables, "run", "--once")
        finally:
            signal.signal(signal.SIGINT, before)
        with process:
            assert process.stderr is not None
            assert process.stderr.readline() == "running\n"
            process.send_signal(signal.SIGINT)
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=30)
        assert process.returncode == 143


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


@pytest.mark.slow
def test_on_a_real_terminal_there_are_colours_and_in_a_pipe_there_are_none(
    variables: dict[str, str], tmp_path: Path
) -> None:
    write_log(tmp_path)
    with start(variables, "logs", "show") as process:
        piped, _ = process.communicate(timeout=30)
    assert "\x1b" not in piped
    assert "\x1b[36m" in on_a_terminal(variables, "logs", "show")
    assert "\x1b[36m" not in on_a_terminal({**variables, "NO_COLOR": "1"}, "logs", "show")


def read_until(terminal: int, word: bytes) -> bytes:
    """Return what a program has written to its terminal by the time it writes a word."""
    written = b""
    while word not in written:
        written += os.read(terminal, 65536)
    return written


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


@pytest.mark.slow
def test_help_on_a_terminal_has_colours(variables: dict[str, str]) -> None:
    assert "\x1b[" in on_a_terminal(variables, "--help")
