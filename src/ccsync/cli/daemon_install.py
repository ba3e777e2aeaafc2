"""``ccsync daemon install`` and ``uninstall``: the words of the commands, and what people read of them."""

from __future__ import annotations

import os
import shlex
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ccsync.cli.command import Command, examples
from ccsync.cli.output import Output, Result
from ccsync.cli.session import Task  # noqa: TC001 - Typer reads the annotations when it runs
from ccsync.errors import UsageError

if TYPE_CHECKING:
    from ccsync.cli.session import Session
    from ccsync.config.model import Config
    from ccsync.service.installing import Text
    from ccsync.service.planning import Planned, Wish
    from ccsync.service.record import Installation

_WAYS = "What starts the runs"
_LOGINS = ("auth login membrain", "auth login constant-contact --device")


def declare(commands: typer.Typer) -> None:
    """Add the two commands to the group of the service."""
    commands.command(
        "install",
        cls=Command,
        epilog=examples(
            "ccsync daemon install --cron --print   look at the line first",
            "ccsync daemon install --cron           a line in your own crontab",
            "ccsync daemon install --systemd-timer  for the machine as root, else for you",
            "ccsync daemon install --systemd-service --run-as sync",
        ),
    )(_install)
    commands.command("uninstall", cls=Command, epilog=examples("ccsync daemon uninstall"))(_uninstall)


def _way(name: str, text: str) -> Any:
    return typer.Option(name, help=text, rich_help_panel=_WAYS)


def _install(
    *,
    timer: Annotated[bool, _way("--systemd-timer", "A timer of systemd's: one run every interval.")] = False,
    service: Annotated[bool, _way("--systemd-service", "A service of systemd's that runs again and again.")] = False,
    cron: Annotated[bool, _way("--cron", "A line for cron.")] = False,
    system: Annotated[
        bool | None,
        typer.Option(
            "--system/--user",
            help="For the machine, as a user of its own, or for you. Usually for you, except units that root installs.",
            show_default=False,
        ),
    ] = None,
    run_as: Annotated[
        str | None, typer.Option(help="The user who runs; with --system it is ccsync.", metavar="USER")
    ] = None,
    only_print: Annotated[
        bool, typer.Option("--print", help="Print what would be written, and write nothing.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace what somebody has edited since.")] = False,
) -> Task:
    """Let ccsync run by itself: install a timer or a service of systemd's, or a line for cron.

    How often stands in the configuration (interval). Installed again after an edit, what is different now is changed.
    It remembers as which user runs are made and where their state lies, so that other commands use the same, or print
    the line that does.
    """
    return partial(
        install, ways=(timer, service, cron), system=system, run_as=run_as, only_print=only_print, force=force
    )


def _uninstall() -> Task:
    """Take back what ccsync daemon install wrote. What somebody edited since is left, and named.

    The state, the logs and the logins stay.
    """
    return uninstall


def install(session: Session, *, ways: tuple[bool, bool, bool], only_print: bool, force: bool, **wish: Any) -> Result:
    """Write, or print, what starts the runs."""
    from ccsync.service.installing import Installer, texts
    from ccsync.service.job import Who
    from ccsync.service.planning import check_reach, plan
    from ccsync.service.switch import Switch

    asked = _wish(ways, **wish)
    path, config = _configuration(session)
    environ, who = session.environment.variables, Who.of_process()
    planned = plan(asked, config, path, environ, who=who)
    job = planned.job
    if only_print:
        pages = texts(job, environ)
        data = {**_planned_data(planned), "files": [asdict(one) for one in pages]}
        return Result(data, render=partial(_print, pages=pages))
    if job.scope == "system" and not who.is_root:
        again = shlex.join(("sudo", *job.command, "--config", str(job.config), "daemon", "install", *job.asked))
        raise UsageError(
            "to install for the machine takes root",
            hint=f"{again}; or for you alone: ccsync daemon install --{job.kind} --user",
        )
    check_reach(job, planned.key)
    done = Installer(environ, session.environment.clock).install(planned, force=force)
    for warning in done.warnings:
        session.output.tell(f"ccsync: warning: {warning}")
    off = Switch(Path(done.installation.folder), session.environment.clock).is_off()
    data = {
        **_planned_data(planned),
        "key": done.installation.key,
        "changed": done.changed,
        "switched_off": off,
        "files": [asdict(one) for one in done.installation.files],
        "warnings": list(done.warnings),
    }
    return Result(
        data, render=partial(_render, done=done.installation, sandbox=job.sandbox, changed=done.changed, off=off)
    )


def uninstall(session: Session) -> Result:
    """Take it back."""
    from ccsync.service.installing import Installer

    found = _installed(session)
    if found.for_everybody and os.geteuid() != 0:
        again = shlex.join(("sudo", *found.command, "--config", found.config, "daemon", "uninstall"))
        raise UsageError("what is installed for the machine takes root to take back", hint=again)
    taken = Installer(session.environment.variables, session.environment.clock).uninstall(found)
    for warning in taken.warnings:
        session.output.tell(f"ccsync: warning: {warning}")
    data = {"name": found.name, "kind": found.kind, **{name: list(some) for name, some in _parts(asdict(taken))}}
    return Result(data, render=partial(_render_taken, data=data))


def _parts(taken: dict[str, tuple[str, ...]]) -> list[tuple[str, tuple[str, ...]]]:
    return [(name, taken[name]) for name in ("removed", "left", "warnings")]


def _wish(ways: tuple[bool, bool, bool], *, system: bool | None, run_as: str | None) -> Wish:
    from ccsync.service.job import Kind, Scope
    from ccsync.service.planning import Wish

    chosen = [kind for kind, said in zip((Kind.TIMER, Kind.SERVICE, Kind.CRON), ways, strict=True) if said]
    if len(chosen) != 1:
        raise UsageError(
            "say what is to start the runs: one of --systemd-timer, --systemd-service and --cron",
            hint="ccsync daemon install --cron",
        )
    scope = None if system is None else Scope.SYSTEM if system else Scope.USER
    return Wish(chosen[0], scope, run_as)


def _configuration(session: Session) -> tuple[Path, Config]:
    """Read the configuration alone: the account's folder may belong to somebody else."""
    from ccsync.config import find, read

    path = find(session.everywhere.config, session.environment.variables)
    return path, read(path).config


def _installed(session: Session) -> Installation:
    from ccsync.cli.installed import installation

    found = installation(session)
    if found is None:
        raise UsageError("nothing is installed for this configuration", hint="ccsync daemon install --cron")
    return found


def _planned_data(planned: Planned) -> dict[str, Any]:
    job = planned.job
    return {
        "name": job.name,
        "kind": str(job.kind),
        "scope": str(job.scope),
        "account": job.account,
        "config": str(job.config),
        "user": job.user,
        "state_dir": str(job.state_dir),
        "key": planned.key.words,
        "interval_seconds": int(job.interval.total_seconds()),
    }


def _print(output: Output, *, pages: tuple[Text, ...]) -> None:
    """Write each file as it would be; where there are several, with its path above it."""
    from ccsync.service.written import CRONTAB

    for number, one in enumerate(pages):
        if number:
            output.line()
        if one.path != CRONTAB:
            output.line(f"# {one.path}")
        for line in one.text.splitlines():
            output.line(line)


def _render(output: Output, *, done: Installation, sandbox: bool, changed: bool, off: bool) -> None:
    from ccsync.cli.installed import line_for
    from ccsync.service.job import Who
    from ccsync.service.schedule import words
    from ccsync.service.written import CRONTAB

    if not changed:
        output.line("Nothing to change: it is installed like that already")
    for piece in done.files if changed else ():
        output.line(f"Written: {'a line in your crontab' if piece.path == CRONTAB else piece.path}")
    output.line(f"Runs as {done.user} every {words(done.interval_seconds)}, with the state in {done.state_dir}")
    output.line(f"Key of the logins: {done.key}")
    output.line()
    if Who.of_process().name != done.user:
        output.line(f"By hand, as {done.user}:")
        for command in (*(() if sandbox else _LOGINS), "status"):
            output.line(f"  {line_for(done, command.split())} {command}")
        output.line()
    if off:
        output.line("It is switched off, as somebody has stopped it before")
    if done.unit or off:
        output.way_on("Start it:      ccsync daemon start")
    output.way_on("Is it on?      ccsync daemon status")
    output.way_on("Stop it:       ccsync daemon stop")
    output.way_on("Take it back:  ccsync daemon uninstall")


def _render_taken(output: Output, *, data: dict[str, Any]) -> None:
    from ccsync.service.written import CRONTAB

    names = {CRONTAB: "the line in your crontab"}
    for path in data["removed"]:
        output.line(f"Removed: {names.get(path, path)}")
    for path in data["left"]:
        output.line(f"Left, because it was edited since or cannot be made again: {names.get(path, path)}")
    output.line("The state, the logs and the logins are as they were")
