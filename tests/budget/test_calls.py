"""The file that holds the count: shared by processes, there after a kill."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from ccsync.clock import SystemClock
from ccsync.errors import LocalError
from ccsync.state.calls import CallCounter

if TYPE_CHECKING:
    from pathlib import Path

BOOK = """
import sys
from pathlib import Path
from ccsync.clock import SystemClock
from ccsync.state.calls import CallCounter
counter = CallCounter(Path(sys.argv[1]), "client-1")
for _ in range(int(sys.argv[2])):
    print(counter.take(SystemClock().now(), at_most=1000, interval=0.0), flush=True)
if len(sys.argv) > 3:
    sys.stdin.read()
"""


def start(folder: Path, calls: int, *more: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", BOOK, str(folder), str(calls), *more]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def test_processes_that_start_at_once_lose_no_call(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    booked = 0
    workers = [start(folder, 100) for _ in range(4)]
    for worker in workers:
        told, _ = worker.communicate(timeout=60)
        booked += sum(line != "None" for line in told.split())
    with CallCounter(folder, "client-1") as counter:
        assert counter.day(SystemClock().now()).used == 400
    assert booked == 400


def test_a_killed_process_has_spent_its_calls(tmp_path: Path) -> None:
    with start(tmp_path, 3, "and-wait") as worker:
        assert worker.stdout is not None
        for _ in range(3):
            worker.stdout.readline()
        os.kill(worker.pid, signal.SIGKILL)
    with CallCounter(tmp_path, "client-1") as counter:
        assert counter.day(SystemClock().now()).used == 3


def test_the_clients_id_is_not_in_the_file_and_nobody_else_reads_it(tmp_path: Path, clock: Any) -> None:
    with CallCounter(tmp_path / "state", "client-id-in-the-clear") as counter:
        counter.take(clock.now(), at_most=1, interval=1)
    path = tmp_path / "state" / "calls.sqlite"
    assert b"client-id-in-the-clear" not in path.read_bytes()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_damaged_file_is_a_local_error_that_says_it_may_go(tmp_path: Path) -> None:
    (tmp_path / "calls.sqlite").write_bytes(b"no database at all" * 100)
    with pytest.raises(LocalError) as caught:
        CallCounter(tmp_path, "client-1")
    assert "calls.sqlite" in caught.value.message
    assert "moved away" in caught.value.hint


def test_a_folder_that_cannot_be_made_is_a_local_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LocalError):
        CallCounter(tmp_path / "file", "client-1")
