"""Trying a filter before it decides about anybody: who matches, and which of its clauses narrows how much."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ccsync.config.checks.filters import point_at
from ccsync.engine.rules import kinds_of_project, rules_of
from ccsync.errors import UsageError
from ccsync.sync.catalogue import Scope
from ccsync.sync.filter_text import clauses
from ccsync.sync.filters import Filter, FilterFailed, FilterSyntaxError, compile_filter
from ccsync.sync.operations import Reason
from ccsync.sync.records import Resource, email_key

if TYPE_CHECKING:
    from ccsync.config.model import Sync
    from ccsync.engine.survey import Records, Survey
    from ccsync.sync.catalogue import Catalogue
    from ccsync.sync.records import MembrainRecord

SHOWN = 10
LEFT_OUT = (Reason.NO_EMAIL, Reason.USER_OF_MEMBRAIN, Reason.DUPLICATE_ADDRESS)


@dataclass(slots=True)
class _Count:
    """One expression and how many match it; ``failed`` are those it has no answer for."""

    matcher: Filter
    matches: int = 0
    failed: int = 0
    why: str = ""

    def asks(self, records: Records, catalogue: Catalogue) -> bool:
        contact = records[Scope.CONTACT]
        try:
            found = contact is not None and self.matcher.matches(
                contact, records[Scope.COMPANY], records[Scope.PROJECT], catalogue
            )
        except FilterFailed as failure:
            self.failed += 1
            self.why = self.why or failure.detail
            return False
        self.matches += found
        return found


@dataclass(slots=True)
class _Trial:
    """Everybody, counted."""

    whole: _Count
    clauses: list[_Count]
    people: int = 0
    left_out: Counter[Reason] = field(default_factory=Counter)
    addresses: set[int] = field(default_factory=set)
    shown: list[dict[str, str]] = field(default_factory=list)


def try_filter(survey: Survey, sync: Sync, expression: str) -> dict[str, Any]:
    """Count who matches an expression, with the companies and projects that a sync looks at.

    UsageError that points at the place when the expression is wrong.
    """
    whole = _compiled(expression)
    parts = clauses(expression) if expression.strip() else ()
    trial = _Trial(_Count(whole), [_Count(compile_filter(part)) for part in parts] if len(parts) > 1 else [])
    catalogue: Catalogue | None = None
    ids, addresses = survey.membrain_users()
    for records in survey.everybody(rules_of(sync, whole)):
        contact = records[Scope.CONTACT]
        if contact is None:
            continue
        catalogue = catalogue or survey.known_catalogue()
        trial.people += 1
        for clause in trial.clauses:
            clause.asks(records, catalogue)
        if trial.whole.asks(records, catalogue):
            _sort(trial, contact, is_user=contact.id in ids or email_key(contact.email) in addresses)
    return _data(survey, sync, trial)


def _compiled(expression: str) -> Filter:
    try:
        return compile_filter(expression)
    except FilterSyntaxError as error:
        picture = point_at(expression, min(max(error.offset, 0), len(expression)))
        hint = """ccsync map filter --try 'contact.custom["Newsletter"] == "Yes"'"""
        raise UsageError(f"the filter is no CEL expression: {error.message}\n{picture}", hint=hint) from error


def _sort(trial: _Trial, contact: MembrainRecord, *, is_user: bool) -> None:
    """Tell apart, among those who match, who would take part."""
    mark = hash(email_key(contact.email))
    if is_user:
        trial.left_out[Reason.USER_OF_MEMBRAIN] += 1
    elif not contact.email:
        trial.left_out[Reason.NO_EMAIL] += 1
    elif mark in trial.addresses:
        trial.left_out[Reason.DUPLICATE_ADDRESS] += 1
    else:
        trial.addresses.add(mark)
    if not is_user and contact.email and len(trial.shown) < SHOWN:
        trial.shown.append({"name": contact.values.get("Name", ""), "email": contact.email})


def _data(survey: Survey, sync: Sync, trial: _Trial) -> dict[str, Any]:
    whole = trial.whole
    basis = survey.bases[Resource.CONTACTS]
    unknown = whole.matcher.unknown(survey.known_catalogue(), kinds_of_project(sync))
    return {
        "expression": whole.matcher.expression,
        "sync": sync.name,
        "people": trial.people,
        "matches": whole.matches,
        "take_part": whole.matches - trial.left_out.total(),
        "left_out": {reason.value: trial.left_out[reason] for reason in LEFT_OUT},
        "failed": whole.failed,
        "failure": whole.why,
        "clauses": [
            {"expression": one.matcher.expression, "matches": one.matches, "failed": one.failed}
            for one in trial.clauses
        ],
        "unknown": [{"name": one.name, "suggestions": list(one.suggestions)} for one in unknown],
        "shown": trial.shown,
        "source": "mirror" if basis.read_up_to else "live",
        "read_up_to": basis.read_up_to.isoformat() if basis.read_up_to else None,
    }
