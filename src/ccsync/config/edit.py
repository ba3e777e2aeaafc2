"""Adding and removing fields in a user's file: everything else in it stays as it was written, comments included.

A comment directly above ``[[sync.field]]`` belongs to that field, and one directly below its last key as well; tomlkit
counts the first of them to the table before, so whole tables are put in and cut out as lines of text, and tomlkit
writes what is new. The result is read back before it takes the file's place: it has to be a right configuration, and to
differ in what was asked for and in nothing else.
"""

from __future__ import annotations

import copy
import re
import tomllib
from typing import TYPE_CHECKING, Any

import tomlkit

from ccsync.config.replace import Replacement
from ccsync.config.source import read_document
from ccsync.errors import ConfigError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from tomlkit.items import InlineTable

    from ccsync.config.lines import KeyPath, Lines
    from ccsync.config.source import Document
    from ccsync.errors import Problem

Entry = dict[str, Any]
"""One ``[[sync.field]]`` as plain values, with the keys that it is to have in the file."""


def add_fields(path: Path, sync: str, entries: Sequence[Entry]) -> Path:
    """Add fields at the end of the field map of a sync; return where the file of before lies.

    UsageError when there is no such sync any more or ``config check`` would refuse the result, LocalError when the file
    cannot be written.
    """

    def edit(text: str, document: Document) -> tuple[str, dict[str, Any]]:
        place = _sync(path, document, sync)
        wanted = copy.deepcopy(document.tables)
        wanted["sync"][place].setdefault("field", []).extend(copy.deepcopy(list(entries)))
        return _with_fields(text, document, place, entries), wanted

    return _replace(path, edit)


def remove_field(path: Path, sync: str, constant_contact: str) -> Path:
    """Take the field that fills ``constant_contact`` out of a sync; return where the file of before lies.

    Errors as ``add_fields``; UsageError as well when there is no such field any more.
    """

    def edit(text: str, document: Document) -> tuple[str, dict[str, Any]]:
        place = _sync(path, document, sync)
        wanted = copy.deepcopy(document.tables)
        fields = wanted["sync"][place].get("field", [])
        found = [number for number, one in enumerate(fields) if one.get("constant_contact") == constant_contact]
        if len(found) != 1:
            raise _changed(path)
        del fields[found[0]]
        return _without_field(text, document, place, found[0]), wanted

    return _replace(path, edit)


def _sync(path: Path, document: Document, name: str) -> int:
    """Return the place of a sync: by its name, because somebody may have edited the file since it was looked at."""
    found = [number for number, one in enumerate(document.tables.get("sync", [])) if one.get("name") == name]
    if len(found) != 1:
        raise _changed(path)
    return found[0]


def _changed(path: Path) -> UsageError:
    return UsageError(f"{path} was changed meanwhile: nothing was written", hint="ccsync map list")


def _replace(path: Path, edit: Callable[[str, Document], tuple[str, dict[str, Any]]]) -> Path:
    """Carry out an edit, which is given the text with its tables, and returns both as they should be."""
    with Replacement(path) as replacement:
        text, wanted = edit(replacement.text, read_document(path))
        replacement.write(text)
        _check(path, replacement.draft, wanted)
        return replacement.commit()


def _check(path: Path, draft: Path, wanted: dict[str, Any]) -> None:
    from ccsync.config.load import load  # noqa: PLC0415 - it brings pydantic

    try:
        load(draft)
        changed = read_document(draft).tables
    except ConfigError as error:
        said = "; ".join(map(_said, error.problems)) or error.message
        raise UsageError(f"nothing was changed: {said}", hint="ccsync map fields") from error
    for one in (*changed["sync"], *wanted["sync"]):
        one.setdefault("field", [])  # no table is no field
    if changed != wanted:
        raise UsageError(
            f"{path} is written in a way that this command cannot edit: nothing was changed",
            hint='edit it by hand: $EDITOR "$(ccsync config path)"',
        )


def _said(problem: Problem) -> str:
    """Say a mistake without its place in a file that nobody will see."""
    key = re.sub(r"^sync\[\d+\](\.field\[\d+\])?\.?", "", problem.path)
    hint = f" ({problem.hint})" if problem.hint else ""
    return f"{key}: {problem.message}{hint}" if key else f"{problem.message}{hint}"


def _with_fields(text: str, document: Document, sync: int, entries: Sequence[Entry]) -> str:
    if _is_inline(document, text, sync):
        return _inline(text, sync, lambda fields: [fields.append(_inline_table(entry)) for entry in entries])
    lines = text.split("\n")
    fields = document.tables["sync"][sync].get("field", [])
    last: KeyPath = ("sync", sync, "field", len(fields) - 1) if fields else ("sync", sync)
    _, end = _span(lines, document.lines, last)
    ending = "\r" if lines[0].endswith("\r") else ""
    new = [line + ending for entry in entries for line in ("", *_table(entry))]
    if end == len(lines):  # the last line has no line end
        lines[-1] += ending
        new.append("")
    return "\n".join([*lines[:end], *new, *lines[end:]])


def _without_field(text: str, document: Document, sync: int, field: int) -> str:
    if _is_inline(document, text, sync):
        return _inline(text, sync, lambda fields: fields.pop(field))
    lines = text.split("\n")
    start, end = _span(lines, document.lines, ("sync", sync, "field", field))
    if start and not lines[start - 1].strip() and (end >= len(lines) or not lines[end].strip()):
        start -= 1  # of the empty lines above and below, one is enough
    return "\n".join([*lines[:start], *lines[end:]])


def _span(lines: Sequence[str], places: Lines, path: KeyPath) -> tuple[int, int]:
    """Return the lines of a table, from 0: with the comments directly above it and directly below its last key."""
    header = places.nearest(path) - 1
    others = [line - 1 for key, line in places.keys.items() if line - 1 > header and not _within(key, path)]
    following = min(others, default=len(lines))
    following = _above(lines, following) if following < len(lines) else following
    end = _end_of_values(lines, header, following)
    while end < following and lines[end].lstrip().startswith("#"):
        end += 1
    return _above(lines, header), end


def _within(key: KeyPath, table: KeyPath) -> bool:
    """Tell whether a key stands in a table; the fields of a sync stand in tables of their own."""
    inside = key[: len(table)] == table
    return inside and ("field" in table or key[len(table) : len(table) + 1] != ("field",))


def _above(lines: Sequence[str], header: int) -> int:
    """Return the first of the comment lines that stand directly above a header; the header when there are none."""
    while header > 0 and lines[header - 1].lstrip().startswith("#"):
        header -= 1
    return header


def _end_of_values(lines: Sequence[str], header: int, following: int) -> int:
    """Return the line after the last one that says anything; a text may have lines that look like comments."""
    plain = [line.removesuffix("\r") for line in lines]
    whole = tomllib.loads("\n".join(plain[header:following]))
    for end in range(header + 1, following):
        if not lines[end - 1].strip() or lines[end - 1].lstrip().startswith("#"):
            continue
        try:
            if tomllib.loads("\n".join(plain[header:end])) == whole:
                return end
        except tomllib.TOMLDecodeError:
            continue
    return following


def _table(entry: Entry) -> list[str]:
    table = tomlkit.table()
    for name, value in entry.items():
        table.add(name, _inline_table(value) if isinstance(value, dict) else value)
    return ["[[sync.field]]", *tomlkit.dumps(table).rstrip("\n").split("\n")]


def _inline_table(entry: Mapping[str, Any]) -> InlineTable:
    table = tomlkit.inline_table()
    for name, value in entry.items():
        table.add(tomlkit.key(name), _inline_table(value) if isinstance(value, dict) else value)
    return table


def _is_inline(document: Document, text: str, sync: int) -> bool:
    """Tell whether the fields of a sync are written as one list in brackets, or the syncs are."""
    line = text.split("\n")[document.lines.nearest(("sync", sync, "field")) - 1]
    return not line.lstrip().startswith("[[")


def _inline(text: str, sync: int, change: Callable[[Any], object]) -> str:
    file: Any = tomlkit.parse(text)
    table = file["sync"][sync]
    if "field" not in table:
        table["field"] = tomlkit.array()
    change(table["field"])
    return tomlkit.dumps(file)
