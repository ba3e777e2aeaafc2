"""The book of the way into Membrain: one of those of ``ccsync.state.store``, whose promises hold here too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from ccsync.sync.operations import MembrainIntent, Reason, StoredMembrainIntent
    from ccsync.sync.records import ContactId, EmailKey, ListId


class Inward(Protocol):
    """The way into Membrain: which Constant Contact contacts have to be looked at, and what is to be written there."""

    def touch_contacts(self, ids: Iterable[ContactId]) -> None:
        """Have these contacts looked at, in this run or the next."""
        ...

    def touch_contacts_at(self, keys: Iterable[EmailKey]) -> None:
        """Touch every contact, deleted and erased ones too, that has one of these addresses."""
        ...

    def touch_members(self, lists: Iterable[ListId]) -> None:
        """Touch every contact on these lists."""
        ...

    def touch_waiting(self, reason: Reason) -> None:
        """Touch every contact who is not in Membrain and waits for this reason."""
        ...

    def touched_contacts(self, after: ContactId | None = None, limit: int = 1000) -> list[ContactId]:
        """Return touched ids in their order, those greater than ``after``, at most ``limit``."""
        ...

    def is_touched(self, contact_id: ContactId) -> bool:
        """Tell whether a contact is touched."""
        ...

    def touched_contact_count(self) -> int:
        """Count the touched."""
        ...

    def untouch_contacts(self, ids: Iterable[ContactId]) -> None:
        """Take contacts off the list of those to be looked at."""
        ...

    def plan_membrain(self, intents: Iterable[MembrainIntent]) -> None:
        """Append intents, in order; none of them has been sent."""
        ...

    def membrain_intents(
        self, *, sent: bool | None = None, after: int = 0, limit: int = 1000
    ) -> list[StoredMembrainIntent]:
        """Return intents in plan order, with a number above ``after``; with ``sent`` only those with or without it."""
        ...

    def membrain_intent_count(self, *, sent: bool | None = None) -> int:
        """Count intents; with ``sent`` only those that were sent, or those that were not."""
        ...

    def mark_sent(self, number: int, at: datetime) -> None:
        """Note when the request of an intent left, before it does; a later time takes the place of an earlier one."""
        ...

    def drop_membrain_intents(self, numbers: Iterable[int]) -> None:
        """Forget intents: done, failed and reported, or to be planned again."""
        ...
