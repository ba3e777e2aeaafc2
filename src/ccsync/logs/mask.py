"""Masking logs and reports before they are given away: who is who can still be told apart, but not who they are.

Each value of a person becomes a mark, the same one wherever the value stands in any export of the account; a mark ends
in 12 hexadecimal digits of a keyed hash. There are three kinds of keys. Under those of ``_PERSONAL`` every value is
masked whole, under those of ``_PLAIN`` it stays, and any other text is masked as free text, which lets through nothing
but words known to be harmless. Ids, moments, numbers of things, and names of the configuration (syncs, lists, fields)
stay.
"""

from __future__ import annotations

import re
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

from ccsync.logs.events import Event
from ccsync.logs.key import mark
from ccsync.logs.mask_text import ADDRESS, CONSENT, UUID, TextMask

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

_PERSONAL = frozenset(
    {
        "address",
        "addresses",
        "anniversary",
        "birthday",
        "city",
        "company",
        "company_name",
        "contact",
        "contact_email",
        "country",
        "email",
        "emails",
        "example",
        "first_name",
        "full_name",
        "job_title",
        "last_name",
        "loser",
        "mobile",
        "name_before",
        "new",
        "old",
        "old_company",
        "old_email",
        "owner",
        "person",
        "phone",
        "postal_code",
        "previous",
        "street",
        "user",
        "value",
        "value_before",
        "winner",
    }
)
_PLAIN = frozenset(
    {
        "account",
        "activity",
        "command",
        "company_id",
        "constant_contact",
        "contact_id",
        "direction",
        "event",
        "field",
        "fields",
        "job",
        "kind",
        "level",
        "list",
        "lists",
        "mark",
        "membrain",
        "membrain_id",
        "method",
        "operation",
        "operations",
        "reason",
        "result",
        "rule",
        "run",
        "service",
        "side",
        "source",
        "stream",
        "sync",
        "syncs",
        "time",
    }
)
_NAMED_IN_MESSAGES = frozenset(
    {"constant_contact", "field", "fields", "list", "lists", "membrain", "stream", "sync", "syncs"}
)
_MOVES = frozenset({Event.TIMESTAMP_MOVED.value})
_MOMENTS = frozenset({"old", "new", "previous"})
_KEY = re.compile(r"[a-z][a-z0-9_]*")
_ID = re.compile(rf"{UUID}|[A-Za-z0-9_.:-]{{1,64}}")
_AN_ADDRESS = re.compile(ADDRESS)
_A_UUID = re.compile(UUID)
_DIGITS = 12
_LARGE = 10_000


class Masker:
    """Masks lines of a log, and reports, with the account's ``key``; ``names`` are those of its configuration."""

    def __init__(self, key: bytes, names: Iterable[str] = ()) -> None:
        self._mark = lru_cache(16_384)(partial(mark, key))
        self._text = TextMask(self.value, names)

    def value(self, value: str) -> str:
        """Return the mark of a whole value: ``person-…`` for an address, else ``value-…``; empty and ids stay."""
        if not value.strip() or value in CONSENT or _A_UUID.fullmatch(value):
            return value
        return f"{'person' if _AN_ADDRESS.fullmatch(value.strip()) else 'value'}-{self._mark(value)[:_DIGITS]}"

    def text(self, text: str) -> str:
        """Return free text, masked."""
        return self._text.text(text)

    def line(self, line: Mapping[str, Any]) -> dict[str, Any]:
        """Return a line of a log, or a report, masked throughout; its keys and its order stay."""
        moves = str(line.get("event")) in _MOVES
        personal = {value: self.value(value) for value in _personal(line, moves=moves)}
        kept = list(dict.fromkeys(_kept(line)))
        return self._mapping(line, partial(self._text.text, personal=personal, kept=kept), moves=moves)

    def _mapping(
        self, mapping: Mapping[str, Any], free: Callable[[str], str], *, moves: bool, within: str = ""
    ) -> dict[str, Any]:
        return {
            key if _KEY.fullmatch(key) else free(key): self._member(within or key, value, free, moves=moves)
            for key, value in mapping.items()
        }

    def _member(self, key: str, value: Any, free: Callable[[str], str], *, moves: bool) -> Any:
        personal = _is_personal(key, moves=moves)
        if isinstance(value, dict):
            return self._mapping(value, free, moves=moves, within=key if personal else "")
        if isinstance(value, list):
            return [self._member(key, one, free, moves=moves) for one in value]
        if value is not None and not isinstance(value, bool) and personal:
            return self.value(str(value))
        if not isinstance(value, str) or _is_plain(key, value, moves=moves):
            return value
        return self._text.traceback(value) if key == "traceback" else free(value)


def _is_personal(key: str, *, moves: bool) -> bool:
    return key in _PERSONAL and not (moves and key in _MOMENTS)


def _is_plain(key: str, value: str, *, moves: bool) -> bool:
    """Tell whether a text stays as it is: by its key, which for an id has to hold something that looks like one."""
    if key.endswith("_id"):
        return bool(_ID.fullmatch(value))
    return key in _PLAIN or (moves and key in _MOMENTS)


def _personal(value: Any, key: str = "", *, moves: bool) -> Iterator[str]:
    """Yield every personal value of a line, wherever in it."""
    if isinstance(value, dict):
        for name, member in value.items():
            yield from _personal(member, key if _is_personal(key, moves=moves) else name, moves=moves)
    elif isinstance(value, list):
        for member in value:
            yield from _personal(member, key, moves=moves)
    elif isinstance(value, str) and value and _is_personal(key, moves=moves):
        yield value


def _kept(value: Any, key: str = "") -> Iterator[str]:
    """Yield the names of a line that its message may repeat, and its large numbers."""
    if isinstance(value, dict):
        for name, member in value.items():
            yield from _kept(member, name)
    elif isinstance(value, list):
        for member in value:
            yield from _kept(member, key)
    elif isinstance(value, int) and not isinstance(value, bool):
        if value >= _LARGE and key not in _PERSONAL:
            yield str(value)
    elif (
        isinstance(value, str)
        and value
        and (key in _NAMED_IN_MESSAGES or (key.endswith("_id") and _ID.fullmatch(value)))
    ):
        yield value
