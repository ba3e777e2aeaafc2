"""``ccsync logs``: the runs by date, one run, the main log of all runs in time order, and all of it as one file."""

from __future__ import annotations

from functools import partial
from pathlib import Path  # noqa: TC003 - Typer reads the annotations when it runs
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from ccsync.cli import completing
from ccsync.cli.command import Command, examples, group
from ccsync.cli.output import Result
from ccsync.cli.session import Task  # noqa: TC001 - as above

if TYPE_CHECKING:
    from ccsync.cli.session import Application, Session
    from ccsync.logs.read import LoggedRun
    from ccsync.state.values import RunRecord

_SHOWN = 50
_Since = Annotated[
    str | None,
    typer.Option(metavar="WHEN", help='Only from then on: a date, a time (UTC), or an age such as "36h" or "30d".'),
]


def declare(tree: typer.Typer) -> None:
    """Add the commands to the tree."""
    commands = group("Read what the runs have done, and pack it up for support.")
    commands.command("list", cls=Command, epilog=examples("ccsync logs list", "ccsync logs list --limit 500"))(_list)
    commands.command(
        "show",
        cls=Command,
        epilog=examples(
            "ccsync logs show                                   the main log",
            "ccsync logs show 20261123T1553                     one run; a beginning of its id will do",
            "ccsync logs show --follow                          what happens from now on",
            "ccsync logs show --since 2d --level warning        what went wrong since the day before yesterday",
            "ccsync logs show --contact ann@example.com         all that was done to one person",
            "ccsync logs show --event record --sync customers   whom one sync created, changed or left out",
            "ccsync logs show | jq -r 'select(.level == \"error\").message'",
        ),
    )(_show)
    export = examples(
        "ccsync logs export                                 everything, masked, as one zip",
        "ccsync logs export --since 7d --output case.zip    the last week",
        "ccsync logs export --format csv                    the main log, for a spreadsheet",
        "ccsync logs export --unmasked                      with names and addresses; asks first",
    )
    commands.command("export", cls=Command, epilog=export)(_export)
    commands.command("download", cls=Command, epilog=export, help="Download All Logs: the same as ccsync logs export.")(
        _export
    )
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
        str | None,
        typer.Argument(
            metavar="RUN",
            help="A run, as ccsync logs list prints it. All runs without it.",
            autocompletion=completing.runs,
        ),
    ] = None,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Show lines as they are written, until you press Ctrl-C.")
    ] = False,
    since: _Since = None,
    until: Annotated[str | None, typer.Option(metavar="WHEN", help="Only up to then, in the same forms.")] = None,
    level: Annotated[
        Literal["debug", "info", "warning", "error"], typer.Option(help="Only what is at least so serious.")
    ] = "debug",
    event: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help='Only these events; "record" means record.created and its kind. Repeatable.',
            autocompletion=completing.events,
        ),
    ] = None,
    contact: Annotated[
        str | None, typer.Option(metavar="EMAIL", help="Only what is about one person, under an earlier address too.")
    ] = None,
    sync: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only what one sync did.", autocompletion=completing.syncs)
    ] = None,
) -> Task:
    """Show the log of one run, or the Main Log: every event of all runs in time order.

    Readable lines on a terminal; in a pipe the log's own lines, one JSON object each.
    """
    from ccsync.cli.logs_show import Asked, show

    return partial(show, asked=Asked(run, since, until, level, tuple(event or ()), contact, sync), follows=follow)


def _export(
    *,
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where to write it, instead of the current folder.")
    ] = None,
    form: Annotated[
        Literal["zip", "jsonl", "csv"],
        typer.Option("--format", help="zip: everything; jsonl, csv: the main log alone."),
    ] = "zip",
    since: _Since = None,
    run: Annotated[
        str | None,
        typer.Option(
            metavar="RUN", help="Only one run, as ccsync logs list prints it.", autocompletion=completing.runs
        ),
    ] = None,
    unmasked: Annotated[
        bool, typer.Option("--unmasked", help="Leave names, addresses and values as they are.")
    ] = False,
    yes: Annotated[
        bool, typer.Option("--yes", help="Do not ask: before --unmasked, and before a file is replaced.")
    ] = False,
) -> Task:
    """Download All Logs: write one file to give to support, in which nobody can be recognised.

    A zip has the main log, each run's own log by date, the status, the configuration, versions, and the report of
    ccsync doctor. Each name, address and value is replaced by a mark, the same one wherever it stands in any export of
    this account. The file's path is all that is printed.
    """
    from ccsync.cli.logs_export import Wanted, export

    return partial(export, wanted=Wanted(output, form, since, run, unmasked=unmasked, yes=yes))


def list_runs(session: Session, *, limit: int) -> Result:
    """Return the latest runs, oldest first."""
    from ccsync.cli import log_page
    from ccsync.logs.read import count, latest

    application = session.application()
    logged = latest(application.folder, limit)
    records = _history(application, limit)
    entries = [_entry(one, records.get(one.id)) for one in logged]
    older = count(application.folder) - len(entries) if len(entries) == limit else 0
    data = {"account": application.config.account, "runs": entries, "older": older}
    return Result(data, render=lambda output: log_page.render_runs(output, data=data))


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

    known = _read_off(logged) if record is None else {**record_data(record), "kind": "run", "dry_run": False}
    return {"run": logged.id, "date": logged.date, **known, "log": str(logged.path)}


def _read_off(logged: LoggedRun) -> dict[str, Any]:
    """Return what a log says of what the state does not know: a dry run, or a command with a log of its own."""
    from ccsync.cli.tables import COUNTS
    from ccsync.logs.events import Event
    from ccsync.logs.read import ends

    first, last = ends(logged.path)
    begun = str(first.get("event") or Event.RUN_STARTED)
    kind = str(first.get("command") or ("run" if begun == Event.RUN_STARTED else begun.partition(".")[0]))
    ended = next((line for line in reversed(last) if line.get("event") == Event.RUN_FINISHED), None)
    if ended is None and kind != "run":
        ended = {"time": last[-1].get("time"), "result": "success", "message": first.get("message", "")} if last else {}
    ended = ended or {}
    summary = ended.get("summary", {})
    return {
        "id": logged.id,
        "started": first.get("time"),
        "finished": ended.get("time"),
        "result": ended.get("result"),
        "kind": kind,
        "dry_run": first.get("dry_run", False),
        "message": ended.get("message", ""),
        **{name: summary.get("counts", {}).get(name, 0) for name in COUNTS},
        "calls": summary.get("calls", {}),
    }
