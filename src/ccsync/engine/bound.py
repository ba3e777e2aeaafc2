"""The config's words, bound to lists and custom fields as the state remembers them: nobody is asked."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ccsync.constant_contact.custom import from_json
from ccsync.sync.records import ListId

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ccsync.config.model import Config, Sync
    from ccsync.constant_contact.side import CustomFieldDefinition
    from ccsync.state.store import Progress
    from ccsync.state.values import Binding
    from ccsync.sync.fields import TargetField

LIST = "list"
FIELD = "field"
CUSTOM = "custom."
STAND_IN = "new:"
FIELD_TYPES = "field_types"
"""The fact what the custom fields take that are no text, as JSON; unset until they were read once."""
DELETED = "deleted"
"""The fact which bound lists and fields are gone, by id, as JSON."""


class Bound:
    """Lists and custom fields of Constant Contact, as the config and, by its last word, as the service calls them."""

    def __init__(self, progress: Progress, config: Config) -> None:
        self._config = config
        self._deleted = frozenset[str](json.loads(progress.fact(DELETED) or "[]"))
        self._bindings = {kind: progress.bindings(kind) for kind in (LIST, FIELD)}
        types = progress.fact(FIELD_TYPES)
        self._types: Mapping[str, CustomFieldDefinition] = from_json(types or "[]")
        self._types_known = types is not None

    def left_out(self) -> dict[str, Binding]:
        """Return the syncs that are left out, each with the first of what it names that was deleted."""
        found: dict[str, Binding] = {}
        for sync in self._config.sync:
            for kind in (LIST, FIELD):
                for label in labels(kind, [sync]):
                    binding = self._bindings[kind].get(label)
                    if binding is not None and binding.id in self._deleted:
                        found.setdefault(sync.name, binding)
        return found

    def list_id(self, label: str) -> ListId:
        """Return the list's id, or a stand-in for one that is still to be made."""
        binding = self._bindings[LIST].get(label)
        return ListId(binding.id if binding else STAND_IN + label)

    def path(self, right: str) -> str:
        """Return the bound path of a right side: custom fields by id, or by a stand-in."""
        if not right.startswith(CUSTOM):
            return right
        label = right.removeprefix(CUSTOM)
        binding = self._bindings[FIELD].get(label)
        return CUSTOM + (binding.id if binding else STAND_IN + label)

    def target(self, path: str, target: TargetField) -> TargetField:
        """Return a right side as one that takes what its bound field takes."""
        definition = self._types.get(path.removeprefix(CUSTOM))
        return target if definition is None else definition.typed(target)

    @property
    def definitions(self) -> Mapping[str, CustomFieldDefinition]:
        """The custom fields that are no text, by id, as last read."""
        return self._types


def labels(kind: str, syncs: Iterable[Sync]) -> list[str]:
    """Return the lists, or the custom fields, that syncs name."""
    if kind == LIST:
        return list(dict.fromkeys(sync.list for sync in syncs))
    rights = (field.constant_contact for sync in syncs for field in sync.field)
    return list(dict.fromkeys(right.removeprefix(CUSTOM) for right in rights if right.startswith(CUSTOM)))
