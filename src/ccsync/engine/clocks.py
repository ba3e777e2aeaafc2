"""This machine's clock and the services': what changed is asked for by theirs, so a wrong one of ours loses nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime

    from ccsync.engine.context import Context
    from ccsync.http.dates import TheirClock

TOLERANCE = timedelta(minutes=2)
"""So much is passed over in silence: windows overlap by more."""


class Dated(Protocol):
    """A service whose answers have told the time."""

    @property
    def their_clock(self) -> TheirClock:
        """Its clock."""
        ...


def by_both(moment: datetime, service: Dated) -> datetime:
    """Return a moment by our clock, or by the service's where that one is behind it: the earlier of the two."""
    return moment - service.their_clock.ahead


def doubt_own_clock(context: Context) -> None:
    """Warn when the clock of this machine is far from a service's, as the answers of this run date themselves."""
    for name, service in (("Constant Contact", context.constant_contact), ("Membrain", context.membrain)):
        clock = service.their_clock
        word, off = ("ahead of", clock.ahead) if clock.ahead >= clock.behind else ("behind", clock.behind)
        if off > TOLERANCE:
            context.warn(
                f"the clock of this machine is {_in_words(off)} {word} {name}'s: set it, or switch NTP on, "
                "with `timedatectl set-ntp true`, say"
            )
            return


def _in_words(time: timedelta) -> str:
    minutes = round(time.total_seconds() / 60)
    hours = round(minutes / 60)
    return f"{minutes} minutes" if minutes < 120 else f"{hours} hours" if hours < 48 else f"{round(hours / 24)} days"  # noqa: PLR2004 - as people say it
