"""Deleting old logs at the end of a run, which nothing about it may fail."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from ccsync.errors import LocalError
from ccsync.logs.events import Event
from ccsync.logs.retention import prune

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from ccsync.logs.runlog import RunLog
    from ccsync.wiring.application import Application


def delete_old_logs(application: Application, log: RunLog, now: datetime) -> Iterator[str]:
    """Delete what `logs.keep` and `logs.max_size` do not keep; yield a warning, logged as well, when that fails."""
    limits = application.config.logs
    try:
        with suppress(LocalError):  # a full disk: the report says so already, and deleting makes room
            log.flush()
        prune(
            application.folder,
            keep=limits.keep,
            max_size=limits.max_size,
            now=now,
            running=log.path,
        )
    except (OSError, LocalError) as error:
        said = error.strerror if isinstance(error, OSError) else str(error)
        warning = f"old logs below {application.folder} cannot be deleted: {said}"
        with suppress(LocalError):
            log.event(Event.RUN_WARNING, warning, level="warning")
        yield warning
