"""What both services' answers have in common, whatever the service means by them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from ccsync.errors import Unreachable
from ccsync.http.verdict import Answer, Fail, Ok, Retry, Verdict

#: Turns a parsed body into what the caller wants; raises Nonsense when the shape is another one.
Reader = Callable[[Any], Any]

LONGEST_WAIT = 60.0
_SHOWN = 200
_BLANKS = re.compile(r"\s+")


class Nonsense(Exception):  # noqa: N818 - a remark about an answer, turned into a verdict before anybody sees it
    """A body has not the shape that the service promises."""


class NotJson(Exception):  # noqa: N818 - as above
    """A body is no JSON at all: an error page, or cut short."""


def as_json(body: bytes) -> Any:
    """Parse a body; an empty one is None. NotJson when it is something else."""
    if not body.strip():
        return None
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise NotJson from error


def shown(body: bytes) -> str:
    """Return the beginning of a body on one line, for an error message."""
    text = _BLANKS.sub(" ", body[: 4 * _SHOWN].decode("utf-8", "replace")).strip()
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def retry_after(answer: Answer) -> float | None:
    """Return the seconds of a ``Retry-After`` header, at most a minute; None without a usable one."""
    try:
        seconds = float(answer.headers.get("Retry-After", ""))
    except ValueError:
        return None
    return min(max(seconds, 0.0), LONGEST_WAIT) if seconds == seconds else None  # noqa: PLR0124 - "nan" is a float


def stumbled(title: str, answer: Answer) -> Verdict | None:
    """Judge what means the same from every service: server errors and redirects; None for all else."""
    where = f"{answer.method} {answer.path}"
    if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Retry(nonsense(f"{title} is in trouble: it answered {where} with {answer.status}"), retry_after(answer))
    if HTTPStatus.MULTIPLE_CHOICES <= answer.status < HTTPStatus.BAD_REQUEST:
        host = urlsplit(answer.headers.get("Location", "")).hostname or "elsewhere"
        return Fail(
            Unreachable(
                f"{title} answered {where} with a redirect to {host}; credentials are not sent there",
                hint="ccsync config check",
                code="redirected",
            )
        )
    return None


def understood(title: str, read: Reader, answer: Answer) -> Verdict:
    """Judge a body that should be good: ``read`` gets it parsed and says whether its shape is right."""
    where = f"{answer.method} {answer.path}"
    try:
        return Ok(read(as_json(answer.body)))
    except NotJson:
        return Retry(nonsense(f"{title} answered {where} with something that is no JSON: {shown(answer.body)!r}"))
    except Nonsense as error:
        return Retry(nonsense(f"{title} answers nonsense to {where}: {error}"))


def nonsense(message: str) -> Unreachable:
    """Return the error for an answer that nobody can use."""
    return Unreachable(message, hint="ccsync run --once, later", code="bad_answer")
