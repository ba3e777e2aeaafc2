"""What is left of the state when the process is killed or the disk is full."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import closing, suppress
from typing import TYPE_CHECKING

import pytest

from ccsync.errors import LocalError
from ccsync.state.sqlite import SqliteStore
from ccsync.sync.records import MembrainId, MembrainRecord, Resource

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Each round is one transaction that changes three books; what they say must always be the same number. The child says
# how far it is before and after each commit, and is killed at a point that only the test knows.
CHILD = """
import sys
from pathlib import Path
from ccsync.state.sqlite import SqliteStore
from ccsync.sync.operations import Intent
from ccsync.sync.records import MembrainId, MembrainRecord, Resource

store = SqliteStore.open(Path(sys.argv[1]))
for round in range(1, 1000):
    with store.transaction():
        for part in range(20):
            name = MembrainId(f"m{round}-{part}")
            store.mirror.put_records([MembrainRecord(Resource.CONTACTS, name, {"Name": "x" * 2000})])
            store.work.plan([Intent(name, None, "ann@example.com", ())])
            print("inside", round, part, flush=True)
        store.progress.set_fact("round", str(round))
    print("committed", round, 0, flush=True)
"""

PEOPLE_A_ROUND = 20


def people(number: int, *, size: int = 4000) -> list[MembrainRecord]:
    return [MembrainRecord(Resource.CONTACTS, MembrainId(f"p{index}"), {"Name": "x" * size}) for index in range(number)]


class TestKilled:
    @pytest.mark.parametrize("moment", ["inside 1 7", "inside 2 19", "committed 3 0", "inside 4 0", "inside 6 12"])
    def test_the_last_committed_state_is_whole(self, tmp_path: Path, moment: str) -> None:
        path = tmp_path / "state.sqlite"
        said = self._kill_at(path, moment)
        with closing(SqliteStore.open(path)) as store:
            stored = int(store.progress.fact("round") or 0)
            assert store.mirror.record_count(Resource.CONTACTS) == stored * PEOPLE_A_ROUND
            assert store.work.intent_count() == stored * PEOPLE_A_ROUND
            assert store._database.rows("PRAGMA integrity_check") == [("ok",)]
        committed = sum(line.startswith("committed") for line in said)
        # The child may have come further between its word and its end, never less far.
        assert stored >= committed

    @staticmethod
    def _kill_at(path: Path, moment: str) -> list[str]:
        said = []
        with subprocess.Popen([sys.executable, "-c", CHILD, str(path)], stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout is not None
            for line in child.stdout:
                said.append(line.strip())
                if said[-1] == moment:
                    child.send_signal(signal.SIGKILL)
                    break
            child.wait()
        assert child.returncode == -signal.SIGKILL
        return said


class TestFullDisk:
    @pytest.fixture
    def small_disk(self, tmp_path: Path) -> Iterator[Path]:
        """Mount a disk of one megabyte."""
        mount = tmp_path / "disk"
        mount.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", "size=1m,mode=0700", "tmpfs", str(mount)]
        if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode != 0:
            pytest.skip("a small disk can only be mounted by root, and not in every container")
        yield mount
        subprocess.run(["umount", str(mount)], check=True)

    def test_a_real_full_disk_is_told_and_the_state_goes_on_when_there_is_room(self, small_disk: Path) -> None:
        path = small_disk / "state.sqlite"
        with closing(SqliteStore.open(path)) as store:
            store.progress.set_fact("account", "p1")
            with pytest.raises(LocalError, match="the disk is full") as caught:
                store.mirror.put_records(people(500))
            assert f"df -h {small_disk}" in caught.value.hint
            assert store.progress.fact("account") == "p1"
            assert store.mirror.record_count(Resource.CONTACTS) == 0
        subprocess.run(["mount", "-o", "remount,size=20m", str(small_disk)], check=True)
        with closing(SqliteStore.open(path)) as store:
            assert len(store.mirror.put_records(people(500))) == 500

    def test_a_disk_without_room_for_a_new_state(self, small_disk: Path) -> None:
        (small_disk / "filler").write_bytes(b"x" * (1024 * 1024 - 4096))
        with pytest.raises(LocalError, match="the disk is full"):
            SqliteStore.open(small_disk / "state.sqlite")

    def test_a_full_database_takes_back_the_whole_transaction(self, tmp_path: Path) -> None:
        """The same without root: SQLite reports its own limit of pages as it reports a full disk."""
        with closing(SqliteStore.open(tmp_path / "state.sqlite")) as store:
            store._database.run("PRAGMA max_page_count = 100")

            def fill() -> None:
                with store.transaction():
                    store.progress.set_fact("account", "p1")
                    store.mirror.put_records(people(500))

            with pytest.raises(LocalError, match="the disk is full"):
                fill()
            assert store.progress.fact("account") is None
            store.progress.set_fact("account", "p2")
            assert store.progress.fact("account") == "p2"

    def test_nothing_slips_out_of_a_transaction_that_sqlite_has_ended(self, tmp_path: Path) -> None:
        """On some errors SQLite takes back everything by itself; a caller that goes on must not write half of it."""
        with closing(SqliteStore.open(tmp_path / "state.sqlite")) as store:

            def go_on_after_the_error() -> None:
                with store.transaction():
                    store.progress.set_fact("first", "1")
                    with suppress(LocalError):
                        store._database.run("ROLLBACK")
                    store.progress.set_fact("second", "1")

            with pytest.raises(LocalError, match="taken back"):
                go_on_after_the_error()
            assert (store.progress.fact("first"), store.progress.fact("second")) == (None, None)
            store.progress.set_fact("third", "1")
            assert store.progress.fact("third") == "1"
