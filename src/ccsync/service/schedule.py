"""An interval as cron and systemd write it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ccsync.errors import UsageError

if TYPE_CHECKING:
    from datetime import timedelta

_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_CRON_MINUTES = (1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30)
_CRON_HOURS = (1, 2, 3, 4, 6, 8, 12)
_HELD_BY_CRON: Final = (*(n * _MINUTE for n in _CRON_MINUTES), *(n * _HOUR for n in _CRON_HOURS), _DAY)
"""Seconds: what divides the next larger unit; anything else would be uneven, because cron counts from its start."""

_LONGEST_DELAY = 60  # seconds; spreads the runs of many machines, and nobody waits longer for it


def cron_fields(interval: timedelta) -> str:
    """Return the five fields of a crontab line; UsageError that names the nearest when cron cannot hold it."""
    seconds = int(interval.total_seconds())
    if seconds not in _HELD_BY_CRON:
        nearest = " or ".join(dict.fromkeys(words(one) for one in _nearest(seconds)))
        raise UsageError(
            f"cron cannot run something every {words(seconds)}; it can every {nearest}",
            hint=f'set interval = "{words(_nearest(seconds)[0])}" under [service], or: '
            "ccsync daemon install --systemd-timer",
        )
    if seconds == _DAY:
        return "0 0 * * *"
    if seconds >= _HOUR:
        return f"0 {_every(seconds // _HOUR)} * * *"
    return f"{_every(seconds // _MINUTE)} * * * *"


def on_calendar(interval: timedelta) -> str:
    """Return the time specification of systemd.time(7), or nothing when the calendar cannot hold the interval."""
    seconds = int(interval.total_seconds())
    if seconds in _HELD_BY_CRON:
        if seconds == _DAY:
            return "*-*-* 00:00:00"
        if seconds >= _HOUR:
            return f"*-*-* {_from_zero(seconds // _HOUR)}:00:00"
        return f"*-*-* *:{_from_zero(seconds // _MINUTE)}:00"
    return f"*-*-* *:*:{_from_zero(seconds)}" if _MINUTE % seconds == 0 else ""


def random_delay(interval: timedelta) -> int:
    """Return by how many seconds a timer may be late on purpose."""
    return min(int(interval.total_seconds()) // 10, _LONGEST_DELAY)


def words(seconds: int) -> str:
    """Write an interval as the configuration does."""
    for size, letter in ((_DAY, "d"), (_HOUR, "h"), (_MINUTE, "m")):
        if seconds % size == 0 and seconds > size * (letter == "d"):
            return f"{seconds // size}{letter}"
    return f"{seconds}s"


def _nearest(seconds: int) -> tuple[int, ...]:
    """Return what cron can hold on either side, the shorter first."""
    below = [one for one in _HELD_BY_CRON if one < seconds]
    above = [one for one in _HELD_BY_CRON if one > seconds]
    return (*below[-1:], *above[:1])


def _every(number: int) -> str:
    return "*" if number == 1 else f"*/{number}"


def _from_zero(number: int) -> str:
    return "*" if number == 1 else f"0/{number}"
