"""One field of one person: the three-way comparison of Membrain's value, Constant Contact's and their base.

``decide`` answers for a field that travels one way or the other, or both; what differs is who may be overwritten.
"""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

from ccsync.sync.fields import same
from ccsync.sync.mapping import (
    COMPANY_NAME,
    FULL_NAME,
    Conflict,
    Direction,
    Side,
    holds,
    is_first_only,
    travelling_value,
)
from ccsync.sync.names import completed, says_less, stands_there
from ccsync.sync.operations import FieldChange, Reason, Wait, fingerprint, standing_apart
from ccsync.sync.records import Base
from ccsync.sync.returning import returning_value, settled

if TYPE_CHECKING:
    from collections.abc import Mapping

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


class Dispute(NamedTuple):
    """How a field is decided that both sides changed: the rule, and which side changed last, where that is known."""

    conflict: Conflict = Conflict.MEMBRAIN
    newer: Side | None = None

    @property
    def winner(self) -> Side:
        """The side whose value counts; Membrain's when nobody knows which is newer."""
        if self.conflict is Conflict.NEWEST:
            return self.newer or Side.MEMBRAIN
        return Side.CONSTANT_CONTACT if self.conflict is Conflict.CONSTANT_CONTACT else Side.MEMBRAIN


class FieldDecision(NamedTuple):
    """What becomes of one field, and why.

    ``old`` and ``new`` are the values of the side that is written, ``towards``. ``base`` is set when both sides agree
    without a write. ``refused`` marks what is not tried again. ``overrules`` tells that a value which somebody typed
    loses, ``truncated`` that Membrain's was cut to fit, ``first_only`` that a name of one word leaves the last name as
    it is. ``settles`` is what both will have agreed on, in Membrain's words, when a value has arrived there.
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
    towards: Side = Side.CONSTANT_CONTACT
    settles: str = ""


class FieldOutcome(NamedTuple):
    """What becomes of one field of one person in one sync; ``present`` is what Constant Contact holds."""

    sync: str
    rule: FieldRule
    decision: FieldDecision
    present: str = ""

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
            name=self.rule.name if decision.towards is Side.MEMBRAIN else "",
            seen=self.present if decision.towards is Side.MEMBRAIN else "",
            settles=decision.settles,
        )

    def wait(self) -> Wait | None:
        """Return why the field is left as it is, if there is a reason to tell."""
        decision = self.decision
        if decision.reason is None:
            return None
        return Wait(self.sync, decision.reason, decision.detail, self.rule.field, decision.refused)


MEMBRAIN_WINS = Dispute()

NOT_EMPTIED = "emptied in Constant Contact; Membrain takes nobody without it"

_MANDATORY: Final[Mapping[str, Reason]] = MappingProxyType(
    {"contact.Name": Reason.NO_NAME, COMPANY_NAME: Reason.NO_COMPANY}
)
"""What Membrain's own integration takes nobody without (its help page), and so is never emptied there."""


def decide(
    rule: FieldRule,
    raw: str,
    present: str,
    base: Base | None,
    *,
    exists: bool = True,
    parked: str = "",
    dispute: Dispute = MEMBRAIN_WINS,
    last_only: bool = False,
) -> FieldDecision:
    """Decide one field of which Membrain holds ``raw`` and Constant Contact holds ``present``.

    A value travels when it is new since the base, and only the way that the rule allows. What somebody edited on the
    side that a one-way field is written to stays until the other side's value changes. A blank travels only where the
    rule clears, and only when it *became* blank; a name of one word takes away no last name; a default overrules no
    value that was there before. Where both sides changed a field that travels both ways, ``dispute`` decides.
    ``parked`` marks what was refused before: just that is not tried again. ``last_only`` tells that ``present`` is a
    last name without a first one: it changes no first name.
    """
    if base is not None and raw == base.source and present == base.target and not rule.values and not rule.default:
        # Nothing has moved, and what was sent once is sent as it is: nearly every field of nearly everybody.
        return FieldDecision(Outcome.UNCHANGED, present, present)
    if rule.direction is Direction.TO_CONSTANT_CONTACT:
        wanted = travelling_value(rule, raw)
        decision = _decide(rule, wanted, present, base, exists=exists)
        decision = decision._replace(truncated=True) if wanted.truncated else decision
    elif rule.direction is Direction.TO_MEMBRAIN:
        decision = _back(rule, raw, present, base, last_only=last_only)
    else:
        decision = _both(rule, raw, present, base, exists=exists, dispute=dispute, last_only=last_only)
    if decision.first_only and stands_there(decision.new, present, last_only=last_only):
        agreed = Base(in_membrain(rule, raw), present)
        return FieldDecision(Outcome.UNCHANGED, present, present, base=None if agreed == base else agreed)
    tried, _ = standing_apart(parked)
    if parked and decision.outcome is Outcome.WRITE and tried == refusal(decision.towards, decision.new, decision.old):
        held = decision.old
        return FieldDecision(Outcome.SKIP, held, held, reason=Reason.REFUSED, detail="refused as it is", refused=parked)
    return decision


def refusal(towards: Side, new: str, old: str) -> str:
    """Return the mark of a value that a side did not take: just that is not tried again."""
    return fingerprint(new, old) if towards is Side.CONSTANT_CONTACT else fingerprint(towards, new, old)


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


def _back(rule: FieldRule, raw: str, present: str, base: Base | None, *, last_only: bool) -> FieldDecision:
    """Decide a field that travels to Membrain only."""
    if settled(rule, raw, present):
        agreed = Base(raw, present)
        return FieldDecision(Outcome.UNCHANGED, raw, raw, base=None if agreed == base else agreed)
    if base is None:
        return _to_membrain(rule, raw, present, Rule.FIRST_MEETING, overrules=True, last_only=last_only)
    edited = not same(rule.target, raw, base.source)
    if same(rule.target, present, base.target):
        if edited:
            detail = "changed in Membrain; kept until Constant Contact's value changes"
            return FieldDecision(Outcome.SKIP, raw, raw, reason=Reason.KEPT_EDIT, detail=detail)
        return FieldDecision(Outcome.UNCHANGED, raw, raw)
    return _to_membrain(rule, raw, present, Rule.SOURCE_CHANGED, overrules=edited, last_only=last_only)


def _to_membrain(
    rule: FieldRule, raw: str, present: str, cause: Rule, *, overrules: bool, last_only: bool
) -> FieldDecision:
    """Send Constant Contact's value to Membrain, unless it says less than what is there or cannot be carried."""
    if not rule.name or (not present and (cause is Rule.FIRST_MEETING or not rule.clear)):
        return FieldDecision(Outcome.UNCHANGED, raw, raw)
    if not present and rule.membrain in _MANDATORY:
        return FieldDecision(Outcome.SKIP, raw, raw, reason=_MANDATORY[rule.membrain], detail=NOT_EMPTIED)
    if _is_less(rule, present, raw, last_only=last_only):
        return FieldDecision(Outcome.UNCHANGED, raw, raw)
    name = completed(present, raw, last_only=last_only) if rule.path == FULL_NAME else present
    wanted = returning_value(rule, name)
    if wanted.problem is not None:
        return FieldDecision(Outcome.SKIP, raw, raw, reason=wanted.problem, detail=wanted.detail)
    if wanted.stand_in:
        return FieldDecision(Outcome.UNCHANGED, raw, raw)
    return FieldDecision(
        Outcome.WRITE,
        raw,
        wanted.value,
        rule=cause if present else Rule.SOURCE_CLEARED,
        overrules=overrules and bool(raw),
        towards=Side.MEMBRAIN,
        settles=in_membrain(rule, wanted.value),
    )


def _is_less(rule: FieldRule, name: str, than: str, *, last_only: bool = False) -> bool:
    """Tell whether a part of a name says nothing beside the other name."""
    return rule.path == FULL_NAME and bool(name) and says_less(name, than, last_only=last_only)


def in_membrain(rule: FieldRule, raw: str) -> str:
    """Return Membrain's value as a base has it: in Constant Contact's words, where it travels there as well."""
    if not rule.direction.fills_constant_contact:
        return raw
    wanted = travelling_value(rule, raw)
    return raw if wanted.problem is not None else wanted.value


def _both(
    rule: FieldRule, raw: str, present: str, base: Base | None, *, exists: bool, dispute: Dispute, last_only: bool
) -> FieldDecision:
    """Decide a field that travels both ways."""
    mine = in_membrain(rule, raw)
    if mine and not raw and not present and not (base and same(rule.target, mine, base.source)):
        cause = Rule.SOURCE_CHANGED if base else Rule.FIRST_MEETING if exists else Rule.NEW_PERSON
        return _to_constant_contact(rule, raw, present, cause, base, overrules=False)  # the default fills what is empty
    moved = base is None or not same(rule.target, present, base.target)
    if settled(rule, raw, present) or (not moved and base is not None and same(rule.target, mine, base.source)):
        agreed = Base(mine, present)
        return FieldDecision(Outcome.UNCHANGED, present, present, base=None if agreed == base else agreed)
    if base is None:
        out, back = bool(raw if present else mine), bool(present)  # a default stands in for nothing that is there
        cause = Rule.FIRST_MEETING if exists else Rule.NEW_PERSON
    else:
        out, back = not same(rule.target, mine, base.source), moved
        cause = Rule.SOURCE_CHANGED
        if out and back and not rule.clear:  # an emptied value decides nothing
            out, back = bool(raw), bool(present)
    disputed = out and back
    if disputed:
        says_nothing = _is_less(rule, present, mine, last_only=last_only)
        membrain_says_more = says_nothing or returning_value(rule, present).stand_in
        out = membrain_says_more or (dispute.winner is Side.MEMBRAIN and not _is_less(rule, mine, present))
    if out:
        return _to_constant_contact(rule, raw, present, cause, base, overrules=disputed)
    return _to_membrain(rule, raw, present, cause, overrules=disputed, last_only=last_only)


def _to_constant_contact(
    rule: FieldRule, raw: str, present: str, cause: Rule, base: Base | None, *, overrules: bool
) -> FieldDecision:
    """Send Membrain's value to Constant Contact, unless it is blank where that does not count or cannot be carried."""
    wanted = travelling_value(rule, raw)
    if wanted.problem is not None:
        return FieldDecision(Outcome.SKIP, present, present, reason=wanted.problem, detail=wanted.detail)
    if not wanted.value and (cause is not Rule.SOURCE_CHANGED or not rule.clear):
        return FieldDecision(Outcome.UNCHANGED, present, present)
    return FieldDecision(
        Outcome.WRITE,
        present,
        wanted.value,
        rule=cause if wanted.value else Rule.SOURCE_CLEARED,
        overrules=overrules and bool(present),
        truncated=wanted.truncated,
        first_only=bool(wanted.value) and is_first_only(rule.path, wanted.value, base),
    )
