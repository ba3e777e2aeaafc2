"""Runs and field statistics, in SQLite."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from ccsync.state.sqlite.rows import counts_text, read_field_counts, read_run, run_row, time_text, whole_letters
from ccsync.state.values import FieldCounts, FieldReason, FieldStatistics

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ccsync.state.sqlite.database import Database
    from ccsync.state.values import RunRecord

PUT_RUN = """
INSERT INTO run (id, started, finished, result, body) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET started = excluded.started, finished = excluded.finished, result = excluded.result,
    body = excluded.body
"""

# By the order in which they were begun, which is the rowid's: the clock may have been ahead for a while.
RUNS = "SELECT id, started, finished, result, body FROM run ORDER BY rowid DESC LIMIT ?"

FIELDS = "SELECT sync, field, last_run, last_written, total, last FROM field_count ORDER BY sync, field"

PUT_FIELD = """
INSERT INTO field_count (sync, field, last_run, last_written, total, last) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (sync, field) DO UPDATE SET last_run = excluded.last_run,
    last_written = coalesce(excluded.last_written, last_written), total = excluded.total, last = excluded.last
"""

REASONS = "SELECT sync, field, reason, count, example FROM field_reason ORDER BY sync, field, count DESC, reason"

COUNT_REASON = """
INSERT INTO field_reason (sync, field, reason, count, example) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (sync, field, reason) DO UPDATE SET count = count + excluded.count, example = excluded.example
"""

_REASONS_SHOWN = 3


class SqliteHistory:
    """Runs, and what happened to each field."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put_run(self, run: RunRecord) -> None:
        """Store a run, at its start and again at its end."""
        self._database.run(PUT_RUN, run_row(run))

    def runs(self, limit: int = 100) -> list[RunRecord]:
        """Return runs, the one begun last first, whatever the clock said."""
        return [read_run(row) for row in self._database.rows(RUNS, (limit,))]

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
        written = time_text(written_at)
        named = {key for key, count in counts.items() if count != FieldCounts()}
        named |= {(sync, field) for sync, field, _ in reasons}
        with self._database.scope():
            known = self.field_statistics()
            rows = []
            for sync, field in sorted(named):
                count, before = counts.get((sync, field), FieldCounts()), known.get((sync, field))
                total = count if before is None else before.total + count
                last = count if before is None or before.last_run != run else before.last + count
                times = written if count.written else None
                rows.append((sync, field, run, times, counts_text(total), counts_text(last)))
            self._database.many(PUT_FIELD, rows)
            shown = [(*key, count, whole_letters(example)) for key, (count, example) in reasons.items()]
            self._database.many(COUNT_REASON, shown)

    def field_statistics(self) -> dict[tuple[str, str], FieldStatistics]:
        """Return the statistics by (sync, field), with the three most common reasons of all runs each."""
        reasons: dict[tuple[str, str], list[FieldReason]] = {}
        for sync, field, reason, count, example in self._database.rows(REASONS):
            reasons.setdefault((sync, field), []).append(FieldReason(reason, count, example))
        return {
            (sync, field): FieldStatistics(
                sync=sync,
                field=field,
                total=read_field_counts(total),
                last=read_field_counts(last),
                last_run=last_run,
                last_written=None if last_written is None else datetime.fromisoformat(last_written),
                reasons=tuple(reasons.get((sync, field), ())[:_REASONS_SHOWN]),
            )
            for sync, field, last_run, last_written, total, last in self._database.rows(FIELDS)
        }
