"""Deleting old logs: by age, and the oldest ones when all together are too large; never the one being written."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ccsync.logs.read import days, is_log, of_day
from ccsync.logs.runlog import FOLDER

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime, timedelta
    from pathlib import Path

    from ccsync.logs.read import LoggedRun

SIZES = "sizes.json"


@dataclass(slots=True)
class Pruned:
    """What was deleted: how many logs, and their bytes."""

    logs: int = 0
    bytes: int = 0


@dataclass(frozen=True, slots=True)
class _Day:
    """The logs of one date: how many, how many bytes, and the state of the folder when that was counted."""

    logs: int
    bytes: int
    changed: int


def prune(folder: Path, *, keep: timedelta, max_size: int, now: datetime, running: Path) -> Pruned:
    """Delete what is older than ``keep``, in whole days, then the oldest logs beyond ``max_size`` bytes of all.

    ``running`` is the log being written, which is counted and never deleted.

    Cheap when there is nothing to do: the size of a day's folder is remembered until the folder changes, and the
    running log is added to its day by itself. Raises OSError when a folder cannot be read or a log not be deleted.
    """
    pruned = Pruned()
    last_kept = f"{now - keep:%Y-%m-%d}"
    for date in days(folder):
        if date < last_kept:
            _delete(folder, of_day(folder, date), running, pruned)
    known = _known(folder)
    sizes = {date: _counted(folder, date, known.get(date), running) for date in days(folder)}
    total = sum(day.bytes for day in sizes.values())
    for date in list(sizes):
        if total <= max_size:
            break
        before = pruned.bytes
        _delete(folder, _oldest(of_day(folder, date), total - max_size), running, pruned)
        total -= pruned.bytes - before
        if pruned.bytes > before:
            sizes[date] = _measured(folder, date)
    _remember(folder, sizes)
    return pruned


def _delete(folder: Path, logged: Iterator[LoggedRun] | list[LoggedRun], running: Path, pruned: Pruned) -> None:
    date = ""
    for one in logged:
        date = one.date
        if one.path != running:
            size = _size(one.path)
            with suppress(FileNotFoundError):  # somebody else deleted it
                one.path.unlink()
                pruned.logs += 1
                pruned.bytes += size
    if date:
        with suppress(OSError):  # not empty
            (folder / FOLDER / date).rmdir()


def _oldest(logged: list[LoggedRun], too_many: int) -> Iterator[LoggedRun]:
    """Yield logs, the oldest first, until so many bytes are reached."""
    for one in logged:
        if too_many <= 0:
            return
        too_many -= _size(one.path)
        yield one


def _counted(folder: Path, date: str, known: _Day | None, running: Path) -> _Day:
    """Return the size of a day. The day of the running log has one log more than when it was counted last."""
    place = folder / FOLDER / date
    changed = _changed(place)
    if known is not None and known.changed == changed and running.parent != place:
        return known
    if known is not None and running.parent == place and _logs(place) == known.logs + 1:
        return _Day(known.logs + 1, known.bytes + running.stat().st_size, changed)
    return _measured(folder, date)


def _measured(folder: Path, date: str) -> _Day:
    place = folder / FOLDER / date
    changed = _changed(place)
    sizes = [_size(entry) for entry in os.scandir(place) if is_log(entry)] if changed else []
    return _Day(len(sizes), sum(sizes), changed)


def _size(file: Path | os.DirEntry[str]) -> int:
    """Return the bytes that deleting a file frees: of a link its own; none when it is gone."""
    try:
        return file.stat(follow_symlinks=False).st_size
    except FileNotFoundError:
        return 0


def _changed(place: Path) -> int:
    try:
        return place.stat().st_mtime_ns
    except FileNotFoundError:
        return 0


def _logs(place: Path) -> int:
    return sum(map(is_log, os.scandir(place)))


def _known(folder: Path) -> dict[str, _Day]:
    try:
        found: Any = json.loads((folder / FOLDER / SIZES).read_bytes())
        return {str(date): _Day(int(day[0]), int(day[1]), int(day[2])) for date, day in found.items()}
    except (OSError, ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError):
        return {}


def _remember(folder: Path, sizes: dict[str, _Day]) -> None:
    """Keep what was counted; it is counted again where that cannot be."""
    path = folder / FOLDER / SIZES
    beside = path.with_suffix(".new")
    with suppress(OSError):
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump({date: (day.logs, day.bytes, day.changed) for date, day in sizes.items() if day.logs}, file)
        beside.replace(path)
