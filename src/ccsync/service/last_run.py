"""What the service keeps of its last run: as much as the next one's start depends on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from ccsync.engine.options import RunReport
from ccsync.service import pacing
from ccsync.service.pacing import Ending, Pause

if TYPE_CHECKING:
    from ccsync.constant_contact.budget import BudgetState
    from ccsync.errors import CcsyncError

_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(slots=True)
class LastRun:
    """The last run: ``began`` and ``ended`` by a clock that only grows, ``ended_at`` by the time of day."""

    how: Ending = Ending.WELL
    began: float = 0.0
    ended: float = 0.0
    ended_at: datetime = _NEVER
    _in_a_row: int = 0
    _calls: int = 0
    _budget: BudgetState | None = None
    _chance: float = 0.5

    def end(
        self,
        answer: RunReport | CcsyncError,
        *,
        monotonic: float,
        now: datetime,
        chance: float,
        budget: BudgetState | None,
    ) -> None:
        """Note how the run that began last has ended."""
        how = pacing.ending(answer)
        self._in_a_row = self._in_a_row + 1 if how is self.how else 1
        self.how, self.ended, self.ended_at = how, monotonic, now
        self._calls = answer.calls.get("constant_contact", 0) if isinstance(answer, RunReport) else 0
        self._budget, self._chance = budget, chance

    def pause(self, interval: timedelta) -> Pause:
        """Return the pause after it, by an interval that may have been edited since."""
        budget = self._budget
        pause = pacing.pause_after(
            self.how,
            interval=interval,
            took=timedelta(seconds=self.ended - self.began),
            troubles=self._in_a_row,
            now=self.ended_at,
            chance=self._chance,
            reserve_is_left=budget is not None and not budget.spent and budget.used < budget.limit,
        )
        if self.how is Ending.WELL and budget is not None:
            return pacing.stretched(pause, budget, self._calls, self.ended_at)
        return pause
