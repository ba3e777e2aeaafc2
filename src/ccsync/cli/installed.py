"""What ``ccsync daemon install`` set up, as the other commands meet it: whose state is meant, and what drives runs."""

from __future__ import annotations

import os
import pwd
import shlex
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ccsync.errors import CcsyncError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ccsync.cli.session import Session
    from ccsync.service.driver import Driver
    from ccsync.service.record import Installation

OTHER_USER = "other_user"
"""The code of the error that says: type it as somebody else."""

_STATE = "CCSYNC_STATE_DIR"
_WITHOUT_LOGINS = ("status", "logs", "state", "daemon")
"""Commands that read the state and the logs alone."""


def environment_of_runs(config: Path | None, environ: Mapping[str, str]) -> Mapping[str, str]:
    """Return the environment with the state folder of the runs that are installed, unless it names one already.

    UsageError when they run as another user: its hint is the beginning of a line that works, without the command.
    """
    if environ.get(_STATE) or environ.get("STATE_DIRECTORY"):
        return environ
    found = _found(config, environ)
    if found is None:
        return environ
    from ccsync.service.job import Who

    if Who.of_process().name != found.user:
        raise OtherUserError(found)
    return {**environ, _STATE: found.state_dir}


class OtherUserError(UsageError):
    """Typed as somebody who has another state than the runs have; ``words`` are those of the command, once known."""

    code = OTHER_USER

    def __init__(self, found: Installation, words: Sequence[str] = ()) -> None:
        super().__init__(
            f"account {found.account} runs as {found.user}, with the state in {found.state_dir}; you are another user"
        )
        self._found = found
        self.typed(words)

    def typed(self, words: Sequence[str]) -> None:
        """Have the hint say what to type instead of these words."""
        self.hint = " ".join((line_for(self._found, words), *([shlex.join(words)] if words else [])))


def _takes_root(found: Installation, words: Sequence[str]) -> UsageError:
    return UsageError(
        f"{found.unit} is the machine's: it takes root to start and stop it",
        hint=shlex.join(("sudo", *found.command, "--config", found.config, *words)),
        code=OTHER_USER,
    )


def line_for(found: Installation, words: Sequence[str] = ()) -> str:
    """Return what to type before a command's words, so that it has the user, the state and the key of the runs.

    Where only systemd can open the key, it is systemd that starts the command, unless that opens no logins.
    """
    root = os.geteuid() == 0
    program = (*found.command, "--config", found.config)
    if found.credential and not found.key_by_hand and not (words and words[0] in _WITHOUT_LOGINS):
        how = "LoadCredentialEncrypted" if found.credential_encrypted else "LoadCredential"
        unit = (
            "systemd-run",
            "--quiet",
            "--collect",
            "--pty",
            f"--uid={found.user}",
            f"--property={how}=ccsync-key:{found.credential}",
            f"--setenv={_STATE}={found.state_dir}",
        )
        return shlex.join((*(() if root else ("sudo",)), *unit, *program))
    as_user = ("runuser", "-u", found.user, "--") if root else ("sudo", "-u", found.user)
    return shlex.join((*as_user, *program))


def installation(session: Session) -> Installation | None:
    """Return what is installed for the configuration that was asked for; None for nothing.

    Its account is the one that the configuration names now: runs read it anew, whatever it named when it was installed.
    """
    found = _found(session.everywhere.config, session.environment.variables)
    if found is None:
        return None
    from ccsync.config import read
    from ccsync.service.job import account_place

    try:
        config = read(Path(found.config), compile_filter=None).config
    except CcsyncError:  # runs fail of it; what is installed can be stopped and taken back all the same
        return found
    folder = account_place(Path(found.state_dir), config.account, sandbox=config.sandbox.enabled)
    return replace(found, account=config.account, folder=str(folder))


def driver(session: Session) -> Driver | None:
    """Return what starts and stops what is installed; None for nothing."""
    found = installation(session)
    if found is None:
        return None
    from ccsync.service.installed_drivers import driver_of

    where = session.environment
    return driver_of(found, where.variables, where.clock, session.output.tell)


@contextmanager
def as_its_user(found: Installation, words: Sequence[str]) -> Iterator[Path]:
    """Work in the account's folder as the user who runs, and return the folder; it is made when it is missing.

    Root can; UsageError for anybody else who is not that user, with what to type: ``words`` are those of the command.
    """
    from ccsync.service.job import Who
    from ccsync.state.folder import account_folder

    folder = Path(found.folder)
    who = Who.of_process()
    if who.name == found.user:
        yield account_folder(folder.parent, folder.name)
        return
    if not who.is_root:
        raise _takes_root(found, words) if found.unit else OtherUserError(found, words)
    user = pwd.getpwnam(found.user)
    os.setegid(user.pw_gid)
    os.seteuid(user.pw_uid)
    try:
        yield account_folder(folder.parent, folder.name)
    finally:
        os.seteuid(0)
        os.setegid(0)


def _found(config: Path | None, environ: Mapping[str, str]) -> Installation | None:
    from ccsync.config.source import find as find_config
    from ccsync.service.record import find

    try:
        path = find_config(config, environ)
    except CcsyncError:  # whoever needs the configuration says that there is none
        return None
    return find(path, None, environ)
