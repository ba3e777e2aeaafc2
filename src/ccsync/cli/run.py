"""``ccsync run --once``: Membrain's "Run Sync Once"."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from ccsync.cli import run_first
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
        ),
    )(_run)


def _run(
    *,
    once: Annotated[bool, typer.Option("--once", help="Run once, now.")] = False,
    sync: Annotated[str | None, typer.Option(help="Run only this sync.", metavar="NAME")] = None,
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
) -> Task:
    """Run Sync Once: bring Constant Contact in step with Membrain, now.

    Before a sync writes for the first time, it shows on a terminal what it is about to do, and asks.

    Prints nothing when all is well and nobody watches. Exit code 3 means that a guard stopped the run or that a
    service refused somebody: ccsync status says which.
    """
    from ccsync.engine.options import RunOptions

    options = RunOptions(sync, dry_run, full, allow_removals)
    return partial(run, once=once, options=options, asks=not yes)


def run(session: Session, *, once: bool, options: RunOptions, asks: bool) -> Result:
    """Run once, and answer what was done; ``asks`` lets somebody on a terminal say no to a first run."""
    if not once:
        raise UsageError("say that the sync is to run once", hint="ccsync run --once")
    application = session.application()
    _check_sync(application, options.sync)
    report = _watched(session, application, options, asks=asks)
    _tell(session, application, report)
    return _answer(session, options, report)


def _check_sync(application: Application, name: str | None) -> None:
    names = [sync.name for sync in application.config.sync]
    if name is not None and name not in names:
        raise UsageError(
            f"there is no sync {name!r}; there is {', '.join(names)}", hint=f"ccsync run --once --sync {names[0]}"
        )


def _watched(session: Session, application: Application, options: RunOptions, *, asks: bool) -> RunReport:
    """Run, with a bar on stderr when somebody looks at it, and a question when they can answer."""
    if not session.output.talks or session.everywhere.json:
        return application.run(options, None)
    from ccsync.cli.progress import Bar

    with Bar(session.output.talk_console) as bar:
        if asks and run_first.can_ask(session):
            options = replace(options, approve=partial(run_first.ask, session, bar))
        return application.run(options, bar)


def _tell(session: Session, application: Application, report: RunReport) -> None:
    """Say on stderr what was asked for with -v, and warnings when somebody is there to read them."""
    if session.output.talks or session.everywhere.verbosity:
        for warning in dict.fromkeys((*application.warnings, *report.warnings)):
            session.output.tell(f"ccsync: warning: {warning}")
    if session.everywhere.verbosity and report.log_path is not None:
        from ccsync.cli.log_page import told

        for line in told(report.log_path, session.everywhere.verbosity):
            session.output.tell(line)


def _answer(session: Session, options: RunOptions, report: RunReport) -> Result:
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
