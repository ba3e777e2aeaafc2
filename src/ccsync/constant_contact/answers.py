"""What Constant Contact's answers mean.

Errors come as an array of objects, as one object, or as no JSON at all; the two kinds of 429 differ only in
``error_key`` (glossary of responses, rate limits). 403 means a missing scope, a missing privilege or an application
that was switched off.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from ccsync.credentials.store import CONSTANT_CONTACT, login_command
from ccsync.errors import CcsyncError, LoginNeeded, RecordRefused, Stopped, TryLater
from ccsync.http.answers import NotJson, Reader, as_json, shown, stumbled, understood
from ccsync.http.verdict import Answer, Classifier, Fail, Throttled, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

TITLE = "Constant Contact"
LOGIN = login_command(CONSTANT_CONTACT)

#: "throttled" is over within the second (rate limits page); the documentation knows no Retry-After.
_THROTTLED_SECONDS = 1.0


class TokenRefusedError(LoginNeeded):
    """401: the access token is not valid, or not any more."""


def classifier(read: Reader, *, privilege: str, quota_spent: Callable[[], CcsyncError]) -> Classifier:
    """Return the reading of answers for one operation.

    ``read`` checks the shape of a good answer, ``privilege`` is what the operation needs, and ``quota_spent`` is told
    when the day's calls are used up and returns the error for it.
    """

    def classify(answer: Answer) -> Verdict:
        trouble = stumbled(TITLE, answer)
        if trouble:
            return trouble
        if answer.status < HTTPStatus.MULTIPLE_CHOICES:
            return understood(TITLE, read, answer)
        key, words = complaint(answer.body)
        if answer.status == HTTPStatus.UNAUTHORIZED:
            return Fail(TokenRefusedError("Constant Contact does not accept the login any more", hint=LOGIN))
        if answer.status == HTTPStatus.FORBIDDEN:
            return Fail(_forbidden(answer, words, privilege))
        if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
            return Fail(quota_spent()) if key == "quota_exceeded" else Throttled(_busy(words), _THROTTLED_SECONDS)
        return Fail(_refused(answer, key, words))

    return classify


def complaint(body: bytes) -> tuple[str, str]:
    """Return the key and the words of an error answer in any of its shapes; without a key it is empty."""
    try:
        parsed = as_json(body)
    except NotJson:
        return "", shown(body)
    parts = [part for part in (parsed if isinstance(parsed, list) else [parsed]) if isinstance(part, dict)]
    keys = [_text(part, "error_key", "error") for part in parts]
    words = [_text(part, "error_message", "error_description", "message") for part in parts]
    return next(filter(None, keys), ""), "; ".join(filter(None, words)) or shown(body)


def _text(part: dict[str, Any], *names: str) -> str:
    return next((value for name in names if isinstance(value := part.get(name), str)), "")


def _forbidden(answer: Answer, words: str, privilege: str) -> CcsyncError:
    where = f"{answer.method} {answer.path}"
    if "scope" in words.casefold():
        return LoginNeeded(
            f"the login does not cover {where}: {words}",
            hint=f"{LOGIN}, and allow all that it asks for",
            code="missing_scope",
        )
    return Stopped(
        f"Constant Contact does not allow {where}: {words}; it needs the privilege {privilege} "
        "and an application that is switched on",
        hint=f"{LOGIN}, as the account's owner or a manager",
        code="missing_privilege",
    )


def _busy(words: str) -> TryLater:
    return TryLater(
        f"Constant Contact keeps asking to slow down: {words}",
        hint="is another program using the same client_id? ccsync run --once, later",
        code="throttled",
    )


def _refused(answer: Answer, key: str, words: str) -> RecordRefused:
    return RecordRefused(
        f"Constant Contact refuses {answer.method} {answer.path} with {answer.status}: {words or 'no reason given'}",
        status=answer.status,
        key=key,
        hint="ccsync run --once, later; what was asked before stands in: ccsync logs list",
    )
