"""The operations below ``/contact_custom_fields``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccsync.sandbox.constant_contact.calls import Answer
from ccsync.sandbox.constant_contact.paging import cursor_of, short_collection

if TYPE_CHECKING:
    from ccsync.sandbox.constant_contact.calls import Call, Desk
    from ccsync.sandbox.constant_contact.fields import FieldTable
    from ccsync.sandbox.constant_contact.removal import Removal

LARGEST_PAGE = 100


class FieldsApi:
    """Custom fields over HTTP."""

    def __init__(self, desk: Desk, fields: FieldTable, removal: Removal) -> None:
        self._desk = desk
        self._fields = fields
        self._removal = removal

    def collection(self, call: Call) -> Answer:
        """GET /contact_custom_fields."""
        now = self._desk.store.seconds()
        cursor = cursor_of(call.query, now, self._desk.switches())
        found = self._fields.all(call.account)
        body = short_collection("custom_fields", found, cursor, path=call.path, largest=LARGEST_PAGE, now=now)
        return Answer(200, body)

    def create(self, call: Call) -> Answer:
        """POST /contact_custom_fields."""
        return Answer(201, self._fields.create(call.account, call.body))

    def get(self, call: Call) -> Answer:
        """GET /contact_custom_fields/{custom_field_id}."""
        return Answer(200, self._fields.get(call.account, call.arguments["custom_field_id"]))

    def change(self, call: Call) -> Answer:
        """PUT /contact_custom_fields/{custom_field_id}."""
        field_id = call.arguments["custom_field_id"]
        return Answer(200, self._fields.change(call.account, field_id, call.body))

    def delete(self, call: Call) -> Answer:
        """DELETE /contact_custom_fields/{custom_field_id}: the values of all contacts go with it."""
        self._removal.field(call.account, call.arguments["custom_field_id"])
        return Answer(204, None)
