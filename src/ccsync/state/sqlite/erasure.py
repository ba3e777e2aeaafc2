"""Taking a person out of the state, in SQLite: first the rows, then the bytes that SQLite leaves behind."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ccsync.errors import Locked
from ccsync.state.sqlite.rows import encode, json_list
from ccsync.state.sqlite.sweeps import CONTACT_STREAM
from ccsync.sync.records import ContactId, EmailKey, MembrainId, Resource

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from ccsync.state.sqlite.database import Database

CONTACTS_AT = "SELECT id FROM contact WHERE email_key IN (SELECT value FROM json_each(?)) ORDER BY id"

RECORDS_AFTER = "SELECT id, email_key FROM record WHERE resource = 'contacts' AND id > ? ORDER BY id LIMIT 1000"
CONTACTS_AFTER = "SELECT id, email_key FROM contact WHERE id > ? ORDER BY id LIMIT 1000"

# The counts of the living are kept by triggers on changes, so that whoever goes has to be gone first.
END_RECORDS = """
UPDATE record SET gone = 'deleted'
WHERE resource = 'contacts' AND gone = '' AND id IN (SELECT value FROM json_each(:membrain))
"""
END_CONTACTS = "UPDATE contact SET erased = 1 WHERE erased = 0 AND id IN (SELECT value FROM json_each(:contacts))"

_EITHER = "{} IN (SELECT value FROM json_each(:membrain)) OR {} IN (SELECT value FROM json_each(:contacts))"
_PLANNED = _EITHER.format("json_extract(body, '$.membrain_id')", "json_extract(body, '$.contact_id')")

_OF_PEOPLE = (
    ("record", "resource = 'contacts' AND id IN (SELECT value FROM json_each(:membrain))"),
    ("contact", "id IN (SELECT value FROM json_each(:contacts))"),
    ("membership", "contact_id IN (SELECT value FROM json_each(:contacts))"),
    ("swept", "stream = :here AND id IN (SELECT value FROM json_each(:membrain))"),
    ("swept", "stream = :there AND id IN (SELECT value FROM json_each(:contacts))"),
    ("absent", "stream = :here AND id IN (SELECT value FROM json_each(:membrain))"),
    ("absent", "stream = :there AND id IN (SELECT value FROM json_each(:contacts))"),
    ("link", _EITHER.format("membrain_id", "contact_id")),
    ("base", "membrain_id IN (SELECT value FROM json_each(:membrain))"),
    ("standing", "contact_id IN (SELECT value FROM json_each(:contacts))"),
    ("touched", "id IN (SELECT value FROM json_each(:both))"),
    ("touched_contact", "id IN (SELECT value FROM json_each(:both))"),
    ("waiting", "membrain_id IN (SELECT value FROM json_each(:both))"),
    ("intent", _PLANNED),
    ("membrain_intent", _PLANNED),
)
"""Every table that has rows of a person, and which those are."""

_TEXTS = (
    ("field_reason", ("sync", "field", "reason"), "example"),
    ("run", ("id",), "body"),
    ("waiting", ("membrain_id", "sync", "field", "reason"), "body"),
    ("intent", ("number",), "failure"),
    ("fact", ("key",), "value"),
)
"""Every column that may name somebody in passing: table, key, column."""


TEXT_COLUMNS = """
SELECT one.name, two.name FROM sqlite_master AS one, pragma_table_info(one.name) AS two
WHERE one.type = 'table' AND one.name NOT LIKE 'sqlite_%' AND two.type = 'TEXT' ORDER BY one.name, two.cid
"""


class SqliteErasure:
    """Removes people, and texts that name them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def contacts_at(self, keys: Iterable[EmailKey]) -> list[ContactId]:
        """Return every Constant Contact contact that has one of these addresses, deleted and erased ones too."""
        return [ContactId(row[0]) for row in self._database.rows(CONTACTS_AT, (json_list(keys),))]

    def people(self) -> Iterator[tuple[MembrainId | None, ContactId | None, EmailKey]]:
        """Yield everybody on either side by id, with their address; gone, deleted and erased ones too."""
        after = ""
        while rows := self._database.rows(RECORDS_AFTER, (after,)):
            after = rows[-1][0]
            yield from ((MembrainId(one), None, EmailKey(key)) for one, key in rows)
        after = ""
        while rows := self._database.rows(CONTACTS_AFTER, (after,)):
            after = rows[-1][0]
            yield from ((None, ContactId(one), EmailKey(key)) for one, key in rows)

    def erase(self, membrain: Collection[MembrainId], contacts: Collection[ContactId]) -> int:
        """Remove every row of these people."""
        who = {
            "membrain": json_list(membrain),
            "contacts": json_list(contacts),
            "both": json_list([*membrain, *contacts]),
            "here": Resource.CONTACTS.value,
            "there": CONTACT_STREAM,
        }
        self._database.run("PRAGMA secure_delete = ON")
        removed = 0
        with self._database.scope():
            self._database.run(END_RECORDS, who)
            self._database.run(END_CONTACTS, who)
            for table, whose in _OF_PEOPLE:
                removed += len(self._database.rows(f"DELETE FROM {table} WHERE {whose} RETURNING 1", who))  # noqa: S608 - names of this module
        return removed

    def hide(self, hide: Callable[[str], str]) -> int:
        """Pass each text that may name somebody through ``hide``, and return how many became other texts."""
        hidden = 0
        self._database.run("PRAGMA secure_delete = ON")
        with self._database.scope():
            for table, key, column in _TEXTS:
                chosen, which = ", ".join((*key, column)), " AND ".join(f"{name} = ?" for name in key)
                update = f"UPDATE {table} SET {column} = ? WHERE {which}"  # noqa: S608 - names of this module
                for *place, text in self._database.rows(f"SELECT {chosen} FROM {table}"):  # noqa: S608 - as above
                    after = _hidden(text, hide)
                    if after != text:
                        self._database.run(update, (after, *place))
                        hidden += 1
        return hidden

    def holding(self, spellings: Collection[str]) -> list[str]:
        """Return each text of any table that holds one of these, whatever the case of ASCII letters."""
        found = []
        for table, column in self._database.rows(TEXT_COLUMNS):
            holds = " OR ".join([f"instr(lower({column}), lower(?))"] * len(spellings)) or "false"
            select = f"SELECT {column} FROM {table} WHERE {holds}"  # noqa: S608 - names of the schema
            rows = self._database.rows(select, tuple(spellings))
            found += [_readable(row[0]) for row in rows]
        return found

    def compact(self) -> None:
        """Leave no byte of what was removed in the file or beside it."""
        self._database.run("VACUUM")
        ((busy, _, _),) = self._database.rows("PRAGMA wal_checkpoint(TRUNCATE)")
        if busy:
            raise Locked(
                "the state is being read, and what was removed from it lies in the file beside it until that ends",
                hint="close what reads it, such as ccsync status --watch, then run the same command again",
            )


def _readable(text: str) -> str:
    """Return a text without the escapes of JSON."""
    try:
        return json.dumps(json.loads(text), ensure_ascii=False)
    except ValueError:
        return text


def _hidden(text: str, hide: Callable[[str], str]) -> str:
    """Pass a text, or every text in JSON, through ``hide``; what it does not touch stays letter for letter."""
    try:
        value = json.loads(text)
    except ValueError:
        return hide(text)
    hidden = _within(value, hide)
    return text if hidden == value else encode(hidden)


def _within(value: Any, hide: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return hide(value)
    if isinstance(value, list):
        return [_within(one, hide) for one in value]
    if isinstance(value, dict):
        return {hide(key): _within(one, hide) for key, one in value.items()}
    return value
