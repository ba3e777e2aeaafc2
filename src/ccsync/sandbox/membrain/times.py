"""Membrain's way of writing times, under each reading of it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from ccsync.sandbox.membrain.shape import UNSET_DATE

if TYPE_CHECKING:
    from ccsync.sandbox.membrain.switches import MembrainSwitches

_SECONDS: Final = "%Y-%m-%d %H:%M:%S"


def stored(moment: datetime, *, fractions: bool) -> str:
    """Return a moment as it is kept: UTC, sorting as text, cut to whole seconds unless asked."""
    in_utc = moment.astimezone(UTC)
    return in_utc.strftime(_SECONDS) + (f".{in_utc.microsecond:06}" if fractions else "")


class TimeStyle:
    """Writes stored times and dates as the API does, and reads what clients send."""

    def __init__(self, switches: MembrainSwitches) -> None:
        self._zone = ZoneInfo(switches.time_zone)
        self._format = switches.timestamp_format
        self._as_stored = switches.time_zone == "UTC" and self._format == "blank"

    def moment(self, text: str) -> str:
        """Write a stored time; an empty one becomes the sentinel."""
        if not text:
            return self._joined(UNSET_DATE)
        if self._as_stored:
            return text
        local = datetime.fromisoformat(text).replace(tzinfo=UTC).astimezone(self._zone)
        return local.isoformat("T") if self._format == "iso-offset" else self._joined(_without_zone(local))

    def day(self, text: str) -> str:
        """Write a stored date, which belongs to no zone; an empty one becomes the sentinel."""
        return self._joined(f"{text} 00:00:00" if text else UNSET_DATE)

    def read_moment(self, text: str) -> datetime:
        """Read a time that a client sent, in the configured zone unless it names one; else ValueError."""
        moment = datetime.fromisoformat(text.strip())
        return moment if moment.tzinfo else moment.replace(tzinfo=self._zone)

    def _joined(self, text: str) -> str:
        return text if self._format == "blank" else text.replace(" ", "T")


def read_day(text: str) -> str:
    """Read a date that a client sent, with or without a time; empty for the sentinel; else ValueError."""
    day = datetime.fromisoformat(text.strip()).date()
    return "" if day == date.fromisoformat(UNSET_DATE[:10]) else day.isoformat()


def _without_zone(moment: datetime) -> str:
    return moment.replace(tzinfo=None).isoformat(" ")
