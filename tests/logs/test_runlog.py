"""The log of one run, as people and programs find it on disk."""

from __future__ import annotations

import json
import resource
import stat
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from ccsync.errors import LocalError
from ccsync.logs.events import Event
from ccsync.logs.read import lines
from ccsync.logs.runlog import RunLog, new_run_id

if TYPE_CHECKING:
    from collections.abc import Iterator

RUN = "20261123T155301Z-4f2a"


@pytest.fixture
def log(tmp_path: Path, clock: Any) -> Iterator[RunLog]:
    with RunLog(tmp_path / "acme", RUN, "acme", clock) as made:
        yield made


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """Let no file grow beyond ``size`` bytes, which fails as a full disk does."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def on_disk(log: RunLog) -> list[dict[str, Any]]:
    return list(lines(log.path))


class TestWhereItLies:
    def test_it_lies_below_the_account_by_day_and_run(self, log: RunLog, tmp_path: Path) -> None:
        assert log.path == tmp_path / "acme" / "logs" / "2026-11-23" / f"{RUN}.jsonl"

    def test_nobody_else_on_the_machine_can_read_it(self, log: RunLog, tmp_path: Path) -> None:
        assert stat.S_IMODE(log.path.stat().st_mode) == 0o600
        for folder in (log.path.parent, log.path.parent.parent, tmp_path / "acme"):
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700

    def test_two_runs_never_share_a_log(self, log: RunLog, tmp_path: Path, clock: Any) -> None:
        assert log.path.exists()
        with pytest.raises(LocalError):
            RunLog(tmp_path / "acme", RUN, "acme", clock)

    def test_a_folder_that_cannot_be_made_is_a_local_error(self, tmp_path: Path, clock: Any) -> None:
        (tmp_path / "acme").write_text("a file where a folder should be")
        with pytest.raises(LocalError, match="cannot be written") as caught:
            RunLog(tmp_path / "acme", RUN, "acme", clock)
        assert caught.value.exit_code == 74
        assert caught.value.hint


class TestALine:
    def test_it_has_the_six_keys_first_and_then_the_facts_of_the_event(self, log: RunLog) -> None:
        log.event(
            Event.RECORD_CREATED, "ann@example.com was created", level="warning", sync="customers", fields=("a", "b")
        )
        raw = log.path.read_text("utf-8")
        assert raw.endswith("}\n")
        line = json.loads(raw)
        assert list(line)[:6] == ["time", "level", "run", "account", "event", "message"]
        assert line == {
            "time": "2026-11-23T15:53:01.250Z",
            "level": "warning",
            "run": RUN,
            "account": "acme",
            "event": "record.created",
            "message": "ann@example.com was created",
            "sync": "customers",
            "fields": ["a", "b"],
        }

    def test_foreign_letters_stay_readable_and_line_breaks_stay_inside(self, log: RunLog) -> None:
        log.event(Event.RECORD_UPDATED, "Åsa\nÖberg", level="error")
        assert "Åsa\\nÖberg" in log.path.read_text("utf-8")
        assert len(on_disk(log)) == 1

    def test_what_json_does_not_know_becomes_text(self, log: RunLog) -> None:
        log.event(
            Event.TIMESTAMP_MOVED,
            "moved",
            level="error",
            to=datetime(2026, 1, 2, tzinfo=UTC),
            path=Path("a"),
            kind=Event.LIST_ADDED,
        )
        line = on_disk(log)[0]
        assert (line["to"], line["path"], line["kind"]) == ("2026-01-02T00:00:00+00:00", "a", "list.added")

    def test_half_a_surrogate_from_a_service_does_not_end_the_run(self, log: RunLog) -> None:
        log.event(Event.RECORD_FAILED, "odd \ud800 text", level="error")
        assert on_disk(log)[0]["message"] == "odd \ud800 text"

    def test_a_field_cannot_take_the_place_of_a_key_of_every_line(self, log: RunLog) -> None:
        with pytest.raises(ValueError, match="account"):
            log.event(Event.RUN_STARTED, "started", account="another")

    def test_no_secret_gets_through(self, log: RunLog) -> None:
        log.event(
            Event.HTTP_REQUEST, "Authorization: Bearer abcdefgh12345678", level="error", headers={"APIKey": "k-123456"}
        )
        text = log.path.read_text("utf-8")
        assert "abcdefgh12345678" not in text
        assert "k-123456" not in text


class TestWhenLinesReachTheDisk:
    def test_ordinary_lines_wait_for_company(self, log: RunLog) -> None:
        log.event(Event.RECORD_CREATED, "one")
        assert on_disk(log) == []

    @pytest.mark.parametrize("level", ["warning", "error"])
    def test_a_warning_takes_everything_before_it_along(self, log: RunLog, level: Any) -> None:
        log.event(Event.RECORD_CREATED, "one")
        log.event(Event.RECORD_FAILED, "two", level=level)
        assert [line["message"] for line in on_disk(log)] == ["one", "two"]

    def test_every_so_many_lines_are_written(self, tmp_path: Path, clock: Any) -> None:
        with RunLog(tmp_path, RUN, "acme", clock, flush_every=3) as log:
            for number in range(7):
                log.event(Event.RECORD_CREATED, str(number))
            assert len(on_disk(log)) == 6
        assert len(on_disk(log)) == 7

    def test_threads_do_not_tear_each_others_lines(self, log: RunLog) -> None:
        def write(worker: int) -> None:
            for number in range(200):
                log.event(Event.HTTP_REQUEST, f"{worker}-{number}")

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(write, range(4)))
        log.close()
        written = [line["message"] for line in on_disk(log)]
        assert sorted(written) == sorted(f"{worker}-{number}" for worker in range(4) for number in range(200))

    def test_closing_twice_is_harmless_and_writing_afterwards_is_not(self, log: RunLog) -> None:
        log.close()
        log.close()
        with pytest.raises(LocalError, match="closed"):
            log.event(Event.RUN_FINISHED, "late", level="error")


class TestAFullDisk:
    def test_it_is_a_local_error_that_says_what_to_do(self, log: RunLog) -> None:
        with room_for(100), pytest.raises(LocalError, match="cannot be written") as caught:
            log.event(Event.RECORD_FAILED, "x" * 200, level="error")
        assert caught.value.exit_code == 74
        assert "make room" in caught.value.hint

    def test_nothing_is_lost_when_there_is_room_again(self, log: RunLog) -> None:
        with room_for(100), pytest.raises(LocalError):
            log.event(Event.RECORD_FAILED, "x" * 200, level="error")
        log.event(Event.RUN_FINISHED, "finished", level="error")
        assert [line["message"] for line in on_disk(log)] == ["x" * 200, "finished"]


class TestRunIds:
    def test_an_id_is_the_time_and_four_digits(self, clock: Any) -> None:
        run = new_run_id(clock, Random(1))
        assert run.startswith("20261123T155301Z-")
        assert len(run) == 21
        int(run[-4:], 16)

    def test_ids_sort_by_time(self, clock: Any) -> None:
        random = Random(1)
        made = []
        for _ in range(20):
            made.append(new_run_id(clock, random))
            clock.sleep(3600)
        assert made == sorted(made)
