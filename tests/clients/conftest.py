"""A service on a real socket whose answers a test writes as a function, and what the clients are wired with."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo

import pytest

from ccsync.constant_contact.budget import Budget
from ccsync.constant_contact.client import ConstantContactClient
from ccsync.http.session import HttpClient
from ccsync.logs.events import NullRecorder
from ccsync.membrain.client import MembrainClient
from ccsync.sandbox.server import Sandbox
from ccsync.state.calls import CallCounter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

#: A status with a body: text as it is, None for nothing, anything else as JSON.
Answer = tuple[int, Any]


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    raw: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.raw)


class Service:
    """Answers with ``answer(request)``; an answer of None breaks the connection."""

    def __init__(self) -> None:
        self.answer: Callable[[Request], Answer | None] = lambda _: (500, None)
        self.seen: list[Request] = []
        self.in_flight = 0
        self.most_in_flight = 0
        self.lock = threading.Lock()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), type("Here", (Handler,), {"service": self}))
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,))
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._http.server_port}"

    def asked(self, method: str = "", path: str = "") -> list[Request]:
        return [seen for seen in self.seen if method in {"", seen.method} and path in {"", seen.path}]

    def stop(self) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


class Handler(BaseHTTPRequestHandler):
    service: Service
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def _serve(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = urlsplit(self.path)
        request = Request(self.command, parts.path, dict(parse_qsl(parts.query)), dict(self.headers), raw)
        service = self.service
        with service.lock:
            service.seen.append(request)
            service.in_flight += 1
            service.most_in_flight = max(service.most_in_flight, service.in_flight)
        answer = service.answer(request)
        with service.lock:
            service.in_flight -= 1
        if answer is None:
            self.close_connection = True
            return
        status, body = answer
        text = body if isinstance(body, str) else "" if body is None else json.dumps(body)
        self.send_response(status)
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    do_GET = do_POST = do_PUT = do_DELETE = _serve  # noqa: N815 - the names that http.server calls

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


class TestClock:
    """Stands still but for those who sleep."""

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


class Tokens:
    def __init__(self) -> None:
        self.refused: list[str] = []

    def access_token(self) -> str:
        return "first-token"

    def refreshed_after_401(self, old: str) -> str:
        self.refused.append(old)
        return "second-token"


@pytest.fixture
def service() -> Iterator[Service]:
    made = Service()
    yield made
    made.stop()


@pytest.fixture
def clock() -> TestClock:
    return TestClock()


@pytest.fixture
def tokens() -> Tokens:
    return Tokens()


@pytest.fixture
def budget(tmp_path: Path, clock: TestClock) -> Iterator[Budget]:
    with CallCounter(tmp_path, "client-1") as counter:
        yield Budget(counter, clock, per_day=100)


@pytest.fixture
def constant_contact(
    service: Service, clock: TestClock, tokens: Tokens, budget: Budget
) -> Iterator[ConstantContactClient]:
    with HttpClient("constant-contact", f"{service.url}/v3", clock, NullRecorder()) as http:
        yield ConstantContactClient(http, tokens, budget)


@pytest.fixture
def membrain_with(service: Service, clock: TestClock) -> Iterator[Callable[..., MembrainClient]]:
    with HttpClient("membrain", f"{service.url}/API/v2/", clock, NullRecorder()) as http:

        def make(**options: Any) -> MembrainClient:
            wiring: dict[str, Any] = {"clock": clock, "time_zone": ZoneInfo("UTC")} | options
            return MembrainClient(http, "k3y-of-acme", **wiring)

        yield make


@pytest.fixture
def membrain(membrain_with: Callable[..., MembrainClient]) -> MembrainClient:
    return membrain_with()


@pytest.fixture(scope="module")
def module_clock() -> TestClock:
    return TestClock()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, module_clock: TestClock) -> Iterator[Sandbox]:
    with Sandbox(tmp_path_factory.mktemp("sandbox"), module_clock) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(served: Sandbox, module_clock: TestClock) -> Iterator[Sandbox]:
    before = served.membrain.switches
    module_clock.sleep(10)
    yield served
    served.faults.clear()
    names = [name for name in before.__dataclass_fields__ if name != "api_key"]
    served.membrain.set_switches(**{name: getattr(before, name) for name in names})
