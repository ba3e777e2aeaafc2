"""How ccsync says moments, lengths, shares and reasons to people."""

from __future__ import annotations

from datetime import datetime

SIDES = {"membrain": "Membrain", "constant-contact": "Constant Contact"}
_OF_LISTS = {"add-to-list", "remove-from-list"}
_REASONS = {
    "no_email": "has no e-mail address in Membrain",
    "opted_out": "opted out of mail in Constant Contact",
    "removed_by_hand": "was taken off the list by hand",
    "deleted": "was deleted on one of the sides",
    "duplicate_address": "shares the address with somebody created earlier",
    "address_taken": "the new address belongs to another contact",
    "too_long": "a value is longer than the field takes",
    "bad_value": "a value does not fit the field",
    "refused": "the service refused it",
    "filter_error": "the filter cannot be evaluated",
    "user_of_membrain": "is a user of Membrain",
    "held": "is held until the next reading",
    "kept_edit": "was edited over there, and is kept",
    "no_company": "has no company",
    "no_name": "has no name",
    "forgotten": "was forgotten on request, and is left out",
}


def reason(word: str) -> str:
    """Say a reason in a few words; a new one stands for itself."""
    return _REASONS.get(word, word)


def step(operation: str, side: str) -> str:
    """Say an operation of a plan with the side that it writes to; lists are in Constant Contact alone."""
    return operation if operation in _OF_LISTS else f"{operation} in {SIDES[side]}"


def moment(iso: str | None) -> str:
    """Say a moment of the data, to the second, in UTC; a dash when there is none."""
    return "-" if not iso else f"{datetime.fromisoformat(iso):%Y-%m-%d %H:%M:%S} UTC"


def length(started: str | None, finished: str | None) -> str:
    """Say how long something took; a dash while it is not over."""
    if not started or not finished:
        return "-"
    return lasting((datetime.fromisoformat(finished) - datetime.fromisoformat(started)).total_seconds())


def lasting(seconds: float) -> str:
    """Say so many seconds."""
    if seconds < 60:  # noqa: PLR2004 - a minute
        return f"{seconds:.1f} s"
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {seconds:02} s"


def share(part: float | None) -> str:
    """Say a share in percent; what is not nothing is never shown as 0."""
    if part is None:
        return "-"
    percent = part * 100
    return "<1%" if 0 < percent < 1 else f"{percent:.0f}%"
