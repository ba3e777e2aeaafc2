"""Time, passed in: nothing below the wiring asks the machine for it."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from ccsync.stopping import StopRequest

_WAITED_OUT = 2.0
"""Seconds: so short a wait is part of finishing what is in hand."""

_PIECE = 1.0
"""Seconds: less than that."""

_SLICE = 0.5
"""Seconds: a signal that comes in the very moment before a wait begins is heeded after so long."""


class Clock(Protocol):
    """What ccsync knows of time."""

    def now(self) -> datetime:
        """Return the time of day, aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Return seconds that only ever grow, for measuring."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


def hold_pace(clock: Clock, seconds: float) -> None:
    """Wait until the next request may be sent, and have nobody cut that short: it belongs to what is in hand."""
    while seconds > 0:
        clock.sleep(min(seconds, _PIECE))
        seconds -= _PIECE


class SystemClock:
    """The machine's own clock; whoever ``stop`` speaks of is not kept waiting: longer waits end with ``StopAsked``."""

    def __init__(self, stop: StopRequest | None = None) -> None:
        self._stop = stop

    def now(self) -> datetime:
        """Return the time of day, aware, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return seconds that only ever grow, for measuring."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait; StopAsked when this process is asked to end before or during a wait of two seconds or more.

        In another thread than the main one, which has nothing in hand but reading, also in a shorter one.
        """
        if self._stop is None or (seconds < _WAITED_OUT and _in_main_thread()):
            time.sleep(seconds)
            return
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self._wait_a_little(self._stop, min(left, _SLICE))

    @staticmethod
    def _wait_a_little(stop: StopRequest, seconds: float) -> None:
        if not _in_main_thread():  # signals are for the main one alone
            stop.heed()
            time.sleep(seconds)
            return
        with stop.waiting():
            time.sleep(seconds)


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()
