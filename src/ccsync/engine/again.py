"""Streams that a person has set back: what they bring is compared with the other side even when it looks unchanged.

A mark for each such stream lies in the state until a run has read it. So nothing is lost by a run that fails, and a dry
run leaves it in place.
"""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

from ccsync.engine.membrain_rows import SINGLE, MembrainRows
from ccsync.engine.pull_membrain import YES
from ccsync.engine.streams import MEMBRAIN, is_marked
from ccsync.sync.records import Resource

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ccsync.engine.context import Context
    from ccsync.engine.pull_constant_contact import ContactReader
    from ccsync.engine.pull_membrain import MembrainReader
    from ccsync.state.store import Store
    from ccsync.sync.records import MembrainId

CHUNK = 1000
PAGE = 100
"""So many rows are on a page of Membrain's, unless more are asked for (reference of its API)."""


def compare_again(context: Context, contacts: ContactReader, membrain: MembrainReader) -> None:
    """Read the other side of everybody who is to be planned, when a stream of this run was set back.

    The mirror knows the other side by its times of change, and what is not to be seen by those is what somebody looks
    for who sets a timestamp back.
    """
    marked = {name for name in context.advances if is_marked(context.store.progress, name)}
    if not marked:
        return
    if marked & set(MEMBRAIN):
        for people in _touched(context.store):
            linked = context.store.agreement.links(people).values()
            contacts.refresh([one for one in linked if one not in context.read])
    if marked - set(MEMBRAIN) and not context.whole:
        _read_membrain(context, membrain)


def _read_membrain(context: Context, membrain: MembrainReader) -> None:
    """Read the rows of everybody who is to be planned: each by its id, or all, whichever takes fewer requests."""
    store, count = context.store, context.store.work.touched_count()
    single = store.progress.fact(SINGLE) == YES
    if count > (ceil(store.mirror.record_count(Resource.CONTACTS) / PAGE) if single else 0):
        membrain.read_whole(Resource.CONTACTS)
        return
    rows = MembrainRows(context, membrain)
    for people in _touched(store):
        for person in people:
            rows.row(Resource.CONTACTS, person)


def _touched(store: Store) -> Iterator[Sequence[MembrainId]]:
    after: MembrainId | None = None
    while page := store.work.touched(after, CHUNK):
        after = page[-1]
        yield page
