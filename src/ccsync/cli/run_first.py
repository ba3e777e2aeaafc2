"""The question before a sync writes for the first time: what it is about to do, in words of a marketer; yes or no."""

from __future__ import annotations

import termios
import textwrap
from contextlib import suppress
from typing import TYPE_CHECKING

from ccsync.cli import words

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TextIO

    from ccsync.cli.progress import Bar
    from ccsync.cli.session import Session
    from ccsync.engine.first_run import Preview, SyncPreview
    from ccsync.engine.options import PlanLine

FIELDS = 3
"""So many values of an example are shown."""

_LONGEST = 40  # characters of a value
_INDENT = " " * 11
_WAYS = {
    "membrain-to-constant-contact": 'from Membrain to the list "{}" in Constant Contact',
    "constant-contact-to-membrain": 'from the list "{}" in Constant Contact to Membrain',
    "both": 'between Membrain and the list "{}" in Constant Contact, both ways',
}
_DONE = {
    "create": "new in {}: created",
    "update": "there already: get new values in {}",
    "add-to-list": "there already: put on the list",
    "remove-from-list": "taken off the list",
    "readdress": "get another address in {}",
    "create-company": "companies, new in Membrain: created",
    "consent": "consent, noted in Membrain",
}


def can_ask(session: Session) -> bool:
    """Tell whether somebody sits there who reads and answers, and wants to be asked."""
    watched = session.output.on_terminal and session.output.talks and not session.everywhere.json
    return watched and session.environment.stdin.isatty()


def ask(session: Session, bar: Bar, preview: Preview) -> bool:
    """Show what is about to be done and return whether it may be; the bar steps aside meanwhile."""
    with bar.aside():
        for line in told(preview):
            for part in textwrap.wrap(line, session.output.talk_console.width, subsequent_indent=_INDENT) or [""]:
                session.output.tell(part)
        return agreed(session)


def told(preview: Preview) -> Iterator[str]:
    """Yield what people read before they answer."""
    for sync in preview.syncs:
        yield from _about(sync)
    if preview.others:
        done = ", ".join(
            f"{count} x {words.step(operation, side)}" for (side, operation), count in preview.others.items()
        )
        yield f"The syncs that have run before go on: {done}"
        yield ""
    yield "Nothing has been written so far. `ccsync run --once --dry-run` shows everybody."


def _about(sync: SyncPreview) -> Iterator[str]:
    yield f'First run of the sync "{sync.name}",'
    yield f"{_WAYS[sync.direction].format(sync.listed)}:"
    yield ""
    for (side, operation), count in sync.operations.items():
        yield _counted(count, _DONE.get(operation, operation).format(words.SIDES[side]))
        for line in sync.examples[side, operation]:
            yield f"{_INDENT}{_example(line)}"
    for side, count in sync.replaced.items():
        yield _counted(count, f"values in {words.SIDES[side]} give way to others; the log keeps them")
    for reason, count in sorted(sync.waiting.items(), key=lambda one: -one[1]):
        yield _counted(count, f"left out: {words.reason(reason)}")
    yield ""


def _counted(count: int, what: str) -> str:
    return f"{count:>9}  {what}"


def _example(line: PlanLine) -> str:
    values = [_value(*one) for one in line.fields[:FIELDS]]
    more = len(line.fields) - FIELDS
    if more > 0:
        values.append(f"and {more} more")
    return f"for example {line.contact}" + (f": {', '.join(values)}" if values else "")


def _value(field: str, old: str, new: str) -> str:
    shown = f'{field} "{_short(new)}"'
    return f'{shown} instead of "{_short(old)}"' if old else shown


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def agreed(session: Session) -> bool:
    """Return whether a word for yes is typed from now on; the end of the input is a no."""
    stdin, stderr = session.environment.stdin, session.environment.stderr
    _forget_typed(stdin)
    while True:
        stderr.write("Go on? [y/N] ")
        stderr.flush()
        typed = stdin.readline()
        answer = typed.strip().casefold()
        if answer in ("", "n", "no", "y", "yes"):
            if not typed.endswith("\n"):
                stderr.write("\n")
            return answer in ("y", "yes")


def _forget_typed(stdin: TextIO) -> None:
    """Drop what was typed before there was anything to read: it answers nothing."""
    with suppress(OSError, termios.error):  # a stream that has no such queue
        termios.tcflush(stdin, termios.TCIFLUSH)
