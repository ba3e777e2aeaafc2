"""The second half of the conversation: which way, which list, which people, and which fields."""

from __future__ import annotations

import difflib
import re
import shlex
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ccsync.config.create import complaint, directions, problems_in
from ccsync.config.model import Config
from ccsync.config.sides import READ_ONLY
from ccsync.engine.filter_trial import try_filter
from ccsync.engine.map_data import suggest_data
from ccsync.engine.rules import kinds_of_project
from ccsync.engine.setup.asking import Choice
from ccsync.engine.setup.common_filters import common_filters
from ccsync.engine.setup.services import TO_CONSTANT_CONTACT, TO_MEMBRAIN
from ccsync.engine.streams import stream
from ccsync.errors import UsageError
from ccsync.sync.catalogue import Scope
from ccsync.sync.fields import CUSTOM_PREFIX
from ccsync.sync.filters import compile_filter
from ccsync.sync.operations import Reason
from ccsync.sync.records import Resource

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ccsync.config.create import Tables
    from ccsync.config.model import Sync
    from ccsync.engine.setup.asking import Talk
    from ccsync.engine.survey import Survey

FIELDS = ("suggested", "new", "none")
MOST_COUNTED = 10_000
"""So many contacts of Membrain, at 100 a page, are read to count without asking; more take minutes."""

_DIRECTIONS = {
    TO_CONSTANT_CONTACT: "Membrain to Constant Contact",
    TO_MEMBRAIN: "Constant Contact to Membrain",
    "both": "Both ways",
}
_LEFT_OUT = {
    Reason.NO_EMAIL: "without an e-mail address",
    Reason.USER_OF_MEMBRAIN: "who log in to Membrain",
    Reason.DUPLICATE_ADDRESS: "with an address that another one has",
}
_OTHER = "\n"  # no name of a list and no filter
_FIRST_SHOWN = 3
_LONGEST_NAME = 60
_LIST = "Newsletter"


@dataclass(frozen=True, slots=True)
class Chosen:
    """One sync as the file will have it, and what was seen on the way.

    ``people`` is None when nobody was counted, ``told`` is what was understood otherwise than it was said.
    """

    sync: Tables
    new_list: bool
    people: dict[str, Any] | None
    left_out: tuple[str, ...]
    told: tuple[str, ...] = ()


def people(talk: Talk, tables: Tables, survey: Survey) -> Chosen:
    """Return the sync that was talked about; what was said beforehand is not asked."""
    direction = _direction(talk)
    if direction == TO_MEMBRAIN and talk.said.filter:
        message = f"--filter: with --direction {TO_MEMBRAIN} whoever is on the list takes part"
        raise UsageError(message, hint=f"ccsync init --direction {TO_MEMBRAIN} --list Customers")
    name, is_new, told = _list(talk, survey, may_be_new=direction != TO_MEMBRAIN)
    sync: Tables = {"name": _name(talk, name), "direction": direction, "filter": "", "list": name}
    sync["when_leaving"] = "remove-from-list"
    counted = None
    if direction != TO_MEMBRAIN:
        sync["filter"], counted = _filter(talk, {**tables, "sync": [sync]}, survey)
    entries = _fields(talk, {**tables, "sync": [sync]}, survey)
    sync["field"], left_out = _accepted({**tables, "sync": [sync]}, entries)
    if not sync["field"]:
        del sync["field"]
    return Chosen(sync, is_new, counted, left_out, told)


def _direction(talk: Talk) -> str:
    said, possible = talk.said.direction, directions()
    if said is not None:
        if wrong := complaint("sync", "direction", said):
            raise UsageError(f"--direction {said}: {wrong}", hint=f"ccsync init --direction {possible[0]}")
        return said
    if len(possible) == 1:
        talk.asker.tell(f"Direction: {_DIRECTIONS[possible[0]]}")
        return possible[0]
    return talk.asker.choose("Which way shall people travel?", [Choice(one, _DIRECTIONS[one]) for one in possible])


def _list(talk: Talk, survey: Survey, *, may_be_new: bool) -> tuple[str, bool, tuple[str, ...]]:
    """Return the list, whether it is a new one, and what was understood otherwise than it was said."""
    with talk.asker.watching() as survey.progress:
        services = survey.services
        survey.progress.phase("reading the lists of Constant Contact")
        rows = services.constant_contact.lists()
    known = {str(row["name"]): row.get("membership_count") for row in rows}
    said = talk.said.list
    if said is None:
        said = _asked_list(talk, known, may_be_new=may_be_new)
    if wrong := _wrong_list(said):
        raise UsageError(f"--list: {wrong}", hint="ccsync init --list Customers")
    name = _as_it_is_spelled(said, known)
    if name not in known and not may_be_new:
        raise _no_list(name, known)
    if name == said:
        return name, name not in known, ()
    told = f'the list "{said}" is there already as "{name}": that one is taken'
    talk.asker.tell(told)
    return name, False, (told,)


def _asked_list(talk: Talk, known: dict[str, Any], *, may_be_new: bool) -> str:
    titles = [Choice(one, _titled(one, known[one])) for one in sorted(known, key=str.casefold)]
    choices = [*titles, *([Choice(_OTHER, "A new list")] if may_be_new else [])]
    if not choices:
        message = "Constant Contact has no list yet, and this direction takes people from one"
        raise UsageError(message, hint="make one in Constant Contact, then type: ccsync init")
    name = talk.asker.choose("Which list of Constant Contact?", choices)
    if name == _OTHER:
        name = talk.asker.text("Name of the new list", "" if _LIST in known else _LIST, _wrong_list)
    return name


def _as_it_is_spelled(name: str, known: dict[str, Any]) -> str:
    """Return the name of the list that a run takes: letter for letter, else without regard to case."""
    alike = [one for one in known if one.casefold() == name.casefold()]
    return name if name in known or not alike else alike[0]


def _no_list(name: str, known: dict[str, Any]) -> UsageError:
    close = difflib.get_close_matches(name, known, n=1)
    like = f': did you mean "{close[0]}"?' if close else ""
    there = shlex.quote(close[0]) if close else "NAME"
    message = f'Constant Contact has no list "{name}", and this direction takes people from one{like}'
    return UsageError(message, hint=f"ccsync init --list {there}")


def _titled(name: str, members: Any) -> str:
    return f"{name} ({members:,} people)" if isinstance(members, int) else name


def _wrong_list(name: str) -> str:
    return complaint("sync", "list", name)


def _name(talk: Talk, list_name: str) -> str:
    """Return the sync's name: the list's, in letters that need no quotes on a command line."""
    plain = unicodedata.normalize("NFKD", list_name).encode("ascii", "ignore").decode().lower()
    name = talk.said.name or re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:_LONGEST_NAME] or "people"
    if wrong := complaint("sync", "name", name):
        raise UsageError(f"--name: {wrong}", hint="ccsync init --name customers")
    return name


def _filter(talk: Talk, tables: Tables, survey: Survey) -> tuple[str, dict[str, Any] | None]:
    said, asker = talk.said.filter, talk.asker
    counts = _countable(talk, survey)
    if said is not None:
        return said, _trial(talk, tables, survey, said, counts=counts)
    while True:
        expression = _expression(talk, tables, survey, counts=counts)
        try:
            found = _trial(talk, tables, survey, expression, counts=counts)
        except UsageError as error:
            asker.tell(error.message)
            continue
        asker.tell(_said(found) if found else "Not counted")
        if asker.confirm("Take these people?", proposed=True):
            return expression, found


def _countable(talk: Talk, survey: Survey) -> bool:
    if survey.mirrored(stream(Resource.CONTACTS)):
        return True
    number = survey.services.membrain.count(Resource.CONTACTS)
    if number <= MOST_COUNTED:
        return True
    question = f"Membrain has {number:,} contacts. Read them all now, to count who matches?"
    return talk.asker.present and talk.asker.confirm(question, proposed=False)


def _expression(talk: Talk, tables: Tables, survey: Survey, *, counts: bool) -> str:
    with talk.asker.watching() as survey.progress:
        common = common_filters(survey)
    choices = []
    for title, expression in common:
        found = _trial(talk, tables, survey, expression, counts=counts)
        choices.append(Choice(expression, f"{title} ({found['take_part']:,} people)" if found else title))
    own = Choice(_OTHER, "An expression of my own")
    expression = talk.asker.choose("Which people go on the list?", [*choices, own])
    if expression != _OTHER:
        return expression
    return talk.asker.text('Filter, such as company.CountryCode == "SE"', "", _wrong_filter)


def _wrong_filter(expression: str) -> str:
    return complaint("sync", "filter", expression) if expression else ""


def _trial(talk: Talk, tables: Tables, survey: Survey, expression: str, *, counts: bool) -> dict[str, Any] | None:
    if wrong := _wrong_filter(expression):
        raise UsageError(f"the filter is wrong: {wrong}", hint="""ccsync init --filter 'company.CountryCode == "SE"'""")
    sync = Config.model_validate(tables).sync[0]
    with talk.asker.watching() as survey.progress:
        found = try_filter(survey, sync, expression) if counts else None
        names = _not_there(survey, sync, expression)
    if names:
        raise UsageError("; ".join(names), hint="""ccsync init --filter 'company.CountryCode == "SE"'""")
    return found


def _not_there(survey: Survey, sync: Sync, expression: str) -> list[str]:
    """Say which names of a filter Membrain surely does not have: rows show them, beside custom fields."""
    matcher, projects = compile_filter(expression), kinds_of_project(sync)
    used = [scope for scope in Scope if matcher.uses(scope)]
    shown = {scope for scope in used for kind in scope.resources(projects) if survey.sample(kind)}
    return [
        _lacking(one.name, one.suggestions)
        for one in matcher.unknown(survey.catalogue(), projects)
        if ".custom" in one.name or one.name.partition(".")[0] in shown
    ]


def _lacking(name: str, suggestions: Sequence[str]) -> str:
    close = f": did you mean {' or '.join(suggestions)}?" if suggestions else ""
    return f"Membrain has no {name}, which counts as not set{close}"


def _said(found: dict[str, Any]) -> str:
    """Say who matches, and why some of them are left out."""
    names = [one["name"] or one["email"] for one in found["shown"][:_FIRST_SHOWN]]
    some = f", such as {', '.join(names)}" if names else ""
    lines = [f"{found['take_part']:,} of {found['people']:,} people would take part{some}"]
    left_out = [f"{number:,} {_LEFT_OUT[why]}" for why, number in found["left_out"].items() if number]
    if left_out:
        lines.append(f"Left out, although they match: {', '.join(left_out)}")
    if found["failed"]:
        lines.append(f"{found['failed']:,} cannot be told: {found['failure']}")
    return "\n".join([*lines, *unknown(found)])


def unknown(found: dict[str, Any]) -> list[str]:
    """Say which names of the filter Membrain does not have: with one of them it takes nobody, or everybody."""
    return [_lacking(one["name"], one["suggestions"]) for one in found["unknown"]]


def _fields(talk: Talk, tables: Tables, survey: Survey) -> list[dict[str, Any]]:
    said = talk.said.fields
    if said == "none":
        return []
    config = Config.model_validate(tables)
    with talk.asker.watching() as survey.progress:
        pairs = suggest_data(config, survey, config.sync[0], new=said != "suggested")["suggestions"]
        there = {f"{CUSTOM_PREFIX}{one.label}" for one in survey.custom_fields()}
    new = {one["constant_contact"] for one in pairs if one["constant_contact"].startswith(CUSTOM_PREFIX)} - there
    scopes = tuple(Scope)
    pairs.sort(key=lambda one: (one["constant_contact"] in new, scopes.index(Scope(one["membrain"].partition(".")[0]))))
    if said is not None:
        return [one["entry"] for one in pairs]
    choices = [Choice(one["constant_contact"], _pair(one, new=one["constant_contact"] in new)) for one in pairs]
    if not choices:
        talk.asker.tell("No fields of both sides go together by name; ccsync map add adds pairs")
        return []
    proposed = {one.value for one in choices} - new
    if config.sync[0].direction == TO_CONSTANT_CONTACT:
        proposed -= {*READ_ONLY}  # it alone would write to Membrain
    picked = talk.asker.pick("Which fields travel, beside the e-mail address?", choices, proposed)
    return [one["entry"] for one in pairs if one["constant_contact"] in picked]


def _pair(one: dict[str, Any], *, new: bool) -> str:
    note = "a new field" if new else one["example"]
    return f"{one['membrain']} -> {one['constant_contact']}   {note}".rstrip()


def _accepted(tables: Tables, entries: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], tuple[str, ...]]:
    """Return the pairs that the configuration takes, and those that it refuses, with why."""
    (sync,) = tables["sync"]
    kept, refused = list(entries), list[str]()
    while kept:
        problems = problems_in({**tables, "sync": [{**sync, "field": kept}]})
        places = (re.match(r"sync\[0\]\.field\[(\d+)\]", problem.path) for problem in problems)
        first = next(((int(place[1]), problem) for place, problem in zip(places, problems, strict=True) if place), None)
        if first is None:
            break
        one = kept.pop(first[0])
        refused.append(f"{one['membrain']} -> {one['constant_contact']}: {first[1].message}")
    return kept, tuple(refused)
