"""The service as somebody has it: the installed program, real processes, signals and sockets, a served sandbox."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ccsync.clock import SystemClock
from ccsync.sandbox.people import Population, population
from ccsync.sandbox.server import Sandbox
from ccsync.service.bulletin import Bulletin, Notice

if TYPE_CHECKING:
    from collections.abc import Iterator

CONFIG = """
account = "acme"
[sandbox]
enabled = true
[service]
interval = "1s"
sweep = "1h"
[[sync]]
name = "customers"
direction = "membrain-to-constant-contact"
list = "Customers"
[[sync.field]]
membrain = "contact.Name"
constant_contact = "full_name"
[[sync.field]]
membrain = "contact.JobTitle"
constant_contact = "job_title"
"""
SECONDS = 60
CYCLES = 500
SAMPLE = 6


class House:
    """A machine with ccsync on it; both services are simulated by this process."""

    def __init__(self, folder: Path) -> None:
        self.config = folder / "config.toml"
        self.config.write_text(CONFIG, "utf-8")
        self.state = folder / "state"
        self.account = self.state / ".sandbox" / "acme"
        services = self.account / "services"
        services.mkdir(mode=0o700, parents=True)
        for made in (self.state, self.state / ".sandbox", self.account):
            made.chmod(0o700)
        (services / "sandbox.seeded").touch()
        self.sandbox = Sandbox(services, SystemClock())
        self.sandbox.start()
        owner = population().colleagues[0]  # somebody made the key, who is no contact here
        self.sandbox.membrain.load(Population([owner], [], []))
        self.sandbox.membrain.erase("contacts", owner.id)
        self.sandbox.constant_contact.set_switches(throttle_per_second=0, token_requests_per_second=0)
        self.more: dict[str, str] = {}

    @property
    def variables(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR", "PYTHONPATH") if name in os.environ}
        mine = {"HOME": str(self.state), "CCSYNC_STATE_DIR": str(self.state), "CCSYNC_CONFIG": str(self.config)}
        return {**kept, **mine, **self.more}

    def ccsync(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Type a command and wait for its end."""
        return subprocess.run(
            (sys.executable, "-m", "ccsync", *words),
            env=self.variables,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
            stdin=subprocess.DEVNULL,
        )

    def foreground(self, *words: str) -> subprocess.Popen[str]:
        """Type the loop, and do not wait."""
        return subprocess.Popen(
            (sys.executable, "-m", "ccsync", "run", *words),
            env=self.variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def status(self) -> dict[str, Any]:
        data = json.loads(self.ccsync("daemon", "status", "--json").stdout)["data"]
        assert isinstance(data, dict)
        return data

    def person(self, number: int) -> str:
        return self.sandbox.membrain.create(
            "contacts", {"Name": f"Person {number}", "EmailAddress": f"p{number}@example.com", "JobTitle": "Clerk"}
        )

    def titles(self) -> dict[str, list[str]]:
        """Return the job titles in Constant Contact by address: one for each contact that has the address."""
        found: dict[str, list[str]] = {}
        for one in self.sandbox.constant_contact.people.all():
            found.setdefault(one["email_address"]["address"], []).append(one.get("job_title", ""))
        return found

    def processes(self) -> list[int]:
        """Return every process that serves this account, found by its environment and not by what it says."""
        mine = f"CCSYNC_STATE_DIR={self.state}\0".encode()
        found = []
        for folder in Path("/proc").iterdir():
            with suppress(OSError):
                if folder.name.isdigit() and mine in (folder / "environ").read_bytes():
                    found.append(int(folder.name))
        return sorted(found)

    def notice(self) -> Notice | None:
        return Bulletin(self.account).read()

    def until(self, what: Any, seconds: float = SECONDS) -> Any:
        """Look until something is so, and return it."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if found := what():
                return found
            time.sleep(0.02)
        raise AssertionError("it did not happen")

    def end(self) -> None:
        for pid in self.processes():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.sandbox.stop()


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """Return a machine where nobody serves yet."""
    made = House(tmp_path)
    yield made
    made.end()


@pytest.mark.slow
class TestTheDaemon:
    def test_brings_people_across_by_itself_and_is_stopped_for_good(self, house: House) -> None:
        house.person(1)
        assert house.ccsync("daemon", "start").returncode == 0
        house.until(lambda: "p1@example.com" in house.titles())
        house.person(2)
        house.until(lambda: "p2@example.com" in house.titles())
        assert house.ccsync("daemon", "status").returncode == 0
        assert house.status()["driver"] == "background"
        stopped = house.ccsync("daemon", "stop")
        assert (stopped.returncode, stopped.stdout) == (0, "")
        assert house.processes() == []
        assert house.ccsync("daemon", "status").returncode == 3
        assert house.ccsync("run", "--once", "--scheduled").returncode == 0
        house.person(3)
        assert "p3@example.com" not in house.titles()

    def test_starts_itself_anew_when_another_version_is_installed(self, house: House, tmp_path: Path) -> None:
        metadata = tmp_path / "newer" / "ccsync-0.0.dist-info" / "METADATA"
        metadata.parent.mkdir(parents=True)
        metadata.write_text("Metadata-Version: 2.1\nName: ccsync\nVersion: 8.0\n", "utf-8")
        house.more = {"PYTHONPATH": str(metadata.parents[1])}
        house.ccsync("daemon", "start")
        before = house.status()
        assert before["version"] == "8.0"
        metadata.write_text("Metadata-Version: 2.1\nName: ccsync\nVersion: 9.0\n", "utf-8")
        house.until(lambda: (notice := house.notice()) and notice.version == "9.0")
        assert house.status()["pid"] == before["pid"]
        assert house.ccsync("daemon", "stop").returncode == 0
        log = (house.account / "service.log").read_text("utf-8")
        assert "another version of ccsync was installed: starting it" in log

    def test_keeps_the_old_configuration_while_the_new_one_is_wrong(self, house: House) -> None:
        house.ccsync("daemon", "start")
        log = house.account / "service.log"
        house.config.write_text(CONFIG.replace('"1s"', '"soon"'), "utf-8")
        house.until(lambda: "goes on with the configuration as it was" in log.read_text("utf-8"))
        house.person(1)
        house.until(lambda: "p1@example.com" in house.titles())
        house.config.write_text(CONFIG.replace('"1s"', '"2s"'), "utf-8")
        house.until(lambda: "is right again" in log.read_text("utf-8"))
        assert log.read_text("utf-8").count("as it was") == 1

    def test_a_wrong_configuration_is_told_by_start_and_nothing_is_left_running(self, house: House) -> None:
        house.config.write_text(CONFIG.replace('"1s"', '"soon"'), "utf-8")
        assert house.ccsync("daemon", "start").returncode == 78
        assert house.processes() == []


@pytest.mark.slow
class TestUnderSystemd:
    def test_it_hears_ready_the_parts_of_a_run_the_watchdog_and_stopping(self, house: House, tmp_path: Path) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
            listener.bind(str(tmp_path / "notify"))
            listener.settimeout(SECONDS)
            house.more = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "300000"}
            with house.foreground() as service:
                heard = [listener.recv(4096).decode()]
                while sum("next run at" in one for one in heard) < 2:
                    heard.append(listener.recv(4096).decode())
                service.send_signal(signal.SIGTERM)
                stdout, stderr = service.communicate(timeout=SECONDS)
                listener.setblocking(False)
                with suppress(BlockingIOError):
                    while True:
                        heard.append(listener.recv(4096).decode())
        assert heard[0].startswith("READY=1\n")
        assert any(one.startswith("STATUS=reading ") for one in heard)
        assert heard.count("WATCHDOG=1") > 3
        assert heard[-1] == "STOPPING=1\nSTATUS=asked to stop"
        assert (service.returncode, stdout) == (0, "")
        assert stderr.splitlines()[0] == f"ccsync: the service has started (process {service.pid})"


@pytest.mark.slow
def test_a_loop_in_the_foreground_is_stopped_by_the_same_command(house: House) -> None:
    with house.foreground("--json") as service:
        house.until(house.notice)
        assert house.status()["driver"] == "foreground"
        assert house.ccsync("run").returncode == 75
        assert house.ccsync("daemon", "stop").returncode == 0
        stdout, _ = service.communicate(timeout=SECONDS)
    assert service.returncode == 0
    assert {json.loads(line)["command"] for line in stdout.splitlines()} <= {"run"}


class Cycles:
    """Starts, stops, kills and restarts in a random order, with somebody who edits all the time."""

    def __init__(self, house: House, seed: int) -> None:
        self.house = house
        self.random = random.Random(seed)
        self.people: list[str] = []
        self.wanted: dict[str, str] = {}
        self.counts: dict[str, int] = {}

    def go(self, cycles: int) -> None:
        for number in range(cycles):
            self.edit(number)
            self.start()
            if self.random.random() < 0.5:
                self.edit(-number - 1)
            time.sleep(self.random.random() * 0.6)  # to be hit at any moment
            act = self.random.choice([self.stop, self.kill, self.kill, self.restart])
            self.counts[act.__name__] = self.counts.get(act.__name__, 0) + 1
            act()

    def edit(self, number: int) -> None:
        membrain = self.house.sandbox.membrain
        if number >= 0:
            self.people.append(self.house.person(number))
            self.wanted[f"p{number}@example.com"] = "Clerk"
        if self.people and self.random.random() < 0.7:
            index = self.random.randrange(len(self.people))
            title = f"Title {self.random.randrange(1_000_000)}"
            membrain.edit("contacts", self.people[index], JobTitle=title)
            self.wanted[f"p{index}@example.com"] = title

    def start(self) -> None:
        done = self.house.ccsync("daemon", "start")
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        self.one_serves()

    def stop(self) -> None:
        done = self.house.ccsync("daemon", "stop")
        assert (done.returncode, done.stdout) == (0, ""), done.stderr
        assert self.house.processes() == []

    def kill(self) -> None:
        (pid,) = self.house.processes()
        os.kill(pid, signal.SIGKILL)
        self.house.until(lambda: self.house.processes() == [])

    def restart(self) -> None:
        (before,) = self.house.processes()
        done = self.house.ccsync("daemon", "restart")
        assert (done.returncode, done.stdout) == (0, ""), done.stderr
        assert self.one_serves() != before

    def one_serves(self) -> int:
        (pid,) = self.house.processes()
        notice = self.house.notice()
        assert notice is not None
        assert notice.pid == pid
        return pid

    def settle(self) -> None:
        """Stop, let one more run bring what is left, and see that nothing is left, lost or doubled."""
        house = self.house
        house.ccsync("daemon", "stop")
        assert house.processes() == []
        for _ in range(2):
            assert house.ccsync("run", "--once").returncode == 0
        assert {address: [title] for address, title in self.wanted.items()} == house.titles()
        last = json.loads(house.ccsync("run", "--once", "--json").stdout)["data"]
        assert [last[name] for name in ("created", "updated", "added", "removed", "failed")] == [0] * 5


@pytest.mark.slow
def test_cycles_of_start_stop_kill_and_restart_leave_no_orphan_no_double_and_lose_nothing(house: House) -> None:
    cycles = Cycles(house, seed=1)
    cycles.go(SAMPLE)
    cycles.settle()


@pytest.mark.slow
@pytest.mark.full
def test_five_hundred_of_them_as_well(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    cycles = Cycles(house, seed=2)
    began = time.monotonic()
    cycles.go(CYCLES)
    cycles.settle()
    logs = list((house.account / "logs").rglob("*.jsonl"))
    with capsys.disabled():
        took = time.monotonic() - began
        sys.stdout.write(f"\n{CYCLES} cycles: {cycles.counts}, {len(logs)} runs, {took:.0f} s\n")
