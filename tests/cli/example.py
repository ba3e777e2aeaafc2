"""The program as it is, with the example's account: commands are typed, and nothing behind them is made up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from ccsync.cli.app import execute
from ccsync.cli.session import Environment
from ccsync.wiring import open_application

from .conftest import Outcome, Stream

if TYPE_CHECKING:
    from collections.abc import Callable

    Typed = Callable[..., Outcome]

EXAMPLE = Path(__file__).parents[2] / "examples" / "config.toml"


class Clock:
    """A clock that a wait moves, and nothing else."""

    def __init__(self) -> None:
        self.moment, self.passed = datetime(2026, 11, 23, 12, tzinfo=UTC), 0.0

    def now(self) -> datetime:
        return self.moment

    def monotonic(self) -> float:
        return self.passed

    def sleep(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)
        self.passed += seconds


def typing(folder: Path, clock: Clock | None = None) -> Typed:
    variables = {"CCSYNC_STATE_DIR": str(folder), "COLUMNS": "80", "TERM": "xterm-256color"}
    there = clock or Clock()

    def typed(*words: str, stdin: str = "", terminal: bool = False) -> Outcome:
        typed_in, stdout, stderr = (Stream(text, terminal=terminal) for text in (stdin, "", ""))
        environment = Environment(typed_in, stdout, stderr, variables, there, open_application)
        code = execute(["--config", str(EXAMPLE), *words], environment)
        return Outcome(code, stdout.getvalue(), stderr.getvalue())

    return typed
