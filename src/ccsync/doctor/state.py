"""The state: whether its file is whole, and what the last runs came to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from ccsync.doctor.finding import Finding, fail, ok, warn
from ccsync.doctor.words import lasting, size
from ccsync.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from ccsync.state.values import RunRecord

_STALE = 5
"""So many intervals without a run are no hiccup."""

_NEVER_STALE = timedelta(minutes=15)
_CLOCKS_STRAY = timedelta(minutes=2)
_GOOD = "success"
_BAD = frozenset({"failed", "stopped"})


@dataclass(frozen=True, slots=True)
class StateFacts:
    """The file of the state: versions of its tables, there and wanted, its size, and whether all of it was read."""

    version: int
    known: int
    bytes: int
    whole: bool


@dataclass(frozen=True, slots=True)
class RunFacts:
    """The last run, the start of the last good one, and whether runs should come by themselves, how often."""

    last: RunRecord | None
    last_success: datetime | None
    now: datetime
    interval: timedelta
    expected: bool


def check_state(facts: StateFacts) -> Iterator[Finding]:
    """Say that the file is whole; a damaged one is an error of the look itself."""
    name, said = "state", f"{size(facts.bytes)}, version {facts.version} of its tables"
    if facts.version < facts.known:
        said = f"{said}; this ccsync brings it to {facts.known} at its next run"
        yield warn(name, said, "ccsync run --once")
    elif not facts.whole:
        yield ok(name, f"{said}; too large to look at all of it here, no damage in what was seen")
    else:
        yield ok(name, f"{said}, no damage")


def check_runs(facts: RunFacts) -> Iterator[Finding]:
    """Say how the last run ended and how old it is. What it said stays in the log: it may speak of people."""
    name, last = "last-run", facts.last
    if last is None:
        yield warn(name, "there was none yet", "ccsync run --once")
        return
    age = facts.now - last.started
    ahead = age < -_CLOCKS_STRAY
    when = f"dated {last.started:%Y-%m-%d %H:%M:%S} UTC, in the future" if ahead else f"{lasting(age)} ago"
    said = f"{last.id}: {last.result or 'not ended'}, {when}"
    if last.result != _GOOD:
        said += f"; the last good one {lasting(facts.now - facts.last_success)} ago" if facts.last_success else ""
    if last.result in _BAD:
        yield fail(name, said, f"ccsync logs show {last.id}", ExitCode.STOPPED)
    elif ahead:
        yield warn(name, said, "timedatectl")
    elif facts.expected and age > max(_NEVER_STALE, _STALE * facts.interval):
        said = f"{said}, and runs should come every {lasting(facts.interval)}"
        yield warn(name, said, "ccsync daemon restart")
    elif last.result != _GOOD:
        yield warn(name, said, "ccsync status")
    else:
        yield ok(name, said)
