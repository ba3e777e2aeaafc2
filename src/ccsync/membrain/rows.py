"""Whole rows of Membrain, on their way back: what a PUT has to name, and what rows show of the encoding."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccsync.membrain import readings
from ccsync.membrain.side import NOT_WRITABLE
from ccsync.sync.catalogue import property_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ccsync.membrain.paging import Record

_NAME_PARTS = frozenset({"FirstName", "LastName"})


def full_row(row: Record, changes: Mapping[str, object]) -> dict[str, object]:
    """Return what to send when a PUT replaces a record whole: all that is set in ``row``, with the changes.

    Left out are what Membrain writes itself, what is not set, and the other half of what a change says anew: the
    company's id for its name, a name's parts for the whole.
    """
    new = {property_name(name) for name in changes}
    said = new | {other for name in new if (other := _other_half(name))}
    if "Name" in new:
        said |= _NAME_PARTS
    elif new & _NAME_PARTS:
        said |= {"Name"}
    kept = {
        name: value
        for name, value in row.items()
        if property_name(name) not in said and name not in NOT_WRITABLE and is_set(value)
    }
    return kept | dict(changes)


def examples(rows: Iterable[Record]) -> Record:
    """Return a raw value of each property that is set in any of the rows: how Membrain writes where a row is silent.

    The longest text counts, for one choice does not show how several are joined.
    """
    found: Record = {}
    for row in rows:
        for key, value in row.items():
            name = property_name(key)
            if is_set(value) and _tells_more(value, found.get(name)):
                found[name] = value
    return found


def is_set(value: object) -> bool:
    """Tell whether a raw value is one: neither null nor empty nor what stands for that."""
    return bool(value) if isinstance(value, list | dict) else bool(readings.plain(value))


def _tells_more(value: object, than: object) -> bool:
    if isinstance(value, str) and isinstance(than, str):
        return len(value) > len(than)
    return than is None


def _other_half(name: str) -> str:
    """Return the property that says the same: ``CompanyName`` for ``CompanyId``, and the other way round."""
    if name.endswith("Id"):
        return f"{name.removesuffix('Id')}Name"
    return f"{name.removesuffix('Name')}Id" if name.endswith("Name") else ""
