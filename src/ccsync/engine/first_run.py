"""The first run of a sync that writes: somebody who is there sees what it is about to do, and may say no."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from ccsync.engine.context import YOUNG
from ccsync.errors import AnswerTooLate, NotApproved
from ccsync.sync.operations import Operation

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ccsync.config.model import Sync
    from ccsync.engine.context import Context
    from ccsync.engine.options import PlanLine
    from ccsync.engine.review import Review
    from ccsync.sync.mapping import Side

EXAMPLES = 2
"""So many people are shown for each operation."""

BEGUN = "first_run"
"""The facts which syncs have begun to write: this, and a sync's name and list."""


Step = tuple["Side", str]
"""The side that is written to, and the word of the operation."""


@dataclass(slots=True)
class SyncPreview:
    """What the first run of one sync is about to do.

    ``operations`` counts its steps, ``replaced`` the values that stand on a side and give way, and ``examples`` are a
    few lines of the plan for each step. ``waiting`` counts the people who are left out, by reason.
    """

    name: str
    direction: str
    listed: str
    operations: Counter[Step] = field(default_factory=Counter)
    replaced: Counter[Side] = field(default_factory=Counter)
    examples: defaultdict[Step, list[PlanLine]] = field(default_factory=lambda: defaultdict(list))
    waiting: dict[str, int] = field(default_factory=dict)

    def add(self, line: PlanLine) -> None:
        """Take a line of the plan in."""
        step = line.side, line.operation
        self.operations[step] += 1
        if line.operation != Operation.READDRESS:
            self.replaced.update(line.side for _, old, new in line.fields if old and old != new)
        if self.operations[step] <= EXAMPLES:
            self.examples[step].append(line)


@dataclass(frozen=True, slots=True)
class Preview:
    """What a run is about to do: the syncs that write for the first time, and how much the others do beside them."""

    syncs: tuple[SyncPreview, ...]
    others: Mapping[Step, int]


class Approve(Protocol):
    """Somebody who looks at a first run before it writes."""

    def __call__(self, preview: Preview, /) -> bool:
        """Tell whether the run may go on."""
        ...


class FirstRun:
    """Asks before a sync writes for the first time; with nobody to ask, it goes on."""

    def __init__(self, context: Context, review: Review) -> None:
        self._context = context
        self._review = review

    def is_due(self, acting: Iterable[str]) -> bool:
        """Tell whether somebody may have to be asked: nothing at all is written before that."""
        return bool(self.unapproved(acting))

    def unapproved(self, acting: Iterable[str]) -> frozenset[str]:
        """Return which of these syncs somebody may still have to approve; none when nobody is there."""
        asks = self._context.options.approve is not None
        return frozenset(sync.name for sync in self._unwritten(acting)) if asks else frozenset()

    def ask(self, acting: Iterable[str], plan: Iterable[PlanLine]) -> None:
        """Have the syncs among ``acting`` approved that are in the plan and have never written.

        NotApproved when somebody says no, AnswerTooLate when what was read is old by the time of the answer: then the
        plan is forgotten, everybody in it is touched, and the next run asks again.
        """
        fresh = {sync.name: sync for sync in self._unwritten(acting)}
        if not fresh:
            return
        if self._context.options.approve is None:
            found = _first_lines(plan, set(fresh))
        else:
            preview = self._preview(fresh, plan)
            found = {sync.name for sync in preview.syncs}
            if found:
                self._have_approved(preview)
        with self._context.store.transaction():
            for name in found:
                self._context.store.progress.set_fact(fact_of(fresh[name]), self._context.run)

    def _unwritten(self, acting: Iterable[str]) -> list[Sync]:
        names, progress = set(acting), self._context.store.progress
        return [sync for sync in self._context.config.sync if sync.name in names and not progress.fact(fact_of(sync))]

    def _preview(self, fresh: Mapping[str, Sync], plan: Iterable[PlanLine]) -> Preview:
        syncs = {name: SyncPreview(name, sync.direction, sync.list) for name, sync in fresh.items()}
        others: Counter[Step] = Counter()
        for line in plan:
            if line.sync in syncs:
                syncs[line.sync].add(line)
            else:
                others[line.side, line.operation] += 1
        for (name, reason), count in self._context.store.work.waiting_counts().items():
            if name in syncs:
                syncs[name].waiting[reason] = count
        return Preview(tuple(one for one in syncs.values() if one.operations), others)

    def _have_approved(self, preview: Preview) -> None:
        context = self._context
        asked = context.clock.now()
        with context.stop.waiting():  # for somebody's answer: nothing is half done
            approved = context.options.approve is not None and context.options.approve(preview)
        waited = context.clock.now() - asked
        if approved and waited <= YOUNG:
            return
        self._review.forget_plan()
        if not approved:
            message = "nothing was written, as you said; the next run asks again"
            raise NotApproved(message, hint="ccsync run --once")
        minutes = round(waited.total_seconds() / 60)
        message = f"nothing was written: the answer came after {minutes} minutes, and much may have changed since"
        raise AnswerTooLate(message, hint="ccsync run --once")


def fact_of(sync: Sync) -> str:
    """Return the name of the fact that a sync has begun to write."""
    return f"{BEGUN}.{json.dumps([sync.name, sync.list], ensure_ascii=False)}"


def _first_lines(plan: Iterable[PlanLine], wanted: set[str]) -> set[str]:
    """Return which of these syncs the plan names, reading no further than needed."""
    found: set[str] = set()
    for line in plan:
        if line.sync in wanted:
            found.add(line.sync)
            if found == wanted:
                break
    return found
