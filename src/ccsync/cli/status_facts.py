"""How things stand, as data: what the state tells, and beside it whether runs come by themselves and go through.

Nobody here takes a lock or asks another program: ``status`` stays quick, and disturbs nobody.
"""

from __future__ import annotations

import fcntl
import json
import os
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from ccsync.state.folder import Holder

if TYPE_CHECKING:
    from pathlib import Path

    from ccsync.cli.session import Application, Session
    from ccsync.clock import Clock
    from ccsync.service.notice_book import Failing
    from ccsync.service.record import Installation
    from ccsync.state.store import Store
    from ccsync.state.values import RunRecord

WENT_THROUGH = ("success", "partial")
"""Results of a run that did its work, if need be without single people who were refused."""

_STEPS = (20, 2_000, 100_000)
_HOUR = timedelta(hours=1)


def of_session(session: Session, application: Application) -> dict[str, Any]:
    """Return the data of ``status --json``."""
    from ccsync.cli.installed import installation

    return gather(application, session.environment.clock, installation(session))


def gather(application: Application, clock: Clock, installation: Installation | None = None) -> dict[str, Any]:
    """Return how an account stands; ``installation`` is what has runs come by themselves."""
    from ccsync.engine.report import record_data, status_data

    with application.reader() as store:
        data = status_data(application.config, store, application.budget())
        ended, through = _latest(store)
    service = _service(application, clock, installation)
    data["next_run"] = service.pop("next_run")
    data["service"] = {
        **service,
        "last_ended": None if ended is None else record_data(ended),
        "last_success": None if through is None or through.finished is None else _iso(through.finished),
    }
    return data


def running(folder: Path) -> Holder | None:
    """Return whose run is on, a ``Holder`` of process 0 when that is not known; None while none is."""
    try:
        descriptor = os.open(folder / "lock", os.O_RDONLY)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)  # for a moment, and runs have the patience
    except OSError:
        with suppress(OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
            found = json.loads((folder / "lock.json").read_bytes())
            return Holder(int(found["pid"]), str(found["since"]))
        return Holder(0, "")
    finally:
        os.close(descriptor)
    return None


def _service(application: Application, clock: Clock, installation: Installation | None) -> dict[str, Any]:
    from ccsync.service.bulletin import Bulletin
    from ccsync.service.job import Kind
    from ccsync.service.notice_book import NoticeBook
    from ccsync.service.record import is_started
    from ccsync.service.switch import Switch

    folder = application.folder
    off_since = Switch(folder, clock).off_since()
    loop, run = Bulletin(folder).read(), running(folder)
    failing = NoticeBook(folder).failing()
    if installation is not None and (installation.kind == Kind.SERVICE or not is_started(installation)):
        installation = None  # a service is there as a loop, or it is not
    state = "running" if loop is not None else "stopped" if installation is None else "scheduled"
    next_run = None
    if off_since is None and loop is not None:
        next_run = loop.next_run
    elif off_since is None and installation is not None:
        next_run = _boundary(clock.now(), timedelta(seconds=installation.interval_seconds))
    return {
        "state": state if off_since is None else "off",
        "driver": loop.driver if loop is not None else None if installation is None else installation.kind,
        "pid": None if loop is None else loop.pid,
        "since": None if loop is None else _iso(loop.since),
        "phase": loop.phase if loop is not None and loop.phase else None,
        "off_since": None if off_since is None else _iso(off_since),
        "run_since": run.since or None if run is not None else None,
        "run_on": run is not None,
        "failing": None if failing is None else _failing(failing),
        "next_run": None if next_run is None else _iso(next_run),
    }


def _boundary(now: datetime, interval: timedelta) -> datetime | None:
    """Return when cron or a timer starts the next run: at whole multiples within the hour of this machine's own time.

    None for longer intervals, and for those that a timer counts from the start of the last run.
    """
    from ccsync.service.schedule import on_calendar

    if not timedelta(0) < interval <= _HOUR or not on_calendar(interval):
        return None
    ahead = now.astimezone().utcoffset() or timedelta(0)
    return now + interval - (now + ahead - datetime(1970, 1, 1, tzinfo=UTC)) % interval


def _failing(failing: Failing) -> dict[str, Any]:
    return {
        "code": failing.code,
        "exit_code": failing.exit_code,
        "message": failing.message,
        "hint": failing.hint,
        "since": _iso(failing.since),
        "runs": failing.runs,
        "sync": failing.subject or None,
    }


def _latest(store: Store | None) -> tuple[RunRecord | None, RunRecord | None]:
    """Return the last run that has ended, and the last one that went through; None when there is none."""
    if store is None:
        return None, None
    ended = None
    for limit in _STEPS:
        runs = store.history.runs(limit)
        ended = ended or next((run for run in runs if run.finished is not None), None)
        through = next((run for run in runs if run.result in WENT_THROUGH), None)
        if through is not None or len(runs) < limit:
            break
    return ended, through


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
