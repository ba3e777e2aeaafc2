"""One run at a time: who is second is told so at once, and a dead run leaves nothing behind."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import stat
import subprocess
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from ccsync.errors import LocalError, Locked
from ccsync.state.folder import AccountLock, Holder

if TYPE_CHECKING:
    from pathlib import Path

HOLDING_CHILD = """
import sys, signal
from pathlib import Path
from ccsync.clock import SystemClock
from ccsync.state.folder import AccountLock
lock = AccountLock(Path(sys.argv[1]), SystemClock())
lock.acquire()
print("held", flush=True)
signal.pause()
"""


class StoppedClock:
    def now(self) -> datetime:
        return datetime(2026, 3, 1, 12, tzinfo=UTC)

    def monotonic(self) -> float:
        return 0.0

    def sleep(self, seconds: float) -> None:
        raise AssertionError(f"a lock does not wait, not even {seconds} seconds")


def lock(folder: Path) -> AccountLock:
    return AccountLock(folder, StoppedClock())


class TestHolding:
    def test_the_second_one_is_told_who_holds_it_and_since_when(self, tmp_path: Path) -> None:
        with lock(tmp_path), pytest.raises(Locked) as caught:
            lock(tmp_path).acquire()
        assert caught.value.message == (
            f"another run of this account is on (process {os.getpid()}, since 2026-03-01T12:00:00Z)"
        )
        assert caught.value.exit_code == 75
        assert caught.value.hint

    def test_it_can_be_taken_again_after_it_was_let_go(self, tmp_path: Path) -> None:
        for _ in range(2):
            with lock(tmp_path):
                pass

    def test_it_is_let_go_when_the_run_ends_in_an_error(self, tmp_path: Path) -> None:
        with pytest.raises(RuntimeError), lock(tmp_path):
            raise RuntimeError
        lock(tmp_path).acquire()

    def test_accounts_do_not_stand_in_each_others_way(self, tmp_path: Path) -> None:
        (tmp_path / "one").mkdir()
        (tmp_path / "two").mkdir()
        with lock(tmp_path / "one"), lock(tmp_path / "two"):
            pass

    def test_letting_go_what_is_not_held_does_nothing(self, tmp_path: Path) -> None:
        with lock(tmp_path) as held:
            lock(tmp_path).release()
            assert held.holder() == Holder(os.getpid(), "2026-03-01T12:00:00Z")
            with pytest.raises(Locked):
                lock(tmp_path).acquire()

    def test_its_files_are_for_their_owner_alone(self, tmp_path: Path) -> None:
        before = os.umask(0)
        try:
            with lock(tmp_path):
                modes = {stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()}
        finally:
            os.umask(before)
        assert modes == {0o600}

    def test_a_folder_that_does_not_exist_is_told(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        with pytest.raises(LocalError, match="cannot be taken"):
            lock(tmp_path / "file").acquire()


class TestWhoHoldsIt:
    @pytest.mark.parametrize(
        "content",
        [b"", b"\xff\xfe", b"null", b"[1]", b'{"pid": "x", "since": ""}', b'{"pid": 1}', b"[" * 100_000, None],
        ids=["empty", "no text", "null", "a list", "no number", "half of it", "too deep", "no file"],
    )
    def test_garbage_in_the_note_is_not_in_the_way(self, tmp_path: Path, content: bytes | None) -> None:
        with lock(tmp_path):
            note = tmp_path / "lock.json"
            note.unlink()
            if content is not None:
                note.write_bytes(content)
            with pytest.raises(Locked, match="who holds it is not known"):
                lock(tmp_path).acquire()

    def test_nobody_holds_what_was_let_go(self, tmp_path: Path) -> None:
        with lock(tmp_path) as held:
            assert json.loads((tmp_path / "lock.json").read_text())["pid"] == os.getpid()
        assert held.holder() is None


class TestLooking:
    def test_names_the_holder_and_nobody_when_it_is_free_or_was_never_taken(self, tmp_path: Path) -> None:
        assert lock(tmp_path).held() is None
        with lock(tmp_path):
            assert lock(tmp_path).held() == Holder(os.getpid(), "2026-03-01T12:00:00Z")
        assert lock(tmp_path).held() is None

    def test_takes_nobody_for_a_holder_who_only_looks_as_well(self, tmp_path: Path) -> None:
        with lock(tmp_path):
            pass
        with (tmp_path / "lock").open("rb") as looking:
            fcntl.flock(looking, fcntl.LOCK_SH)
            assert lock(tmp_path).held() is None

    def test_leaves_what_a_killed_holder_wrote_to_the_next_one(self, tmp_path: Path) -> None:
        with lock(tmp_path):
            pass
        (tmp_path / "lock.json").write_text('{"pid": 1, "since": ""}')
        assert lock(tmp_path).held() is None


class TestDeath:
    def test_the_lock_of_a_killed_process_is_free(self, tmp_path: Path) -> None:
        command = [sys.executable, "-c", HOLDING_CHILD, str(tmp_path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
            try:
                assert child.stdout is not None
                assert child.stdout.readline() == "held\n"
                with pytest.raises(Locked, match=f"process {child.pid}, since "):
                    lock(tmp_path).acquire()
            finally:
                child.send_signal(signal.SIGKILL)
        assert (tmp_path / "lock.json").exists(), "what the dead one wrote is still there and must not matter"
        with lock(tmp_path) as held:
            assert held.holder() == Holder(os.getpid(), "2026-03-01T12:00:00Z")
