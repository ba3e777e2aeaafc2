"""What a notice says: a few lines for people, and the same without people in it, for what leaves this machine."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ccsync.service.notices import Say
from ccsync.sync.masking import mask

if TYPE_CHECKING:
    from datetime import datetime

    from ccsync.service.notices import Ending, Spell

_ADDRESS = re.compile(r"[^\s\"'<>(),;:\[\]{}|]+@[^\s\"'<>(),;:\[\]{}|]+")
_ANSWER = re.compile(r"(?:\[\s*)?[{<].*", re.DOTALL)
_LONGEST = 600


def failure(ending: Ending, spell: Spell | None) -> tuple[str, ...]:
    """Return what is read of a failure: what, what to type next, since when, which run and where to read on."""
    runs = 1 if spell is None else spell.runs + 1
    since = ending.at if spell is None else min(spell.since, ending.at)
    lasting = "" if runs == 1 else f"; {runs} runs failed; told once a day as long as it lasts"
    lines = [f"ccsync: {_cut(ending.message or ending.result)}"]
    if ending.hint:
        lines.append(f"  next: {_cut(ending.hint)}")
    lines.append(f"  since: {_said(since)}{lasting}")
    if ending.run:
        lines.append(f"  run:  {ending.run} ({ending.result})")
        lines.append(f"  done: {ending.done}")
    if ending.log:
        lines.append(f"  log:  {ending.log}")
    return tuple(lines)


def recovery(ending: Ending, spell: Spell | None) -> tuple[str, ...]:
    """Return the one line that says that it works again."""
    if spell is None:
        return ("ccsync: works again",)
    runs = "1 run had" if spell.runs == 1 else f"{spell.runs} runs had"
    why = ", ".join(sorted(spell.told)) or "not told"
    run = f" with run {ending.run}" if ending.run else ""
    return (f"ccsync: works again{run}, {_said(ending.at)}; {runs} failed since {_said(spell.since)} ({why})",)


def lines(what: Say, ending: Ending, spell: Spell | None) -> tuple[str, ...]:
    """Return what a listener is told."""
    return recovery(ending, spell) if what is Say.RECOVERY else failure(ending, spell)


def well(ending: Ending) -> tuple[str, ...]:
    """Return what goes with the ping of a run that went well."""
    took = "" if ending.seconds is None else f" in {ending.seconds:.1f} s"
    return (f"ccsync: run {ending.run}: {ending.result}{took}, {ending.done}",)


def without_people(text: str) -> str:
    """Return text with its addresses masked and without what a service answered, which may be about anybody."""
    return _ADDRESS.sub(lambda found: mask(found.group()), _ANSWER.sub("[...]", text))


def _cut(text: str) -> str:
    one_line = " ".join(text.split())
    return one_line if len(one_line) <= _LONGEST else f"{one_line[:_LONGEST]}..."


def _said(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
