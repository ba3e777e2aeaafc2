"""What lies between ccsync and a simulated service: every request seen, and things that happen beside one."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

from werkzeug.test import run_wsgi_app
from werkzeug.wrappers import Response

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from ccsync.sandbox.server import Sandbox

CONSTANT_CONTACT, MEMBRAIN = "constant-contact", "membrain"


@dataclass(frozen=True)
class Sent:
    """One request as it arrived."""

    service: str
    method: str
    path: str
    query: str
    body: bytes

    @property
    def is_write(self) -> bool:
        """Whether it asks a service to change something; tokens are no such thing."""
        return self.method != "GET" and not self.path.startswith("/oauth2/")

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


class Wires:
    """Stands in front of both services of a sandbox that is already started.

    ``sent`` is every request, in order of arrival. ``arriving`` and ``answered`` are called with each, from the thread
    that serves it: before it is carried out, and after that but before the answer goes out.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self.sent: list[Sent] = []
        self.arriving: list[Callable[[Sent], None]] = []
        self.answered: list[Callable[[Sent], None]] = []
        self._replies: dict[str, tuple[bytes, int]] = {}
        for service in (CONSTANT_CONTACT, MEMBRAIN):
            gate = sandbox._gates[service]
            gate._app = self._watched(service, gate._app)

    def before(self, request: str, act: Callable[[], object]) -> None:
        """Act once, just before the first request arrives that begins so ("PUT /v3/contacts")."""
        done: list[Sent] = []

        def hook(sent: Sent) -> None:
            if not done and str(sent).startswith(request):
                done.append(sent)
                act()

        self.arriving.append(hook)

    def after(self, request: str, act: Callable[[], object]) -> None:
        """Act once, just after the first such request was carried out."""
        done: list[Sent] = []

        def hook(sent: Sent) -> None:
            if not done and str(sent).startswith(request):
                done.append(sent)
                act()

        self.answered.append(hook)

    def instead(self, request: str, body: bytes, status: int = 200) -> None:
        """Answer every such request ("GET /v3/contacts", the whole path) with this body and nothing else."""
        self._replies[request] = (body, status)

    def mend(self) -> None:
        """Let all requests through again, and nothing happen beside them."""
        self._replies.clear()
        self.arriving.clear()
        self.answered.clear()

    def writes(self, service: str = CONSTANT_CONTACT) -> list[Sent]:
        """Return the requests that ask a service to change something."""
        return [one for one in self.sent if one.service == service and one.is_write]

    def _watched(self, service: str, app: WSGIApplication) -> WSGIApplication:
        def watched(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            environ["wsgi.input"] = BytesIO(body)
            sent = Sent(service, environ["REQUEST_METHOD"], environ["PATH_INFO"], environ["QUERY_STRING"], body)
            self.sent.append(sent)
            for hook in self.arriving:
                hook(sent)
            if str(sent) in self._replies:
                body, code = self._replies[str(sent)]
                return Response(body, code, mimetype="application/json")(environ, start_response)
            chunks, status, headers = run_wsgi_app(app, environ, buffered=True)
            for hook in self.answered:
                hook(sent)
            start_response(status, headers.to_wsgi_list())
            return chunks

        return watched
