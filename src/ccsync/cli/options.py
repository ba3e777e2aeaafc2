"""The options that every command takes, before or after its name.

They are taken out of the command line before Typer reads it: so they work in both places, and a mistake in the rest is
already told in the form that was asked for. ``commands`` declares them once more, for the help and for completion.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ccsync.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

_VERBOSE = re.compile(r"-v+")


@dataclass(frozen=True, slots=True)
class Everywhere:
    """What was said with the options that every command takes."""

    config: Path | None = None
    json: bool = False
    verbosity: int = 0
    quiet: bool = False
    version: bool = False


def wants_json(words: Sequence[str]) -> bool:
    """Tell whether the answer is to be JSON, even when the words are wrong in other ways."""
    return "--json" in _before_marker(words)


def hoist(words: Sequence[str]) -> tuple[Everywhere, list[str]]:
    """Split a command line into the options that every command takes and the rest, in order.

    What stands after a ``--`` is left alone. ``--version`` counts only before the command's name. UsageError when
    ``--config`` names no file.
    """
    before = _before_marker(words)
    config: Path | None = None
    as_json = quiet = version = False
    verbosity = 0
    rest: list[str] = []
    tokens = iter(before)
    for word in tokens:
        if word == "--config" or word.startswith("--config="):
            config = _file_of(word, next(tokens, "") if word == "--config" else word.partition("=")[2])
        elif word == "--json":
            as_json = True
        elif word in ("--quiet", "-q"):
            quiet = True
        elif word == "--verbose" or _VERBOSE.fullmatch(word):
            verbosity += 1 if word == "--verbose" else len(word) - 1
        elif word == "--version" and not rest:
            version = True
        else:
            rest.append(word)
    return Everywhere(config, as_json, verbosity, quiet, version), rest + list(words[len(before) :])


def _file_of(word: str, value: str) -> Path:
    if not value or (word == "--config" and value.startswith("--")):
        raise UsageError("--config needs the name of a file", hint="ccsync --config FILE ...")
    return Path(value)


def _before_marker(words: Sequence[str]) -> Sequence[str]:
    return words[: words.index("--")] if "--" in words else words
