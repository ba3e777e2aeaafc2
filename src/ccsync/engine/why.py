"""Why somebody is, or is not, where they are expected: one person, put together from the state, by the rules of a run.

Nothing is written and nobody is asked. The planner of a run decides here as well, about one person, so that what is
told is what the next run does, as far as nothing changes before.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ccsync.engine.arrivals import arrivals
from ccsync.engine.bound import Bound
from ccsync.engine.rules import edited_since, remembered_rules
from ccsync.engine.subjects import subjects
from ccsync.engine.traced import traced
from ccsync.engine.why_answer import answer
from ccsync.engine.why_sides import constant_contact_data, filter_data, membrain_data
from ccsync.engine.why_syncs import fields_data, next_data, waiting_data
from ccsync.sync.arrival import plan_arrival
from ccsync.sync.identity import find
from ccsync.sync.operations import IntentState, as_person
from ccsync.sync.participation import elect, is_user
from ccsync.sync.plan import plan_person

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime, tzinfo

    from ccsync.config.model import Config
    from ccsync.state.store import Store
    from ccsync.sync.mapping import Rulebook, SyncRules
    from ccsync.sync.records import Contact, ContactId, MembrainId, MembrainRecord
    from ccsync.sync.subject import Decision, Subject

_ON_THE_WAY = (IntentState.SENDING, IntentState.SENT, IntentState.UNVERIFIED)


@dataclass(frozen=True, slots=True)
class One:
    """One person as the planner sees them: both sides as far as there are any, and what it decides."""

    decision: Decision
    record: MembrainRecord | None = None
    contact: Contact | None = None
    subject: Subject | None = None
    held_by: MembrainRecord | None = None
    instead: MembrainRecord | None = None

    @property
    def ids(self) -> tuple[MembrainId, ...]:
        """The ids under which the books know the person."""
        found = [self.record.id] if self.record else []
        return (*found, as_person(self.contact.id)) if self.contact else tuple(found)


def explain(
    store: Store | None, config: Config, zone: tzinfo, address: str, *, forgotten: datetime | None = None
) -> dict[str, Any]:
    """Return everything that the state knows of the person with an address, and what the next run does with them.

    ``address`` may also be either side's id, as ``status`` names those who have no address.
    """
    last = store.history.runs(1) if store else []
    data: dict[str, Any] = {
        "contact": address,
        "known": False,
        "forgotten": forgotten.isoformat() if forgotten else None,
        "read_up_to": _read_up_to(store),
        "last_run": {"id": last[0].id, "result": last[0].result, "message": last[0].message} if last else None,
        "answers": [],
        "people": [],
    }
    if store is None or forgotten:
        return data
    rules = remembered_rules(store.progress, config, zone)
    people = sorted(_people(store, rules, address), key=_first)
    data["known"] = bool(people)
    data["people"] = [_person_data(one, store, config, rules) for one in people]
    if people:
        data["answers"] = [
            {"sync": sync["sync"], "code": sync["code"], "answer": sync["answer"]}
            for sync in data["people"][0]["syncs"]
        ]
    return data


def ids_of(data: dict[str, Any]) -> set[str]:
    """Return the ids of both sides in an explanation."""
    sides = (one[side] for one in data["people"] for side in ("membrain", "constant_contact"))
    return {side["id"] for side in sides if side}


def _read_up_to(store: Store | None) -> dict[str, str]:
    stamps = store.progress.timestamps() if store else {}
    return {name: stamp.read_up_to.isoformat() for name, stamp in stamps.items()}


def _people(store: Store, rules: Rulebook, asked: str) -> Iterator[One]:
    """Yield who is asked for on either side: each pair once."""
    records, contacts = traced(store, asked)
    met: set[ContactId] = set()
    for subject in subjects(store, records):
        found, holder = find(subject, rules) if not subject.contact.gone else (subject.linked, None)
        met |= {found.id} if found else set()
        instead = _instead(subject, rules)
        theirs = found if instead is None or found is subject.linked else None
        yield One(plan_person(subject, rules), subject.contact, theirs, subject, holder, instead)
    lonely = sorted(contacts - met)
    mirrored = store.mirror.contacts(lonely)
    arrived, _ = arrivals(store, lonely, rules)
    for arrival in arrived:
        yield One(plan_arrival(arrival, rules), contact=mirrored.pop(arrival.contact.id))


def _instead(subject: Subject, rules: Rulebook) -> MembrainRecord | None:
    """Return who takes part in a person's place, because they have the same address."""
    if not subject.rivals:
        return None
    elected = elect(subject.rivals, subject.surroundings, rules)
    return elected if elected.id != subject.contact.id else None


def _first(one: One) -> tuple[bool, bool, bool, str]:
    """Whoever takes part comes first, then who lives in Membrain, then who is there at all."""
    lives = one.record is not None and not one.record.gone
    return not (lives and one.instead is None), not lives, one.record is None, one.decision.membrain_id


def _person_data(one: One, store: Store, config: Config, rules: Rulebook) -> dict[str, Any]:
    waiting = [wait for waits in store.work.waiting_for(one.ids).values() for wait in waits]
    linked = one.subject is not None and one.subject.linked is not None and one.subject.linked is one.contact
    lists = {binding.id: binding.name for binding in store.progress.bindings("list").values()}
    data: dict[str, Any] = {
        "membrain": membrain_data(one.record, one.subject.surroundings if one.subject else None),
        "constant_contact": constant_contact_data(one.contact, lists),
        "linked": linked,
        "user_of_membrain": one.record is not None and is_user(one.record, rules),
        "instead": None if one.instead is None else membrain_data(one.instead, None),
        "held_by": None if one.held_by is None else membrain_data(one.held_by, None),
        "looked_at_next": _is_touched(one, store) or edited_since(store.progress, config),
        "on_the_way": _on_the_way(one, store),
    }
    left_out = Bound(store.progress, config).left_out()
    data["syncs"] = []
    for sync, words in zip(rules.syncs, config.sync, strict=True):
        gone = left_out.get(sync.name)
        entry = {
            "sync": sync.name,
            "direction": words.direction,
            "list": words.list,
            "left_out": None if gone is None else {"kind": gone.kind, "name": gone.name},
            "takes_part": sync.name in one.decision.syncs,
            "filter": filter_data(one.record, one.subject, sync, rules.catalogue),
            **_on_list(one, sync),
            "fields": fields_data(one, sync),
            "waiting": waiting_data(one.decision, waiting, sync.name),
            "next": next_data(one.decision, waiting, sync.name),
        }
        code, sentence = answer(data, entry)
        data["syncs"].append({**entry, "code": code, "answer": sentence})
    return data


def _on_list(one: One, sync: SyncRules) -> dict[str, Any]:
    standings = one.subject.standings.get(one.contact.id, {}) if one.subject and one.contact else {}
    standing = standings.get(sync.list_id)
    contact = one.contact
    on_list = contact is not None and contact.usable and sync.list_id in contact.lists
    return {"on_list": on_list, "standing": standing.value if standing else None}


def _is_touched(one: One, store: Store) -> bool:
    """Tell whether the person is on the list of those whom the next run looks at."""
    if one.record is not None:
        return store.work.is_touched(one.record.id)
    return one.contact is not None and store.inward.is_touched(one.contact.id)


def _on_the_way(one: One, store: Store) -> list[dict[str, str]]:
    """Return what was asked of the services for the person, and not seen yet."""
    found: list[dict[str, str]] = []
    after = 0
    while page := store.work.intents(*_ON_THE_WAY, after=after):
        after = page[-1].number
        mine = (stored.intent for stored in page if stored.intent.membrain_id in one.ids)
        found += [{"operation": what.value, "sync": sync} for intent in mine for what, sync in intent.operations]
    after = 0
    while sent := store.inward.membrain_intents(sent=True, after=after):
        after = sent[-1].number
        inward = (stored.intent for stored in sent if stored.intent.person in one.ids)
        found += [{"operation": what.value, "sync": sync} for intent in inward for what, sync in intent.operations]
    return found
