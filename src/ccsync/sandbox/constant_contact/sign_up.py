"""``POST /contacts/sign_up_form``: what the service does when a person signs up by their own act.

It opts people in, unsubscribed ones too, and revives deleted ones. The sandbox has it so that a test can show that
ccsync never calls it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ccsync.sandbox.constant_contact import contact_rules as rules
from ccsync.sandbox.constant_contact import errors
from ccsync.sandbox.constant_contact.calls import Answer

if TYPE_CHECKING:
    from ccsync.sandbox.constant_contact.calls import Call, Desk
    from ccsync.sandbox.constant_contact.contact_table import Contact
    from ccsync.sandbox.constant_contact.contacts_api import ContactsApi
    from ccsync.sandbox.constant_contact.fields import FieldTable
    from ccsync.sandbox.constant_contact.lists import ListTable


class SignUpApi:
    """The sign-up form over HTTP."""

    def __init__(self, desk: Desk, contacts: ContactsApi, lists: ListTable, fields: FieldTable) -> None:
        self._desk = desk
        self._contacts = contacts
        self._lists = lists
        self._fields = fields

    def sign_up(self, call: Call) -> Answer:
        """POST /contacts/sign_up_form."""
        body = call.body
        self._lists.require(call.account, body["list_memberships"])
        self._fields.check_values(call.account, body.get("custom_fields", ()))
        permission = "pending_confirmation" if self._desk.switches().confirmed_opt_in else "explicit"
        address = rules.normal_address(body["email_address"])
        old = self._desk.contacts.by_address(call.account, address)
        if old is None:
            given = {**_whole(body), "email_address": {"address": address, "permission_to_send": permission}}
            saved = self._contacts.new_contact(given, source="Contact")
            self._desk.contacts.save(call.account, saved)
            return Answer(201, {"contact_id": saved.contact_id, "action": "created"})
        self._desk.contacts.save(call.account, self._signed_up(old, body))
        return Answer(200, {"contact_id": old.contact_id, "action": "updated"})

    def _signed_up(self, old: Contact, body: dict[str, Any]) -> Contact:
        store = self._desk.store
        now = store.stamp()
        document = rules.revived(old.document)
        document |= {key: body[key] for key in rules.CORE if body.get(key)}
        given = _whole(body)
        sub = rules.subresources(given, source="Contact", now=now, new_id=store.new_id)
        sent = {field["custom_field_id"] for field in sub.get("custom_fields", [])}
        kept = [each for each in document.get("custom_fields", []) if each["custom_field_id"] not in sent]
        if sent:
            sub["custom_fields"] = kept + sub["custom_fields"]
        document = rules.with_subresources(document, sub)
        document["email_address"] = rules.permitted(document["email_address"], "explicit", now=now, source="Contact")
        document |= {"updated_at": now, "update_source": "Contact"}
        lists = tuple(sorted({*old.lists, *body["list_memberships"]}))
        if len(lists) > rules.MAX_LISTS or len(document.get("custom_fields", ())) > rules.MAX_FIELDS:
            raise errors.invalid("the contact would have too many lists or custom fields")
        return replace(old, document=document, lists=lists)


def _whole(body: dict[str, Any]) -> dict[str, Any]:
    """Return the flat body in the shape of a POST."""
    found = {key: value for key, value in body.items() if key not in ("phone_number", "street_address")}
    if body.get("phone_number"):
        found["phone_numbers"] = [{"phone_number": body["phone_number"], "kind": "other"}]
    if body.get("street_address"):
        found["street_addresses"] = [body["street_address"]]
    return found
