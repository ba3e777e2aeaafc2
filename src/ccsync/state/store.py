"""The port of the state: everything that outlives a run, for one account.

The store is seven small books over one database, so that a caller names only the one it needs:

* ``mirror``     what was last read from each side
* ``agreement``  links, bases and standings: what ccsync brought about
* ``work``       who has to be looked at, what was sent and not yet seen, who waits
* ``inward``     the same for the way into Membrain: whom to look at, what is to be written there
* ``progress``   timestamps, bindings and single facts
* ``history``    runs and field statistics
* ``erasure``    taking a person out of all of this

Rows of people who were forgotten are not stored (``ccsync.state.forgotten``).

Everything inside one ``transaction()`` happens or does not. Adapters raise ``LocalError`` when the disk is full, the
file is damaged, or a newer ccsync has written it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime

    from ccsync.state.erasure import Erasure
    from ccsync.state.forgotten import Forgotten
    from ccsync.state.inward import Inward
    from ccsync.state.values import (
        Binding,
        ContactChange,
        FieldCounts,
        FieldStatistics,
        RecordChange,
        RunRecord,
        Timestamp,
    )
    from ccsync.sync.operations import Batch, Intent, IntentState, Reason, StoredIntent, Waiting
    from ccsync.sync.records import (
        Base,
        Contact,
        ContactId,
        EmailKey,
        ListId,
        MembrainId,
        MembrainRecord,
        NameKey,
        Resource,
        Standing,
    )


class Mirror(Protocol):
    """What was last read from each side.

    A sweep is a complete reading of one list. Its rows are stored with the sweep's number; ``finish_*`` then counts
    for each living row that was not among them one absence, and declares it gone at the second one in a row. Any
    reading of a row ends its absences.
    """

    def put_records(self, records: Sequence[MembrainRecord], sweep: int | None = None) -> list[RecordChange]:
        """Store rows of one list; return those that are new or differ, in order. A row that was missing is back."""
        ...

    def records(self, resource: Resource, ids: Iterable[MembrainId]) -> dict[MembrainId, MembrainRecord]:
        """Return rows by id, gone ones included; unknown ids are left out."""
        ...

    def living_records(
        self, resource: Resource, after: MembrainId | None = None, limit: int = 1000
    ) -> list[MembrainRecord]:
        """Return living rows of a list in the order of their ids, those greater than ``after``, at most ``limit``."""
        ...

    def record_count(self, resource: Resource) -> int:
        """Count the living rows of a list."""
        ...

    def records_since(self, resource: Resource, moment: datetime) -> int:
        """Count the living rows of a list that changed at a moment or later, or of which that is not known."""
        ...

    def contacts_by_email(self, keys: Iterable[EmailKey]) -> dict[EmailKey, list[MembrainRecord]]:
        """Return the living Membrain contacts of each address, the one created first in front (then by id)."""
        ...

    def everybody_by_email(self, keys: Iterable[EmailKey]) -> dict[EmailKey, list[MembrainRecord]]:
        """Return the Membrain contacts of each address, gone ones too, the one created first in front (then by id)."""
        ...

    def companies_by_name(self, keys: Iterable[NameKey]) -> dict[NameKey, list[MembrainRecord]]:
        """Return the living companies of each name, the one created first in front (then by id)."""
        ...

    def projects_of(self, companies: Iterable[MembrainId]) -> dict[MembrainId, list[MembrainRecord]]:
        """Return the living projects, of all three kinds, of each company."""
        ...

    def finish_records(self, resource: Resource, sweep: int) -> list[MembrainRecord]:
        """End a complete reading of a list; return the rows that became ``Gone.MISSING`` by it."""
        ...

    def put_contacts(self, contacts: Sequence[Contact], sweep: int | None = None) -> list[ContactChange]:
        """Store Constant Contact contacts; return those that are new or differ, in order."""
        ...

    def contacts(self, ids: Iterable[ContactId]) -> dict[ContactId, Contact]:
        """Return contacts by id, deleted and erased ones included; unknown ids are left out."""
        ...

    def contacts_by_address(self, keys: Iterable[EmailKey]) -> dict[EmailKey, Contact]:
        """Return the contact of each address, deleted ones included; an erased one only when nobody else has it.

        The service has one at most. While an address moves the mirror may know two: the one changed last has it.
        """
        ...

    def living_contacts(self, after: ContactId | None = None, limit: int = 1000) -> list[Contact]:
        """Return contacts that are not erased in the order of their ids, those greater than ``after``."""
        ...

    def contact_count(self) -> int:
        """Count the contacts that are not erased, deleted ones included."""
        ...

    def contacts_since(self, moment: datetime) -> int:
        """Count the contacts that are not erased and changed at a moment or later, or of which that is not known."""
        ...

    def list_size(self, list_id: ListId) -> int:
        """Count the contacts on a list."""
        ...

    def members(self, list_id: ListId) -> set[ContactId]:
        """Return the contacts on a list."""
        ...

    def finish_contacts(self, sweep: int) -> list[Contact]:
        """End a complete reading of all contacts; return those that became ``erased`` by it."""
        ...


class Agreement(Protocol):
    """What ccsync brought about: who is whom, what both sides agreed on, who is on a list and why."""

    def links(self, ids: Iterable[MembrainId]) -> dict[MembrainId, ContactId]:
        """Return the linked contact of each Membrain contact that has one."""
        ...

    def linked_to(self, ids: Iterable[ContactId]) -> dict[ContactId, MembrainId]:
        """Return the Membrain contact that each contact is linked to."""
        ...

    def link(self, membrain_id: MembrainId, contact_id: ContactId) -> None:
        """Link two people; links that either had before end, and with the Membrain contact's its bases."""
        ...

    def bases(self, ids: Iterable[MembrainId]) -> dict[MembrainId, dict[str, Base]]:
        """Return the bases of each Membrain contact by bound field path."""
        ...

    def put_bases(self, membrain_id: MembrainId, bases: Mapping[str, Base]) -> None:
        """Store bases; fields not named keep theirs."""
        ...

    def standings(self, ids: Iterable[ContactId]) -> dict[ContactId, dict[ListId, Standing]]:
        """Return the standings of each contact by list."""
        ...

    def put_standing(self, contact_id: ContactId, list_id: ListId, standing: Standing | None) -> None:
        """Store a standing; None forgets it."""
        ...

    def placed(self, list_id: ListId) -> int:
        """Count the people whom ccsync put on a list and who are still there by its book."""
        ...


class Work(Protocol):
    """Who has to be looked at, what was sent and not yet seen, and who waits."""

    def touch(self, ids: Iterable[MembrainId]) -> None:
        """Have these Membrain contacts planned, in this run or the next."""
        ...

    def touch_addresses(self, keys: Iterable[EmailKey]) -> None:
        """Touch every Membrain contact, gone ones too, that has one of these addresses."""
        ...

    def touch_companies(self, ids: Iterable[MembrainId]) -> None:
        """Touch every living Membrain contact of these companies."""
        ...

    def touch_everyone(self) -> None:
        """Touch every Membrain contact, gone ones too."""
        ...

    def touch_waiting(self, reason: Reason) -> None:
        """Touch every Membrain contact who waits for this reason, with all or with a field."""
        ...

    def touched(self, after: MembrainId | None = None, limit: int = 1000) -> list[MembrainId]:
        """Return touched ids in their order, those greater than ``after``, at most ``limit``."""
        ...

    def is_touched(self, membrain_id: MembrainId) -> bool:
        """Tell whether a Membrain contact is touched."""
        ...

    def touched_count(self) -> int:
        """Count the touched."""
        ...

    def untouch(self, ids: Iterable[MembrainId]) -> None:
        """Take people off the list of those to be planned."""
        ...

    def plan(self, intents: Iterable[Intent]) -> None:
        """Append intents as PLANNED, in order."""
        ...

    def intents(
        self, *states: IntentState, batch: str | None = None, after: int = 0, limit: int = 1000
    ) -> list[StoredIntent]:
        """Return intents of these states (all when none is named) in plan order, with a number above ``after``."""
        ...

    def intent_count(self, *states: IntentState) -> int:
        """Count intents of these states (all when none is named)."""
        ...

    def mark(
        self, numbers: Iterable[int], state: IntentState, *, batch: str | None = None, failure: str | None = None
    ) -> None:
        """Move intents to a state; ``batch`` and ``failure`` are set when given."""
        ...

    def drop_intents(self, numbers: Iterable[int]) -> None:
        """Forget intents: seen, failed and reported, or to be planned again."""
        ...

    def open_batch(self, batch: Batch) -> None:
        """Store a batch, before its request leaves."""
        ...

    def answered(self, batch_id: str, activity_id: str) -> None:
        """Store the activity that a batch became."""
        ...

    def batches(self) -> list[Batch]:
        """Return the open batches, oldest first."""
        ...

    def close_batch(self, batch_id: str) -> None:
        """Forget a batch."""
        ...

    def wait(self, waiting: Iterable[Waiting]) -> None:
        """Store who waits; the same person, sync, field and reason keeps the earlier ``since``."""
        ...

    def waiting_for(self, ids: Iterable[MembrainId]) -> dict[MembrainId, list[Waiting]]:
        """Return what each of these people waits for."""
        ...

    def waiting(self, limit: int | None = None) -> list[Waiting]:
        """Return everybody who waits, longest first."""
        ...

    def waiting_counts(self) -> dict[tuple[str, str], int]:
        """Count people who wait, by (sync, reason); fields of people do not count."""
        ...

    def stop_waiting(self, membrain_id: MembrainId, keep: Iterable[Waiting] = ()) -> None:
        """Forget what a person waits for, except entries equal to ``keep`` in sync, field and reason."""
        ...


class Progress(Protocol):
    """Timestamps, bindings and single facts."""

    def timestamps(self) -> dict[str, Timestamp]:
        """Return the timestamps by stream."""
        ...

    def set_timestamp(self, timestamp: Timestamp) -> None:
        """Store how far a stream has been read."""
        ...

    def forget_timestamp(self, stream: str) -> None:
        """Count a stream as never read."""
        ...

    def bindings(self, kind: str) -> dict[str, Binding]:
        """Return the bindings of a kind (``list`` or ``field``) by the config's label."""
        ...

    def bind(self, binding: Binding) -> None:
        """Store a binding."""
        ...

    def fact(self, key: str) -> str | None:
        """Return one remembered fact."""
        ...

    def set_fact(self, key: str, value: str | None) -> None:
        """Remember a fact; None forgets it."""
        ...


class History(Protocol):
    """Runs and field statistics."""

    def put_run(self, run: RunRecord) -> None:
        """Store a run, at its start and again at its end."""
        ...

    def runs(self, limit: int = 100) -> list[RunRecord]:
        """Return runs, the one begun last first, whatever the clock said."""
        ...

    def count_fields(
        self,
        run: str,
        counts: Mapping[tuple[str, str], FieldCounts],
        reasons: Mapping[tuple[str, str, str], tuple[int, str]],
        written_at: datetime,
    ) -> None:
        """Add a run's counts by (sync, field), and its reasons by (sync, field, reason) with an example.

        Fields with written values get ``written_at`` as their last time of writing. May be called several times in
        one run; the counts of that run add up.
        """
        ...

    def field_statistics(self) -> dict[tuple[str, str], FieldStatistics]:
        """Return the statistics by (sync, field), with the three most common reasons of all runs each."""
        ...


class Store(Protocol):
    """The state of one account."""

    @property
    def mirror(self) -> Mirror:
        """What was last read from each side."""
        ...

    @property
    def agreement(self) -> Agreement:
        """Links, bases and standings."""
        ...

    @property
    def work(self) -> Work:
        """Who has to be looked at, what was sent, who waits."""
        ...

    @property
    def inward(self) -> Inward:
        """Who has to be looked at on the way into Membrain, and what is to be written there."""
        ...

    @property
    def progress(self) -> Progress:
        """Timestamps, bindings and facts."""
        ...

    @property
    def history(self) -> History:
        """Runs and field statistics."""
        ...

    @property
    def erasure(self) -> Erasure:
        """Taking a person out of the state."""
        ...

    @property
    def forgotten(self) -> Forgotten:
        """Whose rows are not stored."""
        ...

    def transaction(self) -> AbstractContextManager[None]:
        """Make everything inside happen or not happen; may be nested, the outermost one commits durably."""
        ...

    def rehearsal(self) -> AbstractContextManager[None]:
        """Take back, at the end, everything that is done inside, transactions included: for a dry run."""
        ...

    def close(self) -> None:
        """Let go of the database."""
        ...
