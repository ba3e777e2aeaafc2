"""`ccsync logs show` with what narrows it down, and while a log is written."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from ccsync.cli.app import execute
from ccsync.cli.session import Environment
from ccsync.errors import ExitCode

from .conftest import NOON, RUN, CommandLine, FakeApplication, Stream, write_log

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

OLDER = "20261121T090000Z-00aa"
NEXT = "20261123T120300Z-4f2b"
ANN, ANNA = "ann@example.com", "anna.new@example.com"
ID = "0026ae8b-b286-4e2f-b442-0d35a565b245"


def written(folder: Path, run: str, *events: dict[str, Any]) -> Path:
    """Write a log with nothing but these events, a second apart."""
    path = write_log(folder, run)
    day = f"{run[:4]}-{run[4:6]}-{run[6:8]}"
    begin = f"{day}T{run[9:11]}:{run[11:13]}"
    fixed = {"level": "info", "run": run, "account": "acme"}
    lines = [{"time": f"{begin}:0{at}.000Z", **fixed, "message": "", **one} for at, one in enumerate(events)]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    return path


@pytest.fixture
def two_runs(application: FakeApplication) -> FakeApplication:
    folder = application.folder
    written(
        folder,
        OLDER,
        {"event": "run.started"},
        {
            "event": "record.created",
            "message": f"{ANN}: created",
            "contact": ANN,
            "membrain_id": ID,
            "sync": "customers",
        },
        {"event": "record.failed", "level": "error", "contact": "bo@example.com", "sync": "partners"},
        {"event": "record.updated", "contact": f"jo{ANN}", "changes": [{"sync": "partners"}]},
    )
    written(
        folder,
        RUN,
        {"event": "http.request", "message": f"PUT /contacts/{ID}: 200"},
        {"event": "record.updated", "contact": ANNA, "membrain_id": ID, "level": "warning"},
        {"event": "record.skipped", "message": f"cy@example.com: {ANN}, created earlier, takes part"},
    )
    return application


def shown(ccsync: CommandLine, *words: str) -> list[str]:
    outcome = ccsync("logs", "show", *words)
    assert outcome.code == ExitCode.DONE, outcome.stderr
    return [json.loads(line)["event"] for line in outcome.stdout.splitlines()]


@pytest.mark.usefixtures("two_runs")
class TestNarrowedDown:
    @pytest.mark.parametrize("when", ["2d", "2026-11-23", "2026-11-23T12:00", "2026-11-23T13:00:00+01:00"])
    def test_since_a_moment_or_for_so_long(self, ccsync: CommandLine, when: str) -> None:
        assert shown(ccsync, "--since", when) == ["http.request", "record.updated", "record.skipped"]

    def test_until_a_moment(self, ccsync: CommandLine) -> None:
        assert shown(ccsync, "--until", "2026-11-21T09:00:01Z") == ["run.started", "record.created"]
        assert shown(ccsync, "--since", "2026-11-21T09:00:03", "--until", "1d") == ["record.updated"]

    def test_a_level_means_that_and_worse(self, ccsync: CommandLine) -> None:
        assert shown(ccsync, "--level", "warning") == ["record.failed", "record.updated"]
        assert shown(ccsync, "--level", "error") == ["record.failed"]

    def test_an_event_by_its_name_or_its_beginning(self, ccsync: CommandLine) -> None:
        assert shown(ccsync, "--event", "run.started", "--event", "http") == ["run.started", "http.request"]
        assert "record.failed" in shown(ccsync, "--event", "record")
        assert shown(ccsync, "--event", "rec") == []

    def test_a_sync_by_the_line_or_by_any_of_its_changes(self, ccsync: CommandLine) -> None:
        assert shown(ccsync, "--sync", "partners") == ["record.failed", "record.updated"]

    def test_a_person_however_the_address_is_spelt_and_also_under_another_one(self, ccsync: CommandLine) -> None:
        assert shown(ccsync, "--contact", "Ann@EXAMPLE.com") == [
            "record.created",
            "http.request",
            "record.updated",
            "record.skipped",
        ]

    def test_a_person_is_not_somebody_whose_address_ends_alike(self, ccsync: CommandLine) -> None:
        assert shown(ccsync, "--contact", f"jo{ANN}") == ["record.updated"]

    def test_everything_together_in_json(self, ccsync: CommandLine) -> None:
        events = ccsync("logs", "show", "--contact", ANN, "--since", "2d", "--event", "record", "--json").data["events"]
        assert [event["event"] for event in events] == ["record.updated", "record.skipped"]

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (("--since", "yesterday"), "'yesterday' is no moment (--since)"),
            (("--until", "2026-13-01"), "'2026-13-01' is no moment (--until)"),
            (("--since", "1d", "--until", "2d"), "--until 2d is before --since 1d"),
            (("--contact", "Ann"), "'Ann' is no e-mail address"),
            (("--level", "loud"), "loud"),
            (("--follow", "--until", "1d"), "--until is for what was, and --follow for what comes"),
        ],
    )
    def test_what_cannot_be_is_wrong_usage_with_what_to_write(
        self, ccsync: CommandLine, words: tuple[str, ...], said: str
    ) -> None:
        outcome = ccsync("logs", "show", *words)
        assert outcome.code == ExitCode.USAGE
        assert said in outcome.stderr
        assert "  next: " in outcome.stderr


@dataclass
class Meanwhile:
    """A clock: whenever somebody waits, the next thing happens; after the last one, Ctrl-C."""

    things: list[Callable[[], object]] = field(default_factory=list)
    waited: int = 0

    def now(self) -> datetime:
        return NOON

    def monotonic(self) -> float:
        return 0.0

    def sleep(self, seconds: float) -> None:
        assert seconds == 1.0
        self.waited += 1
        if not self.things:
            raise KeyboardInterrupt
        self.things.pop(0)()


def add(path: Path, text: str) -> Callable[[], object]:
    def happen() -> None:
        with path.open("a", encoding="utf-8") as file:
            file.write(text)

    return happen


class TestFollow:
    def follow(self, application: FakeApplication, *words: str, things: list[Callable[[], object]]) -> list[Any]:
        stdout, stderr = Stream(), Stream()
        clock = Meanwhile(list(things))
        there = Environment(Stream(), stdout, stderr, {}, clock, lambda *_: application)
        assert execute(["logs", "show", "--follow", *words], there) == ExitCode.DONE, stderr.getvalue()
        assert stderr.getvalue() == ""
        assert clock.waited <= len(things) + 1
        return [json.loads(line)["message"] for line in stdout.getvalue().splitlines()]

    def test_begins_with_the_last_lines_and_goes_on_until_ctrl_c(self, application: FakeApplication) -> None:
        path = written(application.folder, RUN, *({"event": "a.b", "message": str(n)} for n in range(10)))
        add(path, '{"message": "10"}\n')()
        seen = self.follow(application, things=[add(path, '{"message": "11"}\n'), add(path, '{"message": "12"}\n')])
        assert seen == [str(n) for n in range(1, 13)]

    def test_half_a_line_is_shown_when_it_is_whole(self, application: FakeApplication) -> None:
        path = written(application.folder, RUN)
        assert self.follow(application, things=[add(path, '{"message": "o'), add(path, 'ne"}\n')]) == ["one"]

    def test_a_new_run_is_found_and_the_end_of_the_one_before_is_not_lost(self, application: FakeApplication) -> None:
        path = written(application.folder, RUN)

        def another() -> None:
            add(path, '{"message": "last"}\n')()
            written(application.folder, NEXT, {"event": "run.started", "message": "next"})

        assert self.follow(application, things=[another]) == ["last", "next"]

    def test_before_the_first_run_it_waits_for_it(self, application: FakeApplication) -> None:
        begin = lambda: written(application.folder, RUN, {"event": "run.started", "message": "first"})  # noqa: E731 - short
        assert self.follow(application, things=[begin]) == ["first"]

    def test_since_shows_all_logs_from_then_on_first(self, application: FakeApplication) -> None:
        written(application.folder, OLDER, {"event": "a.b", "message": "old"})
        written(application.folder, RUN, {"event": "a.b", "message": "one"})
        path = written(application.folder, NEXT, {"event": "a.b", "message": "two"})
        seen = self.follow(
            application, "--since", "1d", things=[add(path, '{"time":"2026-11-23T12:04:00Z","message":"three"}\n')]
        )
        assert seen == ["one", "two", "three"]

    def test_a_run_that_was_named_ends_it(self, application: FakeApplication) -> None:
        path = written(application.folder, RUN, {"event": "run.started", "message": "one"})
        end = add(path, '{"event": "run.finished", "message": "end"}\n')
        assert self.follow(application, RUN, things=[end, lambda: pytest.fail("it goes on")]) == ["one", "end"]

    def test_only_what_was_asked_for_is_shown(self, application: FakeApplication) -> None:
        path = written(application.folder, RUN, {"event": "a.b", "contact": ANN, "membrain_id": ID, "message": "one"})
        things = [add(path, '{"message": "two"}\n'), add(path, f'{{"message": "three", "membrain_id": "{ID}"}}\n')]
        assert self.follow(application, "--contact", ANN, "--json", things=things) == ["one", "three"]
