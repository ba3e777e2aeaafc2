"""A field that Membrain refuses must not hold up the others: which one it is shows by leaving fields out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeVar

from ccsync.errors import RecordRefused

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

_Field = TypeVar("_Field")
"""A value on its way, or the name of one."""


def created_without_refused(
    changes: Sequence[_Field],
    send: Callable[[Sequence[_Field]], None],
    names: Callable[[_Field], Collection[str]],
    needed: Callable[[_Field], bool],
) -> tuple[Sequence[_Field], dict[_Field, str]]:
    """Send changes of somebody new; return what was taken, and what Membrain refused, with its words.

    Where its words name no field, nothing but what is ``needed`` is sent: the rest can follow. RecordRefused, as it
    came first, when Membrain does not take that either.
    """
    refused: dict[_Field, str] = {}
    left, first = list(changes), None
    while True:
        try:
            send(left)
        except RecordRefused as refusal:
            first = first or refusal
            spare = [one for one in left if not needed(one)]
            if not spare:
                raise first from None
            blamed = _blamed(spare, names, refusal)
            refused |= dict.fromkeys(blamed, refusal.message)
            left = [one for one in left if (one not in blamed if blamed else needed(one))]
        else:
            return left, refused


def updated_without_refused(
    changes: Sequence[_Field],
    send: Callable[[Sequence[_Field]], None],
    names: Callable[[_Field], Collection[str]],
    *,
    alone: bool,
) -> dict[_Field, str]:
    """Send changes, and leave out what Membrain refuses; return that, with its words.

    Where its words name no field, each is tried with those that were taken before it. RecordRefused when the changes do
    not go ``alone`` and it may be something else that is refused.
    """
    refused: dict[_Field, str] = {}
    left = list(changes)
    while left or not alone:
        try:
            send(left)
        except RecordRefused as refusal:
            blamed = left if alone and len(left) == 1 else _blamed(left, names, refusal)
            if not blamed and not alone:
                raise
            if not blamed:
                return refused | _one_by_one(left, send)
            refused |= dict.fromkeys(blamed, refusal.message)
            left = [one for one in left if one not in refused]
        else:
            break
    return refused


def _blamed(
    changes: Sequence[_Field], names: Callable[[_Field], Collection[str]], refusal: RecordRefused
) -> list[_Field]:
    return [one for one in changes if _is_named(names(one), refusal.message)]


def _one_by_one(changes: Sequence[_Field], send: Callable[[Sequence[_Field]], None]) -> dict[_Field, str]:
    refused: dict[_Field, str] = {}
    taken: list[_Field] = []
    for change in changes:
        try:
            send([*taken, change])
        except RecordRefused as refusal:
            refused[change] = refusal.message
        else:
            taken.append(change)
    return refused


def _is_named(names: Collection[str], words: str) -> bool:
    return any(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", words, re.IGNORECASE) for name in names if name)
