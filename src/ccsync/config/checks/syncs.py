"""Several syncs side by side: a person may be in two of them, and then both must want the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccsync.config.lines import KeyPath, Lines, spell
from ccsync.config.sides import parts_of
from ccsync.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ccsync.config.checks.reading import FieldEntry, SyncEntry

_ARROWS = ("membrain-to-constant-contact", "constant-contact-to-membrain")


def syncs_together(syncs: tuple[SyncEntry, ...], lines: Lines) -> Iterator[Problem]:
    """Yield the mistakes that two syncs make together."""
    yield from _names(syncs, lines)
    yield from _lists(syncs, lines)
    yield from _fields(syncs, lines)


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
        arrows = _ARROWS if sync.direction == "both" else (sync.direction,)
        owners = [seen.setdefault((sync.list.casefold(), arrow), sync) for arrow in arrows if sync.list and arrow]
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
    seen: dict[str, tuple[SyncEntry, FieldEntry]] = {}
    for sync in syncs:
        for entry in sync.fields:
            for part in parts_of(entry.field.constant_contact):
                first_sync, first = seen.setdefault(part, (sync, entry))
                message = _quarrel(first, entry) if first_sync is not sync else ""
                if message:
                    where = f"{first_sync.called}, line {lines.nearest(first.path)}, and {sync.called}"
                    hint = "somebody who is in both syncs would be rewritten for ever; make them equal"
                    yield _problem((*entry.path, "constant_contact"), lines, f"{message} in {where}", hint)
                    break


def _quarrel(first: FieldEntry, second: FieldEntry) -> str:
    """Say why two syncs would write different things into one field, nothing when they would not."""
    one, other = first.field, second.field
    if (one.membrain, one.constant_contact) != (other.membrain, other.constant_contact):
        if one.membrain == other.membrain and one.constant_contact.casefold() == other.constant_contact.casefold():
            return f'one field is spelled "{one.constant_contact}" and "{other.constant_contact}"'
        return f'"{other.constant_contact}" is filled from "{one.membrain}" and from "{other.membrain}"'
    for key in ("direction", "values", "default", "clear", "when_too_long"):
        if getattr(one, key) != getattr(other, key):
            return f'"{other.constant_contact}" has two different settings of {key}'
    return ""
