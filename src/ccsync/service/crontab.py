"""Cron: the text of a line, the marked block of a user's crontab, and the program that keeps crontabs."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from typing import TYPE_CHECKING

from ccsync.errors import LocalError, UsageError
from ccsync.service.schedule import cron_fields

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ccsync.service.job import Job

_LONGEST = 990
"""Characters: cron takes lines of 998 at most, and cuts the rest off."""

_SECONDS = 10.0
_NOBODY_S = re.compile(r"no crontab for", re.IGNORECASE)
_USUAL_PATH = "/usr/local/bin:/usr/bin:/bin"


def line(job: Job) -> str:
    """Return the line for a user's own crontab.

    What it needs stands in the line itself: a variable of its own line in a crontab would hold for every line below.
    """
    settings = [f"{name}={value}" for name, value in _environment(job).items()]
    return _checked(f"{cron_fields(job.interval)} {_shell(('/usr/bin/env', *settings, *job.whole_command))}")


def system_file(job: Job) -> str:
    """Return the file for ``/etc/cron.d``, whose lines name a user."""
    settings = [f'{name}="{value}"' for name, value in {"SHELL": "/bin/sh", **_environment(job)}.items()]
    when = f"{cron_fields(job.interval)} {job.user} {_shell(job.whole_command)}"
    return "\n".join((_note(), *settings, _checked(when))) + "\n"


def block(job: Job) -> str:
    """Return the line of a user's crontab with the marks around it, by which it is found again."""
    begin, end = _marks(job.name)
    return f"{begin}\n{line(job)}\n{end}\n"


def find_block(crontab: str, name: str) -> str | None:
    """Return the block of that name, from mark to mark; None when there is none, or it has lost its end."""
    begin, end = (f"{re.escape(mark)}\n" for mark in _marks(name))
    found = re.search(rf"^{begin}(?:(?!{begin}).*\n)*?{end}", crontab, re.MULTILINE)
    return found[0] if found else None


def with_block(crontab: str, name: str, text: str) -> str:
    """Return the crontab with a block put in place of the one of that name, or at its end; empty text takes it out."""
    if crontab and not crontab.endswith("\n"):
        crontab += "\n"
    before = find_block(crontab, name)
    return crontab + text if before is None else crontab.replace(before, text)


def _marks(name: str) -> tuple[str, str]:
    return f"# >>> {name}, {_note()[2:]}", f"# <<< {name}"


def _note() -> str:
    return "# written by: ccsync daemon install; to take it back: ccsync daemon uninstall"


def _environment(job: Job) -> dict[str, str]:
    bus = {"DBUS_SESSION_BUS_ADDRESS": job.bus} if job.bus else {}
    return {"PATH": _USUAL_PATH, "CCSYNC_STATE_DIR": str(job.state_dir), **bus}


def _shell(words: tuple[str, ...]) -> str:
    return shlex.join(words).replace("%", "\\%")  # cron's own sign for a line end


def _checked(text: str) -> str:
    if len(text) > _LONGEST or not text.isprintable():
        raise UsageError(
            "cron does not take this line: it is too long, or there is a line break in a path",
            hint="shorter paths help; or: ccsync daemon install --systemd-timer",
        )
    return text


class Crontab:
    """The crontab of whoever this process works as, through the program ``crontab``.

    Its text may be in any encoding: what is no UTF-8 goes back byte for byte.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def read(self) -> str:
        """Return all of it, nothing when there is none; LocalError when cron is not installed or does not allow it."""
        done = self._call("-l")
        if done.returncode == 0:
            return done.stdout.decode("utf-8", "surrogateescape")
        said = done.stderr.decode("utf-8", "replace")
        if _NOBODY_S.search(said):
            return ""
        raise self._refused(said)

    def write(self, text: str) -> None:
        """Replace all of it; without any text there is none afterwards."""
        done = self._call("-", text=text) if text.strip() else self._call("-r")
        if done.returncode:
            raise self._refused(done.stderr.decode("utf-8", "replace"))

    def _call(self, flag: str, *, text: str = "") -> subprocess.CompletedProcess[bytes]:
        program = shutil.which("crontab", path=self._environ.get("PATH"))
        if program is None:
            raise LocalError(
                "cron is not installed here: there is no crontab",
                hint="apt-get install cron; or: ccsync daemon install --systemd-timer",
            )
        try:
            return subprocess.run(  # noqa: S603 - a program of the system's, without a shell
                [program, flag],
                input=text.encode("utf-8", "surrogateescape"),
                capture_output=True,
                timeout=_SECONDS,
                check=False,
                env={**self._environ, "LC_ALL": "C"},
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise self._refused(str(error)) from error

    @staticmethod
    def _refused(said: str) -> LocalError:
        return LocalError(
            f"the crontab cannot be kept: {' '.join(said.split())}",
            hint="try it by hand: crontab -l; or: ccsync daemon install --systemd-timer",
        )
