"""What SQLite's errors mean to the operator: the one place that translates them."""

from __future__ import annotations

import errno
import sqlite3
from typing import TYPE_CHECKING

from ccsync.errors import CcsyncError, LocalError, Locked

if TYPE_CHECKING:
    from pathlib import Path

_FULL = frozenset({sqlite3.SQLITE_FULL})
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_FORBIDDEN = frozenset({sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_AUTH})
_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL})


class NoState(LocalError):  # noqa: N818 - a state the user reads, not a fault
    """There is nothing to read yet: no run of this account has stored anything."""

    code = "no_state"


def no_state(path: Path) -> NoState:
    """Say that the account has no state yet."""
    return NoState(f"no run has stored anything yet: there is no state at {path}", hint="ccsync run --once")


def translated(error: sqlite3.Error, path: Path) -> Exception:
    """Return what to raise for an error of SQLite.

    A ``CcsyncError`` when the machine is at fault, and the error itself when ccsync is: a wrong statement is a bug.
    """
    extended = getattr(error, "sqlite_errorcode", None)
    if extended is None:
        return error
    # SQLite enlarges the shared memory file of the log by writing to it: that failing is how a full disk shows there.
    code = sqlite3.SQLITE_FULL if extended == sqlite3.SQLITE_IOERR_SHMSIZE else extended & 0xFF
    return _local(code, error, path) or error


def _local(code: int, error: sqlite3.Error, path: Path) -> CcsyncError | None:
    if code in _FULL:
        return _disk_full(path)
    if code in _DAMAGED:
        return damaged(path, str(error))
    if code in _FORBIDDEN:
        return _forbidden(path, str(error))
    if code in _BUSY:
        return Locked(f"another ccsync is writing the state {path}", hint="run the same command again in a moment")
    if code == sqlite3.SQLITE_IOERR:
        return LocalError(
            f"the disk failed while the state {path} was read or written ({error})",
            hint=f"check the disk and its free space: df -h {path.parent}",
        )
    return None


def of_the_system(error: OSError, path: Path) -> LocalError:
    """Return what to raise when the file system refuses the file before SQLite sees it."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return _disk_full(path)
    return _forbidden(path, error.strerror or str(error))


def _forbidden(path: Path, detail: str) -> LocalError:
    return LocalError(
        f"the state {path} cannot be opened or written ({detail})",
        hint=f"run ccsync as the user who owns it: ls -ld {path.parent} {path}",
    )


def _disk_full(path: Path) -> LocalError:
    return LocalError(
        f"the disk is full: the state {path} cannot be written",
        hint=f"make room (df -h {path.parent}), then run the same command again: it goes on where it stopped",
    )


def damaged(path: Path, detail: str) -> LocalError:
    """Say that the file is not what ccsync wrote."""
    return LocalError(
        f"the state {path} is damaged or not a state of ccsync ({detail})",
        hint=f"restore it from a backup: ccsync state restore FILE; without one, mv {path} {path}.damaged "
        "starts afresh, but forgets whom somebody took off a list by hand",
    )


def moved(path: Path) -> LocalError:
    """Say that the file is not where it was when it was opened."""
    return LocalError(
        f"the state {path} was moved or deleted while it was in use: nothing more is written",
        hint=f"put it back (ls -la {path.parent}), then run the same command again; without it, that starts afresh",
        code="state_moved",
    )


def newer(path: Path, found: int, known: int) -> LocalError:
    """Say that a later version has changed the tables."""
    return LocalError(
        f"the state {path} was written by a newer ccsync (version {found} of its tables, this one knows {known})",
        hint="update ccsync: pip install --upgrade ccsync",
    )


def older(path: Path, found: int, known: int) -> LocalError:
    """Say that the tables have to be brought up to date, which only a run may do."""
    return LocalError(
        f"the state {path} was written by an older ccsync (version {found} of its tables, this one wants {known})",
        hint="ccsync run --once brings it up to date",
    )
