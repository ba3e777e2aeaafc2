"""What the service says of itself to other processes: a small file in the account's folder."""

from __future__ import annotations

import fcntl
import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from ccsync.state.folder import ServiceLock

if TYPE_CHECKING:
    from pathlib import Path

_PRIVATE = 0o600
_NAME = "service-now.json"


@dataclass(frozen=True, slots=True)
class Notice:
    """What the service does now.

    ``driver`` is how it was started: ``background``, ``systemd`` or ``foreground``. ``phase`` is the part of the run
    that is on, empty while none is; ``next_run`` is when the next one begins, None while one is on. ``trouble`` is why
    the last run did not go well. ``config`` is the file that it reads, from the root; empty when a version wrote this
    that did not say.
    """

    pid: int
    since: datetime
    driver: str
    version: str
    phase: str = ""
    next_run: datetime | None = None
    trouble: str = ""
    config: str = ""


class Bulletin:
    """The board: whoever holds the service's lock writes on it, everybody may read."""

    def __init__(self, folder: Path) -> None:
        """``folder`` is the account's own."""
        self._path = folder / _NAME
        self._lock = folder / ServiceLock.name

    def post(self, notice: Notice) -> None:
        """Say what the service does; a disk without room keeps what was said before, and nothing fails."""
        beside = self._path.with_suffix(".new")
        with suppress(OSError):
            descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _PRIVATE)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump(asdict(notice), file, default=_iso)
            beside.replace(self._path)

    def take_down(self) -> None:
        """Say nothing any more."""
        with suppress(OSError):
            self._path.unlink(missing_ok=True)

    def read(self) -> Notice | None:
        """Return what the service does, as long as one is there; None without a service, and while it starts.

        The lock tells whether one is there, whatever a process that was killed has left written.
        """
        try:
            found = json.loads(self._path.read_bytes())
            since, following = datetime.fromisoformat(found["since"]), found["next_run"]
            next_run = None if following is None else datetime.fromisoformat(following)
            notice = Notice(**{**found, "pid": int(found["pid"]), "since": since, "next_run": next_run})
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return None
        return notice if self._somebody_is_there() else None

    def _somebody_is_there(self) -> bool:
        """Tell whether the service's lock is held, without the library that takes it: ``status`` has to be quick."""
        try:
            descriptor = os.open(self._lock, os.O_RDONLY)
        except OSError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return True
        finally:
            os.close(descriptor)
        return False


def served_from(root: Path, config: Path) -> Path | None:
    """Return the folder of the account whose service reads a configuration file; None without one.

    For a file that does not say any more which account that is. ``root`` holds the accounts' folders.
    """
    for places in ("*", "*/*"):  # accounts, and those in sandboxes
        for board in sorted(root.glob(f"{places}/{_NAME}")):
            notice = Bulletin(board.parent).read()
            if notice is not None and notice.config == str(config):
                return board.parent
    return None


def _iso(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    raise TypeError(f"{value!r} has no place on the board")
