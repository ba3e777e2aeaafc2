"""A clock of this machine that is wrong, while the services' are right: rule 9 holds all the same."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from ccsync.engine.options import Result, RunOptions
from ccsync.http.dates import TheirClock
from ccsync.wiring import open_application

if TYPE_CHECKING:
    from ccsync.engine.options import RunReport

    from .conftest import World

pytestmark = pytest.mark.slow

ANN, BO = "ann@example.com", "bo@example.com"


class WrongClock:
    """Goes as the world's clock does, and shows another time."""

    def __init__(self, world: World, off: timedelta) -> None:
        self._right = world.clock
        self._off = off

    def now(self) -> datetime:
        return self._right.now() + self._off

    def monotonic(self) -> float:
        return self._right.monotonic()

    def sleep(self, seconds: float) -> None:
        self._right.sleep(seconds)


def run_wrongly(world: World, **off: float) -> RunReport:
    world.wait(minutes=3)
    clock = WrongClock(world, timedelta(**off))
    return open_application(world.config, world.environ, clock).run(RunOptions())


@pytest.mark.parametrize("minutes", [-20, 20, pytest.param(300, marks=pytest.mark.slow)])
def test_opt_outs_and_changes_are_seen_when_the_clock_jumps(world: World, minutes: int) -> None:
    world.person("Ann Berg", ANN)
    world.run()
    world.run()
    run_wrongly(world, minutes=minutes)
    run_wrongly(world, minutes=minutes)
    world.constant_contact.people.unsubscribe(world.id_of(ANN))
    world.person("Bo Lind", BO)

    reports = [run_wrongly(world, minutes=minutes) for _ in range(2)]

    assert world.waiting() == {ANN: "opted_out"}
    assert BO in world.members()
    assert {report.result for report in reports} == {Result.SUCCESS}
    assert all(moment <= world.clock.now() for moment in world.read_up_to().values())


def test_a_first_run_under_a_clock_that_is_ahead_sees_what_it_wrote(world: World) -> None:
    world.people(4)

    report = run_wrongly(world, minutes=6)

    assert (len(world.members()), report.counts.created, world.waiting()) == (4, 4, {})


def test_a_job_is_followed_to_its_end_by_its_id_when_answers_tell_no_time(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TheirClock, "note", lambda *_: None)
    world.people(4)

    report = run_wrongly(world, minutes=6)

    assert [line["state"] for line in world.events(report, "activity.finished")] == ["completed"]


@pytest.mark.parametrize(("minutes", "words"), [(20, "20 minutes ahead of"), (-300, "5 hours behind")])
def test_the_operator_is_told_once_in_a_run_how_far_it_is_off_and_what_to_do(
    world: World, minutes: int, words: str
) -> None:
    world.people(1)
    world.run()

    report = run_wrongly(world, minutes=minutes)

    (told,) = [line for line in report.warnings if "the clock of this machine is" in line]
    assert f"is {words} Constant Contact's" in told
    assert "NTP" in told
    assert told in [line["message"] for line in world.events(report, "run.warning")]


def test_a_minute_is_no_matter(world: World) -> None:
    world.people(1)
    assert run_wrongly(world, minutes=1).warnings == ()
    assert run_wrongly(world, minutes=-1).warnings == ()
