from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from ccsync.state.calls import CallCounter

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class TestClock:
    __test__ = False

    def __init__(self) -> None:
        self.moment = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self.moment

    def monotonic(self) -> float:
        return self.moment.timestamp()

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.moment += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> TestClock:
    return TestClock()


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[CallCounter]:
    with CallCounter(tmp_path, "client-1") as made:
        yield made
