"""The filters, compiled when the file is read, so that a mistake shows before anything runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from ccsync.config.lines import Lines, spell
from ccsync.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ccsync.config.checks.reading import SyncEntry

_WIDEST = 70  # characters of the expression shown around a mistake


class CompileFilter(Protocol):
    """Compiles a CEL expression; a ``FilterSyntaxError`` says what is wrong and at which character."""

    def __call__(self, expression: str, /) -> object:
        """Return the compiled filter, which is not used here."""
        ...


def filters(syncs: tuple[SyncEntry, ...], lines: Lines, compile_filter: CompileFilter) -> Iterator[Problem]:
    """Yield a problem for every filter that does not compile, with a caret under the place."""
    filtered = [sync for sync in syncs if sync.filter.strip()]
    if not filtered:
        return
    from ccsync.sync.filters import FilterSyntaxError  # noqa: PLC0415 - a file without filters needs no CEL

    for sync in filtered:
        try:
            compile_filter(sync.filter)
        except FilterSyntaxError as error:
            path = (*sync.path, "filter")
            offset = min(max(error.offset, 0), len(sync.filter))
            line = lines.inside(path, sync.filter.count("\n", 0, offset))
            hint = 'the filter is a CEL expression, for example: contact.custom["Newsletter"] == "Yes"'
            yield Problem(spell(path), line, f"{error.message}\n{point_at(sync.filter, offset)}", hint)


def point_at(expression: str, offset: int) -> str:
    """Show the line of an expression that holds a character, and a caret under that character."""
    start = expression.rfind("\n", 0, offset) + 1
    end = expression.find("\n", offset)
    line = expression[start : end if end >= 0 else len(expression)].replace("\t", " ")
    column = offset - start
    first = max(0, column - _WIDEST // 2) if len(line) > _WIDEST else 0
    return f"    {line[first : first + _WIDEST]}\n    {' ' * (column - first)}^"
