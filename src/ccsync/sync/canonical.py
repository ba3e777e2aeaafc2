"""Numbers, yes and no, and choices in the one form in which they are kept and compared."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

JOINED_BY = "; "

_NUMBER = re.compile(r"([+-]?)0*([0-9]+)(?:\.([0-9]*))?")
_YES = frozenset({"true", "yes", "y", "1"})
_NO = frozenset({"false", "no", "n", "0"})
_SEPARATORS = (";", ",")
_FEW = 8


def number(text: str) -> str:
    """Return a number without superfluous signs and zeros (``1000``, ``12.5``); empty for any other text.

    A comma is no decimal point and no separator of thousands: it is both, depending on the country.
    """
    found = _NUMBER.fullmatch(text)
    if found is None:
        return ""
    decimals = (found[3] or "").rstrip("0")
    plain = f"{found[2]}.{decimals}" if decimals else found[2]
    return f"-{plain}" if found[1] == "-" and plain != "0" else plain


def yes_no(text: str) -> str:
    """Return ``true`` or ``false`` for true/false, yes/no, y/n and 1/0 in any case; empty for any other text."""
    word = text.casefold()
    return "true" if word in _YES else "false" if word in _NO else ""


def choice_key(label: str) -> str:
    """Return what two spellings of a choice have in common, however they are cased, composed and spaced."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", label).casefold())
    return " ".join(folded.split())


def choice_keys(labels: Iterable[str]) -> dict[str, str]:
    """Return the choices of a select by what their spellings have in common; the first of two alike counts."""
    keys: dict[str, str] = {}
    for label in labels:
        keys.setdefault(choice_key(label), label)
    return keys


def chosen(text: str, known: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """Take several choices apart; return the known ones, sorted and as the select spells them, and the others.

    ``known`` is made by ``choice_keys``. Choices are joined by semicolons, or else by commas; never taken apart is a
    known choice that has one of them in its own label.
    """
    pieces = split_choices(text, known)
    labels = {known[key] for piece in pieces if (key := choice_key(piece)) in known}
    return sorted(labels), [piece for piece in pieces if choice_key(piece) not in known]


def split_choices(text: str, known: Collection[str] = ()) -> list[str]:
    """Return the choices that a text joins; ``known`` are keys of choices that stay whole."""
    separator = next((one for one in _SEPARATORS if one in text), None)
    if separator is None or choice_key(text) in known:
        return [text.strip()] if text.strip() else []
    attempts = [_split(text, one, known) for one in _SEPARATORS if one in text]
    whole = (pieces for pieces in attempts if all(choice_key(piece) in known for piece in pieces))
    return next(whole, attempts[0])


def joined(labels: Iterable[str]) -> str:
    """Return several choices as one text: sorted, each once."""
    return JOINED_BY.join(sorted({label for label in labels if label}))


def _split(text: str, separator: str, known: Collection[str]) -> list[str]:
    parts, pieces = text.split(separator), []
    while parts:
        ends = range(len(parts), 1, -1) if known else ()
        end = next((one for one in ends if choice_key(separator.join(parts[:one])) in known), 1)
        pieces.append(separator.join(parts[:end]).strip())
        parts = parts[end:]
    return [piece for piece in pieces if piece]


def named(labels: Iterable[str]) -> str:
    """Return choices for a sentence: the first few, and how many more there are."""
    every = list(labels)
    more = f" and {len(every) - _FEW} more" if len(every) > _FEW else ""
    return ", ".join(every[:_FEW]) + more if every else "it has none"
