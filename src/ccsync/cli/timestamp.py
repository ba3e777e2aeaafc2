"""``ccsync timestamp``: how far each stream has been read, and setting that back."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from ccsync.cli import completing
from ccsync.cli.command import Command, examples, group
from ccsync.cli.output import Result
from ccsync.cli.session import Task  # noqa: TC001 - Typer reads the annotations when it runs

if TYPE_CHECKING:
    from ccsync.cli.session import Session

_Stream = Annotated[
    str | None,
    typer.Option(
        "--stream", metavar="NAME", help="Only this stream, as show prints it.", autocompletion=completing.streams
    ),
]
_Direction = Annotated[
    str | None,
    typer.Option(
        "--direction",
        metavar="DIRECTION",
        help="Only what a direction reads: membrain-to-constant-contact, or constant-contact-to-membrain.",
    ),
]
_Preview = Annotated[
    bool, typer.Option("--preview", help="Say how many records and calls it would mean, and move nothing.")
]
_Restart = Annotated[
    bool, typer.Option("--restart", help="Stop the service first when it runs, and start it again afterwards.")
]


def declare(tree: typer.Typer) -> None:
    """Add the commands to the tree."""
    commands = group("See how far each stream has been read, and have it read again.")
    commands.command(
        "show",
        cls=Command,
        epilog=examples("ccsync timestamp show", "ccsync timestamp show --json"),
    )(_show)
    commands.command(
        "set",
        cls=Command,
        epilog=examples(
            "ccsync timestamp set 30d --preview              what would it mean?",
            "ccsync timestamp set 30d                        what changed in 30 days",
            "ccsync timestamp set 2026-11-01 --restart       while the service runs",
            "ccsync timestamp set 2026-11-01T08:30 --stream membrain.contacts",
        ),
    )(_set)
    commands.command(
        "reset",
        cls=Command,
        epilog=examples(
            "ccsync timestamp reset --preview                what would it mean?",
            "ccsync timestamp reset                          read everything again",
            "ccsync timestamp reset --direction constant-contact-to-membrain",
        ),
    )(_reset)
    commands.command("undo", cls=Command, epilog=examples("ccsync timestamp undo", "ccsync timestamp undo --restart"))(
        _undo
    )
    tree.add_typer(commands, name="timestamp")


def _show() -> Task:
    """Show how far each stream has been read, and where the next run begins."""
    return show


def _set(
    *,
    when: Annotated[
        str, typer.Argument(metavar="WHEN", help="A date, a time (UTC unless it says otherwise), or an age: 30d, 12h.")
    ],
    stream: _Stream = None,
    direction: _Direction = None,
    preview: _Preview = False,
    restart: _Restart = False,
) -> Task:
    """Set timestamps back: the next run reads from there on.

    It compares what it reads with the other side, even what looks unchanged. What somebody edited there is kept as in
    every run. Forward is refused: it would step over changes that nobody has read.
    """
    from ccsync.cli import timestamp_moves

    asked = timestamp_moves.Asked("timestamp set", when, stream, direction)
    return partial(timestamp_moves.move, asked=asked, preview=preview, restart=restart)


def _reset(
    *,
    stream: _Stream = None,
    direction: _Direction = None,
    preview: _Preview = False,
    restart: _Restart = False,
) -> Task:
    """Set timestamps to the beginning: the next run reads and compares everything.

    The state is kept: who was taken off a list by hand, and what both sides agreed on.
    """
    from ccsync.cli import timestamp_moves

    asked = timestamp_moves.Asked("timestamp reset", None, stream, direction)
    return partial(timestamp_moves.move, asked=asked, preview=preview, restart=restart)


def _undo(*, restart: _Restart = False) -> Task:
    """Take the last set or reset back, as long as no run has read on since; again takes back the one before."""
    from ccsync.cli import timestamp_moves

    return partial(timestamp_moves.take_back, restart=restart)


def show(session: Session) -> Result:
    """Return the timestamps of all streams."""
    from ccsync.cli import timestamp_page
    from ccsync.engine.report import timestamp_data
    from ccsync.engine.streams import MOVES

    with session.application().reader() as store:
        timestamps = timestamp_data(store)
        moved = store is not None and store.progress.fact(MOVES) is not None
    now = session.environment.clock.now()
    return Result(
        {"timestamps": timestamps}, render=lambda output: timestamp_page.render_all(output, timestamps, now, undo=moved)
    )
