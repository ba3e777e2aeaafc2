"""Whether a field map is right today: names that exist, types that go together, values that fit."""

from __future__ import annotations

import dataclasses
import difflib
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from ccsync.sync.catalogue import Found, PropertyType
from ccsync.sync.custom_kinds import typed
from ccsync.sync.fields import CUSTOM_PREFIX, FieldKind, importable_phone
from ccsync.sync.mapping import raw_value, travelling_value
from ccsync.sync.masking import mask
from ccsync.sync.operations import Reason

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ccsync.sync.catalogue import Catalogue, Resolution, Scope
    from ccsync.sync.filters import Filter
    from ccsync.sync.mapping import FieldRule
    from ccsync.sync.offers import CustomField
    from ccsync.sync.records import MembrainRecord, Resource

_CLOSE = 0.85
_DATES = (FieldKind.DATE, FieldKind.MONTH_DAY, FieldKind.MOMENT)
_WITH_A_DATE = (PropertyType.DATE, PropertyType.TEXT)
_NO_PHONE = (PropertyType.DATE, PropertyType.YES_NO, PropertyType.MULTI_SELECT)


class Level(StrEnum):
    """How bad a finding is: an error has to be mended, a warning loses something, a note is worth knowing."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing about a field, or about the filter when no field is named.

    ``count`` people of ``of`` are concerned where values were looked at; ``example`` is one of those values, masked.
    """

    level: Level
    message: str
    hint: str = ""
    membrain: str = ""
    constant_contact: str = ""
    count: int | None = None
    of: int | None = None
    example: str = ""


@dataclass(slots=True)
class Measured:
    """What the values of one field come to, counted over people one at a time."""

    filled: int = 0
    truncated: int = 0
    foreign_phones: int = 0
    problems: Counter[Reason] = field(default_factory=Counter)
    examples: dict[str, tuple[str, str]] = field(default_factory=dict)

    def look(self, rule: FieldRule, raw: str) -> None:
        """Count one person's value; of a field that only travels to Membrain none is looked at."""
        if not raw or not rule.direction.fills_constant_contact:
            return
        self.filled += 1
        value = travelling_value(rule, raw)
        if value.problem is not None:
            self.problems[value.problem] += 1
            self.examples.setdefault(value.problem, (mask(raw), value.detail))
        elif value.truncated:
            self.truncated += 1
            self.examples.setdefault("truncated", (mask(raw), ""))
        elif rule.target.kind is FieldKind.PHONE and not importable_phone(value.value):
            self.foreign_phones += 1
            self.examples.setdefault("foreign", (mask(raw), ""))


def measure(
    rules: Sequence[FieldRule], people: Iterable[Mapping[Scope, MembrainRecord | None]]
) -> tuple[int, list[Measured]]:
    """Look at the values of people; return how many there were, and what was seen of each rule's field."""
    seen, count = [Measured() for _ in rules], 0
    for records in people:
        count += 1
        for rule, measured in zip(rules, seen, strict=True):
            measured.look(rule, raw_value(rule, records[rule.scope]))
    return count, seen


def typed_rule(rule: FieldRule, fields: Sequence[CustomField]) -> FieldRule:
    """Return a rule that knows the type its custom field has in Constant Contact: a date there takes only dates."""
    found = _field_of(rule.field, fields)
    if found is None:
        return rule
    target = typed(rule.target, found.type, found.choices, decimals=found.decimals, negative=found.negative)
    return dataclasses.replace(rule, target=target)


def check_filter(matcher: Filter, catalogue: Catalogue, projects: tuple[Resource, ...]) -> Iterator[Finding]:
    """Yield an error for every name of a filter that Membrain does not have, or has twice."""
    for unknown in matcher.unknown(catalogue, projects):
        hint = f"did you mean {' or '.join(unknown.suggestions)}?" if unknown.suggestions else "ccsync map fields"
        yield Finding(Level.ERROR, f"the filter asks for {unknown.name}, which Membrain does not have", hint)


def check_rule(
    rule: FieldRule, resolution: Resolution, fields: Sequence[CustomField], measured: Measured
) -> Iterator[Finding]:
    """Yield what is to be said about one field of the map; ``rule`` is a ``typed_rule``."""
    findings = [*_names(rule, resolution, fields)]
    if resolution.found is Found.YES:
        types = [*_types(rule, resolution)]
        findings += [*types, *_words(rule, resolution), *(() if types else _values(rule, measured))]
    for one in findings:
        yield dataclasses.replace(one, membrain=rule.membrain, constant_contact=rule.field)


def _names(rule: FieldRule, resolution: Resolution, fields: Sequence[CustomField]) -> Iterator[Finding]:
    if resolution.found is Found.AMBIGUOUS:
        ids = " or ".join(resolution.suggestions)
        yield Finding(Level.ERROR, "two custom fields of Membrain have this name", f"write one by its id: {ids}")
    elif resolution.found is Found.UNKNOWN:
        close = f"did you mean {' or '.join(resolution.suggestions)}?" if resolution.suggestions else ""
        yield Finding(Level.ERROR, "Membrain does not have this field", close or "ccsync map fields")
    if not rule.field.startswith(CUSTOM_PREFIX) or _field_of(rule.field, fields) is not None:
        return
    label = rule.field.removeprefix(CUSTOM_PREFIX)
    close_labels = difflib.get_close_matches(label, [one.label for one in fields], n=1, cutoff=_CLOSE)
    if not rule.direction.fills_constant_contact:
        hint = f"did you mean {CUSTOM_PREFIX}{close_labels[0]}?" if close_labels else "ccsync map fields"
        yield Finding(Level.ERROR, "Constant Contact has no such custom field, and nothing fills it there", hint)
    elif close_labels:
        hint = f"did you mean {CUSTOM_PREFIX}{close_labels[0]}?"
        yield Finding(Level.WARNING, "Constant Contact has no such custom field: the next run makes it", hint)
    else:
        yield Finding(Level.NOTE, "Constant Contact has no such custom field yet: the next run makes it")


def _field_of(right: str, fields: Sequence[CustomField]) -> CustomField | None:
    """Return the custom field that a run would take: letter for letter, else without regard to case."""
    label = right.removeprefix(CUSTOM_PREFIX) if right.startswith(CUSTOM_PREFIX) else None
    alike = [one for one in fields if label is not None and one.label.casefold() == label.casefold()]
    return next((one for one in alike if one.label == label), alike[0] if alike else None)


def _types(rule: FieldRule, resolution: Resolution) -> Iterator[Finding]:
    kind, what = rule.target.kind, resolution.type
    said = what.value.replace("_", " ")
    message = f"a {said} can never be the {{}} that {rule.field} takes"
    if kind in _DATES and what not in _WITH_A_DATE:
        yield Finding(Level.ERROR, message.format("date"), "ccsync map fields")
    elif kind in (FieldKind.PHONE, FieldKind.COUNTRY) and what in _NO_PHONE:
        yield Finding(Level.ERROR, message.format(kind.value), "ccsync map fields")


def _words(rule: FieldRule, resolution: Resolution) -> Iterator[Finding]:
    """Doubt words of the value table that are no choice of a select."""
    options = {label for one in resolution.properties.values() for _, label in one.options}
    if not options or resolution.type is PropertyType.MULTI_SELECT:
        return
    for word in rule.values:
        if word not in options:
            close = difflib.get_close_matches(word, options, n=1)
            hint = f'did you mean "{close[0]}"?' if close else "its choices: " + ", ".join(sorted(options))
            yield Finding(Level.WARNING, f'"{word}" in values is no choice of this field in Membrain', hint)


def _values(rule: FieldRule, measured: Measured) -> Iterator[Finding]:
    def finding(level: Level, count: int, example: str, message: str, hint: str = "") -> Finding:
        shown, detail = measured.examples[example]
        said = f"{message} ({detail})" if detail and example == Reason.TOO_LONG else message
        return Finding(level, said, hint, count=count, of=measured.filled, example=shown)

    if count := measured.problems[Reason.TOO_LONG]:
        message = "would be too long today, and keep the old value"
        yield finding(Level.WARNING, count, Reason.TOO_LONG, message, 'when_too_long = "truncate" cuts them')
    if count := measured.problems[Reason.BAD_VALUE]:
        wanted = "no date" if rule.target.kind in _DATES else "no value for this field"
        yield finding(Level.WARNING, count, Reason.BAD_VALUE, f"are {wanted}, and would not travel")
    if count := measured.truncated:
        yield finding(Level.NOTE, count, "truncated", "would be cut short today")
    if count := measured.foreign_phones:
        message = "are no North American numbers: two calls each, outside the imports"
        yield finding(Level.NOTE, count, "foreign", message, "a custom field takes any number as text")
