"""Where the state lies, and the lock that lets one run at a time use it.

Below the root each account has a folder of its own, with the state, the logs and the lock. It holds what people wrote
about people, so that nobody but its owner may look into it.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from ccsync.errors import ConfigError, LocalError, Locked

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from ccsync.clock import Clock

_ACCOUNT = re.compile(r"[A-Za-z0-9_-]{1,64}")
_PRIVATE_FOLDER = 0o700
_PRIVATE_FILE = 0o600
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
_ROOT = 0
_PATIENCE = 0.2
"""Seconds: whoever only looks who holds a lock holds it for a moment, which must not send a run away."""


def state_root(environ: Mapping[str, str]) -> Path:
    """Return the folder that holds the accounts' folders.

    ``CCSYNC_STATE_DIR``; else the first of ``STATE_DIRECTORY``, where systemd lists a unit's folders with colons
    between them (systemd.exec(5), StateDirectory=); else the user's state folder.
    """
    named = environ.get("CCSYNC_STATE_DIR") or environ.get("STATE_DIRECTORY", "").split(":")[0]
    if named:
        return Path(named).expanduser().absolute()
    from platformdirs import user_state_path  # noqa: PLC0415 - not needed where a folder is named

    return user_state_path("ccsync", appauthor=False)


def account_folder(root: Path, account: str, *, create: bool = True) -> Path:
    """Return the folder of an account; with ``create``, make what is missing, for its owner alone.

    Raises ``ConfigError`` for a name that cannot be a folder's, and ``LocalError`` when a folder belongs to somebody
    else, when others can write to it, or when it cannot be made.
    """
    if not _ACCOUNT.fullmatch(account):
        raise ConfigError(
            f'account = "{account}" cannot be used: letters, digits, - and _ are allowed, at most 64',
            hint="ccsync config check",
        )
    folder = root / account
    try:
        if create:
            for missing in reversed([one for one in (root, *root.parents) if not one.exists()]):
                missing.mkdir(mode=_PRIVATE_FOLDER, exist_ok=True)  # with parents=True the mode is the last one's alone
            _check_root(root)
            folder.mkdir(mode=_PRIVATE_FOLDER, exist_ok=True)
        if folder.exists():
            _check_root(root)
            _check_account(folder)
    except OSError as error:
        raise LocalError(
            f"the state folder {folder} cannot be made or read ({error.strerror})",
            hint="name one that you may write to: CCSYNC_STATE_DIR=/a/folder",
        ) from error
    return folder


def _check_root(root: Path) -> None:
    """Whoever can write to the root can put another folder in place of an account's: a sticky one forbids that."""
    status = root.stat()
    if status.st_uid not in (os.geteuid(), _ROOT):
        raise _foreign(root)
    if status.st_mode & _OTHERS_WRITE and not status.st_mode & stat.S_ISVTX:
        raise _open_to_others(root)


def _check_account(folder: Path) -> None:
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode):
        raise LocalError(f"the state folder {folder} is not a folder", hint=f"move it away: mv {folder} {folder}.old")
    if status.st_uid != os.geteuid():
        raise _foreign(folder)
    if status.st_mode & _OTHERS_WRITE:
        raise _open_to_others(folder)
    if stat.S_IMODE(status.st_mode) != _PRIVATE_FOLDER:
        folder.chmod(_PRIVATE_FOLDER)


def _foreign(folder: Path) -> LocalError:
    return LocalError(
        f"the state folder {folder} belongs to another user",
        hint=f"run ccsync as that user: ls -ld {folder}",
    )


def _open_to_others(folder: Path) -> LocalError:
    return LocalError(f"others can write to the state folder {folder}", hint=f"chmod go-w {folder}")


def is_alive(pid: int) -> bool:
    """Tell whether there is a process of this number on this machine."""
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:  # somebody else's, so it is there
        return True
    return True


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a lock: a process, and since when (ISO 8601 in UTC)."""

    pid: int
    since: str


class AccountLock:
    """The lock of one account: held by one run at a time, and freed by the kernel when its process dies.

    Who holds it stands in a file beside it, for people to read; the lock does not depend on what that file says.
    """

    name = "lock"
    held_by_whom, hint = "another run of this account is on", "ccsync status shows how far it is"

    def __init__(self, folder: Path, clock: Clock) -> None:
        from filelock import FileLock  # noqa: PLC0415 - commands that only read need no lock

        self._lock = FileLock(folder / self.name, timeout=_PATIENCE, mode=_PRIVATE_FILE, thread_local=False)
        self._holder = folder / f"{self.name}.json"
        self._clock = clock

    def acquire(self) -> None:
        """Take the lock; raise ``Locked`` at once when somebody has it, with who that is."""
        from filelock import Timeout  # noqa: PLC0415 - as above

        try:
            self._lock.acquire()
        except Timeout as error:
            raise self._locked() from error
        except (OSError, NotImplementedError) as error:
            raise self._cannot_be_taken(error) from error
        self._write_holder()

    def release(self) -> None:
        """Let go of the lock, when it is held."""
        if self._lock.is_locked:
            self._holder.unlink(missing_ok=True)
            self._lock.release()

    def held(self) -> Holder | None:
        """Return who holds the lock now, a ``Holder`` of process 0 when that is not known; None when nobody does.

        Only looks: whoever looks as well does not count as somebody who holds it.
        """
        try:
            descriptor = os.open(self._lock.lock_file, os.O_RDONLY)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._cannot_be_taken(error) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return self.holder() or Holder(0, "")
        finally:
            os.close(descriptor)
        return None

    def holder(self) -> Holder | None:
        """Return who wrote down last that they hold the lock; None when that cannot be told."""
        try:
            found = json.loads(self._holder.read_bytes())
            return Holder(pid=int(found["pid"]), since=str(found["since"]))
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return None

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def _cannot_be_taken(self, error: Exception) -> LocalError:
        return LocalError(
            f"the lock {self._lock.lock_file} cannot be taken ({error})",
            hint=f"run ccsync as the user who owns it: ls -l {self._lock.lock_file}",
        )

    def _locked(self) -> Locked:
        holder = self.holder()
        who = f"process {holder.pid}, since {holder.since}" if holder else "who holds it is not known"
        return Locked(f"{self.held_by_whom} ({who})", hint=self.hint)

    def _write_holder(self) -> None:
        """Note who holds the lock; a disk that has no room for that does not stop a run, which will say so itself."""
        since = self._clock.now().isoformat(timespec="seconds").replace("+00:00", "Z")
        beside = self._holder.with_suffix(".new")
        try:
            descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _PRIVATE_FILE)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump({"pid": os.getpid(), "since": since}, file)
            beside.replace(self._holder)
        except OSError:
            self._holder.unlink(missing_ok=True)


class ServiceLock(AccountLock):
    """The lock of the service that runs an account again and again; each of its runs takes ``AccountLock`` as well."""

    name = "service"
    held_by_whom, hint = "the service of this account is on already", "ccsync daemon status"


class TurnLock(AccountLock):
    """The lock of whoever starts or stops the service at this moment."""

    name = "service-turn"
    held_by_whom, hint = "another command is starting or stopping the service", "ccsync daemon status"
