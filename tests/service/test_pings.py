"""Pings, over real sockets: what is sent when, and that nothing which goes wrong there takes long or raises more."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from ccsync.clock import SystemClock
from ccsync.errors import Unreachable
from ccsync.service.pings import Pings

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass
class Monitor:
    """A monitor as healthchecks.io is one; ``status`` and ``answer`` are what it says."""

    url: str = ""
    status: int = 200
    answer: bytes = b"OK"
    heard: list[tuple[str, str, str]] = field(default_factory=list)


@pytest.fixture
def monitor() -> Iterator[Monitor]:
    said = Monitor()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            said.heard.append((self.command, self.path, body))
            self.send_response(said.status)
            if said.status == 302:
                self.send_header("Location", f"{said.url}/elsewhere")
            self.send_header("Content-Length", str(len(said.answer)))
            self.end_headers()
            self.wfile.write(said.answer)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        said.url = f"http://127.0.0.1:{server.server_address[1]}/ping/abc"
        yield said
        server.shutdown()


@contextmanager
def silent() -> Iterator[str]:
    """Listen, and never answer."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/ping/abc"


def test_a_run_is_a_start_and_then_an_end(monitor: Monitor) -> None:
    pings = Pings(monitor.url, SystemClock())
    pings.started()
    pings.well(["all is", "well"])
    pings.failed(["what", "next"])
    assert monitor.heard == [
        ("POST", "/ping/abc/start", ""),
        ("POST", "/ping/abc", "all is\nwell"),
        ("POST", "/ping/abc/fail", "what\nnext"),
    ]


def test_a_long_body_is_cut(monitor: Monitor) -> None:
    Pings(monitor.url, SystemClock()).failed(["x" * 50_000])
    assert len(monitor.heard[0][2]) == 10_000


@pytest.mark.parametrize(
    ("status", "answer", "said"),
    [
        (404, b"", "it answered 404"),
        (500, b"oops", "it answered 500"),
        (302, b"", "it answered 302"),
        (200, b"OK (not found)", "it does not know the address"),
    ],
)
def test_what_is_not_heard_is_told_without_the_address(monitor: Monitor, status: int, answer: bytes, said: str) -> None:
    monitor.status, monitor.answer = status, answer
    with pytest.raises(Unreachable, match=said) as caught:
        Pings(monitor.url, SystemClock()).well([])
    assert "abc" not in str(caught.value) + caught.value.hint
    assert len(monitor.heard) == 1


def test_a_monitor_that_is_not_there_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    with pytest.raises(Unreachable, match=f"127.0.0.1:{port}.*was not heard: no connection"):
        Pings(f"http://127.0.0.1:{port}/ping/abc", SystemClock()).well([])


def test_a_monitor_that_says_nothing_is_left_alone_after_the_time_limit() -> None:
    with silent() as url, pytest.raises(Unreachable, match=r"no answer within 0\.2 s"):
        Pings(url, SystemClock(), seconds=0.2).well([])
