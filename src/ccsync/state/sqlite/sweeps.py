"""Which rows a complete reading has met, and which the last one has missed, in SQLite."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ccsync.state.sqlite.database import Database
    from ccsync.sync.records import Resource

# The marks of all mirrors lie in one table: this is the name of Constant Contact's contacts among Membrain's lists.
CONTACT_STREAM = "constant_contact"

MARK = "INSERT INTO swept SELECT ?, ?, value FROM json_each(?) WHERE true ON CONFLICT DO NOTHING"

END_ABSENCES = "DELETE FROM absent WHERE stream = ? AND id IN (SELECT value FROM json_each(?))"

MISSED_TWICE = """
SELECT id FROM absent WHERE stream = :stream
AND NOT EXISTS (SELECT 1 FROM swept WHERE stream = :stream AND sweep = :sweep AND swept.id = absent.id)
"""

FORGET_ABSENCES = "DELETE FROM absent WHERE stream = ?"

MISSED_RECORDS = """
INSERT INTO absent SELECT :stream, id FROM record WHERE resource = :stream AND gone = ''
AND NOT EXISTS (SELECT 1 FROM swept WHERE stream = :stream AND sweep = :sweep AND swept.id = record.id)
"""

MISSED_CONTACTS = """
INSERT INTO absent SELECT :stream, id FROM contact WHERE erased = 0
AND NOT EXISTS (SELECT 1 FROM swept WHERE stream = :stream AND sweep = :sweep AND swept.id = contact.id)
"""

FORGET_MARKS = "DELETE FROM swept WHERE stream = ? AND sweep <= ?"


class Sweeps:
    """Counts absences: ``absent`` holds the living rows that the last complete reading did not meet."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def mark(self, stream: str, ids: str, sweep: int | None) -> None:
        """Note that rows were read; ``ids`` is a JSON list."""
        self._database.run(END_ABSENCES, (stream, ids))
        if sweep is not None:
            self._database.run(MARK, (stream, sweep, ids))

    def missed_twice(self, stream: str, sweep: int) -> list[str]:
        """Return the rows that neither this sweep nor the one before it has met: they are to be declared gone."""
        return [row[0] for row in self._database.rows(MISSED_TWICE, {"stream": stream, "sweep": sweep})]

    def close_records(self, resource: Resource, sweep: int) -> None:
        """Note the living rows of a Membrain list that this sweep has missed, and forget its marks."""
        self._close(MISSED_RECORDS, resource.value, sweep)

    def close_contacts(self, sweep: int) -> None:
        """Note the contacts that this sweep has missed, and forget its marks."""
        self._close(MISSED_CONTACTS, CONTACT_STREAM, sweep)

    def _close(self, missed: str, stream: str, sweep: int) -> None:
        self._database.run(FORGET_ABSENCES, (stream,))
        self._database.run(missed, {"stream": stream, "sweep": sweep})
        self._database.run(FORGET_MARKS, (stream, sweep))
