"""What the `auth` commands do, without the command line: log in, say what there is, log out, make a key."""

from __future__ import annotations

import webbrowser
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from getpass import getpass
from typing import TYPE_CHECKING, Any

from ccsync.credentials.store import (
    CONSTANT_CONTACT,
    MEMBRAIN,
    SERVICE_NAMES,
    ConstantContactTokens,
    MembrainKey,
    login_command,
    not_logged_in,
    read_membrain_key,
    read_tokens,
)
from ccsync.errors import CcsyncError, LoginNeeded, UsageError
from ccsync.logs.events import NullRecorder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import TextIO

    from ccsync.clock import Clock
    from ccsync.constant_contact.budget import Budget
    from ccsync.constant_contact.oauth_endpoint import TokenAnswer
    from ccsync.constant_contact.oauth_login import Account
    from ccsync.credentials.store import CredentialStore

SWITCH_ACCOUNT = f"{login_command(CONSTANT_CONTACT)} --switch-account"


class Way(StrEnum):
    """How a person gets to Constant Contact's consent page."""

    BROWSER = "browser"
    NO_BROWSER = "no-browser"
    DEVICE = "device"


@dataclass(frozen=True, slots=True)
class Application:
    """The `[constant_contact]` settings that a login needs."""

    client_id: str
    auth_url: str
    api_url: str
    redirect_port: int


@dataclass(frozen=True, slots=True)
class LoginStatus:
    """What is known of one login without asking its service. Times are aware, in UTC; empty texts are unknown."""

    service: str
    logged_in: bool
    where: str
    account: str = ""
    account_id: str = ""
    since: datetime | None = None
    access_until: datetime | None = None
    refresh_until: datetime | None = None
    note: str = ""

    def as_data(self) -> dict[str, Any]:
        """Return it for the JSON envelope, times in ISO 8601."""
        return {
            name: value.isoformat() if isinstance(value, datetime) else value for name, value in asdict(self).items()
        }


@dataclass(frozen=True, slots=True)
class Logout:
    """What a logout did; ``trouble`` says why a login that is forgotten here was not taken back there."""

    service: str
    was_logged_in: bool
    revoked: bool = False
    trouble: str = ""


def membrain_key_from_person(stdin: TextIO, *, with_key: bool, ask: Callable[[str], str] = getpass) -> str:
    """Return the key: the first line of stdin, or what is typed unseen on a terminal. UsageError when there is none."""
    with_key_command = f"{login_command(MEMBRAIN)} --with-key"
    if with_key:
        key = stdin.readline().strip()
    elif stdin.isatty():
        key = ask("Membrain API key (System Setup > Membrain API): ").strip()
    else:
        raise UsageError("There is no terminal to ask for the key on", hint=f"{with_key_command} < FILE")
    if not key:
        raise UsageError("No key was given", hint=f"{with_key_command} < FILE")
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise UsageError("This is not a key of Membrain: it is one word of plain characters", hint=with_key_command)
    return key


def login_membrain(store: CredentialStore, account: str, url: str, key: str, clock: Clock) -> int:
    """Try a key and store it when it is good; returns the number of Membrain users that it shows."""
    from ccsync.membrain.login import try_key

    store.probe()
    users = try_key(url, key, clock)
    store.write(account, MEMBRAIN, MembrainKey(key, url, clock.now()).to_text())
    return users


def login_constant_contact(
    store: CredentialStore,
    account: str,
    folder: Path,
    application: Application,
    clock: Clock,
    *,
    budget: Budget,
    say: Callable[[str], None],
    way: Way = Way.BROWSER,
    switch_account: bool = False,
    bound_to: Account | None = None,
    open_browser: Callable[[str], bool] = webbrowser.open,
) -> ConstantContactTokens:
    """Let a person allow the access, and store the tokens with the account that they open.

    ``budget`` counts the call that asks for the account. ``say`` is given whole lines for stderr. ``bound_to`` is the
    account that the state was built with, if any. Another account than that, or than the one logged in before, is
    LoginNeeded, and nothing is stored, unless ``switch_account``.
    """
    from ccsync.constant_contact.oauth import account_lock
    from ccsync.constant_contact.oauth_endpoint import AuthorizationServer
    from ccsync.constant_contact.oauth_login import by_browser, by_device, read_account

    # A login that cannot be kept must show before a person goes through it.
    store.probe()
    server = AuthorizationServer(application.auth_url, application.client_id, clock, NullRecorder())
    if way is Way.DEVICE:
        answer = by_device(server, clock, lambda address, code: say(f"Open {address} and enter the code {code}"))
    else:
        answer = by_browser(server, application.redirect_port, _shower(way, say, open_browser))
    found = read_account(application.api_url, answer.access_token, clock, budget)
    with account_lock(folder):
        if not switch_account:
            _same_account(
                found, bound_to or _account_before(store, account), lambda: server.revoke(answer.refresh_token)
            )
        tokens = _tokens(answer, found, application.client_id, clock.now())
        store.write(account, CONSTANT_CONTACT, tokens.to_text())
    return tokens


def statuses(store: CredentialStore, account: str, clock: Clock) -> tuple[LoginStatus, ...]:
    """Say of both services whether there is a login, whose, since when and until when, and where it lies."""
    where = store.describe()
    return _membrain_status(store, account, where), _constant_contact_status(store, account, where, clock.now())


def logout(
    store: CredentialStore,
    account: str,
    service: str,
    folder: Path,
    clock: Clock,
    *,
    auth_url: str,
) -> Logout:
    """Forget a login. Constant Contact's is revoked first; when that fails it is forgotten all the same, and told."""
    if service not in SERVICE_NAMES:
        raise UsageError(
            f"There is no service called {service}",
            hint=" or ".join(f"ccsync auth logout {one}" for one in SERVICE_NAMES),
        )
    if service == MEMBRAIN:
        was_there = store.read(account, MEMBRAIN) is not None
        store.delete(account, MEMBRAIN)
        return Logout(service, was_there, trouble=_KEY_STILL_WORKS if was_there else "")
    from ccsync.constant_contact.oauth import account_lock

    with account_lock(folder):
        was_there = store.read(account, CONSTANT_CONTACT) is not None
        trouble = _revoke(store, account, auth_url, clock) if was_there else ""
        store.delete(account, CONSTANT_CONTACT)
    return Logout(service, was_there, revoked=was_there and not trouble, trouble=trouble)


def make_key(path: Path) -> str:
    """Write a new key for the encrypted file; returns the line of the configuration that uses it."""
    from ccsync.credentials.key import new_key

    new_key(path)
    return f'key_file = "{path.absolute()}"'


_KEY_STILL_WORKS = "the key itself still works; an administrator can remove it under System Setup > Membrain API"


def _shower(way: Way, say: Callable[[str], None], open_browser: Callable[[str], bool]) -> Callable[[str], None]:
    def show(address: str) -> None:
        if way is Way.BROWSER and open_browser(address):
            say("Waiting for the login in your browser")
        else:
            say(f"Open this address on this machine: {address}")

    return show


def _account_before(store: CredentialStore, account: str) -> Account | None:
    from ccsync.constant_contact.oauth_login import Account

    try:
        tokens = read_tokens(store, account)
    except LoginNeeded:
        return None
    return None if tokens is None else Account(tokens.account_id, tokens.account_name)


def _same_account(found: Account, before: Account | None, take_back: Callable[[], None]) -> None:
    if before is None or before.id == found.id:
        return
    message = f"This login opens {found}, and ccsync is set up with {before}; nothing was stored"
    try:
        take_back()
    except CcsyncError as trouble:
        message = f"{message}, but the login could not be taken back ({trouble.message})"
    raise LoginNeeded(message, hint=SWITCH_ACCOUNT, code="other_account")


def _tokens(answer: TokenAnswer, found: Account, client_id: str, now: datetime) -> ConstantContactTokens:
    return ConstantContactTokens(
        access_token=answer.access_token,
        refresh_token=answer.refresh_token,
        expires_at=answer.expires_at,
        scope=answer.scope,
        account_id=found.id,
        account_name=found.name,
        obtained_at=now,
        refreshed_at=now,
        client_id=client_id,
    )


def _membrain_status(store: CredentialStore, account: str, where: str) -> LoginStatus:
    try:
        key = read_membrain_key(store, account)
        if key is None:
            raise not_logged_in(MEMBRAIN)
    except LoginNeeded as missing:
        return _absent(MEMBRAIN, where, missing)
    return LoginStatus(
        MEMBRAIN,
        logged_in=True,
        where=where,
        account=key.url,
        since=key.obtained_at,
        note="until the key is removed in Membrain",
    )


def _constant_contact_status(store: CredentialStore, account: str, where: str, now: datetime) -> LoginStatus:
    from ccsync.constant_contact.oauth import UNUSED_LIFETIME

    try:
        tokens = read_tokens(store, account)
        if tokens is None:
            raise not_logged_in(CONSTANT_CONTACT)
    except LoginNeeded as missing:
        return _absent(CONSTANT_CONTACT, where, missing)
    until = tokens.refreshed_at + UNUSED_LIFETIME
    return LoginStatus(
        CONSTANT_CONTACT,
        logged_in=until > now,
        where=where,
        account=tokens.account_name,
        account_id=tokens.account_id,
        since=tokens.obtained_at,
        access_until=tokens.expires_at,
        refresh_until=until,
        note=(
            "renewed by itself; ends when it is not used for 180 days"
            if until > now
            else f"not used for 180 days; {login_command(CONSTANT_CONTACT)}"
        ),
    )


def _absent(service: str, where: str, missing: LoginNeeded) -> LoginStatus:
    return LoginStatus(service, logged_in=False, where=where, note=f"{missing.message}: {missing.hint}")


def _revoke(store: CredentialStore, account: str, auth_url: str, clock: Clock) -> str:
    """Return why the login could not be taken back; empty when it was."""
    from ccsync.constant_contact.oauth_endpoint import AuthorizationServer

    try:
        tokens = read_tokens(store, account)
        if tokens is not None:
            AuthorizationServer(auth_url, tokens.client_id, clock, NullRecorder()).revoke(tokens.refresh_token)
    except CcsyncError as trouble:
        return trouble.message
    return ""
