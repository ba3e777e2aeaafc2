"""``ccsync state``: a backup of an account's state, and putting one back."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ccsync.cli.command import Command, examples, group
from ccsync.cli.output import Result
from ccsync.cli.session import Task  # noqa: TC001 - Typer reads the annotations when it runs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ccsync.cli.output import Output
    from ccsync.cli.session import Session


def declare(tree: typer.Typer) -> None:
    """Add the commands to the tree."""
    commands = group("Back up what ccsync knows, and put it back: on this machine or on another.")
    commands.command(
        "backup",
        cls=Command,
        epilog=examples(
            "ccsync state backup                            into the current folder",
            "ccsync state backup /backup/acme.zip           also while the service runs",
            "ccsync state backup /backup/acme.zip --with-logs",
        ),
    )(_backup)
    commands.command(
        "restore",
        cls=Command,
        epilog=examples(
            "ccsync daemon stop && ccsync state restore /backup/acme.zip",
            "ccsync run --once --dry-run                    what would the next run do?",
        ),
    )(_restore)
    tree.add_typer(commands, name="state")


def _backup(
    *,
    file: Annotated[
        str | None, typer.Argument(metavar="FILE", help="Where to: a file, or a folder; without it, the current one.")
    ] = None,
    with_logs: Annotated[bool, typer.Option("--with-logs", help="Take the logs as well.")] = False,
) -> Task:
    """Write the account's state into one file, also while the service runs.

    It holds who is linked to whom, who was taken off a list by hand and all that was read, so keep it as safe as the
    state itself. Credentials are not in it.
    """
    return partial(backup, file=file, with_logs=with_logs)


def _restore(
    *, file: Annotated[str, typer.Argument(metavar="FILE", help="A file that state backup has written.")]
) -> Task:
    """Put a backup back in the place of the account's state, which is kept beside it.

    The next run reads and compares everything before it writes anything. Whoever was taken off a list by hand or
    deleted since the backup stays so.
    """
    return partial(restore, file=file)


def backup(session: Session, *, file: str | None, with_logs: bool) -> Result:
    """Write a backup; the path is the only line of the answer."""
    from ccsync.wiring.backup import back_up

    application, clock = session.application(), session.environment.clock
    account = application.config.account
    asked = Path(file or ".").expanduser().absolute()
    target = asked / f"ccsync-{account}-state-{clock.now():%Y%m%dT%H%M%SZ}.zip" if asked.is_dir() else asked
    made = back_up(application.folder, account, target, clock, logs=with_logs)
    size = made.path.stat().st_size
    data = {"path": str(made.path), "account": account, "taken": _iso(made.taken), "bytes": size, "logs": made.logs}
    return Result(data, render=lambda output: output.line(str(made.path)))


def restore(session: Session, *, file: str) -> Result:
    """Put a backup back; Locked while the service or a run is on."""
    from ccsync.cli.timestamp_moves import service_stopped
    from ccsync.logs.events import Event
    from ccsync.wiring.moving import alone, write_down
    from ccsync.wiring.restore import put_back

    application, clock = session.application(), session.environment.clock
    source = Path(file).expanduser().absolute()
    with (
        service_stopped(session, "ccsync daemon stop, then the same command again", restart=False),
        alone(application.folder, clock),
    ):
        done = put_back(application.folder, application.config.account, source, clock)
        message = f"the state of {done.backup.taken:%Y-%m-%d %H:%M:%S} UTC was put back from {source}"
        fields = {"taken": _iso(done.backup.taken), "aside": str(done.aside or ""), "carried_over": done.carried_over}
        log = write_down(
            application.folder,
            application.config.account,
            clock,
            "state restore",
            ended=f"state restore: the state of {done.backup.taken:%Y-%m-%d %H:%M:%S} UTC",
            events=[(Event.RUN_WARNING, message, fields)],
        )
    data = {
        "path": str(source),
        "taken": _iso(done.backup.taken),
        "kept_aside": None if done.aside is None else str(done.aside),
        "carried_over": done.carried_over,
        "forgotten_removed": done.forgotten,
        "log": str(log),
    }
    return Result(data, render=partial(_render, data=data))


def _render(output: Output, data: Mapping[str, Any]) -> None:
    from ccsync.cli.words import moment

    output.line(f"The state of {moment(data['taken'])} is back")
    if data["kept_aside"]:
        output.line(f"The one before it: {data['kept_aside']}")
    if data["forgotten_removed"]:
        output.line(f"{data['forgotten_removed']} people in it were forgotten since, and removed from it")
    if data["carried_over"]:
        output.line("Who was taken off a list, deleted or erased since then was taken over from it")
    else:
        output.line(
            "Nothing tells who was taken off a list since then: whoever changed since and is not on it counts as such"
        )
    output.line("The next run reads and compares everything before it writes")
    output.way_on("See what it would do: ccsync run --once --dry-run")


def _iso(moment: Any) -> str:
    return str(moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"))
