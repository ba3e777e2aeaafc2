"""Forgetting a person: out of the state, out of the logs, and never into them again.

The order makes it safe to be interrupted: first the mark that keeps them out, then the logs, for which the state still
knows their ids, then the state. Then everything is searched, to prove it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ccsync.engine.forget_logs import addresses_in, hide_in_texts, logs_of, rewrite
from ccsync.engine.forget_proof import files_of, search
from ccsync.engine.forget_words import Person, Words
from ccsync.engine.put_keeps import ROW
from ccsync.engine.traced import traced
from ccsync.state.forgotten import load, remember
from ccsync.sync.fields import join_name
from ccsync.sync.records import ContactId, EmailKey, MembrainId, Resource, email_key

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from datetime import datetime
    from pathlib import Path

    from ccsync.engine.forget_proof import Proof
    from ccsync.engine.options import Progress
    from ccsync.state.forgotten import Forgotten
    from ccsync.state.store import Store
    from ccsync.sync.operations import Intent, MembrainIntent
    from ccsync.sync.records import Contact, MembrainRecord

_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Forgetting:
    """What was done to forget somebody. ``before`` is set when they had been forgotten already."""

    person: Person
    before: datetime | None
    rows: int
    texts: int
    files: int
    lines: int
    proof: Proof

    @property
    def known(self) -> bool:
        """Whether ccsync knew anything of them."""
        return bool(self.rows or self.texts or self.lines)


def forget(
    folder: Path,
    stores: Mapping[Path, Store],
    address: str,
    now: datetime,
    progress: Progress,
    *,
    besides: Collection[Path] = (),
) -> Forgetting:
    """Forget the person with an address; nobody else may be using the account's ``folder``.

    ``stores`` are all states in it, by file; ``besides`` is what in it is not ccsync's own memory.
    """
    known = load(folder)
    before = known.since(address)
    logs = logs_of(folder)
    person = _with_old_addresses(_trace(stores.values(), address.strip(), known), logs, stores.values())
    remember(folder, person.addresses, person.membrain, person.contacts, now)
    words = Words(person)
    progress.phase("rewriting logs", len(logs))
    files, lines = rewrite(logs, words, progress)
    done = {*logs, *stores}
    files += hide_in_texts((one for one in files_of(folder, besides) if one not in done), words)
    progress.phase("removing rows", len(stores))
    rows = texts = 0
    for store in stores.values():
        removed, hidden = _take_out(store, words)
        rows, texts = rows + removed, texts + hidden
        progress.advance()
    progress.phase("searching for what is left")
    proof = search(folder, stores, words, besides)
    return Forgetting(person, before, rows, texts, files, lines, proof)


def forget_again(folder: Path, store: Store, progress: Progress) -> int:
    """Take people who were forgotten out of a state, and logs, that come from before; return how many they were.

    A number of one side: whoever has contacts on both is one person.
    """
    known = load(folder)
    membrain, contacts, addresses = set[MembrainId](), set[ContactId](), set[EmailKey]()
    for record_id, contact_id, key in store.erasure.people() if known else ():
        by_address = bool(key) and known.has(key)
        if record_id and (by_address or known.has_id(record_id)):
            membrain.add(record_id)
        elif contact_id and (by_address or known.has_contact(contact_id)):
            contacts.add(contact_id)
        addresses |= {key} if by_address else set()
    if not (membrain or contacts):
        return 0
    logs = logs_of(folder)
    person = _with_old_addresses(_described(addresses, membrain, contacts, [store]), logs, [store])
    rewrite(logs, Words(person), progress)
    _take_out(store, Words(person))
    return max(len(membrain), len(contacts))


def _take_out(store: Store, words: Words) -> tuple[int, int]:
    """Leave nothing of a person in a state; return how many rows were removed, and texts changed."""
    with store.transaction():
        rows = store.erasure.erase(words.person.membrain, words.person.contacts)
        _plan_again_whom_they_hold_up(store, words)
        _drop_their_row(store, words.person)
        texts = store.erasure.hide(words.hide)
    store.erasure.compact()
    return rows, texts


def _trace(stores: Collection[Store], asked: str, known: Forgotten) -> Person:
    """Find somebody on both sides, and in what is planned, by their address (or an id), and by their links.

    Whoever is ``known`` by an id to have been forgotten is in no book any more, and may be asked for again by it.
    """
    membrain = {MembrainId(asked)} if known.has_id(asked) else set[MembrainId]()
    contacts = {ContactId(asked)} if known.has_contact(asked) else set[ContactId]()
    for store in stores:
        here, there = _found(store, asked)
        membrain |= here
        contacts |= there
    return _described(set() if asked in membrain | contacts else {email_key(asked)}, membrain, contacts, stores)


def _described(
    addresses: Collection[EmailKey],
    membrain: Collection[MembrainId],
    contacts: Collection[ContactId],
    stores: Collection[Store],
) -> Person:
    """Return somebody with all that the states know them by.

    A contact of Constant Contact whose address somebody else has as well is left to those, with its opt-out.
    """
    person = Person(frozenset(addresses), frozenset(membrain), frozenset(contacts))
    records = [one for store in stores for one in store.mirror.records(Resource.CONTACTS, membrain).values()]
    mirrored = [one for store in stores for one in store.mirror.contacts(contacts).values()]
    both: list[MembrainRecord | Contact] = [*records, *mirrored]
    found = {email_key(one.email) for one in both if one.email} - person.addresses
    own = person.addresses | _theirs_alone(found, person, stores)
    shared = {one.id for one in mirrored if one.email and email_key(one.email) not in own}
    return replace(
        person,
        addresses=own,
        contacts=person.contacts - shared,
        names=frozenset(name for name in (*map(_name, records), *map(_full_name, mirrored)) if name),
        phones=frozenset(phone for one in both for phone in _phones(one)),
    )


def _found(store: Store, asked: str) -> tuple[set[MembrainId], set[ContactId]]:
    key = email_key(asked)
    membrain, contacts = traced(store, asked)
    for intent in _planned(store):
        if key in (email_key(intent.email), email_key(intent.old_email)):
            membrain |= {intent.membrain_id} if intent.membrain_id else set()
            contacts |= {intent.contact_id} if intent.contact_id else set()
    for wait in store.work.waiting():
        if email_key(wait.contact) == key:
            known = store.mirror.contacts([ContactId(wait.membrain_id)])
            contacts |= known.keys()
            membrain |= set() if known else {wait.membrain_id}
    contacts |= set(store.agreement.links(membrain).values())
    membrain |= set(store.agreement.linked_to(contacts).values())
    return membrain, contacts


def _planned(store: Store) -> Iterator[Intent | MembrainIntent]:
    after = 0
    while page := store.work.intents(after=after, limit=_PAGE):
        after = page[-1].number
        yield from (stored.intent for stored in page)
    after = 0
    while inward := store.inward.membrain_intents(after=after, limit=_PAGE):
        after = inward[-1].number
        yield from (stored.intent for stored in inward)


def _theirs_alone(addresses: Collection[EmailKey], person: Person, stores: Collection[Store]) -> frozenset[EmailKey]:
    """Return the addresses that nobody else has by now: somebody else must not be forgotten with them."""
    taken = set[EmailKey]()
    for store in stores:
        held = store.mirror.contacts_by_email(addresses).items()
        taken |= {key for key, records in held if any(one.id not in person.membrain for one in records)}
        in_use = store.mirror.contacts_by_address(addresses).items()
        taken |= {key for key, one in in_use if one.id not in person.contacts and one.usable}
    return frozenset(addresses) - taken


def _with_old_addresses(person: Person, logs: Collection[Path], stores: Collection[Store]) -> Person:
    """Add the addresses that somebody once had, out of the logs."""
    old = {email_key(one) for one in addresses_in(logs, Words(person))} - person.addresses
    return replace(person, addresses=person.addresses | _theirs_alone(old, person, stores)) if old else person


def _plan_again_whom_they_hold_up(store: Store, words: Words) -> None:
    """Have everybody looked at who waits because of somebody who is no more: by what they wait for, it names them."""
    for wait in store.work.waiting():
        if words.hide(wait.detail) != wait.detail:
            store.work.touch([wait.membrain_id])
            store.inward.touch_contacts([ContactId(wait.membrain_id)])


def _drop_their_row(store: Store, person: Person) -> None:
    """Give up what would mend their row in Membrain, when a run was killed while it wrote that: it holds all of it."""
    kept = store.progress.fact(ROW)
    if kept and str(json.loads(kept)["row"].get("Id")) in person.ids:
        store.progress.set_fact(ROW, None)


def _name(record: MembrainRecord) -> str:
    return record.values.get("Name", "").strip()


def _full_name(contact: Contact) -> str:
    return join_name(contact.values.get("first_name", ""), contact.values.get("last_name", ""))


def _phones(one: MembrainRecord | Contact) -> list[str]:
    """Return the values whose names say that they are phone numbers: Membrain's names are not public."""
    told = ((name.casefold(), value.strip()) for name, value in one.values.items())
    return [value for name, value in told if value and ("phone" in name or "mobile" in name)]
