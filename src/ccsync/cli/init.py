"""``ccsync init``: the words of the command whose work ``init_task`` does."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ccsync.cli.command import Command, examples
from ccsync.cli.output import Result  # noqa: TC001 - Task speaks of it, as below
from ccsync.cli.session import Task  # noqa: TC001 - Typer reads the annotations when it runs

if TYPE_CHECKING:
    from ccsync.cli.session import Session

_SERVICES = "The services"
_SYNC = "Who, where and what"


def declare(tree: typer.Typer) -> None:
    """Add the command to the tree."""
    tree.command(
        "init",
        cls=Command,
        epilog=examples(
            "ccsync init              asks everything",
            "ccsync init --sandbox    the same, with made-up people",
            "ccsync init --sandbox --list Customers --filter '' --fields suggested \\",
            "    --direction membrain-to-constant-contact",
            "ccsync init --real --instance acme --with-key --client-id ID \\",
            "    --login device --runs cron --list Customers --filter '' \\",
            "    --fields suggested --direction membrain-to-constant-contact < KEY",
        ),
    )(_init)


def _flag(text: str, panel: str, metavar: str = "WORD", *, hidden: bool = False) -> Any:
    return typer.Option(help=text, metavar=metavar, rich_help_panel=panel, show_default=False, hidden=hidden)


def _init(
    *,
    sandbox: Annotated[
        bool | None,
        typer.Option("--sandbox/--real", help="Try it with the sandbox, or your own services.", show_default=False),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace the file that is there; it is kept as .undo.")
    ] = False,
    dry_run: Annotated[
        bool | None,
        typer.Option("--dry-run/--no-dry-run", help="At the end, print what a run would do.", show_default=False),
    ] = None,
    account: Annotated[str | None, _flag("A short name for folder and logs.", _SERVICES, "NAME")] = None,
    instance: Annotated[str | None, _flag("Of Membrain: before .membrain.com.", _SERVICES, "NAME")] = None,
    with_key: Annotated[
        bool,
        typer.Option("--with-key", help="Read the key of Membrain from stdin.", rich_help_panel=_SERVICES),
    ] = False,
    client_id: Annotated[str | None, _flag("The application at Constant Contact.", _SERVICES, "ID")] = None,
    login: Annotated[str | None, _flag("browser, no-browser, device, or keep.", _SERVICES)] = None,
    runs: Annotated[str | None, _flag("How it will run: hand, cron or systemd.", _SERVICES)] = None,
    store: Annotated[str | None, _flag("For logins: keyring or encrypted-file.", _SERVICES)] = None,
    key_file: Annotated[str | None, _flag("The key of the encrypted file.", _SERVICES, "FILE")] = None,
    direction: Annotated[str | None, _flag("membrain-to-constant-contact, or as config check accepts.", _SYNC)] = None,
    list_name: Annotated[
        str | None,
        typer.Option(
            "--list", help="Of Constant Contact, old or new.", metavar="NAME", rich_help_panel=_SYNC, show_default=False
        ),
    ] = None,
    filter_text: Annotated[
        str | None,
        typer.Option(
            "--filter", help="Who takes part; '' is all.", metavar="EXPR", rich_help_panel=_SYNC, show_default=False
        ),
    ] = None,
    fields: Annotated[str | None, _flag("suggested, new (new ones as well), or none.", _SYNC)] = None,
    name: Annotated[str | None, _flag("Of the sync; usually the list's.", _SYNC, "NAME")] = None,
    api_url: Annotated[str | None, _flag("Another Constant Contact.", _SERVICES, "URL", hidden=True)] = None,
    auth_url: Annotated[str | None, _flag("Another authorization server.", _SERVICES, "URL", hidden=True)] = None,
    redirect_port: Annotated[int | None, _flag("For the browser, not 8765.", _SERVICES, "PORT", hidden=True)] = None,
) -> Task:
    """Set ccsync up: ask, check each answer against the services, and write a configuration.

    The file is written at the end, in one go, and logins are kept with it: Ctrl-C before leaves nothing behind. Off a
    terminal every answer is a flag.
    """
    said = {
        "sandbox": sandbox,
        "account": account,
        "instance": instance,
        "client_id": client_id,
        "login": login,
        "runs": runs,
        "store": store,
        "key_file": key_file,
        "direction": direction,
        "list": list_name,
        "filter": filter_text,
        "fields": fields,
        "name": name,
    }
    settings = {"api_url": api_url, "auth_url": auth_url, "redirect_port": redirect_port}
    return partial(_carry_out, said, settings, force=force, dry_run=dry_run, with_key=with_key)


def _carry_out(said: dict[str, Any], settings: dict[str, Any], session: Session, **how: Any) -> Result:
    from ccsync.cli.init_task import init

    return init(session, said, {name: value for name, value in settings.items() if value is not None}, **how)
