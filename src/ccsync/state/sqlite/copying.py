"""A copy of the state while others write to it, and what an older copy has to learn before it may be used."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing, suppress
from typing import TYPE_CHECKING

from ccsync.errors import CcsyncError
from ccsync.state.sqlite import SqliteStore, failure

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_BUSY_SECONDS = 10.0


def copy_state(path: Path, target: Path) -> None:
    """Copy a state as it is at one moment into a new file of its own, for its owner alone.

    Nobody is kept waiting: a run goes on writing meanwhile. Raises ``NoState`` when there is none, and ``LocalError``
    when it is damaged, or the disk is full; then there is no copy.
    """
    if not path.exists():
        raise failure.no_state(path)
    os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    try:
        with (
            closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=_BUSY_SECONDS)) as source,
            closing(sqlite3.connect(target)) as copy,
        ):
            source.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")  # one file, and nothing beside it
    except BaseException as error:
        target.unlink(missing_ok=True)
        if isinstance(error, sqlite3.Error):
            raise failure.translated(error, path) from error
        raise


def fold(path: Path) -> bool:
    """Bring what lies in the files beside a state into it; False when it cannot be read."""
    try:
        store = SqliteStore.open(path)
    except CcsyncError:
        return False
    store.close()
    return True


def set_aside(path: Path, aside: Path) -> None:
    """Keep a state as it is under another name, also a damaged one; it stays in its place until somebody removes it."""
    log = path.with_name(f"{path.name}-wal")
    aside.unlink(missing_ok=True)
    if fold(path) and log.exists():  # somebody is reading, which keeps a part of the state beside it
        copy_state(path, aside)
        return
    os.link(path, aside)
    if log.exists():
        shutil.copyfile(log, aside.with_name(f"{aside.name}-wal"))


CARRIED = (
    # Whoever the copy does not know at all: what the later state knows of them.
    """INSERT INTO record SELECT * FROM later.record AS theirs WHERE resource = 'contacts' AND NOT EXISTS (
        SELECT 1 FROM main.record AS ours WHERE ours.resource = theirs.resource AND ours.id = theirs.id)""",
    """INSERT INTO membership SELECT * FROM later.membership
        WHERE contact_id NOT IN (SELECT id FROM main.contact)""",
    "INSERT INTO contact SELECT * FROM later.contact WHERE id NOT IN (SELECT id FROM main.contact)",
    "INSERT INTO link SELECT * FROM later.link WHERE true ON CONFLICT DO NOTHING",
    # What both sides agreed on last: with an older agreement, what was decided since would count as undecided.
    """INSERT INTO base SELECT theirs.* FROM later.base AS theirs
        JOIN later.link AS pair USING (membrain_id) JOIN main.link AS ours USING (membrain_id, contact_id)
        WHERE true ON CONFLICT DO UPDATE SET body = excluded.body""",
    # Whoever both know: what must never be undone.
    """UPDATE record SET gone = (SELECT gone FROM later.record AS theirs
            WHERE theirs.resource = record.resource AND theirs.id = record.id)
        WHERE resource = 'contacts' AND gone = '' AND EXISTS (SELECT 1 FROM later.record AS theirs
            WHERE theirs.resource = record.resource AND theirs.id = record.id AND theirs.gone <> '')""",
    "UPDATE contact SET erased = 1 WHERE erased = 0 AND id IN (SELECT id FROM later.contact WHERE erased = 1)",
    """INSERT INTO standing SELECT * FROM later.standing WHERE true
        ON CONFLICT DO UPDATE SET standing = excluded.standing WHERE excluded.standing = 'taken-off'""",
)
"""What an older copy takes from a later state of the same account, which has the same tables."""

GREW = "SELECT 1 FROM main.run JOIN later.run USING (id)"
"""Tells that the later state is what this one became: a state that began anew does not know its runs."""

OVERRULED = (
    """INSERT INTO contact SELECT * FROM later.contact WHERE true ON CONFLICT (id) DO UPDATE SET
        erased = excluded.erased, updated = excluded.updated, email_key = excluded.email_key,
        digest = excluded.digest, body = excluded.body""",
    "DELETE FROM membership WHERE contact_id IN (SELECT id FROM later.contact)",
    "INSERT INTO membership SELECT * FROM later.membership WHERE true ON CONFLICT DO NOTHING",
    "DELETE FROM standing WHERE contact_id IN (SELECT id FROM later.contact)",
    """INSERT INTO standing SELECT * FROM later.standing WHERE true
        ON CONFLICT DO UPDATE SET standing = excluded.standing""",
)
"""What a copy takes from the state that it became: who is on which list, and by whose hand."""


def carry_over(path: Path, later: Path, *, same: Sequence[str]) -> bool:
    """Have a state know whom a later one saw taken off a list, placed, deleted or erased, and whom it made.

    False, and nothing is taken over, when the two differ in one of the facts ``same``: they are of two accounts.
    """
    with closing(sqlite3.connect(path, isolation_level=None, timeout=_BUSY_SECONDS)) as connection:
        try:
            connection.execute("ATTACH DATABASE ? AS later", (str(later),))
            if _differs(connection, same):
                return False
            connection.execute("BEGIN IMMEDIATE")
            grew = connection.execute(GREW).fetchone() is not None
            for statement in (*CARRIED, *(OVERRULED if grew else ())):
                connection.execute(statement)
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            with suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
            raise failure.translated(error, later) from error
    return True


def _differs(connection: sqlite3.Connection, same: Sequence[str]) -> bool:
    pairs = connection.execute(
        "SELECT ours.key FROM main.fact AS ours JOIN later.fact AS theirs USING (key) WHERE ours.value <> theirs.value"
    )
    return any(key in same for (key,) in pairs)
