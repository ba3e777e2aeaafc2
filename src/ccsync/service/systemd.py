"""What systemd is told of the service: sd_notify(3), one datagram for each message.

Nothing here ever fails a run: who does not listen is not told. Without ``NOTIFY_SOCKET`` all of it does nothing.
"""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from ccsync.clock import Clock

_SECONDS_TO_SEND = 2.0
_PINGS = 3
"""So many times within the watchdog's time it hears of us; sd_watchdog_enabled(3) asks for two."""

_LEAST_SLICE = 2.0
"""Seconds: the clock below cuts no wait into pieces shorter than this one, which it does not end early."""


class Systemd:
    """The service manager that started this process, when one did."""

    def __init__(self, environ: Mapping[str, str], clock: Clock) -> None:
        """Read ``NOTIFY_SOCKET``, a path or, with an @ before it, a name; and ``WATCHDOG_USEC``, ``WATCHDOG_PID``."""
        named = environ.get("NOTIFY_SOCKET", "")
        self._address = f"\0{named[1:]}" if named.startswith("@") else named
        self._clock = clock
        self._every = _watchdog(environ) / _PINGS
        self._pinged = float("-inf")

    @property
    def listens(self) -> bool:
        """Whether somebody wants to be told."""
        return self._address.startswith(("/", "\0"))

    @property
    def longest_silence(self) -> float:
        """Seconds after which the watchdog is to hear of us again; 0 when there is none."""
        return self._every if self.listens else 0.0

    def ready(self, status: str) -> None:
        """Tell that the service has started."""
        self._send(f"READY=1\nSTATUS={_line(status)}\nMAINPID={os.getpid()}")

    def status(self, text: str) -> None:
        """Tell what the service does, in one line."""
        self._send(f"STATUS={_line(text)}")

    def stopping(self, status: str) -> None:
        """Tell that the service ends on purpose."""
        self._send(f"STOPPING=1\nSTATUS={_line(status)}")

    def alive(self) -> None:
        """Tell the watchdog that work goes on, as often as it wants to hear it; called from the work itself."""
        now = self._clock.monotonic()
        if self.longest_silence and now - self._pinged >= self._every:
            self._pinged = now
            self._send("WATCHDOG=1")

    def _send(self, message: str) -> None:
        if not self.listens:
            return
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as way:
            way.settimeout(_SECONDS_TO_SEND)
            way.sendto(message.encode("utf-8", "replace"), self._address)


class WatchedClock:
    """A clock whose long waits tell the watchdog that somebody only waits."""

    def __init__(self, clock: Clock, systemd: Systemd) -> None:
        self._clock = clock
        self._systemd = systemd

    def now(self) -> datetime:
        """Return the time of day, aware, in UTC."""
        return self._clock.now()

    def monotonic(self) -> float:
        """Return seconds that only ever grow, for measuring."""
        return self._clock.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait, as the clock does."""
        self._systemd.alive()
        silence = self._systemd.longest_silence
        piece = max(silence, _LEAST_SLICE) if silence else seconds
        while seconds > piece:
            self._clock.sleep(piece)
            self._systemd.alive()
            seconds -= piece
        self._clock.sleep(seconds)


def _watchdog(environ: Mapping[str, str]) -> float:
    """Return the seconds within which the watchdog wants to hear of this very process; 0 when it does not."""
    try:
        microseconds = int(environ.get("WATCHDOG_USEC", "0"))
        meant = int(environ.get("WATCHDOG_PID", os.getpid()))
    except ValueError:
        return 0.0
    return microseconds / 1_000_000 if microseconds > 0 and meant == os.getpid() else 0.0


def _line(text: str) -> str:
    return " ".join(text.split())
