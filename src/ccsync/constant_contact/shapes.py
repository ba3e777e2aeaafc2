"""The shapes that answers must have; another shape is nonsense and never "nothing there"."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ccsync.http.answers import Nonsense

if TYPE_CHECKING:
    from collections.abc import Callable

Resource = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a collection, the address of the next one, and how many rows all have; None where not said."""

    rows: list[Resource]
    following: str | None
    count: int | None


def resource(*required: str, **expected: str) -> Callable[[Any], Resource]:
    """Read one object that has the ``required`` texts, and the ``expected`` values."""

    def read(value: Any) -> Resource:
        if not isinstance(value, dict):
            raise Nonsense("no object")
        _check(value, required)
        for name, wanted in expected.items():
            if value.get(name) != wanted:
                raise Nonsense(f"another {name} than asked for")
        return value

    return read


def rows(*required: str) -> Callable[[Any], list[Resource]]:
    """Read an array of objects that all have the ``required`` texts."""

    def read(value: Any) -> list[Resource]:
        if not isinstance(value, list):
            raise Nonsense("no array")
        for row in value:
            if not isinstance(row, dict):
                raise Nonsense("an array of something else than objects")
            _check(row, required)
        return value

    return read


def page(key: str, *required: str) -> Callable[[Any], Page]:
    """Read a page whose rows stand under ``key``."""
    read_rows = rows(*required)

    def read(value: Any) -> Page:
        if not isinstance(value, dict) or key not in value:
            raise Nonsense(f"no {key!r}")
        count = value.get(f"{key}_count")
        return Page(read_rows(value[key]), _following(value), count if isinstance(count, int) else None)

    return read


def total(value: Any) -> int:
    """Read the answer of ``GET /contacts/counts``."""
    try:
        return int(value["total"])
    except (KeyError, TypeError, ValueError) as error:
        raise Nonsense("no total") from error


def next_request(href: str, base_path: str) -> tuple[str, str]:
    """Return path and query of a next link, relative to the base address; Nonsense when it leads elsewhere.

    The link is a path without a host that begins with the version, ``/v3/contacts?cursor=...``; the cursor holds the
    filters and the limit, so it is followed as it is.
    """
    parts = urlsplit(href)
    inside = parts.path.startswith(f"{base_path}/") and ".." not in parts.path.split("/")
    if parts.scheme or parts.netloc or not inside:
        raise Nonsense("a link to the next page that leads elsewhere")
    return parts.path.removeprefix(base_path), parts.query


def names_permission(value: Any) -> bool:
    """Tell whether ``permission_to_send`` stands anywhere in a body."""
    if isinstance(value, dict):
        return "permission_to_send" in value or any(names_permission(member) for member in value.values())
    return isinstance(value, list | tuple) and any(names_permission(member) for member in value)


def _check(row: Resource, required: tuple[str, ...]) -> None:
    missing = [name for name in required if not isinstance(row.get(name), str) or not row[name]]
    if missing:
        raise Nonsense(f"a row without {missing[0]}")


def _following(value: Resource) -> str | None:
    links = value.get("_links") or {}
    following = (links.get("next") or {}) if isinstance(links, dict) else None
    if not isinstance(following, dict):
        raise Nonsense("links of another shape")
    href = following.get("href")
    if href is not None and not isinstance(href, str):
        raise Nonsense("a link that is no text")
    return href or None
