"""Writing logs into one file to give away: a zip with everything, or one file of lines or rows."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import tempfile
import zipfile
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any, Protocol

from ccsync.logs.read import lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import datetime
    from pathlib import Path

    from ccsync.logs.query import Query
    from ccsync.logs.read import LoggedRun

FORMATS = ("zip", "jsonl", "csv")
MAIN_LOG = "main-log.jsonl"
_FIXED = ("time", "level", "run", "event", "message")
_OFTEN = ("sync", "contact", "membrain_id", "contact_id", "field", "rule", "reason")
_OF_A_CHANGE = ("sync", "field", "rule", "membrain", "old", "new")
COLUMNS = (*_FIXED, *_OFTEN, "membrain", "old", "new", "more")
_SIGNS = "=+@\uff1d\uff0b\uff0d\uff20-"  # the middle four are wide forms of the others
_READ_AS_FORMULA = tuple(f"\t\r\n{_SIGNS}")
# where a comma is for decimals a spreadsheet parts cells at semicolons, and quotes do not hold them together then
_BEGINS_A_CELL = re.compile(rf"(;|(?<!^)[\t\r\n])([ \"']*)(?=[{_SIGNS}])")


@dataclass(slots=True)
class Exported:
    """What went into the file."""

    runs: int = 0
    lines: int = 0


@dataclass(frozen=True, slots=True)
class Source:
    """The lines to write: those of ``logged`` that ``query`` takes, each turned by ``turn``; ``step`` counts logs."""

    logged: Iterable[LoggedRun]
    query: Query
    turn: Callable[[dict[str, Any]], Mapping[str, Any]]
    step: Callable[[], None]
    done: Exported = field(default_factory=Exported)

    def texts(self) -> Iterator[tuple[LoggedRun, list[Mapping[str, Any]]]]:
        """Yield each log that has lines, with them: one log is in memory at a time."""
        for one in self.logged:
            found = [self.turn(line) for line in lines(one.path, may_be_gone=True) if self.query.takes(line)]
            if found:
                self.done.runs += 1
                self.done.lines += len(found)
                yield one, found
            self.step()


class Writer(Protocol):
    """Writes lines into an open file, and says what went there."""

    def __call__(self, file: IO[bytes], source: Source) -> Exported:
        """Write everything."""
        ...


def write_jsonl(file: IO[bytes], source: Source) -> Exported:
    """Write the main log: one JSON object a line, all runs in time order."""
    for _, found in source.texts():
        file.write(_encoded(found))
    return source.done


def write_csv(file: IO[bytes], source: Source) -> Exported:
    """Write a table: a row for each line, and for a line with changes one for each of them.

    Begins with a byte order mark, by which Excel knows UTF-8. No cell can be read as a formula.
    """
    text = io.TextIOWrapper(file, encoding="utf-8-sig", errors="backslashreplace", newline="", write_through=False)
    table = csv.writer(text, quoting=csv.QUOTE_ALL)
    table.writerow(COLUMNS)
    for _, found in source.texts():
        for line in found:
            table.writerows(_rows(line))
    text.flush()
    text.detach()
    return source.done


def write_zip(file: IO[bytes], source: Source, *, documents: Mapping[str, str], now: datetime, spool: Path) -> Exported:
    """Write the main log, each run's own log under its date, and ``documents``, by name.

    The main log waits in a file without a name, for its owner alone, in the folder ``spool`` until the others are
    written: a zip takes one after the other.
    """
    stamp = now.timetuple()[:6]
    with (
        tempfile.TemporaryFile(dir=spool) as main,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive,
    ):
        for name, text in documents.items():
            archive.writestr(_entry(name, stamp), text)
        for one, found in source.texts():
            encoded = _encoded(found)
            main.write(encoded)
            archive.writestr(_entry(f"runs/{one.date}/{one.path.name}", stamp), encoded)
        main.seek(0)
        with archive.open(_entry(MAIN_LOG, stamp), "w", force_zip64=True) as whole:
            shutil.copyfileobj(main, whole, 1 << 20)
    return source.done


def _entry(name: str, stamp: tuple[int, ...]) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, (stamp[0], stamp[1], stamp[2], stamp[3], stamp[4], stamp[5]))
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o600 << 16
    return entry


def _encoded(found: Iterable[Mapping[str, Any]]) -> bytes:
    text = "".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n" for line in found)
    return text.encode("utf-8", "backslashreplace")


def _rows(line: Mapping[str, Any]) -> Iterator[list[str]]:
    known = {name: line.get(name, "") for name in (*_FIXED, *_OFTEN)}
    taken = {"account", "changes", *known}
    changes = line.get("changes")
    if not isinstance(changes, list) or not all(isinstance(change, dict) for change in changes) or not changes:
        taken.discard("changes")
        changes = [{}]
    for name in ("old", "new", "membrain"):
        if not isinstance(line.get(name), dict | list):
            known[name] = line.get(name, "")
            taken.add(name)
    more = {name: value for name, value in line.items() if name not in taken}
    for change in changes:
        row = {**known, **{name: change[name] for name in _OF_A_CHANGE if name in change}}
        row["more"] = json.dumps(more, ensure_ascii=False) if more else ""
        yield [safe_cell(row.get(name, "")) for name in COLUMNS]


def safe_cell(value: object) -> str:
    """Return a cell that no spreadsheet takes for a formula, nor any part of it: an apostrophe stands before one."""
    text = "" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    before = "'" if text.lstrip(" \u00a0\ufeff\x00").startswith(_READ_AS_FORMULA) else ""
    return before + _BEGINS_A_CELL.sub(r"\1\2'", text)
