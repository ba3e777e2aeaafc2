"""What people read of the status."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from ccsync.cli import words
from ccsync.cli.run_page import calls, counted
from ccsync.cli.tables import table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ccsync.cli.output import Output

_FIELD = ("Field", "Written", "Unchanged", "Skipped", "Failed", "Last written")
_FOUR = ("written", "unchanged", "skipped", "failed")
_SHOWN = 3


def render(output: Output, *, data: Mapping[str, Any], everybody: bool) -> None:
    """Write the status, most wanted first."""
    _last_run(output, data)
    for line in service_lines(data):
        output.way_on(line)
    for sync in data["syncs"]:
        _sync(output, sync)
    _waiting(output, data["waiting"], everybody=everybody)
    if "consent" in data:
        output.line()
        output.line(f"Opt-outs reach Membrain: {_delays(data['consent'])}")
    if data["timestamps"]:
        output.line()
        rows = [(stamp["stream"], words.moment(stamp["read_up_to"])) for stamp in data["timestamps"]]
        output.print(table(("Stream", "Read up to"), rows, fixed=("Read up to",)))
    budget = data["budget"]
    output.line()
    output.line(
        f"Calls to Constant Contact today: {budget['used']} of {budget['limit']}, "
        f"{budget['reserved']} kept for opt-outs;"
    )
    if budget["spent"]:
        output.line("Constant Contact says that there are no more today: another program may use the same client_id;")
    output.line(f"the count starts again at {words.moment(budget['resets_at'])}")


def service_lines(data: Mapping[str, Any]) -> list[str]:
    """Say whether runs come by themselves, when the next one does, and what keeps failing."""
    service = data["service"]
    lines = [f"Service: {_service(service)}"]
    if data["next_run"] is not None and not service["run_on"]:
        lines.append(f"Next run: {words.moment(data['next_run'])}")
    failing = service["failing"]
    if failing is not None:
        runs = "the last run" if failing["runs"] == 1 else f"{failing['runs']} runs in a row"
        lines.append(f"Failing since {words.moment(failing['since'])} ({runs}): {failing['message']}")
        if failing["hint"]:
            lines.append(f"  next: {failing['hint']}")
    return lines


def _service(service: Mapping[str, Any]) -> str:
    if service["off_since"] is not None:
        return f"switched off since {words.moment(service['off_since'])}; ccsync daemon start switches it on"
    if service["state"] == "stopped":
        return "no runs by themselves; ccsync daemon start begins them"
    if service["state"] == "running":
        who = f"runs by itself ({service['driver']}, process {service['pid']})"
    else:
        who = f"started by {service['driver']}"
    return f"{who}; a run is on" if service["run_on"] else who


def _delays(consent: Mapping[str, Any]) -> str:
    last, longest = consent["last_seconds"], consent["longest_seconds"]
    if last is None:
        return "none so far"
    return f"last after {words.lasting(last)}, longest {words.lasting(longest)}"


def _last_run(output: Output, data: Mapping[str, Any]) -> None:
    run = data["last_run"]
    output.line(f"Account {data['account']}")
    if run is None:
        output.way_on("No run yet: type ccsync run --once")
        return
    if run["finished"] is None:
        output.line(f"Last run {run['id']}: began {words.moment(run['started'])} and has not ended")
        output.line("  It is on, or it was killed; the next run goes on where it stopped.")
        return
    took = words.length(run["started"], run["finished"])
    output.line(f"Last run {run['id']}: {run['result']}, {words.moment(run['started'])}, took {took}")
    if run["message"]:
        output.line(f"  {run['message']}")
    if run["calls"]:
        output.line(f"  Calls: {calls(run['calls'])}")


def _sync(output: Output, sync: Mapping[str, Any]) -> None:
    output.line()
    output.line(f"Sync {sync['name']}: {sync['direction'].replace('-', ' ')}, list {sync['list']}")
    output.line(f"  Last run: {counted(sync)}")
    if not sync["fields"]:
        return
    output.line()
    rows = [row for field in sync["fields"] for row in _field(field)]
    output.print(table(_FIELD, rows, numbers=_FIELD[1:5], fixed=_FIELD[5:]))
    for field in sync["fields"]:
        for note in _notes(field):
            output.paragraph(f"  {field['constant_contact']}: {note}", hanging="    ")


def _field(field: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """Return two lines, the last run and all runs, with the name of either side."""
    last = tuple(str(field[name]) for name in _FOUR)
    total = tuple(str(field["total"][name]) for name in _FOUR)
    return [
        (field["constant_contact"], *last, words.moment(field["last_written"])[:16]),
        (field["membrain"], *total, "in all"),
    ]


def _notes(field: Mapping[str, Any]) -> Iterator[str]:
    shares = ((field["share_empty"], "are empty"), (field["share_truncated"], "were cut short"))
    said = [f"{words.share(share)} {what}" for share, what in shares if share]
    if said:
        yield ", ".join(said)
    for one in field["reasons"]:
        yield f"{one['count']} x {words.reason(one['reason'])}, such as {one['example']}"


def _waiting(output: Output, waiting: Sequence[Mapping[str, Any]], *, everybody: bool) -> None:
    if not waiting:
        return
    output.line()
    output.line("Waiting")
    by_reason = sorted(waiting, key=lambda entry: entry["reason"])
    for reason, entries in groupby(by_reason, key=lambda entry: entry["reason"]):
        people = list(entries)
        output.line(f"  {len(people)} x {reason}: {words.reason(reason)}")
        for entry in people if everybody else people[:_SHOWN]:
            output.paragraph("    " + _person(entry), hanging="      ")
        if len(people) > _SHOWN and not everybody:
            output.way_on(f"    and {len(people) - _SHOWN} more: ccsync status --all")


def _person(entry: Mapping[str, Any]) -> str:
    field = f", {entry['field']}" if entry["field"] else ""
    detail = f": {entry['detail']}" if entry["detail"] else ""
    where = f" [{entry['sync']}{field}]" if entry["sync"] else ""
    return f"{entry['contact']}{where} since {words.moment(entry['since'])[:10]}{detail}"
