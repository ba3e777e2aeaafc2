"""How a command is declared: its words go to Typer, its work is a task that is carried out afterwards.

Typer only parses. A declared function returns a ``Task``, and ``app`` carries it out, so that errors, signals and
answers pass through one place that Typer has no part in.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperCommand

from ccsync.cli.session import Call

if TYPE_CHECKING:
    from ccsync.cli.session import Task

ANYWHERE = "Everywhere"


class Command(TyperCommand):
    """A command that takes the options of the root as well, and answers the task instead of doing it."""

    def __init__(self, name: str | None, **settings: Any) -> None:
        paragraphs = inspect.cleandoc(settings.pop("help") or "").split("\n\n")
        super().__init__(name, help="\n\n".join(" ".join(one.split()) for one in paragraphs), **settings)

    def get_params(self, ctx: typer.Context) -> list[Any]:  # type: ignore[override] # Typer's own names are private
        """Return the command's parameters and, below them, those that every command takes."""
        root = ctx.find_root().command
        shared = [param for param in root.params if getattr(param, "rich_help_panel", None) == ANYWHERE]
        return [*super().get_params(ctx), *shared]

    def invoke(self, ctx: typer.Context) -> Call:  # type: ignore[override] # as above
        """Return what the words ask for."""
        task: Task = super().invoke(ctx)
        return Call(name_of(ctx.command_path), task)


def name_of(command_path: str) -> str:
    """Return a command's name without the program's."""
    return command_path.partition(" ")[2]


def examples(*lines: str) -> str:
    """Return the end of a help page: commands to copy."""
    return "Examples:\n" + "\n".join(f"  {line}" for line in lines)


def group(summary: str) -> typer.Typer:
    """Return an empty group of commands."""
    return typer.Typer(help=summary, no_args_is_help=True)
