"""A forgiving look at the tables of the file: what is right by itself is there, what is wrong is left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar, get_args

import pydantic

from ccsync.config.lines import spell
from ccsync.config.model import Direction, Field, Model

if TYPE_CHECKING:
    from ccsync.config.lines import KeyPath

AnyModel = TypeVar("AnyModel", bound=Model)


@dataclass(frozen=True, slots=True)
class FieldEntry:
    """One ``[[sync.field]]`` that is right by itself, and where it stands."""

    path: KeyPath
    field: Field


@dataclass(frozen=True, slots=True)
class SyncEntry:
    """One ``[[sync]]``; a text that is missing or wrong by itself is empty."""

    path: KeyPath
    name: str
    list: str
    direction: str
    filter: str
    no_projects: bool
    fields: tuple[FieldEntry, ...]

    @property
    def called(self) -> str:
        """The sync as a message names it."""
        return f'sync "{self.name}"' if self.name else spell(self.path)


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
    return SyncEntry(path, name, listed, direction, expression, raw.get("projects") == [], tuple(fields))


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
