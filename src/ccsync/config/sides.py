"""What may stand on the two sides of a field: the grammar of the left, the catalogue of the right.

Whether a Membrain property or a custom field exists is not known here: only the service can say so.
"""

from __future__ import annotations

import re
from difflib import get_close_matches

from ccsync.config.values import wrong
from ccsync.sync.fields import CUSTOM_PREFIX, TARGET_PATHS, target_field

CATALOGUE = TARGET_PATHS
READ_ONLY = tuple(path for path in TARGET_PATHS if (field := target_field(path)) and not field.writable)
NAME_PARTS = ("first_name", "last_name")
FULL_NAME = "full_name"
CUSTOM = CUSTOM_PREFIX
LONGEST_LABEL = 50  # Constant Contact: custom field `label`

_LEFT = re.compile(
    r"(?P<record>contact|company|project)\.(?:custom\.(?P<custom>.*)|(?P<name>[A-Za-z_][A-Za-z0-9_-]*))",
    re.DOTALL,
)
_LEFT_EXAMPLE = '"contact.Name", "company.City", "project.OwnerName" or "contact.custom.Language"'
_A_SLIP, _A_GUESS = 0.88, 0.6  # how alike two names must be: a letter or two wrong, or half a word
_E_MAIL = {"email", "emailaddress"}


def check_left(value: str) -> str:
    """Accept ``contact.X``, ``company.X``, ``project.X``; a display name follows ``.custom.`` letter for letter."""
    found = _LEFT.fullmatch(value)
    if found is None or found["name"] == "custom":
        raise wrong("is not a Membrain field", _left_hint(value))
    if found["custom"] is not None and not found["custom"].strip():
        raise wrong("names no custom field", 'its display name follows, for example "contact.custom.Language"')
    return value


def check_right(value: str) -> str:
    """Accept a name of the catalogue, or ``custom.`` and a label of 1 to 50 characters."""
    if value.startswith(CUSTOM):
        return _check_label(value)
    if value in CATALOGUE:
        return value
    if re.sub(r"[^a-z]", "", value.lower()) in _E_MAIL:
        raise wrong("needs no field: the e-mail address always travels", "take this [[sync.field]] out")
    raise wrong("is not a Constant Contact field", _right_hint(value))


def record_of(left: str) -> str:
    """Return ``contact``, ``company`` or ``project``."""
    return left.partition(".")[0]


def same_field(right: str) -> str:
    """Return a key under which two spellings of one Constant Contact field are equal."""
    return right.casefold() if right.startswith(CUSTOM) else right


def parts_of(right: str) -> tuple[str, ...]:
    """Return the fields that are written: ``full_name`` is the first and the last name."""
    return NAME_PARTS if right == FULL_NAME else (same_field(right),)


def _check_label(value: str) -> str:
    label = value.removeprefix(CUSTOM)
    if not label or label != label.strip():
        raise wrong("needs a label without blanks around it", 'for example "custom.Owner"')
    if len(label) > LONGEST_LABEL:
        raise wrong(
            f"has a label of {len(label)} characters; Constant Contact takes {LONGEST_LABEL}",
            "choose a shorter label",
        )
    if not label.isprintable():
        raise wrong("has a character in its label that cannot be printed", 'for example "custom.Owner"')
    return value


def _left_hint(value: str) -> str:
    record, dot, rest = value.partition(".")
    near = get_close_matches(record.lower(), ("contact", "company", "project"), n=1)
    if near and dot and _LEFT.fullmatch(f"{near[0]}.{rest}") and rest != "custom":
        return f'did you mean "{near[0]}.{rest}"?'
    if value in CATALOGUE or value.startswith(CUSTOM):
        return "this is a Constant Contact field; it belongs to the key constant_contact"
    return f"for example {_LEFT_EXAMPLE}"


def _right_hint(value: str) -> str:
    if _LEFT.fullmatch(value):
        return "this is a Membrain field; it belongs to the key membrain"
    asked = value.lower().replace(" ", "_").replace("-", "_")
    family = [name for name in CATALOGUE if name.startswith(asked.rpartition(".")[0] or f"{asked}.") and "." in name]
    near = get_close_matches(asked, CATALOGUE, n=1, cutoff=_A_SLIP if family else _A_GUESS)
    if near:
        return f'did you mean "{near[0]}"?'
    if family:
        return "one of " + ", ".join(family)
    return f'a custom field is written "custom.{value[:LONGEST_LABEL]}"' if value else 'for example "full_name"'
