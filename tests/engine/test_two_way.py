"""Both ways: what somebody edits on either side arrives on the other, once, and what loses can be found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ccsync.errors import ExitCode

if TYPE_CHECKING:
    from ccsync.engine.options import RunReport

    from .conftest import World

pytestmark = pytest.mark.slow

ANN, BO = "ann@example.com", "bo@example.com"


@pytest.fixture
def both(world: World) -> World:
    """Return a world in which "Customers" and whoever wants the newsletter are kept the same; newer edits count."""
    world.configure(direction="both", keys='conflict = "newest"', more=world.field("company.City", "address.work.city"))
    return world


@pytest.fixture
def ann(both: World) -> str:
    """Somebody whom the filter takes and who is the same on both sides."""
    nordlys = both.company("Nordlys AS", City="Oslo")
    made = both.person("Ann Berg", ANN, CompanyId=nordlys, CompanyName="Nordlys AS", JobTitle="CEO")
    assert both.run().exit_code is ExitCode.DONE
    both.quietly()
    return made


def in_constant_contact(world: World, whom: str = ANN, **fields: Any) -> None:
    """Edit somebody in Constant Contact."""
    world.constant_contact.people.edit(world.id_of(whom), **fields)


def done(world: World) -> RunReport:
    """Run, and see that the next two runs write nothing."""
    report = world.run()
    assert report.exit_code is ExitCode.DONE, report.message
    world.quietly()
    world.quietly()
    return report


def titles(world: World, email: str = ANN) -> tuple[str, str]:
    """Return somebody's job title on both sides."""
    return str(world.in_membrain(email).get("JobTitle", "")), str(world.contact(email).get("job_title", ""))


def conflict(world: World, report: RunReport) -> tuple[str, str, str]:
    """Return the one conflict of a run, as its log tells it: field, winner, loser."""
    [told] = world.events(report, "record.conflict")
    assert told["contact"] == ANN
    return told["field"], told["winner"], told["loser"]


class TestSomebodyWhomTheFilterTakes:
    def test_is_made_and_put_on_the_list(self, both: World, ann: str) -> None:
        assert both.members() == {ANN}
        assert both.in_membrain(ANN)["Id"] == ann
        assert titles(both) == ("CEO", "CEO")

    def test_edited_in_membrain_is_brought_to_constant_contact(self, both: World, ann: str) -> None:
        both.change(ann, JobTitle="Chair")
        report = done(both)
        assert titles(both) == ("Chair", "Chair")
        assert both.events(report, "record.conflict") == []

    @pytest.mark.usefixtures("ann")
    def test_edited_in_constant_contact_is_brought_to_membrain(self, both: World) -> None:
        in_constant_contact(both, job_title="Chair")
        report = done(both)
        assert titles(both) == ("Chair", "Chair")
        assert both.events(report, "record.conflict") == []

    def test_different_fields_edited_on_both_sides_cross(self, both: World, ann: str) -> None:
        both.change(ann, JobTitle="Chair")
        in_constant_contact(both, last_name="Dahl")
        done(both)
        assert both.in_membrain(ANN)["Name"] == "Ann Dahl"
        assert titles(both) == ("Chair", "Chair")

    def test_the_newer_of_two_edits_counts_when_it_is_constant_contact_s(self, both: World, ann: str) -> None:
        both.change(ann, JobTitle="Chair")
        both.wait(minutes=5)
        in_constant_contact(both, job_title="Founder")
        report = done(both)
        assert titles(both) == ("Founder", "Founder")
        assert conflict(both, report) == ("job_title", "Founder", "Chair")

    def test_the_newer_of_two_edits_counts_when_it_is_membrain_s(self, both: World, ann: str) -> None:
        in_constant_contact(both, job_title="Founder")
        both.wait(minutes=5)
        both.change(ann, JobTitle="Chair")
        report = done(both)
        assert titles(both) == ("Chair", "Chair")
        assert conflict(both, report) == ("job_title", "Chair", "Founder")

    def test_membrain_s_counts_of_two_edits_within_two_minutes(self, both: World, ann: str) -> None:
        both.change(ann, JobTitle="Chair")
        both.wait(minutes=1)
        in_constant_contact(both, job_title="Founder")
        report = done(both)
        assert conflict(both, report) == ("job_title", "Chair", "Founder")

    def test_the_same_edit_on_both_sides_is_no_conflict(self, both: World, ann: str) -> None:
        both.change(ann, JobTitle="Chair")
        in_constant_contact(both, job_title="Chair")
        both.quietly()
        in_constant_contact(both, job_title="Founder")
        done(both)
        assert titles(both) == ("Founder", "Founder")

    @pytest.mark.usefixtures("ann")
    def test_a_name_of_one_word_takes_no_last_name_away(self, both: World) -> None:
        in_constant_contact(both, last_name="")
        both.quietly()
        assert both.in_membrain(ANN)["Name"] == "Ann Berg"
        in_constant_contact(both, first_name="Anna")
        done(both)
        assert both.in_membrain(ANN)["Name"] == "Anna Berg"

    @pytest.mark.usefixtures("ann")
    def test_blanks_do_not_travel_unless_they_are_let(self, both: World) -> None:
        in_constant_contact(both, job_title="")
        both.quietly()
        assert titles(both) == ("CEO", "")


class TestSomebodyWhoMeetsThemselves:
    @pytest.mark.parametrize(
        ("rule", "winner", "loser"), [("membrain", "CEO", "Clerk"), ("constant-contact", "Clerk", "CEO")]
    )
    def test_the_rule_decides_and_the_other_value_is_in_the_log(
        self, world: World, rule: str, winner: str, loser: str
    ) -> None:
        world.configure(direction="both", keys=f'conflict = "{rule}"')
        world.person("Ann Berg", ANN, JobTitle="CEO")
        world.subscriber(ANN, first_name="Ann", job_title="Clerk")
        report = done(world)
        assert titles(world) == (winner, winner)
        assert ("job_title", winner, loser) in [
            (one["field"], one["winner"], one["loser"]) for one in world.events(report, "record.conflict")
        ]

    def test_each_side_fills_what_the_other_does_not_have(self, both: World) -> None:
        both.person("Ann Berg", ANN, JobTitle="CEO")
        both.subscriber(ANN, first_name="Ann", last_name="Berg", company_name="Nordlys AS")
        report = done(both)
        assert both.events(report, "record.conflict") == []
        assert both.in_membrain(ANN)["CompanyName"] == "Nordlys AS"
        assert titles(both) == ("CEO", "CEO")


class TestSomebodyFromTheListAlone:
    @pytest.fixture
    def bo(self, both: World) -> str:
        """Somebody on the list whom the filter does not take."""
        both.constant_contact.people.add_list("Customers")
        fields: dict[str, Any] = {"first_name": "Bo", "last_name": "Lind", "company_name": "Nordlys AS"}
        both.subscriber(BO, **fields, job_title="CTO", list_memberships=[both.list_id()])
        done(both)
        return str(both.in_membrain(BO)["Id"])

    @pytest.mark.usefixtures("bo")
    def test_is_made_in_membrain_and_stays_on_the_list(self, both: World) -> None:
        assert titles(both, BO) == ("CTO", "CTO")
        assert both.members() == {BO}
        both.two_sweeps()
        assert both.members() == {BO}

    def test_is_kept_the_same_both_ways(self, both: World, bo: str) -> None:
        both.change(bo, JobTitle="Chair")
        done(both)
        assert titles(both, BO) == ("Chair", "Chair")
        in_constant_contact(both, BO, job_title="Founder")
        done(both)
        assert titles(both, BO) == ("Founder", "Founder")

    def test_takes_a_new_address_along_either_way(self, both: World, bo: str) -> None:
        both.change(bo, EmailAddress="bo.lind@example.com")
        done(both)
        assert both.members() == {"bo.lind@example.com"}
        in_constant_contact(both, "bo.lind@example.com", email=BO)
        done(both)
        assert both.in_membrain(BO)["Id"] == bo


class TestAnAddress:
    new, other = "ann.berg@example.com", "ann@example.org"

    def test_changed_in_membrain_moves_the_contact(self, both: World, ann: str) -> None:
        contact = both.id_of(ANN)
        both.change(ann, EmailAddress=self.new)
        done(both)
        assert both.id_of(self.new) == contact

    def test_changed_in_constant_contact_moves_the_person_in_membrain(self, both: World, ann: str) -> None:
        in_constant_contact(both, email=self.new)
        report = done(both)
        assert both.in_membrain(self.new)["Id"] == ann
        assert both.members() == {self.new}
        [told] = both.events(report, "record.updated")
        assert told["old_email"] == ANN

    def test_changed_on_both_sides_is_the_newer_one(self, both: World, ann: str) -> None:
        both.change(ann, EmailAddress=self.other)
        both.wait(minutes=5)
        in_constant_contact(both, email=self.new)
        report = done(both)
        assert both.in_membrain(self.new)["Id"] == ann
        [told] = both.events(report, "record.conflict")
        assert (told["field"], told["winner"], told["loser"]) == ("email", self.new, self.other)

    def test_changed_on_both_sides_is_membrain_s_when_that_is_newer(self, both: World, ann: str) -> None:
        in_constant_contact(both, email=self.new)
        both.wait(minutes=5)
        both.change(ann, EmailAddress=self.other)
        report = done(both)
        assert both.members() == {self.other}
        [told] = both.events(report, "record.conflict")
        assert (told["field"], told["winner"], told["loser"]) == ("email", self.other, self.new)

    def test_that_somebody_else_has_in_membrain_waits_until_they_give_it_up(self, both: World, ann: str) -> None:
        bo = both.person("Bo Lind", self.new, Newsletter="No")
        in_constant_contact(both, email=self.new)
        both.quietly()
        assert (ANN, "email", "address_taken") in both.waits()
        both.change(bo, EmailAddress=BO)
        done(both)
        assert both.in_membrain(self.new)["Id"] == ann
        assert both.waits() == set()


class TestACompany:
    def test_named_anew_in_constant_contact_is_made_and_the_old_one_left_alone(self, both: World, ann: str) -> None:
        in_constant_contact(both, company_name="Sydlys AB")
        done(both)
        assert both.in_membrain(ANN)["CompanyName"] == "Sydlys AB"
        assert both.in_membrain(ANN)["Id"] == ann
        assert both.companies() == ["Nordlys AS", "Sydlys AB"]

    @pytest.mark.usefixtures("ann")
    def test_named_anew_in_constant_contact_is_found_however_it_is_spelled(self, both: World) -> None:
        sydlys = both.company("Sydlys AB")
        in_constant_contact(both, company_name="sydlys  ab")
        done(both)
        assert both.in_membrain(ANN)["CompanyId"] == sydlys
        assert both.companies() == ["Nordlys AS", "Sydlys AB"]

    @pytest.mark.usefixtures("ann")
    def test_gets_no_city_from_constant_contact(self, both: World) -> None:
        home = [{"kind": "work", "street": "", "city": "Bergen"}]
        in_constant_contact(both, street_addresses=home)
        both.quietly()
        [nordlys] = both.membrain.all("companies")
        assert nordlys["City"] == "Oslo"
        assert (ANN, "address.work.city", "kept_edit") in both.waits()

    @pytest.mark.usefixtures("ann")
    def test_renamed_in_membrain_is_renamed_in_constant_contact(self, both: World) -> None:
        [nordlys] = both.membrain.all("companies")
        both.membrain.edit("companies", nordlys["Id"], Name="Nordlys ASA")
        done(both)
        assert both.contact(ANN)["company_name"] == "Nordlys ASA"

    def test_that_a_person_is_moved_to_in_membrain_is_newer_than_an_older_edit(self, both: World, ann: str) -> None:
        sydlys = both.company("Sydlys AB")
        both.wait(hours=1)
        in_constant_contact(both, company_name="Vestlys AB")
        both.wait(minutes=5)
        both.change(ann, CompanyId=sydlys, CompanyName="Sydlys AB")
        report = done(both)
        assert conflict(both, report) == ("company_name", "Sydlys AB", "Vestlys AB")

    @pytest.mark.usefixtures("ann")
    def test_emptied_in_constant_contact_is_kept_in_membrain(self, both: World) -> None:
        in_constant_contact(both, company_name="")
        both.quietly()
        assert both.in_membrain(ANN)["CompanyName"] == "Nordlys AS"


class TestAProject:
    def test_gets_nothing_from_constant_contact(self, world: World) -> None:
        world.configure(direction="both", more=world.field("project.OwnerName", "custom.Owner"))
        nordlys = world.company("Nordlys AS")
        world.person("Ann Berg", ANN, CompanyId=nordlys, CompanyName="Nordlys AS")
        project = {"Name": "Roof", "CompanyId": nordlys, "OwnerName": "Olle Owner"}
        world.membrain.create("opportunities", project)
        done(world)
        owner = world.value(ANN, "Owner")
        in_constant_contact(world, custom_fields={"Owner": "Eva"})
        world.quietly()
        assert owner == "Olle Owner"
        assert (ANN, "custom.Owner", "kept_edit") in world.waits()
        assert [one["OwnerName"] for one in world.membrain.all("opportunities")] == [owner]
