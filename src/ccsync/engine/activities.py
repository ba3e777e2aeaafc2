"""Bulk jobs: sending one so that it can be found again, and learning how it ended."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from ccsync.engine.clocks import by_both
from ccsync.errors import AnswerLost, CcsyncError
from ccsync.logs.events import Event
from ccsync.sync.operations import Batch, IntentState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import Any

    from ccsync.engine.context import Context

CLOCKS_DIFFER = timedelta(minutes=5)
ENDED = frozenset({"completed", "cancelled", "failed", "timed_out", "time_out"})
LOOKS = (1.0, 4.0, 15.0, 40.0)
"""Pauses, in seconds, before each look at the running activities: about a minute, and four requests, in all."""

LISTED_FOR = timedelta(days=10)
FORGOTTEN_AFTER = timedelta(days=9)
"""Constant Contact lists the activities of the past 10 days; what is older has to be judged by what it did."""

OURS = "constant_contact.activities"

_LINE = re.compile(r"\bline (\d+)\b[:.]?\s*(.*)", re.IGNORECASE | re.DOTALL)
_FIRST_ROW = 2  # line 1 is the header, also for JSON


class Job(StrEnum):
    """The kinds of bulk job that ccsync starts."""

    IMPORT = "import"
    ADD = "add-to-lists"
    REMOVE = "remove-from-lists"


@dataclass(frozen=True, slots=True)
class Ending:
    """How a bulk job ended: row errors by the row's place in the batch, from 0."""

    done: bool
    state: str
    message: str
    rows: Mapping[int, str]


class Activities:
    """Starts bulk jobs and follows them to their end, over kills and lost answers."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._count = 0

    def start(self, job: Job, numbers: Sequence[int], send: Callable[[], dict[str, Any]]) -> None:
        """Send one request for these intents: noted before it leaves, and again when it is answered.

        When the answer is lost, the job is looked for among the account's activities before anything is sent again.
        """
        context, work = self._context, self._context.store.work
        self._count += 1
        sent_at = by_both(context.clock.now(), context.constant_contact)
        batch = Batch(f"{context.run}-{self._count}", job.value, context.run, sent_at, len(numbers))
        with context.store.transaction():
            work.open_batch(batch)
            work.mark(numbers, IntentState.SENDING, batch=batch.id)
        try:
            activity_id = self._posted(batch, send)
        except AnswerLost:
            raise  # it may have become an activity: the next run looks for it before anything is sent again
        except CcsyncError:
            self._put_back(batch)
            raise
        with context.store.transaction():
            work.answered(batch.id, activity_id)
            work.mark(numbers, IntentState.SENT)
            self._remember(activity_id)
        context.log.event(
            Event.ACTIVITY_POSTED,
            f"{job.value}: {len(numbers)} people, activity {activity_id}",
            activity=activity_id,
            job=job.value,
            people=len(numbers),
        )

    def _put_back(self, batch: Batch) -> None:
        """Close a batch that the service did not take: its intents are as before."""
        with self._context.store.transaction():
            self._context.store.work.mark(self._numbers(batch), IntentState.PLANNED, batch="")
            self._context.store.work.close_batch(batch.id)

    def _lose(self, batch: Batch) -> None:
        """Close a batch whose answer was lost and that did not become an activity: only reading back can tell."""
        with self._context.store.transaction():
            self._context.store.work.mark(self._numbers(batch), IntentState.LOST)
            self._context.store.work.close_batch(batch.id)

    def wait(self) -> None:
        """Look a few times, within about a minute, whether all open jobs have ended."""
        for pause in LOOKS:
            if not self._context.store.work.batches():
                return
            self._context.stop.heed()
            self._context.clock.sleep(pause)
            self.look()

    def look(self) -> None:
        """Ask once how all open jobs are doing; what has ended waits to be verified."""
        context = self._context
        batches = context.store.work.batches()
        if not batches:
            return
        since = min(batch.sent_at for batch in batches) - CLOCKS_DIFFER
        ours = [batch.activity_id for batch in batches if batch.activity_id]
        seen = {row["activity_id"]: row for row in context.constant_contact.activities(since, ours)}
        claimed = set(self._known())
        for batch in batches:
            row = seen.get(batch.activity_id) if batch.activity_id else adopt(batch, seen.values(), claimed)
            if row is not None:
                claimed.add(row["activity_id"])
                self._follow(batch, row)
            elif not batch.activity_id:
                self._lose(batch)
            elif context.clock.now() - batch.sent_at > FORGOTTEN_AFTER:
                self._end(batch, Ending(False, "forgotten", "", {}))

    def _posted(self, batch: Batch, send: Callable[[], dict[str, Any]]) -> str:
        try:
            return str(send()["activity_id"])
        except AnswerLost as lost:
            row = self._sought(batch, lost)
            if row is None:
                self._context.stop.heed()
            return str((row or send())["activity_id"])

    def _sought(self, batch: Batch, lost: AnswerLost) -> Mapping[str, Any] | None:
        """Look whether a request whose answer was lost has become an activity all the same."""
        try:
            rows = self._context.constant_contact.activities(created_since=batch.sent_at - CLOCKS_DIFFER)
        except CcsyncError as trouble:
            raise lost from trouble
        return adopt(batch, rows, set(self._known()))

    def _known(self) -> dict[str, str]:
        """Return the activities that are ours already, with the time we learnt of each."""
        known: dict[str, str] = json.loads(self._context.store.progress.fact(OURS) or "{}")
        return known

    def _remember(self, activity_id: str) -> None:
        """Keep an activity as long as the service lists it, so that it is never taken for a lost one."""
        now = self._context.clock.now()
        young = {one: since for one, since in self._known().items() if now - datetime.fromisoformat(since) < LISTED_FOR}
        self._context.store.progress.set_fact(OURS, json.dumps(young | {activity_id: now.isoformat()}))

    def _follow(self, batch: Batch, row: Mapping[str, Any]) -> None:
        if not batch.activity_id:
            with self._context.store.transaction():
                self._context.store.work.answered(batch.id, row["activity_id"])
                self._context.store.work.mark(self._numbers(batch), IntentState.SENT)
                self._remember(row["activity_id"])
        ending = ended(row)
        if ending is not None:
            self._end(batch, ending, row)

    def _end(self, batch: Batch, ending: Ending, row: Mapping[str, Any] | None = None) -> None:
        """Close a job; what its rows are worth is found out by reading them back."""
        context, work = self._context, self._context.store.work
        numbers = self._numbers(batch)
        with context.store.transaction():
            if ending.done:
                work.mark(numbers, IntentState.UNVERIFIED)
            else:
                words = f"the activity ended as {ending.state}"
                work.mark(
                    numbers, IntentState.ABORTED, failure=f"{words}: {ending.message}" if ending.message else words
                )
            whole = len(numbers) == batch.rows  # or somebody was forgotten since, and places tell nobody any more
            for place, message in ending.rows.items() if whole else ():
                if place < len(numbers):
                    work.mark([numbers[place]], IntentState.UNVERIFIED, failure=message)
            work.close_batch(batch.id)
        context.log.event(
            Event.ACTIVITY_FINISHED,
            f"{batch.kind}: {ending.state}" + (f", {ending.message}" if ending.message else ""),
            level="info" if ending.done and not ending.rows else "warning",
            activity=batch.activity_id or (row or {}).get("activity_id", ""),
            state=ending.state,
            counters=dict((row or {}).get("status") or {}),
            errors=len(ending.rows),
        )

    def _numbers(self, batch: Batch) -> list[int]:
        numbers: list[int] = []
        after = 0
        while page := self._context.store.work.intents(batch=batch.id, after=after):
            after = page[-1].number
            numbers += [stored.number for stored in page]
        return numbers


def ended(row: Mapping[str, Any]) -> Ending | None:
    """Return how an activity ended, None while it is on."""
    state = str(row.get("state", ""))
    if state not in ENDED:
        return None
    texts = [_text(error) for error in row.get("activity_errors") or ()]
    rows = {int(match[1]) - _FIRST_ROW: match[2].strip() or text for text in texts if (match := _LINE.search(text))}
    rest = "; ".join(text for text in texts if not _LINE.search(text))
    return Ending(state == "completed", state, rest, {place: text for place, text in rows.items() if place >= 0})


def adopt(batch: Batch, rows: Iterable[Mapping[str, Any]], claimed: set[str]) -> Mapping[str, Any] | None:
    """Return the activity that a request whose answer was lost may have become: made since, unclaimed, of its size.

    Activities do not tell what they are (official schema ``Activities``), so the counters have to.
    """
    for row in rows:
        made = _moment(row.get("created_at"))
        if row["activity_id"] in claimed or (made is not None and made < batch.sent_at - CLOCKS_DIFFER):
            continue
        status = row.get("status") or {}
        if batch.kind == Job.IMPORT:
            total = status.get("items_total_count")
            fits = status.get("person_count", batch.rows) == batch.rows and total in (None, batch.rows, batch.rows + 1)
        else:
            fits = status.get("items_total_count", batch.rows) == batch.rows and "person_count" not in status
        if fits:
            return row
    return None


def _text(error: object) -> str:
    return str(error.get("message", "")) if isinstance(error, dict) else str(error)


def _moment(text: object) -> datetime | None:
    try:
        return datetime.fromisoformat(str(text))
    except ValueError:
        return None
