"""Reading logs back: which runs there are, and their lines."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ccsync.errors import LocalError, UsageError
from ccsync.logs.runlog import FOLDER

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class LoggedRun:
    """One run's log file."""

    id: str
    date: str
    path: Path


def runs(folder: Path) -> list[LoggedRun]:
    """Return the runs logged below the account's ``folder``, oldest first."""
    files = (folder / FOLDER).glob("[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]/*.jsonl")
    found = (LoggedRun(path.stem, path.parent.name, path) for path in files)
    return sorted(found, key=lambda run: (run.id, run.date))


def lines(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the lines of one log in order.

    A run that was killed leaves a torn last line, a full disk one in the middle: what is no JSON object is left out.
    """
    try:
        with path.open("rb") as file:
            for raw in file:
                line = _parsed(raw)
                if line is not None:
                    yield line
    except OSError as error:
        raise LocalError(
            f"the log {path} cannot be read: {error.strerror}",
            hint=f"run ccsync as the user who owns it: ls -l {path}",
            code="log_unreadable",
        ) from error


def resolve(folder: Path, prefix: str) -> LoggedRun:
    """Return the one run whose id begins with ``prefix``; UsageError when there is none or more than one."""
    found = [run for run in runs(folder) if run.id.startswith(prefix)]
    exact = [run for run in found if run.id == prefix]
    if len(found) == 1 or len(exact) == 1:
        return (exact or found)[0]
    if not found:
        raise UsageError(f"no run begins with {prefix!r}", hint="ccsync logs list", code="no_such_run")
    shown = ", ".join(run.id for run in found[:3])
    more = ", ..." if len(found) > len(found[:3]) else ""
    raise UsageError(
        f"{len(found)} runs begin with {prefix!r}: {shown}{more}",
        hint="give more of the run's id: ccsync logs list",
        code="ambiguous_run",
    )


def _parsed(raw: bytes) -> dict[str, Any] | None:
    try:
        line = json.loads(raw)
    except ValueError:
        return None
    return line if isinstance(line, dict) else None
