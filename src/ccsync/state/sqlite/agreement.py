"""What ccsync brought about, in SQLite: links, bases and standings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccsync.state.sqlite.rows import base_body, json_list, read_base
from ccsync.sync.records import Standing

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ccsync.state.sqlite.database import Database
    from ccsync.sync.records import Base, ContactId, ListId, MembrainId

LINKS = "SELECT membrain_id, contact_id FROM link WHERE membrain_id IN (SELECT value FROM json_each(?))"

LINKED_TO = "SELECT contact_id, membrain_id FROM link WHERE contact_id IN (SELECT value FROM json_each(?))"

LINK_ENDS = """
SELECT membrain_id FROM link WHERE membrain_id = :membrain_id AND contact_id <> :contact_id
UNION ALL SELECT membrain_id FROM link WHERE contact_id = :contact_id AND membrain_id <> :membrain_id
"""

UNLINK = "DELETE FROM link WHERE membrain_id = ?"

FORGET_BASES = "DELETE FROM base WHERE membrain_id = ?"

LINK = "INSERT INTO link (membrain_id, contact_id) VALUES (?, ?) ON CONFLICT DO NOTHING"

BASES = "SELECT membrain_id, path, body FROM base WHERE membrain_id IN (SELECT value FROM json_each(?))"

PUT_BASE = """
INSERT INTO base (membrain_id, path, body) VALUES (?, ?, ?)
ON CONFLICT (membrain_id, path) DO UPDATE SET body = excluded.body WHERE body <> excluded.body
"""

STANDINGS = "SELECT contact_id, list_id, standing FROM standing WHERE contact_id IN (SELECT value FROM json_each(?))"

PUT_STANDING = """
INSERT INTO standing (contact_id, list_id, standing) VALUES (?, ?, ?)
ON CONFLICT (contact_id, list_id) DO UPDATE SET standing = excluded.standing WHERE standing <> excluded.standing
"""

FORGET_STANDING = "DELETE FROM standing WHERE contact_id = ? AND list_id = ?"

PLACED = "SELECT count FROM tally WHERE kind = 'placed' AND name = ?"


class SqliteAgreement:
    """Who is whom, what both sides agreed on, who is on a list and why."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def links(self, ids: Iterable[MembrainId]) -> dict[MembrainId, ContactId]:
        """Return the linked contact of each Membrain contact that has one."""
        return dict(self._database.rows(LINKS, (json_list(ids),)))

    def linked_to(self, ids: Iterable[ContactId]) -> dict[ContactId, MembrainId]:
        """Return the Membrain contact that each contact is linked to."""
        return dict(self._database.rows(LINKED_TO, (json_list(ids),)))

    def link(self, membrain_id: MembrainId, contact_id: ContactId) -> None:
        """Link two people; links that either had before end, and the bases of those links with them."""
        pair = {"membrain_id": membrain_id, "contact_id": contact_id}
        with self._database.scope():
            ended = self._database.rows(LINK_ENDS, pair)
            self._database.many(UNLINK, ended)
            self._database.many(FORGET_BASES, ended)
            self._database.run(LINK, (membrain_id, contact_id))

    def bases(self, ids: Iterable[MembrainId]) -> dict[MembrainId, dict[str, Base]]:
        """Return the bases of each Membrain contact by bound field path."""
        bases: dict[MembrainId, dict[str, Base]] = {}
        for membrain_id, path, body in self._database.rows(BASES, (json_list(ids),)):
            bases.setdefault(membrain_id, {})[path] = read_base(body)
        return bases

    def put_bases(self, membrain_id: MembrainId, bases: Mapping[str, Base]) -> None:
        """Store bases; fields not named keep theirs."""
        with self._database.scope():
            self._database.many(PUT_BASE, [(membrain_id, path, base_body(base)) for path, base in bases.items()])

    def standings(self, ids: Iterable[ContactId]) -> dict[ContactId, dict[ListId, Standing]]:
        """Return the standings of each contact by list."""
        standings: dict[ContactId, dict[ListId, Standing]] = {}
        for contact_id, list_id, standing in self._database.rows(STANDINGS, (json_list(ids),)):
            standings.setdefault(contact_id, {})[list_id] = Standing(standing)
        return standings

    def put_standing(self, contact_id: ContactId, list_id: ListId, standing: Standing | None) -> None:
        """Store a standing; None forgets it."""
        if standing is None:
            self._database.run(FORGET_STANDING, (contact_id, list_id))
        else:
            self._database.run(PUT_STANDING, (contact_id, list_id, standing.value))

    def placed(self, list_id: ListId) -> int:
        """Count the people whom ccsync put on a list and who are still there by its book."""
        rows = self._database.rows(PLACED, (list_id,))
        return int(rows[0][0]) if rows else 0
