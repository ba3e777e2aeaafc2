"""What one row of a JSON import says. Pure: no contact is looked up here.

A row is flat; custom fields are keys ``cf:<name>``. Whether a rejected row is correctable follows the service's own
words: bad address, bad birthday or anniversary, or no minimal data.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ccsync.sandbox.constant_contact.contact_rules import normal_address
from ccsync.sandbox.constant_contact.fields import MAX_VALUE, SELECTS, complaint, is_date
from ccsync.sandbox.validation import EMAIL

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ccsync.sandbox.constant_contact.switches import Switches

TEXTS = {"first_name": 50, "last_name": 50, "job_title": 50, "company_name": 50}
PHONES = {
    "phone": "other", "home_phone": "home", "work_phone": "work", "mobile_phone": "mobile", "other_phone": "other",
}  # fmt: skip
STREETS = {"": "home", "home_": "home", "work_": "work", "other_": "other"}
PARTS = {"street": ("street", 255), "city": ("city", 50), "state": ("state", 50), "zip": ("postal_code", 50)}
PARTS |= {"country": ("country", 50)}
MISSPELT = {"home_country": "home country"}
"""The official schema writes the property with a blank."""
LONGEST_ADDRESS, LONG_ADDRESS = 80, 50
LONGEST_PHONE, MOST_PHONES = 25, 3
BIRTHDAY = ("birthday_month", "birthday_day")
NORTH_AMERICAN_DIGITS = 10


class RowProblem(Exception):  # noqa: N818 - an outcome of a row, not a fault
    """A row that is not imported."""

    def __init__(self, message: str, *, correctable: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.correctable = correctable


@dataclass(slots=True)
class Row:
    """What a row wants: new values by name; None takes a value away."""

    address: str
    core: dict[str, Any] = field(default_factory=dict)
    phones: dict[str, str | None] = field(default_factory=dict)
    streets: dict[str, dict[str, str | None]] = field(default_factory=dict)
    fields: dict[str, dict[str, Any] | None] = field(default_factory=dict)


def rows_within(raw: bytes, limit: int) -> int:
    """Return how many rows of ``import_data`` end within the first ``limit`` bytes of the body."""
    text = raw[:limit].decode("utf-8", "ignore")
    decoder = json.JSONDecoder()
    start = re.search(r'"import_data"\s*:\s*\[', text)
    if start is None:
        return 0
    count, at = 0, start.end()
    while True:
        at += len(text[at : at + 64]) - len(text[at : at + 64].lstrip(" \t\r\n,"))
        try:
            _, at = decoder.raw_decode(text, at)
        except json.JSONDecodeError:
            return count
        count += 1


def read_row(raw: Mapping[str, Any], fields: Mapping[str, dict[str, Any]], switches: Switches) -> Row:
    """Return what the row wants, ``fields`` being the custom fields by name. Raises RowProblem."""
    row = Row(_address(raw, switches))
    for name, longest in TEXTS.items():
        if name in raw:
            _set(row.core, name, _text(raw[name], name, longest, switches), switches)
    _read_dates(raw, row, switches)
    _read_phones(raw, row, switches)
    _read_streets(raw, row, switches)
    for key, value in raw.items():
        if key.startswith("cf:"):
            _read_field(key[3:], value, row, fields, switches)
    return row


def _address(raw: Mapping[str, Any], switches: Switches) -> str:
    address = normal_address(raw.get("email", ""))
    if not address:
        raise RowProblem("Missing email address", correctable=True)
    if not EMAIL.fullmatch(address) or len(address) > LONGEST_ADDRESS:
        raise RowProblem("Invalid email address", correctable=True)
    if len(address) > LONG_ADDRESS and switches.long_email_in_import == "row_error":
        raise RowProblem(f"email is longer than {LONG_ADDRESS} characters")
    return address


def _text(value: str, name: str, longest: int, switches: Switches) -> str:
    text = value.strip()
    if len(text) <= longest:
        return text
    if switches.long_text_in_import == "row_error":
        raise RowProblem(f"{name} is longer than {longest} characters")
    return text[:longest]


def _set(target: dict[str, Any], name: str, value: Any, switches: Switches) -> None:
    if value != "":
        target[name] = value
    elif switches.empty_in_import == "clears":
        target[name] = None


def _read_dates(raw: Mapping[str, Any], row: Row, switches: Switches) -> None:
    month, day = (raw.get(name) for name in BIRTHDAY)
    if month is not None or day is not None:
        if month is None or day is None or not (1 <= month <= 12 and 1 <= day <= 31):  # noqa: PLR2004 - a calendar
            raise RowProblem("Invalid birthday", correctable=True)
        row.core |= {"birthday_month": month, "birthday_day": day}
    if "anniversary" in raw:
        if raw["anniversary"] and not is_date(raw["anniversary"]):
            raise RowProblem("Invalid anniversary", correctable=True)
        _set(row.core, "anniversary", raw["anniversary"].strip(), switches)


def _read_phones(raw: Mapping[str, Any], row: Row, switches: Switches) -> None:
    for key, kind in PHONES.items():
        if key not in raw:
            continue
        number = _text(raw[key], key, LONGEST_PHONE, switches)
        if number and is_foreign(number) and switches.foreign_phone_in_import != "accepted":
            if switches.foreign_phone_in_import == "row_error":
                raise RowProblem(f"{key} is not a supported phone number")
            continue
        _set(row.phones, kind, number, switches)
    if sum(number is not None for number in row.phones.values()) > MOST_PHONES:
        raise RowProblem(f"More than {MOST_PHONES} phone numbers")


def is_foreign(number: str) -> bool:
    """Tell whether a phone number is from outside the North American plan."""
    digits = re.sub(r"\D", "", number)
    if number.startswith("+") or digits.startswith("00"):
        return digits.removeprefix("00")[:1] != "1"
    return len(digits.removeprefix("1")) != NORTH_AMERICAN_DIGITS


def _read_streets(raw: Mapping[str, Any], row: Row, switches: Switches) -> None:
    for prefix, kind in STREETS.items():
        parts: dict[str, str | None] = {}
        for key, (part, longest) in PARTS.items():
            name = MISSPELT.get(prefix + key, prefix + key)
            if name not in raw:
                continue
            text = raw[name].strip()
            if key == "street" and raw.get(f"{prefix}street2", "").strip():
                text = f"{text} {raw[f'{prefix}street2'].strip()}".strip()
            _set(parts, part, _text(text, name, longest, switches), switches)
        if parts:
            row.streets[kind] = {**row.streets.get(kind, {}), **parts}


def _read_field(name: str, value: str, row: Row, fields: Mapping[str, dict[str, Any]], switches: Switches) -> None:
    known = fields.get(name)
    if known is None:
        if switches.unknown_field_in_import == "row_error":
            raise RowProblem(f"Unknown custom field {name}")
        return
    field_id = known["custom_field_id"]
    if not value.strip():
        if switches.empty_in_import == "clears":
            row.fields[field_id] = None
        return
    if known["type"] in SELECTS:
        choices = _choices(known, value, switches)
        wrong, entry = complaint(known, "", choices), {"custom_field_id": field_id, "choice_ids": choices}
    else:
        text = _text(value, f"cf:{name}", MAX_VALUE, switches)
        wrong, entry = complaint(known, text, []), {"custom_field_id": field_id, "value": text}
    if wrong:
        raise RowProblem(wrong)
    row.fields[field_id] = entry


def _choices(known: dict[str, Any], value: str, switches: Switches) -> list[str]:
    wanted = [part.strip() for part in value.split(";")]
    if switches.select_in_import == "id":
        return wanted
    ids = {choice["choice_label"]: str(choice["choice_id"]) for choice in known.get("choices", ())}
    return [ids.get(label, label) for label in wanted]
