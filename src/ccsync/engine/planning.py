"""Planning everybody who is touched, a chunk at a time: the pure planner between the books and the plan."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ccsync.constant_contact import side
from ccsync.engine.arrivals import arrivals
from ccsync.engine.companies import without_unknown_companies
from ccsync.engine.consent import Consent, by_put
from ccsync.engine.refusals import try_outdated_again
from ccsync.engine.subjects import subjects
from ccsync.logs.events import Event
from ccsync.sync.arrival import plan_arrival
from ccsync.sync.mapping import written_values
from ccsync.sync.operations import IntentState, Reason, as_person, standing_apart
from ccsync.sync.plan import Wait, plan_person

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from ccsync.engine.context import Context
    from ccsync.sync.mapping import Rulebook
    from ccsync.sync.operations import FieldChange, Intent, MembrainIntent, Waiting
    from ccsync.sync.plan import Decision, Subject
    from ccsync.sync.records import ContactId, MembrainId

CHUNK = 500


class Planning:
    """Makes the plan of a run and keeps it in the state, intent by intent."""

    def __init__(self, context: Context, rules: Rulebook) -> None:
        self._context = context
        self._rules = rules
        self._consent = Consent(context)
        self._busy = _on_the_way(context) | context.later
        self._elsewhere = {sync.name for sync in rules.syncs if not rules.acts(sync)}
        self._selects = frozenset(
            rule.path for sync in rules.syncs for rule in sync.fields if rule.target.holds_choices
        )

    def asks_for_something(self) -> bool:
        """Tell whether the plan will ask for anything, before it is made."""
        return any(plan_person(subject, self._rules).intent is not None for subject in self._subjects())

    def stale(self) -> list[ContactId]:
        """Return the contacts that must be read before the plan is made, because a write could harm them.

        An import or a list job names its list and revives the deleted; neither a hand on the list nor a deletion is
        sure to show in a reading by change time. So whoever exists already was read a short time before that. A PUT
        reads by itself.
        """
        context = self._context
        context.forget_old_readings()
        if context.read_whole and len(context.read) >= context.store.mirror.contact_count():
            return []
        found: dict[ContactId, None] = {}
        for subject in self._subjects():
            intent = plan_person(subject, self._rules).intent
            if intent is None or intent.contact_id is None or intent.contact_id in context.read:
                continue
            if any(part.add or part.keep for part in self._parts(intent)):
                found[intent.contact_id] = None
        return list(found)

    def plan(self) -> None:
        """Plan everybody who is touched; whoever needs nothing, or just what was refused, is touched no longer."""
        context = self._context
        context.progress.phase("planning", context.store.work.touched_count())
        settled = self._rules.only is None
        for arriving in self._arriving():
            with context.counted():
                arrived, met = arrivals(context.store, arriving, self._rules)
                context.store.work.touch(met)
                self._wait_no_more(
                    {as_person(one) for one in arriving} - {as_person(one.contact.id) for one in arrived}
                )
                moving = self._write_down([plan_arrival(one, self._rules) for one in arrived])
                if settled:
                    staying = (one for one in arriving if as_person(one) not in moving)
                    context.store.inward.untouch_contacts(staying)
        for chunk in self._chunks():
            with context.counted():
                try_outdated_again(context.store, chunk)
                decisions = [plan_person(subject, self._rules) for subject in subjects(context.store, chunk)]
                moving = self._write_down(decisions)
                if settled:
                    context.store.work.untouch(person for person in chunk if person not in moving)
            context.progress.advance(len(chunk))

    def _subjects(self) -> Iterator[Subject]:
        for chunk in self._chunks():
            yield from subjects(self._context.store, chunk)

    def _arriving(self) -> Iterator[list[ContactId]]:
        """Yield touched contacts who may belong into Membrain, except those who are on their way there."""
        after: ContactId | None = None
        while page := self._context.store.inward.touched_contacts(after, CHUNK):
            self._context.stop.heed()
            self._context.progress.advance(0)  # not done yet, but alive
            after = page[-1]
            if chunk := [contact for contact in page if as_person(contact) not in self._busy]:
                yield chunk

    def _chunks(self) -> Iterator[list[MembrainId]]:
        """Yield touched people, except those for whom something is still on its way, or who are left for later."""
        after: MembrainId | None = None
        while page := self._context.store.work.touched(after, CHUNK):
            self._context.stop.heed()
            self._context.progress.advance(0)  # not done yet, but alive
            after = page[-1]
            if chunk := [person for person in page if person not in self._busy]:
                yield chunk

    def _write_down(self, decisions: Sequence[Decision]) -> set[MembrainId]:
        """Bring decisions into the books; return for whom something is still to come."""
        store, moving = self._context.store, set()
        known = store.work.waiting_for([decision.membrain_id for decision in decisions])
        for decision in decisions:
            if decision.link is not None:
                store.agreement.link(decision.membrain_id, decision.link)
                store.work.stop_waiting(as_person(decision.link))
            if decision.bases:
                store.agreement.put_bases(decision.membrain_id, decision.bases)
            for (contact_id, list_id), standing in decision.standings.items():
                store.agreement.put_standing(contact_id, list_id, standing)
            store.work.touch(decision.heirs)
            waiting = known.get(decision.membrain_id, [])
            marks = {standing_apart(wait.fingerprint)[0]: wait for wait in waiting if not wait.field}
            parts, refused = self._accepted(decision, marks)
            possible, none_known = without_unknown_companies(store, decision.inward)
            inward, refused_there = _new(possible, marks)
            store.work.plan(parts)
            store.inward.plan_membrain(inward)
            decided = replace(decision, waits=(*decision.waits, *none_known, *refused, *refused_there))
            self._wait(decided, waiting)
            self._context.tally.planned(decided, [*parts, *inward])
            if parts or inward or decided.again:
                moving.add(decision.membrain_id)
        return moving

    def _accepted(self, decision: Decision, refused: Mapping[str, Waiting]) -> tuple[list[Intent], list[Wait]]:
        """Return the requests to make for a person, and why others are not made: refused before, or not safe."""
        accepted: list[Intent] = []
        waits: list[Wait] = []
        if decision.intent is None:
            return accepted, waits
        for part in self._parts(decision.intent):
            syncs = dict.fromkeys(sync for _, sync in part.operations)
            if part.mark in refused and not part.remove:
                known = refused[part.mark]
                waits += [Wait(sync, known.reason, known.detail, fingerprint=part.mark) for sync in syncs]
            elif by_put(part) and (risk := self._consent.risk(part.contact_id)):
                waits += [Wait(sync, Reason.HELD, risk) for sync in syncs]
            elif self._context.options.dry_run and part.contact_id is None:
                accepted.append(replace(part, changes=decision.intent.changes))  # with what would follow by PUT
            else:
                accepted.append(part)
        return accepted, waits

    def _parts(self, intent: Intent) -> tuple[Intent, ...]:
        """Split what is to be done into requests. A value that no import carries follows its new owner by a PUT."""
        if intent.contact_id is None:
            carried = tuple(change for change in intent.changes if not self._why_not(intent, [change]))
            if len(carried) < len(intent.changes):
                self._context.unfinished.add(intent.membrain_id)
            return replace(intent, changes=carried).parts(importable=True)
        return intent.parts(importable=not self._why_not(intent, intent.changes))

    def _why_not(self, intent: Intent, changes: Sequence[FieldChange]) -> str:
        """Return why an import cannot carry these changes; empty when it can. For somebody new nothing is cleared."""
        values: dict[str, str] = {}
        for change in changes:
            values |= written_values(change.path, change.new, first_only=change.first_only)
        if intent.contact_id is None:
            values = {path: value for path, value in values.items() if value}
            return side.why_not_importable(values, selects=self._selects)
        return side.why_not_importable(values, email=intent.email, selects=self._selects)

    def _wait_no_more(self, living: Collection[MembrainId]) -> None:
        """Forget why contacts could not get into Membrain: they are there, or are nobody any more."""
        for person in self._context.store.work.waiting_for(living):
            self._context.store.work.stop_waiting(person)

    def _wait(self, decision: Decision, known: Sequence[Waiting]) -> None:
        now = self._context.clock.now()
        parked = {(one.sync, one.field, one.fingerprint): one for one in known if one.field and one.fingerprint}
        waiting = [
            replace(same, contact=decision.email, since=now)
            if (same := parked.get((wait.sync, wait.field, wait.fingerprint)))
            else wait.of(decision.membrain_id, decision.email, now)
            for wait in decision.waits
        ]
        if not (waiting or known):
            return
        others = [wait for wait in known if wait.sync in self._elsewhere]
        self._context.store.work.stop_waiting(decision.membrain_id, keep=[*waiting, *others])
        self._context.store.work.wait(waiting)
        told = {(wait.sync, wait.field, wait.reason) for wait in known}
        for wait in waiting:
            if (wait.sync, wait.field, wait.reason) not in told:
                what = f"{wait.field} of {wait.contact}" if wait.field else wait.contact or decision.membrain_id
                self._context.log.event(
                    Event.RECORD_SKIPPED,
                    f"{what}: {wait.reason.value}" + (f" ({wait.detail})" if wait.detail else ""),
                    contact=wait.contact,
                    membrain_id=wait.membrain_id,
                    sync=wait.sync,
                    field=wait.field,
                    reason=wait.reason.value,
                    detail=wait.detail,
                )


def _new(intents: Sequence[MembrainIntent], refused: Mapping[str, Waiting]) -> tuple[list[MembrainIntent], list[Wait]]:
    """Return what is to be written to Membrain, and why the rest is not: just that was refused before."""
    waits = [
        Wait(sync, known.reason, known.detail, fingerprint=known.fingerprint)
        for intent in intents
        if (known := refused.get(intent.mark))
        for sync in dict.fromkeys(sync for _, sync in intent.operations)
    ]
    return [intent for intent in intents if intent.mark not in refused], waits


def _on_the_way(context: Context) -> frozenset[MembrainId]:
    """Return the people for whom something was sent and not yet seen."""
    busy: set[MembrainId] = set()
    after = 0
    while page := context.store.work.intents(
        IntentState.SENDING, IntentState.SENT, IntentState.UNVERIFIED, after=after
    ):
        after = page[-1].number
        busy.update(stored.intent.membrain_id for stored in page)
    after = 0
    while sent := context.store.inward.membrain_intents(sent=True, after=after):
        after = sent[-1].number
        busy.update(stored.intent.person for stored in sent)
    return frozenset(busy)
