"""Constant Contact's fields: how long they may be, what is sent for a value, and when two values are the same.

Limits: official schemas ``ContactPutRequest``, ``PhoneNumberPut``, ``StreetAddressPut``, ``ContactCustomField`` and
``EmailAddress``; the import allows longer phone numbers, the shorter limit counts because a value must fit both ways.
Every field is one line. Lengths are counted as the schemas count them: in characters, not in bytes.
"""

from __future__ import annotations

import dataclasses
import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

from ccsync.sync.canonical import choice_key, chosen, joined, named, number, split_choices, yes_no
from ccsync.sync.countries import country_code
from ccsync.sync.days import any_day, iso_day, iso_moment, month_day, same_moment
from ccsync.sync.operations import Reason
from ccsync.sync.phones import importable_phone, same_phone

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = [
    "ADDRESS_KINDS",
    "ADDRESS_PARTS",
    "CUSTOM_LIMIT",
    "CUSTOM_PREFIX",
    "MOST_DECIMALS",
    "NAME_LIMIT",
    "PHONE_KINDS",
    "TARGET_PATHS",
    "FieldKind",
    "Fitted",
    "TargetField",
    "fit",
    "importable_phone",
    "join_name",
    "one_line",
    "same",
    "split_name",
    "target_field",
]

NAME_LIMIT = 50
CUSTOM_LIMIT = 255
MOST_DECIMALS = 4
CUSTOM_PREFIX = "custom."
PHONE_KINDS = ("work", "home", "mobile", "other")
ADDRESS_KINDS = ("work", "home", "other")
ADDRESS_PARTS = ("street", "city", "state", "postal_code", "country")

_UNPRINTABLE = re.compile(r"\s*[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+\s*")
_JOINER = "\u200d"
_SKIN_TONES = range(0x1F3FB, 0x1F400)


class FieldKind(StrEnum):
    """How the values of a field are read and compared."""

    TEXT = "text"
    PHONE = "phone"
    COUNTRY = "country"
    MONTH_DAY = "month_day"
    DATE = "date"
    MOMENT = "datetime"
    NUMBER = "number"
    YES_NO = "yes_no"
    SELECT = "select"
    MULTI_SELECT = "multi_select"
    FULL_NAME = "full_name"
    CONSENT = "consent"


@dataclass(frozen=True, slots=True)
class TargetField:
    """One right side of the field map. ``limit`` is in characters; a full name has 50 for each of its two parts.

    A custom field that is no text says what it takes: ``choices`` are the labels of a select, made by ``choice_keys``;
    ``decimals`` and ``negative`` are what a number may have (official schema ``CustomFieldMetadata``).
    """

    path: str
    limit: int
    kind: FieldKind = FieldKind.TEXT
    writable: bool = True
    choices: Mapping[str, str] = dataclasses.field(default_factory=dict)
    decimals: int = MOST_DECIMALS
    negative: bool = True

    @property
    def holds_choices(self) -> bool:
        """Whether its values are choices among those it knows."""
        return self.kind in _SELECTS


_SELECTS = (FieldKind.SELECT, FieldKind.MULTI_SELECT)


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

    Dates are taken in ISO form, with or without a time, whose date is used as it stands. A choice is found by its
    label, without regard to case, and sent as the field spells it.
    """
    line = one_line(text)
    if not line or (field.kind is FieldKind.TEXT and len(line) <= field.limit):
        return Fitted(line)
    if field.kind is FieldKind.FULL_NAME:
        return _fit_name(line)
    if form := _FORMS.get(field.kind):
        read, wanted = form
        value = read(line)
        return Fitted(value) if value else _bad(line, wanted)
    match field.kind:
        case FieldKind.NUMBER:
            return _fit_number(field, line)
        case kind if kind in _SELECTS:
            return _fit_choice(field, line)
        case _:
            return _fit_text(line, field.limit)


def same(field: TargetField, a: str, b: str) -> bool:
    """Tell whether two values of a field mean the same, however each side spells it.

    White space never counts. Phone numbers are compared as numbers, and so are numbers, dates, yes and no; countries
    by their code, in whatever language they are named; choices without regard to case, everything else letter for
    letter in composed Unicode.
    """
    if a == b:
        return True
    one, other = join_name(one_line(a), ""), join_name(one_line(b), "")
    if one == other or not one or not other:
        return one == other
    return field.kind is not FieldKind.TEXT and _alike(field, one, other)


def one_line(text: str) -> str:
    """Return a text as one trimmed line in composed Unicode."""
    if text.isascii() and text.isprintable():
        return text.strip()
    return unicodedata.normalize("NFC", _UNPRINTABLE.sub(" ", text)).strip()


def _alike(field: TargetField, one: str, other: str) -> bool:
    match field.kind:
        case FieldKind.PHONE:
            return same_phone(one, other)
        case FieldKind.MOMENT:
            return same_moment(one, other)
        case FieldKind.COUNTRY:
            return one.casefold() == other.casefold() or country_code(one) == country_code(other) != ""
        case FieldKind.MULTI_SELECT:
            return _keys(split_choices(one, field.choices)) == _keys(split_choices(other, field.choices))
    read = _KEYS.get(field.kind)
    return read is not None and read(one) == read(other) != ""


def _keys(labels: list[str]) -> frozenset[str]:
    return frozenset(map(choice_key, labels))


def _fit_number(field: TargetField, line: str) -> Fitted:
    value = number(line)
    if not value:
        return _bad(line, "a number such as 12.5")
    if value.startswith("-") and not field.negative:
        return _bad(line, "a number from 0 up, as this field wants")
    if len(value.partition(".")[2]) > field.decimals:
        most = "1 decimal" if field.decimals == 1 else f"{field.decimals} decimals"
        wanted = f"a number with at most {most}" if field.decimals else "a whole number"
        return _bad(line, f"{wanted}, as this field wants")
    return _fit_text(value, field.limit) if len(value) <= field.limit else _bad(line, "a number of this size")


def _fit_choice(field: TargetField, line: str) -> Fitted:
    if field.kind is FieldKind.MULTI_SELECT:
        labels, unknown = chosen(line, field.choices)
    else:
        label = field.choices.get(choice_key(line))
        labels, unknown = ([], [line]) if label is None else ([label], [])
    if unknown:
        return _bad(unknown[0], f"one of the choices: {named(field.choices.values())}")
    return Fitted(joined(labels))


_FORMS: Final[Mapping[FieldKind, tuple[Callable[[str], str], str]]] = MappingProxyType(
    {
        FieldKind.DATE: (iso_day, "a date such as 2026-01-31"),
        FieldKind.MONTH_DAY: (month_day, "a date, or a month and day such as 01-31"),
        FieldKind.MOMENT: (iso_moment, "a date or a time such as 2026-01-31T12:00:00Z"),
        FieldKind.YES_NO: (yes_no, "yes or no"),
    }
)
"""How a value is read, and what it should have been when it cannot be."""

_KEYS: Final[Mapping[FieldKind, Callable[[str], str]]] = MappingProxyType(
    {
        FieldKind.DATE: any_day,
        FieldKind.MONTH_DAY: month_day,
        FieldKind.NUMBER: number,
        FieldKind.YES_NO: yes_no,
        FieldKind.SELECT: choice_key,
    }
)
"""What two spellings of one value have in common."""


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
