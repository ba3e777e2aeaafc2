"""A full name of which one side has a part only: what it says, and the name that Membrain should then hold.

Constant Contact has a first and a last name, Membrain one line of both: a part that is missing must not be taken for
the other one, and no word is put beside itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccsync.sync.fields import join_name, one_line, split_name
from ccsync.sync.mapping import FULL_NAME

if TYPE_CHECKING:
    from ccsync.sync.records import Contact


def is_last_only(path: str, contact: Contact | None) -> bool:
    """Tell whether a full name of Constant Contact is a last name without a first one."""
    if contact is None or path != FULL_NAME:
        return False
    return bool(contact.values.get("last_name", "").strip()) and not contact.values.get("first_name", "").strip()


def says_less(name: str, than: str, *, last_only: bool) -> bool:
    """Tell whether a part of a name says nothing that the other name does not, or nothing that is sure.

    It does when it is the first or the last name of the other, the last one in any letter case; and when it would be
    put beside a word of its own. A name of two words says less only as a last name, which ``last_only`` tells.
    """
    first, last = split_name(one_line(name))
    words, others = _words(name), _words(than)
    if last_only:
        return set(words) <= set(others) or (len(others) > 1 and others[0] in words)
    return not last and (first == split_name(one_line(than))[0] or first.casefold() in others[1:])


def completed(name: str, held: str, *, last_only: bool) -> str:
    """Return the name that Membrain should hold for a part of it: the part it says nothing about stays."""
    first, last = split_name(name)
    held_first, held_last = split_name(one_line(held))
    if last_only:
        return name if held_first.casefold() in ("", *_words(name)) else join_name(held_first, name)
    return join_name(first, held_last) if first and not last else name


def stands_there(first: str, present: str, *, last_only: bool) -> bool:
    """Tell whether a first name of Membrain's is the last name in Constant Contact already, in any letter case."""
    words = _words(present)
    return first.casefold() in (words if last_only else words[1:])


def _words(name: str) -> list[str]:
    return one_line(name).casefold().split()
