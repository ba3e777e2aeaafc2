"""From the list into Membrain: who gets there, with which company and which values, and who does not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ccsync.engine.map_data import suggest_data
from ccsync.errors import ExitCode

if TYPE_CHECKING:
    from .conftest import World

TO_MEMBRAIN = "constant-contact-to-membrain"


@pytest.fixture
def inward(world: World) -> World:
    """Return a world in which the list "Customers" goes to Membrain."""
    world.configure(direction=TO_MEMBRAIN)
    world.constant_contact.people.add_list("Customers")
    return world


def member(world: World, email: str = "ann@example.com", **fields: Any) -> str:
    """Put somebody new on the list, by hand."""
    fields = {"first_name": "Ann", "last_name": "Berg", "company_name": "Nordlys AS"} | fields
    fields["list_memberships"] = [world.list_id()]
    return world.subscriber(email, **fields)


class TestWhoeverIsNotInMembrain:
    def test_is_created_there_with_their_company(self, inward: World) -> None:
        member(inward, job_title="CEO")
        report = inward.run()
        assert (report.exit_code, report.counts.created) == (ExitCode.DONE, 1), report.message
        ann = inward.in_membrain("ann@example.com")
        assert (ann["Name"], ann["CompanyName"], ann["JobTitle"]) == ("Ann Berg", "Nordlys AS", "CEO")
        assert inward.companies() == ["Nordlys AS"]

    def test_and_the_next_run_writes_nothing(self, inward: World) -> None:
        member(inward)
        inward.run()
        inward.quietly()
        inward.quietly()

    def test_a_company_that_is_there_is_found_however_its_name_is_spelled(self, inward: World) -> None:
        nordlys = inward.company("Nordlys AS")
        member(inward, company_name="  nordlys  as ")
        inward.run()
        assert inward.in_membrain("ann@example.com")["CompanyId"] == nordlys
        assert inward.companies() == ["Nordlys AS"]

    def test_without_a_company_they_are_left_out_until_that_is_mended(self, inward: World) -> None:
        ann = member(inward, company_name="")
        report = inward.run()
        assert (report.exit_code, inward.waiting()) == (ExitCode.DONE, {"ann@example.com": "no_company"})
        inward.constant_contact.people.edit(ann, company_name="Nordlys AS")
        inward.run()
        assert inward.in_membrain("ann@example.com")["CompanyName"] == "Nordlys AS"
        assert inward.waiting() == {}

    def test_without_a_name_they_are_left_out(self, inward: World) -> None:
        member(inward, first_name="", last_name="")
        inward.run()
        assert inward.waiting() == {"ann@example.com": "no_name"}
        assert inward.membrain_writes() == []


class TestWhoeverIsInMembrain:
    def test_is_found_by_their_address_and_gets_constant_contact_s_values(self, inward: World) -> None:
        inward.person("Ann Berg", "Ann@Example.com", JobTitle="Clerk", Newsletter="No")
        member(inward, job_title="CEO")
        report = inward.run()
        assert (report.counts.updated, report.counts.created) == (1, 0), report.message
        assert inward.in_membrain("ann@example.com")["JobTitle"] == "CEO"
        [conflict] = [one for one in inward.events(report, "record.conflict") if one["field"] == "job_title"]
        assert (conflict["winner"], conflict["loser"]) == ("CEO", "Clerk")

    def test_only_what_changed_later_is_written(self, inward: World) -> None:
        ann = member(inward, job_title="CEO")
        inward.run()
        inward.constant_contact.people.edit(ann, job_title="Chair")
        report = inward.run()
        assert report.counts.updated == 1, report.message
        assert inward.in_membrain("ann@example.com")["JobTitle"] == "Chair"
        inward.quietly()

    def test_an_edit_in_membrain_stays_until_constant_contact_s_value_changes(self, inward: World) -> None:
        ann = member(inward, job_title="CEO")
        inward.run()
        inward.change(inward.in_membrain("ann@example.com")["Id"], JobTitle="Boss")
        inward.quietly()
        assert ("ann@example.com", "job_title", "kept_edit") in inward.waits()
        inward.constant_contact.people.edit(ann, job_title="Chair")
        inward.run()
        assert inward.in_membrain("ann@example.com")["JobTitle"] == "Chair"


@pytest.mark.parametrize("moves", [True, False], ids=["a list change shows", "a list change does not show"])
class TestAHandOnTheList:
    def test_whoever_is_put_on_it_goes_to_membrain_in_the_next_run(self, inward: World, moves: bool) -> None:
        inward.constant_contact.set_switches(list_change_moves_updated_at=moves)
        ann = inward.subscriber("ann@example.com", first_name="Ann", company_name="Nordlys AS")
        inward.run()
        inward.wait(hours=1)
        inward.constant_contact.people.put_on_list(ann, inward.list_id())
        inward.run()
        assert inward.in_membrain("ann@example.com")["Name"] == "Ann"

    def test_whoever_is_taken_off_it_is_changed_in_membrain_no_more(self, inward: World, moves: bool) -> None:
        inward.constant_contact.set_switches(list_change_moves_updated_at=moves)
        ann = member(inward, job_title="Clerk")
        inward.run()
        inward.wait(hours=1)
        inward.constant_contact.people.take_off_list(ann, inward.list_id())
        inward.run()
        inward.constant_contact.people.edit(ann, job_title="CEO")
        inward.run()
        assert inward.in_membrain("ann@example.com")["JobTitle"] == "Clerk"


class TestTheMapThatInitProposes:
    def test_finds_the_company_however_it_is_spelled_and_makes_the_one_that_is_missing(self, inward: World) -> None:
        nordlys = inward.company("Nordlys AS")
        inward.person("Eva Öhman", CompanyId=nordlys)
        text = inward.config.read_text("utf-8").partition("[[sync.field]]")[0]
        inward.config.write_text(text, "utf-8")
        application = inward.application()
        with application.looking() as survey:
            found = suggest_data(application.config, survey, application.config.sync[0], new=False)["suggestions"]
        pairs = [(one["membrain"], one["constant_contact"]) for one in found]
        inward.config.write_text(text + "".join(inward.field(*pair) for pair in pairs), "utf-8")
        member(inward, company_name="  nordlys  as ")
        member(inward, "bo@example.com", company_name="Sol AB")
        report = inward.run()
        assert (report.exit_code, report.counts.created) == (ExitCode.DONE, 2), report.message
        assert inward.in_membrain("ann@example.com")["CompanyId"] == nordlys
        assert sorted(inward.companies()) == ["Nordlys AS", "Sol AB"]


class TestACustomFieldThatIsNotThere:
    def test_is_not_made_when_nothing_fills_it(self, inward: World) -> None:
        member(inward)
        report = inward.run()
        assert inward.in_membrain("ann@example.com")["Name"] == "Ann Berg"
        assert inward.constant_contact.people.fields() == []
        what = 'the custom field "Language" does not exist in Constant Contact'
        assert f"{what}, and nothing fills it there: it counts as empty" in report.warnings

    def test_is_made_for_a_field_that_travels_both_ways(self, world: World) -> None:
        world.configure(direction="both")
        world.person()
        report = world.run()
        assert [one["label"] for one in world.constant_contact.people.fields()] == ["Language"]
        assert not [one for one in report.warnings if "Language" in one]


def test_a_last_name_alone_is_the_name_of_somebody_new_and_nobody_s_first_name(inward: World) -> None:
    inward.person("Tove Dahl", "tove@example.com")
    member(inward, "tove@example.com", first_name="", last_name="Bakke")
    member(inward, first_name="", last_name="Berg")
    inward.run()
    assert inward.in_membrain("tove@example.com")["Name"] == "Tove Bakke"
    assert inward.in_membrain("ann@example.com")["Name"] == "Berg"
    inward.quietly()


def test_whoever_somebody_makes_in_membrain_meanwhile_is_not_made_again(inward: World) -> None:
    member(inward, "aa@example.com", first_name="Aa")
    member(inward, "bo@example.com", first_name="Bo", company_name="Fjord AS")

    def a_seller_is_quicker() -> None:
        inward.wait(minutes=2)
        inward.person("Bo Berg", "bo@example.com", CompanyId=inward.company("Fjord AS"))

    inward.wires.after("POST /API/v2/contacts/", a_seller_is_quicker)
    inward.run()
    inward.run()
    assert inward.in_membrain("bo@example.com")["CompanyName"] == "Fjord AS"
    assert inward.companies() == ["Fjord AS", "Nordlys AS"]
