"""Contact lists: unique names, soft deletion, membership counts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ccsync.sandbox.constant_contact import errors

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ccsync.sandbox.constant_contact.store import Store

MAX_LISTS = 1000


class ListTable:
    """Finds and keeps lists. Changes must happen inside a transaction of the store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def all(self, account: str) -> list[dict[str, Any]]:
        """Return all lists, deleted ones included, in order of creation."""
        rows = self._store.rows("SELECT document FROM lists WHERE account = ? ORDER BY seq", (account,))
        return [json.loads(row["document"]) for row in rows]

    def get(self, account: str, list_id: str) -> dict[str, Any]:
        """Return a list, deleted or not. Raises Refusal (404)."""
        sql = "SELECT document FROM lists WHERE account = ? AND list_id = ?"
        found = self._store.row(sql, (account, list_id))
        if found is None:
            raise errors.not_found("list_id does not exist.")
        document: dict[str, Any] = json.loads(found["document"])
        return document

    def living(self, account: str, list_id: str) -> dict[str, Any]:
        """Return a list that is not deleted. Raises Refusal (404)."""
        found = self.get(account, list_id)
        if "deleted_at" in found:
            raise errors.not_found("list_id is deleted.")
        return found

    def living_ids(self, account: str) -> set[str]:
        """Return the ids of the lists that are not deleted."""
        rows = self._store.rows("SELECT list_id FROM lists WHERE account = ? AND NOT deleted", (account,))
        return {row["list_id"] for row in rows}

    def require(self, account: str, list_ids: Iterable[str]) -> None:
        """Raise Refusal (400) when one of the lists does not exist or is deleted."""
        missing = sorted(set(list_ids) - self.living_ids(account))
        if missing:
            raise errors.invalid(f"list {missing[0]} does not exist")

    def create(self, account: str, body: dict[str, Any]) -> dict[str, Any]:
        """Make a list. Raises Refusal: 409 for a taken name, 400 when the account is full."""
        self._refuse_taken(account, body["name"], "")
        if len(self.living_ids(account)) >= MAX_LISTS:
            raise errors.invalid(f"an account holds at most {MAX_LISTS} lists")
        now = self._store.stamp()
        document = {"list_id": self._store.new_id(), **_from(body), "created_at": now, "updated_at": now}
        self._store.run(
            "INSERT INTO lists VALUES (?, ?, ?, ?, 0, ?)",
            (document["list_id"], account, self._store.serial(), _key(document["name"]), json.dumps(document)),
        )
        return document

    def change(self, account: str, list_id: str, body: dict[str, Any]) -> dict[str, Any]:
        """Give a list another name or description. Raises Refusal: 404, 409."""
        old = self.living(account, list_id)
        self._refuse_taken(account, body["name"], list_id)
        kept = {key: old[key] for key in ("list_id", "created_at")}
        return self._save({**kept, **_from(body), "updated_at": self._store.stamp()})

    def delete(self, account: str, list_id: str) -> None:
        """Mark a list deleted; who was on it is not deleted. Nothing happens the second time."""
        document = self.get(account, list_id)
        if "deleted_at" in document:
            return
        now = self._store.stamp()
        self._save({**document, "deleted_at": now, "updated_at": now})

    def member_count(self, list_id: str, which: str) -> int:
        """Return how many contacts are on the list: ``active`` ones or ``all``."""
        sql = (
            "SELECT count(*) FROM memberships m JOIN contacts c ON c.row = m.row"
            " WHERE m.list_id = ? AND c.shown_until IS NULL AND (? = 'all' OR c.state IN ('explicit', 'implicit'))"
        )
        return self._store.number(sql, (list_id, which))

    def _save(self, document: dict[str, Any]) -> dict[str, Any]:
        values = (_key(document["name"]), "deleted_at" in document, json.dumps(document), document["list_id"])
        self._store.run("UPDATE lists SET name_key = ?, deleted = ?, document = ? WHERE list_id = ?", values)
        return document

    def _refuse_taken(self, account: str, name: str, own_id: str) -> None:
        sql = "SELECT 1 FROM lists WHERE account = ? AND name_key = ? AND NOT deleted AND list_id <> ?"
        if self._store.row(sql, (account, _key(name), own_id)) is not None:
            raise errors.conflict(f"Validation failed: list name {name} is not unique")


def _key(name: str) -> str:
    return name.strip().casefold()


def _from(body: dict[str, Any]) -> dict[str, Any]:
    found = {"name": body["name"].strip(), "favorite": body.get("favorite", False)}
    if body.get("description"):
        found["description"] = body["description"]
    return found
