"""What people read of ``ccsync init``."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ccsync.cli.output import Output
    from ccsync.cli.session import Session

_WAYS = {
    "membrain-to-constant-contact": "Membrain to Constant Contact",
    "constant-contact-to-membrain": "Constant Contact to Membrain",
    "both": "both ways",
}
_INSTALLED = {"cron": "--cron", "systemd": "--systemd-timer"}
_STATE = "CCSYNC_STATE_DIR"


def summary(data: Mapping[str, Any]) -> Iterator[str]:
    """Yield what was agreed on, before it is written."""
    new = ", a new one" if data["new_list"] else ""
    yield ""
    yield f"Direction  {_WAYS.get(data['direction'], data['direction'])}"
    yield f"List       {data['list']}{new}"
    counted = f"{data['people']['take_part']:,} people now: " if data["people"] else ""
    of_list = data["direction"] == "constant-contact-to-membrain"
    everybody = "the members of the list" if of_list else "everybody with an e-mail address"
    yield f"People     {counted}{data['filter'] or everybody}"
    yield f"Fields     {', '.join(one['constant_contact'] for one in data['fields']) or 'the e-mail address alone'}"
    for one in data["warnings"]:
        yield f"Warning    {one}"
    for one in data["left_out"]:
        yield f"Left out   {one}"


def render(output: Output, *, data: Mapping[str, Any], told: bool) -> None:
    """Say what was written, unless it was ``told`` before it was, and how to go on."""
    output.line(f"Written: {data['path']}")
    if data["undo"]:
        output.line(f"The file of before: {data['undo']}")
    if not told:
        for line in list(summary(data))[1:]:
            output.paragraph(f"  {line}", hanging=" " * 13)
    output.line()
    output.way_on("Look first:  ccsync run --once --dry-run")
    output.way_on("Then:        ccsync run --once")
    output.way_on("And see:     ccsync status")
    if data["runs"] in _INSTALLED:
        output.line()
        output.way_on(f"Every 3 minutes by itself:  ccsync daemon install {_INSTALLED[data['runs']]}")


def render_both(output: Output, *, data: Mapping[str, Any], told: bool, first: Callable[[Output], None] | None) -> None:
    """Write the dry run, and below it, where it stays in sight, how to go on."""
    if first is not None:
        first(output)
        output.line()
    render(output, data=data, told=told)


def crontab(path: Path, session: Session) -> str:
    """Return the line: whole paths, because cron starts elsewhere, and the state folder if it is not the usual one."""
    program = Path(sys.executable).with_name("ccsync")
    command = [str(program) if program.exists() else "ccsync", "--config", str(path), "run", "--once", "--scheduled"]
    folder = session.environment.variables.get(_STATE)
    state = f"{_STATE}={shlex.quote(str(Path(folder).absolute()))} " if folder else ""
    return f"*/3 * * * * {state}{shlex.join(command)}".replace("%", "\\%")  # cron's own sign for a line end
