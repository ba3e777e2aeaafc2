"""A server on a real socket that answers as told, once per reply, and breaks in all the ways that networks do."""

from __future__ import annotations

import socket
import struct
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Literal

import pytest

from ccsync.http.session import HttpClient
from ccsync.http.transport import Limits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ccsync.logs.events import Event, Level


@dataclass(frozen=True)
class Reply:
    status: int = 200
    body: bytes = b'{"good": true}'
    headers: dict[str, str] = field(default_factory=dict)
    way: Literal["whole", "reset", "truncated", "silent", "stops"] = "whole"


@dataclass(frozen=True)
class Seen:
    method: str
    target: str
    headers: dict[str, str]
    body: bytes


class Server:
    """Gives ``replies`` in order and the last one for ever; keeps what it was asked."""

    def __init__(self) -> None:
        self.replies: list[Reply] = [Reply()]
        self.seen: list[Seen] = []
        self.lock = threading.Lock()
        self.over = threading.Event()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), type("Here", (Handler,), {"server_here": self}))
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,))
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._http.server_port}/v3"

    def answers(self, *replies: Reply) -> None:
        self.replies = list(replies)

    def next_reply(self, seen: Seen) -> Reply:
        with self.lock:
            self.seen.append(seen)
            return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]

    def stop(self) -> None:
        self.over.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


class Handler(BaseHTTPRequestHandler):
    """Serves one connection; ``server_here`` is set on the subclass made for each server."""

    server_here: Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        reply = self.server_here.next_reply(Seen(self.command, self.path, dict(self.headers), body))
        self.close_connection = reply.way != "whole"
        if reply.way == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
        elif reply.way == "silent":
            self.server_here.over.wait()
        else:
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body if reply.way == "whole" else reply.body[: len(reply.body) // 2])
            if reply.way == "stops":
                self.server_here.over.wait()

    do_GET = do_POST = do_PUT = do_DELETE = _serve  # noqa: N815 - the names that http.server calls

    def log_message(self, *_: object) -> None:
        """Keep quiet."""

    def handle(self) -> None:
        with suppress(OSError, ValueError):  # a client that went away, or the socket that was reset above
            super().handle()

    def finish(self) -> None:
        with suppress(OSError, ValueError):
            super().finish()


class TestClock:
    """Stands still but for those who sleep."""

    __test__ = False

    def __init__(self) -> None:
        self.moment = datetime(2026, 11, 23, 15, 53, 1, tzinfo=UTC)
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self.moment

    def monotonic(self) -> float:
        return self.moment.timestamp()

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.moment += timedelta(seconds=seconds)


class Recorder:
    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []

    def event(self, name: Event, message: str, *, level: Level = "info", **fields: object) -> None:
        self.events.append({"event": name, "message": message, "level": level} | fields)


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.stop()


@pytest.fixture
def clock() -> TestClock:
    return TestClock()


@pytest.fixture
def log() -> Recorder:
    return Recorder()


@pytest.fixture
def client(server: Server, clock: TestClock, log: Recorder) -> Iterator[HttpClient]:
    limits = Limits(body=10_000)
    with HttpClient("constant-contact", server.url, clock, log, limits=limits, jitter=lambda: 0.5) as made:
        yield made


@pytest.fixture
def impatient(server: Server, clock: TestClock, log: Recorder) -> Iterator[HttpClient]:
    with HttpClient("constant-contact", server.url, clock, log, limits=Limits(silence=0.1, silence_again=0.05)) as made:
        yield made


@pytest.fixture
def reply() -> type[Reply]:
    return Reply
