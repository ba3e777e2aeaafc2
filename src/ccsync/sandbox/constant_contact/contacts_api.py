"""The operations on one contact and on the collection of contacts."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ccsync.sandbox.constant_contact import contact_rules as rules
from ccsync.sandbox.constant_contact import errors
from ccsync.sandbox.constant_contact.calls import Answer
from ccsync.sandbox.constant_contact.contact_query import criteria, includes
from ccsync.sandbox.constant_contact.contact_table import Contact, Criteria
from ccsync.sandbox.constant_contact.fields import is_date
from ccsync.sandbox.constant_contact.paging import cursor_of, flag, page_limit

if TYPE_CHECKING:
    from ccsync.sandbox.constant_contact.calls import Call, Desk
    from ccsync.sandbox.constant_contact.fields import FieldTable
    from ccsync.sandbox.constant_contact.lists import ListTable

LARGEST_PAGE = 500
MINIMAL = ("email_address", "first_name", "last_name", "sms_channel")


def resource(contact: Contact, include: frozenset[str]) -> dict[str, Any]:
    """Return the contact as an answer shows it: subresources only when asked for."""
    hidden = set(rules.SUBRESOURCES) - include
    found = {key: value for key, value in contact.document.items() if key not in hidden}
    if "list_memberships" in include:
        found["list_memberships"] = list(contact.lists)
    return found


def whole(contact: Contact) -> dict[str, Any]:
    """Return the contact with all its subresources."""
    return resource(contact, frozenset((*rules.SUBRESOURCES, "list_memberships")))


class ContactsApi:
    """Contacts over HTTP."""

    def __init__(self, desk: Desk, lists: ListTable, fields: FieldTable) -> None:
        self._desk = desk
        self._lists = lists
        self._fields = fields

    def collection(self, call: Call) -> Answer:
        """GET /contacts."""
        switches, store = self._desk.switches(), self._desk.store
        cursor = cursor_of(call.query, store.seconds(), switches)
        wanted = criteria(call.account, cursor.filters, switches)
        limit = page_limit(cursor.filters, default=50, largest=LARGEST_PAGE)
        include = includes(cursor.filters)
        rows = self._desk.contacts.page(
            _from(wanted, cursor.position, shifts=switches.cursor == "shifts"),
            skip=cursor.position if switches.cursor == "shifts" else 0,
            limit=limit + 1,
        )
        body: dict[str, Any] = {"contacts": [resource(contact, include) for _, contact in rows[:limit]]}
        if flag(cursor.filters, "include_count"):
            body["contacts_count"] = self._desk.contacts.count(wanted)
        if len(rows) > limit:
            last = cursor.position + limit if switches.cursor == "shifts" else rows[limit - 1][0]
            body["_links"] = cursor.links(call.path, last, store.seconds())
        return Answer(200, body)

    def get(self, call: Call) -> Answer:
        """GET /contacts/{contact_id}: also a deleted one."""
        found = self._desk.contacts.shown(call.account, _id(call))
        if found is None:
            raise errors.not_found("contact_id does not exist.")
        return Answer(200, resource(found, includes(call.query)))

    def create(self, call: Call) -> Answer:
        """POST /contacts."""
        body = call.body
        if not any(body.get(name) for name in MINIMAL):
            raise errors.invalid("one of email_address, first_name, last_name or sms_channel is required")
        self._check(call.account, body)
        if "email_address" in body:
            self._refuse_taken(call.account, body["email_address"]["address"], None)
        contact = self.new_contact(body, source=body["create_source"])
        return Answer(201, whole(self._desk.contacts.save(call.account, contact)))

    def put(self, call: Call) -> Answer:
        """PUT /contacts/{contact_id}: revives a deleted contact; core fields left out are emptied."""
        old = self._found(call)
        self._check(call.account, call.body)
        if "email_address" in call.body:
            self._refuse_taken(call.account, call.body["email_address"]["address"], old.contact_id)
        contact = self._put(old, call.body)
        return Answer(200, whole(self._desk.contacts.save(call.account, contact)))

    def delete(self, call: Call) -> Answer:
        """DELETE /contacts/{contact_id}: the state deleted; again is as good as once."""
        contact = self._found(call)
        if not contact.deleted:
            gone = rules.deleted(contact, now=self._desk.store.stamp(), switches=self._desk.switches())
            self._desk.contacts.save(call.account, gone)
        return Answer(204, None)

    def resubscribe(self, call: Call) -> Answer:
        """PUT /contacts/resubscribe/{contact_id}: a confirmation mail, once per contact ever; nobody is opted in."""
        contact = self._found(call)
        self._lists.require(call.account, call.body["list_ids"])
        if contact.permission != rules.UNSUBSCRIBED:
            raise errors.conflict("contact is not unsubscribed")
        name = f"resubscribe:{contact.contact_id}"
        if self._desk.store.setting(name, default=False):
            raise errors.conflict("a resubscribe email was already sent to this contact")
        self._desk.store.set_setting(name, value=True)
        return Answer(200, {})

    def new_contact(self, body: dict[str, Any], *, source: str) -> Contact:
        """Return a contact that is not yet stored; someone unsubscribed is on no list. Raises Refusal (400)."""
        store = self._desk.store
        now = store.stamp()
        document: dict[str, Any] = {
            "contact_id": store.new_id(),
            "create_source": source,
            "update_source": source,
            "created_at": now,
            "updated_at": now,
        }
        if "email_address" in body:
            sent = body["email_address"]
            permission = sent.get("permission_to_send", "implicit")
            document["email_address"] = rules.new_address(
                sent["address"], permission=permission, source=source, now=now
            )
        if "sms_channel" in body:
            document["sms_channel"] = self._sms(body["sms_channel"], source)
        document = rules.put_core(document, body)
        sub = rules.subresources(body, source=source, now=now, new_id=store.new_id)
        contact = Contact(rules.with_subresources(document, sub))
        lists = () if contact.permission == rules.UNSUBSCRIBED else body.get("list_memberships", ())
        return replace(contact, lists=tuple(sorted(set(lists))))

    def _put(self, old: Contact, body: dict[str, Any]) -> Contact:
        switches, store = self._desk.switches(), self._desk.store
        now, source = store.stamp(), body["update_source"]
        document = rules.put_core(rules.revived(old.document), body)
        address = rules.put_address(old.document.get("email_address"), body, source=source, now=now, switches=switches)
        document.pop("email_address", None)
        if address is not None:
            document["email_address"] = address
        if "sms_channel" in body:
            document["sms_channel"] = self._sms(body["sms_channel"], source)
        sub = rules.subresources(body, source=source, now=now, new_id=store.new_id)
        document = rules.with_subresources({**document, "update_source": source, "updated_at": now}, sub)
        contact = replace(old, document=document)
        lists: set[str] = set(body.get("list_memberships", old.lists))
        if switches.put_list_array == "merge":
            lists |= set(old.lists)
        if len(lists) > rules.MAX_LISTS:
            raise errors.invalid(f"a contact is on at most {rules.MAX_LISTS} lists")
        return replace(contact, lists=() if contact.permission == rules.UNSUBSCRIBED else tuple(sorted(lists)))

    def _found(self, call: Call) -> Contact:
        found = self._desk.contacts.by_id(call.account, _id(call))
        if found is None:
            raise errors.not_found("contact_id does not exist.")
        return found

    def _check(self, account: str, body: dict[str, Any]) -> None:
        self._lists.require(account, body.get("list_memberships", ()))
        self._fields.check_values(account, body.get("custom_fields", ()))
        if body.get("anniversary") and not is_date(body["anniversary"]):
            raise errors.invalid("anniversary does not have a valid value")

    def _refuse_taken(self, account: str, address: str, own_id: str | None) -> None:
        other = self._desk.contacts.by_address(account, rules.normal_address(address))
        if other is None or other.contact_id == own_id:
            return
        if self._desk.switches().conflict_message == "not_unique":
            raise errors.conflict("Validation failed: EmailAddress is not unique")
        raise errors.conflict(f"Email already exists for contact {other.contact_id}")

    def _sms(self, sent: dict[str, Any], source: str) -> dict[str, Any]:
        consents = [
            {key: value for key, value in consent.items() if key != "consent_medium_details"}
            for consent in sent["sms_channel_consents"]
        ]
        return {
            "sms_channel_id": self._desk.store.new_id(),
            "sms_address": sent["full_sms_address"],
            "create_source": source,
            "update_source": source,
            "sms_channel_consents": consents,
        }


def _id(call: Call) -> str:
    try:
        return str(uuid.UUID(call.arguments["contact_id"]))
    except ValueError as error:
        raise errors.not_found("contact_id is in an invalid format.") from error


def _from(wanted: Criteria, position: int, *, shifts: bool) -> Criteria:
    if shifts or position == 0:
        return wanted
    return Criteria((*wanted.sql, "c.seq > :position"), {**wanted.parameters, "position": position})
