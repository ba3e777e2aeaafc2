"""Forgetting a person, wired: nobody else at work, every state of the account open, and a log that names nobody."""

from __future__ import annotations

import random
import shlex
from contextlib import ExitStack
from typing import TYPE_CHECKING

from ccsync.engine.forget import forget
from ccsync.engine.options import Unwatched
from ccsync.errors import LocalError, Locked
from ccsync.logs.events import Event
from ccsync.logs.key import mark, person_key
from ccsync.logs.runlog import RunLog, new_run_id
from ccsync.state.folder import AccountLock, ServiceLock
from ccsync.state.sqlite import SqliteStore

if TYPE_CHECKING:
    from pathlib import Path

    from ccsync.engine.forget import Forgetting
    from ccsync.engine.options import Progress
    from ccsync.wiring.application import Application

_STATES = "state*.sqlite"
_SHOWN = 12


def forget_person(application: Application, address: str, progress: Progress | None) -> Forgetting:
    """Forget the person with an address; Locked when a run or the service is on."""
    folder, clock = application.folder, application.clock
    with ExitStack() as stack:
        _alone(stack, application, address)
        stores: dict[Path, SqliteStore] = {}
        for path in sorted(folder.glob(_STATES)):
            stores[path] = _opened(path, application, address)
            stack.callback(stores[path].close)
        besides = [application.sandbox_folder] if application.config.sandbox.enabled else []
        done = forget(folder, stores, address, clock.now(), progress or Unwatched(), besides=besides)
        run = new_run_id(clock, random.SystemRandom())
        log = stack.enter_context(RunLog(folder, run, application.config.account, clock))
        log.event(
            Event.PERSON_FORGOTTEN,
            f"a person was forgotten: {done.rows} rows and {done.lines} lines of logs held them",
            mark=mark(person_key(folder), address)[:_SHOWN],
            rows=done.rows,
            lines=done.lines,
            files=done.files,
            left=len(done.proof.left),
        )
        return done


def _opened(path: Path, application: Application, address: str) -> SqliteStore:
    """Open a state; one that was put aside and cannot be opened any more can only be deleted."""
    try:
        return SqliteStore.open(path)
    except LocalError as error:
        if path != application.state_path:
            error.hint = f"rm {shlex.quote(str(path))}, then ccsync forget {shlex.quote(address)}"
        raise


def _alone(stack: ExitStack, application: Application, address: str) -> None:
    """Keep the service and every run away, until all is done."""
    who = shlex.quote(address)
    folder, clock = application.folder, application.clock
    try:
        stack.enter_context(ServiceLock(folder, clock))
    except Locked as error:
        raise Locked(
            f"nobody was forgotten: {error.message}", hint=f"ccsync daemon stop, then ccsync forget {who}"
        ) from error
    try:
        stack.enter_context(AccountLock(folder, clock))
    except Locked as error:
        raise Locked(
            f"nobody was forgotten: {error.message}", hint=f"when it has ended: ccsync forget {who}"
        ) from error
