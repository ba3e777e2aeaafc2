"""Putting together, out of mirror and books, everything that decides about people who may belong into Membrain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccsync.sync.arrival import Arrival, company_key
from ccsync.sync.records import Resource, email_key

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from ccsync.state.store import Store
    from ccsync.sync.mapping import Rulebook
    from ccsync.sync.records import Contact, ContactId, EmailKey, MembrainId, MembrainRecord


def arrivals(store: Store, ids: Collection[ContactId], rules: Rulebook) -> tuple[list[Arrival], set[MembrainId]]:
    """Return an arrival for each of these contacts that nobody living in Membrain is, or shares the address of.

    The others are in Membrain already; those of them whom a list takes there are returned by their Membrain ids.
    """
    contacts = store.mirror.contacts(ids)
    linked = store.agreement.linked_to(contacts)
    owners = store.mirror.records(Resource.CONTACTS, linked.values())
    keys = {email_key(contact.email) for contact in contacts.values() if contact.email}
    holders = store.mirror.everybody_by_email(keys)
    companies = store.mirror.companies_by_name({company_key(contact, rules) for contact in contacts.values()})
    arrived: list[Arrival] = []
    met: set[MembrainId] = set()
    for contact_id in sorted(contacts):
        contact = contacts[contact_id]
        owner = owners.get(linked[contact_id]) if contact_id in linked else None
        known = [*([owner] if owner else []), *_holding(contact, holders)]
        living = {record.id for record in known if not record.gone}
        if not living:
            found = companies.get(company_key(contact, rules), ())
            arrived.append(Arrival(contact, tuple(known), tuple(found)))
        elif rules.from_list(contact):
            met |= {owner.id} if owner and not owner.gone else living
    return arrived, met


def _holding(contact: Contact, holders: dict[EmailKey, list[MembrainRecord]]) -> Iterable[MembrainRecord]:
    return holders.get(email_key(contact.email), ()) if contact.email else ()
