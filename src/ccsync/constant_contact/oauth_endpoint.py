"""Constant Contact's authorisation server, as far as ccsync asks it: addresses, exchanges, and what the answers mean.

Facts (Constant Contact's OAuth2 guides; answers of its API support in the community): a public client sends its
``client_id`` in the body and no secret; the token endpoint takes one request a second and answers 429 to more; a
refused grant is HTTP 400 with ``{"error": "invalid_grant"}``. Authlib builds the requests and reads the token answers.
"""

from __future__ import annotations

import base64
import binascii
import json
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import requests

from ccsync.credentials.store import CONSTANT_CONTACT, login_command
from ccsync.errors import ConfigError, LoginNeeded, TryLater, Unreachable
from ccsync.http.addresses import require_safe
from ccsync.http.telling import Telling, TellingAdapter
from ccsync.http.transport import is_loopback
from ccsync.http.tries import Tries, TryAgainError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ccsync.clock import Clock
    from ccsync.logs.events import Recorder

SCOPES = "contact_data account_read offline_access"
DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
LOGIN = login_command(CONSTANT_CONTACT)

# Seconds for a connection, and for an answer.
_TIME_LIMITS = (3.0, 10.0)
# Seconds before another try: the token endpoint takes one request a second.
_PAUSE = 1.1
# For an answer that names no end in either of the two places: short, because a refresh costs little.
_UNTOLD_LIFETIME = timedelta(hours=1)

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class TokenAnswer:
    """What the token endpoint gave; ``refresh_token`` and ``scope`` are empty when the answer leaves them out."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_at: datetime
    scope: str


@dataclass(frozen=True, slots=True)
class DeviceCode:
    """A login that waits for a person on another device; times in seconds."""

    device_code: str = field(repr=False)
    user_code: str
    address: str
    expires_in: float
    interval: float


class GrantRefused(LoginNeeded):
    """The authorisation server said no; ``error`` is its own word for it."""

    def __init__(self, error: str, description: str) -> None:
        told = " ".join((description or error).split())[:200]
        super().__init__(f"Constant Contact refused the login: {told}", hint=LOGIN)
        self.error = error


class AuthorizationServer:
    """The endpoints below ``auth_url`` for one application.

    Every call raises Unreachable after three tries without an answer (TryLater when throttled throughout), GrantRefused
    when the server says no, and ConfigError when it does not know the application. Each try is a line in the log.
    """

    def __init__(
        self,
        auth_url: str,
        client_id: str,
        clock: Clock,
        log: Recorder,
        *,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        """``jitter`` gives numbers from 0 to 1."""
        self._base = require_safe(auth_url, "constant_contact.auth_url")
        self._clock = clock
        self._log = log
        self._jitter = jitter
        self.client_id = client_id

    def authorization_address(self, redirect_uri: str, state: str, verifier: str) -> str:
        """Return the page on which a person allows the access (PKCE with S256)."""
        with self._session(redirect_uri=redirect_uri, scope=SCOPES, code_challenge_method="S256") as session:
            address, _ = session.create_authorization_url(
                f"{self._base}/authorize", state=state, code_verifier=verifier
            )
        return str(address)

    def exchange_code(self, code: str, redirect_uri: str, verifier: str) -> TokenAnswer:
        """Turn the code of the redirect into tokens."""
        return self._token(
            grant_type="authorization_code", code=code, redirect_uri=redirect_uri, code_verifier=verifier
        )

    def refresh(self, refresh_token: str) -> TokenAnswer:
        """Spend a refresh token. A lost answer is tried again with the same token: it may not have been spent."""
        return self._token(grant_type="refresh_token", refresh_token=refresh_token)

    def start_device(self) -> DeviceCode:
        """Ask for a code that a person types on another device."""
        asked = {"client_id": self.client_id, "scope": SCOPES}
        answer = self._patiently(lambda attempt: self._form("/device/authorize", asked, attempt))
        try:
            return DeviceCode(
                device_code=str(answer["device_code"]),
                user_code=str(answer["user_code"]),
                address=str(answer.get("verification_uri_complete") or answer["verification_uri"]),
                expires_in=float(answer["expires_in"]),
                interval=float(answer.get("interval", 5)),
            )
        except (KeyError, ValueError, TypeError):
            raise _nonsense("the device login") from None

    def poll_device(self, device_code: str) -> TokenAnswer:
        """Ask once whether the person has decided; GrantRefused with ``authorization_pending`` while not."""
        return self._token(grant_type=DEVICE_GRANT, device_code=device_code)

    def revoke(self, token: str) -> None:
        """Take a token back (RFC 7009)."""

        def once(attempt: int) -> None:
            with self._session(attempt) as session:
                answer = session.revoke_token(f"{self._base}/revoke", token, "refresh_token", allow_redirects=False)
            if answer.status_code != requests.codes.ok:
                raise Unreachable(
                    f"Constant Contact did not revoke the login (HTTP {answer.status_code})",
                    hint="ccsync auth logout constant-contact",
                )

        self._patiently(once)

    def _token(self, **parameters: str) -> TokenAnswer:
        return self._patiently(lambda attempt: self._token_once(parameters, attempt))

    def _token_once(self, parameters: dict[str, str], attempt: int) -> TokenAnswer:
        from authlib.integrations.base_client import OAuthError  # noqa: PLC0415 - slow, and most runs need no refresh

        asked_at = self._clock.now()
        with self._session(attempt) as session:
            session.register_compliance_hook("access_token_response", _sound)
            try:
                answer = session.fetch_token(f"{self._base}/token", allow_redirects=False, **parameters)
            except OAuthError as refused:
                raise _refusal(str(refused.error), str(refused.description or "")) from None
            except (ValueError, TypeError):
                raise _again(_nonsense("the login")) from None
        return _read_tokens(answer, asked_at)

    def _form(self, path: str, values: dict[str, str], attempt: int) -> dict[str, Any]:
        with self._session(attempt) as session:
            response = session.post(f"{self._base}{path}", data=values, auth=_as_it_is, allow_redirects=False)
        answer: dict[str, Any] = _sound(response).json()
        if "error" in answer:
            raise _refusal(str(answer["error"]), str(answer.get("error_description", "")))
        return answer

    def _session(self, attempt: int = 1, **options: str) -> Any:
        from authlib.integrations.requests_client import OAuth2Session  # noqa: PLC0415 - as above

        session = OAuth2Session(self.client_id, default_timeout=_TIME_LIMITS, **options)
        # The endpoint was seen to answer 403 with a web page to a library's own User-Agent.
        session.headers["User-Agent"] = f"ccsync/{version('ccsync')}"
        # A proxy of the environment is for the way out, never for a service on this machine.
        session.trust_env = not is_loopback(urlsplit(self._base).hostname or "")
        told = TellingAdapter(lambda *request: Telling(self._log, self._clock, CONSTANT_CONTACT, request, attempt))
        session.mount("https://", told)
        session.mount("http://", told)
        return session

    def _patiently(self, call: Callable[[int], _T]) -> _T:
        """Call with the number of the try until it answers, or nothing more is to be hoped for."""
        tries = Tries(self._jitter)

        def once() -> _T:
            tries.sent += 1
            return _sent(lambda: call(tries.sent))

        return tries.go(once, self._clock.sleep)


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Sign nothing: without this, requests would take a login from the user's netrc file."""
    return request


def _sent(call: Callable[[], _T]) -> _T:
    """Say in ccsync's own errors what went wrong on the way; the library's may quote what was sent."""
    try:
        return call()
    except requests.exceptions.SSLError:
        raise Unreachable(
            "Constant Contact's certificate was not accepted",
            hint="look at the machine's clock and at its proxy, then run the same command again",
        ) from None
    except requests.RequestException as error:
        lost = Unreachable(
            f"Constant Contact's login service gave no answer ({type(error).__name__})",
            hint="check the network, then run the same command again",
        )
        raise _again(lost) from None


def _sound(response: requests.Response) -> requests.Response:
    """Return an answer that holds a JSON object and is a yes or a no; raise for every other kind."""
    status = response.status_code
    if status == requests.codes.too_many_requests:
        busy = TryLater("Constant Contact's login service is throttling", hint="run the same command again in a minute")
        raise TryAgainError(busy, wait=_PAUSE, counts=False)
    if status >= requests.codes.internal_server_error:
        unwell = Unreachable(
            f"Constant Contact's login service fails (HTTP {status})", hint="run the same command again later"
        )
        raise _again(unwell)
    try:
        answer = response.json()
    except ValueError:
        answer = None
    if isinstance(answer, dict) and ("error" in answer or status == requests.codes.ok):
        return response
    if status == requests.codes.ok:
        # The token may have been spent for this unreadable answer: asking again at once is its best chance.
        raise _again(_nonsense("the login"))
    raise Unreachable(
        f"Constant Contact's login service answers HTTP {status} and no JSON",
        hint="check `[constant_contact] auth_url` (ccsync config show) and a proxy on the way",
    )


def _again(error: Unreachable) -> TryAgainError:
    return TryAgainError(error, wait=_PAUSE)


def _nonsense(what: str) -> Unreachable:
    return Unreachable(
        f"Constant Contact's answer to {what} cannot be understood",
        hint="check `[constant_contact] auth_url` (ccsync config show) and a proxy on the way",
    )


def _refusal(error: str, description: str) -> GrantRefused | ConfigError:
    if error in ("invalid_client", "unauthorized_client"):
        return ConfigError(
            "Constant Contact does not know this application, or does not allow it this kind of login",
            hint="compare `[constant_contact] client_id` with the API key in the developer portal: ccsync config show",
        )
    return GrantRefused(error, description)


def _read_tokens(answer: dict[str, Any], asked_at: datetime) -> TokenAnswer:
    access_token = answer.get("access_token")
    if not isinstance(access_token, str) or not access_token:
        raise _again(_nonsense("the login"))
    return TokenAnswer(
        access_token=access_token,
        refresh_token=str(answer.get("refresh_token") or ""),
        expires_at=_end(answer.get("expires_in"), access_token, asked_at),
        scope=str(answer.get("scope") or ""),
    )


def _end(expires_in: Any, access_token: str, asked_at: datetime) -> datetime:
    """Return when the access token ends, counted from before the request was sent, or as the token itself says."""
    try:
        return asked_at + timedelta(seconds=int(expires_in))
    except (TypeError, ValueError, OverflowError):
        pass
    try:
        claims = access_token.split(".")[1]
        padded = claims + "=" * (-len(claims) % 4)
        return datetime.fromtimestamp(int(json.loads(base64.urlsafe_b64decode(padded))["exp"]), UTC)
    except (IndexError, binascii.Error, ValueError, KeyError, TypeError, OverflowError, OSError):
        return asked_at + _UNTOLD_LIFETIME
