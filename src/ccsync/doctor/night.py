"""What differs between the shell in which somebody types, and the bare environment of cron."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ccsync.doctor.finding import Finding, fail, ok, warn
from ccsync.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Iterator

PATH = "/usr/bin:/bin"
"""What cron searches for commands (crontab(5))."""


@dataclass(frozen=True, slots=True)
class Places:
    """Which configuration and which account's folder a process works with; empty where that cannot be found out."""

    config: str = ""
    state: str = ""


@dataclass(frozen=True, slots=True)
class NightFacts:
    """The places of this process and of one without an environment, and where the program is for cron.

    ``installed`` says that the line was written by ``daemon install``, which names everything by its path.
    """

    here: Places
    there: Places
    program: str
    on_path: str | None
    root: str
    installed: bool


def bare_environment(home: str, user: str) -> dict[str, str]:
    """Return the variables that cron gives to a command (crontab(5)): no more than these."""
    return {"HOME": home, "LOGNAME": user, "SHELL": "/bin/sh", "PATH": PATH}


def check_night(facts: NightFacts) -> Iterator[Finding]:
    """Say what a line of crontab has to name because cron does not know it."""
    name = "cron-command"
    if facts.installed:
        yield ok(name, "the installed line names it by its path")
    elif facts.on_path is None:
        said = f"cron's PATH ({PATH}) does not lead to ccsync"
        yield warn(name, said, f"write {facts.program} in the line; ccsync daemon install --cron does")
    else:
        yield ok(name, f"cron finds {facts.on_path}")
    yield _compared("cron-config", facts.here.config, facts.there.config, f"CCSYNC_CONFIG={facts.here.config}")
    yield _compared("cron-state", facts.here.state, facts.there.state, f"CCSYNC_STATE_DIR={facts.root}")


def _compared(name: str, here: str, there: str, line: str) -> Finding:
    if here == there:
        return ok(name, f"the same: {there}" if there else "none, here and there")
    said = f"here it is {here or 'none'}, under cron {there or 'none'}"
    mend = f"write {line} above the line in the crontab; ccsync daemon install --cron does"
    return fail(name, said, mend, ExitCode.CONFIG)
