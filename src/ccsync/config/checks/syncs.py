"""Fields and syncs side by side: a person may be in two syncs, and then both must want the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ccsync.config.checks.reading import TO_CONSTANT_CONTACT, TO_MEMBRAIN, FieldEntry, SyncEntry, ways
from ccsync.config.lines import KeyPath, Lines, spell
from ccsync.config.sides import READ_ONLY, parts_of, record_of, same_field
from ccsync.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ccsync.config.model import Field


def syncs_together(syncs: tuple[SyncEntry, ...], lines: Lines) -> Iterator[Problem]:
    """Yield the mistakes that two syncs make together."""
    yield from _names(syncs, lines)
    yield from _lists(syncs, lines)
    yield from _fields(syncs, lines)
    yield from _properties(syncs, lines)


def _problem(path: KeyPath, lines: Lines, message: str, hint: str) -> Problem:
    return Problem(spell(path), lines.nearest(path), message, hint)


def _names(syncs: tuple[SyncEntry, ...], lines: Lines) -> Iterator[Problem]:
    seen: dict[str, SyncEntry] = {}
    for sync in syncs:
        first = seen.setdefault(sync.name.casefold(), sync) if sync.name else sync
        if first is not sync:
            message = f'"{sync.name}" is already the name of the sync on line {lines.nearest(first.path)}'
            yield _problem((*sync.path, "name"), lines, message, "each sync has its own name")


def _lists(syncs: tuple[SyncEntry, ...], lines: Lines) -> Iterator[Problem]:
    seen: dict[tuple[str, str], SyncEntry] = {}
    for sync in syncs:
        arrows = sorted(ways(sync.direction)) if sync.list else ()
        owners = [seen.setdefault((sync.list.casefold(), arrow), sync) for arrow in arrows]
        first = next((owner for owner in owners if owner is not sync), None)
        if first:
            message = (
                f'{first.called} already fills the list "{sync.list}" in this direction; '
                "the two would take each other's people off it"
            )
            yield _problem(
                (*sync.path, "list"),
                lines,
                message,
                "another list, or one sync with both filters joined by ||",
            )


def _fields(syncs: tuple[SyncEntry, ...], lines: Lines) -> Iterator[Problem]:
    """Yield the fields of Constant Contact that two syncs fill by different rules."""
    seen: dict[str, _Place] = {}
    for place in _places(syncs):
        for part in parts_of(place.field.constant_contact):
            first = seen.setdefault(part, place)
            message = _quarrel(first, place) if first.sync is not place.sync else ""
            if message:
                hint = "somebody who is in both syncs would be rewritten for ever; make them equal"
                yield _problem(
                    (*place.path, "constant_contact"), lines, f"{message} {_where(first, place, lines)}", hint
                )
                break


def _properties(syncs: tuple[SyncEntry, ...], lines: Lines) -> Iterator[Problem]:
    """Yield the properties of Membrain that two fields of Constant Contact would be written to."""
    seen: dict[str, _Place] = {}
    for place in _places(syncs):
        left, right = place.field.membrain, place.field.constant_contact
        if TO_MEMBRAIN not in place.ways:
            continue
        first = seen.setdefault(left, place)
        if same_field(first.field.constant_contact) != same_field(right):
            message = f'"{left}" would be written from "{first.field.constant_contact}" and from "{right}"'
            hint = f'take one out, or let one go only there: direction = "{TO_CONSTANT_CONTACT}"'
            yield _problem((*place.path, "membrain"), lines, f"{message} {_where(first, place, lines)}", hint)


class _Place(NamedTuple):
    """One field, and the sync in which it stands."""

    sync: SyncEntry
    entry: FieldEntry

    @property
    def field(self) -> Field:
        return self.entry.field

    @property
    def path(self) -> KeyPath:
        return self.entry.path

    @property
    def ways(self) -> frozenset[str]:
        return self.sync.ways_of(self.entry.field)


def _places(syncs: tuple[SyncEntry, ...]) -> Iterator[_Place]:
    for sync in syncs:
        for entry in sync.fields:
            yield _Place(sync, entry)


def _where(first: _Place, second: _Place, lines: Lines) -> str:
    return f"in {first.sync.called}, {spell(first.path)}, line {lines.nearest(first.path)}, and {second.sync.called}"


def _quarrel(first: _Place, second: _Place) -> str:
    """Say why two syncs would write different things into one field, nothing when they would not."""
    one, other = first.field, second.field
    if (one.membrain, one.constant_contact) != (other.membrain, other.constant_contact):
        if one.membrain == other.membrain and one.constant_contact.casefold() == other.constant_contact.casefold():
            return f'one field is spelled "{one.constant_contact}" and "{other.constant_contact}"'
        if other.constant_contact in READ_ONLY:
            return f'"{other.constant_contact}" goes to "{one.membrain}" and to "{other.membrain}"'
        return f'"{other.constant_contact}" is filled from "{one.membrain}" and from "{other.membrain}"'
    different = next(_different(first, second), "")
    return f'"{other.constant_contact}" has two different settings of {different}' if different else ""


def _different(first: _Place, second: _Place) -> Iterator[str]:
    """Yield the keys that are set differently. A way that only one of the syncs goes cannot differ."""
    common = ways(first.sync.direction) & ways(second.sync.direction)
    if first.ways & common != second.ways & common:
        yield "direction"
    for key in ("values", "default", "clear", "when_too_long"):
        if getattr(first.field, key) != getattr(second.field, key):
            yield key
    both_ways = first.ways == second.ways == ways("both")
    of_project = record_of(first.field.membrain) == "project"
    for key in ("conflict",) * both_ways + ("projects", "project") * of_project:
        if first.sync.rules[key] != second.sync.rules[key]:
            yield key
