"""The log line of one try of one request, the same for all that leaves this machine."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

from ccsync.http.transport import why
from ccsync.logs.events import Event

if TYPE_CHECKING:
    from collections.abc import Callable

    from ccsync.clock import Clock
    from ccsync.logs.events import Recorder


class Telling:
    """Tells the log of tries; begun when one is sent. Neither query nor body is told: that is where secrets travel."""

    def __init__(self, log: Recorder, clock: Clock, service: str, request: tuple[str, str], attempt: int) -> None:
        """``request`` is the method and the path; ``attempt`` counts from 1."""
        self._log = log
        self._clock = clock
        self._service = service
        self._method, self._path = request
        self._attempt = attempt
        self._began = clock.monotonic()

    def answered(self, status: int) -> None:
        """Tell of an answer."""
        good = status < HTTPStatus.BAD_REQUEST or status == HTTPStatus.NOT_FOUND
        self._tell(status, str(status), good=good)

    def unanswered(self, trouble: str) -> None:
        """Tell why no whole answer came."""
        self._tell(None, trouble, good=False, trouble=trouble)

    def _tell(self, status: int | None, outcome: str, *, good: bool, **more: str) -> None:
        self._log.event(
            Event.HTTP_REQUEST,
            f"{title(self._service)}: {self._method} {self._path}: {outcome}",
            level="info" if good else "warning",
            service=self._service,
            method=self._method,
            path=self._path,
            status=status,
            milliseconds=round((self._clock.monotonic() - self._began) * 1000),
            attempt=self._attempt,
            **more,
        )


class TellingAdapter(HTTPAdapter):
    """For a session that somebody else drives: sends as its base does, and tells the log of each request."""

    def __init__(self, begin: Callable[[str, str], Telling]) -> None:
        """``begin`` is called with method and path when a request is sent."""
        super().__init__()
        self._begin = begin

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        """Send a prepared request."""
        telling = self._begin(str(request.method), urlsplit(str(request.url)).path)
        try:
            response = super().send(request, *args, **options)
        except requests.RequestException as error:
            telling.unanswered(why(error).reason)
            raise
        telling.answered(response.status_code)
        return response


def title(service: str) -> str:
    """Return a service's name as people write it: "Constant Contact" for "constant-contact"."""
    return service.replace("-", " ").title()
