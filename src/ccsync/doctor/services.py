"""What the two services say: whether they answer, what they allow, how full they are, and what time it is there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ccsync.credentials.store import CONSTANT_CONTACT, login_command
from ccsync.doctor.finding import Finding, fail, ok, refused, warn
from ccsync.doctor.words import counted, lasting
from ccsync.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import timedelta

    from ccsync.errors import CcsyncError

MOST_LISTS = 1000
MOST_CUSTOM_FIELDS = 100
"""Of one account of Constant Contact (its overview of lists, and its schema of POST /contact_custom_fields)."""

PRIVILEGES = ("account:read", "contacts:read", "contacts:write", "contacts:lists:read", "contacts:lists:write")
"""What a run needs (``x-authorization-privileges`` of the operations that it uses)."""

_NEARLY = 0.95
_SET_CLOCK = "timedatectl set-ntp true"


@dataclass(frozen=True, slots=True)
class ClockFacts:
    """How far this machine's clock is from a service's; neither is negative."""

    ahead: timedelta
    behind: timedelta


@dataclass(frozen=True, slots=True)
class MembrainFacts:
    """Where Membrain is, and how many users the key shows."""

    host: str
    users: int


@dataclass(frozen=True, slots=True)
class ContactsFacts:
    """What Constant Contact answered until ``trouble`` came, if it did: None for what was not asked any more.

    ``wanted_lists`` and ``wanted_fields`` are the names in the configuration.
    """

    login_account: str
    account: str | None = None
    privileges: frozenset[str] | None = None
    lists: frozenset[str] | None = None
    custom_fields: frozenset[str] | None = None
    wanted_lists: frozenset[str] = frozenset()
    wanted_fields: frozenset[str] = frozenset()
    trouble: CcsyncError | None = None
    clock: ClockFacts | None = None


def check_membrain(facts: MembrainFacts) -> Iterator[Finding]:
    """Say that Membrain answers and takes the key; that it does not is an error of the look itself."""
    yield ok("membrain", f"{facts.host} answers, and the key shows {counted(facts.users, 'user')}")


def check_contacts(facts: ContactsFacts) -> Iterator[Finding]:
    """Say whether Constant Contact answers, takes the login, allows what a run does, and has room."""
    name = "constant-contact"
    if facts.account is not None and facts.account != facts.login_account:
        said = f"the login opens account {facts.account}, and was stored for {facts.login_account}"
        yield fail(name, said, login_command(CONSTANT_CONTACT), ExitCode.LOGIN_NEEDED)
    elif facts.account is not None:
        yield ok(name, f"answers, and the login opens account {facts.account}")
    if facts.privileges is not None:
        yield _privileges(facts.privileges)
    if facts.lists is not None:
        yield _room("lists", facts.lists, facts.wanted_lists, MOST_LISTS)
    if facts.custom_fields is not None:
        yield _room("custom-fields", facts.custom_fields, facts.wanted_fields, MOST_CUSTOM_FIELDS)
    if facts.trouble is not None:
        yield from refused(name, facts.trouble)


def check_clocks(clocks: Sequence[tuple[str, ClockFacts]], tolerance: timedelta) -> Iterator[Finding]:
    """Compare with the services: more than ``tolerance`` is told. Nothing to say when none has answered."""
    for service, clock in clocks:
        word, off = ("ahead of", clock.ahead) if clock.ahead >= clock.behind else ("behind", clock.behind)
        if off > tolerance:
            yield warn("clock", f"the clock of this machine is {lasting(off)} {word} {service}'s", _SET_CLOCK)
            return
    if clocks:
        yield ok("clock", f"agrees with {' and '.join(service for service, _ in clocks)}'s")


def _privileges(held: frozenset[str]) -> Finding:
    missing = [one for one in PRIVILEGES if one not in held]
    if not missing:
        return ok("privileges", "all that a run needs")
    said = f"the person who logged in may not: {', '.join(missing)}"
    return fail(
        "privileges", said, f"{login_command(CONSTANT_CONTACT)}, as the account's owner or a manager", ExitCode.STOPPED
    )


def _room(name: str, there: frozenset[str], wanted: frozenset[str], most: int) -> Finding:
    """Names count the same in capitals and small letters."""
    what = name.replace("-", " ")
    known = {one.casefold() for one in there}
    missing = sorted(one for one in wanted if one.casefold() not in known)
    said = f"{len(there):,} of {most:,}"
    mend = f"delete {what} in Constant Contact that nobody uses, then: ccsync doctor"
    if missing and len(there) + len(missing) > most:
        return fail(name, f"{said}: no room to make {_quoted(missing)}", mend, ExitCode.STOPPED)
    if len(there) >= most * _NEARLY:
        return warn(name, f"{said}: nearly full", mend)
    return ok(name, f"{said}; the next run makes {_quoted(missing)}" if missing else said)


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)
