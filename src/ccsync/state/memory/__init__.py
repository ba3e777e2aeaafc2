"""The state in memory: for tests, and to show that the port leaves nothing of SQLite through."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccsync.state.forgotten import Forgotten
from ccsync.state.memory.agreement import MemoryAgreement
from ccsync.state.memory.erasure import MemoryErasure
from ccsync.state.memory.history import MemoryHistory
from ccsync.state.memory.inward import MemoryInward
from ccsync.state.memory.mirror import MemoryMirror
from ccsync.state.memory.progress import MemoryProgress
from ccsync.state.memory.tables import Tables
from ccsync.state.memory.work import MemoryWork

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from ccsync.state.erasure import Erasure
    from ccsync.state.inward import Inward
    from ccsync.state.store import Agreement, History, Mirror, Progress, Work

__all__ = ["MemoryStore"]


class MemoryStore:
    """The state of one account, gone with its object."""

    def __init__(self, forgotten: Forgotten | None = None) -> None:
        tables = Tables()
        self._journal = tables.journal
        self.forgotten = forgotten or Forgotten()
        self.mirror: Mirror = MemoryMirror(tables, self.forgotten)
        self.agreement: Agreement = MemoryAgreement(tables)
        self.work: Work = MemoryWork(tables)
        self.inward: Inward = MemoryInward(tables)
        self.progress: Progress = MemoryProgress(tables)
        self.history: History = MemoryHistory(tables)
        self.erasure: Erasure = MemoryErasure(tables)

    def transaction(self) -> AbstractContextManager[None]:
        """Make everything inside happen or not happen; may be nested."""
        return self._journal.scope()

    def rehearsal(self) -> AbstractContextManager[None]:
        """Take back, at the end, everything that is done inside, transactions included: for a dry run."""
        return self._journal.scope(keep=False)

    def close(self) -> None:
        """Nothing is open."""
