"""The field map, bound to what exists: from a Membrain record to the value that Constant Contact should hold."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import UTC
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from ccsync.sync.canonical import choice_keys, joined, split_choices
from ccsync.sync.catalogue import PropertyType, Scope
from ccsync.sync.days import DAY_LENGTH, day_in
from ccsync.sync.fields import FieldKind, TargetField, fit, join_name, same, split_name
from ccsync.sync.operations import Reason

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import tzinfo

    from ccsync.sync.catalogue import Catalogue
    from ccsync.sync.filters import Filter
    from ccsync.sync.records import Base, Contact, EmailKey, ListId, MembrainId, MembrainRecord, Resource

EMAIL = "email"
"""The path of the address among a person's bases: it always travels, and needs no line in the field map."""

FULL_NAME = "full_name"

_DAYS = (FieldKind.DATE, FieldKind.MONTH_DAY)

COMPANY_NAME = "company.Name"
"""The one value of a company that can travel to Membrain: it says to which company somebody belongs."""


CONSENT: Mapping[str, Callable[[Contact], str]] = {
    "permission_to_send": lambda contact: contact.permission,
    "opt_out_date": lambda contact: contact.opt_out_date,
    "opt_out_reason": lambda contact: contact.opt_out_reason,
}
"""What Constant Contact says about consent, in its own words: only ever read there."""


class Side(StrEnum):
    """One of the two services, in the config's words."""

    MEMBRAIN = "membrain"
    CONSTANT_CONTACT = "constant-contact"


class Direction(StrEnum):
    """Which way values travel, in the config's words."""

    TO_CONSTANT_CONTACT = "membrain-to-constant-contact"
    TO_MEMBRAIN = "constant-contact-to-membrain"
    BOTH = "both"

    @property
    def fills_constant_contact(self) -> bool:
        """Whether Constant Contact is written to."""
        return self is not Direction.TO_MEMBRAIN

    @property
    def fills_membrain(self) -> bool:
        """Whether Membrain is written to."""
        return self is not Direction.TO_CONSTANT_CONTACT


class Conflict(StrEnum):
    """Who wins when both sides changed one field, in the config's words."""

    MEMBRAIN = "membrain"
    CONSTANT_CONTACT = "constant-contact"
    NEWEST = "newest"


@dataclass(frozen=True, slots=True)
class FieldRule:
    """One ``[[sync.field]]``, bound.

    ``membrain`` and ``field`` are the config's words. ``properties`` names Membrain's property for each kind of record
    the left side can come from; empty when the instance shows no such property. ``path`` is the key in
    ``Contact.values``, except for ``full_name``, which stands for two of them, and what tells of consent. ``kind`` and
    ``options`` say what Membrain's property takes: its type, and the labels of a select. ``zone`` is Membrain's, in
    which a point in time has its day. ``direction`` is the field's own, within its sync's.
    """

    membrain: str
    field: str
    path: str
    scope: Scope
    properties: Mapping[Resource, str]
    target: TargetField
    values: Mapping[str, str] = dataclasses.field(default_factory=dict)
    default: str = ""
    clear: bool = False
    truncate: bool = False
    kind: PropertyType = PropertyType.TEXT
    options: tuple[str, ...] = ()
    zone: tzinfo = UTC
    direction: Direction = Direction.TO_CONSTANT_CONTACT

    @property
    def is_consent(self) -> bool:
        """Whether this tells Membrain of consent, which it does in every sync."""
        return not self.target.writable

    @property
    def name(self) -> str:
        """Membrain's name of the property that is written; empty for a custom field that it does not show.

        A catalogue is sampled: another property that no row has shown may exist all the same.
        """
        word = self.membrain.partition(".")[2]
        return next(iter(self.properties.values()), "" if word.startswith("custom.") else word)


@dataclass(frozen=True, slots=True)
class SyncRules:
    """One ``[[sync]]``, bound: a filter, the list it is matched to and what travels.

    ``new_company`` are the fields that say something about a company which is made for somebody from the list.
    """

    name: str
    list_id: ListId
    filter: Filter
    fields: tuple[FieldRule, ...]
    keep_on_leaving: bool
    projects: frozenset[Resource]
    open_projects_only: bool
    direction: Direction = Direction.TO_CONSTANT_CONTACT
    conflict: Conflict = Conflict.MEMBRAIN
    create_companies: bool = True
    new_company: tuple[FieldRule, ...] = ()

    @property
    def tells_consent(self) -> bool:
        """Whether any field tells Membrain of consent."""
        return any(rule.is_consent for rule in self.fields)


@dataclass(frozen=True, slots=True)
class Rulebook:
    """All that decides a plan besides the people: the syncs in the config's order, and whom Membrain logs in.

    ``only`` narrows what happens to one sync, and ``stopped`` are those whose list or field is gone; who takes part for
    an address, and who may stay on a list, is still decided over all of them.
    """

    syncs: tuple[SyncRules, ...]
    catalogue: Catalogue
    user_ids: frozenset[str] = frozenset()
    user_emails: frozenset[EmailKey] = frozenset()
    only: str | None = None
    stopped: frozenset[str] = frozenset()

    @property
    def acting(self) -> tuple[SyncRules, ...]:
        """The syncs that this run carries out."""
        return tuple(sync for sync in self.syncs if self.acts(sync))

    def from_list(self, contact: Contact | None) -> tuple[SyncRules, ...]:
        """Return the syncs of this run that take a contact from their list to Membrain."""
        if contact is None or not contact.usable:
            return ()
        return tuple(sync for sync in self.acting if sync.direction.fills_membrain and sync.list_id in contact.lists)

    def acts(self, sync: SyncRules) -> bool:
        """Tell whether this run carries a sync out."""
        return sync.name not in self.stopped and self.only in (None, sync.name)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is read together with a Membrain contact: its company, and the living projects of that company."""

    companies: Mapping[MembrainId, MembrainRecord]
    projects: Mapping[MembrainId, tuple[MembrainRecord, ...]]

    def company_of(self, contact: MembrainRecord) -> MembrainRecord | None:
        """Return the contact's company, if it has one that is known and lives."""
        company = self.companies.get(contact.company_id)
        return None if company is None or company.gone else company

    def project_for(self, contact: MembrainRecord, rules: SyncRules) -> MembrainRecord | None:
        """Return the project that speaks for a contact: the newest of the wanted kinds, open ones only if so ruled."""
        candidates = [
            project
            for project in self.projects.get(contact.company_id, ())
            if project.resource in rules.projects and not (project.closed and rules.open_projects_only)
        ]
        return max(candidates, key=_newness, default=None)

    def records_for(self, contact: MembrainRecord, rules: SyncRules) -> dict[Scope, MembrainRecord | None]:
        """Return the records that left sides speak of."""
        company, project = self.company_of(contact), self.project_for(contact, rules)
        return {Scope.CONTACT: contact, Scope.COMPANY: company, Scope.PROJECT: project}


def _newness(project: MembrainRecord) -> tuple[float, MembrainId]:
    return project.created.timestamp() if project.created else float("-inf"), project.id


class Travelling(NamedTuple):
    """A value on its way: ``problem`` says why it cannot travel, and then nothing is written.

    ``stand_in`` tells that Membrain has no value, and the default speaks for it.
    """

    value: str
    truncated: bool = False
    stand_in: bool = False
    problem: Reason | None = None
    detail: str = ""


def raw_value(rule: FieldRule, record: MembrainRecord | None) -> str:
    """Return what Membrain holds for a rule, in the record that its left side speaks of."""
    name = rule.properties.get(record.resource) if record is not None else None
    return record.values.get(name, "").strip() if record is not None and name else ""


def travelling_value(rule: FieldRule, raw: str) -> Travelling:
    """Return what Constant Contact should hold when Membrain holds ``raw``."""
    text = raw or rule.default
    if raw and rule.values:
        text = _their_word(rule, raw)
    elif rule.kind is PropertyType.DATE and len(raw) > DAY_LENGTH and rule.target.kind in _DAYS:
        text = day_in(raw, rule.zone) or text
    value, problem, detail = fit(rule.target, text)
    if problem is None or (problem is Reason.TOO_LONG and rule.truncate):
        return Travelling(value, problem is not None, not raw)
    return Travelling("", problem=problem, detail=detail)


def _their_word(rule: FieldRule, raw: str) -> str:
    """Return Constant Contact's word for Membrain's; of several choices, for each of them."""
    if rule.kind is PropertyType.MULTI_SELECT and raw not in rule.values:
        return joined(rule.values.get(piece, piece) for piece in split_choices(raw, choice_keys(rule.options)))
    return rule.values.get(raw, raw)


def present_at(path: str, contact: Contact | None) -> str:
    """Return what Constant Contact holds at a bound path; ``full_name`` is joined from its two parts."""
    if contact is None:
        return ""
    if path == FULL_NAME:
        return join_name(contact.values.get("first_name", ""), contact.values.get("last_name", ""))
    if path in CONSENT:
        return CONSENT[path](contact)
    return contact.values.get(path, "")


def written_values(path: str, value: str, *, first_only: bool = False) -> dict[str, str]:
    """Return the values by path that hold a rule's value: two for ``full_name`` unless it is a first name only."""
    if path == FULL_NAME:
        first, last = split_name(value)
        return {"first_name": first} if first_only else {"first_name": first, "last_name": last}
    return {path: value}


def is_first_only(path: str, wanted: str, base: Base | None) -> bool:
    """Tell whether a name of one word says nothing about the last name: Membrain has none, and had none before."""
    return path == FULL_NAME and not split_name(wanted)[1] and not (base and split_name(base.source)[1])


def holds(target: TargetField, present: str, wanted: str, *, first_only: bool) -> bool:
    """Tell whether Constant Contact holds what is wanted of it; of a first name only, any name that begins with it."""
    return same(target, present, wanted) or (first_only and same(target, split_name(present)[0], wanted))
