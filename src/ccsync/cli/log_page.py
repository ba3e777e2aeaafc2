"""What people read of the logs."""

from __future__ import annotations

import json
from itertools import groupby
from typing import TYPE_CHECKING, Any

from ccsync.cli import words
from ccsync.cli.output import clean
from ccsync.cli.tables import COUNTS
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
    if not data["runs"]:
        output.line("No run yet: type ccsync run --once")
        return
    if data["older"]:
        output.line(f"{data['older']} older runs are not shown: --limit {data['older'] + len(data['runs'])}")
    columns = [(run["run"], words.length(run["started"], run["finished"]), _ending(run)) for run in data["runs"]]
    name, length, ending = (max(map(len, column)) for column in zip(*columns, strict=True))
    rows = zip(data["runs"], columns, strict=True)
    for date, of_day in groupby(rows, key=lambda row: str(row[0]["date"])):
        output.line(date)
        for run, column in of_day:
            begin = f"  {column[0]:<{name}}  {column[1]:>{length}}  {column[2]:<{ending}}  "
            output.paragraph(begin + _done(run), hanging=" " * len(begin))


def _ending(run: Mapping[str, Any]) -> str:
    if run["dry_run"] and run["result"] == "success":
        return "dry run"
    return str(run["result"] or "not ended")


def _done(run: Mapping[str, Any]) -> str:
    """Say what a run did, without what it did not do; of anything else, what it was."""
    if run["kind"] != "run":
        return str(run["message"] or run["kind"])
    counts = [f"{run[name]} {name}" for name in COUNTS if run[name] and name != "unchanged"]
    return ", ".join(counts) or ("nothing to do" if run["result"] == "success" else "")


def render_events(output: Output, events: Iterable[Mapping[str, Any]]) -> None:
    """Write events: readable on a terminal, as the log has them anywhere else."""
    page = Page(output)
    found = 0
    for found, event in enumerate(events, 1):  # noqa: B007 - counted
        page.write(event)
    if not found and output.on_terminal:
        output.tell("no line of the logs is what was asked for")


class Page:
    """Writes one event after the other, those of a run under its name; ``as_lines`` as the log has them everywhere."""

    def __init__(self, output: Output, *, as_lines: bool = False) -> None:
        self._output = output
        self._drawn = output.on_terminal and not as_lines
        self._ascii = "utf" not in (output.stdout.encoding or "utf-8").lower()
        self._run = ""

    def write(self, event: Mapping[str, Any]) -> None:
        """Write an event."""
        if not self._drawn:
            self._output.stdout.write(json.dumps(event, ensure_ascii=self._ascii, separators=(",", ":")) + "\n")
            return
        run = str(event.get("run", ""))
        if run != self._run:
            self._run = run
            self._output.line(f"Run {run}")
        self._output.console.print(_drawn(event), soft_wrap=True)


def told(path: Path, verbosity: int) -> Iterator[str]:
    """Yield what a run did to people and, with -vv, its requests, from its log."""
    for line in lines(path):
        event = str(line.get("event", ""))
        if event.startswith(_ABOUT_PEOPLE) or (verbosity >= _REQUESTS and event == Event.HTTP_REQUEST):
            yield f"{_hour(line)} {event:<16} {line.get('message', '')}"


def _drawn(event: Mapping[str, Any]) -> Text:
    from rich.text import Text

    level = str(event.get("level", ""))
    facts = [f"{key}={_fact(value)}" for key, value in event.items() if key not in FIXED_KEYS and value is not None]
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
