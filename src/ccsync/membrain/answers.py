"""What Membrain's answers mean.

Some failures come with status 200 and a body ``{"error": "..."}``; a wrong key may be 401, 403 or such a body; how a
rate limit looks is not documented (public clients of the API; Membrain's own page on it). So an answer is good only
when it has the shape of a list, and an error text is read for what it is about.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from ccsync.credentials.store import MEMBRAIN, login_command
from ccsync.errors import CcsyncError, ConfigError, LoginNeeded, TryLater, Unreachable
from ccsync.http.answers import (
    Nonsense,
    NotJson,
    Reader,
    as_json,
    nonsense,
    retry_after,
    shown,
    stumbled,
    understood,
)
from ccsync.http.verdict import Fail, Retry, Throttled

if TYPE_CHECKING:
    from ccsync.http.verdict import Answer, Classifier, Verdict

TITLE = "Membrain"
HIDDEN = "[key]"
#: How long to hold back when Membrain says that it is too much and not for how long.
PAUSE_SECONDS = 5.0

_ABOUT_LIMITS = re.compile(r"rate|limit|throttl|too many|too often", re.IGNORECASE)
ABOUT_THE_KEY = re.compile(r"key|unauthori|access|denied|forbidden|permission|log ?in", re.IGNORECASE)
NO_INSTANCE = re.compile(r"instance not found", re.IGNORECASE)


def classifier(read: Reader, key: str) -> Classifier:
    """Return the reading of answers to GET requests; ``read`` checks the shape, ``key`` stays out of every message."""

    def classify(answer: Answer) -> Verdict:
        by_status = _by_status(answer, without(key, shown(answer.body))) or stumbled(TITLE, answer)
        if by_status:
            return by_status
        told = _told(answer.body)
        if told is not None:
            return _by_words(answer, without(key, told))
        if answer.status >= HTTPStatus.BAD_REQUEST:
            return Fail(nonsense(f"Membrain refuses GET {answer.path}: {without(key, shown(answer.body))}"))
        return understood(TITLE, read, answer)

    return classify


def bare_list(value: Any) -> list[dict[str, Any]]:
    """Read an unpaged list: an array of records."""
    if not isinstance(value, list):
        raise Nonsense("no array")
    return [_record(row) for row in value]


def some_users(value: Any) -> list[dict[str, Any]]:
    """Read the list of users, which has at least the one whom the key belongs to."""
    found = bare_list(value)
    if not found:
        raise Nonsense("no users, and the key belongs to one")
    return found


def lists_by_name(value: Any) -> dict[str, list[dict[str, Any]]]:
    """Read an object of arrays of records, such as the custom fields of each kind."""
    if not isinstance(value, dict):
        raise Nonsense("no object")
    return {name: bare_list(rows) for name, rows in value.items()}


def _record(row: Any) -> dict[str, Any]:
    if not isinstance(row, dict) or not isinstance(row.get("Id"), str) or not row["Id"]:
        raise Nonsense("a record without an Id")
    return row


def _by_status(answer: Answer, words: str) -> Verdict | None:
    if answer.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return Fail(wrong_key(words or str(answer.status)))
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        return too_much(answer, words)
    if answer.status == HTTPStatus.NOT_FOUND:
        return Fail(no_instance(f"Membrain knows no {answer.path}"))
    return None


def _told(body: bytes) -> str | None:
    """Return the text of an ``error`` body; None when it is none."""
    try:
        parsed = as_json(body)
    except NotJson:
        return None
    if not isinstance(parsed, dict) or "error" not in parsed:
        return None
    return str(parsed["error"])


def _by_words(answer: Answer, words: str) -> Verdict:
    if NO_INSTANCE.search(words):
        return Fail(no_instance(f"Membrain answers: {words}"))
    if _ABOUT_LIMITS.search(words):
        return too_much(answer, words)
    if ABOUT_THE_KEY.search(words):
        return Fail(wrong_key(words))
    error = Unreachable(
        f"Membrain answers GET {answer.path} with an error: {words}", hint="ccsync run --once, later", code="bad_answer"
    )
    return Fail(error) if answer.status >= HTTPStatus.BAD_REQUEST else Retry(error)


def too_much(answer: Answer, words: str) -> Throttled:
    """Judge an answer that asks to slow down."""
    error = TryLater(
        f"Membrain keeps asking to slow down: {words}",
        hint="set `[membrain] requests_per_minute`, or ccsync run --once, later",
        code="throttled",
    )
    wait = retry_after(answer)
    return Throttled(error, PAUSE_SECONDS if wait is None else wait)


def wrong_key(words: str) -> CcsyncError:
    """Return the error for a key that Membrain does not take."""
    return LoginNeeded(f"Membrain does not accept the key: {words}", hint=login_command(MEMBRAIN), code="wrong_key")


def no_instance(message: str) -> CcsyncError:
    """Return the error for an instance that does not exist."""
    return ConfigError(message, hint="mend `[membrain] instance`, then: ccsync config check")


def without(key: str, text: str) -> str:
    """Return a text with the key, wherever it stands in it, made unreadable."""
    return text.replace(key, HIDDEN) if key else text
