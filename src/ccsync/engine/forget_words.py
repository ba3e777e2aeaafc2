"""What a person is known by, and how it is taken out of texts."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from ccsync.sync.records import email_key

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ccsync.sync.records import ContactId, MembrainId

FORGOTTEN: Final = "(forgotten)"
_SHORTEST = 6
"""A shorter word may be part of anything, so it is not looked for in free text."""

_BEFORE_ADDRESS, _AFTER_ADDRESS = r"(?:(?<![\w.%+'-])|(?<=\\[nrt]))", r"(?![\w-]|\.\w)"
_BEFORE, _AFTER = r"(?:(?<![\w-])|(?<=\\[nrt]))", r"(?![\w-])"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody, by everything that both sides and the books know of them.

    ``addresses`` are as keys. ``names`` and ``phones`` may be those of others as well.
    """

    addresses: frozenset[str]
    membrain: frozenset[MembrainId] = frozenset()
    contacts: frozenset[ContactId] = frozenset()
    names: frozenset[str] = frozenset()
    phones: frozenset[str] = frozenset()

    @property
    def ids(self) -> frozenset[str]:
        """Both sides' ids."""
        return frozenset[str](self.membrain) | frozenset[str](self.contacts)


@dataclass(frozen=True, slots=True)
class Words:
    """Finds and hides what names a person. ``own`` is theirs alone, ``shared`` may be somebody else's too."""

    person: Person
    own: re.Pattern[str] = field(init=False)
    shared: re.Pattern[str] = field(init=False)

    def __post_init__(self) -> None:
        person = self.person
        ids = (re.escape(one) for one in _long(person.ids))
        own = [f"{_BEFORE_ADDRESS}{re.escape(one)}{_AFTER_ADDRESS}" for one in _long(person.addresses)]
        own += [f"{_BEFORE}{one}{_AFTER}" for one in ids]
        names = (r"\s+".join(map(re.escape, one.split())) for one in _names(person))
        shared = [f"{_BEFORE}{one}{_AFTER}" for one in names]
        shared += [rf"(?<!\d){re.escape(one)}(?!\d)" for one in _long(person.phones)]
        object.__setattr__(self, "own", _any_of(own))
        object.__setattr__(self, "shared", _any_of(shared))

    def hide(self, text: str) -> str:
        """Return a text without what names the person."""
        return self.shared.sub(FORGOTTEN, self.own.sub(FORGOTTEN, text))

    def is_theirs(self, value: object) -> bool:
        """Tell whether a value is an address or an id of the person, and nothing else."""
        return isinstance(value, str) and (email_key(value) in self.person.addresses or value in self.person.ids)

    @property
    def spellings(self) -> tuple[str, ...]:
        """Addresses and ids as they may lie in a file: as they are, and with the escapes of JSON."""
        return _spelled((*self.person.addresses, *self.person.ids))

    @property
    def shared_spellings(self) -> tuple[str, ...]:
        """Names and phone numbers, spelled in the same ways."""
        return _spelled((*_names(self.person), *self.person.phones))

    def raw(self) -> re.Pattern[bytes]:
        """Return what finds, in the bytes of a file, all that might name the person, and some more."""
        return bytes_of((*self.spellings, *self.shared_spellings))


def bytes_of(spellings: Iterable[str]) -> re.Pattern[bytes]:
    """Return what finds any of these spellings in the bytes of a file, in upper and lower case of ASCII."""
    encoded = (one.encode("utf-8", "surrogatepass") for one in spellings)
    return re.compile(b"|".join(re.escape(one) for one in encoded) or rb"(?!)", re.IGNORECASE)


def _spelled(words: Iterable[str]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for word in _long(words):
        for cased in (word, word.casefold(), word.lower()):
            found |= dict.fromkeys((cased, json.dumps(cased)[1:-1], json.dumps(cased, ensure_ascii=False)[1:-1]))
    return tuple(found)


def _names(person: Person) -> list[str]:
    """Return names of several words: one word alone may stand for anybody, or anything."""
    return [one for one in _long(person.names) if len(one.split()) > 1]


def _long(words: Iterable[str]) -> list[str]:
    return sorted({one for one in words if len(one) >= _SHORTEST}, key=lambda one: (-len(one), one))


def _any_of(patterns: list[str]) -> re.Pattern[str]:
    return re.compile("|".join(patterns) or r"(?!)", re.IGNORECASE)
