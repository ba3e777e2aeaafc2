"""The one way out to a service: limits, tries, a log line per try. What an answer means, the classifier says."""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote, urlencode, urlsplit

from ccsync.errors import AnswerLost, CcsyncError, Unreachable
from ccsync.http.dates import TheirClock
from ccsync.http.telling import Telling, title
from ccsync.http.transport import Limits, NoAnswer, Transport
from ccsync.http.tries import Tries, TryAgainError
from ccsync.http.verdict import Answer, Classifier, Fail, Ok, Retry
from ccsync.stopping import StopAsked

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ccsync.clock import Clock
    from ccsync.logs.events import Recorder
    from ccsync.stopping import StopRequest

#: Methods that may be sent again when nobody knows whether they arrived (RFC 9110, 9.2.2).
_REPEATABLE = frozenset({"GET", "PUT", "DELETE"})
_DEFAULT_LIMITS = Limits()


class HttpClient:
    """Talks to one service at one base address; safe to use from several threads.

    A request is tried three times at most, with short jittered pauses, as long as trying again can do no harm: a POST
    whose answer was lost is never sent again but raises AnswerLost. A service that asks to slow down is waited for
    without using up a try, up to a bound. One that says nothing at all is given up after about 12 seconds.
    """

    def __init__(
        self,
        service: str,
        base_url: str,
        clock: Clock,
        log: Recorder,
        *,
        limits: Limits = _DEFAULT_LIMITS,
        connections: int = 8,
        jitter: Callable[[], float] = random.random,
        stop: StopRequest | None = None,
    ) -> None:
        """Prepare to talk to ``service`` ("membrain", "constant-contact"); ``jitter`` gives numbers from 0 to 1.

        Nothing is tried again once somebody has asked ``stop`` for an end.
        """
        self.service = service
        self.title = title(service)
        self.base_url = base_url.rstrip("/")
        self._clock = clock
        self._log = log
        self._jitter = jitter
        self._stop = stop
        self._transport = Transport(base_url, clock, limits, connections)
        self.their_clock = TheirClock()
        self._counting = Lock()
        self._calls = 0

    @property
    def calls(self) -> int:
        """How many requests were sent, each try counted."""
        return self._calls

    def send(
        self,
        method: str,
        path: str,
        classify: Classifier,
        *,
        query: Mapping[str, str] | str = "",
        body: bytes | None = None,
        before_try: Callable[[], Mapping[str, str]] = dict,
    ) -> Any:
        """Send and return the value that ``classify`` finds in the answer, or raise its error.

        ``path`` is appended to the base address; ``query`` is a mapping, or text that is encoded already.
        ``before_try`` is called before each try and returns its headers; what it raises ends the request.
        """
        encoded = query if isinstance(query, str) else urlencode(query, quote_via=quote)
        url = f"{self.base_url}{path}" + (f"?{encoded}" if encoded else "")
        request = _Request(method, url, urlsplit(url).path, body, before_try, classify)
        tries = Tries(self._jitter)
        return tries.go(lambda: self._try(request, tries), partial(self._pause, tries))

    def close(self) -> None:
        """Close all connections."""
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _pause(self, tries: Tries, seconds: float) -> None:
        """Wait until the next try. There is none when somebody asks for an end: then the last one's error stands.

        Nothing is on its way between two tries, and that error tells the caller whether anything was carried out.
        """
        if self._stop is None:
            self._clock.sleep(seconds)
            return
        try:
            self._stop.heed()
            self._clock.sleep(seconds)
        except StopAsked as asked:
            raise tries.last or asked from None

    def _try(self, request: _Request, tries: Tries) -> Any:
        headers = request.before_try()
        tries.sent += 1
        with self._counting:
            self._calls += 1
        sent = self._clock.now()
        telling = Telling(self._log, self._clock, self.service, (request.method, request.path), tries.sent)
        try:
            answer = self._transport.attempt(
                request.method,
                request.url,
                path=request.path,
                body=request.body,
                headers=headers,
                was_silent=tries.was_silent,
            )
        except NoAnswer as trouble:
            tries.was_silent |= trouble.silent
            telling.unanswered(trouble.reason)
            raise self._unanswered(request, tries, trouble) from trouble
        except StopAsked:
            telling.unanswered("interrupted")
            raise
        self.their_clock.note(sent, self._clock.now(), answer.headers)
        telling.answered(answer.status)
        return self._judged(request, tries, answer)

    def _judged(self, request: _Request, tries: Tries, answer: Answer) -> Any:
        verdict = request.classify(answer)
        if isinstance(verdict, Ok):
            return verdict.value
        if isinstance(verdict, Fail):
            raise verdict.error
        if isinstance(verdict, Retry):
            raise self._doubtful(request, tries, verdict.error, verdict.after)
        raise TryAgainError(verdict.error, wait=verdict.wait, counts=False)

    def _unanswered(self, request: _Request, tries: Tries, trouble: NoAnswer) -> Exception:
        host = urlsplit(self.base_url).netloc
        error = Unreachable(
            f"{self.title} at {host} does not answer {request.method} {request.path}: {trouble.reason}",
            hint="check the network and the address with: ccsync config check; then: ccsync run --once",
            code="no_answer",
        )
        if trouble.sent:
            pause = 0.0 if trouble.silent else None  # to have listened was the pause
            outcome = self._doubtful(request, tries, error, pause)
        else:
            outcome = TryAgainError(_lost(error) if tries.maybe_done else error)
        if trouble.final and isinstance(outcome, TryAgainError):
            return outcome.error
        return outcome

    def _doubtful(self, request: _Request, tries: Tries, error: CcsyncError, after: float | None) -> Exception:
        """Decide about a try that the service may have carried out although it did not say so."""
        if request.method == "GET":
            return TryAgainError(error, wait=after)
        tries.maybe_done = True
        lost = _lost(error)
        if request.method not in _REPEATABLE:
            return lost
        return TryAgainError(lost, wait=after)


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    url: str
    path: str
    body: bytes | None
    before_try: Callable[[], Mapping[str, str]]
    classify: Classifier


def _lost(error: CcsyncError) -> AnswerLost:
    return AnswerLost(f"{error.message}; it may have been carried out all the same", hint=error.hint)
