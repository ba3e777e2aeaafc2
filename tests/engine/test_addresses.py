"""Addresses: new ones, shared ones, taken ones, and those that pass from one to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ccsync.errors import ExitCode

if TYPE_CHECKING:
    from tests.engine.conftest import World

pytestmark = pytest.mark.slow

ANN = "ann@example.com"


def test_a_new_address_keeps_the_contact_and_its_list(world: World) -> None:
    ann = world.person("Ann Berg", ANN, JobTitle="CEO")
    world.run()
    before = world.id_of(ANN)
    world.change(ann, EmailAddress="ann.berg@example.org", JobTitle="CFO")

    report = world.run()

    assert world.contacts(ANN) == []
    assert world.id_of("ann.berg@example.org") == before
    assert world.contact("ann.berg@example.org")["job_title"] == "CFO"
    assert world.members() == {"ann.berg@example.org"}
    assert (report.counts.created, report.counts.updated) == (0, 1)
    [told] = world.events(report, "record.updated")
    assert (told["contact"], told["old_email"]) == ("ann.berg@example.org", ANN)
    assert told["changes"][0] == {
        "sync": "customers",
        "membrain": "contact.EmailAddress",
        "field": "email",
        "rule": "source-changed",
        "old": ANN,
        "new": "ann.berg@example.org",
    }
    assert [change["field"] for change in told["changes"]] == ["email", "job_title"]


def test_of_several_with_one_address_the_one_created_first_takes_part(world: World) -> None:
    world.person("Ann Berg", ANN)
    world.wait(days=1)
    second = world.person("Anna Berg", "ANN@example.com")

    report = world.run()

    assert world.contact(ANN)["first_name"] == "Ann"
    assert world.waiting() == {"ANN@example.com": "duplicate_address"}
    assert (report.counts.created, report.counts.skipped) == (1, 1)
    world.change(second, JobTitle="CEO")
    world.quietly()


def test_the_next_one_takes_over_when_the_first_no_longer_matches(world: World) -> None:
    first = world.person("Ann Berg", ANN)
    world.wait(days=1)
    world.person("Anna Berg", ANN)
    world.run()
    before = world.id_of(ANN)
    world.change(first, Newsletter="No")

    world.run()

    assert world.id_of(ANN) == before
    assert world.contact(ANN)["first_name"] == "Anna"
    assert world.members() == {ANN}
    assert world.waiting() == {}
    for _ in range(2):
        world.quietly()


@pytest.mark.parametrize(
    "end", ["delete", pytest.param("retire", marks=pytest.mark.slow), pytest.param("erase", marks=pytest.mark.slow)]
)
def test_the_next_one_takes_over_when_the_first_is_gone(world: World, end: str) -> None:
    world.membrain.delete("contacts", world.person("Long Gone", "gone@example.com"))
    first = world.person("Ann Berg", ANN)
    world.wait(days=1)
    world.person("Anna Berg", ANN)
    world.run()
    before = world.id_of(ANN)
    match end:
        case "delete":
            world.membrain.delete("contacts", first)
        case "retire":
            world.membrain.retire(first)
        case _:
            world.membrain.erase("contacts", first)
            world.two_sweeps()

    world.run()

    assert world.id_of(ANN) == before
    assert world.contact(ANN)["first_name"] == "Anna"
    assert world.members() == {ANN}
    assert world.waiting() == {}
    world.quietly()


def test_the_first_one_takes_over_again_when_it_matches_again(world: World) -> None:
    first = world.person("Ann Berg", ANN, Newsletter="No")
    world.wait(days=1)
    world.person("Anna Berg", ANN)
    world.run()
    before = world.id_of(ANN)
    assert world.contact(ANN)["first_name"] == "Anna"
    world.change(first, Newsletter="Yes")

    world.run()

    assert world.id_of(ANN) == before
    assert world.contact(ANN)["first_name"] == "Ann"
    assert world.waiting() == {ANN: "duplicate_address"}
    world.quietly()


def test_an_address_that_somebody_has_in_constant_contact_is_not_taken_from_them(world: World) -> None:
    ann = world.person("Ann Berg", ANN, JobTitle="CEO")
    world.run()
    world.subscriber("taken@example.com", first_name="Somebody")
    world.change(ann, EmailAddress="taken@example.com", JobTitle="CFO")

    report = world.quietly()

    assert report.exit_code is ExitCode.DONE
    assert world.waiting() == {"taken@example.com": "address_taken"}
    assert world.contact("taken@example.com")["first_name"] == "Somebody"
    assert world.contact(ANN)["job_title"] == "CEO"
    world.quietly()


def test_an_address_that_turns_out_to_be_taken_waits_until_one_of_the_two_changes(world: World) -> None:
    """Somebody took it a moment ago: the mirror does not show it, and the service answers 409."""
    ann = world.person("Ann Berg", ANN)
    world.run()
    world.change(ann, EmailAddress="taken@example.com")
    other: list[str] = []
    world.wires.before("PUT /v3/contacts", lambda: other.append(world.subscriber("taken@example.com")))

    report = world.run()

    assert report.exit_code is ExitCode.STOPPED
    assert world.members() == {ANN}
    assert world.waiting() == {"taken@example.com": "address_taken"}
    calls = world.quietly().calls["constant_contact"]
    assert world.quietly().calls["constant_contact"] == calls == 2
    world.constant_contact.people.edit(other[0], email="elsewhere@example.com")
    world.run()
    assert world.members() == {"taken@example.com"}
    assert world.waiting() == {}


def test_an_address_that_a_colleague_gives_up_is_taken_over_in_the_same_run(world: World) -> None:
    ann = world.person("Ann Berg", ANN)
    bo = world.person("Bo Lind", "bo@example.com")
    world.run()
    anns, bos = world.id_of(ANN), world.id_of("bo@example.com")
    world.change(ann, EmailAddress="ann.berg@example.org")
    world.change(bo, EmailAddress=ANN)

    report = world.run()

    assert (world.id_of("ann.berg@example.org"), world.id_of(ANN)) == (anns, bos)
    assert world.members() == {"ann.berg@example.org", ANN}
    assert world.waiting() == {}
    assert (report.counts.updated, report.counts.skipped) == (2, 0)


def test_a_new_person_gets_an_address_that_was_given_up_in_the_same_run(world: World) -> None:
    ann = world.person("Ann Berg", ANN)
    world.run()
    before = world.id_of(ANN)
    world.change(ann, EmailAddress="ann.berg@example.org")
    world.person("Anna Dahl", ANN)

    report = world.run()

    assert world.id_of("ann.berg@example.org") == before
    assert world.contact(ANN)["first_name"] == "Anna"
    assert world.members() == {"ann.berg@example.org", ANN}
    assert (report.counts.created, report.counts.updated, report.counts.skipped) == (1, 1, 0)
    world.quietly()


def test_a_chain_of_three_moves_in_one_run(world: World) -> None:
    people = [world.person(f"Person Number{number}", f"p{number}@example.com") for number in range(3)]
    world.run()
    ids = [world.id_of(f"p{number}@example.com") for number in range(3)]
    for number, one in enumerate(people):
        world.change(one, EmailAddress=f"p{number + 1}@example.com")

    report = world.run()

    assert [world.id_of(f"p{number + 1}@example.com") for number in range(3)] == ids
    assert world.waiting() == {}
    assert (report.counts.updated, report.counts.skipped) == (3, 0)


def test_a_longer_chain_goes_on_in_the_next_run(world: World) -> None:
    people = [world.person(f"Person Number{number}", f"p{number}@example.com") for number in range(5)]
    world.run()
    ids = [world.id_of(f"p{number}@example.com") for number in range(5)]
    for number, one in enumerate(people):
        world.change(one, EmailAddress=f"p{number + 1}@example.com")

    first = world.run()
    assert (first.exit_code, first.counts.updated, first.counts.skipped) == (ExitCode.DONE, 3, 2)
    assert set(world.waiting().values()) == {"held"}
    second = world.run()

    assert [world.id_of(f"p{number + 1}@example.com") for number in range(5)] == ids
    assert (second.counts.updated, second.counts.skipped) == (2, 0)
    assert world.waiting() == {}


def test_two_who_swap_addresses_wait_for_each_other_and_nobody_is_harmed(world: World) -> None:
    ann = world.person("Ann Berg", ANN)
    bo = world.person("Bo Lind", "bo@example.com")
    world.run()
    anns, bos = world.id_of(ANN), world.id_of("bo@example.com")
    world.change(ann, EmailAddress="bo@example.com")
    world.change(bo, EmailAddress=ANN)

    report = world.quietly()

    assert (world.id_of(ANN), world.id_of("bo@example.com")) == (anns, bos)
    assert set(world.waiting().values()) == {"held"}
    assert report.counts.skipped == 2


def test_whoever_left_and_moved_away_leaves_the_address_to_the_next_one(world: World) -> None:
    ann = world.person("Ann Berg", ANN)
    world.people(2)
    world.run()
    before = world.id_of(ANN)
    world.change(ann, EmailAddress="ann.berg@example.org", Newsletter="No")
    world.person("Anna Dahl", ANN)

    world.run()

    assert world.id_of(ANN) == before
    assert world.contact(ANN)["first_name"] == "Anna"
    assert ANN in world.members()
    assert world.waiting() == {}
    world.quietly()


def test_an_address_edited_in_constant_contact_stays_until_membrains_changes(world: World) -> None:
    ann = world.person("Ann Berg", ANN)
    world.run()
    before = world.id_of(ANN)
    world.constant_contact.people.edit(before, email="ann@home.example")
    world.change(ann, JobTitle="CEO")

    world.run()

    assert world.contacts(ANN) == []
    assert world.contact("ann@home.example")["job_title"] == "CEO"
    assert (ANN, "email", "kept_edit") in world.waits()
    world.change(ann, EmailAddress="ann.berg@example.org")
    report = world.run()
    assert world.id_of("ann.berg@example.org") == before
    [told] = [line for line in world.events(report, "record.conflict") if line["field"] == "email"]
    assert (told["winner"], told["loser"]) == ("ann.berg@example.org", "ann@home.example")
    assert world.waits() == set()
