"""People who were forgotten, as a run meets them: their rows are not stored, and nothing is done to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccsync.logs.events import Event
from ccsync.sync.operations import Reason

if TYPE_CHECKING:
    from ccsync.engine.context import Context


def left_out_for_good(context: Context) -> dict[tuple[str, str], int]:
    """Count those of them whom the services have shown; return how many people wait, by (sync, reason), all of them in.

    They are named nowhere: the log has their number.
    """
    forgotten = context.store.forgotten
    if forgotten.met:
        people = "1 person who was forgotten" if len(forgotten.met) == 1 else f"{len(forgotten.met)} forgotten people"
        reason = Reason.FORGOTTEN.value
        context.log.event(Event.RECORD_SKIPPED, f"left out: {people}", reason=reason, people=len(forgotten.met))
        context.tally.skipped(len(forgotten.met))
        forgotten.met.clear()
    waiting = context.store.work.waiting_counts()
    return waiting | {("", Reason.FORGOTTEN.value): len(forgotten)} if len(forgotten) else waiting
