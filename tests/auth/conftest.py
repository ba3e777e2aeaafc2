"""A stand-in for both services' logins on real sockets, a clock that tests move, and a store in memory."""

from __future__ import annotations

import base64
import hashlib
import json
import socket
import struct
import threading
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from ccsync.cli.auth_flow import Application
from ccsync.constant_contact.budget import Budget
from ccsync.credentials.store import ConstantContactTokens
from ccsync.state.calls import CallCounter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


class HandClock:
    """A clock that only moves when somebody sleeps or moves it."""

    def __init__(self) -> None:
        self.at = NOON
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.at.timestamp()

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += timedelta(seconds=seconds)


class MemoryStore:
    """A CredentialStore that writes down what is done to it; ``meanwhile`` happens while it is probed."""

    def __init__(self) -> None:
        self.held: dict[tuple[str, str], str] = {}
        self.deeds: list[str] = []
        self.broken: Exception | None = None
        self.meanwhile: Callable[[], None] = lambda: None

    def read(self, account: str, service: str) -> str | None:
        return self.held.get((account, service))

    def write(self, account: str, service: str, text: str) -> None:
        self.deeds.append("write")
        self.held[account, service] = text

    def delete(self, account: str, service: str) -> None:
        self.deeds.append("delete")
        self.held.pop((account, service), None)

    def probe(self) -> None:
        self.deeds.append("probe")
        self.meanwhile()
        if self.broken is not None:
            raise self.broken

    def describe(self) -> str:
        return "memory"


@dataclass(frozen=True, slots=True)
class Seen:
    """A request as it arrived."""

    method: str
    path: str
    values: dict[str, str]
    headers: dict[str, str]


@dataclass
class Services:
    """Constant Contact's login and account, and Membrain's users, as far as a login sees them.

    ``troubles`` maps a path to what happens to the next requests there, in turn: a (status, body) or (status, body,
    headers) is answered in place of the real answer, "reset" drops the connection before anything is done, "lost" after
    everything is done.
    """

    port: int = 0
    seen: list[Seen] = field(default_factory=list)
    troubles: dict[str, list[Any]] = field(default_factory=dict)
    live: set[str] = field(default_factory=set)
    spent: Counter[str] = field(default_factory=Counter)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    token_extra: dict[str, Any] = field(default_factory=dict)
    token_omits: set[str] = field(default_factory=set)
    device_answers: list[str] = field(default_factory=list)
    device: dict[str, Any] = field(default_factory=dict)
    account: dict[str, Any] = field(
        default_factory=lambda: {"encoded_account_id": "acc-1", "organization_name": "Acme"}
    )
    users: Any = field(default_factory=lambda: [{"Id": "1"}, {"Id": "2"}])
    reuse_window: bool = False
    consent: dict[str, str] = field(default_factory=dict)
    issued: int = 0
    turn: threading.Lock = field(default_factory=threading.Lock)

    @property
    def auth_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/oauth"

    @property
    def api_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v3"

    @property
    def membrain_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/API/v2/"

    def asked(self, path: str) -> list[Seen]:
        return [request for request in self.seen if request.path == path]

    def answer(self, request: Seen) -> tuple[int, Any, dict[str, str]]:
        answers: dict[str, Callable[[dict[str, str]], tuple[int, Any, dict[str, str]]]] = {
            "/oauth/authorize": self._authorize,
            "/oauth/token": self._token,
            "/oauth/device/authorize": self._device,
            "/oauth/revoke": self._revoke,
            "/v3/account/summary": lambda _: (200, self.account, {}),
            "/API/v2/users/": lambda _: (200, self.users, {}),
        }
        found = answers.get(request.path)
        return found(request.values) if found else (404, "<html>not found</html>", {})

    def _revoke(self, values: dict[str, str]) -> tuple[int, Any, dict[str, str]]:
        self.live.discard(values["token"])
        return 200, "", {}

    def _device(self, _: dict[str, str]) -> tuple[int, Any, dict[str, str]]:
        page = {"verification_uri": "https://login.example.com/activate", "expires_in": 600, "interval": 5}
        return 200, {"device_code": "dev-secret", "user_code": "WDJB-MJHT", **page, **self.device}, {}

    def _authorize(self, values: dict[str, str]) -> tuple[int, Any, dict[str, str]]:
        code = f"code-{len(self.codes) + 1}"
        self.codes[code] = values
        back = {"state": values["state"], "code": code, **self.consent}
        if "error" in back:
            del back["code"]
        return 302, "", {"Location": f"{values['redirect_uri']}?{urlencode(back)}"}

    def _token(self, values: dict[str, str]) -> tuple[int, Any, dict[str, str]]:
        grant = values["grant_type"]
        if grant == "refresh_token":
            return self._refresh(values["refresh_token"])
        if grant == "authorization_code":
            asked = self.codes.pop(values["code"], None)
            digest = hashlib.sha256(values["code_verifier"].encode()).digest()
            challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
            if asked is None or asked["code_challenge"] != challenge or asked["redirect_uri"] != values["redirect_uri"]:
                return refusal("invalid_grant", "The authorization code is invalid.")
            return self._issue()
        if self.device_answers and (error := self.device_answers.pop(0)):
            return refusal(error, "")
        return self._issue()

    def _refresh(self, token: str) -> tuple[int, Any, dict[str, str]]:
        with self.turn:
            self.spent[token] += 1
            known = token in self.live
            if not self.reuse_window:
                self.live.discard(token)
            return self._issue() if known else refusal("invalid_grant", "The refresh token is invalid or expired.")

    def _issue(self) -> tuple[int, Any, dict[str, str]]:
        self.issued += 1
        answer = {
            "token_type": "Bearer",
            "expires_in": 86400,
            "access_token": f"access-{self.issued}",
            "refresh_token": f"refresh-{self.issued}",
            "scope": "contact_data account_read offline_access",
            **self.token_extra,
        }
        self.live.add(str(answer["refresh_token"]))
        return 200, {name: value for name, value in answer.items() if name not in self.token_omits}, {}


def refusal(error: str, description: str) -> tuple[int, Any, dict[str, str]]:
    return 400, {"error": error, "error_description": description}, {}


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        self._serve("")

    def do_POST(self) -> None:
        self._serve(self.rfile.read(int(self.headers.get("Content-Length", 0))).decode())

    def _serve(self, body: str) -> None:
        services = self.server.services
        parts = urlsplit(self.path)
        values = {name: found[0] for name, found in parse_qs(parts.query or body).items()}
        request = Seen(self.command, parts.path, values, {k.lower(): v for k, v in self.headers.items()})
        with services.turn:
            services.seen.append(request)
            waiting = services.troubles.get(parts.path, [])
            trouble = waiting.pop(0) if waiting else None
        if trouble == "reset":
            self._drop()
            return
        status, answer, headers = (*trouble, {})[:3] if isinstance(trouble, tuple) else services.answer(request)
        if trouble == "lost":
            self._drop()
            return
        data = (answer if isinstance(answer, str) else json.dumps(answer)).encode()
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(data)), "Connection": "close"}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def _drop(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, services: Services) -> None:
        self.services = services
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a dropped connection is what the test asked for."""


@pytest.fixture
def services() -> Iterator[Services]:
    services = Services()
    with _Server(services) as server:
        services.port = server.server_port
        worker = threading.Thread(target=server.serve_forever, args=(0.01,))
        worker.start()
        yield services
        server.shutdown()
        worker.join()


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def budget(clock: HandClock, tmp_path: Path) -> Iterator[Budget]:
    """Return the count of calls of one application, which has made none."""
    with CallCounter(tmp_path / "counted", "client-1") as counter:
        yield Budget(counter, clock)


@pytest.fixture
def application(services: Services) -> Application:
    return Application("client-1", services.auth_url, services.api_url, redirect_port=0)


@pytest.fixture
def tokens() -> ConstantContactTokens:
    """Return a login of yesterday at noon whose access token has just ended."""
    return ConstantContactTokens(
        access_token="access-0",
        refresh_token="refresh-0",
        expires_at=NOON,
        scope="contact_data account_read offline_access",
        account_id="acc-1",
        account_name="Acme",
        obtained_at=NOON - timedelta(days=1),
        refreshed_at=NOON - timedelta(days=1),
        client_id="client-1",
    )
