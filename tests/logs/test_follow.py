"""Following logs: no line is lost where one run's log ends and the next one begins."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING

from ccsync.logs import follow as following
from ccsync.logs.follow import follow

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from ccsync.logs.read import LoggedRun


class NoTime:
    """A clock for somebody who need not wait."""

    def now(self) -> datetime:
        return datetime(2026, 11, 23, tzinfo=UTC)

    def monotonic(self) -> float:
        return 0.0

    def sleep(self, seconds: float) -> None:
        raise AssertionError(f"there was something to read, and it waits {seconds} s")


def write(folder: Path, run: str, message: str, **more: str) -> None:
    path = folder / "logs" / f"{run[:4]}-{run[4:6]}-{run[6:8]}" / f"{run}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps({"message": message, **more}) + "\n")


def test_what_a_run_writes_just_before_the_next_one_begins_is_not_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, "20261123T120000Z-0001", "one")
    look = following._next

    def meanwhile(folder: Path, run: LoggedRun | None) -> LoggedRun | None:
        monkeypatch.setattr(following, "_next", look)
        write(tmp_path, "20261123T120000Z-0001", "last")
        write(tmp_path, "20261123T120300Z-0002", "next")
        return look(folder, run)

    monkeypatch.setattr(following, "_next", meanwhile)
    seen = [json.loads(raw)["message"] for raw in islice(follow(tmp_path, NoTime()), 3)]
    assert seen == ["one", "last", "next"]


def messages(folder: Path, count: int) -> list[str]:
    return [json.loads(raw)["message"] for raw in islice(follow(folder, NoTime()), count)]


def test_a_day_whose_logs_are_gone_does_not_make_it_begin_with_the_first_of_all(tmp_path: Path) -> None:
    write(tmp_path, "20260801T120000Z-0001", "long ago")
    write(tmp_path, "20261122T120000Z-0002", "latest")
    (tmp_path / "logs" / "2026-11-23").mkdir()
    assert messages(tmp_path, 1) == ["latest"]


def test_a_run_over_midnight_is_followed_to_its_end_and_then_the_first_of_the_new_day(tmp_path: Path) -> None:
    write(tmp_path, "20261123T235958Z-0001", "before")
    lines = follow(tmp_path, NoTime())
    seen = [next(lines)]
    write(tmp_path, "20261123T235958Z-0001", "after midnight")
    seen.append(next(lines))
    write(tmp_path, "20261124T000258Z-0002", "next")
    assert [json.loads(raw)["message"] for raw in (*seen, next(lines))] == ["before", "after midnight", "next"]


def test_a_log_that_is_deleted_is_left_for_the_next_one(tmp_path: Path) -> None:
    write(tmp_path, "20261123T120000Z-0001", "one")
    lines = follow(tmp_path, NoTime())
    next(lines)
    (tmp_path / "logs" / "2026-11-23" / "20261123T120000Z-0001.jsonl").unlink()
    write(tmp_path, "20261123T120300Z-0002", "two")
    assert json.loads(next(lines))["message"] == "two"


def test_of_two_in_one_second_none_is_left_out(tmp_path: Path) -> None:
    write(tmp_path, "20261123T120000Z-ff01", "set", time="2026-11-23T12:00:00.100Z")
    lines = follow(tmp_path, NoTime())
    next(lines)
    write(tmp_path, "20261123T120000Z-0002", "undo", time="2026-11-23T12:00:00.900Z")
    assert json.loads(next(lines))["message"] == "undo"
