"""Looking at the whole file of the state, without changing it and without taking long."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from ccsync.clock import SystemClock
from ccsync.errors import LocalError
from ccsync.state.sqlite import NoState, SqliteStore
from ccsync.state.sqlite.integrity import check_integrity
from ccsync.state.sqlite.schema import MIGRATIONS
from ccsync.sync.records import MembrainId, MembrainRecord, Resource

if TYPE_CHECKING:
    from pathlib import Path


class Hurried(SystemClock):
    """A clock on which the time is up when somebody looks for the second time."""

    def __init__(self) -> None:
        super().__init__()
        self.looks = 0

    def monotonic(self) -> float:
        self.looks += 1
        return 0.0 if self.looks == 1 else 1e9


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return a state with some people in it."""
    path = tmp_path / "state.sqlite"
    store = SqliteStore.open(path)
    people = [MembrainRecord(Resource.CONTACTS, MembrainId(f"m{n}"), {"Name": "x" * 500}) for n in range(500)]
    with store.transaction():
        store.mirror.put_records(people)
    store.close()
    return path


def test_a_whole_one_is_whole_and_stays_as_it_was(path: Path) -> None:
    before = path.read_bytes()
    found = check_integrity(path, SystemClock(), seconds=10)
    assert (found.whole, found.version, found.known, found.bytes) == (
        True,
        len(MIGRATIONS),
        len(MIGRATIONS),
        len(before),
    )
    assert path.read_bytes() == before


def test_it_may_be_written_meanwhile(path: Path) -> None:
    store = SqliteStore.open(path)
    with store.transaction():
        store.progress.set_fact("half", "done")
        assert check_integrity(path, SystemClock(), seconds=10).whole
    store.close()


def test_one_that_takes_longer_than_there_is_time_for_is_given_up_without_a_verdict(path: Path) -> None:
    assert not check_integrity(path, Hurried(), seconds=1).whole


@pytest.mark.parametrize("page", [3, 20, 60])
def test_damage_is_found_wherever_it_is(path: Path, page: int) -> None:
    content = bytearray(path.read_bytes())
    content[page * 4096 : (page + 1) * 4096] = b"\xff" * 4096
    path.write_bytes(content)
    with pytest.raises(LocalError, match="damaged") as told:
        check_integrity(path, SystemClock(), seconds=10)
    assert "restore it from a backup" in told.value.hint


def test_another_programs_a_newer_one_and_none_are_told_apart(path: Path, tmp_path: Path) -> None:
    def state(pragma: str) -> None:
        with closing(sqlite3.connect(path)) as database:
            database.execute(f"PRAGMA {pragma}")

    state("user_version = 99")
    with pytest.raises(LocalError, match="newer ccsync"):
        check_integrity(path, SystemClock(), seconds=10)
    state("user_version = 1")
    assert check_integrity(path, SystemClock(), seconds=10).version == 1
    state("application_id = 7")
    with pytest.raises(LocalError, match="another program's database"):
        check_integrity(path, SystemClock(), seconds=10)
    with pytest.raises(NoState):
        check_integrity(tmp_path / "none.sqlite", SystemClock(), seconds=10)
