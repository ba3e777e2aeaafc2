"""A background process: started without a terminal, found by its lock, never two, stopped in time. Real processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ccsync.clock import SystemClock
from ccsync.errors import ExitCode, LocalError, TryLater
from ccsync.service.background import Background
from ccsync.service.bulletin import Bulletin, Notice
from ccsync.state.folder import ServiceLock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# Serves as ccsync does: takes the lock, says so on the board, and ends when it is asked.
SERVES = """
import os, signal, sys
from pathlib import Path
from ccsync.clock import SystemClock
from ccsync.service.bulletin import Bulletin, Notice
from ccsync.state.folder import ServiceLock
from ccsync.errors import Locked

folder, how = Path(sys.argv[1]), sys.argv[2]
clock = SystemClock()
if how == "ends at once":
    print("ccsync: the state is damaged\\n  next: ccsync doctor", file=sys.stderr)
    sys.exit(74)
if how == "never serves":
    signal.pause()
if how == "is deaf":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
(folder / "pids").open("a").write(f"{os.getpid()}\\n")
try:
    lock = ServiceLock(folder, clock)
    lock.acquire()
except Locked:
    sys.exit(75)
Bulletin(folder).post(Notice(os.getpid(), clock.now(), os.environ["CCSYNC_SERVICE"], "1.0", "planning (300)"))
if how == "leaves slowly":
    def leave(*_):
        lock.release()
        signal.sigtimedwait([], 0.3)
        sys.exit(0)
    signal.signal(signal.SIGTERM, leave)
while True:
    signal.pause()
"""


class House:
    """One account's folder, and everybody who serves it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.script = folder / "serves.py"
        self.script.write_text(SERVES, "utf-8")
        self.told: list[str] = []

    def driver(
        self,
        how: str = "serves",
        tell: Callable[[str], None] | None = None,
        start_within: float = 30,
        stop_within: float = 40,
        **variables: str,
    ) -> Background:
        return Background(
            self.folder,
            SystemClock(),
            command=(sys.executable, str(self.script), str(self.folder), how),
            environ={**os.environ, "NOTIFY_SOCKET": "/nowhere", **variables},
            tell=tell or self.told.append,
            start_within=start_within,
            stop_within=stop_within,
        )

    @property
    def pid(self) -> int:
        holder = ServiceLock(self.folder, SystemClock()).held()
        assert holder is not None
        return holder.pid

    def end(self) -> None:
        with suppress(OSError):
            for line in (self.folder / "pids").read_text().splitlines():
                with suppress(ProcessLookupError):
                    os.kill(int(line), signal.SIGKILL)
                with suppress(ChildProcessError):
                    os.waitpid(int(line), 0)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """Return an account that nobody serves; whoever does in the end is ended."""
    made = House(tmp_path)
    yield made
    made.end()


def facts_of(pid: int) -> dict[str, str]:
    """Return what the system knows of a process."""
    with open(f"/proc/{pid}/environ", encoding="utf-8") as file:  # noqa: PTH123 - not a file to keep
        environ = file.read()
    return {
        "session": str(os.getsid(pid)),
        "folder": os.readlink(f"/proc/{pid}/cwd"),  # noqa: PTH115 - as above
        "stdin": os.readlink(f"/proc/{pid}/fd/0"),  # noqa: PTH115 - as above
        "stderr": os.readlink(f"/proc/{pid}/fd/2"),  # noqa: PTH115 - as above
        "environ": environ,
    }


class TestStart:
    def test_returns_when_the_process_serves_in_a_session_of_its_own_without_a_terminal(self, house: House) -> None:
        driver = house.driver()
        driver.start()
        facts = facts_of(house.pid)
        assert facts["session"] == str(house.pid)
        assert (facts["folder"], facts["stdin"]) == ("/", "/dev/null")
        assert facts["stderr"] == str(house.folder / "service.log")
        assert "NOTIFY_SOCKET" not in facts["environ"]
        state = driver.state()
        assert (state.running, state.pid, state.driver) == (True, house.pid, "background")
        assert state.detail == "planning (300)"

    def test_a_second_one_leaves_the_first_alone(self, house: House) -> None:
        house.driver().start()
        first = house.pid
        house.driver().start()
        assert house.pid == first
        assert (house.folder / "pids").read_text() == f"{first}\n"

    def test_two_in_the_same_moment_are_one_in_the_end(self, house: House) -> None:
        line = (
            "import sys; from pathlib import Path; from ccsync.clock import SystemClock; import os\n"
            "from ccsync.service.background import Background\n"
            "Background(Path(sys.argv[1]), SystemClock(), environ=os.environ, tell=print, "
            "command=(sys.executable, *sys.argv[2:])).start()"
        )
        words = (str(house.folder), str(house.script), str(house.folder), "serves")
        both = [subprocess.Popen((sys.executable, "-W", "ignore", "-c", line, *words)) for _ in range(2)]
        assert [one.wait(30) for one in both] == [0, 0]
        alive = [int(pid) for pid in (house.folder / "pids").read_text().split() if is_alive(int(pid))]
        assert alive == [house.pid]

    def test_a_configuration_and_a_folder_that_were_named_from_here_are_found_from_anywhere(self, house: House) -> None:
        driver = house.driver(CCSYNC_CONFIG="here.toml", CCSYNC_STATE_DIR="state")
        driver.start()
        environ = facts_of(house.pid)["environ"].split("\0")
        assert f"CCSYNC_CONFIG={Path.cwd() / 'here.toml'}" in environ
        assert f"CCSYNC_STATE_DIR={Path.cwd() / 'state'}" in environ

    def test_one_that_ends_at_once_is_told_with_its_own_words_and_exit_code(self, house: House) -> None:
        with pytest.raises(LocalError) as caught:
            house.driver("ends at once").start()
        assert caught.value.message == "the service ended at once, with exit code 74: the state is damaged"
        assert caught.value.hint == "ccsync doctor"
        assert caught.value.exit_code == ExitCode.LOCAL

    def test_one_that_does_not_come_to_serve_is_ended_again_and_told(self, house: House) -> None:
        with pytest.raises(LocalError, match=r"did not start within 0\.5 seconds"):
            house.driver("never serves", start_within=0.5).start()
        assert not house.driver().state().running

    def test_what_a_killed_one_left_written_stops_nobody(self, house: House) -> None:
        house.driver().start()
        first = house.pid
        os.kill(first, signal.SIGKILL)
        os.waitpid(first, 0)
        assert not house.driver().state().running
        house.driver().start()
        assert house.pid != first


@pytest.mark.slow
class TestStop:
    def test_asks_and_waits_until_the_process_has_ended_and_not_only_let_go(self, house: House) -> None:
        driver = house.driver("leaves slowly")
        driver.start()
        pid = house.pid
        driver.stop()
        assert not is_alive(pid)
        assert not driver.state().running

    def test_one_that_leaves_by_itself_is_seen_out(self, house: House) -> None:
        driver = house.driver("leaves slowly")
        driver.start()
        pid = house.pid
        with driver.seen_out():
            os.kill(pid, signal.SIGTERM)
            while driver.state().running:
                pass
            assert is_alive(pid)
        assert not is_alive(pid)

    def test_nobody_there_is_as_good(self, house: House) -> None:
        house.driver().stop()

    def test_one_that_goes_on_too_long_is_told_and_not_killed(self, house: House) -> None:
        driver = house.driver("is deaf", stop_within=1.3)
        driver.start()
        with pytest.raises(TryLater) as caught:
            driver.stop()
        assert caught.value.hint == "ccsync daemon stop --now"
        assert house.told == [f"waiting for process {house.pid} to finish the record in hand: planning (300)"]
        assert is_alive(house.pid)

    def test_a_process_that_does_not_hold_the_lock_is_left_alone_whoever_wrote_its_number(self, house: House) -> None:
        """The number is another machine's, or of a process that was killed: it may be anybody's by now."""
        driver = house.driver(stop_within=0.3)
        driver.start()
        served, stranger = house.pid, subprocess.Popen(("sleep", "60"))
        try:
            (house.folder / "service.json").write_text(f'{{"pid": {stranger.pid}, "since": ""}}')
            for way in (driver.stop, driver.kill):
                with pytest.raises(LocalError, match="does not run here"):
                    way()
            assert stranger.poll() is None
            assert is_alive(served)
        finally:
            stranger.kill()
            stranger.wait()

    def test_while_one_command_stops_or_starts_it_another_one_waits_and_says_so(self, house: House) -> None:
        done: list[str] = []

        def stops() -> None:
            with house.driver().alone():
                holding.set()
                go_on.wait(30)
                done.append("stop")

        holding, go_on = threading.Event(), threading.Event()
        other = threading.Thread(target=stops)
        other.start()
        assert holding.wait(30)

        def told(text: str) -> None:
            house.told.append(text)
            go_on.set()

        with house.driver(tell=told).alone():
            done.append("start")
        other.join(30)
        assert done == ["stop", "start"]
        assert house.told == [f"waiting for process {os.getpid()}, which starts or stops the service"]

    def test_a_process_that_only_says_it_serves_is_left_alone(self, house: House) -> None:
        """A stale file names a process that has nothing to do with it: this one."""
        Bulletin(house.folder).post(Notice(os.getpid(), SystemClock().now(), "background", "1.0"))
        (house.folder / "service.json").write_text(f'{{"pid": {os.getpid()}, "since": ""}}')
        house.driver().stop()


@pytest.mark.slow
def test_now_ends_even_a_process_that_does_not_hear_and_says_so(house: House) -> None:
    driver = house.driver("is deaf")
    driver.start()
    pid = house.pid
    driver.kill()
    assert house.told[-1] == f"process {pid} does not end by itself, and is ended by force"
    assert not driver.state().running


def is_alive(pid: int) -> bool:
    """Tell whether a process is there, and not only waits to be counted."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:  # noqa: PTH123 - not a file to keep
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
