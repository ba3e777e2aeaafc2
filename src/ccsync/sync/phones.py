"""Phone numbers: when two spellings are one number, and which of them an import takes."""

from __future__ import annotations

import re

_LETTERS = re.compile(r"[^\W\d_]")
_NO_DIGITS = re.compile(r"\D")
_ORDINARY = re.compile(r"\+?[\d\s().\-/]+")
_NORTH_AMERICAN = re.compile(r"1?[2-9]\d{2}[2-9]\d{6}")
_LOCAL = re.compile(r"[2-9]\d{6}")


def same_phone(a: str, b: str) -> bool:
    """Tell whether two texts are the same phone number.

    Only the digits count. A country code is understood where one is written (``+46``, ``0046``); a number without one
    is the same as a North American number with it, because that is how Constant Contact writes those.
    """
    if a == b:
        return True
    if not _LETTERS.search(a + b) and _digits(a) == _digits(b) != "":
        return True
    key = _number(a)
    return bool(key) and key == _number(b)


def importable_phone(text: str) -> bool:
    """Tell whether an import takes a number: a North American one, or a local one without area code.

    International numbers are "currently not supported" (operation bulkImportContactsJSON), which is read strictly:
    whatever may be one, or carries an extension, is not importable.
    """
    number = text.strip()
    if not _ORDINARY.fullmatch(number):
        return False
    digits = _digits(number)
    if number.startswith("+") and not digits.startswith("1"):
        return False
    return bool(_NORTH_AMERICAN.fullmatch(digits) or (_LOCAL.fullmatch(digits) and not number.startswith("+")))


def _digits(text: str) -> str:
    return _NO_DIGITS.sub("", text)


def _number(text: str) -> str:
    """Return what the spellings of one number have in common; empty when there is no number in the text."""
    import phonenumbers  # noqa: PLC0415 - 0.1 s to import, and few comparisons get here

    written = re.sub(r"^00", "+", text.strip())
    region = None if written.startswith(("+", "0")) else "US"
    try:
        number = phonenumbers.parse(written, region)
    except phonenumbers.NumberParseException:
        return "" if _LETTERS.search(written) else _digits(written)
    extension = f";{number.extension}" if number.extension else ""
    return f"+{number.country_code}{number.national_number}{extension}"
