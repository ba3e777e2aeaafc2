"""Putting together, out of mirror and books, everything that decides about some people: a few reads for many."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from ccsync.sync.mapping import Surroundings
from ccsync.sync.plan import Subject
from ccsync.sync.records import Resource, email_key

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from ccsync.state.store import Store
    from ccsync.sync.records import Contact, ContactId, EmailKey, MembrainId, MembrainRecord


def subjects(store: Store, ids: Collection[MembrainId]) -> list[Subject]:
    """Return a subject for each of these Membrain contacts that the mirror knows, in order of their ids."""
    people = store.mirror.records(Resource.CONTACTS, ids)
    links = store.agreement.links(people)
    linked = store.mirror.contacts(links.values())
    keys = {email_key(person.email) for person in people.values() if person.email}
    namesakes = store.mirror.contacts_by_address(keys)
    holders = store.mirror.contacts_by_email(keys | _addresses(linked.values()))
    owners = _owners(store, namesakes.values())
    others = [*owners.values(), *(one for held in holders.values() for one in held)]
    surroundings = surroundings_of(store, [*people.values(), *others])
    provided = store.agreement.links(one.id for one in others)
    standings = store.agreement.standings({*linked, *(namesake.id for namesake in namesakes.values())})
    bases = store.agreement.bases(people)
    parked = _parked(store, people)

    def subject(person: MembrainRecord) -> Subject:
        key = email_key(person.email) if person.email else None
        contact = linked.get(links[person.id]) if person.id in links else None
        namesake = namesakes.get(key) if key else None
        holding = holders.get(email_key(contact.email), []) if contact and contact.email else []
        sharers = tuple(holder for holder in holding if holder.id != person.id)
        return Subject(
            contact=person,
            rivals=tuple(holders.get(key, ())) if key and not person.gone else (),
            surroundings=surroundings,
            linked=contact,
            namesake=namesake,
            namesake_owner=owners.get(namesake.id) if namesake else None,
            sharers=sharers,
            heirs=tuple(heir for heir in sharers if heir.id not in provided),
            standings=standings,
            bases=bases.get(person.id, {}),
            parked=parked.get(person.id, {}),
        )

    return [subject(people[person_id]) for person_id in sorted(people)]


def _addresses(contacts: Iterable[Contact]) -> set[EmailKey]:
    return {email_key(contact.email) for contact in contacts if contact.email}


def surroundings_of(store: Store, people: Iterable[MembrainRecord]) -> Surroundings:
    """Return the companies of these people and the living projects of those, out of the mirror."""
    companies = {person.company_id for person in people if person.company_id}
    projects = store.mirror.projects_of(companies)
    return Surroundings(
        companies=store.mirror.records(Resource.COMPANIES, companies),
        projects={company: tuple(found) for company, found in projects.items()},
    )


def _owners(store: Store, namesakes: Iterable[Contact]) -> dict[ContactId, MembrainRecord]:
    """Return the Membrain contacts that these contacts are linked to."""
    linked = store.agreement.linked_to([namesake.id for namesake in namesakes])
    records = store.mirror.records(Resource.CONTACTS, linked.values())
    return {contact: records[owner] for contact, owner in linked.items() if owner in records}


def _parked(store: Store, people: Iterable[MembrainId]) -> Mapping[MembrainId, Mapping[str, str]]:
    parked: dict[MembrainId, dict[str, str]] = defaultdict(dict)
    for person, waits in store.work.waiting_for(people).items():
        for wait in waits:
            if wait.field and wait.fingerprint:
                parked[person][wait.field] = wait.fingerprint
    return parked
