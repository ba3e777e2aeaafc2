"""Constant Contact's resources as our records, and our values as what its requests hold.

Shapes: official schemas ``ContactResource`` and ``JsonImportContact``. An import updates what it names, clears nothing
(V2 said so, V3 says nothing else) and takes no international phone number (operation bulkImportContactsJSON).
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from ccsync.constant_contact.custom import CustomFieldDefinition, custom_field, custom_value
from ccsync.constant_contact.put import CORE_TEXTS, month_and_day, put_body
from ccsync.constant_contact.raw import kind_of, raw_array, raw_id, raw_object, raw_objects, raw_text
from ccsync.sync.fields import ADDRESS_KINDS, ADDRESS_PARTS, CUSTOM_PREFIX, PHONE_KINDS
from ccsync.sync.phones import importable_phone
from ccsync.sync.records import Contact, ContactId, ListId

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

__all__ = [
    "ContactList",
    "CustomFieldDefinition",
    "contact",
    "custom_field",
    "import_row",
    "list_of",
    "put_body",
    "why_not_importable",
]

IMPORT_EMAIL_LIMIT = 50
MAX_CUSTOM_FIELDS = 25
MAX_PHONES = 3

_LEAP_YEAR = 2000
_ADDRESS_COLUMNS = {"postal_code": "zip"}


class ContactList(NamedTuple):
    """A list, by its lasting id and its present name."""

    id: ListId
    name: str
    deleted: bool


def contact(raw: Mapping[str, Any], definitions: Mapping[str, CustomFieldDefinition] | None = None) -> Contact:
    """Return a contact; Unreachable when it has no id.

    The first phone number and address of a kind are the ones that count. ``definitions``, by custom field id, say which
    custom fields are no text: the choices of selects are read as labels, dates and numbers in the one form used here.
    """
    contact_id = ContactId(raw_id(raw, "contact_id"))
    email = raw_object(raw, "email_address")
    return Contact(
        contact_id,
        raw_text(email, "address"),
        _values(raw, definitions or {}),
        lists=frozenset(ListId(str(one)) for one in raw_array(raw, "list_memberships")),
        permission=raw_text(email, "permission_to_send"),
        opt_out_date=raw_text(email, "opt_out_date"),
        opt_out_reason=raw_text(email, "opt_out_reason"),
        deleted=bool(raw.get("deleted_at")),
        updated=_moment(raw_text(raw, "updated_at")),
    )


def list_of(raw: Mapping[str, Any]) -> ContactList:
    """Return a contact list; Unreachable when it has no id."""
    return ContactList(ListId(raw_id(raw, "list_id")), raw_text(raw, "name"), bool(raw.get("deleted_at")))


def import_row(email: str, values: Mapping[str, str], field_names: Mapping[str, str]) -> dict[str, Any]:
    """Return the row of an import; empty values are left out, as an import cannot clear.

    ``values`` go by path, custom fields by id; ``field_names`` has the API's name of each custom field id.
    ValueError for a custom field that it does not have.
    """
    row: dict[str, Any] = {"email": email}
    for path, value in values.items():
        if not value:
            continue
        if path == "birthday":
            row["birthday_month"], row["birthday_day"] = month_and_day(value)
        else:
            row[_column(path, field_names)] = value
    return row


def why_not_importable(values: Mapping[str, str], *, email: str = "", selects: Collection[str] = ()) -> str:
    """Return why an import cannot carry these values, in words; empty when it can carry them all.

    With ``email`` the address is judged too: an import takes 50 characters, the other requests 80. ``selects`` are the
    paths of custom fields that hold choices.
    """
    if empty := [path for path, value in values.items() if not value]:
        return f"an import cannot clear {', '.join(empty)}"
    if len(email) > IMPORT_EMAIL_LIMIT:
        return f"an import takes addresses of up to {IMPORT_EMAIL_LIMIT} characters, this one has {len(email)}"
    phones = [path for path in values if path.startswith("phone.")]
    if foreign := [path for path in phones if not importable_phone(values[path])]:
        return f"an import takes no international number: {', '.join(foreign)}"
    if len(phones) > MAX_PHONES:
        return f"an import takes {MAX_PHONES} phone numbers, not {len(phones)}"
    if unsure := [path for path in values if path in selects]:
        return f"nobody says how an import takes choices: {', '.join(unsure)}"
    custom = sum(path.startswith(CUSTOM_PREFIX) for path in values)
    return f"an import takes {MAX_CUSTOM_FIELDS} custom fields, not {custom}" if custom > MAX_CUSTOM_FIELDS else ""


def _values(raw: Mapping[str, Any], definitions: Mapping[str, CustomFieldDefinition]) -> dict[str, str]:
    values = {name: raw_text(raw, name) for name in (*CORE_TEXTS, "anniversary")}
    values["birthday"] = _birthday(raw)
    for phone in reversed(raw_objects(raw, "phone_numbers")):
        values[f"phone.{kind_of(phone)}"] = raw_text(phone, "phone_number")
    for address in reversed(raw_objects(raw, "street_addresses")):
        for part in ADDRESS_PARTS:
            values[f"address.{kind_of(address)}.{part}"] = raw_text(address, part)
    for one in raw_objects(raw, "custom_fields"):
        field_id = raw_text(one, "custom_field_id")
        values[f"{CUSTOM_PREFIX}{field_id}"] = custom_value(one, definitions.get(field_id))
    return {path: value for path, value in values.items() if value}


def _birthday(raw: Mapping[str, Any]) -> str:
    try:
        day = date(_LEAP_YEAR, int(raw["birthday_month"]), int(raw["birthday_day"]))
    except (KeyError, TypeError, ValueError):
        return ""
    return f"{day.month:02}-{day.day:02}"


def _column(path: str, field_names: Mapping[str, str]) -> str:
    """Return what an import calls a path. Home addresses go without prefix: the schema misspells ``home_country``."""
    match path.split("."):
        case ["phone", kind] if kind in PHONE_KINDS:
            return f"{kind}_phone"
        case ["address", kind, part] if kind in ADDRESS_KINDS and part in ADDRESS_PARTS:
            column = _ADDRESS_COLUMNS.get(part, part)
            return column if kind == "home" else f"{kind}_{column}"
        case ["custom", field_id] if field_id in field_names:
            return f"cf:{field_names[field_id]}"
        case [name] if name in (*CORE_TEXTS, "anniversary"):
            return name
    raise ValueError(f"an import has no column for {path}")


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
