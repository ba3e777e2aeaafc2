"""Carrying out checks so that none ends the doctor: each is guarded, limited in time, and all look at once."""

from __future__ import annotations

import os
import threading
import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ccsync.doctor.finding import Finding, fail, refused, warn
from ccsync.errors import CcsyncError, ExitCode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from ccsync.clock import Clock

SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Examination:
    """One look at something, and what is found there; ``seconds`` is how long that may take.

    What ``look`` yields before it fails is kept.
    """

    name: str
    look: Callable[[], Iterable[Finding]]
    seconds: float = SECONDS


def carry_out(examinations: Sequence[Examination], clock: Clock) -> list[Finding]:
    """Return what is found, in the order of the examinations; one that fails or hangs says so in its own place.

    Each runs in a daemon thread: what hangs is left behind, and ends with the process.
    """
    began = clock.monotonic()
    looks = [_Look(one) for one in examinations]
    for look in looks:
        look.start()
    return [finding for look in looks for finding in look.findings(clock.monotonic() - began)]


class _Look(threading.Thread):
    """An examination under way."""

    def __init__(self, examination: Examination) -> None:
        super().__init__(name=f"doctor: {examination.name}", daemon=True)
        self._examination = examination
        self._found: list[Finding] = []
        self._trouble: Exception | None = None

    def run(self) -> None:
        """Look, and keep what is found."""
        try:
            for finding in self._examination.look():
                self._found.append(finding)
        except Exception as error:  # noqa: BLE001 - whatever it is, it becomes this check's finding
            self._trouble = error
        except KeyboardInterrupt:  # a wait was cut short because the process is to end; the main thread tells that
            return

    def findings(self, passed: float) -> list[Finding]:
        """Wait for the end, or for the rest of its time after so many seconds."""
        name, seconds = self._examination.name, self._examination.seconds
        self.join(max(seconds - passed, 0.001))
        if self.is_alive():
            said = f"nothing was found out within {seconds:g} seconds; the other checks do not depend on it"
            return [*self._found, warn(name, said, "ccsync doctor, once more")]
        return self._found if self._trouble is None else [*self._found, *_told(name, self._trouble)]


def _told(name: str, error: Exception) -> list[Finding]:
    if isinstance(error, CcsyncError):
        return refused(name, error)
    if isinstance(error, OSError):
        said = f"{error.filename or 'the file'} cannot be looked at: {error.strerror or type(error).__name__}"
        return [fail(name, said, f"ls -ld {error.filename or '.'}", ExitCode.LOCAL)]
    frame = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{frame.filename.rpartition(os.sep)[2]}, line {frame.lineno}"
    said = f"could not be looked at: {type(error).__name__} in {where}, a bug in ccsync"
    return [fail(name, said, "ccsync doctor --bundle, and send the file to support", ExitCode.BUG)]
