"""Values shown to somebody who need not know them: their shape, with the letters taken out."""

from __future__ import annotations

import re
import unicodedata

_DOTS = "•••"
_ADDRESS = re.compile(r"([^@\s])[^@\s]*@([^@\s])[^@\s]*?(\.[^@\s.]+)?")
_WORD = re.compile(r"[^\W_]+")
_SHORT = 3  # letters and digits: to show both ends of these would be to show all
_LONGEST = 28


def mask(value: str) -> str:
    """Return a value with its shape, its first sign and its last one: ``A•••@e•••.com``, ``A••• B••g``, ``+4• •• •7``.

    Of three signs or fewer only the first is shown, of one none. A long value is cut.
    """
    text = "".join(sign for sign in unicodedata.normalize("NFC", " ".join(value.split())) if not _is_mark(sign))
    if found := _ADDRESS.fullmatch(text):
        return f"{found[1]}{_DOTS}@{found[2]}{_DOTS}{found[3] or ''}"
    words = list(_WORD.finditer(text))
    signs = sum(len(word.group()) for word in words)
    first = words[0].start() if signs > 1 else -1
    last = words[-1].end() - 1 if signs > _SHORT else -1
    masked = "•" if signs == 1 else _WORD.sub(lambda word: _masked(word, first, last), text)
    return masked if len(masked) <= _LONGEST else f"{masked[: _LONGEST - 1].rstrip()}…"


def _is_mark(sign: str) -> bool:
    """Tell whether a sign belongs to the letter before it: it would part a word in two."""
    return unicodedata.category(sign).startswith("M")


def _masked(word: re.Match[str], first: int, last: int) -> str:
    """Mask one word; letters show where a word begins, digits do not."""
    text = word.group()
    head = text[0] if word.start() == first or (text[0].isalpha() and len(text) > 1) else ""
    ends = word.end() - 1 == last and len(text) > (2 if text.isalpha() else 1)
    tail = text[-1] if ends else ""
    hidden = len(text) - len(head) - len(tail)
    return head + (_DOTS if text.isalpha() and hidden > 1 else "•" * min(hidden, 4)) + tail
