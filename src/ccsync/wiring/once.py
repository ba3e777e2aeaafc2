"""One run, wired: the state, the log, both clients and the engine. Loaded only when somebody runs."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from ccsync.constant_contact.client import ConstantContactClient
from ccsync.credentials.store import CONSTANT_CONTACT, not_logged_in, read_tokens, require_membrain_key
from ccsync.engine.clocks import by_both
from ccsync.engine.context import Context
from ccsync.engine.options import Unwatched
from ccsync.engine.run import Run
from ccsync.logs.runlog import RunLog, new_run_id
from ccsync.state.forgotten import load
from ccsync.state.sqlite import SqliteStore
from ccsync.stopping import StopRequest
from ccsync.wiring.clients import membrain_client, token_keeper, ways_out
from ccsync.wiring.old_logs import delete_old_logs

if TYPE_CHECKING:
    from contextlib import ExitStack

    from ccsync.constant_contact.budget import Budget
    from ccsync.engine.options import Progress, RunOptions, RunReport
    from ccsync.wiring.application import Application
    from ccsync.wiring.places import Places


def run_once(
    stack: ExitStack,
    application: Application,
    where: Places,
    budget: Budget,
    *,
    options: RunOptions,
    progress: Progress | None,
    stop: StopRequest | None,
) -> RunReport:
    """Run; what is opened is closed with ``stack``. A missing login or an unusable state shows before a log begins."""
    config, clock = application.config, application.clock
    credentials = application.credentials
    key = require_membrain_key(credentials, config.account, where.membrain_url)
    tokens = read_tokens(credentials, config.account)
    if tokens is None:
        raise not_logged_in(CONSTANT_CONTACT)
    store = SqliteStore.open(application.state_path, forgotten=load(application.folder))
    stack.callback(store.close)
    started = clock.now()
    log = stack.enter_context(
        RunLog(application.folder, new_run_id(clock, random.SystemRandom()), config.account, clock)
    )
    stop = stop or StopRequest()
    membrain_http, contact_http = ways_out(stack, where, clock, log, stop)
    context = Context(
        run=log.run,
        started=started,
        config=config,
        options=options,
        store=store,
        membrain=membrain_client(application, membrain_http, key),
        constant_contact=ConstantContactClient(
            contact_http, token_keeper(application, where, log, tokens.account_id), budget
        ),
        clock=clock,
        log=log,
        progress=progress or Unwatched(),
        stop=stop,
        zone=ZoneInfo(config.membrain.time_zone),
        warnings=list(application.warnings),
    )

    def calls() -> dict[str, int]:
        return {"membrain": membrain_http.calls, "constant_contact": contact_http.calls}

    report = Run(context, (tokens.account_id, tokens.account_name), calls).execute()
    # by the services' clocks too: one of ours that is years ahead would take every log for old
    now = min(by_both(clock.now(), service) for service in (context.membrain, context.constant_contact))
    return replace(report, log_path=log.path, warnings=(*report.warnings, *delete_old_logs(application, log, now)))
