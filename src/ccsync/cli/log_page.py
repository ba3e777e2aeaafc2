"""What people read of the logs."""

from __future__ import annotations

import json
from itertools import groupby
from typing import TYPE_CHECKING, Any

from ccsync.cli import words
from ccsync.cli.output import clean
from ccsync.logs.events import Event
from ccsync.logs.read import lines
from ccsync.logs.runlog import FIXED_KEYS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from rich.text import Text

    from ccsync.cli.output import Output

_LEVELS = {"debug": "dim", "info": "green", "warning": "yellow", "error": "bold red"}
_REQUESTS = 2  # -vv
_ABOUT_PEOPLE = ("record.", "list.", "consent.")


def render_runs(output: Output, *, data: Mapping[str, Any]) -> None:
    """Write the runs under their dates, the latest last. A run's name tells when it began."""
    from ccsync.cli.tables import table

    if not data["runs"]:
        output.line("No run yet: type ccsync run --once")
        return
    if data["older"]:
        output.line(f"{data['older']} older runs are not shown: --limit {data['older'] + len(data['runs'])}")
    headings = ("Run", "Length", "Created", "Updated", "Removed", "Failed", "Result")
    rows: list[tuple[str, ...]] = []
    for date, runs in groupby(data["runs"], key=lambda run: str(run["date"])):
        rows += [(date, *[""] * 6), *(_run(run) for run in runs)]
    output.print(table(headings, rows, numbers=headings[1:6], fixed=("Run", "Result")))


def _run(run: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        run["run"],
        words.length(run["started"], run["finished"]),
        *(str(run[name]) for name in ("created", "updated", "removed", "failed")),
        ("dry run" if run["dry_run"] and run["result"] == "success" else run["result"]) or "not ended",
    )


def render_events(output: Output, events: Iterable[Mapping[str, Any]]) -> None:
    """Write events: readable on a terminal, as the log has them anywhere else."""
    if not output.on_terminal:
        ascii_only = "utf" not in (output.stdout.encoding or "utf-8").lower()
        for event in events:
            output.stdout.write(json.dumps(event, ensure_ascii=ascii_only, separators=(",", ":")) + "\n")
        return
    run = ""
    for event in events:
        if event.get("run", "") != run:
            run = str(event.get("run", ""))
            output.line(f"Run {run}")
        output.console.print(_drawn(event), soft_wrap=True)


def told(path: Path, verbosity: int) -> Iterator[str]:
    """Yield what a run did to people and, with -vv, its requests, from its log."""
    for line in lines(path):
        event = str(line.get("event", ""))
        if event.startswith(_ABOUT_PEOPLE) or (verbosity >= _REQUESTS and event == Event.HTTP_REQUEST):
            yield f"{_hour(line)} {event:<16} {line.get('message', '')}"


def _drawn(event: Mapping[str, Any]) -> Text:
    from rich.text import Text

    level = str(event.get("level", ""))
    facts = [f"{key}={_fact(value)}" for key, value in event.items() if key not in FIXED_KEYS]
    return Text.assemble(
        (_hour(event), "dim"),
        (f" {level:<7} ", _LEVELS.get(level, "")),
        (f"{clean(str(event.get('event', ''))):<17}", "cyan"),
        " ",
        clean(str(event.get("message", ""))),
        (clean("  " + " ".join(facts)) if facts else "", "dim"),
    )


def _hour(event: Mapping[str, Any]) -> str:
    """Return the time of day of an event; the run's name has the date."""
    return clean(str(event.get("time", "")))[11:23]


def _fact(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
