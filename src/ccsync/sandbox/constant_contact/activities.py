"""Bulk activities: queued when posted, carried out when their time has come, listed for ten days."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from ccsync.sandbox.constant_contact import errors
from ccsync.sandbox.constant_contact.times import stamp_at

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Mapping

    from ccsync.sandbox.constant_contact.calls import Desk

KEPT_SECONDS = 10 * 86_400
FATES = {"stuck_activity": "stuck", "failed_activity": "failed", "timed_out_activity": "timed_out"}
SERVICE = "constant-contact"
STATES = ("processing", "completed", "cancelled", "failed", "timed_out")


class FaultSource(Protocol):
    """Where injected faults come from."""

    def take(self, kind: str, service: str, method: str, path: str) -> object | None:
        """Return the fault that strikes this request, or None."""
        ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an activity has done: its counters and its messages."""

    status: dict[str, int]
    errors: tuple[str, ...] = ()


class Job(Protocol):
    """One kind of activity."""

    def expect(self, account: str, payload: dict[str, Any]) -> dict[str, int]:
        """Return the counters that are known when the activity is posted."""
        ...

    def carry_out(self, account: str, payload: dict[str, Any], *, timed_out: bool) -> Outcome:
        """Do the work; when it times out, only what the switches say is done by then."""
        ...


class Activities:
    """The queue of activities of all accounts."""

    def __init__(self, desk: Desk, jobs: Mapping[str, Job], faults: Callable[[], FaultSource | None]) -> None:
        self._desk = desk
        self._jobs = jobs
        self._faults = faults

    def post(self, account: str, kind: str, payload: dict[str, Any], path: str) -> dict[str, Any]:
        """Queue an activity and return its resource. Raises Refusal (429) when too many wait."""
        store, switches = self._desk.store, self._desk.switches()
        waiting = store.number("SELECT count(*) FROM activities WHERE open = 1 AND account = ?", (account,))
        if switches.activity_queue and waiting >= switches.activity_queue:
            raise errors.queue_full(switches.activity_queue_error_key)
        activity_id, now = store.new_id(), store.seconds()
        document: dict[str, Any] = {
            "activity_id": activity_id,
            "state": "initialized",
            "created_at": store.stamp(),
            "updated_at": store.stamp(),
            "percent_done": 0,
            "activity_errors": [],
            "status": self._jobs[kind].expect(account, payload),
            "_links": {"self": {"href": f"/v3/activities/{activity_id}"}},
        }
        due = None if switches.activity_seconds is None else now + switches.activity_seconds
        fate = self._fate(path)
        store.run(
            "INSERT INTO activities VALUES (?, ?, ?, ?, ?, 1, ?, ?, ?, ?)",
            (activity_id, account, store.serial(), kind, fate, now, due, json.dumps(payload), json.dumps(document)),
        )
        return document

    def settle(self) -> None:
        """Carry out what is due by the clock."""
        sql = "SELECT * FROM activities WHERE open = 1 AND due <= ? ORDER BY seq"
        for row in self._desk.store.rows(sql, (self._desk.store.seconds(),)):
            self._finish(row, row["due"])

    def looked_at(self, account: str) -> None:
        """Carry out what waits for somebody to look."""
        sql = "SELECT * FROM activities WHERE open = 1 AND account = ? ORDER BY seq"
        for row in self._desk.store.rows(sql, (account,)):
            if row["due"] is None:
                self._finish(row, self._desk.store.seconds())
            else:
                self._change(row, {"state": "processing", "started_at": stamp_at(row["created"]), "percent_done": 50})

    def recent(self, account: str) -> list[dict[str, Any]]:
        """Return the activities of the last ten days, newest first."""
        sql = "SELECT document FROM activities WHERE account = ? AND created > ? ORDER BY seq DESC"
        since = self._desk.store.seconds() - KEPT_SECONDS
        return [json.loads(row["document"]) for row in self._desk.store.rows(sql, (account, since))]

    def _fate(self, path: str) -> str:
        faults = self._faults()
        for kind, fate in FATES.items():
            if faults is not None and faults.take(kind, SERVICE, "POST", path) is not None:
                return fate
        return "done"

    def _finish(self, row: sqlite3.Row, at: float) -> None:
        started = {"started_at": stamp_at(row["created"]), "updated_at": stamp_at(at)}
        if row["fate"] == "stuck":
            self._change(row, {**started, "state": "processing", "percent_done": 50})
            return
        ended: dict[str, Any] = {**started, "completed_at": stamp_at(at)}
        if row["fate"] == "failed":
            self._close(row, {**ended, "state": "failed", "activity_errors": ["The activity failed."]})
            return
        timed_out = row["fate"] == "timed_out"
        payload = json.loads(row["payload"])
        outcome = self._jobs[row["kind"]].carry_out(row["account"], payload, timed_out=timed_out)
        ended |= {"status": outcome.status, "activity_errors": list(outcome.errors)}
        state = {"state": "timed_out"} if timed_out else {"state": "completed", "percent_done": 100}
        self._close(row, {**ended, **state})

    def _close(self, row: sqlite3.Row, changes: dict[str, Any]) -> None:
        self._change(row, changes)
        sql = "UPDATE activities SET open = 0, payload = NULL WHERE activity_id = ?"
        self._desk.store.run(sql, (row["activity_id"],))

    def _change(self, row: sqlite3.Row, changes: dict[str, Any]) -> None:
        document = {**json.loads(row["document"]), **changes}
        sql = "UPDATE activities SET document = ? WHERE activity_id = ?"
        self._desk.store.run(sql, (json.dumps(document), row["activity_id"]))
