"""What people read of the doctor's report."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

from ccsync.cli.output import clean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ccsync.cli.output import Output

_STYLES = {"ok": "green", "warn": "yellow", "fail": "bold red"}
_LEVEL = 6  # columns
_NARROWEST = 30


def render(output: Output, *, data: Mapping[str, Any], all_of_it: bool) -> None:
    """Write a line for each check, with the mend below; without ``all_of_it`` only what is not well."""
    shown = [one for one in data["checks"] if all_of_it or one["level"] != "ok"]
    width = max((len(one["name"]) for one in shown), default=0) + 2
    for one in shown:
        _check(output, one, width)
    if all_of_it:
        output.line()
        output.line(summary(data))
    if "path" in data:
        output.line(data["path"])


def summary(data: Mapping[str, Any]) -> str:
    """Say how it came out, in one line."""
    counts = {level: sum(one["level"] == level for one in data["checks"]) for level in _STYLES}
    warnings = "1 warning" if counts["warn"] == 1 else f"{counts['warn']} warnings"
    offline = "; the services were not asked" if data["offline"] else ""
    return f"{len(data['checks'])} checks: {counts['ok']} ok, {warnings}, {counts['fail']} failed{offline}"


def complaint(data: Mapping[str, Any]) -> tuple[str, ...]:
    """Say on stderr what fails, and the first thing to do about it."""
    failed = [one for one in data["checks"] if one["level"] == "fail"]
    if not failed:
        return ()
    worst = next(one for one in failed if one["exit_code"] == data["exit_code"])
    names = ", ".join(dict.fromkeys(one["name"] for one in failed))
    return f"ccsync: not well: {names}", f"  next: {worst['mend']}"


def _check(output: Output, one: Mapping[str, Any], width: int) -> None:
    indent = " " * (_LEVEL + width)
    level, name = f"{one['level']:<{_LEVEL}}", f"{one['name']:<{width}}"
    first, *rest = _wrapped(output, clean(one["said"]), len(indent))
    if not output.on_terminal:
        output.line(f"{level}{name}{first}")
    else:
        from rich.text import Text

        output.print(Text.assemble((level, _STYLES[one["level"]]), (name, "bold"), first, no_wrap=True))
    for line in rest:
        output.line(indent + line)
    if one["mend"]:
        output.line(f"{' ' * _LEVEL}mend: {one['mend']}")


def _wrapped(output: Output, text: str, indent: int) -> list[str]:
    """Cut a text for the terminal, between words where that can be; elsewhere one line is one line."""
    if not output.on_terminal:
        return [text]
    room = max(output.console.width - indent, _NARROWEST)
    return textwrap.wrap(text, room, break_long_words=False, break_on_hyphens=False) or [""]
