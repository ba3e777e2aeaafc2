"""The service: one run after another, until somebody asks it to end."""

from __future__ import annotations

import traceback
from contextlib import suppress
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Generic

from ccsync.engine.options import Progress, RunReport
from ccsync.errors import CcsyncError, LocalError, Locked, NotApproved
from ccsync.service.last_run import LastRun
from ccsync.service.pacing import Ending
from ccsync.service.rereading import Rereading, Served, Teller
from ccsync.state.folder import AccountLock, ServiceLock

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from ccsync.clock import Clock
    from ccsync.service.bulletin import Bulletin, Notice
    from ccsync.service.pacing import Pause
    from ccsync.service.switch import Switch
    from ccsync.service.systemd import Systemd
    from ccsync.stopping import StopRequest

_MOMENT = 1.0
"""Seconds between two looks at what may end a wait early."""

Answer = RunReport | CcsyncError


class End(StrEnum):
    """Why the service ended; each is a good end."""

    ASKED = "asked to stop"
    SWITCHED_OFF = "switched off"
    NEW_VERSION = "another version of ccsync was installed"
    DECLINED = "the first run was not wanted"


@dataclass(frozen=True, slots=True)
class Outside:
    """What the service needs beside its account: time, chance, and everybody who is told.

    ``installed`` names the version of ccsync on disk, None while it is being replaced. ``before_run`` and
    ``after_run`` are called around each run, and never around a wait for somebody else's.
    """

    clock: Clock
    stop: StopRequest
    systemd: Systemd
    bulletin: Bulletin
    switch: Switch
    tell: Teller
    chance: Callable[[], float]
    installed: Callable[[], str | None]
    before_run: Callable[[], None]
    after_run: Callable[[Answer], None]


@dataclass(slots=True)
class Loop(Generic[Served]):
    """Runs an account again and again; the caller holds the service's lock.

    ``carry_out`` runs once and watches with the progress that it is given.
    """

    rereading: Rereading[Served]
    carry_out: Callable[[Served, Progress], RunReport]
    outside: Outside
    notice: Notice
    _last: LastRun = field(default_factory=LastRun)
    _told: str = ""
    _reason: str = ""
    _said: str = ""
    _off_since: datetime | None = None
    _inode: int | None = None
    _outpaced: bool = False

    def serve(self) -> End:
        """Run until there is a reason to end, and return it. Signals are heeded between two writes."""
        outside = self.outside
        self._off_since = self._switched_off_since()
        self._inode = self._inode_of_lock()
        self._post("starting")
        outside.systemd.ready("starting")
        end = End.ASKED
        try:
            with outside.stop.gently():
                end = self._go_on()
        except KeyboardInterrupt:
            end = End.ASKED
        finally:
            outside.systemd.stopping(end.value)
            outside.bulletin.take_down()
        return end

    def _go_on(self) -> End:
        while True:
            self._check_that_the_lock_counts()
            end = self._reason_to_end() or self._wait_for_another_run()
            if end is not None:
                return end
            self.outside.stop.heed()
            if not self._version_is_whole():
                continue
            answer = self._pass()
            if isinstance(answer, Locked) and not self._outpaced:  # somebody was quicker: as if it had not been tried
                self._outpaced = True
                self._sleep(_MOMENT)
                continue
            self._outpaced = False
            self.outside.after_run(answer)
            if answer.code == NotApproved.code:
                return End.DECLINED
            self.outside.stop.heed()
            self._learn(answer)
            end = self._wait(answer)
            if end is not None:
                return end

    def _pass(self) -> Answer:
        """Run once; whatever goes wrong is an answer, so that a service never dies of it."""
        outside = self.outside
        account = self.rereading.look()
        self._last.began = outside.clock.monotonic()
        self._post("starting a run")
        outside.before_run()
        try:
            answer: Answer = self.carry_out(account, _Watching(self))
        except CcsyncError as error:
            answer = error
        except Exception as bug:  # noqa: BLE001 - a bug that one record shows must not end the service
            answer = _told_bug(bug)
        return answer

    def _learn(self, answer: Answer) -> None:
        """Note how a run ended."""
        outside, budget = self.outside, None
        with suppress(CcsyncError):
            budget = self.rereading.look().budget()
        self._last.end(
            answer,
            monotonic=outside.clock.monotonic(),
            now=outside.clock.now(),
            chance=outside.chance(),
            budget=budget,
        )

    def _wait(self, answer: Answer) -> End | None:
        """Wait for the moment of the next run, by the interval as the configuration has it meanwhile."""
        clock, told = self.outside.clock, False
        while True:
            pause = self._last.pause(self.rereading.look().config.service.interval)
            at = self._last.ended_at + pause.length
            if not told or at != self.notice.next_run:
                told = True
                self._tell(answer, pause, at)
            left = min(
                self._last.ended + pause.length.total_seconds() - clock.monotonic(),
                (at - clock.now()).total_seconds(),  # a machine that slept, or a clock that was set, waits no longer
            )
            if left <= 0:
                return None
            end = self._reason_to_end()
            if end is not None:
                return end
            self._sleep(min(left, _MOMENT))

    def _wait_for_another_run(self) -> End | None:
        """Wait until no other run of this account is on, such as one typed by hand."""
        lock = AccountLock(self.rereading.look().folder, self.outside.clock)
        while True:
            try:
                holder = lock.held()
            except CcsyncError:
                return None  # the run says it better
            if holder is None:
                return None
            self._say(f"waits for another run to end (process {holder.pid})")
            end = self._reason_to_end()
            if end is not None:
                return end
            self._sleep(_MOMENT)

    def _reason_to_end(self) -> End | None:
        """Say why no run begins any more: somebody turned the switch, or the program on disk is another one."""
        off_since = self._switched_off_since()
        if off_since is not None and off_since != self._off_since:
            return End.SWITCHED_OFF
        installed = self.outside.installed()
        if installed is not None and installed != self.notice.version:
            return End.NEW_VERSION
        return None

    def _switched_off_since(self) -> datetime | None:
        """Return when the service was turned off; a switch that cannot be read has not been turned."""
        with suppress(CcsyncError):
            return self.outside.switch.off_since()
        return self._off_since

    def _check_that_the_lock_counts(self) -> None:
        """End when the folder was removed or replaced: another service could start there, and take its lock as well."""
        if self._inode_of_lock() != self._inode:
            folder = self.rereading.look().folder
            raise LocalError(
                f"the state folder {folder} was removed or replaced while the service ran: it has ended",
                hint="ccsync daemon start",
            )

    def _inode_of_lock(self) -> int | None:
        try:
            return (self.rereading.look().folder / ServiceLock.name).stat().st_ino
        except OSError:
            return None

    def _version_is_whole(self) -> bool:
        """Wait a moment when ccsync is being replaced on disk right now: no run begins with half of a program."""
        if self.outside.installed() is not None:
            return True
        self._say("waits until ccsync is installed again")
        self._sleep(_MOMENT)
        return False

    def _sleep(self, seconds: float) -> None:
        with self.outside.stop.waiting():
            self.outside.clock.sleep(seconds)
        self.outside.systemd.alive()

    def _tell(self, answer: Answer, pause: Pause, at: datetime) -> None:
        """Tell people, systemd and other processes how it stands; people only what is new."""
        tell, well = self.outside.tell, self._last.how is Ending.WELL
        next_run = f"next run at {at:%H:%M:%S} UTC"
        trouble = "" if well else answer_message(answer)
        self._post("", at, trouble)
        self.outside.systemd.status(f"{next_run}; {trouble or 'the last run went well'}")
        code = "" if well else answer.code
        if code and code != self._told:
            because = f"; {pause.reason}" if pause.reason else ""
            tell.trouble(f"{trouble}{because}; {next_run}", answer.hint)
        elif self._told and not code:
            tell.mended(f"all is well again; {next_run}")
        if well and pause.reason and not self._reason:
            tell.news(f"{pause.reason}; {next_run}")
        self._told, self._reason, self._said = code, pause.reason if well else "", ""

    def _say(self, doing: str) -> None:
        """Tell what the service waits for, once."""
        if doing != self._said:
            self._said = doing
            self.outside.tell.news(doing)
            self.outside.systemd.status(doing)
            self._post(doing)

    def _post(self, phase: str, next_run: datetime | None = None, trouble: str | None = None) -> None:
        kept = self.notice.trouble if trouble is None else trouble
        self.notice = replace(self.notice, phase=phase, next_run=next_run, trouble=kept)
        self.outside.bulletin.post(self.notice)

    def watched(self, phase: str) -> None:
        """Pass on which part of a run is on."""
        self._post(phase)
        self.outside.systemd.status(phase)
        self.outside.systemd.alive()


def answer_message(answer: Answer) -> str:
    """Return why a run did not go well, in one line."""
    return answer.message or f"the last run ended with {answer.code or 'trouble'}"


class _Watching:
    """A run's progress, told to the watchdog from the work itself: a helper thread would ping for a run that hangs."""

    def __init__(self, loop: Loop[Served]) -> None:
        self._loop = loop

    def phase(self, name: str, total: int | None = None) -> None:
        """Tell which part of the run begins."""
        self._loop.watched(name if total is None else f"{name} ({total})")

    def advance(self, steps: int = 1) -> None:  # noqa: ARG002 - the port has it
        """Tell that work goes on."""
        self._loop.outside.systemd.alive()


def _told_bug(bug: Exception) -> CcsyncError:
    place = traceback.extract_tb(bug.__traceback__)[-1]
    where = f"{place.filename.rpartition('ccsync/')[2]}, line {place.lineno}"
    return CcsyncError(
        f"a bug in ccsync: {type(bug).__name__} in {where}", hint="ccsync logs list, and report it", code="bug"
    )
