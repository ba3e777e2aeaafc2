"""The keeper of Constant Contact's tokens: the one place that spends a refresh token.

Refresh tokens may be single use, and what is lost then is a login that only a person can repeat. So: take the account's
lock, read the store again, refresh only if still stale, write durably, and only then use.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from ccsync.credentials.store import CONSTANT_CONTACT, login_command, not_logged_in, read_tokens
from ccsync.errors import LocalError, Locked, LoginNeeded, Stopped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ccsync.clock import Clock
    from ccsync.constant_contact.oauth_endpoint import TokenAnswer
    from ccsync.credentials.store import ConstantContactTokens, CredentialStore

LOCK_NAME = "credentials.lock"
LOCK_SECONDS = 90.0
LOGIN = login_command(CONSTANT_CONTACT)
# A token is replaced this long before its end, or a quarter of its life if that is shorter.
MARGIN = timedelta(minutes=5)
# Constant Contact: a refresh token ends when it was not used for 180 days.
UNUSED_LIFETIME = timedelta(days=180)


class Refresher(Protocol):
    """What the keeper asks of the authorisation server."""

    client_id: str

    def refresh(self, refresh_token: str) -> TokenAnswer:
        """Spend a refresh token; LoginNeeded when it is refused, Unreachable when no answer comes."""
        ...


class TokenKeeper:
    """Gives out an access token that is valid for some minutes, for one account.

    Tokens of another Constant Contact account than ``account_id`` are Stopped: somebody logged in to that one since.
    Safe between threads and between processes. ``on_refreshed`` is called after new tokens are stored. ``server`` is a
    function so that what it needs is imported when a refresh is due, about once a day.
    """

    def __init__(
        self,
        store: CredentialStore,
        account: str,
        folder: Path,
        server: Callable[[], Refresher],
        clock: Clock,
        *,
        client_id: str,
        account_id: str,
        on_refreshed: Callable[[ConstantContactTokens], None] | None = None,
    ) -> None:
        self._store = store
        self._account = account
        self._folder = folder
        self._server = server
        self._clock = clock
        self._client_id = client_id
        self._account_id = account_id
        self._on_refreshed = on_refreshed
        self._held: ConstantContactTokens | None = None
        self._turn = threading.Lock()

    def access_token(self) -> str:
        """Return a token that is good for some minutes; LoginNeeded when a person has to log in."""
        held = self._held or self._stored()
        if not self._fresh(held):
            held = self._renewed(refused="")
        self._held = held
        return held.access_token

    def refreshed_after_401(self, old_token: str) -> str:
        """Return another token than the one that the service has just refused."""
        return self._renewed(refused=old_token).access_token

    def _renewed(self, refused: str) -> ConstantContactTokens:
        with self._turn, account_lock(self._folder):
            stored = self._stored()
            if self._fresh(stored) and stored.access_token != refused:
                self._held = stored
                return stored
            # A full disk or a locked keyring must show before the token is spent, not after.
            self._store.probe()
            self._held = self._spend(stored)
            return self._held

    def _spend(self, stored: ConstantContactTokens) -> ConstantContactTokens:
        server = self._server()
        try:
            answer = server.refresh(stored.refresh_token)
        except LoginNeeded as refused:
            # Somebody who does not take this lock (another machine with the same keyring) may have been first.
            again = self._stored()
            if again.refresh_token == stored.refresh_token:
                raise LoginNeeded(
                    f"The login to Constant Contact ({stored.account_name}) has ended. {refused.message}", hint=LOGIN
                ) from refused
            if self._fresh(again):
                return again
            stored, answer = again, server.refresh(again.refresh_token)
        refresh_token = answer.refresh_token or stored.refresh_token
        renewed = replace(
            stored,
            access_token=answer.access_token,
            refresh_token=refresh_token,
            kind="long-lived" if refresh_token == stored.refresh_token else "rotating",
            expires_at=answer.expires_at,
            scope=answer.scope or stored.scope,
            refreshed_at=self._clock.now(),
        )
        self._store.write(self._account, CONSTANT_CONTACT, renewed.to_text())
        if self._on_refreshed is not None:
            self._on_refreshed(renewed)
        return renewed

    def _stored(self) -> ConstantContactTokens:
        tokens = read_tokens(self._store, self._account)
        if tokens is None:
            raise not_logged_in(CONSTANT_CONTACT)
        if tokens.client_id != self._client_id:
            raise LoginNeeded(
                "The stored login to Constant Contact belongs to another `[constant_contact] client_id`", hint=LOGIN
            )
        if tokens.account_id != self._account_id:
            raise Stopped(
                f"The login was changed from the Constant Contact account {self._account_id}"
                f" to {tokens.account_id} in the meantime",
                hint="ccsync run --once",
                code="other_account",
            )
        return tokens

    def _fresh(self, tokens: ConstantContactTokens) -> bool:
        margin = min(MARGIN, (tokens.expires_at - tokens.refreshed_at) / 4)
        return tokens.expires_at - self._clock.now() > margin


@contextmanager
def account_lock(folder: Path) -> Iterator[None]:
    """Hold the account's lock on its Constant Contact login, across threads and processes; Locked after 90 seconds."""
    from filelock import FileLock, Timeout  # noqa: PLC0415 - slow to import, and most runs need no refresh

    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = FileLock(folder / LOCK_NAME, timeout=LOCK_SECONDS, mode=0o600)
        lock.acquire()
    except Timeout:
        raise Locked(
            "Another process has been busy with the login to Constant Contact for 90 seconds",
            hint="run the same command again when it has ended",
        ) from None
    except OSError as error:
        raise LocalError(
            f"The lock {folder / LOCK_NAME} cannot be taken: {error.strerror}",
            hint=f"run ccsync as the user who owns it: ls -ld {folder}",
        ) from None
    try:
        yield
    finally:
        lock.release()
