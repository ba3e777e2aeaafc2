"""From what somebody asks for to a job: the user, the folders, the key, and what would not work, said before."""

from __future__ import annotations

import os
import pwd
import shlex
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import ccsync
from ccsync.errors import LocalError, UsageError
from ccsync.service.job import Job, Kind, Scope, Who, name_of
from ccsync.service.keys import Key, key_of
from ccsync.service.reach import out_of_reach
from ccsync.service.units import SYSTEM_STATE, in_a_home, in_temporary
from ccsync.state.folder import state_root

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ccsync.config.model import Config

DEDICATED = "ccsync"
"""The user of its own that the machine's units run as, unless another one is named."""

_BUS = "unix:path=/run/user/"


@dataclass(frozen=True, slots=True)
class Wish:
    """What was asked for; None leaves it to the rules."""

    kind: Kind
    scope: Scope | None = None
    run_as: str | None = None


@dataclass(frozen=True, slots=True)
class Planned:
    """A job, with where its key comes from, and what to tell about it."""

    job: Job
    key: Key
    warnings: tuple[str, ...]


def plan(wish: Wish, config: Config, path: Path, environ: Mapping[str, str], *, who: Who) -> Planned:
    """Return the job; UsageError for a wish that cannot be. Whether the user can get at things is asked later.

    Units are the machine's when root installs them. A cron line is the user's own, unless somebody asks otherwise.
    """
    scope = wish.scope or _usual_scope(wish, who)
    if wish.run_as is not None and scope is Scope.USER and wish.run_as != who.name:
        raise UsageError(
            f"--run-as {wish.run_as}: what is installed with --user runs as you, {who.name}",
            hint=f"as root: ccsync daemon install --{wish.kind} --system --run-as {wish.run_as}",
        )
    user = (wish.run_as or DEDICATED) if scope is Scope.SYSTEM else who.name
    name = name_of(config.account, sandbox=config.sandbox.enabled)
    key = key_of(config, wish.kind, scope, name, environ)
    named = environ.get("CCSYNC_STATE_DIR")
    job = Job(
        wish.kind,
        scope,
        config.account,
        config.sandbox.enabled,
        Path(os.path.abspath(path)),  # noqa: PTH100 - a link stays a link, so that it can be turned elsewhere
        program(),
        user,
        state_root(environ) if scope is Scope.USER or named else _usual_state(user),
        config.service.interval,
        state_named=bool(named),
        credential=key.credential,
        writable=(Path(config.notify.textfile).parent,) if config.notify.textfile else (),
        bus=_bus(config, environ),
    )
    return Planned(
        replace(job, home=_lies(in_a_home, job, key), temporary=_lies(in_temporary, job, key)),
        key,
        tuple(_warnings(job, config)),
    )


def program() -> tuple[str, ...]:
    """Return the words that start this very ccsync, from anywhere."""
    beside = Path(sys.executable).with_name("ccsync")
    return (str(beside),) if beside.exists() else (sys.executable, "-m", "ccsync")


def check_reach(job: Job, key: Key) -> None:
    """UsageError when the user is not there, or cannot get at what a run needs."""
    if job.scope is Scope.USER:
        return
    try:
        user = pwd.getpwnam(job.user)
    except KeyError:
        home = job.state_dir
        raise UsageError(
            f"there is no user {job.user} to run as",
            hint=f"useradd --system --home-dir {home} --shell /usr/sbin/nologin {job.user}; "
            f"or: ccsync daemon install --{job.kind} --run-as USER",
        ) from None
    groups = os.getgrouplist(user.pw_name, user.pw_gid)
    for needed, execute in _needed(job):
        hidden = out_of_reach(needed, user.pw_uid, groups, execute=execute)
        if hidden is not None:
            raise _closed(job.user, needed, hidden)
    if key.file is not None and key.credential is None and not belongs_to(job.user, key.file):
        raise UsageError(
            f"the key file {key.file} does not belong to {job.user}, who is to run",
            hint=f"chown {job.user} {shlex.quote(str(key.file))}",
        )


def own_folder(job: Job) -> None:
    """Make the state folder, so that somebody can log in before the first run.

    LocalError when it is another's, or lies where its user cannot get at it.
    """
    user = pwd.getpwnam(job.user)
    try:
        job.state_dir.mkdir(mode=0o700, parents=True)
        os.chown(job.state_dir, user.pw_uid, user.pw_gid)
    except FileExistsError:
        if job.state_dir.stat().st_uid != user.pw_uid:
            raise LocalError(
                f"the state folder {job.state_dir} does not belong to {job.user}",
                hint=f"chown -R {job.user}: {job.state_dir}",
            ) from None
    except OSError as error:
        raise LocalError(
            f"the state folder {job.state_dir} cannot be made: {error.strerror}", hint=f"ls -ld {job.state_dir.parent}"
        ) from error
    hidden = out_of_reach(job.state_dir, user.pw_uid, os.getgrouplist(job.user, user.pw_gid), execute=True)
    if hidden is not None:
        raise LocalError(
            f"{job.user} cannot use the state folder {job.state_dir}: {hidden} is closed to others",
            hint="name another one: CCSYNC_STATE_DIR=/srv/ccsync, before: ccsync daemon install",
        )


def belongs_to(user: str, file: Path) -> bool:
    """Tell whether a key file is one that a user may use: their own, in a folder that is open to them."""
    known = pwd.getpwnam(user)
    reached = out_of_reach(file, known.pw_uid, os.getgrouplist(known.pw_name, known.pw_gid)) is None
    return reached and file.stat().st_uid == known.pw_uid


def _closed(user: str, needed: Path, hidden: Path) -> UsageError:
    said = f"{user} cannot use {needed}"
    if not hidden.exists():
        return UsageError(f"{said}: {hidden} is not there", hint=f"ls -l {hidden.parent}")
    if hidden == needed.resolve():
        return UsageError(f"{said}: only its owner may read it", hint=f"chmod a+r {shlex.quote(str(hidden))}")
    elsewhere = (
        "install ccsync in /opt/ccsync, say, with the configuration in /etc/ccsync; or name a user: --run-as USER"
    )
    return UsageError(
        f"{said}: {hidden} is closed to others",
        hint=elsewhere if in_a_home(hidden) else f"chmod a+x {shlex.quote(str(hidden))}",
    )


def _needed(job: Job) -> Iterator[tuple[Path, bool]]:
    yield Path(job.command[0]), True
    yield Path(sys.executable), True
    yield Path(ccsync.__file__), False
    yield job.config, False


def _lies(where: Callable[[Path], bool], job: Job, key: Key) -> bool:
    places = [*(place for place, _ in _needed(job)), Path(sys.base_prefix), job.state_dir]
    if key.file is not None and key.credential is None:
        places.append(key.file)
    return any(where(form) for place in places for form in (place, place.resolve()))


def _usual_scope(wish: Wish, who: Who) -> Scope:
    if wish.kind is Kind.CRON:
        return Scope.SYSTEM if wish.run_as not in (None, who.name) else Scope.USER
    return Scope.SYSTEM if who.is_root else Scope.USER


def _usual_state(user: str) -> Path:
    return Path(SYSTEM_STATE) / (DEDICATED if user == DEDICATED else f"{DEDICATED}-{user}")


def _bus(config: Config, environ: Mapping[str, str]) -> str:
    """Return the way to the keyring of a desktop, which stays the same from login to login on systemd's machines."""
    bus = environ.get("DBUS_SESSION_BUS_ADDRESS", "")
    uses = config.credentials.store == "keyring" and not config.sandbox.enabled
    return bus if uses and bus.startswith(_BUS) else ""


def _warnings(job: Job, config: Config) -> Iterator[str]:
    if config.credentials.store == "keyring" and not job.sandbox:
        yield (
            "the logins are in the keyring, which is locked while you are not logged in: runs fail then; "
            'store = "encrypted-file" under [credentials] is always open'
        )
    if job.scope is Scope.USER and job.kind is not Kind.CRON:
        yield "a user's units end when the user logs out, unless: loginctl enable-linger"
