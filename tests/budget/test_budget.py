"""Four calls a second and 10,000 a UTC day, never more, and some of them for opt-outs only."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from ccsync.constant_contact.budget import Budget, BudgetState
from ccsync.errors import QuotaSpent
from ccsync.state.calls import CallCounter

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def budget(counter: CallCounter, clock: Any) -> Budget:
    return Budget(counter, clock, per_day=20, reserve=2)


def spend(budget: Budget, times: int, purpose: Any = "normal") -> None:
    for _ in range(times):
        budget.spend(purpose)


class TestThePace:
    def test_the_first_call_goes_at_once(self, budget: Budget, clock: Any) -> None:
        budget.spend()
        assert clock.slept == []

    def test_no_second_ever_holds_more_than_four_calls(self, counter: CallCounter, clock: Any) -> None:
        budget = Budget(counter, clock)
        sent = []
        for number in range(60):
            if number % 9 == 0:
                clock.sleep(0.7)  # other work in between saves up nothing
            budget.spend()
            sent.append(clock.monotonic())
        assert max(sum(start <= other < start + 1 for other in sent) for start in sent) == 4

    def test_two_processes_share_the_pace(self, counter: CallCounter, tmp_path: Path, clock: Any) -> None:
        with CallCounter(tmp_path, "client-1") as other:
            spend(Budget(counter, clock), 1)
            spend(Budget(other, clock), 1)
        assert clock.slept == [pytest.approx(1 / 3.5, abs=1e-5)]

    def test_another_application_has_a_pace_of_its_own(self, counter: CallCounter, tmp_path: Path, clock: Any) -> None:
        with CallCounter(tmp_path, "client-2") as other:
            spend(Budget(counter, clock), 1)
            spend(Budget(other, clock), 1)
        assert clock.slept == []

    def test_a_clock_that_jumps_back_does_not_freeze_it(self, budget: Budget, clock: Any) -> None:
        budget.spend()
        clock.moment -= timedelta(hours=6)
        budget.spend()
        assert sum(clock.slept) == 0


class TestTheDay:
    def test_normal_work_stops_where_the_reserve_begins(self, budget: Budget) -> None:
        spend(budget, 18)
        with pytest.raises(QuotaSpent) as caught:
            budget.spend()
        assert "18 of 20" in caught.value.message
        assert "00:00 UTC" in caught.value.message
        assert caught.value.exit_code == 75

    def test_opt_outs_may_use_the_reserve_and_no_more(self, budget: Budget) -> None:
        spend(budget, 18)
        spend(budget, 2, "opt-out")
        with pytest.raises(QuotaSpent, match="20 of 20"):
            budget.spend("opt-out")

    def test_a_refused_call_is_not_counted(self, budget: Budget) -> None:
        spend(budget, 18)
        for _ in range(5):
            with pytest.raises(QuotaSpent):
                budget.spend()
        assert budget.snapshot().used == 18

    def test_a_new_utc_day_starts_again_at_nothing(self, budget: Budget, clock: Any) -> None:
        spend(budget, 18)
        clock.moment = datetime(2026, 11, 24, 0, 0, tzinfo=UTC)
        budget.spend()
        assert budget.snapshot().used == 1

    def test_the_reserve_is_never_more_than_a_tenth_of_the_day(self, counter: CallCounter, clock: Any) -> None:
        assert Budget(counter, clock, per_day=1000, reserve=500).snapshot().reserved == 100

    def test_a_clock_that_jumps_to_another_day_and_back_loses_no_call(self, budget: Budget, clock: Any) -> None:
        spend(budget, 5)
        today = clock.moment
        clock.moment = today + timedelta(days=400)
        budget.spend()
        clock.moment = today
        budget.spend()
        assert budget.snapshot().used == 6

    def test_the_snapshot_says_how_the_day_stands(self, budget: Budget) -> None:
        spend(budget, 3)
        assert budget.snapshot() == BudgetState(
            limit=20, used=3, reserved=2, resets_at=datetime(2026, 11, 24, tzinfo=UTC), spent=False
        )


class TestWhenTheServiceSaysEnough:
    def test_nothing_more_is_sent_that_day_not_even_for_opt_outs(self, budget: Budget) -> None:
        spend(budget, 3)
        raised = budget.service_says_spent()
        assert isinstance(raised, QuotaSpent)
        for purpose in ("normal", "opt-out"):
            with pytest.raises(QuotaSpent):
                budget.spend(purpose)
        assert budget.snapshot().spent

    def test_calls_that_we_did_not_make_point_to_another_program(self, budget: Budget) -> None:
        spend(budget, 3)
        assert "another program" in budget.service_says_spent().message

    def test_a_day_that_we_used_up_ourselves_points_to_nobody(self, budget: Budget) -> None:
        spend(budget, 18)
        assert "another program" not in budget.service_says_spent().message

    def test_the_next_day_is_open_again(self, budget: Budget, clock: Any) -> None:
        budget.service_says_spent()
        clock.moment += timedelta(days=1)
        budget.spend()

    def test_just_after_midnight_it_may_mean_yesterday_and_does_not_close_the_day(
        self, budget: Budget, clock: Any
    ) -> None:
        clock.moment = datetime(2026, 11, 24, 0, 0, 5, tzinfo=UTC)
        budget.spend()
        budget.service_says_spent()
        budget.spend()
        assert not budget.snapshot().spent
