"""Both simulated services on loopback ports, with their state in one folder."""

from __future__ import annotations

import json
import os
import signal
import threading
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any, Final, Self

from filelock import FileLock, Timeout

from ccsync.errors import Locked
from ccsync.sandbox.constant_contact.seed import seed
from ccsync.sandbox.constant_contact.service import ConstantContactService
from ccsync.sandbox.control import PREFIX, Control
from ccsync.sandbox.faults import FaultGate, Faults
from ccsync.sandbox.loopback import LoopbackServer
from ccsync.sandbox.membrain.service import MembrainService
from ccsync.sandbox.people import population

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path
    from types import TracebackType

    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from ccsync.clock import Clock


_ENDPOINTS: Final = "sandbox.json"
_LOCK: Final = "sandbox.lock"
_SEEDED: Final = "sandbox.seeded"
_STATE: Final = ("constant-contact.sqlite*", "membrain.sqlite*", _SEEDED)
_PRIVATE: Final = ("constant-contact.sqlite", "membrain.sqlite")
_SECONDS_FOR_LOCK: Final = 2.0


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where a served sandbox is found, and what opens it."""

    pid: int
    api_url: str
    auth_url: str
    membrain_url: str
    pages_url: str
    api_key: str
    client_id: str


class Sandbox:
    """Both services over HTTP on 127.0.0.1, seeded with made-up people when the folder is fresh.

    Used as a context manager, or with `start` and `stop`. While it serves it holds ``sandbox.lock`` and writes
    ``sandbox.json``, by which `find_served` finds it from other processes. The addresses are those of the last
    start. ``constant_contact`` and ``membrain`` are the services themselves; `reset` puts new ones in their place.
    """

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock
        self._lock = FileLock(folder / _LOCK, thread_local=False, mode=0o600)
        self._servers: tuple[LoopbackServer, ...] = ()
        self._swapping = threading.Lock()
        self.faults = Faults()
        self.api_url = self.auth_url = self.membrain_url = self.pages_url = ""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self, constant_contact_port: int = 0, membrain_port: int = 0) -> Endpoints:
        """Serve, on any free ports unless told which.

        Raises Locked when the folder is served already, UsageError when a port is taken.
        """
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _take(self._lock, self._folder, _SECONDS_FOR_LOCK)
        try:
            self._open()
            self._serve(constant_contact_port, membrain_port)
        except BaseException:
            self._lock.release()
            raise
        _write(self._folder / _ENDPOINTS, json.dumps(asdict(self.endpoints())))
        return self.endpoints()

    def stop(self) -> None:
        """Stop to serve; the state stays on disk."""
        self.faults.clear()
        (self._folder / _ENDPOINTS).unlink(missing_ok=True)
        for server in self._servers:
            server.stop()
        self._servers = ()
        self._close()
        self._lock.release()

    def reset(self) -> None:
        """Begin with the made-up people again, on the same ports; requests under way then are lost."""
        with self._swapping:
            self.faults.clear()
            self._close()
            _forget(self._folder)
            self._open()

    def endpoints(self) -> Endpoints:
        """Return where the services are."""
        return Endpoints(
            pid=os.getpid(),
            api_url=self.api_url,
            auth_url=self.auth_url,
            membrain_url=self.membrain_url,
            pages_url=self.pages_url,
            api_key=self.membrain.api_key,
            client_id=self.constant_contact.client_id,
        )

    def _open(self) -> None:
        fresh = not (self._folder / _SEEDED).exists()
        if fresh:
            _forget(self._folder)  # a seeding that was cut short begins again
        for name in _PRIVATE:
            (self._folder / name).touch(mode=0o600)  # what SQLite lays beside them has the same mode
        self.constant_contact = ConstantContactService(self._folder, self._clock, faults=self.faults)
        self.membrain = MembrainService(self._folder, self._clock)
        if fresh:
            everybody = population()
            self.membrain.load(everybody)
            seed(self.constant_contact, everybody.people)
            (self._folder / _SEEDED).touch(mode=0o600)

    def _close(self) -> None:
        self.constant_contact.close()
        self.membrain.close()

    def _serve(self, constant_contact_port: int, membrain_port: int) -> None:
        self._gates = {
            "constant-contact": FaultGate(self._to_constant_contact, self.faults, "constant-contact"),
            "membrain": FaultGate(self._to_membrain, self.faults, "membrain"),
        }
        self._control = Control(self)
        first = LoopbackServer(self._front, self._clock, constant_contact_port)
        try:
            second = LoopbackServer(self._gates["membrain"], self._clock, membrain_port)
        except BaseException:
            first.stop()
            raise
        self._servers = (first, second)
        for server in self._servers:
            server.start()
        self.api_url = f"{first.url}/v3"
        self.auth_url = f"{first.url}/oauth2/default/v1"
        self.membrain_url = f"{second.url}/API/v2/"
        self.pages_url = f"{first.url}{PREFIX}/"

    def _front(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        own = environ["PATH_INFO"].startswith(f"{PREFIX}/")
        app = self._control if own else self._gates["constant-contact"]
        return app(environ, start_response)

    def _to_constant_contact(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return self.constant_contact(environ, start_response)

    def _to_membrain(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return self.membrain(environ, start_response)


def find_served(folder: Path) -> Endpoints | None:
    """Return where the sandbox of this folder is served, by whichever process; None when it is not."""
    try:
        written = json.loads((folder / _ENDPOINTS).read_text("utf-8"))
    except FileNotFoundError:
        return None
    try:
        with FileLock(folder / _LOCK).acquire(timeout=0):
            return None  # what is written was left by a process that died
    except Timeout:
        return Endpoints(**{field.name: written[field.name] for field in fields(Endpoints)})


def serve_forever(
    folder: Path,
    clock: Clock,
    ready: Callable[[Endpoints], None],
    *,
    constant_contact_port: int = 0,
    membrain_port: int = 0,
) -> signal.Signals:
    """Serve until SIGINT or SIGTERM comes, and return which. Only for the main thread.

    ``ready`` is called once, when requests are answered. Raises as `Sandbox.start` does.
    """
    asked: list[signal.Signals] = []
    stopping = threading.Event()

    def stop(number: int, _frame: Any) -> None:
        asked.append(signal.Signals(number))
        stopping.set()

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        sandbox = Sandbox(folder, clock)
        endpoints = sandbox.start(constant_contact_port, membrain_port)
        try:
            ready(endpoints)
            stopping.wait()
        finally:
            sandbox.stop()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return asked[0]


def reset(folder: Path) -> None:
    """Forget the state of a sandbox that nobody serves. Raises Locked when somebody does."""
    if not folder.exists():
        return
    lock = FileLock(folder / _LOCK, thread_local=False, mode=0o600)
    _take(lock, folder, 0)
    try:
        _forget(folder)
    finally:
        lock.release()


def _take(lock: FileLock, folder: Path, seconds: float) -> None:
    try:
        lock.acquire(timeout=seconds)
    except Timeout as error:
        raise Locked(
            f"the sandbox in {folder} is already being served",
            hint="stop the other `ccsync sandbox serve`, or use it as it is",
        ) from error


def _forget(folder: Path) -> None:
    for pattern in _STATE:
        for path in folder.glob(pattern):
            path.unlink()


def _write(path: Path, text: str) -> None:
    """Write a file that is never seen half written, for its owner only."""
    draft = path.with_suffix(".draft")
    draft.touch(mode=0o600)
    draft.write_text(text, "utf-8")
    draft.replace(path)
