"""The clock of this machine is set in the middle of a run, forwards or back: nothing is lost, nothing written twice."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from ccsync.engine.options import Result, RunOptions
from ccsync.wiring import open_application

from .test_wrong_clock import WrongClock

if TYPE_CHECKING:
    from ccsync.engine.options import RunReport

    from .conftest import World

pytestmark = pytest.mark.slow

READING, WRITING = "GET /API/v2/contacts/", "POST /v3/activities/contacts_json_import"
PLACES = ["GET /v3/contacts", READING, WRITING, "GET /v3/activities"]
JUMPS = [timedelta(days=-1), timedelta(minutes=-20), timedelta(minutes=20), timedelta(days=1)]
SAMPLE = {(READING, timedelta(days=-1)), (WRITING, timedelta(days=1)), (WRITING, timedelta(days=-1))}
ALL = [
    pytest.param(place, jump, id=f"{jump} at {place}", marks=[] if (place, jump) in SAMPLE else [pytest.mark.full])
    for place in PLACES
    for jump in JUMPS
]


def run_while_the_clock_is_set(world: World, place: str, jump: timedelta) -> RunReport:
    """Run, and have somebody set the clock just after a request was carried out."""
    world.wait(minutes=3)
    clock = WrongClock(world, timedelta())

    def set_clock() -> None:
        clock._off = jump

    world.wires.after(place, set_clock)
    report = open_application(world.config, world.environ, clock).run(RunOptions())
    world.wires.mend()
    return report


@pytest.mark.parametrize(("place", "jump"), ALL)
def test_all_arrives_and_the_run_after_the_next_one_writes_nothing(world: World, place: str, jump: timedelta) -> None:
    ann, bo, cleo = world.people(3)
    world.run()
    world.wait(minutes=30)
    world.run()
    world.change(ann, JobTitle="CEO")
    world.change(bo, EmailAddress="moved@example.com")
    world.change(cleo, Newsletter="No")
    world.person("Dan New", "dan@example.com")

    report = run_while_the_clock_is_set(world, place, jump)

    assert report.result is Result.SUCCESS, report.message
    world.person("Eve New", "eve@example.com")
    opted_out = world.contact("person1@example.com")["contact_id"]
    world.constant_contact.people.unsubscribe(opted_out)
    after = world.run()
    assert after.result is Result.SUCCESS, after.message
    assert world.contact("person1@example.com")["job_title"] == "CEO"
    assert {"moved@example.com", "dan@example.com", "eve@example.com"} <= world.members()
    assert "person3@example.com" not in world.members()
    assert world.waiting() == {"person1@example.com": "opted_out"}
    assert world.quietly().result is Result.SUCCESS
    assert all(moment <= world.clock.now() for moment in world.read_up_to().values())
