"""What drives the service: a background process of ccsync's own, or what `daemon install` has written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class ServiceState:
    """How the service stands.

    ``running`` says that runs come by themselves: the looping process is there, or the timer, unit or cron line is
    switched on. ``pid`` and ``since`` are None where there is no process, or where nobody knows. ``detail`` is for
    people: one line.
    """

    running: bool
    pid: int | None
    since: datetime | None
    driver: str
    detail: str


class Driver(Protocol):
    """One way to have runs come by themselves. None of these asks the switch: whoever calls turns it first."""

    @property
    def name(self) -> str:
        """What drives the service, in a word that ``daemon status`` shows: ``background``, ``cron``, ..."""
        ...

    def start(self) -> None:
        """Have runs come; nothing when they do. LocalError when that cannot be."""
        ...

    def stop(self) -> None:
        """Have no more runs come, and return when none is on; TryLater when one goes on too long."""
        ...

    def state(self) -> ServiceState:
        """Return how it stands."""
        ...
