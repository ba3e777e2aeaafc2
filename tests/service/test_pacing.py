"""When the next run begins: an interval after the last start, less often in trouble, and why."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccsync.constant_contact.budget import BudgetState
from ccsync.engine.options import Result, RunReport
from ccsync.errors import (
    CcsyncError,
    ConfigError,
    ExitCode,
    LocalError,
    LoginNeeded,
    QuotaSpent,
    Stopped,
    TryLater,
    Unreachable,
    UsageError,
)
from ccsync.service.pacing import JITTER, LONGEST, SELDOM, Ending, Pause, ending, pause_after, stretched

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
MIDNIGHT = NOON + timedelta(hours=12)
MINUTES_3 = timedelta(minutes=3)
NO_TIME = timedelta()

INTERVALS = st.timedeltas(timedelta(seconds=1), timedelta(days=2))
LENGTHS = st.timedeltas(NO_TIME, timedelta(hours=6))
TROUBLES = st.integers(1, 10_000)
CHANCES = st.floats(0, 1, exclude_max=True)
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - the zone is added
ENDINGS = st.sampled_from(Ending)


def pause(
    how: Ending,
    *,
    interval: timedelta = MINUTES_3,
    took: timedelta = NO_TIME,
    troubles: int = 1,
    chance: float = 0.5,
    reserve_is_left: bool = False,
) -> Pause:
    return pause_after(
        how,
        interval=interval,
        took=took,
        troubles=troubles,
        now=NOON,
        chance=chance,
        reserve_is_left=reserve_is_left,
    )


def a_report(exit_code: ExitCode, code: str = "") -> RunReport:
    return RunReport("r", Result.SUCCESS, NOON, NOON, exit_code, code=code)


class TestARunThatEndedWell:
    def test_is_followed_by_one_that_begins_an_interval_after_its_start(self) -> None:
        assert pause(Ending.WELL, took=timedelta(seconds=40)) == Pause(timedelta(seconds=140))

    def test_that_took_longer_than_the_interval_is_followed_at_once(self) -> None:
        assert pause(Ending.WELL, took=timedelta(minutes=4)) == Pause(NO_TIME)

    @given(interval=INTERVALS, took=LENGTHS, chance=CHANCES)
    def test_never_overlaps_the_next_and_starts_keep_the_pace(
        self, interval: timedelta, took: timedelta, chance: float
    ) -> None:
        length = pause(Ending.WELL, interval=interval, took=took, chance=chance).length
        assert length >= NO_TIME
        if length:
            assert abs(took + length - interval) <= min(interval * JITTER, timedelta(seconds=30)) / 2 + timedelta(
                microseconds=1
            )

    def test_starts_are_not_late_on_average(self) -> None:
        lengths = [pause(Ending.WELL, chance=number / 1000).length for number in range(1000)]
        assert abs(sum(lengths, NO_TIME) / 1000 - MINUTES_3) < timedelta(seconds=1)


class TestAServiceThatIsDown:
    def test_is_asked_again_after_the_interval_and_then_after_twice_as_long_each_time(self) -> None:
        lengths = [pause(Ending.PASSES, troubles=number).length for number in (1, 2, 3, 4)]
        assert lengths == [MINUTES_3, MINUTES_3 * 2, MINUTES_3 * 4, LONGEST]

    @given(interval=INTERVALS, troubles=TROUBLES)
    def test_is_asked_no_more_often_than_usual_and_no_less_often_than_said(
        self, interval: timedelta, troubles: int
    ) -> None:
        length = pause(Ending.PASSES, interval=interval, troubles=troubles).length
        assert interval <= length <= max(interval, LONGEST)

    @given(interval=INTERVALS, troubles=TROUBLES)
    def test_is_asked_less_often_with_each_failure(self, interval: timedelta, troubles: int) -> None:
        shorter, longer = (pause(Ending.PASSES, interval=interval, troubles=troubles + one).length for one in (0, 1))
        assert shorter <= longer


class TestWhatNeedsSomebody:
    def test_is_looked_at_again_at_the_usual_pace(self) -> None:
        assert pause(Ending.NEEDS_SOMEBODY, troubles=50) == Pause(MINUTES_3)

    def test_does_not_spin_when_the_pace_is_quick(self) -> None:
        assert pause(Ending.NEEDS_SOMEBODY, interval=timedelta(seconds=1)).length == SELDOM


class TestASpentDay:
    @given(now=MOMENTS, chance=CHANCES, interval=INTERVALS, troubles=TROUBLES)
    def test_waits_until_shortly_after_midnight_in_utc(
        self, now: datetime, chance: float, interval: timedelta, troubles: int
    ) -> None:
        waited = pause_after(
            Ending.DAY_SPENT, interval=interval, took=NO_TIME, troubles=troubles, now=now, chance=chance
        )
        begins = now + waited.length
        assert begins.date() == now.date() + timedelta(days=1)
        assert begins - begins.replace(hour=0, minute=0, second=0, microsecond=0) <= timedelta(seconds=90)
        assert "00:00 UTC" in waited.reason

    def test_goes_on_for_opt_outs_while_calls_are_kept_for_them_and_says_so(self) -> None:
        waited = pause(Ending.DAY_SPENT, troubles=9, reserve_is_left=True)
        assert waited == Pause(LONGEST, "until 00:00 UTC only opt-outs are looked after")

    def test_does_not_oversleep_the_midnight_while_it_goes_on_for_opt_outs(self) -> None:
        late = MIDNIGHT - timedelta(minutes=2)
        waited = pause_after(
            Ending.DAY_SPENT,
            interval=MINUTES_3,
            took=NO_TIME,
            troubles=9,
            now=late,
            chance=0.5,
            reserve_is_left=True,
        )
        assert waited.length == timedelta(minutes=2)


@given(how=ENDINGS, interval=INTERVALS, took=LENGTHS, troubles=TROUBLES, chance=CHANCES)
def test_no_pause_is_ever_negative_and_none_is_endless(
    how: Ending, interval: timedelta, took: timedelta, troubles: int, chance: float
) -> None:
    length = pause(how, interval=interval, took=took, troubles=troubles, chance=chance).length
    assert NO_TIME <= length <= max(interval * (1 + JITTER), timedelta(hours=24))


@pytest.mark.parametrize(
    ("answer", "how"),
    [
        (a_report(ExitCode.DONE), Ending.WELL),
        (a_report(ExitCode.STOPPED, "record_failed"), Ending.WELL),
        (a_report(ExitCode.STOPPED, "stopped"), Ending.NEEDS_SOMEBODY),
        (a_report(ExitCode.UNREACHABLE, "unreachable"), Ending.PASSES),
        (a_report(ExitCode.TRY_LATER, "quota_spent"), Ending.DAY_SPENT),
        (QuotaSpent("no calls"), Ending.DAY_SPENT),
        (TryLater("throttled"), Ending.PASSES),
        (Unreachable("down"), Ending.PASSES),
        (CcsyncError("a bug", code="bug"), Ending.PASSES),
        (LoginNeeded("log in"), Ending.NEEDS_SOMEBODY),
        (ConfigError("wrong"), Ending.NEEDS_SOMEBODY),
        (LocalError("disk full"), Ending.NEEDS_SOMEBODY),
        (Stopped("too many"), Ending.NEEDS_SOMEBODY),
        (UsageError("no sandbox"), Ending.NEEDS_SOMEBODY),
    ],
    ids=lambda value: str(getattr(value, "code", "") or value),
)
def test_an_exit_code_says_what_a_pause_is_for(answer: RunReport | CcsyncError, how: Ending) -> None:
    assert ending(answer) is how


class TestADayWhoseCallsRunShort:
    USUAL = Pause(MINUTES_3)

    def state(self, used: int, *, spent: bool = False) -> BudgetState:
        return BudgetState(10_000, used, 500, MIDNIGHT, spent)

    def test_changes_nothing_while_a_tenth_is_left(self) -> None:
        assert stretched(self.USUAL, self.state(8_500), 50, NOON) is self.USUAL

    def test_makes_the_rest_last_until_midnight_and_says_so(self) -> None:
        longer = stretched(self.USUAL, self.state(9_400), 4, NOON)  # 100 calls, 25 runs, 12 hours
        assert longer.length == timedelta(hours=12) / 25
        assert longer.reason == "100 of today's calls to Constant Contact are left, and have to last"

    def test_never_pauses_for_more_than_an_hour_for_it(self) -> None:
        assert stretched(self.USUAL, self.state(9_499), 500, NOON).length == timedelta(hours=1)

    def test_changes_nothing_when_they_last_anyway(self) -> None:
        assert stretched(self.USUAL, self.state(8_600), 2, NOON) is self.USUAL
