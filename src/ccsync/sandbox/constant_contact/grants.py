"""Grants that wait for a person or for the exchange: authorization codes and device codes."""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ccsync.sandbox.constant_contact.errors import oauth_error

if TYPE_CHECKING:
    from collections.abc import Callable

    from ccsync.sandbox.constant_contact.store import Store
    from ccsync.sandbox.constant_contact.switches import Switches

USER_CODE_LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
USER_CODE_HALF = 4
SLOW_DOWN_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Granted:
    """What a person has agreed to."""

    account: str
    scope: str


@dataclass(frozen=True, slots=True)
class Device:
    """A device that waits for its person."""

    user_code: str
    client_id: str
    scope: str


class Grants:
    """Keeps codes until they are used or too old."""

    def __init__(self, store: Store, switches: Callable[[], Switches]) -> None:
        self._store = store
        self._switches = switches

    def new_code(self, client_id: str, account: str, redirect_uri: str, scope: str, challenge: str | None) -> str:
        """Return an authorization code for what a person has just allowed."""
        code = secrets.token_urlsafe(32)
        expires = self._store.seconds() + self._switches().code_seconds
        row = (code, client_id, account, redirect_uri, scope, challenge, expires)
        self._store.run("INSERT INTO codes VALUES (?, ?, ?, ?, ?, ?, ?)", row)
        return code

    def use_code(self, code: str, client_id: str, redirect_uri: str, verifier: str | None, *, known: bool) -> Granted:
        """Return the grant behind a code and end the code, right or wrong. Raises Refusal (``invalid_grant``).

        ``known`` tells that the application has shown its secret; without it, PKCE is required.
        """
        found = self._store.row("SELECT * FROM codes WHERE code = ?", (code,))
        self._store.run("DELETE FROM codes WHERE code = ?", (code,))
        if found is None or found["expires"] <= self._store.seconds():
            raise oauth_error("invalid_grant", "The authorization code is invalid or has expired.")
        if found["client_id"] != client_id:
            raise oauth_error("invalid_grant", "The authorization code was issued to another client.")
        if found["redirect_uri"] != redirect_uri:
            raise oauth_error("invalid_grant", "The 'redirect_uri' does not match the one of the authorization.")
        if found["challenge"] is None and not known:
            raise oauth_error("invalid_client", "A public client must use PKCE.", 401)
        if found["challenge"] is not None and not _proves(verifier, found["challenge"]):
            raise oauth_error("invalid_grant", "PKCE verification failed.")
        return Granted(found["account"], found["scope"])

    def new_device(self, client_id: str, scope: str) -> dict[str, Any]:
        """Return device and user code with their life and the polling interval."""
        switches = self._switches()
        letters = [secrets.choice(USER_CODE_LETTERS) for _ in range(2 * USER_CODE_HALF)]
        user_code = f"{''.join(letters[:USER_CODE_HALF])}-{''.join(letters[USER_CODE_HALF:])}"
        device_code = secrets.token_urlsafe(32)
        expires = self._store.seconds() + switches.device_code_seconds
        interval = switches.device_interval_seconds
        self._store.run(
            "INSERT INTO devices VALUES (?, ?, ?, ?, ?, ?, 0, 'waiting', NULL)",
            (device_code, user_code, client_id, scope, expires, interval),
        )
        codes = {"device_code": device_code, "user_code": user_code}
        return {**codes, "expires_in": switches.device_code_seconds, "interval": interval}

    def waiting_device(self, user_code: str) -> Device | None:
        """Return the device behind a user code while it waits; case and the hyphen do not matter."""
        letters = "".join(each for each in user_code.upper() if each.isalpha())
        code = f"{letters[:USER_CODE_HALF]}-{letters[USER_CODE_HALF:]}"
        sql = "SELECT * FROM devices WHERE user_code = ? AND state = 'waiting' AND expires > ?"
        found = self._store.row(sql, (code, self._store.seconds()))
        return None if found is None else Device(found["user_code"], found["client_id"], found["scope"])

    def decide_device(self, device: Device, account: str, *, allowed: bool) -> None:
        """Note what the person decided."""
        state = "allowed" if allowed else "denied"
        sql = "UPDATE devices SET state = ?, account = ? WHERE user_code = ?"
        self._store.run(sql, (state, account, device.user_code))

    def use_device(self, device_code: str, client_id: str) -> Granted:
        """Return the grant of a device and end its code. Raises Refusal with what a polling device is told."""
        now = self._store.seconds()
        sql = "SELECT * FROM devices WHERE device_code = ? AND client_id = ?"
        found = self._store.row(sql, (device_code, client_id))
        if found is None:
            raise oauth_error("invalid_grant", "The device code is invalid.")
        self._store.run("UPDATE devices SET asked = ? WHERE device_code = ?", (now, device_code))
        if found["expires"] <= now:
            raise oauth_error("expired_token", "The device code is invalid or expired.")
        if now - found["asked"] < found["interval"]:
            longer = found["interval"] + SLOW_DOWN_SECONDS
            self._store.run("UPDATE devices SET interval = ? WHERE device_code = ?", (longer, device_code))
            raise oauth_error("slow_down", "The device is polling too frequently.")
        if found["state"] == "waiting":
            raise oauth_error("authorization_pending", "The device authorization is pending. Please try again later.")
        self._store.run("DELETE FROM devices WHERE device_code = ?", (device_code,))
        if found["state"] == "denied":
            raise oauth_error("access_denied", "The resource owner denied the request.")
        return Granted(found["account"], found["scope"])


def _proves(verifier: str | None, challenge: str) -> bool:
    if verifier is None:
        return False
    digest = hashlib.sha256(verifier.encode()).digest()
    return secrets.compare_digest(base64.urlsafe_b64encode(digest).rstrip(b"=").decode(), challenge)
