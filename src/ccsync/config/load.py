"""The only way to a configuration: read the file, check everything, return a frozen value or all mistakes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pydantic

from ccsync.config.checks import CompileFilter, mistakes, warnings
from ccsync.config.model import Config
from ccsync.config.source import find, read_document
from ccsync.errors import ConfigError, Problem

if TYPE_CHECKING:
    from pathlib import Path

    from ccsync.config.lines import Lines

__all__ = ["Loaded", "find", "load", "read"]


@dataclass(frozen=True, slots=True)
class Loaded:
    """A configuration that is right, with what else is worth knowing about its file."""

    config: Config
    warnings: tuple[Problem, ...]
    path: Path
    lines: Lines


def _compile(expression: str, /) -> object:
    from ccsync.sync.filters import compile_filter  # noqa: PLC0415 - a file without filters needs no CEL

    return compile_filter(expression)


def load(path: Path, *, compile_filter: CompileFilter | None = _compile) -> Config:
    """Return the configuration in a file; raises ``ConfigError`` with every mistake in it."""
    return read(path, compile_filter=compile_filter).config


def read(path: Path, *, compile_filter: CompileFilter | None = _compile) -> Loaded:
    """As ``load``, with the warnings and the line of every key; without ``compile_filter`` filters go unread."""
    document = read_document(path)
    problems: list[Problem] = []
    config: Config | None = None
    try:
        config = Config.model_validate(document.tables)
    except pydantic.ValidationError as error:
        from ccsync.config.wording import problems_of  # noqa: PLC0415 - only for a mistake

        problems += problems_of(error, document.lines)
    problems += mistakes(document, compile_filter)
    if config is None or problems:
        raise _refusal(path, problems)
    return Loaded(config, tuple(warnings(document)), path, document.lines)


def _refusal(path: Path, problems: list[Problem]) -> ConfigError:
    inorder = tuple(sorted(problems, key=lambda problem: problem.line or 0))
    count = "1 mistake" if len(inorder) == 1 else f"{len(inorder)} mistakes"
    return ConfigError(f"{count} in {path}", problems=inorder, hint=f"mend {path}, then run `ccsync config check`")
