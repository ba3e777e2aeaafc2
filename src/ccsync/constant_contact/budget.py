"""The call budget: 4 requests a second and 10,000 a UTC day, for everybody who uses the same application.

Source: Constant Contact's support staff and its page on rate limits. The service sends no headers about it, so ccsync
counts by itself and keeps some calls back: whoever spends them all on contacts cannot read an opt-out any more.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Literal

from ccsync.clock import hold_pace
from ccsync.errors import QuotaSpent

if TYPE_CHECKING:
    from ccsync.clock import Clock
    from ccsync.state.calls import CallCounter

Purpose = Literal["normal", "opt-out"]

#: So long after 00:00 UTC "quota exceeded" may still be about yesterday, when clocks differ, and is not remembered.
_CLOCKS_DIFFER = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class BudgetState:
    """The UTC day so far; ``spent`` when the service itself said that there is no more."""

    limit: int
    used: int
    reserved: int
    resets_at: datetime
    spent: bool = False


class Budget:
    """Asked before every request to Constant Contact, each try included."""

    def __init__(
        self,
        counter: CallCounter,
        clock: Clock,
        *,
        per_second: float = 3.5,
        per_day: int = 10_000,
        reserve: int = 500,
    ) -> None:
        """``reserve`` calls of the day are for opt-outs only, never more than a tenth of it."""
        self._counter = counter
        self._clock = clock
        self._interval = 1 / per_second
        self._limit = per_day
        self._reserve = min(reserve, per_day // 10)

    def spend(self, purpose: Purpose = "normal") -> None:
        """Book one call and wait until it may be sent; QuotaSpent when the day holds no more for this purpose."""
        at_most = self._limit if purpose == "opt-out" else self._limit - self._reserve
        wait = self._counter.take(self._clock.now(), at_most=at_most, interval=self._interval)
        if wait is None:
            raise self._spent(purpose)
        hold_pace(self._clock, wait)

    def service_says_spent(self) -> QuotaSpent:
        """Remember that the service answered ``quota_exceeded``; returns the error to raise."""
        now = self._clock.now()
        used = self._counter.day(now).used
        if now - _midnight(now) >= _CLOCKS_DIFFER or used >= self._limit - self._reserve:
            self._counter.mark_spent(now)
        return self._service_said(used)

    def snapshot(self) -> BudgetState:
        """Return how the day stands."""
        now = self._clock.now()
        day = self._counter.day(now)
        return BudgetState(self._limit, day.used, self._reserve, _midnight(now) + timedelta(days=1), day.spent)

    def _spent(self, purpose: Purpose) -> QuotaSpent:
        day = self._counter.day(self._clock.now())
        if day.spent:
            return self._service_said(day.used)
        kept = "" if purpose == "opt-out" else f"; {self._reserve} more are kept for reading opt-outs"
        return QuotaSpent(
            f"today's calls to Constant Contact are used: {day.used} of {self._limit}{kept}; the count starts again at "
            "00:00 UTC",
            hint="ccsync run --once, after 00:00 UTC; a longer service.interval uses fewer",
        )

    def _service_said(self, used: int) -> QuotaSpent:
        others = "; another program seems to use the same client_id" if used < self._limit - self._reserve else ""
        return QuotaSpent(
            f"Constant Contact allows no more calls today; ccsync has made {used} of {self._limit}{others}; the count "
            "starts again at 00:00 UTC",
            hint="ccsync run --once, after 00:00 UTC",
        )


def _midnight(now: datetime) -> datetime:
    return datetime.combine(now.astimezone(UTC).date(), time(), UTC)
