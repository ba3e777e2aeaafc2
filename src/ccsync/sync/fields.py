"""Constant Contact's fields: how long they may be, what is sent for a value, and when two values are the same.

Limits: official schemas ``ContactPutRequest``, ``PhoneNumberPut``, ``StreetAddressPut``, ``ContactCustomField`` and
``EmailAddress``; the import allows longer phone numbers, the shorter limit counts because a value must fit both ways.
Every field is one line. Lengths are counted as the schemas count them: in characters, not in bytes.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

from ccsync.sync.operations import Reason
from ccsync.sync.phones import importable_phone, same_phone

__all__ = [
    "ADDRESS_KINDS",
    "ADDRESS_PARTS",
    "CUSTOM_LIMIT",
    "CUSTOM_PREFIX",
    "NAME_LIMIT",
    "PHONE_KINDS",
    "TARGET_PATHS",
    "FieldKind",
    "Fitted",
    "TargetField",
    "fit",
    "importable_phone",
    "join_name",
    "same",
    "split_name",
    "target_field",
]

NAME_LIMIT = 50
CUSTOM_LIMIT = 255
CUSTOM_PREFIX = "custom."
PHONE_KINDS = ("work", "home", "mobile", "other")
ADDRESS_KINDS = ("work", "home", "other")
ADDRESS_PARTS = ("street", "city", "state", "postal_code", "country")

_UNPRINTABLE = re.compile(r"\s*[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+\s*")
_MONTH_DAY = re.compile(r"(?:--)?(\d{2})-(\d{2})")
_YEAR_FIRST = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})")
_YEAR_LAST = re.compile(r"(\d{1,2})[-/](\d{1,2})[-/](\d{4})")
_LEAP_YEAR = 2000
_JOINER = "\u200d"
_SKIN_TONES = range(0x1F3FB, 0x1F400)


class FieldKind(StrEnum):
    """How the values of a field are read and compared."""

    TEXT = "text"
    PHONE = "phone"
    COUNTRY = "country"
    MONTH_DAY = "month_day"
    DATE = "date"
    FULL_NAME = "full_name"
    CONSENT = "consent"


@dataclass(frozen=True, slots=True)
class TargetField:
    """One right side of the field map. ``limit`` is in characters; a full name has 50 for each of its two parts."""

    path: str
    limit: int
    kind: FieldKind = FieldKind.TEXT
    writable: bool = True


class Fitted(NamedTuple):
    """What is sent for a value. A tuple, because one is made for every field of every person, and quicker so.

    With the problem ``TOO_LONG`` the value is the cut one, for those who want it; with ``BAD_VALUE`` it is empty.
    """

    value: str
    problem: Reason | None = None
    detail: str = ""


def _fixed_fields() -> dict[str, TargetField]:
    names = [TargetField(path, NAME_LIMIT) for path in ("first_name", "last_name", "job_title", "company_name")]
    phones = [TargetField(f"phone.{kind}", 25, FieldKind.PHONE) for kind in PHONE_KINDS]
    addresses = [
        TargetField(
            f"address.{kind}.{part}",
            255 if part == "street" else 50,
            FieldKind.COUNTRY if part == "country" else FieldKind.TEXT,
        )
        for kind in ADDRESS_KINDS
        for part in ADDRESS_PARTS
    ]
    consent = [
        TargetField(path, 255, FieldKind.CONSENT, writable=False)
        for path in ("permission_to_send", "opt_out_date", "opt_out_reason")
    ]
    full_name = TargetField("full_name", 2 * NAME_LIMIT + 1, FieldKind.FULL_NAME)
    days = [TargetField("birthday", 5, FieldKind.MONTH_DAY), TargetField("anniversary", 10, FieldKind.DATE)]
    return {field.path: field for field in (full_name, *names, *phones, *addresses, *days, *consent)}


_FIXED = _fixed_fields()

TARGET_PATHS: tuple[str, ...] = tuple(_FIXED)
"""Every right side with a fixed name, writable or not; ``custom.<label>`` comes beside them."""


def target_field(path: str) -> TargetField | None:
    """Return the field that a right side means, by label or bound by id when it is a custom one; None for no field."""
    if path.startswith(CUSTOM_PREFIX) and path.removeprefix(CUSTOM_PREFIX).strip():
        return TargetField(path, CUSTOM_LIMIT)
    return _FIXED.get(path)


def split_name(text: str) -> tuple[str, str]:
    """Return first and last name: the first word, and all the others. One word is a first name."""
    first, *others = text.split() or [""]
    return first, " ".join(others)


def join_name(first: str, last: str) -> str:
    """Return a full name, its words one blank apart."""
    return " ".join(f"{first} {last}".split())


def fit(field: TargetField, text: str) -> Fitted:
    """Return what is sent for a value: one trimmed line in composed Unicode, cut where it is too long.

    Dates are taken in ISO form, with or without a time, whose date is used as it stands.
    """
    line = _one_line(text)
    if not line or (field.kind is FieldKind.TEXT and len(line) <= field.limit):
        return Fitted(line)
    match field.kind:
        case FieldKind.FULL_NAME:
            return _fit_name(line)
        case FieldKind.DATE:
            day = _iso_date(line)
            return Fitted(day.isoformat()) if day else _bad(line, "a date such as 2026-01-31")
        case FieldKind.MONTH_DAY:
            month_day = _month_day(line)
            return Fitted(month_day) if month_day else _bad(line, "a date, or a month and day such as 01-31")
        case _:
            return _fit_text(line, field.limit)


def same(field: TargetField, a: str, b: str) -> bool:
    """Tell whether two values of a field mean the same, however each side spells it.

    White space never counts. Phone numbers are compared as numbers, dates as dates, countries without regard to case,
    everything else letter for letter in composed Unicode.
    """
    if a == b:
        return True
    one, other = join_name(_one_line(a), ""), join_name(_one_line(b), "")
    if one == other or not one or not other:
        return one == other
    match field.kind:
        case FieldKind.PHONE:
            return same_phone(one, other)
        case FieldKind.DATE:
            return _any_date(one) is not None and _any_date(one) == _any_date(other)
        case FieldKind.MONTH_DAY:
            return _month_day(one) != "" and _month_day(one) == _month_day(other)
        case _:
            return field.kind is FieldKind.COUNTRY and one.casefold() == other.casefold()


def _one_line(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text.strip()
    return unicodedata.normalize("NFC", _UNPRINTABLE.sub(" ", text)).strip()


def _fit_text(line: str, limit: int) -> Fitted:
    if len(line) <= limit:
        return Fitted(line)
    return Fitted(_cut(line, limit), Reason.TOO_LONG, f"{len(line)} characters, {limit} fit")


def _fit_name(line: str) -> Fitted:
    parts = dict(zip(("first name", "last name"), split_name(line), strict=True))
    fitted = {part: _fit_text(text, NAME_LIMIT) for part, text in parts.items()}
    value = join_name(*(one.value for one in fitted.values()))
    details = [f"{part}: {one.detail}" for part, one in fitted.items() if one.problem]
    return Fitted(value, Reason.TOO_LONG if details else None, "; ".join(details))


def _bad(line: str, wanted: str) -> Fitted:
    return Fitted("", Reason.BAD_VALUE, f'"{_cut(line, NAME_LIMIT)}" is not {wanted}')


def _cut(line: str, limit: int) -> str:
    """Cut in front of the character that no longer fits as a whole: accents and joined emoji are not torn apart."""
    end = limit
    while 0 < end < len(line) and (_continues(line[end]) or line[end - 1] == _JOINER):
        end -= 1
    return line[: end or limit].rstrip()


def _continues(character: str) -> bool:
    return character == _JOINER or unicodedata.category(character).startswith("M") or ord(character) in _SKIN_TONES


def _iso_date(line: str) -> date | None:
    try:
        return date.fromisoformat(line) if len(line) == len("2026-01-31") else datetime.fromisoformat(line).date()
    except ValueError:
        return None


def _any_date(line: str) -> date | None:
    """Read also the forms in which Constant Contact takes dates from others (``MM/DD/YYYY``, ``YYYY/M/D`` ...)."""
    if day := _iso_date(line):
        return day
    if found := _YEAR_FIRST.fullmatch(line):
        year, month, day_number = map(int, found.groups())
    elif found := _YEAR_LAST.fullmatch(line):
        month, day_number, year = map(int, found.groups())
    else:
        return None
    return _date(year, month, day_number)


def _month_day(line: str) -> str:
    found = _MONTH_DAY.fullmatch(line)
    day = _date(_LEAP_YEAR, int(found[1]), int(found[2])) if found else _iso_date(line)
    return f"{day.month:02}-{day.day:02}" if day else ""


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
