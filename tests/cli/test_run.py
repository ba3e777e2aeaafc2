"""`ccsync run --once`: what it asks of a run, and what is read of it afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from rich.cells import cell_len
from rich.text import Text

from ccsync.engine.first_run import Preview, SyncPreview
from ccsync.engine.options import PlanLine, Result, RunOptions
from ccsync.errors import ExitCode, Unreachable
from ccsync.state.values import Counts
from ccsync.sync.mapping import Side

from .conftest import RUN, a_plan, a_report, write_log

if TYPE_CHECKING:
    from .conftest import CommandLine, FakeApplication

COUNTS = ("created", "updated", "added", "removed", "unchanged", "skipped", "failed")


class TestWhatIsAskedFor:
    def test_nothing_else_is_the_plain_run(self, ccsync: CommandLine, application: FakeApplication) -> None:
        ccsync("run", "--once")
        assert application.asked == [RunOptions()]

    def test_every_switch_reaches_the_run(self, ccsync: CommandLine, application: FakeApplication) -> None:
        ccsync("run", "--once", "--sync", "customers", "--dry-run", "--full", "--allow-removals", "250")
        assert application.asked == [RunOptions("customers", dry_run=True, full=True, allow_removals=250)]

    def test_a_sync_that_is_not_in_the_configuration_is_wrong_usage(
        self, ccsync: CommandLine, application: FakeApplication
    ) -> None:
        outcome = ccsync("run", "--once", "--sync", "custmers")
        assert outcome.code == ExitCode.USAGE
        assert "there is no sync 'custmers'; there is customers" in outcome.stderr
        assert application.asked == []


class TestOffATerminal:
    def test_a_run_that_went_well_prints_nothing(self, ccsync: CommandLine, application: FakeApplication) -> None:
        application.warnings = ("the interval is short",)
        outcome = ccsync("run", "--once")
        assert (outcome.code, outcome.stdout, outcome.stderr) == (0, "", "")

    def test_a_run_that_did_not_says_what_where_and_what_next(
        self, ccsync: CommandLine, application: FakeApplication
    ) -> None:
        log = write_log(application.folder)
        application.report = a_report(
            result=Result.STOPPED,
            exit_code=ExitCode.STOPPED,
            message="31 people would leave the list Customers; the guard allows 20",
            hint="ccsync run --once --allow-removals 31",
            log_path=log,
        )
        outcome = ccsync("run", "--once")
        assert outcome.code == 3
        assert outcome.stdout == ""
        assert outcome.stderr.splitlines() == [
            "ccsync: 31 people would leave the list Customers; the guard allows 20",
            "  next: ccsync run --once --allow-removals 31",
            f"  run:  {RUN} (stopped)",
            "  done: 12 created, 12 added, 3 skipped",
            f"  log:  {log}",
        ]

    def test_refused_people_are_a_partial_success(self, ccsync: CommandLine, application: FakeApplication) -> None:
        application.report = a_report(
            result=Result.PARTIAL, exit_code=ExitCode.STOPPED, counts=Counts(created=11, failed=1)
        )
        outcome = ccsync("run", "--once", "--json")
        assert outcome.code == 3
        assert outcome.envelope["status"] == "partial"
        assert outcome.envelope["errors"][0]["hint"] == "ccsync status"

    def test_an_error_is_one_line_and_the_next_command(self, ccsync: CommandLine, application: FakeApplication) -> None:
        application.report = Unreachable("Membrain at acme.membrain.com does not answer", hint="ccsync run --once")
        outcome = ccsync("run", "--once")
        assert outcome.code == 69
        assert outcome.stderr == ("ccsync: Membrain at acme.membrain.com does not answer\n  next: ccsync run --once\n")

    def test_v_tells_the_records_and_vv_the_requests_too(
        self, ccsync: CommandLine, application: FakeApplication
    ) -> None:
        application.report = a_report(log_path=write_log(application.folder))
        quiet, once, twice = ccsync("run", "--once"), ccsync("run", "--once", "-v"), ccsync("-vv", "run", "--once")
        assert quiet.stderr == ""
        assert once.stderr.splitlines() == ["12:00:00.000 record.created   ann@example.com created"]
        assert "http.request     GET /contacts 200" in twice.stderr
        assert once.stdout == twice.stdout == ""

    def test_a_bug_is_told_without_what_it_might_hold(self, ccsync: CommandLine, application: FakeApplication) -> None:
        application.report = ValueError("secret-token")
        outcome = ccsync("run", "--once")
        assert outcome.code == 1
        assert outcome.stderr.startswith("ccsync: a bug in ccsync: ValueError in ")
        assert outcome.stderr.endswith("  next: ccsync -vv run --once\n")
        assert "secret-token" not in outcome.stderr
        assert "Traceback" in ccsync("run", "--once", "-vv").stderr


class TestDryRun:
    def test_the_plan_is_printed_even_off_a_terminal(self, ccsync: CommandLine, application: FakeApplication) -> None:
        application.report = a_report(plan=a_plan())
        outcome = ccsync("run", "--once", "--dry-run")
        assert outcome.code == 0
        assert outcome.stdout.splitlines()[:6] == [
            "create in Constant Contact  ann@example.com  [customers]  (matches the filter)",
            '                    full_name: (empty) -> "Ann Berg"',
            "add-to-list                 ann@example.com  [customers]",
            "update in Constant Contact  bo@example.com  [customers]",
            '                    company_name: "Old" -> "New"',
            "Plan: 1 x create in Constant Contact, 1 x add-to-list, 1 x update in Constant Contact",
        ]

    def test_each_line_and_the_totals_say_which_side_is_written_to(
        self, ccsync: CommandLine, application: FakeApplication
    ) -> None:
        two = tuple(PlanLine("update", "bo@example.com", "customers", side=side) for side in Side)
        company = PlanLine("create-company", "bo@example.com", "customers", side=Side.MEMBRAIN)
        application.report = a_report(plan=(*two, company, company))
        outcome = ccsync("run", "--once", "--dry-run")
        assert outcome.stdout.splitlines()[:5] == [
            "update in Membrain          bo@example.com  [customers]",
            "update in Constant Contact  bo@example.com  [customers]",
            "create-company in Membrain  bo@example.com  [customers]",
            "create-company in Membrain  bo@example.com  [customers]",
            "Plan: 1 x update in Membrain, 1 x update in Constant Contact, 2 x create-company in Membrain",
        ]

    def test_an_empty_plan_says_so(self, ccsync: CommandLine) -> None:
        assert "Plan: nothing to do" in ccsync("run", "--once", "--dry-run").stdout

    def test_the_plan_in_json(self, ccsync: CommandLine, application: FakeApplication) -> None:
        application.report = a_report(plan=a_plan())
        plan = ccsync("run", "--once", "--dry-run", "--json").data["plan"]
        assert plan[0] == {
            "operation": "create",
            "contact": "ann@example.com",
            "sync": "customers",
            "fields": [{"field": "full_name", "old": "", "new": "Ann Berg"}],
            "reason": "matches the filter",
            "side": "constant-contact",
        }
        assert len(plan) == 3


class TestData:
    def test_the_keys_that_scripts_rely_on(self, ccsync: CommandLine) -> None:
        data = ccsync("run", "--once", "--json").data
        assert data["run"] == RUN
        assert [data[name] for name in COUNTS] == [12, 0, 12, 0, 0, 3, 0]
        assert data["calls"] == {"membrain": 9, "constant_contact": 12}
        assert data["result"] == "success"
        assert "plan" not in data

    def test_who_was_skipped_and_why(self, ccsync: CommandLine) -> None:
        assert {"sync": "customers", "reason": "opted_out", "count": 2} in ccsync("run", "--once", "--json").data[
            "waiting"
        ]


class TestOnATerminal:
    def test_the_summary_says_how_many_and_why_not(
        self, on_terminal: CommandLine, application: FakeApplication
    ) -> None:
        application.report = a_report(log_path=application.folder / "a.jsonl")
        shown = on_terminal("run", "--once").stdout
        assert f"Run {RUN}: success in 4.2 s" in shown
        assert "customers" in shown
        assert "opted out of mail in Constant Contact" in shown
        assert "Calls: Membrain 9, Constant Contact 12" in shown
        assert f"Log:   {application.folder / 'a.jsonl'}" in shown

    def test_a_bar_is_shown_and_taken_away(self, on_terminal: CommandLine, application: FakeApplication) -> None:
        talk = on_terminal("run", "--once").stderr
        assert application.watched == [("reading Membrain", 300)]
        assert "reading Membrain" in talk
        assert talk.endswith("\x1b[2K")  # the line is wiped

    def test_quiet_shows_neither_bar_nor_summary(self, on_terminal: CommandLine, application: FakeApplication) -> None:
        outcome = on_terminal("run", "--once", "--quiet")
        assert (outcome.stdout, outcome.stderr) == ("", "")
        assert application.watched == []

    def test_json_shows_no_bar(self, on_terminal: CommandLine) -> None:
        outcome = on_terminal("run", "--once", "--json")
        assert outcome.stderr == ""
        assert outcome.envelope["status"] == "success"

    def test_warnings_are_told(self, on_terminal: CommandLine, application: FakeApplication) -> None:
        application.warnings = ("the interval is short",)
        application.report = a_report(warnings=("the list Old is now called New",))
        talk = on_terminal("run", "--once").stderr
        assert "ccsync: warning: the interval is short\n" in talk
        assert "ccsync: warning: the list Old is now called New\n" in talk

    @pytest.mark.parametrize("name", ["x" * 100, "漢字" * 40, "customers"])
    def test_the_summary_fits_80_columns(
        self, name: str, on_terminal: CommandLine, application: FakeApplication
    ) -> None:
        many = Counts(*[200_000] * 7)
        application.report = a_report(
            syncs={name: many, "b": many}, counts=many, waiting={(name, "opted_out"): 200_000}
        )
        shown = Text.from_ansi(on_terminal("run", "--once").stdout).plain
        assert max(cell_len(line) for line in shown.splitlines()) <= 80
        assert shown.count("200000") == 7 * 3 + 1


def a_preview() -> Preview:
    sync = SyncPreview("customers", "membrain-to-constant-contact", "Customers")
    sync.add(
        PlanLine("create", "ann@example.com", "customers", tuple((f"field_{n}", "", f"value {n}") for n in range(5)))
    )
    sync.add(PlanLine("add-to-list", "bo@example.com", "customers"))
    sync.add(PlanLine("update", "bo@example.com", "customers", (("job_title", "x" * 60, "CEO"),)))
    sync.waiting.update({"opted_out": 2, "no_email": 11})
    return Preview((sync,), {(Side.CONSTANT_CONTACT, "update"): 3})


class TestTheFirstRunOfASync:
    @pytest.fixture(autouse=True)
    def first(self, application: FakeApplication) -> None:
        application.preview = a_preview()

    def test_says_on_stderr_what_it_is_about_to_do(
        self, on_terminal: CommandLine, application: FakeApplication
    ) -> None:
        outcome = on_terminal("run", "--once", stdin="y\n")

        start, end = outcome.stderr.index("First run"), outcome.stderr.index("Go on?")
        assert outcome.stderr[start:end].splitlines() == [
            'First run of the sync "customers",',
            'from Membrain to the list "Customers" in Constant Contact:',
            "",
            "        1  new in Constant Contact: created",
            '           for example ann@example.com: field_0 "value 0", field_1 "value 1",',
            '           field_2 "value 2", and 2 more',
            "        1  there already: put on the list",
            "           for example bo@example.com",
            "        1  there already: get new values in Constant Contact",
            '           for example bo@example.com: job_title "CEO" instead of',
            f'           "{"x" * 39}…"',
            "        1  values in Constant Contact give way to others; the log keeps them",
            "       11  left out: has no e-mail address in Membrain",
            "        2  left out: opted out of mail in Constant Contact",
            "",
            "The syncs that have run before go on: 3 x update in Constant Contact",
            "",
            "Nothing has been written so far. `ccsync run --once --dry-run` shows everybody.",
        ]
        assert application.approved == [True]
        assert "First run" not in outcome.stdout

    @pytest.mark.parametrize(
        ("typed", "approved"),
        [("y\n", True), ("YES\n", True), ("n\n", False), ("\n", False), ("", False), ("maybe\nwhat\ny\n", True)],
    )
    def test_goes_on_when_a_word_for_yes_is_typed(
        self, on_terminal: CommandLine, application: FakeApplication, typed: str, approved: bool
    ) -> None:
        on_terminal("run", "--once", stdin=typed)

        assert application.approved == [approved]

    def test_no_ends_well_and_says_that_nothing_was_written(
        self, on_terminal: CommandLine, application: FakeApplication
    ) -> None:
        application.report = a_report(
            result=Result.STOPPED, code="not_approved", message="nothing was written, as you said", hint="ccsync run"
        )

        outcome = on_terminal("--config", "my file.toml", "run", "--once", stdin="n\n")

        assert (outcome.code, outcome.stdout) == (0, "")
        assert outcome.stderr.endswith(
            "ccsync: nothing was written, as you said\n  next: ccsync --config 'my file.toml' run\n"
        )

    def test_takes_the_bar_away_while_it_asks(self, on_terminal: CommandLine) -> None:
        said = on_terminal("run", "--once", stdin="y\n").stderr

        before, after = said.split("First run", 1)
        assert "reading Membrain" in before
        assert before.endswith(("\x1b[2K", "\x1b[?25h"))  # wiped
        asked = after[: after.index("[y/N] ")]
        assert "\x1b" not in asked

    @pytest.mark.parametrize("word", ["--yes", "--quiet", "--json"])
    def test_does_not_ask_who_does_not_want_it(
        self, on_terminal: CommandLine, application: FakeApplication, word: str
    ) -> None:
        outcome = on_terminal("run", "--once", word)

        assert outcome.code == 0
        assert [options.approve for options in application.asked] == [None]

    def test_does_not_ask_off_a_terminal(self, ccsync: CommandLine, application: FakeApplication) -> None:
        assert ccsync("run", "--once", stdin="n\n").code == 0
        assert [options.approve for options in application.asked] == [None]

    @pytest.mark.parametrize("piped", ["stdin", "stdout", "stderr"])
    def test_does_not_ask_when_only_a_part_of_it_is_a_terminal(
        self, piped: str, on_terminal: CommandLine, application: FakeApplication
    ) -> None:
        on_terminal.piped = piped

        on_terminal("run", "--once")

        assert [options.approve for options in application.asked] == [None]

    @pytest.mark.parametrize("direction", ["constant-contact-to-membrain", "both"])
    def test_tells_the_other_directions_too(
        self, on_terminal: CommandLine, application: FakeApplication, direction: str
    ) -> None:
        sync = SyncPreview("signups", direction, "Sign-ups")
        for operation in ("create", "create-company", "consent", "something-new"):
            sync.add(PlanLine(operation, "ann@example.com", "signups", side=Side.MEMBRAIN))
        application.preview = Preview((sync,), {})

        said = on_terminal("run", "--once", stdin="y\n").stderr

        assert {"both": "both ways", "constant-contact-to-membrain": "in Constant Contact to Membrain"}[
            direction
        ] in said
        assert "1  companies, new in Membrain: created" in said
        assert "1  consent, noted in Membrain" in said
        assert "1  something-new" in said

    def test_says_of_both_ways_how_many_on_which_side(
        self, on_terminal: CommandLine, application: FakeApplication
    ) -> None:
        sync, changed = SyncPreview("customers", "both", "Customers"), (("job_title", "CFO", "CEO"),)
        for side, count in ((Side.MEMBRAIN, 10), (Side.CONSTANT_CONTACT, 152)):
            for number in range(count):
                sync.add(PlanLine("create", f"new{number}@example.com", "customers", side=side))
            for operation in ("update", "readdress"):
                sync.add(PlanLine(operation, "ann@example.com", "customers", changed, side=side))
        application.preview = Preview((sync,), {})

        said = on_terminal("run", "--once", stdin="y\n").stderr

        for name, count in (("Membrain", 10), ("Constant Contact", 152)):
            assert f"{count:>9}  new in {name}: created" in said
            assert f"1  there already: get new values in {name}" in said
            assert f"1  get another address in {name}" in said
            assert f"1  values in {name} give way to others; the log keeps them" in said
        assert "the other side" not in said


def test_the_people_who_are_skipped_are_told_apart_from_those_of_this_run(
    on_terminal: CommandLine, application: FakeApplication
) -> None:
    """A run looks only at who has changed; who was skipped before is skipped still."""
    skipped = Counts(skipped=1)
    application.report = a_report(
        counts=skipped, syncs={"customers": skipped}, waiting={("customers", "opted_out"): 19}
    )

    shown = Text.from_ansi(on_terminal("run", "--once").stdout).plain

    headings = shown.index("Skipped in all, because")
    assert "Skipped  Failed" in shown[:headings]
    assert "19" in shown[headings:]
