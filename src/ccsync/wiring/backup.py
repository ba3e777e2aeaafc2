"""One file that holds an account's state, written while runs go on.

The file is a zip with the state as it was at one moment, who was forgotten and the key of their marks, and the logs
when they were asked for. It holds what people wrote about people, so that it is its owner's alone; no credential is in
it.
"""

from __future__ import annotations

import json
import os
import zipfile
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING

from ccsync.errors import LocalError, UsageError
from ccsync.logs.key import KEY_FILE
from ccsync.logs.runlog import FOLDER
from ccsync.state.folder import is_alive
from ccsync.state.forgotten import FILE_NAME
from ccsync.state.sqlite.copying import copy_state
from ccsync.wiring.application import STATE

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from ccsync.clock import Clock

ABOUT = "backup.json"
SCHEMA = "ccsync-backup/1"


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup: of which account, when it was taken, and how many logs are in it."""

    path: Path
    account: str
    taken: datetime
    logs: int


def back_up(folder: Path, account: str, target: Path, clock: Clock, *, logs: bool) -> Backup:
    """Write a backup, also while runs go on. UsageError when the file exists, LocalError when it cannot be written."""
    if target.exists():
        raise UsageError(f"{target} exists already", hint="ccsync state backup ANOTHER-FILE", code="file_exists")
    copy, beside = folder / f"{STATE}.backup-{os.getpid()}", target.with_name(f".{target.name}.{os.getpid()}.new")
    taken = clock.now()
    _remove_abandoned(folder)
    try:
        copy_state(folder / STATE, copy)
        os.close(os.open(beside, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        count = 0
        with zipfile.ZipFile(beside, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            archive.write(copy, STATE)
            for name in (KEY_FILE, FILE_NAME):
                if (folder / name).exists():
                    archive.write(folder / name, name)
            for path in sorted((folder / FOLDER).glob("*/*")) if logs else ():
                archive.write(path, str(path.relative_to(folder)))
                count += 1
            about = {"schema": SCHEMA, "account": account, "taken": taken.isoformat(), "ccsync": version("ccsync")}
            archive.writestr(ABOUT, json.dumps({**about, "logs": count}, indent=1))
        onto_the_disk(beside)
        beside.replace(target)
    except OSError as error:
        raise LocalError(
            f"the backup {target} cannot be written: {error.strerror}",
            hint=f"make room, or name another place: df -h {target.parent}",
        ) from error
    finally:
        copy.unlink(missing_ok=True)
        beside.unlink(missing_ok=True)
    return Backup(target, account, taken, count)


def _remove_abandoned(folder: Path) -> None:
    """Remove the copies of backups that were killed: there are people in them."""
    for path in folder.glob(f"{STATE}.backup-*"):
        pid = path.name.removeprefix(f"{STATE}.backup-").partition("-")[0]
        if pid.isdecimal() and not is_alive(int(pid)):
            path.unlink(missing_ok=True)


def onto_the_disk(path: Path) -> None:
    """Return when a file has reached the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
