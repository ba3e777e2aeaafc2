"""Being asked to end: Ctrl-C and SIGTERM, heeded at once or, in the middle of a record, at the next good moment."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ccsync.errors import ExitCode


AT_LATEST = 30.0
"""So many seconds after the first signal nothing is waited for any more: what is in hand is left as a kill would.

Mostly it is finished in less than one second; a service that says nothing delays the end by 12.
"""


class StopAsked(KeyboardInterrupt):
    """A signal asked this process to end; ``exit_code`` tells which."""

    def __init__(self, exit_code: ExitCode) -> None:
        super().__init__()
        self.exit_code = exit_code


class StopRequest:
    """What signals have asked of this process.

    A signal raises ``StopAsked`` where the program happens to be, as Python does it with Ctrl-C. Inside ``gently`` the
    first one is only noted, and ``heed`` raises it where nothing is half done; the second one raises at once, or at the
    end of what is ``untorn``. Nothing here takes a lock: a signal may come while this very object is being used.
    """

    def __init__(self) -> None:
        self._asked: ExitCode | None = None
        self._gentle = 0
        self._waiting = 0
        self._untorn = 0
        self._held_back: ExitCode | None = None

    @property
    def asked(self) -> bool:
        """Whether somebody asked."""
        return self._asked is not None

    def ask(self, exit_code: ExitCode) -> None:
        """Note a signal, or raise it: what a signal handler calls."""
        again = self.asked
        self._asked = self._asked or exit_code
        if again or not self._gentle or self._waiting:
            self._raise(exit_code)

    def insist(self) -> None:
        """Raise what was noted wherever the program is, but for what is untorn: that is over in a moment."""
        if self._asked is not None:
            self._raise(self._asked)

    def heed(self) -> None:
        """Raise what was noted: called where nothing is half done."""
        if self._asked is not None:
            raise StopAsked(self._asked)

    @contextmanager
    def gently(self) -> Iterator[None]:
        """Only note the first signal, for as long as this is open."""
        self._gentle += 1
        try:
            yield
        finally:
            self._gentle -= 1

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Let signals through again, inside ``gently``: for a wait in which nothing is half done."""
        self._waiting += 1
        try:
            self.heed()
            yield
        finally:
            self._waiting -= 1

    @contextmanager
    def untorn(self) -> Iterator[None]:
        """Hold signals back, even the second one, until this ends well: for what takes a moment and nobody else."""
        self._untorn += 1
        try:
            yield
        finally:
            self._untorn -= 1
        if self._held_back is not None and not self._untorn:
            held_back, self._held_back = self._held_back, None
            raise StopAsked(held_back)

    def _raise(self, exit_code: ExitCode) -> None:
        if not self._untorn:
            raise StopAsked(exit_code)
        self._held_back = exit_code
