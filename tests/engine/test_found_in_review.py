"""What a fresh reader of the code found, told as it would have happened to somebody."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ccsync.errors import ExitCode
from ccsync.sandbox.faults import Fault

if TYPE_CHECKING:
    from tests.engine.conftest import World

pytestmark = pytest.mark.slow

ANN = "ann@example.com"
BO = "bo@example.com"
LANGUAGE_IS_NORSK = 'contact.custom["Language"] == "Norsk"'


def test_one_of_two_phone_numbers_changes_and_the_other_stays(world: World) -> None:
    """A PUT replaces the whole array, and the service refuses the ids that it answers with."""
    world.configure(more=world.field("contact.Phone", "phone.work"))
    ann = world.person("Ann Berg", ANN, Phone="218-555-0100")
    world.run()
    world.constant_contact.people.edit(
        world.id_of(ANN),
        phone_numbers=[
            {"kind": "work", "phone_number": "218-555-0100"},
            {"kind": "home", "phone_number": "218-555-0111"},
        ],
    )
    world.change(ann, Phone="218-555-0199")

    report = world.run()

    assert report.exit_code is ExitCode.DONE
    assert {one["phone_number"] for one in world.contact(ANN)["phone_numbers"]} == {"218-555-0199", "218-555-0111"}


def test_a_lost_request_is_not_taken_for_an_older_job_of_the_same_size(world: World) -> None:
    world.person("Ann Berg", ANN)
    world.run()
    world.person("Bo Lind", BO)
    world.sandbox.faults.add(
        Fault("reset_before", "constant-contact", "POST", "/v3/activities/contacts_json_import", times=1)
    )

    world.run()

    assert world.members() == {ANN, BO}
    assert world.waiting() == {}


def test_a_list_that_is_deleted_takes_nobody_off_by_hand(world: World) -> None:
    world.people(3)
    world.run()
    world.constant_contact.set_switches(list_change_moves_updated_at=True)
    world.constant_contact.people.delete_list(world.list_id())

    report = world.run(full=True)

    assert report.exit_code is ExitCode.STOPPED
    assert 'the list "Customers" was deleted in Constant Contact' in report.message
    assert world.waiting() == {}


def test_the_very_first_deletion_in_membrain_is_seen_by_the_next_run(world: World) -> None:
    """As long as nobody was gone, it is not known whether Membrain's rows say that they are."""
    ann = world.person("Ann Berg", ANN)
    world.person("Bo Lind", BO)
    world.run()
    world.membrain.delete("contacts", ann)

    world.run()

    assert world.members() == {BO}


def test_rows_that_do_not_say_that_they_are_gone_are_not_taken_for_living(world: World) -> None:
    world.membrain.set_switches(deleted_marker=False)
    ann = world.person("Ann Berg", ANN, Newsletter="No")
    world.run()
    world.change(ann, Newsletter="Yes")
    world.membrain.delete("contacts", ann)

    world.run()

    assert world.contacts(ANN) == []


def test_somebody_whose_new_address_is_taken_still_leaves_the_list_that_no_longer_wants_them(world: World) -> None:
    world.configure(more=world.sync("norwegians", "Norwegians", LANGUAGE_IS_NORSK))
    ann = world.person("Ann Berg", ANN, Language="Norsk")
    world.people(3, Language="Norsk")
    world.run()
    world.subscriber("taken@example.com")
    world.change(ann, EmailAddress="taken@example.com", Language="Svenska")

    world.run()

    assert ANN not in world.members("Norwegians")
    assert ANN in world.members("Customers")


def test_when_every_job_is_refused_the_run_stops_instead_of_spending_the_day(world: World) -> None:
    world.people(40)
    world.run()
    world.people(64)
    refusal = b'[{"error_key":"contacts.api.validation.error","error_message":"The account is full."}]'
    world.wires.instead("POST /v3/activities/contacts_json_import", refusal, 400)

    report = world.run()

    assert report.exit_code is ExitCode.STOPPED
    assert "refuses every import job" in report.message
    assert report.calls["constant_contact"] < 40


def test_somebody_erased_a_moment_ago_is_known_to_be_gone(world: World) -> None:
    ann = world.person("Ann Berg", ANN, JobTitle="CEO")
    world.run()
    world.constant_contact.people.take_off_list(world.id_of(ANN), world.list_id())
    world.constant_contact.people.erase(world.id_of(ANN))
    world.change(ann, JobTitle="CFO")

    world.run()

    assert world.waiting() == {ANN: "deleted"}
    assert world.quietly().calls["constant_contact"] == 2


def test_somebody_who_shows_up_late_is_still_ours_to_take_off_again(world: World) -> None:
    world.constant_contact.set_switches(visibility_lag_seconds=400)
    ann = world.person("Ann Berg", ANN)
    for _ in range(4):
        world.run()
    assert world.waiting() == {}
    world.change(ann, Newsletter="No")
    for _ in range(4):
        world.run()
    assert world.members() == set()
