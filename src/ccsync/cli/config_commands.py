"""``ccsync config``: the words of the commands whose work ``config`` does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ccsync.cli.command import Command, examples, group
from ccsync.cli.output import Result
from ccsync.cli.session import Task  # noqa: TC001 - Typer reads the annotations when it runs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import typer
    from rich.console import Console

    from ccsync.cli.session import Session


def declare(tree: typer.Typer) -> None:
    """Add the commands to the tree."""
    commands = group("Check and show the configuration.")
    commands.command("check", cls=Command, epilog=examples("ccsync config check", "ccsync --config FILE config check"))(
        _check
    )
    commands.command("show", cls=Command, epilog=examples("ccsync config show"))(_show)
    commands.command("path", cls=Command, epilog=examples("ccsync config path", '$EDITOR "$(ccsync config path)"'))(
        _path
    )
    commands.command("schema", cls=Command, epilog=examples("ccsync config schema > ccsync.schema.json"))(_schema)
    tree.add_typer(commands, name="config")


def _check() -> Task:
    """Say whether the configuration is right, and tell all mistakes at once."""
    return check


def _show() -> Task:
    """Show the values in force, and where each came from."""
    return show


def _path() -> Task:
    """Print which file is used."""
    return path


def _schema() -> Task:
    """Print the JSON Schema of the file, for editors."""
    return schema


def check(session: Session) -> Result:
    """Read the configuration and count what is in it."""
    from ccsync.cli import config
    from ccsync.config.source import find

    file = find(session.everywhere.config, session.environment.variables)
    return _result(config.check(file), config.render_check)


def show(session: Session) -> Result:
    """Return every setting with its origin."""
    from ccsync.cli import config
    from ccsync.config.source import find

    variables = session.environment.variables
    return _result(config.show(find(session.everywhere.config, variables), variables), config.render_show)


def path(session: Session) -> Result:
    """Return which file counts."""
    from ccsync.cli import config

    return _result(config.where(session.everywhere.config, session.environment.variables), config.render_where)


def schema(_session: Session) -> Result:
    """Return the JSON Schema."""
    from ccsync.cli import config

    return _result(config.schema(), config.render_schema)


def _result(data: dict[str, Any], render: Callable[[Mapping[str, Any], Console], None]) -> Result:
    return Result(data, render=lambda output: render(data, output.console))
