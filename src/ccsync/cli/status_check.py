"""``ccsync status --check``: one line and an exit code for Nagios and its like.

By their convention 0 is ok, 1 a warning, 2 critical, and what stands behind a ``|`` are numbers to draw.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from ccsync.cli import words
from ccsync.cli.output import Result
from ccsync.errors import CcsyncError, ExitCode, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ccsync.cli.output import Output
    from ccsync.cli.session import Session

_SHORTEST = timedelta(minutes=15)
_INTERVALS = 3
_SHORT = 0.9
"""Of the calls of a day that are not kept for opt-outs: from here on the budget counts as short."""

_HOPELESS = {ExitCode.BUG, ExitCode.USAGE, ExitCode.LOCAL, ExitCode.LOGIN_NEEDED, ExitCode.CONFIG}
"""These do not mend themselves."""

_LONGEST = 200

_CLOCKS_STRAY = timedelta(minutes=2)
"""So far a clock may have been set back since a run, and nobody minds."""


class Level(IntEnum):
    """What a monitor makes of it; also the exit code."""

    OK = 0
    WARNING = 1
    CRITICAL = 2


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be, and what to type."""

    level: Level
    what: str
    next: str = ""


def check(session: Session, max_age: str | None) -> Result:
    """Return one line and its exit code; whatever cannot even be looked at is critical."""
    from ccsync.cli.status_facts import of_session

    given = None if max_age is None else _age(max_age)
    try:
        application = session.application()
        data = of_session(session, application)
    except CcsyncError as error:
        return _answer("", [Finding(Level.CRITICAL, error.message, error.hint)], {}, "")
    limit = given or max(_SHORTEST, _INTERVALS * application.config.service.interval)
    now = session.environment.clock.now()
    age = _age_of(data["service"]["last_success"], now)
    facts = {
        "account": data["account"],
        "last_success": data["service"]["last_success"],
        "age_seconds": None if age is None else round(age.total_seconds()),
        "max_age_seconds": round(limit.total_seconds()),
        "service": data["service"]["state"],
    }
    well = ""
    if age is not None and age <= limit:
        well = f"last run went through {words.lasting(age.total_seconds())} ago"
    return _answer(well, list(findings(data, now, limit)), facts, _numbers(data, age, limit))


def findings(data: Mapping[str, Any], now: datetime, max_age: timedelta) -> Iterator[Finding]:
    """Yield what is wrong with an account, from the data of ``status --json``.

    A service that was stopped on purpose is a warning and nothing worse: runs that stay away are meant to. Who waits by
    a rule is no failure, and is not told.
    """
    service = data["service"]
    if service["off_since"] is not None:
        since = words.moment(service["off_since"])
        yield Finding(Level.WARNING, f"switched off on purpose since {since}", "ccsync daemon start")
    else:
        yield from _stale(service, now, max_age)
        yield from _failing(service)
    yield from _budget(data["budget"])


def _stale(service: Mapping[str, Any], now: datetime, max_age: timedelta) -> Iterator[Finding]:
    age = _age_of(service["last_success"], now)
    if age is not None and age <= max_age:
        return
    if age is None and service["last_success"] is not None:
        dated = words.moment(service["last_success"])
        yield Finding(Level.WARNING, f"the last run that went through is dated {dated}, in the future", "timedatectl")
        return
    what = "no run has gone through yet"
    if age is not None:
        what = f"no run went through for {words.lasting(age.total_seconds())}"
    if _began_lately(service["run_since"], now, max_age):
        yield Finding(Level.WARNING, f"{what}; one is on since {words.moment(service['run_since'])}", "ccsync status")
        return
    if service["run_on"]:
        what = f"{what}; one is on since {words.moment(service['run_since'])}"
    if service["state"] == "stopped" and not service["run_on"]:
        yield Finding(Level.CRITICAL, f"{what}; none comes by itself", "ccsync daemon start")
    else:
        yield Finding(Level.CRITICAL, what, "ccsync status")


def _failing(service: Mapping[str, Any]) -> Iterator[Finding]:
    failing, last = service["failing"], service["last_ended"]
    if failing is None and last is not None and last["result"] not in ("success", "interrupted"):
        failing = {"message": last["message"] or last["result"], "hint": "ccsync status", "exit_code": 0, "code": ""}
    if failing is None:
        return
    stopped = last is not None and last["result"] == "stopped" and failing["exit_code"] in (0, ExitCode.STOPPED)
    level = Level.CRITICAL if stopped or failing["exit_code"] in _HOPELESS else Level.WARNING
    yield Finding(level, failing["message"], failing["hint"])


def _budget(budget: Mapping[str, Any]) -> Iterator[Finding]:
    free = budget["limit"] - budget["reserved"]
    if budget["spent"]:
        yield Finding(Level.WARNING, "Constant Contact allows no more calls today", "ccsync status")
    elif budget["used"] >= free * _SHORT:
        yield Finding(Level.WARNING, f"{budget['used']} of today's {free} calls are used", "ccsync status")


def _answer(well: str, found: list[Finding], facts: Mapping[str, Any], numbers: str) -> Result:
    worst_first = sorted(found, key=lambda one: -one.level)
    level = worst_first[0].level if worst_first else Level.OK
    about = f"{facts['account']}: " if facts else ""
    said = "; ".join([*(_said(one) for one in worst_first), *filter(None, [well])])
    line = f"CCSYNC {level.name} - {about}{said}"
    entries = [{"level": one.level.name.lower(), "message": one.what, "next": one.next} for one in worst_first]
    data = {"level": level.name.lower(), "line": line, **facts, "findings": entries}

    def render(output: Output) -> None:
        output.way_on(" | ".join(filter(None, [line, numbers])))

    return Result(data, ExitCode(level), partial=level is Level.WARNING, render=render)


def _said(finding: Finding) -> str:
    """Say a finding within one line; a bar would begin the numbers."""
    what = " ".join(finding.what.replace("|", "/").split())
    what = what if len(what) <= _LONGEST else f"{what[:_LONGEST]}..."
    return f"{what} ({finding.next})" if finding.next else what


def _numbers(data: Mapping[str, Any], age: timedelta | None, max_age: timedelta) -> str:
    """Return the numbers as monitors draw them: name=value[unit];warning;critical;least;most."""
    budget = data["budget"]
    free = budget["limit"] - budget["reserved"]
    calls = f"calls={budget['used']};{round(free * _SHORT)};{free};0;{budget['limit']}"
    parts = [calls, f"waiting={len(data['waiting'])};;;0"]
    if age is not None:
        parts.insert(0, f"age={age.total_seconds():.0f}s;;{max_age.total_seconds():.0f};0")
    return " ".join(parts)


def _age(text: str) -> timedelta:
    from pydantic_core import PydanticCustomError

    from ccsync.config.values import parse_duration

    try:
        return parse_duration(text)
    except PydanticCustomError as error:
        raise UsageError(f"--max-age {text!r} {error.message()}", hint="ccsync status --check --max-age 15m") from None


def _age_of(iso: str | None, now: datetime) -> timedelta | None:
    """Return how long ago something was; None when nobody knows, as for a moment that is still to come."""
    age = None if iso is None else now - datetime.fromisoformat(iso)
    return None if age is None or age < -_CLOCKS_STRAY else max(timedelta(0), age)


def _began_lately(iso: str | None, now: datetime, max_age: timedelta) -> bool:
    age = _age_of(iso, now)
    return age is not None and age <= max_age
