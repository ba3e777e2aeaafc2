"""`ccsync status --check`: one line and 0, 1 or 2, as Nagios and its like read them."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from ccsync.config.model import Config
from ccsync.constant_contact.budget import BudgetState
from ccsync.errors import ConfigError, LocalError
from ccsync.service.notice_book import NoticeBook
from ccsync.service.notices import Ending, Verdict
from ccsync.service.switch import Switch
from ccsync.state.folder import AccountLock
from ccsync.state.memory import MemoryStore
from ccsync.state.values import RunRecord

from .conftest import CONFIG, NOON, StoppedClock

if TYPE_CHECKING:
    from .conftest import CommandLine, FakeApplication

# The plug-in guidelines of Nagios: one line, text, and behind a bar label=value[unit];[warn];[crit];[min];[max]
PERFDATA = re.compile(r"\w+=-?[0-9.]+s?(;[0-9.]*){0,4}")


@pytest.fixture(autouse=True)
def recent(after_a_run: FakeApplication) -> FakeApplication:
    """Return an account with a run that went well 2 minutes ago."""
    runs(after_a_run, (timedelta(minutes=2), "success"))
    return after_a_run


def runs(application: FakeApplication, *ended: tuple[timedelta, str], message: str = "") -> None:
    """Have runs end so long ago, oldest first."""
    application.store = MemoryStore()
    for index, (ago, result) in enumerate(ended):
        finished = NOON - ago
        began = finished - timedelta(seconds=4)
        application.store.history.put_run(RunRecord(f"r{index}", began, finished, result, message=message))


def fails(application: FakeApplication, code: str, exit_code: int) -> None:
    ending = Ending(
        at=NOON, verdict=Verdict.BADLY, exit_code=exit_code, code=code, message=f"it is {code}", hint="ccsync mend"
    )
    NoticeBook(application.folder).note(ending)


class TestOk:
    def test_is_one_line_with_numbers_to_draw(self, ccsync: CommandLine) -> None:
        outcome = ccsync("status", "--check")
        assert (outcome.code, outcome.stderr) == (0, "")
        (line,) = outcome.stdout.splitlines()
        text, _, numbers = line.partition(" | ")
        assert text == "CCSYNC OK - acme: last run went through 2 min 00 s ago"
        assert numbers.split() == ["age=120s;;900;0", "calls=123;8550;9500;0;10000", "waiting=0;;;0"]
        assert all(PERFDATA.fullmatch(one) for one in numbers.split())

    def test_is_the_same_for_programs(self, ccsync: CommandLine) -> None:
        outcome = ccsync("status", "--check", "--max-age", "15m", "--json")
        assert outcome.envelope["status"] == "success"
        assert outcome.data == {
            "level": "ok",
            "line": "CCSYNC OK - acme: last run went through 2 min 00 s ago",
            "account": "acme",
            "last_success": "2026-11-23T11:58:00.000Z",
            "age_seconds": 120,
            "max_age_seconds": 900,
            "service": "stopped",
            "findings": [],
        }

    def test_is_what_an_interrupted_run_leaves(self, ccsync: CommandLine, recent: FakeApplication) -> None:
        runs(recent, (timedelta(minutes=5), "success"), (timedelta(minutes=1), "interrupted"))
        assert ccsync("status", "--check").code == 0

    def test_a_clock_that_was_set_back_a_little_is_no_alarm(self, ccsync: CommandLine, recent: FakeApplication) -> None:
        runs(recent, (timedelta(minutes=-1), "success"))
        outcome = ccsync("status", "--check", "--json")
        assert (outcome.code, outcome.data["age_seconds"]) == (0, 0)

    def test_is_what_the_next_run_brings_when_the_clock_was_ahead(
        self, ccsync: CommandLine, recent: FakeApplication
    ) -> None:
        runs(recent, (timedelta(hours=-1), "success"), (timedelta(minutes=1), "success"))
        outcome = ccsync("status", "--check", "--json")
        assert (outcome.code, outcome.data["age_seconds"]) == (0, 60)


class TestCritical:
    def test_when_nothing_went_through_for_longer_than_max_age(
        self, ccsync: CommandLine, recent: FakeApplication
    ) -> None:
        runs(recent, (timedelta(minutes=16), "success"))
        outcome = ccsync("status", "--check", "--max-age", "15m")
        assert outcome.code == 2
        assert outcome.stdout.startswith(
            "CCSYNC CRITICAL - acme: no run went through for 16 min 00 s; none comes by itself (ccsync daemon start) | "
        )
        assert ccsync("status", "--check", "--max-age", "17m").code == 0

    def test_also_behind_many_runs_that_failed(self, ccsync: CommandLine, recent: FakeApplication) -> None:
        failed = [(timedelta(minutes=50) - timedelta(seconds=n), "failed") for n in range(60)]
        runs(recent, (timedelta(hours=1), "success"), *failed, message="no answer")
        outcome = ccsync("status", "--check")
        assert outcome.code == 2
        assert "no run went through for 1 h 00 min" in outcome.stdout
        assert "no answer" in outcome.stdout

    def test_when_it_never_ran(self, ccsync: CommandLine, recent: FakeApplication) -> None:
        recent.store = None
        outcome = ccsync("status", "--check")
        assert outcome.code == 2
        assert "no run has gone through yet" in outcome.stdout

    def test_when_a_guard_stopped_the_run(self, ccsync: CommandLine, recent: FakeApplication) -> None:
        runs(recent, (timedelta(minutes=5), "success"), (timedelta(minutes=1), "stopped"), message="64 people | more")
        outcome = ccsync("status", "--check")
        assert outcome.code == 2
        assert outcome.stdout.startswith("CCSYNC CRITICAL - acme: 64 people / more (ccsync status); last run ")

    @pytest.mark.parametrize(("code", "exit_code"), [("login_needed", 77), ("config", 78), ("local", 74), ("bug", 1)])
    def test_when_runs_fail_of_what_does_not_mend_itself(
        self, code: str, exit_code: int, ccsync: CommandLine, recent: FakeApplication
    ) -> None:
        fails(recent, code, exit_code)
        outcome = ccsync("status", "--check")
        assert outcome.code == 2
        assert f"it is {code} (ccsync mend)" in outcome.stdout

    @pytest.mark.parametrize("error", [ConfigError("6 mistakes", hint="mend"), LocalError("the state is damaged")])
    def test_when_it_cannot_even_be_looked_at(self, error: Exception, ccsync: CommandLine) -> None:
        ccsync.refuse = lambda: error
        outcome = ccsync("status", "--check")
        assert (outcome.code, outcome.stderr) == (2, "")
        assert outcome.stdout.startswith(f"CCSYNC CRITICAL - {error}")
        assert outcome.stdout.count("\n") == 1


class TestWarning:
    def test_when_single_people_were_refused(self, ccsync: CommandLine, recent: FakeApplication) -> None:
        runs(recent, (timedelta(minutes=1), "partial"), message="2 people could not be written as planned")
        outcome = ccsync("status", "--check", "--json")
        assert outcome.code == 1
        assert outcome.envelope["status"] == "partial"
        assert outcome.data["findings"] == [
            {"level": "warning", "message": "2 people could not be written as planned", "next": "ccsync status"}
        ]

    def test_when_the_last_run_is_dated_later_than_now(self, ccsync: CommandLine, recent: FakeApplication) -> None:
        """The clock was ahead, or is behind now: how long ago it was, nobody knows."""
        runs(recent, (timedelta(hours=-1), "success"))
        outcome = ccsync("status", "--check", "--json")
        assert (outcome.code, outcome.data["age_seconds"]) == (1, None)
        [finding] = outcome.data["findings"]
        assert finding["message"] == "the last run that went through is dated 2026-11-23 13:00:00 UTC, in the future"
        assert finding["next"] == "timedatectl"
        assert PERFDATA.fullmatch(ccsync("status", "--check").stdout.partition(" | ")[2].split()[0])

    def test_when_a_service_is_down_for_a_moment(self, ccsync: CommandLine, recent: FakeApplication) -> None:
        fails(recent, "no_answer", 69)
        assert ccsync("status", "--check").code == 1

    def test_when_it_was_switched_off_on_purpose_however_long_ago(
        self, ccsync: CommandLine, recent: FakeApplication
    ) -> None:
        runs(recent, (timedelta(days=9), "success"))
        Switch(recent.folder, StoppedClock()).turn_off()
        outcome = ccsync("status", "--check")
        assert outcome.code == 1
        assert "switched off on purpose since 2026-11-23 12:00:00 UTC (ccsync daemon start)" in outcome.stdout

    def test_when_the_first_run_takes_its_time(self, ccsync: CommandLine, recent: FakeApplication) -> None:
        recent.store = None
        with AccountLock(recent.folder, StoppedClock()):
            outcome = ccsync("status", "--check")
        assert outcome.code == 1
        assert "one is on since 2026-11-23 12:00:00 UTC" in outcome.stdout

    @pytest.mark.parametrize(
        ("used", "code", "said"), [(8549, 0, "OK"), (8550, 1, "8550 of today's 9500 calls are used")]
    )
    def test_when_the_calls_of_the_day_run_short(
        self, used: int, code: int, said: str, ccsync: CommandLine, recent: FakeApplication
    ) -> None:
        day = datetime(2026, 11, 24, tzinfo=NOON.tzinfo)
        setattr(recent, "budget", lambda: BudgetState(10_000, used, 500, day))  # noqa: B010 - a method of the fake
        outcome = ccsync("status", "--check")
        assert outcome.code == code
        assert said in outcome.stdout

    def test_when_the_service_itself_allows_no_more(
        self, ccsync: CommandLine, recent: FakeApplication, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        day = datetime(2026, 11, 24, tzinfo=NOON.tzinfo)
        monkeypatch.setattr(recent, "budget", lambda: BudgetState(10_000, 10, 500, day, spent=True))
        outcome = ccsync("status", "--check")
        assert outcome.code == 1
        assert "Constant Contact allows no more calls today" in outcome.stdout


class TestMaxAge:
    def test_without_it_three_intervals_are_waited_for(self, ccsync: CommandLine, recent: FakeApplication) -> None:
        recent.config = Config.model_validate({**CONFIG, "service": {"interval": "1h"}})
        runs(recent, (timedelta(hours=2), "success"))
        assert ccsync("status", "--check", "--json").data["max_age_seconds"] == 3 * 3600

    @pytest.mark.parametrize(
        "words", [("--check", "--max-age", "soon"), ("--max-age", "15m"), ("--check", "--all"), ("--check", "--watch")]
    )
    def test_what_makes_no_sense_is_wrong_usage(self, words: tuple[str, ...], ccsync: CommandLine) -> None:
        outcome = ccsync("status", *words)
        assert (outcome.code, outcome.stdout) == (2, "")
        assert outcome.stderr.endswith("  next: ccsync status --check --max-age 15m\n")
