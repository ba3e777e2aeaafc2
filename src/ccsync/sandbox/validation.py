"""The project's own schemas of both services, and what a value has wrong with them.

Each folder below ``schemas`` is one service; each file is one definition, named as the service's own documents name it.
A schema may refer to another file of its folder; references are put in when the folder is read, so that checking a page
of 500 contacts stays quick.
"""

from __future__ import annotations

import json
import re
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.validators import extend

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from jsonschema.exceptions import ValidationError

EMAIL = re.compile(r"[^\s@,;<>\"]+@[^\s@,;<>\"]+\.[^\s@,;<>\".]+")
FORMATS = {
    "date-time": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)", re.ASCII),
    "date": re.compile(r"\d{4}-\d\d-\d\d", re.ASCII),
    "uuid": re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", re.ASCII),
    "email": EMAIL,
}
MOST_COMPLAINTS = 10
PLAIN_KEYWORDS = frozenset({"type", "format", "maxLength", "minLength", "enum"})


def _in_format(name: str, value: str) -> bool:
    return FORMATS[name].fullmatch(value.strip() if name == "email" else value) is not None


def _checker() -> FormatChecker:
    formats = FormatChecker(formats=())
    for name in FORMATS:
        formats.checks(name)(lambda value, name=name: not isinstance(value, str) or _in_format(name, value))
    return formats


def _plainly_right(schema: Any, value: Any) -> bool:
    """Tell whether a text is right by a schema that asks nothing but simple things of a text.

    Most of a page of contacts is such texts; asking jsonschema only about the rest makes checking it several times
    as quick. False says nothing.
    """
    if type(value) is not str or schema.get("type") != "string" or not schema.keys() <= PLAIN_KEYWORDS:
        return False
    if not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value)):
        return False
    if "enum" in schema and value not in schema["enum"]:
        return False
    return "format" not in schema or _in_format(schema["format"], value)


def _properties(validator: Any, properties: dict[str, Any], instance: Any, _: Any) -> Iterator[ValidationError]:
    if not isinstance(instance, dict):
        return
    for name, value in instance.items():
        schema = properties.get(name)
        if schema is not None and not _plainly_right(schema, value):
            yield from validator.descend(value, schema, path=name, schema_path=name)


def _items(validator: Any, schema: Any, instance: Any, _: Any) -> Iterator[ValidationError]:
    if not isinstance(instance, list):
        return
    for place, value in enumerate(instance):
        if not _plainly_right(schema, value):
            yield from validator.descend(value, schema, path=place)


_Validator: Any = extend(  # type: ignore[no-untyped-call] # the stubs leave extend untyped
    Draft202012Validator, {"properties": _properties, "items": _items}
)


def _with_references(schema: Any, files: Mapping[str, Any]) -> Any:
    if isinstance(schema, dict):
        if "$ref" in schema:
            return _with_references(files[schema["$ref"]], files)
        return {key: _with_references(value, files) for key, value in schema.items()}
    if isinstance(schema, list):
        return [_with_references(item, files) for item in schema]
    return schema


def read_schemas(service: str) -> dict[str, Any]:
    """Return the schemas of one service by file name without ending, references put in."""
    folder = resources.files("ccsync.sandbox") / "schemas" / service
    files = {
        entry.name: json.loads(entry.read_text(encoding="utf-8"))
        for entry in folder.iterdir()
        if entry.name.endswith(".json")
    }
    return {name.removesuffix(".json"): _with_references(schema, files) for name, schema in files.items()}


class Schemas:
    """The schemas of one service (``constant_contact`` or ``membrain``), ready to check values."""

    def __init__(self, service: str) -> None:
        formats = _checker()
        self._validators = {
            name: _Validator(schema, format_checker=formats) for name, schema in read_schemas(service).items()
        }

    def complaints(self, name: str, value: Any) -> list[str]:
        """Return what is wrong with the value, at most ten of them; nothing when it is right.

        Raises KeyError when the service has no schema of that name.
        """
        found: list[str] = []
        for error in self._validators[name].iter_errors(value):
            found.extend(_complaints(error))
            if len(found) >= MOST_COMPLAINTS:
                break
        return found[:MOST_COMPLAINTS]


def _complaints(error: ValidationError) -> Iterator[str]:
    where = ".".join(str(part) for part in error.absolute_path)
    if error.validator == "required":
        yield from (f"{_join(where, name)} is missing" for name in _missing(error))
    elif error.validator == "additionalProperties":
        yield from (f"{_join(where, name)} is not a known property" for name in _unknown(error))
    elif error.validator == "maxLength":
        yield f"{where} is longer than {error.validator_value} characters"
    else:
        yield f"{where or 'body'} does not have a valid value"


def _join(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name


def _missing(error: ValidationError) -> list[str]:
    # jsonschema reports each missing property as an error of its own and names it first in the message.
    return re.findall(r"^'([^']*)' is a required", error.message)


def _unknown(error: ValidationError) -> list[str]:
    schema: Any = error.schema
    instance: Any = error.instance
    known = set(schema.get("properties", ()))
    patterns = [re.compile(pattern) for pattern in schema.get("patternProperties", ())]
    return sorted(name for name in instance if name not in known and not any(p.search(name) for p in patterns))


@cache
def schemas_of(service: str) -> Schemas:
    """Return the schemas of one service, read once in a process."""
    return Schemas(service)
