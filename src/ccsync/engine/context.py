"""What every part of one run shares."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ccsync.engine.tally import Tally
from ccsync.logs.events import Event
from ccsync.sync.records import ListId

if TYPE_CHECKING:
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from ccsync.clock import Clock
    from ccsync.config.model import Config
    from ccsync.constant_contact.client import ConstantContactClient
    from ccsync.engine.options import Progress, RunOptions
    from ccsync.logs.events import Recorder
    from ccsync.membrain.client import MembrainClient
    from ccsync.state.store import Store
    from ccsync.sync.records import ContactId, MembrainId

SWEEPS = "sweeps"


@dataclass(slots=True)
class Context:
    """One run: whom it speaks to, where it keeps what it learns, and what it has found out so far.

    ``read`` are the Constant Contact contacts that were read in this run, ``read_whole`` tells that all that exist
    were. ``whole`` tells that both sides are to be swept. ``unfinished`` are people for whom more is to come than one
    request can carry; ``later`` are left for the next run. ``advances`` are the timestamps that move when the run ends
    well.
    """

    run: str
    started: datetime
    config: Config
    options: RunOptions
    store: Store
    membrain: MembrainClient
    constant_contact: ConstantContactClient
    clock: Clock
    log: Recorder
    progress: Progress
    zone: ZoneInfo
    tally: Tally = field(default_factory=Tally)
    read_whole: bool = False
    read: set[ContactId] = field(default_factory=set)
    whole: bool = False
    unfinished: set[MembrainId] = field(default_factory=set)
    later: set[MembrainId] = field(default_factory=set)
    advances: dict[str, datetime] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    def warn(self, message: str) -> None:
        """Tell the operator something that does not stop the run."""
        if message not in self.warnings:
            self.warnings.append(message)
            self.log.event(Event.RUN_WARNING, message, level="warning")

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
