"""Whether an address can be written to at all, before anybody is asked to take it."""

from __future__ import annotations

LONGEST = 80
"""Characters that Constant Contact holds (official schema ``EmailAddressPost``)."""


def why_unusable(address: str) -> str:
    """Return what is wrong with an e-mail address; empty when nothing is. No name server is asked."""
    if len(address) > LONGEST:
        return f"{len(address)} characters, {LONGEST} fit"
    from email_validator import EmailNotValidError, validate_email  # noqa: PLC0415 - takes long to import

    try:
        validate_email(address, check_deliverability=False, test_environment=True)
    except EmailNotValidError as complaint:
        return str(complaint)
    return ""
