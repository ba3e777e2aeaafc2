"""What `ccsync status` tells of the service: whether runs come by themselves, and when the next one does."""

from __future__ import annotations

import json
import os
import time
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from filelock import FileLock

from ccsync.service.bulletin import Bulletin, Notice
from ccsync.service.record import Installation, save
from ccsync.service.switch import Switch
from ccsync.service.written import Piece
from ccsync.state.folder import AccountLock

from .conftest import NOON, StoppedClock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .conftest import CommandLine, FakeApplication

NEXT = NOON + timedelta(minutes=3)


@pytest.fixture
def serving(after_a_run: FakeApplication) -> Iterator[FakeApplication]:
    """Return an account that a background process serves."""
    notice = Notice(4711, NOON, "background", "0.1.0", next_run=NEXT)
    with FileLock(after_a_run.folder / "service"):
        Bulletin(after_a_run.folder).post(notice)
        yield after_a_run


def installed(kind: str, config: Path, seconds: int, variables: dict[str, str], *, started: bool = True) -> None:
    """Have runs installed for a configuration; a timer that is started is a link in systemd's folder."""
    folder, units = str(config.parent), config.parent / "units"
    if started:
        (units / "timers.target.wants").mkdir(parents=True)
        (units / "timers.target.wants/ccsync-acme.timer").symlink_to(units / "ccsync-acme.timer")
    save(
        Installation(
            name="ccsync-acme",
            kind=kind,
            scope="user",
            account="acme",
            config=str(config),
            command=("/opt/ccsync/bin/ccsync",),
            user="ann",
            state_dir=folder,
            folder=folder,
            key="the keyring",
            credential="",
            credential_encrypted=False,
            key_by_hand=True,
            interval_seconds=seconds,
            files=(Piece(f"{units}/ccsync-acme.{kind.removeprefix('systemd-')}", "0" * 64),),
            installed_at="2026-11-23T12:00:00Z",
        ),
        variables,
    )


@pytest.mark.usefixtures("after_a_run")
def test_nothing_starts_runs(ccsync: CommandLine) -> None:
    assert "Service: no runs by themselves; ccsync daemon start begins them" in ccsync("status").stdout
    data = ccsync("status", "--json").data
    assert (data["service"]["state"], data["next_run"]) == ("stopped", None)


@pytest.mark.usefixtures("serving")
def test_the_service_that_loops_and_its_next_run(ccsync: CommandLine) -> None:
    shown = ccsync("status").stdout
    assert "Service: runs by itself (background, process 4711)" in shown
    assert "Next run: 2026-11-23 12:03:00 UTC" in shown
    data = ccsync("status", "--json").data
    assert data["next_run"] == "2026-11-23T12:03:00.000Z"
    service = data["service"]
    assert (service["state"], service["driver"], service["pid"]) == ("running", "background", 4711)
    assert service["since"] == "2026-11-23T12:00:00.000Z"


def test_a_service_that_was_killed_is_not_there(ccsync: CommandLine, after_a_run: FakeApplication) -> None:
    Bulletin(after_a_run.folder).post(Notice(4711, NOON, "background", "0.1.0", next_run=NEXT))
    assert ccsync("status", "--json").data["service"]["state"] == "stopped"


@pytest.mark.parametrize(
    ("kind", "seconds", "following"),
    [
        ("cron", 180, "2026-11-23T12:03:00.000Z"),
        ("systemd-timer", 900, "2026-11-23T12:15:00.000Z"),
        ("systemd-timer", 420, None),  # counted from the start of the last run
        ("cron", 6 * 3600, None),
    ],
)
@pytest.mark.usefixtures("after_a_run")
def test_what_is_installed_starts_runs(
    kind: str, seconds: int, following: str | None, ccsync: CommandLine, config_file: Path
) -> None:
    folder = config_file.parent
    variables = {**ccsync.variables, "XDG_CONFIG_HOME": str(folder / "etc"), "CCSYNC_STATE_DIR": str(folder)}
    ccsync.variables = variables
    installed(kind, config_file, seconds, variables)
    data = ccsync("--config", str(config_file), "status", "--json").data
    assert (data["service"]["state"], data["service"]["driver"]) == ("scheduled", kind)
    assert data["next_run"] == following
    assert f"Service: started by {kind}" in ccsync("--config", str(config_file), "status").stdout


@pytest.mark.usefixtures("after_a_run")
def test_a_timer_that_nobody_has_started_starts_none(ccsync: CommandLine, config_file: Path) -> None:
    ccsync.variables = variables = {**ccsync.variables, "XDG_CONFIG_HOME": str(config_file.parent / "etc")}
    installed("systemd-timer", config_file, 180, variables, started=False)
    data = ccsync("--config", str(config_file), "status", "--json").data
    assert (data["service"]["state"], data["next_run"]) == ("stopped", None)


@pytest.mark.usefixtures("after_a_run")
def test_the_next_run_is_at_a_whole_hour_of_this_machine_s_own_time(
    ccsync: CommandLine, config_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ccsync.variables = variables = {**ccsync.variables, "XDG_CONFIG_HOME": str(config_file.parent / "etc")}
    installed("cron", config_file, 3600, variables)
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("TZ", "Asia/Kolkata")  # five hours and a half ahead
        time.tzset()
        data = ccsync("--config", str(config_file), "status", "--json").data
    time.tzset()
    assert data["next_run"] == "2026-11-23T12:30:00.000Z"


@pytest.mark.usefixtures("after_a_run")
def test_an_installed_service_that_does_not_run_starts_none(ccsync: CommandLine, config_file: Path) -> None:
    ccsync.variables = variables = {**ccsync.variables, "XDG_CONFIG_HOME": str(config_file.parent / "etc")}
    installed("systemd-service", config_file, 180, variables)
    data = ccsync("--config", str(config_file), "status", "--json").data
    assert (data["service"]["state"], data["next_run"]) == ("stopped", None)


def test_switched_off_means_no_next_run(ccsync: CommandLine, serving: FakeApplication) -> None:
    Switch(serving.folder, StoppedClock()).turn_off()
    shown = ccsync("status").stdout
    assert "Service: switched off since 2026-11-23 12:00:00 UTC; ccsync daemon start switches it on" in shown
    data = ccsync("status", "--json").data
    assert (data["service"]["state"], data["next_run"]) == ("off", None)


def test_a_run_that_is_on(ccsync: CommandLine, serving: FakeApplication) -> None:
    with AccountLock(serving.folder, StoppedClock()):
        assert "Service: runs by itself (background, process 4711); a run is on" in ccsync("status").stdout
        service = ccsync("status", "--json").data["service"]
    assert (service["run_on"], service["run_since"]) == (True, "2026-11-23T12:00:00Z")


def test_a_run_that_was_killed_is_not_on(ccsync: CommandLine, after_a_run: FakeApplication) -> None:
    (after_a_run.folder / "lock").touch()
    (after_a_run.folder / "lock.json").write_text(json.dumps({"pid": os.getpid(), "since": "2026-11-23T12:00:00Z"}))
    service = ccsync("status", "--json").data["service"]
    assert (service["run_on"], service["run_since"]) == (False, None)


def test_looking_leaves_the_lock_as_it_was(ccsync: CommandLine, after_a_run: FakeApplication) -> None:
    with AccountLock(after_a_run.folder, StoppedClock()) as lock:
        ccsync("status")
        assert lock.holder() is not None
    ccsync("status")
    with AccountLock(after_a_run.folder, StoppedClock()):
        pass
