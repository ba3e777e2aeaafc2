"""The logins: where they are kept, whether they are there, and how long they last."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from ccsync.constant_contact.oauth import UNUSED_LIFETIME
from ccsync.constant_contact.oauth_endpoint import SCOPES
from ccsync.credentials.store import CONSTANT_CONTACT, login_command
from ccsync.doctor.finding import Finding, fail, ok, refused, warn
from ccsync.doctor.words import day, lasting
from ccsync.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from ccsync.credentials.store import ConstantContactTokens, MembrainKey
    from ccsync.errors import CcsyncError

LOGIN = login_command(CONSTANT_CONTACT)
SWITCH = f"{LOGIN} --switch-account"
_SOON = UNUSED_LIFETIME / 6
_KINDS = {
    "long-lived": "long-lived, the same one after each renewal",
    "rotating": "rotating: each one works once, so this login must not be used on another machine as well",
    "": "rotating or long-lived shows at its first renewal",
}


@dataclass(frozen=True, slots=True)
class StoreFacts:
    """Where logins lie, in words, and why none can be kept there; the trouble is None when they can."""

    where: str
    trouble: CcsyncError | None = None


@dataclass(frozen=True, slots=True)
class GrantFacts:
    """The login to Constant Contact, and what it has to fit: our application, and the account of the state."""

    tokens: ConstantContactTokens
    client_id: str
    bound_account: str | None
    now: datetime


def check_store(facts: StoreFacts) -> Iterator[Finding]:
    """Say where logins lie. Only a vetted keyring gets here: one that keeps secrets readable is an error of its own."""
    if facts.trouble is not None:
        yield from refused("credentials", facts.trouble)
    else:
        yield ok("credentials", facts.where)


def check_key(key: MembrainKey) -> Iterator[Finding]:
    """Say since when Membrain's key is stored; whether it is right, Membrain says."""
    yield ok("membrain-login", f"key for {key.url}, stored {day(key.obtained_at)}")


def check_grant(facts: GrantFacts) -> Iterator[Finding]:
    """Say whose login it is, how long it lasts, and what it covers."""
    tokens = facts.tokens
    yield _whose(facts)
    yield _age(tokens, facts.now)
    missing = sorted(set(SCOPES.split()) - set(tokens.scope.split()))
    if tokens.scope and missing:
        said = f"the login does not cover {', '.join(missing)}"
        yield fail("scopes", said, f"{LOGIN}, and allow all that it asks for", ExitCode.LOGIN_NEEDED)
    else:
        yield ok("scopes", tokens.scope or "not told by Constant Contact; what is missing shows below")


def _whose(facts: GrantFacts) -> Finding:
    name, tokens = "constant-contact-login", facts.tokens
    if tokens.client_id != facts.client_id:
        said = "the stored login belongs to another `[constant_contact] client_id` than the configuration names"
        return fail(name, said, LOGIN, ExitCode.LOGIN_NEEDED)
    if facts.bound_account not in (None, tokens.account_id):
        said = f"the login is for account {tokens.account_id}, and the state holds account {facts.bound_account}"
        return fail(name, said, f"{LOGIN}, or to start afresh: {SWITCH}", ExitCode.LOGIN_NEEDED)
    return ok(name, f"account {tokens.account_id}, since {day(tokens.obtained_at)}")


def _age(tokens: ConstantContactTokens, now: datetime) -> Finding:
    """Constant Contact ends a refresh token that was not used for 180 days (its support staff)."""
    name = "refresh-token"
    left = tokens.refreshed_at + UNUSED_LIFETIME - now
    said = f"renewed {lasting(now - tokens.refreshed_at)} ago; {_KINDS.get(tokens.kind, tokens.kind)}"
    if left <= timedelta():
        said = f"not used for {lasting(now - tokens.refreshed_at)}, and it ends after 180 days"
        return fail(name, said, LOGIN, ExitCode.LOGIN_NEEDED)
    if left < _SOON:
        return warn(name, f"{said}; it ends in {lasting(left)} unless it is used", "ccsync run --once")
    return ok(name, said)
