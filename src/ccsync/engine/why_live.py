"""One person as both services show them now, and what of it ccsync's copy does not have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ccsync.constant_contact import side as contact_side
from ccsync.constant_contact.custom import from_json
from ccsync.engine.bound import FIELD_TYPES
from ccsync.engine.traced import traced
from ccsync.engine.why_sides import constant_contact_data, membrain_data
from ccsync.membrain import side
from ccsync.sync.records import Gone, MembrainId, Resource, email_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ccsync.engine.survey import Survey
    from ccsync.sync.records import Contact, ContactId, EmailKey, MembrainRecord

_MOVES_ALONE = frozenset({"ChangedDate", "ChangedById", "ChangedByName"})


def look_now(survey: Survey, address: str) -> dict[str, Any]:
    """Ask both services for the person with an address; return what they have, and what differs from the state.

    Constant Contact is asked by address. Membrain can be asked only by id: somebody whom the state does not know is
    looked for in the whole list.
    """
    key = email_key(address)
    known_there, known_here = _known(survey, address)
    there = {one.id: one for one in _contacts(survey, key, known_there)}
    here = {one.id: one for one in _records(survey, key, known_here)}
    lists = {row["list_id"]: row["name"] for row in survey.services.constant_contact.lists()}
    differs = [*_differing_records(known_here, here), *_differing_contacts(known_there, there, lists)]
    return {
        "membrain": [membrain_data(one, None) for one in here.values()],
        "constant_contact": [constant_contact_data(one, lists) for one in there.values()],
        "differs": differs,
    }


def _known(survey: Survey, asked: str) -> tuple[Mapping[ContactId, Contact], Mapping[MembrainId, MembrainRecord]]:
    store = survey.store
    if store is None:
        return {}, {}
    records, contacts = traced(store, asked)
    return store.mirror.contacts(contacts), store.mirror.records(Resource.CONTACTS, records)


def _contacts(survey: Survey, key: EmailKey, known: Mapping[ContactId, Contact]) -> Iterator[Contact]:
    client, types = survey.services.constant_contact, {}
    if survey.store is not None:
        types = dict(from_json(survey.store.progress.fact(FIELD_TYPES) or "[]"))
    survey.progress.phase("asking Constant Contact")
    seen: set[str] = set()
    for page in client.contacts(email=key) if "@" in key else ():
        for row in page:
            found = contact_side.contact(row, types)
            if email_key(found.email) == key or found.id in known:
                seen.add(found.id)
                yield found
    for contact_id in sorted(known.keys() - seen):
        single = client.contact(contact_id)
        if single is not None:
            yield contact_side.contact(single, types)


def _records(survey: Survey, key: EmailKey, known: Mapping[MembrainId, MembrainRecord]) -> Iterator[MembrainRecord]:
    client = survey.services.membrain
    catalogue = survey.catalogue()
    survey.progress.phase("asking Membrain")
    missed = not known
    for record_id in known:
        row = client.record(Resource.CONTACTS.value, record_id)
        if row is None:
            missed = True  # whether single rows can be had at all is not documented
        else:
            yield side.record(Resource.CONTACTS, row, catalogue, survey.zone)
    if not missed:
        return
    survey.progress.phase("looking through Membrain's contacts", client.count(Resource.CONTACTS.value))
    for page in client.pages(Resource.CONTACTS.value):
        survey.progress.advance(len(page))
        for row in page:
            found = side.record(Resource.CONTACTS, row, catalogue, survey.zone)
            if email_key(found.email) == key or found.id in known:
                yield found


def _differing_records(
    known: Mapping[MembrainId, MembrainRecord], now: Mapping[MembrainId, MembrainRecord]
) -> Iterator[dict[str, str]]:
    for record_id in dict.fromkeys((*known, *now)):
        old, new = known.get(record_id), now.get(record_id)
        if old is None or new is None:
            if not (old is not None and old.gone):
                yield _differs("membrain", record_id, "", *_presence(known=old is not None, found=new is not None))
            continue
        if old.gone != new.gone and not (old.gone is Gone.MISSING and new.gone):
            yield _differs("membrain", record_id, "gone", old.gone.value or "no", new.gone.value or "no")
        for name in sorted(old.values.keys() | new.values.keys() - _MOVES_ALONE):
            before, after = old.values.get(name, ""), new.values.get(name, "")
            if before != after and name not in _MOVES_ALONE:
                yield _differs("membrain", record_id, name, before, after)


def _differing_contacts(
    known: Mapping[ContactId, Contact], now: Mapping[ContactId, Contact], lists: Mapping[str, str]
) -> Iterator[dict[str, str]]:
    for contact_id in dict.fromkeys((*known, *now)):
        old, new = known.get(contact_id), now.get(contact_id)
        if old is None or new is None:
            if not (old is not None and old.erased):
                yield _differs(
                    "constant-contact", contact_id, "", *_presence(known=old is not None, found=new is not None)
                )
            continue
        before, after = _flat(old, lists), _flat(new, lists)
        for name in sorted(before.keys() | after.keys()):
            if before.get(name, "") != after.get(name, ""):
                yield _differs("constant-contact", contact_id, name, before.get(name, ""), after.get(name, ""))


def _presence(*, known: bool, found: bool) -> tuple[str, str]:
    return "there" if known else "not known", "there" if found else "not found"


def _flat(contact: Contact, lists: Mapping[str, str]) -> dict[str, str]:
    return {
        **contact.values,
        "email": contact.email,
        "permission": contact.permission,
        "lists": ", ".join(sorted(lists.get(one, one) for one in contact.lists)),
        "deleted": "yes" if contact.deleted else "no",
    }


def _differs(side_name: str, record_id: str, field: str, old: str, new: str) -> dict[str, str]:
    return {"side": side_name, "id": record_id, "field": field, "state": old, "now": new}
