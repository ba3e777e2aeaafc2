"""``ccsync status``: the last run, each sync and field, the timestamps, the call budget, and who waits for what."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from ccsync.cli.command import Command, examples
from ccsync.cli.output import Result
from ccsync.cli.session import Task  # noqa: TC001 - Typer reads the annotations when it runs
from ccsync.errors import UsageError

if TYPE_CHECKING:
    from ccsync.cli.session import Session

_CHECK = "ccsync status --check --max-age 15m"


def declare(tree: typer.Typer) -> None:
    """Add the command to the tree."""
    tree.command(
        "status",
        cls=Command,
        epilog=examples(
            "ccsync status",
            "ccsync status --all",
            "ccsync status --watch                     until Ctrl-C",
            "ccsync status --check --max-age 15m       for Nagios and its like",
            "ccsync status --json | jq '.data.waiting[]'",
        ),
    )(_status)


def _status(
    *,
    everybody: Annotated[bool, typer.Option("--all", help="Name everybody who waits, not three of each kind.")] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Show it anew every 2 seconds, until Ctrl-C; --json: one envelope a line.")
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="One line for a monitor; exit code 0 ok, 1 warning, 2 critical.")
    ] = False,
    max_age: Annotated[
        str | None,
        typer.Option(
            help="With --check: critical when no run went through for so long, such as 15m. "
            "Without it three intervals, and at least 15m.",
            metavar="AGE",
        ),
    ] = None,
) -> Task:
    """Show the Sync Status: the last run, how each field does, who waits for what.

    Reads only what ccsync keeps on this machine, and may be typed while a run is on.
    """
    if check or max_age is not None:
        return partial(_check, mixed=everybody or watch or not check, max_age=max_age)
    if watch:
        return partial(_watch, mixed=everybody)
    return partial(status, everybody=everybody)


def status(session: Session, *, everybody: bool) -> Result:
    """Return how things stand."""
    from ccsync.cli import status_facts, status_page

    application = session.application()
    data = status_facts.of_session(session, application)
    return Result(data, render=partial(status_page.render, data=data, everybody=everybody))


def _watch(session: Session, *, mixed: bool) -> Result | None:
    from ccsync.cli.status_watch import watch

    if mixed:
        raise UsageError("--watch shows numbers, and names nobody", hint="ccsync status --all")
    return watch(session)


def _check(session: Session, *, mixed: bool, max_age: str | None) -> Result:
    from ccsync.cli.status_check import check

    if mixed:
        raise UsageError("--max-age goes with --check, and --check with nothing else", hint=_CHECK)
    return check(session, max_age)
