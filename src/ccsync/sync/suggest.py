"""Pairs for the field map that are not there yet: proposed by name, by type and by what the values look like."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ccsync.sync.catalogue import PropertyType, Scope
from ccsync.sync.field_words import is_country, key, meant_by
from ccsync.sync.fields import CUSTOM_PREFIX, fit, target_field
from ccsync.sync.mapping import COMPANY_NAME, Direction

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from ccsync.sync.offers import Offer

_ENOUGH = 3  # points
_MOST = 0.8  # of the values look like one thing: then that is what they are
_FEWEST = 3  # values that say anything about the others
_LOOKED_AT = 200
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
_PHONE = re.compile(r"\+?[\d\s().\-/]{6,24}")
_DIGITS_OF_A_PHONE = 6
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ].*)?")
_NAMES = frozenset({"full_name", "first_name", "last_name"})
_LONGEST_LABEL = 50  # Constant Contact: custom field `label`
_PERMISSION = "permission_to_send"
_CONSENT = ("consent", "samtycke", "samtykke", "einwilligung", "permissiontosend")
_WORDS = (PropertyType.TEXT, PropertyType.SELECT)
_COMPANY_OF_A_PERSON = ("contact.CompanyName", "contact.CompanyId")
_NEVER_TEXT = (PropertyType.DATE, PropertyType.YES_NO, PropertyType.NUMBER)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One pair to add, with why it is proposed; the better ones have the higher ``score``."""

    membrain: str
    constant_contact: str
    reasons: tuple[str, ...]
    score: int


def suggest(
    lefts: Sequence[Offer], rights: Sequence[Offer], mapped: Collection[tuple[str, str]], direction: Direction
) -> tuple[Suggestion, ...]:
    """Return pairs that can travel in a direction, the best first.

    No side stands in two of them, and none that is mapped in any. Consent is told to Membrain in every direction, and
    proposed where other values travel there.
    """
    lefts_taken = {left for left, _ in mapped}
    rights_taken = _blocked(right for _, right in mapped)
    chosen: list[Suggestion] = []
    candidates = [one for left in lefts if _is_of_people(left) for one in _candidates(left, rights, direction)]
    if direction.fills_membrain:
        candidates += [one for left in lefts for one in _consent(left)]
    for one in sorted(candidates, key=lambda one: (-one.score, one.membrain, one.constant_contact)):
        if one.membrain in lefts_taken or key(one.constant_contact) in rights_taken:
            continue
        chosen.append(one)
        lefts_taken.add(one.membrain)
        rights_taken |= _blocked([one.constant_contact])
    return tuple(chosen)


def new_fields(
    lefts: Sequence[Offer], rights: Sequence[Offer], mapped: Collection[tuple[str, str]], direction: Direction
) -> tuple[Suggestion, ...]:
    """Return a new custom field for each of Membrain's that is filled and has no likeness in Constant Contact.

    None where nothing travels to Constant Contact; a field of consent is filled with what there is about it there.
    """
    if not direction.fills_constant_contact:
        return ()
    known = {key(right.display) for right in rights if right.custom}
    lefts_taken = {left for left, _ in mapped}
    found: dict[str, Suggestion] = {}
    for left in lefts:
        name = key(left.display)
        taken = left.path in lefts_taken or name in known or _is_consent(left)
        if taken or not (left.custom and left.values and _is_label(left.display)) or looks_like(left.values) == "email":
            continue
        reason = f"nothing like it in Constant Contact yet, and filled for {len(left.values)} of {left.rows}"
        found.setdefault(name, Suggestion(left.path, f"{CUSTOM_PREFIX}{left.display}", (reason,), 1))
    told = any(right == _PERMISSION for _, right in mapped)
    consents = [one for left in lefts if not told and left.path not in lefts_taken for one in _consent(left)]
    return (*consents[:1], *found.values())


def _is_label(display: str) -> bool:
    return 0 < len(display) <= _LONGEST_LABEL and display == display.strip() and display.isprintable()


def looks_like(values: Sequence[str]) -> str:
    """Return what most values are: ``phone``, ``email``, ``date`` or ``country``; empty for anything else."""
    looked_at = values[:_LOOKED_AT]
    if len(looked_at) < _FEWEST:
        return ""
    tests: dict[str, Callable[[str], bool]] = {
        "email": lambda value: bool(_ADDRESS.fullmatch(value)),
        "date": lambda value: bool(_DATE.fullmatch(value)),
        "phone": _is_phone,
        "country": is_country,
    }
    for name, test in tests.items():
        if sum(map(test, looked_at)) >= _MOST * len(looked_at):
            return name
    return ""


def _is_phone(value: str) -> bool:
    return bool(_PHONE.fullmatch(value)) and sum(map(str.isdigit, value)) >= _DIGITS_OF_A_PHONE


def _is_of_people(left: Offer) -> bool:
    """Leave out the service's bookkeeping, what nobody has filled, and the address, which always travels."""
    empty = left.rows > 0 and not left.values
    return not (left.bookkeeping or empty or "emailaddress" in key(left.display))


def _is_consent(left: Offer) -> bool:
    return left.custom and any(word in key(left.display) for word in _CONSENT)


def _consent(left: Offer) -> Iterator[Suggestion]:
    """Yield what fills a field of consent, also one that is still empty; only a person has a consent, in words."""
    if _is_consent(left) and left.path.startswith(Scope.CONTACT) and left.type in _WORDS:
        yield Suggestion(left.path, _PERMISSION, (f"{left.display} is what people call {_PERMISSION}",), _ENOUGH)


def _candidates(left: Offer, rights: Sequence[Offer], direction: Direction) -> Iterator[Suggestion]:
    content = looks_like(left.values)
    if content == "email" or _is_consent(left) or not _may_travel(left, direction):
        return
    meaning = _meaning(left)
    for right in rights:
        if not right.writable or not _fits(left, right):
            continue
        if right.type == "month_day" and not direction.fills_constant_contact:
            continue  # a day without its year is no date of Membrain's
        reasons = [*_by_name(left, right, meaning), *_by_content(left, right, content, named=meaning is not None)]
        score = sum(points for points, _ in reasons)
        if score >= _ENOUGH:
            yield Suggestion(left.path, right.path, tuple(reason for _, reason in reasons), score + _nearness(left))


def _may_travel(left: Offer, direction: Direction) -> bool:
    """Leave out what the configuration refuses: a company goes by its own name, and a project is only read."""
    if direction is Direction.TO_MEMBRAIN and left.path.startswith(Scope.PROJECT):
        return False
    return not (direction.fills_membrain and left.path in _COMPANY_OF_A_PERSON)


def _meaning(left: Offer) -> str | None:
    """Return the right side that people would call so; a plain Name is that of its own record."""
    scope, _, name = left.path.partition(".")
    if name == "Name":
        return {Scope.CONTACT: "full_name", Scope.COMPANY: "company_name"}.get(Scope(scope))
    meaning = meant_by(left.display)
    company_too = meaning is None or meaning.startswith(("phone.", "address.", "company_name"))
    return meaning if scope == Scope.CONTACT or (scope == Scope.COMPANY and company_too) else None


def _by_name(left: Offer, right: Offer, meaning: str | None) -> Iterator[tuple[int, str]]:
    if right.custom:
        if key(left.display) == key(right.display):
            yield 6, "the same name"
        elif meaning is not None and meaning == meant_by(right.display):
            yield 4, "names that mean the same"
    elif meaning == right.path:
        yield 5, f"{left.display} is what people call {right.path}"


def _by_content(left: Offer, right: Offer, content: str, *, named: bool) -> Iterator[tuple[int, str]]:
    count = min(len(left.values), _LOOKED_AT)
    if content == "phone" and right.type == "phone":
        yield (3 if right.path == "phone.work" and not named else 1), f"looks like phone numbers ({count} values)"
    if content == "country" and right.type == "country" and right.path.startswith("address.work"):
        yield 3 if not named else 1, f"looks like countries ({count} values)"
    if content == "date" and right.type in ("month_day", "date"):
        yield 1, f"looks like dates ({count} values)"


def _nearness(left: Offer) -> int:
    """Prefer what a person has themselves, what is filled at all, and before both what a company is known by."""
    return left.path.startswith("contact.") + bool(left.values) + 3 * (left.path == COMPANY_NAME)


def _fits(left: Offer, right: Offer) -> bool:
    """Tell whether the types can go together; a sample that does not fit at all rules a pair out."""
    if right.type in ("month_day", "date"):
        if left.type not in (PropertyType.DATE, PropertyType.TEXT):
            return False
    elif not right.custom and left.type in _NEVER_TEXT:
        return False
    field = target_field(right.path)
    looked_at = left.values[:_LOOKED_AT]
    return field is None or not looked_at or any(fit(field, value).problem is None for value in looked_at)


def _blocked(rights: Iterable[str]) -> set[str]:
    """Return the keys of what these right sides leave no room for: names exclude each other."""
    taken = set(rights)
    if "full_name" in taken:
        taken |= _NAMES
    elif taken & _NAMES:
        taken.add("full_name")
    return {key(right) for right in taken}
