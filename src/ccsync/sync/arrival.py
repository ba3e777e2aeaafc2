"""Somebody who is on a list and has nobody in Membrain: who they are to become there.

Membrain's own integration takes nobody without a contact name and a company name (its help page), so neither does this.
Somebody whom Membrain had and let go is not made again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ccsync.sync.catalogue import Scope
from ccsync.sync.fields import join_name
from ccsync.sync.mapping import COMPANY_NAME, Side, present_at
from ccsync.sync.merge import FieldDecision, FieldOutcome, Outcome, Rule
from ccsync.sync.operations import FieldChange, MembrainIntent, Operation, Reason, Wait, as_person
from ccsync.sync.records import email_key, name_key
from ccsync.sync.returning import returning_value
from ccsync.sync.subject import Decision

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ccsync.sync.mapping import FieldRule, Rulebook, SyncRules
    from ccsync.sync.records import Contact, MembrainRecord, NameKey

NAME = "contact.Name"


@dataclass(frozen=True, slots=True)
class Arrival:
    """One Constant Contact contact whom nobody living in Membrain is linked to, or shares the address with.

    ``namesakes`` are those who were, or did; ``companies`` the living companies of the name it gives, the one created
    first in front.
    """

    contact: Contact
    namesakes: tuple[MembrainRecord, ...] = ()
    companies: tuple[MembrainRecord, ...] = ()


def plan_arrival(arrival: Arrival, rules: Rulebook) -> Decision:
    """Return what should happen to somebody from the list; nothing when no sync takes them to Membrain.

    They are known by their id of Constant Contact until Membrain has given them one.
    """
    contact = arrival.contact
    person, syncs = as_person(contact.id), rules.from_list(contact)
    if not syncs or contact.opted_out or not contact.email:
        return Decision(person, contact.email)
    names = tuple(sync.name for sync in syncs)
    name, company = full_name(contact, syncs), company_name(contact, syncs)
    may_create = any(sync.create_companies for sync in syncs)
    if reason := _why_not(arrival, rules, name, company, may_create=may_create):
        return Decision(person, contact.email, names, waits=tuple(Wait(sync, *reason) for sync in names))
    fields = tuple(_fields(contact, syncs))
    return Decision(
        person,
        contact.email,
        names,
        inward=(_intent(arrival, syncs, fields, name=name, company=company, may_create=may_create),),
        waits=tuple(wait for one in fields if (wait := one.wait())),
        fields=fields,
    )


def _why_not(
    arrival: Arrival, rules: Rulebook, name: str, company: str, *, may_create: bool
) -> tuple[Reason, str] | None:
    """Return why somebody cannot be made in Membrain, if they cannot."""
    if arrival.namesakes:
        return Reason.DELETED, "deleted in Membrain"
    if email_key(arrival.contact.email) in rules.user_emails:
        return Reason.USER_OF_MEMBRAIN, ""
    if not name:
        return Reason.NO_NAME, "Membrain takes nobody without a name"
    if not company:
        return Reason.NO_COMPANY, "Membrain takes nobody without a company"
    if not arrival.companies and not may_create:
        return Reason.NO_COMPANY, no_company(company)
    return None


def no_company(name: str) -> str:
    """Return why somebody cannot belong to a company that Membrain does not have."""
    return f'Membrain has no company called "{name}", and create_companies = false'


def full_name(contact: Contact, syncs: Iterable[SyncRules]) -> str:
    """Return the name that somebody is to have in Membrain: the mapped one, else their first and last name."""
    return _mapped(contact, syncs, NAME) or join_name(
        contact.values.get("first_name", ""), contact.values.get("last_name", "")
    )


def company_name(contact: Contact, syncs: Iterable[SyncRules]) -> str:
    """Return the company that somebody names: the mapped value, else Constant Contact's own field for it."""
    return _mapped(contact, syncs, COMPANY_NAME) or contact.values.get("company_name", "").strip()


def company_key(contact: Contact, rules: Rulebook) -> NameKey:
    """Return the key under which somebody's company is looked for; empty when they name none."""
    return name_key(company_name(contact, rules.from_list(contact)))


def _mapped(contact: Contact, syncs: Iterable[SyncRules], left: str) -> str:
    rules = (rule for sync in syncs for rule in sync.fields if rule.membrain == left and rule.direction.fills_membrain)
    return next((value for rule in rules if (value := returning_value(rule, present_at(rule.path, contact)).value)), "")


def _fields(contact: Contact, syncs: tuple[SyncRules, ...]) -> Iterator[FieldOutcome]:
    """Yield every value that goes to Membrain, and those that cannot be carried."""
    decided: set[str] = set()
    for sync in syncs:
        for rule in sync.fields:
            if rule.path in decided or not (rule.direction.fills_membrain or rule.is_consent):
                continue
            if rule.scope is not Scope.CONTACT and rule.membrain != COMPANY_NAME:
                continue
            decided.add(rule.path)
            present = present_at(rule.path, contact)
            yield FieldOutcome(sync.name, rule, _decided(rule, present), present)


def _decided(rule: FieldRule, present: str) -> FieldDecision:
    wanted = returning_value(rule, present)
    if wanted.problem is not None:
        return FieldDecision(Outcome.SKIP, "", "", reason=wanted.problem, detail=wanted.detail)
    if not wanted.value or not rule.name:
        return FieldDecision(Outcome.UNCHANGED, "", "")
    return FieldDecision(Outcome.WRITE, "", wanted.value, rule=Rule.NEW_PERSON, towards=Side.MEMBRAIN, settles=present)


def _intent(
    arrival: Arrival,
    syncs: tuple[SyncRules, ...],
    fields: tuple[FieldOutcome, ...],
    *,
    name: str,
    company: str,
    may_create: bool,
) -> MembrainIntent:
    contact, first = arrival.contact, syncs[0].name
    changes = tuple(change for one in fields if (change := one.change()))
    if not any(change.membrain == NAME for change in changes):
        changes = (_unmapped(first, NAME, "full_name", name), *changes)
    operations = [(Operation.CREATE, sync.name) for sync in syncs]
    if not arrival.companies:
        operations.insert(0, (Operation.CREATE_COMPANY, first))
    new_company = tuple(change for one in _company_fields(contact, syncs) if (change := one.change()))
    return MembrainIntent(
        contact.id,
        None,
        contact.email,
        tuple(operations),
        changes,
        company=company,
        new_company=new_company,
        may_create=may_create,
    )


def _company_fields(contact: Contact, syncs: tuple[SyncRules, ...]) -> Iterator[FieldOutcome]:
    """Yield what the contact knows about their company: it travels only when the company is made."""
    for sync in syncs:
        for rule in sync.new_company:
            present = present_at(rule.path, contact)
            if (decision := _decided(rule, present)).outcome is Outcome.WRITE:
                yield FieldOutcome(sync.name, rule, decision, present)


def _unmapped(sync: str, left: str, right: str, value: str) -> FieldChange:
    """Return a value that Membrain demands although no field of the map speaks of it."""
    name = left.partition(".")[2]
    return FieldChange(sync, left, right, right, "", value, Rule.NEW_PERSON.value, name=name, seen=value, settles=value)
