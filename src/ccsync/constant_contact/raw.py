"""Reading members of a resource that may be absent, null or of another type than promised."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ccsync.errors import Unreachable


def raw_id(raw: object, name: str) -> str:
    """Return the id of a resource; Unreachable without one, because nobody could say what it is."""
    found = raw_text(raw, name) if isinstance(raw, Mapping) else ""
    if not found:
        raise Unreachable(
            f"Constant Contact answers nonsense: a resource without {name}",
            hint="ccsync run --once, later",
            code="bad_answer",
        )
    return found


def raw_text(raw: Mapping[str, Any], name: str) -> str:
    """Return a member as trimmed text; empty when it is not set."""
    value = raw.get(name)
    return "" if value is None else str(value).strip()


def raw_object(raw: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return a member that is an object; an empty one when it is not there."""
    value = raw.get(name)
    return value if isinstance(value, Mapping) else {}


def raw_array(raw: Mapping[str, Any], name: str) -> list[Any]:
    """Return a member that is an array; an empty one when it is not there."""
    value = raw.get(name)
    return value if isinstance(value, list) else []


def raw_objects(raw: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """Return the objects of a member that is an array."""
    return [one for one in raw_array(raw, name) if isinstance(one, Mapping)]


def kind_of(subresource: Mapping[str, Any]) -> str:
    """Return the kind of a phone number or address; without one it is ``other``."""
    return raw_text(subresource, "kind") or "other"
