"""Old logs go by age and by size: never the running one, and cheaply when there is nothing to delete."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from ccsync.logs import retention
from ccsync.logs.read import of_day, runs
from ccsync.logs.retention import SIZES, Pruned, prune

if TYPE_CHECKING:
    from pathlib import Path

    from ccsync.logs.read import LoggedRun

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
MUCH = 10**9


def a_log(folder: Path, run: str, size: int = 100) -> Path:
    path = folder / "logs" / f"{run[:4]}-{run[4:6]}-{run[6:8]}" / f"{run}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x" * size)
    return path


def left(folder: Path) -> list[str]:
    return [run.id for run in runs(folder)]


def pruned(folder: Path, running: Path, *, days: int = 90, size: int = MUCH) -> Pruned:
    return prune(folder, keep=timedelta(days=days), max_size=size, now=NOW, running=running)


def test_what_is_older_than_that_many_days_goes_with_its_folder(tmp_path: Path) -> None:
    for run in ("20261112T235959Z-0001", "20261113T000000Z-0002", "20261122T120000Z-0003"):
        a_log(tmp_path, run)
    running = a_log(tmp_path, "20261123T120000Z-0004")
    assert pruned(tmp_path, running, days=10) == Pruned(1, 100)
    assert left(tmp_path) == ["20261113T000000Z-0002", "20261122T120000Z-0003", "20261123T120000Z-0004"]
    assert not (tmp_path / "logs" / "2026-11-12").exists()


def test_beyond_a_size_the_oldest_go_first_and_no_more_than_it_takes(tmp_path: Path) -> None:
    for minute in range(6):
        a_log(tmp_path, f"20261122T12{minute:02}00Z-0001")
    running = a_log(tmp_path, "20261123T120000Z-0004")
    assert pruned(tmp_path, running, size=450) == Pruned(3, 300)
    assert left(tmp_path)[0] == "20261122T120300Z-0001"


def test_the_running_one_stays_however_old_and_large(tmp_path: Path) -> None:
    running = a_log(tmp_path, "20260101T000000Z-0001", 1000)
    a_log(tmp_path, "20260101T000000Z-0002")
    assert pruned(tmp_path, running, days=1, size=0).logs == 1
    assert left(tmp_path) == ["20260101T000000Z-0001"]


def test_what_is_no_log_stays(tmp_path: Path) -> None:
    notes = a_log(tmp_path, "20260101T000000Z-0001").with_name("notes.txt")
    notes.write_text("mine")
    assert pruned(tmp_path, a_log(tmp_path, "20261123T120000Z-0004"), days=1).logs == 1
    assert notes.exists()


def test_run_after_run_the_size_stays_below_the_limit(tmp_path: Path) -> None:
    for number in range(40):
        running = a_log(tmp_path, f"20261123T12{number:02}00Z-0001", 100)
        pruned(tmp_path, running, size=1000)
    assert left(tmp_path) == [f"20261123T12{number:02}00Z-0001" for number in range(30, 40)]


def test_with_nothing_to_delete_no_log_but_the_running_one_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for day in range(10, 24):
        for hour in range(10):
            a_log(tmp_path, f"202611{day}T{hour:02}0000Z-0001")
    pruned(tmp_path, a_log(tmp_path, "20261123T110000Z-0001"))
    running = a_log(tmp_path, "20261123T120000Z-0001")
    monkeypatch.setattr(retention, "_measured", lambda *_: pytest.fail("a whole day is measured"))
    assert pruned(tmp_path, running) == Pruned()


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"2026-11-22": [1]}', '{"2026-11-22": null}'])
def test_a_damaged_note_of_sizes_is_made_anew(tmp_path: Path, damage: str) -> None:
    a_log(tmp_path, "20261122T120000Z-0001")
    running = a_log(tmp_path, "20261123T120000Z-0004")
    (tmp_path / "logs" / SIZES).write_text(damage)
    assert pruned(tmp_path, running, size=150).logs == 1


def test_what_another_hand_added_to_a_day_is_counted(tmp_path: Path) -> None:
    running = a_log(tmp_path, "20261123T120000Z-0001")
    pruned(tmp_path, running)
    a_log(tmp_path, "20261122T120000Z-0001", 5000)
    os.utime(tmp_path / "logs" / "2026-11-22")
    assert pruned(tmp_path, running, size=1000).bytes == 5000


def test_a_link_to_nowhere_and_a_folder_do_not_keep_the_others(tmp_path: Path) -> None:
    old = a_log(tmp_path, "20260101T000000Z-0001")
    link = old.with_name("20260101T000000Z-0000.jsonl")
    link.symlink_to(tmp_path / "nowhere")
    old.with_name("20260101T000000Z-00aa.jsonl").mkdir()
    for running in ("20261123T120000Z-0004", "20261123T120300Z-0005"):
        pruned(tmp_path, a_log(tmp_path, running), days=10, size=150)
    assert not old.exists()
    assert len(list(old.parent.iterdir())) == 2, "what is no log stays"


def test_what_a_link_leads_to_stays(tmp_path: Path) -> None:
    precious = tmp_path / "precious.txt"
    precious.write_text("x" * 1000, "utf-8")
    link = a_log(tmp_path, "20261122T120000Z-0001").with_name("20261122T120000Z-0002.jsonl")
    link.symlink_to(precious)
    assert pruned(tmp_path, a_log(tmp_path, "20261123T120000Z-0004"), size=500) == Pruned()
    pruned(tmp_path, a_log(tmp_path, "20261123T120300Z-0005"), days=0)
    assert precious.exists()


def test_a_log_that_somebody_deletes_meanwhile_is_no_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = a_log(tmp_path, "20260101T000000Z-0001"), a_log(tmp_path, "20260101T000000Z-0002")

    def then_deleted(folder: Path, date: str) -> list[LoggedRun]:
        found = of_day(folder, date)
        first.unlink(missing_ok=True)
        return found

    monkeypatch.setattr(retention, "of_day", then_deleted)
    assert pruned(tmp_path, a_log(tmp_path, "20261123T120000Z-0004"), days=10) == Pruned(1, 100)
    assert not second.parent.exists()
