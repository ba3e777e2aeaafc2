"""Starts and stops what ``daemon install`` has written: systemd's units, or a line for cron."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from ccsync.errors import TryLater
from ccsync.service import crontab
from ccsync.service.driver import ServiceState
from ccsync.service.job import Kind
from ccsync.service.schedule import words
from ccsync.service.switch import Switch
from ccsync.service.systemctl import NOT_HERE, Systemctl
from ccsync.service.written import CRONTAB
from ccsync.state.folder import AccountLock

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ccsync.clock import Clock
    from ccsync.service.driver import Driver
    from ccsync.service.record import Installation

PATIENCE = 120.0
"""Seconds that a stop waits for a run of cron's to end by itself."""

_LOOK_EVERY = 1.0


def driver_of(
    installation: Installation, environ: Mapping[str, str], clock: Clock, tell: Callable[[str], None]
) -> Driver:
    """Return what starts and stops an installation; ``tell`` hears what a stop waits for."""
    if installation.kind == Kind.CRON:
        return CronDriver(installation, environ, clock, tell)
    return SystemdDriver(installation, environ, clock)


class SystemdDriver:
    """A timer or a looping service of systemd's."""

    def __init__(self, installation: Installation, environ: Mapping[str, str], clock: Clock) -> None:
        self._installation = installation
        self._systemctl = Systemctl(environ, user=not installation.for_everybody)
        self._clock = clock

    @property
    def name(self) -> str:
        """``systemd-timer`` or ``systemd-service``."""
        return self._installation.kind

    def start(self) -> None:
        """Start the unit, now and with the machine."""
        self._systemctl.enable(self._installation.unit)

    def stop(self) -> None:
        """Stop the unit, keep it from coming back with the machine, and end a run of the timer's that is on."""
        self._systemctl.disable(self._installation.unit)
        if self._installation.kind == Kind.TIMER:
            self._systemctl.stop(f"{self._installation.name}.service")

    def state(self) -> ServiceState:
        """Return how the unit stands."""
        if not self._systemctl.is_there():
            return ServiceState(False, None, None, self.name, NOT_HERE)
        shown = self._systemctl.show(self._installation.unit)
        since = None
        if shown.is_active and shown.since is not None:
            since = self._clock.now() - timedelta(seconds=max(0.0, self._clock.monotonic() - shown.since))
        said = f"{self._installation.unit} is {shown.properties.get('ActiveState') or 'unknown to systemd'}"
        enabled = shown.properties.get("UnitFileState")
        return ServiceState(shown.is_active, shown.pid, since, self.name, f"{said}, {enabled}" if enabled else said)


class CronDriver:
    """A line for cron. It stays where it is when the service is stopped: the runs that it starts ask the switch."""

    name = "cron"

    def __init__(
        self, installation: Installation, environ: Mapping[str, str], clock: Clock, tell: Callable[[str], None]
    ) -> None:
        self._installation = installation
        self._folder = Path(installation.folder)
        self._crontab = crontab.Crontab(environ)
        self._clock = clock
        self._tell = tell

    def start(self) -> None:
        """Do nothing: the switch lets the next run through."""

    def stop(self) -> None:
        """Wait for a run that is on; TryLater when it takes longer than ``PATIENCE``."""
        if not (self._folder / AccountLock.name).exists():  # and to look would make it, as root's maybe
            return
        lock = AccountLock(self._folder, self._clock)
        waited, told = 0.0, False
        while (holder := lock.held()) is not None:
            if not told:
                self._tell(f"waiting for the run that is on (process {holder.pid}, since {holder.since})")
                told = True
            if waited >= PATIENCE:
                raise TryLater(
                    f"a run is still on after {PATIENCE:g} seconds (process {holder.pid}); no other one begins",
                    hint=f"ccsync daemon stop waits on; kill {holder.pid} ends that run at its next record",
                )
            self._clock.sleep(_LOOK_EVERY)
            waited += _LOOK_EVERY

    def state(self) -> ServiceState:
        """Return whether cron starts runs, and whether the switch lets them through."""
        every = f"every {words(self._installation.interval_seconds)}"
        if not self._line_is_there():
            return ServiceState(False, None, None, self.name, "the line for cron is gone: ccsync daemon install --cron")
        if self._is_off():
            return ServiceState(False, None, None, self.name, f"cron's line ({every}) is switched off")
        return ServiceState(True, None, None, self.name, f"cron starts a run {every}")

    def _is_off(self) -> bool:
        """Ask the switch; whoever may not see into the folder of the user who runs is told what cron does."""
        try:
            return self._folder.is_dir() and Switch(self._folder, self._clock).is_off()
        except PermissionError:
            return False

    def _line_is_there(self) -> bool:
        (piece,) = self._installation.files
        if piece.path == CRONTAB:
            return crontab.find_block(self._crontab.read(), self._installation.name) is not None
        return Path(piece.path).exists()
