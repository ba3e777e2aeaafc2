"""Where the simulated Membrain keeps its records: one SQLite file."""

from __future__ import annotations

import json
import sqlite3
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from ccsync.sandbox.membrain.kinds import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_SCHEMA: Final = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = OFF;
PRAGMA cache_size = -64000;
CREATE TABLE IF NOT EXISTS record (
    seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL COLLATE NOCASE,
    email TEXT NOT NULL, company TEXT NOT NULL, created TEXT NOT NULL, created_by TEXT NOT NULL,
    changed TEXT NOT NULL, changed_by TEXT NOT NULL, deleted TEXT NOT NULL, retired INTEGER NOT NULL,
    body TEXT NOT NULL, UNIQUE (kind, id));
CREATE INDEX IF NOT EXISTS record_name ON record (kind, name, seq, deleted, retired);
CREATE INDEX IF NOT EXISTS record_created ON record (kind, created, seq, deleted, retired);
CREATE INDEX IF NOT EXISTS record_changed ON record (kind, changed, seq, deleted, retired);
CREATE INDEX IF NOT EXISTS record_id ON record (kind, id, seq, deleted, retired);
CREATE INDEX IF NOT EXISTS record_company ON record (kind, company);
CREATE INDEX IF NOT EXISTS record_email ON record (kind, email);
CREATE TABLE IF NOT EXISTS custom_field (
    seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL, type TEXT NOT NULL,
    options TEXT NOT NULL, UNIQUE (kind, id));
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""

_AS_JSON: Final = json.JSONEncoder(ensure_ascii=False).encode
_COLUMNS: Final = "kind, id, created, created_by, changed, changed_by, deleted, retired, body"


@dataclass(frozen=True, slots=True)
class Row:
    """One record. Times are UTC texts that sort; ``deleted`` is empty for a living record.

    ``values`` holds what is set, under the API's property names: texts, numbers, dates as ISO texts, select
    options by id, several of them as a list.
    """

    kind: Kind
    id: str
    created: str
    created_by: str
    changed: str
    changed_by: str
    values: dict[str, Any]
    deleted: str = ""
    retired: bool = False


@dataclass(frozen=True, slots=True)
class Option:
    """One choice of a select field."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class CustomField:
    """A customer-made field of one kind of record."""

    kind: Kind
    id: str
    name: str
    type: str
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time, its ends as stored texts."""

    first: str
    last: str
    with_first: bool = True
    with_last: bool = True


@dataclass(frozen=True, slots=True)
class Selection:
    """Which records of a list are wanted, in which order."""

    kind: Kind
    order: str = "seq"
    start: int = 0
    size: int = -1
    with_deleted: bool = True
    with_retired: bool = True
    spans: dict[str, Span] = field(default_factory=dict)
    email: str = ""

    def where(self) -> tuple[str, list[str]]:
        """Return the SQL condition and its parameters."""
        terms, parameters = ["kind = ?"], [str(self.kind)]
        if not self.with_deleted:
            terms.append("deleted = ''")
        if not self.with_retired:
            terms.append("retired = 0")
        for column, span in self.spans.items():
            terms.append(f"{column} {'>=' if span.with_first else '>'} ?")
            terms.append(f"{column} {'<=' if span.with_last else '<'} ?")
            parameters += [span.first, span.last]
        if self.email:
            terms.append("email = ?")
            parameters.append(self.email.casefold())
        return " AND ".join(terms), parameters


class Store:
    """Records, custom fields and settings. The caller keeps threads apart."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Let what is written inside happen as a whole or not at all; inside another one it is a part of that."""
        if self._db.in_transaction:
            yield
            return
        self._db.execute("BEGIN")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def get(self, kind: Kind, record_id: str) -> Row | None:
        """Return a record, whatever its state; ids are compared without regard to case."""
        found = self._db.execute(
            f"SELECT {_COLUMNS} FROM record WHERE kind = ? AND id = ?",  # noqa: S608 - a constant
            (kind, record_id.lower()),
        ).fetchone()
        return _row(found) if found else None

    def select(self, selection: Selection) -> list[Row]:
        """Return the wanted records."""
        where, parameters = selection.where()
        found = self._db.execute(
            f"SELECT {_COLUMNS} FROM record WHERE seq IN (SELECT seq FROM record WHERE {where} "  # noqa: S608 - constants and placeholders
            f"ORDER BY {selection.order} LIMIT ? OFFSET ?) ORDER BY {selection.order}",
            (*parameters, selection.size, selection.start),
        )
        return [_row(columns) for columns in found]

    def count(self, selection: Selection) -> int:
        """Return how many records are wanted, whatever the page."""
        where, parameters = selection.where()
        (number,) = self._db.execute(
            f"SELECT count(*) FROM record WHERE {where}",  # noqa: S608 - constants and placeholders
            parameters,
        ).fetchone()
        return int(number)

    def insert(self, rows: Iterable[Row]) -> None:
        """Add records."""
        with self.transaction():
            self._db.executemany(
                "INSERT INTO record (kind, id, created, created_by, changed, changed_by, deleted, retired, body, "
                "name, email, company) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                map(_columns, rows),
            )

    def update(self, row: Row) -> None:
        """Write a record over its former self."""
        kind, record_id, *rest = _columns(row)
        self._db.execute(
            "UPDATE record SET created = ?, created_by = ?, changed = ?, changed_by = ?, deleted = ?, "
            "retired = ?, body = ?, name = ?, email = ?, company = ? WHERE kind = ? AND id = ?",
            (*rest, kind, record_id),
        )

    def erase(self, kind: Kind, record_id: str) -> None:
        """Remove a record without a trace."""
        self._db.execute("DELETE FROM record WHERE kind = ? AND id = ?", (kind, record_id.lower()))

    def company_named(self, name: str) -> Row | None:
        """Return the oldest living company of this name, compared without regard to case."""
        found = self._db.execute(
            f"SELECT {_COLUMNS} FROM record WHERE kind = ? AND name = ? AND deleted = '' ORDER BY seq",  # noqa: S608 - a constant
            (Kind.COMPANIES, name.strip()),
        ).fetchone()
        return _row(found) if found else None

    def pass_company_name_on(self, company_id: str, name: str) -> None:
        """Write a company's new name into the records that belong to it; their ChangedDate stays."""
        self._db.execute(
            "UPDATE record SET body = json_set(body, '$.CompanyName', ?) WHERE company = ?",
            (name, company_id),
        )

    def touch_contacts(self, company_id: str, changed: str) -> None:
        """Move the ChangedDate of a company's contacts."""
        self._db.execute(
            "UPDATE record SET changed = ? WHERE kind = ? AND company = ?",
            (changed, Kind.CONTACTS, company_id),
        )

    def custom_fields(self) -> list[CustomField]:
        """Return all custom fields in the order in which they were made."""
        found = self._db.execute("SELECT kind, id, name, type, options FROM custom_field ORDER BY seq")
        return [
            CustomField(Kind(kind), field_id, name, type_, tuple(Option(*pair) for pair in json.loads(options)))
            for kind, field_id, name, type_, options in found
        ]

    def put_custom_field(self, custom: CustomField) -> None:
        """Add a custom field, or write it over its former self."""
        options = json.dumps([[option.id, option.name] for option in custom.options])
        self._db.execute(
            "INSERT INTO custom_field (kind, id, name, type, options) VALUES (?, ?, ?, ?, ?) "
            "ON CONFLICT (kind, id) DO UPDATE SET name = excluded.name, options = excluded.options",
            (custom.kind, custom.id, custom.name, custom.type, options),
        )

    def remove_custom_field(self, custom: CustomField) -> None:
        """Remove a custom field and its values."""
        self._db.execute("DELETE FROM custom_field WHERE kind = ? AND id = ?", (custom.kind, custom.id))
        self._db.execute(
            "UPDATE record SET body = json_remove(body, ?) WHERE kind = ?",
            (f'$."CustomField{custom.id}"', custom.kind),
        )

    def setting(self, name: str, default: Any) -> Any:
        """Return a setting as it was saved."""
        found = self._db.execute("SELECT value FROM setting WHERE name = ?", (name,)).fetchone()
        return json.loads(found[0]) if found else default

    def save_setting(self, name: str, value: Any) -> None:
        """Save a setting, anything that JSON can hold."""
        self._db.execute(
            "INSERT INTO setting VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            (name, json.dumps(value)),
        )


def _row(columns: tuple[Any, ...]) -> Row:
    kind, record_id, created, created_by, changed, changed_by, deleted, retired, body = columns
    return Row(
        kind=Kind(kind),
        id=record_id,
        created=created,
        created_by=created_by,
        changed=changed,
        changed_by=changed_by,
        values=json.loads(body),
        deleted=deleted,
        retired=bool(retired),
    )


def _columns(row: Row) -> tuple[Any, ...]:
    return (
        str(row.kind),
        row.id,
        row.created,
        row.created_by,
        row.changed,
        row.changed_by,
        row.deleted,
        int(row.retired),
        _AS_JSON(row.values),
        row.values.get("Name", ""),
        row.values.get("EmailAddress", "").strip().casefold(),
        row.values.get("CompanyId", ""),
    )
