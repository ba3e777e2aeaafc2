"""A changed company and a new, changed or closed project concern everybody who works there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ccsync.sandbox.membrain.kinds import Kind
from ccsync.sandbox.membrain.store import CustomField

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.engine.conftest import World

ANN = "ann@example.com"
KIND_OF = {
    "sales-project": "opportunities",
    "account-growth-project": "accountGrowthItems",
    "prospect": "prospects",
}
"""The kinds of project, by the configuration's words."""

FIRST, *OTHERS = KIND_OF.values()
KINDS = [FIRST, *(pytest.param(kind, marks=pytest.mark.slow) for kind in OTHERS)]


def test_a_changed_company_touches_all_of_its_people(world: World) -> None:
    world.membrain.set_switches(company_moves_contacts=False)
    company = world.company("Nordlys AS")
    world.people(3, CompanyId=company)
    world.run()
    world.membrain.edit("companies", company, Name="Sørlys AS")

    report = world.run()

    assert {one["company_name"] for one in world.constant_contact.people.all()} == {"Sørlys AS"}
    assert report.counts.updated == 3


def test_a_company_that_no_longer_matches_takes_its_people_off_the_list(world: World) -> None:
    world.membrain.set_switches(company_moves_contacts=False)
    world.configure(filter='company.CountryCode == "SE"')
    company = world.company(CountryCode="SE")
    world.people(3, CompanyId=company)
    world.run()
    assert len(world.members()) == 3
    world.membrain.edit("companies", company, CountryCode="FI")

    world.run()

    assert world.members() == set()


def test_a_new_project_and_a_changed_one_touch_the_people_of_its_company(world: World) -> None:
    world.configure(more=world.field("project.Name", "custom.Project"))
    company = world.company()
    world.people(2, CompanyId=company)
    world.run()
    assert world.value("person1@example.com", "Project") == ""

    project = world.membrain.create("opportunities", {"Name": "Bridge", "CompanyId": company})
    world.run()
    assert {world.value(f"person{number}@example.com", "Project") for number in (1, 2)} == {"Bridge"}

    world.membrain.edit("opportunities", project, Name="Tunnel")
    report = world.run()
    assert world.value("person1@example.com", "Project") == "Tunnel"
    assert report.counts.updated == 2


def test_the_newest_open_project_of_any_kind_speaks_for_the_company(world: World) -> None:
    world.configure(more=world.field("project.Name", "custom.Project"))
    company = world.company()
    world.person("Ann Berg", ANN, CompanyId=company)
    world.membrain.create("prospects", {"Name": "Old prospect", "CompanyId": company})
    world.wait(days=1)
    newest = world.membrain.create("accountGrowthItems", {"Name": "New growth", "CompanyId": company})
    world.run()
    assert world.value(ANN, "Project") == "New growth"

    world.membrain.edit("accountGrowthItems", newest, Status="Won", WonDate="2026-11-24")
    world.run()

    assert world.value(ANN, "Project") == "Old prospect"
    world.wait(hours=25)
    world.quietly()


def test_a_deleted_project_speaks_for_nobody(world: World) -> None:
    world.configure(more=world.field("project.Name", "custom.Project"))
    company = world.company()
    world.person("Ann Berg", ANN, CompanyId=company)
    world.membrain.create("opportunities", {"Name": "Bridge", "CompanyId": company})
    world.wait(days=1)
    tunnel = world.membrain.create("opportunities", {"Name": "Tunnel", "CompanyId": company})
    world.run()
    world.membrain.delete("opportunities", tunnel)

    world.run()

    assert world.value(ANN, "Project") == "Bridge"


def test_with_newest_a_closed_project_may_speak(world: World) -> None:
    world.configure(keys='project = "newest"', more=world.field("project.Name", "custom.Project"))
    company = world.company()
    world.person("Ann Berg", ANN, CompanyId=company)
    world.membrain.create("opportunities", {"Name": "Bridge", "CompanyId": company})
    world.wait(days=1)
    world.membrain.create("opportunities", {"Name": "Tunnel", "CompanyId": company, "LostReasonName": "Price"})

    world.run()

    assert world.value(ANN, "Project") == "Tunnel"


def test_only_the_wanted_kinds_of_project_are_read(world: World) -> None:
    world.configure(keys='projects = ["prospect"]', more=world.field("project.Name", "custom.Project"))
    company = world.company()
    world.person("Ann Berg", ANN, CompanyId=company)
    world.membrain.create("prospects", {"Name": "Prospect", "CompanyId": company})
    world.wait(days=1)
    world.membrain.create("opportunities", {"Name": "Opportunity", "CompanyId": company})

    world.run()

    assert world.value(ANN, "Project") == "Prospect"
    asked = {one.path for one in world.wires.sent if one.service == "membrain"}
    assert "/API/v2/opportunities/" not in asked


# --- every property of a company and of a project ---------------------------------------------------------------------

COMPANY = {
    "EmailAddress": "info@nordlys.example",
    "City": "Bergen",
    "CountryName": "Norway",
    "CountryCode": "NO",
    "Website": "https://nordlys.example/",
    "Phone": "+47 55 00 00 00",
    "Street": "Bryggen 1",
    "PostalCode": "5003",
    "State": "Vestland",
    "AccountManagerId": "5b0f6a1e-7a53-4d0e-9a55-6a9d7c1f0001",
    "AccountManagerName": "Olle Owner",
}
PROJECT = {
    "Name": "Bridge",
    "Key": "K-17",
    "OwnerId": "5b0f6a1e-7a53-4d0e-9a55-6a9d7c1f0002",
    "OwnerName": "Olle Owner",
    "ProcessId": "5b0f6a1e-7a53-4d0e-9a55-6a9d7c1f0003",
    "ProcessName": "Complex sale",
    "ProcessCurrentStageId": "5b0f6a1e-7a53-4d0e-9a55-6a9d7c1f0004",
    "ProcessCurrentStageName": "Proposal",
    "Status": "Open",
}
MORE_OF_ONE_KIND = {
    "prospects": {},
    "opportunities": {"EstimatedClosingDate": "2027-01-31", "Value": "125000", "Currency": "SEK", "Probability": "40"},
    "accountGrowthItems": {"Value": "125000", "StartDate": "2027-01-31", "EndDate": "2027-12-31"},
}


def mapped(world: World, record: str, names: Iterable[str]) -> str:
    """Return one more field for each property, to a custom field of its name."""
    return "".join(world.field(f"{record}.{name}", f"custom.{name.removeprefix('custom.')}") for name in names)


def shown(world: World, names: Iterable[str], email: str = ANN) -> dict[str, str]:
    return {name: world.value(email, name.removeprefix("custom.")) for name in names}


def test_every_property_of_a_company_travels(world: World) -> None:
    custom = {"custom.Segment": "Key account", "custom.Employees": "250"}
    world.configure(more=mapped(world, "company", [*COMPANY, *custom]))
    company = world.company("Nordlys AS", **COMPANY, Segment="Key account", Employees="250")
    world.person("Ann Berg", ANN, CompanyId=company)

    world.run()

    assert shown(world, COMPANY) == COMPANY
    assert shown(world, custom) == custom
    assert world.contact(ANN)["company_name"] == "Nordlys AS"


def test_a_property_that_nobody_has_heard_of_travels_when_the_instance_shows_it(world: World) -> None:
    world.membrain.set_switches(renamed_properties=("companies.AccountManagerName=Owner", "prospects.Key=Number"))
    world.configure(more=world.field("company.Owner", "custom.Owner") + world.field("project.Number", "custom.Key"))
    company = world.company("Nordlys AS", AccountManagerName="Olle Owner")
    world.person("Ann Berg", ANN, CompanyId=company)
    world.membrain.create("prospects", {"Name": "Bridge", "CompanyId": company, "Key": "P-17"})

    world.run()

    assert shown(world, ["Owner", "Key"]) == {"Owner": "Olle Owner", "Key": "P-17"}


def test_each_property_of_a_company_that_changes_travels_to_all_who_work_there(world: World) -> None:
    world.membrain.set_switches(company_moves_contacts=False)
    names = ["City", "AccountManagerName", "custom.Segment"]
    world.configure(more=mapped(world, "company", names))
    company = world.company("Nordlys AS", City="Bergen", AccountManagerName="Olle Owner", Segment="Key account")
    world.people(2, CompanyId=company)
    world.run()
    world.membrain.edit("companies", company, City="Oslo", AccountManagerName="Siv Seller", Segment="Large")

    report = world.run()

    now = {"City": "Oslo", "AccountManagerName": "Siv Seller", "custom.Segment": "Large"}
    assert [shown(world, names, f"person{number}@example.com") for number in (1, 2)] == [now, now]
    assert report.counts.updated == 2
    world.quietly()


# --- each kind of project ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_creating_a_project_populates_its_values_for_everybody_who_works_there(world: World, kind: str) -> None:
    """Nobody's contact has changed, nor has their company."""
    values = PROJECT | MORE_OF_ONE_KIND[kind]
    region = CustomField(Kind(kind), "5b0f6a1e-7a53-4d0e-9a55-6a9d7c1f0009", "Region", "Text")
    world.membrain.put_custom_field(region)
    names = [*values, "custom.Region"]
    world.configure(more=mapped(world, "project", names))
    company, other = world.company("Nordlys AS"), world.company("Sydlys AS")
    world.people(2, CompanyId=company)
    world.person("Ann Berg", ANN, CompanyId=other)
    world.run()
    before = [one["ChangedDate"] for one in world.membrain.all("contacts")]

    world.membrain.create(kind, {**values, "CompanyId": company, "Region": "North"})
    report = world.run()

    assert [one["ChangedDate"] for one in world.membrain.all("contacts")] == before
    expected = {**values, "custom.Region": "North"}
    assert [shown(world, names, f"person{number}@example.com") for number in (1, 2)] == [expected, expected]
    assert set(shown(world, names).values()) == {""}, "nothing for another company"
    assert report.counts.updated == 2
    world.quietly()


@pytest.mark.parametrize("kind", KINDS)
def test_another_owner_and_another_stage_travel_to_everybody_who_works_there(world: World, kind: str) -> None:
    names = ["OwnerName", "ProcessCurrentStageName"]
    world.configure(more=mapped(world, "project", names))
    company = world.company()
    world.people(2, CompanyId=company)
    project = world.membrain.create(kind, {**PROJECT, "CompanyId": company})
    world.run()
    everybody = ["person1@example.com", "person2@example.com"]

    world.membrain.edit(kind, project, OwnerName="Siv Seller")
    assert world.run().counts.updated == 2
    assert {world.value(one, "OwnerName") for one in everybody} == {"Siv Seller"}

    world.membrain.edit(kind, project, ProcessCurrentStageName="Contract")
    assert world.run().counts.updated == 2
    assert {world.value(one, "ProcessCurrentStageName") for one in everybody} == {"Contract"}
    assert {world.value(one, "OwnerName") for one in everybody} == {"Siv Seller"}


@pytest.mark.parametrize("kind", KINDS)
def test_a_project_that_has_ended_gives_way_to_the_next_one(world: World, kind: str) -> None:
    """Won, archived, lost or deleted, one after the other; the newest of those that are left speaks."""
    world.configure(more=world.field("project.Name", "custom.Project"))
    company = world.company()
    world.person("Ann Berg", ANN, CompanyId=company)
    projects = {}
    for name in ("last", "deleted", "lost", "archived", "won by status", "won"):
        projects[name] = world.membrain.create(kind, {"Name": name, "CompanyId": company, "Status": "Open"})
        world.wait(days=1)
    world.run()
    assert world.value(ANN, "Project") == "won"

    ways = {"won": {"WonDate": "2026-11-30"}, "won by status": {"Status": "Won"}, "archived": {"Status": "Archived"}}
    lost = {"LostReasonName": "Price"} if kind == "opportunities" else {"Status": "Lost"}
    spoke = []
    for name, values in {**ways, "lost": lost}.items():
        world.membrain.edit(kind, projects[name], **values)
        world.run()
        spoke.append(world.value(ANN, "Project"))
    world.membrain.delete(kind, projects["deleted"])
    world.run()

    assert spoke == ["won by status", "archived", "lost", "deleted"]
    assert world.value(ANN, "Project") == "last"


@pytest.mark.parametrize("kind", KINDS)
def test_a_project_that_is_listed_no_more_gives_way_when_two_sweeps_agree(world: World, kind: str) -> None:
    world.membrain.set_switches(deleted_projects_listed=False)
    world.configure(more=world.field("project.Name", "custom.Project"))
    company = world.company()
    world.person("Ann Berg", ANN, CompanyId=company)
    world.membrain.create(kind, {"Name": "Bridge", "CompanyId": company})
    world.wait(days=1)
    tunnel = world.membrain.create(kind, {"Name": "Tunnel", "CompanyId": company})
    world.run()
    assert world.value(ANN, "Project") == "Tunnel"
    world.membrain.delete(kind, tunnel)

    world.two_sweeps()

    assert world.value(ANN, "Project") == "Bridge"


@pytest.mark.parametrize("kind", KINDS)
def test_with_newest_a_project_of_each_kind_speaks_on_when_it_has_ended_but_not_when_it_is_deleted(
    world: World, kind: str
) -> None:
    world.configure(keys='project = "newest"', more=mapped(world, "project", ["Name", "Status"]))
    company = world.company()
    world.person("Ann Berg", ANN, CompanyId=company)
    world.membrain.create(kind, {"Name": "Bridge", "CompanyId": company, "Status": "Open"})
    world.wait(days=1)
    tunnel = world.membrain.create(kind, {"Name": "Tunnel", "CompanyId": company, "Status": "Open"})
    world.run()

    world.membrain.edit(kind, tunnel, Status="Won", WonDate="2026-11-30")
    world.run()
    assert shown(world, ["Name", "Status"]) == {"Name": "Tunnel", "Status": "Won"}

    world.membrain.delete(kind, tunnel)
    world.run()
    assert shown(world, ["Name", "Status"]) == {"Name": "Bridge", "Status": "Open"}


@pytest.mark.parametrize(("keys", "left"), [("", "Bridge"), ("clear = true", "")])
def test_the_last_project_that_ends_leaves_its_values_unless_they_are_to_be_cleared(
    world: World, keys: str, left: str
) -> None:
    world.configure(more=world.field("project.Name", "custom.Project", keys))
    company = world.company()
    world.person("Ann Berg", ANN, CompanyId=company)
    project = world.membrain.create("opportunities", {"Name": "Bridge", "CompanyId": company})
    world.run()
    world.membrain.edit("opportunities", project, Status="Won")

    world.run()

    assert world.value(ANN, "Project") == left


def test_a_project_that_goes_to_another_company_speaks_there_and_no_longer_here(world: World) -> None:
    world.configure(more=world.field("project.Name", "custom.Project", "clear = true"))
    here, there = world.company("Nordlys AS"), world.company("Sydlys AS")
    world.person("Ann Berg", ANN, CompanyId=here)
    world.person("Bo Lind", "bo@example.com", CompanyId=there)
    project = world.membrain.create("accountGrowthItems", {"Name": "Bridge", "CompanyId": here})
    world.run()
    assert (world.value(ANN, "Project"), world.value("bo@example.com", "Project")) == ("Bridge", "")
    world.membrain.edit("accountGrowthItems", project, CompanyId=there)

    world.run()

    assert (world.value(ANN, "Project"), world.value("bo@example.com", "Project")) == ("", "Bridge")


def test_somebody_who_changes_company_gets_the_project_of_the_new_one(world: World) -> None:
    world.configure(more=world.field("project.Name", "custom.Project"))
    here, there = world.company("Nordlys AS"), world.company("Sydlys AS")
    ann = world.person("Ann Berg", ANN, CompanyId=here)
    world.membrain.create("prospects", {"Name": "Bridge", "CompanyId": here})
    world.membrain.create("prospects", {"Name": "Tunnel", "CompanyId": there})
    world.run()
    world.change(ann, CompanyId=there)

    world.run()

    assert (world.value(ANN, "Project"), world.contact(ANN)["company_name"]) == ("Tunnel", "Sydlys AS")


@pytest.mark.parametrize(("wanted", "speaks"), list(KIND_OF.items()))
def test_a_sync_listens_to_the_kinds_that_it_names(world: World, wanted: str, speaks: str) -> None:
    world.configure(keys=f'projects = ["{wanted}"]', more=world.field("project.Name", "custom.Project"))
    company = world.company()
    world.person("Ann Berg", ANN, CompanyId=company)
    world.membrain.create(speaks, {"Name": speaks, "CompanyId": company})
    world.wait(days=1)
    for kind in KIND_OF.values():
        if kind != speaks:
            world.membrain.create(kind, {"Name": kind, "CompanyId": company})

    world.run()

    assert world.value(ANN, "Project") == speaks
