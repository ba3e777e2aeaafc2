"""Counting what a run does to people and to fields."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ccsync.state.values import Counts, FieldCounts
from ccsync.sync.merge import Outcome
from ccsync.sync.operations import Operation

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ccsync.sync.operations import FieldChange, Intent, MembrainIntent, Reason
    from ccsync.sync.plan import Decision, FieldOutcome
    from ccsync.sync.records import MembrainId

_DONE = {
    Operation.CREATE: "created",
    Operation.UPDATE: "updated",
    Operation.READDRESS: "updated",
    Operation.ADD_TO_LIST: "added",
    Operation.REMOVE_FROM_LIST: "removed",
    Operation.CONSENT: "updated",
}
"""What counts as what; a company that is made for somebody is nobody."""


Mark = tuple[Counts, dict[str, Counts], dict[tuple[str, str], FieldCounts], dict[tuple[str, str, str], tuple[int, str]]]
"""The counts at one moment: of everybody, of each sync, of each field, and why fields were left."""


@dataclass(slots=True)
class Tally:
    """The counts of one run. A person counts once for each thing that happened to them, in each sync.

    ``finishing`` are people who were created in this run and get the rest of their values by a second request: they
    count as created only.
    """

    everybody: Counts = field(default_factory=Counts)
    syncs: dict[str, Counts] = field(default_factory=dict)
    fields: dict[tuple[str, str], FieldCounts] = field(default_factory=lambda: defaultdict(FieldCounts))
    reasons: dict[tuple[str, str, str], tuple[int, str]] = field(default_factory=dict)
    finishing: set[MembrainId] = field(default_factory=set)
    _counted: set[int] = field(default_factory=set)
    _postponed: dict[int, Decision] = field(default_factory=dict)
    _failures: set[tuple[str, ...]] = field(default_factory=set)

    def planned(self, decision: Decision, intents: Iterable[Intent | MembrainIntent]) -> None:
        """Count what is already clear when a person is planned: unchanged, skipped, and each field left as it is.

        A run plans some people several times; the first time counts. Whoever waits for somebody else to move counts
        when that has happened, or at the end.
        """
        person = hash(decision.membrain_id)
        if person in self._counted:
            return
        if decision.again:
            self._postponed[person] = decision
            return
        self._postponed.pop(person, None)
        self._count_planned(decision, intents)

    def mark(self) -> Mark:
        """Return what the counts are now, for ``go_back``."""
        return self.everybody, dict(self.syncs), dict(self.fields), dict(self.reasons)

    def go_back(self, mark: Mark) -> None:
        """Forget what was counted since: it did not happen, and ends the run."""
        self.everybody, syncs, fields, reasons = mark
        for mine, before in ((self.syncs, syncs), (self.fields, fields), (self.reasons, reasons)):
            mine.clear()
            mine.update(before)  # type: ignore[arg-type] # each of its own kind

    def skipped(self, people: int) -> None:
        """Count people who belong to no sync."""
        self.everybody += Counts(skipped=people)

    def close(self) -> None:
        """Count whoever still waits for somebody else."""
        for decision in self._postponed.values():
            self._count_planned(decision, ())
        self._postponed.clear()

    def take_fields(
        self,
    ) -> tuple[dict[tuple[str, str], FieldCounts], dict[tuple[str, str, str], tuple[int, str]]]:
        """Return what was counted for fields, and why they were left, since this was last asked."""
        taken = dict(self.fields), dict(self.reasons)
        self.fields.clear()
        self.reasons.clear()
        return taken

    def _count_planned(self, decision: Decision, intents: Iterable[Intent | MembrainIntent]) -> None:
        self._counted.add(hash(decision.membrain_id))
        skipped = {wait.sync for wait in decision.waits if not wait.field}
        busy = {sync for intent in intents for _, sync in intent.operations}
        for sync in skipped:
            self._count((sync,), skipped=1)
        unchanged = [sync for sync in decision.syncs if sync not in skipped | busy]
        for sync in unchanged:
            self._count((sync,), unchanged=1)
        self.everybody += Counts(
            skipped=int(bool(skipped)), unchanged=int(bool(unchanged) and not skipped and not busy)
        )
        for outcome in decision.fields:
            self._field(outcome, decision.email)

    def done(self, intent: Intent) -> None:
        """Count what was seen in Constant Contact."""
        left_out = "updated" if intent.membrain_id in self.finishing else ""
        self._done(intent.membrain_id, intent.operations, intent.changes, left_out)

    def done_in_membrain(self, intent: MembrainIntent, membrain_id: MembrainId) -> None:
        """Count what was seen in Membrain; whoever is new there is known by this id from now on."""
        self._done(intent.person, intent.operations, intent.changes)
        self._counted.add(hash(membrain_id))

    def _done(
        self,
        person: MembrainId,
        operations: Iterable[tuple[Operation, str]],
        changes: Iterable[FieldChange],
        left_out: str = "",
    ) -> None:
        self._counted.add(hash(person))
        done = [(_DONE[one], sync) for one, sync in operations if one in _DONE and _DONE[one] != left_out]
        for name in dict.fromkeys(name for name, _ in done):
            self.everybody += Counts(**{name: 1})
        for name, sync in dict.fromkeys(done):
            self._count((sync,), **{name: 1})
        for change in changes:
            self.fields[change.sync, change.field] += FieldCounts(written=1)

    def failed(self, intent: Intent, reason: Reason, changes: Iterable[FieldChange] = ()) -> None:
        """Count somebody whom Constant Contact refused, or some of whose fields it did not take."""
        self._failed(intent.membrain_id, intent, reason, changes)

    def failed_in_membrain(self, intent: MembrainIntent, reason: Reason, changes: Iterable[FieldChange] = ()) -> None:
        """Count somebody whom Membrain refused, or some of whose fields it did not take."""
        self._failed(intent.person, intent, reason, changes)

    def _failed(
        self,
        person: MembrainId,
        intent: Intent | MembrainIntent,
        reason: Reason,
        changes: Iterable[FieldChange],
    ) -> None:
        """Count a failure, which tries again in this run do not make two."""
        if self._fails(person):
            self.everybody += Counts(failed=1)
        for _, sync in intent.operations:
            if self._fails(person, sync):
                self._count((sync,), failed=1)
        for change in changes:
            if self._fails(person, change.sync, change.field):
                self.fields[change.sync, change.field] += FieldCounts(failed=1)
                self._reason(change.sync, change.field, reason, intent.email)

    def _fails(self, *what: str) -> bool:
        """Tell whether this is the first time in the run that something fails, and note that it does."""
        first = what not in self._failures
        self._failures.add(what)
        return first

    def _field(self, outcome: FieldOutcome, email: str) -> None:
        decision, key = outcome.decision, (outcome.sync, outcome.field)
        counts = FieldCounts(empty=int(not decision.new), truncated=int(outcome.truncated))
        if decision.outcome is Outcome.UNCHANGED:
            counts = replace(counts, unchanged=1)
        elif decision.reason is not None:
            counts = replace(counts, skipped=1)
            self._reason(outcome.sync, outcome.field, decision.reason, email)
        self.fields[key] += counts

    def _reason(self, sync: str, field_name: str, reason: Reason, email: str) -> None:
        count, example = self.reasons.get((sync, field_name, reason.value), (0, email))
        self.reasons[sync, field_name, reason.value] = (count + 1, example)

    def _count(self, syncs: Iterable[str], **counts: int) -> None:
        for sync in syncs:
            self.syncs[sync] = self.syncs.get(sync, Counts()) + Counts(**counts)
