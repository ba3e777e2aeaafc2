"""What the state keeps and tells, as plain values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from ccsync.sync.records import Contact, MembrainRecord


@dataclass(frozen=True, slots=True)
class RecordChange:
    """A Membrain record that differs from its mirror; ``old`` is None when it is new."""

    old: MembrainRecord | None
    new: MembrainRecord


@dataclass(frozen=True, slots=True)
class ContactChange:
    """A Constant Contact contact that differs from its mirror; ``old`` is None when it is new."""

    old: Contact | None
    new: Contact


@dataclass(frozen=True, slots=True)
class Timestamp:
    """How far a stream has been read, and when that was noted."""

    stream: str
    read_up_to: datetime
    moved_at: datetime


@dataclass(frozen=True, slots=True)
class Binding:
    """A list or a custom field, found by name once and followed by id."""

    kind: str
    label: str
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Counts:
    """What happened to people, in one run, for one sync or for all."""

    created: int = 0
    updated: int = 0
    added: int = 0
    removed: int = 0
    unchanged: int = 0
    skipped: int = 0
    failed: int = 0

    def __add__(self, other: Counts) -> Counts:
        """Add two counts part by part."""
        return Counts(*(getattr(self, name) + getattr(other, name) for name in Counts.__slots__))


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One run: ``result`` is empty while it is on, or when it was killed."""

    id: str
    started: datetime
    finished: datetime | None = None
    result: str = ""
    counts: Counts = Counts()
    syncs: Mapping[str, Counts] = field(default_factory=dict)
    calls: Mapping[str, int] = field(default_factory=dict)
    message: str = ""


@dataclass(frozen=True, slots=True)
class FieldCounts:
    """What happened to one field: people counted once each."""

    written: int = 0
    unchanged: int = 0
    skipped: int = 0
    failed: int = 0
    empty: int = 0
    truncated: int = 0

    def __add__(self, other: FieldCounts) -> FieldCounts:
        """Add two counts part by part."""
        return FieldCounts(*(getattr(self, name) + getattr(other, name) for name in FieldCounts.__slots__))


@dataclass(frozen=True, slots=True)
class FieldReason:
    """How often a field was left or refused for one reason, with one person as the example."""

    reason: str
    count: int
    example: str


@dataclass(frozen=True, slots=True)
class FieldStatistics:
    """One field of one sync over all runs; ``last`` is the last run that had anything to do with the field."""

    sync: str
    field: str
    total: FieldCounts
    last: FieldCounts
    last_run: str
    last_written: datetime | None
    reasons: Sequence[FieldReason] = ()
