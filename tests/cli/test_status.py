"""`ccsync status`: the last run, each field, the timestamps, the budget, and who waits."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from rich.cells import cell_len
from rich.text import Text

from ccsync.config.model import Config
from ccsync.engine.consent_delay import DELAY
from ccsync.errors import ExitCode, LocalError
from ccsync.state.values import RunRecord

from .conftest import CONFIG, NOON, RUN

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import CommandLine, FakeApplication

FIELD_KEYS = {
    "membrain",
    "constant_contact",
    "written",
    "unchanged",
    "skipped",
    "failed",
    "total",
    "share_empty",
    "share_truncated",
    "last_written",
    "reasons",
}


class TestData:
    @pytest.mark.usefixtures("after_a_run")
    def test_the_keys_that_scripts_rely_on(self, ccsync: CommandLine) -> None:
        data = ccsync("status", "--json").data
        assert data["account"] == "acme"
        assert {"id", "started", "finished", "result", "created", "failed"} <= set(data["last_run"])
        assert data["last_run"]["id"] == RUN
        assert data["last_run"]["created"] == 12
        assert data["next_run"] is None
        assert data["budget"] == {
            "limit": 10_000,
            "used": 123,
            "spent": False,
            "reserved": 500,
            "resets_at": "2026-11-24T00:00:00.000Z",
        }
        (sync,) = data["syncs"]
        assert (sync["name"], sync["direction"], sync["list"]) == (
            "customers",
            "membrain-to-constant-contact",
            "Customers",
        )
        assert sync["skipped"] == 3
        assert all(set(field) == FIELD_KEYS for field in sync["fields"])

    @pytest.mark.usefixtures("after_a_run")
    def test_a_field_tells_the_last_run_all_runs_and_its_shares(self, ccsync: CommandLine) -> None:
        name, _ = ccsync("status", "--json").data["syncs"][0]["fields"]
        assert (name["membrain"], name["constant_contact"]) == ("contact.Name", "full_name")
        assert (name["written"], name["unchanged"], name["skipped"], name["failed"]) == (12, 3, 0, 1)
        assert name["total"] == {"written": 12, "unchanged": 3, "skipped": 0, "failed": 1}
        assert name["share_empty"] == 0.25
        assert name["share_truncated"] == 1 / 16
        assert name["last_written"] == "2026-11-23T12:00:00.000Z"
        assert name["reasons"] == [{"reason": "too_long", "count": 1, "example": "bo@example.com"}]

    def test_a_run_that_had_nothing_to_do_with_a_field_counts_nothing_for_it(
        self, ccsync: CommandLine, after_a_run: FakeApplication
    ) -> None:
        assert after_a_run.store is not None
        later = NOON + timedelta(minutes=3)
        after_a_run.store.history.put_run(RunRecord("20261123T120300Z-0001", later, later, "success"))
        field = ccsync("status", "--json").data["syncs"][0]["fields"][0]
        assert field["written"] == 0
        assert field["total"]["written"] == 12

    @pytest.mark.usefixtures("after_a_run")
    def test_everybody_who_waits_is_named(self, ccsync: CommandLine) -> None:
        waiting = ccsync("status", "--json").data["waiting"]
        assert len(waiting) == 6
        assert {"contact", "sync", "reason", "since"} <= set(waiting[0])
        assert {one["reason"] for one in waiting} == {"opted_out", "too_long"}

    @pytest.mark.usefixtures("after_a_run")
    def test_the_timestamps_are_those_of_timestamp_show(self, ccsync: CommandLine) -> None:
        shown = ccsync("timestamp", "show", "--json").data["timestamps"]
        assert ccsync("status", "--json").data["timestamps"] == shown
        assert [one["stream"] for one in shown] == ["constant_contact.contacts", "membrain.contacts"]
        assert all(one["next_from"] < one["read_up_to"] for one in shown)


class TestHowLongOptOutsTakeToMembrain:
    def test_the_last_and_the_longest_are_told(self, ccsync: CommandLine, after_a_run: FakeApplication) -> None:
        assert after_a_run.store is not None
        after_a_run.config = Config.model_validate(with_consent())
        after_a_run.store.progress.set_fact(DELAY, '{"last": 130.2, "longest": 300.0}')
        assert ccsync("status", "--json").data["consent"] == {"last_seconds": 130.2, "longest_seconds": 300.0}
        assert "\nOpt-outs reach Membrain: last after 2 min 10 s, longest 5 min 00 s\n" in ccsync("status").stdout

    def test_nothing_is_told_of_a_delay_before_there_was_one(
        self, ccsync: CommandLine, after_a_run: FakeApplication
    ) -> None:
        after_a_run.config = Config.model_validate(with_consent())
        assert ccsync("status", "--json").data["consent"] == {"last_seconds": None, "longest_seconds": None}
        assert "\nOpt-outs reach Membrain: none so far\n" in ccsync("status").stdout

    def test_the_form_is_the_same_before_the_first_run(self, ccsync: CommandLine, application: FakeApplication) -> None:
        application.config = Config.model_validate(with_consent())
        assert ccsync("status", "--json").data["consent"] == {"last_seconds": None, "longest_seconds": None}

    def test_without_a_field_for_consent_nothing_is_told(
        self, ccsync: CommandLine, after_a_run: FakeApplication
    ) -> None:
        assert after_a_run.store is not None
        after_a_run.store.progress.set_fact(DELAY, '{"last": 130.2, "longest": 300.0}')
        assert "consent" not in ccsync("status", "--json").data
        assert "Opt-outs reach Membrain" not in ccsync("status").stdout


class TestBeforeTheFirstRun:
    def test_the_command_that_runs_is_told(self, ccsync: CommandLine) -> None:
        outcome = ccsync("status")
        assert outcome.code == 0
        assert "No run yet: type ccsync run --once" in outcome.stdout

    def test_the_form_is_the_same(self, ccsync: CommandLine) -> None:
        data = ccsync("status", "--json").data
        assert data["last_run"] is None
        assert data["waiting"] == data["timestamps"] == []
        assert set(data["syncs"][0]["fields"][0]) == FIELD_KEYS
        assert data["syncs"][0]["fields"][0]["share_empty"] is None

    def test_no_stream_has_been_read(self, ccsync: CommandLine) -> None:
        assert ccsync("timestamp", "show").stdout == "Nothing has been read yet: type ccsync run --once\n"


class TestWhileARunIsOn:
    def test_it_is_told_that_the_run_has_not_ended(self, ccsync: CommandLine, after_a_run: FakeApplication) -> None:
        assert after_a_run.store is not None
        after_a_run.store.history.put_run(RunRecord("20261123T120300Z-0001", NOON + timedelta(minutes=3)))
        assert (
            "Last run 20261123T120300Z-0001: began 2026-11-23 12:03:00 UTC and has not ended" in ccsync("status").stdout
        )
        last = ccsync("status", "--json").data["last_run"]
        assert (last["result"], last["finished"]) == (None, None)


def test_a_damaged_state_is_exit_code_74(ccsync: CommandLine, application: FakeApplication) -> None:
    application.broken = LocalError("the state file is damaged", hint="move it away")
    outcome = ccsync("status")
    assert outcome.code == ExitCode.LOCAL
    assert outcome.stderr == "ccsync: the state file is damaged\n  next: move it away\n"


class TestForPeople:
    @pytest.mark.usefixtures("after_a_run")
    def test_the_last_run_the_fields_and_the_budget(self, ccsync: CommandLine) -> None:
        shown = ccsync("status").stdout
        assert f"Last run {RUN}: success, 2026-11-23 12:00:00 UTC, took 4.2 s" in shown
        assert "Sync customers: membrain to constant contact, list Customers" in shown
        assert "12 created, 12 added, 3 skipped" in shown
        rows = [line.split() for line in shown.splitlines()]
        assert ["full_name", "12", "3", "0", "1", "2026-11-23", "12:00"] in rows
        assert ["contact.Name", "12", "3", "0", "1", "in", "all"] in rows
        assert "full_name: 25% are empty, 6% were cut short" in shown
        assert "full_name: 1 x a value is longer than the field takes, such as bo@example.com" in shown
        assert "Calls to Constant Contact today: 123 of 10000" in shown
        assert "the count starts again at 2026-11-24 00:00:00 UTC" in shown

    @pytest.mark.usefixtures("after_a_run")
    def test_three_of_a_kind_are_named_and_the_rest_counted(self, ccsync: CommandLine) -> None:
        shown = ccsync("status").stdout
        assert "5 x opted_out: opted out of mail in Constant Contact" in shown
        assert shown.count("person") == 3
        assert "and 2 more: ccsync status --all" in shown
        assert "bo@example.com [customers, full_name] since 2026-11-23: 60 of 50" in shown

    @pytest.mark.usefixtures("after_a_run")
    def test_all_names_everybody(self, ccsync: CommandLine) -> None:
        shown = ccsync("status", "--all").stdout
        assert shown.count("person") == 5
        assert "more:" not in shown

    @pytest.mark.parametrize("terminal", [False, True], ids=["in a pipe", "on a terminal"])
    def test_the_tables_fit_80_columns(self, terminal: bool, ccsync: CommandLine, after_a_run: FakeApplication) -> None:
        assert after_a_run.store is not None
        after_a_run.config = Config.model_validate(long_names())
        ccsync.terminal = terminal
        shown = Text.from_ansi(ccsync("status").stdout).plain
        tables = [line for line in shown.splitlines() if not line.startswith("Sync ")]
        assert max(cell_len(line) for line in tables) <= 80
        shown = Text.from_ansi(ccsync("timestamp", "show").stdout).plain
        assert max(cell_len(line) for line in shown.splitlines()) <= 80


def with_consent() -> dict[str, Any]:
    consent = {"membrain": "contact.custom.E-mail consent", "constant_contact": "permission_to_send"}
    (sync,) = CONFIG["sync"]
    return {**CONFIG, "sync": [{**sync, "field": [*sync["field"], consent]}]}


def long_names() -> dict[str, Any]:
    sync = {**CONFIG["sync"][0]}
    sync["field"] = [
        {"membrain": "contact.custom." + "Ünïcödé " * 9, "constant_contact": "custom.漢字漢字漢字漢字漢字漢字漢字漢字"},
        {"membrain": "company.Name", "constant_contact": "custom." + "x" * 40},
    ]
    return {**CONFIG, "sync": [sync]}


def test_what_is_to_be_typed_names_the_configuration_as_it_was_named(ccsync: CommandLine, config_file: Path) -> None:
    outcome = ccsync("--config", str(config_file), "status")
    assert f"No run yet: type ccsync --config {config_file} run --once" in outcome.stdout
