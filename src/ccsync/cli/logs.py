"""``ccsync logs``: the runs by date, one run, or the main log of all runs in time order."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ccsync.cli.command import Command, examples, group
from ccsync.cli.output import Result
from ccsync.cli.session import Task  # noqa: TC001 - Typer reads the annotations when it runs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ccsync.cli.session import Application, Session
    from ccsync.logs.read import LoggedRun
    from ccsync.state.values import RunRecord

_SHOWN = 50


def declare(tree: typer.Typer) -> None:
    """Add the commands to the tree."""
    commands = group("Read what the runs have done.")
    commands.command("list", cls=Command, epilog=examples("ccsync logs list", "ccsync logs list --limit 500"))(_list)
    commands.command(
        "show",
        cls=Command,
        epilog=examples(
            "ccsync logs show                                   the main log",
            "ccsync logs show 20261123T1553                     one run; a beginning of its id will do",
            "ccsync logs show | jq -r 'select(.level == \"error\").message'",
        ),
    )(_show)
    tree.add_typer(commands, name="logs")


def _list(
    *,
    limit: Annotated[int, typer.Option(min=1, metavar="N", help="Show the latest N runs.")] = _SHOWN,
) -> Task:
    """Show Individual Logs: the runs by date, with what each did."""
    return partial(list_runs, limit=limit)


def _show(
    *,
    run: Annotated[
        str | None, typer.Argument(metavar="RUN", help="A run, as ccsync logs list prints it. All runs without it.")
    ] = None,
) -> Task:
    """Show the log of one run, or the Main Log: every event of all runs in time order.

    Readable lines on a terminal; in a pipe the log's own lines, one JSON object each.
    """
    return partial(show, run=run)


def list_runs(session: Session, *, limit: int) -> Result:
    """Return the latest runs, oldest first."""
    from ccsync.cli import log_page
    from ccsync.logs.read import runs

    application = session.application()
    logged = runs(application.folder)
    records = _history(application, limit)
    entries = [_entry(one, records.get(one.id)) for one in logged[-limit:]]
    data = {"account": application.config.account, "runs": entries, "older": len(logged) - len(entries)}
    return Result(data, render=partial(log_page.render_runs, data=data))


def _history(application: Application, limit: int) -> dict[str, RunRecord]:
    """Return the runs that the state knows; a damaged state does not hide the logs."""
    from ccsync.errors import LocalError

    try:
        with application.reader() as store:
            return {} if store is None else {run.id: run for run in store.history.runs(limit)}
    except LocalError:
        return {}


def _entry(logged: LoggedRun, record: RunRecord | None) -> dict[str, Any]:
    from ccsync.engine.report import record_data

    known = _read_off(logged) if record is None else {**record_data(record), "dry_run": False}
    return {"run": logged.id, "date": logged.date, **known, "log": str(logged.path)}


def _read_off(logged: LoggedRun) -> dict[str, Any]:
    """Return what the log itself says of a run that the state does not know, such as a dry run."""
    from ccsync.cli.tables import COUNTS
    from ccsync.logs.events import Event
    from ccsync.logs.read import lines

    first: dict[str, Any] = {}
    last: dict[str, Any] = {}
    for line in lines(logged.path):
        first = first or line
        last = line
    ended = last if last.get("event") == Event.RUN_FINISHED else {}
    summary = ended.get("summary", {})
    return {
        "id": logged.id,
        "started": first.get("time"),
        "finished": ended.get("time"),
        "result": ended.get("result"),
        "dry_run": first.get("dry_run", False),
        "message": ended.get("message", ""),
        **{name: summary.get("counts", {}).get(name, 0) for name in COUNTS},
        "calls": summary.get("calls", {}),
    }


def show(session: Session, *, run: str | None) -> Result:
    """Return the events of one run or of all; for people they are read while they are written."""
    from ccsync.cli import log_page
    from ccsync.logs.read import resolve, runs

    application = session.application()
    folder = application.folder
    chosen = runs(folder) if run is None else [resolve(folder, run)]
    data: dict[str, Any] = {"account": application.config.account, "run": chosen[0].id if run else None}
    if session.everywhere.json:
        data["events"] = list(_events(chosen))
    return Result(data, render=lambda output: log_page.render_events(output, _events(chosen)))


def _events(chosen: list[LoggedRun]) -> Iterator[dict[str, Any]]:
    """Yield all lines in time order: runs of one account never overlap, so one log follows the other."""
    from ccsync.logs.read import lines

    for one in chosen:
        yield from lines(one.path)
