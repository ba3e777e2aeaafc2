"""Contacts on disk: what is true, what GET shows, and who is on which list.

A contact's true row has no ``shown_until``. When writes are to show late, the row as it was stays beside it as a copy
that GET answers show until the lag has passed; the true row shows from then on.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ccsync.sandbox.constant_contact.times import seconds_of, seconds_or_none

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable

    from ccsync.sandbox.constant_contact.store import Store
    from ccsync.sandbox.constant_contact.switches import Switches

SHOWN = "c.shown_from <= :now AND (c.shown_until IS NULL OR c.shown_until > :now)"


@dataclass(frozen=True, slots=True)
class Contact:
    """One contact: its resource without ``list_memberships``, and those lists."""

    document: dict[str, Any]
    lists: tuple[str, ...] = ()
    row: int | None = None

    @property
    def contact_id(self) -> str:
        """The contact's id."""
        return str(self.document["contact_id"])

    @property
    def address(self) -> str | None:
        """The e-mail address as stored, lower-case."""
        found: str | None = self.document.get("email_address", {}).get("address")
        return found

    @property
    def permission(self) -> str:
        """The permission to send; ``not_set`` without an address."""
        return str(self.document.get("email_address", {}).get("permission_to_send", "not_set"))

    @property
    def deleted(self) -> bool:
        """Whether the contact is in the state deleted."""
        return "deleted_at" in self.document


@dataclass(frozen=True, slots=True)
class Criteria:
    """A condition on contacts: SQL over the table ``c`` with named parameters."""

    sql: tuple[str, ...]
    parameters: dict[str, Any]

    def where(self) -> str:
        """Return the whole condition."""
        return " AND ".join(self.sql)


class ContactTable:
    """Finds and keeps contacts. Changes must happen inside a transaction of the store."""

    def __init__(self, store: Store, switches: Callable[[], Switches]) -> None:
        self._store = store
        self._switches = switches

    def by_id(self, account: str, contact_id: str) -> Contact | None:
        """Return what is true of a contact, deleted ones included."""
        return self._one("account = ? AND contact_id = ? AND shown_until IS NULL", (account, contact_id))

    def by_address(self, account: str, address: str) -> Contact | None:
        """Return what is true of the contact with this address, deleted ones included."""
        return self._one("account = ? AND email = ? AND shown_until IS NULL", (account, address))

    def shown(self, account: str, contact_id: str) -> Contact | None:
        """Return the contact as a GET shows it now."""
        sql = f"c.account = :account AND c.contact_id = :id AND {SHOWN}"
        parameters = {"account": account, "id": contact_id, "now": self._store.seconds()}
        found = self._store.row(f"SELECT c.row, c.document FROM contacts c WHERE {sql}", parameters)  # noqa: S608 - conditions are ours, values are bound
        return None if found is None else self._contact(found)

    def page(self, criteria: Criteria, *, skip: int, limit: int) -> list[tuple[int, Contact]]:
        """Return shown contacts with their order numbers, in order of creation."""
        sql = f"SELECT c.row, c.seq, c.document FROM contacts c WHERE {criteria.where()} AND {SHOWN}"  # noqa: S608 - conditions are ours, values are bound
        parameters = {**criteria.parameters, "now": self._store.seconds(), "limit": limit, "skip": skip}
        rows = self._store.rows(f"{sql} ORDER BY c.seq LIMIT :limit OFFSET :skip", parameters)
        return [(row["seq"], self._contact(row)) for row in rows]

    def count(self, criteria: Criteria) -> int:
        """Return how many contacts are shown under the condition."""
        sql = f"SELECT count(*) FROM contacts c WHERE {criteria.where()} AND {SHOWN}"  # noqa: S608 - conditions are ours, values are bound
        return self._store.number(sql, {**criteria.parameters, "now": self._store.seconds()})

    def all(self, account: str) -> list[Contact]:
        """Return what is true of everybody, deleted ones included, in order of creation."""
        sql = "SELECT row, document FROM contacts WHERE account = ? AND shown_until IS NULL ORDER BY seq"
        return [self._contact(row) for row in self._store.rows(sql, (account,))]

    def members(self, account: str, list_id: str) -> list[Contact]:
        """Return what is true of the members of a list."""
        sql = (
            "SELECT c.row, c.document FROM memberships m JOIN contacts c ON c.row = m.row"
            " WHERE m.list_id = ? AND c.account = ? AND c.shown_until IS NULL ORDER BY c.seq"
        )
        return [self._contact(row) for row in self._store.rows(sql, (list_id, account))]

    def save(self, account: str, contact: Contact) -> Contact:
        """Make this the truth about the contact; GET shows it after the visibility lag."""
        now = self._store.seconds()
        lag = self._switches().visibility_lag_seconds
        if contact.row is None:
            return self._insert(account, contact, now + lag)
        self._keep_copy(contact.row, contact.contact_id, now, now + lag)
        columns = _columns(contact.document)
        self._store.run(
            "UPDATE contacts SET email = ?, state = ?, created = ?, updated = ?, opted_out = ?, document = ?,"
            " shown_from = ? WHERE row = ?",
            (*columns, now + lag, contact.row),
        )
        self._set_lists(contact.row, contact.lists)
        return contact

    def erase(self, contact_id: str) -> None:
        """Forget a contact altogether, as no API call does."""
        self._store.run(
            "DELETE FROM memberships WHERE row IN (SELECT row FROM contacts WHERE contact_id = ?)", (contact_id,)
        )
        self._store.run("DELETE FROM contacts WHERE contact_id = ?", (contact_id,))

    def lists_of(self, row: int) -> tuple[str, ...]:
        """Return the lists of one row."""
        found = self._store.rows("SELECT list_id FROM memberships WHERE row = ? ORDER BY list_id", (row,))
        return tuple(line["list_id"] for line in found)

    def _one(self, where: str, parameters: tuple[str, ...]) -> Contact | None:
        found = self._store.row(f"SELECT row, document FROM contacts WHERE {where}", parameters)  # noqa: S608 - conditions are ours, values are bound
        return None if found is None else self._contact(found)

    def _contact(self, row: sqlite3.Row) -> Contact:
        return Contact(json.loads(row["document"]), self.lists_of(row["row"]), row["row"])

    def _insert(self, account: str, contact: Contact, shown_from: float) -> Contact:
        columns = _columns(contact.document)
        cursor = self._store.run(
            "INSERT INTO contacts (account, contact_id, seq, email, state, created, updated, opted_out, document,"
            " shown_from) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (account, contact.contact_id, self._store.serial(), *columns, shown_from),
        )
        row = int(cursor.lastrowid or 0)
        self._store.run_many("INSERT INTO memberships VALUES (?, ?)", [(row, each) for each in set(contact.lists)])
        return replace(contact, row=row)

    def _keep_copy(self, row: int, contact_id: str, now: float, until: float) -> None:
        """Keep the row as it is for those who look before ``until``; cut older copies to the same end."""
        run = self._store.run
        stale = "SELECT row FROM contacts WHERE contact_id = ? AND shown_until <= ?"
        run(f"DELETE FROM memberships WHERE row IN ({stale})", (contact_id, now))  # noqa: S608 - conditions are ours, values are bound
        run("DELETE FROM contacts WHERE contact_id = ? AND shown_until <= ?", (contact_id, now))
        run("UPDATE contacts SET shown_until = ? WHERE contact_id = ? AND shown_until > ?", (until, contact_id, until))
        if until <= now:
            return
        kept = "account, contact_id, seq, email, state, created, updated, opted_out, document, shown_from"
        cursor = run(
            f"INSERT INTO contacts ({kept}, shown_until) SELECT {kept}, ? FROM contacts"  # noqa: S608 - conditions are ours, values are bound
            " WHERE row = ? AND shown_from < ?",
            (until, row, until),
        )
        if cursor.rowcount:
            lists = "INSERT INTO memberships SELECT ?, list_id FROM memberships WHERE row = ?"
            run(lists, (cursor.lastrowid, row))

    def _set_lists(self, row: int, lists: Iterable[str]) -> None:
        wanted, present = set(lists), set(self.lists_of(row))
        for gone in present - wanted:
            self._store.run("DELETE FROM memberships WHERE row = ? AND list_id = ?", (row, gone))
        for new in wanted - present:
            self._store.run("INSERT INTO memberships VALUES (?, ?)", (row, new))


def _columns(document: dict[str, Any]) -> tuple[Any, ...]:
    address = document.get("email_address", {})
    state = "deleted" if "deleted_at" in document else address.get("permission_to_send", "not_set")
    return (
        address.get("address"),
        state,
        seconds_of(document["created_at"]),
        seconds_of(document["updated_at"]),
        seconds_or_none(address.get("opt_out_date")),
        json.dumps(document, ensure_ascii=False, separators=(",", ":")),
    )
