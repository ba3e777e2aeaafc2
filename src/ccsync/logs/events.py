"""The events of a run, and the port through which everybody tells them."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal, Protocol

Level = Literal["debug", "info", "warning", "error"]


class Event(StrEnum):
    """What a log line is about; names are kept for ever, because people search for them."""

    RUN_STARTED = "run.started"
    RUN_FINISHED = "run.finished"
    RUN_WARNING = "run.warning"
    STREAM_PULLED = "stream.pulled"
    HTTP_REQUEST = "http.request"
    RECORD_CREATED = "record.created"
    RECORD_UPDATED = "record.updated"
    RECORD_SKIPPED = "record.skipped"
    RECORD_FAILED = "record.failed"
    RECORD_CONFLICT = "record.conflict"
    LIST_ADDED = "list.added"
    LIST_REMOVED = "list.removed"
    CONSENT_CHANGED = "consent.changed"
    ACTIVITY_POSTED = "activity.posted"
    ACTIVITY_FINISHED = "activity.finished"
    TIMESTAMP_MOVED = "timestamp.moved"
    GUARD_STOPPED = "guard.stopped"
    AUTH_REFRESHED = "auth.refreshed"
    PERSON_FORGOTTEN = "person.forgotten"


class Recorder(Protocol):
    """Somebody who keeps what happens."""

    def event(self, name: Event, message: str, *, level: Level = "info", **fields: object) -> None:
        """Keep one event; ``fields`` are facts a reader may search for, never a secret."""
        ...


class Journal(Recorder, Protocol):
    """A recorder that can be asked to have everything on the disk, before something else says that it happened."""

    def flush(self) -> None:
        """Hand everything so far to the operating system."""


class NullRecorder:
    """Keeps nothing: for commands that are no run."""

    def event(self, name: Event, message: str, *, level: Level = "info", **fields: object) -> None:
        """Forget it."""
