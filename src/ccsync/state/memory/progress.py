"""Timestamps, bindings and single facts, in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ccsync.state.memory.tables import Tables
    from ccsync.state.values import Binding, Timestamp


class MemoryProgress:
    """How far streams were read, what names were bound to, and single facts."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def timestamps(self) -> dict[str, Timestamp]:
        """Return the timestamps by stream."""
        return dict(sorted(self._tables.timestamps.items()))

    def set_timestamp(self, timestamp: Timestamp) -> None:
        """Store how far a stream has been read."""
        self._tables.timestamps[timestamp.stream] = timestamp

    def forget_timestamp(self, stream: str) -> None:
        """Count a stream as never read."""
        self._tables.timestamps.pop(stream, None)

    def bindings(self, kind: str) -> dict[str, Binding]:
        """Return the bindings of a kind (``list`` or ``field``) by the config's label."""
        found = (binding for binding in self._tables.bindings.values() if binding.kind == kind)
        return {binding.label: binding for binding in sorted(found, key=lambda binding: binding.label)}

    def bind(self, binding: Binding) -> None:
        """Store a binding."""
        self._tables.bindings[binding.kind, binding.label] = binding

    def fact(self, key: str) -> str | None:
        """Return one remembered fact."""
        return self._tables.facts.get(key)

    def set_fact(self, key: str, value: str | None) -> None:
        """Remember a fact; None forgets it."""
        if value is None:
            self._tables.facts.pop(key, None)
        else:
            self._tables.facts[key] = value
