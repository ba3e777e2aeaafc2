"""Whether an address can be written to at all, before anybody is asked to take it."""

from __future__ import annotations

import re

LONGEST = 80
"""Characters that Constant Contact holds (official schema ``EmailAddressPost``)."""

LONGEST_ORDINARY = 64
"""So that nothing between two dots can be too long by itself (RFC 1035: 63)."""

_ORDINARY = re.compile(
    r"[a-z0-9]+(?:[._+-][a-z0-9]+)*@(?:[a-z0-9]+(?:-[a-z0-9]+)*\.)+(?:com|org|net|edu|[a-z]{2})",
    re.ASCII | re.IGNORECASE,
)


def why_unusable(address: str) -> str:
    """Return what is wrong with an e-mail address; empty when nothing is. No name server is asked."""
    if len(address) > LONGEST:
        return f"{len(address)} characters, {LONGEST} fit"
    if len(address) <= LONGEST_ORDINARY and _ORDINARY.fullmatch(address):
        return ""  # as nearly all are; the library takes 50 times as long to say the same
    from email_validator import EmailNotValidError, validate_email  # noqa: PLC0415 - takes long to import

    try:
        validate_email(address, check_deliverability=False, test_environment=True)
    except EmailNotValidError as complaint:
        return str(complaint)
    return ""
