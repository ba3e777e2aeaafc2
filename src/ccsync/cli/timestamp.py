"""``ccsync timestamp``: how far each stream has been read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccsync.cli.command import Command, examples, group
from ccsync.cli.output import Output, Result
from ccsync.cli.session import Task  # noqa: TC001 - Typer reads the annotations when it runs

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    import typer

    from ccsync.cli.session import Session


def declare(tree: typer.Typer) -> None:
    """Add the commands to the tree."""
    commands = group("See how far each stream has been read.")
    commands.command(
        "show",
        cls=Command,
        epilog=examples("ccsync timestamp show", "ccsync timestamp show --json"),
    )(_show)
    tree.add_typer(commands, name="timestamp")


def _show() -> Task:
    """Show how far each stream has been read, and where the next run begins."""
    return show


def show(session: Session) -> Result:
    """Return the timestamps of all streams."""
    from ccsync.engine.report import timestamp_data

    with session.application().reader() as store:
        timestamps = timestamp_data(store)
    return Result({"timestamps": timestamps}, render=lambda output: _render(output, timestamps))


def _render(output: Output, timestamps: Sequence[dict[str, Any]]) -> None:
    from ccsync.cli.tables import table
    from ccsync.cli.words import moment

    if not timestamps:
        output.line("Nothing has been read yet: type ccsync run --once")
        return
    rows = [(one["stream"], moment(one["read_up_to"]), moment(one["next_from"])) for one in timestamps]
    output.print(table(("Stream", "Read up to", "Next run reads from"), rows))
