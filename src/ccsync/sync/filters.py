"""Filters: which of Membrain's contacts take part, as a CEL expression over contact, company and project.

The package raises on keys that are not there, on null members and on text compared with numbers. So every name that a
filter uses is filled in before it is asked, with the type that the catalogue gives it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ccsync.sync.catalogue import Catalogue, Found, Property, PropertyType, Scope
from ccsync.sync.filter_text import FilterSyntaxError, Name, cel_spelling, read_filter, whole_name
from ccsync.sync.records import Resource

if TYPE_CHECKING:
    from cel import Program

    from ccsync.sync.records import MembrainRecord

__all__ = ["Filter", "FilterFailed", "FilterSyntaxError", "Name", "UnknownName", "compile_filter"]

MAX_LENGTH = 10_000
LABELS_JOINED_BY = "; "
_PROJECTS = tuple(resource for resource in Resource if resource.is_project)
_COMPLAINT = re.compile(r"ERROR: <input>:(\d+):(\d+): (.*)")
_UNREADABLE = "Syntax error: token recognition error at: "


class FilterFailed(Exception):  # noqa: N818 - a state of one person, who is held, not a fault of the program
    """A filter has no answer for a person; ``detail`` says why."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


@dataclass(frozen=True, slots=True)
class UnknownName:
    """A name that the catalogue does not have, as the filter spells it, and what it may have meant."""

    name: str
    suggestions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Filter:
    """A compiled filter. In it, unset texts are empty, unset numbers and dates null, and an unset yes/no is false.

    Numbers are doubles, which CEL compares with whole numbers as well; a multi-select is a list of labels; a company or
    project without a member is its id, and empty when there is none.
    """

    expression: str
    names: frozenset[Name] = frozenset()
    whole: frozenset[Scope] = frozenset()
    _program: Program | None = field(default=None, repr=False, compare=False)
    _ordered: tuple[Name, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_ordered", tuple(sorted(self.names)))

    def uses(self, scope: Scope | str) -> bool:
        """Tell whether the filter asks for anything of a scope."""
        return scope in self.whole or any(name.scope == scope for name in self.names)

    def unknown(self, catalogue: Catalogue, projects: tuple[Resource, ...]) -> tuple[UnknownName, ...]:
        """Return the names that the catalogue does not have, or has twice, in the order of the alphabet."""
        resolutions = ((name, catalogue.resolve(name.path, projects)) for name in self._ordered)
        return tuple(
            UnknownName(str(name), tuple(map(cel_spelling, resolution.suggestions)))
            for name, resolution in resolutions
            if resolution.found is not Found.YES
        )

    def matches(
        self,
        contact: MembrainRecord,
        company: MembrainRecord | None,
        project: MembrainRecord | None,
        catalogue: Catalogue,
    ) -> bool:
        """Tell whether a contact takes part; FilterFailed when the expression has no answer for it."""
        if self._program is None:
            return True
        records = {Scope.CONTACT: contact, Scope.COMPANY: company, Scope.PROJECT: project}
        context: dict[str, Any] = {}
        for scope in self.whole:
            record = records[scope]
            context[whole_name(scope)] = record.id if record else ""
        unset = []
        for name in self._ordered:
            value = _value(name, records[name.scope], catalogue)
            members = context.setdefault(name.scope.value, {"custom": {}})
            (members["custom"] if name.custom else members)[name.name] = value
            if value is None:
                unset.append(str(name))
        return _evaluate(self._program, context, unset)


def compile_filter(expression: str) -> Filter:
    """Compile an expression; a blank one takes everybody. FilterSyntaxError says what is wrong, and where."""
    if not expression.strip():
        return Filter(expression)
    if len(expression) > MAX_LENGTH:
        message = f"a filter of {len(expression):,} characters is too long, {MAX_LENGTH:,} fit"
        raise FilterSyntaxError(message, MAX_LENGTH)
    import cel  # noqa: PLC0415 - slow to import, and many configurations have no filter

    try:
        cel.compile(expression)
    except ValueError as error:
        raise _syntax_error(str(error), expression) from error
    reading = read_filter(expression, cel.evaluate)
    return Filter(expression, reading.names, reading.whole, cel.compile(reading.expression))


def _evaluate(program: Program, context: dict[str, Any], unset: list[str]) -> bool:
    try:
        answer = program.execute(context)
    except Exception as error:
        detail = str(error).split(". ")[0].splitlines()[0].rstrip(".")
        if unset:
            detail += f" (not set: {', '.join(unset)})"
        raise FilterFailed(detail) from error
    if not isinstance(answer, bool):
        raise FilterFailed(f"the filter gives {answer!r:.50}, which is neither true nor false")
    return answer


def _value(name: Name, record: MembrainRecord | None, catalogue: Catalogue) -> object:
    found = _property(name, record, catalogue)
    api_name = found.name if found else "" if name.custom else name.name
    text = record.values.get(api_name, "") if record else ""
    try:
        return _typed(text, found.type if found else PropertyType.TEXT)
    except ValueError as error:
        raise FilterFailed(f'{name} is "{text[:50]}", which is no {error}') from error


def _property(name: Name, record: MembrainRecord | None, catalogue: Catalogue) -> Property | None:
    """Return the property that a name means in a record; without one, what it would mean, for the sake of its type."""
    if record is not None:
        found = catalogue.named(record.resource, name.name, custom=name.custom)
        if len(found) > 1:
            raise FilterFailed(f"{name} is the name of {len(found)} custom fields")
        if found:
            return found[0]
    for resource in name.scope.resources(_PROJECTS):
        if others := catalogue.named(resource, name.name, custom=name.custom):
            return others[0]
    return None


def _typed(text: str, kind: PropertyType) -> object:
    """Return a value as the filter sees it; ValueError names the type that the text is not of."""
    match kind:
        case PropertyType.NUMBER:
            return _number(text) if text else None
        case PropertyType.DATE:
            return _moment(text) if text else None
        case PropertyType.YES_NO:
            if text not in ("", "true", "false"):
                raise ValueError("yes or no")
            return text == "true"
        case PropertyType.MULTI_SELECT:
            return text.split(LABELS_JOINED_BY) if text else []
        case _:
            return text


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError("number") from None


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("date") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _syntax_error(complaints: str, expression: str) -> FilterSyntaxError:
    found = _COMPLAINT.findall(complaints)
    if not found:
        return FilterSyntaxError("this is no CEL expression", 0)
    line, column, text = next((one for one in found if one[2].startswith("Syntax error")), found[0])
    start = sum(len(one) + 1 for one in expression.split("\n")[: int(line) - 1])
    return FilterSyntaxError(_in_words(text), min(start + int(column) - 1, len(expression)))


def _in_words(complaint: str) -> str:
    """Say what the parser means without its list of tokens that it would have liked."""
    if complaint.startswith(_UNREADABLE):
        piece = complaint.removeprefix(_UNREADABLE)
        hint = "; to compare, write ==" if piece.startswith("'=") else ""
        return f"{piece.strip()} cannot stand here{hint}"
    if "'<EOF>'" in complaint:
        return "something is missing here"
    if "Recursion limit" in complaint:
        return "this is nested too deeply"
    piece = complaint.removeprefix("Syntax error: ").split(" expecting ")[0]
    for words in ("no viable alternative at input ", "extraneous input ", "mismatched input "):
        piece = piece.replace(words, "unexpected ")
    return piece
