"""Reading one value of a Membrain row, whichever way the service writes it.

Membrain's reference leaves open how values are encoded, so every reading is understood: JSON types or everything as
text; times with a blank or a T, with or without fraction, zone or offset; options by id, by
label, as objects or joined.
Known: ``1753-01-01 00:00:00`` stands for "not set" (public client of the API); dates are SQL Server's, so a midnight in
a date property is a day. Assumed: .NET's own empty values, the year 1 and the GUID of zeros, mean the same.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, time
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from ccsync.sync.catalogue import PropertyType

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from zoneinfo import ZoneInfo

    from ccsync.sync.catalogue import Property

_UNSET = re.compile(r"(?:1753|0001)-01-01(?:[ T][\d:.]+(?:Z|[+-][\d:]+)?)?|0{8}(?:-0{4}){3}-0{12}")
_UNSET_BEGINS = frozenset("01")
_GUID = re.compile(r"\{?([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})\}?")
_YES = frozenset({"true", "1", "yes", "y"})
_NO = frozenset({"false", "0", "no", "n"})
SEPARATORS = (";", "|", ",")
_DAY_LENGTH = len("2026-01-31")
_LONGEST_NUMBER = 20


def plain(value: object) -> str:
    """Return a single value as trimmed text; empty for null and for whatever stands for it, and for nested values."""
    if isinstance(value, str):
        text = value.strip()
        return "" if text[:1] in _UNSET_BEGINS and _UNSET.fullmatch(text) else text
    if isinstance(value, bool):
        return "true" if value else "false"
    return _canonical(str(value)) if isinstance(value, int | float) else ""


def guid(value: object) -> str:
    """Return an id; a GUID in the one form used here, lower case and without braces."""
    text = plain(value)
    found = _GUID.fullmatch(text)
    return found[1].lower() if found else text


def is_guid(text: str) -> bool:
    """Tell whether a text is a GUID in any form."""
    return bool(_GUID.fullmatch(text.strip()))


def number(value: object) -> str:
    """Return a number without superfluous zeros; a text that is no number stays as it is."""
    return _canonical(plain(value))


def yes_no(value: object) -> str:
    """Return ``true``, ``false`` or nothing; a text that says neither stays as it is."""
    text = plain(value)
    word = text.casefold()
    return "true" if word in _YES else "false" if word in _NO else text


def is_date(text: str) -> bool:
    """Tell whether a text is a date or a point in time."""
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def moment(value: object, zone: ZoneInfo) -> datetime | None:
    """Return a point in time in UTC; ``zone`` counts where the text names none. None when unset or no time."""
    try:
        found = datetime.fromisoformat(plain(value))
    except ValueError:
        return None
    aware = found if found.tzinfo else found.replace(tzinfo=zone)
    try:
        return aware.astimezone(UTC)
    except OverflowError:
        return aware.replace(tzinfo=UTC)


def instant(value: object, zone: ZoneInfo) -> str:
    """Return a point in time as ISO 8601 in UTC; a text that is none stays as it is."""
    found = moment(value, zone)
    return found.isoformat().replace("+00:00", "Z") if found else plain(value)


def day_or_instant(value: object, zone: ZoneInfo) -> str:
    """Return a day as it is, with or without a midnight behind it, and a point in time in UTC."""
    text = plain(value)
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return text
    if len(text) == _DAY_LENGTH or found.time() == time.min:
        return found.date().isoformat()
    return instant(text, zone)


def choice(value: object, known: Property) -> str:
    """Return the label of an option that is given by id, by label or as an object with either."""
    if isinstance(value, dict):
        return plain(value.get("Name")) or _label(plain(value.get("Id")), known)
    return _label(plain(value), known)


def choices(value: object, known: Property) -> str:
    """Return the labels of several options in alphabetical order, joined by ``; ``."""
    if isinstance(value, list | tuple):
        labels: Iterable[str] = (choice(one, known) for one in value)
    elif isinstance(value, str):
        labels = _taken_apart(value.strip(), known)
    else:
        labels = (choice(value, known),)
    return "; ".join(sorted({label for label in labels if label}))


def read(value: object, known: Property, zone: ZoneInfo) -> str:
    """Return a value as its property's type has it. A list is read as choices, an unknown object as nothing."""
    if isinstance(value, list) or known.type is PropertyType.MULTI_SELECT:
        return choices(value, known)
    match known.type:
        case PropertyType.SELECT:
            return choice(value, known)
        case PropertyType.NUMBER:
            return number(value)
        case PropertyType.YES_NO:
            return yes_no(value)
        case PropertyType.DATE:
            return day_or_instant(value, zone)
    return plain(value)


def _canonical(text: str) -> str:
    try:
        found = Decimal(text)
    except InvalidOperation:
        return text
    if not found.is_finite() or abs(found.adjusted()) > _LONGEST_NUMBER:
        return text
    return f"{found.normalize():f}" if found else "0"


def _label(text: str, known: Property) -> str:
    wanted = guid(text)
    return next((label for option, label in known.options if option == wanted), text)


def _taken_apart(text: str, known: Property) -> Sequence[str]:
    """Split joined options at the separator that gives known ones, or else at the first that occurs."""
    words = frozenset(label for _, label in known.options)
    attempts = [_split(text, separator, known, words) for separator in SEPARATORS if separator in text]
    return next(
        (labels for labels in attempts if words.issuperset(labels)), attempts[0] if attempts else [_label(text, known)]
    )


def _split(text: str, separator: str, known: Property, words: frozenset[str]) -> Sequence[str]:
    """Split a text, but never inside the label of a known option."""
    pieces = text.split(separator)
    labels = []
    while pieces:
        ends = range(len(pieces), 1, -1)
        end = next((one for one in ends if separator.join(pieces[:one]).strip() in words), 1)
        labels.append(_label(separator.join(pieces[:end]).strip(), known))
        pieces = pieces[end:]
    return labels
