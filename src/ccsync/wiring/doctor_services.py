"""What the doctor asks the two services: as a run would, with the same clients, but less patient."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ccsync.constant_contact.client import ConstantContactClient
from ccsync.credentials.store import CONSTANT_CONTACT, MEMBRAIN, not_logged_in, read_tokens, require_membrain_key
from ccsync.doctor.examine import Examination
from ccsync.doctor.finding import warn
from ccsync.doctor.services import (
    ClockFacts,
    ContactsFacts,
    MembrainFacts,
    check_clocks,
    check_contacts,
    check_membrain,
)
from ccsync.engine.clocks import TOLERANCE
from ccsync.errors import CcsyncError
from ccsync.http.session import HttpClient
from ccsync.http.transport import Limits
from ccsync.logs.events import NullRecorder
from ccsync.state.folder import AccountLock
from ccsync.wiring.clients import membrain_client, token_keeper

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ccsync.constant_contact.budget import Budget
    from ccsync.credentials.store import ConstantContactTokens
    from ccsync.doctor.finding import Finding
    from ccsync.wiring.application import Application
    from ccsync.wiring.places import Places

LIMITS = Limits(connect=2.5, silence=6.0, silence_again=1.5, whole=10.0)
"""Three tries, and a service that says nothing is given up after about 10 seconds."""

_SECONDS = 30.0
"""For all questions to one service; one that keeps asking to slow down takes that long."""

_CUSTOM = "custom."


@contextmanager
def of_the_services(application: Application) -> Iterator[list[Examination]]:
    """Yield the looks at both services, which are open for as long as this is.

    In the sandbox the account's lock is held meanwhile: a run has the services to itself.
    """
    with ExitStack() as stack:
        try:
            looks = _opened(stack, application)
        except CcsyncError as trouble:
            yield [Examination("services", _failing(trouble))]
            return
        yield looks


def clocks(looks: list[Examination]) -> list[Finding]:
    """Return what the looks have shown about the clocks, once they are carried out; a run warns of the same."""
    seen = [one.look.clock for one in looks if isinstance(one.look, (_Membrain, _Contacts))]
    return list(check_clocks([one for one in seen if one is not None], TOLERANCE))


def _opened(stack: ExitStack, application: Application) -> list[Examination]:
    if application.config.sandbox.enabled:
        stack.enter_context(AccountLock(application.folder, application.clock))
    budget = stack.enter_context(application.call_budget())
    where = application.within_reach(stack, budget)
    return [
        Examination("membrain", _Membrain(stack, application, where), _SECONDS),
        Examination("constant-contact", _Contacts(stack, application, where, budget), _SECONDS),
    ]


def _failing(trouble: CcsyncError) -> Callable[[], Iterator[Finding]]:
    def look() -> Iterator[Finding]:
        raise trouble

    return look


@dataclass(slots=True)
class _Membrain:
    """The look at Membrain; ``clock`` is there once it has answered."""

    stack: ExitStack
    application: Application
    where: Places
    clock: tuple[str, ClockFacts] | None = field(default=None, init=False)

    def __call__(self) -> Iterator[Finding]:
        try:
            key = require_membrain_key(
                self.application.credentials, self.application.config.account, self.where.membrain_url
            )
        except CcsyncError as missing:
            yield warn("membrain", "not asked: there is no login to ask with", missing.hint)
            return
        http = HttpClient(MEMBRAIN, self.where.membrain_url, self.application.clock, NullRecorder(), limits=LIMITS)
        self.stack.callback(http.close)
        users = membrain_client(self.application, http, key).users()
        self.clock = ("Membrain", _clock(http))
        yield from check_membrain(MembrainFacts(urlsplit(self.where.membrain_url).netloc, len(users)))


@dataclass(slots=True)
class _Contacts:
    """The look at Constant Contact; ``clock`` is there once it has answered."""

    stack: ExitStack
    application: Application
    where: Places
    budget: Budget
    clock: tuple[str, ClockFacts] | None = field(default=None, init=False)

    def __call__(self) -> Iterator[Finding]:
        try:
            tokens = read_tokens(self.application.credentials, self.application.config.account)
            if tokens is None:
                raise not_logged_in(CONSTANT_CONTACT)
        except CcsyncError as missing:
            yield warn(CONSTANT_CONTACT, "not asked: there is no login to ask with", missing.hint)
            return
        facts = self._asked(tokens)
        self.clock = ("Constant Contact", facts.clock) if facts.clock else None
        yield from check_contacts(facts)

    def _asked(self, tokens: ConstantContactTokens) -> ContactsFacts:
        """Ask one thing after the other; the first trouble ends it, and what was answered by then stays."""
        log, syncs = NullRecorder(), self.application.config.sync
        http = HttpClient(CONSTANT_CONTACT, self.where.api_url, self.application.clock, log, limits=LIMITS)
        self.stack.callback(http.close)
        keeper = token_keeper(self.application, self.where, log, tokens.account_id)
        client = ConstantContactClient(http, keeper, self.budget)
        rights = (field.constant_contact for sync in syncs for field in sync.field)
        facts = ContactsFacts(
            login_account=tokens.account_id,
            wanted_lists=frozenset(sync.list for sync in syncs),
            wanted_fields=frozenset(one.removeprefix(_CUSTOM) for one in rights if one.startswith(_CUSTOM)),
        )
        try:
            facts = replace(facts, account=client.account(), clock=_clock(http))
            facts = replace(facts, privileges=client.privileges())
            facts = replace(facts, lists=frozenset(one["name"] for one in client.lists()))
            facts = replace(facts, custom_fields=frozenset(one["label"] for one in client.custom_fields()))
        except CcsyncError as trouble:
            return replace(facts, trouble=trouble)
        return facts


def _clock(http: HttpClient) -> ClockFacts:
    return ClockFacts(http.their_clock.ahead, http.their_clock.behind)
