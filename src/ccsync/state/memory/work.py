"""Who has to be looked at, what was sent and not yet seen, and who waits, in memory."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from ccsync.sync.operations import Batch, Intent, IntentState, Reason, StoredIntent, Waiting
from ccsync.sync.records import EmailKey, Gone, MembrainId, MembrainRecord, Resource, email_key

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ccsync.state.memory.tables import Tables


class MemoryWork:
    """Who is to be planned, what was sent and not yet seen, who waits."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def touch(self, ids: Iterable[MembrainId]) -> None:
        """Have these Membrain contacts planned, in this run or the next."""
        for identifier in ids:
            self._tables.touched[identifier] = None

    def touch_addresses(self, keys: Iterable[EmailKey]) -> None:
        """Touch every Membrain contact, gone ones too, that has one of these addresses."""
        wanted = set(keys) - {email_key("")}
        self.touch(record.id for record in self._people() if email_key(record.email) in wanted)

    def touch_companies(self, ids: Iterable[MembrainId]) -> None:
        """Touch every living Membrain contact of these companies."""
        wanted = set(ids) - {MembrainId("")}
        self.touch(record.id for record in self._people() if record.gone is Gone.NO and record.company_id in wanted)

    def touch_everyone(self) -> None:
        """Touch every Membrain contact, gone ones too."""
        self.touch(record.id for record in self._people())

    def touch_waiting(self, reason: Reason) -> None:
        """Touch every Membrain contact who waits for this reason, with all or with a field."""
        waiting = {entry.membrain_id for entry in self._tables.waiting.values() if entry.reason is reason}
        self.touch(record.id for record in self._people() if record.id in waiting)

    def _people(self) -> list[MembrainRecord]:
        return [record for record in self._tables.records.values() if record.resource is Resource.CONTACTS]

    def touched(self, after: MembrainId | None = None, limit: int = 1000) -> list[MembrainId]:
        """Return touched ids in their order, those greater than ``after``, at most ``limit``."""
        return sorted(identifier for identifier in self._tables.touched if identifier > (after or ""))[:limit]

    def is_touched(self, membrain_id: MembrainId) -> bool:
        """Tell whether a Membrain contact is touched."""
        return membrain_id in self._tables.touched

    def touched_count(self) -> int:
        """Count the touched."""
        return len(self._tables.touched)

    def untouch(self, ids: Iterable[MembrainId]) -> None:
        """Take people off the list of those to be planned."""
        for identifier in ids:
            self._tables.touched.pop(identifier, None)

    def plan(self, intents: Iterable[Intent]) -> None:
        """Append intents as PLANNED, in order."""
        for intent in list(intents):
            number = self._tables.next_number("intent")
            self._tables.intents[number] = StoredIntent(number, intent, IntentState.PLANNED)

    def intents(
        self, *states: IntentState, batch: str | None = None, after: int = 0, limit: int = 1000
    ) -> list[StoredIntent]:
        """Return intents of these states (all when none is named) in plan order, with a number above ``after``."""
        found = [
            self._tables.intents[number]
            for number in sorted(self._tables.intents)
            if number > after and self._tables.intents[number].state in (states or IntentState)
        ]
        return [stored for stored in found if batch is None or stored.batch == batch][:limit]

    def intent_count(self, *states: IntentState) -> int:
        """Count intents of these states (all when none is named)."""
        return sum(stored.state in (states or IntentState) for stored in self._tables.intents.values())

    def mark(
        self, numbers: Iterable[int], state: IntentState, *, batch: str | None = None, failure: str | None = None
    ) -> None:
        """Move intents to a state; ``batch`` and ``failure`` are set when given."""
        for number in numbers:
            if (stored := self._tables.intents.get(number)) is not None:
                self._tables.intents[number] = replace(
                    stored,
                    state=state,
                    batch=stored.batch if batch is None else batch,
                    failure=stored.failure if failure is None else failure,
                )

    def drop_intents(self, numbers: Iterable[int]) -> None:
        """Forget intents: seen, failed and reported, or to be planned again."""
        for number in numbers:
            self._tables.intents.pop(number, None)

    def open_batch(self, batch: Batch) -> None:
        """Store a batch, before its request leaves."""
        known = self._tables.batches.get(batch.id)
        number = known[0] if known else self._tables.next_number("batch")
        self._tables.batches[batch.id] = (number, batch)

    def answered(self, batch_id: str, activity_id: str) -> None:
        """Store the activity that a batch became."""
        if batch_id in self._tables.batches:
            number, batch = self._tables.batches[batch_id]
            self._tables.batches[batch_id] = (number, replace(batch, activity_id=activity_id))

    def batches(self) -> list[Batch]:
        """Return the open batches, oldest first."""
        numbered = sorted(self._tables.batches.values(), key=lambda entry: (entry[1].sent_at, entry[0]))
        return [batch for _, batch in numbered]

    def close_batch(self, batch_id: str) -> None:
        """Forget a batch."""
        self._tables.batches.pop(batch_id, None)

    def wait(self, waiting: Iterable[Waiting]) -> None:
        """Store who waits; the same person, sync, field and reason keeps the earlier ``since``."""
        for entry in list(waiting):
            known = self._tables.waiting.get(_key(entry), entry)
            self._tables.waiting[_key(entry)] = replace(entry, since=min(known.since, entry.since))

    def waiting_for(self, ids: Iterable[MembrainId]) -> dict[MembrainId, list[Waiting]]:
        """Return what each of these people waits for."""
        waiting: dict[MembrainId, list[Waiting]] = {}
        wanted = set(ids)
        for key in sorted(self._tables.waiting):
            if key[0] in wanted:
                waiting.setdefault(key[0], []).append(self._tables.waiting[key])
        return waiting

    def waiting(self, limit: int | None = None) -> list[Waiting]:
        """Return everybody who waits, longest first."""
        return sorted(self._tables.waiting.values(), key=lambda entry: (entry.since, _key(entry)))[:limit]

    def waiting_counts(self) -> dict[tuple[str, str], int]:
        """Count people who wait, by (sync, reason); fields of people do not count."""
        people = (entry for entry in self._tables.waiting.values() if not entry.field)
        return dict(Counter((entry.sync, entry.reason.value) for entry in people))

    def stop_waiting(self, membrain_id: MembrainId, keep: Iterable[Waiting] = ()) -> None:
        """Forget what a person waits for, except entries equal to ``keep`` in sync, field and reason."""
        kept = {_key(entry)[1:] for entry in keep}
        for key in list(self._tables.waiting):
            if key[0] == membrain_id and key[1:] not in kept:
                del self._tables.waiting[key]


def _key(entry: Waiting) -> tuple[MembrainId, str, str, str]:
    return (entry.membrain_id, entry.sync, entry.field, entry.reason.value)
