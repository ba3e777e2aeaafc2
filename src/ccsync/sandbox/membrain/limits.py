"""Membrain's limit on requests, which is documented to exist but not described."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ccsync.clock import Clock


class MinuteLimit:
    """Counts requests in each minute of the clock."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._minute = 0
        self._used = 0

    def seconds_to_wait(self, allowed: int) -> int:
        """Count one request; return 0 when it may pass, else the seconds until the minute is over."""
        second = int(self._clock.now().timestamp())
        if second // 60 != self._minute:
            self._minute, self._used = second // 60, 0
        if not allowed or self._used < allowed:
            self._used += 1
            return 0
        return 60 - second % 60
