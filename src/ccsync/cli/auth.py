"""``ccsync auth``: the words of the commands whose work ``auth_flow`` does."""

from __future__ import annotations

from enum import StrEnum
from functools import partial
from pathlib import Path  # noqa: TC003 - Typer reads the annotations when it runs
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ccsync.cli.command import Command, examples, group
from ccsync.cli.output import Failure, Result
from ccsync.cli.session import Task  # noqa: TC001 - Typer reads the annotations when it runs
from ccsync.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from ccsync.cli.output import Output
    from ccsync.cli.session import Session


class Service(StrEnum):
    """The services that one can log out of."""

    MEMBRAIN = "membrain"
    CONSTANT_CONTACT = "constant-contact"


def declare(tree: typer.Typer) -> None:
    """Add the commands to the tree."""
    commands = group("Log in to the two services, and out.")
    login = group("Log in to a service.")
    login.command(
        "membrain",
        cls=Command,
        epilog=examples("ccsync auth login membrain", "ccsync auth login membrain --with-key < FILE"),
    )(_login_membrain)
    login.command(
        "constant-contact",
        cls=Command,
        epilog=examples(
            "ccsync auth login constant-contact",
            "ccsync auth login constant-contact --device   on a machine without a browser",
        ),
    )(_login_constant_contact)
    commands.add_typer(login, name="login")
    commands.command("status", cls=Command, epilog=examples("ccsync auth status"))(_status)
    commands.command("logout", cls=Command, epilog=examples("ccsync auth logout constant-contact"))(_logout)
    commands.command("new-key", cls=Command, epilog=examples("ccsync auth new-key ~/.config/ccsync/key"))(_new_key)
    tree.add_typer(commands, name="auth")


def _login_membrain(
    *,
    with_key: Annotated[bool, typer.Option("--with-key", help="Read the key from stdin instead of asking.")] = False,
) -> Task:
    """Store the API key of Membrain, after trying it.

    The key is made in Membrain under System Setup, Membrain API.
    """
    return partial(login_membrain, with_key=with_key)


def _login_constant_contact(
    *,
    device: Annotated[bool, typer.Option("--device", help="Show a code to type on another machine.")] = False,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Print the address instead of opening the browser.")
    ] = False,
    switch_account: Annotated[
        bool, typer.Option("--switch-account", help="Accept another account than before, and start afresh.")
    ] = False,
) -> Task:
    """Authenticate with Constant Contact: allow ccsync to use your account."""
    return partial(login_constant_contact, device=device, no_browser=no_browser, switch_account=switch_account)


def _status() -> Task:
    """Show which accounts are logged in, since when, until when, and where the secrets lie."""
    return status


def _logout(
    *, service: Annotated[Service, typer.Argument(metavar="SERVICE", help="membrain or constant-contact.")]
) -> Task:
    """Revoke a login and forget it."""
    return partial(logout, service=service.value)


def _new_key(*, file: Annotated[Path, typer.Argument(metavar="FILE", help="A file that does not exist yet.")]) -> Task:
    """Make a key for credentials that are stored in an encrypted file."""
    return partial(new_key, file=file)


def login_membrain(session: Session, *, with_key: bool) -> Result:
    """Ask for the key, try it and store it."""
    from ccsync.cli import auth_flow

    application = session.application()
    url = application.membrain_base_url
    key = auth_flow.membrain_key_from_person(session.environment.stdin, with_key=with_key)
    users = auth_flow.login_membrain(
        application.credentials, application.config.account, url, key, session.environment.clock
    )
    data = {"service": Service.MEMBRAIN.value, "url": url, "users": users, "where": application.credentials.describe()}
    return Result(data, render=_said(session, f"Logged in to Membrain at {url}; it shows {users} users"))


def login_constant_contact(session: Session, *, device: bool, no_browser: bool, switch_account: bool) -> Result:
    """Let a person allow the access, and store it."""
    from ccsync.cli import auth_flow

    if device and no_browser:
        raise UsageError(
            "--device and --no-browser are two ways to do one thing", hint="ccsync auth login constant-contact --device"
        )
    way = auth_flow.Way.DEVICE if device else auth_flow.Way.NO_BROWSER if no_browser else auth_flow.Way.BROWSER
    application = session.application()
    places, before = application.constant_contact_urls, application.bound_account
    with application.call_budget() as budget:
        tokens = auth_flow.login_constant_contact(
            application.credentials,
            application.config.account,
            application.folder,
            auth_flow.Application(
                client_id=places.client_id,
                auth_url=places.auth_url,
                api_url=places.api_url,
                redirect_port=application.config.constant_contact.redirect_port,
            ),
            session.environment.clock,
            budget=budget,
            say=session.output.insist,
            way=way,
            switch_account=switch_account,
            bound_to=before,
        )
    switched = before is not None and before.id != tokens.account_id
    aside = application.start_afresh() if switched else None
    data = {
        "service": Service.CONSTANT_CONTACT.value,
        "account": tokens.account_name,
        "account_id": tokens.account_id,
        "where": application.credentials.describe(),
        "state_until_now": None if aside is None else str(aside),
    }
    said = f"Logged in to Constant Contact, account {tokens.account_name}"
    if aside is not None:
        said += f"; the next run begins afresh, and the state until now lies in {aside}"
    return Result(data, render=_said(session, said, always=aside is not None))


def status(session: Session) -> Result:
    """Say of both services whether there is a login; not being logged in is exit code 77."""
    from ccsync.cli import auth_flow
    from ccsync.credentials.store import SERVICE_NAMES

    application = session.application()
    found = auth_flow.statuses(application.credentials, application.config.account, session.environment.clock)
    logins = [one.as_data() for one in found]
    missing = tuple(
        Failure("login_needed", f"not logged in to {SERVICE_NAMES[one.service]}", f"ccsync auth login {one.service}")
        for one in found
        if not one.logged_in
    )
    code = ExitCode.LOGIN_NEEDED if missing else ExitCode.DONE
    return Result({"logins": logins}, code, missing, render=lambda output: _render(output, logins))


def logout(session: Session, *, service: str) -> Result:
    """Revoke and forget one login."""
    from ccsync.cli import auth_flow

    application = session.application()
    done = auth_flow.logout(
        application.credentials,
        application.config.account,
        service,
        application.folder,
        session.environment.clock,
        auth_url=application.constant_contact_urls.auth_url,
    )
    said = f"Logged out of {service}" if done.was_logged_in else f"There was no login of {service}"
    text = f"{said}; {done.trouble}" if done.trouble else said
    data = {
        "service": done.service,
        "was_logged_in": done.was_logged_in,
        "revoked": done.revoked,
        "trouble": done.trouble,
    }
    return Result(data, render=_said(session, text, always=bool(done.trouble)))


def new_key(_session: Session, *, file: Path) -> Result:
    """Write a new key, and say how the configuration names it."""
    from ccsync.cli import auth_flow

    line = auth_flow.make_key(file)
    return Result({"path": str(file.absolute()), "config": line}, render=lambda output: output.line(line))


def _said(session: Session, text: str, *, always: bool = False) -> Any:
    """Return a renderer that says it on stderr when somebody is there, or when it has to be known."""
    return lambda output: output.tell(text) if always or session.output.talks else None


def _render(output: Output, logins: list[dict[str, Any]]) -> None:
    from ccsync.cli.words import moment

    for login in logins:
        state = "logged in" if login["logged_in"] else "not logged in"
        output.line(f"{login['service']}: {state}")
        facts = (
            ("account", login["account"]),
            ("since", moment(login["since"]) if login["since"] else ""),
            ("until", moment(login["refresh_until"]) if login["refresh_until"] else ""),
            ("stored in", login["where"]),
            ("note", login["note"]),
        )
        for name, value in facts:
            if value:
                output.line(f"  {name:<10} {value}")
