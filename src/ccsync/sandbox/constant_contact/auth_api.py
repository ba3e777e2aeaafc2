"""The authorization server: authorize, token, device login, revoke."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from werkzeug.wrappers import Request, Response

from ccsync.sandbox.constant_contact import pages
from ccsync.sandbox.constant_contact.errors import Refusal, oauth_error
from ccsync.sandbox.constant_contact.tokens import App, granted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ccsync.sandbox.constant_contact.grants import Grants
    from ccsync.sandbox.constant_contact.limits import Limits
    from ccsync.sandbox.constant_contact.switches import Switches
    from ccsync.sandbox.constant_contact.tokens import Tokens

DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
BASE = "/oauth2/default/v1"
CARRIED = (
    "response_type", "client_id", "redirect_uri", "scope", "state", "code_challenge", "code_challenge_method",
)  # fmt: skip
NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}


def json_response(status: int, body: Any) -> Response:
    """Return a JSON response that nobody may keep."""
    text = json.dumps(body, ensure_ascii=False)
    return Response(text, status, mimetype="application/json", headers=NO_STORE)


def html_response(status: int, text: str) -> Response:
    """Return a page."""
    return Response(text, status, mimetype="text/html", headers=NO_STORE)


class AuthApi:
    """The authorization server over HTTP. ``account`` and ``auto_approve`` are asked for at each request."""

    def __init__(
        self,
        tokens: Tokens,
        grants: Grants,
        limits: Limits,
        switches: Callable[[], Switches],
        *,
        account: Callable[[], str],
        auto_approve: Callable[[], bool],
    ) -> None:
        self._tokens = tokens
        self._grants = grants
        self._limits = limits
        self._switches = switches
        self._account = account
        self._auto_approve = auto_approve

    def authorize(self, request: Request) -> Response:
        """GET shows the consent page; POST, its form, goes back to the application with a code or an error."""
        values = request.values
        app = self._tokens.app(values.get("client_id", ""))
        if app is None or values.get("redirect_uri", "") not in app.redirect_uris:
            # Never redirect to an address that is not registered, not even with an error.
            text = "The client_id is unknown, or the redirect_uri is not exactly one that the application registered."
            return html_response(400, pages.plain("This request cannot be carried out", text))
        try:
            scope = _checked_authorization(values)
        except Refusal as refusal:
            return _back(values, dict(refusal.body))
        decision = request.form.get("decision") if request.method == "POST" else None
        if self._auto_approve():
            decision = "allow"
        if decision is None:
            hidden = {name: values[name] for name in CARRIED if name in values}
            return html_response(200, pages.consent(app.name, self._account(), scope, hidden))
        if decision != "allow":
            return _back(values, {"error": "access_denied", "error_description": "The resource owner denied it."})
        code = self._grants.new_code(
            app.client_id, self._account(), values["redirect_uri"], scope, values.get("code_challenge")
        )
        return _back(values, {"code": code})

    def token(self, request: Request) -> Response:
        """POST /token: code, refresh or device grant, parameters in the body or in the query."""
        agent = request.headers.get("User-Agent", "")
        if self._switches().refuse_urllib and agent.startswith("Python-urllib"):
            return html_response(403, pages.plain("Forbidden", "This client is blocked."))
        self._limits.count_token_request()
        values = request.values
        app, known = self._client(request)
        grant = values.get("grant_type", "")
        if grant == "refresh_token":
            return json_response(200, self._tokens.refresh(app.client_id, _needed(values, "refresh_token")))
        if grant == "authorization_code":
            code, uri = _needed(values, "code"), _needed(values, "redirect_uri")
            found = self._grants.use_code(code, app.client_id, uri, values.get("code_verifier"), known=known)
            return json_response(200, self._tokens.issue(app.client_id, found.account, found.scope))
        if grant == DEVICE_GRANT:
            found = self._grants.use_device(_needed(values, "device_code"), app.client_id)
            may_refresh = self._switches().device_gives_refresh_token
            answer = self._tokens.issue(app.client_id, found.account, found.scope, may_refresh=may_refresh)
            return json_response(200, answer)
        raise oauth_error("unsupported_grant_type", "The authorization grant type is not supported.")

    def device_authorize(self, request: Request) -> Response:
        """POST /device/authorize."""
        app, _ = self._client(request)
        codes = self._grants.new_device(app.client_id, granted(request.values.get("scope", "")))
        where = f"{request.host_url.rstrip('/')}{BASE}/activate"
        complete = f"{where}?{urlencode({'user_code': codes['user_code']})}"
        return json_response(200, {**codes, "verification_uri": where, "verification_uri_complete": complete})

    def activate(self, request: Request) -> Response:
        """GET asks for the code of a device and then for consent; POST takes the decision."""
        user_code = request.values.get("user_code", "")
        if not user_code:
            return html_response(200, pages.ask_user_code())
        device = self._grants.waiting_device(user_code)
        app = None if device is None else self._tokens.app(device.client_id)
        if device is None or app is None:
            return html_response(400, pages.ask_user_code("This code is not known, was used, or is too old."))
        decision = request.form.get("decision") if request.method == "POST" else None
        if decision is None:
            hidden = {"user_code": device.user_code}
            return html_response(200, pages.consent(app.name, self._account(), device.scope, hidden))
        self._grants.decide_device(device, self._account(), allowed=decision == "allow")
        said = "The device is connected." if decision == "allow" else "The device was refused."
        return html_response(200, pages.plain(said, "You can close this page."))

    def revoke(self, request: Request) -> Response:
        """POST /revoke: 200 also for a token that is not known."""
        app, _ = self._client(request)
        self._tokens.revoke(app.client_id, _needed(request.values, "token"))
        return Response("", 200, headers=NO_STORE)

    def _client(self, request: Request) -> tuple[App, bool]:
        """Return the application and whether it has shown its secret. Raises Refusal (``invalid_client``)."""
        basic = request.authorization if request.authorization and request.authorization.type == "basic" else None
        client_id = (basic.username if basic else request.values.get("client_id")) or ""
        app = self._tokens.app(client_id)
        wrong = app is None or (basic is not None and (app.secret is None or basic.password != app.secret))
        if app is None or wrong:
            raise oauth_error("invalid_client", "No client credentials found, or they are not valid.", 401)
        return app, basic is not None


def _needed(values: Mapping[str, str], name: str) -> str:
    if not values.get(name):
        raise oauth_error("invalid_request", f"'{name}' must be specified.")
    return values[name]


def _checked_authorization(values: Mapping[str, str]) -> str:
    if values.get("response_type") != "code":
        raise oauth_error("unsupported_response_type", "The response type is not supported.")
    if "code_challenge" in values and values.get("code_challenge_method") != "S256":
        raise oauth_error("invalid_request", "The 'code_challenge_method' must be S256.")
    return granted(values.get("scope", ""))


def _back(values: Mapping[str, str], answer: dict[str, str]) -> Response:
    if "state" in values:
        answer = {**answer, "state": values["state"]}
    joint = "&" if urlsplit(values["redirect_uri"]).query else "?"
    headers = {**NO_STORE, "Location": f"{values['redirect_uri']}{joint}{urlencode(answer)}"}
    return Response("", 302, headers=headers)
