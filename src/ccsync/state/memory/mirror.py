"""What was last read from each side, in memory."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from ccsync.state.values import ContactChange, RecordChange
from ccsync.sync.records import (
    Contact,
    ContactId,
    EmailKey,
    Gone,
    ListId,
    MembrainId,
    MembrainRecord,
    NameKey,
    Resource,
    email_key,
    name_key,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import datetime

    from ccsync.state.forgotten import Forgotten
    from ccsync.state.memory.tables import Tables

_CONTACT_STREAM = "constant_contact"


class MemoryMirror:
    """The mirror of both sides."""

    def __init__(self, tables: Tables, forgotten: Forgotten) -> None:
        self._tables = tables
        self._forgotten = forgotten

    def put_records(self, records: Sequence[MembrainRecord], sweep: int | None = None) -> list[RecordChange]:
        """Store rows of one list; return those that are new or differ, in order. A row that was missing is back."""
        changes = []
        for record in self._forgotten.admitted_records(records, partial(self.records, Resource.CONTACTS), self._in_use):
            key = (record.resource, record.id)
            old = self._tables.records.get(key)
            if old != record:
                changes.append(RecordChange(old, record))
                self._tables.records[key] = replace(record, values=dict(record.values))
            self._mark(record.resource.value, record.id, sweep)
        return changes

    def records(self, resource: Resource, ids: Iterable[MembrainId]) -> dict[MembrainId, MembrainRecord]:
        """Return rows by id, gone ones included; unknown ids are left out."""
        return {item: self._tables.records[resource, item] for item in ids if (resource, item) in self._tables.records}

    def living_records(
        self, resource: Resource, after: MembrainId | None = None, limit: int = 1000
    ) -> list[MembrainRecord]:
        """Return living rows of a list in the order of their ids, those greater than ``after``, at most ``limit``."""
        found = [record for record in self._living(resource) if record.id > (after or "")]
        return sorted(found, key=lambda record: record.id)[:limit]

    def record_count(self, resource: Resource) -> int:
        """Count the living rows of a list."""
        return len(self._living(resource))

    def records_since(self, resource: Resource, moment: datetime) -> int:
        """Count the living rows of a list that changed at a moment or later, or of which that is not known."""
        return sum(1 for record in self._living(resource) if record.changed is None or record.changed >= moment)

    def contacts_by_email(self, keys: Iterable[EmailKey]) -> dict[EmailKey, list[MembrainRecord]]:
        """Return the living Membrain contacts of each address, the one created first in front (then by id)."""
        everybody = self.everybody_by_email(keys).items()
        living = {key: [record for record in records if record.gone is Gone.NO] for key, records in everybody}
        return {key: records for key, records in living.items() if records}

    def everybody_by_email(self, keys: Iterable[EmailKey]) -> dict[EmailKey, list[MembrainRecord]]:
        """Return the Membrain contacts of each address, gone ones too, the one created first in front (then by id)."""
        found: dict[EmailKey, list[MembrainRecord]] = {}
        wanted = set(keys) - {email_key("")}
        for record in sorted(self._tables.records.values(), key=_age):
            if record.resource is Resource.CONTACTS and (key := email_key(record.email)) in wanted:
                found.setdefault(key, []).append(record)
        return found

    def companies_by_name(self, keys: Iterable[NameKey]) -> dict[NameKey, list[MembrainRecord]]:
        """Return the living companies of each name, the one created first in front (then by id)."""
        found: dict[NameKey, list[MembrainRecord]] = {}
        wanted = set(keys) - {name_key("")}
        for record in sorted(self._living(Resource.COMPANIES), key=_age):
            if (key := name_key(record.values.get("Name", ""))) in wanted:
                found.setdefault(key, []).append(record)
        return found

    def projects_of(self, companies: Iterable[MembrainId]) -> dict[MembrainId, list[MembrainRecord]]:
        """Return the living projects, of all three kinds, of each company."""
        found: dict[MembrainId, list[MembrainRecord]] = {}
        wanted = set(companies) - {MembrainId("")}
        projects = [record for kind in Resource if kind.is_project for record in self._living(kind)]
        for record in sorted(projects, key=lambda record: (record.resource, record.id)):
            if record.company_id in wanted:
                found.setdefault(record.company_id, []).append(record)
        return found

    def finish_records(self, resource: Resource, sweep: int) -> list[MembrainRecord]:
        """End a complete reading of a list; return the rows that became ``Gone.MISSING`` by it."""
        missing = []
        for record in self._living(resource):
            if self._missed_twice(resource.value, record.id, sweep):
                gone = replace(record, gone=Gone.MISSING)
                self._tables.records[resource, record.id] = gone
                missing.append(gone)
        self._forget_marks(resource.value, sweep)
        return missing

    def put_contacts(self, contacts: Sequence[Contact], sweep: int | None = None) -> list[ContactChange]:
        """Store Constant Contact contacts; return those that are new or differ, in order."""
        changes = []
        for contact in self._forgotten.admitted_contacts(contacts, self.contacts, self._in_use):
            old = self._tables.contacts.get(contact.id)
            if old != contact:
                changes.append(ContactChange(old, contact))
                self._tables.contacts[contact.id] = replace(contact, values=dict(contact.values))
            self._mark(_CONTACT_STREAM, contact.id, sweep)
        return changes

    def contacts(self, ids: Iterable[ContactId]) -> dict[ContactId, Contact]:
        """Return contacts by id, deleted and erased ones included; unknown ids are left out."""
        return {item: self._tables.contacts[item] for item in ids if item in self._tables.contacts}

    def contacts_by_address(self, keys: Iterable[EmailKey]) -> dict[EmailKey, Contact]:
        """Return the contact of each address, deleted ones included; an erased one only when nobody else has it.

        The service has one at most. While an address moves the mirror may know two: the one changed last has it.
        """
        wanted = set(keys) - {email_key("")}
        found = sorted(self._tables.contacts.values(), key=lambda contact: (not contact.erased, _recency(contact)))
        return {key: contact for contact in found if (key := email_key(contact.email)) in wanted}

    def living_contacts(self, after: ContactId | None = None, limit: int = 1000) -> list[Contact]:
        """Return contacts that are not erased in the order of their ids, those greater than ``after``."""
        found = [contact for contact in self._not_erased() if contact.id > (after or "")]
        return sorted(found, key=lambda contact: contact.id)[:limit]

    def contact_count(self) -> int:
        """Count the contacts that are not erased, deleted ones included."""
        return len(self._not_erased())

    def contacts_since(self, moment: datetime) -> int:
        """Count the contacts that are not erased and changed at a moment or later, or of which that is not known."""
        return sum(1 for contact in self._not_erased() if contact.updated is None or contact.updated >= moment)

    def list_size(self, list_id: ListId) -> int:
        """Count the contacts on a list."""
        return sum(contact.usable and list_id in contact.lists for contact in self._tables.contacts.values())

    def members(self, list_id: ListId) -> set[ContactId]:
        """Return the contacts on a list."""
        return {contact.id for contact in self._tables.contacts.values() if contact.usable and list_id in contact.lists}

    def finish_contacts(self, sweep: int) -> list[Contact]:
        """End a complete reading of all contacts; return those that became ``erased`` by it."""
        erased = []
        for contact in self._not_erased():
            if self._missed_twice(_CONTACT_STREAM, contact.id, sweep):
                gone = replace(contact, erased=True)
                self._tables.contacts[contact.id] = gone
                erased.append(gone)
        self._forget_marks(_CONTACT_STREAM, sweep)
        return erased

    def _in_use(self, keys: Collection[EmailKey]) -> set[EmailKey]:
        there = (key for key, contact in self.contacts_by_address(keys).items() if contact.usable)
        return {*self.contacts_by_email(keys), *there}

    def _living(self, resource: Resource) -> list[MembrainRecord]:
        return [row for row in self._tables.records.values() if row.resource is resource and row.gone is Gone.NO]

    def _not_erased(self) -> list[Contact]:
        return [contact for contact in self._tables.contacts.values() if not contact.erased]

    def _mark(self, stream: str, identifier: str, sweep: int | None) -> None:
        self._tables.absent.pop((stream, identifier), None)
        if sweep is not None:
            self._tables.swept[stream, sweep, identifier] = None

    def _missed_twice(self, stream: str, identifier: str, sweep: int) -> bool:
        """Count an absence of a row that this sweep has missed; tell whether it is the second one in a row."""
        absent = self._tables.absent
        if (stream, sweep, identifier) in self._tables.swept:
            absent.pop((stream, identifier), None)
            return False
        if (stream, identifier) in absent:
            del absent[stream, identifier]
            return True
        absent[stream, identifier] = None
        return False

    def _forget_marks(self, stream: str, sweep: int) -> None:
        for key in [key for key in self._tables.swept if key[0] == stream and key[1] <= sweep]:
            del self._tables.swept[key]


def _age(record: MembrainRecord) -> tuple[bool, float, str]:
    """Oldest first; who knows when a record without a date was created, so it comes last."""
    return (record.created is None, record.created.timestamp() if record.created else 0.0, record.id)


def _recency(contact: Contact) -> tuple[bool, float, str]:
    return (contact.updated is not None, contact.updated.timestamp() if contact.updated else 0.0, contact.id)
