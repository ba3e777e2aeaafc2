"""Splitting rows into import bodies that Constant Contact takes whole.

An import takes 4 MB and 40,000 rows and drops what is over in silence (operation bulkImportContactsJSON), so encoded
bytes are counted, not guessed. Whether MB is 10**6 or 2**20 is not said: the smaller one is safe.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

MAX_BYTES = 4_000_000
MAX_ROWS = 40_000
MAX_LISTS = 50

_HEAD = b'{"import_data":['


@dataclass(frozen=True, slots=True)
class ImportBody:
    """One body to send: its bytes, how many rows it holds, and the index of its first row among all."""

    body: bytes
    rows: int
    first: int


def split(
    rows: Iterable[Mapping[str, Any]],
    list_ids: Sequence[str],
    max_bytes: int = MAX_BYTES,
    max_rows: int = MAX_ROWS,
) -> Iterator[ImportBody]:
    """Yield bodies in the order of ``rows``, each as full as it can be and never over a limit.

    ValueError for a row that is too large by itself, and for no list or more than 50: such a body must not be sent.
    """
    if not 1 <= len(list_ids) <= MAX_LISTS:
        raise ValueError(f"an import names 1 to {MAX_LISTS} lists, not {len(list_ids)}")
    tail = b'],"list_ids":' + _encoded(list(list_ids)) + b"}"
    frame = len(_HEAD) + len(tail)
    parts: list[bytes] = []
    size = frame
    first = 0
    for row in rows:
        part = _encoded(dict(row))
        if frame + len(part) > max_bytes:
            raise ValueError(f"row {first + len(parts)} takes {len(part)} bytes and fits into no import")
        if len(parts) == max_rows or size + len(part) + bool(parts) > max_bytes:
            yield _body(parts, tail, first)
            first += len(parts)
            parts, size = [], frame
        size += len(part) + bool(parts)
        parts.append(part)
    if parts:
        yield _body(parts, tail, first)


def _body(parts: list[bytes], tail: bytes, first: int) -> ImportBody:
    return ImportBody(_HEAD + b",".join(parts) + tail, len(parts), first)


def _encoded(value: object) -> bytes:
    # a lone surrogate has no UTF-8: it travels as the question mark that every other program would make of it
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
