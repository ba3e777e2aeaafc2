"""systemd, through its own programs: ``systemctl`` and ``systemd-creds``."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ccsync.errors import LocalError, TryLater
from ccsync.service.units import CREDENTIAL, STOP_SECONDS

if TYPE_CHECKING:
    from collections.abc import Mapping

BOOTED = Path("/run/systemd/system")
"""There when systemd is what runs the machine: sd_booted(3)."""

_SECONDS = 30.0
_STOP_SECONDS = STOP_SECONDS + _SECONDS
_NO_MANAGER = ("Failed to connect to bus", "No medium found")
NOT_HERE = "systemd does not run on this machine"


@dataclass(frozen=True, slots=True)
class Shown:
    """What ``systemctl show`` says of a unit."""

    properties: Mapping[str, str]

    @property
    def is_active(self) -> bool:
        """Whether a unit is up, or on its way."""
        return self.properties.get("ActiveState") in ("active", "activating", "reloading")

    @property
    def pid(self) -> int | None:
        """The unit's first process."""
        pid = self.properties.get("MainPID", "")
        return int(pid) if pid.isdecimal() and pid != "0" else None

    @property
    def since(self) -> float | None:
        """When the unit came up, in seconds of the machine's monotonic clock."""
        moment = self.properties.get("ActiveEnterTimestampMonotonic", "")
        return int(moment) / 1e6 if moment.isdecimal() and moment != "0" else None


class Systemctl:
    """One service manager: the machine's, or the user's own."""

    def __init__(self, environ: Mapping[str, str], *, user: bool) -> None:
        self._environ = environ
        self._words = ("systemctl", "--user") if user else ("systemctl",)
        self._user = user

    def is_there(self) -> bool:
        """Tell whether systemd is what runs this machine."""
        return BOOTED.is_dir() and self._program() is not None

    def reload(self) -> None:
        """Have the units read again."""
        self._do("daemon-reload")

    def enable(self, unit: str) -> None:
        """Start a unit, now and at each start of the machine."""
        self._do("enable", "--now", unit)

    def disable(self, unit: str) -> None:
        """Stop a unit, and do not start it any more."""
        self._do("disable", "--now", unit, seconds=_STOP_SECONDS)

    def stop(self, unit: str) -> None:
        """Stop a unit and wait until it has ended."""
        self._do("stop", unit, seconds=_STOP_SECONDS)

    def restart(self, unit: str) -> None:
        """Have a unit take up what was changed, when it is on."""
        self._do("try-restart", unit, seconds=_STOP_SECONDS)

    def show(self, unit: str) -> Shown:
        """Return what is known of a unit."""
        names = "ActiveState,SubState,MainPID,ActiveEnterTimestampMonotonic,UnitFileState"
        text = self._do("show", f"--property={names}", unit)
        return Shown(dict(line.split("=", 1) for line in text.splitlines() if "=" in line))

    def _do(self, *words: str, seconds: float = _SECONDS) -> str:
        line = (*self._words, *words)
        program = self._program()
        if program is None or not BOOTED.is_dir():
            raise LocalError(
                f"{NOT_HERE}: {shlex.join(line)} can do nothing",
                hint="ccsync daemon uninstall, then: ccsync daemon install --cron",
            )
        try:
            done = subprocess.run(  # noqa: S603 - a program of the system's, without a shell
                [program, *line[1:], *(() if self._user else ("--no-ask-password",))],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=seconds,
                check=False,
                env={**self._environ, "LC_ALL": "C", "SYSTEMD_COLORS": "0", "SYSTEMD_PAGER": ""},
            )
        except subprocess.TimeoutExpired:
            raise TryLater(
                f"{shlex.join(line)} is not done after {seconds:g} seconds",
                hint=f"ccsync daemon status; or look: {self._typed('status', words[-1])}",
            ) from None
        except OSError as error:
            raise LocalError(f"{program} cannot be started: {error.strerror}", hint=shlex.join(line)) from error
        if done.returncode:
            said = " ".join(done.stderr.split()) or f"exit code {done.returncode}"
            raise LocalError(f"{shlex.join(line)}: {said}", hint=self._way_on(said, words))
        return done.stdout

    def _way_on(self, said: str, words: tuple[str, ...]) -> str:
        typed = self._typed(*words)
        if self._user and any(one in said for one in _NO_MANAGER):
            return f"log in as that user, or have systemd work for them always: loginctl enable-linger; then: {typed}"
        return typed

    def _typed(self, *words: str) -> str:
        sudo = () if self._user or os.geteuid() == 0 else ("sudo",)
        return shlex.join((*sudo, *self._words, *words))

    def _program(self) -> str | None:
        return shutil.which("systemctl", path=self._environ.get("PATH"))


def encrypt(key: bytes, environ: Mapping[str, str]) -> bytes | None:
    """Return a key as only this machine's systemd can read it; None where it cannot do that."""
    return _creds(environ, key, "encrypt", f"--name={CREDENTIAL}", "-", "-")


def decrypt(path: Path, environ: Mapping[str, str]) -> bytes | None:
    """Return the key that was encrypted; None when this machine's systemd cannot read it."""
    return _creds(environ, b"", "decrypt", f"--name={CREDENTIAL}", str(path), "-")


def _creds(environ: Mapping[str, str], given: bytes, *words: str) -> bytes | None:
    program = shutil.which("systemd-creds", path=environ.get("PATH"))
    if program is None:
        return None
    try:
        done = subprocess.run(  # noqa: S603 - a program of the system's, without a shell; keys go through pipes
            [program, *words], input=given, capture_output=True, timeout=_SECONDS, check=False, env=dict(environ)
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 and done.stdout else None
