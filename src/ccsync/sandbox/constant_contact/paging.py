"""Pages and their cursors.

The cursor is base64 of a query string that carries the filters and the limit, as public samples of the service show;
the link is a path without host that starts with ``/v3``.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

from ccsync.sandbox.constant_contact import errors

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ccsync.sandbox.constant_contact.switches import Switches


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a walk continues: its own filters, the position, and when the walk's last page was made."""

    filters: dict[str, str]
    position: int
    made: float

    def text(self) -> str:
        """Return the opaque form."""
        query = urlencode({**self.filters, "next": self.position, "made": self.made})
        return base64.b64encode(query.encode()).decode()

    def links(self, path: str, position: int, now: float) -> dict[str, Any]:
        """Return ``_links`` to the page that continues at this position."""
        text = replace(self, position=position, made=now).text()
        return {"next": {"href": f"{path}?{urlencode({'cursor': text})}"}}


def cursor_of(query: Mapping[str, str], now: float, switches: Switches) -> Cursor:
    """Return where this page starts. Raises Refusal (400) for a cursor that is not valid, not alone or too old."""
    if "cursor" not in query:
        return Cursor(dict(query), 0, now)
    if len(query) > 1:
        raise errors.bad_request("cursor cannot be combined with other parameters")
    try:
        text = base64.b64decode(query["cursor"], validate=True).decode()
        values = dict(parse_qsl(text, keep_blank_values=True))
        cursor = Cursor(position=int(values.pop("next")), made=float(values.pop("made")), filters=values)
    except (binascii.Error, UnicodeDecodeError, KeyError, ValueError) as error:
        raise errors.bad_request("cursor is not valid") from error
    if switches.cursor == "expires" and now - cursor.made > switches.cursor_seconds:
        raise errors.bad_request("cursor has expired")
    return cursor


def page_limit(values: Mapping[str, str], *, default: int, largest: int) -> int:
    """Return the page size asked for. Raises Refusal (400) when it is out of bounds."""
    text = values.get("limit", str(default))
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= largest:
        raise errors.invalid(f"limit must be between 1 and {largest}")
    return int(text)


def flag(values: Mapping[str, str], name: str) -> bool:
    """Return a yes-or-no parameter. Raises Refusal (400) when it is neither."""
    text = values.get(name, "false").lower()
    if text not in ("true", "false"):
        raise errors.invalid(f"{name} does not have a valid value")
    return text == "true"


def short_collection(
    key: str, found: Sequence[dict[str, Any]], cursor: Cursor, *, path: str, largest: int, now: float
) -> dict[str, Any]:
    """Return the body of one page of a collection that is short enough to be numbered."""
    limit = page_limit(cursor.filters, default=50, largest=largest)
    end = cursor.position + limit
    body: dict[str, Any] = {key: list(found[cursor.position : end])}
    if end < len(found):
        body["_links"] = cursor.links(path, end, now)
    return body
