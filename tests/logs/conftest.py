from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest


class TestClock:
    __test__ = False

    def __init__(self) -> None:
        self.moment = datetime(2026, 11, 23, 15, 53, 1, 250_000, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment

    def monotonic(self) -> float:
        return self.moment.timestamp()

    def sleep(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> TestClock:
    return TestClock()
