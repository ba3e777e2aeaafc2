"""How often one request is tried and how long the pauses are; tenacity turns the wheel."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from tenacity import Retrying, retry_if_exception_type

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenacity import RetryCallState

    from ccsync.errors import CcsyncError

T = TypeVar("T")
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
        self.last: TryAgainError | None = None

    def go(self, once: Callable[[], T], sleep: Callable[[float], None]) -> T:
        """Call until it returns, or raises anything but TryAgainError; the error of the last try when none is left."""
        turns = Retrying(
            stop=self._are_over,
            wait=self._pause,
            sleep=sleep,
            retry=retry_if_exception_type(TryAgainError),
            reraise=True,
        )
        try:
            value: T = turns(self._counted, once)
        except TryAgainError as given_up:
            raise given_up.error from given_up.__cause__
        return value

    def _counted(self, once: Callable[[], T]) -> T:
        try:
            return once()
        except TryAgainError as outcome:
            self.last = outcome
            if outcome.counts:
                self._used += 1
            else:
                self._throttled += 1
            raise

    def _are_over(self, _: RetryCallState) -> bool:
        return self._used >= TRIES or self._throttled >= THROTTLED_AT_MOST

    def _pause(self, state: RetryCallState) -> float:
        """Return the seconds until the next try, spread so that two programs do not march in step."""
        outcome = state.outcome.exception() if state.outcome else None
        asked = outcome.wait if isinstance(outcome, TryAgainError) else None
        if asked is not None:
            return asked + 0.25 * self._jitter()
        return _PAUSES[min(self._used, len(_PAUSES)) - 1] * (0.75 + 0.5 * self._jitter())
