"""A copy of the state while others write to it."""

from __future__ import annotations

import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from ccsync.errors import LocalError
from ccsync.state.sqlite import NoState, SqliteStore
from ccsync.state.sqlite.copying import copy_state, fold

if TYPE_CHECKING:
    from pathlib import Path

WRITER = """
import sys
from pathlib import Path
from ccsync.state.sqlite import SqliteStore

store = SqliteStore.open(Path(sys.argv[1]))
number = 0
while True:
    number += 1
    with store.transaction():
        store.progress.set_fact("first", str(number))
        store.progress.set_fact("filler", "x" * 50_000)
        store.progress.set_fact("second", str(number))
    if number == 1:
        print("ready", flush=True)
"""
COPIES = 12


def test_a_copy_is_of_one_moment_while_another_process_writes(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite"
    with subprocess.Popen((sys.executable, "-c", WRITER, str(path)), stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
        try:
            for number in range(COPIES):
                copy_state(path, tmp_path / f"copy{number}.sqlite")
            assert writer.poll() is None
        finally:
            writer.kill()

    seen = []
    for number in range(COPIES):
        copy = tmp_path / f"copy{number}.sqlite"
        with closing(sqlite3.connect(copy)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        store = SqliteStore.open(copy, read_only=True)
        first, second = store.progress.fact("first"), store.progress.fact("second")
        store.close()
        assert first == second
        seen.append(int(first or 0))
    assert seen == sorted(seen)
    assert seen[-1] > seen[0]


def test_a_copy_is_one_file_for_its_owner_alone(tmp_path: Path) -> None:
    path, copy = tmp_path / "state.sqlite", tmp_path / "copies" / "copy.sqlite"
    copy.parent.mkdir()
    store = SqliteStore.open(path)
    store.progress.set_fact("word", "kept")  # in the write-ahead log, not yet in the file
    copy_state(path, copy)
    store.close()

    assert [one.name for one in copy.parent.iterdir()] == ["copy.sqlite"]
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("SELECT value FROM fact WHERE key = 'word'").fetchone() == ("kept",)


def test_nothing_is_copied_of_what_is_not_there_or_is_damaged(tmp_path: Path) -> None:
    path, copy = tmp_path / "state.sqlite", tmp_path / "copy.sqlite"
    with pytest.raises(NoState):
        copy_state(path, copy)
    path.write_bytes(b"not a database" * 1000)
    with pytest.raises(LocalError, match="damaged"):
        copy_state(path, copy)
    assert not copy.exists()


def test_a_file_that_exists_is_never_written_over(tmp_path: Path) -> None:
    path, copy = tmp_path / "state.sqlite", tmp_path / "copy.sqlite"
    SqliteStore.open(path).close()
    copy.write_text("precious", "utf-8")
    with pytest.raises(FileExistsError):
        copy_state(path, copy)
    assert copy.read_text("utf-8") == "precious"


def test_what_lies_beside_a_state_is_brought_into_it_unless_it_cannot_be_read(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite"
    SqliteStore.open(path).close()
    assert fold(path)
    path.write_bytes(b"not a database" * 1000)
    assert not fold(path)
