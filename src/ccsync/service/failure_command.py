"""The command of ``[notify] on_failure``: a list of words, never a shell, with the notice on its standard input."""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ccsync.errors import LocalError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SECONDS = 10.0
"""So long the command may take; then it is ended, and all that it started."""

_MOMENT = 1.0  # seconds
_SLICE = 0.05  # seconds
_PIPE, _KEPT = 65_536, 4096  # bytes
_SHOWN = 200


@dataclass(frozen=True, slots=True)
class FailureCommand:
    """One command, run in the environment of ccsync with ``CCSYNC_EVENT`` and others added."""

    words: Sequence[str]
    environ: Mapping[str, str]
    seconds: float = SECONDS

    def tell(self, text: str, facts: Mapping[str, str]) -> None:
        """Run it and wait for its end; LocalError when it cannot be started, fails, or takes too long.

        ``facts`` become variables of its environment. What it prints is dropped, but for the last line of its
        complaint, which stands in the error.
        """
        variables = {**self.environ, **{name: value.replace("\0", "") for name, value in facts.items()}}
        try:
            process = subprocess.Popen(  # noqa: S603 - the words are the operator's own, and no shell reads them
                list(self.words),
                env=variables,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            raise self._trouble(f"cannot be started: {reason}") from error
        try:
            self._attend(process, text.encode("utf-8", "replace"))
        finally:
            _end(process)

    def _attend(self, process: subprocess.Popen[bytes], text: bytes) -> None:
        """Hand over the text, which is far smaller than a pipe holds, and wait."""
        assert process.stdin is not None  # noqa: S101 - asked for above
        with suppress(BrokenPipeError):  # it need not read
            process.stdin.write(text)
            process.stdin.close()
        code, said = self._wait(process)
        if code is None:
            raise self._trouble(f"took longer than {self.seconds:g} s and was ended")
        if code:
            raise self._trouble(f"ended with {code}{_last_line(said)}")

    def _wait(self, process: subprocess.Popen[bytes]) -> tuple[int | None, bytes]:
        """Return its exit code, None when the time is over, and the end of its complaint.

        What it writes is taken meanwhile, because a full pipe would stop it; whoever else holds the pipe open is not
        waited for.
        """
        assert process.stderr is not None  # noqa: S101 - asked for above
        os.set_blocking(process.stderr.fileno(), False)
        code, said, left = None, b"", self.seconds
        while code is None and left > 0:
            with suppress(subprocess.TimeoutExpired):
                code = process.wait(_SLICE)
            said = (said + (process.stderr.read(_PIPE) or b""))[-_KEPT:]
            left -= _SLICE
        return code, said

    def _trouble(self, what: str) -> LocalError:
        return LocalError(
            f"the command of [notify] on_failure, {self.words[0]}, {what}", hint="ccsync config show", code="on_failure"
        )


def _last_line(said: bytes) -> str:
    lines = said.decode("utf-8", "replace").split("\n")
    last = next((line.strip() for line in reversed(lines) if line.strip()), "")
    return f": {last[:_SHOWN]}" if last else ""


def _end(process: subprocess.Popen[bytes]) -> None:
    """Leave nothing behind of a command that is still there."""
    if process.poll() is None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        with suppress(subprocess.TimeoutExpired):  # one that became another user goes on, whatever we want
            process.wait(_MOMENT)
    for pipe in (process.stdin, process.stderr):
        if pipe is not None:
            with suppress(OSError):
                pipe.close()
