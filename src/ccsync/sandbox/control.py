"""Control of a served sandbox by other processes: switches, faults, the log, a new beginning, the page."""

from __future__ import annotations

import json
from dataclasses import asdict
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, Protocol

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from ccsync.sandbox.faults import Fault, Faults
from ccsync.sandbox.pages import page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from ccsync.sandbox.constant_contact.service import ConstantContactService
    from ccsync.sandbox.membrain.service import MembrainService

PREFIX: Final = "/_sandbox"

_PATHS: Final = Map(
    [
        Rule(f"{PREFIX}/", endpoint="page", methods=["GET"]),
        Rule(f"{PREFIX}/switches", endpoint="show_switches", methods=["GET"]),
        Rule(f"{PREFIX}/switches", endpoint="set_switches", methods=["POST"]),
        Rule(f"{PREFIX}/faults", endpoint="show_faults", methods=["GET"]),
        Rule(f"{PREFIX}/faults", endpoint="add_faults", methods=["POST"]),
        Rule(f"{PREFIX}/faults", endpoint="clear_faults", methods=["DELETE"]),
        Rule(f"{PREFIX}/log", endpoint="log", methods=["GET"]),
        Rule(f"{PREFIX}/reset", endpoint="reset", methods=["POST"]),
    ],
)


class Controlled(Protocol):
    """What is controlled: the sandbox that is served."""

    constant_contact: ConstantContactService
    membrain: MembrainService
    faults: Faults

    def reset(self) -> None:
        """Forget everything and begin with the made-up people again."""
        ...


class Control:
    """WSGI application under `/_sandbox/`. Services are called `constant-contact` and `membrain` throughout.

    GET and POST `switches` (an object of changes by service), GET, POST and DELETE `faults` (one fault or an
    array of them), GET `log` (requests and counts of writes by service), POST `reset`, GET `/_sandbox/` for
    people to look at. A mistake is answered with 400 and `{"error": ...}`.
    """

    def __init__(self, sandbox: Controlled) -> None:
        self._sandbox = sandbox

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        return self._answer(Request(environ))(environ, start_response)

    def _answer(self, request: Request) -> Response:
        answers: dict[str, Callable[[Request], Any]] = {
            "show_switches": lambda _: self._switches(),
            "set_switches": self._set_switches,
            "show_faults": lambda _: self._faults(),
            "add_faults": self._add_faults,
            "clear_faults": lambda _: self._sandbox.faults.clear(),
            "log": lambda _: self._log(),
            "reset": lambda _: self._sandbox.reset(),
        }
        try:
            endpoint, _ = _PATHS.bind_to_environ(request.environ).match()
            if endpoint == "page":
                return Response(page(self._sandbox.membrain, self._sandbox.constant_contact), mimetype="text/html")
            return _json(answers[endpoint](request))
        except HTTPException as error:
            return _json({"error": error.name}, HTTPStatus(error.code or HTTPStatus.NOT_FOUND))
        except (TypeError, ValueError) as error:
            return _json({"error": str(error)}, HTTPStatus.BAD_REQUEST)

    def _services(self) -> dict[str, ConstantContactService | MembrainService]:
        return {"constant-contact": self._sandbox.constant_contact, "membrain": self._sandbox.membrain}

    def _switches(self) -> dict[str, Any]:
        return {name: asdict(service.switches) for name, service in self._services().items()}

    def _set_switches(self, request: Request) -> dict[str, Any]:
        services = self._services()
        for name, changes in _body(request).items():
            if name not in services:
                raise ValueError(f"no service is called {name!r}")
            services[name].set_switches(**changes)
        return self._switches()

    def _faults(self) -> list[dict[str, Any]]:
        return [asdict(fault) for fault in self._sandbox.faults.all()]

    def _add_faults(self, request: Request) -> list[dict[str, Any]]:
        body = _body(request)
        for fault in [Fault(**one) for one in (body if isinstance(body, list) else [body])]:
            self._sandbox.faults.add(fault)
        return self._faults()

    def _log(self) -> dict[str, Any]:
        return {
            name: {"writes": service.writes(), "requests": service.log()} for name, service in self._services().items()
        }


def _body(request: Request) -> Any:
    return json.loads(request.get_data())


def _json(content: Any, status: HTTPStatus = HTTPStatus.OK) -> Response:
    return Response(json.dumps(content, ensure_ascii=False), status=status, mimetype="application/json")
