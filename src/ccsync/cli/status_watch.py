"""``ccsync status --watch``: the status in numbers, drawn anew while somebody looks; for programs, line after line.

It stays on the terminal's own screen, so that what was seen last is still there afterwards. Ctrl-C ends it with 0, as
it does ``watch``: it is the way out, and nothing was left undone.
"""

from __future__ import annotations

import json
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ccsync.cli import words
from ccsync.cli.output import Result, clean, envelope, failed
from ccsync.cli.run_page import calls
from ccsync.cli.status_page import service_lines
from ccsync.cli.tables import COUNTS, table
from ccsync.errors import CcsyncError, ExitCode, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from rich.console import Group

    from ccsync.cli.session import Session

SECONDS = 2.0
"""So long one page stands."""

_SHOWN = 5
_HEADINGS = tuple(name.capitalize() for name in COUNTS)


def watch(session: Session) -> Result | None:
    """Show how things stand, again and again, until somebody asks for the end or the reader has gone."""
    if not session.everywhere.json and not session.output.on_terminal:
        raise UsageError(
            "--watch draws on a terminal, and this is none", hint="ccsync status --watch --json, or ccsync status"
        )
    first = _looked(session)
    if first.errors:
        return first
    try:
        with suppress(BrokenPipeError):
            (_write if session.everywhere.json else _draw)(session, _again_and_again(session, first))
    except KeyboardInterrupt as stop:
        if getattr(stop, "exit_code", ExitCode.INTERRUPTED) != ExitCode.INTERRUPTED:
            raise
    return None


def _again_and_again(session: Session, first: Result) -> Iterator[Result]:
    yield first
    while True:
        session.environment.clock.sleep(SECONDS)
        yield _looked(session)


def _looked(session: Session) -> Result:
    """Return how things stand; what goes wrong while somebody watches is shown like the rest."""
    from ccsync.cli.status_facts import of_session

    try:
        return Result(of_session(session, session.application()))
    except CcsyncError as error:
        return failed(error)


def _write(session: Session, results: Iterable[Result]) -> None:
    for result in results:
        session.output.stdout.write(json.dumps(envelope(session.command, result)) + "\n")
        session.output.stdout.flush()


def _draw(session: Session, results: Iterable[Result]) -> None:
    from rich.live import Live

    clock, console = session.environment.clock, session.output.console
    aim = session.output.aimed
    pages = (page(result, f"{clock.now():%Y-%m-%d %H:%M:%S} UTC", aim) for result in results)
    if console.is_dumb_terminal:  # it cannot go back over what it has shown
        for one in pages:
            console.print(one, "")
        return
    with Live(console=console, auto_refresh=False, vertical_overflow="ellipsis") as live:
        for one in pages:
            live.update(one, refresh=True)


def page(result: Result, now: str, aim: Callable[[str], str]) -> Group:
    """Return one page: the worst first, in as few lines as it takes; ``aim`` names the configuration in commands."""
    from rich.console import Group
    from rich.text import Text

    top = Text.assemble(("ccsync status", "bold"), f", {now}, every {SECONDS:g} s until Ctrl-C", no_wrap=True)
    if result.errors:
        told = [f"{one.message}\n  next: {aim(one.hint)}" if one.hint else one.message for one in result.errors]
        return Group(top, Text(""), *(Text("\n".join(map(clean, one.split("\n"))), style="red") for one in told))
    data = result.data
    rows = [(sync["name"], *(str(sync[name]) for name in COUNTS)) for sync in data["syncs"]]
    return Group(
        top,
        *(Text(clean(aim(line)), style=_style(line), overflow="fold") for line in _head(data)),
        Text(""),
        table(("Sync", *_HEADINGS), rows, numbers=_HEADINGS),
        Text(""),
        *(Text(clean(aim(line)), overflow="ellipsis", no_wrap=True) for line in _foot(data)),
    )


def _head(data: Mapping[str, Any]) -> Iterator[str]:
    yield f"Account {data['account']}"
    yield from service_lines(data)
    run, on_since = data["last_run"], data["service"]["run_since"]
    if on_since:
        yield f"A run is on since {words.moment(on_since)}" + _phase(data["service"]["phase"])
    last = data["service"]["last_ended"]
    if last is not None:
        took = words.length(last["started"], last["finished"])
        yield f"Last run {last['id']}: {last['result']}, {words.moment(last['started'])}, took {took}"
        if last["calls"]:
            yield f"  Calls: {calls(last['calls'])}"
    elif run is None:
        yield "No run yet"


def _foot(data: Mapping[str, Any]) -> Iterator[str]:
    reasons = Counter(entry["reason"] for entry in data["waiting"])
    yield f"Waiting: {len(data['waiting'])}" if reasons else "Nobody waits"
    for reason, count in reasons.most_common(_SHOWN):
        yield f"  {count} x {reason}: {words.reason(reason)}"
    if len(reasons) > _SHOWN:
        yield f"  and {len(reasons) - _SHOWN} reasons more: ccsync status"
    budget = data["budget"]
    spent = ", and Constant Contact says that there are no more" if budget["spent"] else ""
    yield f"Calls to Constant Contact today: {budget['used']} of {budget['limit']}{spent}"


def _phase(phase: str | None) -> str:
    return f": {phase}" if phase else ""


def _style(line: str) -> str:
    return "red" if line.startswith("Failing") else "yellow" if "switched off" in line else ""
