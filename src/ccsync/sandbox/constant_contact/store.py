"""The simulated account's memory: one SQLite file that outlives a killed process."""

from __future__ import annotations

import json
import sqlite3
import threading
import uuid
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ccsync.sandbox.constant_contact.times import stamp

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from ccsync.clock import Clock

TABLES = """
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, n INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS calls (day TEXT, client_id TEXT, n INTEGER NOT NULL,
    PRIMARY KEY (day, client_id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS apps (client_id TEXT PRIMARY KEY, name TEXT NOT NULL, secret TEXT,
    redirect_uris TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS codes (code TEXT PRIMARY KEY, client_id TEXT NOT NULL, account TEXT NOT NULL,
    redirect_uri TEXT NOT NULL, scope TEXT NOT NULL, challenge TEXT, expires REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS devices (device_code TEXT PRIMARY KEY, user_code TEXT UNIQUE NOT NULL,
    client_id TEXT NOT NULL, scope TEXT NOT NULL, expires REAL NOT NULL, interval REAL NOT NULL,
    asked REAL NOT NULL, state TEXT NOT NULL, account TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS tokens (token TEXT PRIMARY KEY, kind TEXT NOT NULL, client_id TEXT NOT NULL,
    account TEXT NOT NULL, scope TEXT NOT NULL, expires REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS contacts (row INTEGER PRIMARY KEY, account TEXT NOT NULL, contact_id TEXT NOT NULL,
    seq INTEGER NOT NULL, email TEXT, state TEXT NOT NULL, created INTEGER NOT NULL, updated INTEGER NOT NULL,
    opted_out INTEGER, shown_from REAL NOT NULL, shown_until REAL, document TEXT NOT NULL);
CREATE UNIQUE INDEX IF NOT EXISTS contact_true ON contacts (contact_id) WHERE shown_until IS NULL;
CREATE UNIQUE INDEX IF NOT EXISTS contact_email ON contacts (account, email)
    WHERE shown_until IS NULL AND email IS NOT NULL;
CREATE INDEX IF NOT EXISTS contact_versions ON contacts (contact_id);
CREATE INDEX IF NOT EXISTS contact_seen_email ON contacts (account, email);
CREATE INDEX IF NOT EXISTS contact_order ON contacts (account, seq);
CREATE INDEX IF NOT EXISTS contact_updated ON contacts (account, updated);
CREATE INDEX IF NOT EXISTS contact_opted_out ON contacts (account, opted_out) WHERE opted_out IS NOT NULL;
CREATE INDEX IF NOT EXISTS contact_copies ON contacts (shown_until) WHERE shown_until IS NOT NULL;
CREATE TABLE IF NOT EXISTS memberships (row INTEGER NOT NULL, list_id TEXT NOT NULL,
    PRIMARY KEY (row, list_id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS membership_list ON memberships (list_id, row);
CREATE TABLE IF NOT EXISTS lists (list_id TEXT PRIMARY KEY, account TEXT NOT NULL, seq INTEGER NOT NULL,
    name_key TEXT NOT NULL, deleted INTEGER NOT NULL, document TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS fields (custom_field_id TEXT PRIMARY KEY, account TEXT NOT NULL, seq INTEGER NOT NULL,
    document TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS activities (activity_id TEXT PRIMARY KEY, account TEXT NOT NULL, seq INTEGER NOT NULL,
    kind TEXT NOT NULL, fate TEXT NOT NULL, open INTEGER NOT NULL, created REAL NOT NULL, due REAL,
    payload TEXT, document TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS activity_order ON activities (account, seq);
CREATE INDEX IF NOT EXISTS activity_open ON activities (open) WHERE open = 1;
"""

TICKS_TO_1970 = 0x01B21DD213814000
"""100-nanosecond steps between the start of version-1 UUID time, 15 October 1582, and 1970."""
TICKS_A_SECOND = 10_000_000
NODE = 0xFA163E5A0D0C


class Store:
    """One connection, shared by threads under ``lock``; every change happens inside ``transaction``."""

    def __init__(self, path: Path, clock: Clock) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.lock = threading.RLock()
        self._clock = clock
        self._depth = 0
        self._shift = timedelta()
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._connection.row_factory = sqlite3.Row
        for statement in ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=OFF"):
            self._connection.execute(statement)
        self._connection.executescript(TABLES)
        self._serial = int(self.setting("serial", 0))

    def close(self) -> None:
        """Close the file; the store cannot be used afterwards."""
        with self.lock:
            self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Hold the lock; all or nothing. Transactions may be nested, the outermost decides."""
        with self.lock:
            if self._depth == 0:
                self._connection.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
                if self._depth == 1:
                    self.set_setting("serial", self._serial)
                    self._connection.execute("COMMIT")
            except BaseException:
                if self._depth == 1:
                    self._connection.execute("ROLLBACK")
                raise
            finally:
                self._depth -= 1

    def run(self, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> sqlite3.Cursor:
        """Execute one statement."""
        with self.lock:
            return self._connection.execute(sql, parameters)

    def run_many(self, sql: str, parameters: Iterable[Sequence[Any]]) -> None:
        """Execute one statement for each set of parameters."""
        with self.lock:
            self._connection.executemany(sql, parameters)

    def rows(self, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> list[sqlite3.Row]:
        """Return all rows."""
        with self.lock:
            return self._connection.execute(sql, parameters).fetchall()

    def row(self, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> sqlite3.Row | None:
        """Return the first row, or None."""
        with self.lock:
            found: sqlite3.Row | None = self._connection.execute(sql, parameters).fetchone()
            return found

    def number(self, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> int:
        """Return the first column of the first row as a whole number; nothing is 0."""
        found = self.row(sql, parameters)
        return 0 if found is None or found[0] is None else int(found[0])

    def setting(self, name: str, default: Any) -> Any:
        """Return a stored setting."""
        found = self.row("SELECT value FROM settings WHERE name = ?", (name,))
        return default if found is None else json.loads(found["value"])

    def set_setting(self, name: str, value: Any) -> None:
        """Store a setting, any JSON value."""
        self.run("INSERT OR REPLACE INTO settings VALUES (?, ?)", (name, json.dumps(value)))

    def now(self) -> datetime:
        """Return the time by the clock that was passed in."""
        return self._clock.now() - self._shift

    @contextmanager
    def earlier(self, days: float) -> Iterator[None]:
        """Let what is done inside have happened so many days ago; nobody else gets the lock meanwhile."""
        with self.lock:
            self._shift = timedelta(days=days)
            try:
                yield
            finally:
                self._shift = timedelta()

    def seconds(self) -> float:
        """Return the time by the clock as seconds since 1970."""
        return self.now().timestamp()

    def stamp(self) -> str:
        """Return the time as the service writes it."""
        return stamp(self.now())

    def serial(self) -> int:
        """Return the next serial number; it orders what was created."""
        with self.lock:
            self._serial += 1
            return self._serial

    def new_id(self) -> str:
        """Return a new version-1 UUID whose time is the second by the clock, as the ids of the service look."""
        ticks = int(self.seconds()) * TICKS_A_SECOND + self.serial() % TICKS_A_SECOND + TICKS_TO_1970
        fields = (ticks & 0xFFFFFFFF, (ticks >> 32) & 0xFFFF, (ticks >> 48) & 0x0FFF | 0x1000, 0x9C, 0x8A, NODE)
        return str(uuid.UUID(fields=fields))
