"""The notices of one account's runs: what ``[notify]`` asks for, and the memory of what was told.

A notice that fails never fails a run: it becomes a warning, told to whoever asked with ``-v``.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from ccsync.errors import CcsyncError, Interrupted, Locked

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ccsync.cli.session import Application, Session
    from ccsync.clock import Clock
    from ccsync.engine.options import RunReport
    from ccsync.service.notice_book import NoticeBook
    from ccsync.service.notices import Ending
    from ccsync.service.pings import Pings

_COMMAND = "command"


class Notifying:
    """Told of each run's begin and end.

    ``aim`` has commands name the configuration, as who is told has to type them; ``subject`` is the one sync that is
    run, or empty for all.
    """

    def __init__(
        self,
        application: Application,
        environ: Mapping[str, str],
        clock: Clock,
        warn: Callable[[str], None],
        aim: Callable[[str], str],
        *,
        subject: str = "",
    ) -> None:
        self._application = application
        self._environ = environ
        self._clock = clock
        self._warn = warn
        self._aim = aim
        self._subject = subject

    def before_run(self) -> None:
        """Tell that a run begins, unless another one is on."""
        self._try(self._begun)

    def _begun(self) -> None:
        from ccsync.cli.status_facts import running

        if running(self._application.folder) is not None:
            return
        if self._application.config.notify.healthchecks_url is not None:
            self._try(self._pings().started)
        self._write_textfile(running=True)

    def refresh(self) -> None:
        """Bring the numbers up to date between two runs: the service ends, or stays switched off."""
        self._write_textfile(running=False)

    def after_run(self, outcome: RunReport | CcsyncError) -> None:
        """Tell how a run ended, whom it concerns and when it is due."""
        self._try(lambda: self._ended(outcome))

    def _ended(self, outcome: RunReport | CcsyncError) -> None:
        from ccsync.service.notices import Verdict

        if isinstance(outcome, Locked):
            return
        ending = self._ending(outcome)
        if ending.verdict is not Verdict.NEITHER:
            self._remember(lambda: self._book().note(ending, self._subject))
            aimed = replace(ending, hint=self._aim(ending.hint))
            self._ping(aimed)
            self._command(aimed)
        self._write_textfile(running=False)

    def _ending(self, outcome: RunReport | CcsyncError) -> Ending:
        """Return an outcome in the form that notices work with."""
        from ccsync.service.notices import of_error, of_report

        return of_error(outcome, self._clock.now()) if isinstance(outcome, CcsyncError) else of_report(outcome)

    def _ping(self, ending: Ending) -> None:
        from ccsync.service.notice_text import failure, well, without_people
        from ccsync.service.notices import Spell, Verdict

        if self._application.config.notify.healthchecks_url is None:
            return
        if ending.verdict is Verdict.WELL:
            self._try(lambda: self._pings().well(well(ending)))
            return
        failing = self._book().failing()
        spell = None if failing is None else Spell(failing.since, failing.runs - 1)
        body = [without_people(line) for line in failure(ending, spell)]
        self._try(lambda: self._pings().failed([*body, f"  exit code: {ending.exit_code} ({ending.code})"]))

    def _command(self, ending: Ending) -> None:
        from ccsync.service.failure_command import FailureCommand
        from ccsync.service.notice_text import lines, without_people
        from ccsync.service.notices import Say, say

        words = self._application.config.notify.on_failure
        if words is None:
            return
        listener = f"{_COMMAND} {self._subject}".rstrip()
        spell = self._book().spell(listener)
        what = say(spell, ending)
        told = what is not Say.NOTHING
        if told:
            text = "\n".join(without_people(line) for line in lines(what, ending, spell)) + "\n"
            facts = {
                "CCSYNC_EVENT": what.value,
                "CCSYNC_ACCOUNT": self._application.config.account,
                "CCSYNC_SYNC": self._subject,
                "CCSYNC_RUN": ending.run,
                "CCSYNC_RESULT": ending.result,
                "CCSYNC_EXIT_CODE": str(ending.exit_code),
                "CCSYNC_CODE": ending.code,
                "CCSYNC_MESSAGE": without_people(ending.message),
                "CCSYNC_NEXT": without_people(ending.hint),
                "CCSYNC_SINCE": (ending.at if spell is None else spell.since).isoformat(),
                "CCSYNC_LOG": ending.log,
            }
            told = self._try(lambda: FailureCommand(words, self._environ).tell(text, facts))
        self._remember(lambda: self._book().remember(listener, ending, told=told))

    def _write_textfile(self, *, running: bool) -> None:
        path = self._application.config.notify.textfile
        if path is None:
            return
        from importlib.metadata import version

        from ccsync.cli.status_facts import gather
        from ccsync.service.textfile import page, write

        self._try(
            lambda: write(
                path, page(gather(self._application, self._clock), running=running, version=version("ccsync"))
            )
        )

    def _pings(self) -> Pings:
        from ccsync.service.pings import Pings

        return Pings(self._application.config.notify.healthchecks_url or "", self._clock)

    def _book(self) -> NoticeBook:
        from ccsync.service.notice_book import NoticeBook

        return NoticeBook(self._application.folder)

    def _remember(self, act: Callable[[], object]) -> None:
        """Note it; where that cannot be written, the same is told again, which is better than not at all."""
        with suppress(OSError):
            act()

    def _try(self, act: Callable[[], object]) -> bool:
        try:
            act()
        except (CcsyncError, OSError) as error:
            self._warn(f"notice: {error.message if isinstance(error, CcsyncError) else error}")
            return False
        except Exception as error:  # noqa: BLE001 - a run that went well does not end as a bug of its notices
            self._warn(f"notice: {type(error).__name__}")
            return False
        return True


def notifying(session: Session, application: Application, subject: str | None) -> Notifying:
    """Return the notices of a command that runs."""

    def warn(text: str) -> None:
        if session.output.talks or session.everywhere.verbosity:
            session.output.tell(f"ccsync: warning: {text}")

    where = session.environment
    return Notifying(application, where.variables, where.clock, warn, session.output.aimed, subject=subject or "")


def notified(notices: Notifying, run: Callable[[], RunReport]) -> RunReport:
    """Run, and have it told however it ends."""
    notices.before_run()
    try:
        report = run()
    except CcsyncError as error:
        notices.after_run(error)
        raise
    except KeyboardInterrupt:
        notices.after_run(Interrupted("interrupted"))
        raise
    except Exception:
        notices.after_run(CcsyncError("a bug in ccsync ended the run", hint="ccsync -vv run --once", code="bug"))
        raise
    notices.after_run(report)
    return report
