"""The operations below ``/contact_lists``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ccsync.sandbox.constant_contact import errors
from ccsync.sandbox.constant_contact.calls import Answer
from ccsync.sandbox.constant_contact.paging import cursor_of, flag, short_collection

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ccsync.sandbox.constant_contact.activities import Activities
    from ccsync.sandbox.constant_contact.calls import Call, Desk
    from ccsync.sandbox.constant_contact.lists import ListTable

STATES = ("all", "active", "deleted")
COUNTS = ("all", "active")
LARGEST_PAGE = 1000


class ListsApi:
    """Lists over HTTP."""

    def __init__(self, desk: Desk, lists: ListTable, activities: Activities) -> None:
        self._desk = desk
        self._lists = lists
        self._activities = activities

    def collection(self, call: Call) -> Answer:
        """GET /contact_lists."""
        cursor = cursor_of(call.query, self._desk.store.seconds(), self._desk.switches())
        found = [each for each in self._lists.all(call.account) if _matches(each, cursor.filters)]
        body = short_collection(
            "lists", found, cursor, path=call.path, largest=LARGEST_PAGE, now=self._desk.store.seconds()
        )
        body["lists"] = [self._counted(each, cursor.filters) for each in body["lists"]]
        if flag(cursor.filters, "include_count"):
            body["lists_count"] = len(found)
        return Answer(200, body)

    def create(self, call: Call) -> Answer:
        """POST /contact_lists."""
        return Answer(201, self._lists.create(call.account, call.body))

    def get(self, call: Call) -> Answer:
        """GET /contact_lists/{list_id}."""
        found = self._lists.get(call.account, call.arguments["list_id"])
        return Answer(200, self._counted(found, call.query))

    def change(self, call: Call) -> Answer:
        """PUT /contact_lists/{list_id}."""
        return Answer(200, self._lists.change(call.account, call.arguments["list_id"], call.body))

    def delete(self, call: Call) -> Answer:
        """DELETE /contact_lists/{list_id}: an activity, 202 and its address in ``Location``."""
        found = self._lists.living(call.account, call.arguments["list_id"])
        activity = self._activities.post(call.account, "list_delete", {"list_ids": [found["list_id"]]}, call.path)
        kept = ("activity_id", "state", "created_at", "updated_at", "percent_done", "activity_errors", "_links")
        body = {key: activity[key] for key in kept}
        return Answer(202, body, {"Location": activity["_links"]["self"]["href"]})

    def _counted(self, document: dict[str, Any], values: Mapping[str, str]) -> dict[str, Any]:
        which = values.get("include_membership_count")
        if which is None:
            return document
        if which not in COUNTS:
            raise errors.invalid("include_membership_count does not have a valid value")
        return {**document, "membership_count": self._lists.member_count(document["list_id"], which)}


def _matches(document: dict[str, Any], values: Mapping[str, str]) -> bool:
    states = [state.strip() for state in values.get("status", "active").split(",")]
    if any(state not in STATES for state in states):
        raise errors.invalid("status does not have a valid value")
    if values.get("channel_type", "email") != "email":
        return False
    state = "deleted" if "deleted_at" in document else "active"
    return ("all" in states or state in states) and values.get("name", document["name"]) == document["name"]
