"""A state that an older ccsync wrote is brought up to date, one version at a time, each of them whole or not at all."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from ccsync.errors import LocalError
from ccsync.state.sqlite import SqliteStore
from ccsync.state.sqlite.opening import open_database
from ccsync.state.sqlite.schema import MIGRATIONS
from ccsync.sync.operations import IntentState
from ccsync.sync.records import Base, ContactId, EmailKey, ListId, MembrainId, Resource, Standing, name_key

VERSION_1 = Path(__file__).with_name("version-1.sql")

NEXT = """
ALTER TABLE fact ADD COLUMN noted TEXT NOT NULL DEFAULT '';
UPDATE fact SET noted = 'long ago';
"""
LAST = """
CREATE TABLE note (text TEXT NOT NULL);
INSERT INTO note SELECT key FROM fact;
"""
BROKEN = """
CREATE TABLE note (text TEXT NOT NULL);
INSERT INTO nowhere VALUES (1);
"""


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """Make a state as version 1 wrote it, from its own SQL: what is in there must be read for ever."""
    path = tmp_path / "state.sqlite"
    connection = sqlite3.connect(path)
    connection.executescript(VERSION_1.read_text(encoding="utf-8"))
    connection.close()
    return path


def ask(path: Path, sql: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(path)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def shape(path: Path) -> list[tuple[object, ...]]:
    return ask(path, "SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' ORDER BY name")


class TestFromVersionOne:
    def test_everything_in_it_is_still_there(self, old: Path) -> None:
        store = SqliteStore.open(old)
        ann, theirs, customers = MembrainId("m1"), ContactId("c1"), ListId("L1")
        assert store.mirror.contacts_by_email([EmailKey("ann@example.com")])[EmailKey("ann@example.com")][0].id == ann
        assert store.mirror.record_count(Resource.CONTACTS) == 1
        assert store.mirror.contacts([theirs])[theirs].lists == {customers}
        assert (store.mirror.contact_count(), store.mirror.list_size(customers)) == (1, 1)
        assert store.agreement.links([ann]) == {ann: theirs}
        assert store.agreement.bases([ann]) == {ann: {"first_name": Base("Ann", "Ann")}}
        assert store.agreement.standings([theirs]) == {theirs: {customers: Standing.PLACED}}
        assert store.agreement.placed(customers) == 1
        assert store.work.touched() == [ann]
        assert [stored.intent.membrain_id for stored in store.work.intents(IntentState.SENDING)] == [ann]
        assert [batch.id for batch in store.work.batches()] == ["b1"]
        assert [waiting.field for waiting in store.work.waiting()] == ["job_title"]
        assert list(store.progress.timestamps()) == ["membrain.contacts"]
        assert store.progress.bindings("list")["Customers"].id == customers
        assert store.progress.fact("account") == "p1"
        assert [run.counts.created for run in store.history.runs()] == [1]
        assert store.history.field_statistics()["customers", "full_name"].reasons[0].reason == "too_long"
        store.close()

    def test_an_unchanged_row_is_known_again(self, old: Path) -> None:
        """The digest is part of the format: another one would make every row of every user a change."""
        store = SqliteStore.open(old)
        ann, theirs = MembrainId("m1"), ContactId("c1")
        assert store.mirror.put_records(list(store.mirror.records(Resource.CONTACTS, [ann]).values())) == []
        assert store.mirror.put_contacts(list(store.mirror.contacts([theirs]).values())) == []
        store.close()

    def test_a_value_that_travelled_before_its_other_side_was_kept_is_read_without_it(self, old: Path) -> None:
        with closing(SqliteStore.open(old)) as store:
            (change,) = store.work.intents(IntentState.SENDING)[0].intent.changes
        assert (change.new, change.name, change.seen, change.settles) == ("Exämple", "", "", "")

    def test_companies_are_found_by_the_names_they_had_before_names_had_a_column(self, old: Path) -> None:
        names = {"o1": " ØRSTED  & Sønner", "o2": "Ørsted & sønner", "o3": "Half \ud83d \x00", "o4": "", "o5": None}
        with closing(sqlite3.connect(old)) as connection, connection:
            for identifier, name in names.items():
                body = json.dumps({"closed": False, "values": {} if name is None else {"Name": name}})
                connection.execute(
                    "INSERT INTO record VALUES ('companies', ?, '', NULL, NULL, NULL, NULL, x'00', ?)",
                    (identifier, body),
                )
        with closing(SqliteStore.open(old)) as store:
            keys = [name_key(name) for name in ("Ørsted & Sønner", "Half \ud83d \x00", "", "Ann Exämple")]
            found = store.mirror.companies_by_name(keys)
        assert {key: [record.id for record in records] for key, records in found.items()} == {
            keys[0]: ["o1", "o2"],
            keys[1]: ["o3"],
        }
        assert ask(old, "SELECT id FROM record WHERE name_key IS NULL ORDER BY id") == [("m1",), ("o4",), ("o5",)]

    def test_its_tables_become_those_of_a_new_state(self, old: Path, tmp_path: Path) -> None:
        new = tmp_path / "new.sqlite"
        SqliteStore.open(old).close()
        SqliteStore.open(new).close()
        assert shape(old) == shape(new)


class TestSteps:
    def test_all_later_versions_are_applied_in_order(self, old: Path) -> None:
        open_database(old, read_only=False, migrations=(*MIGRATIONS, NEXT, LAST)).close()
        assert ask(old, "PRAGMA user_version") == [(len(MIGRATIONS) + 2,)]
        assert ask(old, "SELECT noted FROM fact") == [("long ago",)]
        assert ask(old, "SELECT text FROM note") == [("account",)]

    def test_a_version_is_applied_once(self, old: Path) -> None:
        for _ in range(2):
            open_database(old, read_only=False, migrations=(*MIGRATIONS, NEXT, LAST)).close()
        assert ask(old, "SELECT count(*) FROM note") == [(1,)]

    def test_a_step_that_breaks_leaves_the_version_before_it(self, old: Path) -> None:
        with pytest.raises(sqlite3.OperationalError, match="nowhere"):
            open_database(old, read_only=False, migrations=(*MIGRATIONS, NEXT, BROKEN))
        assert ask(old, "PRAGMA user_version") == [(len(MIGRATIONS) + 1,)]
        assert ask(old, "SELECT name FROM sqlite_master WHERE name = 'note'") == []
        open_database(old, read_only=False, migrations=(*MIGRATIONS, NEXT, LAST)).close()
        assert ask(old, "SELECT text FROM note") == [("account",)]

    def test_a_new_state_is_made_whole_or_not_at_all(self, tmp_path: Path) -> None:
        path = tmp_path / "state.sqlite"
        with pytest.raises(sqlite3.OperationalError, match="nowhere"):
            open_database(path, read_only=False, migrations=(BROKEN,))
        assert ask(path, "SELECT count(*) FROM sqlite_master") == [(0,)]
        SqliteStore.open(path).close()

    def test_a_reader_leaves_an_old_state_to_the_next_run(self, old: Path) -> None:
        with pytest.raises(LocalError, match="was written by an older ccsync") as caught:
            open_database(old, read_only=True, migrations=(*MIGRATIONS, NEXT))
        assert "ccsync run --once" in caught.value.hint
        assert ask(old, "PRAGMA user_version") == [(1,)]
