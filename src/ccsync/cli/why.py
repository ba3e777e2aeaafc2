"""``ccsync why EMAIL``: why one person is, or is not, where they are expected."""

from __future__ import annotations

import shlex
from contextlib import nullcontext
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ccsync.cli.command import Command, examples
from ccsync.cli.forget import named
from ccsync.cli.output import Result
from ccsync.cli.session import Task  # noqa: TC001 - Typer reads the annotations when it runs

if TYPE_CHECKING:
    from ccsync.cli.session import Session


def declare(tree: typer.Typer) -> None:
    """Add the command to the tree."""
    tree.command(
        "why",
        cls=Command,
        epilog=examples(
            "ccsync why ann@example.com             why is Ann not on the list?",
            "ccsync why ann@example.com --live      ask both services as well",
            "ccsync why ann@example.com --json | jq '.data.answers'",
        ),
    )(_why)


def _why(
    *,
    email: Annotated[
        str,
        typer.Argument(metavar="EMAIL", help="The person's address, or an id that status shows.", show_default=False),
    ],
    live: Annotated[bool, typer.Option("--live", help="Ask both services now, and say what differs.")] = False,
) -> Task:
    """Explain one person: why they are on a list or not, and what the next run does.

    Shows both sides' values, the filter, the list, the consent, what waits and the runs that touched them. Reads only
    what ccsync keeps on this machine, also while a run is on; --live makes a few requests.
    """
    return partial(why, email=email, live=live)


def why(session: Session, *, email: str, live: bool) -> Result:
    """Return everything about one person."""
    from ccsync.cli import why_page
    from ccsync.engine.why import explain, ids_of
    from ccsync.engine.why_runs import runs_of
    from ccsync.state.forgotten import load

    application = session.application()
    email = named(application, email, "why")
    forgotten = load(application.folder).since(email)
    watches = live and session.output.talks and not session.everywhere.json
    with _bar(session) if watches else nullcontext() as bar, application.looking(bar) as survey:
        data: dict[str, Any] = {
            "account": application.config.account,
            **explain(survey.store, application.config, survey.zone, email, forgotten=forgotten),
        }
        data |= {"runs": [], "logs_read": 0, "all_read": True}
        if not forgotten:
            data |= runs_of(application.folder, email, ids_of(data))
        data["live"] = _looked(survey, email) if live else None
    command = f"ccsync why {shlex.quote(email)} --live"
    return Result(data, render=partial(why_page.render, data=data, command=command))


def _looked(survey: Any, email: str) -> dict[str, Any]:
    from ccsync.engine.why_live import look_now

    return look_now(survey, email)


def _bar(session: Session) -> Any:
    from ccsync.cli.progress import Bar

    return Bar(session.output.talk_console)
