"""Finding a run's log again and reading it, also after a crash."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ccsync.errors import LocalError, UsageError
from ccsync.logs.read import lines, resolve, runs

if TYPE_CHECKING:
    from pathlib import Path

RUNS = ("20261122T235959Z-00aa", "20261123T155301Z-4f2a", "20261123T155601Z-4f2b")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for run in RUNS:
        day = tmp_path / "logs" / f"{run[:4]}-{run[4:6]}-{run[6:8]}"
        day.mkdir(parents=True, exist_ok=True)
        (day / f"{run}.jsonl").write_text('{"event": "run.started"}\n{"event": "run.finished"}\n')
    (tmp_path / "logs" / "notes.txt").write_text("not a log")
    return tmp_path


def test_runs_are_listed_oldest_first_with_their_date(folder: Path) -> None:
    assert [(run.id, run.date) for run in runs(folder)] == [
        (RUNS[0], "2026-11-22"),
        (RUNS[1], "2026-11-23"),
        (RUNS[2], "2026-11-23"),
    ]


def test_an_account_without_logs_has_no_runs(tmp_path: Path) -> None:
    assert runs(tmp_path) == []


def test_any_unambiguous_beginning_names_a_run(folder: Path) -> None:
    assert resolve(folder, "20261122").id == RUNS[0]
    assert resolve(folder, RUNS[2]).id == RUNS[2]


def test_an_ambiguous_beginning_is_answered_with_the_candidates(folder: Path) -> None:
    with pytest.raises(UsageError, match=f"{RUNS[1]}, {RUNS[2]}"):
        resolve(folder, "20261123T155")


def test_a_whole_id_wins_over_one_that_merely_begins_so(folder: Path) -> None:
    longer = folder / "logs" / "2026-11-23" / f"{RUNS[1]}0.jsonl"
    longer.write_text("")
    assert resolve(folder, RUNS[1]).id == RUNS[1]


def test_an_unknown_run_is_answered_with_the_command_that_lists_them(folder: Path) -> None:
    with pytest.raises(UsageError) as caught:
        resolve(folder, "2025")
    assert caught.value.hint == "ccsync logs list"


def test_a_line_torn_by_a_crash_is_left_out(folder: Path) -> None:
    path = runs(folder)[0].path
    with path.open("ab") as file:
        file.write('{"event": "record.created", "message": "Ö'.encode()[:-1])
    assert [line["event"] for line in lines(path)] == ["run.started", "run.finished"]


def test_a_log_that_is_gone_is_a_local_error(folder: Path) -> None:
    with pytest.raises(LocalError, match="cannot be read"):
        list(lines(folder / "logs" / "gone.jsonl"))
