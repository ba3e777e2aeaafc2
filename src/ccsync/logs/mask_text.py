"""Masking free text: messages, a service's words, tracebacks. What is not known to be harmless is masked."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from ccsync.logs.mask_words import WORD, is_harmless

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

# what Constant Contact says of a permission: closed words, which support needs and which tell nobody apart
CONSENT = frozenset({"explicit", "implicit", "unsubscribed", "pending_confirmation", "temp_hold", "not_set"})
UUID = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
ADDRESS = r"[^\s<>()\[\]\",:;=/\\'\ue000-\uf8ff][^\s<>()\[\]\",:;=/\\\ue000-\uf8ff]*@[\w.-]*\w"

# moments and dates of a log, which are hardly those of a birth
_MOMENT = r"20[1-9]\d-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?"
_DATE = r"20[2-9]\d-\d\d-\d\d"
_THIS_MACHINE = r"127\.0\.0\.1"
_RUN = r"\d{8}T\d{6}Z(?:-[0-9a-z]+)*"
_ASIDE = "\ue000[0-9]+\ue001"
_PRIVATE = re.compile("[\ue000-\uf8ff]")
_FIRST = (
    ("aside", _ASIDE),
    ("kept", rf"(?<!\w)(?:{UUID}|{_MOMENT}|{_DATE}|{_RUN}|{_THIS_MACHINE})(?!\w)"),
    ("home", r"(?<=/home/)[^/\s]+|(?<=/Users/)[^/\s]+"),
    ("quoted", r"\"(?:[^\"\\\n]|\\.)*\"|(?<!\w)'(?:[^'\\\n]|\\.)*'(?!\w)"),
    ("address", ADDRESS),
)
_THEN = (
    ("phone", r"(?<!\w)\+?\(?\d[\d \t().\-/\u2010-\u2015\u00a0]{5,}\d(?!\w)"),
    ("postal", r"(?<!\w)\d{3} \d\d(?!\w)"),
    ("number", r"(?<!\w)\d+(?!\w)"),
    ("word", WORD.pattern),
)
_JOINS = re.compile(r"[ \-'.&]{1,3}")
_FEWEST_DIGITS = 6  # of a phone number
_MOST_DIGITS = 4  # of a number that stays: a longer one may be a postal code

_FRAME = re.compile(r'(?P<before>\s*File )"(?P<file>[^"]*)"(?P<after>, line \d+(?:, in \S+)?)')
_PYTHONS_OWN = re.compile(
    r"\s*(?:Traceback \(most recent call last\):|During handling of the above exception, another exception occurred:"
    r"|The above exception was the direct cause of the following exception:|[\^~ ]*)"
)
_NAMED = re.compile(r"(?P<name>[A-Za-z_][A-Za-z0-9_.]*)(?P<rest>(?:: .*)?)")


class TextMask:
    """Masks texts. ``token`` turns what is masked into its mark; ``names`` come from the configuration and stay."""

    def __init__(self, token: Callable[[str], str], names: Iterable[str]) -> None:
        self._token = token
        self._names = frozenset(name for name in names if name)
        longest_first = sorted(self._names, key=lambda name: (-len(name), name))
        own = rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)" if longest_first else "(?!)"
        self._scan = re.compile("|".join(f"(?P<{kind}>{shape})" for kind, shape in (*_FIRST, ("own", own), *_THEN)))
        self._remembered = lru_cache(4096)(self._masked)

    def text(self, text: str, personal: Mapping[str, str] | None = None, kept: Iterable[str] = ()) -> str:
        """Return the text, masked. ``personal`` has values of its line with their marks, ``kept`` names of its line."""
        aside = {value: mark for value, mark in (personal or {}).items() if _stands_in(value, text)}
        aside |= {name: name for name in kept if name not in self._names and name not in aside and name in text}
        return self._masked(text, aside) if aside else self._remembered(text)

    def traceback(self, text: str) -> str:
        """Return a traceback with its frames and the kinds of error; what the errors say is masked."""
        lines, below_frame = [], False
        for line in text.splitlines():
            frame = _FRAME.fullmatch(line)
            if frame is not None:
                lines.append(f'{frame["before"]}"{_without_home(frame["file"])}"{frame["after"]}')
            elif below_frame or _PYTHONS_OWN.fullmatch(line):
                lines.append(line)  # what stands below a frame is a line of the program
            else:
                named = _NAMED.fullmatch(line)
                lines.append(f"{named['name']}{self.text(named['rest'])}" if named else self.text(line))
            below_frame = frame is not None
        return "\n".join(lines)

    def _masked(self, text: str, aside: Mapping[str, str] | None = None) -> str:
        text = _PRIVATE.sub("\N{REPLACEMENT CHARACTER}", text)
        marks: list[str] = []
        for value, mark in sorted((aside or {}).items(), key=lambda item: (item[0] == item[1], -len(item[0]))):
            for spelt in {value: None, repr(value)[1:-1]: None}:
                text = _set_aside(text, spelt, f"\ue000{len(marks)}\ue001")
            marks.append(mark)
        return "".join(self._pieces(text, marks))

    def _pieces(self, text: str, marks: list[str]) -> Iterator[str]:
        """Yield the text piece by piece; words to be masked that stand together get one mark."""
        end, name = 0, ""
        for found in self._scan.finditer(text):
            between, end = text[end : found.start()], found.end()
            piece = found.group()
            unknown = found.lastgroup == "word" and not is_harmless(piece)
            if name and unknown and _JOINS.fullmatch(between):
                name += between + piece
                continue
            yield (self._token(name) if name else "") + between
            name = piece if unknown else ""
            if not unknown:
                yield self._piece(str(found.lastgroup), piece, marks)
        yield (self._token(name) if name else "") + text[end:]

    def _piece(self, kind: str, piece: str, marks: list[str]) -> str:
        """Return what is written for a piece that is no unknown word."""
        if kind == "aside":
            return marks[int(piece[1:-1])]
        if kind == "quoted":
            return piece[0] + self._quoted(piece[1:-1], marks) + piece[0]
        digits = sum(letter.isdigit() for letter in piece)
        hidden = (
            kind in {"address", "home", "postal"}
            or (kind == "phone" and digits >= _FEWEST_DIGITS)
            or (kind == "number" and digits > _MOST_DIGITS)
        )
        return self._token(piece) if hidden else piece

    def _quoted(self, inside: str, marks: list[str]) -> str:
        if not inside.strip() or inside in self._names or inside in CONSENT:
            return inside
        return marks[int(inside[1:-1])] if re.fullmatch(_ASIDE, inside) else self._token(inside)


def _stands_in(value: str, text: str) -> bool:
    return len(value) > 1 and (value in text or repr(value)[1:-1] in text)


def _set_aside(text: str, value: str, mark: str) -> str:
    """Replace a value wherever it stands for itself, and is not a part of a longer word."""
    found = text.find(value)
    while found >= 0:
        end = found + len(value)
        inside = (value[0].isalnum() and text[max(found - 1, 0) : found].isalnum()) or (
            value[-1].isalnum() and text[end : end + 1].isalnum()
        )
        if not inside:
            text = text[:found] + mark + text[end:]
        found = text.find(value, found + (1 if inside else len(mark)))
    return text


def _without_home(file: str) -> str:
    """Return a path from the package on: what stands before it may hold the name of who runs it."""
    parts = file.replace("\\", "/").split("/")
    for root in ("site-packages", "ccsync"):
        if root in parts:
            return "/".join(parts[len(parts) - parts[::-1].index(root) - 1 :])
    return parts[-1]
