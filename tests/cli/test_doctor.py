"""`ccsync doctor`, against both services on the loopback, with the real configuration, state and logins."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ccsync.cli.app import execute
from ccsync.cli.session import Environment
from ccsync.constant_contact.budget import Budget
from ccsync.credentials.encrypted_file import EncryptedFileStore
from ccsync.credentials.key import KeySources, new_key
from ccsync.credentials.store import MEMBRAIN, MembrainKey, read_tokens
from ccsync.sandbox.faults import Fault
from ccsync.sandbox.people import Population, population
from ccsync.sandbox.server import Sandbox
from ccsync.service.switch import Switch
from ccsync.state.calls import CallCounter
from ccsync.state.folder import AccountLock
from ccsync.wiring.places import Places
from ccsync.wiring.sandbox_login import log_in

from .conftest import Outcome, Stream

if TYPE_CHECKING:
    from collections.abc import Iterator

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
CONFIG = """
account = "acme"

[membrain]
url = "{membrain_url}"

[constant_contact]
client_id = "{client_id}"
api_url = "{api_url}"
auth_url = "{auth_url}"

[credentials]
store = "encrypted-file"
key_file = "{key_file}"

[[sync]]
name = "customers"
direction = "membrain-to-constant-contact"
list = "Customers"

[[sync.field]]
membrain = "contact.Name"
constant_contact = "full_name"
"""
EXAMPLE = Path(__file__).parents[2] / "examples" / "config.toml"
SOMETHING_TO_TYPE = re.compile(r"\bccsync [a-z-]|\b(chmod|ls|df|ps|mv|pip install|timedatectl) |^write CCSYNC_")


@dataclass
class HandClock:
    """Moves when somebody waits, or when it is set."""

    at: datetime = NOON
    passed: float = 0.0

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.passed

    def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)
        self.passed += seconds


@dataclass
class House:
    """A user's machine: a configuration, a state folder and logins, and both services within reach."""

    folder: Path
    sandbox: Sandbox
    theirs: HandClock
    clock: HandClock = field(default_factory=HandClock)
    secrets: tuple[str, ...] = ()
    more: dict[str, str] = field(default_factory=dict)

    @property
    def state(self) -> Path:
        return self.folder / "state"

    @property
    def account(self) -> Path:
        return self.state / "acme"

    @property
    def config(self) -> Path:
        return self.folder / "config.toml"

    @property
    def variables(self) -> dict[str, str]:
        return {
            "HOME": str(self.folder / "home"),
            "PATH": os.environ["PATH"],
            "CCSYNC_STATE_DIR": str(self.state),
            "CCSYNC_CONFIG": str(self.config),
            "COLUMNS": "80",
            **self.more,
        }

    def write_config(self, **other: str) -> None:
        places = self.sandbox.endpoints()
        values = {
            "membrain_url": places.membrain_url,
            "client_id": places.client_id,
            "api_url": places.api_url,
            "auth_url": places.auth_url,
            "key_file": str(self.folder / "key"),
        }
        self.config.write_text(CONFIG.format(**{**values, **other}), "utf-8")

    def ccsync(self, *words: str, terminal: bool = False) -> Outcome:
        stdout, stderr = Stream(terminal=terminal), Stream(terminal=terminal)
        environment = Environment(io.StringIO(), stdout, stderr, self.variables, self.clock)
        code = execute(words, environment)
        return Outcome(code, stdout.getvalue(), stderr.getvalue())

    def doctor(self, *words: str) -> dict[str, list[dict[str, Any]]]:
        """Return what is found by name; every finding that is not well says what to type, and none holds a secret."""
        outcome = self.ccsync("doctor", "--json", *words)
        checks = outcome.data["checks"]
        assert outcome.code == outcome.envelope["exit_code"] == outcome.data["exit_code"]
        assert [
            one["name"] for one in checks if one["level"] != "ok" and not SOMETHING_TO_TYPE.search(one["mend"])
        ] == []
        assert [one["name"] for one in checks if one["level"] == "ok" and one["mend"]] == []
        assert not [one for one in self.secrets if one in outcome.stdout + outcome.stderr]
        found: dict[str, list[dict[str, Any]]] = {"exit_code": [{"code": outcome.code}]}
        for one in checks:
            found.setdefault(one["name"], []).append(one)
        return found

    def store(self) -> EncryptedFileStore:
        return EncryptedFileStore(self.account, KeySources(key_file=self.folder / "key"))

    def used(self) -> int:
        with CallCounter(self.state, self.sandbox.endpoints().client_id) as counter:
            return counter.day(self.clock.now()).used


Make = Callable[[], House]


def levels(found: dict[str, list[dict[str, Any]]]) -> dict[str, str]:
    """Return the worst level of each check that is not well."""
    of = {name: {one.get("level", "ok") for one in several} for name, several in found.items()}
    return {name: "fail" if "fail" in several else "warn" for name, several in of.items() if several != {"ok"}}


def code(found: dict[str, list[dict[str, Any]]]) -> int:
    return int(found["exit_code"][0]["code"])


def said(found: dict[str, list[dict[str, Any]]], name: str) -> str:
    return " | ".join(f"{one['said']} -> {one['mend']}" for one in found[name])


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Sandbox, HandClock]]:
    """Serve both services, with one user and nobody else."""
    folder, clock = tmp_path_factory.mktemp("services"), HandClock()
    (folder / "sandbox.seeded").touch()
    with Sandbox(folder, clock) as sandbox:
        owner = population().colleagues[0]
        sandbox.membrain.load(Population([owner], [], []))
        sandbox.membrain.erase("contacts", owner.id)
        sandbox.constant_contact.set_switches(throttle_per_second=0, token_requests_per_second=0)
        yield sandbox, clock


@pytest.fixture(scope="module")
def lived_in(served: tuple[Sandbox, HandClock], tmp_path_factory: pytest.TempPathFactory) -> House:
    """Return a house where somebody has logged in and run once."""
    house = House(tmp_path_factory.mktemp("house"), *served, clock=served[1])
    house.write_config()
    new_key(house.folder / "key")
    house.account.mkdir(mode=0o700, parents=True)
    places = served[0].endpoints()
    where = Places(places.membrain_url, places.api_url, places.auth_url, places.client_id)
    with CallCounter(house.state, places.client_id) as counter:
        log_in(house.store(), "acme", where, places.api_key, house.clock, budget=Budget(counter, house.clock))
    assert house.ccsync("run", "--once", "--yes").code == 0
    return house


@pytest.fixture
def house(lived_in: House, tmp_path: Path) -> Iterator[House]:
    """Return a copy of that house, with a clock of its own that shows the services' time."""
    for name in ("state", "config.toml", "key"):
        source = lived_in.folder / name
        (shutil.copytree if source.is_dir() else shutil.copy2)(source, tmp_path / name)
    copy = House(tmp_path, lived_in.sandbox, lived_in.theirs, HandClock(lived_in.theirs.at))
    copy.write_config()
    tokens = read_tokens(copy.store(), "acme")
    assert tokens is not None
    copy.secrets = (copy.sandbox.endpoints().api_key, tokens.access_token, tokens.refresh_token)
    yield copy
    copy.sandbox.faults.clear()


class TestAllIsWell:
    def test_but_for_what_nobody_has_set_up(self, house: House) -> None:
        found = house.doctor()
        assert (levels(found), code(found)) == ({"service": "warn"}, 0)
        assert {
            "config", "config-file", "state-folder", "file-modes", "disk", "logs", "credentials", "membrain-login",
            "constant-contact-login", "refresh-token", "scopes", "state", "lock", "last-run", "budget", "interval",
            "client-id", "service", "membrain", "constant-contact", "privileges", "lists", "custom-fields", "clock",
            "versions", "libraries",
        } == set(found) - {"exit_code"}  # fmt: skip

    def test_and_its_calls_are_counted(self, house: House) -> None:
        before = house.used()
        house.doctor()
        assert house.used() == before + 4  # the account, the privileges, the lists, the custom fields

    def test_offline_nobody_is_asked(self, house: House) -> None:
        before = house.used()
        house.write_config(membrain_url="http://127.0.0.1:1/", api_url="http://127.0.0.1:1/v3")  # nobody listens
        found = house.doctor("--offline")
        assert code(found) == 0
        assert not {"membrain", "constant-contact", "privileges", "clock"} & set(found)
        assert house.used() == before

    def test_off_a_terminal_each_check_is_a_line_and_the_summary_the_last(self, house: House) -> None:
        outcome = house.ccsync("doctor", "--offline")
        assert (outcome.code, outcome.stderr) == (0, "")
        lines = outcome.stdout.splitlines()
        assert lines[0].startswith(f"ok    config                  {house.config}: account acme, 1 sync")
        assert lines[-1] == "20 checks: 19 ok, 1 warning, 0 failed; the services were not asked"

    def test_quietly_only_what_is_not_well_is_printed(self, house: House) -> None:
        outcome = house.ccsync("doctor", "--offline", "--quiet")
        assert outcome.stdout.splitlines() == [
            "warn  service  nothing makes runs come by themselves; `daemon install` outlasts a restart of the machine",
            "      mend: ccsync daemon start",
        ]

    def test_on_a_terminal_no_line_is_wider_than_it_is(self, house: House) -> None:
        lines = house.ccsync("doctor", "--offline", terminal=True).stdout.splitlines()
        plain = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in lines]
        whole = [line for line in plain if "mend: " not in line]  # what is to be copied is not cut
        assert [line for line in whole if len(line) > 80 and not any(len(word) > 40 for word in line.split())] == []
        assert plain != lines  # the levels have colours

    def test_commands_to_type_name_the_configuration_that_was_named(self, house: House) -> None:
        house.more = {"CCSYNC_CONFIG": ""}
        found = house.doctor("--offline", "--config", str(house.config))
        assert said(found, "service").endswith(f"ccsync --config {house.config} daemon start")


class TestTheConfiguration:
    def test_a_mistake_does_not_keep_the_rest_from_being_looked_at(self, house: House) -> None:
        house.config.write_text(
            house.config.read_text().replace("[membrain]", '[service]\nintervall = "3m"\n[membrain]')
        )
        found = house.doctor()
        assert code(found) == 78
        assert 'unknown key intervall (did you mean "interval"?)' in said(found, "config")
        assert {"config-file", "state-folder", "file-modes", "disk", "logs", "service", "versions"} <= set(found)

    def test_that_is_no_toml_or_not_there_leaves_the_versions(self, house: House) -> None:
        house.config.write_text("account = [")
        assert {"config", "config-file", "versions"} <= set(house.doctor())
        house.config.unlink()
        found = house.doctor()
        assert (code(found), levels(found)) == (78, {"config": "fail"})

    def test_that_others_may_change_is_a_failure(self, house: House) -> None:
        house.config.chmod(0o666)
        found = house.doctor("--offline")
        assert code(found) == 74
        assert said(found, "config-file").endswith(f"chmod go-w {house.config}")

    def test_a_filter_that_is_none_is_found_without_a_run(self, house: House) -> None:
        house.config.write_text(
            house.config.read_text().replace('list = "Cus', "filter = 'contact.Name = 1'\nlist = \"Cus")
        )
        assert code(house.doctor("--offline")) == 78


class TestThisMachine:
    def test_a_file_that_others_may_read(self, house: House) -> None:
        (house.account / "state.sqlite").chmod(0o644)
        found = house.doctor("--offline")
        assert levels(found)["file-modes"] == "warn"
        assert "state.sqlite" in said(found, "file-modes")

    def test_a_state_folder_that_others_may_change_leaves_the_rest(self, house: House) -> None:
        house.state.chmod(0o777)
        found = house.doctor("--offline")
        assert (code(found), levels(found)["state-folder"]) == (74, "fail")
        assert said(found, "state-folder").endswith(f"chmod go-w {house.state}")
        assert {"config", "state", "budget", "last-run"} <= set(found)

    def test_a_damaged_state_is_told_and_hides_nothing(self, house: House) -> None:
        path = house.account / "state.sqlite"
        content = bytearray(path.read_bytes())
        content[8192:16384] = b"x" * 8192
        path.write_bytes(content)
        found = house.doctor("--offline")
        assert (code(found), levels(found)["state"]) == (74, "fail")
        assert "damaged" in said(found, "state")
        assert {"config", "budget", "lock", "service"} <= set(found)

    def test_a_state_of_a_newer_program_is_told(self, house: House) -> None:
        with closing(sqlite3.connect(house.account / "state.sqlite")) as database:
            database.execute("PRAGMA user_version = 99")
        found = house.doctor("--offline")
        assert code(found) == 74
        assert "newer ccsync" in said(found, "state")

    def test_a_state_of_an_older_program_is_no_failure(self, house: House) -> None:
        with closing(sqlite3.connect(house.account / "state.sqlite")) as database:
            database.execute("PRAGMA user_version = 1")
        found = house.doctor("--offline")
        assert (code(found), levels(found)["state"], levels(found)["last-run"]) == (0, "warn", "warn")

    def test_a_run_that_is_on_is_named_by_its_process(self, house: House) -> None:
        with AccountLock(house.account, house.clock):
            assert f"a run is on: process {os.getpid()}" in said(house.doctor("--offline"), "lock")
        assert said(house.doctor("--offline"), "lock").startswith("free")

    def test_a_service_that_was_switched_off_says_how_to_switch_it_on(self, house: House) -> None:
        Switch(house.account, house.clock).turn_off()
        assert said(house.doctor("--offline"), "service") == (
            f"switched off since {NOON:%Y-%m-%d}: no run comes by itself -> ccsync daemon start"
        )

    def test_a_key_that_is_gone_is_a_failure_of_the_logins_and_the_services_are_not_asked(self, house: House) -> None:
        (house.folder / "key").unlink()
        found = house.doctor()
        assert (code(found), levels(found)["credentials"]) == (74, "fail")
        assert "ccsync auth new-key" in said(found, "credentials")
        assert levels(found)["membrain"] == levels(found)["constant-contact"] == "warn"

    def test_before_the_first_run_nothing_is_wrong(self, house: House) -> None:
        for path in (house.account / "state.sqlite", *house.account.glob("logs/*/*")):
            path.unlink()
        found = house.doctor("--offline")
        assert levels(found) == {"service": "warn", "last-run": "warn"}
        assert said(found, "last-run") == "there was none yet -> ccsync run --once"


class TestTheServices:
    def test_one_that_is_away_does_not_hide_the_other(self, house: House) -> None:
        store = house.store()
        key = house.sandbox.endpoints().api_key
        store.write("acme", MEMBRAIN, MembrainKey(key, "http://127.0.0.1:1/").to_text())
        house.write_config(membrain_url="http://127.0.0.1:1/")
        found = house.doctor()
        assert (code(found), levels(found)["membrain"]) == (69, "fail")
        assert "constant-contact" not in levels(found)
        assert said(found, "clock").startswith("agrees with Constant Contact's")

    def test_a_key_that_membrain_refuses(self, house: House) -> None:
        url = house.sandbox.endpoints().membrain_url
        house.store().write("acme", MEMBRAIN, MembrainKey("another-key", url).to_text())
        found = house.doctor()
        assert (code(found), levels(found)["membrain"]) == (77, "fail")
        assert "ccsync auth login membrain" in said(found, "membrain")

    def test_a_role_that_may_not_do_what_a_run_does(self, house: House) -> None:
        house.sandbox.constant_contact.set_switches(role="campaign_creator")
        try:
            found = house.doctor()
        finally:
            house.sandbox.constant_contact.set_switches(role="owner")
        assert (code(found), levels(found)["privileges"]) == (3, "fail")
        assert "contacts:read, contacts:write, contacts:lists:write" in said(found, "privileges")
        assert "lists" not in levels(found)  # this much it may read

    def test_a_clock_that_is_wrong(self, house: House) -> None:
        house.clock.at += timedelta(minutes=20)
        found = house.doctor()
        assert code(found) == 0
        assert said(found, "clock") == (
            "the clock of this machine is 20 minutes ahead of Membrain's -> timedatectl set-ntp true"
        )

    def test_calls_that_are_spent_by_somebody_else(self, house: House) -> None:
        house.sandbox.faults.add(Fault("quota_exceeded", "constant-contact", times=None))
        found = house.doctor()
        assert (code(found), levels(found)["constant-contact"]) == (75, "fail")
        found = house.doctor("--offline")  # and it is remembered
        assert code(found) == 75
        assert "another program uses the key" in said(found, "client-id")

    def test_answers_that_ask_to_slow_down_in_a_run_of_today(self, house: House) -> None:
        house.sandbox.faults.add(Fault("throttled", "constant-contact", times=2))
        assert house.ccsync("run", "--once").code == 0
        assert "2 answers in today's runs asked to slow down" in said(house.doctor("--offline"), "client-id")

    @pytest.mark.slow
    def test_one_that_says_nothing_is_given_up_and_the_other_is_heard(self, house: House) -> None:
        """With the real clock and a real silence: after about 10 seconds, however long somebody would wait."""
        url = house.sandbox.endpoints().membrain_url
        house.sandbox.faults.add(Fault("slow", "membrain", times=None, seconds=60))
        found = house.doctor()
        assert url.split("/")[2] in said(found, "membrain")
        assert "no answer in time" in said(found, "membrain")
        assert (code(found), "constant-contact" in levels(found)) == (69, False)

    def test_a_login_that_is_renewed_shows_its_kind(self, house: House) -> None:
        house.theirs.at += timedelta(days=1)
        house.clock.at = house.theirs.at
        try:
            house.doctor()
        finally:
            house.theirs.at -= timedelta(days=1)
        assert "rotating: each one works once" in said(house.doctor("--offline"), "refresh-token")


class TestWhatIsInstalled:
    """With a `crontab` that keeps its lines in a file of the test."""

    @pytest.fixture
    def installed(self, house: House) -> House:
        program, lines = house.folder / "bin" / "crontab", house.folder / "lines"
        lines.touch()
        program.parent.mkdir()
        program.write_text(f'#!/bin/sh\n[ "$1" = -l ] && exec cat {lines}\ncat > {lines}\n')
        program.chmod(0o755)
        house.more = {"PATH": f"{program.parent}:{os.environ['PATH']}"}
        outcome = house.ccsync("daemon", "install", "--cron", "--user")
        assert outcome.code == 0, outcome.stderr
        return house

    def test_is_whole_and_makes_runs_come(self, installed: House) -> None:
        found = installed.doctor("--offline")
        assert (code(found), levels(found)) == (0, {})
        assert "cron starts a run every 3m" in said(found, "service")

    def test_an_edited_line_is_told_and_a_line_that_is_gone_fails(self, installed: House) -> None:
        lines = installed.folder / "lines"
        lines.write_text(lines.read_text().replace("*/3", "*/5"))
        assert said(installed.doctor("--offline"), "installed").startswith("edited since by hand: crontab")
        lines.write_text("")
        found = installed.doctor("--offline")
        assert (code(found), levels(found)["installed"]) == (74, "fail")
        assert said(found, "installed").endswith("ccsync daemon install --cron")

    @pytest.mark.slow
    def test_its_line_names_what_cron_does_not_know(self, installed: House) -> None:
        found = installed.doctor("--offline", "--as-cron")
        assert {"cron-command", "cron-config", "cron-state"} & set(levels(found)) == set()

    def test_runs_that_should_come_and_do_not_are_missed(self, installed: House) -> None:
        installed.clock.at += timedelta(hours=1)
        found = installed.doctor("--offline")
        assert (code(found), levels(found)) == (0, {"last-run": "warn"})
        assert "runs should come every 3 minutes" in said(found, "last-run")


class TestTheSandbox:
    """The same, as it comes with the example."""

    @pytest.fixture
    def example(self, house: House) -> House:
        shutil.copy2(EXAMPLE, house.config)
        house.config.chmod(0o600)
        return house

    @pytest.mark.slow
    def test_is_started_and_asked_without_a_login(self, example: House) -> None:
        found = example.doctor()
        assert (code(found), levels(found)) == (0, {"service": "warn", "last-run": "warn"})
        assert {"membrain", "constant-contact", "privileges", "clock"} < set(found)

    def test_belongs_to_a_run_that_is_on(self, example: House) -> None:
        folder = example.state / ".sandbox" / "example"
        folder.mkdir(mode=0o700, parents=True)
        with AccountLock(folder, example.clock):
            found = example.doctor()
        assert (code(found), levels(found)["services"]) == (0, "warn")
        assert "another run of this account is on" in said(found, "services")


class TestAsCron:
    """A new process that has HOME, LOGNAME, SHELL and PATH, and nothing else of ours."""

    def test_what_only_this_shell_knows_is_missed_at_night(self, house: House) -> None:
        found = house.doctor("--as-cron", "--offline")
        assert code(found) == 78
        assert said(found, "cron-config").startswith(f"here it is {house.config}, under cron none")
        assert f"write CCSYNC_STATE_DIR={house.state} above the line" in said(found, "cron-state")
        assert "no configuration found" in said(found, "config")

    @pytest.mark.slow
    def test_what_is_named_by_its_path_is_found(self, house: House) -> None:
        home = house.folder / "home" / ".local" / "state"
        home.mkdir(parents=True)
        shutil.move(house.state, home / "ccsync")
        house.more = {"CCSYNC_CONFIG": "", "CCSYNC_STATE_DIR": str(home / "ccsync")}
        found = house.doctor("--as-cron", "--offline", "--config", str(house.config))
        assert {"cron-config", "cron-state", "credentials", "state"} & set(levels(found)) == set()

    @pytest.mark.slow
    def test_a_key_that_only_this_shell_is_given(self, house: House) -> None:
        handed = house.folder / "handed"
        handed.mkdir()
        shutil.move(house.folder / "key", handed / "ccsync-key")
        house.more = {"CREDENTIALS_DIRECTORY": str(handed)}
        assert "credentials" not in levels(house.doctor("--offline"))
        found = house.doctor("--as-cron", "--offline", "--config", str(house.config))
        assert levels(found)["cron-state"] == "fail"
        assert levels(found)["credentials"] == "fail"


class TestTheBundle:
    """One file for support: the export of the logs, with this report in it."""

    @pytest.mark.slow
    def test_holds_the_report_beside_the_logs(self, house: House, tmp_path: Path) -> None:
        outcome = house.ccsync("doctor", "--bundle", "--output", str(tmp_path / "support.zip"))
        assert outcome.stdout.splitlines()[-1] == str(tmp_path / "support.zip")
        with zipfile.ZipFile(tmp_path / "support.zip") as packed:
            report = json.loads(packed.read("doctor.json"))
            assert {"main-log.jsonl", "status.json"} < set(packed.namelist())
        assert [one["level"] for one in report["checks"] if one["name"] == "membrain"] == ["ok"]  # the services too

    def test_with_a_wrong_configuration_is_the_report_alone(self, house: House, tmp_path: Path) -> None:
        house.config.write_text("account = [")
        outcome = house.ccsync("doctor", "--bundle", "--json", "--output", str(tmp_path))
        assert outcome.code == 78
        with zipfile.ZipFile(outcome.data["path"]) as packed:
            assert packed.namelist() == ["doctor.json"]
            assert json.loads(packed.read("doctor.json"))["checks"][0]["name"] == "config"

    def test_an_export_of_the_logs_has_a_report_as_well_of_this_machine_alone(
        self, house: House, tmp_path: Path
    ) -> None:
        before = house.used()
        assert house.ccsync("logs", "export", "--output", str(tmp_path / "logs.zip")).code == 0
        with zipfile.ZipFile(tmp_path / "logs.zip") as packed:
            report = json.loads(packed.read("doctor.json"))
        assert (report["offline"], house.used()) == (True, before)
        assert {one["name"] for one in report["checks"]} >= {"config", "state", "budget"}

    def test_an_output_without_a_bundle_is_a_mistake(self, house: House) -> None:
        assert house.ccsync("doctor", "--output", "x.zip").code == 2


def test_json_has_an_error_for_each_failure(house: House) -> None:
    house.config.chmod(0o666)
    answer = json.loads(house.ccsync("doctor", "--offline", "--json").stdout)
    assert answer["status"] == "error"
    assert [one["code"] for one in answer["errors"]] == ["config-file"]


def test_what_fails_is_said_on_stderr_with_the_first_thing_to_do(house: House) -> None:
    house.config.chmod(0o666)
    assert house.ccsync("doctor", "--offline").stderr.splitlines() == [
        "ccsync: not well: config-file",
        f"  next: chmod go-w {house.config}",
    ]
