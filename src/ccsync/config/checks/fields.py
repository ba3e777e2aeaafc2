"""The fields of one sync: no target twice, word tables that read both ways, directions that fit the sync."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccsync.config.checks.reading import TO_MEMBRAIN
from ccsync.config.lines import Lines, spell
from ccsync.config.sides import CUSTOM, FULL_NAME, NAME_PARTS, READ_ONLY, record_of, same_field
from ccsync.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ccsync.config.checks.reading import FieldEntry, SyncEntry

_COMPANY_OF_A_PERSON = ("contact.CompanyName", "contact.CompanyId")
MOST_CUSTOM_FIELDS = 25  # Constant Contact: custom fields of one contact


def fields_within(sync: SyncEntry, lines: Lines) -> Iterator[Problem]:
    """Yield the mistakes among the fields of one sync."""
    yield from _targets(sync, lines)
    yield from _custom_fields(sync, lines)
    yield from _projects(sync, lines)
    for entry in sync.fields:
        yield from _values(entry, lines)
        yield from _direction(entry, sync, lines)
        yield from _owner(entry, sync, lines)
        yield from _default(entry, sync, lines)


def _problem(entry: FieldEntry, key: str, lines: Lines, message: str, hint: str) -> Problem:
    path = (*entry.path, key)
    return Problem(spell(path), lines.nearest(path), message, hint)


def _targets(sync: SyncEntry, lines: Lines) -> Iterator[Problem]:
    seen: dict[str, FieldEntry] = {}
    for entry in sync.fields:
        right = entry.field.constant_contact
        first = seen.setdefault(same_field(right), entry)
        if first is not entry:
            where = f"line {lines.nearest((*first.path, 'constant_contact'))}"
            message = f'"{right}" is filled twice in this sync, first on {where}'
            yield _problem(entry, "constant_contact", lines, message, "take one of the two out")
    for part in NAME_PARTS:
        if FULL_NAME in seen and part in seen:
            message = f'"{part}" and "{FULL_NAME}" exclude each other: the full name is split into both names'
            yield _problem(seen[part], "constant_contact", lines, message, "take one of them out")


def _custom_fields(sync: SyncEntry, lines: Lines) -> Iterator[Problem]:
    custom = [entry for entry in sync.fields if entry.field.constant_contact.startswith(CUSTOM)]
    if len(custom) > MOST_CUSTOM_FIELDS:
        message = f"{len(custom)} custom fields; Constant Contact keeps {MOST_CUSTOM_FIELDS} per contact"
        hint = f"take {len(custom) - MOST_CUSTOM_FIELDS} out"
        yield _problem(custom[MOST_CUSTOM_FIELDS], "constant_contact", lines, message, hint)


def _projects(sync: SyncEntry, lines: Lines) -> Iterator[Problem]:
    for entry in sync.fields:
        if sync.no_projects and record_of(entry.field.membrain) == "project":
            message = "reads a project, and projects is empty"
            yield _problem(entry, "membrain", lines, message, 'projects = ["sales-project"]')


def _values(entry: FieldEntry, lines: Lines) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for left, right in entry.field.values.items():
        first = seen.setdefault(right, left)
        if first != left:
            path = (*entry.path, "values", left)
            message = f'"{first}" and "{left}" both stand for "{right}", so the table cannot be read backwards'
            yield Problem(spell(path), lines.nearest(path), message, "give each word its own partner")


def _direction(entry: FieldEntry, sync: SyncEntry, lines: Lines) -> Iterator[Problem]:
    field = entry.field
    if field.direction is None:
        return
    if field.constant_contact in READ_ONLY:
        if field.direction != "constant-contact-to-membrain":
            message = f'"{field.constant_contact}" can only be read from Constant Contact'
            yield _problem(entry, "direction", lines, message, "take direction out")
    elif sync.direction and sync.direction not in ("both", field.direction):
        message = f'"{field.direction}" is outside the direction of its sync, "{sync.direction}"'
        yield _problem(entry, "direction", lines, message, 'take it out, or write direction = "both" in the sync')


def _owner(entry: FieldEntry, sync: SyncEntry, lines: Lines) -> Iterator[Problem]:
    """Yield what would be written to Membrain where it is not the person's own."""
    record, field = record_of(entry.field.membrain), entry.field
    if field.constant_contact in READ_ONLY and record != "contact":
        message = f'"{field.constant_contact}" is a person\'s, and "{field.membrain}" is not'
        hint = 'name a field of the contact, such as "contact.custom.E-mail consent"'
        yield _problem(entry, "membrain", lines, message, hint)
    elif record == "project" and sync.ways_of(field) == {TO_MEMBRAIN}:
        message = f'"{field.membrain}" is only ever read: projects are made and changed in Membrain'
        yield _problem(entry, "membrain", lines, message, "take this [[sync.field]] out")
    elif field.membrain in _COMPANY_OF_A_PERSON and TO_MEMBRAIN in sync.ways_of(field):
        message = f'"{field.membrain}" is only ever read: in Membrain a person belongs to a company by its own name'
        yield _problem(entry, "membrain", lines, message, 'write membrain = "company.Name"')


def _default(entry: FieldEntry, sync: SyncEntry, lines: Lines) -> Iterator[Problem]:
    field = entry.field
    if field.default is None:
        return
    if field.clear:
        message = "default and clear = true exclude each other: an empty value cannot mean both"
        yield _problem(entry, "clear", lines, message, "take one of them out")
    if (field.direction or sync.direction) == "both" and field.constant_contact not in READ_ONLY:
        message = "a default needs one direction: it would come back as if a person had typed it"
        yield _problem(entry, "default", lines, message, 'direction = "membrain-to-constant-contact" in this field')
