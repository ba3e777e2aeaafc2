"""The second signal ends a run at once, and still tears nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ccsync.engine.options import Result, RunOptions
from ccsync.errors import ExitCode
from ccsync.http.transport import Transport
from ccsync.state.sqlite import work
from ccsync.state.sqlite.database import Database
from ccsync.state.sqlite.history import SqliteHistory
from ccsync.state.values import FieldCounts
from ccsync.stopping import StopAsked, StopRequest

from .conftest import numbers
from .test_stopping import IMPORT, said

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ccsync.http.verdict import Answer
    from ccsync.state.values import RunRecord

    from .conftest import World


def test_what_did_happen_counts(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Most likely a signal comes while the disk takes a change, and Python hears of it just after that."""
    stop, planned = StopRequest(), []
    real = Database.run

    def run(self: Database, sql: str, parameters: Sequence[object] = ()) -> None:
        real(self, sql, parameters)
        if sql == work.UNTOUCH:
            planned.append(sql)
        if sql == "COMMIT" and planned and not stop.asked:
            stop.ask(ExitCode.TERMINATED)
            stop.ask(ExitCode.TERMINATED)

    world.people(3)
    world.run()
    world.run()
    before = world.statistics("full_name").total
    monkeypatch.setattr(Database, "run", run)
    report = world.application().run(RunOptions(full=True), None, stop)
    assert (report.result, numbers(report.counts)) == (Result.INTERRUPTED, {"unchanged": 3})
    assert world.statistics("full_name").total == before + FieldCounts(unchanged=3)


def test_the_request_on_its_way_stands_in_the_log(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Transport.attempt

    def attempt(self: Transport, method: str, url: str, *, path: str, **rest: Any) -> Answer:
        if path.endswith("contacts_json_import"):
            raise StopAsked(ExitCode.TERMINATED)
        return real(self, method, url, path=path, **rest)

    world.people(1)
    monkeypatch.setattr(Transport, "attempt", attempt)
    report = world.run()
    assert said(report) == "interrupted; 1 person written and not read back yet: the next run goes on"
    *_, last = world.events(report, "http.request")
    assert (f"{last['method']} {last['path']}", last["status"], last["trouble"]) == (IMPORT, None, "interrupted")
    monkeypatch.undo()
    assert world.run().counts.created == 1
    world.quietly()


def test_a_run_that_is_ending_is_closed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    stop = StopRequest()
    real = SqliteHistory.put_run

    def put_run(self: SqliteHistory, run: RunRecord) -> None:
        if run.finished is not None:
            stop.ask(ExitCode.TERMINATED)
            stop.ask(ExitCode.TERMINATED)
        real(self, run)

    world.people(1)
    monkeypatch.setattr(SqliteHistory, "put_run", put_run)
    with pytest.raises(StopAsked):
        world.application().run(RunOptions(), None, stop)
    with world.application().reader() as store:
        assert store is not None
        [run] = store.history.runs()
    assert run.result == "success"
    assert run.finished is not None
