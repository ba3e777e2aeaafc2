"""`ccsync run --once --scheduled`: what cron mails, which is nothing while all is well."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from filelock import FileLock

from ccsync.engine.options import Result, RunOptions
from ccsync.errors import ConfigError, ExitCode, LoginNeeded, Problem, Unreachable
from ccsync.service.switch import Switch

from .conftest import RUN, StoppedClock, a_report, write_log

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import CommandLine, FakeApplication, Outcome

SCHEDULED = ("run", "--once", "--scheduled")


@pytest.fixture(autouse=True)
def state_folder(ccsync: CommandLine, tmp_path: Path) -> Path:
    """Return the root of the state, where a configuration that cannot be opened is remembered."""
    root = tmp_path / "root"
    ccsync.variables = {**ccsync.variables, "CCSYNC_STATE_DIR": str(root)}
    return root


def silent(outcome: Outcome) -> bool:
    return (outcome.stdout, outcome.stderr) == ("", "")


def unreachable(application: FakeApplication) -> None:
    application.report = a_report(
        result=Result.FAILED,
        exit_code=ExitCode.UNREACHABLE,
        message="Membrain at acme.membrain.com does not answer",
        hint="ccsync run --once",
        code="no_answer",
        log_path=write_log(application.folder),
    )


class TestNothingIsSaid:
    def test_while_all_is_well(self, ccsync: CommandLine, application: FakeApplication) -> None:
        application.warnings = ("the interval is short",)
        outcome = ccsync(*SCHEDULED)
        assert outcome.code == 0
        assert silent(outcome)
        assert application.asked == [RunOptions()]

    def test_and_nothing_runs_while_the_service_is_switched_off(
        self, ccsync: CommandLine, application: FakeApplication
    ) -> None:
        Switch(application.folder, StoppedClock()).turn_off()
        outcome = ccsync(*SCHEDULED)
        assert (outcome.code, application.asked) == (0, [])
        assert silent(outcome)
        assert ccsync(*SCHEDULED, "--json").data == {"skipped": "the service is switched off"}

    def test_and_nothing_runs_while_a_run_is_on(self, ccsync: CommandLine, application: FakeApplication) -> None:
        with FileLock(application.folder / "lock"):
            outcome = ccsync(*SCHEDULED)
        assert (outcome.code, application.asked) == (0, [])
        assert silent(outcome)

    def test_when_a_signal_ends_the_run(self, ccsync: CommandLine, application: FakeApplication) -> None:
        application.report = KeyboardInterrupt()
        outcome = ccsync(*SCHEDULED)
        assert outcome.code == 130
        assert silent(outcome)


class TestAFailure:
    def test_is_told_with_what_since_when_what_next_which_run_and_where(
        self, ccsync: CommandLine, application: FakeApplication
    ) -> None:
        unreachable(application)
        outcome = ccsync(*SCHEDULED)
        assert outcome.code == 69
        assert outcome.stdout == ""
        assert outcome.stderr.splitlines() == [
            "ccsync: Membrain at acme.membrain.com does not answer",
            "  next: ccsync run --once",
            "  since: 2026-11-23 12:00:04 UTC",
            f"  run:  {RUN} (failed)",
            "  done: 12 created, 12 added, 3 skipped",
            f"  log:  {application.folder}/logs/2026-11-23/{RUN}.jsonl",
        ]

    def test_is_told_once_and_keeps_its_exit_code(self, ccsync: CommandLine, application: FakeApplication) -> None:
        unreachable(application)
        ccsync(*SCHEDULED)
        outcome = ccsync(*SCHEDULED)
        assert outcome.code == 69
        assert silent(outcome)
        assert ccsync(*SCHEDULED, "--json").envelope["errors"][0]["code"] == "no_answer"

    def test_is_told_again_after_a_day(self, ccsync: CommandLine, application: FakeApplication) -> None:
        unreachable(application)
        ccsync(*SCHEDULED)
        ccsync(*SCHEDULED)
        assert not isinstance(application.report, BaseException)
        application.report = a_report(
            exit_code=ExitCode.UNREACHABLE,
            result=Result.FAILED,
            message="Membrain does not answer",
            code="no_answer",
            finished=application.report.finished + timedelta(days=1),
        )
        stderr = ccsync(*SCHEDULED).stderr
        assert "since: 2026-11-23 12:00:04 UTC; 3 runs failed; told once a day as long as it lasts" in stderr

    def test_ends_with_one_line(self, ccsync: CommandLine, application: FakeApplication) -> None:
        unreachable(application)
        ccsync(*SCHEDULED)
        application.report = a_report()
        outcome = ccsync(*SCHEDULED)
        assert outcome.code == 0
        (line,) = outcome.stderr.splitlines()
        assert line.startswith(f"ccsync: works again with run {RUN}, ")
        assert silent(ccsync(*SCHEDULED))

    def test_with_quiet_its_end_is_not_told(self, ccsync: CommandLine, application: FakeApplication) -> None:
        unreachable(application)
        assert "does not answer" in ccsync(*SCHEDULED, "--quiet").stderr
        application.report = a_report()
        assert silent(ccsync(*SCHEDULED, "--quiet"))

    def test_that_keeps_a_run_from_beginning_is_told_once(
        self, ccsync: CommandLine, application: FakeApplication
    ) -> None:
        application.report = LoginNeeded("Not logged in to Membrain", hint="ccsync auth login membrain")
        outcome = ccsync(*SCHEDULED)
        assert outcome.code == 77
        assert outcome.stderr.splitlines()[:2] == [
            "ccsync: Not logged in to Membrain",
            "  next: ccsync auth login membrain",
        ]
        assert silent(ccsync(*SCHEDULED))

    def test_told_to_somebody_at_a_terminal_is_told_to_cron_all_the_same(
        self, ccsync: CommandLine, application: FakeApplication
    ) -> None:
        unreachable(application)
        ccsync("run", "--once")
        assert "does not answer" in ccsync(*SCHEDULED).stderr

    def test_a_bug_is_told_once_and_never_with_what_it_might_hold(
        self, ccsync: CommandLine, application: FakeApplication
    ) -> None:
        application.report = ValueError("secret-token")
        outcome = ccsync(*SCHEDULED)
        assert outcome.code == 1
        assert outcome.stderr.startswith("ccsync: a bug in ccsync: ValueError in ")
        again = ccsync(*SCHEDULED)
        assert again.code == 1
        assert silent(again)


class TestAConfigurationThatCannotBeOpened:
    def test_is_told_once_with_its_mistakes_and_then_that_it_works_again(self, ccsync: CommandLine) -> None:
        problems = tuple(Problem(f"key{n}", n, "is wrong", "mend it") for n in range(1, 40))
        ccsync.refuse = lambda: ConfigError("39 mistakes in config.toml", problems=problems, hint="mend it")
        outcome = ccsync(*SCHEDULED)
        assert outcome.code == 78
        lines = outcome.stderr.splitlines()
        assert lines[0].startswith("ccsync: 39 mistakes in config.toml: line 1: key1: is wrong;")
        assert len(lines) < 20
        assert silent(ccsync(*SCHEDULED))
        ccsync.refuse = None
        assert ccsync(*SCHEDULED).stderr.startswith(f"ccsync: works again with run {RUN}, ")
        assert silent(ccsync(*SCHEDULED))

    def test_each_configuration_is_told_for_itself(self, ccsync: CommandLine, tmp_path: Path) -> None:
        ccsync.refuse = lambda: ConfigError("wrong")
        ccsync("--config", str(tmp_path / "one.toml"), *SCHEDULED)
        assert "wrong" in ccsync("--config", str(tmp_path / "two.toml"), *SCHEDULED).stderr


def test_where_nothing_can_be_remembered_every_failure_is_told(
    ccsync: CommandLine, application: FakeApplication
) -> None:
    (application.folder / "notices.json").mkdir()
    application.report = Unreachable("Membrain does not answer")
    assert "does not answer" in ccsync(*SCHEDULED).stderr
    assert "does not answer" in ccsync(*SCHEDULED).stderr


@pytest.mark.parametrize("words", [("run", "--scheduled"), (*SCHEDULED, "--dry-run")])
def test_it_goes_with_once_and_not_with_a_dry_run(
    words: tuple[str, ...], ccsync: CommandLine, application: FakeApplication
) -> None:
    outcome = ccsync(*words)
    assert (outcome.code, application.asked) == (2, [])
    assert "--scheduled" in outcome.stderr
