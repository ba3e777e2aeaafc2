"""Taking away a list or a custom field, with what contacts hold of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ccsync.sandbox.constant_contact.contact_rules import on_lists

if TYPE_CHECKING:
    from ccsync.sandbox.constant_contact.calls import Desk
    from ccsync.sandbox.constant_contact.fields import FieldTable
    from ccsync.sandbox.constant_contact.lists import ListTable


class Removal:
    """Removes lists and fields everywhere."""

    def __init__(self, desk: Desk, lists: ListTable, fields: FieldTable) -> None:
        self._desk = desk
        self._lists = lists
        self._fields = fields

    def list(self, account: str, list_id: str) -> int:
        """Delete a list and its memberships; return how many were on it. Raises Refusal (404)."""
        self._lists.delete(account, list_id)
        members = self._desk.contacts.members(account, list_id)
        now, switches = self._desk.store.stamp(), self._desk.switches()
        for contact in members:
            rest = tuple(each for each in contact.lists if each != list_id)
            self._desk.contacts.save(account, on_lists(contact, rest, now=now, switches=switches))
        return len(members)

    def field(self, account: str, field_id: str) -> None:
        """Delete a field and its values. Raises Refusal (404)."""
        self._fields.delete(account, field_id)
        for contact in self._desk.contacts.all(account):
            values = contact.document.get("custom_fields", [])
            rest = [value for value in values if value["custom_field_id"] != field_id]
            if len(rest) == len(values):
                continue
            document = {key: value for key, value in contact.document.items() if key != "custom_fields"}
            if rest:
                document["custom_fields"] = rest
            self._desk.contacts.save(account, replace(contact, document=document))
