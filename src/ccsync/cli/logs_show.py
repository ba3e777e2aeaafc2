"""``ccsync logs show``: lines of one log or of all, those that are asked for, also while they are written."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ccsync.cli import log_page
from ccsync.cli.moments import moment
from ccsync.cli.output import Result
from ccsync.errors import ExitCode, UsageError
from ccsync.logs.follow import follow
from ccsync.logs.query import Person, Query, everything, may_hold, search
from ccsync.logs.read import each, parsed, resolve

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from ccsync.cli.session import Session
    from ccsync.logs.read import LoggedRun


@dataclass(frozen=True, slots=True)
class Asked:
    """What was typed."""

    run: str | None = None
    since: str | None = None
    until: str | None = None
    level: str = "debug"
    events: tuple[str, ...] = ()
    contact: str | None = None
    sync: str | None = None

    def query(self, now: datetime, *, follows: bool) -> Query:
        """Return what it means; UsageError when a moment is none, or the end is not to be or before the beginning."""
        since = moment(self.since, now, option="--since") if self.since else None
        until = moment(self.until, now, option="--until") if self.until else None
        if follows and until:
            raise UsageError(
                "--until is for what was, and --follow for what comes", hint="ccsync logs show --follow --since 1h"
            )
        if since and until and until < since:
            raise UsageError(
                f"--until {self.until} is before --since {self.since}", hint="ccsync logs show --since 2d --until 1d"
            )
        if self.contact is not None and "@" not in self.contact:
            raise UsageError(
                f"{self.contact!r} is no e-mail address", hint="ccsync logs show --contact ann@example.com"
            )
        return Query(since, until, self.level, self.events, self.sync, self.contact)


def show(session: Session, *, asked: Asked, follows: bool) -> Result | None:
    """Return the events of one run or of all; for people they are read while they are written."""
    application = session.application()
    folder = application.folder
    query = asked.query(session.environment.clock.now(), follows=follows)
    chosen = None if asked.run is None else resolve(folder, asked.run)
    if follows:
        _follow(session, folder, query, chosen)
        return None
    logged = everything(folder) if chosen is None else lambda: iter([chosen])
    data: dict[str, Any] = {"account": application.config.account, "run": chosen.id if chosen else None}
    if session.everywhere.json:
        data["events"] = list(search(query, logged))
    return Result(data, render=lambda output: log_page.render_events(output, search(query, logged)))


def _follow(session: Session, folder: Path, query: Query, chosen: LoggedRun | None) -> None:
    """Show lines as they are written. Ctrl-C is how this ends well; a run that was named ends it, too."""
    page = log_page.Page(session.output, as_lines=session.everywhere.json)
    try:
        with suppress(BrokenPipeError):
            for event in _written(session, folder, query, chosen):
                page.write(event)
                session.output.stdout.flush()
    except KeyboardInterrupt as stop:
        if getattr(stop, "exit_code", ExitCode.INTERRUPTED) != ExitCode.INTERRUPTED:
            raise


def _written(session: Session, folder: Path, query: Query, chosen: LoggedRun | None) -> Iterator[dict[str, Any]]:
    person = Person(query.contact) if query.contact else None
    if person is not None:
        person.learn(each(folder))
    begin = chosen
    if begin is None and query.since is not None:
        begin = next((one for one in each(folder) if may_hold(query, one)), None)
    for raw in follow(folder, session.environment.clock, begin=begin, only=chosen is not None):
        if person is None or person.takes(raw):
            line = parsed(raw)
            if line is not None and query.takes(line):
                yield line
