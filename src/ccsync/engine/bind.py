"""Binding the config's words to what exists: lists and custom fields are found by name once, then followed by id.

What is missing is made, but not before the guard has had its look: until then it goes by a stand-in, and whatever is
planned under a stand-in is translated when it is sent. What was deleted is never made a second time: the syncs that
name it are left out until the configuration names something else.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from ccsync.constant_contact import side
from ccsync.constant_contact.custom import from_json, has_new_choices, to_json
from ccsync.engine.bound import CUSTOM, DELETED, FIELD, FIELD_TYPES, LIST, STAND_IN, Bound, labels
from ccsync.engine.rules import fills_constant_contact
from ccsync.state.values import Binding

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from ccsync.engine.context import Context
    from ccsync.sync.operations import StoredIntent
    from ccsync.sync.records import Contact, ListId

WHAT = {LIST: "list", FIELD: "custom field"}
FIELD_NAMES = "field_names"


class Names(Bound):
    """Lists and custom fields of Constant Contact, as the config and as the service call them."""

    def __init__(self, context: Context) -> None:
        super().__init__(context.store.progress, context.config)
        self._context = context
        self._confirmed = False
        self._lists: list[side.ContactList] | None = None
        self._fields: list[side.CustomFieldDefinition] | None = None
        self._types_moved = False
        self._looked = False

    def find(self) -> None:
        """Look for what the config names and nobody has looked for yet."""
        for label in self._unbound(LIST):
            self._adopt(LIST, label, [(one.id, one.name) for one in self._all_lists()])
        for label in self._unbound(FIELD):
            self._adopt(FIELD, label, [(one.id, one.label) for one in self._all_fields()])
        for label in self._unbound(FIELD):
            if label not in self._filled():
                what = f'the custom field "{label}" does not exist in Constant Contact'
                self._context.warn(f"{what}, and nothing fills it there: it counts as empty")
        if self._bindings[FIELD] and not self._types_known:
            self._all_fields()
        if self._deleted:
            self.look_for_deleted()
        self._looked, self._types_moved = True, False

    def look_for_deleted(self) -> bool:
        """See which bound lists and fields still exist and what they take; tell whether rules made before are wrong.

        They are when one was deleted that was thought to be there, or takes other values than it did.
        """
        before = self._deleted
        lists = self._missing(LIST, {one.id: one.name for one in self._all_lists()})
        self._know_deleted(lists | self._missing(FIELD, {one.id: one.label for one in self._all_fields()}))
        moved, self._types_moved = self._types_moved, False
        return moved or bool(self._deleted - before)

    def deleted_lists(self) -> frozenset[str]:
        """See which bound lists were deleted."""
        missing = self._missing(LIST, {one.id: one.name for one in self._all_lists()})
        self._know_deleted(self._deleted | missing)
        return missing

    def unnamed_lists(self) -> list[Binding]:
        """Return the lists that an earlier configuration named and this one does not, not even by another name."""
        bindings = self._bindings[LIST]
        named = {bindings[label].id for label in labels(LIST, self._context.config.sync) if label in bindings}
        return list({one.id: one for one in bindings.values() if one.id not in named}.values())

    def lives(self, bound: Binding) -> bool:
        """Tell whether a list has not been deleted."""
        return bound.id in {one.id for one in self._all_lists()}

    def confirm(self) -> None:
        """Before anything is written: make the lists, and the fields that something fills, that are missing.

        Not for syncs that are left out.
        """
        if self._confirmed:
            return
        self._confirmed = True
        for label in self._unbound(LIST):
            made = side.list_of(self._context.constant_contact.create_list(label))
            self._bind(LIST, label, made.id, made.name)
            self._lists = [*self._all_lists(), made]
        for label in [one for one in self._unbound(FIELD) if one in self._filled()]:
            made_field = side.custom_field(self._context.constant_contact.create_custom_field(label))
            self._bind(FIELD, label, made_field.id, made_field.label)
            self._fields = [*self._all_fields(), made_field]
        names = {one.id: one.name for one in self._all_fields()}
        self._context.store.progress.set_fact(FIELD_NAMES, json.dumps(names, sort_keys=True))

    def _all_lists(self) -> list[side.ContactList]:
        """Return the living lists, read once in a run."""
        if self._lists is None:
            rows = self._context.constant_contact.lists()
            self._lists = [one for one in map(side.list_of, rows) if not one.deleted]
        return self._lists

    def _all_fields(self) -> list[side.CustomFieldDefinition]:
        """Return the custom fields, read once in a run."""
        if self._fields is None:
            self._fields = [side.custom_field(row) for row in self._context.constant_contact.custom_fields()]
            self._learn_types(self._fields)
        return self._fields

    def _learn_types(self, fields: Sequence[side.CustomFieldDefinition]) -> None:
        """Remember what fields take; when a bound one takes something else than it did, everybody is looked at."""
        context, text = self._context, to_json(fields)
        types = from_json(text)
        moved = any(types.get(one) != self._types.get(one) for one in self._bound_fields())
        with context.store.transaction():
            if not self._types_known or types != self._types:
                context.store.progress.set_fact(FIELD_TYPES, text)
            if moved:
                context.touch_everyone()
        self._types, self._types_known = types, True
        self._types_moved = self._types_moved or moved

    def _bound_fields(self) -> frozenset[str]:
        return frozenset(binding.id for binding in self._bindings[FIELD].values())

    def contacts(self, rows: Sequence[Mapping[str, Any]]) -> list[Contact]:
        """Return rows of the service as contacts; the fields are read again, once a run, for a choice that is new."""
        bound = self._bound_fields() if self._looked and self._fields is None else frozenset[str]()
        if bound and any(has_new_choices(row, self._types, bound) for row in rows):
            self._all_fields()
        return [side.contact(row, self._types) for row in rows]

    def field_names(self) -> Mapping[str, str]:
        """Return the service's own name of each custom field by id: imports call fields by it."""
        names: dict[str, str] = json.loads(self._context.store.progress.fact(FIELD_NAMES) or "{}")
        return names

    def bound(self, stored: StoredIntent) -> StoredIntent:
        """Return an intent with every stand-in replaced by what has been made since."""
        intent = stored.intent
        lists = intent.add | intent.keep | intent.remove
        paths = {change.path for change in intent.changes}
        if not any(one.startswith(STAND_IN) for one in lists) and not any(STAND_IN in path for path in paths):
            return stored
        return replace(
            stored,
            intent=replace(
                intent,
                add=frozenset(map(self._list, intent.add)),
                keep=frozenset(map(self._list, intent.keep)),
                remove=frozenset(map(self._list, intent.remove)),
                changes=tuple(replace(change, path=self._path(change.path)) for change in intent.changes),
            ),
        )

    def _list(self, list_id: ListId) -> ListId:
        return self.list_id(list_id.removeprefix(STAND_IN)) if list_id.startswith(STAND_IN) else list_id

    def _path(self, path: str) -> str:
        stand_in = CUSTOM + STAND_IN
        return self.path(CUSTOM + path.removeprefix(stand_in)) if path.startswith(stand_in) else path

    def _unbound(self, kind: str) -> list[str]:
        known, left_out = self._bindings[kind], self.left_out()
        syncs = [sync for sync in self._context.config.sync if sync.name not in left_out]
        return [label for label in labels(kind, syncs) if label not in known]

    def _filled(self) -> frozenset[str]:
        """Return the custom fields that a sync may fill: what only travels to Membrain is not made."""
        syncs = self._context.config.sync
        return frozenset(
            one.constant_contact.removeprefix(CUSTOM)
            for sync in syncs
            for one in sync.field
            if one.constant_contact.startswith(CUSTOM) and fills_constant_contact(sync, one)
        )

    def _adopt(self, kind: str, label: str, found: list[tuple[str, str]]) -> None:
        """Bind what has this name: letter for letter, else without regard to case."""
        exact = [one for one in found if one[1] == label]
        alike = exact or [one for one in found if one[1].casefold() == label.casefold()]
        if alike:
            self._bind(kind, label, *alike[0])

    def _bind(self, kind: str, label: str, id_: str, name: str) -> None:
        binding = Binding(kind, label, id_, name)
        self._context.store.progress.bind(binding)
        self._bindings[kind][label] = binding

    def _missing(self, kind: str, found: Mapping[str, str]) -> frozenset[str]:
        """Return what is bound and not among the ``found``, by id; what is called otherwise is followed."""
        missing = set()
        for label in labels(kind, self._context.config.sync):
            binding = self._bindings[kind].get(label)
            if binding is None:
                continue
            name = found.get(binding.id)
            if name is None:
                missing.add(binding.id)
            elif name != binding.name:
                what = WHAT[kind]
                self._context.warn(f'the {what} "{binding.name}" is now called "{name}": followed by its id')
                self._bind(kind, label, binding.id, name)
        return frozenset(missing)

    def _know_deleted(self, deleted: frozenset[str]) -> None:
        """Remember what was deleted; when something is back, everybody may have to do with it."""
        store = self._context.store
        with store.transaction():
            if self._deleted - deleted:
                self._context.touch_everyone()
            if self._deleted != deleted:
                store.progress.set_fact(DELETED, json.dumps(sorted(deleted)) if deleted else None)
        self._deleted = deleted
