"""Our schemas and operations against the service's own description, when that is at hand.

It is not ours to pass on, so it is looked for beside the repository or where CCSYNC_OFFICIAL_SCHEMAS says.
Ours are smaller: what they name must be there, of the same type and the same limits.
"""

from __future__ import annotations

import os
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from ccsync.sandbox.constant_contact.import_rows import LONG_ADDRESS, PARTS, PHONES, STREETS, TEXTS
from ccsync.sandbox.constant_contact.routes import OPERATIONS, Operation
from ccsync.sandbox.validation import read_schemas

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

HERE = Path(__file__).resolve()
REPOSITORY = next(folder for folder in HERE.parents if (folder / "pyproject.toml").exists())
BESIDE = REPOSITORY.parent / "shared" / "reference" / "constant-contact-openapi.yml"
OURS = read_schemas("constant_contact")
COMPARED = sorted(name for name, schema in OURS.items() if "x-official" in schema)

ASKED = frozenset(operation.asks for operation in OPERATIONS)

QUIRKS: Mapping[str, str] = {
    "ListActivityRemoveContacts.list_ids maxItems": "says 0, which no request could meet; the text says 50",
    "ListActivityRemoveContacts.source.list_ids maxItems": "says 0; the schema of adding says 50",
    "ListActivityRemoveContacts.source.contact_ids maxItems": "says 0; the text says 500",
    "ContactsJsonImport.import_data[[]].* maxLength": "rows are judged one by one; the row's limits are compared below",
    "*.type enum": "the nine types stand in the guide to custom fields only",
    "*.display_type enum": "the three ways to show choices stand in the texts of other properties",
    "ContactPostRequest required": "create_source is not marked; real answers say that it is missing",
    "ContactCreateOrUpdateInput required": "the sandbox has no sign-up by SMS, so it asks for the address",
    "CustomFieldRequest required": "label and type are not marked; without them there is no field",
}
"""Where ours differ on purpose, by pattern, and why."""

Difference = tuple[str, str]


@cache
def official() -> Any:
    """Return the official description; skip the test when it is not at hand."""
    path = Path(os.environ.get("CCSYNC_OFFICIAL_SCHEMAS", BESIDE))
    if not path.is_file():
        pytest.skip(f"the official description is not at {path}; CCSYNC_OFFICIAL_SCHEMAS can name it")
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)


def resolved(schema: Any) -> Any:
    while "$ref" in schema:
        schema = official()["definitions"][schema["$ref"].rpartition("/")[2]]
    return schema


def differences(where: str, ours: Any, theirs: Any) -> Iterator[Difference]:
    theirs = resolved(theirs)
    if ours.get("type") != theirs.get("type"):
        yield f"{where} type", f"ours {ours.get('type')}, theirs {theirs.get('type')}"
        return
    for limit in ("maxLength", "maxItems"):
        # A limit that only they have is theirs to enforce on what we send, so ours must name it too.
        if ours.get(limit) != theirs.get(limit):
            yield f"{where} {limit}", f"ours {ours.get(limit)}, theirs {theirs.get(limit)}"
    needed, theirs_needed = set(ours.get("required", ())), set(theirs.get("required", ()))
    stricter = needed - theirs_needed if where.partition(".")[0] in ASKED else set()
    if stricter or theirs_needed - needed:
        yield f"{where} required", f"ours {ours.get('required')}, theirs {theirs.get('required')}"
    yield from enum_differences(where, ours, theirs)
    for name, schema in ours.get("properties", {}).items():
        if name not in theirs.get("properties", {}):
            yield f"{where}.{name}", "they have no such property"
        else:
            yield from differences(f"{where}.{name}", schema, theirs["properties"][name])
    if "items" in ours:
        yield from differences(f"{where}[]", ours["items"], theirs["items"])


def enum_differences(where: str, ours: Any, theirs: Any) -> Iterator[Difference]:
    """Compare the words of an enum; where they have none, each word of ours must stand in their text."""
    if "enum" not in ours:
        return
    if "enum" in theirs:
        if set(ours["enum"]) != set(theirs["enum"]):
            yield f"{where} enum", f"ours {ours['enum']}, theirs {theirs['enum']}"
        return
    text = f"{theirs.get('description', '')} {theirs.get('example', '')}"
    unknown = [word for word in ours["enum"] if str(word) not in text]
    if unknown:
        yield f"{where} enum", f"their text does not name {unknown}"


def found_in(name: str) -> dict[str, str]:
    return dict(differences(name, OURS[name], official()["definitions"][OURS[name]["x-official"]]))


@pytest.mark.parametrize("name", COMPARED)
def test_names_types_limits_and_words_agree_with_the_official_definition(name: str) -> None:
    found = found_in(name)
    assert {
        where: what for where, what in found.items() if not any(fnmatchcase(where, quirk) for quirk in QUIRKS)
    } == {}


@pytest.mark.parametrize("quirk", QUIRKS)
def test_every_listed_quirk_is_still_one(quirk: str) -> None:
    assert any(fnmatchcase(where, quirk) for name in COMPARED for where in found_in(name))


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: f"{operation.method} {operation.path}")
def test_each_operation_is_an_official_one_with_its_parameters_privilege_and_scope(operation: Operation) -> None:
    described = official()["paths"][operation.path.replace("<", "{").replace(">", "}")]
    theirs = described[operation.method.lower()]
    query = {each["name"] for each in theirs.get("parameters", []) if each["in"] == "query"}
    assert operation.parameters <= query | {"cursor"}  # the cursor is only named in their examples
    assert theirs.get("x-authorization-privileges", []) == ([operation.privilege] if operation.privilege else [])
    scopes = {scope for each in theirs.get("security", []) for names in each.values() for scope in names}
    assert scopes == ({operation.scope} if operation.scope else set())
    for schema, given in ((operation.asks, _body(theirs)), (operation.answers, _answer(theirs))):
        assert (OURS[schema]["x-official"] if schema else None) == (given and given["$ref"].rpartition("/")[2])


def _body(operation: Any) -> Any:
    return next((each["schema"] for each in operation.get("parameters", []) if each["in"] == "body"), None)


def _answer(operation: Any) -> Any:
    good = next(answer for status, answer in operation["responses"].items() if status.startswith("2"))
    return good.get("schema")


def test_the_limits_of_an_import_row_are_the_official_ones() -> None:
    theirs = official()["definitions"]["JsonImportContact"]["properties"]
    ours = {"email": LONG_ADDRESS, **TEXTS}
    for prefix in STREETS:
        ours |= {prefix + key: longest for key, (_, longest) in PARTS.items()}
    ours["home country"] = ours.pop("home_country")  # their property is written with a blank
    assert {name: theirs[name]["maxLength"] for name in ours} == ours
    assert set(PHONES) <= set(theirs)
