"""Timestamps, bindings and single facts, in SQLite."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from ccsync.state.sqlite.rows import time_text, whole_letters
from ccsync.state.values import Binding, Timestamp

if TYPE_CHECKING:
    from ccsync.state.sqlite.database import Database

TIMESTAMPS = "SELECT stream, read_up_to, moved_at FROM timestamp ORDER BY stream"

SET_TIMESTAMP = """
INSERT INTO timestamp (stream, read_up_to, moved_at) VALUES (?, ?, ?)
ON CONFLICT (stream) DO UPDATE SET read_up_to = excluded.read_up_to, moved_at = excluded.moved_at
"""

FORGET_TIMESTAMP = "DELETE FROM timestamp WHERE stream = ?"

BINDINGS = "SELECT kind, label, id, name FROM binding WHERE kind = ? ORDER BY label"

BIND = """
INSERT INTO binding (kind, label, id, name) VALUES (?, ?, ?, ?)
ON CONFLICT (kind, label) DO UPDATE SET id = excluded.id, name = excluded.name
"""

FACT = "SELECT value FROM fact WHERE key = ?"

SET_FACT = "INSERT INTO fact (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value"

FORGET_FACT = "DELETE FROM fact WHERE key = ?"


class SqliteProgress:
    """How far streams were read, what names were bound to, and single facts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def timestamps(self) -> dict[str, Timestamp]:
        """Return the timestamps by stream."""
        return {
            stream: Timestamp(stream, datetime.fromisoformat(read_up_to), datetime.fromisoformat(moved_at))
            for stream, read_up_to, moved_at in self._database.rows(TIMESTAMPS)
        }

    def set_timestamp(self, timestamp: Timestamp) -> None:
        """Store how far a stream has been read."""
        times = (time_text(timestamp.read_up_to), time_text(timestamp.moved_at))
        self._database.run(SET_TIMESTAMP, (timestamp.stream, *times))

    def forget_timestamp(self, stream: str) -> None:
        """Count a stream as never read."""
        self._database.run(FORGET_TIMESTAMP, (stream,))

    def bindings(self, kind: str) -> dict[str, Binding]:
        """Return the bindings of a kind (``list`` or ``field``) by the config's label."""
        return {row[1]: Binding(*row) for row in self._database.rows(BINDINGS, (kind,))}

    def bind(self, binding: Binding) -> None:
        """Store a binding."""
        self._database.run(BIND, (binding.kind, binding.label, binding.id, whole_letters(binding.name)))

    def fact(self, key: str) -> str | None:
        """Return one remembered fact."""
        rows = self._database.rows(FACT, (key,))
        return str(rows[0][0]) if rows else None

    def set_fact(self, key: str, value: str | None) -> None:
        """Remember a fact; None forgets it."""
        if value is None:
            self._database.run(FORGET_FACT, (key,))
        else:
            self._database.run(SET_FACT, (key, value))
