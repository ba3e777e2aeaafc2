"""What an answer means: each service has its own reading, made by a classifier that sees status and body."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ccsync.errors import CcsyncError


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back for one try, read to its end."""

    method: str
    path: str
    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Ok:
    """The request did what it should; ``value`` is the answer, understood."""

    value: Any


@dataclass(frozen=True, slots=True)
class Fail:
    """The same request would get the same answer: no more tries."""

    error: CcsyncError


@dataclass(frozen=True, slots=True)
class Retry:
    """The service stumbled: worth another try, ``after`` so many seconds when it said so.

    After a POST this means that nobody knows whether it was carried out, and it is not sent again.
    """

    error: CcsyncError
    after: float | None = None


@dataclass(frozen=True, slots=True)
class Throttled:
    """The service was too busy and did nothing: wait so many seconds; this does not count as a try."""

    error: CcsyncError
    wait: float


Verdict = Ok | Fail | Retry | Throttled
Classifier = Callable[[Answer], Verdict]
