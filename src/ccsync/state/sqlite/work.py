"""Who has to be looked at, what was sent and not yet seen, and who waits, in SQLite."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ccsync.state.sqlite.intents import intent_body, read_intent
from ccsync.state.sqlite.rows import json_list, read_batch, read_waiting, time_text, waiting_row
from ccsync.sync.operations import IntentState
from ccsync.sync.records import MembrainId

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ccsync.state.sqlite.database import Database
    from ccsync.sync.operations import Batch, Intent, Reason, StoredIntent, Waiting
    from ccsync.sync.records import EmailKey

TOUCH = "INSERT INTO touched SELECT value FROM json_each(?) WHERE true ON CONFLICT DO NOTHING"

TOUCH_ADDRESSES = """
INSERT INTO touched SELECT id FROM record WHERE email_key IN (SELECT value FROM json_each(?)) ON CONFLICT DO NOTHING
"""

TOUCH_COMPANIES = """
INSERT INTO touched SELECT id FROM record
WHERE company_id IN (SELECT value FROM json_each(?)) AND resource = 'contacts' AND gone = '' ON CONFLICT DO NOTHING
"""

TOUCH_EVERYONE = "INSERT INTO touched SELECT id FROM record WHERE resource = 'contacts' ON CONFLICT DO NOTHING"

TOUCH_WAITING = """
INSERT INTO touched SELECT DISTINCT membrain_id FROM waiting
WHERE reason = ? AND EXISTS (SELECT 1 FROM record WHERE resource = 'contacts' AND id = membrain_id)
ON CONFLICT DO NOTHING
"""

TOUCHED = "SELECT id FROM touched WHERE id > ? ORDER BY id LIMIT ?"

IS_TOUCHED = "SELECT 1 FROM touched WHERE id = ?"

TOUCHED_COUNT = "SELECT count(*) FROM touched"

UNTOUCH = "DELETE FROM touched WHERE id IN (SELECT value FROM json_each(?))"

PLAN = "INSERT INTO intent (state, body) VALUES (?, ?)"

# One state at a time, because each of them is in the index in plan order: what is merged is already short.
INTENTS_OF_STATE = """
SELECT * FROM (
    SELECT number, state, batch, failure, body FROM intent
    WHERE state = ? AND number > ? ORDER BY number LIMIT ?
)
"""

INTENTS_OF_BATCH = """
SELECT number, state, batch, failure, body FROM intent
WHERE batch = ? AND number > ? AND state IN (SELECT value FROM json_each(?)) ORDER BY number LIMIT ?
"""

INTENT_COUNT = "SELECT count(*) FROM intent WHERE state IN (SELECT value FROM json_each(?))"

MARK = """
UPDATE intent SET state = ?, batch = coalesce(?, batch), failure = coalesce(?, failure)
WHERE number IN (SELECT value FROM json_each(?))
"""

DROP_INTENTS = "DELETE FROM intent WHERE number IN (SELECT value FROM json_each(?))"

OPEN_BATCH = """
INSERT INTO batch (id, kind, run, sent_at, rows, activity_id) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, run = excluded.run, sent_at = excluded.sent_at,
    rows = excluded.rows, activity_id = excluded.activity_id
"""

ANSWERED = "UPDATE batch SET activity_id = ? WHERE id = ?"

BATCHES = "SELECT id, kind, run, sent_at, rows, activity_id FROM batch ORDER BY sent_at, number"

CLOSE_BATCH = "DELETE FROM batch WHERE id = ?"

WAIT = """
INSERT INTO waiting (membrain_id, sync, field, reason, since, body) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (membrain_id, sync, field, reason) DO UPDATE SET since = min(since, excluded.since), body = excluded.body
WHERE since > excluded.since OR body <> excluded.body
"""

WAITING_FOR = """
SELECT membrain_id, sync, field, reason, since, body FROM waiting
WHERE membrain_id IN (SELECT value FROM json_each(?)) ORDER BY membrain_id, sync, field, reason
"""

WAITING = """
SELECT membrain_id, sync, field, reason, since, body FROM waiting
ORDER BY since, membrain_id, sync, field, reason LIMIT ?
"""

WAITING_COUNTS = "SELECT sync, reason, count(*) FROM waiting WHERE field = '' GROUP BY sync, reason"

STOP_WAITING = """
DELETE FROM waiting WHERE membrain_id = ? AND (sync, field, reason) NOT IN (
    SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]') FROM json_each(?)
)
"""

_NO_LIMIT = -1


class SqliteWork:
    """Who is to be planned, what was sent and not yet seen, who waits."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def touch(self, ids: Iterable[MembrainId]) -> None:
        """Have these Membrain contacts planned, in this run or the next."""
        self._database.run(TOUCH, (json_list(ids),))

    def touch_addresses(self, keys: Iterable[EmailKey]) -> None:
        """Touch every Membrain contact, gone ones too, that has one of these addresses."""
        self._database.run(TOUCH_ADDRESSES, (json_list(keys),))

    def touch_companies(self, ids: Iterable[MembrainId]) -> None:
        """Touch every living Membrain contact of these companies."""
        self._database.run(TOUCH_COMPANIES, (json_list(ids),))

    def touch_everyone(self) -> None:
        """Touch every Membrain contact, gone ones too."""
        self._database.run(TOUCH_EVERYONE)

    def touch_waiting(self, reason: Reason) -> None:
        """Touch every Membrain contact who waits for this reason, with all or with a field."""
        self._database.run(TOUCH_WAITING, (reason.value,))

    def touched(self, after: MembrainId | None = None, limit: int = 1000) -> list[MembrainId]:
        """Return touched ids in their order, those greater than ``after``, at most ``limit``."""
        return [MembrainId(row[0]) for row in self._database.rows(TOUCHED, (after or "", limit))]

    def is_touched(self, membrain_id: MembrainId) -> bool:
        """Tell whether a Membrain contact is touched."""
        return bool(self._database.rows(IS_TOUCHED, (membrain_id,)))

    def touched_count(self) -> int:
        """Count the touched."""
        return int(self._database.rows(TOUCHED_COUNT)[0][0])

    def untouch(self, ids: Iterable[MembrainId]) -> None:
        """Take people off the list of those to be planned."""
        self._database.run(UNTOUCH, (json_list(ids),))

    def plan(self, intents: Iterable[Intent]) -> None:
        """Append intents as PLANNED, in order."""
        rows = [(IntentState.PLANNED.value, intent_body(intent)) for intent in intents]
        with self._database.scope():
            self._database.many(PLAN, rows)

    def intents(
        self, *states: IntentState, batch: str | None = None, after: int = 0, limit: int = 1000
    ) -> list[StoredIntent]:
        """Return intents of these states (all when none is named) in plan order, with a number above ``after``."""
        wanted = dict.fromkeys(state.value for state in states or IntentState)
        if batch is not None:
            rows = self._database.rows(INTENTS_OF_BATCH, (batch, after, json_list(wanted), limit))
        else:
            merged = "UNION ALL".join([INTENTS_OF_STATE] * len(wanted)) + "ORDER BY number LIMIT ?"
            bounds = [bound for state in wanted for bound in (state, after, limit)]
            rows = self._database.rows(merged, (*bounds, limit))
        return [read_intent(row) for row in rows]

    def intent_count(self, *states: IntentState) -> int:
        """Count intents of these states (all when none is named)."""
        wanted = json_list(state.value for state in states or IntentState)
        return int(self._database.rows(INTENT_COUNT, (wanted,))[0][0])

    def mark(
        self, numbers: Iterable[int], state: IntentState, *, batch: str | None = None, failure: str | None = None
    ) -> None:
        """Move intents to a state; ``batch`` and ``failure`` are set when given."""
        self._database.run(MARK, (state.value, batch, failure, json_list(numbers)))

    def drop_intents(self, numbers: Iterable[int]) -> None:
        """Forget intents: seen, failed and reported, or to be planned again."""
        self._database.run(DROP_INTENTS, (json_list(numbers),))

    def open_batch(self, batch: Batch) -> None:
        """Store a batch, before its request leaves."""
        sent_at = time_text(batch.sent_at)
        self._database.run(OPEN_BATCH, (batch.id, batch.kind, batch.run, sent_at, batch.rows, batch.activity_id))

    def answered(self, batch_id: str, activity_id: str) -> None:
        """Store the activity that a batch became."""
        self._database.run(ANSWERED, (activity_id, batch_id))

    def batches(self) -> list[Batch]:
        """Return the open batches, oldest first."""
        return [read_batch(row) for row in self._database.rows(BATCHES)]

    def close_batch(self, batch_id: str) -> None:
        """Forget a batch."""
        self._database.run(CLOSE_BATCH, (batch_id,))

    def wait(self, waiting: Iterable[Waiting]) -> None:
        """Store who waits; the same person, sync, field and reason keeps the earlier ``since``."""
        rows = [waiting_row(entry) for entry in waiting]
        with self._database.scope():
            self._database.many(WAIT, rows)

    def waiting_for(self, ids: Iterable[MembrainId]) -> dict[MembrainId, list[Waiting]]:
        """Return what each of these people waits for."""
        waiting: dict[MembrainId, list[Waiting]] = {}
        for entry in map(read_waiting, self._database.rows(WAITING_FOR, (json_list(ids),))):
            waiting.setdefault(entry.membrain_id, []).append(entry)
        return waiting

    def waiting(self, limit: int | None = None) -> list[Waiting]:
        """Return everybody who waits, longest first."""
        bound = _NO_LIMIT if limit is None else limit
        return [read_waiting(row) for row in self._database.rows(WAITING, (bound,))]

    def waiting_counts(self) -> dict[tuple[str, str], int]:
        """Count people who wait, by (sync, reason); fields of people do not count."""
        return {(sync, reason): count for sync, reason, count in self._database.rows(WAITING_COUNTS)}

    def stop_waiting(self, membrain_id: MembrainId, keep: Iterable[Waiting] = ()) -> None:
        """Forget what a person waits for, except entries equal to ``keep`` in sync, field and reason."""
        kept = json.dumps([(entry.sync, entry.field, entry.reason.value) for entry in keep])
        self._database.run(STOP_WAITING, (membrain_id, kept))
