"""`ccsync logs`: the runs by date, one of them, and the main log."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from ccsync.errors import ExitCode, LocalError

from .conftest import RUN, write_log

if TYPE_CHECKING:
    from .conftest import CommandLine, FakeApplication

OLDER = "20261122T090000Z-00aa"


class TestList:
    def test_runs_stand_under_their_dates_with_what_they_did(
        self, ccsync: CommandLine, after_a_run: FakeApplication
    ) -> None:
        write_log(after_a_run.folder, OLDER)
        assert [" ".join(line.split()) for line in ccsync("logs", "list").stdout.splitlines()] == [
            "2026-11-22",
            f"{OLDER} 4.2 s success 7 created",
            "2026-11-23",
            f"{RUN} 4.2 s success 12 created, 12 added, 3 skipped",
        ]

    @pytest.mark.usefixtures("after_a_run")
    def test_on_a_terminal_of_80_columns_nothing_is_cut(self, on_terminal: CommandLine) -> None:
        shown = on_terminal("logs", "list").stdout
        assert max(len(line) for line in shown.splitlines()) <= 80
        assert " ".join(shown.split()).endswith("success 12 created, 12 added, 3 skipped")

    def test_a_run_that_had_nothing_to_do_says_so(self, ccsync: CommandLine, application: FakeApplication) -> None:
        path = write_log(application.folder)
        path.write_text(path.read_text("utf-8").replace('"created":7', '"created":0'), "utf-8")
        assert ccsync("logs", "list").stdout.endswith("success  nothing to do\n")

    def test_the_log_of_another_command_says_what_it_was(
        self, ccsync: CommandLine, application: FakeApplication
    ) -> None:
        moved = {"event": "timestamp.moved", "message": "membrain.contacts: set back to 2026-11-01"}
        path = write_log(application.folder, f"{RUN}-timestamp", moved)
        path.write_text(path.read_text("utf-8").splitlines(keepends=True)[3], "utf-8")
        (found,) = ccsync("logs", "list", "--json").data["runs"]
        assert (found["kind"], found["result"]) == ("timestamp", "success")
        assert ccsync("logs", "list").stdout.endswith("membrain.contacts: set back to 2026-11-01\n")

    @pytest.mark.usefixtures("after_a_run")
    def test_in_json_each_run_has_its_date_start_counts_and_result(self, ccsync: CommandLine) -> None:
        (run,) = ccsync("logs", "list", "--json").data["runs"]
        assert (run["run"], run["date"], run["result"]) == (RUN, "2026-11-23", "success")
        assert (run["created"], run["skipped"], run["failed"]) == (12, 3, 0)
        assert run["started"] == "2026-11-23T12:00:00.000Z"

    def test_a_damaged_state_does_not_hide_the_logs(self, ccsync: CommandLine, after_a_run: FakeApplication) -> None:
        after_a_run.broken = LocalError("the state file is damaged")
        assert RUN in ccsync("logs", "list").stdout

    def test_a_run_that_was_killed_has_not_ended(self, ccsync: CommandLine, application: FakeApplication) -> None:
        path = write_log(application.folder)
        path.write_text("".join(path.read_text("utf-8").splitlines(keepends=True)[:2]) + '{"torn', "utf-8")
        assert "not ended" in ccsync("logs", "list").stdout

    def test_a_dry_run_is_told_apart(self, ccsync: CommandLine, application: FakeApplication) -> None:
        path = write_log(application.folder)
        path.write_text(path.read_text("utf-8").replace('"run started"', '"dry run started","dry_run":true'), "utf-8")
        assert "  dry run  " in ccsync("logs", "list").stdout

    def test_older_runs_are_counted(self, ccsync: CommandLine, after_a_run: FakeApplication) -> None:
        write_log(after_a_run.folder, OLDER)
        shown = ccsync("logs", "list", "--limit", "1").stdout
        assert OLDER not in shown
        assert "1 older runs are not shown: --limit 2" in shown

    def test_before_the_first_run_the_command_that_runs_is_told(self, ccsync: CommandLine) -> None:
        assert ccsync("logs", "list").stdout == "No run yet: type ccsync run --once\n"


class TestShow:
    def test_in_a_pipe_the_lines_are_those_of_the_log(self, ccsync: CommandLine, application: FakeApplication) -> None:
        text = write_log(application.folder, RUN, {"event": "run.warning", "message": "Ünïcödé 漢字"}).read_text(
            "utf-8"
        )
        assert ccsync("logs", "show", RUN).stdout == text

    def test_without_a_run_all_runs_come_in_time_order(self, ccsync: CommandLine, application: FakeApplication) -> None:
        write_log(application.folder)
        write_log(application.folder, OLDER)
        events = [json.loads(line) for line in ccsync("logs", "show").stdout.splitlines()]
        assert [event["run"] for event in events] == [OLDER] * 4 + [RUN] * 4

    @pytest.mark.usefixtures("after_a_run")
    def test_a_beginning_of_the_name_will_do(self, ccsync: CommandLine) -> None:
        assert ccsync("logs", "show", "20261123", "--json").data["run"] == RUN

    @pytest.mark.usefixtures("after_a_run")
    def test_an_unknown_run_is_wrong_usage(self, ccsync: CommandLine) -> None:
        outcome = ccsync("logs", "show", "1999")
        assert outcome.code == ExitCode.USAGE
        assert outcome.stderr.endswith("  next: ccsync logs list\n")

    @pytest.mark.usefixtures("after_a_run")
    def test_in_json_the_events_are_in_the_envelope(self, ccsync: CommandLine) -> None:
        events = ccsync("logs", "show", RUN, "--json").data["events"]
        assert [event["event"] for event in events] == [
            "run.started",
            "http.request",
            "record.created",
            "run.finished",
        ]

    @pytest.mark.usefixtures("after_a_run")
    def test_on_a_terminal_the_lines_can_be_read(self, on_terminal: CommandLine) -> None:
        shown = on_terminal("logs", "show").stdout
        assert f"Run {RUN}\n" in shown
        assert "ann@example.com created" in shown
        assert "\x1b[36m" in shown  # colours
        assert '{"time"' not in shown

    @pytest.mark.usefixtures("after_a_run")
    def test_on_a_terminal_that_there_is_no_such_line_is_said(
        self, on_terminal: CommandLine, ccsync: CommandLine
    ) -> None:
        asked = ("logs", "show", "--sync", "costumers")
        assert on_terminal(*asked).stderr == "no line of the logs is what was asked for\n"
        assert ccsync(*asked).stderr == ""
        assert on_terminal("logs", "show").stderr == ""

    @pytest.mark.usefixtures("after_a_run")
    def test_no_color_is_respected(self, on_terminal: CommandLine) -> None:
        on_terminal.variables = {**on_terminal.variables, "NO_COLOR": "1"}
        assert "\x1b[36m" not in on_terminal("logs", "show").stdout

    @pytest.mark.usefixtures("after_a_run")
    def test_a_dumb_terminal_gets_plain_text(self, on_terminal: CommandLine) -> None:
        on_terminal.variables = {"TERM": "dumb"}
        assert "\x1b" not in on_terminal("logs", "show").stdout
