"""Reading logs while they are written."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ccsync.logs.events import Event
from ccsync.logs.read import days, each, of_day, parsed, raw_lines

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ccsync.clock import Clock
    from ccsync.logs.read import LoggedRun

PAUSE = 1.0
"""Seconds between two looks."""

SHOWN_BEFORE = 10
"""So many lines there were before are shown first, as ``tail -f`` does."""


class Tail:
    """One log that grows: gives whole lines only, each once."""

    def __init__(self, run: LoggedRun, begin: int = 0) -> None:
        """``begin`` is the byte from which on lines are new."""
        self.run = run
        self._at = begin

    def new(self) -> Iterator[bytes]:
        """Yield the lines that were added since the last call. A log that is gone or was made shorter has none."""
        with suppress(FileNotFoundError), self.run.path.open("rb") as file:
            self._at = min(self._at, file.seek(0, os.SEEK_END))
            file.seek(self._at)
            for raw in file:
                if not raw.endswith(b"\n"):
                    return
                self._at += len(raw)
                yield raw


def follow(folder: Path, clock: Clock, *, begin: LoggedRun | None = None, only: bool = False) -> Iterator[bytes]:
    """Yield the lines that are written, as they are written, and wait in between; for ever.

    From the first line of ``begin`` on, else from the last few lines there are; with ``only``, up to the last line of
    that one run. A new run's log is found by itself.
    """
    newest = begin or next(each(folder, newest_first=True), None)
    tail = Tail(newest, 0 if begin else _last_lines(newest.path)) if newest else None
    while True:
        for raw in tail.new() if tail else ():
            yield raw
            if only and _ends(raw):
                return
        later = None if only else _next(folder, tail.run if tail else None)
        if later is None:
            clock.sleep(PAUSE)
            continue
        yield from tail.new() if tail else ()  # what was written between the two looks
        tail = Tail(later)


def _next(folder: Path, run: LoggedRun | None) -> LoggedRun | None:
    """Return the log that began next after one."""
    for date in days(folder):
        if run is None or date >= run.date:
            found = of_day(folder, date)
            if run in found:
                later = found[found.index(run) + 1 :]
            else:
                later = [one for one in found if run is None or one.id > run.id]
            if later:
                return later[0]
    return None


def _last_lines(path: Path) -> int:
    """Return the byte at which the last few lines of a log begin."""
    ends = [0]
    for raw in raw_lines(path):
        ends.append(ends[-1] + len(raw))
    return ends[max(0, len(ends) - 1 - SHOWN_BEFORE)]


def _ends(raw: bytes) -> bool:
    line: dict[str, Any] = parsed(raw) or {}
    return line.get("event") == Event.RUN_FINISHED
