"""Runs and field statistics, in memory."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ccsync.state.values import FieldCounts, FieldReason, FieldStatistics

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from ccsync.state.memory.tables import Tables
    from ccsync.state.values import RunRecord

_REASONS_SHOWN = 3


class MemoryHistory:
    """Runs, and what happened to each field."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def put_run(self, run: RunRecord) -> None:
        """Store a run, at its start and again at its end."""
        self._tables.runs[run.id] = replace(run, syncs=dict(run.syncs), calls=dict(run.calls))

    def runs(self, limit: int = 100) -> list[RunRecord]:
        """Return runs, the one begun last first, whatever the clock said."""
        return list(self._tables.runs.values())[: -limit - 1 : -1]

    def count_fields(
        self,
        run: str,
        counts: Mapping[tuple[str, str], FieldCounts],
        reasons: Mapping[tuple[str, str, str], tuple[int, str]],
        written_at: datetime,
    ) -> None:
        """Add a run's counts by (sync, field), and its reasons by (sync, field, reason) with an example.

        A field whose counts are all zero, and that no reason names, had nothing to do with the run.
        """
        named = {key for key, count in counts.items() if count != FieldCounts()}
        for sync, field in named | {(sync, field) for sync, field, _ in reasons}:
            unknown = FieldStatistics(sync, field, FieldCounts(), FieldCounts(), run, None)
            before = self._tables.fields.get((sync, field), unknown)
            count = counts.get((sync, field), FieldCounts())
            self._tables.fields[sync, field] = replace(
                before,
                total=before.total + count,
                last=before.last + count if before.last_run == run else count,
                last_run=run,
                last_written=written_at if count.written else before.last_written,
            )
        for key, (count_of_reason, example) in reasons.items():
            known, _ = self._tables.reasons.get(key, (0, ""))
            self._tables.reasons[key] = (known + count_of_reason, example)

    def field_statistics(self) -> dict[tuple[str, str], FieldStatistics]:
        """Return the statistics by (sync, field), with the three most common reasons of all runs each."""
        reasons: dict[tuple[str, str], list[FieldReason]] = {}
        for (sync, field, reason), (count, example) in self._tables.reasons.items():
            reasons.setdefault((sync, field), []).append(FieldReason(reason, count, example))
        return {
            key: replace(self._tables.fields[key], reasons=_most_common(reasons.get(key, [])))
            for key in sorted(self._tables.fields)
        }


def _most_common(reasons: list[FieldReason]) -> tuple[FieldReason, ...]:
    return tuple(sorted(reasons, key=lambda reason: (-reason.count, reason.reason))[:_REASONS_SHOWN])
