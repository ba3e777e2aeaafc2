"""One field of one person: the three-way comparison of Membrain's value, Constant Contact's and their base."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from ccsync.sync.fields import same
from ccsync.sync.mapping import holds, is_first_only, travelling_value
from ccsync.sync.operations import FieldChange, Reason, Wait, fingerprint
from ccsync.sync.records import Base

if TYPE_CHECKING:
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


class FieldDecision(NamedTuple):
    """What becomes of one field, and why.

    ``base`` is set when both sides agree without a write. ``refused`` marks what is not tried again. ``overrules``
    tells that a value which somebody typed in Constant Contact loses, ``truncated`` that Membrain's was cut to fit,
    ``first_only`` that a name of one word leaves the last name as it is.
    """

    outcome: Outcome
    old: str
    new: str
    rule: Rule | None = None
    base: Base | None = None
    reason: Reason | None = None
    detail: str = ""
    refused: str = ""
    overrules: bool = False
    truncated: bool = False
    first_only: bool = False


class FieldOutcome(NamedTuple):
    """What becomes of one field of one person in one sync."""

    sync: str
    rule: FieldRule
    decision: FieldDecision

    @property
    def field(self) -> str:
        """The right side, in the config's words."""
        return self.rule.field

    @property
    def truncated(self) -> bool:
        """Whether Membrain's value was cut to fit."""
        return self.decision.truncated

    def change(self) -> FieldChange | None:
        """Return the value that travels, if one does."""
        decision = self.decision
        if decision.rule is None:
            return None
        return FieldChange(
            sync=self.sync,
            membrain=self.rule.membrain,
            field=self.rule.field,
            path=self.rule.path,
            old=decision.old,
            new=decision.new,
            rule=decision.rule.value,
            truncated=decision.truncated,
            overrules=decision.overrules,
            first_only=decision.first_only,
        )

    def wait(self) -> Wait | None:
        """Return why the field is left as it is, if there is a reason to tell."""
        decision = self.decision
        if decision.reason is None:
            return None
        return Wait(self.sync, decision.reason, decision.detail, self.rule.field, decision.refused)


def decide(
    rule: FieldRule, raw: str, present: str, base: Base | None, *, exists: bool = True, parked: str = ""
) -> FieldDecision:
    """Decide one field on its way from Membrain, which holds ``raw``, to Constant Contact, which holds ``present``.

    Membrain's value travels when it is new since the base. What somebody edited in Constant Contact in between stays
    until then. A blank travels only where the rule clears, and only when it *became* blank; a name of one word takes
    away no last name that Membrain never had; a default overrules no value that was there before. ``parked`` marks what
    was refused before: just that is not tried again.
    """
    if base is not None and raw == base.source and present == base.target and not rule.values and not rule.default:
        # Nothing has moved, and what was sent once is sent as it is: nearly every field of nearly everybody.
        return FieldDecision(Outcome.UNCHANGED, present, present)
    wanted = travelling_value(rule, raw)
    decision = _decide(rule, wanted, present, base, exists=exists)
    if parked and decision.outcome is Outcome.WRITE and parked == fingerprint(wanted.value, present):
        detail = "refused as it is"
        decision = FieldDecision(Outcome.SKIP, present, present, reason=Reason.REFUSED, detail=detail, refused=parked)
    return decision._replace(truncated=True) if wanted.truncated else decision


def _decide(rule: FieldRule, wanted: Travelling, present: str, base: Base | None, *, exists: bool) -> FieldDecision:
    if wanted.problem is not None:
        return FieldDecision(Outcome.SKIP, present, present, reason=wanted.problem, detail=wanted.detail)
    first_only = bool(wanted.value) and is_first_only(rule.path, wanted.value, base)
    if holds(rule.target, present, wanted.value, first_only=first_only):
        agreed = Base(wanted.value, present)
        return FieldDecision(Outcome.UNCHANGED, present, present, base=None if agreed == base else agreed)
    decision = _met(wanted, present, exists=exists) if base is None else _differing(rule, wanted.value, present, base)
    return decision._replace(first_only=True) if first_only else decision


def _met(wanted: Travelling, present: str, *, exists: bool) -> FieldDecision:
    """Decide a field on which nothing was ever agreed."""
    if not wanted.value or (wanted.stand_in and present):
        return FieldDecision(Outcome.UNCHANGED, present, present)
    rule = Rule.FIRST_MEETING if exists else Rule.NEW_PERSON
    return FieldDecision(Outcome.WRITE, present, wanted.value, rule=rule, overrules=bool(present))


def _differing(rule: FieldRule, wanted: str, present: str, base: Base) -> FieldDecision:
    edited = not same(rule.target, present, base.target)
    if same(rule.target, wanted, base.source):
        if edited:
            detail = "changed in Constant Contact; kept until Membrain's value changes"
            return FieldDecision(Outcome.SKIP, present, present, reason=Reason.KEPT_EDIT, detail=detail)
        return FieldDecision(Outcome.UNCHANGED, present, present)
    if not wanted and not rule.clear:
        return FieldDecision(Outcome.UNCHANGED, present, present)
    cause = Rule.SOURCE_CHANGED if wanted else Rule.SOURCE_CLEARED
    return FieldDecision(Outcome.WRITE, present, wanted, rule=cause, overrules=edited and bool(present))
