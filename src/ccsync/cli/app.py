"""The entry point: one way in, and one place where everything that can happen becomes an answer and an exit code."""

from __future__ import annotations

import gc
import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, NoReturn

from ccsync.cli.options import Everywhere, hoist, wants_json
from ccsync.cli.output import Failure, Output, Result, failed
from ccsync.cli.session import Call, Environment, Session
from ccsync.cli.signals import heard
from ccsync.errors import CcsyncError, ExitCode, Interrupted

if TYPE_CHECKING:
    from collections.abc import Sequence

_OBJECTS_BEFORE_COLLECTING = 20_000  # loading modules makes many objects and no garbage; Python's own number is 700
_STOPPED = "interrupted; everything so far is saved"


def main(words: Sequence[str] | None = None, environment: Environment | None = None) -> NoReturn:
    """Carry out a command line, this process's own unless given, and end the process with the command's exit code."""
    _start_quickly()
    words = sys.argv[1:] if words is None else words
    environment = environment or Environment.of_process()
    for stream in (environment.stdout, environment.stderr):
        with suppress(AttributeError):
            stream.reconfigure(errors="backslashreplace")  # type: ignore[attr-defined] # only real files have it
    try:
        with heard(environment.stop, environment.stderr, environment.variables):
            code = execute(words, environment)
    except KeyboardInterrupt as stop:  # while it was answering: there is nothing to add
        code = _code(stop)
    _release_broken_stdout()
    sys.exit(int(code))


def _start_quickly() -> None:
    """Leave out what costs a tenth of a short command and serves none."""
    gc.set_threshold(_OBJECTS_BEFORE_COLLECTING)
    # pydantic would read what every installed package says of itself, to find plugins: ccsync has none
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "1")


def execute(words: Sequence[str], environment: Environment) -> int:
    """Carry out one command line and return its exit code; nothing but that leaves this function."""
    everywhere, command = Everywhere(json=wants_json(words)), ""
    output = Output(environment, everywhere)
    try:
        everywhere, rest = hoist(words)
        output = Output(environment, everywhere)
        call = _understand(rest, everywhere, environment)
        command = call.command
        result = call.task(Session(command, environment, everywhere, output, tuple(rest)))
        return int(ExitCode.DONE) if result is None else _finish(output, command, result)
    except CcsyncError as error:
        end = failed(error)
    except KeyboardInterrupt as stop:
        end = failed(Interrupted(_STOPPED, exit_code=_code(stop)))
    except Exception as error:  # noqa: BLE001 - the last stop: a bug is told like any other end
        end = _bug(error, words, output, verbose=everywhere.verbosity > 1)
    return _finish(output, command, end)


def _code(stop: KeyboardInterrupt) -> ExitCode:
    return getattr(stop, "exit_code", ExitCode.INTERRUPTED)


def _finish(output: Output, command: str, result: Result) -> int:
    output.answer(command, result)
    return int(result.exit_code)


def _understand(rest: list[str], everywhere: Everywhere, environment: Environment) -> Call:
    if everywhere.version:
        return Call("", _version)
    from ccsync.cli.commands import parse

    return parse(rest, environment, as_json=everywhere.json)


def _version(_session: Session) -> Result:
    from importlib.metadata import version

    number = version("ccsync")
    return Result({"version": number}, render=lambda output: output.line(f"ccsync {number}"))


def _bug(error: Exception, words: Sequence[str], output: Output, *, verbose: bool) -> Result:
    """Say where a bug showed itself. Its own words may hold anything, so they come only with -vv."""
    import traceback

    if verbose:
        output.insist("".join(traceback.format_exception(error)).rstrip())
    frames = traceback.extract_tb(error.__traceback__)
    place = next((frame for frame in reversed(frames) if "ccsync" in frame.filename), frames[-1])
    file = place.filename.rpartition("ccsync" + os.sep)[2]
    message = f"a bug in ccsync: {type(error).__name__} in {file}, line {place.lineno}; -vv shows all of it"
    return Result({}, ExitCode.BUG, (Failure("bug", message, f"ccsync -vv {' '.join(words)}"),))


def _release_broken_stdout() -> None:
    """Let the interpreter end quietly when the reader of stdout has gone."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
