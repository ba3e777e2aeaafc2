"""The main job: the people of a Membrain filter stand on a Constant Contact list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccsync.errors import ExitCode

if TYPE_CHECKING:
    from tests.engine.conftest import World


def test_people_whom_the_filter_takes_are_created_and_put_on_the_list(world: World) -> None:
    company = world.company("Nordlys AS")
    world.person("Ann Berg", "ann@example.com", CompanyId=company, JobTitle="CEO", Language="Norsk")
    world.person("Bo Lind", "bo@example.com", Newsletter="No")

    report = world.run()

    assert report.exit_code is ExitCode.DONE
    assert report.counts.created == 1
    assert world.members() == {"ann@example.com"}
    ann = world.contact("ann@example.com")
    assert (ann["first_name"], ann["last_name"], ann["company_name"], ann["job_title"]) == (
        "Ann",
        "Berg",
        "Nordlys AS",
        "CEO",
    )
    assert ann["email_address"]["permission_to_send"] == "implicit"


def test_a_second_run_reads_four_pages_and_writes_nothing(world: World) -> None:
    world.people(3, CompanyId=world.company())
    world.run()
    world.wait(minutes=10)
    world.run()
    world.wait(minutes=10)
    written = world.constant_contact.writes()

    report = world.run()

    assert dict(report.calls) == {"membrain": 2, "constant_contact": 2}
    assert world.constant_contact.writes() == written
    assert report.counts.unchanged == 0
