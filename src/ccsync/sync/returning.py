"""The way back: what Membrain should hold when Constant Contact holds a value, and when both hold the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccsync.sync.canonical import choice_key, choice_keys, chosen, joined, named, number, split_choices, yes_no
from ccsync.sync.catalogue import PropertyType
from ccsync.sync.countries import country_code
from ccsync.sync.days import day_in, day_or_moment
from ccsync.sync.fields import FieldKind, one_line, same
from ccsync.sync.mapping import COMPANY_NAME, Travelling, travelling_value
from ccsync.sync.operations import Reason
from ccsync.sync.records import name_key

if TYPE_CHECKING:
    from ccsync.sync.mapping import FieldRule

_LONGEST_QUOTE = 50
_CODE = "CountryCode"  # Membrain's own: a name belongs into CountryName


def returning_value(rule: FieldRule, present: str) -> Travelling:
    """Return what Membrain should hold when Constant Contact holds ``present``.

    The table of words is read backwards, and the first of Membrain's words counts where two mean one. A value that
    Membrain's property cannot hold is a ``BAD_VALUE``; a select of which no choices are known takes any, and a code of
    a country takes the country in any language. The default
    speaks for Membrain's silence on the way out only: it comes back as nothing, marked as ``stand_in``. A point in time
    has its day in Membrain's zone.
    """
    line = one_line(present)
    if not line:
        return Travelling("")
    if _is_default(rule, line):
        return Travelling("", stand_in=True)
    if rule.kind is PropertyType.MULTI_SELECT:
        return _several(rule, line)
    word = _membrain_word(rule, line)
    if rule.kind is PropertyType.SELECT:
        return _one_of(rule, word)
    if rule.kind is PropertyType.DATE:
        value, wanted = _day(rule, word), "a whole date such as 2026-01-31"
    elif rule.kind is PropertyType.NUMBER:
        value, wanted = number(word), "a number such as 12.5"
    elif rule.kind is PropertyType.YES_NO:
        value, wanted = yes_no(word), "yes or no"
    elif rule.target.kind is FieldKind.COUNTRY and rule.name.endswith(_CODE):
        value, wanted = country_code(word), "a country, by its name or its code"
    else:
        return Travelling(word)
    return Travelling(value) if value else _bad(word, wanted)


def settled(rule: FieldRule, raw: str, present: str) -> bool:
    """Tell whether Membrain's ``raw`` and Constant Contact's ``present`` mean the same, however each side spells it.

    They do when either would be written for the other: so Membrain's default, and a birthday of which Constant Contact
    has month and day only, are settled too. E-mail addresses are compared without regard to case, and so are names of
    companies, by which a company is found.
    """
    if raw == present and not rule.values:
        return True
    out = travelling_value(rule, raw) if rule.target.writable else None
    if out is not None and out.problem is None and same(rule.target, out.value, present):
        return True
    if _address(raw) and _address(raw) == _address(present):
        return True
    back = returning_value(rule, present)
    if back.problem is not None or back.stand_in:
        return False
    if rule.membrain == COMPANY_NAME and name_key(raw) == name_key(back.value):
        return True
    return _same_in_membrain(rule, raw, back.value)


def _same_in_membrain(rule: FieldRule, raw: str, value: str) -> bool:
    one, other = " ".join(one_line(raw).split()), " ".join(value.split())
    if one == other or not one or not other:
        return one == other
    return _key(rule, one) == _key(rule, other) != ""


def _key(rule: FieldRule, text: str) -> str:
    """Return what the spellings of one value of Membrain's property have in common."""
    match rule.kind:
        case PropertyType.MULTI_SELECT:
            return joined(map(choice_key, split_choices(text, choice_keys(rule.options))))
        case PropertyType.SELECT:
            return choice_key(text)
        case PropertyType.DATE:
            return _day(rule, text)
        case PropertyType.NUMBER:
            return number(text)
        case PropertyType.YES_NO:
            return yes_no(text)
        case PropertyType.TEXT:
            return text


def _is_default(rule: FieldRule, line: str) -> bool:
    if not rule.default:
        return False
    default = travelling_value(rule, "")
    return default.problem is None and same(rule.target, default.value, line)


def _membrain_word(rule: FieldRule, word: str) -> str:
    if not rule.values:
        return word
    wanted = choice_key(word)
    return next((ours for ours, theirs in rule.values.items() if choice_key(theirs) == wanted), word)


def _one_of(rule: FieldRule, word: str) -> Travelling:
    if not rule.options:
        return Travelling(word)
    label = choice_keys(rule.options).get(choice_key(word))
    return Travelling(label) if label is not None else _bad(word, f"one of the choices: {named(rule.options)}")


def _several(rule: FieldRule, line: str) -> Travelling:
    known = choice_keys(rule.options)
    whole = _membrain_word(rule, line)
    words = frozenset(map(choice_key, rule.values.values()))
    pieces = [_membrain_word(rule, piece) for piece in split_choices(whole, {*known, *words})]
    if not known:
        return Travelling(joined(pieces))
    labels, unknown = chosen("; ".join(pieces), known)
    if unknown:
        return _bad(unknown[0], f"one of the choices: {named(rule.options)}")
    return Travelling(joined(labels))


def _day(rule: FieldRule, word: str) -> str:
    """Return a day; a point in time only where Constant Contact's field holds such."""
    return day_or_moment(word) if rule.target.kind is FieldKind.MOMENT else day_in(word, rule.zone)


def _address(text: str) -> str:
    """Return what the spellings of an e-mail address have in common; empty for what is none."""
    line = one_line(text)
    name, at, domain = line.rpartition("@")
    return line.casefold() if name and at and "." in domain and " " not in line else ""


def _bad(word: str, wanted: str) -> Travelling:
    quoted = word if len(word) <= _LONGEST_QUOTE else f"{word[:_LONGEST_QUOTE]}..."
    return Travelling("", problem=Reason.BAD_VALUE, detail=f'"{quoted}" is not {wanted}')
