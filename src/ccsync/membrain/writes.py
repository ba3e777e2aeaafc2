"""Single records of Membrain: asked for, created, changed.

How values are sent is not documented where it can be read: JSON and ``PUT /contacts/{Id}`` are taken to be right
(reference of the API, 6). Only when Membrain says that it cannot read such a body, or that it takes no PUT there, the
same request goes out as a form or to the list with the Id in the body, and the way that works is kept.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from ccsync.errors import RecordRefused
from ccsync.membrain import replies

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ccsync.http.session import HttpClient
    from ccsync.http.verdict import Classifier
    from ccsync.membrain.paging import Record


class Writes:
    """Reads and writes one record at a time; errors as ``MembrainClient`` promises them."""

    def __init__(self, http: HttpClient, key: str, headers: Callable[[], Mapping[str, str]]) -> None:
        """``headers`` is called before each try: it waits for its turn and returns what identifies us."""
        self._http = http
        self._key = key
        self._headers = headers
        self._way = _Way()

    def record(self, resource: str, record_id: str) -> Record | None:
        """Return one row; None when Membrain has no such record."""
        path = f"/{resource}/{quote(record_id, safe='')}"
        classify = replies.record_classifier(record_id, self._key)
        found: Record | None = self._http.send("GET", path, classify, before_try=self._headers)
        return found

    def create(self, resource: str, values: Mapping[str, object]) -> str | None:
        """Add a record and return its Id; None when the answer does not tell it."""
        made: str | None = self._sent("POST", resource, "", values)
        return made

    def update(self, resource: str, record_id: str, values: Mapping[str, object]) -> None:
        """Set properties of a record."""
        self._sent("PUT", resource, record_id, values)

    def _sent(self, method: str, resource: str, record_id: str, values: Mapping[str, object]) -> Any:
        """Send in the way that is known to work, or in the others as long as Membrain complains of the way."""
        way, tried = self._way, list[tuple[_Way, RecordRefused]]()
        while True:
            try:
                value = self._send(way, method, resource, record_id, values)
            except RecordRefused as refusal:
                tried.append((way, refusal))
                other = way.instead(method, refusal)
                if other is None:
                    raise
                if other in (one for one, _ in tried):
                    raise tried[0][1] from None
                way = other
            else:
                self._way = way
                return value

    def _send(self, way: _Way, method: str, resource: str, record_id: str, values: Mapping[str, object]) -> Any:
        classify: Classifier = replies.updated(self._key) if record_id else replies.created(self._key)
        in_path = f"/{resource}/{quote(record_id, safe='')}" if record_id and way.id_in_path else f"/{resource}/"
        in_body = {"Id": record_id} if record_id and not way.id_in_path else {}
        content, body = way.body({**in_body, **values})
        return self._http.send(
            method, in_path, classify, body=body, before_try=lambda: {**self._headers(), "Content-Type": content}
        )


@dataclass(frozen=True, slots=True)
class _Way:
    """How a write travels."""

    as_form: bool = False
    id_in_path: bool = True

    def instead(self, method: str, refusal: RecordRefused) -> _Way | None:
        """Return the way to try after a refusal; None when it is the record that was refused."""
        if refusal.key == replies.BODY:
            return replace(self, as_form=not self.as_form)
        if method == "PUT" and refusal.status == HTTPStatus.METHOD_NOT_ALLOWED:
            return replace(self, id_in_path=not self.id_in_path)
        return None

    def body(self, values: Mapping[str, object]) -> tuple[str, bytes]:
        """Return the type and the bytes of a body."""
        if not self.as_form:
            return "application/json", json.dumps(values).encode()
        pairs = [
            (name, _form_text(one))
            for name, value in values.items()
            for one in (value if isinstance(value, list) and value else [value])
        ]
        return "application/x-www-form-urlencoded", urlencode(pairs, errors="replace").encode()


def _form_text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return str(value.get("Id") or value.get("Name") or "")
    return "" if value is None or value == [] else str(value)
