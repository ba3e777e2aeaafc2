"""Whom an address, or an id, means on either side, by the state."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccsync.sync.records import ContactId, MembrainId, Resource, email_key

if TYPE_CHECKING:
    from ccsync.state.store import Store


def traced(store: Store, asked: str) -> tuple[set[MembrainId], set[ContactId]]:
    """Return who has an address on either side, else whose id it is, with whom they are linked to."""
    key = email_key(asked)
    records = {one.id for one in store.mirror.everybody_by_email([key]).get(key, ())}
    contacts = set(store.erasure.contacts_at([key]))
    if not (records or contacts):
        records = set(store.mirror.records(Resource.CONTACTS, [MembrainId(asked)]))
        contacts = set(store.mirror.contacts([ContactId(asked)]))
    records |= set(store.agreement.linked_to(contacts).values())
    contacts |= set(store.agreement.links(records).values())
    return records, contacts
