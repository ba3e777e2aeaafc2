"""Writes what starts the runs, and takes back exactly that."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ccsync.errors import LocalError, UsageError
from ccsync.service import crontab, record
from ccsync.service.job import Kind, Scope, account_place, name_of
from ccsync.service.keys import lay_down, plain
from ccsync.service.planning import Planned, belongs_to, own_folder
from ccsync.service.record import Installation
from ccsync.service.systemctl import NOT_HERE, Systemctl
from ccsync.service.units import units
from ccsync.service.written import CRONTAB, Piece, digest, put, remove, state_of
from ccsync.state.folder import state_root

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ccsync.clock import Clock
    from ccsync.service.job import Job

_FOR_ALL = 0o644


@dataclass(frozen=True, slots=True)
class Text:
    """A file as it is to be, or, with ``CRONTAB`` in place of a path, the block of a crontab."""

    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Done:
    """What has come of it: whether anything is different now, and what to tell."""

    installation: Installation
    changed: bool
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Taken:
    """What was taken back, what was left because somebody edited it, and what to tell."""

    removed: tuple[str, ...]
    left: tuple[str, ...]
    warnings: tuple[str, ...] = ()


def texts(job: Job, environ: Mapping[str, str]) -> tuple[Text, ...]:
    """Return all that a job writes."""
    if job.kind is Kind.CRON:
        if job.scope is Scope.USER:
            return (Text(CRONTAB, crontab.block(job)),)
        return (Text(str(record.ETC / "cron.d" / job.name), crontab.system_file(job)),)
    base = record.ETC / "systemd/system" if job.scope is Scope.SYSTEM else _user_units(environ)
    return tuple(Text(str(base / name), text) for name, text in units(job).items())


def _user_units(environ: Mapping[str, str]) -> Path:
    return record.user_config_folder(environ) / "systemd/user"


class Installer:
    """Installs and takes back on this machine."""

    def __init__(self, environ: Mapping[str, str], clock: Clock) -> None:
        self._environ = environ
        self._clock = clock
        self._crontab = crontab.Crontab(environ)

    def install(self, planned: Planned, *, force: bool = False) -> Done:
        """Write what is not there yet, and remember it.

        UsageError when something else is installed for the account, or when somebody edited what was written and
        ``force`` does not replace it.
        """
        before = record.of_name(planned.job.name, self._environ)
        _check_same(planned.job, before or record.find(planned.job.config, None, self._environ))
        known = {piece.path: piece for piece in before.files} if before else {}
        if not force:
            self._check_unedited(planned.job, known)
        if planned.job.scope is Scope.SYSTEM:
            own_folder(planned.job)
        planned, key_piece = self._with_key(planned, known)
        job = planned.job
        wanted = texts(job, self._environ)
        changed = [one for one in wanted if self._there(one.path, job.name) != one.text]
        for one in changed:
            self._write(one, job.name)
        pieces = (*(Piece(one.path, digest(one.text)) for one in wanted), *((key_piece,) if key_piece else ()))
        installation = self._installation(planned, pieces, before, changed=bool(changed))
        if installation != before:
            record.save(installation, self._environ)
        warnings = self._taken_up(installation, new=before is None) if changed else ()
        told = (*planned.warnings, *self._left_behind(job), *warnings)
        return Done(installation, bool(changed) or before is None, told)

    def uninstall(self, installation: Installation) -> Taken:
        """Stop what starts runs, remove what was written, and forget it; an edited file is left."""
        warnings = list(self._switched_off(installation))
        removed, left = [], []
        for piece in installation.files:
            state = self._crontab_state(piece, installation.name) if piece.path == CRONTAB else state_of(piece)
            if piece.kept or state == "edited":
                left.append(piece.path)
                if installation.kind == Kind.CRON:
                    how = "crontab -e" if piece.path == CRONTAB else shlex.join(("rm", piece.path))
                    warnings.append(f"{_named(piece.path)} still starts runs; to take it out: {how}")
            elif state == "as written":
                self._remove(piece.path, installation.name)
                removed.append(piece.path)
        left += [name for piece in installation.files if Path(name := f"{piece.path}.d").is_dir()]
        if installation.unit and (systemctl := self._systemctl(installation)).is_there():
            systemctl.reload()
        record.drop(installation, self._environ)
        return Taken(tuple(removed), tuple(left), tuple(warnings))

    def _with_key(self, planned: Planned, known: Mapping[str, Piece]) -> tuple[Planned, Piece | None]:
        """Lay the key down; where systemd cannot encrypt after all, it hands over the key file as it is."""
        credential = planned.key.credential
        if credential is None or not credential.encrypted:
            return planned, None
        piece = lay_down(planned.key, known.get(str(credential.path)), self._environ)
        if piece is not None:
            return planned, piece
        if planned.key.file is None:
            raise LocalError(
                "systemd cannot encrypt a key on this machine",
                hint='ccsync auth new-key FILE, and key_file = "FILE" under [credentials]',
            )
        key = plain(planned.key.file)
        return Planned(replace(planned.job, credential=key.credential), key, planned.warnings), None

    def _check_unedited(self, job: Job, known: Mapping[str, Piece]) -> None:
        for one in texts(job, self._environ):
            there = self._there(one.path, job.name)
            if there in (None, one.text):
                continue
            if one.path not in known or digest(there or "") != known[one.path].digest:
                what = _named(one.path)
                how = "has been edited since" if one.path in known else "is there already"
                raise UsageError(
                    f"{what} {how}, and was left as it is",
                    hint=f"to replace it: ccsync daemon install {shlex.join(job.asked)} --force",
                )

    def _there(self, path: str, name: str) -> str | None:
        if path == CRONTAB:
            return crontab.find_block(self._crontab.read(), name)
        try:
            return Path(path).read_text("utf-8")
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise LocalError(f"{path} cannot be read: {error}", hint=f"ls -l {path}") from error

    def _write(self, one: Text, name: str) -> None:
        if one.path == CRONTAB:
            self._crontab.write(crontab.with_block(self._crontab.read(), name, one.text))
        else:
            put(Path(one.path), one.text, _FOR_ALL)

    def _remove(self, path: str, name: str) -> None:
        if path == CRONTAB:
            self._crontab.write(crontab.with_block(self._crontab.read(), name, ""))
        else:
            remove(path)

    def _crontab_state(self, piece: Piece, name: str) -> str:
        there = self._there(CRONTAB, name)
        if there is None:
            return "gone"
        return "as written" if digest(there) == piece.digest else "edited"

    def _systemctl(self, installation: Installation) -> Systemctl:
        return Systemctl(self._environ, user=not installation.for_everybody)

    def _taken_up(self, installation: Installation, *, new: bool) -> tuple[str, ...]:
        """Have systemd read the units, where it runs."""
        if not installation.unit:
            return ()
        systemctl = self._systemctl(installation)
        if not systemctl.is_there():
            return (f"{NOT_HERE}: the units wait until it does",)
        try:
            systemctl.reload()
            if not new:
                systemctl.restart(installation.unit)
        except LocalError as error:
            return (f"{error.message}; the units are written, and wait: {error.hint}",)
        return ()

    def _left_behind(self, job: Job) -> tuple[str, ...]:
        """Name the line that takes along what whoever installs has done under their own name: logins, and runs."""
        mine, theirs = (
            account_place(root, job.account, sandbox=job.sandbox) for root in (state_root(self._environ), job.state_dir)
        )
        if job.sandbox or mine == theirs or theirs.exists() or not (mine.is_dir() and any(mine.glob("*"))):
            return ()
        move = shlex.join(("mv", str(mine), str(theirs)))
        return (
            f"your own state and logins are in {mine}; to take them along: {move} && chown -R {job.user}: {theirs}",
        )

    def _switched_off(self, installation: Installation) -> tuple[str, ...]:
        if not any(
            piece.path.endswith(f"/{installation.unit}") and Path(piece.path).exists() for piece in installation.files
        ):
            return ()
        systemctl = self._systemctl(installation)
        if not systemctl.is_there():
            return (f"{NOT_HERE}: no unit was stopped",)
        systemctl.disable(installation.unit)
        if installation.kind == Kind.TIMER:
            systemctl.stop(f"{installation.name}.service")
        return ()

    def _installation(
        self, planned: Planned, pieces: tuple[Piece, ...], before: Installation | None, *, changed: bool
    ) -> Installation:
        job, key = planned.job, planned.key
        now = self._clock.now().isoformat(timespec="seconds").replace("+00:00", "Z")
        return Installation(
            name=job.name,
            kind=str(job.kind),
            scope=str(job.scope),
            account=job.account,
            config=str(job.config),
            command=job.command,
            user=job.user,
            state_dir=str(job.state_dir),
            folder=str(account_place(job.state_dir, job.account, sandbox=job.sandbox)),
            key=key.words,
            credential=str(key.credential.path) if key.credential else "",
            credential_encrypted=key.credential is not None and key.credential.encrypted,
            key_by_hand=key.credential is None or (key.file is not None and belongs_to(job.user, key.file)),
            interval_seconds=int(job.interval.total_seconds()),
            files=pieces,
            installed_at=before.installed_at if before and not changed else now,
        )


def _check_same(job: Job, before: Installation | None) -> None:
    """UsageError when what is installed is not what a job would install: two would start the same runs."""
    if before is None:
        return
    differs = (
        (before.name, before.kind, before.scope, before.user, before.config)
        != (job.name, str(job.kind), str(job.scope), job.user, str(job.config))
    )  # fmt: skip
    if differs:
        what = f"account {job.account} is installed already"
        if before.name != job.name:
            in_sandbox = before.name == name_of(before.account, sandbox=True)
            what = f"this configuration is installed already, for {'the sandbox' if in_sandbox else before.account}"
        raise UsageError(
            f"{what}: {described(before)}", hint=f"ccsync --config {shlex.quote(before.config)} daemon uninstall"
        )


def _named(path: str) -> str:
    return "the line in your crontab" if path == CRONTAB else path


def described(one: Installation) -> str:
    """Say what is installed, in one line."""
    what = {Kind.TIMER: "a systemd timer", Kind.SERVICE: "a systemd service", Kind.CRON: "a line for cron"}
    return f"{what[Kind(one.kind)]}, runs as {one.user} with {one.config}"
