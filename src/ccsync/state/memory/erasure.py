"""Taking a person out of the state, in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from ccsync.sync.records import Resource, email_key

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from ccsync.state.memory.tables import Table, Tables
    from ccsync.sync.records import ContactId, EmailKey, MembrainId

_CONTACT_STREAM = "constant_contact"
_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


class MemoryErasure:
    """Removes people, and texts that name them."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def contacts_at(self, keys: Iterable[EmailKey]) -> list[ContactId]:
        """Return every Constant Contact contact that has one of these addresses, deleted and erased ones too."""
        wanted = set(keys) - {email_key("")}
        return sorted(one.id for one in self._tables.contacts.values() if email_key(one.email) in wanted)

    def people(self) -> Iterator[tuple[MembrainId | None, ContactId | None, EmailKey]]:
        """Yield everybody on either side by id, with their address; gone, deleted and erased ones too."""
        for (resource, record_id), record in self._tables.records.items():
            if resource is Resource.CONTACTS:
                yield record_id, None, email_key(record.email)
        for contact in self._tables.contacts.values():
            yield None, contact.id, email_key(contact.email)

    def erase(self, membrain: Collection[MembrainId], contacts: Collection[ContactId]) -> int:
        """Remove every row of these people."""
        tables, here, there = self._tables, set[str](membrain), set[str](contacts)
        both = here | there
        streams = {Resource.CONTACTS.value: here, _CONTACT_STREAM: there}
        removed = _drop(tables.records, lambda key, _: key[0] is Resource.CONTACTS and key[1] in here)
        removed += sum(len(one.lists) for key, one in tables.contacts.items() if key in there and one.usable)
        removed += _drop(tables.contacts, lambda key, _: key in there)
        removed += _drop(tables.swept, lambda key, _: key[2] in streams.get(key[0], ()))
        removed += _drop(tables.absent, lambda key, _: key[1] in streams.get(key[0], ()))
        removed += _drop(tables.links, lambda key, value: key in here or value in there)
        _drop(tables.linked_to, lambda key, value: key in there or value in here)
        removed += sum(len(bases) for key, bases in tables.bases.items() if key in here)
        _drop(tables.bases, lambda key, _: key in here)
        removed += _drop(tables.standings, lambda key, _: key[0] in there)
        removed += _drop(tables.touched, lambda key, _: key in both)
        removed += _drop(tables.touched_contacts, lambda key, _: key in both)
        removed += _drop(tables.waiting, lambda key, _: key[0] in both)
        removed += _drop(
            tables.intents, lambda _, one: one.intent.membrain_id in here or one.intent.contact_id in there
        )
        removed += _drop(
            tables.membrain_intents, lambda _, one: one.intent.membrain_id in here or one.intent.contact_id in there
        )
        return removed

    def hide(self, hide: Callable[[str], str]) -> int:
        """Pass each text that may name somebody through ``hide``, and return how many became other texts."""
        tables, hidden = self._tables, 0
        for reason, (count, example) in list(tables.reasons.items()):
            hidden += _put(tables.reasons, reason, (count, hide(example)))
        for name, run in list(tables.runs.items()):
            hidden += _put(tables.runs, name, replace(run, message=hide(run.message)))
        for key, wait in list(tables.waiting.items()):
            hidden += _put(tables.waiting, key, replace(wait, detail=hide(wait.detail), contact=hide(wait.contact)))
        for number, stored in list(tables.intents.items()):
            hidden += _put(tables.intents, number, replace(stored, failure=hide(stored.failure)))
        for fact, value in list(tables.facts.items()):
            hidden += _put(tables.facts, fact, hide(value))
        return hidden

    def holding(self, spellings: Collection[str]) -> list[str]:
        """Return each text of any table that holds one of these, whatever the case of ASCII letters."""
        tables = (table for table in vars(self._tables).values() if isinstance(table, Mapping))
        texts = (f"{key} {value}" for table in tables for key, value in table.items())
        return [text for text in texts if any(one.lower() in text.lower() for one in spellings)]

    def compact(self) -> None:
        """Nothing lies anywhere."""


def _drop(table: Table[_Key, _Value], goes: Callable[[_Key, _Value], bool]) -> int:
    going = [key for key, value in table.items() if goes(key, value)]
    for key in going:
        del table[key]
    return len(going)


def _put(table: Table[_Key, _Value], key: _Key, value: _Value) -> bool:
    changed = table[key] != value
    if changed:
        table[key] = value
    return changed
