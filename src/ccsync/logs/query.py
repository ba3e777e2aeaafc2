"""Which lines of the logs somebody asks for."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC
from typing import TYPE_CHECKING, Any

from ccsync.errors import LocalError
from ccsync.logs.read import each, lines, parsed, raw_lines, time_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime
    from pathlib import Path

    from ccsync.logs.read import LoggedRun

LEVELS = ("debug", "info", "warning", "error")
_IDS = ("membrain_id", "contact_id")


@dataclass(frozen=True, slots=True)
class Query:
    """What a line has to be: ``since`` and ``until`` are aware and inclusive, ``level`` is the least one that counts.

    ``event`` is a name or its beginning up to a dot: ``record`` means ``record.created`` and its kind. ``contact`` is
    an address, however it is spelt.
    """

    since: datetime | None = None
    until: datetime | None = None
    level: str = LEVELS[0]
    events: tuple[str, ...] = ()
    sync: str | None = None
    contact: str | None = None

    def takes(self, line: Mapping[str, Any]) -> bool:
        """Tell whether a line is asked for, whomever it is about."""
        return self._in_time(line) and self._loud_enough(line) and self._of_event(line) and self._of_sync(line)

    def _in_time(self, line: Mapping[str, Any]) -> bool:
        if self.since is None and self.until is None:
            return True
        moment = time_of(line)
        return moment is not None and not (
            (self.since is not None and moment < self.since) or (self.until is not None and moment > self.until)
        )

    def _loud_enough(self, line: Mapping[str, Any]) -> bool:
        level = line.get("level")
        return level not in LEVELS or LEVELS.index(level) >= LEVELS.index(self.level)

    def _of_event(self, line: Mapping[str, Any]) -> bool:
        name = str(line.get("event", ""))
        return not self.events or any(name == one or name.startswith(f"{one.rstrip('.')}.") for one in self.events)

    def _of_sync(self, line: Mapping[str, Any]) -> bool:
        if self.sync is None or line.get("sync") == self.sync:
            return True
        changes = line.get("changes")
        return isinstance(changes, list) and any(
            isinstance(change, Mapping) and change.get("sync") == self.sync for change in changes
        )


@dataclass(slots=True)
class Person:
    """Recognises the lines about one person: by the address, and by the ids that any line joins with it."""

    address: str
    ids: set[str] = field(default_factory=set)
    _shape: re.Pattern[str] = field(init=False)

    def __post_init__(self) -> None:
        self.address = self.address.strip().casefold()
        self._see()

    def learn(self, logged: Iterable[LoggedRun]) -> None:
        """Read logs for the ids of the person, whatever their address was then."""
        for one in logged:
            for raw in raw_lines(one.path, may_be_gone=True):
                if self.takes(raw) and (line := parsed(raw)) is not None:
                    self._join(line)

    def takes(self, raw: bytes) -> bool:
        """Tell whether a line, as it is written, is about the person."""
        return self._shape.search(raw.decode("utf-8", "replace").casefold()) is not None

    def _join(self, line: Mapping[str, Any]) -> None:
        if str(line.get("contact", "")).casefold() != self.address:
            return
        found = {str(line[key]).casefold() for key in _IDS if line.get(key)}
        if not found <= self.ids:
            self.ids |= found
            self._see()

    def _see(self) -> None:
        """Look for whole addresses and ids: ``ann@example.com`` is not in ``joann@example.com``."""
        words = (self.address, json.dumps(self.address)[1:-1], *sorted(self.ids))
        self._shape = re.compile(rf"(?<![\w.+-])(?:{'|'.join(map(re.escape, dict.fromkeys(words)))})(?![\w-]|\.\w)")


def search(query: Query, logged: Callable[[], Iterable[LoggedRun]]) -> Iterator[dict[str, Any]]:
    """Yield the lines that are asked for, in time order; ``logged`` is called once, and once more for a person."""
    if query.contact is None:
        for one in logged():
            if may_hold(query, one):
                yield from filter(query.takes, lines(one.path, may_be_gone=True))
        return
    person = Person(query.contact)
    person.learn(logged())
    for one in logged():
        if may_hold(query, one):
            for raw in raw_lines(one.path, may_be_gone=True):
                if person.takes(raw) and (line := parsed(raw)) is not None and query.takes(line):
                    yield line


def may_hold(query: Query, one: LoggedRun) -> bool:
    """Tell whether a log can have lines of the time that is asked for: by its date, and by when it was written last."""
    if query.until is not None and one.date > f"{query.until.astimezone(UTC):%Y-%m-%d}":
        return False
    if query.since is None:
        return True
    try:
        return one.path.stat().st_mtime >= int(query.since.timestamp())
    except FileNotFoundError:  # a run has deleted it meanwhile, because it is old
        return False
    except OSError as error:
        raise LocalError(f"the log {one.path} cannot be read: {error.strerror}", hint="ccsync logs list") from error


def everything(folder: Path) -> Callable[[], Iterator[LoggedRun]]:
    """Return what yields all logs of an account, each time it is called."""
    return lambda: each(folder)
