"""How the doctor says lengths of time, sizes and counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime, timedelta

_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_THOUSAND = 1000


def lasting(time: timedelta) -> str:
    """Say a length of time in the unit that people would use."""
    seconds = round(time.total_seconds())
    for unit, name in ((_DAY, "days"), (_HOUR, "hours"), (_MINUTE, "minutes")):
        if seconds >= 2 * unit:
            return f"{seconds // unit} {name}"
    return counted(seconds, "second")


def size(count: float) -> str:
    """Say a number of bytes."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if count < _THOUSAND:
            return f"{count:.0f} {unit}"
        count /= _THOUSAND
    return f"{count:,.1f} TB"


def counted(number: int, noun: str) -> str:
    """Say how many."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def day(moment: datetime | None) -> str:
    """Say on which day; a dash when that is not known."""
    return f"{moment:%Y-%m-%d}" if moment else "-"
