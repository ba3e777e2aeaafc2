"""Reading logs back: which runs there are, and their lines."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby, islice
from typing import TYPE_CHECKING, Any

from ccsync.errors import LocalError, UsageError
from ccsync.logs.runlog import FOLDER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

SUFFIX = ".jsonl"
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_LOG = re.compile(rf"\d{{8}}T\d{{6}}Z(?:-[0-9a-z]+)*{re.escape(SUFFIX)}")
_END = 65_536  # bytes from the end of a log in which its last lines are looked for
_DATE_IN_ID = 8  # letters
_SECOND_IN_ID = 16
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class LoggedRun:
    """One log file: that of a run, or of a command that writes a log of its own."""

    id: str
    date: str
    path: Path


def days(folder: Path) -> list[str]:
    """Return the dates that have logs below the account's ``folder``, oldest first."""
    return sorted(name for name in _names(folder / FOLDER, os.DirEntry.is_dir) if _DAY.fullmatch(name))


def of_day(folder: Path, date: str) -> list[LoggedRun]:
    """Return the logs that began on a date, oldest first."""
    place = folder / FOLDER / date
    ids = sorted(name.removesuffix(SUFFIX) for name in _names(place, is_log))
    found = [LoggedRun(one, date, place / f"{one}{SUFFIX}") for one in ids]
    together = (list(logs) for _, logs in groupby(found, key=lambda one: one.id[:_SECOND_IN_ID]))
    return [one for logs in together for one in (sorted(logs, key=_began) if len(logs) > 1 else logs)]


def each(folder: Path, *, newest_first: bool = False) -> Iterator[LoggedRun]:
    """Yield all logs in time order, or against it: no more than those of one day are held at a time."""
    for date in reversed(days(folder)) if newest_first else days(folder):
        found = of_day(folder, date)
        yield from reversed(found) if newest_first else found


def runs(folder: Path) -> list[LoggedRun]:
    """Return the runs logged below the account's ``folder``, oldest first."""
    return list(each(folder))


def latest(folder: Path, limit: int) -> list[LoggedRun]:
    """Return the latest logs, oldest first."""
    return list(islice(each(folder, newest_first=True), limit))[::-1]


def count(folder: Path) -> int:
    """Return how many logs there are."""
    return sum(len(_names(folder / FOLDER / date, is_log)) for date in days(folder))


def lines(path: Path, *, may_be_gone: bool = False) -> Iterator[dict[str, Any]]:
    """Yield the lines of one log in order; LocalError as ``raw_lines``.

    A run that was killed leaves a torn last line, a full disk one in the middle: what is no JSON object is left out.
    """
    for raw in raw_lines(path, may_be_gone=may_be_gone):
        line = parsed(raw)
        if line is not None:
            yield line


def raw_lines(path: Path, *, may_be_gone: bool = False) -> Iterator[bytes]:
    """Yield the lines of one log as they stand there; LocalError when it cannot be read.

    ``may_be_gone`` is for one of many: a run may have deleted it since they were listed, and then it has no lines.
    """
    try:
        with path.open("rb") as file:
            yield from file
    except OSError as error:
        if may_be_gone and isinstance(error, FileNotFoundError):
            return
        raise _unreadable(path, error) from error


def ends(path: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the first line of a log and its last few, without reading what lies between; LocalError as ``lines``."""
    try:
        with path.open("rb") as file:
            first = parsed(file.readline()) or {}
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _END))
            tail = file.read().split(b"\n")
    except OSError as error:
        raise _unreadable(path, error) from error
    return first, [line for raw in tail if (line := parsed(raw)) is not None]


def parsed(raw: bytes) -> dict[str, Any] | None:
    """Return what a line says; None for one that is torn."""
    try:
        line = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    return line if isinstance(line, dict) else None


def time_of(line: Mapping[str, Any]) -> datetime | None:
    """Return when a line was written; None when it does not say."""
    try:
        moment = datetime.fromisoformat(str(line.get("time")))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def resolve(folder: Path, prefix: str) -> LoggedRun:
    """Return the one run whose id begins with ``prefix``; UsageError when there is none or more than one."""
    found = [run for run in _near(folder, prefix) if run.id.startswith(prefix)]
    exact = [run for run in found if run.id == prefix]
    if len(found) == 1 or len(exact) == 1:
        return (exact or found)[0]
    if not found:
        raise UsageError(f"no run begins with {prefix!r}", hint="ccsync logs list", code="no_such_run")
    shown = ", ".join(run.id for run in found[:_SHOWN])
    more = ", ..." if len(found) > _SHOWN else ""
    raise UsageError(
        f"{len(found)} runs begin with {prefix!r}: {shown}{more}",
        hint="give more of the run's id: ccsync logs list",
        code="ambiguous_run",
    )


def _near(folder: Path, prefix: str) -> Iterator[LoggedRun]:
    """Yield the logs among which a name has to be: it begins with its date, or the one before when midnight came."""
    for date in days(folder):
        if date.replace("-", "") >= prefix[:_DATE_IN_ID]:
            found = of_day(folder, date)
            yield from found
            if len(prefix) >= _DATE_IN_ID and found and found[0].id[:_DATE_IN_ID] > prefix[:_DATE_IN_ID]:
                return


def is_log(entry: os.DirEntry[str]) -> bool:
    """Tell whether an entry of a day's folder is a run's log: nothing else there is read, given away or deleted."""
    return _LOG.fullmatch(entry.name) is not None and entry.is_file()


def _began(one: LoggedRun) -> float:
    """Return when a log began, in more detail than its name says."""
    try:
        with one.path.open("rb") as file:
            moment = time_of(parsed(file.readline()) or {})
        return one.path.stat().st_mtime if moment is None else moment.timestamp()
    except OSError:  # whoever reads it says so
        return 0.0


def _names(folder: Path, takes: Callable[[os.DirEntry[str]], bool]) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return [entry.name for entry in entries if takes(entry)]
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise _unreadable(folder, error) from error


def _unreadable(path: Path, error: OSError) -> LocalError:
    return LocalError(
        f"the log {path} cannot be read: {error.strerror}",
        hint=f"run ccsync as the user who owns it: ls -l {path}",
        code="log_unreadable",
    )
