"""Starting and stopping what is installed.

There is no systemd as first process where these tests run: a program of its name on the path writes down what it was
asked, and answers what a test has it answer.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ccsync.errors import LocalError, TryLater
from ccsync.service import systemctl
from ccsync.service.installed_drivers import PATIENCE, CronDriver, SystemdDriver, driver_of
from ccsync.service.record import Installation
from ccsync.service.switch import Switch
from ccsync.service.written import CRONTAB, Piece, digest
from ccsync.state.folder import AccountLock, Holder

if TYPE_CHECKING:
    from collections.abc import Callable

NOON = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
RECORDER = """#!/bin/sh
echo "$@" >> "{calls}"
case "$*" in *" show "*|"show "*) cat "{shown}";; esac
if [ -s "{complaint}" ]; then cat "{complaint}" >&2; exit 1; fi
"""
BLOCK = """# >>> ccsync-acme, written by: ccsync daemon install; to take it back: ccsync daemon uninstall
x
# <<< ccsync-acme
"""
TIMER = Installation(
    name="ccsync-acme",
    kind="systemd-timer",
    scope="system",
    account="acme",
    config="/etc/ccsync/config.toml",
    command=("/opt/ccsync/bin/ccsync",),
    user="ccsync",
    state_dir="/var/lib/ccsync",
    folder="/var/lib/ccsync/acme",
    key="key file /etc/ccsync/key",
    credential="",
    credential_encrypted=False,
    key_by_hand=True,
    interval_seconds=180,
    files=(),
    installed_at="2026-11-23T12:00:00Z",
)
SERVICE = replace(TIMER, kind="systemd-service")


@dataclass
class Clock:
    """Time that passes only when somebody waits; ``meanwhile`` is what happens then."""

    passed: float = 1000.0
    meanwhile: Callable[[], None] | None = None

    def now(self) -> datetime:
        return NOON + timedelta(seconds=self.passed - 1000.0)

    def monotonic(self) -> float:
        return self.passed

    def sleep(self, seconds: float) -> None:
        self.passed += seconds
        if self.meanwhile is not None:
            self.meanwhile()


@dataclass
class Systemd:
    """The recorder, and what it has heard."""

    folder: Path

    def __post_init__(self) -> None:
        program = self.folder / "systemctl"
        names = {name: self.folder / name for name in ("calls", "shown", "complaint")}
        program.write_text(RECORDER.format(**names), "utf-8")
        program.chmod(0o755)
        for path in names.values():
            path.touch()

    @property
    def environ(self) -> dict[str, str]:
        return {"PATH": f"{self.folder}:/usr/bin:/bin"}

    @property
    def heard(self) -> list[str]:
        return (self.folder / "calls").read_text("utf-8").splitlines()

    def show(self, **properties: str) -> None:
        text = "".join(f"{name}={value}\n" for name, value in properties.items())
        (self.folder / "shown").write_text(text, "utf-8")

    def complain(self, text: str) -> None:
        (self.folder / "complaint").write_text(text + "\n", "utf-8")


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Systemd:
    """Return a recorder in place of systemctl, on a machine that looks as if systemd ran it."""
    monkeypatch.setattr(systemctl, "BOOTED", tmp_path)
    return Systemd(tmp_path)


def driver(systemd: Systemd, installation: Installation, clock: Clock | None = None) -> SystemdDriver:
    made = driver_of(installation, systemd.environ, clock or Clock(), print)
    assert isinstance(made, SystemdDriver)
    return made


class TestSystemd:
    def test_start_enables_the_timer_so_that_it_comes_back_with_the_machine(self, systemd: Systemd) -> None:
        driver(systemd, TIMER).start()
        assert systemd.heard == ["enable --now ccsync-acme.timer --no-ask-password"]

    def test_stop_disables_the_timer_and_ends_a_run_that_is_on(self, systemd: Systemd) -> None:
        driver(systemd, TIMER).stop()
        assert systemd.heard == [
            "disable --now ccsync-acme.timer --no-ask-password",
            "stop ccsync-acme.service --no-ask-password",
        ]

    def test_the_looping_service_is_one_unit(self, systemd: Systemd) -> None:
        driver(systemd, SERVICE).start()
        driver(systemd, SERVICE).stop()
        assert systemd.heard == [
            "enable --now ccsync-acme.service --no-ask-password",
            "disable --now ccsync-acme.service --no-ask-password",
        ]

    def test_a_user_s_own_unit_is_the_business_of_the_user_s_manager(self, systemd: Systemd) -> None:
        driver(systemd, replace(SERVICE, scope="user")).start()
        assert systemd.heard == ["--user enable --now ccsync-acme.service"]

    def test_state_tells_the_process_and_since_when(self, systemd: Systemd) -> None:
        systemd.show(
            ActiveState="active", MainPID="4711", ActiveEnterTimestampMonotonic="940000000", UnitFileState="enabled"
        )
        state = driver(systemd, SERVICE).state()
        assert (state.running, state.pid, state.since) == (True, 4711, NOON - timedelta(seconds=60))
        assert (state.driver, state.detail) == ("systemd-service", "ccsync-acme.service is active, enabled")

    def test_state_of_what_was_stopped(self, systemd: Systemd) -> None:
        systemd.show(ActiveState="inactive", MainPID="0", ActiveEnterTimestampMonotonic="0", UnitFileState="disabled")
        state = driver(systemd, TIMER).state()
        assert (state.running, state.pid, state.since) == (False, None, None)
        assert state.detail == "ccsync-acme.timer is inactive, disabled"

    def test_a_refusal_is_told_with_systemd_s_words_and_the_line_to_type(
        self, systemd: Systemd, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(os, "geteuid", lambda: 1000)
        systemd.complain("Failed to enable unit: Access denied")
        with pytest.raises(LocalError, match="Access denied") as refused:
            driver(systemd, TIMER).start()
        assert refused.value.hint == "sudo systemctl enable --now ccsync-acme.timer"

    def test_a_user_for_whom_no_manager_works_is_told_how_to_get_one(self, systemd: Systemd) -> None:
        systemd.complain("Failed to connect to bus: No medium found")
        with pytest.raises(LocalError) as refused:
            driver(systemd, replace(TIMER, scope="user")).start()
        assert "loginctl enable-linger" in refused.value.hint
        assert refused.value.hint.endswith("systemctl --user enable --now ccsync-acme.timer")

    def test_a_machine_that_systemd_does_not_run_is_told_so_and_nothing_is_tried(
        self, systemd: Systemd, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(systemctl, "BOOTED", systemd.folder / "nothing")
        with pytest.raises(LocalError, match="systemd does not run on this machine"):
            driver(systemd, TIMER).start()
        state = driver(systemd, TIMER).state()
        assert (state.running, state.detail) == (False, "systemd does not run on this machine")
        assert systemd.heard == []

    def test_a_machine_without_systemd_is_told_so(self, systemd: Systemd) -> None:
        (systemd.folder / "systemctl").unlink()
        with pytest.raises(LocalError, match="systemd does not run on this machine"):
            SystemdDriver(TIMER, {"PATH": str(systemd.folder)}, Clock()).start()


@pytest.fixture
def cron(tmp_path: Path) -> Installation:
    """Return a line for cron that is there, and an account's folder."""
    folder = tmp_path / "state" / "acme"
    folder.mkdir(parents=True)
    (tmp_path / "crontab").write_text(f"#!/bin/sh\ncat <<'END'\n{BLOCK}END\n", "utf-8")
    (tmp_path / "crontab").chmod(0o755)
    return replace(TIMER, kind="cron", scope="user", folder=str(folder), files=(Piece(CRONTAB, digest(BLOCK)),))


def cron_driver(cron: Installation, clock: Clock, told: list[str] | None = None) -> CronDriver:
    environ = {"PATH": f"{Path(cron.folder).parents[1]}:/usr/bin:/bin"}
    return CronDriver(cron, environ, clock, ([] if told is None else told).append)


class TestCron:
    def test_state_tells_how_often_runs_come(self, cron: Installation) -> None:
        state = cron_driver(cron, Clock()).state()
        assert (state.running, state.detail) == (True, "cron starts a run every 3m")

    def test_the_line_stays_when_the_service_is_switched_off_and_does_not_count_as_running(
        self, cron: Installation
    ) -> None:
        Switch(Path(cron.folder), Clock()).turn_off()
        state = cron_driver(cron, Clock()).state()
        assert (state.running, state.detail) == (False, "cron's line (every 3m) is switched off")

    def test_whoever_may_not_see_the_switch_is_told_what_cron_does(
        self, cron: Installation, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(_switch: Switch) -> bool:
            raise PermissionError

        monkeypatch.setattr(Switch, "is_off", refuse)
        assert cron_driver(cron, Clock()).state().detail == "cron starts a run every 3m"

    def test_a_line_that_somebody_took_out_does_not_run(self, cron: Installation, tmp_path: Path) -> None:
        (tmp_path / "crontab").write_text("#!/bin/sh\necho 0 4 '* * *' backup\n", "utf-8")
        state = cron_driver(cron, Clock()).state()
        assert (state.running, state.detail) == (False, "the line for cron is gone: ccsync daemon install --cron")

    def test_stop_waits_for_the_run_that_is_on_and_says_so_once(self, cron: Installation) -> None:
        told: list[str] = []
        clock = Clock()
        run = AccountLock(Path(cron.folder), clock)
        run.acquire()
        waits = iter([None, run.release])

        def meanwhile() -> None:
            if (what := next(waits)) is not None:
                what()

        clock.meanwhile = meanwhile
        cron_driver(cron, clock, told).stop()
        holder = f"(process {os.getpid()}, since 2026-11-23T12:00:00Z)"
        assert told == [f"waiting for the run that is on {holder}"]

    def test_stop_gives_up_on_a_run_that_takes_too_long_and_ends_nothing_by_force(
        self, cron: Installation, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        clock = Clock()
        (Path(cron.folder) / AccountLock.name).touch()
        monkeypatch.setattr(AccountLock, "held", lambda _lock: Holder(os.getpid(), "2026-11-23T12:00:00Z"))
        with pytest.raises(TryLater, match="still on after 120 seconds") as late:
            cron_driver(cron, clock).stop()
        assert f"kill {os.getpid()} ends that run" in late.value.hint
        assert clock.passed == 1000 + PATIENCE
