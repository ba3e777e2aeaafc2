"""What a run that was asked to end leaves to the next one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccsync.sync.operations import IntentState

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ccsync.state.store import Store
    from ccsync.sync.records import MembrainId

_SENT = (IntentState.SENDING, IntentState.SENT, IntentState.UNVERIFIED, IntentState.LOST, IntentState.ABORTED)


def words(store: Store) -> str:
    """Return in one line what a run left undone when it was interrupted."""
    planned, sent = _people(_planned(store)), _people(_sent(store))
    parts = [f"{_counted(planned)} planned and not written yet"] if planned else []
    parts += [f"{_counted(sent)} written and not read back yet"] if sent else []
    if not parts:
        return "interrupted; everything so far is saved"
    return f"interrupted; {', '.join(parts)}: the next run goes on"


def _planned(store: Store) -> Iterator[MembrainId]:
    yield from _outward(store, IntentState.PLANNED)
    yield from _inward(store, sent=False)


def _sent(store: Store) -> Iterator[MembrainId]:
    yield from _outward(store, *_SENT)
    yield from _inward(store, sent=True)


def _outward(store: Store, *states: IntentState) -> Iterator[MembrainId]:
    after = 0
    while page := store.work.intents(*states, after=after):
        after = page[-1].number
        yield from (stored.intent.membrain_id for stored in page)


def _inward(store: Store, *, sent: bool) -> Iterator[MembrainId]:
    after = 0
    while page := store.inward.membrain_intents(sent=sent, after=after):
        after = page[-1].number
        yield from (stored.intent.person for stored in page)


def _people(ids: Iterator[MembrainId]) -> int:
    """Count people: some have several requests coming."""
    return len({hash(one) for one in ids})


def _counted(people: int) -> str:
    return "1 person" if people == 1 else f"{people} people"
