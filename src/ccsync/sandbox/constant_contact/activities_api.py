"""The operations below ``/activities``."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from ccsync.sandbox.constant_contact import errors
from ccsync.sandbox.constant_contact.activities import STATES
from ccsync.sandbox.constant_contact.calls import Answer
from ccsync.sandbox.constant_contact.import_rows import rows_within
from ccsync.sandbox.constant_contact.paging import cursor_of, short_collection

if TYPE_CHECKING:
    from ccsync.sandbox.constant_contact.activities import Activities
    from ccsync.sandbox.constant_contact.calls import Call, Desk
    from ccsync.sandbox.constant_contact.lists import ListTable

LARGEST_PAGE = 500


class ActivitiesApi:
    """Activities over HTTP."""

    def __init__(self, desk: Desk, activities: Activities, lists: ListTable) -> None:
        self._desk = desk
        self._activities = activities
        self._lists = lists

    def collection(self, call: Call) -> Answer:
        """GET /activities: those of the last ten days; looking at them lets waiting ones take effect."""
        now = self._desk.store.seconds()
        cursor = cursor_of(call.query, now, self._desk.switches())
        self._activities.looked_at(call.account)
        found = self._activities.recent(call.account)
        if state := cursor.filters.get("state"):
            if state not in STATES:
                raise errors.invalid("state does not have a valid value")
            found = [each for each in found if each["state"] == state]
        return Answer(200, short_collection("activities", found, cursor, path=call.path, largest=LARGEST_PAGE, now=now))

    def get(self, call: Call) -> Answer:
        """GET /activities/{activity_id}."""
        wanted = call.arguments["activity_id"]
        try:
            uuid.UUID(wanted)
        except ValueError as error:
            raise errors.not_found("activity_id is in an invalid format.") from error
        self._activities.looked_at(call.account)
        for each in self._activities.recent(call.account):
            if each["activity_id"] == wanted:
                return Answer(200, each)
        raise errors.not_found("activity_id does not exist.")

    def json_import(self, call: Call) -> Answer:
        """POST /activities/contacts_json_import: rows beyond the limits are dropped in silence."""
        self._lists.require(call.account, call.body["list_ids"])
        switches = self._desk.switches()
        kept = min(rows_within(call.raw, switches.import_bytes), switches.import_rows)
        payload = {"rows": call.body["import_data"][:kept], "list_ids": call.body["list_ids"]}
        return self._posted(call, "import", payload)

    def add_memberships(self, call: Call) -> Answer:
        """POST /activities/add_list_memberships."""
        self._lists.require(call.account, call.body["list_ids"])
        return self._posted(call, "add_memberships", call.body)

    def remove_memberships(self, call: Call) -> Answer:
        """POST /activities/remove_list_memberships."""
        self._lists.require(call.account, call.body["list_ids"])
        return self._posted(call, "remove_memberships", call.body)

    def delete_contacts(self, call: Call) -> Answer:
        """POST /activities/contact_delete."""
        return self._posted(call, "contact_delete", {"source": call.body, "list_ids": []})

    def _posted(self, call: Call, kind: str, payload: dict[str, Any]) -> Answer:
        return Answer(201, self._activities.post(call.account, kind, payload, call.path))
