"""Membrain's API over HTTP: who may ask, which answer belongs to which path."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Response

from ccsync.sandbox.membrain.kinds import RULES, SINGULAR, Kind
from ccsync.sandbox.membrain.reading import QueryReader
from ccsync.sandbox.membrain.render import Renderer
from ccsync.sandbox.membrain.values import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from werkzeug.wrappers import Request

    from ccsync.sandbox.membrain.store import Row, Store
    from ccsync.sandbox.membrain.switches import MembrainSwitches
    from ccsync.sandbox.membrain.writing import Writer

_READ: Final = ("GET",)
_WRITE: Final = ("POST", "PUT", "DELETE")
_PATHS: Final = Map(
    [
        Rule("/API/v2/customFields/", endpoint="custom_fields"),
        Rule("/API/v2/<kind>/", endpoint="collection"),
        Rule("/API/v2/<kind>/<record_id>", endpoint="record"),
    ],
    strict_slashes=False,
)


class _Missing(Exception):  # noqa: N818 - an answer of the service
    """No record has this Id."""


class Api:
    """Answers requests under one set of switches, and counts those that change something."""

    def __init__(self, store: Store, switches: MembrainSwitches, writer: Writer, people: Mapping[str, str]) -> None:
        self._store = store
        self._switches = switches
        self._writer = writer
        self._query = QueryReader(switches)
        self._renderer = Renderer(switches, store.custom_fields(), people)

    def answer(self, request: Request, key: str, wait: int) -> Response:
        """Return the answer; ``key`` is the valid API key, ``wait`` the seconds a limit asks for."""
        if not self._switches.instance_found:
            return _json({"error": "Instance not found"})
        if _key_sent(request) != key:
            return self._bad_key()
        return self._limited(wait) if wait else self._served(request)

    def _served(self, request: Request) -> Response:
        try:
            endpoint, arguments = _PATHS.bind_to_environ(request.environ).match()
            return _json(self._dispatch(request, endpoint, arguments))
        except Refused as error:
            name = "Message" if self._switches.refusal == "message-in-200" else "error"
            status = HTTPStatus.BAD_REQUEST if self._switches.refusal == "status-400" else HTTPStatus.OK
            return _json({name: str(error)}, status)
        except _Missing:
            lenient = self._switches.missing_record == "error-in-200"
            return _json({"error": "Not found"}, HTTPStatus.OK if lenient else HTTPStatus.NOT_FOUND)
        except HTTPException as error:
            return _json({"error": error.name}, HTTPStatus(error.code or HTTPStatus.NOT_FOUND))

    def _dispatch(self, request: Request, endpoint: str, arguments: Mapping[str, str]) -> Any:
        if endpoint == "custom_fields":
            return self._renderer.custom_fields()
        kind = _kind(arguments["kind"])
        if request.method in _WRITE:
            with self._store.transaction():
                return self._write(request, kind, arguments.get("record_id", ""))
        if request.method not in _READ:
            raise MethodNotAllowed
        if endpoint == "collection":
            return self._list(kind, {name.casefold(): value for name, value in request.args.items()})
        if self._switches.single_record == "unserved":
            raise NotFound
        return self._one(self._found(kind, arguments["record_id"]))

    def _list(self, kind: Kind, query: Mapping[str, str]) -> Any:
        selection = self._query.read(kind, query)
        rows = self._store.select(selection)
        if not RULES[kind].paged:
            return [self._renderer.record(row) for row in rows]
        return self._renderer.page(rows, self._store.count(selection), selection.start)

    def _one(self, row: Row) -> Any:
        match self._switches.single_record:
            case "page":
                return self._renderer.page([row], 1, 0)
            case "wrapped":
                return {SINGULAR[row.kind]: self._renderer.record(row)}
            case _:
                return self._renderer.record(row)

    def _write(self, request: Request, kind: Kind, record_id: str) -> Any:
        if not RULES[kind].writable:
            raise MethodNotAllowed
        if request.method == "DELETE":
            row = self._writer.delete(self._found(kind, record_id))
        elif request.method == "POST" and not record_id:
            row = self._writer.create(kind, self._body(request))
        elif request.method == "PUT":
            body = self._body(request)
            row = self._writer.change(self._found(kind, self._id_to_change(record_id, body)), body)
        else:
            raise MethodNotAllowed
        self._store.save_setting("writes", self._store.setting("writes", 0) + 1)
        return self._written(row)

    def _id_to_change(self, record_id: str, body: Mapping[str, Any]) -> str:
        in_path = self._switches.update_path == "record"
        if in_path is not bool(record_id):
            raise MethodNotAllowed
        return record_id or str(body.get("Id", ""))

    def _written(self, row: Row) -> Any:
        match self._switches.write_reply:
            case "id":
                return {"Id": row.id}
            case "bare-id":
                return row.id
            case "empty":
                return None
            case _:
                return self._one(row)

    def _body(self, request: Request) -> dict[str, Any]:
        if self._switches.body_format == "form":
            form = request.form.to_dict(flat=False)
            if not form:
                raise Refused("The body is not a form")
            return {name: values if len(values) > 1 else values[0] for name, values in form.items()}
        try:
            body = json.loads(request.get_data())
        except ValueError as error:
            raise Refused("The body is not JSON") from error
        if not isinstance(body, dict):
            raise Refused("The body is not an object")
        return body

    def _found(self, kind: Kind, record_id: str) -> Row:
        row = self._store.get(kind, record_id)
        if row is None:
            raise _Missing
        return row

    def _bad_key(self) -> Response:
        statuses = {"status-401": HTTPStatus.UNAUTHORIZED, "status-403": HTTPStatus.FORBIDDEN}
        return _json({"error": "Invalid API key"}, statuses.get(self._switches.bad_key, HTTPStatus.OK))

    def _limited(self, wait: int) -> Response:
        form = self._switches.limit_answer
        status = HTTPStatus.OK if form == "error-in-200" else HTTPStatus.TOO_MANY_REQUESTS
        response = _json({"error": "Rate limit exceeded"}, status)
        if form == "status-429-retry-after":
            response.headers["Retry-After"] = str(wait)
        return response


def _kind(name: str) -> Kind:
    try:
        return Kind(name)
    except ValueError as error:
        raise NotFound from error


def _key_sent(request: Request) -> str:
    """Return the key from the header or, its name in any case, from the query."""
    in_query = (value for name, value in request.args.items() if name.casefold() == "apikey")
    return request.headers.get("APIKey") or next(in_query, "")


def _json(content: Any, status: HTTPStatus = HTTPStatus.OK) -> Response:
    """Write JSON; None makes an empty body."""
    body = "" if content is None else json.dumps(content, ensure_ascii=False)
    return Response(body, status=status, mimetype="application/json")
