"""The installed units under a real systemd.

A copy of this machine, whose changes are thrown away, is started in a container of systemd's own, without a network.
There systemd is the first process: it reads the units, fences them in, starts and stops them. It takes two minutes.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "config.toml"
CCSYNC = Path(sys.executable).with_name("ccsync")
PLACE = "/srv/ccsync"
STATE = "/var/lib/ccsync-root/.sandbox/example"
OUTSIDE = f"""
set -e
mount -t tmpfs tmpfs copy
mkdir copy/changes copy/work copy/machine
mount -t overlay overlay -o lowerdir=/,upperdir=copy/changes,workdir=copy/work copy/machine
mkdir -p copy/machine{PLACE}
exec systemd-nspawn --quiet --directory=copy/machine --register=no --keep-unit --private-network \
    --bind="$PWD:{PLACE}" --boot systemd.run={PLACE}/inside \
    systemd.run_success_action=poweroff systemd.run_failure_action=poweroff
"""
INSIDE = f"""#!/bin/sh
cd {PLACE}
export HOME=/root
ccsync() {{ {CCSYNC} --config {PLACE}/config.toml --json "$@" >> answers 2>> complaints; }}
runs() {{ ls {STATE}/logs/*/*.jsonl | wc -l; }}
until_runs() {{ for _ in $(seq 90); do [ "$(runs)" -ge "$1" ] && break; sleep 1; done; }}
ccsync daemon install --systemd-timer --run-as root
ccsync daemon start
until_runs 2
ccsync daemon status
ccsync daemon stop
ccsync daemon status
ccsync daemon uninstall
ccsync daemon install --systemd-service --run-as root
ccsync daemon start
until_runs $(($(runs) + 2))
ccsync daemon status
systemctl show --property=StatusText,NRestarts ccsync_sandbox-example.service > shown
ccsync daemon stop
systemctl show --property=Result,ActiveState,UnitFileState ccsync_sandbox-example.service >> shown
ccsync logs list
ccsync daemon uninstall
journalctl --no-pager --output=cat --unit=ccsync_sandbox-example.service > journal
ls /etc/systemd/system | grep ccsync > left
"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.full,
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can start a container"),
    pytest.mark.skipif(shutil.which("systemd-nspawn") is None, reason="apt-get install systemd-container systemd-sysv"),
]


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder in which everything lies that was said while the units were installed, started and stopped."""
    folder = tmp_path_factory.mktemp("systemd")
    (folder / "copy").mkdir()
    config = EXAMPLE.read_text("utf-8").replace('interval = "3m"', 'interval = "10s"')
    (folder / "config.toml").write_text(config, "utf-8")
    (folder / "inside").write_text(INSIDE, "utf-8")
    (folder / "inside").chmod(0o755)
    words = ["unshare", "--mount", "/bin/sh", "-c", OUTSIDE]
    done = subprocess.run(
        words, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=400, check=False
    )
    assert (folder / "left").exists(), done.stdout + done.stderr
    return folder


@pytest.fixture(scope="module")
def answers(machine: Path) -> list[dict[str, Any]]:
    """Return what each command answered, in the order in which they were typed."""
    return [json.loads(line) for line in (machine / "answers").read_text("utf-8").splitlines()]


def test_every_command_succeeds_but_status_of_what_was_stopped(answers: list[dict[str, Any]]) -> None:
    assert [(one["command"].removeprefix("daemon "), one["exit_code"]) for one in answers] == [
        ("install", 0),
        ("start", 0),
        ("status", 0),
        ("stop", 0),
        ("status", 3),
        ("uninstall", 0),
        ("install", 0),
        ("start", 0),
        ("status", 0),
        ("stop", 0),
        ("logs list", 0),
        ("uninstall", 0),
    ]


def test_the_fenced_units_do_their_work(answers: list[dict[str, Any]]) -> None:
    (runs,) = (one["data"]["runs"] for one in answers if one["command"] == "logs list")
    assert len(runs) >= 4
    assert {one["result"] for one in runs} == {"success"}


def test_status_tells_what_drives_the_runs(answers: list[dict[str, Any]]) -> None:
    told = [one["data"] for one in answers if one["command"] == "daemon status"]
    assert [(one["running"], one["driver"]) for one in told] == [
        (True, "systemd-timer"),
        (False, "systemd-timer"),
        (True, "systemd-service"),
    ]
    assert told[2]["pid"] > 1
    assert told[2]["since"].endswith("Z")


def test_the_looping_unit_is_ready_tells_how_it_goes_and_ends_cleanly(machine: Path) -> None:
    shown = dict(line.split("=", 1) for line in (machine / "shown").read_text("utf-8").splitlines())
    assert "the last run went well" in shown.pop("StatusText")
    assert shown == {"NRestarts": "0", "Result": "success", "ActiveState": "inactive", "UnitFileState": "disabled"}


def test_the_journal_has_no_failure_in_it(machine: Path) -> None:
    journal = (machine / "journal").read_text("utf-8")
    assert "Deactivated successfully" in journal
    assert "Failed" not in journal


def test_nothing_is_left_of_the_units(machine: Path) -> None:
    assert (machine / "left").read_text("utf-8") == ""
