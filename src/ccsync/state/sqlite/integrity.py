"""Whether the file of the state is whole, without changing it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ccsync.state.sqlite import failure
from ccsync.state.sqlite.schema import APPLICATION_ID, MIGRATIONS

if TYPE_CHECKING:
    from pathlib import Path

    from ccsync.clock import Clock

SQLITE = sqlite3.sqlite_version
_STEPS = 1_000  # of SQLite's virtual machine, between two looks at the clock


@dataclass(frozen=True, slots=True)
class Integrity:
    """What was found.

    ``version`` is the one of the tables, ``known`` the one that this program writes, ``whole`` says that all of the
    file was looked at in the time there was.
    """

    version: int
    known: int
    bytes: int
    whole: bool


def check_integrity(path: Path, clock: Clock, *, seconds: float) -> Integrity:
    """Look at every page of the state, for so many seconds at most; reads only, also while a run is on.

    Raises ``NoState`` when there is none, ``LocalError`` when it is damaged, or was written by a newer program.
    """
    if not path.exists():
        raise failure.no_state(path)
    until = clock.monotonic() + seconds
    try:
        with closing(sqlite3.connect(path.absolute().as_uri() + "?mode=ro", uri=True)) as connection:
            version = _version(connection, path)
            connection.set_progress_handler(lambda: clock.monotonic() > until, _STEPS)
            whole = _is_whole(connection, path)
    except sqlite3.Error as error:
        raise failure.translated(error, path) from error
    return Integrity(version, len(MIGRATIONS), path.stat().st_size, whole)


def _version(connection: sqlite3.Connection, path: Path) -> int:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    if version == 0:
        raise failure.no_state(path)
    if application != APPLICATION_ID:
        raise failure.damaged(path, "another program's database")
    if version > len(MIGRATIONS):
        raise failure.newer(path, version, len(MIGRATIONS))
    return int(version)


def _is_whole(connection: sqlite3.Connection, path: Path) -> bool:
    """Return whether the check came to its end; a damaged file raises."""
    try:
        found = [row[0] for row in connection.execute("PRAGMA quick_check(1)")]
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:
            return False
        raise
    if found != ["ok"]:
        raise failure.damaged(path, str(found[0] if found else "no answer").splitlines()[0])
    return True
