"""Records as the API writes them, under each reading of its documentation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ccsync.sandbox.membrain import assumed
from ccsync.sandbox.membrain.kinds import CUSTOM_FIELD_GROUP, Kind, PropertyType
from ccsync.sandbox.membrain.shape import CUSTOM_FIELD_PREFIX, PROPERTIES
from ccsync.sandbox.membrain.times import TimeStyle

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ccsync.sandbox.membrain.store import CustomField, Option, Row
    from ccsync.sandbox.membrain.switches import MembrainSwitches

_NAME_PARTS = ("FirstName", "LastName")


class Renderer:
    """Writes records, pages and custom-field definitions as the switches say."""

    def __init__(self, switches: MembrainSwitches, fields: Sequence[CustomField], people: Mapping[str, str]) -> None:
        """Take the names of those who may stand in the audit block as ``people``, by id."""
        self._switches = switches
        self._times = TimeStyle(switches)
        self._people = people
        self._fields = fields
        self._custom = {kind: [custom for custom in fields if custom.kind is kind] for kind in Kind}
        self._renamed = dict(pair.split("=", 1) for pair in switches.renamed_properties)

    def record(self, row: Row) -> dict[str, Any]:
        """Write one record in full."""
        shown = {"Id": row.id} | self._own(row) | self._custom_values(row) | self._audit(row)
        if self._switches.deleted_marker:
            shown |= self._markers(row)
        renamed = self._renamed
        if renamed:
            shown = {renamed.get(f"{row.kind}.{name}", name): value for name, value in shown.items()}
        return shown

    def page(self, rows: Sequence[Row], count: int, start: int) -> dict[str, Any]:
        """Write a page: the counters, then the rows; ``to`` is where the next page begins."""
        counters = {"count": count, "from": start, "to": start + len(rows)}
        shown: dict[str, Any] = {name: self._plain(number) for name, number in counters.items()}
        return shown | {"items": [self.record(row) for row in rows]}

    def custom_fields(self) -> dict[str, list[dict[str, Any]]]:
        """Write the definitions of all custom fields, one array for each kind of record."""
        return {
            group: [self._definition(custom) for custom in self._custom[kind]]
            for kind, group in CUSTOM_FIELD_GROUP.items()
        }

    def _definition(self, custom: CustomField) -> dict[str, Any]:
        shown: dict[str, Any] = {"Id": custom.id, "Name": custom.name, "Type": custom.type}
        if custom.options:
            shown["Options"] = [{"Id": option.id, "Name": option.name} for option in custom.options]
        return shown

    def _own(self, row: Row) -> dict[str, Any]:
        known = PROPERTIES.get(row.kind)
        if known is None:
            return {name: self._plain(value) for name, value in row.values.items()}
        shown = {
            name: self._typed(row.values.get(name), kind) for name, kind in known.items() if name not in _NAME_PARTS
        }
        if row.kind is Kind.CONTACTS and self._switches.split_names:
            first, _, last = row.values.get("Name", "").partition(" ")
            shown |= dict(zip(_NAME_PARTS, (first, last), strict=True))
        return shown

    def _custom_values(self, row: Row) -> dict[str, Any]:
        shown: dict[str, Any] = {}
        for custom in self._custom[row.kind]:
            guid = custom.id.upper() if self._switches.upper_case_guids else custom.id
            value = row.values.get(CUSTOM_FIELD_PREFIX + custom.id)
            shown[CUSTOM_FIELD_PREFIX + guid] = self._custom_value(custom, value)
        return shown

    def _custom_value(self, custom: CustomField, value: Any) -> Any:
        if custom.type == "Date":
            return self._typed(value, PropertyType.DATE)
        if not custom.options or not value:
            return self._plain(value)
        options = {option.id: option for option in custom.options}
        if isinstance(value, str):
            return self._option(options[value])
        if self._switches.multi_select == "list":
            return [self._option(options[option_id]) for option_id in value]
        by_id = self._switches.option_encoding == "id"
        chosen = (option_id if by_id else options[option_id].name for option_id in value)
        return self._switches.multi_select_separator.join(chosen)

    def _option(self, option: Option) -> Any:
        match self._switches.option_encoding:
            case "id":
                return option.id
            case "object":
                return {"Id": option.id, "Name": option.name}
            case _:
                return option.name

    def _audit(self, row: Row) -> dict[str, Any]:
        return {
            "CreatedById": row.created_by,
            "CreatedByName": self._people.get(row.created_by, ""),
            "CreatedDate": self._times.moment(row.created),
            "ChangedById": row.changed_by,
            "ChangedByName": self._people.get(row.changed_by, ""),
            "ChangedDate": self._times.moment(row.changed),
        }

    def _markers(self, row: Row) -> dict[str, Any]:
        shown = {
            assumed.DELETED: self._plain(bool(row.deleted)),
            assumed.DELETED_DATE: self._times.moment(row.deleted),
        }
        if row.kind is Kind.CONTACTS:
            shown[assumed.RETIRED] = self._plain(row.retired)
        return shown

    def _typed(self, value: Any, kind: PropertyType) -> Any:
        return self._times.day(value or "") if kind is PropertyType.DATE else self._plain(value)

    def _plain(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._plain(item) for item in value]
        if isinstance(value, dict):
            return {name: self._plain(item) for name, item in value.items()}
        if self._switches.native_types:
            return None if value == "" else value
        return "" if value is None else str(value)
