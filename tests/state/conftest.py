"""The adapters of the state's port, and people to put into them."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from ccsync.state.memory import MemoryStore
from ccsync.state.sqlite import SqliteStore
from ccsync.sync.records import Contact, ContactId, Gone, ListId, MembrainId, MembrainRecord, Resource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from ccsync.state.erasure import Erasure
    from ccsync.state.forgotten import Forgotten
    from ccsync.state.inward import Inward
    from ccsync.state.store import Agreement, History, Mirror, Progress, Store, Work


class ReopenedStore:
    """Opens the file anew for every step outside a transaction: whatever it answers has been on the disk."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._store = SqliteStore.open(path)
        self._depth = 0

    @property
    def mirror(self) -> Mirror:
        return self._fresh().mirror

    @property
    def agreement(self) -> Agreement:
        return self._fresh().agreement

    @property
    def work(self) -> Work:
        return self._fresh().work

    @property
    def inward(self) -> Inward:
        return self._fresh().inward

    @property
    def progress(self) -> Progress:
        return self._fresh().progress

    @property
    def history(self) -> History:
        return self._fresh().history

    @property
    def erasure(self) -> Erasure:
        return self._fresh().erasure

    @property
    def forgotten(self) -> Forgotten:
        return self._store.forgotten

    def transaction(self) -> AbstractContextManager[None]:
        return self._scope(self._fresh().transaction)

    def rehearsal(self) -> AbstractContextManager[None]:
        return self._scope(self._fresh().rehearsal)

    def close(self) -> None:
        self._store.close()

    def _fresh(self) -> SqliteStore:
        if not self._depth:
            self._store.close()
            self._store = SqliteStore.open(self._path)
        return self._store

    @contextmanager
    def _scope(self, scope: Callable[[], AbstractContextManager[None]]) -> Iterator[None]:
        with scope():
            self._depth += 1
            try:
                yield
            finally:
                self._depth -= 1


@pytest.fixture(params=["memory", "sqlite", "sqlite-reopened"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    makers: dict[str, Callable[[], Store]] = {
        "memory": MemoryStore,
        "sqlite": lambda: SqliteStore.open(tmp_path / "state.sqlite"),
        "sqlite-reopened": lambda: ReopenedStore(tmp_path / "state.sqlite"),
    }
    opened = makers[request.param]()
    yield opened
    opened.close()


@pytest.fixture
def day() -> Callable[[float], datetime]:
    """Return a point in time, by days."""
    return lambda number: datetime(2026, 3, 1, tzinfo=UTC) + timedelta(days=number)


@pytest.fixture
def person(day: Callable[[float], datetime]) -> Callable[..., MembrainRecord]:
    """Make a Membrain contact."""

    def make(
        identifier: str,
        email: str = "",
        *,
        company: str = "",
        created: float | None = 0,
        changed: float = 0,
        gone: Gone = Gone.NO,
        name: str = "Ann Example",
    ) -> MembrainRecord:
        return MembrainRecord(
            resource=Resource.CONTACTS,
            id=MembrainId(identifier),
            values={"EmailAddress": email, "CompanyId": company, "Name": name},
            created=None if created is None else day(created),
            changed=day(changed),
            gone=gone,
        )

    return make


@pytest.fixture
def contact(day: Callable[[float], datetime]) -> Callable[..., Contact]:
    """Make a Constant Contact contact."""

    def make(
        identifier: str,
        email: str = "",
        *,
        lists: tuple[str, ...] = (),
        updated: float | None = 0,
        deleted: bool = False,
        first_name: str = "Ann",
    ) -> Contact:
        return Contact(
            id=ContactId(identifier),
            email=email,
            values={"first_name": first_name, "custom.1": "blå ✓"},
            lists=frozenset(map(ListId, lists)),
            permission="implicit",
            opt_out_date="",
            deleted=deleted,
            updated=None if updated is None else day(updated),
        )

    return make
