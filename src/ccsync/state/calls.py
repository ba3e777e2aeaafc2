"""The count of calls to Constant Contact: durable, and shared by all processes and accounts with one ``client_id``.

The service counts per application, not per account (4 a second, 10,000 a UTC day), so this file lies above the
accounts' folders. A slot is booked in one transaction before a request is sent: a process that is killed has spent it.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Self

from ccsync.errors import LocalError, Locked

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

FILE = "calls.sqlite"
#: A queue longer than this is no queue but a clock that was set back: seconds.
LONGEST_QUEUE = 60.0
_BUSY_SECONDS = 15.0
_SCHEMA = """
CREATE TABLE IF NOT EXISTS pace (application TEXT PRIMARY KEY, free_from REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS days (
    application TEXT NOT NULL, day TEXT NOT NULL, used INTEGER NOT NULL DEFAULT 0, spent INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (application, day)
) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Day:
    """One UTC day: calls that we made, and whether the service said that there are no more."""

    used: int
    spent: bool


class CallCounter:
    """Counts the calls of one application in ``calls.sqlite`` in the state's root folder.

    One row per day, so that a clock that jumps picks another row and loses none. LocalError when the file is unusable.
    """

    def __init__(self, folder: Path, client_id: str) -> None:
        """Open or make the file below ``folder``; the ``client_id`` itself is not stored."""
        self._path = folder / FILE
        self._application = hashlib.sha256(client_id.encode()).hexdigest()
        self._lock = Lock()
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600))
        except OSError as error:
            raise self._unusable(error.strerror or str(error)) from error
        with self._told_plainly():
            self._db = sqlite3.connect(self._path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
            try:
                # no WAL: many processes that open a new file at once would get in each other's way switching to it
                self._db.execute("PRAGMA journal_mode=TRUNCATE")
                self._db.execute("PRAGMA synchronous=NORMAL")
                self._db.executescript(_SCHEMA)
            except sqlite3.Error:
                self._db.close()
                raise

    def take(self, now: datetime, *, at_most: int, interval: float) -> float | None:
        """Book one call of the UTC day of ``now``.

        Returns the seconds to wait before it may be sent, so that calls are ``interval`` seconds apart over all
        processes; None when the day has ``at_most`` calls already or is spent, and then nothing is booked.
        """
        moment = now.timestamp()
        with self._transaction() as db:
            day = self._day(db, now)
            if day.spent or day.used >= at_most:
                return None
            row = db.execute("SELECT free_from FROM pace WHERE application = ?", (self._application,)).fetchone()
            free_from = row[0] if row and row[0] - moment <= LONGEST_QUEUE else moment
            start = max(free_from, moment)
            db.execute(
                "INSERT INTO pace VALUES (?, ?) ON CONFLICT DO UPDATE SET free_from = excluded.free_from",
                (self._application, start + interval),
            )
            db.execute(
                "INSERT INTO days (application, day, used) VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET used = used + 1",
                (self._application, _name(now)),
            )
            return float(start - moment)

    def mark_spent(self, now: datetime) -> None:
        """Remember that the service allows no more calls on the UTC day of ``now``."""
        with self._transaction() as db:
            db.execute(
                "INSERT INTO days (application, day, spent) VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET spent = 1",
                (self._application, _name(now)),
            )

    def day(self, now: datetime) -> Day:
        """Return what is known of the UTC day of ``now``."""
        with self._lock, self._told_plainly():
            return self._day(self._db, now)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _day(self, db: sqlite3.Connection, now: datetime) -> Day:
        row = db.execute(
            "SELECT used, spent FROM days WHERE application = ? AND day = ?", (self._application, _name(now))
        ).fetchone()
        return Day(used=row[0], spent=bool(row[1])) if row else Day(used=0, spent=False)

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock, self._told_plainly():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    @contextmanager
    def _told_plainly(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
                raise Locked(f"{self._path} is held by another process", hint="ccsync run --once, later") from error
            raise self._unusable(str(error)) from error
        except sqlite3.Error as error:
            raise self._unusable(str(error)) from error

    def _unusable(self, reason: str) -> LocalError:
        return LocalError(
            f"the count of calls in {self._path} cannot be kept: {reason}",
            hint=f"look at the disk and the permissions: ls -l {self._path}; "
            f"a damaged one may be moved away, it holds only counts: mv {self._path} {self._path}.damaged",
            code="calls_unusable",
        )


def _name(now: datetime) -> str:
    return f"{now:%Y-%m-%d}"
