"""The units that ``ccsync daemon install`` writes: what starts, how it is fenced in, and how intervals are written."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from ccsync.errors import UsageError
from ccsync.service.job import Credential, Job, Kind, Scope
from ccsync.service.schedule import cron_fields, on_calendar
from ccsync.service.units import units

TIMER = Job(
    Kind.TIMER,
    Scope.SYSTEM,
    "acme",
    sandbox=False,
    config=Path("/etc/ccsync/config.toml"),
    command=("/usr/bin/true",),
    user="daemon",
    state_dir=Path("/var/lib/ccsync"),
    interval=timedelta(minutes=3),
    credential=Credential(Path("/etc/credstore.encrypted/ccsync-acme.cred"), encrypted=True),
)
SERVICE = replace(TIMER, kind=Kind.SERVICE)
MINE = replace(TIMER, scope=Scope.USER, credential=None, state_dir=Path("/home/ann/.local/state/ccsync"))
EVERY = {
    "timer": TIMER,
    "service": SERVICE,
    "timer of a user": MINE,
    "service of a user": replace(MINE, kind=Kind.SERVICE),
    "with everything in a home folder": replace(
        SERVICE, home=True, temporary=True, writable=(Path("/srv/my metrics"),)
    ),
    "with an interval that no calendar holds": replace(TIMER, interval=timedelta(minutes=7)),
    "with a folder of its own": replace(TIMER, state_named=True, state_dir=Path("/srv/100% mine/state")),
    "with the key file as it is": replace(TIMER, credential=Credential(Path("/etc/ccsync/key"), encrypted=False)),
}


def lines(job: Job, unit: str = "ccsync-acme.service") -> list[str]:
    return units(job)[unit].splitlines()


class TestTheTimer:
    def test_starts_one_run_as_a_unit_of_its_own_every_interval(self) -> None:
        written = units(TIMER)
        assert list(written) == ["ccsync-acme.service", "ccsync-acme.timer"]
        assert "Type=oneshot" in written["ccsync-acme.service"]
        assert (
            "ExecStart=/usr/bin/true --config /etc/ccsync/config.toml run --once --scheduled"
            in written["ccsync-acme.service"]
        )
        assert "OnCalendar=*-*-* *:0/3:00" in written["ccsync-acme.timer"]

    def test_makes_up_for_a_run_that_the_machine_slept_through_and_spreads_the_runs_of_many(self) -> None:
        assert {"Persistent=true", "RandomizedDelaySec=18", "AccuracySec=1s"} <= set(lines(TIMER, "ccsync-acme.timer"))

    def test_counts_from_the_last_run_when_no_calendar_holds_the_interval(self) -> None:
        odd = lines(replace(TIMER, interval=timedelta(minutes=7)), "ccsync-acme.timer")
        assert "OnUnitActiveSec=420" in odd
        assert not [line for line in odd if line.startswith("OnCalendar=")]

    def test_does_not_cut_a_long_first_run_short(self) -> None:
        assert "TimeoutStartSec=infinity" in lines(TIMER)


class TestTheService:
    def test_runs_again_and_again_and_tells_systemd_that_it_is_alive(self) -> None:
        assert {
            "Type=notify",
            "WatchdogSec=300",
            "ExecStart=/usr/bin/true --config /etc/ccsync/config.toml run",
            "WantedBy=multi-user.target",
        } <= set(lines(SERVICE))

    def test_is_not_started_again_while_nobody_is_logged_in_or_the_configuration_is_wrong(self) -> None:
        assert {"Restart=on-failure", "RestartPreventExitStatus=77 78"} <= set(lines(SERVICE))


@pytest.mark.parametrize("job", [TIMER, SERVICE, MINE], ids=["timer", "service", "of a user"])
def test_trying_later_and_being_stopped_are_no_failures(job: Job) -> None:
    assert "SuccessExitStatus=75 143" in lines(job)


def test_the_state_is_made_by_systemd_for_the_user_of_its_own_alone() -> None:
    assert {"User=daemon", "StateDirectory=ccsync", "StateDirectoryMode=0700", "UMask=0077"} <= set(lines(TIMER))


def test_a_folder_that_was_named_is_named_to_the_unit_and_open_to_it() -> None:
    named = lines(replace(TIMER, state_named=True, state_dir=Path("/srv/state")))
    assert {"Environment=CCSYNC_STATE_DIR=/srv/state", "ReadWritePaths=/srv/state"} <= set(named)
    assert not [line for line in named if line.startswith("StateDirectory=")]


def test_the_key_comes_encrypted_from_systemd() -> None:
    assert "LoadCredentialEncrypted=ccsync-key:/etc/credstore.encrypted/ccsync-acme.cred" in lines(TIMER)


def test_the_machine_s_units_read_the_system_and_write_to_their_own_folder_alone() -> None:
    assert {
        "ProtectSystem=strict",
        "ProtectHome=yes",
        "PrivateTmp=yes",
        "NoNewPrivileges=yes",
        "CapabilityBoundingSet=",
        "MemoryDenyWriteExecute=yes",
    } <= set(lines(TIMER)) & set(lines(SERVICE))


def test_a_user_s_own_unit_asks_for_nothing_that_takes_root() -> None:
    words = {line.partition("=")[0] for line in lines(MINE)}
    assert not words & {"User", "StateDirectory", "CapabilityBoundingSet", "ProtectSystem", "LoadCredentialEncrypted"}
    assert "NoNewPrivileges" in words


def test_blanks_percent_and_dollar_signs_in_a_path_reach_the_program_as_they_are() -> None:
    odd = replace(TIMER, config=Path('/srv/100% $HOME "x"/config.toml'))
    assert 'ExecStart=/usr/bin/true --config "/srv/100%% $$HOME \\"x\\"/config.toml" run --once --scheduled' in lines(
        odd
    )


def test_the_sandbox_has_units_of_its_own() -> None:
    assert not set(units(replace(TIMER, sandbox=True))) & set(units(TIMER))


@pytest.mark.parametrize(
    ("minutes", "fields", "calendar"),
    [
        (1, "* * * * *", "*-*-* *:*:00"),
        (3, "*/3 * * * *", "*-*-* *:0/3:00"),
        (60, "0 * * * *", "*-*-* *:00:00"),
        (360, "0 */6 * * *", "*-*-* 0/6:00:00"),
        (1440, "0 0 * * *", "*-*-* 00:00:00"),
    ],
)
def test_an_interval_as_cron_and_as_systemd_write_it(minutes: int, fields: str, calendar: str) -> None:
    interval = timedelta(minutes=minutes)
    assert (cron_fields(interval), on_calendar(interval)) == (fields, calendar)


@pytest.mark.parametrize(
    ("seconds", "nearest"),
    [(30, "every 1m"), (420, "every 6m or 10m"), (5400, "every 1h or 2h"), (172800, "every 24h")],
)
def test_what_cron_cannot_hold_is_refused_with_the_nearest(seconds: int, nearest: str) -> None:
    with pytest.raises(UsageError, match=nearest) as refused:
        cron_fields(timedelta(seconds=seconds))
    assert "--systemd-timer" in refused.value.hint


def analyzer(runtime: Path, *words: str) -> subprocess.CompletedProcess[str]:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd-analyze is not installed (apt-get install systemd)")
    variables = {"PATH": os.environ["PATH"], "TZ": "UTC", "LC_ALL": "C", "XDG_RUNTIME_DIR": str(runtime)}
    return subprocess.run([program, *words], capture_output=True, text=True, check=False, env=variables)


@pytest.mark.slow
@pytest.mark.parametrize("job", EVERY.values(), ids=EVERY)
def test_systemd_finds_nothing_wrong_with_the_units(job: Job, tmp_path: Path) -> None:
    written = units(job)
    for name, text in written.items():
        (tmp_path / name).write_text(text, "utf-8")
    done = analyzer(
        tmp_path, "verify", *(["--user"] if job.scope is Scope.USER else []), *(str(tmp_path / one) for one in written)
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@pytest.mark.slow
@pytest.mark.parametrize("job", [one for one in EVERY.values() if one.scope is Scope.SYSTEM])
def test_the_machine_s_units_are_fenced_in_to_a_score_of_2_at_most(job: Job, tmp_path: Path) -> None:
    unit = tmp_path / "ccsync-acme.service"
    unit.write_text(units(job)[unit.name], "utf-8")
    done = analyzer(tmp_path, "security", "--offline=true", "--no-pager", str(unit))
    score = re.search(r"Overall exposure level for \S+: ([0-9.]+)", done.stdout)
    assert score is not None, done.stderr
    assert float(score[1]) <= 2.0


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [1, 30, 60, 180, 3600, 21600, 86400])
def test_systemd_s_calendar_repeats_at_the_interval(seconds: int, tmp_path: Path) -> None:
    done = analyzer(tmp_path, "calendar", "--iterations=3", on_calendar(timedelta(seconds=seconds)))
    moments = [
        datetime.strptime(f"{one} +0000", "%Y-%m-%d %H:%M:%S %z")
        for one in re.findall(r"(?:Next elapse|Iter\. #\d): \w+ (\S+ \S+) UTC", done.stdout)
    ]
    assert [(later - sooner).total_seconds() for sooner, later in pairwise(moments)] == [seconds, seconds], done.stderr
