"""How often one request is tried and how long the pauses are; tenacity turns the wheel."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenacity import RetryCallState

    from ccsync.errors import CcsyncError

TRIES = 3
THROTTLED_AT_MOST = 20
_PAUSES = (0.5, 1.5)


class TryAgainError(Exception):
    """One try came to nothing and another may help; ``error`` is what the caller sees when none is left."""

    def __init__(self, error: CcsyncError, *, wait: float | None = None, counts: bool = True) -> None:
        super().__init__(error.message)
        self.error = error
        self.wait = wait
        self.counts = counts


class Tries:
    """The tries of one request so far."""

    def __init__(self, jitter: Callable[[], float]) -> None:
        self.sent = 0
        self.maybe_done = False
        self.was_silent = False
        self._jitter = jitter
        self._used = 0
        self._throttled = 0

    def note(self, outcome: TryAgainError) -> TryAgainError:
        """Count a try that came to nothing."""
        if outcome.counts:
            self._used += 1
        else:
            self._throttled += 1
        return outcome

    def are_over(self, _: RetryCallState) -> bool:
        """Tell whether to give up."""
        return self._used >= TRIES or self._throttled >= THROTTLED_AT_MOST

    def pause(self, state: RetryCallState) -> float:
        """Return the seconds until the next try, spread so that two programs do not march in step."""
        outcome = state.outcome.exception() if state.outcome else None
        asked = outcome.wait if isinstance(outcome, TryAgainError) else None
        if asked is not None:
            return asked + 0.25 * self._jitter()
        return _PAUSES[min(self._used, len(_PAUSES)) - 1] * (0.75 + 0.5 * self._jitter())
