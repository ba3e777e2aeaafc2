"""What takes two values to see: keys that exclude each other, syncs that would fight, fields mapped twice.

The checks look at the tables as they stand in the file, so that one wrong value does not hide other mistakes: a
table that is wrong by itself is reported elsewhere and left out here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccsync.config.checks.fields import fields_within
from ccsync.config.checks.filters import CompileFilter, filters
from ccsync.config.checks.notify import notify_alone, notify_warnings
from ccsync.config.checks.reading import syncs_in
from ccsync.config.checks.syncs import syncs_together
from ccsync.config.checks.tables import budget_warnings, tables_alone

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ccsync.config.source import Document
    from ccsync.errors import Problem

__all__ = ["CompileFilter", "mistakes", "warnings"]


def mistakes(document: Document, compile_filter: CompileFilter | None) -> Iterator[Problem]:
    """Yield every mistake that only shows when values are seen together; filters only with ``compile_filter``."""
    yield from tables_alone(document)
    yield from notify_alone(document)
    syncs = syncs_in(document.tables)
    for sync in syncs:
        yield from fields_within(sync, document.lines)
    yield from syncs_together(syncs, document.lines)
    if compile_filter is not None:
        yield from filters(syncs, document.lines, compile_filter)


def warnings(document: Document) -> Iterator[Problem]:
    """Yield what works, and probably not as it was meant."""
    yield from budget_warnings(document)
    yield from notify_warnings(document)
