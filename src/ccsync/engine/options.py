"""What a run is asked for, what it tells while it is on, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from ccsync.errors import ExitCode
from ccsync.state.values import Counts
from ccsync.sync.mapping import Side

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    from ccsync.engine.first_run import Approve


@dataclass(frozen=True, slots=True)
class RunOptions:
    """The switches of ``ccsync run --once``; ``approve`` is asked before a sync writes for the first time."""

    sync: str | None = None
    dry_run: bool = False
    full: bool = False
    allow_removals: int | None = None
    approve: Approve | None = None


class Progress(Protocol):
    """Somebody who watches a run."""

    def phase(self, name: str, total: int | None = None) -> None:
        """Tell that a new part of the run begins, and how many steps it has when that is known."""
        ...

    def advance(self, steps: int = 1) -> None:
        """Tell that steps of the present part are done."""
        ...


class Unwatched:
    """Nobody watches."""

    def phase(self, name: str, total: int | None = None) -> None:
        """Say nothing."""

    def advance(self, steps: int = 1) -> None:
        """Say nothing."""


class Result(StrEnum):
    """How a run ended."""

    SUCCESS = "success"
    PARTIAL = "partial"
    STOPPED = "stopped"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True)
class PlanLine:
    """One line of a plan: ``fields`` are (field in the config's words, old value, new value), ``side`` is written."""

    operation: str
    contact: str
    sync: str
    fields: tuple[tuple[str, str, str], ...] = ()
    reason: str = ""
    side: Side = Side.CONSTANT_CONTACT


@dataclass(frozen=True, slots=True)
class RunReport:
    """What a run did. ``message`` and ``hint`` say why it did not end well, and what to type next."""

    id: str
    result: Result
    started: datetime
    finished: datetime
    exit_code: ExitCode = ExitCode.DONE
    message: str = ""
    hint: str = ""
    code: str = ""
    counts: Counts = field(default_factory=Counts)
    syncs: Mapping[str, Counts] = field(default_factory=dict)
    calls: Mapping[str, int] = field(default_factory=dict)
    plan: tuple[PlanLine, ...] = ()
    waiting: Mapping[tuple[str, str], int] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    log_path: Path | None = None
