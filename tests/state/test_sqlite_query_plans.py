"""Every statement follows the size of what it is asked about, never the size of the tables."""

from __future__ import annotations

import re
import sqlite3
from typing import TYPE_CHECKING

import pytest

from ccsync.state.sqlite import SqliteStore, agreement, history, inward, mirror, progress, sweeps, work

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import ModuleType

BOOKS = (agreement, history, inward, mirror, progress, sweeps, work)

LARGE = {
    "sweeps.MISSED_RECORDS": "the end of a complete reading is about all rows: an index of the living ones",
    "sweeps.MISSED_CONTACTS": "the same on the other side",
    "sweeps.MISSED_TWICE": "all that the last reading has missed, which is little",
    "sweeps.FORGET_ABSENCES": "the same",
    "mirror.RECORDS_SINCE": "a preview of a timestamp that is set back: an index of the living ones",
    "mirror.CONTACTS_SINCE": "the same on the other side",
    "work.TOUCH_EVERYONE": "everyone is asked for: an index of ids",
    "work.WAITING": "everybody who waits is asked for, in the order of an index, up to a limit",
    "work.WAITING_COUNTS": "people who wait are counted, and only they: an index of them",
}
SMALL = {
    "work.TOUCHED_COUNT": "all the touched are counted, and only they: nothing but their ids",
    "inward.TOUCHED_COUNT": "the same of the other side's contacts",
    "work.BATCHES": "all open batches are asked for, a handful",
    "history.RUNS": "the last runs, in the order of the table, up to a limit",
    "history.FIELDS": "as many as the config has fields",
    "history.REASONS": "as many as the config has fields, times the reasons",
    "progress.FORGET_TIMESTAMP": "one of as many as there are streams",
    "progress.TIMESTAMPS": "as many as there are streams",
}
ALL_ROWS = {**LARGE, **SMALL}

# An index that is entered by the name of a list alone is walked from one end of the list to the other.
WHOLE_LIST = re.compile(r"\((resource|stream)=\?\)")


def statements(module: ModuleType) -> Iterator[tuple[str, str]]:
    book = module.__name__.rpartition(".")[2]
    for name, value in vars(module).items():
        if isinstance(value, str) and re.match(r"\s*(SELECT|INSERT|UPDATE|DELETE)\s", value):
            yield f"{book}.{name}", value


STATEMENTS = dict(entry for module in BOOKS for entry in statements(module))


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    path: Path = tmp_path_factory.mktemp("state") / "state.sqlite"
    SqliteStore.open(path).close()
    connection = sqlite3.connect(path)
    yield connection
    connection.close()


def plan(tables: sqlite3.Connection, sql: str) -> list[str]:
    names = re.findall(r"(?<!\w):(\w+)", sql)
    parameters = dict.fromkeys(names) if names else (None,) * sql.count("?")
    return [row[3] for row in tables.execute(f"EXPLAIN QUERY PLAN {sql}", parameters)]


def walks(steps: list[str]) -> list[str]:
    """Return the steps that walk a table of ours from one end to the other."""
    ours = [step for step in steps if not re.match(r"SCAN (json_each|CONSTANT ROW|\(subquery)", step)]
    return [step for step in ours if step.startswith("SCAN") or WHOLE_LIST.search(step)]


def test_the_statements_were_found() -> None:
    assert {name.partition(".")[0] for name in STATEMENTS} == {module.__name__.rpartition(".")[2] for module in BOOKS}
    assert set(ALL_ROWS) <= set(STATEMENTS)


@pytest.mark.parametrize("name", sorted(set(STATEMENTS) - set(ALL_ROWS)))
def test_a_statement_about_a_few_rows_walks_no_table(tables: sqlite3.Connection, name: str) -> None:
    assert walks(plan(tables, STATEMENTS[name])) == []


@pytest.mark.parametrize("name", sorted(LARGE))
def test_a_statement_about_all_rows_of_a_large_table_walks_an_index(tables: sqlite3.Connection, name: str) -> None:
    steps = walks(plan(tables, STATEMENTS[name]))
    assert steps, "walks nothing any more: take it off the list"
    assert all(re.search("INDEX|PRIMARY KEY", step) for step in steps)


@pytest.mark.parametrize("name", sorted(SMALL))
def test_only_small_tables_are_walked_as_they_are(tables: sqlite3.Connection, name: str) -> None:
    assert walks(plan(tables, STATEMENTS[name])), "walks nothing any more: take it off the list"
