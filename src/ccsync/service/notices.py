"""Which end of a run is told now: the first failure at once, the same one once a day, and then that it works again.

Pure, but for the small file that remembers what was told. Two listeners have a memory of their own: what an
unwatched run prints, and the command of ``[notify] on_failure``. A ping is no notice: it tells every run.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from ccsync.errors import AnswerTooLate, ConfigError, ExitCode, Interrupted, Locked, NotApproved

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from ccsync.engine.options import RunReport
    from ccsync.errors import CcsyncError, Problem

AGAIN = timedelta(days=1)
"""So long a failure that goes on is not told again."""

_SIGNALS = {ExitCode.INTERRUPTED, ExitCode.TERMINATED}
_ANSWERED = {NotApproved.code, AnswerTooLate.code}  # somebody sat there
_MOST_PROBLEMS = 5


class Verdict(StrEnum):
    """What the end of a run says about the health of the service."""

    WELL = "well"
    BADLY = "badly"
    NEITHER = "neither"


class Say(StrEnum):
    """What a listener is told."""

    NOTHING = "nothing"
    FAILURE = "failure"
    STILL = "still-failing"
    RECOVERY = "recovery"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a run ended, in what notices need of it; ``run`` and ``log`` are empty when it did not come so far."""

    at: datetime
    verdict: Verdict
    exit_code: int
    result: str = "failed"
    code: str = ""
    message: str = ""
    hint: str = ""
    run: str = ""
    log: str = ""
    done: str = ""
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Spell:
    """A time in which runs fail: since when, how many did, and when each of their failures was told last."""

    since: datetime
    runs: int = 0
    told: Mapping[str, datetime] = field(default_factory=dict)


def of_report(report: RunReport) -> Ending:
    """Return the ending of a run that came to a report."""
    verdict = Verdict.WELL if report.exit_code == ExitCode.DONE else Verdict.BADLY
    if report.exit_code in _SIGNALS or report.code in _ANSWERED:
        verdict = Verdict.NEITHER
    counts = {name: getattr(report.counts, name) for name in report.counts.__slots__}
    return Ending(
        at=report.finished,
        verdict=verdict,
        exit_code=int(report.exit_code),
        result=report.result.value,
        code=report.code or ("" if verdict is Verdict.WELL else report.result.value),
        message=report.message,
        hint=report.hint,
        run=report.id,
        log="" if report.log_path is None else str(report.log_path),
        done=", ".join(f"{count} {name}" for name, count in counts.items() if count) or "nothing",
        seconds=(report.finished - report.started).total_seconds(),
    )


def of_error(error: CcsyncError, at: datetime) -> Ending:
    """Return the ending of a run that an error kept from beginning; another run that is on is no failure."""
    neither = isinstance(error, Interrupted | Locked)
    message = error.message
    if isinstance(error, ConfigError):
        mistakes = [_mistake(one) for one in error.problems]
        more = [f"and {len(mistakes) - _MOST_PROBLEMS} more"] if len(mistakes) > _MOST_PROBLEMS else []
        message = ": ".join(filter(None, [message, "; ".join([*mistakes[:_MOST_PROBLEMS], *more])]))
    return Ending(
        at=at,
        verdict=Verdict.NEITHER if neither else Verdict.BADLY,
        exit_code=int(error.exit_code),
        code=error.code,
        message=message,
        hint=error.hint,
    )


def _mistake(problem: Problem) -> str:
    line = f"line {problem.line}" if problem.line else ""
    return ": ".join(filter(None, [line, problem.path, problem.message.split("\n")[0]]))


def say(spell: Spell | None, ending: Ending) -> Say:
    """Decide what a listener with this memory is told of an ending.

    A failure that was not told within the last day is told, one that was is not. Whoever was told nothing of a
    failure is not told of its end. A clock that was set back does not silence anybody.
    """
    if ending.verdict is Verdict.NEITHER:
        return Say.NOTHING
    if ending.verdict is Verdict.WELL:
        return Say.RECOVERY if spell is not None and spell.told else Say.NOTHING
    told = None if spell is None else spell.told.get(ending.code)
    if told is None:
        return Say.FAILURE
    return Say.NOTHING if timedelta(0) <= ending.at - told < AGAIN else Say.STILL


def afterwards(spell: Spell | None, ending: Ending, *, told: bool) -> Spell | None:
    """Return a listener's memory after an ending; ``told`` when what was due has reached it."""
    if ending.verdict is Verdict.NEITHER:
        return spell
    if ending.verdict is Verdict.WELL:
        return None if told or say(spell, ending) is Say.NOTHING else spell
    spell = spell or Spell(ending.at)
    spell = replace(spell, since=min(spell.since, ending.at), runs=spell.runs + 1)
    return replace(spell, told={**spell.told, ending.code: ending.at}) if told else spell
