"""``ccsync map``: what its commands do."""

from __future__ import annotations

import difflib
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from ccsync.cli import map_page
from ccsync.cli.output import Failure, Result
from ccsync.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from ccsync.cli.session import Application, Session
    from ccsync.config.model import Sync
    from ccsync.engine.survey import Survey

_PAIRS = "ccsync map add contact.custom.VIP custom.VIP --value Ja=Yes --value Nej=No"


def list_map(session: Session, *, sync: str | None) -> Result:
    """Return the field map."""
    from ccsync.engine.map_data import list_data
    from ccsync.engine.rules import chosen

    config = session.application().config
    only = chosen(config, sync).name if sync is not None else None
    data = list_data(config)
    data["syncs"] = [one for one in data["syncs"] if only in (None, one["name"])]
    return Result(data, render=partial(map_page.render_list, data=data))


def fields(session: Session, *, word: str, everything: bool) -> Result:
    """Return what both sides offer."""
    from ccsync.engine.map_data import fields_data

    application = session.application()
    with _looking(session, application) as survey:
        data = fields_data(application.config, survey, word, everything=everything)
    return Result(data, render=partial(map_page.render_fields, data=data, word=word))


def suggest(session: Session, *, sync: str | None, apply: bool, new: bool) -> Result:
    """Return pairs to add, and with ``apply`` add them."""
    from ccsync.engine.map_data import suggest_data
    from ccsync.engine.rules import chosen

    application = session.application()
    target = chosen(application.config, sync)
    with _looking(session, application) as survey:
        data = suggest_data(application.config, survey, target, new=new)
    several = len(application.config.sync) > 1
    entries = [one.pop("entry") for one in data["suggestions"]]
    data["undo"] = None
    if apply and entries:
        data["undo"] = str(_add(session, target, entries))
    return Result(data, render=partial(map_page.render_suggest, data=data, new=new, several=several))


def add(session: Session, *, sync: str | None, value: Sequence[str], **keys: Any) -> Result:
    """Add one field to the configuration."""
    from ccsync.engine.map_data import doubt
    from ccsync.engine.rules import chosen

    application = session.application()
    config = application.config
    target = chosen(config, sync)
    entry: dict[str, Any] = {name: str(said) for name, said in keys.items() if said is not None and name != "clear"}
    if value:
        entry["values"] = _words(value)
    if keys["clear"]:
        entry["clear"] = True
    with application.looking() as survey:  # first: a state that cannot be read must not fail what is written already
        warning = doubt(survey, target, entry["membrain"])
    undo = _add(session, target, [entry])
    data = {"sync": target.name, "field": entry, "undo": str(undo), "warning": warning}
    return Result(data, render=partial(map_page.render_edit, data=data, done="added"))


def remove(session: Session, *, constant_contact: str, sync: str | None) -> Result:
    """Take one field out of the configuration."""
    from ccsync.config.edit import remove_field
    from ccsync.engine.rules import chosen

    config = session.application().config
    target = chosen(config, sync)
    field = target.field[_place(target, constant_contact)]
    undo = remove_field(_file(session), target.name, field.constant_contact)
    entry = {"membrain": field.membrain, "constant_contact": field.constant_contact}
    data = {"sync": target.name, "field": entry, "undo": str(undo), "warning": ""}
    return Result(data, render=partial(map_page.render_edit, data=data, done="removed"))


def check(session: Session, *, sync: str | None) -> Result:
    """Return what is wrong with the field map today."""
    from ccsync.engine.map_data import check_data

    application = session.application()
    with _looking(session, application) as survey:
        data = check_data(application.config, survey, sync)
    render = partial(map_page.render_check, data=data)
    errors = [one for one in data["findings"] if one["level"] == "error"]
    if not errors:
        return Result(data, render=render)
    failures = tuple(Failure("config", map_page.sentence(one), one["hint"]) for one in errors)
    count = "1 error" if len(errors) == 1 else f"{len(errors)} errors"
    complaint = (f"ccsync: {count} in the field map", "  next: ccsync map fields")
    return Result(data, ExitCode.CONFIG, failures, render=render, complaint=complaint)


def filter_people(session: Session, *, expression: str | None, sync: str | None) -> Result:
    """Return who matches a filter."""
    from ccsync.engine.filter_trial import try_filter
    from ccsync.engine.rules import chosen

    application = session.application()
    config = application.config
    target = config.sync[0] if sync is None and expression is not None else chosen(config, sync)
    with _looking(session, application) as survey:
        data = try_filter(survey, target, target.filter if expression is None else expression)
    return Result(data, render=partial(map_page.render_filter, data=data))


@contextmanager
def _looking(session: Session, application: Application) -> Iterator[Survey]:
    """Look at both sides, with a bar on stderr when somebody watches."""
    if not session.output.talks or session.everywhere.json:
        with application.looking() as survey:
            yield survey
        return
    from ccsync.cli.progress import Bar

    with Bar(session.output.talk_console) as bar, application.looking(bar) as survey:
        yield survey


def _add(session: Session, sync: Sync, entries: Sequence[dict[str, Any]]) -> Path:
    from ccsync.config.edit import add_fields

    return add_fields(_file(session), sync.name, entries)


def _file(session: Session) -> Path:
    from ccsync.config.source import find

    return find(session.everywhere.config, session.environment.variables)


def _words(pairs: Sequence[str]) -> dict[str, str]:
    words: dict[str, str] = {}
    for pair in pairs:
        left, sign, right = (part.strip() for part in pair.partition("="))
        if not (left and sign and right):
            raise UsageError(
                f'--value "{pair}" is no pair of words',
                hint=_PAIRS,
            )
        if left in words:
            raise UsageError(
                f'--value has "{left}" twice',
                hint=_PAIRS,
            )
        words[left] = right
    return words


def _place(sync: Sync, right: str) -> int:
    from ccsync.config.sides import same_field

    known = [field.constant_contact for field in sync.field]
    for place, name in enumerate(known):
        if same_field(name) == same_field(right):
            return place
    by_left = [field.constant_contact for field in sync.field if field.membrain == right]
    close = by_left or difflib.get_close_matches(right, known, n=1)
    hint = f'ccsync map remove "{close[0]}"' if close else "ccsync map list"
    raise UsageError(f'sync "{sync.name}" fills no field called "{right}"', hint=hint)
