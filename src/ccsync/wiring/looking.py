"""A survey of both sides, wired: the state for reading only, and the services when they are needed."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from ccsync.constant_contact.client import ConstantContactClient
from ccsync.credentials.store import CONSTANT_CONTACT, not_logged_in, read_tokens, require_membrain_key
from ccsync.engine.instance import INSTANCE
from ccsync.engine.options import Unwatched
from ccsync.engine.survey import Services, Survey
from ccsync.logs.events import NullRecorder
from ccsync.state.folder import AccountLock
from ccsync.wiring.clients import membrain_client, token_keeper, ways_out

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ccsync.engine.options import Progress
    from ccsync.state.store import Store
    from ccsync.wiring.application import Application


@contextmanager
def looking(application: Application, progress: Progress | None) -> Iterator[Survey]:
    """Yield a survey; whatever it opened is closed afterwards. The mirror of another instance is not looked at."""
    with ExitStack() as stack:
        store = stack.enter_context(application.reader())
        if store is not None and not _is_of_this_instance(store, application):
            store = None
        zone = ZoneInfo(application.config.membrain.time_zone)
        yield Survey(store, lambda: _reach(stack, application), zone, progress or Unwatched())


def _is_of_this_instance(store: Store, application: Application) -> bool:
    """Tell whether a state holds the people of the Membrain that the configuration names; a sandbox has but one."""
    known, named = store.progress.fact(INSTANCE), application.config.membrain.base_url
    return application.config.sandbox.enabled or known in (None, urlsplit(named).hostname)


def _reach(stack: ExitStack, application: Application) -> Services:
    """Open both services; in the sandbox Locked while a run is on, which has the services to itself."""
    clock, log = application.clock, NullRecorder()
    if application.config.sandbox.enabled:
        stack.enter_context(AccountLock(application.folder, clock))
    budget = stack.enter_context(application.call_budget())
    where = application.within_reach(stack, budget)
    key = require_membrain_key(application.credentials, application.config.account, where.membrain_url)
    tokens = read_tokens(application.credentials, application.config.account)
    if tokens is None:
        raise not_logged_in(CONSTANT_CONTACT)
    membrain, contacts = ways_out(stack, where, clock, log)
    return Services(
        membrain_client(application, membrain, key),
        ConstantContactClient(contacts, token_keeper(application, where, log, tokens.account_id), budget),
    )
