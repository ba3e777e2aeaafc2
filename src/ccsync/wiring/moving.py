"""Changing an account's state without a run: alone with it, and written down in a log like a run's."""

from __future__ import annotations

import random
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ccsync.errors import Locked
from ccsync.logs.events import Event
from ccsync.logs.runlog import RunLog, new_run_id
from ccsync.state.folder import AccountLock, ServiceLock
from ccsync.state.sqlite import SqliteStore
from ccsync.wiring.application import STATE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from ccsync.clock import Clock
    from ccsync.state.store import Store


@contextmanager
def alone(folder: Path, clock: Clock) -> Iterator[None]:
    """Keep runs away from an account's state; Locked, with how to stop it, while the service or a run is on."""
    service = ServiceLock(folder, clock).held()
    if service is not None:
        since = f", since {service.since}" if service.since else ""
        raise Locked(
            f"the service of this account is on (process {service.pid}{since})",
            hint="ccsync daemon stop",
            code="service_on",
        )
    lock = AccountLock(folder, clock)
    try:
        lock.acquire()
    except Locked as locked:
        raise Locked(locked.message, hint="ccsync daemon stop, or wait for the end of the run") from locked
    try:
        yield
    finally:
        lock.release()


@contextmanager
def changing(folder: Path) -> Iterator[Store | None]:
    """Open the state to change it; None when no run has stored anything."""
    path = folder / STATE
    if not path.exists():
        yield None
        return
    store = SqliteStore.open(path)
    try:
        yield store
    finally:
        store.close()


def write_down(
    folder: Path,
    account: str,
    clock: Clock,
    command: str,
    *,
    ended: str,
    events: Sequence[tuple[Event, str, Mapping[str, Any]]],
) -> Path:
    """Leave a log of what a command did, in the form of a run's: so that it stands in its place in the main log.

    ``ended`` says it in a line, as the list of logs has it.
    """
    with RunLog(folder, new_run_id(clock, random.SystemRandom()), account, clock) as log:
        log.event(Event.RUN_STARTED, command, command=command)
        for event, message, fields in events:
            log.event(event, message, level="info", **fields)
        log.event(
            Event.RUN_FINISHED,
            ended,
            command=command,
            result="success",
            exit_code=0,
            summary={"counts": {}, "calls": {}},
        )
    return log.path
