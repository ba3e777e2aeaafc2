"""The port behind which secrets are kept, and the two logins that are kept there.

A store takes opaque text under the name of an account and of a service. The value types here say what that text means;
they never show a secret in their ``repr``, and they are the only place that knows the JSON form.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol
from urllib.parse import urlsplit

from ccsync.errors import LoginNeeded

MEMBRAIN = "membrain"
CONSTANT_CONTACT = "constant-contact"
SERVICE_NAMES = {MEMBRAIN: "Membrain", CONSTANT_CONTACT: "Constant Contact"}


class CredentialStore(Protocol):
    """A place for secrets.

    Every method raises LocalError with a hint when the place cannot be used, Locked when another process keeps it busy,
    and ConfigError when the configuration does not say how to open it.
    """

    def read(self, account: str, service: str) -> str | None:
        """Return what was written last, or None when nothing is stored."""
        ...

    def write(self, account: str, service: str, text: str) -> None:
        """Store text in place of what was there; durable when this returns."""
        ...

    def delete(self, account: str, service: str) -> None:
        """Forget; nothing happens when nothing is stored."""
        ...

    def probe(self) -> None:
        """Write, read and delete something harmless, to find out early whether a login could be kept."""
        ...

    def describe(self) -> str:
        """Say where the secrets lie, in words for a person; holds no secret."""
        ...


@dataclass(frozen=True, slots=True)
class MembrainKey:
    """A key of Membrain's API, the address that it was tried against, and when."""

    key: str = field(repr=False)
    url: str = ""
    obtained_at: datetime | None = None

    def to_text(self) -> str:
        """Return the form in which a store keeps it."""
        return _to_text(self)

    @classmethod
    def from_text(cls, text: str) -> MembrainKey:
        """Read what ``to_text`` wrote; LoginNeeded when it is something else."""
        with _Reading(MEMBRAIN):
            values = _values(text, cls.__dataclass_fields__)
            return cls(str(values["key"]), str(values["url"]), _time_or_none(values["obtained_at"]))


@dataclass(frozen=True, slots=True)
class ConstantContactTokens:
    """One grant of one Constant Contact account to one application. Times are aware, in UTC.

    ``kind`` is what its renewals have shown: ``rotating`` when each brings another refresh token, ``long-lived`` when
    it stays the same, empty before the first.
    """

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_at: datetime
    scope: str
    account_id: str
    account_name: str
    obtained_at: datetime
    refreshed_at: datetime
    client_id: str
    kind: str = ""

    def to_text(self) -> str:
        """Return the form in which a store keeps it."""
        return _to_text(self)

    @classmethod
    def from_text(cls, text: str) -> ConstantContactTokens:
        """Read what ``to_text`` wrote; LoginNeeded when it is something else."""
        with _Reading(CONSTANT_CONTACT):
            values = _values(text, cls.__dataclass_fields__, kind="")  # what was stored before there were kinds
            return cls(
                access_token=str(values["access_token"]),
                refresh_token=str(values["refresh_token"]),
                expires_at=_time(values["expires_at"]),
                scope=str(values["scope"]),
                account_id=str(values["account_id"]),
                account_name=str(values["account_name"]),
                obtained_at=_time(values["obtained_at"]),
                refreshed_at=_time(values["refreshed_at"]),
                client_id=str(values["client_id"]),
                kind=str(values["kind"]),
            )


def login_command(service: str) -> str:
    """Return the command that logs in to a service."""
    return f"ccsync auth login {service}"


def not_logged_in(service: str) -> LoginNeeded:
    """Return the error for a service whose login is missing."""
    return LoginNeeded(f"Not logged in to {SERVICE_NAMES[service]}", hint=login_command(service))


def read_membrain_key(store: CredentialStore, account: str) -> MembrainKey | None:
    """Return the stored key of Membrain's API, or None."""
    text = store.read(account, MEMBRAIN)
    return None if text is None else MembrainKey.from_text(text)


def require_membrain_key(store: CredentialStore, account: str, url: str) -> MembrainKey:
    """Return the stored key for the instance at ``url``; LoginNeeded with the command when there is none.

    Instances are told apart by their host: a key is sent to no other one than it was tried against.
    """
    key = read_membrain_key(store, account)
    if key is None:
        raise not_logged_in(MEMBRAIN)
    tried_at, named = urlsplit(key.url).hostname, urlsplit(url).hostname
    if tried_at != named:
        raise LoginNeeded(
            f"The stored key is for Membrain at {tried_at}, and the configuration names {named}: it was not sent there",
            hint=login_command(MEMBRAIN),
            code="other_instance",
        )
    return key


def read_tokens(store: CredentialStore, account: str) -> ConstantContactTokens | None:
    """Return the stored tokens of Constant Contact, or None."""
    text = store.read(account, CONSTANT_CONTACT)
    return None if text is None else ConstantContactTokens.from_text(text)


class _Reading:
    """Turns any mistake in a stored text into the one thing to do about it: log in again."""

    def __init__(self, service: str) -> None:
        self._service = service

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, (ValueError, KeyError, TypeError, AttributeError)):
            # "from None": the text of a JSON error quotes what it read.
            raise LoginNeeded(
                f"The stored login for {SERVICE_NAMES[self._service]} cannot be read",
                hint=login_command(self._service),
            ) from None


def _to_text(value: MembrainKey | ConstantContactTokens) -> str:
    return json.dumps(asdict(value), default=lambda moment: moment.isoformat())


def _values(text: str, names: Any, **otherwise: Any) -> dict[str, Any]:
    held = {**otherwise, **json.loads(text)}
    return {name: held[name] for name in names}


def _time(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a stored time has no zone")
    return moment.astimezone(UTC)


def _time_or_none(text: str | None) -> datetime | None:
    return None if text is None else _time(text)
