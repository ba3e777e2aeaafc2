"""The service as a background process: started without a terminal, found by its lock, stopped between two writes."""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ccsync.errors import ExitCode, LocalError, Locked, TryLater
from ccsync.service.bulletin import Bulletin
from ccsync.service.driver import ServiceState
from ccsync.service.processes import end_of, may_have_open
from ccsync.state.folder import ServiceLock, TurnLock
from ccsync.stopping import AT_LATEST

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from ccsync.clock import Clock
    from ccsync.state.folder import Holder

STARTED_BY = "CCSYNC_SERVICE"
"""Set in the environment of a process that is a service: how it was started."""

NAME = "background"
LOG = "service.log"

START_WITHIN = 30.0
"""Seconds after which a process that does not serve yet is ended again, and that is told."""

STOP_WITHIN = AT_LATEST + 10.0
"""Seconds: a run that is asked to end has ended after ``AT_LATEST``; the rest is for a slow machine."""

_KILL_AFTER = 5.0
_TELL_AFTER = 1.0
_LOOK_EVERY = 0.1
_LARGEST_LOG = 1_000_000
_SAID_AT_MOST = 2_000  # bytes of what a process said before it ended
_NOT_INHERITED = frozenset(
    {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "JOURNAL_STREAM", "INVOCATION_ID", "LISTEN_FDS", "LISTEN_PID"}
)

_NAMED_FROM_HERE = ("CCSYNC_CONFIG", "CCSYNC_STATE_DIR")


class Background:
    """Starts, finds and stops the process that serves an account, also one that somebody started in the foreground."""

    def __init__(
        self,
        folder: Path,
        clock: Clock,
        *,
        command: Sequence[str],
        environ: Mapping[str, str],
        tell: Callable[[str], None],
        start_within: float = START_WITHIN,
        stop_within: float = STOP_WITHIN,
    ) -> None:
        """``command`` is the program with its words, which serves; ``tell`` hears what a stop waits for."""
        self._folder = folder
        self._clock = clock
        self._command = tuple(command)
        self._environ = environ
        self._tell = tell
        self._start_within = start_within
        self._stop_within = stop_within
        self._lock = ServiceLock(folder, clock)
        self._bulletin = Bulletin(folder)

    @property
    def name(self) -> str:
        """``background``."""
        return NAME

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Start and stop in here, one command after another: a start meanwhile would take what ends for what runs.

        Locked when the other one takes longer than any may. Where no lock can be taken, on a full disk, none is.
        """
        with ExitStack() as turn:
            with suppress(LocalError):
                self._take_turn(turn)
            yield

    def start(self) -> None:
        """Start the process and return when it serves; nothing when one does. LocalError, with its words, if not."""
        if self._lock.held() is not None:
            return
        log, begin = self._open_log()
        try:
            process = subprocess.Popen(  # noqa: S603 - the caller's program
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",  # so that no disk is kept from being unmounted
                env=self._child_environment(),
                start_new_session=True,
            )
        except OSError as error:
            raise LocalError(f"no process can be started: {error.strerror}", hint="ccsync run") from error
        finally:
            os.close(log)
        self._wait_for(process, begin)
        process.returncode = 0  # it goes on by itself: nobody waits for its end

    def stop(self) -> None:
        """Ask the process to end and wait until it has; nothing without one. TryLater after ``STOP_WITHIN``."""
        holder = self._server()
        if holder is None or self._ended(holder, signal.SIGTERM, self._stop_within):
            return
        raise TryLater(
            f"the service (process {holder.pid}) was asked to stop and has not ended after {self._stop_within:g} "
            "seconds; no other run begins",
            hint="ccsync daemon stop --now",
            code="still_stopping",
        )

    def kill(self) -> None:
        """End the process at once, by force when it does not hear; the next run goes on where this one was."""
        for number, within in ((signal.SIGTERM, _TELL_AFTER), (signal.SIGTERM, _KILL_AFTER), (signal.SIGKILL, 5.0)):
            holder = self._server()
            if holder is None:
                return
            if number is signal.SIGKILL:
                self._tell(f"process {holder.pid} does not end by itself, and is ended by force")
            if self._ended(holder, number, within):
                return
        raise LocalError(
            "the service cannot be ended, not even by force: it waits for a disk that does not answer",
            hint="ccsync daemon status",
        )

    @contextmanager
    def seen_out(self) -> Iterator[None]:
        """Wait in the end until the process that served in the beginning has left, when it has let go of the lock.

        One that finds the switch turned off leaves by itself, and may still be leaving when nobody has to stop it.
        """
        holder = self._lock.held()
        with end_of(holder.pid if holder else 0) as end:
            yield
            begin = self._clock.monotonic()
            while not end() and self._clock.monotonic() - begin < self._stop_within:
                self._clock.sleep(_LOOK_EVERY)

    def state(self) -> ServiceState:
        """Return how the service stands."""
        holder = self._lock.held()
        if holder is None:
            return ServiceState(running=False, pid=None, since=None, driver=NAME, detail="there is no process")
        notice = self._bulletin.read()
        since = None
        with suppress(ValueError):
            since = datetime.fromisoformat(holder.since)
        doing = "starting" if notice is None else notice.phase or "between two runs"
        driver = NAME if notice is None else notice.driver
        return ServiceState(running=True, pid=holder.pid or None, since=since, driver=driver, detail=doing)

    def _take_turn(self, turn: ExitStack) -> None:
        lock, begin, told = TurnLock(self._folder, self._clock), self._clock.monotonic(), False
        while True:
            try:
                turn.enter_context(lock)
            except Locked:
                if self._clock.monotonic() - begin > self._start_within + self._stop_within:
                    raise
                holder = lock.holder()
                if holder is not None and not told:
                    told = True
                    self._tell(f"waiting for process {holder.pid}, which starts or stops the service")
                self._clock.sleep(_LOOK_EVERY)
            else:
                return

    def _child_environment(self) -> dict[str, str]:
        kept = {name: value for name, value in self._environ.items() if name not in _NOT_INHERITED}
        for named in _NAMED_FROM_HERE:
            if place := kept.get(named):
                kept[named] = str(Path(place).expanduser().absolute())
        return {**kept, STARTED_BY: NAME}

    def _open_log(self) -> tuple[int, int]:
        """Open what the process writes to, and return where its first word will stand."""
        path = self._folder / LOG
        try:
            if path.exists() and path.stat().st_size > _LARGEST_LOG:
                path.replace(path.with_suffix(".log.1"))
            log = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        except OSError as error:
            raise LocalError(
                f"{path} cannot be written: {error.strerror}", hint=f"mend the permissions: ls -l {path}"
            ) from error
        return log, os.fstat(log).st_size

    def _wait_for(self, process: subprocess.Popen[bytes], begin: int) -> None:
        until = self._clock.monotonic() + self._start_within
        while self._clock.monotonic() < until:
            code = process.poll()
            if code is not None:
                if code == ExitCode.TRY_LATER and self._lock.held() is not None:
                    return  # somebody else started it in the same moment
                raise self._ended_at_once(code, begin)
            notice = self._bulletin.read()
            if notice is not None and notice.pid == process.pid:
                return
            self._clock.sleep(_LOOK_EVERY)
        process.kill()
        process.wait()
        raise LocalError(
            f"the service did not start within {self._start_within:g} seconds, and was ended again",
            hint="ccsync run, to see where it stands still",
            code="not_started",
        )

    def _ended_at_once(self, code: int, begin: int) -> LocalError:
        said, following = "", ""
        with suppress(OSError), (self._folder / LOG).open("rb") as file:
            file.seek(begin)
            lines = file.read(_SAID_AT_MOST).decode("utf-8", "replace").splitlines()
            said = next((line.partition("ccsync: ")[2] for line in lines if "ccsync: " in line), "")
            following = next((line.partition("next: ")[2] for line in lines if line.lstrip().startswith("next: ")), "")
        why = f": {said}" if said else ""
        error = LocalError(
            f"the service ended at once, with exit code {code}{why}",
            hint=following or "ccsync run, to see why",
            code="not_started",
        )
        with suppress(ValueError):
            error.exit_code = ExitCode(code) if code else ExitCode.LOCAL
        return error

    def _server(self) -> Holder | None:
        """Return the process that serves; None without one. LocalError when which one it is cannot be told for sure.

        Its number stands in a file, which another machine may have written, or a process that was killed: only one
        that has the lock open is signalled. It writes its number just after it has taken the lock; and between two runs
        any service ends by itself, soon after it was switched off.
        """
        path, begin = self._folder / ServiceLock.name, self._clock.monotonic()
        while (holder := self._lock.held()) is not None:
            if holder.pid and may_have_open(holder.pid, path):
                return holder
            if self._clock.monotonic() - begin > min(_KILL_AFTER, self._stop_within):
                which = f"process {holder.pid} does not run here" if holder.pid else "which process stands nowhere"
                raise LocalError(
                    f"the service of this account is on, but {which}: it was not signalled; it ends after "
                    "the run that is on",
                    hint=f"ccsync daemon status; or ccsync daemon stop where it runs; or fuser -k -TERM {path}",
                )
            self._clock.sleep(_LOOK_EVERY)
        return None

    @staticmethod
    def _signal(holder: Holder, number: signal.Signals) -> None:
        try:
            os.kill(holder.pid, number)
        except ProcessLookupError:
            return
        except PermissionError as error:
            raise LocalError(
                f"the service (process {holder.pid}) belongs to another user: it was not stopped",
                hint=f"ccsync daemon stop, typed as that user; or sudo kill {holder.pid}",
            ) from error

    def _ended(self, holder: Holder, number: signal.Signals, within: float) -> bool:
        """Signal a process and tell whether it ends within so many seconds; say meanwhile what it still does."""
        with end_of(holder.pid) as end:
            self._signal(holder, number)
            begin, told = self._clock.monotonic(), ""
            while (waited := self._clock.monotonic() - begin) < within:
                now = self._lock.held()
                if (now is None or now.pid != holder.pid) and end():
                    return True
                notice = self._bulletin.read()
                doing = (notice.phase if notice else "") or "ending"
                if doing != told and waited >= _TELL_AFTER:
                    told = doing
                    self._tell(f"waiting for process {holder.pid} to finish the record in hand: {doing}")
                self._clock.sleep(_LOOK_EVERY)
        return False
