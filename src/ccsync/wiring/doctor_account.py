"""What the doctor looks at of one account on this machine: its logins, its state, its runs and its calls."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, time
from statistics import median
from typing import TYPE_CHECKING

from ccsync.credentials.store import CONSTANT_CONTACT, not_logged_in, read_tokens, require_membrain_key
from ccsync.doctor.budget import BudgetFacts, check_budget
from ccsync.doctor.examine import SECONDS, Examination
from ccsync.doctor.finding import refused, warn
from ccsync.doctor.login import GrantFacts, StoreFacts, check_grant, check_key, check_store
from ccsync.doctor.service import HolderFacts, LockFacts, check_lock
from ccsync.doctor.state import RunFacts, StateFacts, check_runs, check_state
from ccsync.errors import CcsyncError
from ccsync.logs.events import Event
from ccsync.logs.read import parsed, raw_lines
from ccsync.logs.runlog import FOLDER as LOGS
from ccsync.state.folder import AccountLock, is_alive

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ccsync.doctor.finding import Finding
    from ccsync.state.folder import Holder
    from ccsync.state.values import RunRecord
    from ccsync.wiring.application import Application

_RUNS = 1000
_USUAL = 50
_ENOUGH = 5
"""So many good runs say what a run usually takes: the first ones take more."""
_TOO_MANY = 429
_MARK = b"429"  # no other line has to be read in full
_MOST_FOR_THE_STATE = SECONDS - 1  # it ends by itself, a moment before it would be given up


def of_the_account(application: Application, *, expected: bool, writes: bool) -> list[Examination]:
    """Return the looks at an account that need no service.

    ``expected`` says that runs should come by themselves. With ``writes`` the place of the logins is tried by writing
    something harmless there.
    """
    return [
        Examination("credentials", lambda: _logins(application, writes=writes), seconds=2 * SECONDS),
        Examination("state", lambda: _state(application)),
        Examination("lock", lambda: check_lock(_lock_facts(application))),
        Examination("last-run", lambda: _last_run(application, expected=expected)),
        Examination("budget", lambda: check_budget(_budget_facts(application))),
    ]


def holder_facts(holder: Holder) -> HolderFacts:
    """Return who holds a lock, and whether there is such a process."""
    since = None
    with suppress(ValueError):
        since = datetime.fromisoformat(holder.since)
    return HolderFacts(holder.pid, since, alive=is_alive(holder.pid))


def _logins(application: Application, *, writes: bool) -> Iterator[Finding]:
    """Look at the place first: without it there is nothing more to say."""
    store, config = application.credentials, application.config
    trouble: CcsyncError | None = None
    try:
        where = store.describe()
        if writes:
            store.probe()
    except CcsyncError as error:
        where, trouble = "", error
    yield from check_store(StoreFacts(where, trouble))
    if trouble is not None or config.sandbox.enabled:  # the sandbox logs in by itself
        return
    try:
        url = config.membrain.base_url or ""
        yield from check_key(require_membrain_key(store, config.account, url))
    except CcsyncError as error:
        yield from refused("membrain-login", error)
    try:
        tokens = read_tokens(store, config.account)
        if tokens is None:
            raise not_logged_in(CONSTANT_CONTACT)
    except CcsyncError as error:
        yield from refused("constant-contact-login", error)
        return
    client_id = config.constant_contact.client_id
    yield from check_grant(GrantFacts(tokens, client_id, _bound_account(application), application.clock.now()))


def _bound_account(application: Application) -> str | None:
    try:
        bound = application.bound_account
    except CcsyncError:  # the state says so in its own place
        return None
    return bound.id if bound else None


def _state(application: Application) -> Iterator[Finding]:
    from ccsync.state.sqlite.integrity import check_integrity  # noqa: PLC0415 - brings sqlite3

    if not application.state_path.exists():
        return
    found = check_integrity(application.state_path, application.clock, seconds=_MOST_FOR_THE_STATE)
    yield from check_state(StateFacts(found.version, found.known, found.bytes, found.whole))


def _lock_facts(application: Application) -> LockFacts:
    holder = AccountLock(application.folder, application.clock).held() if application.folder.is_dir() else None
    return LockFacts(holder_facts(holder) if holder else None, application.clock.now())


def _last_run(application: Application, *, expected: bool) -> Iterator[Finding]:
    try:
        runs = _runs(application)
    except CcsyncError as trouble:  # the state says so in its own place
        yield warn("last-run", "not known: the state cannot be read", trouble.hint)
        return
    yield from check_runs(
        RunFacts(
            last=runs[0] if runs else None,
            last_success=next((run.started for run in runs if run.result == "success"), None),
            now=application.clock.now(),
            interval=application.config.service.interval,
            expected=expected,
        )
    )


def _runs(application: Application) -> list[RunRecord]:
    """Return the latest runs, newest first."""
    with application.reader() as store:
        return [] if store is None else store.history.runs(_RUNS)


def _budget_facts(application: Application) -> BudgetFacts:
    now = application.clock.now()
    midnight = datetime.combine(now.astimezone(UTC).date(), time(), UTC)
    try:
        runs = _runs(application)
    except CcsyncError:  # the state says so in its own place
        runs = []
    usual = [run.calls.get("constant_contact", 0) for run in runs[:_USUAL] if run.result == "success"]
    return BudgetFacts(
        day=application.budget(),
        interval=application.config.service.interval,
        by_runs=sum(run.calls.get("constant_contact", 0) for run in runs if run.started >= midnight),
        throttled=_throttled(application, now),
        per_run=median(usual) if len(usual) >= _ENOUGH else None,
    )


def _throttled(application: Application, now: datetime) -> int:
    """Count the answers "too many requests" of Constant Contact in the logs of the UTC day."""
    logs = (application.folder / LOGS / f"{now:%Y-%m-%d}").glob("*.jsonl")
    candidates = (raw for path in logs for raw in raw_lines(path, may_be_gone=True) if _MARK in raw)
    return sum(
        line.get("event") == Event.HTTP_REQUEST
        and line.get("service") == CONSTANT_CONTACT
        and line.get("status") == _TOO_MANY
        for line in map(parsed, candidates)
        if line is not None
    )
