"""A few filters that many people want, made from what is filled in this Membrain."""

from __future__ import annotations

import json
from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from ccsync.sync.catalogue import PropertyType, Scope
from ccsync.sync.offers import of_membrain
from ccsync.sync.records import Resource

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ccsync.engine.survey import Survey
    from ccsync.sync.offers import Offer

EVERYBODY = "Everybody with an e-mail address"

_MOST = 7
_YES = frozenset({"yes", "ja", "true", "oui", "si", "sí", "kyllä"})
_FEWEST = 0.05  # of the rows: a choice that fewer have is no common filter
_COUNTRY = "company.CountryCode"


class Common(NamedTuple):
    """A filter with words for it."""

    title: str
    expression: str


def common_filters(survey: Survey) -> tuple[Common, ...]:
    """Return filters over what contacts and companies have filled: first everybody, then what a person said yes to."""
    rows = {one: survey.sample(one) for one in (Resource.CONTACTS, Resource.COMPANIES)}
    offers = [one for one in of_membrain(survey.catalogue(), rows, ()) if one.values]
    return (Common(EVERYBODY, ""), *islice(_found(offers), _MOST))


def _found(offers: list[Offer]) -> Iterator[Common]:
    for one in offers:  # what a person said yes to comes first: it is what lists are made of
        if one.path.startswith(Scope.CONTACT) and (term := _yes(one)):
            yield Common(f"{one.display}: {term[0]}", term[1])
    for one in offers:
        if one.path == _COUNTRY and (value := _most_frequent(one)):
            yield Common(f"Companies in {value}", f"{one.path} == {_quoted(value)}")
    for one in offers:
        if one.custom and one.type == PropertyType.SELECT and not _yes(one) and (value := _most_frequent(one)):
            yield Common(f"{one.display}: {value}", f"{_path(one)} == {_quoted(value)}")
    if any(one.path == "company.Name" for one in offers):
        yield Common("Everybody with a company", 'company.Name != ""')


def _yes(one: Offer) -> tuple[str, str] | None:
    if one.custom and one.type == PropertyType.YES_NO:
        return "yes", f"{_path(one)} == true"
    label = next((label for label in one.options if label.casefold() in _YES), "")
    if one.custom and one.type == PropertyType.SELECT and label:
        return label, f"{_path(one)} == {_quoted(label)}"
    return None


def _most_frequent(one: Offer) -> str:
    value, count = Counter(one.values).most_common(1)[0]
    return value if count >= _FEWEST * one.rows else ""


def _path(one: Offer) -> str:
    scope, _, name = one.path.partition(".custom.")
    return f"{scope}.custom[{_quoted(name)}]"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
