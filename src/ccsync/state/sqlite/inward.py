"""The way into Membrain, in SQLite: who has to be looked at, and what is to be written there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccsync.state.sqlite.intents import membrain_intent_body, read_membrain_intent
from ccsync.state.sqlite.rows import json_list, time_text
from ccsync.sync.records import ContactId

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from ccsync.state.sqlite.database import Database
    from ccsync.sync.operations import MembrainIntent, Reason, StoredMembrainIntent
    from ccsync.sync.records import EmailKey, ListId

TOUCH = "INSERT INTO touched_contact SELECT value FROM json_each(?) WHERE true ON CONFLICT DO NOTHING"

TOUCH_AT = """
INSERT INTO touched_contact SELECT id FROM contact
WHERE email_key IN (SELECT value FROM json_each(?)) ON CONFLICT DO NOTHING
"""

TOUCH_MEMBERS = """
INSERT INTO touched_contact SELECT contact_id FROM membership
WHERE list_id IN (SELECT value FROM json_each(?)) ON CONFLICT DO NOTHING
"""

TOUCH_WAITING = """
INSERT INTO touched_contact SELECT DISTINCT membrain_id FROM waiting
WHERE reason = ? AND EXISTS (SELECT 1 FROM contact WHERE id = membrain_id) ON CONFLICT DO NOTHING
"""

TOUCHED = "SELECT id FROM touched_contact WHERE id > ? ORDER BY id LIMIT ?"

IS_TOUCHED = "SELECT 1 FROM touched_contact WHERE id = ?"

TOUCHED_COUNT = "SELECT count(*) FROM touched_contact"

UNTOUCH = "DELETE FROM touched_contact WHERE id IN (SELECT value FROM json_each(?))"

PLAN = "INSERT INTO membrain_intent (body) VALUES (?)"

INTENTS = "SELECT number, sent_at, body FROM membrain_intent WHERE number > ? ORDER BY number LIMIT ?"

# Asked in the words of the index, which holds both kinds in plan order.
INTENTS_BY_SENDING = """
SELECT number, sent_at, body FROM membrain_intent
WHERE (sent_at IS NOT NULL) = ? AND number > ? ORDER BY number LIMIT ?
"""

INTENT_COUNT = "SELECT count(*) FROM membrain_intent WHERE (sent_at IS NOT NULL) IN (SELECT value FROM json_each(?))"

MARK_SENT = "UPDATE membrain_intent SET sent_at = ? WHERE number = ?"

DROP_INTENTS = "DELETE FROM membrain_intent WHERE number IN (SELECT value FROM json_each(?))"


class SqliteInward:
    """Which contacts are to be looked at for Membrain, and what is to be written there."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def touch_contacts(self, ids: Iterable[ContactId]) -> None:
        """Have these contacts looked at, in this run or the next."""
        self._database.run(TOUCH, (json_list(ids),))

    def touch_contacts_at(self, keys: Iterable[EmailKey]) -> None:
        """Touch every contact, deleted and erased ones too, that has one of these addresses."""
        self._database.run(TOUCH_AT, (json_list(keys),))

    def touch_members(self, lists: Iterable[ListId]) -> None:
        """Touch every contact on these lists."""
        self._database.run(TOUCH_MEMBERS, (json_list(lists),))

    def touch_waiting(self, reason: Reason) -> None:
        """Touch every contact who is not in Membrain and waits for this reason."""
        self._database.run(TOUCH_WAITING, (reason.value,))

    def touched_contacts(self, after: ContactId | None = None, limit: int = 1000) -> list[ContactId]:
        """Return touched ids in their order, those greater than ``after``, at most ``limit``."""
        return [ContactId(row[0]) for row in self._database.rows(TOUCHED, (after or "", limit))]

    def is_touched(self, contact_id: ContactId) -> bool:
        """Tell whether a contact is touched."""
        return bool(self._database.rows(IS_TOUCHED, (contact_id,)))

    def touched_contact_count(self) -> int:
        """Count the touched."""
        return int(self._database.rows(TOUCHED_COUNT)[0][0])

    def untouch_contacts(self, ids: Iterable[ContactId]) -> None:
        """Take contacts off the list of those to be looked at."""
        self._database.run(UNTOUCH, (json_list(ids),))

    def plan_membrain(self, intents: Iterable[MembrainIntent]) -> None:
        """Append intents, in order; none of them has been sent."""
        rows = [(membrain_intent_body(intent),) for intent in intents]
        with self._database.scope():
            self._database.many(PLAN, rows)

    def membrain_intents(
        self, *, sent: bool | None = None, after: int = 0, limit: int = 1000
    ) -> list[StoredMembrainIntent]:
        """Return intents in plan order, with a number above ``after``; with ``sent`` only those with or without it."""
        if sent is None:
            rows = self._database.rows(INTENTS, (after, limit))
        else:
            rows = self._database.rows(INTENTS_BY_SENDING, (sent, after, limit))
        return [read_membrain_intent(row) for row in rows]

    def membrain_intent_count(self, *, sent: bool | None = None) -> int:
        """Count intents; with ``sent`` only those that were sent, or those that were not."""
        wanted = json_list([0, 1] if sent is None else [int(sent)])
        return int(self._database.rows(INTENT_COUNT, (wanted,))[0][0])

    def mark_sent(self, number: int, at: datetime) -> None:
        """Note when the request of an intent left, before it does; a later time takes the place of an earlier one."""
        self._database.run(MARK_SENT, (time_text(at), number))

    def drop_membrain_intents(self, numbers: Iterable[int]) -> None:
        """Forget intents: done, failed and reported, or to be planned again."""
        self._database.run(DROP_INTENTS, (json_list(numbers),))
