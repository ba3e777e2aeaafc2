"""What every part of one run shares."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

from ccsync.engine.tally import Tally
from ccsync.logs.events import Event
from ccsync.state.values import RunRecord
from ccsync.stopping import StopRequest
from ccsync.sync.mapping import Direction
from ccsync.sync.operations import Reason
from ccsync.sync.records import ListId

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from ccsync.clock import Clock
    from ccsync.config.model import Config
    from ccsync.constant_contact.client import ConstantContactClient
    from ccsync.engine.options import Progress, RunOptions
    from ccsync.logs.events import Journal
    from ccsync.membrain.client import MembrainClient
    from ccsync.state.store import Store
    from ccsync.sync.records import ContactId, EmailKey, MembrainId

T = TypeVar("T")
SWEEPS = "sweeps"
YOUNG = timedelta(minutes=10)
"""So long a reading of Constant Contact counts as fresh: what names a list must not undo what a person did since."""


@dataclass(slots=True)
class Context:
    """One run: whom it speaks to, where it keeps what it learns, and what it has found out so far.

    ``read`` are the Constant Contact contacts that were read since ``read_since``, ``read_whole`` tells that all that
    exist were. ``whole`` tells that both sides are to be swept. ``unfinished`` are people for whom more is to come than
    one request can carry; ``later`` are left for the next run. ``advances`` are the timestamps that move when the run
    ends well. ``stop`` knows whether somebody asked for an end: it is heeded wherever nothing is half done.
    """

    run: str
    started: datetime
    config: Config
    options: RunOptions
    store: Store
    membrain: MembrainClient
    constant_contact: ConstantContactClient
    clock: Clock
    log: Journal
    progress: Progress
    zone: ZoneInfo
    stop: StopRequest = field(default_factory=StopRequest)
    tally: Tally = field(default_factory=Tally)
    read_whole: bool = False
    read: set[ContactId] = field(default_factory=set)
    read_since: datetime = field(init=False)
    whole: bool = False
    unfinished: set[MembrainId] = field(default_factory=set)
    later: set[MembrainId] = field(default_factory=set)
    advances: dict[str, datetime] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.read_since = self.started

    def forget_old_readings(self) -> None:
        """Count nothing as read any more when the reading is not young."""
        now = self.clock.now()
        if now - self.read_since > YOUNG:
            self.read.clear()
            self.read_whole = False
            self.read_since = now

    def warn(self, message: str) -> None:
        """Tell the operator something that does not stop the run."""
        if message not in self.warnings:
            self.warnings.append(message)
            self.log.event(Event.RUN_WARNING, message, level="warning")

    def heeding(self, parts: Iterable[T]) -> Iterator[T]:
        """Yield parts of the run's work; StopAsked before the next one when somebody asked for an end."""
        for part in parts:
            yield part
            self.stop.heed()

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Make everything that happens inside happen at once, with its counts, or not at all."""
        with self.stop.untorn():  # from what the disk has taken the counts do not go back any more
            before = self.tally.mark()
            try:
                with self.store.transaction():
                    yield
                    self._keep()
            except BaseException:
                self.tally.go_back(before)
                raise

    def _keep(self) -> None:
        """Bring the counts so far into the books, and the log onto the disk.

        Inside the transaction that they tell of: so no kill parts what was done from what is known about it, and the
        log has a value that somebody typed before the books let go of it.
        """
        history, tally = self.store.history, self.tally
        history.count_fields(self.run, *tally.take_fields(), self.clock.now())
        history.put_run(RunRecord(self.run, self.started, counts=tally.everybody, syncs=dict(tally.syncs)))
        self.log.flush()

    @property
    def fills_membrain(self) -> bool:
        """Whether any sync takes people from its list to Membrain."""
        return any(Direction(sync.direction).fills_membrain for sync in self.config.sync)

    def lists_to_membrain(self) -> frozenset[ListId]:
        """Return the lists whose members go to Membrain, as far as they are bound."""
        wanted = {sync.list for sync in self.config.sync if Direction(sync.direction).fills_membrain}
        bindings = self.store.progress.bindings("list")
        return frozenset(ListId(binding.id) for label, binding in bindings.items() if label in wanted)

    def touch_everyone(self) -> None:
        """Have everybody planned, on both sides, in this run or the next: also whoever waits for a way that is gone."""
        self.store.work.touch_everyone()
        for reason in Reason:
            self.store.inward.touch_waiting(reason)
        self.store.inward.touch_members(self.lists_to_membrain())

    def touch_addresses(self, keys: Collection[EmailKey]) -> None:
        """Have everybody planned who has one of these addresses."""
        self.store.work.touch_addresses(keys)
        if self.fills_membrain:
            self.store.inward.touch_contacts_at(keys)

    def touch_waiting(self, reason: Reason) -> None:
        """Have everybody planned who waits for this reason, where people go to Membrain."""
        if self.fills_membrain:
            self.store.work.touch_waiting(reason)
            self.store.inward.touch_waiting(reason)

    def next_sweep(self) -> int:
        """Return the number of a complete reading that begins now: greater than all before."""
        number = int(self.store.progress.fact(SWEEPS) or 0) + 1
        self.store.progress.set_fact(SWEEPS, str(number))
        return number

    def lists(self) -> dict[ListId, str]:
        """Return the lists that ccsync fills, by id, with their names."""
        wanted = {sync.list for sync in self.config.sync}
        bindings = self.store.progress.bindings("list")
        return {ListId(binding.id): binding.name for label, binding in bindings.items() if label in wanted}
