"""One field of one person: the three-way comparison of Membrain's value, Constant Contact's and their base."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from ccsync.sync.fields import same
from ccsync.sync.operations import Reason, fingerprint
from ccsync.sync.records import Base

if TYPE_CHECKING:
    from ccsync.sync.fields import TargetField
    from ccsync.sync.mapping import FieldRule, Travelling


class Outcome(StrEnum):
    """What becomes of a field."""

    WRITE = "write"
    UNCHANGED = "unchanged"
    SKIP = "skip"


class Rule(StrEnum):
    """Which sentence of the design decided, as the log tells it."""

    NEW_PERSON = "new-person"
    FIRST_MEETING = "first-meeting"
    SOURCE_CHANGED = "source-changed"
    SOURCE_CLEARED = "source-cleared"


@dataclass(frozen=True, slots=True)
class FieldDecision:
    """What becomes of one field, and why.

    ``base`` is set when both sides agree without a write. ``overrules`` tells that a value which somebody typed in
    Constant Contact loses.
    """

    outcome: Outcome
    old: str
    new: str
    rule: Rule | None = None
    base: Base | None = None
    reason: Reason | None = None
    detail: str = ""
    overrules: bool = False


def decide(
    rule: FieldRule, wanted: Travelling, present: str, base: Base | None, *, exists: bool = True, parked: str = ""
) -> FieldDecision:
    """Decide one field on its way from Membrain to Constant Contact.

    Membrain's value travels when it is new since the base. What somebody edited in Constant Contact in between stays
    until then. A blank travels only where the rule clears, and only when it *became* blank.
    """
    if wanted.problem is not None:
        return FieldDecision(Outcome.SKIP, present, present, reason=wanted.problem, detail=wanted.detail)
    if same(rule.target, wanted.value, present):
        agreed = Base(wanted.value, present)
        return FieldDecision(Outcome.UNCHANGED, present, present, base=None if agreed == base else agreed)
    decision = _differing(rule, wanted.value, present, base, exists=exists)
    if decision.outcome is Outcome.WRITE and parked == fingerprint(wanted.value, present):
        return FieldDecision(Outcome.SKIP, present, present, reason=Reason.REFUSED, detail="refused as it is")
    return decision


def _differing(rule: FieldRule, wanted: str, present: str, base: Base | None, *, exists: bool) -> FieldDecision:
    if base is None:
        if not wanted:
            return FieldDecision(Outcome.UNCHANGED, present, present)
        met = Rule.FIRST_MEETING if exists else Rule.NEW_PERSON
        return FieldDecision(Outcome.WRITE, present, wanted, rule=met, overrules=bool(present))
    edited = not _equal(rule.target, present, base.target)
    if _equal(rule.target, wanted, base.source):
        if edited:
            detail = "changed in Constant Contact; kept until Membrain's value changes"
            return FieldDecision(Outcome.SKIP, present, present, reason=Reason.KEPT_EDIT, detail=detail)
        return FieldDecision(Outcome.UNCHANGED, present, present)
    if not wanted and not rule.clear:
        return FieldDecision(Outcome.UNCHANGED, present, present)
    cause = Rule.SOURCE_CHANGED if wanted else Rule.SOURCE_CLEARED
    return FieldDecision(Outcome.WRITE, present, wanted, rule=cause, overrules=edited and bool(present))


def _equal(target: TargetField, one: str, other: str) -> bool:
    return one == other or same(target, one, other)
