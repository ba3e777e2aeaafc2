"""ccsync as a user has it: an installed program, a configuration file, real sockets, and a real clock.

The configuration names both services by address, as it would the real ones: nothing here is the sandbox mode.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from html import unescape
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest
import requests

from ccsync.clock import SystemClock
from ccsync.sandbox.faults import Fault
from ccsync.sandbox.people import Population, population
from ccsync.sandbox.server import Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CONFIG = """
account = "acme"

[membrain]
url = "{membrain_url}"

[constant_contact]
client_id = "{client_id}"
api_url = "{api_url}"
auth_url = "{auth_url}"
redirect_port = {redirect_port}
requests_per_second = 4.0

[credentials]
store = "encrypted-file"
key_file = "{key_file}"

[[sync]]
name = "customers"
direction = "membrain-to-constant-contact"
filter = 'contact.custom["Newsletter"] == "Yes"'
list = "Customers"

[[sync.field]]
membrain = "contact.Name"
constant_contact = "full_name"

[[sync.field]]
membrain = "contact.JobTitle"
constant_contact = "job_title"
"""
PASSED_ON = ("PATH", "LANG", "LC_ALL", "TMPDIR", "PYTHONPATH", "COVERAGE_PROCESS_START")
HIDDEN = re.compile(r'name="([^"]+)" value="([^"]*)"')
ADDRESS = re.compile(r"https?://\S+")
SECONDS = 60
HELD = 30.0
"""Longer than any of these tests: a held request is let go when its fault is cleared."""


@dataclass(frozen=True)
class Outcome:
    """How a command ended."""

    code: int
    stdout: str
    stderr: str

    @property
    def said(self) -> tuple[str, str]:
        """The one clear line and the next command; beside them only where the run is told in full."""
        first, following, *rest = self.stderr.splitlines()
        assert self.stdout == ""
        assert first.startswith("ccsync: "), self.stderr
        assert following.startswith("  next: "), self.stderr
        assert [line[:7].strip() for line in rest] in ([], ["run:", "done:", "log:"]), self.stderr
        return first.removeprefix("ccsync: "), following.removeprefix("  next: ")


class House:
    """A user's machine with ccsync on it, and both services within reach."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.state = folder / "state"
        self.config = folder / "config.toml"
        self.key_file = folder / "key"
        services = folder / "services"
        services.mkdir(exist_ok=True)
        (services / "sandbox.seeded").touch()
        self.sandbox = Sandbox(services, SystemClock())
        self.sandbox.start()
        if not self.sandbox.membrain.count("users"):
            owner = population().colleagues[0]  # somebody made the key, who is no contact in these tests
            self.sandbox.membrain.load(Population([owner], [], []))
            self.sandbox.membrain.erase("contacts", owner.id)
        self.sandbox.constant_contact.set_switches(
            throttle_per_second=0, token_requests_per_second=0, device_interval_seconds=1
        )
        self.configure()

    def configure(self, more: str = "", **other: Any) -> None:
        """Write the configuration, with other addresses where that is wanted."""
        places = self.sandbox.endpoints()
        values: dict[str, Any] = {
            "membrain_url": places.membrain_url,
            "api_url": places.api_url,
            "auth_url": places.auth_url,
            "client_id": places.client_id,
            "redirect_port": 8765,
            "key_file": self.key_file,
        }
        self.config.write_text(CONFIG.format(**{**values, **other}) + more, "utf-8")

    def command(self, *words: str) -> list[str]:
        """Return the command line of the installed program."""
        return [sys.executable, "-m", "ccsync", *words]

    @property
    def variables(self) -> dict[str, str]:
        """What the program sees of the environment."""
        kept = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        home = str(self.folder / "home")
        return {**kept, "HOME": home, "CCSYNC_STATE_DIR": str(self.state), "CCSYNC_CONFIG": str(self.config)}

    def ccsync(self, *words: str, stdin: str = "", **how: Any) -> Outcome:
        """Type a command and wait for its end."""
        done = subprocess.run(
            self.command(*words),
            input=stdin,
            env=self.variables,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
            **how,
        )
        return Outcome(done.returncode, done.stdout, done.stderr)

    def run(self, *words: str) -> Outcome:
        """Type the main command."""
        return self.ccsync("run", "--once", *words)

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Type a command and do not wait."""
        return subprocess.Popen(
            self.command(*words),
            env=self.variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def log_in(self) -> None:
        """Log in to both services, the second one on another device."""
        assert self.ccsync("auth", "new-key", str(self.key_file)).code == 0
        key = self.sandbox.membrain.api_key
        assert self.ccsync("auth", "login", "membrain", "--with-key", stdin=f"{key}\n").code == 0
        outcome = self.log_in_again()
        assert outcome.code == 0, outcome.stderr

    def log_in_again(self) -> Outcome:
        """Log in to Constant Contact on another device; what it says of the address is not part of the answer."""
        with self.start("auth", "login", "constant-contact", "--device") as login:
            assert login.stderr is not None
            allow(address_in(login.stderr.readline()))
            stdout, stderr = login.communicate(timeout=SECONDS)
        return Outcome(login.returncode, stdout, stderr)

    def person(self, name: str, email: str, **values: Any) -> str:
        """Make somebody in Membrain who wants the newsletter."""
        return self.sandbox.membrain.create(
            "contacts", {"Name": name, "EmailAddress": email, "Newsletter": "Yes", **values}
        )

    def log(self) -> list[dict[str, Any]]:
        """Return what the log of the last run says so far."""
        *_, last = sorted(self.state.glob("acme/logs/*/*.jsonl"))
        return [json.loads(line) for line in last.read_text("utf-8").splitlines()]

    def titles(self) -> dict[str, str]:
        """Return everybody on the list, by address, with their job titles."""
        people = self.sandbox.constant_contact.people
        lists = {one["name"]: one["list_id"] for one in people.lists()}
        return {
            one["email_address"]["address"]: one.get("job_title", "")
            for one in people.all()
            if lists.get("Customers") in one.get("list_memberships", ())
        }


@contextmanager
def held_at(house: House, method: str, path: str, service: str) -> Iterator[subprocess.Popen[str]]:
    """Yield a run that stands still at a request, until the faults are cleared."""
    arrived = Event()
    wait = house.sandbox.faults.wait

    def told(seconds: float) -> None:
        arrived.set()
        wait(seconds)

    house.sandbox.faults.wait = told  # type: ignore[method-assign] # to know when the request is there
    house.sandbox.faults.add(Fault("slow", service, method, path, seconds=HELD))  # type: ignore[arg-type] # a name of the table
    with house.start("run", "--once") as process:
        try:
            assert arrived.wait(SECONDS)
            yield process
        finally:
            house.sandbox.faults.clear()


def ended(process: subprocess.Popen[str]) -> Outcome:
    stdout, stderr = process.communicate(timeout=SECONDS)
    return Outcome(process.returncode, stdout, stderr)


def address_in(line: str) -> str:
    """Return the address that a line tells somebody to open."""
    found = ADDRESS.search(line)
    assert found, line
    return found[0]


def allow(address: str, decision: str = "allow") -> requests.Response:
    """Play the person: open the page, press a button, and follow to wherever that leads."""
    page = requests.get(address, timeout=10)
    page.raise_for_status()
    hidden = {name: unescape(value) for name, value in HIDDEN.findall(page.text)}
    form = {**hidden, "decision": decision}
    return requests.post(address.partition("?")[0], data=form, timeout=10)


@pytest.fixture(scope="session", autouse=True)
def ctrl_c_is_heard() -> Iterator[None]:
    """Have children hear Ctrl-C: a shell that starts the tests in the background ignores it, and hands that down."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="session")
def lived_in(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a house where somebody has logged in and run once, with two people on the list."""
    folder = tmp_path_factory.mktemp("e2e") / "house"
    folder.mkdir()
    house = House(folder)
    try:
        house.log_in()
        house.person("Ann Berg", "ann@example.com", JobTitle="Clerk")
        house.person("Bo Lind", "bo@example.com", JobTitle="Clerk")
        outcome = house.run()
        assert outcome == Outcome(0, "", ""), outcome.stderr
        assert house.titles() == {"ann@example.com": "Clerk", "bo@example.com": "Clerk"}
    finally:
        house.sandbox.stop()
    return folder


@pytest.fixture
def house(lived_in: Path, tmp_path: Path) -> Iterator[House]:
    """Return a copy of that house."""
    shutil.copytree(lived_in, tmp_path / "house")
    made = House(tmp_path / "house")
    yield made
    made.sandbox.stop()


@pytest.fixture
def new_house(tmp_path: Path) -> Iterator[House]:
    """Return a house where nobody has logged in."""
    (tmp_path / "house").mkdir()
    made = House(tmp_path / "house")
    yield made
    made.sandbox.stop()
