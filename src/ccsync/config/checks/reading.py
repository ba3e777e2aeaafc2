"""A forgiving look at the tables of the file: what is right by itself is there, what is wrong is left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar, get_args

import pydantic

from ccsync.config.lines import spell
from ccsync.config.model import PROJECT_KINDS, Direction, Field, Model, Sync
from ccsync.config.sides import READ_ONLY

if TYPE_CHECKING:
    from ccsync.config.lines import KeyPath

AnyModel = TypeVar("AnyModel", bound=Model)


@dataclass(frozen=True, slots=True)
class FieldEntry:
    """One ``[[sync.field]]`` that is right by itself, and where it stands."""

    path: KeyPath
    field: Field


TO_CONSTANT_CONTACT, TO_MEMBRAIN = "membrain-to-constant-contact", "constant-contact-to-membrain"


def ways(direction: str) -> frozenset[str]:
    """Return the ways that a direction stands for: two for ``both``, none for a missing one."""
    both = (TO_CONSTANT_CONTACT, TO_MEMBRAIN)
    return frozenset(both if direction == "both" else (direction,) if direction else ())


@dataclass(frozen=True, slots=True)
class SyncEntry:
    """One ``[[sync]]``; a text that is missing or wrong by itself is empty.

    ``rules`` are its keys that decide about a value beside the field's own, with their defaults.
    """

    path: KeyPath
    name: str
    list: str
    direction: str
    filter: str
    no_projects: bool
    rules: Mapping[str, object]
    fields: tuple[FieldEntry, ...]

    @property
    def called(self) -> str:
        """The sync as a message names it."""
        return f'sync "{self.name}"' if self.name else spell(self.path)

    def ways_of(self, field: Field) -> frozenset[str]:
        """Return the ways that one of its fields travels: consent always to Membrain, others as the sync lets them."""
        if field.constant_contact in READ_ONLY:
            return ways(TO_MEMBRAIN)
        return ways(field.direction or self.direction) & ways(self.direction)


def table(model: type[AnyModel], tables: Mapping[str, Any], name: str) -> AnyModel | None:
    """Return the table with its defaults, ``None`` when it is wrong by itself."""
    return _read(model, tables.get(name, {}))


def syncs_in(tables: Mapping[str, Any]) -> tuple[SyncEntry, ...]:
    """Return every ``[[sync]]`` of the file."""
    return tuple(_sync(index, raw) for index, raw in _tables_in(tables.get("sync")))


def _sync(index: int, raw: Mapping[str, Any]) -> SyncEntry:
    path: KeyPath = ("sync", index)
    fields = (
        FieldEntry((*path, "field", number), field)
        for number, entry in _tables_in(raw.get("field"))
        if (field := _read(Field, entry)) is not None
    )
    name, listed, expression = (_text(raw, key) for key in ("name", "list", "filter"))
    direction = _text(raw, "direction") if raw.get("direction") in get_args(Direction) else ""
    empty = raw.get("projects") == []
    return SyncEntry(path, name, listed, direction, expression, empty, _rules(raw), tuple(fields))


def _rules(raw: Mapping[str, Any]) -> Mapping[str, object]:
    defaults = Sync.model_fields
    kinds = raw.get("projects", PROJECT_KINDS)
    return {
        "conflict": raw.get("conflict", defaults["conflict"].default),
        "projects": {str(kind) for kind in kinds} if isinstance(kinds, list | tuple) else kinds,
        "project": raw.get("project", defaults["project"].default),
    }


def _tables_in(raw: object) -> list[tuple[int, Mapping[str, Any]]]:
    if not isinstance(raw, list):
        return []
    return [(index, entry) for index, entry in enumerate(raw) if isinstance(entry, Mapping)]


def _text(raw: Mapping[str, Any], key: str) -> str:
    value = raw.get(key)
    return value if isinstance(value, str) else ""


def _read(model: type[AnyModel], raw: object) -> AnyModel | None:
    try:
        return model.model_validate(raw)
    except pydantic.ValidationError:
        return None
