"""Times as Constant Contact writes them: UTC, whole seconds, ``Z``."""

from __future__ import annotations

from datetime import UTC, datetime


def stamp(moment: datetime) -> str:
    """Return the moment as the service writes it: cut to the second, never rounded."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def seconds_of(text: str) -> int:
    """Return the whole seconds since 1970 of an ISO 8601 time, date or offset form; without a zone it is UTC.

    Raises ValueError when the text is no time.
    """
    moment = datetime.fromisoformat(text.strip().replace(" ", "+"))
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def seconds_or_none(text: str | None) -> int | None:
    """Return the seconds of a stored time, or None when there is none."""
    return None if text is None else seconds_of(text)


def stamp_at(seconds: float) -> str:
    """Return a moment in seconds since 1970 as the service writes it."""
    return stamp(datetime.fromtimestamp(seconds, UTC))
