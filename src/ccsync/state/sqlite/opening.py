"""Opening the file: modes, settings, version."""

from __future__ import annotations

import os
import sqlite3
import stat
from typing import TYPE_CHECKING

from ccsync.errors import LocalError
from ccsync.state.sqlite import failure
from ccsync.state.sqlite.database import Database
from ccsync.state.sqlite.rows import company_column
from ccsync.state.sqlite.schema import APPLICATION_ID, MIGRATIONS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_PRIVATE = 0o600
_BUSY_SECONDS = 10.0
_STATEMENTS_KEPT = 256
_LARGEST_LOG = 64 * 1024 * 1024  # bytes that the write-ahead log may keep after a large transaction


def open_database(path: Path, *, read_only: bool, migrations: Sequence[str] = MIGRATIONS) -> Database:
    """Open the state; to write, create it and bring it up to date first.

    Raises ``NoState`` when it is to be read and nothing was written yet, and ``LocalError`` for a file that a newer
    ccsync has written, that is damaged, or that may not be opened.
    """
    try:
        if read_only:
            path.stat()
        else:
            _keep_private(path)
    except OSError as error:
        if read_only and isinstance(error, FileNotFoundError):
            raise failure.no_state(path) from error
        raise failure.of_the_system(error, path) from error
    connection = _connect(path, read_only=read_only)
    try:
        if read_only:
            _check_readable(connection, path, len(migrations))
        else:
            _check_writable(connection, path, len(migrations))
            _set_up(connection, path)
            _migrate(connection, migrations)
    except sqlite3.Error as error:
        connection.close()
        raise failure.translated(error, path) from error
    except BaseException:
        connection.close()
        raise
    return Database(connection, path, read_only=read_only)


def _keep_private(path: Path) -> None:
    """Create the file for its owner alone; SQLite gives its log and shared memory files the same mode.

    And they keep it when the file's own was changed for a while.
    """
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, _PRIVATE))
    for name in (path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")):
        if name.exists() and stat.S_IMODE(name.stat().st_mode) != _PRIVATE:
            name.chmod(_PRIVATE)


def _connect(path: Path, *, read_only: bool) -> sqlite3.Connection:
    address = path.absolute().as_uri() + ("?mode=ro" if read_only else "?mode=rw")
    try:
        return sqlite3.connect(
            address,
            uri=True,
            timeout=_BUSY_SECONDS,
            isolation_level=None,
            cached_statements=_STATEMENTS_KEPT,
        )
    except sqlite3.Error as error:
        raise failure.translated(error, path) from error


def _set_up(connection: sqlite3.Connection, path: Path) -> None:
    """Choose WAL, so that others read while a run writes, and FULL, so that a commit outlives a power cut.

    With NORMAL, SQLite does not wait for the disk at a commit in WAL mode: an intent could be lost after its request
    has left, and nothing would know that the person was created.
    """
    (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
    if mode != "wal":
        raise LocalError(
            f"the state {path} lies on a disk that cannot share it between processes",
            hint="put the state on a local disk: CCSYNC_STATE_DIR=/a/local/folder",
        )
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(f"PRAGMA journal_size_limit = {_LARGEST_LOG}")


def _version(connection: sqlite3.Connection) -> int:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return int(version)


def _check_writable(connection: sqlite3.Connection, path: Path, known: int) -> None:
    version = _version(connection)
    if version == 0:
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if tables:
            raise failure.damaged(path, "another program's database")
        return
    _check_version(connection, path, version, known)


def _check_readable(connection: sqlite3.Connection, path: Path, known: int) -> None:
    version = _version(connection)
    if version == 0:
        raise failure.no_state(path)
    _check_version(connection, path, version, known)
    if version < known:
        raise failure.older(path, version, known)


def _check_version(connection: sqlite3.Connection, path: Path, version: int, known: int) -> None:
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    if application != APPLICATION_ID:
        raise failure.damaged(path, "another program's database")
    if version > known:
        raise failure.newer(path, version, known)


def _migrate(connection: sqlite3.Connection, migrations: Sequence[str]) -> None:
    """Bring the tables up to date, each version in a transaction of its own: a broken one leaves the one before."""
    connection.create_function("company_column", 1, company_column, deterministic=True)
    while _version(connection) < len(migrations):
        connection.execute("BEGIN IMMEDIATE")
        try:
            version = _version(connection)  # again: another process may have been first
            if version < len(migrations):
                for statement in _statements(migrations[version]):
                    connection.execute(statement)
                connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                connection.execute(f"PRAGMA user_version = {version + 1}")
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise


def _statements(script: str) -> Iterator[str]:
    """Cut a script into statements; ``executescript`` would commit before it begins."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
