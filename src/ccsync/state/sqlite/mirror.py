"""What was last read from each side, in SQLite."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from ccsync.state.sqlite.rows import (
    company_name,
    contact_row,
    json_list,
    name_column,
    read_contact,
    read_record,
    record_row,
    time_text,
)
from ccsync.state.sqlite.sweeps import CONTACT_STREAM, Sweeps
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
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from ccsync.state.forgotten import Forgotten
    from ccsync.state.sqlite.database import Database

_Row = TypeVar("_Row")

RECORD_MARKS = "SELECT id, digest, gone FROM record WHERE resource = ? AND id IN (SELECT value FROM json_each(?))"

RECORDS = """
SELECT resource, id, gone, created, changed, body FROM record
WHERE resource = ? AND id IN (SELECT value FROM json_each(?))
"""

LIVING_RECORDS = """
SELECT resource, id, gone, created, changed, body FROM record
WHERE resource = ? AND gone = '' AND id > ? ORDER BY id LIMIT ?
"""

PUT_RECORD = """
INSERT INTO record (resource, id, gone, created, changed, email_key, company_id, digest, body, name_key)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (resource, id) DO UPDATE SET
    gone = excluded.gone, created = excluded.created, changed = excluded.changed, email_key = excluded.email_key,
    company_id = excluded.company_id, digest = excluded.digest, body = excluded.body, name_key = excluded.name_key
"""

RECORDS_BY_EMAIL = """
SELECT email_key, resource, id, gone, created, changed, body FROM record
WHERE email_key IN (SELECT value FROM json_each(?)) AND gone = ''
ORDER BY created IS NULL, created, id
"""

EVERYBODY_BY_EMAIL = """
SELECT email_key, resource, id, gone, created, changed, body FROM record
WHERE email_key IN (SELECT value FROM json_each(?))
ORDER BY created IS NULL, created, id
"""

COMPANIES_BY_NAME = """
SELECT resource, id, gone, created, changed, body FROM record
WHERE name_key IN (SELECT value FROM json_each(?)) AND gone = ''
ORDER BY created IS NULL, created, id
"""

# Told which index: by itself SQLite takes the lists' names for the narrower choice and reads all projects.
PROJECTS = """
SELECT company_id, resource, id, gone, created, changed, body FROM record INDEXED BY record_company
WHERE company_id IN (SELECT value FROM json_each(?)) AND resource IN (SELECT value FROM json_each(?)) AND gone = ''
ORDER BY resource, id
"""

RECORDS_SINCE = """
SELECT count(*) FROM record WHERE resource = ? AND gone = '' AND (changed IS NULL OR changed >= ?)
"""

RECORDS_GONE = "UPDATE record SET gone = ? WHERE resource = ? AND id IN (SELECT value FROM json_each(?))"

CONTACT_MARKS = "SELECT id, digest, erased FROM contact WHERE id IN (SELECT value FROM json_each(?))"

CONTACTS = "SELECT id, erased, updated, body FROM contact WHERE id IN (SELECT value FROM json_each(?))"

CONTACTS_SINCE = """
SELECT count(*) FROM contact INDEXED BY contact_living WHERE erased = 0 AND (updated IS NULL OR updated >= ?)
"""

LIVING_CONTACTS = "SELECT id, erased, updated, body FROM contact WHERE erased = 0 AND id > ? ORDER BY id LIMIT ?"

PUT_CONTACT = """
INSERT INTO contact (id, erased, updated, email_key, digest, body) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET
    erased = excluded.erased, updated = excluded.updated, email_key = excluded.email_key, digest = excluded.digest,
    body = excluded.body
"""

CONTACTS_BY_ADDRESS = """
SELECT email_key, id, erased, updated, body FROM contact
WHERE email_key IN (SELECT value FROM json_each(?))
ORDER BY erased DESC, updated IS NOT NULL, updated, id
"""

CONTACTS_ERASED = "UPDATE contact SET erased = 1 WHERE id IN (SELECT value FROM json_each(?))"

JOIN_LIST = "INSERT INTO membership (list_id, contact_id) VALUES (?, ?)"

MEMBERS = "SELECT contact_id FROM membership WHERE list_id = ?"

LEAVE_LIST = "DELETE FROM membership WHERE list_id = ? AND contact_id = ?"

TALLY = "SELECT count FROM tally WHERE kind = ? AND name = ?"

PROJECT_KINDS = json_list(resource.value for resource in Resource if resource.is_project)


class SqliteMirror:
    """The mirror of both sides."""

    def __init__(self, database: Database, forgotten: Forgotten) -> None:
        self._database = database
        self._forgotten = forgotten
        self._sweeps = Sweeps(database)

    def put_records(self, records: Sequence[MembrainRecord], sweep: int | None = None) -> list[RecordChange]:
        """Store rows of one list; return those that are new or differ, in order. A row that was missing is back."""
        records = self._forgotten.admitted_records(records, partial(self.records, Resource.CONTACTS), self._in_use)
        if not records:
            return []
        resource = records[0].resource
        ids = json_list(record.id for record in records)
        with self._database.scope():
            known = self._database.rows(RECORD_MARKS, (resource.value, ids))
            marks = {identifier: (digest, gone) for identifier, digest, gone in known}
            rows = [(record.id, (row[7], row[2]), (record, row)) for record in records for row in [record_row(record)]]
            news = _differing(rows, marks)
            mirrored = self.records(resource, (record.id for record, _ in news)) if news else {}
            changes = []
            for record, _ in news:
                changes.append(RecordChange(mirrored.get(record.id), record))
                mirrored[record.id] = record
            self._database.many(PUT_RECORD, [row for _, row in news])
            self._sweeps.mark(resource.value, ids, sweep)
        return changes

    def records(self, resource: Resource, ids: Iterable[MembrainId]) -> dict[MembrainId, MembrainRecord]:
        """Return rows by id, gone ones included; unknown ids are left out."""
        rows = self._database.rows(RECORDS, (resource.value, json_list(ids)))
        return {record.id: record for record in map(read_record, rows)}

    def living_records(
        self, resource: Resource, after: MembrainId | None = None, limit: int = 1000
    ) -> list[MembrainRecord]:
        """Return living rows of a list in the order of their ids, those greater than ``after``, at most ``limit``."""
        return [read_record(row) for row in self._database.rows(LIVING_RECORDS, (resource.value, after or "", limit))]

    def record_count(self, resource: Resource) -> int:
        """Count the living rows of a list."""
        return self._tally("records", resource.value)

    def records_since(self, resource: Resource, moment: datetime) -> int:
        """Count the living rows of a list that changed at a moment or later, or of which that is not known."""
        return int(self._database.rows(RECORDS_SINCE, (resource.value, time_text(moment)))[0][0])

    def contacts_by_email(self, keys: Iterable[EmailKey]) -> dict[EmailKey, list[MembrainRecord]]:
        """Return the living Membrain contacts of each address, the one created first in front (then by id)."""
        return _grouped(self._database.rows(RECORDS_BY_EMAIL, (json_list(keys),)))

    def everybody_by_email(self, keys: Iterable[EmailKey]) -> dict[EmailKey, list[MembrainRecord]]:
        """Return the Membrain contacts of each address, gone ones too, the one created first in front (then by id)."""
        return _grouped(self._database.rows(EVERYBODY_BY_EMAIL, (json_list(keys),)))

    def companies_by_name(self, keys: Iterable[NameKey]) -> dict[NameKey, list[MembrainRecord]]:
        """Return the living companies of each name, the one created first in front (then by id)."""
        columns = {key: column for key in keys if (column := name_column(key))}
        found: dict[NameKey, list[MembrainRecord]] = {}
        for record in map(read_record, self._database.rows(COMPANIES_BY_NAME, (json_list(columns.values()),))):
            if (key := company_name(record)) in columns:  # two names can look alike in a column
                found.setdefault(key, []).append(record)
        return found

    def projects_of(self, companies: Iterable[MembrainId]) -> dict[MembrainId, list[MembrainRecord]]:
        """Return the living projects, of all three kinds, of each company."""
        return _grouped(self._database.rows(PROJECTS, (json_list(companies), PROJECT_KINDS)))

    def finish_records(self, resource: Resource, sweep: int) -> list[MembrainRecord]:
        """End a complete reading of a list; return the rows that became ``Gone.MISSING`` by it."""
        with self._database.scope():
            ids = [MembrainId(missed) for missed in self._sweeps.missed_twice(resource.value, sweep)]
            missing = [replace(record, gone=Gone.MISSING) for record in self.records(resource, ids).values()]
            self._database.run(RECORDS_GONE, (Gone.MISSING.value, resource.value, json_list(ids)))
            self._sweeps.close_records(resource, sweep)
        return missing

    def put_contacts(self, contacts: Sequence[Contact], sweep: int | None = None) -> list[ContactChange]:
        """Store Constant Contact contacts; return those that are new or differ, in order."""
        contacts = self._forgotten.admitted_contacts(contacts, self.contacts, self._in_use)
        if not contacts:
            return []
        ids = json_list(contact.id for contact in contacts)
        with self._database.scope():
            known = self._database.rows(CONTACT_MARKS, (ids,))
            marks = {identifier: (digest, erased) for identifier, digest, erased in known}
            rows = [
                (contact.id, (row[4], row[1]), (contact, row)) for contact in contacts for row in [contact_row(contact)]
            ]
            news = _differing(rows, marks)
            mirrored = self.contacts(contact.id for contact, _ in news) if news else {}
            changes = []
            for contact, _ in news:
                changes.append(ContactChange(mirrored.get(contact.id), contact))
                mirrored[contact.id] = contact
            self._database.many(PUT_CONTACT, [row for _, row in news])
            self._move(changes)
            self._sweeps.mark(CONTACT_STREAM, ids, sweep)
        return changes

    def contacts(self, ids: Iterable[ContactId]) -> dict[ContactId, Contact]:
        """Return contacts by id, deleted and erased ones included; unknown ids are left out."""
        rows = self._database.rows(CONTACTS, (json_list(ids),))
        return {contact.id: contact for contact in map(read_contact, rows)}

    def contacts_by_address(self, keys: Iterable[EmailKey]) -> dict[EmailKey, Contact]:
        """Return the contact of each address, deleted ones included; an erased one only when nobody else has it.

        The service has one at most. While an address moves the mirror may know two: the one changed last has it.
        """
        rows = self._database.rows(CONTACTS_BY_ADDRESS, (json_list(keys),))
        return {EmailKey(key): read_contact(row) for key, *row in rows}

    def living_contacts(self, after: ContactId | None = None, limit: int = 1000) -> list[Contact]:
        """Return contacts that are not erased in the order of their ids, those greater than ``after``."""
        return [read_contact(row) for row in self._database.rows(LIVING_CONTACTS, (after or "", limit))]

    def contact_count(self) -> int:
        """Count the contacts that are not erased, deleted ones included."""
        return self._tally("contacts", "")

    def contacts_since(self, moment: datetime) -> int:
        """Count the contacts that are not erased and changed at a moment or later, or of which that is not known."""
        return int(self._database.rows(CONTACTS_SINCE, (time_text(moment),))[0][0])

    def list_size(self, list_id: ListId) -> int:
        """Count the contacts on a list."""
        return self._tally("members", list_id)

    def members(self, list_id: ListId) -> set[ContactId]:
        """Return the contacts on a list."""
        return {ContactId(row[0]) for row in self._database.rows(MEMBERS, (list_id,))}

    def finish_contacts(self, sweep: int) -> list[Contact]:
        """End a complete reading of all contacts; return those that became ``erased`` by it."""
        with self._database.scope():
            ids = [ContactId(missed) for missed in self._sweeps.missed_twice(CONTACT_STREAM, sweep)]
            known = self.contacts(ids).values()
            changes = [ContactChange(contact, replace(contact, erased=True)) for contact in known]
            self._database.run(CONTACTS_ERASED, (json_list(ids),))
            self._move(changes)
            self._sweeps.close_contacts(sweep)
        return [change.new for change in changes]

    def _in_use(self, keys: Collection[EmailKey]) -> set[EmailKey]:
        there = (key for key, contact in self.contacts_by_address(keys).items() if contact.usable)
        return {*self.contacts_by_email(keys), *there}

    def _move(self, changes: Iterable[ContactChange]) -> None:
        """Keep the lists' members: those of contacts that exist for marketers."""
        before: dict[ContactId, Contact | None] = {}
        after: dict[ContactId, Contact] = {}
        for change in changes:
            before.setdefault(change.new.id, change.old)
            after[change.new.id] = change.new
        leaving, joining = [], []
        for contact_id, contact in after.items():
            were, are = _memberships(before[contact_id]), _memberships(contact)
            leaving += [(list_id, contact_id) for list_id in were - are]
            joining += [(list_id, contact_id) for list_id in are - were]
        self._database.many(LEAVE_LIST, leaving)
        self._database.many(JOIN_LIST, joining)

    def _tally(self, kind: str, name: str) -> int:
        rows = self._database.rows(TALLY, (kind, name))
        return int(rows[0][0]) if rows else 0


def _memberships(contact: Contact | None) -> frozenset[ListId]:
    return contact.lists if contact is not None and contact.usable else frozenset()


def _differing(rows: Iterable[tuple[str, Any, _Row]], marks: Mapping[str, Any]) -> list[_Row]:
    """Return the rows whose mark is not the known one; a row that comes twice is compared with itself."""
    known = dict(marks)
    news = []
    for identifier, mark, row in rows:
        if known.get(identifier) != mark:
            known[identifier] = mark
            news.append(row)
    return news


def _grouped(rows: Iterable[Sequence[Any]]) -> dict[Any, list[MembrainRecord]]:
    groups: dict[Any, list[MembrainRecord]] = {}
    for key, *row in rows:
        groups.setdefault(key, []).append(read_record(row))
    return groups
