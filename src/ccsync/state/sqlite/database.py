"""One SQLite connection: statements, nested transactions, and errors in the operator's words."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ccsync.errors import LocalError
from ccsync.state.sqlite.failure import moved, translated

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    Parameters = Sequence[Any] | Mapping[str, Any]


class Database:
    """Runs statements, each of them a transaction of its own unless a scope is open."""

    def __init__(self, connection: sqlite3.Connection, path: Path, *, read_only: bool) -> None:
        self._connection = connection
        self._path = path
        # A writer takes its place at once: a transaction that begins by reading could find at its first write that
        # somebody else has written since, and could then only fail.
        self._begin = "BEGIN" if read_only else "BEGIN IMMEDIATE"
        self._depth = 0
        self._place = None if read_only else _place(path)

    def rows(self, sql: str, parameters: Parameters = ()) -> list[Any]:
        """Run a statement and return its rows."""
        self._check_scope()
        self._check_place()
        try:
            return self._connection.execute(sql, parameters).fetchall()
        except sqlite3.Error as error:
            raise translated(error, self._path) from error

    def run(self, sql: str, parameters: Parameters = ()) -> None:
        """Run a statement that has no rows."""
        self.rows(sql, parameters)

    def many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run a statement once for each row, in an open scope."""
        self._check_scope()
        try:
            self._connection.executemany(sql, rows)
        except sqlite3.Error as error:
            raise translated(error, self._path) from error

    @contextmanager
    def scope(self, *, keep: bool = True) -> Iterator[None]:
        """Make everything inside happen or not; without ``keep`` it never does.

        A scope inside another one is part of it, and is taken back alone when an exception leaves it.
        """
        level = self._depth
        self.run(f"SAVEPOINT level_{level}" if level else self._begin)
        self._depth = level + 1
        try:
            yield
            if keep:
                self.run(f"RELEASE level_{level}" if level else "COMMIT")
            else:
                self._take_back(level)
        except BaseException:
            self._take_back(level)
            raise
        finally:
            self._depth = level

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _take_back(self, level: int) -> None:
        if not self._connection.in_transaction:
            return
        if level:
            self.run(f"ROLLBACK TO level_{level}")
            self.run(f"RELEASE level_{level}")
        else:
            self.run("ROLLBACK")

    def _check_place(self) -> None:
        """See that the file is where it was: one that was moved or deleted takes all the same what nobody will read."""
        if self._depth or self._place is None:
            return
        try:
            present = _place(self._path)
        except OSError:
            present = None
        if present != self._place:
            raise moved(self._path)

    def _check_scope(self) -> None:
        """SQLite ends a transaction by itself on some errors: what follows must not slip out of it unnoticed."""
        if self._depth and not self._connection.in_transaction:
            raise LocalError(
                f"a change of the state {self._path} was taken back after an error of the disk",
                hint="run the same command again: it goes on where it stopped",
            )


def _place(path: Path) -> tuple[int, int]:
    """Return what tells a file from every other one, also from one of its name on another disk."""
    found = path.stat()
    return found.st_dev, found.st_ino
