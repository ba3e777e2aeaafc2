"""What ``run --json``, ``status --json`` and ``timestamp show --json`` answer, put together from the state.

These are the forms that scripts rely on: keys may be added, none is renamed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ccsync.engine import consent_delay
from ccsync.engine.overlap import OVERLAP
from ccsync.engine.streams import STREAMS, is_marked
from ccsync.state.values import Counts, FieldCounts, FieldStatistics
from ccsync.sync.mapping import CONSENT

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from ccsync.config.model import Config, Field, Sync
    from ccsync.constant_contact.budget import BudgetState
    from ccsync.engine.options import PlanLine, RunReport
    from ccsync.state.store import Store
    from ccsync.state.values import RunRecord
    from ccsync.sync.operations import Waiting

_FOUR = ("written", "unchanged", "skipped", "failed")


def run_data(report: RunReport, *, dry_run: bool) -> dict[str, Any]:
    """Return what a run did; a dry run has its plan as well."""
    data: dict[str, Any] = {
        "run": report.id,
        "result": report.result.value,
        "dry_run": dry_run,
        "started": _iso(report.started),
        "finished": _iso(report.finished),
        **counts_data(report.counts),
        "calls": dict(report.calls),
        "syncs": [{"name": name, **counts_data(counts)} for name, counts in report.syncs.items()],
        "waiting": [
            {"sync": sync, "reason": reason, "count": count} for (sync, reason), count in report.waiting.items()
        ],
        "warnings": list(report.warnings),
        "log": None if report.log_path is None else str(report.log_path),
    }
    if dry_run:
        data["plan"] = [_plan_line(line) for line in report.plan]
    return data


def status_data(config: Config, store: Store | None, budget: BudgetState) -> dict[str, Any]:
    """Return how things stand; ``store`` is None before the first run. Only who maps consent is told of it."""
    last = _last_run(store)
    statistics = {} if store is None else store.history.field_statistics()
    maps_consent = any(field.constant_contact in CONSENT for sync in config.sync for field in sync.field)
    return {
        "account": config.account,
        "last_run": None if last is None else record_data(last),
        "next_run": None,
        "syncs": [_sync(sync, last, statistics) for sync in config.sync],
        **({"consent": _consent(store)} if maps_consent else {}),
        "timestamps": timestamp_data(store),
        "budget": {
            "limit": budget.limit,
            "used": budget.used,
            "spent": budget.spent,
            "reserved": budget.reserved,
            "resets_at": _iso(budget.resets_at),
        },
        "waiting": [] if store is None else [_waiting(one) for one in store.work.waiting()],
    }


def timestamp_data(store: Store | None) -> list[dict[str, Any]]:
    """Return how far each stream has been read, when that was noted, and from where the next run reads it.

    Null is the beginning. ``set_back`` tells that a person moved it, and that no run has read it since.
    """
    if store is None:
        return []
    stamps = store.progress.timestamps()
    set_back = {name for name in STREAMS if is_marked(store.progress, name)}
    return [
        {
            "stream": name,
            "read_up_to": _iso(stamp.read_up_to) if stamp else None,
            "next_from": _iso(stamp.read_up_to - OVERLAP) if stamp else None,
            "noted": _iso(stamp.moved_at) if stamp else None,
            "set_back": name in set_back,
        }
        for name in sorted(stamps.keys() | set_back)
        for stamp in [stamps.get(name)]
    ]


def record_data(run: RunRecord) -> dict[str, Any]:
    """Return one run of the history; ``result`` and ``finished`` are null while it is on, or when it was killed."""
    return {
        "id": run.id,
        "started": _iso(run.started),
        "finished": None if run.finished is None else _iso(run.finished),
        "result": run.result or None,
        "message": run.message,
        **counts_data(run.counts),
        "calls": dict(run.calls),
    }


def counts_data(counts: Counts) -> dict[str, int]:
    """Return counts by name."""
    return {name: getattr(counts, name) for name in Counts.__slots__}


def _last_run(store: Store | None) -> RunRecord | None:
    runs = [] if store is None else store.history.runs(limit=1)
    return runs[0] if runs else None


def _sync(sync: Sync, last: RunRecord | None, statistics: Mapping[tuple[str, str], FieldStatistics]) -> dict[str, Any]:
    counts = last.syncs.get(sync.name, Counts()) if last is not None else Counts()
    run = last.id if last is not None else ""
    return {
        "name": sync.name,
        "direction": sync.direction,
        "list": sync.list,
        **counts_data(counts),
        "fields": [_field(field, statistics.get((sync.name, field.constant_contact)), run) for field in sync.field],
    }


def _field(field: Field, found: FieldStatistics | None, run: str) -> dict[str, Any]:
    """Return one field. A run that had nothing to do with it counts nothing, whatever an earlier one did."""
    total = FieldCounts() if found is None else found.total
    last = found.last if found is not None and found.last_run == run else FieldCounts()
    seen = sum(getattr(total, name) for name in _FOUR)
    return {
        "membrain": field.membrain,
        "constant_contact": field.constant_contact,
        **{name: getattr(last, name) for name in _FOUR},
        "total": {name: getattr(total, name) for name in _FOUR},
        "share_empty": _share(total.empty, seen),
        "share_truncated": _share(total.truncated, seen),
        "last_written": None if found is None or found.last_written is None else _iso(found.last_written),
        "reasons": [
            {"reason": one.reason, "count": one.count, "example": one.example}
            for one in (() if found is None else found.reasons)
        ],
    }


def _consent(store: Store | None) -> dict[str, float | None]:
    """Return how long opt-outs took until Membrain showed them; null as long as there was none."""
    last, longest = (None, None) if store is None else consent_delay.remembered(store.progress)
    return {"last_seconds": last, "longest_seconds": longest}


def _share(part: int, whole: int) -> float | None:
    """Return a share between 0 and 1; None when nobody has been looked at."""
    return min(1.0, part / whole) if whole else None


def _waiting(waiting: Waiting) -> dict[str, Any]:
    """Return who waits; somebody without an address goes by the id in Membrain."""
    return {
        "contact": waiting.contact or waiting.membrain_id,
        "membrain_id": waiting.membrain_id,
        "sync": waiting.sync,
        "reason": str(waiting.reason),
        "since": _iso(waiting.since),
        "field": waiting.field or None,
        "detail": waiting.detail,
    }


def _plan_line(line: PlanLine) -> dict[str, Any]:
    return {
        "operation": line.operation,
        "contact": line.contact,
        "sync": line.sync,
        "fields": [{"field": name, "old": old, "new": new} for name, old, new in line.fields],
        "reason": line.reason,
        "side": line.side.value,
    }


def _iso(moment: datetime) -> str:
    """Write a moment as all of ccsync's data do: UTC, to the millisecond."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
