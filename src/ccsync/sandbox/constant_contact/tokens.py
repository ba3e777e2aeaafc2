"""Applications and their tokens: issuing, rotating, expiring, revoking."""

from __future__ import annotations

import base64
import json
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ccsync.sandbox.constant_contact.errors import oauth_error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ccsync.sandbox.constant_contact.store import Store
    from ccsync.sandbox.constant_contact.switches import Switches

SCOPES = ("account_read", "account_update", "contact_data", "campaign_data", "offline_access")
ISSUER = "https://identity.example/oauth2/default"


@dataclass(frozen=True, slots=True)
class App:
    """A registered application; its id is what the service calls an API key."""

    client_id: str
    name: str
    secret: str | None
    redirect_uris: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Access:
    """Who is behind an access token."""

    client_id: str
    account: str
    scopes: frozenset[str]
    valid: bool


class Tokens:
    """Keeps applications and tokens."""

    def __init__(self, store: Store, switches: Callable[[], Switches]) -> None:
        self._store = store
        self._switches = switches

    def register(self, app: App) -> None:
        """Register an application, or change it."""
        row = (app.client_id, app.name, app.secret, json.dumps(app.redirect_uris))
        self._store.run("INSERT OR REPLACE INTO apps VALUES (?, ?, ?, ?)", row)

    def app(self, client_id: str) -> App | None:
        """Return a registered application."""
        found = self._store.row("SELECT * FROM apps WHERE client_id = ?", (client_id,))
        if found is None:
            return None
        uris = tuple(json.loads(found["redirect_uris"]))
        return App(found["client_id"], found["name"], found["secret"], uris)

    def issue(self, client_id: str, account: str, scope: str, *, may_refresh: bool = True) -> dict[str, Any]:
        """Return a token answer. Without ``offline_access`` there is no refresh token, and nothing says so."""
        refreshable = may_refresh and "offline_access" in scope.split()
        refresh_token = self._new_refresh(client_id, account, scope) if refreshable else None
        return self._answer(client_id, account, scope, refresh_token)

    def refresh(self, client_id: str, token: str) -> dict[str, Any]:
        """Return a token answer for a refresh token. Raises Refusal (``invalid_grant``)."""
        sql = "SELECT * FROM tokens WHERE token = ? AND kind = 'refresh' AND client_id = ? AND expires > ?"
        found = self._store.row(sql, (token, client_id, self._store.seconds()))
        if found is None:
            raise oauth_error("invalid_grant", "The refresh token is invalid or expired.")
        account, scope = found["account"], found["scope"]
        switches = self._switches()
        if switches.refresh == "rotating":
            return self._answer(client_id, account, scope, self._new_refresh(client_id, account, scope))
        expires = self._store.seconds() + switches.refresh_token_seconds
        self._store.run("UPDATE tokens SET expires = ? WHERE token = ?", (expires, token))
        repeated = token if switches.refresh == "long_lived" else None
        return self._answer(client_id, account, scope, repeated)

    def access(self, token: str) -> Access | None:
        """Return who is behind an access token, expired or not; None when it was never issued or is revoked."""
        found = self._store.row("SELECT * FROM tokens WHERE token = ? AND kind = 'access'", (token,))
        if found is None:
            return None
        scopes = frozenset(found["scope"].split())
        return Access(found["client_id"], found["account"], scopes, found["expires"] > self._store.seconds())

    def revoke(self, client_id: str, token: str) -> None:
        """End a token; a refresh token takes the access tokens of its application and account with it."""
        sql = "SELECT kind, account FROM tokens WHERE token = ? AND client_id = ?"
        found = self._store.row(sql, (token, client_id))
        if found is None:
            return
        if found["kind"] == "refresh":
            account = (client_id, found["account"])
            self._store.run("DELETE FROM tokens WHERE client_id = ? AND account = ?", account)
        self._store.run("DELETE FROM tokens WHERE token = ?", (token,))

    def expire_access_tokens(self) -> None:
        """Let all access tokens be past their time."""
        self._store.run("UPDATE tokens SET expires = 0 WHERE kind = 'access'")

    def revoke_all(self) -> None:
        """End all tokens, as when a person takes back the grant."""
        self._store.run("DELETE FROM tokens")

    def _new_refresh(self, client_id: str, account: str, scope: str) -> str:
        """Make a refresh token; when they rotate, it ends all earlier ones of this application and account."""
        now, switches = self._store.seconds(), self._switches()
        if switches.refresh == "rotating":
            self._store.run(
                "UPDATE tokens SET expires = min(expires, ?) WHERE kind = 'refresh' AND client_id = ? AND account = ?",
                (now + switches.refresh_grace_seconds, client_id, account),
            )
        token = secrets.token_urlsafe(32)
        self._keep(token, "refresh", client_id, account, scope, now + switches.refresh_token_seconds)
        return token

    def _answer(self, client_id: str, account: str, scope: str, refresh_token: str | None) -> dict[str, Any]:
        life = self._switches().access_token_seconds
        issued = self._store.seconds()
        token = _jwt(client_id, account, scope.split(), int(issued), int(issued) + life)
        self._keep(token, "access", client_id, account, scope, issued + life)
        answer = {"token_type": "Bearer", "expires_in": life, "access_token": token, "scope": scope}
        return answer if refresh_token is None else {**answer, "refresh_token": refresh_token}

    def _keep(self, *row: str | float) -> None:
        """Store a token: itself, its kind, application, account, scope, end."""
        self._store.run("INSERT INTO tokens VALUES (?, ?, ?, ?, ?, ?)", row)


def _jwt(client_id: str, account: str, scopes: list[str], issued: int, expires: int) -> str:
    header = {"kid": secrets.token_urlsafe(32), "alg": "RS256"}
    claims = {
        "ver": 1,
        "jti": f"AT.{secrets.token_urlsafe(32)}",
        "iss": ISSUER,
        "aud": "https://api.example",
        "iat": issued,
        "exp": expires,
        "cid": client_id,
        "uid": account,
        "scp": scopes,
        "auth_time": issued,
        "sub": f"{account}@login.example",
    }
    parts = [_coded(json.dumps(part).encode()) for part in (header, claims)]
    return ".".join((*parts, _coded(secrets.token_bytes(256))))


def _coded(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()


def granted(scope: str, allowed: Iterable[str] = SCOPES) -> str:
    """Return the scopes of a request in their order, once each. Raises Refusal (``invalid_scope``)."""
    wanted = list(dict.fromkeys(scope.replace("+", " ").split()))
    unknown = [each for each in wanted if each not in allowed]
    if unknown or not wanted:
        raise oauth_error("invalid_scope", "One or more scopes are not configured for the authorization server.")
    return " ".join(wanted)
