"""What makes runs come by themselves, and who is at work now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from ccsync.doctor.finding import Finding, fail, ok, warn
from ccsync.doctor.words import day, lasting
from ccsync.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

_LONG = timedelta(hours=2)
"""A first run over 200,000 contacts takes less."""


@dataclass(frozen=True, slots=True)
class HolderFacts:
    """Who holds a lock: the process (0 when that is not known), since when, and whether there is such a process."""

    pid: int
    since: datetime | None
    alive: bool


@dataclass(frozen=True, slots=True)
class LockFacts:
    """Who has a run of this account under way; None when nobody has."""

    holder: HolderFacts | None
    now: datetime


@dataclass(frozen=True, slots=True)
class InstalledFacts:
    """What ``daemon install`` has written, whether it is on, and which files are not as it wrote them.

    ``detail`` is how it stands, in the words of what drives it; ``changed`` are paths with ``edited`` or ``gone``.
    """

    kind: str
    user: str
    running: bool
    detail: str
    changed: tuple[tuple[str, str], ...]
    command: Path
    command_there: bool
    folder: Path
    our_folder: Path

    @property
    def gone(self) -> tuple[str, ...]:
        """What is not there any more."""
        return tuple(path for path, how in self.changed if how == "gone")

    @property
    def again(self) -> str:
        """The command that writes all of it once more."""
        return f"ccsync daemon install --{self.kind}"


@dataclass(frozen=True, slots=True)
class ServiceFacts:
    """Whether the service was switched off, the looping process if there is one, and what is installed."""

    off_since: datetime | None
    process: HolderFacts | None
    installed: InstalledFacts | None

    @property
    def expected(self) -> bool:
        """Whether runs should come by themselves."""
        return self.off_since is None and (self.process is not None or self.installed is not None)


def check_lock(facts: LockFacts) -> Iterator[Finding]:
    """Say who is running. The kernel frees the lock with its process, so nobody has to remove a stale one."""
    name, holder = "lock", facts.holder
    if holder is None:
        yield ok(name, "free: no run is on")
        return
    who = f"process {holder.pid}" if holder.pid else "a process that did not say which"
    age = facts.now - holder.since if holder.since else timedelta()
    said = f"a run is on: {who}" + (f", for {lasting(age)}" if holder.since else "")
    if age > _LONG:
        yield warn(name, f"{said}, longer than runs take", f"ps -f -p {holder.pid}, and to end it: kill {holder.pid}")
    elif holder.pid and not holder.alive:
        said = f"{said}, which is not on this machine or not ours to see"
        yield warn(name, said, "ps -ef | grep ccsync, and on the other machine that uses this folder")
    else:
        yield ok(name, said)


def check_service(facts: ServiceFacts) -> Iterator[Finding]:
    """Say whether runs come by themselves, and whether what makes them come is still whole."""
    yield _driven(facts)
    if facts.installed is not None:
        yield _installed(facts.installed)


def _driven(facts: ServiceFacts) -> Finding:
    name = "service"
    if facts.off_since is not None:
        return warn(name, f"switched off since {day(facts.off_since)}: no run comes by itself", "ccsync daemon start")
    if facts.process is not None:
        since = f", since {facts.process.since:%Y-%m-%d %H:%M} UTC" if facts.process.since else ""
        return ok(name, f"runs as process {facts.process.pid}{since}")
    if facts.installed is None:
        said = "nothing makes runs come by themselves; `daemon install` outlasts a restart of the machine"
        return warn(name, said, "ccsync daemon start")
    said = f"{facts.installed.kind} of {facts.installed.user}: {facts.installed.detail}"
    mend = facts.installed.again if facts.installed.gone else "ccsync daemon start"
    return ok(name, said) if facts.installed.running else warn(name, said, mend)


def _installed(facts: InstalledFacts) -> Finding:
    name = "installed"
    if facts.gone:
        said = f"of what was installed {' and '.join(facts.gone)} is gone"
        return fail(name, said, facts.again, ExitCode.LOCAL)
    if not facts.command_there:
        return fail(name, f"it starts {facts.command}, which is not there", facts.again, ExitCode.LOCAL)
    if facts.folder != facts.our_folder:
        said = f"it keeps its state in {facts.folder}, and this report is about {facts.our_folder}"
        return warn(name, said, "unset CCSYNC_STATE_DIR, then: ccsync doctor")
    if facts.changed:
        return ok(name, f"edited since by hand: {' and '.join(path for path, _ in facts.changed)}")
    return ok(name, f"all of it as written, starts {facts.command}")
