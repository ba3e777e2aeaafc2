"""What ``daemon install`` sets up: which runs, of whom, as which user, and by what they are started."""

from __future__ import annotations

import os
import pwd
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import timedelta
    from pathlib import Path


_SANDBOXES = ".sandbox"


class Kind(StrEnum):
    """What starts the runs."""

    TIMER = "systemd-timer"
    SERVICE = "systemd-service"
    CRON = "cron"


class Scope(StrEnum):
    """Whose they are: the machine's, or those of whoever installs."""

    SYSTEM = "system"
    USER = "user"


@dataclass(frozen=True, slots=True)
class Who:
    """A user of this machine."""

    uid: int
    name: str

    @classmethod
    def of_process(cls) -> Who:
        """Return who this process works as."""
        uid = os.geteuid()
        try:
            return cls(uid, pwd.getpwuid(uid).pw_name)
        except KeyError:  # a container may run as a number that has no name
            return cls(uid, str(uid))

    @property
    def is_root(self) -> bool:
        """Whether this user may do anything."""
        return self.uid == 0


@dataclass(frozen=True, slots=True)
class Credential:
    """The key of the encrypted file as systemd hands it to a unit: from where, and whether it lies there encrypted."""

    path: Path
    encrypted: bool


@dataclass(frozen=True, slots=True)
class Job:
    """Everything that the text of a unit or of a cron line depends on.

    ``home`` and ``temporary`` say that something a run needs lies in a home folder, or in one for temporary files,
    which the unit must then be able to see;
    ``writable`` are folders beside the state's that a run writes to; ``state_named`` tells that the state folder was
    chosen by a person, so that it is not the one that systemd makes.
    """

    kind: Kind
    scope: Scope
    account: str
    sandbox: bool
    config: Path
    command: tuple[str, ...]
    user: str
    state_dir: Path
    interval: timedelta
    state_named: bool = False
    credential: Credential | None = None
    home: bool = False
    temporary: bool = False
    writable: tuple[Path, ...] = ()
    bus: str = ""

    @property
    def name(self) -> str:
        """What units, cron's file and the record are called; letters, digits, ``-`` and ``_``, as cron.d demands."""
        return name_of(self.account, sandbox=self.sandbox)

    @property
    def asked(self) -> tuple[str, ...]:
        """The options of ``daemon install`` that ask for exactly this."""
        as_user = ("--run-as", self.user) if self.scope is Scope.SYSTEM else ()
        return (f"--{self.kind}", f"--{self.scope}", *as_user)

    @property
    def whole_command(self) -> tuple[str, ...]:
        """The program with the configuration, and what it is to do."""
        once = ("run",) if self.kind is Kind.SERVICE else ("run", "--once", "--scheduled")
        return (*self.command, "--config", str(self.config), *once)


def account_place(root: Path, account: str, *, sandbox: bool) -> Path:
    """Return the account's own folder below the state folder."""
    return root / _SANDBOXES / account if sandbox else root / account


def name_of(account: str, *, sandbox: bool) -> str:
    """Return the name of what is installed for an account; the sandbox shares none with the same account when real."""
    return f"ccsync_sandbox-{account}" if sandbox else f"ccsync-{account}"
