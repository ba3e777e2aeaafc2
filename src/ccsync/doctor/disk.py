"""What lies on the disk: the state folder and its modes, room, and the logs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ccsync.doctor.finding import Finding, fail, ok, warn
from ccsync.doctor.words import counted, size
from ccsync.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LITTLE_ROOM = 500_000_000
NO_ROOM = 20_000_000
"""Bytes: a run over 200,000 contacts writes less than the first, and hardly any can do with less than the second."""

_OVER = 1.2  # of logs.max_size: it is kept to at the end of a run, so a little more is no sign of anything
_NAMED = 3


@dataclass(frozen=True, slots=True)
class FolderFacts:
    """The account's folder and what lies there; ``origin`` is what decided that it is this one.

    ``loose`` are files and folders that others may read or change, ``user`` is who runs ccsync now.
    """

    folder: Path
    origin: str
    user: str
    exists: bool
    writable: bool
    loose: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class RoomFacts:
    """Free room where the state lies: bytes, and files that may still be made (None where that has no limit)."""

    folder: Path
    free: int
    free_files: int | None


@dataclass(frozen=True, slots=True)
class LogFacts:
    """The logs: how many files, their bytes, the day of the first, and what the configuration lets them be."""

    folder: Path
    files: int
    bytes: int
    oldest: str
    max_size: int


def check_folder(facts: FolderFacts) -> Iterator[Finding]:
    """Say where the state is and whether it can be kept; the account's own trouble with it is told elsewhere."""
    name, where = "state-folder", f"{facts.folder} ({facts.origin})"
    if not facts.writable:
        said = f"{where} cannot be written by {facts.user}"
        yield fail(name, said, f"ls -ld {facts.folder}, then run ccsync as its owner", ExitCode.LOCAL)
    elif not facts.exists:
        yield ok(name, f"{where}: not there yet, the first run makes it")
    else:
        yield ok(name, f"{where}, of {facts.user} alone")
    if facts.loose:
        paths = " ".join(map(str, facts.loose[:_NAMED]))
        more = f" and {len(facts.loose) - _NAMED} more" if len(facts.loose) > _NAMED else ""
        yield warn("file-modes", f"others may look into {paths}{more}", f"chmod -R go-rwx {facts.folder}")
    elif facts.exists:
        yield ok("file-modes", "the state, the logs and the logins are for their owner alone")


def check_room(facts: RoomFacts) -> Iterator[Finding]:
    """Say how much room there is; a full disk ends a run at once and loses nothing, but nothing goes on either."""
    name, mend = "disk", f"make room: df -h {facts.folder}"
    if facts.free < NO_ROOM:
        yield fail(name, f"{size(facts.free)} free: a run may not get through", mend, ExitCode.LOCAL)
    elif facts.free_files == 0:
        said = "there is room, but no more files can be made on this disk"
        yield fail(name, said, f"delete files: df -i {facts.folder}", ExitCode.LOCAL)
    elif facts.free < LITTLE_ROOM:
        yield warn(name, f"{size(facts.free)} free", mend)
    else:
        yield ok(name, f"{size(facts.free)} free")


def check_logs(facts: LogFacts) -> Iterator[Finding]:
    """Say how much log there is."""
    if not facts.files:
        yield ok("logs", "none yet")
        return
    said = f"{counted(facts.files, 'file')}, {size(facts.bytes)} of {size(facts.max_size)}, since {facts.oldest}"
    if facts.bytes > facts.max_size * _OVER:
        yield warn("logs", f"{said}: more than `[logs] max_size`", "ccsync run --once deletes the oldest at its end")
    else:
        yield ok("logs", said)
