"""What the configuration knows and the program does not do yet. A rule goes when its feature comes.

A key is accepted as long as its value asks for nothing that is not built; asking for more is refused, not ignored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic_core import PydanticCustomError

from ccsync.config.lines import KeyPath, Lines, spell
from ccsync.config.model import Logs
from ccsync.config.values import parse_duration, parse_size
from ccsync.errors import Problem


@dataclass(frozen=True, slots=True)
class Rule:
    """One key, the values of it that ask for something not built, and what to write meanwhile."""

    path: tuple[str, ...]
    asks_for_more: Callable[[object], bool]
    message: str
    hint: str


def _other_than(default: object, parse: Callable[[object], object]) -> Callable[[object], bool]:
    def asks_for_more(value: object) -> bool:
        try:
            return parse(value) != default
        except PydanticCustomError:  # reported as a wrong value
            return False

    return asks_for_more


def _anything(_: object) -> bool:
    return True


_RETENTION = "not yet: logs are kept whole, nothing is deleted"

RULES: Final = (
    Rule(
        ("logs", "keep"),
        _other_than(Logs().keep, parse_duration),
        _RETENTION,
        'write keep = "90d"',
    ),
    Rule(("logs", "max_size"), _other_than(Logs().max_size, parse_size), _RETENTION, 'write max_size = "1GB"'),
    *(
        Rule(
            ("notify", key),
            _anything,
            "not yet: nobody is notified",
            f"take {key} out; watch the exit code of `ccsync run`",
        )
        for key in ("healthchecks_url", "on_failure", "textfile")
    ),
)


def not_yet(tables: Mapping[str, Any], lines: Lines) -> Iterator[Problem]:
    """Yield a problem for every value that asks for something that is not built."""
    for path, value in _values(tables, ()):
        keys = tuple(part for part in path if isinstance(part, str))
        for rule in RULES:
            if rule.path == keys and rule.asks_for_more(value):
                yield Problem(spell(path), lines.nearest(path), rule.message, rule.hint)


def _values(value: Any, path: KeyPath) -> Iterator[tuple[KeyPath, object]]:
    """Walk every key of the file; a list of plain values is one value."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _values(inner, (*path, key))
    elif isinstance(value, list) and value and all(isinstance(inner, Mapping) for inner in value):
        for index, inner in enumerate(value):
            yield from _values(inner, (*path, index))
    else:
        yield path, value
