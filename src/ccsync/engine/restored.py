"""A state that was put back from a backup: it is older than what ccsync has done, and must not undo it.

So nothing counts as read, everything is compared, and what was on its way when the backup was taken is planned anew.
Whom somebody took off a list since, a backup does not say. Where no later state says it either, everybody who is new or
different since the backup and is not on a list counts as taken off it: to put somebody back whom a marketer has taken
away is worse than to leave somebody out who can be put on the list by hand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccsync.engine.put_keeps import ROW
from ccsync.engine.run import SWEPT
from ccsync.engine.streams import BLIND, MOVES, mark
from ccsync.sync.operations import IntentState
from ccsync.sync.records import Standing

if TYPE_CHECKING:
    from datetime import datetime

    from ccsync.state.store import Store

_PAGE = 1000
_LEFT = frozenset({IntentState.SENDING, IntentState.SENT, IntentState.UNVERIFIED, IntentState.LOST})


def prepare(store: Store, taken: datetime, *, blind: bool) -> None:
    """Have the next run read, sweep and compare everything; ``blind`` tells that no later state was there to ask."""
    progress = store.progress
    with store.transaction():
        for stream in progress.timestamps():
            progress.forget_timestamp(stream)
            mark(progress, stream)
        progress.set_fact(SWEPT, None)
        progress.set_fact(ROW, None)
        progress.set_fact(MOVES, None)
        progress.set_fact(BLIND, taken.isoformat() if blind else None)
        store.work.touch_everyone()
        _plan_anew(store)


def _plan_anew(store: Store) -> None:
    """Forget what was on its way. Whoever was about to be put on a list counts as put there: there, or not again."""
    work = store.work
    while page := work.intents(limit=_PAGE):
        for stored in page:
            if stored.state in _LEFT and stored.intent.contact_id is not None:
                known = store.agreement.standings([stored.intent.contact_id]).get(stored.intent.contact_id, {})
                for list_id in stored.intent.add - known.keys():
                    store.agreement.put_standing(stored.intent.contact_id, list_id, Standing.PLACED)
        work.touch(one.intent.membrain_id for one in page)
        work.drop_intents(one.number for one in page)
    for batch in work.batches():
        work.close_batch(batch.id)
