"""The planner: from one person as both sides show them to what should happen, as pure data.

``plan_person`` is called for every touched Membrain contact. It answers three questions in turn:

1. Who takes part? Of several Membrain contacts with one address, one does (``elect``).
2. Whom do they mean in Constant Contact? The linked contact, else the one with the address (``_find``).
3. What is to be done: fields, lists, the address (``_Draft``)?

Nothing here reads or writes anything. The same subject and rulebook always give the same decision, and a decision that
was carried out and read back gives an empty one the next time.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ccsync.sync.addresses import why_unusable
from ccsync.sync.catalogue import Scope
from ccsync.sync.filters import FilterFailed
from ccsync.sync.mapping import (
    FieldRule,
    Rulebook,
    Surroundings,
    SyncRules,
    present_at,
    travelling_value,
)
from ccsync.sync.merge import FieldDecision, Outcome, decide
from ccsync.sync.operations import FieldChange, Intent, Operation, Reason, Waiting
from ccsync.sync.records import Base, Contact, ContactId, ListId, MembrainId, MembrainRecord, Standing, email_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Subject:
    """One touched Membrain contact with everything that decides about it.

    ``rivals`` are the living Membrain contacts with its address, itself included, the one created first in front.
    ``linked`` is the contact it is linked to. ``namesake`` is the contact that has its address; ``namesake_owner`` the
    Membrain contact that one is linked to. ``heirs`` are other living Membrain contacts with the *linked contact's*
    address. ``standings`` and ``bases`` belong to the linked contact or else to the namesake. ``parked`` holds the
    fingerprints of what was refused, by field in the config's words; the empty one stands for the whole person.
    """

    contact: MembrainRecord
    rivals: tuple[MembrainRecord, ...]
    surroundings: Surroundings
    linked: Contact | None = None
    namesake: Contact | None = None
    namesake_owner: MembrainRecord | None = None
    heirs: tuple[MembrainRecord, ...] = ()
    standings: Mapping[ContactId, Mapping[ListId, Standing]] = field(default_factory=dict)
    bases: Mapping[str, Base] = field(default_factory=dict)
    parked: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Wait:
    """Why a person (``field`` empty) or one field of theirs is left as it is, in one sync."""

    sync: str
    reason: Reason
    detail: str = ""
    field: str = ""
    fingerprint: str = ""

    def of(self, membrain_id: MembrainId, contact: str, since: datetime) -> Waiting:
        """Return this as the state keeps it."""
        return Waiting(membrain_id, contact, self.sync, self.field, self.reason, self.detail, since, self.fingerprint)


@dataclass(frozen=True, slots=True)
class FieldOutcome:
    """What became of one field in one sync, for the field statistics."""

    sync: str
    field: str
    decision: FieldDecision
    truncated: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """What should happen to one person. ``link`` and ``standings`` are for ccsync's own books, at once.

    ``again`` asks to be planned once more in the next run, because somebody else has to move first.
    ``syncs`` names the syncs whose filter takes this person.
    """

    membrain_id: MembrainId
    email: str
    syncs: tuple[str, ...] = ()
    link: ContactId | None = None
    intent: Intent | None = None
    bases: Mapping[str, Base] = field(default_factory=dict)
    standings: Mapping[tuple[ContactId, ListId], Standing | None] = field(default_factory=dict)
    waits: tuple[Wait, ...] = ()
    fields: tuple[FieldOutcome, ...] = ()
    again: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """Which syncs take a person, and which cannot tell."""

    taken: tuple[SyncRules, ...] = ()
    failed: tuple[tuple[SyncRules, str], ...] = ()

    def within(self, rules: Rulebook) -> Choice:
        """Return the part that the syncs of this run have to do with."""
        acting = rules.acting
        return Choice(
            tuple(sync for sync in self.taken if sync in acting),
            tuple((sync, detail) for sync, detail in self.failed if sync in acting),
        )

    @property
    def concerned(self) -> bool:
        """Tell whether any sync has, or may have, to do with the person."""
        return bool(self.taken or self.failed)


def choose(contact: MembrainRecord, surroundings: Surroundings, rules: Rulebook) -> Choice:
    """Ask every filter about one living Membrain contact."""
    taken, failed = [], []
    company = surroundings.company_of(contact)
    for sync in rules.syncs:
        project = surroundings.project_for(contact, sync)
        try:
            if sync.filter.matches(contact, company, project, rules.catalogue):
                taken.append(sync)
        except FilterFailed as failure:
            failed.append((sync, failure.detail))
    return Choice(tuple(taken), tuple(failed))


def is_user(contact: MembrainRecord, rules: Rulebook) -> bool:
    """Tell whether a contact is one of the people who log in to Membrain: they are contacts there, too."""
    return contact.id in rules.user_ids or email_key(contact.email) in rules.user_emails


def elect(subject: Subject, rules: Rulebook) -> MembrainRecord | None:
    """Return which of the Membrain contacts with one address takes part, for all syncs alike.

    Of those that a filter takes the one created first; when there are none, of all.
    """
    if len(subject.rivals) <= 1:
        return next(iter(subject.rivals), None)
    for rival in subject.rivals:
        if not is_user(rival, rules) and choose(rival, subject.surroundings, rules).concerned:
            return rival
    return subject.rivals[0]


def plan_person(subject: Subject, rules: Rulebook) -> Decision:
    """Return what should happen to one touched Membrain contact."""
    contact = subject.contact
    if contact.gone:
        return _leave(subject, rules, Choice())
    choice = choose(contact, subject.surroundings, rules).within(rules)
    if not contact.email:
        waits = tuple(Wait(sync.name, Reason.NO_EMAIL) for sync in choice.taken)
        return _leave(subject, rules, choice, waits)
    elected = elect(subject, rules)
    if elected is None or elected.id != contact.id:
        return _step_back(subject, choice, elected)
    if choice.taken and is_user(contact, rules):
        waits = tuple(Wait(sync.name, Reason.USER_OF_MEMBRAIN) for sync in choice.taken)
        return _leave(subject, rules, Choice(), waits)
    return _take_part(subject, rules, choice)


def _step_back(subject: Subject, choice: Choice, elected: MembrainRecord | None) -> Decision:
    """Leave everything to the Membrain contact that takes part for this address."""
    name = (elected.values.get("Name") or elected.id) if elected else ""
    detail = f'"{name}", created earlier, takes part for this address' if elected else ""
    return Decision(
        subject.contact.id,
        subject.contact.email,
        waits=tuple(Wait(sync.name, Reason.DUPLICATE_ADDRESS, detail) for sync in choice.taken),
    )


def _leave(subject: Subject, rules: Rulebook, choice: Choice, waits: tuple[Wait, ...] = ()) -> Decision:
    """Take somebody off the lists, unless another Membrain contact takes over their contact."""
    contact = subject.contact
    if subject.linked is None or subject.heirs:
        return Decision(contact.id, contact.email, waits=waits)
    draft = _Draft(subject, rules, subject.linked)
    held = frozenset(sync.name for sync, _ in choice.failed)
    draft.lists(taken=frozenset(), held=held)
    return draft.decision((), extra=waits)


def _take_part(subject: Subject, rules: Rulebook, choice: Choice) -> Decision:
    found = _find(subject)
    if isinstance(found, Wait):
        return Decision(
            subject.contact.id,
            subject.contact.email,
            waits=tuple(Wait(sync.name, found.reason, found.detail) for sync in choice.taken),
            again=found.reason is Reason.HELD,
        )
    if (found is None or email_key(found.email) != email_key(subject.contact.email)) and choice.taken:
        complaint = why_unusable(subject.contact.email)
        if complaint:
            detail = f"no address to write to: {complaint}"
            waits = tuple(Wait(sync.name, Reason.BAD_VALUE, detail) for sync in choice.taken)
            return Decision(subject.contact.id, subject.contact.email, waits=waits)
    draft = _Draft(subject, rules, found)
    taken = frozenset(sync.name for sync in choice.taken)
    held = frozenset(sync.name for sync, _ in choice.failed)
    for sync, detail in choice.failed:
        draft.waits.append(Wait(sync.name, Reason.FILTER_ERROR, detail))
    if found is not None and not found.usable:
        draft.everyone_waits(choice.taken, Reason.DELETED, "deleted in Constant Contact")
    elif found is not None and found.opted_out:
        draft.everyone_waits(choice.taken, Reason.OPTED_OUT, found.opt_out_reason)
    else:
        if not draft.address(choice):
            return draft.decision(choice.taken)
        draft.lists(taken=taken, held=held)
        draft.values(choice.taken)
    return draft.decision(choice.taken)


def _find(subject: Subject) -> Contact | Wait | None:
    """Return the contact that a participant means, None for somebody new, or why it must wait."""
    linked, namesake = subject.linked, subject.namesake
    if linked is not None and not (linked.erased and namesake is not None and not namesake.erased):
        return linked
    if namesake is None:
        return None
    owner = subject.namesake_owner
    if owner is None or owner.id == subject.contact.id or owner.gone or not owner.email:
        return namesake
    if email_key(owner.email) == email_key(subject.contact.email):
        return namesake
    name = owner.values.get("Name") or owner.id
    return Wait("", Reason.HELD, f'the address still belongs to "{name}", who is moving to {owner.email}')


class _Draft:
    """What is gathered about one person while the plan for them is made."""

    def __init__(self, subject: Subject, rules: Rulebook, found: Contact | None) -> None:
        self.subject = subject
        self.rules = rules
        self.found = found
        self.operations: list[tuple[Operation, str]] = []
        self.changes: list[FieldChange] = []
        self.add: set[ListId] = set()
        self.remove: set[ListId] = set()
        self.keep: set[ListId] = set()
        self.old_email = ""
        self.bases: dict[str, Base] = {}
        self.book: dict[tuple[ContactId, ListId], Standing | None] = {}
        self.waits: list[Wait] = []
        self.outcomes: list[FieldOutcome] = []

    def everyone_waits(self, syncs: Iterable[SyncRules], reason: Reason, detail: str) -> None:
        """Have each of these syncs wait for the same reason."""
        self.waits += [Wait(sync.name, reason, detail) for sync in syncs]

    def address(self, choice: Choice) -> bool:
        """Plan a new address; False when it cannot be had, and then nothing else happens to the person."""
        found, email = self.found, self.subject.contact.email
        if found is None or email_key(found.email) == email_key(email) or not choice.taken:
            return True
        namesake = self.subject.namesake
        if namesake is not None and namesake.id != found.id:
            detail = f"{email} already belongs to another contact in Constant Contact"
            self.everyone_waits(choice.taken, Reason.ADDRESS_TAKEN, detail)
            return False
        self.old_email = found.email
        self.operations.append((Operation.READDRESS, choice.taken[0].name))
        return True

    def lists(self, *, taken: frozenset[str], held: frozenset[str]) -> None:
        """Plan who goes on and off which list. Two syncs may fill one list: one that takes the person is enough."""
        wanted = {sync.list_id for sync in self.rules.syncs if sync.name in taken}
        undecided = {sync.list_id for sync in self.rules.syncs if sync.name in held}
        for sync in self.rules.acting:
            if sync.name in taken:
                self._enter(sync)
            elif sync.list_id not in wanted | undecided:
                self._depart(sync)

    def _enter(self, sync: SyncRules) -> None:
        if self.found is None:
            if not self.add:
                self.operations.append((Operation.CREATE, sync.name))
            elif sync.list_id not in self.add:
                self.operations.append((Operation.ADD_TO_LIST, sync.name))
            self.add.add(sync.list_id)
            return
        standing = self._standing(sync.list_id)
        if sync.list_id in self.found.lists:
            self.keep.add(sync.list_id)
            if standing in (None, Standing.TAKEN_OFF):
                self.book[self.found.id, sync.list_id] = Standing.THEIRS
        elif standing is None:
            if sync.list_id not in self.add:
                self.operations.append((Operation.ADD_TO_LIST, sync.name))
            self.add.add(sync.list_id)
        else:
            self.book[self.found.id, sync.list_id] = Standing.TAKEN_OFF
            self.waits.append(Wait(sync.name, Reason.REMOVED_BY_HAND, "taken off the list in Constant Contact"))

    def _depart(self, sync: SyncRules) -> None:
        if self.found is None or self._standing(sync.list_id) is not Standing.PLACED:
            return
        if sync.list_id not in self.found.lists:
            if self.found.usable and not self.found.opted_out:
                self.book[self.found.id, sync.list_id] = Standing.TAKEN_OFF
        elif not sync.keep_on_leaving and sync.list_id not in self.remove:
            self.remove.add(sync.list_id)
            self.operations.append((Operation.REMOVE_FROM_LIST, sync.name))

    def values(self, syncs: Sequence[SyncRules]) -> None:
        """Plan every mapped field; of two syncs that map one field, the first in the config decides."""
        decided: set[str] = set()
        for sync in syncs:
            for rule in sync.fields:
                if rule.path not in decided:
                    decided.add(rule.path)
                    self._field(sync, rule)

    def _field(self, sync: SyncRules, rule: FieldRule) -> None:
        subject, found = self.subject, self.found
        wanted = travelling_value(rule, _record_for(rule, subject, sync))
        present = present_at(rule.path, found)
        mine = found is None or subject.linked is None or subject.linked.id == found.id
        decision = decide(
            rule,
            wanted,
            present,
            subject.bases.get(rule.path) if mine else None,
            exists=found is not None,
            parked=subject.parked.get(rule.field, ""),
        )
        self.outcomes.append(FieldOutcome(sync.name, rule.field, decision, wanted.truncated))
        if decision.base is not None and found is not None:
            self.bases[rule.path] = decision.base
        if decision.reason is not None:
            mark = subject.parked.get(rule.field, "") if decision.reason is Reason.REFUSED else ""
            self.waits.append(Wait(sync.name, decision.reason, decision.detail, rule.field, mark))
        if decision.outcome is Outcome.WRITE:
            self.changes.append(_change(sync, rule, decision, truncated=wanted.truncated))

    def decision(self, syncs: Sequence[SyncRules], extra: tuple[Wait, ...] = ()) -> Decision:
        """Close the draft."""
        subject, found = self.subject, self.found
        if found is not None:
            updated = dict.fromkeys(change.sync for change in self.changes)
            self.operations += [(Operation.UPDATE, sync) for sync in updated]
        intent = self._intent() if self.operations else None
        unlinked = found is not None and (subject.linked is None or subject.linked.id != found.id)
        return Decision(
            membrain_id=subject.contact.id,
            email=subject.contact.email or (found.email if found else ""),
            syncs=tuple(sync.name for sync in syncs),
            link=found.id if found is not None and unlinked and (syncs or intent) else None,
            intent=intent,
            bases=self.bases,
            standings=self.book,
            waits=(*self.waits, *extra),
            fields=tuple(self.outcomes),
        )

    def _intent(self) -> Intent:
        return Intent(
            membrain_id=self.subject.contact.id,
            contact_id=self.found.id if self.found else None,
            email=self.subject.contact.email or (self.found.email if self.found else ""),
            operations=tuple(self.operations),
            changes=tuple(self.changes),
            add=frozenset(self.add),
            remove=frozenset(self.remove),
            keep=frozenset(self.keep),
            old_email=self.old_email,
        )

    def _standing(self, list_id: ListId) -> Standing | None:
        if self.found is None:
            return None
        return self.subject.standings.get(self.found.id, {}).get(list_id)


def _record_for(rule: FieldRule, subject: Subject, sync: SyncRules) -> MembrainRecord | None:
    match rule.scope:
        case Scope.CONTACT:
            return subject.contact
        case Scope.COMPANY:
            return subject.surroundings.company_of(subject.contact)
        case Scope.PROJECT:
            return subject.surroundings.project_for(subject.contact, sync)


def _change(sync: SyncRules, rule: FieldRule, decision: FieldDecision, *, truncated: bool) -> FieldChange:
    return FieldChange(
        sync=sync.name,
        membrain=rule.membrain,
        field=rule.field,
        path=rule.path,
        old=decision.old,
        new=decision.new,
        rule=decision.rule.value if decision.rule else "",
        truncated=truncated,
        overrules=decision.overrules,
    )
