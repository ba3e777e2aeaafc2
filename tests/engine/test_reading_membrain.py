"""Reading Membrain: whole lists or none, whatever its filters, orders, markers and names turn out to mean."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from ccsync.engine.options import Result
from ccsync.errors import ExitCode
from ccsync.sandbox.faults import Fault
from ccsync.sandbox.membrain.kinds import Kind
from ccsync.sandbox.membrain.store import CustomField

if TYPE_CHECKING:
    from tests.engine.conftest import World

pytestmark = pytest.mark.slow

ANN = "ann@example.com"
SLOW = pytest.mark.slow


def asked(world: World, path: str = "/API/v2/contacts/") -> list[str]:
    """Return the queries with which a list was asked for."""
    return [one.query for one in world.wires.sent if one.path == path]


# --- whole lists ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "order", [pytest.param("stable", marks=SLOW), "shuffled", pytest.param("newest-first", marks=SLOW)]
)
def test_a_list_of_several_pages_is_read_whole_in_whatever_order(world: World, order: str) -> None:
    world.membrain.set_switches(undocumented_order=order)
    world.configure(filter="", more=world.field("project.Name", "custom.Project"))
    companies = [world.company(f"Company {number}") for number in range(130)]
    for number, company in enumerate(companies):
        world.membrain.create("opportunities", {"Name": f"Project {number}", "CompanyId": company})
        world.person(f"Person Number{number}", f"p{number}@example.com", CompanyId=company)

    world.run()

    assert len(world.members()) == 130
    assert {world.value(f"p{number}@example.com", "Project") for number in (0, 99, 129)} == {
        "Project 0",
        "Project 99",
        "Project 129",
    }


@SLOW
def test_a_larger_page_is_asked_for_when_its_parameter_is_known(world: World) -> None:
    world.membrain.set_switches(page_size_parameter="PageSize")
    world.configure(tables='[membrain]\npage_size_parameter = "PageSize"')
    world.people(150)

    report = world.run()

    assert report.counts.created == 150
    assert all("PageSize=1000" in query for query in asked(world))


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        ("half_page", "/API/v2/contacts/"),
        ("html", "/API/v2/companies/"),
        pytest.param("half_page", "/API/v2/companies/", marks=SLOW),
        pytest.param("html", "/API/v2/contacts/", marks=SLOW),
        pytest.param("truncated", "/API/v2/contacts/", marks=SLOW),
        pytest.param("status_500", "/API/v2/contacts/", marks=SLOW),
    ],
)
def test_half_an_answer_or_none_takes_nobody_off_the_list(world: World, kind: str, path: str) -> None:
    world.people(4, CompanyId=world.company())
    world.run()
    for _ in range(3):
        world.sandbox.faults.add(Fault(kind, service="membrain", path_prefix=path, times=None))  # type: ignore[arg-type] # parametrised
        report = world.run(full=True)
        world.sandbox.faults.clear()
        assert report.exit_code is ExitCode.UNREACHABLE

    assert world.run(full=True).result is Result.SUCCESS
    assert len(world.members()) == 4


def test_an_error_with_status_200_is_no_empty_list(world: World) -> None:
    world.people(4)
    world.run()
    world.membrain.set_switches(instance_found=False)

    report = world.run(full=True)

    assert report.exit_code is ExitCode.CONFIG
    assert "Instance not found" in report.message
    assert len(world.members()) == 4


# --- what the range filter does ---------------------------------------------------------------------------------------


def test_after_the_first_run_only_changes_are_asked_for_with_both_ends(world: World) -> None:
    world.membrain.delete("contacts", world.person("Long Gone"))
    world.membrain.delete("companies", world.company("Gone AS"))
    world.people(3, CompanyId=world.company())
    world.membrain.delete("contacts", world.person())
    world.membrain.delete("companies", world.company("Gone AS"))
    world.run()
    before = len(world.wires.sent)

    world.run()

    queries = [one.query for one in world.wires.sent[before:] if one.service == "membrain"]
    assert len(queries) == 2
    assert all("ChangedFromDate=" in query and "ChangedToDate=" in query for query in queries)


def test_where_the_range_filter_is_ignored_everything_is_read_every_time(world: World) -> None:
    world.membrain.set_switches(range_filter_ignored_on=("contacts",), custom_field_moves_changed=False)
    ann = world.person("Ann Berg", ANN, Language="Norsk")
    world.people(3)
    world.run()
    world.wait(hours=2)
    world.run()
    world.change(ann, Language="Svenska")

    report = world.run()

    assert world.value(ANN, "Language") == "Svenska"
    assert report.warnings == ()
    assert [line["sweep"] for line in world.events(report, "stream.pulled") if "membrain.contacts" in line["stream"]]


def test_a_range_filter_that_stops_to_work_is_noticed(world: World) -> None:
    world.people(3)
    world.run()
    world.wait(hours=2)
    world.run()
    world.membrain.set_switches(range_filter_ignored_on=("contacts",))

    report = world.run()

    assert report.warnings == ("Membrain ignores the range of change dates for contacts: reading all of them",)
    assert report.result is Result.SUCCESS


def test_a_range_that_membrain_refuses_makes_it_read_everything(world: World) -> None:
    world.people(3)
    world.run()
    world.membrain.set_switches(longest_range_days=31)
    world.wait(days=40)
    world.configure(tables='[service]\nsweep = "90d"')
    world.person("Ann Berg", ANN)

    report = world.run()

    assert report.result is Result.SUCCESS
    assert "A range may be 31 days long at most: reading all contacts" in report.warnings[0]
    assert ANN in world.members()


# --- zones and clocks -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "zone",
    ["America/Los_Angeles", *(pytest.param(one, marks=SLOW) for one in ("Europe/Stockholm", "Pacific/Auckland"))],
)
def test_changes_are_found_in_whatever_zone_membrain_keeps_its_times(world: World, zone: str) -> None:
    world.membrain.set_switches(time_zone=zone)
    world.configure(tables=f'[membrain]\ntime_zone = "{zone}"')
    ann = world.person("Ann Berg", ANN, JobTitle="CEO")
    world.run()
    world.wait(hours=3)
    world.run()
    world.change(ann, JobTitle="CFO")

    report = world.run()

    assert world.contact(ANN)["job_title"] == "CFO"
    assert report.warnings == ()


def test_changes_from_the_future_say_that_the_zone_is_wrong(world: World) -> None:
    world.membrain.set_switches(time_zone="Asia/Tokyo")
    world.people(1)

    report = world.run()

    [warning] = report.warnings
    assert "time_zone" in warning


# --- names ------------------------------------------------------------------------------------------------------------


def test_a_name_that_membrain_does_not_show_counts_as_not_set_and_is_told(world: World) -> None:
    world.configure(more=world.field("contact.custom.Langauge", "custom.Tongue"))
    world.person("Ann Berg", ANN, Language="Norsk")

    report = world.run()

    assert report.result is Result.SUCCESS
    [warning] = report.warnings
    assert "contact.custom.Langauge" in warning
    assert "did you mean contact.custom.Language" in warning
    assert world.members() == {ANN}


def test_a_custom_field_made_a_moment_ago_is_known_when_the_configuration_speaks_of_it(world: World) -> None:
    ann = world.person("Ann Berg", ANN)
    world.run()
    world.membrain.put_custom_field(CustomField(Kind.CONTACTS, str(uuid4()), "Shoe size", "Text"))
    world.configure(more=world.field("contact.custom.Shoe size", "custom.Shoe size"))
    world.change(ann, **{"Shoe size": "39"})

    report = world.run()

    assert report.warnings == ()
    assert world.value(ANN, "Shoe size") == "39"


def test_two_custom_fields_of_one_name_are_an_error_that_offers_their_ids(world: World) -> None:
    other = str(uuid4())
    world.membrain.put_custom_field(CustomField(Kind.CONTACTS, other, "Language", "Text"))
    world.person("Ann Berg", ANN)

    report = world.run()

    assert report.exit_code is ExitCode.CONFIG
    assert f"contact.custom.{other}" in report.hint
    world.config.write_text(world.config.read_text("utf-8").replace("custom.Language", f"custom.{other}", 1), "utf-8")
    assert world.run().result is Result.SUCCESS


def test_a_custom_field_by_its_id_outlives_a_new_name(world: World) -> None:
    size = CustomField(Kind.CONTACTS, str(uuid4()), "Shoe size", "Text")
    world.membrain.put_custom_field(size)
    world.configure(more=world.field(f"contact.custom.{size.id}", "custom.Size"))
    ann = world.person("Ann Berg", ANN, **{"Shoe size": "39"})
    world.run()
    world.membrain.put_custom_field(CustomField(Kind.CONTACTS, size.id, "EU size", "Text"))
    world.change(ann, **{"EU size": "40"})

    report = world.run(full=True)

    assert report.warnings == ()
    assert world.value(ANN, "Size") == "40"


@pytest.mark.parametrize("keys", ["clear = true", 'default = "unknown"', pytest.param("", marks=SLOW)])
def test_a_field_that_vanishes_from_membrain_takes_no_value_away(world: World, keys: str) -> None:
    size = CustomField(Kind.CONTACTS, str(uuid4()), "Shoe size", "Text")
    world.membrain.put_custom_field(size)
    world.configure(more=world.field("contact.custom.Shoe size", "custom.Size", keys))
    world.person("Ann Berg", ANN, **{"Shoe size": "39"})
    world.run()
    world.membrain.put_custom_field(CustomField(Kind.CONTACTS, size.id, "EU size", "Text"))

    report = world.run(full=True)

    assert world.value(ANN, "Size") == "39"
    assert "contact.custom.Shoe size" in report.warnings[0]
