"""What one check found: how it stands, in a line, and what to type when it does not stand well."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from ccsync.errors import ConfigError, ExitCode, QuotaSpent, TryLater

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ccsync.errors import CcsyncError

_WORST_FIRST = (
    ExitCode.CONFIG,
    ExitCode.LOGIN_NEEDED,
    ExitCode.LOCAL,
    ExitCode.UNREACHABLE,
    ExitCode.STOPPED,
    ExitCode.TRY_LATER,
    ExitCode.BUG,
)
"""In the order in which a run would meet them, and somebody mends them."""


class Level(StrEnum):
    """How a check came out: ``warn`` runs go on, ``fail`` they do not or what they keep is not safe."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report; ``mend`` is the next command, empty when all is well.

    ``exit_code`` is what a run would end with, 0 unless ``level`` is ``fail``. None of the texts holds a secret or
    speaks of a person.
    """

    name: str
    level: Level
    said: str
    mend: str = ""
    exit_code: ExitCode = ExitCode.DONE


def ok(name: str, said: str) -> Finding:
    """Return what is said of something that is as it should be."""
    return Finding(name, Level.OK, said)


def warn(name: str, said: str, mend: str) -> Finding:
    """Return what is said of something that runs survive."""
    return Finding(name, Level.WARN, said, mend)


def fail(name: str, said: str, mend: str, exit_code: ExitCode) -> Finding:
    """Return what is said of something that stops runs."""
    return Finding(name, Level.FAIL, said, mend, exit_code)


def refused(name: str, error: CcsyncError) -> list[Finding]:
    """Return what an error says.

    A wrong configuration has a finding for each mistake. What passes by itself is a warning, but not a spent day.
    """
    if isinstance(error, TryLater) and not isinstance(error, QuotaSpent):
        return [warn(name, error.message, error.hint)]
    if isinstance(error, ConfigError) and error.problems:
        return [fail(name, said, error.hint, error.exit_code) for said in _mistakes(error)]
    return [fail(name, error.message, error.hint, error.exit_code)]


def called(findings: Iterable[Finding], prefix: str) -> list[Finding]:
    """Return the findings under longer names, to tell where they were made."""
    return [replace(one, name=f"{prefix}{one.name}") for one in findings]


def exit_code_of(findings: Iterable[Finding]) -> ExitCode:
    """Return 0 when nothing fails, warnings or not; else the code of what has to be mended first."""
    codes = {one.exit_code for one in findings if one.level is Level.FAIL}
    return next((code for code in _WORST_FIRST if code in codes), ExitCode.BUG if codes else ExitCode.DONE)


def _mistakes(error: ConfigError) -> Iterator[str]:
    for problem in error.problems:
        line = f"line {problem.line}: " if problem.line else ""
        key = f"{problem.path}: " if problem.path else ""
        first = problem.message.split("\n")[0]
        yield f"{line}{key}{first}" + (f" ({problem.hint})" if problem.hint else "")
