"""Dicts that can be taken back to what they were."""

from __future__ import annotations

from collections.abc import MutableMapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ccsync.state.values import Binding, FieldStatistics, RunRecord, Timestamp
    from ccsync.sync.operations import Batch, StoredIntent, StoredMembrainIntent, Waiting
    from ccsync.sync.records import (
        Base,
        Contact,
        ContactId,
        ListId,
        MembrainId,
        MembrainRecord,
        Resource,
        Standing,
    )

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


class Journal:
    """Remembers how to undo each change that is made inside a scope."""

    def __init__(self) -> None:
        self._undo: list[Callable[[], object]] = []
        self._depth = 0

    def note(self, undo: Callable[[], object]) -> None:
        """Remember how to undo a change that is about to be made."""
        if self._depth:
            self._undo.append(undo)

    @contextmanager
    def scope(self, *, keep: bool = True) -> Iterator[None]:
        """Make everything inside happen or not; without ``keep`` it never does."""
        mark = len(self._undo)
        self._depth += 1
        try:
            yield
        except BaseException:
            self._take_back(mark)
            raise
        else:
            if not keep:
                self._take_back(mark)
        finally:
            self._depth -= 1
            if not self._depth:
                self._undo.clear()

    def _take_back(self, mark: int) -> None:
        while len(self._undo) > mark:
            self._undo.pop()()


class Table(MutableMapping[_Key, _Value]):
    """A dict whose changes are noted in a journal. Its values are never changed in place, only replaced.

    Undoing a deletion puts a key at the end: nothing may rely on the order of a table whose rows are deleted.
    """

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._rows: dict[_Key, _Value] = {}

    def __getitem__(self, key: _Key) -> _Value:
        return self._rows[key]

    def __setitem__(self, key: _Key, value: _Value) -> None:
        self._note(key)
        self._rows[key] = value

    def __delitem__(self, key: _Key) -> None:
        self._note(key)
        del self._rows[key]

    def __iter__(self) -> Iterator[_Key]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def _note(self, key: _Key) -> None:
        if key in self._rows:
            before = self._rows[key]
            self._journal.note(lambda: self._rows.__setitem__(key, before))
        else:
            self._journal.note(lambda: self._rows.pop(key, None))


class Tables:
    """All that a memory store holds."""

    def __init__(self) -> None:
        self.journal = journal = Journal()
        self.records: Table[tuple[Resource, MembrainId], MembrainRecord] = Table(journal)
        self.contacts: Table[ContactId, Contact] = Table(journal)
        self.swept: Table[tuple[str, int, str], None] = Table(journal)
        self.absent: Table[tuple[str, str], None] = Table(journal)
        self.links: Table[MembrainId, ContactId] = Table(journal)
        self.linked_to: Table[ContactId, MembrainId] = Table(journal)
        self.bases: Table[MembrainId, dict[str, Base]] = Table(journal)
        self.standings: Table[tuple[ContactId, ListId], Standing] = Table(journal)
        self.touched: Table[MembrainId, None] = Table(journal)
        self.intents: Table[int, StoredIntent] = Table(journal)
        self.batches: Table[str, tuple[int, Batch]] = Table(journal)
        self.touched_contacts: Table[ContactId, None] = Table(journal)
        self.membrain_intents: Table[int, StoredMembrainIntent] = Table(journal)
        self.last_number: Table[str, int] = Table(journal)
        self.waiting: Table[tuple[MembrainId, str, str, str], Waiting] = Table(journal)
        self.timestamps: Table[str, Timestamp] = Table(journal)
        self.bindings: Table[tuple[str, str], Binding] = Table(journal)
        self.facts: Table[str, str] = Table(journal)
        self.runs: Table[str, RunRecord] = Table(journal)
        self.fields: Table[tuple[str, str], FieldStatistics] = Table(journal)
        self.reasons: Table[tuple[str, str, str], tuple[int, str]] = Table(journal)

    def next_number(self, kind: str) -> int:
        """Count on: a number is never given twice."""
        self.last_number[kind] = self.last_number.get(kind, 0) + 1
        return self.last_number[kind]
