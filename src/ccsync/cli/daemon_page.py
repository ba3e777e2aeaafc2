"""What people read of the service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ccsync.cli import words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ccsync.cli.output import Output


def render(output: Output, *, data: Mapping[str, Any]) -> None:
    """Write whether the service runs, what drives it, and what it does now."""
    output.line(f"The service of account {data['account']} {_standing(data)}")
    if data["running"]:
        if data["next_run"]:
            output.line(f"  now:      between two runs; the next one at {words.moment(data['next_run'])}")
        else:
            output.line(f"  now:      {data['detail']}")
        if data["trouble"]:
            output.paragraph(f"  trouble:  {data['trouble']}", hanging=" " * 12)
        return
    if data["detail"]:
        output.line(f"  now:  {data['detail']}")
    output.way_on("  next: ccsync daemon start")


def done(output: Output, *, data: Mapping[str, Any], what: str) -> None:
    """Write what a command has done, where somebody reads it."""
    if not output.on_terminal:
        return
    process = f" ({data['driver']}, process {data['pid']})" if data["pid"] else ""
    output.line(f"The service of account {data['account']} {what}{process}")
    if data["running"]:
        output.way_on("  next: ccsync status")
    else:
        output.way_on("  it stays stopped until: ccsync daemon start")


def _standing(data: Mapping[str, Any]) -> str:
    off = f"switched off since {words.moment(data['switched_off'])}" if data["switched_off"] else ""
    if not data["running"]:
        return f"does not run: {off}" if off else "does not run"
    facts = [data["driver"], f"process {data['pid']}" if data["pid"] else "", off]
    since = f" since {words.moment(data['since'])}" if data["since"] else ""
    return f"runs{since} ({', '.join(filter(None, facts))})"
