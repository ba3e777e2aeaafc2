"""How timestamps, their moves and what these would mean are shown to people."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from ccsync.cli.tables import table
from ccsync.cli.words import moment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ccsync.cli.output import Output

BEGINNING = "the beginning"
AFTERWARDS = "ccsync run --once; or ccsync timestamp undo, to take it back"
_COUNTED = {"service": "", "mirror": "at least"}


def render_all(output: Output, timestamps: Sequence[Mapping[str, Any]], now: datetime, *, undo: bool) -> None:
    """Write all timestamps as a table; ``undo`` tells that a move can be taken back."""
    if not timestamps:
        output.line("Nothing has been read yet: type ccsync run --once")
        return
    rows = [
        (one["stream"], _minute(one["read_up_to"]), _ago(one["noted"], now), _minute(one["next_from"]))
        for one in timestamps
    ]
    output.print(table(("Stream", "Read up to (UTC)", "Noted", "Next run from"), rows, fixed=("Stream",)))
    count = sum(1 for one in timestamps if one["set_back"])
    if count:
        streams, theirs = ("1 stream was", "its") if count == 1 else (f"{count} streams were", "their")
        output.line(f"{streams} set back: the next run compares {theirs} rows with the other side")
        if undo:
            output.way_on("Take it back: ccsync timestamp undo")


def render_moves(output: Output, data: Mapping[str, Any]) -> None:
    """Write what was moved, one line each."""
    for one in data["moved"]:
        output.line(f"{one['stream']}: {_from(one['old'])} -> {_from(one['new'])}")
    if data["moved"] and output.talks:
        output.next_step(AFTERWARDS)
    if not data["moved"]:
        output.line("Nothing to move: the timestamps stand there already, or nothing has been read yet")


def render_preview(output: Output, data: Mapping[str, Any]) -> None:
    """Write what moving would mean."""
    if not data["streams"]:
        output.line("Nothing to move: the timestamps stand there already, or nothing has been read yet")
        return
    rows = [
        (one["stream"], _minute(one["to"]), f"{_COUNTED[one['counted_by']]} {one['records']:,}".strip())
        for one in data["streams"]
    ]
    output.print(table(("Stream", "Would read from", "Records"), rows, numbers=("Records",), fixed=("Stream",)))
    calls = data["calls"]
    output.line(
        f"About {calls['membrain']:,} calls to Membrain, {calls['constant_contact']:,} to Constant Contact "
        f"({data['budget_left']:,} are left today)"
    )
    if data["why_not_asked"]:
        output.line(f"Counted in ccsync's own copy, because a service was not asked: {data['why_not_asked']}")
    output.way_on("Nothing was moved. What would be written: move, then ccsync run --once --dry-run")


def _from(iso: str | None) -> str:
    return moment(iso) if iso else BEGINNING


def _minute(iso: str | None) -> str:
    return f"{datetime.fromisoformat(iso):%Y-%m-%d %H:%M}" if iso else BEGINNING


def _ago(iso: str | None, now: datetime) -> str:
    """Say how long ago something was noted, in one unit."""
    if not iso:
        return "-"
    passed = now - datetime.fromisoformat(iso)
    for unit, length in (("d", timedelta(days=2)), ("h", timedelta(hours=2)), ("min", timedelta(minutes=1))):
        if passed >= length:
            size = {"d": timedelta(days=1), "h": timedelta(hours=1), "min": timedelta(minutes=1)}[unit]
            return f"{passed // size} {unit} ago"
    return "just now"
