"""Lists and custom fields: found by name once, then followed by id; made when missing, and never a second time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ccsync.constant_contact.client import ConstantContactClient
from ccsync.engine.options import Result
from ccsync.errors import ExitCode

if TYPE_CHECKING:
    from tests.engine.conftest import World

pytestmark = pytest.mark.slow

ANN = "ann@example.com"
NORSK = 'contact.custom["Language"] == "Norsk"'


def names(world: World) -> tuple[list[str], list[str]]:
    """Return the living lists and the custom fields, by name."""
    people = world.constant_contact.people
    return [one["name"] for one in people.lists() if "deleted_at" not in one], [one["label"] for one in people.fields()]


def field_id(world: World, label: str) -> str:
    return next(str(one["custom_field_id"]) for one in world.constant_contact.people.fields() if one["label"] == label)


def test_missing_ones_are_made_when_somebody_needs_them_and_not_before(world: World) -> None:
    world.person("Bo Lind", "bo@example.com", Newsletter="No")
    world.run()
    assert names(world) == ([], [])
    world.person("Ann Berg", ANN, Language="Norsk")

    world.run()

    assert names(world) == (["Customers"], ["Language"])
    assert world.members() == {ANN}
    assert world.value(ANN, "Language") == "Norsk"


@pytest.mark.parametrize("name", [pytest.param("Customers", marks=pytest.mark.slow), "customers"])
def test_those_that_are_there_are_used_whatever_the_case_of_their_letters(world: World, name: str) -> None:
    listed = world.constant_contact.people.add_list(name)
    field = world.constant_contact.people.add_field("language")
    world.person("Ann Berg", ANN, Language="Norsk")

    world.run()

    assert names(world) == ([name], ["language"])
    ann = world.contact(ANN)
    assert ann["list_memberships"] == [listed]
    assert [(one["custom_field_id"], one["value"]) for one in ann["custom_fields"]] == [(field, "Norsk")]


def test_a_renamed_list_and_a_renamed_field_are_followed_with_a_warning(world: World) -> None:
    ann = world.person("Ann Berg", ANN, Language="Norsk")
    world.run()
    world.constant_contact.people.rename_list(world.list_id(), "Kunder")
    world.constant_contact.people.rename_field(field_id(world, "Language"), "Språk")
    world.change(ann, Language="Svenska")
    world.person("Bo Lind", "bo@example.com", Language="Dansk")

    report = world.run()

    assert names(world) == (["Kunder"], ["Språk"])
    assert world.members("Kunder") == {ANN, "bo@example.com"}
    assert (world.value(ANN, "Språk"), world.value("bo@example.com", "Språk")) == ("Svenska", "Dansk")
    assert report.warnings == (
        'the list "Customers" is now called "Kunder": followed by its id',
        'the custom field "Language" is now called "Språk": followed by its id',
    )
    assert report.result is Result.SUCCESS
    world.change(ann, Language="Norsk")
    assert world.run().warnings == ()


def test_a_field_keeps_travelling_when_renaming_moves_its_name_for_imports_too(world: World) -> None:
    world.constant_contact.set_switches(renaming_moves_field_name=True)
    people = [world.person(f"Person Number{number}", Language="Norsk") for number in range(4)]
    world.run()
    world.constant_contact.people.rename_field(field_id(world, "Language"), "Språk")
    for one in people:
        world.change(one, Language="Svenska")

    world.run()

    assert {world.value(f"person{number}@example.com", "Språk") for number in range(1, 5)} == {"Svenska"}


def test_a_new_list_that_takes_the_old_name_is_another_list(world: World) -> None:
    world.person("Ann Berg", ANN)
    world.run()
    world.constant_contact.people.rename_list(world.list_id(), "Kunder")
    world.constant_contact.people.add_list("Customers")
    world.person("Bo Lind", "bo@example.com")

    world.run()

    assert world.members("Kunder") == {ANN, "bo@example.com"}
    assert world.members("Customers") == set()


def test_a_deleted_list_stops_its_sync_and_is_not_made_again(world: World) -> None:
    world.person("Ann Berg", ANN)
    world.run()
    world.constant_contact.people.delete_list(world.list_id())
    world.person("Bo Lind", "bo@example.com")

    for _ in range(2):
        report = world.quietly()

        assert (report.result, report.exit_code, report.code) == (Result.STOPPED, ExitCode.STOPPED, "list_deleted")
        assert report.message == (
            'sync "customers": the list "Customers" was deleted in Constant Contact, nothing was written for this sync'
        )
        assert report.hint == (
            'name another list for sync "customers" in the configuration, then type `ccsync run --once --dry-run`'
        )
        [told] = world.events(report, "guard.stopped")
        assert (told["level"], told["sync"], told["message"]) == ("error", "customers", report.message)
    assert names(world)[0] == []
    assert world.contacts("bo@example.com") == []


def test_a_deleted_field_stops_its_sync_and_is_not_made_again(world: World) -> None:
    ann = world.person("Ann Berg", ANN, Language="Norsk")
    world.run()
    world.constant_contact.people.delete_field(field_id(world, "Language"))
    world.change(ann, Language="Svenska")

    report = world.quietly()

    assert (report.exit_code, report.code) == (ExitCode.STOPPED, "field_deleted")
    assert 'the custom field "Language" was deleted' in report.message
    assert names(world)[1] == []


@pytest.fixture
def two(world: World) -> World:
    """Let a second sync fill a list and a field of its own; both syncs have run."""
    world.configure(more=world.sync("norwegians", "Norwegians", NORSK) + world.field("contact.Name", "custom.Alias"))
    world.person("Ann Berg", ANN, Language="Norsk")
    world.run()
    return world


@pytest.mark.parametrize("kind", ["list", "field"])
def test_the_other_syncs_go_on_without_the_one_that_lost_its_list_or_field(two: World, kind: str) -> None:
    if kind == "list":
        two.constant_contact.people.delete_list(two.list_id("Norwegians"))
    else:
        two.constant_contact.people.delete_field(field_id(two, "Alias"))
    two.person("Bo Lind", "bo@example.com", Language="Norsk")

    report = two.run()

    assert two.members() == {ANN, "bo@example.com"}
    assert (report.exit_code, report.code) == (ExitCode.STOPPED, f"{kind}_deleted")
    assert 'sync "norwegians": ' in report.message
    assert two.sync_counts(report)["created"] == 1
    assert set(report.syncs) == {"customers"}
    assert two.value("bo@example.com", "Alias") == ""
    if kind == "field":
        assert two.members("Norwegians") == {ANN}
    assert two.quietly().exit_code is ExitCode.STOPPED


def test_a_run_of_another_sync_is_not_stopped(two: World) -> None:
    two.constant_contact.people.delete_list(two.list_id("Norwegians"))
    two.person("Bo Lind", "bo@example.com", Language="Norsk")

    assert two.run(sync="customers").exit_code is ExitCode.DONE

    assert two.members() == {ANN, "bo@example.com"}
    report = two.run(sync="norwegians")
    assert (report.exit_code, report.code) == (ExitCode.STOPPED, "list_deleted")


def test_a_dry_run_knows_of_a_deleted_list_as_well(two: World) -> None:
    two.constant_contact.people.delete_list(two.list_id("Norwegians"))
    two.person("Bo Lind", "bo@example.com", Language="Norsk")

    report = two.run(dry_run=True)

    assert {line.sync for line in report.plan} == {"customers"}
    assert report.code == "list_deleted"


def test_whoever_takes_part_for_an_address_is_decided_with_the_stopped_sync(two: World) -> None:
    two.constant_contact.people.delete_list(two.list_id("Norwegians"))
    two.person("Elder Dal", "dal@example.com", Language="Norsk", Newsletter="No")
    two.wait(minutes=1)
    two.person("Younger Dal", "dal@example.com")

    two.run()

    assert two.waiting() == {"dal@example.com": "duplicate_address"}
    assert two.members() == {ANN}


def test_a_list_that_was_only_missing_from_one_answer_is_filled_again(
    two: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = ConstantContactClient.lists
    two.person("Bo Lind", "bo@example.com", Language="Norsk")
    with monkeypatch.context() as patch:
        patch.setattr(
            ConstantContactClient, "lists", lambda self: [row for row in rows(self) if row["name"] != "Norwegians"]
        )
        assert two.run().code == "list_deleted"

    assert two.run().exit_code is ExitCode.DONE

    assert two.members("Norwegians") == {ANN, "bo@example.com"}
    before = len(two.requests())
    two.run()
    assert len(two.requests(since=before)) == 2


def test_another_list_in_the_configuration_ends_the_stop(world: World) -> None:
    world.person("Ann Berg", ANN)
    world.run()
    world.constant_contact.people.delete_list(world.list_id())
    world.person("Bo Lind", "bo@example.com")
    world.run()
    text = world.config.read_text("utf-8")
    world.config.write_text(text.replace('list = "Customers"', 'list = "Kunder"'), "utf-8")

    report = world.run()

    assert report.result is Result.SUCCESS
    assert world.members("Kunder") == {ANN, "bo@example.com"}


def test_a_list_whose_name_another_program_takes_first_is_not_made_twice(world: World) -> None:
    world.person("Ann Berg", ANN)
    world.wires.before("POST /v3/contact_lists", lambda: world.constant_contact.people.add_list("Customers"))

    world.run()

    assert names(world)[0] == ["Customers"]
    assert world.members() == {ANN}


def test_many_people_are_created_in_the_run_that_makes_list_and_fields(world: World) -> None:
    world.configure(
        more=world.field("company.City", "custom.City")
        + world.sync("norwegians", "Norwegians", 'contact.custom["Language"] == "Norsk"')
        + world.field("company.City", "custom.City")
    )
    world.people(5, Language="Norsk", CompanyId=world.company(City="Bergen"))

    report = world.run()

    assert sorted(names(world)[0]) == ["Customers", "Norwegians"]
    assert sorted(names(world)[1]) == ["City", "Language"]
    assert world.members() == world.members("Norwegians") == {f"person{number}@example.com" for number in range(1, 6)}
    assert world.value("person1@example.com", "City") == "Bergen"
    assert report.counts.created == 5
    world.quietly()


def test_a_field_that_only_a_put_can_fill_finds_the_field_that_was_just_made(world: World) -> None:
    """The phone number follows in a second round, when stand-ins have become fields."""
    world.configure(more=world.field("contact.Phone", "phone.work"))
    world.person("Ann Berg", ANN, Phone="+46 8 123 456 78", Language="Norsk")

    world.run()

    assert (world.value(ANN, "Language"), world.phone(ANN)) == ("Norsk", "+46 8 123 456 78")
    world.quietly()


def test_what_was_sent_under_a_list_just_made_is_recognised_in_the_next_run(world: World) -> None:
    world.constant_contact.set_switches(activity_seconds=120)
    ann = world.person("Ann Berg", ANN, Language="Norsk")
    world.run()

    report = world.run()

    assert report.counts.created == 1
    assert world.waits() == set()
    world.change(ann, Newsletter="No")
    world.run()
    world.run()
    assert world.members() == set()
