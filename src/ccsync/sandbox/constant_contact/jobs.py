"""The activities on memberships, on contacts and on lists."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ccsync.sandbox.constant_contact import contact_rules as rules
from ccsync.sandbox.constant_contact.activities import Outcome

if TYPE_CHECKING:
    from ccsync.sandbox.constant_contact.calls import Desk
    from ccsync.sandbox.constant_contact.contact_table import Contact
    from ccsync.sandbox.constant_contact.lists import ListTable
    from ccsync.sandbox.constant_contact.removal import Removal


class ContactJob(ABC):
    """An activity that does one thing to each contact of its source."""

    def __init__(self, desk: Desk, lists: ListTable) -> None:
        self._desk = desk
        self._lists = lists

    def expect(self, account: str, payload: dict[str, Any]) -> dict[str, int]:
        """Return the number of contacts and lists."""
        return {
            "items_total_count": len(self._source(account, payload)),
            "items_completed_count": 0,
            "list_count": len(payload["list_ids"]),
        }

    def carry_out(self, account: str, payload: dict[str, Any], *, timed_out: bool) -> Outcome:
        """Do it to each contact; nothing has happened when it times out."""
        source = self._source(account, payload)
        counts = self.expect(account, payload)
        if timed_out:
            return Outcome(counts)
        targets = frozenset(payload["list_ids"]) & self._lists.living_ids(account)
        problems: list[str] = []
        for contact_id in source:
            contact = self._desk.contacts.by_id(account, contact_id)
            changed = None if contact is None else self._changed(contact, targets)
            if contact is None or changed is None:
                problems.append(f"Contact {contact_id} could not be processed")
            elif changed != contact:
                self._desk.contacts.save(account, changed)
        counts["items_completed_count"] = len(source) - len(problems)
        return Outcome(counts, tuple(problems))

    @abstractmethod
    def _changed(self, contact: Contact, targets: frozenset[str]) -> Contact | None:
        """Return the contact as it is afterwards, or None when it cannot be done."""

    def _source(self, account: str, payload: dict[str, Any]) -> list[str]:
        source = payload["source"]
        excluded = set(payload.get("exclude", {}).get("contact_ids", ()))
        if "contact_ids" in source:
            found = source["contact_ids"]
        elif "list_ids" in source:
            members = [self._desk.contacts.members(account, list_id) for list_id in source["list_ids"]]
            found = [contact.contact_id for each in members for contact in each]
        else:
            everybody = self._desk.contacts.all(account)
            found = [each.contact_id for each in everybody if source.get("all_active_contacts") and is_active(each)]
        return [contact_id for contact_id in dict.fromkeys(found) if contact_id not in excluded]


class AddMemberships(ContactJob):
    """Puts contacts on lists; brings back the deleted, leaves out the unsubscribed."""

    def _changed(self, contact: Contact, targets: frozenset[str]) -> Contact | None:
        now, switches = self._desk.store.stamp(), self._desk.switches()
        back = replace(contact, document=rules.revived(contact.document)) if contact.deleted else contact
        if contact.deleted:
            back = replace(back, document={**back.document, "updated_at": now})
        lists = {*contact.lists, *targets}
        if contact.permission == rules.UNSUBSCRIBED:
            return back if contact.deleted else None
        if len(lists) > rules.MAX_LISTS:
            return None
        return rules.on_lists(back, tuple(lists), now=now, switches=switches)


class RemoveMemberships(ContactJob):
    """Takes contacts off lists; they stay active."""

    def _changed(self, contact: Contact, targets: frozenset[str]) -> Contact | None:
        rest = tuple(set(contact.lists) - targets)
        return rules.on_lists(contact, rest, now=self._desk.store.stamp(), switches=self._desk.switches())


class DeleteContacts(ContactJob):
    """Deletes contacts."""

    def _changed(self, contact: Contact, targets: frozenset[str]) -> Contact | None:  # noqa: ARG002 - as its siblings
        if contact.deleted:
            return contact
        return rules.deleted(contact, now=self._desk.store.stamp(), switches=self._desk.switches())


class DeleteLists:
    """Deletes lists with their memberships."""

    def __init__(self, removal: Removal) -> None:
        self._removal = removal

    def expect(self, account: str, payload: dict[str, Any]) -> dict[str, int]:  # noqa: ARG002 - as every job
        """Return the number of lists."""
        return {"items_total_count": len(payload["list_ids"]), "items_completed_count": 0}

    def carry_out(self, account: str, payload: dict[str, Any], *, timed_out: bool) -> Outcome:
        """Delete them; nothing has happened when it times out."""
        counts = self.expect(account, payload)
        if timed_out:
            return Outcome(counts)
        for list_id in payload["list_ids"]:
            self._removal.list(account, list_id)
        return Outcome({**counts, "items_completed_count": len(payload["list_ids"])})


def is_active(contact: Contact) -> bool:
    """Tell whether the contact can be mailed and is billed."""
    return not contact.deleted and contact.permission in ("explicit", "implicit")
