"""``ccsync run`` without ``--once``: the loop, and how it speaks to whoever reads it."""

from __future__ import annotations

import os
import random
import sys
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from ccsync.cli import run_first
from ccsync.cli.output import Result, failed
from ccsync.errors import CcsyncError, Interrupted, Locked, NotApproved, UsageError
from ccsync.service.background import STARTED_BY
from ccsync.service.bulletin import Bulletin, Notice
from ccsync.service.loop import End, Loop, Outside
from ccsync.service.rereading import Rereading
from ccsync.service.switch import Switch
from ccsync.service.systemd import Systemd, WatchedClock
from ccsync.state.folder import ServiceLock

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ccsync.cli.notifying import Notifying
    from ccsync.cli.session import Application, Session
    from ccsync.engine.options import Progress, RunOptions, RunReport
    from ccsync.service.loop import Answer

_OF_ONE_RUN = {"sync": "--sync", "dry_run": "--dry-run", "full": "--full", "allow_removals": "--allow-removals"}


def run_again_and_again(session: Session, options: RunOptions, *, asks: bool) -> Result | None:
    """Run until somebody asks for an end, which is how this ends well; Locked when the account is served already."""
    _refuse_what_is_for_one_run(options)
    variables = session.environment.variables
    systemd = Systemd(variables, session.environment.clock)
    tell = Speaker(session, systemd)
    served = _Served(session, systemd, tell, asks=asks)
    account = served.rereading.look()
    try:
        with ServiceLock(account.folder, session.environment.clock):
            end = served.until_the_end(account.folder)
    except Locked as locked:
        raise Locked(locked.message, hint="ccsync daemon status; ccsync daemon stop ends it") from locked
    if end is End.NEW_VERSION:
        tell.news("another version of ccsync was installed: starting it")
        _begin_anew(variables)
    tell.news(f"the service has ended: {end.value}")
    return None


def _refuse_what_is_for_one_run(options: RunOptions) -> None:
    named = [word for name, word in _OF_ONE_RUN.items() if getattr(options, name) not in (None, False)]
    if named:
        raise UsageError(
            f"{' and '.join(named)}: for one run, and without --once they go on for ever",
            hint="ccsync run --once, with it; or ccsync run, without",
        )


class _Served:
    """One account being served, with all that a loop is wired with."""

    def __init__(self, session: Session, systemd: Systemd, tell: Speaker, *, asks: bool) -> None:
        from ccsync.config import find

        self._session, self._systemd, self._tell, self._asks = session, systemd, tell, asks
        self._clock = WatchedClock(session.environment.clock, systemd)
        self._notices: Notifying | None = None
        self._config = find(session.everywhere.config, session.environment.variables)
        self.rereading: Rereading[Application] = Rereading(self._config, self._opened, tell)

    def _opened(self) -> Application:
        where = self._session.environment
        return where.open_application(self._session.everywhere.config, where.variables, self._clock).check()

    def until_the_end(self, folder: Path) -> End:
        """Serve; the lock is held."""
        session, variables = self._session, self._session.environment.variables
        switch = Switch(folder, self._clock)
        if _is_a_service(variables, self._systemd) and switch.is_off():
            self._systemd.ready("switched off")
            return End.SWITCHED_OFF
        driver = variables.get(STARTED_BY) or ("systemd" if self._systemd.listens else "foreground")
        config = os.path.abspath(self._config)  # noqa: PTH100 - a link stays a link
        notice = Notice(os.getpid(), self._clock.now(), driver, installed_version() or "", config=config)
        outside = Outside(
            clock=self._clock,
            stop=session.environment.stop,
            systemd=self._systemd,
            bulletin=Bulletin(folder),
            switch=switch,
            tell=self._tell,
            chance=random.random,
            installed=installed_version,
            before_run=self._before_run,
            after_run=self._after_run,
        )
        self._tell.news(f"the service has started (process {notice.pid})")
        end = Loop(self.rereading, self._carry_out, outside, notice).serve()
        if self._notices is not None:
            self._notices.refresh()
        return end

    def _carry_out(self, account: Application, progress: Progress) -> RunReport:
        from ccsync.engine.options import RunOptions

        session, stop = self._session, self._session.environment.stop
        if not session.output.talks or session.everywhere.json:
            return account.run(RunOptions(), progress, stop)
        from ccsync.cli.progress import Bar

        options = RunOptions()
        with Bar(session.output.talk_console) as bar:
            if self._asks and run_first.can_ask(session):
                options = replace(options, approve=partial(run_first.ask, session, bar))
            return account.run(options, _Both(bar, progress), stop)

    def _before_run(self) -> None:
        """Tell whoever [notify] names that a run begins."""
        from ccsync.cli.notifying import notifying

        self._notices = notifying(self._session, self.rereading.look(), None)
        self._notices.before_run()

    def _after_run(self, answer: Answer) -> None:
        """Tell how a run ended: whoever [notify] names, programs in an envelope, people on a terminal in a line."""
        from ccsync.cli import run
        from ccsync.engine.options import RunOptions, RunReport

        session = self._session
        if self._notices is not None:
            self._notices.after_run(answer)
        with suppress(OSError):  # a full disk: the run itself is well
            if isinstance(answer, RunReport):
                self._tell.warnings((*self.rereading.look().warnings, *answer.warnings))
                run.tell_records(session, answer)
            if session.everywhere.json or answer.code == NotApproved.code:
                result = run.answer(session, RunOptions(), answer) if isinstance(answer, RunReport) else failed(answer)
                session.output.answer(session.command, result)
            elif isinstance(answer, RunReport) and session.output.on_terminal and not session.everywhere.quiet:
                self._tell.line(answer)
        if answer.code == Interrupted.code:  # the loop ends now, and tells no trouble any more
            self._tell.news(answer.message)


class _Both:
    """Two who watch one run."""

    def __init__(self, *watchers: Progress) -> None:
        self._watchers = watchers

    def phase(self, name: str, total: int | None = None) -> None:
        """Tell both."""
        for one in self._watchers:
            one.phase(name, total)

    def advance(self, steps: int = 1) -> None:
        """Tell both."""
        for one in self._watchers:
            one.advance(steps)


class Speaker:
    """Says what the service does: to a terminal, to the journal, to the background process's own log.

    Elsewhere nothing is said while all is well. What cannot be written, on a full disk, is not said.
    """

    def __init__(self, session: Session, systemd: Systemd) -> None:
        variables = session.environment.variables
        self._session = session
        self._dated = STARTED_BY in variables and not systemd.listens
        heard = systemd.listens or "JOURNAL_STREAM" in variables or STARTED_BY in variables
        self._tells_news = not session.everywhere.quiet and (heard or session.output.talks)
        self._warned: set[str] = set()

    def news(self, text: str) -> None:
        """Tell something while all is well."""
        if self._tells_news:
            self._insist(text)

    def trouble(self, text: str, hint: str = "") -> None:
        """Tell that something is wrong, and what to type."""
        self._insist(text)
        if hint:
            with suppress(OSError):
                self._session.output.next_step(hint)

    def mended(self, text: str) -> None:
        """Tell that what was told as trouble is over."""
        self._insist(text)

    def warnings(self, found: tuple[str, ...]) -> None:
        """Tell each warning once in the life of the service."""
        for warning in dict.fromkeys(found):
            if warning not in self._warned:
                self._warned.add(warning)
                self.news(f"warning: {warning}")

    def line(self, report: RunReport) -> None:
        """Write one run in one line, as a result."""
        from ccsync.cli import words
        from ccsync.cli.run_page import counted
        from ccsync.engine.report import counts_data

        took = words.lasting((report.finished - report.started).total_seconds())
        done = counted(counts_data(report.counts))
        self._session.output.line(
            f"{report.started:%Y-%m-%d %H:%M:%S} UTC  {report.id}  {report.result} in {took}: {done}"
        )

    def _insist(self, text: str) -> None:
        now = f"{self._session.environment.clock.now():%Y-%m-%d %H:%M:%S} UTC " if self._dated else ""
        with suppress(OSError):
            self._session.output.insist(f"{now}ccsync: {text}")


def installed_version() -> str | None:
    """Return the version of ccsync on disk; None while it is being replaced."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("ccsync")
    except (PackageNotFoundError, OSError):
        return None


def _is_a_service(variables: Mapping[str, str], systemd: Systemd) -> bool:
    """Tell whether something other than a person's own words started this: that is what the switch is for."""
    return STARTED_BY in variables or systemd.listens or "INVOCATION_ID" in variables


def _begin_anew(variables: Mapping[str, str]) -> None:
    """Put the program as it is on disk now in the place of this one: same process, nothing of the old one is left."""
    environment = {STARTED_BY: "foreground", **variables}
    try:
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], environment)  # noqa: S606 - ourselves
    except OSError as error:
        raise CcsyncError(
            f"the new version of ccsync cannot be started: {error.strerror}", hint="ccsync daemon restart"
        ) from error
