"""What people read of a run: the summary, the plan of a dry run, and the few lines of one that failed."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from ccsync.cli import words
from ccsync.cli.tables import COUNTS, table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ccsync.cli.output import Output

_HEADINGS = tuple(name.capitalize() for name in COUNTS)


def render(output: Output, *, data: Mapping[str, Any]) -> None:
    """Write the plan, when there is one, and the summary."""
    if data["dry_run"]:
        _plan(output, data["plan"])
        output.line()
    took = words.length(data["started"], data["finished"])
    kind = "Dry run" if data["dry_run"] else "Run"
    output.line(f"{kind} {data['run']}: {data['result']} in {took}")
    output.line()
    output.print(table(("Sync", *_HEADINGS), _counts(data), numbers=_HEADINGS))
    if data["waiting"]:
        output.line()
        output.print(
            table(("Skipped in all, because", "Sync", "People"), _waiting(data["waiting"]), numbers=("People",))
        )
    output.line()
    output.line("Calls: " + calls(data["calls"]))
    if data["log"]:
        output.line(f"Log:   {data['log']}")


def complaint(data: Mapping[str, Any], message: str, hint: str) -> tuple[str, ...]:
    """Return what goes to stderr when a run did not end well: what, what next, and where to read on."""
    lines = [f"ccsync: {message}", f"  next: {hint}", f"  run:  {data['run']} ({data['result']})"]
    lines.append(f"  done: {counted(data)}")
    if data["log"]:
        lines.append(f"  log:  {data['log']}")
    return tuple(lines)


def declined(message: str, hint: str) -> tuple[str, ...]:
    """Return what goes to stderr when somebody said no: nothing is wrong, and nothing has happened."""
    return (f"ccsync: {message}", f"  next: {hint}")


def counted(counts: Mapping[str, Any]) -> str:
    """Say what happened to how many, and nothing of what did not happen."""
    return ", ".join(f"{counts[name]} {name}" for name in COUNTS if counts[name]) or "nothing"


def calls(by_service: Mapping[str, int]) -> str:
    """Say how many requests each service got."""
    named = (f"{service.replace('_', ' ').replace('-', ' ').title()} {count}" for service, count in by_service.items())
    return ", ".join(named) or "none"


def _counts(data: Mapping[str, Any]) -> Iterable[tuple[str, ...]]:
    for sync in data["syncs"]:
        yield (sync["name"], *(str(sync[name]) for name in COUNTS))
    if len(data["syncs"]) != 1:
        yield ("all people", *(str(data[name]) for name in COUNTS))


def _waiting(entries: Iterable[Mapping[str, Any]]) -> list[tuple[str, str, str]]:
    most_first = sorted(entries, key=lambda entry: -entry["count"])
    return [(words.reason(entry["reason"]), entry["sync"] or "all", str(entry["count"])) for entry in most_first]


def _plan(output: Output, plan: Iterable[Mapping[str, Any]]) -> None:
    """Write one block for each person: what, to which list, each field, and why."""
    totals: dict[str, int] = defaultdict(int)
    for line in plan:
        step = words.step(line["operation"], line["side"])
        totals[step] += 1
        why = f"  ({line['reason']})" if line["reason"] else ""
        output.line(f"{step:<26}  {line['contact']}  [{line['sync']}]{why}")
        for field in line["fields"]:
            output.line(f"{'':16}    {field['field']}: {_value(field['old'])} -> {_value(field['new'])}")
    said = ", ".join(f"{count} x {step}" for step, count in totals.items())
    output.line(f"Plan: {said}" if said else "Plan: nothing to do")


def _value(text: str) -> str:
    return f'"{text}"' if text else "(empty)"
