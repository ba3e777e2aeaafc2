"""The runs that did something to a person, out of their logs: the newest few."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from ccsync.logs.query import Person
from ccsync.logs.read import each, parsed, raw_lines

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

SHOWN = 3
LOOKED_THROUGH = 1000
"""So many logs are read, the newest first: of runs three minutes apart, two days."""

_ABOUT_PEOPLE = ("record.", "list.", "consent.")


def runs_of(folder: Path, address: str, ids: Collection[str]) -> dict[str, Any]:
    """Return the newest runs whose logs tell of the person, with what they tell, and how many logs were read."""
    person = Person(address, {one.casefold() for one in ids})
    found: list[dict[str, Any]] = []
    read = 0
    for logged in islice(each(folder, newest_first=True), LOOKED_THROUGH):
        read += 1
        events = list(_events(logged.path, person))
        if events:
            found.append({"run": logged.id, "date": logged.date, "events": events})
        if len(found) == SHOWN:
            break
    return {"runs": found, "logs_read": read, "all_read": read < LOOKED_THROUGH and len(found) < SHOWN}


def _events(path: Path, person: Person) -> Iterator[dict[str, Any]]:
    for raw in raw_lines(path):
        line = parsed(raw) if person.takes(raw) else None
        if line is not None and str(line.get("event", "")).startswith(_ABOUT_PEOPLE):
            kept = ("time", "event", "message", "sync", "rule", "reason")
            yield {key: line[key] for key in kept if key in line}
