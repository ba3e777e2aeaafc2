"""When the next run begins: pure, from how the last one ended.

An ordinary run begins ``interval`` after the last one began. Trouble that passes by itself is asked for less and less
often, up to ``LONGEST``. Trouble that a person has to mend is looked at again at the ordinary pace, but never more
often than ``SELDOM``. A spent day waits for 00:00 UTC, when Constant Contact counts anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from ccsync.errors import CcsyncError, ExitCode, QuotaSpent

if TYPE_CHECKING:
    from ccsync.constant_contact.budget import BudgetState
    from ccsync.engine.options import RunReport

LONGEST = timedelta(minutes=15)
"""A service that is down is asked again at least so often, or at every ``interval`` when that is longer."""

SELDOM = timedelta(minutes=1)
"""What needs a person is tried again at most so often."""

JITTER = 0.05
"""Starts are moved by up to this share of a pause, half of it to either side: programs that keep step part."""

_LARGEST_JITTER = timedelta(seconds=30)
_AFTER_MIDNIGHT = timedelta(seconds=90)
"""The first run of a new day begins within so much, when clocks that differ a little agree that it has begun."""

_SHORT = 0.1
"""When less of the day's calls than this share is left, they are made to last until midnight."""

_STRETCHED = timedelta(hours=1)


class Ending(StrEnum):
    """How a run ended, as far as the next one's start goes."""

    WELL = "well"
    PASSES = "passes"
    NEEDS_SOMEBODY = "needs-somebody"
    DAY_SPENT = "day-spent"


@dataclass(frozen=True, slots=True)
class Pause:
    """How long after the end of a run the next one begins, and why it is not the ordinary moment; often no reason."""

    length: timedelta
    reason: str = ""


def ending(answer: RunReport | CcsyncError) -> Ending:
    """Tell how a run ended; records that a service refused are told elsewhere, and the run itself went well."""
    if answer.code == QuotaSpent.code:
        return Ending.DAY_SPENT
    if answer.code == "record_failed":
        return Ending.WELL
    match answer.exit_code:
        case ExitCode.DONE:
            return Ending.WELL
        case ExitCode.UNREACHABLE | ExitCode.TRY_LATER | ExitCode.BUG:
            return Ending.PASSES
        case _:
            return Ending.NEEDS_SOMEBODY


def pause_after(
    how: Ending,
    *,
    interval: timedelta,
    took: timedelta,
    troubles: int,
    now: datetime,
    chance: float,
    reserve_is_left: bool = False,
) -> Pause:
    """Return the pause after a run that ``took`` so long and ended at ``now``.

    ``troubles`` counts the runs in a row that ended like this one, itself included; ``chance`` is from 0 up to 1.
    ``reserve_is_left`` says of a spent day that opt-outs can still be read.
    """
    match how:
        case Ending.WELL:
            return Pause(_jittered(interval, chance, took))
        case Ending.NEEDS_SOMEBODY:
            return Pause(_jittered(max(interval, SELDOM), chance, took))
        case Ending.DAY_SPENT if not reserve_is_left:
            return Pause(_until_midnight(now) + chance * _AFTER_MIDNIGHT, "there are no calls left until 00:00 UTC")
        case Ending.DAY_SPENT:
            backed_off = min(_backed_off(max(interval, SELDOM), troubles), _until_midnight(now))
            return Pause(_jittered(backed_off, chance, took), "until 00:00 UTC only opt-outs are looked after")
        case Ending.PASSES:
            return Pause(_jittered(_backed_off(interval, troubles), chance, took))


def stretched(pause: Pause, budget: BudgetState, calls_of_a_run: int, now: datetime) -> Pause:
    """Return a pause that is longer when the day's last calls would otherwise not last until midnight.

    Only when less than a tenth is left, and by an hour at most: what a run costs is a guess from the last one.
    """
    free = budget.limit - budget.reserved
    left = free - budget.used
    if budget.spent or left >= free * _SHORT:
        return pause
    runs = max(left, 1) / max(calls_of_a_run, 1)
    length = min(_until_midnight(now) / max(runs, 1), _STRETCHED)
    if length <= pause.length:
        return pause
    return Pause(length, f"{max(left, 0)} of today's calls to Constant Contact are left, and have to last")


def _backed_off(interval: timedelta, troubles: int) -> timedelta:
    doublings = min(max(troubles - 1, 0), 20)
    return max(interval, min(interval * (1 << doublings), LONGEST))


def _jittered(length: timedelta, chance: float, took: timedelta) -> timedelta:
    """Return what is left of a pause that began with the last run, moved a little; nothing when it is over already."""
    moved = (chance - 0.5) * min(length * JITTER, _LARGEST_JITTER)
    return max(length + moved - took, timedelta())


def _until_midnight(now: datetime) -> timedelta:
    today = datetime.combine(now.astimezone(UTC).date(), time(), UTC)
    return today + timedelta(days=1) - now
