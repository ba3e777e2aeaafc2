"""The last line of defence against a secret in the log.

Nobody hands a secret to the log on purpose; this catches what slips through inside a service's words, an exception or a
copied header. Values that people typed are left as they are: only shapes that a secret has are hidden.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import date
from enum import Enum

HIDDEN = "[hidden]"

_SECRET_KEYS = frozenset(
    {
        "authorization",
        "proxyauthorization",
        "cookie",
        "setcookie",
        "apikey",
        "token",
        "accesstoken",
        "refreshtoken",
        "idtoken",
        "devicecode",
        "codeverifier",
        "clientsecret",
        "secret",
        "password",
    }
)
_NOT_A_LETTER = re.compile(r"[^a-z]")
# A grant's code is long and mixed; the code of an error is a lower-case word such as quota_spent and stays readable.
_ERROR_CODE = re.compile(r"[a-z_]{0,40}")

_NAMES = (
    r"authorization|api[_-]?key|(?:access|refresh|id)[_-]?token|token|device[_-]?code|code[_-]?verifier"
    r"|client[_-]?secret|password|secret"
)
# one cheap look that nearly every value passes
_SUSPECT = re.compile(r"://|bearer|basic|eyj|token|key|secret|password|authorization|code", re.IGNORECASE)
_PATTERNS = (
    # the query of an address, which is where keys, cursors and e-mail addresses travel
    (re.compile(r"(https?://[^\s?#\"'<>]+)\?[^\s\"'<>]*", re.IGNORECASE), rf"\1?{HIDDEN}"),
    (re.compile(r"\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}", re.IGNORECASE), rf"\1 {HIDDEN}"),
    # a signed token: three parts of base64, the first a JSON object
    (re.compile(r"\beyJ[\w-]{5,}\.[\w-]+(?:\.[\w-]*)?"), HIDDEN),
    # "refresh_token": "…" and refresh_token=… and APIKey: …
    (
        re.compile(rf"\b({_NAMES})([\"']?\s*[:=]\s*[\"']?)(?!\[hidden\]|bearer |basic )[^\s\"'&,;}}]+", re.IGNORECASE),
        rf"\1\2{HIDDEN}",
    ),
    (re.compile(r"([?&]code=)[^\s\"'&]+", re.IGNORECASE), rf"\1{HIDDEN}"),
)


def scrub_text(text: str) -> str:
    """Return ``text`` with everything hidden that has the shape of a secret."""
    if not _SUSPECT.search(text):
        return text
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return text


def scrub(value: object) -> object:
    """Return ``value`` as plain JSON types without secrets; what JSON does not know becomes its text."""
    plain = value.value if isinstance(value, Enum) else value
    if plain is None or isinstance(plain, bool | int | float):
        return plain
    if isinstance(plain, Mapping):
        return {str(key): _member(str(key), member) for key, member in plain.items()}
    if isinstance(plain, list | tuple):
        return [scrub(member) for member in plain]
    if isinstance(plain, AbstractSet):
        return sorted((scrub(member) for member in plain), key=str)
    return scrub_text(plain.isoformat() if isinstance(plain, date) else str(plain))


def _member(key: str, value: object) -> object:
    name = _NOT_A_LETTER.sub("", key.casefold())
    if name in _SECRET_KEYS and isinstance(value, str | bytes):
        return HIDDEN
    if name == "code" and isinstance(value, str) and not _ERROR_CODE.fullmatch(value):
        return HIDDEN
    return scrub(value)
