"""The body of a PUT: everything that it would lose by silence, and what is to change.

A PUT empties every core property that is left out, keeps subresources that are left out and replaces an array of them
that is sent (operation putContact; staff answer in the forum: send everything back). So all core properties are sent,
and an array only when something in it changes, and then whole. The permission and the lists are never in it.
"""

from __future__ import annotations

from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ccsync.constant_contact.raw import kind_of, raw_objects, raw_text
from ccsync.errors import RecordRefused
from ccsync.sync.fields import ADDRESS_KINDS, ADDRESS_PARTS, CUSTOM_PREFIX, PHONE_KINDS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ccsync.constant_contact.custom import CustomFieldDefinition

CORE_TEXTS = ("first_name", "last_name", "job_title", "company_name")

_BIRTHDAY = ("birthday_month", "birthday_day")
_TAKEN_BACK = {
    "phone_numbers": ("kind", "phone_number"),
    "street_addresses": ("kind", *ADDRESS_PARTS),
    "custom_fields": ("custom_field_id", "value", "choice_ids"),
}
"""What a PUT takes of an entry (``PhoneNumberPut``, ``StreetAddressPut``, ``ContactCustomField``): no ids, no times."""
_MOST = {"phone_numbers": 3, "street_addresses": 3, "custom_fields": 25}
_IN_WORDS = {"phone_numbers": "phone numbers", "street_addresses": "addresses", "custom_fields": "custom fields"}
_NO_DEFINITIONS: Mapping[str, CustomFieldDefinition] = MappingProxyType({})

_Entry = dict[str, Any]


def put_body(
    raw: Mapping[str, Any],
    changes: Mapping[str, str],
    *,
    email: str,
    definitions: Mapping[str, CustomFieldDefinition] = _NO_DEFINITIONS,
) -> dict[str, Any]:
    """Return the body that makes ``changes``, by path, to a contact just read with all its subresources.

    An empty value clears. ``definitions``, by custom field id, say which fields hold choices: they are written by id.
    RecordRefused, with status 0 as nothing was sent, when the contact has no room for one more phone number, address or
    custom field, and when a choice does not exist; ValueError for a path that is not written.
    """
    body: dict[str, Any] = {"email_address": {"address": email}, "update_source": "Account"}
    body |= {name: raw_text(raw, name) for name in CORE_TEXTS}
    if anniversary := raw_text(raw, "anniversary"):
        body["anniversary"] = anniversary
    if all(raw.get(name) for name in _BIRTHDAY):
        body |= {name: raw[name] for name in _BIRTHDAY}
    for path, value in changes.items():
        definition = definitions.get(path.removeprefix(CUSTOM_PREFIX))
        if definition is not None and definition.is_select:
            _choose(_entries(body, raw, "custom_fields"), definition, value, email)
        else:
            _change(body, raw, path, value)
    for name, most in _MOST.items():
        if len(body.get(name, ())) > most:
            raise RecordRefused(
                f"{email} would have {len(body[name])} {_IN_WORDS[name]} in Constant Contact, {most} fit",
                status=0,
                key=name,
                hint="take some of them out in Constant Contact, then: ccsync run --once",
            )
    return body


def month_and_day(birthday: str) -> tuple[int, int]:
    """Return the numbers of ``MM-DD``."""
    month, day = birthday.split("-")
    return int(month), int(day)


def _change(body: dict[str, Any], raw: Mapping[str, Any], path: str, value: str) -> None:
    entries = partial(_entries, body, raw)
    match path.split(".", 2):
        case [name] if name in CORE_TEXTS:
            body[name] = value
        case ["anniversary"]:
            body.pop("anniversary", None)
            body |= {"anniversary": value} if value else {}
        case ["birthday"]:
            for name in _BIRTHDAY:
                body.pop(name, None)
            body |= dict(zip(_BIRTHDAY, month_and_day(value), strict=True)) if value else {}
        case ["phone", kind] if kind in PHONE_KINDS:
            _set(entries("phone_numbers"), _of_kind(kind), {"kind": kind}, "phone_number", value)
        case ["address", kind, part] if kind in ADDRESS_KINDS and part in ADDRESS_PARTS:
            _set(entries("street_addresses"), _of_kind(kind), {"kind": kind}, part, value)
        case ["custom", field_id]:
            new = {"custom_field_id": field_id}
            _set(entries("custom_fields"), lambda one: one.get("custom_field_id") == field_id, new, "value", value)
        case _:
            raise ValueError(f"{path} is not written by a PUT")


def _entries(body: dict[str, Any], raw: Mapping[str, Any], name: str) -> list[_Entry]:
    if name not in body:
        body[name] = [_kept(one, _TAKEN_BACK[name]) for one in raw_objects(raw, name)]
    kept: list[_Entry] = body[name]
    return kept


def _choose(entries: list[_Entry], definition: CustomFieldDefinition, value: str, email: str) -> None:
    """Set the choices of a select; without any its entry goes."""
    ids = definition.choice_ids(value) if value else []
    if ids is None:
        raise RecordRefused(
            f'{email}: "{value}" is not among the choices of "{definition.label}" in Constant Contact any more',
            status=0,
            key="custom_fields",
            hint="ccsync map check",
        )
    entries[:] = [one for one in entries if one.get("custom_field_id") != definition.id]
    if ids:
        entries.append({"custom_field_id": definition.id, "choice_ids": ids})


def _kept(entry: Mapping[str, Any], taken: tuple[str, ...]) -> _Entry:
    return {name: entry[name] for name in taken if entry.get(name)}


def _of_kind(kind: str) -> Callable[[_Entry], bool]:
    return lambda entry: kind_of(entry) == kind


def _set(entries: list[_Entry], wanted: Callable[[_Entry], bool], new: _Entry, member: str, value: str) -> None:
    """Set one member of the first entry that is wanted, of a new one when there is none; drop an entry left empty."""
    found = next((one for one in entries if wanted(one)), None)
    if found is None:
        found = new
        entries.append(found)
    found[member] = value
    if member == "value":
        found.pop("choice_ids", None)
    contents = ("phone_number", "value", *ADDRESS_PARTS)
    if not any(found.get(name) for name in contents):
        entries[:] = [one for one in entries if one is not found]
