"""What setting timestamps back would mean: how many records would be read and compared, and how many calls that takes.

The services' own counts are asked for, at one request a stream; where they cannot be reached, the mirror's times of
change answer. Nothing is moved, and nothing is said of what the run would then write: a dry run says that.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

from ccsync.constant_contact.client import PAGE as CONTACT_PAGE
from ccsync.engine.again import PAGE as MEMBRAIN_PAGE
from ccsync.engine.overlap import OVERLAP
from ccsync.engine.pull_membrain import FAR_END
from ccsync.engine.streams import BEGINNING, CONTACTS, MEMBRAIN, OPT_OUTS
from ccsync.errors import CcsyncError
from ccsync.sync.records import Resource

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from ccsync.engine.survey import Services, Survey
    from ccsync.engine.timestamps import Move
    from ccsync.state.store import Store

SERVICE, MIRROR = "service", "mirror"


@dataclass(frozen=True, slots=True)
class Cost:
    """What one stream would mean: ``records`` read again, by so many calls to each service; ``counted_by`` whom."""

    move: Move
    records: int
    membrain: int
    constant_contact: int
    counted_by: str


@dataclass(frozen=True, slots=True)
class Preview:
    """What all streams would mean; ``why_not_asked`` tells why a service was not asked."""

    costs: tuple[Cost, ...]
    why_not_asked: str = ""

    @property
    def membrain(self) -> int:
        """The calls to Membrain."""
        return sum(cost.membrain for cost in self.costs)

    @property
    def constant_contact(self) -> int:
        """The calls to Constant Contact."""
        return sum(cost.constant_contact for cost in self.costs)


def preview(survey: Survey, store: Store, moves: Sequence[Move], now: datetime) -> Preview:
    """Count what these moves would have the next run read."""
    costs: list[Cost] = []
    why = ""
    for move in moves:
        records = None
        if not why:
            try:
                records = _asked(survey.services, move, now)
            except CcsyncError as error:
                why = error.message
        counted_by = MIRROR if records is None else SERVICE
        if records is None:
            records = _known(store, move)
        costs.append(Cost(move, records, *_calls(store, move, records), counted_by))
    return Preview(tuple(costs), why)


def _since(move: Move) -> datetime:
    return BEGINNING if move.new is None else max(BEGINNING, move.new - OVERLAP)


def _asked(services: Services, move: Move, now: datetime) -> int | None:
    """Return how many records a service says that it would show; None when it does not say."""
    if move.stream == OPT_OUTS:
        return services.constant_contact.count_contacts(optout_after=_since(move))
    if move.stream == CONTACTS:
        return services.constant_contact.count_contacts(updated_after=_since(move) if move.new else None)
    resource = MEMBRAIN[move.stream]
    changed = (_since(move), now + FAR_END) if move.new else None
    return services.membrain.count(resource.value, changed=changed)


def _known(store: Store, move: Move) -> int:
    """Return how many records the mirror knows to have changed; of opt-outs at most that many."""
    if move.stream in (CONTACTS, OPT_OUTS):
        return store.mirror.contacts_since(_since(move))
    return store.mirror.records_since(MEMBRAIN[move.stream], _since(move))


def _calls(store: Store, move: Move, records: int) -> tuple[int, int]:
    """Return the calls to Membrain and to Constant Contact: reading the stream, and the other side of the people in it.

    The other side is read one by one or whole, whichever is cheaper. How many people a company or a project has is not
    counted: they take a call each, or one for each page of all.
    """
    people = store.mirror.record_count(Resource.CONTACTS)
    if move.stream in (CONTACTS, OPT_OUTS):
        return min(records, _pages(people, MEMBRAIN_PAGE)), _pages(records, CONTACT_PAGE)
    other_side = _pages(store.mirror.contact_count(), CONTACT_PAGE)
    return _pages(records, MEMBRAIN_PAGE), min(records, other_side)


def _pages(records: int, page: int) -> int:
    return max(1, ceil(records / page))
