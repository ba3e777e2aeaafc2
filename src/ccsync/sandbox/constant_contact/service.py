"""The simulated Constant Contact as one WSGI application: authorization server and V3 API.

State is one SQLite file; time is the clock that is passed in. Requests are served one after the other.
"""

from __future__ import annotations

import json
import logging
from collections import deque
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.wrappers import Request, Response

from ccsync.sandbox.constant_contact.account_api import AccountApi, privileges_of
from ccsync.sandbox.constant_contact.activities import Activities, FaultSource, Job
from ccsync.sandbox.constant_contact.activities_api import ActivitiesApi
from ccsync.sandbox.constant_contact.auth_api import AuthApi, json_response
from ccsync.sandbox.constant_contact.calls import Answer, Call, Desk
from ccsync.sandbox.constant_contact.contact_table import ContactTable
from ccsync.sandbox.constant_contact.contacts_api import ContactsApi
from ccsync.sandbox.constant_contact.errors import (
    Refusal,
    access_denied,
    bad_request,
    invalid,
    not_found,
    unauthorized,
    unsupported_media,
)
from ccsync.sandbox.constant_contact.fields import FieldTable
from ccsync.sandbox.constant_contact.fields_api import FieldsApi
from ccsync.sandbox.constant_contact.grants import Grants
from ccsync.sandbox.constant_contact.imports import Import
from ccsync.sandbox.constant_contact.jobs import AddMemberships, DeleteContacts, DeleteLists, RemoveMemberships
from ccsync.sandbox.constant_contact.limits import Limits
from ccsync.sandbox.constant_contact.lists import ListTable
from ccsync.sandbox.constant_contact.lists_api import ListsApi
from ccsync.sandbox.constant_contact.people import People
from ccsync.sandbox.constant_contact.removal import Removal
from ccsync.sandbox.constant_contact.routes import AUTHORIZATION_ANSWERS, Operation, url_map
from ccsync.sandbox.constant_contact.sign_up import SignUpApi
from ccsync.sandbox.constant_contact.store import Store
from ccsync.sandbox.constant_contact.switches import Switches, switches_from, with_changes
from ccsync.sandbox.constant_contact.tokens import App, Tokens
from ccsync.sandbox.validation import schemas_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from ccsync.clock import Clock

NAME = "constant-contact"
FILE = "constant-contact.sqlite"
LOG_LENGTH = 10_000
DEFAULT_ACCOUNT = "a07e1madeup1"
DEFAULT_APP = App("made-up-client-id", "ccsync", None, ("http://localhost:8765/callback",))
_LOGGER = logging.getLogger(__name__)


class ConstantContactService:
    """The simulated service.

    ``switches`` say how it behaves, ``people`` are the hands that work in the product, ``client_id`` is the
    application that is registered from the start. ``auto_approve`` lets every login through without the page.
    """

    def __init__(self, folder: Path, clock: Clock, *, faults: FaultSource | None = None) -> None:
        self._store = Store(folder / FILE, clock)
        self._faults = faults
        self._switches = switches_from(self._store.setting("switches", {}))
        self._log: deque[dict[str, Any]] = deque(maxlen=LOG_LENGTH)
        self._map = url_map()
        self._schemas = schemas_of("constant_contact")
        self.auto_approve = False
        self.client_id = DEFAULT_APP.client_id

        def switches() -> Switches:
            return self._switches

        self._tokens = Tokens(self._store, switches)
        self._grants = Grants(self._store, switches)
        self._limits = Limits(self._store, switches)
        self._auth = AuthApi(
            self._tokens,
            self._grants,
            self._limits,
            switches,
            account=lambda: self.account_id,
            auto_approve=lambda: self.auto_approve,
        )
        self._build(Desk(self._store, ContactTable(self._store, switches), switches))
        if self._tokens.app(DEFAULT_APP.client_id) is None:
            self._tokens.register(DEFAULT_APP)

    def _build(self, desk: Desk) -> None:
        lists, fields = ListTable(self._store), FieldTable(self._store, desk.switches)
        removal = Removal(desk, lists, fields)
        jobs: dict[str, Job] = {
            "import": Import(desk, lists, fields),
            "add_memberships": AddMemberships(desk, lists),
            "remove_memberships": RemoveMemberships(desk, lists),
            "contact_delete": DeleteContacts(desk, lists),
            "list_delete": DeleteLists(removal),
        }
        self._activities = Activities(desk, jobs, lambda: self._faults)
        contacts = ContactsApi(desk, lists, fields)
        self._apis: dict[str, object] = {
            "account": AccountApi(desk),
            "contacts": contacts,
            "sign_up": SignUpApi(desk, contacts, lists, fields),
            "lists": ListsApi(desk, lists, self._activities),
            "fields": FieldsApi(desk, fields, removal),
            "activities": ActivitiesApi(desk, self._activities, lists),
        }
        self.people = People(desk, lists, fields, removal, lambda: self.account_id)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        request = Request(environ)
        raw = request.get_data()
        with self._store.lock:
            response = self._answer(request)
            self._log.append(
                {
                    "time": self._store.stamp(),
                    "method": request.method,
                    "path": request.path,
                    "query": request.query_string.decode("latin-1"),
                    "status": response.status_code,
                    "size": len(raw),
                }
            )
        return response(environ, start_response)

    def close(self) -> None:
        """Close the file."""
        self._store.close()

    @property
    def switches(self) -> Switches:
        """How the service behaves now."""
        return self._switches

    def set_switches(self, **changes: Any) -> Switches:
        """Change some switches and keep them. Raises ValueError for a name or value that does not exist."""
        changed = with_changes(self._switches, changes)
        self._store.set_setting("switches", asdict(changed))
        self._switches = changed
        return changed

    @property
    def account_id(self) -> str:
        """The account of the person who logs in, and whose people act."""
        return str(self._store.setting("account", DEFAULT_ACCOUNT))

    def set_account(self, account_id: str) -> None:
        """Let another account log in and act; each has its own contacts. Tokens given out keep their account."""
        self._store.set_setting("account", account_id)

    def register_app(
        self, client_id: str, *, name: str = "ccsync", secret: str | None = None, redirect_uris: Iterable[str] = ()
    ) -> None:
        """Register an application, or change it."""
        self._tokens.register(App(client_id, name, secret, tuple(redirect_uris)))

    def register_redirect_uri(self, uri: str) -> None:
        """Add a redirect address to the application that is registered from the start."""
        app = self._tokens.app(self.client_id) or DEFAULT_APP
        if uri not in app.redirect_uris:
            self._tokens.register(replace(app, redirect_uris=(*app.redirect_uris, uri)))

    def issue_tokens(self, scope: str = "account_read contact_data offline_access") -> dict[str, Any]:
        """Return a token answer for the open account, without anybody logging in."""
        with self._store.transaction():
            return self._tokens.issue(self.client_id, self.account_id, scope)

    def approve_device(self, user_code: str, *, allow: bool = True) -> None:
        """Enter the code of a device and agree, or not. Raises LookupError for a code that does not wait."""
        with self._store.transaction():
            device = self._grants.waiting_device(user_code)
            if device is None:
                raise LookupError(f"no device waits with the code {user_code}")
            self._grants.decide_device(device, self.account_id, allowed=allow)

    def expire_access_tokens(self) -> None:
        """Let all access tokens be past their time."""
        self._tokens.expire_access_tokens()

    def revoke_all(self) -> None:
        """End all tokens, as when a person takes back the grant."""
        self._tokens.revoke_all()

    def log(self) -> list[dict[str, Any]]:
        """Return the last 10,000 requests: time, method, path, query, status, size of the body sent."""
        with self._store.lock:
            return list(self._log)

    def calls(self) -> dict[str, int]:
        """Return how many API requests were counted, by UTC day."""
        return self._limits.calls()

    def writes(self) -> int:
        """Return how many API requests that change something were carried out."""
        return self._store.number("SELECT n FROM counters WHERE name = 'writes'")

    def _answer(self, request: Request) -> Response:
        try:
            endpoint, arguments = self._map.bind_to_environ(request.environ).match()
            if isinstance(endpoint, Operation):
                answer = self._api(request, endpoint, arguments)
                return self._sent(answer.status, answer.body, endpoint.answers, answer.headers)
            response: Response = getattr(self._auth, endpoint)(request)
            if response.mimetype != "application/json":
                return response
            return self._sent(response.status_code, response.json, AUTHORIZATION_ANSWERS[endpoint])
        except Refusal as refusal:
            schema = "TokenError" if "error" in refusal.body else "Errors"
            return self._sent(refusal.status, refusal.body, schema)
        except MethodNotAllowed as error:
            body = [{"error_key": "http.status.method_not_allowed", "error_message": error.name}]
            return self._sent(405, body, "Errors")
        except HTTPException:
            return self._sent(404, not_found("No such resource.").body, "Errors")

    def _api(self, request: Request, operation: Operation, arguments: Mapping[str, str]) -> Answer:
        account = self._authorised(request, operation)
        with self._store.transaction():
            self._activities.settle()
        with self._store.transaction():
            call = self._call(request, operation, account, arguments)
            group, _, name = operation.name.partition(".")
            answer: Answer = getattr(self._apis[group], name)(call)
            if request.method != "GET":
                self._store.run("INSERT INTO counters VALUES ('writes', 1) ON CONFLICT DO UPDATE SET n = n + 1")
        return answer

    def _authorised(self, request: Request, operation: Operation) -> str:
        """Return the account behind the request and count it. Raises Refusal: 401, 429, 403."""
        bearer = request.authorization
        token = bearer.token if bearer is not None and bearer.type == "bearer" else None
        access = None if token is None else self._tokens.access(token)
        if access is None:
            raise unauthorized()
        self._limits.count(access.client_id)
        if not access.valid:
            raise unauthorized()
        if operation.scope and operation.scope not in access.scopes:
            raise access_denied(f"The token lacks the scope {operation.scope}.")
        if operation.privilege and operation.privilege not in privileges_of(self._switches.role):
            raise access_denied("Insufficient user privileges.")
        return access.account

    def _call(self, request: Request, operation: Operation, account: str, arguments: Mapping[str, str]) -> Call:
        unknown = sorted(set(request.args) - operation.parameters)
        if unknown:
            raise bad_request(f"{unknown[0]} is not a known parameter")
        raw = request.get_data()
        body = self._body(request, operation, raw) if operation.asks else None
        return Call(account, request.path, request.args.to_dict(), body, raw, arguments)

    def _body(self, request: Request, operation: Operation, raw: bytes) -> Any:
        if request.mimetype != "application/json":
            raise unsupported_media()
        try:
            body = json.loads(raw)
        except ValueError as error:
            raise bad_request() from error
        if complaints := self._schemas.complaints(operation.asks, body):
            raise invalid(*complaints)
        return body

    def _sent(self, status: int, body: Any, schema: str, headers: Mapping[str, str] | None = None) -> Response:
        """Return the response, or 500 when the body is not as its schema says: a mistake of the sandbox."""
        if schema and self._switches.validate_answers and (wrong := self._schemas.complaints(schema, body)):
            _LOGGER.error("an answer is not as %s allows: %s", schema, wrong)
            return json_response(500, [{"error_key": "sandbox.invalid_answer", "error_message": wrong[0]}])
        response = json_response(status, body) if body is not None else Response("", status)
        response.headers.extend(headers or {})
        return response
