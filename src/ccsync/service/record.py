"""What ``daemon install`` remembers: who runs, where the state lies, where the key comes from, what was written.

One small file for each account: in ``/etc/ccsync/installed`` for the machine's, beside the user's own configuration for
a user's. There is nothing secret in it, and others may read it, so that whoever types a command is told as whom to.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ccsync.errors import LocalError
from ccsync.service.job import Kind, Scope
from ccsync.service.written import Piece, put

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ETC = Path("/etc")
_FOLDER = Path("ccsync") / "installed"
_FOR_ALL, _OPEN = 0o644, 0o755


@dataclass(frozen=True, slots=True)
class Installation:
    """What stands installed for an account.

    ``folder`` is the account's own, below ``state_dir``; ``command`` the program without the configuration;
    ``key`` says in words where the key of the logins comes from; ``credential`` is the file that systemd hands to the
    unit as that key, or nothing, and ``key_by_hand`` tells whether the user has the key without the unit;
    ``files`` is what was written, in its order; ``installed_at`` is ISO 8601.
    """

    name: str
    kind: str
    scope: str
    account: str
    config: str
    command: tuple[str, ...]
    user: str
    state_dir: str
    folder: str
    key: str
    credential: str
    credential_encrypted: bool
    key_by_hand: bool
    interval_seconds: int
    files: tuple[Piece, ...]
    installed_at: str

    @property
    def unit(self) -> str:
        """The unit that is started and stopped; nothing for cron."""
        if self.kind == Kind.CRON:
            return ""
        return f"{self.name}.timer" if self.kind == Kind.TIMER else f"{self.name}.service"

    @property
    def for_everybody(self) -> bool:
        """Whether it is the machine's, not a user's own."""
        return self.scope == Scope.SYSTEM


def find(config: Path, account: str | None, environ: Mapping[str, str]) -> Installation | None:
    """Return what is installed for a configuration, and for that account of it when one is named; None for nothing.

    The user's own comes before the machine's. A record that cannot be read counts as none.
    """
    wanted = _same(config)
    for one in _all(environ):
        if _same(Path(one.config)) == wanted and account in (None, one.account):
            return one
    return None


def of_name(name: str, environ: Mapping[str, str]) -> Installation | None:
    """Return what is installed under a name, whatever its configuration."""
    return next((one for one in _all(environ) if one.name == name), None)


def is_started(installation: Installation) -> bool:
    """Tell whether what is installed has been started, as far as files tell: systemd enables a timer by a link to it.

    What is installed for cron is on from the beginning.
    """
    if installation.kind != Kind.TIMER:
        return True
    units = [Path(piece.path) for piece in installation.files if piece.path.endswith(f"/{installation.unit}")]
    return any((unit.parent / "timers.target.wants" / unit.name).is_symlink() for unit in units)


def save(installation: Installation, environ: Mapping[str, str]) -> None:
    """Remember; LocalError when that cannot be written."""
    text = json.dumps(asdict(installation), indent=2) + "\n"
    put(record_of(installation, environ), text, _FOR_ALL, folders=_OPEN if installation.for_everybody else None)


def drop(installation: Installation, environ: Mapping[str, str]) -> None:
    """Forget."""
    path = record_of(installation, environ)
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise LocalError(f"{path} cannot be removed: {error.strerror}", hint=f"ls -ld {path.parent}") from error
    with suppress(OSError):  # others may be installed as well
        path.parent.rmdir()


def record_of(installation: Installation, environ: Mapping[str, str]) -> Path:
    """Return the file in which it is remembered."""
    folder = ETC if installation.for_everybody else user_config_folder(environ)
    return folder / _FOLDER / f"{installation.name}.json"


def user_config_folder(environ: Mapping[str, str]) -> Path:
    """Return the user's folder for configurations, where systemd looks for a user's units as well."""
    named = environ.get("XDG_CONFIG_HOME", "")
    if named.startswith("/"):
        return Path(named)
    return Path(environ.get("HOME") or os.path.expanduser("~")) / ".config"  # noqa: PTH111 - Path.home() may raise


def _all(environ: Mapping[str, str]) -> Iterator[Installation]:
    for base in (user_config_folder(environ), ETC):
        try:
            names = sorted(one.name for one in os.scandir(base / _FOLDER) if one.name.endswith(".json"))
        except OSError:
            continue
        for name in names:
            if (found := _read(base / _FOLDER / name)) is not None:
                yield found


def _read(path: Path) -> Installation | None:
    try:
        known: dict[str, Any] = json.loads(path.read_text("utf-8"))
        values = {one.name: known[one.name] for one in fields(Installation)}
        values["command"] = tuple(values["command"])
        values["files"] = tuple(Piece(**one) for one in values["files"])
        return Installation(**values)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def _same(path: Path) -> str:
    return os.path.realpath(path)
