"""``ccsync run --once --scheduled``: what cron lines and timers start, and whose output somebody gets by mail."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from ccsync.cli.notifying import notifying
from ccsync.cli.output import Failure, Result, failed
from ccsync.cli.status_facts import running
from ccsync.errors import CcsyncError, ExitCode, Interrupted, Locked, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ccsync.cli.session import Application, Session
    from ccsync.engine.options import RunOptions, RunReport
    from ccsync.service.notices import Ending


@dataclass(frozen=True, slots=True)
class _Printed:
    """The memory of what was printed about one thing: an account, or a configuration that could not be opened."""

    folder: Path
    listener: str

    def due(self, ending: Ending) -> tuple[str, ...]:
        """Return what is printed of an ending, and remember it; nothing when it is not due."""
        from ccsync.service.notice_book import NoticeBook
        from ccsync.service.notice_text import lines
        from ccsync.service.notices import Say, say

        book = NoticeBook(self.folder)
        spell = book.spell(self.listener)
        what = say(spell, ending)
        with suppress(OSError):  # then it is printed again, which is better than not at all
            book.remember(self.listener, ending, told=what is not Say.NOTHING)
        return () if what is Say.NOTHING else lines(what, ending, spell)


def scheduled(
    session: Session,
    options: RunOptions,
    run: Callable[[Application], RunReport],
    answer: Callable[[RunReport], Result],
) -> Result:
    """Run unless the service is switched off or a run is on; say nothing but a failure that is due, and its end."""
    from ccsync.service.notices import Verdict, of_report

    if options.dry_run:
        raise UsageError("--scheduled runs for good: a dry run is for looking at", hint="ccsync run --once --dry-run")
    unopened = _unopened(session)
    try:
        application = session.application()
    except CcsyncError as error:
        with suppress(OSError):
            unopened.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return _quiet(session, failed(error), _ending(session, error), unopened)
    if (reason := _nothing_to_do(session, application)) is not None:
        return Result({"skipped": reason})
    memory = _Printed(application.folder, f"printed {options.sync or ''}".rstrip())
    outcome = _carried_out(session, partial(run, application), memory)
    if isinstance(outcome, Locked) and running(application.folder) is not None:
        return Result({"skipped": "a run is on"})
    if isinstance(outcome, CcsyncError):
        return _quiet(session, failed(outcome), _ending(session, outcome), memory)
    ending = of_report(outcome)
    opened = (unopened,) if ending.verdict is Verdict.WELL else ()
    return _quiet(session, answer(outcome), ending, memory, *opened)


def _carried_out(session: Session, run: Callable[[], RunReport], memory: _Printed) -> RunReport | CcsyncError:
    """Run, and return how it ended; a bug passes through when it is due to be told, for ``-vv`` shows more of it."""
    try:
        return run()
    except CcsyncError as error:
        return error
    except KeyboardInterrupt as stop:
        return Interrupted("interrupted", exit_code=getattr(stop, "exit_code", ExitCode.INTERRUPTED))
    except Exception as error:
        bug = CcsyncError(f"a bug in ccsync: {type(error).__name__}", hint="ccsync -vv run --once", code="bug")
        if memory.due(_ending(session, bug)):
            raise
        return bug


def _nothing_to_do(session: Session, application: Application) -> str | None:
    from ccsync.service.switch import Switch

    if Switch(application.folder, session.environment.clock).is_off():
        notifying(session, application, None).refresh()
        return "the service is switched off"
    return "a run is on" if running(application.folder) is not None else None


def _quiet(session: Session, result: Result, ending: Ending, *memories: _Printed) -> Result:
    """Return a result that says to people only what is due; programs read all of it.

    That it works again is talk, which ``--quiet`` takes away.
    """
    due = tuple(line for memory in memories for line in memory.due(ending))
    if session.everywhere.quiet and result.exit_code == ExitCode.DONE:
        due = ()
    errors: tuple[Failure, ...] = result.errors if session.everywhere.json else ()
    return replace(result, errors=errors, complaint=due, render=None)


def _ending(session: Session, error: CcsyncError) -> Ending:
    from ccsync.service.notices import of_error

    return of_error(error, session.environment.clock.now())


def _unopened(session: Session) -> _Printed:
    """Return the memory for a configuration that cannot be opened, and so names no account: above the accounts."""
    from ccsync.state.folder import state_root

    variables = session.environment.variables
    named = session.everywhere.config or variables.get("CCSYNC_CONFIG", "")
    return _Printed(state_root(variables), f"printed {named}".rstrip())
