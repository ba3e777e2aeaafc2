"""What Membrain does not take: companies that are not there, fields that it demands, values that do not stick."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ccsync.errors import ExitCode

if TYPE_CHECKING:
    from .conftest import World

pytestmark = pytest.mark.slow

TO_MEMBRAIN = "constant-contact-to-membrain"
ANN = "ann@example.com"
REFUSALS = ["error-in-200", "message-in-200", "status-400"]


def inward(world: World, *, keys: str = "", more: str = "") -> None:
    """Let the list "Customers" go to Membrain."""
    world.configure(direction=TO_MEMBRAIN, keys=keys, more=more)
    if not world.constant_contact.people.lists():
        world.constant_contact.people.add_list("Customers")


def member(world: World, email: str = ANN, **fields: Any) -> str:
    """Put somebody new on the list, by hand."""
    fields = {"first_name": "Ann", "last_name": "Berg", "company_name": "Nordlys AS"} | fields
    return world.subscriber(email, list_memberships=[world.list_id()], **fields)


def custom(world: World, label: str) -> None:
    """Make a custom field in Constant Contact."""
    world.constant_contact.people.add_field(label)


def details(world: World) -> dict[str, str]:
    """Return with which words people and fields wait."""
    with world.application().reader() as store:
        assert store is not None
        return {one.field or one.contact: one.detail for one in store.work.waiting()}


class TestACompanyThatIsNotThereAndMustNotBeMade:
    def test_keeps_its_people_out_with_that_reason(self, world: World) -> None:
        inward(world, keys="create_companies = false")
        member(world)
        report = world.run()
        assert (report.exit_code, world.waiting()) == (ExitCode.DONE, {ANN: "no_company"})
        assert details(world)[ANN] == 'Membrain has no company called "Nordlys AS", and create_companies = false'
        assert world.membrain_writes() == []

    def test_until_somebody_makes_it(self, world: World) -> None:
        inward(world, keys="create_companies = false")
        member(world)
        world.run()
        world.company("NORDLYS as")
        world.run()
        assert world.in_membrain(ANN)["CompanyName"] == "NORDLYS as"
        assert world.waiting() == {}
        world.quietly()

    def test_leaves_who_is_in_membrain_where_they_are_and_writes_the_rest(self, world: World) -> None:
        inward(world, keys="create_companies = false")
        world.person("Ann Berg", ANN, CompanyId=world.company("Nordlys AS"), JobTitle="Clerk")
        ann = member(world)
        world.run()
        world.constant_contact.people.edit(ann, company_name="Fjord AS", job_title="CEO")
        report = world.run()
        assert report.exit_code is ExitCode.DONE, report.message
        assert (world.in_membrain(ANN)["CompanyName"], world.in_membrain(ANN)["JobTitle"]) == ("Nordlys AS", "CEO")
        assert world.waits() == {(ANN, "company_name", "no_company")}
        world.quietly()
        world.company("Fjord AS")
        world.run()
        assert world.in_membrain(ANN)["CompanyName"] == "Fjord AS"
        assert world.waits() == set()
        world.quietly()

    @pytest.mark.parametrize(
        ("there", "named"),
        [
            ("Nordlys AS", "NORDLYS as"),
            ("Nordlys AS", "Ｎｏｒｄｌｙｓ ＡＳ"),  # noqa: RUF001 - full-width letters are the matter
            ("Café Ål AS", "Cafe\u0301 A\u030al AS"),
            ("Nordlys AS", "\u00a0Nordlys\u00a0 AS "),
            ("STRASSE GmbH", "Straße GmbH"),
        ],
    )
    def test_is_there_however_its_name_is_spelled(self, world: World, there: str, named: str) -> None:
        inward(world, keys="create_companies = false")
        company = world.company(there)
        member(world, company_name=named)
        world.run()
        assert world.in_membrain(ANN)["CompanyId"] == company
        assert world.companies() == [there]
        world.quietly()
        assert world.waits() == set()

    def test_of_two_with_one_name_the_one_created_first_is_taken(self, world: World) -> None:
        inward(world)
        first = world.company("Nordlys AS")
        world.wait(minutes=1)
        world.company("Nordlys AS")
        member(world)
        world.run()
        assert world.in_membrain(ANN)["CompanyId"] == first


class TestFieldsThatACustomerMadeMandatory:
    @pytest.mark.parametrize("refusal", REFUSALS)
    def test_of_the_company_keep_its_people_out_with_membrain_s_words(self, world: World, refusal: Any) -> None:
        inward(world)
        world.membrain.set_switches(extra_mandatory=("companies.City",), refusal=refusal)
        world.company("Fjord AS", City="Oslo")
        member(world)
        member(world, "bo@example.com", company_name="Fjord AS")
        report = world.run()
        assert (report.exit_code, world.waiting()) == (ExitCode.STOPPED, {ANN: "refused"})
        assert "Mandatory: City" in details(world)[ANN]
        assert world.in_membrain("bo@example.com")["CompanyName"] == "Fjord AS"
        assert world.companies() == ["Fjord AS"]
        asked = world.membrain_writes()
        assert world.run().exit_code is ExitCode.DONE
        assert world.membrain_writes() == asked
        assert "Mandatory: City" in details(world)[ANN]

    def test_of_the_company_are_no_matter_any_more_once_somebody_has_made_it(self, world: World) -> None:
        inward(world)
        world.membrain.set_switches(extra_mandatory=("companies.City",))
        member(world)
        world.run()
        world.company("Nordlys AS", City="Oslo")
        report = world.run()
        assert report.exit_code is ExitCode.DONE, report.message
        assert world.in_membrain(ANN)["CompanyName"] == "Nordlys AS"
        assert world.waiting() == {}

    def test_of_the_company_are_met_by_the_map(self, world: World) -> None:
        inward(world, more=world.field("company.City", "custom.City"))
        world.membrain.set_switches(extra_mandatory=("companies.City",))
        custom(world, "City")
        member(world, custom_fields={"City": "Oslo"})
        report = world.run()
        assert report.exit_code is ExitCode.DONE, report.message
        [nordlys] = world.membrain.all("companies")
        assert (nordlys["Name"], nordlys["City"]) == ("Nordlys AS", "Oslo")
        assert world.in_membrain(ANN)["CompanyId"] == nordlys["Id"]

    @pytest.mark.parametrize("refusal", REFUSALS)
    def test_of_the_contact_keep_them_out_until_they_change(self, world: World, refusal: Any) -> None:
        inward(world, more=world.field("contact.Phone", "phone.work"))
        world.membrain.set_switches(extra_mandatory=("contacts.Phone",), refusal=refusal)
        ann = member(world, job_title="CEO")
        report = world.run()
        assert (report.exit_code, world.waiting()) == (ExitCode.STOPPED, {ANN: "refused"})
        assert "Mandatory: Phone" in details(world)[ANN]
        assert world.quietly().exit_code is ExitCode.DONE
        phones = [{"phone_number": "+47 22 33 44 55", "kind": "work"}]
        world.constant_contact.people.edit(ann, phone_numbers=phones)
        report = world.run()
        assert report.exit_code is ExitCode.DONE, report.message
        assert world.in_membrain(ANN)["Phone"] == "+47 22 33 44 55"
        assert world.companies() == ["Nordlys AS"]
        assert world.waiting() == {}


class TestAFieldThatDoesNotStick:
    @pytest.mark.parametrize("exists", [True, False], ids=["update", "create"])
    @pytest.mark.parametrize("restriction", ["dropped", "refused"])
    @pytest.mark.parametrize("refusal", REFUSALS)
    def test_is_reported_for_itself_and_the_others_are_written(
        self, world: World, restriction: Any, refusal: Any, *, exists: bool
    ) -> None:
        inward(world)
        world.membrain.set_switches(restricted_write=restriction, restricted_fields=("Language",), refusal=refusal)
        if exists:
            world.person("Ann Berg", ANN, CompanyId=world.company("Nordlys AS"))
        custom(world, "Language")
        ann = member(world, job_title="CEO", custom_fields={"Language": "Norsk"})
        report = world.run()
        assert report.exit_code is ExitCode.STOPPED
        found = world.in_membrain(ANN)
        assert (found["Name"], found["JobTitle"], found["Language"] or "") == ("Ann Berg", "CEO", "")
        assert world.waits() == {(ANN, "custom.Language", "refused")}
        words = "No permission to edit Language" if restriction == "refused" else "does not show it"
        assert words in details(world)["custom.Language"]
        assert world.quietly().exit_code is ExitCode.DONE
        assert words in details(world)["custom.Language"]
        world.constant_contact.people.edit(ann, job_title="Chair")
        assert world.run().exit_code is ExitCode.DONE
        assert world.in_membrain(ANN)["JobTitle"] == "Chair"
        world.membrain.set_switches(restricted_write="accepted")
        values = {"Language": "Svenska"}
        world.constant_contact.people.edit(ann, custom_fields=values)
        assert world.run().exit_code is ExitCode.DONE
        assert world.in_membrain(ANN)["Language"] == "Svenska"
        assert world.waits() == set()

    @pytest.mark.parametrize("exists", [True, False], ids=["update", "create"])
    def test_a_choice_that_is_none_stays_behind_alone(self, world: World, *, exists: bool) -> None:
        inward(world, more=world.field("contact.custom.Newsletter", "custom.Newsletter"))
        if exists:
            world.person("Ann Berg", ANN, CompanyId=world.company("Nordlys AS"))
        custom(world, "Newsletter")
        member(world, job_title="CEO", custom_fields={"Newsletter": "Perhaps"})
        world.run()
        assert world.in_membrain(ANN)["JobTitle"] == "CEO"
        assert (world.in_membrain(ANN)["Newsletter"] or "") == ("Yes" if exists else "")
        assert world.waits() == {(ANN, "custom.Newsletter", "bad_value")}
        world.quietly()
