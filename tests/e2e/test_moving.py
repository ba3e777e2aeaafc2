"""Timestamps and backups beside a real service: the installed program, its own processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from ccsync.clock import SystemClock
from ccsync.sandbox.people import Population, population
from ccsync.sandbox.server import Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.slow

CONFIG = """
account = "acme"
[sandbox]
enabled = true
[service]
interval = "1s"
[[sync]]
name = "customers"
direction = "membrain-to-constant-contact"
list = "Customers"
[[sync.field]]
membrain = "contact.Name"
constant_contact = "full_name"
"""


@dataclass
class Machine:
    """A machine with ccsync on it, and a served sandbox that nobody lives in yet."""

    folder: Path
    sandbox: Sandbox

    def ccsync(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Type a command and wait for its end."""
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "PYTHONPATH") if name in os.environ}
        mine = {"HOME": str(self.folder), "CCSYNC_STATE_DIR": str(self.folder / "state")}
        return subprocess.run(
            (sys.executable, "-m", "ccsync", "--config", str(self.folder / "config.toml"), *words),
            env={**kept, **mine},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def data(self, *words: str) -> dict[str, Any]:
        data = json.loads(self.ccsync(*words, "--json").stdout)["data"]
        assert isinstance(data, dict)
        return data

    def pid(self) -> int | None:
        pid = self.data("daemon", "status")["pid"]
        return None if pid is None else int(pid)


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    account = tmp_path / "state" / ".sandbox" / "acme"
    services = account / "services"
    services.mkdir(mode=0o700, parents=True)
    for made in (tmp_path / "state", tmp_path / "state" / ".sandbox", account):
        made.chmod(0o700)
    (services / "sandbox.seeded").touch()
    (tmp_path / "config.toml").write_text(CONFIG, "utf-8")
    sandbox = Sandbox(services, SystemClock())
    sandbox.start()
    owner = population().colleagues[0]  # somebody made the key, who is no contact here
    sandbox.membrain.load(Population([owner], [], []))
    sandbox.membrain.erase("contacts", owner.id)
    sandbox.membrain.create("contacts", {"Name": "Ann Berg", "EmailAddress": "ann@example.com"})
    made_machine = Machine(tmp_path, sandbox)
    assert made_machine.ccsync("run", "--once", "--yes").returncode == 0
    yield made_machine
    made_machine.ccsync("daemon", "stop")
    sandbox.stop()


def test_a_timestamp_is_set_beside_a_service_by_stopping_it_and_starting_it_again(machine: Machine) -> None:
    assert machine.ccsync("daemon", "start").returncode == 0
    before = machine.pid()
    refused = machine.ccsync("timestamp", "set", "1d")
    assert (refused.returncode, "daemon stop" in refused.stderr) == (75, True)
    assert machine.pid() == before

    moved = machine.data("timestamp", "set", "1d", "--restart")

    assert moved["restarted"] is True
    assert {one["stream"] for one in moved["moved"]} >= {"membrain.contacts", "constant_contact.contacts"}
    after = machine.pid()
    assert after is not None
    assert after != before


def test_a_service_that_cannot_have_its_timestamp_moved_goes_on(machine: Machine) -> None:
    assert machine.ccsync("daemon", "start").returncode == 0
    before = machine.pid()

    assert machine.ccsync("timestamp", "set", "2099-01-01", "--restart").returncode == 2
    assert machine.ccsync("timestamp", "undo", "--restart").returncode == 2

    assert machine.data("daemon", "status")["running"] is True
    assert before is not None


def test_a_backup_is_taken_beside_a_service_and_put_back_when_it_has_stopped(machine: Machine) -> None:
    assert machine.ccsync("daemon", "start").returncode == 0
    taken = machine.data("state", "backup", str(machine.folder / "acme.zip"))
    assert machine.ccsync("state", "restore", taken["path"]).returncode == 75
    machine.ccsync("daemon", "stop")

    assert machine.data("state", "restore", taken["path"])["carried_over"] is True

    ran = machine.data("run", "--once")
    assert (ran["result"], ran["created"], ran["unchanged"]) == ("success", 0, 1)
