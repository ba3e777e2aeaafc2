"""The file of the state: who may read it, what it refuses, and how it is read while a run writes."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from ccsync.errors import LocalError, Locked
from ccsync.state.sqlite import NoState, SqliteStore, opening
from ccsync.state.sqlite.schema import MIGRATIONS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state.sqlite"


@pytest.fixture
def written(path: Path) -> Path:
    """Write a state that holds a fact."""
    store = SqliteStore.open(path)
    store.progress.set_fact("account", "p1")
    store.close()
    return path


@pytest.fixture
def without_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def modes(folder: Path) -> dict[str, int]:
    return {file.name: stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()}


class TestWhoMayReadIt:
    @pytest.mark.usefixtures("without_umask")
    def test_the_file_and_its_companions_are_for_their_owner_alone(self, path: Path) -> None:
        store = SqliteStore.open(path)
        store.progress.set_fact("account", "p1")
        private = dict.fromkeys((path.name, f"{path.name}-wal", f"{path.name}-shm"), 0o600)
        assert modes(path.parent) == private
        store.close()

    def test_a_file_that_others_could_read_is_closed_to_them(self, written: Path) -> None:
        written.chmod(0o644)
        SqliteStore.open(written).close()
        assert modes(written.parent)[written.name] == 0o600


class TestDurability:
    def test_a_commit_waits_for_the_disk(self, path: Path) -> None:
        """WAL with ``synchronous = FULL`` (2): with NORMAL a power cut could take back what was committed."""
        store = SqliteStore.open(path)
        assert store._database.rows("PRAGMA synchronous") == [(2,)]
        assert store._database.rows("PRAGMA journal_mode") == [("wal",)]
        store.close()


class TestReadingWithoutWriting:
    def test_there_is_nothing_to_read_before_the_first_run(self, path: Path) -> None:
        with pytest.raises(NoState, match="no run has stored anything yet") as caught:
            SqliteStore.open(path, read_only=True)
        assert caught.value.hint == "ccsync run --once"
        assert not path.exists()

    def test_a_file_whose_maker_was_killed_at_once_counts_as_nothing(self, path: Path) -> None:
        path.touch()
        with pytest.raises(NoState):
            SqliteStore.open(path, read_only=True)
        SqliteStore.open(path).close()
        SqliteStore.open(path, read_only=True).close()

    def test_it_reads_what_was_committed_while_another_process_writes(self, written: Path) -> None:
        writer, reader = SqliteStore.open(written), SqliteStore.open(written, read_only=True)
        with writer.transaction():
            writer.progress.set_fact("account", "p2")
            assert reader.progress.fact("account") == "p1"
            late = SqliteStore.open(written, read_only=True)
            assert late.progress.fact("account") == "p1"
            late.close()
        assert reader.progress.fact("account") == "p2"
        reader.close()
        writer.close()

    def test_it_reads_while_a_rehearsal_is_on(self, written: Path) -> None:
        writer, reader = SqliteStore.open(written), SqliteStore.open(written, read_only=True)
        with writer.rehearsal():
            with writer.transaction():
                writer.progress.set_fact("account", "p2")
            assert reader.progress.fact("account") == "p1"
        assert reader.progress.fact("account") == "p1"
        reader.close()
        writer.close()

    def test_a_transaction_of_a_reader_sees_one_moment(self, written: Path) -> None:
        writer, reader = SqliteStore.open(written), SqliteStore.open(written, read_only=True)
        with reader.transaction():
            assert reader.progress.fact("account") == "p1"
            writer.progress.set_fact("account", "p2")
            assert reader.progress.fact("account") == "p1"
        assert reader.progress.fact("account") == "p2"
        reader.close()
        writer.close()

    def test_it_cannot_write(self, written: Path) -> None:
        reader = SqliteStore.open(written, read_only=True)
        with pytest.raises(LocalError, match="cannot be opened or written"):
            reader.progress.set_fact("account", "p2")
        reader.close()


class TestWhatIsRefused:
    def test_a_state_of_a_newer_ccsync(self, written: Path) -> None:
        connection = sqlite3.connect(written)
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
        connection.close()
        for read_only in (True, False):
            with pytest.raises(LocalError, match="was written by a newer ccsync") as caught:
                SqliteStore.open(written, read_only=read_only)
            assert "update ccsync" in caught.value.hint

    def test_a_file_that_is_no_database(self, path: Path) -> None:
        path.write_text("account,email\n" * 100)
        for read_only in (True, False):
            with pytest.raises(LocalError, match="is damaged or not a state of ccsync") as caught:
                SqliteStore.open(path, read_only=read_only)
            assert f"mv {path}" in caught.value.hint
        assert path.read_text().startswith("account,email"), "a file that is not ours is left as it was"

    @pytest.mark.parametrize("version", [0, 1], ids=["without a version", "with a version"])
    def test_a_database_of_another_program(self, path: Path, version: int) -> None:
        connection = sqlite3.connect(path)
        connection.execute("CREATE TABLE note (text)")
        connection.execute(f"PRAGMA user_version = {version}")
        connection.commit()
        connection.close()
        before = path.read_bytes()
        with pytest.raises(LocalError, match="another program's database"):
            SqliteStore.open(path)
        assert path.read_bytes() == before

    def test_a_damaged_page_is_noticed_when_it_is_read(self, written: Path) -> None:
        content = bytearray(written.read_bytes())
        content[4096:] = b"\xff" * (len(content) - 4096)
        written.write_bytes(content)
        with pytest.raises(LocalError, match="is damaged"), closing(SqliteStore.open(written)) as store:
            store.progress.fact("account")

    def test_a_folder_that_does_not_exist(self, tmp_path: Path) -> None:
        with pytest.raises(LocalError, match="cannot be opened or written") as caught:
            SqliteStore.open(tmp_path / "missing" / "state.sqlite")
        assert "ls -ld" in caught.value.hint

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root can become the user who is not allowed")
    def test_a_file_that_belongs_to_somebody_else(self, written: Path) -> None:
        """Root may everything: another user is asked, in a process of its own."""
        script = f"""
import os
from pathlib import Path
from ccsync.errors import LocalError
from ccsync.state.sqlite import SqliteStore
os.setgroups([]); os.setgid(65534); os.setuid(65534)
for read_only in (True, False):
    try:
        SqliteStore.open(Path({str(written)!r}), read_only=read_only)
    except LocalError as error:
        print(error.message, error.hint)
"""
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
        lines = done.stdout.splitlines()
        assert len(lines) == 2
        assert all("cannot be opened or written" in line and "as the user who owns it" in line for line in lines)


class TestTwoWriters:
    def test_the_second_one_waits_and_then_says_who_is_in_the_way(
        self, written: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(opening, "_BUSY_SECONDS", 0.0)
        first, second = SqliteStore.open(written), SqliteStore.open(written)
        with first.transaction(), pytest.raises(Locked, match="another ccsync is writing"):
            second.progress.set_fact("account", "p2")
        second.progress.set_fact("account", "p3")
        assert first.progress.fact("account") == "p3"
        first.close()
        second.close()


class TestMistakesOfOurOwn:
    def test_a_wrong_statement_is_a_bug_and_not_the_machine(self, path: Path) -> None:
        store = SqliteStore.open(path)
        with pytest.raises(sqlite3.OperationalError, match="no such table"):
            store._database.rows("SELECT 1 FROM nowhere")
        store.close()

    def test_a_time_without_a_zone_is_not_stored(self, path: Path) -> None:
        from datetime import datetime  # noqa: PLC0415 - beside the one place that makes a naive time on purpose

        from ccsync.state.values import RunRecord  # noqa: PLC0415 - goes with the line above

        store = SqliteStore.open(path)
        with pytest.raises(ValueError, match="without a zone"):
            store.history.put_run(RunRecord("run-1", datetime(2026, 1, 1)))  # noqa: DTZ001 - that is the mistake
        store.close()
