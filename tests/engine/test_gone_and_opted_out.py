"""Who is deleted, retired, erased, opted out or taken off a list by hand, on either side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ccsync.errors import ExitCode

if TYPE_CHECKING:
    from tests.engine.conftest import World

ANN = "ann@example.com"


# --- deleted, retired, erased in Membrain -----------------------------------------------------------------------------


@pytest.mark.parametrize("end", ["delete", "retire"])
def test_whoever_is_deleted_or_retired_leaves_in_the_next_run_where_membrain_says_so(world: World, end: str) -> None:
    world.membrain.delete("contacts", world.person("Long Gone", "gone@example.com"))
    ann = world.person("Ann Berg", ANN)
    world.people(3)
    world.run()
    world.membrain.retire(ann) if end == "retire" else world.membrain.delete("contacts", ann)

    world.run()

    assert ANN not in world.members()
    assert world.contacts("gone@example.com") == []


def test_the_first_one_who_is_ever_deleted_is_found_by_the_next_sweep(world: World) -> None:
    ann = world.person("Ann Berg", ANN)
    world.people(3)
    world.run()
    world.membrain.delete("contacts", ann)
    world.run()
    world.wait(hours=25)

    world.run()

    assert ANN not in world.members()


def test_whoever_is_restored_is_put_back(world: World) -> None:
    world.membrain.delete("contacts", world.person("Long Gone", "gone@example.com"))
    ann = world.person("Ann Berg", ANN)
    world.run()
    world.membrain.delete("contacts", ann)
    world.run()
    world.membrain.restore("contacts", ann)

    world.run()

    assert world.members() == {ANN}


# --- opting out, and in again -----------------------------------------------------------------------------------------


def test_whoever_opts_out_is_not_written_any_more(world: World) -> None:
    ann = world.person("Ann Berg", ANN)
    world.people(2)
    world.run()
    world.constant_contact.people.unsubscribe(world.id_of(ANN))
    world.change(ann, JobTitle="CEO")

    report = world.quietly()

    assert world.waiting() == {ANN: "opted_out"}
    assert world.contact(ANN)["email_address"]["permission_to_send"] == "unsubscribed"
    assert "job_title" not in world.contact(ANN)
    assert report.exit_code is ExitCode.DONE
    [told] = world.events(report, "consent.changed")
    assert (told["contact"], told["old"], told["new"]) == (ANN, "implicit", "unsubscribed")


def test_whoever_opts_in_again_by_own_act_enters_like_anybody_else(world: World) -> None:
    ann = world.person("Ann Berg", ANN)
    world.run()
    world.constant_contact.people.unsubscribe(world.id_of(ANN))
    world.change(ann, JobTitle="CEO")
    world.run()
    world.constant_contact.people.opt_in_again(world.id_of(ANN))
    world.change(ann, Language="Norsk")

    world.run()

    assert world.members() == {ANN}
    assert world.contact(ANN)["job_title"] == "CEO"
    assert world.contact(ANN)["email_address"]["permission_to_send"] == "explicit"
    assert world.waiting() == {}


def test_opting_in_again_is_noticed_at_the_latest_by_the_sweep(world: World) -> None:
    world.person("Ann Berg", ANN)
    world.run()
    ann = world.id_of(ANN)
    world.constant_contact.people.unsubscribe(ann)
    world.run()
    world.constant_contact.people.opt_in_again(ann)
    world.wait(hours=25)

    world.run()

    assert world.members() == {ANN}


# --- taken off, deleted, erased in Constant Contact -------------------------------------------------------------------


def test_whoever_was_taken_off_the_list_by_hand_is_not_put_back_but_stays_up_to_date(world: World) -> None:
    ann = world.person("Ann Berg", ANN)
    world.people(2)
    world.run()
    world.constant_contact.people.take_off_list(world.id_of(ANN), world.list_id())
    world.change(ann, JobTitle="CEO")

    world.run()
    world.run()

    assert ANN not in world.members()
    assert world.contact(ANN)["job_title"] == "CEO"
    assert world.waiting() == {ANN: "removed_by_hand"}


def test_being_taken_off_by_hand_outlives_leaving_the_filter_and_coming_back(world: World) -> None:
    ann = world.person("Ann Berg", ANN)
    world.run()
    world.constant_contact.people.take_off_list(world.id_of(ANN), world.list_id())
    for word in ("No", "Yes"):
        world.change(ann, Newsletter=word)
        world.run()

    assert world.members() == set()
    assert world.waiting() == {ANN: "removed_by_hand"}


def test_whoever_is_put_back_by_hand_is_there_by_that_hand(world: World) -> None:
    ann = world.person("Ann Berg", ANN)
    world.run()
    contact = world.id_of(ANN)
    world.constant_contact.people.take_off_list(contact, world.list_id())
    world.change(ann, JobTitle="CEO")
    world.run()
    world.constant_contact.people.put_on_list(contact, world.list_id())
    world.change(ann, JobTitle="CFO")
    world.run()
    assert world.waiting() == {}
    world.change(ann, Newsletter="No")

    world.run()

    assert world.members() == {ANN}


@pytest.mark.parametrize("moves", [pytest.param(True, marks=pytest.mark.slow), False])
def test_whoever_is_deleted_in_constant_contact_is_not_revived(world: World, moves: bool) -> None:
    world.constant_contact.set_switches(delete_moves_updated_at=moves)
    ann = world.person("Ann Berg", ANN)
    world.people(3)
    world.run()
    world.constant_contact.people.delete(world.id_of(ANN))
    world.change(ann, JobTitle="CEO")

    world.quietly()
    world.two_sweeps()

    assert "deleted_at" in world.contact(ANN)
    assert world.waiting() == {ANN: "deleted"}


@pytest.mark.parametrize("others", [0, 5])
def test_whoever_is_erased_in_constant_contact_is_not_created_again(world: World, others: int) -> None:
    """With five others who change as well, reading everybody is cheaper than asking for each, and shows no erased."""
    people = [world.person("Ann Berg", ANN), *world.people(others)]
    world.run()
    world.wait(minutes=10)
    world.run()
    world.constant_contact.people.erase(world.id_of(ANN))
    for one in people:
        world.change(one, JobTitle="CEO")

    world.run()
    world.two_sweeps()

    assert world.contacts(ANN) == []
    assert len(world.members()) == others
    assert world.waiting() == {ANN: "deleted"}
