"""The state in one SQLite file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccsync.state.forgotten import Forgotten
from ccsync.state.sqlite.agreement import SqliteAgreement
from ccsync.state.sqlite.erasure import SqliteErasure
from ccsync.state.sqlite.failure import NoState
from ccsync.state.sqlite.history import SqliteHistory
from ccsync.state.sqlite.inward import SqliteInward
from ccsync.state.sqlite.mirror import SqliteMirror
from ccsync.state.sqlite.opening import open_database
from ccsync.state.sqlite.progress import SqliteProgress
from ccsync.state.sqlite.work import SqliteWork

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from pathlib import Path
    from typing import Self

    from ccsync.state.erasure import Erasure
    from ccsync.state.inward import Inward
    from ccsync.state.sqlite.database import Database
    from ccsync.state.store import Agreement, History, Mirror, Progress, Work

__all__ = ["NoState", "SqliteStore"]


class SqliteStore:
    """The state of one account in one file; it belongs to the thread that opened it."""

    def __init__(self, database: Database, forgotten: Forgotten | None = None) -> None:
        self._database = database
        self.forgotten = forgotten or Forgotten()
        self.mirror: Mirror = SqliteMirror(database, self.forgotten)
        self.agreement: Agreement = SqliteAgreement(database)
        self.work: Work = SqliteWork(database)
        self.inward: Inward = SqliteInward(database)
        self.progress: Progress = SqliteProgress(database)
        self.history: History = SqliteHistory(database)
        self.erasure: Erasure = SqliteErasure(database)

    @classmethod
    def open(cls, path: Path, *, read_only: bool = False, forgotten: Forgotten | None = None) -> Self:
        """Open the state at ``path``; to write, create it when it is missing and bring its tables up to date.

        To read works while another process writes. Raises ``NoState`` when there is nothing to read yet, ``Locked``
        when another process holds the file for too long, and ``LocalError`` when the disk or the file is at fault.
        No row of anybody ``forgotten`` is stored.
        """
        return cls(open_database(path, read_only=read_only), forgotten)

    def transaction(self) -> AbstractContextManager[None]:
        """Make everything inside happen or not happen; may be nested, the outermost one commits durably."""
        return self._database.scope()

    def rehearsal(self) -> AbstractContextManager[None]:
        """Take back, at the end, everything that is done inside, transactions included: for a dry run."""
        return self._database.scope(keep=False)

    def close(self) -> None:
        """Let go of the database."""
        self._database.close()
