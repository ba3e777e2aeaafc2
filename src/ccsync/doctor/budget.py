"""The calls to Constant Contact: how many are left, whether the interval can be held, and who else spends them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from ccsync.config.values import format_duration
from ccsync.doctor.finding import Finding, fail, ok, warn
from ccsync.doctor.words import counted
from ccsync.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ccsync.constant_contact.budget import BudgetState

IDLE_CALLS = 2
"""A run with nothing to do asks for changed contacts and for opt-outs."""

_DAY = timedelta(days=1)
_SHORT = 0.8
_OWN_KEY = "give ccsync an application of its own at Constant Contact, then: ccsync auth login constant-contact"


@dataclass(frozen=True, slots=True)
class BudgetFacts:
    """The UTC day so far.

    ``by_runs`` of its calls were made by this account's runs. ``throttled`` are answers "too many requests" in the logs
    of the day. ``per_run`` is what a usual run of late took, None before the first.
    """

    day: BudgetState
    interval: timedelta
    by_runs: int
    throttled: int
    per_run: float | None


def check_budget(facts: BudgetFacts) -> Iterator[Finding]:
    """Say how the day stands, what the interval will take, and who else uses the key."""
    yield _left(facts)
    yield _pace(facts)
    yield _others(facts)


def _left(facts: BudgetFacts) -> Finding:
    day = facts.day
    free = day.limit - day.reserved
    said = f"{day.used:,} of {day.limit:,} calls used today, {day.reserved:,} kept for opt-outs"
    until = f"the count starts again at {day.resets_at:%Y-%m-%d %H:%M} UTC: ccsync run --once, after that"
    if day.spent or day.used >= free:
        who = "Constant Contact says that there are no more today; " if day.spent else "no more for today: "
        return fail("budget", who + said, until, ExitCode.TRY_LATER)
    if day.used >= free * _SHORT:
        return warn("budget", said, until)
    return ok("budget", said)


def _pace(facts: BudgetFacts) -> Finding:
    """Compare the usual run, as often as the interval says, with a day's calls."""
    free = facts.day.limit - facts.day.reserved
    per_run = IDLE_CALLS if facts.per_run is None else facts.per_run
    wanted = math.ceil(_DAY / facts.interval * per_run)
    interval = format_duration(facts.interval)
    said = f"every {interval} takes about {wanted:,} calls a day, at {per_run:g} a run"
    if wanted <= free:
        return ok("interval", said)
    fits = timedelta(minutes=math.ceil(_DAY / timedelta(minutes=1) * per_run / free))
    mend = f'write `[service] interval = "{format_duration(fits)}"`, then: ccsync config check'
    return warn("interval", f"{said}, and {free:,} are there", mend)


def _others(facts: BudgetFacts) -> Finding:
    day, name = facts.day, "client-id"
    if day.spent and day.used < day.limit - day.reserved:
        said = f"Constant Contact counts more than the {day.used:,} calls of this machine: another program uses the key"
        return warn(name, said, _OWN_KEY)
    if facts.throttled:
        said = (
            f"{counted(facts.throttled, 'answer')} in today's runs asked to slow down, although ccsync keeps the pace"
        )
        return warn(name, f"{said}: another program may use the key", _OWN_KEY)
    others = max(0, day.used - facts.by_runs)
    return ok(
        name,
        f"no sign of another program; of today's calls {facts.by_runs:,} are of this account's runs, {others:,} of "
        "commands typed by hand, dry runs or other accounts on this machine",
    )
