"""Problems and values as text: a place that an editor can jump to, a value as the file would have it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from ccsync.errors import Problem


def describe(problem: Problem, path: Path) -> str:
    """Write one problem as ``file:line  key: message  (hint)``; an expression with its caret follows below."""
    place = f"{path}:{problem.line}" if problem.line else str(path)
    said, *picture = problem.message.split("\n")
    key = f"{problem.path}: " if problem.path else ""
    hint = f"  ({problem.hint})" if problem.hint else ""
    return "\n".join([f"{place}  {key}{said}{hint}", *picture])


def as_toml(value: object) -> str:
    """Write a value as TOML would, a value that is not set as a dash, and nothing that a terminal could obey."""
    if value is None:
        return "-"
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_quoted(word)} = {as_toml(partner)}" for word, partner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(as_toml(part) for part in value) + "]"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _quoted(text: str) -> str:
    if text.isprintable() and '"' in text and "'" not in text:
        return f"'{text}'"
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return '"' + "".join(sign if sign.isprintable() else f"\\U{ord(sign):08x}" for sign in escaped) + '"'
