"""A field that Membrain refuses must not hold up the others: which one it is shows by leaving fields out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ccsync.errors import RecordRefused

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from ccsync.sync.operations import FieldChange

    Send = Callable[[Sequence[FieldChange]], None]
    Names = Callable[[FieldChange], Collection[str]]


def created_without_refused(
    changes: Sequence[FieldChange], send: Send, names: Names, needed: Callable[[FieldChange], bool]
) -> tuple[Sequence[FieldChange], dict[FieldChange, str]]:
    """Send changes of somebody new; return what was taken, and what Membrain refused, with its words.

    Where its words name no field, nothing but what is ``needed`` is sent: the rest can follow. RecordRefused, as it
    came first, when Membrain does not take that either.
    """
    refused: dict[FieldChange, str] = {}
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
    changes: Sequence[FieldChange], send: Send, names: Names, *, alone: bool
) -> dict[FieldChange, str]:
    """Send changes, and leave out what Membrain refuses; return that, with its words.

    Where its words name no field, each is tried with those that were taken before it. RecordRefused when the changes do
    not go ``alone`` and it may be something else that is refused.
    """
    refused: dict[FieldChange, str] = {}
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


def _blamed(changes: Sequence[FieldChange], names: Names, refusal: RecordRefused) -> list[FieldChange]:
    return [one for one in changes if _is_named(names(one), refusal.message)]


def _one_by_one(changes: Sequence[FieldChange], send: Send) -> dict[FieldChange, str]:
    refused: dict[FieldChange, str] = {}
    taken: list[FieldChange] = []
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
