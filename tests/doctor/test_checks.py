"""What is said of each fact: well, a warning, or a failure with the next command."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ccsync.constant_contact.budget import BudgetState
from ccsync.credentials.store import ConstantContactTokens
from ccsync.doctor.budget import BudgetFacts, check_budget
from ccsync.doctor.configuration import FileFacts, check_config_file
from ccsync.doctor.disk import FolderFacts, LogFacts, RoomFacts, check_folder, check_logs, check_room
from ccsync.doctor.finding import Level
from ccsync.doctor.login import GrantFacts, check_grant
from ccsync.doctor.night import NightFacts, Places, bare_environment, check_night
from ccsync.doctor.service import (
    HolderFacts,
    InstalledFacts,
    LockFacts,
    ServiceFacts,
    check_lock,
    check_service,
)
from ccsync.doctor.services import (
    ClockFacts,
    ContactsFacts,
    MembrainFacts,
    check_clocks,
    check_contacts,
    check_membrain,
)
from ccsync.doctor.state import RunFacts, StateFacts, check_runs, check_state
from ccsync.errors import Unreachable
from ccsync.state.values import RunRecord

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ccsync.doctor.finding import Finding

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ALL = frozenset({"account:read", "contacts:read", "contacts:write", "contacts:lists:read", "contacts:lists:write"})


def named(name: str, findings: Iterable[Finding]) -> Finding:
    """Return the one finding of a name."""
    (found,) = [one for one in findings if one.name == name]
    return found


def outcome(found: Finding) -> tuple[Level, int]:
    return found.level, int(found.exit_code)


class TestTheConfigurationsFile:
    @pytest.mark.parametrize(
        ("mode", "owner", "expected"),
        [
            (0o600, 1000, (Level.OK, 0)),
            (0o644, 1000, (Level.OK, 0)),
            (0o644, 0, (Level.OK, 0)),
            (0o664, 1000, (Level.FAIL, 74)),
            (0o646, 1000, (Level.FAIL, 74)),
            (0o600, 1001, (Level.WARN, 0)),
        ],
    )
    def test_may_be_read_by_all_and_changed_by_its_owner(
        self, mode: int, owner: int, expected: tuple[Level, int]
    ) -> None:
        (found,) = check_config_file(FileFacts(Path("/c.toml"), mode, owner, user=1000))
        assert outcome(found) == expected


class TestTheDisk:
    @pytest.mark.parametrize(
        ("free", "files", "expected"),
        [
            (50_000_000_000, 1_000_000, (Level.OK, 0)),
            (50_000_000_000, None, (Level.OK, 0)),
            (300_000_000, 1_000_000, (Level.WARN, 0)),
            (1_000_000, 1_000_000, (Level.FAIL, 74)),
            (50_000_000_000, 0, (Level.FAIL, 74)),
        ],
    )
    def test_has_room_for_bytes_and_for_files(self, free: int, files: int | None, expected: tuple[Level, int]) -> None:
        (found,) = check_room(RoomFacts(Path("/state"), free, files))
        assert outcome(found) == expected

    def test_a_folder_that_cannot_be_written_names_who_cannot(self) -> None:
        facts = FolderFacts(Path("/state/acme"), "CCSYNC_STATE_DIR", "ann", exists=True, writable=False)
        found = named("state-folder", check_folder(facts))
        assert outcome(found) == (Level.FAIL, 74)
        assert found.said == "/state/acme (CCSYNC_STATE_DIR) cannot be written by ann"

    def test_logs_beyond_their_size_are_no_failure(self) -> None:
        (found,) = check_logs(LogFacts(Path("/logs"), 480, 2_000_000_000, "2026-09-01", 1_000_000_000))
        assert outcome(found) == (Level.WARN, 0)
        assert "480 files, 2 GB of 1 GB, since 2026-09-01" in found.said


class TestTheState:
    def test_of_an_older_program_is_brought_up_to_date_by_the_next_run(self) -> None:
        (found,) = check_state(StateFacts(1, 2, 4096, whole=True))
        assert (found.level, found.mend) == (Level.WARN, "ccsync run --once")

    @pytest.mark.parametrize(
        ("result", "age", "expected", "level"),
        [
            ("success", 4, True, Level.OK),
            ("success", 60, True, Level.WARN),
            ("success", 60, False, Level.OK),
            ("partial", 4, True, Level.WARN),
            ("interrupted", 4, True, Level.WARN),
            ("", 4, True, Level.WARN),
            ("stopped", 4, True, Level.FAIL),
            ("failed", 4, True, Level.FAIL),
        ],
    )
    def test_the_last_run_is_told_by_its_result_and_its_age(
        self, result: str, age: int, expected: bool, level: Level
    ) -> None:
        last = RunRecord("r", NOW - timedelta(minutes=age), NOW, result, message="ann@example.com was refused")
        (found,) = check_runs(RunFacts(last, NOW - timedelta(days=1), NOW, timedelta(minutes=3), expected))
        assert found.level is level
        assert f"{age} minutes ago" in found.said
        assert "ann@example.com" not in found.said

    def test_a_last_run_that_is_still_to_come_tells_of_a_wrong_clock(self) -> None:
        last = RunRecord("r", NOW + timedelta(hours=1), NOW + timedelta(hours=1), "success")
        (found,) = check_runs(RunFacts(last, last.started, NOW, timedelta(minutes=3), expected=False))
        assert (found.level, found.mend) == (Level.WARN, "timedatectl")
        assert found.said == f"r: success, dated {last.started:%Y-%m-%d %H:%M:%S} UTC, in the future"


def tokens(**changes: Any) -> ConstantContactTokens:
    values: dict[str, Any] = {
        "access_token": "access-canary",
        "refresh_token": "refresh-canary",
        "expires_at": NOW + timedelta(hours=20),
        "scope": "contact_data account_read offline_access",
        "account_id": "a1",
        "account_name": "Ann Berg's shop",
        "obtained_at": NOW - timedelta(days=300),
        "refreshed_at": NOW - timedelta(hours=4),
        "client_id": "app-1",
    }
    return ConstantContactTokens(**{**values, **changes})


def grant(bound: str | None = "a1", **changes: Any) -> list[Finding]:
    found = list(check_grant(GrantFacts(tokens(**changes), "app-1", bound, NOW)))
    assert "canary" not in str(found)
    assert "Ann" not in str(found)
    return found


class TestTheLogin:
    def test_is_well_when_it_is_renewed_by_runs(self) -> None:
        assert [one.level for one in grant()] == [Level.OK] * 3

    @pytest.mark.parametrize(
        ("days", "expected"),
        [(1, (Level.OK, 0)), (149, (Level.OK, 0)), (151, (Level.WARN, 0)), (181, (Level.FAIL, 77))],
    )
    def test_ends_when_it_was_not_used_for_180_days(self, days: int, expected: tuple[Level, int]) -> None:
        found = named("refresh-token", grant(refreshed_at=NOW - timedelta(days=days)))
        assert outcome(found) == expected

    @pytest.mark.parametrize(
        ("kind", "said"),
        [
            ("rotating", "rotating: each one works once"),
            ("long-lived", "long-lived, the same one after each renewal"),
            ("", "rotating or long-lived shows at its first renewal"),
        ],
    )
    def test_says_its_kind(self, kind: str, said: str) -> None:
        assert said in named("refresh-token", grant(kind=kind)).said

    def test_of_another_application_is_not_good(self) -> None:
        assert outcome(named("constant-contact-login", grant(client_id="app-2"))) == (Level.FAIL, 77)

    def test_of_another_account_than_the_states_says_how_to_switch(self) -> None:
        found = named("constant-contact-login", grant(bound="a2"))
        assert outcome(found) == (Level.FAIL, 77)
        assert "--switch-account" in found.mend

    def test_before_the_first_run_no_account_is_bound(self) -> None:
        assert named("constant-contact-login", grant(bound=None)).level is Level.OK

    def test_that_does_not_cover_all_names_what_is_missing(self) -> None:
        found = named("scopes", grant(scope="contact_data"))
        assert outcome(found) == (Level.FAIL, 77)
        assert "account_read, offline_access" in found.said

    def test_whose_scopes_were_not_told_is_not_held_against_it(self) -> None:
        assert named("scopes", grant(scope="")).level is Level.OK


def contacts(**changes: Any) -> list[Finding]:
    values: dict[str, Any] = {
        "login_account": "a1",
        "account": "a1",
        "privileges": ALL,
        "lists": frozenset({"Customers"}),
        "custom_fields": frozenset({"Owner"}),
        "wanted_lists": frozenset({"customers"}),
        "wanted_fields": frozenset({"Owner"}),
    }
    return list(check_contacts(ContactsFacts(**{**values, **changes})))


class TestTheServices:
    def test_that_answer_and_allow_everything_are_well(self) -> None:
        assert [one.level for one in contacts()] == [Level.OK] * 4
        assert [one.level for one in check_membrain(MembrainFacts("acme.membrain.com", 3))] == [Level.OK]

    def test_a_login_that_opens_another_account_than_it_was_stored_for(self) -> None:
        assert outcome(named("constant-contact", contacts(account="a2"))) == (Level.FAIL, 77)

    def test_a_missing_privilege_is_named(self) -> None:
        found = named("privileges", contacts(privileges=ALL - {"contacts:write"}))
        assert outcome(found) == (Level.FAIL, 3)
        assert found.said.endswith("contacts:write")

    def test_what_was_answered_before_the_trouble_is_told(self) -> None:
        trouble = Unreachable("no answer", hint="ccsync run --once")
        found = contacts(lists=None, custom_fields=None, trouble=trouble)
        assert [one.name for one in found] == ["constant-contact", "privileges", "constant-contact"]
        assert outcome(found[-1]) == (Level.FAIL, 69)

    @pytest.mark.parametrize(
        ("there", "wanted", "expected"),
        [
            (1, "List 0", (Level.OK, 0)),
            (1, "list 0", (Level.OK, 0)),
            (1, "Customers", (Level.OK, 0)),
            (960, "List 1", (Level.WARN, 0)),
            (999, "Customers", (Level.WARN, 0)),
            (1000, "List 1", (Level.WARN, 0)),
            (1000, "Customers", (Level.FAIL, 3)),
        ],
    )
    def test_an_account_holds_1000_lists(self, there: int, wanted: str, expected: tuple[Level, int]) -> None:
        lists = frozenset(f"List {n}" for n in range(there))
        assert outcome(named("lists", contacts(lists=lists, wanted_lists=frozenset({wanted})))) == expected

    def test_an_account_holds_100_custom_fields(self) -> None:
        fields = frozenset(f"Field {n}" for n in range(99))
        wanted = frozenset({"Owner", "Language"})
        found = named("custom-fields", contacts(custom_fields=fields, wanted_fields=wanted))
        assert outcome(found) == (Level.FAIL, 3)
        assert found.said == '99 of 100: no room to make "Language", "Owner"'

    @pytest.mark.parametrize(
        ("ahead", "behind", "said"),
        [
            (0, 0, "agrees with Membrain and Constant Contact's"),
            (119, 0, "agrees with Membrain and Constant Contact's"),
            (600, 0, "the clock of this machine is 10 minutes ahead of Constant Contact's"),
            (0, 7200, "the clock of this machine is 2 hours behind Constant Contact's"),
        ],
    )
    def test_the_clock_may_be_two_minutes_off(self, ahead: int, behind: int, said: str) -> None:
        right = ClockFacts(timedelta(), timedelta())
        theirs = ClockFacts(timedelta(seconds=ahead), timedelta(seconds=behind))
        (found,) = check_clocks([("Membrain", right), ("Constant Contact", theirs)], timedelta(minutes=2))
        assert found.said == said
        assert found.mend == ("" if said.startswith("agrees") else "timedatectl set-ntp true")

    def test_of_a_clock_that_nothing_was_compared_with_nothing_is_said(self) -> None:
        assert list(check_clocks([], timedelta())) == []


def budget(used: int = 100, *, spent: bool = False, **changes: Any) -> list[Finding]:
    day = BudgetState(10_000, used, 500, datetime(2026, 11, 24, tzinfo=UTC), spent)
    values: dict[str, Any] = {"interval": timedelta(minutes=3), "by_runs": used, "throttled": 0, "per_run": 2}
    return list(check_budget(BudgetFacts(day=day, **{**values, **changes})))


class TestTheBudget:
    @pytest.mark.parametrize(
        ("used", "spent", "expected"),
        [
            (100, False, (Level.OK, 0)),
            (7_700, False, (Level.WARN, 0)),
            (9_500, False, (Level.FAIL, 75)),
            (100, True, (Level.FAIL, 75)),
        ],
    )
    def test_of_today_is_short_before_it_is_spent(self, used: int, spent: bool, expected: tuple[Level, int]) -> None:
        assert outcome(named("budget", budget(used, spent=spent))) == expected

    def test_holds_an_interval_of_three_minutes(self) -> None:
        assert named("interval", budget()).said == "every 3m takes about 960 calls a day, at 2 a run"

    def test_that_cannot_hold_the_interval_says_which_one_it_can(self) -> None:
        found = named("interval", budget(interval=timedelta(seconds=10)))
        assert outcome(found) == (Level.WARN, 0)
        assert found.said == "every 10s takes about 17,280 calls a day, at 2 a run, and 9,500 are there"
        assert '`[service] interval = "1m"`' in found.mend

    def test_goes_by_what_runs_have_taken_of_late(self) -> None:
        found = named("interval", budget(per_run=30))
        assert "14,400 calls" in found.said
        assert '`[service] interval = "5m"`' in found.mend

    def test_that_the_service_counts_higher_than_we_do_shows_another_program(self) -> None:
        found = named("client-id", budget(100, spent=True))
        assert found.level is Level.WARN
        assert "another program uses the key" in found.said

    def test_to_be_slowed_down_at_our_pace_shows_another_program(self) -> None:
        assert named("client-id", budget(throttled=3)).level is Level.WARN

    def test_calls_of_this_machine_that_no_run_has_made_are_told(self) -> None:
        assert "40 are of this account's runs, 60 of" in named("client-id", budget(by_runs=40)).said


def holder(pid: int = 17, *, hours: float = 0, alive: bool = True) -> HolderFacts:
    return HolderFacts(pid, NOW - timedelta(hours=hours), alive)


class TestTheLock:
    @pytest.mark.parametrize(
        ("held", "level"),
        [
            (None, Level.OK),
            (holder(hours=0.5), Level.OK),
            (holder(hours=3), Level.WARN),
            (holder(alive=False), Level.WARN),
            (HolderFacts(0, None, alive=True), Level.OK),
        ],
    )
    def test_is_free_or_held_for_as_long_as_a_run_takes(self, held: HolderFacts | None, level: Level) -> None:
        (found,) = check_lock(LockFacts(held, NOW))
        assert found.level is level


def installed(**changes: Any) -> InstalledFacts:
    values: dict[str, Any] = {
        "kind": "cron",
        "user": "ann",
        "running": True,
        "detail": "cron starts a run every 3 minutes",
        "changed": (),
        "command": Path("/opt/ccsync"),
        "command_there": True,
        "folder": Path("/state/acme"),
        "our_folder": Path("/state/acme"),
    }
    return InstalledFacts(**{**values, **changes})


class TestTheService:
    @pytest.mark.parametrize(
        ("facts", "level", "mend"),
        [
            (ServiceFacts(None, None, None), Level.WARN, "ccsync daemon start"),
            (ServiceFacts(NOW, None, installed()), Level.WARN, "ccsync daemon start"),
            (ServiceFacts(None, holder(), None), Level.OK, ""),
            (ServiceFacts(None, None, installed()), Level.OK, ""),
            (ServiceFacts(None, None, installed(running=False)), Level.WARN, "ccsync daemon start"),
        ],
        ids=["nothing", "off", "process", "installed", "installed but off"],
    )
    def test_makes_runs_come_by_themselves(self, facts: ServiceFacts, level: Level, mend: str) -> None:
        found = named("service", check_service(facts))
        assert (found.level, found.mend) == (level, mend)

    @pytest.mark.parametrize(
        ("changes", "expected"),
        [
            ({}, (Level.OK, 0)),
            ({"changed": (("/etc/systemd/system/x.timer", "edited"),)}, (Level.OK, 0)),
            ({"changed": (("/etc/systemd/system/x.timer", "gone"),)}, (Level.FAIL, 74)),
            ({"command_there": False}, (Level.FAIL, 74)),
            ({"our_folder": Path("/elsewhere")}, (Level.WARN, 0)),
        ],
    )
    def test_what_is_installed_is_still_whole(self, changes: dict[str, Any], expected: tuple[Level, int]) -> None:
        assert outcome(named("installed", check_service(ServiceFacts(None, None, installed(**changes))))) == expected


def night(**changes: Any) -> list[Finding]:
    here = Places("/home/ann/ccsync.toml", "/data/acme")
    values: dict[str, Any] = {
        "here": here,
        "there": here,
        "program": "/opt/ccsync",
        "on_path": "/usr/bin/ccsync",
        "root": "/data",
        "installed": False,
    }
    return list(check_night(NightFacts(**{**values, **changes})))


class TestTheNight:
    def test_is_as_the_day_when_everything_is_found(self) -> None:
        assert [one.level for one in night()] == [Level.OK] * 3

    def test_another_state_folder_says_which_line_the_crontab_needs(self) -> None:
        there = Places("/home/ann/ccsync.toml", "/home/ann/.local/state/ccsync/acme")
        found = named("cron-state", night(there=there))
        assert outcome(found) == (Level.FAIL, 78)
        assert found.mend.startswith("write CCSYNC_STATE_DIR=/data above the line")

    def test_a_configuration_that_cron_does_not_find(self) -> None:
        found = named("cron-config", night(there=Places("", "/data/acme")))
        assert outcome(found) == (Level.FAIL, 78)
        assert found.said == "here it is /home/ann/ccsync.toml, under cron none"

    def test_a_program_that_crons_path_does_not_lead_to(self) -> None:
        assert named("cron-command", night(on_path=None)).mend.startswith("write /opt/ccsync in the line")
        assert named("cron-command", night(on_path=None, installed=True)).level is Level.OK

    def test_has_four_variables(self) -> None:
        assert set(bare_environment("/home/ann", "ann")) == {"HOME", "LOGNAME", "SHELL", "PATH"}
