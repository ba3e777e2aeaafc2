"""``ccsync sandbox``: the two simulated services, for trying things out."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ccsync.cli.command import Command, examples, group
from ccsync.cli.output import Result
from ccsync.cli.session import Task  # noqa: TC001 - Typer reads the annotations when it runs
from ccsync.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from types import ModuleType

    from ccsync.cli.output import Output
    from ccsync.cli.session import Session
    from ccsync.sandbox.server import Endpoints


def declare(tree: typer.Typer) -> None:
    """Add the commands to the tree."""
    commands = group("Two simulated services, with made-up people, on this machine only.")
    commands.command("serve", cls=Command, epilog=examples("ccsync sandbox serve"))(_serve)
    commands.command("reset", cls=Command, epilog=examples("ccsync sandbox reset"))(_reset)
    tree.add_typer(commands, name="sandbox")


def _serve(
    *,
    constant_contact_port: Annotated[
        int, typer.Option(min=0, max=65535, metavar="PORT", help="Its port; 0 is any free one.")
    ] = 0,
    membrain_port: Annotated[
        int, typer.Option(min=0, max=65535, metavar="PORT", help="Its port; 0 is any free one.")
    ] = 0,
) -> Task:
    """Serve both simulated services until you stop it, with a page that shows both sides.

    A run with the sandbox switched on uses them while they are served.
    """
    return partial(serve, constant_contact_port=constant_contact_port, membrain_port=membrain_port)


def _reset() -> Task:
    """Forget what was done in the sandbox, and begin with its made-up people again."""
    return reset


def serve(session: Session, *, constant_contact_port: int, membrain_port: int) -> None:
    """Answer with the addresses as soon as requests are answered; to be stopped is how this ends well."""
    server = _server()
    server.serve_forever(
        _folder(session),
        session.environment.clock,
        lambda endpoints: served(session, endpoints),
        constant_contact_port=constant_contact_port,
        membrain_port=membrain_port,
    )


def reset(session: Session) -> Result:
    """Forget the sandbox's state; Locked while it is served, or while a run is on."""
    _server()
    application = session.application()
    folder = application.sandbox_folder
    application.reset_sandbox()
    return Result(
        {"folder": str(folder)},
        render=lambda output: output.tell("The sandbox begins anew with the next run") if output.talks else None,
    )


def _server() -> ModuleType:
    try:
        from ccsync.sandbox import server
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("ccsync"):
            raise
        raise UsageError(
            f"the sandbox needs {(error.name or 'more').partition('.')[0]}, which is not installed",
            hint="pip install '.[sandbox]', in ccsync's folder",
            code="no_sandbox",
        ) from error
    return server


def _folder(session: Session) -> Path:
    return session.application().sandbox_folder


def served(session: Session, endpoints: Endpoints) -> None:
    """Answer with the addresses, while the services go on."""
    data = asdict(endpoints)
    session.output.answer(session.command, Result(data, render=lambda output: _render(output, data)))


def _render(output: Output, data: Mapping[str, Any]) -> None:
    output.line(f"Both sides to look at   {data['pages_url']}")
    output.line(f"Membrain                {data['membrain_url']}  key {data['api_key']}")
    output.line(f"Constant Contact        {data['api_url']}")
    output.line(f"  its logins            {data['auth_url']}  client_id {data['client_id']}")
    output.tell("Stop it with Ctrl-C")
