"""What the doctor looks at, gathered: each look for itself, so that what one misses does not hide the others.

A configuration that is wrong, or a folder that cannot be used, leaves the looks that need neither.
"""

from __future__ import annotations

import os
import platform
import pwd
import shutil
import stat
import sys
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from ccsync.doctor.configuration import ConfigFacts, FileFacts, check_config, check_config_file
from ccsync.doctor.disk import FolderFacts, LogFacts, RoomFacts, check_folder, check_logs, check_room
from ccsync.doctor.examine import Examination
from ccsync.doctor.machine import MachineFacts, check_versions
from ccsync.errors import CcsyncError, ConfigError, LocalError
from ccsync.logs.runlog import FOLDER as LOGS
from ccsync.state.calls import FILE as CALLS
from ccsync.state.folder import account_folder, state_root
from ccsync.wiring.application import SANDBOXES, Application, open_application

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ccsync.clock import Clock
    from ccsync.doctor.finding import Finding

_LIBRARIES = ("requests", "keyring", "cryptography", "Authlib", "pydantic", "typer", "rich")
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True, slots=True)
class Patient:
    """What could be found out before anything is looked at: of all of it, nothing is sure to be there.

    ``application`` is None when the configuration cannot be used, ``account`` then what its text says all the same;
    ``folder`` is the account's own, None without an account.
    """

    path: Path | None
    trouble: CcsyncError | None
    application: Application | None
    account: str | None
    root: Path
    folder: Path | None
    environ: Mapping[str, str]
    clock: Clock

    @property
    def origin(self) -> str:
        """What decided where the state is."""
        named = ("CCSYNC_STATE_DIR", "STATE_DIRECTORY")
        return next((name for name in named if self.environ.get(name)), "the usual place")


def admit(config: Path | None, environ: Mapping[str, str], clock: Clock) -> Patient:
    """Find out what there is, without failing."""
    try:
        application = open_application(config, environ, clock)
    except CcsyncError as trouble:
        return _without_application(config, environ, clock, trouble)
    return Patient(
        application.path,
        None,
        application,
        application.config.account,
        application.root,
        application.folder,
        environ,
        clock,
    )


def of_this_machine(patient: Patient) -> list[Examination]:
    """Return the looks that need neither a service nor a login nor a right configuration."""
    looks = [Examination("config", lambda: check_config(_config_facts(patient)))]
    if patient.path is not None:
        path = patient.path
        looks.append(Examination("config-file", lambda: check_config_file(_file_facts(path))))
    if patient.folder is not None:
        folder = patient.folder
        looks.append(Examination("state-folder", lambda: _folder(patient, folder)))
        looks.append(Examination("disk", lambda: check_room(_room_facts(folder))))
        max_size = patient.application.config.logs.max_size if patient.application else None
        looks.append(Examination("logs", lambda: check_logs(_log_facts(folder, max_size))))
    looks.append(Examination("versions", _versions))
    return looks


def _without_application(
    config: Path | None, environ: Mapping[str, str], clock: Clock, trouble: CcsyncError
) -> Patient:
    """Take from the configuration's text what can be had; with a right one only its folder is at fault."""
    from ccsync.config import find, read  # noqa: PLC0415 - as in open_application

    root, path, account, sandbox = state_root(environ), None, None, False
    application = None
    try:
        path = find(config, environ)
        account, sandbox = _named_account(path)
        loaded = read(path)
    except ConfigError:
        loaded = None
    root = root / SANDBOXES if sandbox else root
    folder = root / account if account else None
    if loaded is not None and folder is not None:
        warnings = tuple(f"{warning.path}: {warning.message}" for warning in loaded.warnings)
        application = Application(loaded.path, loaded.config, warnings, root, folder, environ, clock)
    return Patient(path, trouble, application, account, root, folder, environ, clock)


def _named_account(path: Path) -> tuple[str | None, bool]:
    """Return the account that the text names, and whether it means the sandbox, however wrong the rest may be."""
    from ccsync.config.source import read_document  # noqa: PLC0415 - only for a configuration that cannot be used

    tables = read_document(path).tables
    account, sandbox = tables.get("account"), tables.get("sandbox")
    usable = isinstance(account, str) and account not in ("", ".", "..") and "/" not in account
    return account if usable else None, isinstance(sandbox, dict) and sandbox.get("enabled") is True


def _config_facts(patient: Patient) -> ConfigFacts:
    from ccsync.config import find, read  # noqa: PLC0415 - as in open_application

    try:
        loaded = read(patient.path or find(None, patient.environ))  # with its filters: they are compiled here
    except ConfigError as error:
        return ConfigFacts(patient.path, error)
    if isinstance(patient.trouble, ConfigError):
        return ConfigFacts(patient.path, patient.trouble)
    warnings = tuple(f"{one.path}: {one.message}" for one in loaded.warnings)
    config = loaded.config
    return ConfigFacts(loaded.path, None, config.account, len(config.sync), config.sandbox.enabled, warnings)


def _file_facts(path: Path) -> FileFacts:
    try:
        found = path.stat()
    except OSError as error:
        raise LocalError(f"{path} cannot be looked at: {error.strerror}", hint=f"ls -l {path}") from error
    return FileFacts(path, stat.S_IMODE(found.st_mode), found.st_uid, os.geteuid())


def _folder(patient: Patient, folder: Path) -> Iterator[Finding]:
    """Look at the account's folder; what keeps a run from using it at all is its own error, with its mend."""
    account_folder(patient.root, folder.name, create=False)
    there = folder.exists()
    above = next(one for one in (folder, *folder.parents) if one.exists())
    facts = FolderFacts(
        folder=folder,
        origin=patient.origin,
        user=_user(),
        exists=there,
        writable=os.access(above, os.W_OK | os.X_OK),
        loose=tuple(_loose(folder, patient.root / CALLS)) if there else (),
    )
    yield from check_folder(facts)


def _loose(folder: Path, *beside: Path) -> Iterator[Path]:
    """Yield what others may look into: the folder's own files, and the logs' folders, behind which nobody gets."""
    logs = folder / LOGS
    for path in (folder, *beside, *_inside(folder), *_inside(logs)):
        mode = path.lstat().st_mode if path.exists() else 0
        if (stat.S_ISREG(mode) or stat.S_ISDIR(mode)) and mode & _OTHERS:
            yield path


def _inside(folder: Path) -> Iterable[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else ()


def _room_facts(folder: Path) -> RoomFacts:
    there = next(one for one in (folder, *folder.parents) if one.exists())
    files = os.statvfs(there)
    return RoomFacts(there, shutil.disk_usage(there).free, files.f_favail if files.f_files else None)


def _log_facts(folder: Path, max_size: int | None) -> LogFacts:
    from ccsync.config.model import Logs  # noqa: PLC0415 - as in open_application

    files, total, days = 0, 0, []
    for day in filter(Path.is_dir, _inside(folder / LOGS)):
        with os.scandir(day) as entries:
            sizes = [entry.stat(follow_symlinks=False).st_size for entry in entries if entry.is_file()]
        files, total = files + len(sizes), total + sum(sizes)
        days += [day.name] if sizes else []
    return LogFacts(folder / LOGS, files, total, days[0] if days else "", max_size or Logs().max_size)


def _versions() -> Iterator[Finding]:
    from ccsync.state.sqlite.integrity import SQLITE  # noqa: PLC0415 - brings sqlite3

    libraries = {name: version(name) for name in _LIBRARIES} | {"SQLite": SQLITE}
    system = platform.freedesktop_os_release().get("PRETTY_NAME", "") if sys.platform == "linux" else ""
    kernel = f"{platform.system()} {platform.release()} {platform.machine()}"
    told = f"{system}, {kernel}" if system else kernel
    yield from check_versions(MachineFacts(version("ccsync"), platform.python_version(), told, libraries))


def _user() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:  # a container may run as a number that has no name
        return str(os.geteuid())
