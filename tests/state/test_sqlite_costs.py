"""What is not written: a reading that finds nothing new leaves the disk nearly alone."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from ccsync.state.sqlite import SqliteStore
from ccsync.sync.records import Base, MembrainId, Resource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ccsync.sync.records import Contact, MembrainRecord

    People = Callable[..., MembrainRecord]
    Contacts = Callable[..., Contact]

PAGE = 100


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    with closing(SqliteStore.open(tmp_path / "state.sqlite")) as opened:
        yield opened


def written(store: SqliteStore, change: Callable[[], object]) -> int:
    """Return how many rows of tables a change writes."""
    before = store._database._connection.total_changes
    change()
    return store._database._connection.total_changes - before


class TestUnchangedRows:
    @pytest.fixture
    def people(self, store: SqliteStore, person: People) -> list[MembrainRecord]:
        page = [person(f"m{number}") for number in range(PAGE)]
        store.mirror.put_records(page)
        return page

    @pytest.fixture
    def contacts(self, store: SqliteStore, contact: Contacts) -> list[Contact]:
        page = [contact(f"c{number}", lists=("L1", "L2")) for number in range(PAGE)]
        store.mirror.put_contacts(page)
        return page

    def test_outside_a_sweep_they_write_nothing(
        self, store: SqliteStore, people: list[MembrainRecord], contacts: list[Contact]
    ) -> None:
        assert written(store, lambda: store.mirror.put_records(people)) == 0
        assert written(store, lambda: store.mirror.put_contacts(contacts)) == 0

    def test_in_a_sweep_they_write_one_mark_each(
        self, store: SqliteStore, people: list[MembrainRecord], contacts: list[Contact]
    ) -> None:
        assert written(store, lambda: store.mirror.put_records(people, sweep=1)) == PAGE
        assert written(store, lambda: store.mirror.put_contacts(contacts, sweep=1)) == PAGE

    def test_the_marks_are_forgotten_at_the_end_of_the_sweep(
        self, store: SqliteStore, people: list[MembrainRecord], contacts: list[Contact]
    ) -> None:
        store.mirror.put_records(people, sweep=1)  # given up
        store.mirror.put_records(people, sweep=2)
        store.mirror.put_contacts(contacts, sweep=1)
        store.mirror.finish_records(Resource.CONTACTS, 2)
        store.mirror.finish_contacts(1)
        assert store._database.rows("SELECT count(*) FROM swept") == [(0,)]


def test_bases_that_say_the_same_write_nothing(store: SqliteStore) -> None:
    bases = {"first_name": Base("Ann", "Ann"), "custom.1": Base("Ja", "Yes")}
    store.agreement.put_bases(MembrainId("m1"), bases)
    assert written(store, lambda: store.agreement.put_bases(MembrainId("m1"), bases)) == 0
