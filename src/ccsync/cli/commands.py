"""The tree of commands, and how a line of words becomes one of them."""

from __future__ import annotations

import io
from contextlib import redirect_stderr, redirect_stdout, suppress
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated

import typer

from ccsync.cli import (
    auth,
    config_commands,
    daemon,
    doctor,
    forget,
    init,
    logs,
    run,
    sandbox,
    state,
    status,
    timestamp,
    why,
)
from ccsync.cli import help as help_command
from ccsync.cli import map as field_map
from ccsync.cli.command import ANYWHERE, examples, name_of
from ccsync.cli.output import Failure, Result
from ccsync.cli.session import Call
from ccsync.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ccsync.cli.session import Environment

_PROGRAM = "ccsync"
_BRANCHES = MappingProxyType(
    {
        "init": init.declare,
        "run": run.declare,
        "daemon": daemon.declare,
        "status": status.declare,
        "timestamp": timestamp.declare,
        "logs": logs.declare,
        "state": state.declare,
        "auth": auth.declare,
        "map": field_map.declare,
        "config": config_commands.declare,
        "doctor": doctor.declare,
        "why": why.declare,
        "forget": forget.declare,
        "sandbox": sandbox.declare,
        "help": help_command.declare,
    }
)
"""How each first word of a command line, in the order of the help, comes into the tree."""


def parse(words: Sequence[str], environment: Environment, *, as_json: bool) -> Call:
    """Understand a command line.

    Help is on stdout when this returns; with ``as_json`` it becomes the answer. A line that is not understood is a
    call as well, one that answers what is wrong.
    """
    page = io.StringIO() if as_json else environment.stdout
    try:
        with redirect_stdout(page), redirect_stderr(environment.stderr), suppress(BrokenPipeError):
            parsed = typer.main.get_command(application(words[:1])).main(
                list(words), prog_name=_PROGRAM, standalone_mode=False
            )
    except typer.TyperException as error:
        return _refused(error, as_json=as_json)
    except SystemExit as end:  # completion prints what the shell asked for and leaves
        return _answering("", Result({}, ExitCode(int(end.code or 0))))
    if isinstance(parsed, Call):
        return parsed
    return _answering("", Result({"help": page.getvalue()} if isinstance(page, io.StringIO) else {}))


def _refused(error: typer.TyperException, *, as_json: bool) -> Call:
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else _PROGRAM
    asked_nothing = type(error).__name__ == "NoArgsIsHelpError"  # its help is on stdout by now, as Typer does it
    if asked_nothing and not as_json:
        return _answering(name_of(path), Result({}, ExitCode.USAGE))
    message = "a command is missing" if asked_nothing else error.format_message().rstrip(".")
    failure = Failure("usage", message, f"{path} --help")
    return _answering(name_of(path), Result({}, ExitCode.USAGE, (failure,)))


def _answering(command: str, result: Result) -> Call:
    return Call(command, lambda _session: result)


def application(first: Sequence[str] = ()) -> typer.Typer:
    """Return the tree of all commands; only the branch that begins with ``first`` when it is one, to be quicker."""
    tree = typer.Typer(
        help="Keeps contacts in step between Membrain and Constant Contact.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        pretty_exceptions_show_locals=False,
        context_settings={"help_option_names": ["-h", "--help"]},
        epilog=examples(
            "ccsync init                      set it up",
            "ccsync config check              is the configuration right?",
            "ccsync run --once --dry-run      what would a run do?",
            "ccsync run --once                do it",
            "ccsync status                    what was done, and who waits for what",
        ),
    )
    tree.callback()(everywhere)
    for declare in [_BRANCHES[word] for word in first if word in _BRANCHES] or _BRANCHES.values():
        declare(tree)
    return tree


def everywhere(
    *,
    version: Annotated[bool, typer.Option("--version", help="Print the version.", expose_value=False)] = False,
    config: Annotated[
        str,
        typer.Option(
            help="The configuration to use, instead of the usual places.",
            metavar="FILE",
            rich_help_panel=ANYWHERE,
            expose_value=False,
            show_default=False,
        ),
    ] = "",
    json: Annotated[
        bool,
        typer.Option("--json", help="Answer as JSON, for programs.", rich_help_panel=ANYWHERE, expose_value=False),
    ] = False,
    verbose: Annotated[
        bool,
        typer.Option(
            "-v",
            "--verbose",
            help="Tell each record; -vv each request, too.",
            rich_help_panel=ANYWHERE,
            expose_value=False,
        ),
    ] = False,
    quiet: Annotated[
        bool,
        typer.Option(
            "--quiet", "-q", help="Say nothing but results and errors.", rich_help_panel=ANYWHERE, expose_value=False
        ),
    ] = False,
) -> None:
    """Declare what ``options.hoist`` has taken out already, for the help and for completion."""
