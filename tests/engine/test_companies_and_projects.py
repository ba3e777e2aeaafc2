"""A changed company and a new, changed or closed project concern everybody who works there."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.engine.conftest import World

ANN = "ann@example.com"


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
