"""What the sandbox's tests share: a clock that stands still, and one server for whatever is tested."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from ccsync.clock import SystemClock
from ccsync.sandbox.loopback import LoopbackServer
from ccsync.sandbox.people import Population, population

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class StillClock:
    """Moves only when told to."""

    def __init__(self) -> None:
        self._now = datetime(2026, 3, 10, 12, 0, 0, tzinfo=UTC)
        self._elapsed = 0.0

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._elapsed

    def sleep(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)
        self._elapsed += seconds


class Host:
    """A real server on loopback that serves whichever application the test puts in."""

    def __init__(self) -> None:
        self.app: WSGIApplication | None = None
        self.server = LoopbackServer(self._call, SystemClock())
        self.url = self.server.url

    def _call(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        assert self.app is not None
        return self.app(environ, start_response)


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture(scope="session")
def host() -> Iterator[Host]:
    host = Host()
    host.server.start()
    yield host
    host.server.stop()


@pytest.fixture(scope="session")
def everybody() -> Population:
    return population()
