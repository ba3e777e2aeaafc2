"""Logging in to the sandbox by itself: the same login as to the real services, with a made-up person who allows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import requests

from ccsync.constant_contact.oauth_endpoint import AuthorizationServer
from ccsync.constant_contact.oauth_login import read_account
from ccsync.credentials.store import (
    CONSTANT_CONTACT,
    MEMBRAIN,
    ConstantContactTokens,
    MembrainKey,
    read_membrain_key,
    read_tokens,
)
from ccsync.errors import Unreachable
from ccsync.logs.events import NullRecorder

if TYPE_CHECKING:
    from ccsync.clock import Clock
    from ccsync.constant_contact.budget import Budget
    from ccsync.credentials.store import CredentialStore
    from ccsync.wiring.places import Places

SECONDS = 10


def log_in(store: CredentialStore, account: str, places: Places, api_key: str, clock: Clock, *, budget: Budget) -> None:
    """Store credentials for the sandbox, unless there are some."""
    known = read_membrain_key(store, account)
    if known is None or known.key != api_key:
        store.write(account, MEMBRAIN, MembrainKey(api_key, places.membrain_url, clock.now()).to_text())
    if read_tokens(store, account) is None:
        tokens = _tokens(places, clock, budget)
        store.write(account, CONSTANT_CONTACT, tokens.to_text())


def _tokens(places: Places, clock: Clock, budget: Budget) -> ConstantContactTokens:
    server = AuthorizationServer(places.auth_url, places.client_id, clock, NullRecorder())
    code = server.start_device()
    decision = {"user_code": code.user_code, "decision": "allow"}
    try:
        requests.post(code.address, data=decision, timeout=SECONDS, allow_redirects=False).raise_for_status()
    except requests.RequestException as trouble:
        raise Unreachable(
            f"the sandbox does not let anybody log in ({trouble})", hint="ccsync sandbox reset"
        ) from trouble
    answer = server.poll_device(code.device_code)
    found = read_account(places.api_url, answer.access_token, clock, budget)
    now = clock.now()
    return ConstantContactTokens(
        access_token=answer.access_token,
        refresh_token=answer.refresh_token,
        expires_at=answer.expires_at,
        scope=answer.scope,
        account_id=found.id,
        account_name=found.name,
        obtained_at=now,
        refreshed_at=now,
        client_id=places.client_id,
    )
