"""On which line of a TOML file each key stands; tomllib reads the values and forgets where they were.

The scanner walks a text that tomllib has already accepted, so it only has to find its way, not to judge.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

KeyPath: TypeAlias = tuple[str | int, ...]

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_KEY = re.compile(r"""(?P<bare>[A-Za-z0-9_-]+)|"(?:[^"\\]|\\.)*"|'[^']*'""")
_TEXT = re.compile(
    r"""(?P<long>"{3}(?:[^\\]|\\.)*?"{3,5}|'{3}.*?'{3,5})|"(?:[^"\\\n]|\\.)*"|'[^'\n]*\'""",
    re.DOTALL,
)
_SCALAR = re.compile(r"[^\s,\]}#]+(?: [0-9:.+\-Zz]+)?")  # a date and its time may have one blank between them
_BARE = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Lines:
    """The line of every key, table and array element of one file, counted from 1."""

    keys: Mapping[KeyPath, int] = field(default_factory=dict)
    long_texts: Mapping[KeyPath, int] = field(default_factory=dict)

    def exact(self, path: KeyPath) -> int | None:
        """Return the line on which this very key stands, ``None`` when it is not in the file."""
        return self.keys.get(path)

    def nearest(self, path: KeyPath) -> int:
        """Return the line of the key, or of the innermost table around it that is in the file, or 1."""
        while path and path not in self.keys:
            path = path[:-1]
        return self.keys.get(path, 1)

    def inside(self, path: KeyPath, newlines: int) -> int:
        """Return the line of a place inside a text, after so many line breaks of the text."""
        start = self.long_texts.get(path)
        return self.nearest(path) if start is None else start + newlines


def locate(text: str) -> Lines:
    """Find the line of every key in a text that tomllib has accepted (line ends as LF)."""
    scanner = _Scanner(text)
    scanner.document()
    return Lines(scanner.keys, scanner.long_texts)


def spell(path: KeyPath) -> str:
    """Write a path as it is read aloud: ``sync[0].field[2].when_too_long``."""
    spelled = ""
    for part in path:
        if isinstance(part, int):
            spelled += f"[{part}]"
        else:
            name = part if _BARE.fullmatch(part) else '"' + part.replace('"', '\\"') + '"'
            spelled += f".{name}" if spelled else name
    return spelled


class _Scanner:
    """One walk over one text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._line = 1
        self._line_at = 0
        self._arrays: dict[KeyPath, int] = {}
        self.keys: dict[KeyPath, int] = {}
        self.long_texts: dict[KeyPath, int] = {}

    def document(self) -> None:
        table: KeyPath = ()
        while self._next(_BLANK):
            line = self._line_here()
            if self._text.startswith("[[", self._at):
                table = self._array_header(line)
            elif self._text[self._at] == "[":
                table = self._table_header(line)
            else:
                self._pair(table)

    def _next(self, gap: re.Pattern[str]) -> bool:
        """Step over a gap; tell whether anything follows."""
        found = gap.match(self._text, self._at)
        self._at = found.end() if found else self._at
        return self._at < len(self._text)

    def _line_here(self) -> int:
        self._line += self._text.count("\n", self._line_at, self._at)
        self._line_at = self._at
        return self._line

    def _dotted(self) -> tuple[str, ...]:
        parts: list[str] = []
        while True:
            self._next(_SPACE)
            found = _KEY.match(self._text, self._at)
            if found is None:
                return tuple(parts)
            parts.append(found[0] if found["bare"] else next(iter(tomllib.loads(f"{found[0]} = 0"))))
            self._at = found.end()
            self._next(_SPACE)
            if not self._text.startswith(".", self._at):
                return tuple(parts)
            self._at += 1

    def _inside_arrays(self, parts: tuple[str, ...]) -> KeyPath:
        """Resolve a header's name: below an array of tables it means the last one."""
        path: KeyPath = ()
        for part in parts:
            path = (*path, part)
            if path in self._arrays:
                path = (*path, self._arrays[path])
        return path

    def _table_header(self, line: int) -> KeyPath:
        self._at += 1
        path = self._inside_arrays(self._dotted())
        self._at += 1
        self._note(path, line)
        self.keys[path] = line
        return path

    def _array_header(self, line: int) -> KeyPath:
        self._at += 2
        parts = self._dotted()
        self._at += 2
        array = (*self._inside_arrays(parts[:-1]), parts[-1])
        self._arrays[array] = self._arrays.get(array, -1) + 1
        path = (*array, self._arrays[array])
        self._note(path, line)
        return path

    def _note(self, path: KeyPath, line: int) -> None:
        """Remember a key, and the tables around it unless they have a line of their own."""
        for end in range(1, len(path) + 1):
            self.keys.setdefault(path[:end], line)

    def _pair(self, table: KeyPath) -> None:
        line = self._line_here()
        path = (*table, *self._dotted())
        self._at += 1  # the equals sign
        self._note(path, line)
        self._next(_SPACE)
        self._value(path)

    def _value(self, path: KeyPath) -> None:
        opening = self._text[self._at]
        if opening == "[":
            self._array(path)
        elif opening == "{":
            self._inline_table(path)
        else:
            self._scalar(path)

    def _scalar(self, path: KeyPath) -> None:
        found = _TEXT.match(self._text, self._at)
        if found and found["long"]:
            straight = found[0].startswith("'''") or "\\" not in found[0]
            if straight:
                self.long_texts[path] = self._line_here() + (found[0][3:4] == "\n")
        found = found or _SCALAR.match(self._text, self._at)
        self._at = found.end() if found else len(self._text)

    def _array(self, path: KeyPath) -> None:
        self._at += 1
        index = 0
        while self._next(_BLANK) and self._text[self._at] != "]":
            if self._text[self._at] == ",":
                self._at += 1
                continue
            self._note((*path, index), self._line_here())
            self._value((*path, index))
            index += 1
        self._at += 1

    def _inline_table(self, path: KeyPath) -> None:
        self._at += 1
        while self._next(_BLANK) and self._text[self._at] != "}":
            if self._text[self._at] == ",":
                self._at += 1
                continue
            self._pair(path)
        self._at += 1
