"""People acting by hand in Constant Contact: marketers in the product, contacts in their mail.

What the product does is not limited as the API is; visibility lag and the rules for ``updated_at`` apply.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ccsync.sandbox.constant_contact import contact_rules as rules
from ccsync.sandbox.constant_contact.contact_table import Contact
from ccsync.sandbox.constant_contact.contacts_api import whole
from ccsync.sandbox.constant_contact.fields import SELECTS

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from ccsync.sandbox.constant_contact.calls import Desk
    from ccsync.sandbox.constant_contact.fields import FieldTable
    from ccsync.sandbox.constant_contact.lists import ListTable
    from ccsync.sandbox.constant_contact.removal import Removal

MAX_TEXT = 50


class People:
    """Hand-made changes to the account that is open. Unknown ids raise LookupError."""

    def __init__(
        self, desk: Desk, lists: ListTable, fields: FieldTable, removal: Removal, account: Callable[[], str]
    ) -> None:
        self._desk = desk
        self._lists = lists
        self._fields = fields
        self._removal = removal
        self._account = account

    def earlier(self, days: float) -> AbstractContextManager[None]:
        """Let what is done inside the context have happened so many days ago."""
        return self._desk.store.earlier(days)

    def add(self, email: str | None, **fields: Any) -> str:
        """Add a contact and return its id; with an address its permission is implicit unless given.

        Fields are those of ``edit``, ``permission_to_send``, and ``sms_number`` for a contact reached by SMS.
        """
        permission, sms = fields.pop("permission_to_send", "implicit"), fields.pop("sms_number", None)
        with self._desk.store.transaction():
            now = self._desk.store.stamp()
            document: dict[str, Any] = {
                "contact_id": self._desk.store.new_id(),
                "create_source": "Account",
                "update_source": "Account",
                "created_at": now,
                "updated_at": now,
            }
            if email is not None:
                document["email_address"] = rules.new_address(email, permission=permission, source="Account", now=now)
            if sms is not None:
                document["sms_channel"] = {"sms_channel_id": self._desk.store.new_id(), "sms_address": sms}
            contact = self._edited(Contact(document), fields)
            return self._desk.contacts.save(self._account(), contact).contact_id

    def edit(self, contact_id: str, **fields: Any) -> None:
        """Change fields of a contact; None empties one.

        Core fields go by name, the address as ``email``, ``phone_numbers`` and ``street_addresses`` as the API writes
        them, ``custom_fields`` as values by label, ``list_memberships`` as ids. Raises ValueError for a text that the
        product would not take.
        """
        with self._desk.store.transaction():
            contact = self._contact(contact_id)
            changed = self._edited(contact, fields)
            document = {**changed.document, "updated_at": self._desk.store.stamp()}
            self._desk.contacts.save(self._account(), replace(changed, document=document))

    def unsubscribe(self, contact_id: str, source: str = "Contact", reason: str | None = None) -> None:
        """Opt out: off all lists; the contact's own ``updated_at`` does not move."""
        with self._desk.store.transaction():
            contact = self._contact(contact_id)
            now = self._desk.store.stamp()
            address = rules.opted_out(contact.document["email_address"], source=source, reason=reason, now=now)
            document = {**contact.document, "email_address": address}
            self._desk.contacts.save(self._account(), replace(contact, document=document, lists=()))

    def opt_in_again(self, contact_id: str) -> None:
        """Opt in by the person's own act; lists do not come back."""
        with self._desk.store.transaction():
            contact = self._contact(contact_id)
            now = self._desk.store.stamp()
            address = rules.permitted(contact.document["email_address"], "explicit", now=now, source="Contact")
            self._desk.contacts.save(
                self._account(), replace(contact, document={**contact.document, "email_address": address})
            )

    def delete(self, contact_id: str) -> None:
        """Delete: a state, the data stay."""
        with self._desk.store.transaction():
            contact = self._contact(contact_id)
            gone = rules.deleted(contact, now=self._desk.store.stamp(), switches=self._desk.switches())
            self._desk.contacts.save(self._account(), gone)

    def erase(self, contact_id: str) -> None:
        """Erase for good, as after a request under the law: the contact just vanishes."""
        with self._desk.store.transaction():
            self._contact(contact_id)
            self._desk.contacts.erase(contact_id)

    def take_off_list(self, contact_id: str, list_id: str) -> None:
        """Take a contact off one list."""
        self._set_lists(contact_id, lambda lists: lists - {list_id})

    def put_on_list(self, contact_id: str, list_id: str) -> None:
        """Put a contact on a list."""
        self._lists.living(self._account(), list_id)
        self._set_lists(contact_id, lambda lists: lists | {list_id})

    def all(self) -> list[dict[str, Any]]:
        """Return the whole resources of everybody, deleted ones included."""
        with self._desk.store.lock:
            return [whole(contact) for contact in self._desk.contacts.all(self._account())]

    def find(self, email: str) -> dict[str, Any] | None:
        """Return the whole resource of the contact with this address."""
        with self._desk.store.lock:
            found = self._desk.contacts.by_address(self._account(), rules.normal_address(email))
            return None if found is None else whole(found)

    def lists(self) -> list[dict[str, Any]]:
        """Return all lists with their member count, deleted ones included."""
        with self._desk.store.lock:
            found = self._lists.all(self._account())
            return [{**each, "membership_count": self._lists.member_count(each["list_id"], "all")} for each in found]

    def fields(self) -> list[dict[str, Any]]:
        """Return all custom fields."""
        return self._fields.all(self._account())

    def add_list(self, name: str) -> str:
        """Make a list and return its id."""
        with self._desk.store.transaction():
            return str(self._lists.create(self._account(), {"name": name})["list_id"])

    def rename_list(self, list_id: str, name: str) -> None:
        """Give a list another name."""
        with self._desk.store.transaction():
            self._lists.change(self._account(), list_id, {"name": name})

    def delete_list(self, list_id: str) -> None:
        """Delete a list at once."""
        with self._desk.store.transaction():
            self._removal.list(self._account(), list_id)

    def add_field(self, label: str, kind: str = "string", *choices: str, **metadata: Any) -> str:
        """Make a custom field and return its id; ``choices`` are the labels of a select."""
        body: dict[str, Any] = {"label": label, "type": kind}
        if choices:
            body["choices"] = [{"choice_label": choice} for choice in choices]
        if metadata:
            body["metadata"] = metadata
        with self._desk.store.transaction():
            return str(self._fields.create(self._account(), body)["custom_field_id"])

    def set_choices(self, field_id: str, *choices: str) -> None:
        """Give a select other choices; those that it had already stay the same ones."""
        with self._desk.store.transaction():
            old = self._fields.get(self._account(), field_id)
            known = {choice["choice_label"]: choice["choice_id"] for choice in old.get("choices", ())}
            sent = [
                {"choice_label": label} | ({"choice_id": known[label]} if label in known else {}) for label in choices
            ]
            self._fields.change(self._account(), field_id, {"label": old["label"], "choices": sent})

    def rename_field(self, field_id: str, label: str) -> None:
        """Give a custom field another label; choices stay."""
        with self._desk.store.transaction():
            old = self._fields.get(self._account(), field_id)
            choices = [
                {key: choice[key] for key in ("choice_id", "choice_label", "display_order")}
                for choice in old.get("choices", ())
            ]
            self._fields.change(self._account(), field_id, {"label": label, "choices": choices})

    def delete_field(self, field_id: str) -> None:
        """Delete a custom field with its values."""
        with self._desk.store.transaction():
            self._removal.field(self._account(), field_id)

    def _contact(self, contact_id: str) -> Contact:
        found = self._desk.contacts.by_id(self._account(), contact_id)
        if found is None:
            raise LookupError(f"no contact {contact_id}")
        return found

    def _set_lists(self, contact_id: str, change: Callable[[set[str]], set[str]]) -> None:
        with self._desk.store.transaction():
            contact = self._contact(contact_id)
            lists = tuple(change(set(contact.lists)))
            now, switches = self._desk.store.stamp(), self._desk.switches()
            changed = rules.on_lists(contact, lists, now=now, switches=switches)
            self._desk.contacts.save(self._account(), changed)

    def _edited(self, contact: Contact, fields: dict[str, Any]) -> Contact:
        now, new_id = self._desk.store.stamp(), self._desk.store.new_id
        document = {**contact.document, **{key: fields[key] for key in rules.CORE if key in fields}}
        document = {key: value for key, value in document.items() if value is not None}
        if any(len(str(document.get(key, ""))) > MAX_TEXT for key in rules.CORE):
            raise ValueError(f"the product takes at most {MAX_TEXT} characters in a field")
        if "email" in fields:
            address = document.get("email_address")
            moved = {"address": rules.normal_address(fields["email"]), "updated_at": now}
            document["email_address"] = (
                {**address, **moved}
                if address
                else rules.new_address(fields["email"], permission="implicit", source="Account", now=now)
            )
        body: dict[str, Any] = {key: fields[key] for key in ("phone_numbers", "street_addresses") if key in fields}
        sub = rules.subresources(body, source="Account", now=now, new_id=new_id)
        if "custom_fields" in fields:
            sub["custom_fields"] = self._values(document.get("custom_fields", []), fields["custom_fields"])
        lists = tuple(fields.get("list_memberships", contact.lists))
        return replace(contact, document=rules.with_subresources(document, sub), lists=lists)

    def _values(self, old: list[dict[str, Any]], by_label: dict[str, str | None]) -> list[dict[str, Any]]:
        fields = {field["label"]: field for field in self._fields.all(self._account())}
        found = {each["custom_field_id"]: each for each in old}
        for label, value in by_label.items():
            field_id = fields[label]["custom_field_id"]
            found.pop(field_id, None)
            if value and fields[label]["type"] in SELECTS:
                found[field_id] = {"custom_field_id": field_id, "choice_ids": _choice_ids(fields[label], value)}
            elif value:
                found[field_id] = {"custom_field_id": field_id, "value": value}
        return list(found.values())


def _choice_ids(field: dict[str, Any], value: str) -> list[str]:
    ids = {choice["choice_label"]: str(choice["choice_id"]) for choice in field["choices"]}
    return [ids[label.strip()] for label in value.split(";")]
