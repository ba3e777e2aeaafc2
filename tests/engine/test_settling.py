"""What was sent and is not yet seen: jobs that take long, fail or lose rows, lost answers, writes in the dark."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from ccsync.engine.options import Result
from ccsync.errors import ExitCode
from ccsync.sandbox.faults import Fault

if TYPE_CHECKING:
    from tests.engine.conftest import World

pytestmark = pytest.mark.slow

ANN = "ann@example.com"
IMPORT = "/v3/activities/contacts_json_import"
LONG = f"{'a' * 48}@example.com"
"""60 characters: the import's schema says 50, all others 80."""


def imports(world: World) -> list[list[str]]:
    """Return the addresses in each import that was sent."""
    bodies = [json.loads(one.body) for one in world.wires.writes() if one.path == IMPORT]
    return [[row["email"] for row in body["import_data"]] for body in bodies]


# --- jobs that take long ----------------------------------------------------------------------------------------------


def test_a_job_that_is_done_within_a_minute_is_seen_in_the_same_run(world: World) -> None:
    world.constant_contact.set_switches(activity_seconds=50)
    world.person("Ann Berg", ANN)

    report = world.run()

    assert report.counts.created == 1
    assert world.waits() == set()


def test_a_job_that_takes_longer_is_waited_for_and_seen_in_the_next_run(world: World) -> None:
    world.constant_contact.set_switches(activity_seconds=200)
    world.person("Ann Berg", ANN)

    first = world.run()

    assert (first.exit_code, first.counts.created) == (ExitCode.DONE, 0)
    assert world.waiting() == {ANN: "held"}
    second = world.run()
    assert (second.counts.created, second.counts.unchanged) == (1, 0)
    assert world.waiting() == {}
    assert imports(world) == [[ANN]]


def test_meanwhile_nothing_more_is_sent_for_the_same_people(world: World) -> None:
    world.constant_contact.set_switches(activity_seconds=600)
    ann = world.person("Ann Berg", ANN)
    world.run()
    world.change(ann, JobTitle="CEO")
    bo = "bo@example.com"
    world.person("Bo Lind", bo)

    world.run()
    assert imports(world) == [[ANN], [bo]]
    for _ in range(4):
        world.run()

    assert world.contact(ANN)["job_title"] == "CEO"
    assert world.members() == {ANN, bo}
    assert world.waits() == set()


def test_a_change_made_while_a_job_was_under_way_is_not_forgotten_when_it_ends(world: World) -> None:
    """The next run reads the change and sees the end of the job: it does both."""
    world.constant_contact.set_switches(activity_seconds=100)
    ann = world.person("Ann Berg", ANN, JobTitle="CEO")
    world.run()
    world.change(ann, JobTitle="CFO")

    world.run()

    assert world.contact(ANN)["job_title"] == "CFO"


def test_a_hand_that_works_beside_a_job_is_not_overlooked(world: World) -> None:
    world.constant_contact.set_switches(activity_seconds=100)
    ann = world.person("Ann Berg", ANN)
    world.run()
    world.constant_contact.set_switches(activity_seconds=None)
    world.wait(minutes=1)
    world.quietly()
    world.constant_contact.set_switches(activity_seconds=100)
    world.change(ann, JobTitle="CEO")
    world.people(3)
    world.run()
    world.constant_contact.people.unsubscribe(world.id_of(ANN))

    world.run()

    assert world.waiting() == {ANN: "opted_out"}


def test_a_job_that_the_service_forgot_is_judged_by_what_it_did_and_sent_again(world: World) -> None:
    world.person("Ann Berg", ANN)
    world.sandbox.faults.add(Fault("stuck_activity"))
    world.run()
    for _ in range(3):
        world.run()
    assert world.waiting() == {ANN: "held"}
    assert imports(world) == [[ANN]]
    world.wait(days=12)

    for _ in range(6):
        world.run()
        world.wait(minutes=10)

    assert world.members() == {ANN}
    assert imports(world) == [[ANN], [ANN]]
    assert world.waiting() == {}


# --- jobs that fail ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["failed_activity", pytest.param("timed_out_activity", marks=pytest.mark.slow)])
def test_a_job_that_the_service_gave_up_is_tried_again_by_the_next_run(world: World, fault: str) -> None:
    world.person("Ann Berg", ANN)
    world.sandbox.faults.add(Fault(fault, times=1))  # type: ignore[arg-type] # parametrised

    first = world.run()

    assert (first.result, first.exit_code) == (Result.PARTIAL, ExitCode.STOPPED)
    assert (first.counts.failed, first.counts.created) == (1, 0)
    assert len(imports(world)) == 1
    [told] = world.events(first, "record.failed")
    assert (told["contact"], told["reason"]) == (ANN, "refused")
    second = world.run()
    assert (second.result, second.counts.created, second.counts.failed) == (Result.SUCCESS, 1, 0)
    assert world.members() == {ANN}
    assert world.waits() == set()


def test_of_an_import_that_timed_out_what_happened_is_seen_and_the_rest_tried_again(world: World) -> None:
    world.constant_contact.set_switches(timed_out_import_applies="half")
    world.people(6)
    world.sandbox.faults.add(Fault("timed_out_activity", times=1))

    first = world.run()

    assert (first.counts.created, first.counts.failed) == (3, 3)
    second = world.run()
    assert (second.counts.created, second.counts.failed) == (3, 0)
    assert [len(each) for each in imports(world)] == [6, 3]
    assert len(world.members()) == 6


@pytest.mark.parametrize("fault", ["failed_activity", pytest.param("timed_out_activity", marks=pytest.mark.slow)])
def test_a_list_job_that_the_service_gave_up_is_tried_again(world: World, fault: str) -> None:
    people = world.people(3)
    world.run()
    world.change(people[0], Newsletter="No")
    world.sandbox.faults.add(Fault(fault, times=1))  # type: ignore[arg-type] # parametrised

    first = world.run()

    assert (first.result, first.counts.failed, first.counts.removed) == (Result.PARTIAL, 1, 0)
    assert world.run().counts.removed == 1
    assert len(world.members()) == 2


# --- rows that are refused --------------------------------------------------------------------------------------------


def test_a_row_that_is_refused_is_reported_and_not_tried_again_until_something_changes(world: World) -> None:
    world.constant_contact.set_switches(long_email_in_import="row_error")
    ann = world.person("Ann Berg", LONG)
    world.people(2)

    first = world.run()

    assert (first.result, first.exit_code) == (Result.PARTIAL, ExitCode.STOPPED)
    assert (first.counts.created, first.counts.failed) == (2, 1)
    assert world.waiting() == {LONG: "refused"}
    [told] = world.events(first, "record.failed")
    assert "longer than 50" in told["message"]
    for report in (world.quietly(), world.quietly(), world.run(full=True)):
        assert (report.result, report.counts.failed) == (Result.SUCCESS, 0)
    assert [len(each) for each in imports(world)] == [3]

    world.change(ann, EmailAddress=ANN)
    world.run()
    assert ANN in world.members()
    assert world.waiting() == {}


def test_a_refused_person_is_tried_again_when_a_value_changes(world: World) -> None:
    world.constant_contact.set_switches(long_email_in_import="row_error")
    ann = world.person("Ann Berg", LONG)
    world.run()
    world.constant_contact.set_switches(long_email_in_import="accepted")
    world.quietly()
    world.change(ann, JobTitle="CEO")

    world.run()

    assert world.members() == {LONG}
    assert world.waiting() == {}


def test_a_field_that_does_not_arrive_is_reported_and_the_person_is_ours_all_the_same(world: World) -> None:
    """A value that the service drops in silence: the person is on the list by our hand, and leaves it by our hand."""
    world.constant_contact.people.add_field("Language")
    ann = world.person("Ann Berg", ANN, Language="Norsk", JobTitle="CEO")
    world.people(3)
    field = world.constant_contact.people.fields()[0]["custom_field_id"]

    def drop_it() -> None:
        person = world.contact(ANN)
        kept = [one for one in person.get("custom_fields", []) if one["custom_field_id"] != field]
        assert len(kept) < len(person["custom_fields"])
        world.constant_contact.people.edit(person["contact_id"], custom_fields={"Language": None})

    world.wires.after("GET /v3/activities", drop_it)
    world.run()
    for _ in range(5):
        world.run()
        world.wait(minutes=3)

    assert (ANN, "custom.Language", "refused") in world.waits()
    assert world.value(ANN, "Language") == ""
    assert world.statistics("custom.Language").total.failed == 1
    world.quietly()
    world.change(ann, Newsletter="No")
    world.run()
    assert ANN not in world.members()


# --- writes in the dark -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "lag", [pytest.param(60, marks=pytest.mark.slow), pytest.param(120, marks=pytest.mark.slow), 240]
)
def test_what_is_shown_late_is_waited_for_and_not_sent_twice(world: World, lag: int) -> None:
    world.constant_contact.set_switches(visibility_lag_seconds=lag)
    ann = world.person("Ann Berg", ANN, JobTitle="CEO")
    reports = [world.run() for _ in range(4)]
    world.change(ann, JobTitle="CFO")
    reports += [world.run() for _ in range(4)]
    world.change(ann, EmailAddress="ann.berg@example.org", Newsletter="Yes")
    reports += [world.run() for _ in range(4)]

    assert {report.exit_code for report in reports} == {ExitCode.DONE}
    assert sum(report.counts.created for report in reports) == 1
    assert sum(report.counts.updated for report in reports) == 2
    assert sum(report.counts.failed for report in reports) == 0
    assert len(world.wires.writes()) == 5  # a list, a field, an import and two PUTs
    assert world.contact("ann.berg@example.org")["job_title"] == "CFO"
    assert world.waits() == set()


def test_a_removal_that_is_shown_late_is_no_hand_on_the_list(world: World) -> None:
    world.constant_contact.set_switches(visibility_lag_seconds=200)
    ann = world.person("Ann Berg", ANN)
    for _ in range(3):
        world.run()
    world.change(ann, Newsletter="No")
    for _ in range(3):
        world.run()
    assert world.members() == set()
    world.change(ann, Newsletter="Yes")
    for _ in range(3):
        world.run()

    assert world.members() == {ANN}
    assert world.waits() == set()


def test_an_opt_out_right_after_a_write_is_no_failure(world: World) -> None:
    world.constant_contact.set_switches(visibility_lag_seconds=120)
    world.person("Ann Berg", ANN)
    world.run()
    world.constant_contact.people.unsubscribe(world.id_of(ANN))

    reports = [world.run() for _ in range(8)]

    assert {report.exit_code for report in reports} == {ExitCode.DONE}
    assert world.waiting() == {ANN: "opted_out"}
    world.constant_contact.people.opt_in_again(world.id_of(ANN))
    for _ in range(4):
        world.run(full=True)
    assert world.members() == {ANN}
    assert world.waiting() == {}


# --- answers that get lost --------------------------------------------------------------------------------------------


def test_an_import_whose_answer_was_lost_is_found_among_the_jobs_and_not_sent_again(world: World) -> None:
    world.people(3)
    world.sandbox.faults.add(Fault("reset_after", path_prefix=IMPORT))

    report = world.run()

    assert (report.result, report.counts.created) == (Result.SUCCESS, 3)
    assert len(imports(world)) == 1


def test_an_import_that_never_arrived_is_sent_again(world: World) -> None:
    world.people(3)
    world.sandbox.faults.add(Fault("reset_before", path_prefix=IMPORT))

    report = world.run()

    assert (report.result, report.counts.created) == (Result.SUCCESS, 3)
    assert len(imports(world)) == 1
    assert len(world.members()) == 3


def test_when_nobody_can_tell_the_next_run_looks_before_it_sends(world: World) -> None:
    world.people(3)
    world.sandbox.faults.add(Fault("reset_after", path_prefix=IMPORT))
    world.sandbox.faults.add(Fault("status_503", method="GET", path_prefix="/v3/activities", times=None))

    report = world.run()

    assert report.exit_code is ExitCode.UNREACHABLE
    world.sandbox.faults.clear()
    assert world.run().counts.created == 3
    assert len(imports(world)) == 1


@pytest.mark.parametrize("fault", [pytest.param("reset_before", marks=pytest.mark.slow), "reset_after"])
def test_a_put_whose_answer_was_lost_is_sent_again_to_the_same_end(world: World, fault: str) -> None:
    ann = world.person("Ann Berg", ANN, JobTitle="CEO")
    world.run()
    world.change(ann, JobTitle="CFO")
    world.sandbox.faults.add(Fault(fault, method="PUT", path_prefix="/v3/contacts"))  # type: ignore[arg-type] # parametrised

    report = world.run()

    assert (report.result, report.counts.updated) == (Result.SUCCESS, 1)
    assert world.contact(ANN)["job_title"] == "CFO"
    world.quietly()
