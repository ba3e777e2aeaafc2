"""What was told to whom, and what fails at present: one small file in the account's folder, for its owner alone."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ccsync.service.notice_text import without_people
from ccsync.service.notices import Spell, Verdict, afterwards

if TYPE_CHECKING:
    from pathlib import Path

    from ccsync.service.notices import Ending

FILE = "notices.json"
_PRIVATE = 0o600
_NONSENSE = (KeyError, TypeError, ValueError, OverflowError)


@dataclass(frozen=True, slots=True)
class Failing:
    """What the last runs ended with, since no run has gone well, without people in its words.

    ``subject`` is the one sync that was run, or empty.
    """

    code: str
    exit_code: int
    message: str
    hint: str
    since: datetime
    runs: int
    subject: str = ""


class NoticeBook:
    """Remembers what was told. A file that is missing, torn or nonsense counts as an empty one."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE

    def spell(self, listener: str) -> Spell | None:
        """Return what a listener was told of the failures that go on; None when all was well."""
        return _spell(_table(self._read(), "listeners").get(listener))

    def failing(self) -> Failing | None:
        """Return what fails at present; None when the last run went well, or none has ended."""
        found: Any = self._read().get("failing")
        try:
            return Failing(
                code=str(found["code"]),
                exit_code=int(found["exit_code"]),
                message=str(found["message"]),
                hint=str(found["hint"]),
                since=_moment(found["since"]),
                runs=int(found["runs"]),
                subject=str(found["subject"]),
            )
        except _NONSENSE:
            return None

    def note(self, ending: Ending, subject: str = "") -> Failing | None:
        """Note how a run of everything, or of the sync ``subject``, ended; return what fails now. OSError."""
        before = self.failing()
        if ending.verdict is Verdict.NEITHER:
            return before
        if ending.verdict is Verdict.WELL:
            if before is None or subject not in ("", before.subject):
                return before
            self._change("failing", None)
            return None
        same = before is not None and (before.code, before.subject) == (ending.code, subject)
        now = Failing(
            ending.code,
            ending.exit_code,
            without_people(ending.message),
            without_people(ending.hint),
            before.since if before is not None and same else ending.at,
            before.runs + 1 if before is not None and same else 1,
            subject,
        )
        fields = {name: getattr(now, name) for name in Failing.__slots__}
        self._change("failing", {**fields, "since": now.since.isoformat()})
        return now

    def remember(self, listener: str, ending: Ending, *, told: bool) -> None:
        """Note what a listener was told of an ending. OSError when the file cannot be written."""
        before = self.spell(listener)
        after = afterwards(before, ending, told=told)
        if after == before:
            return
        listeners = {name: entry for name, entry in _table(self._read(), "listeners").items() if name != listener}
        if after is not None:
            told_at = {code: moment.isoformat() for code, moment in after.told.items()}
            listeners[listener] = {"since": after.since.isoformat(), "runs": after.runs, "told": told_at}
        self._change("listeners", listeners)

    def _read(self) -> dict[str, Any]:
        try:
            found = json.loads(self._path.read_bytes())
        except (OSError, ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}

    def _change(self, key: str, value: object) -> None:
        beside = self._path.with_name(f".{FILE}.{os.getpid()}")
        try:
            descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _PRIVATE)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump({**self._read(), key: value}, file)
            beside.replace(self._path)
        except OSError:
            beside.unlink(missing_ok=True)
            raise


def _table(found: dict[str, Any], key: str) -> dict[str, Any]:
    table = found.get(key)
    return table if isinstance(table, dict) else {}


def _spell(found: Any) -> Spell | None:
    try:
        told = {str(code): _moment(moment) for code, moment in dict(found["told"]).items()}
        return Spell(_moment(found["since"]), int(found["runs"]), told)
    except _NONSENSE:
        return None


def _moment(text: object) -> datetime:
    moment = datetime.fromisoformat(str(text))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
