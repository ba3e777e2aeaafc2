"""``ccsync run``: with ``--once`` Membrain's "Run Sync Once", without it the service in the foreground."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from ccsync.cli import completing, run_first
from ccsync.cli.command import Command, examples
from ccsync.cli.output import Failure, Result
from ccsync.cli.session import Task  # noqa: TC001 - Typer reads the annotations when it runs
from ccsync.errors import ExitCode, NotApproved, UsageError

if TYPE_CHECKING:
    from ccsync.cli.session import Application, Session
    from ccsync.engine.options import RunOptions, RunReport


def declare(tree: typer.Typer) -> None:
    """Add the command to the tree."""
    tree.command(
        "run",
        cls=Command,
        epilog=examples(
            "ccsync run --once --dry-run              print what a run would do",
            "ccsync run --once                        do it; the first time it shows what, and asks",
            "ccsync run --once --sync customers       only one sync",
            "ccsync run --once --allow-removals 250   let up to 250 people leave a list",
            "ccsync run                               again and again, until Ctrl-C",
        ),
    )(_run)


def _run(
    *,
    once: Annotated[bool, typer.Option("--once", help="Run once, now, instead of again and again.")] = False,
    sync: Annotated[
        str | None, typer.Option(help="Run only this sync.", metavar="NAME", autocompletion=completing.syncs)
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print what would be done, and write to neither service.")
    ] = False,
    full: Annotated[
        bool, typer.Option("--full", help="Read and compare everything, whatever the timestamps say.")
    ] = False,
    allow_removals: Annotated[
        int | None,
        typer.Option(min=0, metavar="N", help="Let up to N people leave a list, where the guard would stop."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before a sync writes for the first time.")] = False,
    scheduled: Annotated[
        bool,
        typer.Option(
            "--scheduled",
            help="For cron and timers: nothing while the service is switched off or a run is on; the same failure is "
            "told once, and then once a day.",
        ),
    ] = False,
) -> Task:
    """Run Sync Once: bring Constant Contact in step with Membrain, now.

    Without --once, do it again and again, every service.interval, in this terminal, until Ctrl-C. That is what systemd
    starts; ccsync daemon start does the same in the background.

    Before a sync writes for the first time, it shows on a terminal what it is about to do, and asks.

    Prints nothing when all is well and nobody watches. Exit code 3 means that a guard stopped the run or that a
    service refused somebody: ccsync status says which.
    """
    from ccsync.engine.options import RunOptions

    options = RunOptions(sync, dry_run, full, allow_removals)
    if scheduled:
        return partial(run_scheduled, once=once, options=options)
    return partial(run, once=once, options=options, asks=not yes)


def run_scheduled(session: Session, *, once: bool, options: RunOptions) -> Result:
    """Run once as cron lines and timers do."""
    from ccsync.cli.run_scheduled import scheduled

    if not once:
        raise UsageError("--scheduled goes with --once", hint="ccsync run --once --scheduled")
    return scheduled(
        session, options, partial(_reported, session, options=options, asks=False), partial(answer, session, options)
    )


def run(session: Session, *, once: bool, options: RunOptions, asks: bool) -> Result | None:
    """Run once, and answer what was done, or go on; ``asks`` lets somebody on a terminal say no to a first run."""
    if not once:
        from ccsync.cli.run_loop import run_again_and_again

        return run_again_and_again(session, options, asks=asks)
    return run_now(session, options=options, asks=asks)


def run_now(session: Session, *, options: RunOptions, asks: bool) -> Result:
    """Run once, and answer what was done."""
    report = _reported(session, session.application(), options=options, asks=asks)
    return answer(session, options, report)


def _reported(session: Session, application: Application, *, options: RunOptions, asks: bool) -> RunReport:
    """Run, tell whoever [notify] names and whoever sits there, and return the report."""
    _check_sync(application, options.sync)
    watched = partial(_watched, session, application, options, asks=asks)
    if options.dry_run:
        report = watched()
    else:
        from ccsync.cli.notifying import notified, notifying

        report = notified(notifying(session, application, options.sync), watched)
    _tell(session, application, report)
    return report


def _check_sync(application: Application, name: str | None) -> None:
    names = [sync.name for sync in application.config.sync]
    if name is not None and name not in names:
        raise UsageError(
            f"there is no sync {name!r}; there is {', '.join(names)}", hint=f"ccsync run --once --sync {names[0]}"
        )


def _watched(session: Session, application: Application, options: RunOptions, *, asks: bool) -> RunReport:
    """Run, with a bar on stderr when somebody looks at it, and a question when they can answer."""
    if not session.output.talks or session.everywhere.json:
        return application.run(options, None, session.environment.stop)
    from ccsync.cli.progress import Bar

    with Bar(session.output.talk_console) as bar:
        if asks and run_first.can_ask(session):
            options = replace(options, approve=partial(run_first.ask, session, bar))
        return application.run(options, bar, session.environment.stop)


def _tell(session: Session, application: Application, report: RunReport) -> None:
    """Say on stderr what was asked for with -v, and warnings when somebody is there to read them."""
    if session.output.talks or session.everywhere.verbosity:
        for warning in dict.fromkeys((*application.warnings, *report.warnings)):
            session.output.tell(f"ccsync: warning: {warning}")
    tell_records(session, report)


def tell_records(session: Session, report: RunReport) -> None:
    """Say on stderr what the log of a run has, as far as -v asks for it."""
    if session.everywhere.verbosity and report.log_path is not None:
        from ccsync.cli.log_page import told

        for line in told(report.log_path, session.everywhere.verbosity):
            session.output.tell(line)


def answer(session: Session, options: RunOptions, report: RunReport) -> Result:
    """Return what a run answers."""
    from ccsync.cli import run_page
    from ccsync.engine.options import Result as Outcome
    from ccsync.engine.report import run_data

    data = run_data(report, dry_run=options.dry_run)
    shown = options.dry_run or (session.output.on_terminal and not session.everywhere.quiet)
    errors: tuple[Failure, ...] = ()
    complaint: tuple[str, ...] = ()
    if report.exit_code != ExitCode.DONE:
        message = report.message or f"{report.counts.failed} of the people in this run were refused"
        hint = report.hint or "ccsync status"
        errors = (Failure(report.code or report.result.value, message, hint),)
        complaint = run_page.complaint(data, message, hint)
    elif report.code == NotApproved.code:
        shown, complaint = False, run_page.declined(report.message, report.hint)
    return Result(
        data,
        report.exit_code,
        errors,
        partial=report.result is Outcome.PARTIAL,
        render=partial(run_page.render, data=data) if shown else None,
        complaint=complaint,
    )
