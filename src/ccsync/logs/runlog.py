"""The log of one run: ``logs/<YYYY-MM-DD>/<run id>.jsonl`` below the account's folder."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from threading import Lock
from typing import TYPE_CHECKING, Self

from ccsync.errors import LocalError
from ccsync.logs.redact import scrub

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

    from ccsync.clock import Clock
    from ccsync.logs.events import Event, Level

FOLDER = "logs"
FIXED_KEYS = ("time", "level", "run", "account", "event", "message")


def new_run_id(clock: Clock, random: Random) -> str:
    """Return a name for a run that sorts by time, such as ``20261123T155301Z-4f2a``."""
    return f"{clock.now():%Y%m%dT%H%M%SZ}-{random.getrandbits(16):04x}"


class RunLog:
    """Writes one JSON object a line; safe to use from several threads.

    Lines reach the disk at each warning and error, at every ``flush_every`` lines and at the end. A disk that takes
    nothing more raises LocalError; the lines not yet written are kept and tried again with the next flush.
    """

    def __init__(self, folder: Path, run: str, account: str, clock: Clock, *, flush_every: int = 100) -> None:
        """Open the log of ``run`` below ``folder``, the account's own; LocalError when that cannot be."""
        self.run = run
        self.path = folder / FOLDER / f"{clock.now():%Y-%m-%d}" / f"{run}.jsonl"
        self._account = account
        self._clock = clock
        self._flush_every = flush_every
        self._lock = Lock()
        self._waiting = bytearray()
        self._lines = 0
        try:
            for part in (folder, folder / FOLDER, self.path.parent):
                part.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._file: int | None = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        except OSError as error:
            raise _no_log(self.path, error) from error

    def event(self, name: Event, message: str, *, level: Level = "info", **fields: object) -> None:
        """Add one line. The six keys of every line cannot be given as fields."""
        taken = [key for key in FIXED_KEYS if key in fields]
        if taken:
            raise ValueError(f"a log line has its own {', '.join(taken)}")
        moment = self._clock.now().isoformat(timespec="milliseconds").replace("+00:00", "Z")
        facts = {"time": moment, "level": level, "run": self.run, "account": self._account}
        facts |= {"event": name.value, "message": message}
        line = json.dumps(scrub(facts | fields), ensure_ascii=False, separators=(",", ":"))
        with self._lock:
            # a lone surrogate from a service's answer must not end the run
            self._waiting += line.encode("utf-8", "backslashreplace") + b"\n"
            self._lines += 1
            if level in {"warning", "error"} or self._lines >= self._flush_every:
                self._flush()

    def flush(self) -> None:
        """Hand everything so far to the operating system; LocalError when it does not take it."""
        with self._lock:
            self._flush()

    def close(self) -> None:
        """Write what is left and close the file; a second call does nothing."""
        with self._lock:
            if self._file is None:
                return
            try:
                self._flush()
            finally:
                with suppress(OSError):
                    os.close(self._file)
                self._file = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _flush(self) -> None:
        if self._file is None:
            raise LocalError(f"the log {self.path} is closed", hint="ccsync run --once", code="log_closed")
        try:
            while self._waiting:
                written = os.write(self._file, self._waiting)
                del self._waiting[:written]
        except OSError as error:
            raise _no_log(self.path, error) from error
        self._lines = 0


def _no_log(path: Path, error: OSError) -> LocalError:
    return LocalError(
        f"the log {path} cannot be written: {error.strerror}",
        hint=f"make room or mend the permissions of {path.parent}, then run the same command again",
        code="log_unwritable",
    )
