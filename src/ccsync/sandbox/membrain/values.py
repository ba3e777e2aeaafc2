"""What a client sends for a record, turned into stored values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ccsync.sandbox.membrain import assumed
from ccsync.sandbox.membrain.kinds import Kind, PropertyType
from ccsync.sandbox.membrain.shape import CUSTOM_FIELD_PREFIX, PROPERTIES
from ccsync.sandbox.membrain.times import read_day

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ccsync.sandbox.membrain.store import CustomField
    from ccsync.sandbox.membrain.switches import MembrainSwitches


class Refused(Exception):  # noqa: N818 - an answer of the service, not a fault of the program
    """The service does not take a request; the text is its reason."""


@dataclass(frozen=True, slots=True)
class Change:
    """Stored values to set and properties to clear, by their proper names."""

    set: dict[str, Any]
    clear: frozenset[str] = frozenset()


class ValueReader:
    """Reads the properties of a POST or PUT as the switches say; what it does not know it passes over."""

    def __init__(self, switches: MembrainSwitches, fields: Sequence[CustomField]) -> None:
        self._switches = switches
        self._in_a_form = switches.body_format == "form"
        self._passed_over = {"id": "CompanyName", "name": "CompanyId"}.get(switches.company_link, "")
        self._custom = {(custom.kind, (CUSTOM_FIELD_PREFIX + custom.id).casefold()): custom for custom in fields}
        self._proper = {
            kind: {name.casefold(): (name, type_) for name, type_ in known.items()}
            for kind, known in PROPERTIES.items()
        }
        self._renamed = {
            (path.split(".", 1)[0], other.casefold()): path.split(".", 1)[1]
            for path, other in (pair.split("=", 1) for pair in switches.renamed_properties)
        }

    def read(self, kind: Kind, sent: Mapping[str, Any]) -> Change:
        """Return what to set and what to clear. Raises Refused for a value that a property does not take."""
        known = PROPERTIES[kind]
        values: dict[str, Any] = {}
        clear: set[str] = set()
        for sent_name, value in sent.items():
            name = self._renamed.get((kind, sent_name.casefold()), sent_name)
            custom = self._custom.get((kind, name.casefold()))
            if custom is not None:
                if self._may_write(custom):
                    _keep(CUSTOM_FIELD_PREFIX + custom.id, self._custom_value(custom, value), values, clear)
                continue
            proper, type_ = self._proper[kind].get(name.casefold(), ("", PropertyType.TEXT))
            if proper in known and proper != self._passed_over:
                _keep(proper, _typed(proper, type_, value), values, clear)
        return Change(values, frozenset(clear))

    def _may_write(self, custom: CustomField) -> bool:
        if custom.name not in self._switches.restricted_fields:
            return True
        if self._switches.restricted_write == "refused":
            raise Refused(f"No permission to edit {custom.name}")
        return self._switches.restricted_write == "accepted"

    def _custom_value(self, custom: CustomField, value: Any) -> Any:
        if not custom.options:
            types = {"Date": PropertyType.DATE, assumed.NUMBER: PropertyType.NUMBER}
            return _typed(custom.name, types.get(custom.type, PropertyType.TEXT), value)
        if value in ("", None, []):
            return ""
        encoding = self._switches.option_encoding
        single = "id" if encoding == "object" and self._in_a_form else encoding
        if custom.type != assumed.MULTI_SELECT:
            return _option(custom, value, single)
        if self._switches.multi_select == "list":
            words = [value] if self._in_a_form and isinstance(value, str) else value
            if not isinstance(words, list):
                raise Refused(f"{value!r} is not a value of {custom.name}")
            return [_option(custom, word, single) for word in words]
        if not isinstance(value, str):
            raise Refused(f"{value!r} is not a value of {custom.name}")
        joined = "name" if encoding == "object" else encoding
        return [_option(custom, word, joined) for word in value.split(self._switches.multi_select_separator)]


def _option(custom: CustomField, word: Any, encoding: str) -> str:
    """Return the id of an option given by ``id``, by ``name`` or as an ``object`` with its id."""
    is_object = isinstance(word, dict)
    wanted = word.get("Id") if is_object else word
    for option in custom.options:
        if is_object is (encoding == "object") and wanted == (option.name if encoding == "name" else option.id):
            return option.id
    raise Refused(f"{word!r} is not an option of {custom.name}")


def _keep(name: str, value: Any, values: dict[str, Any], clear: set[str]) -> None:
    if value in ("", None):
        clear.add(name)
    else:
        values[name] = value


def _typed(name: str, type_: PropertyType, value: Any) -> Any:
    if value is None or value == "":
        return ""
    if isinstance(value, (list, dict)):
        raise Refused(f"{name} takes one value")
    try:
        match type_:
            case PropertyType.DATE:
                return read_day(str(value))
            case PropertyType.NUMBER:
                number = float(value)
                return int(number) if number.is_integer() else number
            case _:
                return str(value)
    except ValueError as error:
        raise Refused(f"{value!r} is not a {type_} ({name})") from error
