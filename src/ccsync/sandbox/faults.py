"""Faults that can be put between a client and a simulated service."""

from __future__ import annotations

import json
import socket
import struct
import threading
from dataclasses import dataclass
from http import HTTPStatus
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

from werkzeug.test import run_wsgi_app
from werkzeug.wrappers import Request, Response

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

Service = Literal["constant-contact", "membrain"]

TransportKind = Literal[
    "throttled",
    "quota_exceeded",
    "status_500",
    "status_503",
    "html",
    "reset_before",
    "reset_after",
    "slow",
    "truncated",
    "unauthorized",
    "half_page",
    "lost_refresh",
]
ActivityKind = Literal["stuck_activity", "failed_activity", "timed_out_activity"]
FaultKind = Literal[TransportKind, ActivityKind]

TRANSPORT_KINDS: Final[tuple[str, ...]] = get_args(TransportKind)
FAULT_KINDS: Final[tuple[str, ...]] = TRANSPORT_KINDS + get_args(ActivityKind)

_MAINTENANCE: Final = "<!DOCTYPE html><html><body><h1>We will be back soon</h1></body></html>"
_ERRORS: Final = {
    "throttled": (HTTPStatus.TOO_MANY_REQUESTS, "throttled", "Too Many Requests"),
    "quota_exceeded": (HTTPStatus.TOO_MANY_REQUESTS, "quota_exceeded", "Limit Exceeded"),
    "status_500": (HTTPStatus.INTERNAL_SERVER_ERROR, "internal_server_error", "There was a problem"),
    "status_503": (HTTPStatus.SERVICE_UNAVAILABLE, "service_unavailable", "Temporarily unavailable"),
    "unauthorized": (HTTPStatus.UNAUTHORIZED, "unauthorized", "Unauthorized"),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that goes wrong; an empty ``service``, ``method`` or ``path_prefix`` matches every request.

    ``times`` is how often it strikes (None: for ever), ``after`` how many matching requests pass unharmed
    first, ``seconds`` how long a ``slow`` answer takes in real time.
    """

    kind: FaultKind
    service: Service | Literal[""] = ""
    method: str = ""
    path_prefix: str = ""
    times: int | None = 1
    after: int = 0
    seconds: float = 0.0

    def __post_init__(self) -> None:
        """Refuse a kind or service that does not exist."""
        if self.kind not in FAULT_KINDS:
            raise ValueError(f"no fault is called {self.kind!r}; there are {', '.join(FAULT_KINDS)}")
        if self.service not in ("", *get_args(Service)):
            raise ValueError(f"no service is called {self.service!r}")

    def matches(self, service: str, method: str, path: str) -> bool:
        """Tell whether this fault is meant for such a request."""
        return (
            self.service in ("", service)
            and self.method.upper() in ("", method.upper())
            and path.startswith(self.path_prefix)
        )


@dataclass(slots=True)
class _Armed:
    fault: Fault
    seen: int = 0
    struck: int = 0

    def due(self) -> bool:
        """Count one matching request and tell whether the fault may strike it."""
        self.seen += 1
        spent = self.fault.times is not None and self.struck >= self.fault.times
        return self.seen > self.fault.after and not spent


class Faults:
    """The faults in force. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._armed: list[_Armed] = []
        self._released = threading.Event()

    def add(self, fault: Fault) -> None:
        """Put a fault in force."""
        with self._lock:
            self._released.clear()
            self._armed.append(_Armed(fault))

    def clear(self) -> None:
        """Take all faults away and let slow answers go at once."""
        with self._lock:
            self._armed.clear()
            self._released.set()

    def all(self) -> list[Fault]:
        """Return the faults that were added and not cleared, spent ones too."""
        with self._lock:
            return [armed.fault for armed in self._armed]

    def take(self, kind: str, service: str, method: str, path: str) -> Fault | None:
        """Return the fault of this kind that strikes this request, and count it; None when there is none."""
        return self.take_any((kind,), service, method, path)

    def take_any(self, kinds: Iterable[str], service: str, method: str, path: str) -> Fault | None:
        """Like `take`, for several kinds: the fault added first strikes, the others only see the request."""
        wanted = frozenset(kinds)
        with self._lock:
            striking: _Armed | None = None
            for armed in self._armed:
                if armed.fault.kind in wanted and armed.fault.matches(service, method, path) and armed.due():
                    striking = striking or armed
            if striking is None:
                return None
            striking.struck += 1
            return striking.fault

    def wait(self, seconds: float) -> None:
        """Wait in real time, but no longer than until `clear`."""
        self._released.wait(seconds)


class FaultGate:
    """WSGI middleware that lets the transport faults of one service strike.

    Resets and cut answers need the socket under ``werkzeug.socket``, so the gate works only below a
    Werkzeug server whose handler closes the connection when it is dropped (see ccsync.sandbox.server).
    """

    def __init__(self, app: WSGIApplication, faults: Faults, service: Service) -> None:
        self._app = app
        self._faults = faults
        self._service = service

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request, harmed or not."""
        fault = self._strike(environ)
        if fault is None:
            return self._app(environ, start_response)
        match fault.kind:
            case "slow":
                self._faults.wait(fault.seconds)
                return self._app(environ, start_response)
            case "reset_before":
                raise _cut(environ)
            case "reset_after" | "lost_refresh":
                run_wsgi_app(self._app, environ, buffered=True)
                raise _cut(environ)
            case "truncated":
                return self._truncated(environ, start_response)
            case "half_page":
                return self._halved(environ, start_response)
            case "html":
                return Response(_MAINTENANCE, mimetype="text/html")(environ, start_response)
            case _:
                return self._refusal(fault.kind)(environ, start_response)

    def _strike(self, environ: WSGIEnvironment) -> Fault | None:
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        kinds = [kind for kind in TRANSPORT_KINDS if kind != "lost_refresh"]
        if method == "POST" and path.endswith("/token") and _is_refresh(environ):
            kinds.append("lost_refresh")
        return self._faults.take_any(kinds, self._service, method, path)

    def _refusal(self, kind: str) -> Response:
        status, key, message = _ERRORS[kind]
        body = {"error": message} if self._service == "membrain" else {"error_key": key, "error_message": message}
        return Response(json.dumps(body), status=status, mimetype="application/json")

    def _truncated(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterator[bytes]:
        chunks, status, headers = run_wsgi_app(self._app, environ, buffered=True)
        body = b"".join(chunks)
        headers["Content-Length"] = str(len(body))
        start_response(status, headers.to_wsgi_list())
        yield body[: len(body) // 2]
        raise ConnectionAbortedError

    def _halved(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        chunks, status, headers = run_wsgi_app(self._app, environ, buffered=True)
        body = json.dumps(_without_second_half(json.loads(b"".join(chunks))))
        headers.remove("Content-Length")
        return Response(body, status=status, headers=headers)(environ, start_response)


def _cut(environ: WSGIEnvironment) -> ConnectionResetError:
    """Close the connection under this request so that the client sees a reset; what is returned ends it."""
    connection: socket.socket = environ["werkzeug.socket"]
    linger_for_no_time = struct.pack("ii", 1, 0)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger_for_no_time)
    connection.close()
    return ConnectionResetError("a fault cut the connection")


def _is_refresh(environ: WSGIEnvironment) -> bool:
    body = Request(environ).get_data()
    environ["wsgi.input"] = BytesIO(body)
    return b"grant_type=refresh_token" in body


def _without_second_half(answer: Any) -> Any:
    """Halve a bare array, or the first array of an object, which both services put their rows in."""
    if isinstance(answer, list):
        return answer[: len(answer) // 2]
    rows = next((key for key, value in answer.items() if isinstance(value, list)), None)
    return answer if rows is None else {**answer, rows: answer[rows][: len(answer[rows]) // 2]}
