"""``ccsync status``: the last run, each sync and field, the timestamps, the call budget, and who waits for what."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from ccsync.cli.command import Command, examples
from ccsync.cli.output import Result
from ccsync.cli.session import Task  # noqa: TC001 - Typer reads the annotations when it runs

if TYPE_CHECKING:
    from ccsync.cli.session import Session


def declare(tree: typer.Typer) -> None:
    """Add the command to the tree."""
    tree.command(
        "status",
        cls=Command,
        epilog=examples("ccsync status", "ccsync status --all", "ccsync status --json | jq '.data.waiting[]'"),
    )(_status)


def _status(
    *,
    everybody: Annotated[bool, typer.Option("--all", help="Name everybody who waits, not three of each kind.")] = False,
) -> Task:
    """Show the Sync Status: the last run, how each field does, who waits for what.

    Reads only what ccsync keeps on this machine, and may be typed while a run is on.
    """
    return partial(status, everybody=everybody)


def status(session: Session, *, everybody: bool) -> Result:
    """Return how things stand."""
    from ccsync.cli import status_page
    from ccsync.engine.report import status_data

    application = session.application()
    with application.reader() as store:
        data = status_data(application.config, store, application.budget())
    return Result(data, render=partial(status_page.render, data=data, everybody=everybody))
