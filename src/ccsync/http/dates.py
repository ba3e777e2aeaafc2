"""What the answers of a service tell about its clock, by their ``Date`` (RFC 9110, 6.6.1: in whole seconds)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

AGREED = timedelta()
_ONE_SECOND = timedelta(seconds=1)


class TheirClock:
    """How far this machine's clock is from a service's, by the answer that shows the most.

    Neither ``ahead`` nor ``behind`` is negative. What can be the way of an answer or the rest of a second is no
    difference; where there is one, ``ahead`` is no less than it. Safe to use from several threads.
    """

    def __init__(self) -> None:
        self.ahead = AGREED
        self.behind = AGREED
        self._lock = Lock()

    def note(self, sent: datetime, received: datetime, headers: Mapping[str, str]) -> None:
        """Compare with an answer that was asked for and came at these times of ours; one without a date says nothing.

        An answer that was kept on the way (``Age``) says nothing either.
        """
        date = _date(headers)
        if date is None:
            return
        with self._lock:
            if sent - date > _ONE_SECOND:
                self.ahead = max(self.ahead, received - date)
            self.behind = max(self.behind, date - received)


def _date(headers: Mapping[str, str]) -> datetime | None:
    if headers.get("Age", "0") != "0":
        return None
    try:
        date = parsedate_to_datetime(headers.get("Date", ""))
    except ValueError:
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)
