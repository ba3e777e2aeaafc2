"""Ctrl-C and SIGTERM as this process hears them."""

from __future__ import annotations

import os
import signal
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from ccsync.errors import ExitCode
from ccsync.stopping import AT_LATEST

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from types import FrameType
    from typing import TextIO

    from ccsync.stopping import StopRequest

    Handler = Callable[[int, FrameType | None], None] | signal.Handlers

NOTED = "ccsync: finishing the record in hand; Ctrl-C again ends at once"
_CODES = {
    signal.SIGINT: ExitCode.INTERRUPTED,
    signal.SIGTERM: ExitCode.TERMINATED,
    signal.SIGHUP: ExitCode.TERMINATED,  # the terminal was closed
}
_OF_A_SERVICE = ("CCSYNC_SERVICE", "NOTIFY_SOCKET")
_NEW_LINE = "\r\x1b[K"
"""Over the progress bar, which draws itself anew below."""


@contextmanager
def heard(stop: StopRequest, stderr: TextIO, variables: Mapping[str, str]) -> Iterator[None]:
    """Have Ctrl-C, SIGTERM and a closed terminal ask ``stop``; what was noted is raised after ``AT_LATEST`` seconds.

    A process that was told to ignore Ctrl-C, as a shell does with those in the background, or a closed terminal, goes
    on to ignore it. A service has no terminal: SIGHUP would mean to read its configuration, which it does by itself.
    In another thread than the main one, which hears no signals, nothing changes.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def ask(number: int, _frame: FrameType | None) -> None:
        stop.ask(_CODES[signal.Signals(number)])
        signal.setitimer(signal.ITIMER_REAL, AT_LATEST)
        _tell(stderr, variables)

    def insist(_number: int, _frame: FrameType | None) -> None:
        stop.insist()

    handlers: dict[signal.Signals, Handler] = {signal.SIGTERM: ask, signal.SIGALRM: insist}
    for number in (signal.SIGINT, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            handlers[number] = ask
    if any(name in variables for name in _OF_A_SERVICE):
        handlers[signal.SIGHUP] = signal.SIG_IGN
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in before.items():
            signal.signal(number, handler)


def _tell(stderr: TextIO, variables: Mapping[str, str]) -> None:
    """Say on a terminal that it was heard; past the stream's own buffer, which may be in use at this moment."""
    with suppress(OSError, ValueError):  # ValueError: a stream without a file, or a closed one
        if stderr.isatty():
            begin = "\n" if variables.get("TERM", "dumb") == "dumb" else _NEW_LINE
            os.write(stderr.fileno(), f"{begin}{NOTED}\n".encode())
