"""The three ways in to Constant Contact, from the first address to tokens, and whose account they open."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ccsync.constant_contact.answers import classifier
from ccsync.constant_contact.loopback import LoopbackReceiver
from ccsync.constant_contact.oauth_device import wait_for_person
from ccsync.constant_contact.oauth_endpoint import LOGIN
from ccsync.credentials.store import CONSTANT_CONTACT
from ccsync.errors import LoginNeeded, QuotaSpent
from ccsync.http.addresses import require_safe
from ccsync.http.answers import Nonsense
from ccsync.http.session import HttpClient
from ccsync.logs.events import NullRecorder

if TYPE_CHECKING:
    from collections.abc import Callable

    from ccsync.clock import Clock
    from ccsync.constant_contact.budget import Budget
    from ccsync.constant_contact.oauth_endpoint import AuthorizationServer, TokenAnswer

BROWSER_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Account:
    """A Constant Contact account: ``encoded_account_id`` and ``organization_name`` of GET /account/summary."""

    id: str
    name: str

    def __str__(self) -> str:
        return f"{self.name} ({self.id})" if self.name else self.id


def by_browser(
    server: AuthorizationServer,
    port: int,
    show: Callable[[str], None],
    *,
    seconds: float = BROWSER_SECONDS,
) -> TokenAnswer:
    """Log in with authorization code and PKCE; ``show`` is given the address once somebody listens for the redirect."""
    state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(64)
    with LoopbackReceiver(port, state) as receiver:
        show(server.authorization_address(receiver.redirect_uri, state, verifier))
        code = receiver.wait(seconds)
        redirect_uri = receiver.redirect_uri
    return _lasting(server.exchange_code(code, redirect_uri, verifier))


def by_device(server: AuthorizationServer, clock: Clock, show: Callable[[str, str], None]) -> TokenAnswer:
    """Log in on another device; ``show`` is given the address and the code that its page asks for."""
    code = server.start_device()
    show(code.address, code.user_code)
    return _lasting(wait_for_person(server, code, clock))


def read_account(api_url: str, access_token: str, clock: Clock, budget: Budget) -> Account:
    """Ask whose account a new token opens; QuotaSpent when the day holds no more calls."""
    base = require_safe(api_url, "constant_contact.api_url")
    meaning = classifier(_with_id, privilege="account:read", quota_spent=budget.service_says_spent)

    def before_try() -> dict[str, str]:
        budget.spend()
        return {"Authorization": f"Bearer {access_token}"}

    with HttpClient(CONSTANT_CONTACT, base, clock, NullRecorder()) as client:
        try:
            found = client.send("GET", "/account/summary", meaning, before_try=before_try)
        except QuotaSpent as spent:
            raise QuotaSpent(spent.message, hint=f"after 00:00 UTC: {LOGIN}") from spent
    return Account(str(found["encoded_account_id"]), str(found.get("organization_name") or ""))


def _lasting(answer: TokenAnswer) -> TokenAnswer:
    """Return an answer that can be renewed; without ``offline_access`` the service leaves that out and says nothing."""
    if answer.refresh_token:
        return answer
    raise LoginNeeded(
        "Constant Contact gave no refresh token, so the login would end within a day;"
        " the application must be allowed `offline_access`",
        hint=LOGIN,
    )


def _with_id(summary: Any) -> dict[str, Any]:
    if not isinstance(summary, dict) or not summary.get("encoded_account_id"):
        raise Nonsense("no encoded_account_id")
    return summary
