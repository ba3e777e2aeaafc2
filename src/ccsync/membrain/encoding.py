"""Writing one value of a Membrain row in the way in which Membrain itself writes it: the way back from ``readings``.

How values are encoded is not documented (reference of the API, unknowns 2, 3 and 18), so the value that stands in a
row shows it: JSON types or everything as text; options by label, by id or as objects, in a list or joined; times with
a blank or a T. Where none shows it, text is sent: labels joined by ``, `` and times with a blank.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime, time
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from ccsync.membrain import readings
from ccsync.sync.catalogue import PropertyType

if TYPE_CHECKING:
    from collections.abc import Iterable
    from zoneinfo import ZoneInfo

    from ccsync.sync.catalogue import Property

_CHOICES = (PropertyType.SELECT, PropertyType.MULTI_SELECT)
_JOINED_BY = ", "
_OUR_SEPARATOR = ";"
_DAY_LENGTH = len("2026-01-31")
_LONGEST_NUMBER = 20
_TIME = re.compile(r"\d{4}-\d\d-\d\d(?:(?P<between>[ T])[\d:]+(?:\.(?P<fraction>\d+))?(?P<zone>Z|[+-][\d:]+)?)?")
_YES_AND_NO = (("true", "false"), ("yes", "no"), ("1", "0"), ("y", "n"))


class UnknownOptionError(ValueError):
    """A value is, or has in it, no choice of its property: ``known``, with the ``labels`` that Membrain has."""

    def __init__(self, known: Property, value: str, label: str, labels: Iterable[str]) -> None:
        """``value`` is all that was to be written, ``label`` the part of it that is no choice."""
        self.known = known
        self.value = value
        self.labels = tuple(labels)
        super().__init__(f"{label!r} is no choice of {known.display}: {', '.join(self.labels) or 'it has none'}")


def encoded(known: Property, value: str, like: object, zone: ZoneInfo) -> object:
    """Return a value of ours as Membrain writes this property, judged by ``like``, a raw value of it.

    An empty value clears. ``zone`` is that of times which name none. A text that is no number or no date goes as it
    is: Membrain refuses it with its own words. Raises UnknownOptionError, so that no wrong choice is ever written.
    """
    if not value:
        return [] if isinstance(like, list) else "" if isinstance(like, str) or like is None else None
    if isinstance(like, list) or known.type is PropertyType.MULTI_SELECT:
        return _choices(known, value, like)
    match known.type:
        case PropertyType.SELECT:
            return _choice(_option(known, value, value), like, known)
        case PropertyType.YES_NO:
            return _yes_no(known, value, like)
        case PropertyType.DATE:
            return _time(value, like, zone)
    return _number(value, like)


def _number(value: str, like: object) -> object:
    """Write a number as a JSON number where Membrain does; text stays text."""
    if not isinstance(like, int | float) or isinstance(like, bool):
        return value
    try:
        found = Decimal(value)
    except InvalidOperation:
        return value
    if not found.is_finite() or abs(found.adjusted()) > _LONGEST_NUMBER:
        return value
    return int(found) if found == found.to_integral_value() else float(found)


def _yes_no(known: Property, value: str, like: object) -> object:
    if value not in _YES_AND_NO[0]:
        raise UnknownOptionError(known, value, value, _YES_AND_NO[0])
    said = value == "true"
    if isinstance(like, bool):
        return said
    if isinstance(like, int):
        return int(said)
    seen = like.strip() if isinstance(like, str) else ""
    yes, no = next((pair for pair in _YES_AND_NO if seen.casefold() in pair), _YES_AND_NO[0])
    word = yes if said else no
    return word.capitalize() if seen[:1].isupper() else word


def _time(value: str, like: object, zone: ZoneInfo) -> str:
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return value
    style = _TIME.fullmatch(like.strip()) if isinstance(like, str) else None
    is_day = len(value) == _DAY_LENGTH
    day_only = style is not None and not style["between"]
    shown_zone, fraction = (style["zone"] or "", style["fraction"] or "") if style else ("", "")
    try:
        local = _local(found, zone, is_day=is_day, in_utc=shown_zone == "Z")
    except OverflowError:
        return value
    naive = local.replace(tzinfo=None)
    if day_only:
        return naive.date().isoformat()
    written = f"{naive.date().isoformat()}{style['between'] if style else ' '}{naive:%H:%M:%S}"
    if fraction:
        written += "." + f"{naive.microsecond:06}".ljust(len(fraction), "0")[: len(fraction)]
    if not shown_zone:
        return written
    return written + ("Z" if shown_zone == "Z" else local.isoformat()[len(naive.isoformat()) :])


def _local(found: datetime, zone: ZoneInfo, *, is_day: bool, in_utc: bool) -> datetime:
    """Return a time where Membrain shows it; a day belongs to no zone and is its midnight anywhere."""
    where = UTC if in_utc else zone
    if is_day:
        return datetime.combine(found.date(), time.min, where)
    return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(where)


def _choices(known: Property, value: str, like: object) -> object:
    chosen = _options(known, value)
    if isinstance(like, list):
        sample = like[0] if like else None
        return [_choice(option, sample, known) for option in chosen]
    sample, glue = _joined(known, like)
    return glue.join(str(_choice(option, sample, known)) for option in chosen)


def _joined(known: Property, like: object) -> tuple[str, str]:
    """Return the first of several joined options and what stands between two of them."""
    words = sorted({word for option in known.options for word in option}, key=len, reverse=True)
    if not isinstance(like, str) or not words:
        return "", _JOINED_BY
    found = list(re.finditer("|".join(map(re.escape, words)), like, re.IGNORECASE))
    glue = like[found[0].end() : found[1].start()] if len(found) > 1 else ""
    sample = found[0].group() if found else ""
    return sample, glue if glue.strip() in readings.SEPARATORS else _JOINED_BY


def _choice(option: tuple[str, str], like: object, known: Property) -> object:
    """Write an option as the one that is seen is written: by id, by label, or as an object of these."""
    option_id, label = option
    if isinstance(like, dict):
        whole = {"Id": _id_like(option_id, like.get("Id")), "Name": label}
        return {name: value for name, value in whole.items() if name in like} or label
    seen = readings.guid(like)
    by_id = readings.is_guid(seen) or any(seen == one for one, _ in known.options)
    return _id_like(option_id, like) if by_id else label


def _id_like(option_id: str, seen: object) -> object:
    if isinstance(seen, int) and option_id.isdigit():
        return int(option_id)
    text = str(seen).strip()
    spelled = option_id.upper() if text.isupper() else option_id
    return f"{{{spelled}}}" if text.startswith("{") else spelled


def _option(known: Property, label: str, value: str) -> tuple[str, str]:
    """Return the option of this label in a value, however it is spelled; an exact one comes first."""
    if known.type not in _CHOICES:
        return "", label
    wanted = _key(label)
    alike = [option for option in known.options if _key(option[1]) == wanted]
    if not alike:
        raise UnknownOptionError(known, value, label, (one for _, one in known.options))
    return next((option for option in alike if option[1] == label), alike[0])


def _options(known: Property, value: str) -> list[tuple[str, str]]:
    """Return the options of joined labels; a label may hold the separator itself."""
    labels = {_key(label) for _, label in known.options}
    pieces = value.split(_OUR_SEPARATOR)
    found = []
    while pieces:
        ends = range(len(pieces), 1, -1)
        end = next((one for one in ends if _key(_OUR_SEPARATOR.join(pieces[:one])) in labels), 1)
        label = _OUR_SEPARATOR.join(pieces[:end]).strip()
        if label:
            found.append(_option(known, label, value))
        pieces = pieces[end:]
    return found


def _key(label: str) -> str:
    return unicodedata.normalize("NFKC", label).casefold().strip()
