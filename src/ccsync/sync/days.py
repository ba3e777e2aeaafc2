"""Days and points in time: which forms are read, and in which one form they are kept."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, tzinfo

_MONTH_DAY = re.compile(r"(?:--)?([0-9]{2})-([0-9]{2})")
_YEAR_FIRST = re.compile(r"([0-9]{4})[-/]([0-9]{1,2})[-/]([0-9]{1,2})")
_YEAR_LAST = re.compile(r"([0-9]{1,2})[-/]([0-9]{1,2})[-/]([0-9]{4})")
_LEAP_YEAR = 2000
DAY_LENGTH = len("2026-01-31")


def iso_date(line: str) -> date | None:
    """Return the date of an ISO date or time, as it stands there; None for any other text."""
    try:
        return date.fromisoformat(line) if len(line) == DAY_LENGTH else datetime.fromisoformat(line).date()
    except ValueError:
        return None


def any_date(line: str) -> date | None:
    """Read also the forms in which Constant Contact takes dates from others (``MM/DD/YYYY``, ``YYYY/M/D`` ...)."""
    if day := iso_date(line):
        return day
    if found := _YEAR_FIRST.fullmatch(line):
        year, month, day_number = map(int, found.groups())
    elif found := _YEAR_LAST.fullmatch(line):
        month, day_number, year = map(int, found.groups())
    else:
        return None
    return _date(year, month, day_number)


def iso_day(line: str) -> str:
    """Return ``YYYY-MM-DD`` of an ISO date or time; empty for any other text."""
    day = iso_date(line)
    return day.isoformat() if day else ""


def any_day(line: str) -> str:
    """Return ``YYYY-MM-DD`` of a date in any form that ``any_date`` reads; empty for any other text."""
    day = any_date(line)
    return day.isoformat() if day else ""


def iso_moment(line: str) -> str:
    """Return what ``day_or_moment`` does, but for ISO dates and times only."""
    return day_or_moment(line) if iso_date(line) else ""


def month_day(line: str) -> str:
    """Return ``MM-DD`` of a date or of a month and day; empty for any other text."""
    found = _MONTH_DAY.fullmatch(line)
    day = _date(_LEAP_YEAR, int(found[1]), int(found[2])) if found else iso_date(line)
    return f"{day.month:02}-{day.day:02}" if day else ""


def day_or_moment(line: str) -> str:
    """Return a day as ``YYYY-MM-DD``, a point in time in UTC to the second; empty for any other text.

    A time without a zone is taken for UTC.
    """
    moment = None if len(line) == DAY_LENGTH else _moment(line, UTC)
    if moment is not None:
        return moment.replace(microsecond=0).isoformat().replace("+00:00", "Z")
    return any_day(line)


def day_in(line: str, zone: tzinfo) -> str:
    """Return the day on which something was, seen from a zone: of a point in time with an offset, else as it stands.

    Empty for what is no date.
    """
    try:
        moment = datetime.fromisoformat(line)
    except ValueError:
        moment = None
    if moment is not None and moment.tzinfo is not None:
        return _in_zone(moment, zone).date().isoformat()
    return any_day(line)


def same_moment(a: str, b: str) -> bool:
    """Tell whether two texts are the same point in time, or one is the day of the other."""
    one, other = day_or_moment(a), day_or_moment(b)
    if DAY_LENGTH in (len(one), len(other)):
        return one[:DAY_LENGTH] == other[:DAY_LENGTH]
    return one == other != ""


def _moment(line: str, zone: tzinfo) -> datetime | None:
    try:
        found = datetime.fromisoformat(line)
    except ValueError:
        return None
    return _in_zone(found if found.tzinfo else found.replace(tzinfo=zone), UTC)


def _in_zone(moment: datetime, zone: tzinfo) -> datetime:
    try:
        return moment.astimezone(zone)
    except OverflowError:  # the first or the last day that there is
        return moment.replace(tzinfo=zone)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
