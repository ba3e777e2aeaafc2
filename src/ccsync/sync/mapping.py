"""The field map, bound to what exists: from a Membrain record to the value that Constant Contact should hold."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from ccsync.sync.catalogue import Scope
from ccsync.sync.fields import TargetField, fit, join_name, same, split_name
from ccsync.sync.operations import Reason

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ccsync.sync.catalogue import Catalogue
    from ccsync.sync.filters import Filter
    from ccsync.sync.records import Base, Contact, EmailKey, ListId, MembrainId, MembrainRecord, Resource

EMAIL = "email"
"""The path of the address among a person's bases: it always travels, and needs no line in the field map."""

FULL_NAME = "full_name"


@dataclass(frozen=True, slots=True)
class FieldRule:
    """One ``[[sync.field]]``, bound.

    ``membrain`` and ``field`` are the config's words. ``properties`` names Membrain's property for each kind of record
    the left side can come from; empty when the instance shows no such property. ``path`` is the key in
    ``Contact.values``, except for ``full_name``, which stands for two of them.
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


@dataclass(frozen=True, slots=True)
class SyncRules:
    """One ``[[sync]]``, bound: a filter, the list it fills and what travels."""

    name: str
    list_id: ListId
    filter: Filter
    fields: tuple[FieldRule, ...]
    keep_on_leaving: bool
    projects: frozenset[Resource]
    open_projects_only: bool


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
    value, problem, detail = fit(rule.target, rule.values.get(raw, raw) if raw else rule.default)
    if problem is None or (problem is Reason.TOO_LONG and rule.truncate):
        return Travelling(value, problem is not None, not raw)
    return Travelling("", problem=problem, detail=detail)


def present_at(path: str, contact: Contact | None) -> str:
    """Return what Constant Contact holds at a bound path; ``full_name`` is joined from its two parts."""
    if contact is None:
        return ""
    if path == FULL_NAME:
        return join_name(contact.values.get("first_name", ""), contact.values.get("last_name", ""))
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
