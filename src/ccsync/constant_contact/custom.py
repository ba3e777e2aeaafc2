"""Custom fields: what they are, how a contact's value of one is read, and what is written for it.

Official schemas: ``CustomField``, ``CustomFieldMetadata``, ``ContactCustomField``. Selects hold the ids of their
choices, all other types text. How an import takes a select, by label or by id, is not documented: a PUT does it.
"""

from __future__ import annotations

import json
from dataclasses import astuple, dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from ccsync.constant_contact.raw import raw_array, raw_id, raw_object, raw_objects, raw_text
from ccsync.sync.canonical import choice_key, chosen, joined, number, yes_no
from ccsync.sync.custom_kinds import KINDS, typed
from ccsync.sync.days import any_day, day_or_moment
from ccsync.sync.fields import MOST_DECIMALS, FieldKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from ccsync.sync.fields import TargetField

_SELECTS = (FieldKind.SELECT, FieldKind.MULTI_SELECT)


@dataclass(frozen=True, slots=True)
class CustomFieldDefinition:
    """A custom field: ``label`` is what people see and may change, ``name`` what imports call it.

    ``choices`` are those of a select, as (id, label); ``decimals`` and ``negative`` what a number may have.
    """

    id: str
    name: str
    label: str
    type: str
    choices: tuple[tuple[str, str], ...] = ()
    decimals: int = MOST_DECIMALS
    negative: bool = False

    @property
    def kind(self) -> FieldKind:
        """How its values are read and compared."""
        return KINDS.get(self.type, FieldKind.TEXT)

    @property
    def is_select(self) -> bool:
        """Whether its values are choices."""
        return self.kind in _SELECTS

    def typed(self, target: TargetField) -> TargetField:
        """Return a right side that takes what this field takes."""
        labels = (label for _, label in self.choices)
        return typed(target, self.type, labels, decimals=self.decimals, negative=self.negative)

    def choice_ids(self, value: str) -> list[str] | None:
        """Return the ids of the choices that our text names; None when one of them does not exist."""
        ids = {label: id_ for id_, label in reversed(self.choices)}
        if self.kind is FieldKind.SELECT:
            found = next((id_ for id_, label in self.choices if choice_key(label) == choice_key(value)), None)
            return None if found is None else [found]
        labels, unknown = chosen(value, {choice_key(label): label for label in ids})
        return None if unknown else [ids[label] for label in labels]


def custom_field(raw: Mapping[str, Any]) -> CustomFieldDefinition:
    """Return the definition of a custom field; Unreachable when it has no id. Deleted choices are none.

    A number may be negative only where the field says so, which is what the service assumes, too.
    """
    choices = tuple(
        (raw_text(choice, "choice_id"), raw_text(choice, "choice_label"))
        for choice in raw_objects(raw, "choices")
        if not choice.get("deleted_at")
    )
    shape = raw_object(raw, "metadata")
    decimals = shape.get("decimal_places")
    return CustomFieldDefinition(
        raw_id(raw, "custom_field_id"),
        raw_text(raw, "name"),
        raw_text(raw, "label"),
        raw_text(raw, "type"),
        choices,
        0 if shape.get("integer") is True else decimals if isinstance(decimals, int) else MOST_DECIMALS,
        shape.get("allow_negative") is True,
    )


def custom_value(entry: Mapping[str, Any], definition: CustomFieldDefinition | None) -> str:
    """Return a contact's value of a custom field in the form in which values are compared.

    Choices are their labels, as far as the definition knows them. What is not of the field's type stays as it is.
    """
    text = raw_text(entry, "value")
    if definition is None:
        return text
    if definition.is_select:
        labels = dict(definition.choices)
        return joined(labels.get(key, "") for key in _ids(entry)) or text
    return _READ.get(definition.kind, str)(text) or text


_READ: Final[Mapping[FieldKind, Callable[[str], str]]] = MappingProxyType(
    {
        FieldKind.DATE: any_day,
        FieldKind.MOMENT: day_or_moment,
        FieldKind.NUMBER: number,
        FieldKind.YES_NO: yes_no,
    }
)


def has_new_choices(
    row: Mapping[str, Any], definitions: Mapping[str, CustomFieldDefinition], ids: frozenset[str]
) -> bool:
    """Tell whether a contact has chosen, in one of the fields with these ids, what the definitions do not know."""
    for entry in raw_objects(row, "custom_fields"):
        field_id = entry.get("custom_field_id")
        if entry.get("choice_ids") and field_id in ids:
            definition = definitions.get(str(field_id))
            if definition is None or not {key for key, _ in definition.choices}.issuperset(_ids(entry)):
                return True
    return False


def to_json(definitions: Iterable[CustomFieldDefinition]) -> str:
    """Return the definitions of fields that are no text, as text that ``from_json`` reads."""
    return json.dumps([astuple(one) for one in definitions if one.kind is not FieldKind.TEXT])


def from_json(text: str) -> dict[str, CustomFieldDefinition]:
    """Return by id the definitions that ``to_json`` wrote."""
    found = (
        CustomFieldDefinition(id_, name, label, type_, tuple((key, word) for key, word in choices), decimals, negative)
        for id_, name, label, type_, choices, decimals, negative in json.loads(text)
    )
    return {one.id: one for one in found}


def _ids(entry: Mapping[str, Any]) -> list[str]:
    return [str(key) for key in raw_array(entry, "choice_ids")]
