"""``ccsync daemon``: Membrain's "Start / Stop Sync Service", whatever drives it."""

from __future__ import annotations

from contextlib import nullcontext
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ccsync.cli import daemon_install, daemon_service
from ccsync.cli.command import Command, examples, group
from ccsync.cli.output import Result
from ccsync.cli.session import Task  # noqa: TC001 - Typer reads the annotations when it runs
from ccsync.errors import CcsyncError, ExitCode, LocalError, Locked

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from ccsync.cli.daemon_service import Service
    from ccsync.cli.session import Application, Session
    from ccsync.service.switch import Switch


def declare(tree: typer.Typer) -> None:
    """Add the commands to the tree."""
    commands = group("Start / Stop Sync Service: runs that come by themselves, without a terminal.")
    commands.command("start", cls=Command, epilog=examples("ccsync daemon start"))(_start)
    commands.command(
        "stop",
        cls=Command,
        epilog=examples(
            "ccsync daemon stop        the record in hand is finished first",
            "ccsync daemon stop --now  not even that; nothing is lost",
        ),
    )(_stop)
    commands.command("restart", cls=Command, epilog=examples("ccsync daemon restart"))(_restart)
    commands.command(
        "status", cls=Command, epilog=examples("ccsync daemon status", "ccsync daemon status --json | jq .data.running")
    )(_status)
    daemon_install.declare(commands)
    tree.add_typer(commands, name="daemon")


def _start() -> Task:
    """Start Sync Service: a run now, and then one every service.interval.

    Starts what ccsync daemon install has set up; without that, a background process, which ends with the machine.
    A service that runs already is left as it is.
    """
    return start


def _stop(
    *, now: Annotated[bool, typer.Option("--now", help="Do not wait for the record in hand to be finished.")] = False
) -> Task:
    """Stop Sync Service, and keep it stopped: also timers and cron lines do nothing until ccsync daemon start.

    A run that is on finishes the record in hand, and what is left is for the next run. That mostly takes less than a
    second, and at most 40: after that this command says so, and ends with exit code 75.
    """
    return partial(stop, now=now)


def _restart() -> Task:
    """Stop the service between two writes, and start it again: for a new account in the configuration, say."""
    return restart


def _status() -> Task:
    """Say whether runs come by themselves, what drives them, and when the next one begins.

    Exit code 0 when the service runs, 3 when it does not.
    """
    return status


def start(session: Session) -> Result:
    """Start the service; nothing when it runs."""
    service = daemon_service.named(session)
    if service.found is None:
        _check(session.application())
        _refuse_beside(daemon_service.at_hand(session), service)
    with _turn(service):
        _begin(service)
    return _answer(service, "runs")


def stop(session: Session, *, now: bool) -> Result:
    """Turn the service off and end what is on."""
    service = daemon_service.at_hand(session)
    with nullcontext() if now else _turn(service):
        _end(service, now=now)
    return _answer(service, "has stopped")


def restart(session: Session) -> Result:
    """Stop, and start again."""
    service = daemon_service.named(session)
    if service.found is None:
        _check(session.application())
    with _turn(service):
        _end(daemon_service.at_hand(session), now=False)
        _begin(service)
    return _answer(service, "runs again")


def status(session: Session) -> Result:
    """Return how the service stands."""
    from ccsync.cli import daemon_page

    data = _data(daemon_service.at_hand(session))
    code = ExitCode.DONE if data["running"] else ExitCode.STOPPED
    return Result(data, code, render=partial(daemon_page.render, data=data))


def _turn(service: Service) -> AbstractContextManager[None]:
    """Wait until no other command starts or stops the service; systemd sees to that for what is its own."""
    return service.background.alone() if service.found is None else nullcontext()


def _refuse_beside(other: Service, service: Service) -> None:
    """Refuse a second service by one configuration, which named another account when the first one read it."""
    if other.folder != service.folder:
        raise Locked(
            f"the service runs for account {other.account}, which the configuration named before: that takes a restart",
            hint="ccsync daemon restart",
        )


def _begin(service: Service) -> None:
    """Turn the service on and start it; what cannot be started stays as off as it was."""
    with service.inside() as switch:
        was_off = switch.is_off()
        switch.turn_on()
    try:
        service.driver.start()
    except CcsyncError:
        if was_off:
            with service.inside() as switch:
                switch.turn_off()
        raise


def _end(service: Service, *, now: bool) -> None:
    """Turn the service off first, so that nothing starts it again meanwhile; then end what is on."""
    background = service.background
    if service.installed is None:
        with service.inside() as switch, background.seen_out():
            trouble = _turned_off(switch)
            background.kill() if now else background.stop()
    else:
        with service.inside() as switch:
            trouble = _turned_off(switch)
            if now:
                background.kill()
        service.installed.stop()
        with service.inside():  # one that was started by hand, beside what is installed
            background.stop()
    if trouble is not None:
        raise LocalError(f"no run is on any more, but {trouble.message}", hint=trouble.hint) from trouble


def _turned_off(switch: Switch) -> LocalError | None:
    """Turn the switch; what keeps it from being written, such as a full disk, keeps nobody from ending what is on."""
    try:
        switch.turn_off()
    except LocalError as error:
        return error
    return None


def _check(application: Application) -> None:
    """Refuse to start what could not run: a wrong configuration, a missing login."""
    from ccsync.credentials.store import CONSTANT_CONTACT, not_logged_in, read_tokens, require_membrain_key

    application = application.check()
    config = application.config
    if config.sandbox.enabled:
        return
    require_membrain_key(application.credentials, config.account, application.membrain_base_url)
    if read_tokens(application.credentials, config.account) is None:
        raise not_logged_in(CONSTANT_CONTACT)


def _answer(service: Service, what: str) -> Result:
    from ccsync.cli import daemon_page

    data = _data(service)
    return Result(data, render=partial(daemon_page.done, data=data, what=what))


def _data(service: Service) -> dict[str, Any]:
    from ccsync.service.bulletin import Bulletin

    state = service.driver.state()
    off_since = notice = None
    try:
        with service.inside() as switch:
            off_since = switch.off_since()
            notice = Bulletin(service.folder).read()
            if not state.running and service.found is not None:
                by_hand = service.background.state()
                state = by_hand if by_hand.running else state
    except CcsyncError:
        if service.found is None:
            raise  # else it is another user's, and what the driver says is all there is to say
    next_run = None if notice is None else notice.next_run
    return {
        "account": service.account,
        "running": state.running,
        "driver": state.driver,
        "pid": state.pid,
        "since": None if state.since is None else _iso(state.since),
        "switched_off": None if off_since is None else _iso(off_since),
        "next_run": None if next_run is None else _iso(next_run),
        "detail": state.detail,
        "trouble": service.trouble or ("" if notice is None else notice.trouble),
        "version": "" if notice is None else notice.version,
    }


def _iso(moment: Any) -> str:
    return str(moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"))
