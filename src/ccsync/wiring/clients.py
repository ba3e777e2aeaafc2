"""The clients of both services, made from the configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from ccsync.constant_contact.oauth import TokenKeeper
from ccsync.constant_contact.oauth_endpoint import AuthorizationServer
from ccsync.http.session import HttpClient
from ccsync.http.transport import Limits
from ccsync.logs.events import Event
from ccsync.membrain.client import MembrainClient

if TYPE_CHECKING:
    from contextlib import ExitStack

    from ccsync.clock import Clock
    from ccsync.credentials.store import MembrainKey
    from ccsync.logs.events import Recorder
    from ccsync.stopping import StopRequest
    from ccsync.wiring.application import Application
    from ccsync.wiring.places import Places

SIMULATED = Limits(silence=60.0)
"""Patience with the sandbox: it may share our process, and carries out an import of 40,000 rows before it answers."""


def ways_out(
    stack: ExitStack, where: Places, clock: Clock, log: Recorder, stop: StopRequest | None = None
) -> tuple[HttpClient, HttpClient]:
    """Return the way to Membrain and the one to Constant Contact, open as long as ``stack``."""
    limits = SIMULATED if where.simulated else Limits()
    membrain = HttpClient("membrain", where.membrain_url, clock, log, limits=limits, stop=stop)
    contacts = HttpClient("constant-contact", where.api_url, clock, log, limits=limits, stop=stop)
    return stack.enter_context(membrain), stack.enter_context(contacts)


def membrain_client(application: Application, http: HttpClient, key: MembrainKey) -> MembrainClient:
    """Return the client of Membrain's API."""
    settings = application.config.membrain
    return MembrainClient(
        http,
        key.key,
        clock=application.clock,
        time_zone=ZoneInfo(settings.time_zone),
        page_size_parameter=settings.page_size_parameter,
        parallel_pages=settings.parallel_pages,
        requests_per_minute=settings.requests_per_minute,
    )


def token_keeper(application: Application, where: Places, log: Recorder, account_id: str) -> TokenKeeper:
    """Return the keeper of this account's tokens for Constant Contact, which tells ``log`` of new ones."""
    return TokenKeeper(
        application.credentials,
        application.config.account,
        application.folder,
        lambda: AuthorizationServer(where.auth_url, where.client_id, application.clock, log),
        application.clock,
        client_id=where.client_id,
        account_id=account_id,
        on_refreshed=lambda tokens: log.event(
            Event.AUTH_REFRESHED,
            f"Constant Contact: new access token until {tokens.expires_at:%Y-%m-%d %H:%M} UTC",
            expires_at=tokens.expires_at.isoformat(),
        ),
    )
