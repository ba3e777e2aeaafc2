"""The one place where answers and errors are rendered: for people or, with ``--json``, for programs."""

from __future__ import annotations

import json
import re
import shlex
import textwrap
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, TextIO

from ccsync.errors import CcsyncError, ConfigError, ExitCode

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rich.console import Console, RenderableType

    from ccsync.cli.options import Everywhere
    from ccsync.cli.session import Environment
    from ccsync.errors import Problem

SCHEMA = "ccsync/1"

_NEXT = "  next: "
_COMMAND = re.compile(
    r"\bccsync "
    r"(?=(?:auth|config|daemon|doctor|forget|init|logs|map|run|sandbox|state|status|timestamp|why)\b)"
)

# Control characters, and the marks that turn the direction of writing: they could rewrite what stands around a name.
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def clean(text: str) -> str:
    """Return text that cannot steer a terminal: each unsafe character becomes U+FFFD."""
    return _UNSAFE.sub("\N{REPLACEMENT CHARACTER}", text)


@dataclass(frozen=True, slots=True)
class Failure:
    """One entry of ``errors``: a stable code, what happened, and what to type next."""

    code: str
    message: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """What a command answers.

    ``render`` writes it for people; without it they see nothing but the errors. ``partial`` says that part of the work
    was done although the exit code is not 0. ``complaint`` is what people read in place of the errors, line by line.
    """

    data: Mapping[str, Any]
    exit_code: ExitCode = ExitCode.DONE
    errors: tuple[Failure, ...] = ()
    partial: bool = False
    render: Callable[[Output], None] | None = None
    complaint: tuple[str, ...] = ()

    @property
    def status(self) -> str:
        """The word of the envelope."""
        if self.exit_code == ExitCode.DONE:
            return "success"
        return "partial" if self.partial else "error"


def failed(error: CcsyncError) -> Result:
    """Return the answer that an error is; a wrong configuration has one entry for each mistake."""
    if isinstance(error, ConfigError) and error.problems:
        failures = tuple(
            Failure(error.code, _place(problem) + problem.message, problem.hint) for problem in error.problems
        )
        complaint = (f"ccsync: {error.message}", *map(_said, error.problems), *_next(error.hint))
        return Result({}, error.exit_code, failures, complaint=complaint)
    return Result({}, error.exit_code, (Failure(error.code, error.message, error.hint),))


def _place(problem: Problem) -> str:
    line = f"line {problem.line}: " if problem.line else ""
    return f"{line}{problem.path}: " if problem.path else line


def _said(problem: Problem) -> str:
    """Write a mistake with its hint; what follows below its first line is a picture of the place."""
    first, *picture = problem.message.split("\n")
    hint = f"  ({problem.hint})" if problem.hint else ""
    return "\n".join([f"  {_place(problem)}{first}{hint}", *picture])


def _next(hint: str) -> tuple[str, ...]:
    return (f"{_NEXT}{hint}",) if hint else ()


class Output:
    """Where a command speaks: results on stdout, talk on stderr."""

    def __init__(self, environment: Environment, everywhere: Everywhere) -> None:
        self._environment = environment
        self._everywhere = everywhere

    @property
    def on_terminal(self) -> bool:
        """Whether the results go to a terminal."""
        return self._environment.stdout.isatty()

    @property
    def talks(self) -> bool:
        """Whether somebody sits at stderr and wants to hear how it goes."""
        return self._environment.stderr.isatty() and not self._everywhere.quiet

    @property
    def stdout(self) -> TextIO:
        """The stream itself, for lines that are passed on as they are."""
        return self._environment.stdout

    @cached_property
    def console(self) -> Console:
        """Rich, on stdout: no markup and no emoji are read out of what is printed."""
        return self._console(self._environment.stdout)

    @cached_property
    def talk_console(self) -> Console:
        """Rich, on stderr."""
        return self._console(self._environment.stderr)

    def line(self, text: str = "") -> None:
        """Write one line of a result, made safe."""
        self._environment.stdout.write(clean(text) + "\n")

    def paragraph(self, text: str, *, hanging: str) -> None:
        """Write a long line of a result; where a terminal is narrower, between words, the rest behind ``hanging``."""
        if not self.on_terminal:
            self.line(text)
            return
        wrapped = textwrap.wrap(
            clean(text), self.console.width, subsequent_indent=hanging, break_long_words=False, break_on_hyphens=False
        )
        for line in wrapped:
            self.line(line)

    def print(self, *what: RenderableType) -> None:
        """Write tables and styled text of a result; their words have to be clean."""
        for one in what:
            self.console.print(one)

    def tell(self, text: str) -> None:
        """Say something on stderr, unless ``--quiet`` was given."""
        if not self._everywhere.quiet:
            self._complain(text)

    def insist(self, text: str) -> None:
        """Say on stderr what somebody has to see, whatever else is silent."""
        self._complain(text)

    def answer(self, command: str, result: Result) -> None:
        """Render an answer: one envelope, or the result and then its errors. A reader who has gone is no error."""
        result = replace(result, errors=tuple(replace(one, hint=self.aimed(one.hint)) for one in result.errors))
        with suppress(BrokenPipeError):
            if self._everywhere.json:
                self._environment.stdout.write(json.dumps(envelope(command, result)) + "\n")
            elif result.render is not None:
                result.render(self)
            self._environment.stdout.flush()
        if not self._everywhere.json:
            self._explain(result)

    def _explain(self, result: Result) -> None:
        said = [line for one in result.errors for line in (f"ccsync: {one.message}", *_next(one.hint))]
        for text in result.complaint or said:
            self._complain(self.aimed(text) if text.startswith(_NEXT) else text)

    def next_step(self, hint: str) -> None:
        """Say on stderr what to type next, below what somebody has to see."""
        self._complain(self.aimed(f"{_NEXT}{hint}"))

    def way_on(self, text: str) -> None:
        """Write a line that names commands to type."""
        self.line(self.aimed(text))

    def aimed(self, hint: str) -> str:
        """Return a hint whose commands name the configuration that this one was given: typed without, they miss it."""
        if self._everywhere.config is None or "--config" in hint:
            return hint
        return _COMMAND.sub(f"ccsync --config {shlex.quote(str(self._everywhere.config))} ", hint)

    def _complain(self, text: str) -> None:
        with suppress(BrokenPipeError):
            self._environment.stderr.write("\n    ".join(clean(line) for line in text.split("\n")) + "\n")
            self._environment.stderr.flush()

    def _console(self, stream: TextIO) -> Console:
        from rich.console import Console

        return Console(
            file=stream,
            markup=False,
            highlight=False,
            emoji=False,
            _environ=self._environment.variables,
        )


def envelope(command: str, result: Result) -> dict[str, Any]:
    """Return the form that programs read."""
    return {
        "schema": SCHEMA,
        "command": command,
        "status": result.status,
        "exit_code": int(result.exit_code),
        "data": dict(result.data),
        "errors": [
            {"code": failure.code, "message": failure.message, "hint": failure.hint} for failure in result.errors
        ],
    }
