"""Moments as people type them: a date, a date and a time, or how long ago."""

from __future__ import annotations

from datetime import UTC, datetime

from ccsync.errors import UsageError

FORMS = '"2026-11-23", "2026-11-23T15:30", "2026-11-23T15:30:00+01:00", or an age: "90m", "36h", "30d"'


def moment(text: str, now: datetime, *, option: str) -> datetime:
    """Return the moment that ``text`` means, in UTC, which also counts where it names no zone.

    Raises UsageError that shows the forms, naming the ``option`` it was given to.
    """
    from pydantic_core import PydanticCustomError

    from ccsync.config.values import parse_duration

    try:
        return now - parse_duration(text.strip())
    except (PydanticCustomError, OverflowError):
        pass
    try:
        found = datetime.fromisoformat(text.strip())
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise UsageError(
            f"{text!r} is no moment ({option})", hint=f"type the same command again with {FORMS}", code="no_moment"
        ) from None
