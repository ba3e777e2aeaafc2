"""The receiver of the redirect at the end of a login in the browser: a small server that only this machine reaches.

It waits for one request with the right path and the right ``state``, and shows the person a page. Everything else that
browsers send (an icon, an early connection, a page that guesses) is answered and changes nothing.
"""

from __future__ import annotations

import contextlib
import errno
import hmac
import queue
import socket
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Self
from urllib.parse import parse_qs, urlsplit

from ccsync.constant_contact.oauth_endpoint import LOGIN, GrantRefused
from ccsync.errors import LocalError, LoginNeeded

if TYPE_CHECKING:
    from types import TracebackType

PATH = "/callback"
_REQUEST_SECONDS = 5.0
_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>ccsync</title>
<style>body{{font:1.1em system-ui,sans-serif;margin:4em auto;max-width:32em;padding:0 1em}}</style>
<h1>{title}</h1><p>{text}</p></html>"""


@dataclass(frozen=True, slots=True)
class Callback:
    """What the redirect brought: a code, or the error in its place."""

    code: str = field(repr=False)
    error: str
    description: str


class LoopbackReceiver:
    """Listens on 127.0.0.1, and on ::1 where there is one, while it is entered.

    ``port`` 0 takes a free one, which only a server that does not compare ports accepts. LocalError when the port is
    taken.
    """

    def __init__(self, port: int, state: str) -> None:
        self._state = state
        self._callbacks: queue.SimpleQueue[Callback] = queue.SimpleQueue()
        self._servers = [_listening(_Server, port, self)]
        self.port = int(self._servers[0].server_address[1])
        try:
            self._servers.append(_listening(_Server6, self.port, self))
        except LocalError:
            self._close()
            raise
        except OSError:
            # A machine without IPv6: browsers then find localhost at 127.0.0.1.
            pass
        self.redirect_uri = f"http://localhost:{self.port}{PATH}"

    def __enter__(self) -> Self:
        for server in self._servers:
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for server in self._servers:
            server.shutdown()
        self._close()

    def wait(self, seconds: float) -> str:
        """Return the code; GrantRefused when the person or the server said no, LoginNeeded when nobody came."""
        try:
            callback = self._callbacks.get(timeout=seconds)
        except queue.Empty:
            raise LoginNeeded(
                f"Nobody finished the login in the browser within {seconds / 60:.0f} minutes",
                hint=f"{LOGIN} --device",
            ) from None
        if callback.error:
            raise GrantRefused(callback.error, callback.description)
        return callback.code

    def answer(self, target: str) -> tuple[int, str]:
        """Take a request; return the status and the page for it."""
        parts = urlsplit(target)
        if parts.path != PATH:
            return 404, _page("Not here", "ccsync only waits for the end of a login at this address.")
        values = {name: found[0] for name, found in parse_qs(parts.query).items()}
        if not hmac.compare_digest(values.get("state", "").encode(), self._state.encode()):
            return 400, _page("Not this login", "This answer belongs to another login. Start again in the terminal.")
        if "error" in values:
            self._callbacks.put(Callback("", values["error"], values.get("error_description", "")))
            return 200, _page("Not connected", "Constant Contact did not allow the access. The terminal says more.")
        if not values.get("code"):
            return 400, _page("Not this login", "The answer holds no code. Start again in the terminal.")
        self._callbacks.put(Callback(values["code"], "", ""))
        return 200, _page("Almost there", "You can close this window. The terminal says how it went.")

    def _close(self) -> None:
        for server in self._servers:
            server.server_close()


class _Handler(BaseHTTPRequestHandler):
    """Answers GET; holds no connection open."""

    server: _Server
    timeout = _REQUEST_SECONDS
    server_version = "ccsync"
    sys_version = ""

    def do_GET(self) -> None:
        status, page = self.server.receiver.answer(self.path)
        body = page.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Connection", "close")
        self.end_headers()
        # A browser that has gone away has still brought its answer.
        with contextlib.suppress(ConnectionError):
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        """Say nothing: the request line holds the code."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, host: str, port: int, receiver: LoopbackReceiver) -> None:
        self.receiver = receiver
        super().__init__((host, port), _Handler)

    def server_bind(self) -> None:
        # Not HTTPServer's: it looks the host's name up, which can take seconds.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = "localhost", int(self.server_address[1])

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a connection that breaks is a browser's business, and a trace may hold the code."""


class _Server6(_Server):
    address_family = socket.AF_INET6


def _listening(kind: type[_Server], port: int, receiver: LoopbackReceiver) -> _Server:
    try:
        return kind("::1" if kind is _Server6 else "127.0.0.1", port, receiver)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        raise LocalError(
            f"Port {port} on this machine is taken",
            hint=f"end what uses it, set another `[constant_contact] redirect_port`, or: {LOGIN} --device",
            code="port_taken",
        ) from None


def _page(title: str, text: str) -> str:
    return _PAGE.format(title=title, text=text)
