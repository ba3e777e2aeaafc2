"""Between intents, of both ways, and the columns of their tables."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ccsync.state.sqlite.rows import encode, optional_time
from ccsync.sync.operations import (
    FieldChange,
    Intent,
    IntentState,
    MembrainIntent,
    Operation,
    StoredIntent,
    StoredMembrainIntent,
)
from ccsync.sync.records import ContactId, ListId, MembrainId

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def intent_body(intent: Intent) -> str:
    """Return an intent as JSON."""
    return encode(
        {
            "membrain_id": intent.membrain_id,
            "contact_id": intent.contact_id,
            "email": intent.email,
            "operations": intent.operations,
            "changes": _change_bodies(intent.changes),
            "add": sorted(intent.add),
            "remove": sorted(intent.remove),
            "keep": sorted(intent.keep),
            "old_email": intent.old_email,
            "leaving": intent.leaving,
        }
    )


def read_intent(row: Sequence[Any]) -> StoredIntent:
    """Read ``number, state, batch, failure, body``."""
    number, state, batch, failure, text = row
    body = json.loads(text)
    intent = Intent(
        membrain_id=MembrainId(body["membrain_id"]),
        contact_id=None if body["contact_id"] is None else ContactId(body["contact_id"]),
        email=body["email"],
        operations=_operations(body["operations"]),
        changes=_changes(body["changes"]),
        add=_lists(body["add"]),
        remove=_lists(body["remove"]),
        keep=_lists(body["keep"]),
        old_email=body["old_email"],
        leaving=body.get("leaving", ""),
    )
    return StoredIntent(number=number, intent=intent, state=IntentState(state), batch=batch, failure=failure)


def membrain_intent_body(intent: MembrainIntent) -> str:
    """Return an intent towards Membrain as JSON."""
    return encode(
        {
            "contact_id": intent.contact_id,
            "membrain_id": intent.membrain_id,
            "email": intent.email,
            "operations": intent.operations,
            "changes": _change_bodies(intent.changes),
            "company": intent.company,
            "new_company": _change_bodies(intent.new_company),
            "may_create": intent.may_create,
            "old_email": intent.old_email,
        }
    )


def read_membrain_intent(row: Sequence[Any]) -> StoredMembrainIntent:
    """Read ``number, sent_at, body``."""
    number, sent_at, text = row
    body = json.loads(text)
    intent = MembrainIntent(
        contact_id=ContactId(body["contact_id"]),
        membrain_id=None if body["membrain_id"] is None else MembrainId(body["membrain_id"]),
        email=body["email"],
        operations=_operations(body["operations"]),
        changes=_changes(body["changes"]),
        company=body["company"],
        new_company=_changes(body["new_company"]),
        may_create=body["may_create"],
        old_email=body["old_email"],
    )
    return StoredMembrainIntent(number=number, intent=intent, sent_at=optional_time(sent_at))


def _operations(pairs: Iterable[Sequence[str]]) -> tuple[tuple[Operation, str], ...]:
    return tuple((Operation(operation), sync) for operation, sync in pairs)


def _change_bodies(changes: Iterable[FieldChange]) -> list[dict[str, Any]]:
    return [{name: getattr(change, name) for name in FieldChange.__slots__} for change in changes]


def _changes(bodies: Iterable[dict[str, Any]]) -> tuple[FieldChange, ...]:
    return tuple(FieldChange(**body) for body in bodies)


def _lists(values: Iterable[str]) -> frozenset[ListId]:
    return frozenset(ListId(value) for value in values)
