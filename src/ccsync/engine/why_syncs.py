"""One person in one sync: each field, what waits, and what the next run does, as ``ccsync why`` tells it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ccsync.sync.catalogue import Scope
from ccsync.sync.mapping import Direction, Side, present_at, raw_value
from ccsync.sync.operations import Operation

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ccsync.engine.why import One
    from ccsync.sync.mapping import SyncRules
    from ccsync.sync.merge import FieldOutcome
    from ccsync.sync.operations import FieldChange, Waiting
    from ccsync.sync.subject import Decision

_WITH_VALUES = (Operation.CREATE, Operation.UPDATE, Operation.CONSENT)


def fields_data(one: One, sync: SyncRules) -> list[dict[str, Any]]:
    """Return both sides' values of each mapped field, the base, and what the planner makes of them.

    ``outcome`` is ``write``, ``unchanged``, ``skip``, or ``not-compared`` for who takes no part.
    """
    outcomes = {outcome.rule.path: outcome for outcome in one.decision.fields}
    records = one.subject.surroundings.records_for(one.record, sync) if one.subject and one.record else {}
    bases = one.subject.bases if one.subject and one.contact is one.subject.linked else {}
    found = []
    for rule in sync.fields:
        outcome, base = outcomes.get(rule.path), bases.get(rule.path)
        if rule.membrain == "contact.EmailAddress" and outcome is None:
            continue
        found.append(
            {
                "membrain": rule.membrain,
                "constant_contact": rule.field,
                "direction": Direction(rule.direction).value,
                "in_membrain": raw_value(rule, records.get(Scope(rule.scope))),
                "in_constant_contact": present_at(rule.path, one.contact),
                "base": None if base is None else {"membrain": base.source, "constant_contact": base.target},
                **_outcome(outcome),
            }
        )
    return found


def _outcome(outcome: FieldOutcome | None) -> dict[str, Any]:
    if outcome is None:
        return {"outcome": "not-compared", "rule": "", "towards": "", "new": "", "reason": "", "detail": ""}
    decision = outcome.decision
    return {
        "outcome": decision.outcome.value,
        "rule": decision.rule.value if decision.rule else "",
        "towards": decision.towards.value if decision.rule else "",
        "new": decision.new,
        "reason": decision.reason.value if decision.reason else "",
        "detail": decision.detail,
    }


def waiting_data(decision: Decision, known: Sequence[Waiting], sync: str) -> list[dict[str, Any]]:
    """Return why the person, or a field of theirs, is left as it is; ``since`` is None when it is new.

    What the state knows and the planner does not say any more is gone with the next run: it is left out, except what a
    service refused.
    """
    since = {(one.field, one.reason): one for one in known if one.sync == sync}
    found = [(one.field, one.reason, one.detail) for one in decision.waits if one.sync == sync]
    said = {(field, reason) for field, reason, _ in found}
    found += [(one.field, one.reason, one.detail) for key, one in since.items() if one.fingerprint and key not in said]
    return [
        {
            "field": field,
            "reason": reason.value,
            "detail": detail,
            "since": since[field, reason].since.isoformat() if (field, reason) in since else None,
        }
        for field, reason, detail in found
    ]


def next_data(decision: Decision, known: Sequence[Waiting], sync: str) -> list[dict[str, Any]]:
    """Return what the next run does with the person in one sync, step by step; not what was refused before."""
    refused = {one.fingerprint.partition("/")[0] for one in known if one.fingerprint and not one.field}
    return [step for step in _steps(decision, refused) if step["sync"] == sync]


def _steps(decision: Decision, refused: set[str]) -> Iterator[dict[str, Any]]:
    intent = decision.intent
    if intent is not None:
        marks = {part.mark for importable in (True, False) for part in intent.parts(importable=importable)}
        if not marks & refused:
            for operation, sync in intent.operations:
                changes = [one for one in intent.changes if one.sync == sync]
                yield _step(operation, sync, Side.CONSTANT_CONTACT, changes)
    for inward in decision.inward:
        if inward.mark not in refused:
            for operation, sync in inward.operations:
                changes = [one for one in inward.changes if one.sync == sync or operation is Operation.CREATE]
                yield _step(operation, sync, Side.MEMBRAIN, changes)


def _step(operation: Operation, sync: str, side: Side, changes: Sequence[FieldChange]) -> dict[str, Any]:
    shown = changes if operation in _WITH_VALUES else []
    fields = [
        {"field": one.membrain if side is Side.MEMBRAIN else one.field, "old": one.old, "new": one.new} for one in shown
    ]
    return {"operation": operation.value, "sync": sync, "side": side.value, "fields": fields}
