"""The way into Membrain, in memory: who has to be looked at, and what is to be written there."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ccsync.sync.operations import MembrainIntent, Reason, StoredMembrainIntent, as_person
from ccsync.sync.records import ContactId, EmailKey, ListId, email_key

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from ccsync.state.memory.tables import Tables


class MemoryInward:
    """Which contacts are to be looked at for Membrain, and what is to be written there."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def touch_contacts(self, ids: Iterable[ContactId]) -> None:
        """Have these contacts looked at, in this run or the next."""
        for identifier in ids:
            self._tables.touched_contacts[identifier] = None

    def touch_contacts_at(self, keys: Iterable[EmailKey]) -> None:
        """Touch every contact, deleted and erased ones too, that has one of these addresses."""
        wanted = set(keys) - {email_key("")}
        contacts = self._tables.contacts.values()
        self.touch_contacts(contact.id for contact in contacts if email_key(contact.email) in wanted)

    def touch_members(self, lists: Iterable[ListId]) -> None:
        """Touch every contact on these lists."""
        wanted = frozenset(lists)
        contacts = self._tables.contacts.values()
        self.touch_contacts(contact.id for contact in contacts if contact.usable and contact.lists & wanted)

    def touch_waiting(self, reason: Reason) -> None:
        """Touch every contact who is not in Membrain and waits for this reason."""
        waiting = {entry.membrain_id for entry in self._tables.waiting.values() if entry.reason is reason}
        contacts = self._tables.contacts.values()
        self.touch_contacts(contact.id for contact in contacts if as_person(contact.id) in waiting)

    def touched_contacts(self, after: ContactId | None = None, limit: int = 1000) -> list[ContactId]:
        """Return touched ids in their order, those greater than ``after``, at most ``limit``."""
        return sorted(identifier for identifier in self._tables.touched_contacts if identifier > (after or ""))[:limit]

    def is_touched(self, contact_id: ContactId) -> bool:
        """Tell whether a contact is touched."""
        return contact_id in self._tables.touched_contacts

    def touched_contact_count(self) -> int:
        """Count the touched."""
        return len(self._tables.touched_contacts)

    def untouch_contacts(self, ids: Iterable[ContactId]) -> None:
        """Take contacts off the list of those to be looked at."""
        for identifier in ids:
            self._tables.touched_contacts.pop(identifier, None)

    def plan_membrain(self, intents: Iterable[MembrainIntent]) -> None:
        """Append intents, in order; none of them has been sent."""
        for intent in list(intents):
            number = self._tables.next_number("membrain_intent")
            self._tables.membrain_intents[number] = StoredMembrainIntent(number, intent)

    def membrain_intents(
        self, *, sent: bool | None = None, after: int = 0, limit: int = 1000
    ) -> list[StoredMembrainIntent]:
        """Return intents in plan order, with a number above ``after``; with ``sent`` only those with or without it."""
        found = [stored for stored in self._asked_for(sent) if stored.number > after]
        return sorted(found, key=lambda stored: stored.number)[:limit]

    def membrain_intent_count(self, *, sent: bool | None = None) -> int:
        """Count intents; with ``sent`` only those that were sent, or those that were not."""
        return len(self._asked_for(sent))

    def mark_sent(self, number: int, at: datetime) -> None:
        """Note when the request of an intent left, before it does; a later time takes the place of an earlier one."""
        if (stored := self._tables.membrain_intents.get(number)) is not None:
            self._tables.membrain_intents[number] = replace(stored, sent_at=at)

    def drop_membrain_intents(self, numbers: Iterable[int]) -> None:
        """Forget intents: done, failed and reported, or to be planned again."""
        for number in numbers:
            self._tables.membrain_intents.pop(number, None)

    def _asked_for(self, sent: bool | None) -> list[StoredMembrainIntent]:
        stored = self._tables.membrain_intents.values()
        return [entry for entry in stored if sent is None or (entry.sent_at is not None) is sent]
