"""A quiet threaded HTTP server on the loopback address."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING, Any, Final

from werkzeug.serving import WSGIRequestHandler, make_server

from ccsync.errors import UsageError

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

    from ccsync.clock import Clock

_HOST: Final = "127.0.0.1"
_BACKLOG: Final = 128
_SECONDS_TO_NOTICE_STOP: Final = 0.01


class _Handler(WSGIRequestHandler):
    """Logs nothing, lets a connection end that the application has cut, and dates answers by the sandbox's clock."""

    clock: Clock
    disable_nagle_algorithm = True  # headers and body go out in two writes; waiting between them costs 40 ms

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - the name is Werkzeug's
        """Say nothing about requests that were answered."""

    def date_time_string(self, timestamp: float | None = None) -> str:
        """Return what goes into the Date header; nobody gives a time of their own."""
        return super().date_time_string(self.clock.now().timestamp() if timestamp is None else timestamp)

    def connection_dropped(self, *_: object) -> None:
        """Do not wait for another request on a connection that is gone."""
        self.close_connection = True


class LoopbackServer:
    """Serves one WSGI application from a thread of its own until it is stopped."""

    def __init__(self, app: WSGIApplication, clock: Clock, port: int = 0) -> None:
        """Bind to the port, 0 for any free one. Raises UsageError when it is taken."""
        handler = type("Handler", (_Handler,), {"clock": clock})
        with _bound(port) as bound:
            self._server = make_server(_HOST, port, app, threaded=True, request_handler=handler, fd=bound.fileno())
        self.url = f"http://{_HOST}:{self._server.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(_SECONDS_TO_NOTICE_STOP,), daemon=True)

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Stop to answer and free the port; a server that was never started only frees it."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()


def _bound(port: int) -> socket.socket:
    # Werkzeug would print its advice and end the program when the port is taken, so it gets a bound socket.
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((_HOST, port))
    except OSError as error:
        bound.close()
        raise UsageError(
            f"port {port} of this machine cannot be used: {error.strerror}",
            hint="ccsync sandbox serve, on another port, or on 0 for any free one",
            code="port_taken",
        ) from error
    bound.listen(_BACKLOG)
    return bound
