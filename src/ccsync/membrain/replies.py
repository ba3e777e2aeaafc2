"""What Membrain's answers about one record mean: when it is asked for, and when it is written.

Nobody has seen either. So a record may come bare, as a page of one row or as a member of an object; a write may be
answered with the record, with its Id or with nothing; and a refusal may be a 4xx, 200 with ``error``, or 200 with a
message where a record should be (reference of the API, 6 and 12).
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from ccsync.errors import RecordRefused
from ccsync.http.answers import Nonsense, NotJson, as_json, nonsense, shown, stumbled, understood
from ccsync.http.verdict import Fail, Ok, Retry
from ccsync.membrain import readings
from ccsync.membrain.answers import (
    ABOUT_THE_KEY,
    NO_INSTANCE,
    TITLE,
    classifier,
    no_instance,
    too_much,
    without,
    wrong_key,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ccsync.http.answers import Reader
    from ccsync.http.verdict import Answer, Classifier, Verdict
    from ccsync.membrain.paging import Record

#: ``RecordRefused.key`` when Membrain cannot read the way in which the values were sent.
BODY = "body"

_NOT_THERE = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})
_IN_WORDS = frozenset({HTTPStatus.OK, HTTPStatus.BAD_REQUEST})
_SAYS_NOT_THERE = re.compile(r"not found|not exist|no such|unknown id", re.IGNORECASE)
_COMPLAINTS = frozenset({"error", "errors", "errormessage", "message", "exceptionmessage", "modelstate", "detail"})
# A refusal of a record speaks of the limits, keys and permissions of its fields: only plain words are about the access.
_LIMIT_OF_CALLS = re.compile(r"rate limit|too many (?:requests|calls)|too often|throttl", re.IGNORECASE)
_WRONG_KEY = re.compile(
    r"\b(?:invalid|wrong|unknown|expired) (?:api ?)?key\b|\bapi ?key (?:is |was |has )?(?:not|invalid|unknown|expired)"
    r"|^unauthori[sz]ed\W*$",
    re.IGNORECASE,
)
_ABOUT_THE_BODY = re.compile(
    r"\bbody (?:is|was|could|can)\b|(?:invalid|malformed) json|media type|content-type", re.IGNORECASE
)


def record_classifier(record_id: str, key: str) -> Classifier:
    """Return the reading of answers to asking for one record; the value is its row, or None when there is none."""
    others = classifier(lambda value: _row(value, record_id), key)

    def classify(answer: Answer) -> Verdict:
        missing = answer.status in _NOT_THERE or (answer.status in _IN_WORDS and _says_not_there(answer))
        return Ok(None) if missing and not NO_INSTANCE.search(shown(answer.body)) else others(answer)

    return classify


def created(key: str) -> Classifier:
    """Return the reading of answers to POST; the value is the new Id, or None when Membrain does not tell it."""
    return _write_classifier(_new_id, key)


def updated(key: str) -> Classifier:
    """Return the reading of answers to PUT; the value is None."""
    return _write_classifier(lambda _: None, key)


def _write_classifier(read: Reader, key: str) -> Classifier:
    def classify(answer: Answer) -> Verdict:
        parsed = _parsed(answer)
        words = _one_line(without(key, _complaint(parsed) or answer.body.decode("utf-8", "replace")))
        if answer.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            return Fail(wrong_key(words or str(answer.status)))
        if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
            return too_much(answer, words)
        if answer.status == HTTPStatus.REQUEST_TIMEOUT:
            return Retry(nonsense(f"Membrain had not read {answer.method} {answer.path} in time"))
        trouble = stumbled(TITLE, answer)
        if trouble:
            return trouble
        if answer.status >= HTTPStatus.BAD_REQUEST or _complaint(parsed):
            return _refused(answer, words)
        return Ok(read(parsed)) if isinstance(parsed, str) else understood(TITLE, read, answer)

    return classify


def _refused(answer: Answer, words: str) -> Verdict:
    if NO_INSTANCE.search(words):
        return Fail(no_instance(f"Membrain answers: {words}"))
    if _LIMIT_OF_CALLS.search(words):
        return too_much(answer, words)
    if _WRONG_KEY.search(words):
        return Fail(wrong_key(words))
    unread = answer.status == HTTPStatus.UNSUPPORTED_MEDIA_TYPE or _ABOUT_THE_BODY.search(words)
    status = "" if answer.status < HTTPStatus.BAD_REQUEST else f" with {int(answer.status)}"
    return Fail(
        RecordRefused(
            f"Membrain refuses {answer.method} {answer.path}{status}: {words or 'no reason given'}",
            status=answer.status,
            key=BODY if unread else "",
            hint="mend what it complains of, then: ccsync run --once",
        )
    )


def _says_not_there(answer: Answer) -> bool:
    words = _complaint(_parsed(answer))
    return bool(_SAYS_NOT_THERE.search(words)) and not ABOUT_THE_KEY.search(words)


def _row(value: Any, record_id: str) -> Record | None:
    wanted = readings.guid(record_id)
    for row in _rows(value):
        if readings.guid(row.get("Id")) == wanted:
            return row
    if isinstance(value, dict) and value.get("items") == [] and str(value.get("count")) == "0":
        return None
    raise Nonsense("no record with the Id that was asked for")


def _new_id(value: Any) -> str | None:
    if value in (None, "", [], {}, True):
        return None
    if isinstance(value, str):
        return readings.guid(value)
    ids = {readings.guid(row.get("Id") or row.get("id")) for row in _rows(value)} - {""}
    if len(ids) != 1:
        raise Nonsense("neither a record nor its Id")
    return ids.pop()


def _rows(value: Any) -> Iterator[Record]:
    """Find the records in an answer: itself, the rows of a page or a list, or the members of an object."""
    if isinstance(value, dict) and ("Id" in value or "id" in value):
        yield value
        return
    items = value.get("items") if isinstance(value, dict) else value
    if isinstance(value, dict) and not isinstance(items, list):
        items = list(value.values())
    yield from (one for one in (items if isinstance(items, list) else ()) if isinstance(one, dict))


def _parsed(answer: Answer) -> Any:
    """Return the body, parsed; an Id without quotes as text, and None for what is no JSON."""
    try:
        return as_json(answer.body)
    except NotJson:
        bare = shown(answer.body)
        return bare if readings.is_guid(bare) else None


def _complaint(value: Any) -> str:
    """Return the words of an answer that complains; empty when it does not."""
    if isinstance(value, str):
        return "" if readings.is_guid(value) else value.strip()
    if not isinstance(value, dict):
        return ""
    if value.get("error"):
        return "; ".join(_texts(value["error"])) or str(value["error"])
    if any("Id" in row or "id" in row for row in _rows(value)):
        return ""
    return "; ".join(text for name, one in value.items() if name.casefold() in _COMPLAINTS for text in _texts(one))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str) and value.strip():
        yield value.strip()
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _texts(one)


def _one_line(words: str) -> str:
    return shown("".join(sign if sign.isprintable() else " " for sign in words).encode())
