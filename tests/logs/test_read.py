"""Finding a run's log again and reading it, also after a crash."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from ccsync.errors import LocalError, UsageError
from ccsync.logs.read import count, latest, lines, resolve, runs

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


def test_logs_of_one_second_stand_in_the_order_in_which_they_began(tmp_path: Path) -> None:
    day = tmp_path / "logs" / "2026-11-23"
    day.mkdir(parents=True)
    for run, began in (("ff01", "00.120"), ("0a02", "00.480"), ("7703", "00.900")):
        (day / f"20261123T120000Z-{run}.jsonl").write_text(f'{{"time": "2026-11-23T12:00:{began}Z"}}\n')
    (day / "20261123T115959Z-ffff.jsonl").write_text("{}")
    assert [run.id[-4:] for run in runs(tmp_path)] == ["ffff", "ff01", "0a02", "7703"]
    assert [run.id[-4:] for run in latest(tmp_path, 2)] == ["0a02", "7703"]


def test_one_of_them_that_has_no_line_yet_counts_from_when_it_was_made(tmp_path: Path) -> None:
    day = tmp_path / "logs" / "2026-11-23"
    day.mkdir(parents=True)
    began = datetime(2026, 11, 23, 12, 0, 0, 700_000, UTC).timestamp()
    (day / "20261123T120000Z-0001.jsonl").touch()
    os.utime(day / "20261123T120000Z-0001.jsonl", (began, began))
    (day / "20261123T120000Z-0002.jsonl").write_text('{"time": "2026-11-23T12:00:00.100Z"}\n')
    assert [run.id[-4:] for run in runs(tmp_path)] == ["0002", "0001"]


def test_what_is_no_log_of_a_run_is_not_listed(folder: Path) -> None:
    day = folder / "logs" / "2026-11-22"
    before = runs(folder)
    (day / "20261122T000000Z-00ff.jsonl").mkdir()
    (day / "20261122T000001Z-00ff.jsonl").symlink_to(day / "nowhere")
    (day / "Ann Berg.jsonl").write_bytes(b"{}")
    (folder / "logs" / "2026-11-24").write_bytes(b"")
    assert runs(folder) == before
    assert count(folder) == len(before)


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
