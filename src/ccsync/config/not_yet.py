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
from ccsync.config.sides import READ_ONLY
from ccsync.config.values import parse_duration, parse_size
from ccsync.errors import Problem


@dataclass(frozen=True, slots=True)
class Rule:
    """One key, the values of it that ask for something not built, and what to write meanwhile."""

    path: tuple[str, ...]
    asks_for_more: Callable[[object], bool]
    message: str
    hint: str


def _one_of(*values: str) -> Callable[[object], bool]:
    return lambda value: value in values


def _other_than(default: object, parse: Callable[[object], object]) -> Callable[[object], bool]:
    def asks_for_more(value: object) -> bool:
        try:
            return parse(value) != default
        except PydanticCustomError:  # reported as a wrong value
            return False

    return asks_for_more


def _anything(_: object) -> bool:
    return True


_TOWARDS_MEMBRAIN = _one_of("constant-contact-to-membrain", "both")
_ONE_WAY = 'write direction = "membrain-to-constant-contact"'
_RETENTION = "not yet: logs are kept whole, nothing is deleted"

RULES: Final = (
    Rule(("sync", "direction"), _TOWARDS_MEMBRAIN, "not yet: nothing is written to Membrain", _ONE_WAY),
    Rule(("sync", "field", "direction"), _TOWARDS_MEMBRAIN, "not yet: nothing is written to Membrain", _ONE_WAY),
    Rule(
        ("sync", "field", "constant_contact"),
        _one_of(*READ_ONLY),
        "not yet: consent flows to Membrain, and nothing is written to Membrain",
        "take this [[sync.field]] out for now; opt-outs are respected without it",
    ),
    Rule(
        ("sync", "conflict"),
        _one_of("constant-contact", "newest"),
        "not yet: in one direction Membrain always decides",
        'write conflict = "membrain"',
    ),
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
