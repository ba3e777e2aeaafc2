"""The last look before anything is written: what the guard stops, what lets it pass, and what a stop leaves behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ccsync.engine.options import Result
from ccsync.errors import ExitCode

if TYPE_CHECKING:
    from tests.engine.conftest import World


def leave(world: World, people: list[str]) -> None:
    for one in people:
        world.change(one, Newsletter="No")


@pytest.mark.parametrize(
    ("members", "leaving", "stops"),
    [
        (9, 9, False),  # a list of fewer than 10 may be emptied
        (10, 5, False),  # half is not over half
        (10, 6, True),
        pytest.param(30, 12, False, marks=pytest.mark.slow),
        pytest.param(30, 16, True, marks=pytest.mark.slow),
        pytest.param(60, 20, False, marks=pytest.mark.slow),  # 20 are not more than 20
        pytest.param(60, 21, True, marks=pytest.mark.slow),
        pytest.param(250, 21, False, marks=pytest.mark.slow),  # more than 20, but not more than a tenth
        pytest.param(250, 26, True, marks=pytest.mark.slow),
    ],
)
def test_a_run_stops_when_too_many_people_would_leave(world: World, members: int, leaving: int, stops: bool) -> None:
    people = world.people(members)
    world.run()
    leave(world, people[:leaving])

    report = world.run()

    assert (report.result is Result.STOPPED) is stops
    assert len(world.members()) == members - (0 if stops else leaving)


def test_a_stop_writes_nothing_and_says_how_to_go_on(world: World) -> None:
    people = world.people(12)
    world.run()
    leave(world, people[:7])
    world.change(people[8], JobTitle="CEO")
    world.person("Ann Berg", "ann@example.com")

    report = world.quietly()

    assert (report.exit_code, report.code) == (ExitCode.STOPPED, "guard")
    assert report.message == (
        'sync "customers" would take 7 of 12 people off the list "Customers": nothing was written'
    )
    assert "`ccsync run --once --dry-run`" in report.hint
    assert "`ccsync run --once --allow-removals 7`" in report.hint
    [told] = world.events(report, "guard.stopped")
    assert (told["level"], told["sync"]) == ("error", "customers")
    assert world.contacts("ann@example.com") == []


def test_a_stopped_run_stops_again_until_it_is_allowed_or_mended(world: World) -> None:
    people = world.people(12)
    world.run()
    leave(world, people[:7])
    world.run()
    world.wait(hours=30)

    assert world.quietly().result is Result.STOPPED
    assert world.run(allow_removals=6).result is Result.STOPPED
    report = world.run(allow_removals=7)

    assert report.exit_code is ExitCode.DONE
    assert report.counts.removed == 7
    assert len(world.members()) == 5


def test_a_mended_filter_ends_the_stop(world: World) -> None:
    world.people(12)
    world.run()
    world.configure(filter='contact.custom["Newsletter"] == "yes"')
    assert world.quietly().result is Result.STOPPED
    world.configure()

    report = world.quietly()

    assert report.result is Result.SUCCESS
    assert len(world.members()) == 12


def test_the_allowance_is_for_one_run_only(world: World) -> None:
    people = world.people(24)
    world.run()
    leave(world, people[:13])
    world.run(allow_removals=13)
    leave(world, people[13:20])

    assert world.run().result is Result.STOPPED


def test_the_cause_does_not_matter(world: World) -> None:
    world.membrain.set_switches(company_moves_contacts=False)
    world.configure(filter='company.CountryCode == "SE"')
    company = world.company(CountryCode="SE")
    world.people(12, CompanyId=company)
    world.run()
    world.membrain.edit("companies", company, CountryCode="FI")

    assert world.quietly().result is Result.STOPPED


def test_an_empty_answer_of_membrain_takes_nobody_off_even_when_two_sweeps_agree(world: World) -> None:
    people = world.people(12)
    world.run()
    for one in people:
        world.membrain.erase("contacts", one)

    report = world.two_sweeps()

    assert report.result is Result.STOPPED
    assert len(world.members()) == 12


def test_the_limits_can_be_set(world: World) -> None:
    world.configure(tables="[guard]\nmax_removals = 2\nmax_removal_share = 0.3")
    people = world.people(9)
    world.run()
    leave(world, people[:2])
    assert world.run().counts.removed == 2
    leave(world, people[2:5])

    assert world.run().result is Result.STOPPED


def test_each_list_is_looked_at_by_itself(world: World) -> None:
    world.configure(more=world.sync("norwegians", "Norwegians", 'contact.custom["Language"] == "Norsk"'))
    people = world.people(12, Language="Norsk")
    world.people(20)
    world.run()
    for one in people[:7]:
        world.change(one, Language="Svenska")

    report = world.run()

    assert report.result is Result.STOPPED
    assert 'list "Norwegians"' in report.message
    assert len(world.members("Norwegians")) == 12


def test_the_command_that_is_told_gets_through_on_all_lists(world: World) -> None:
    world.configure(more=world.sync("norwegians", "Norwegians", 'contact.custom["Language"] == "Norsk"'))
    people, others = world.people(10), world.people(12, Language="Norsk", Newsletter="No")
    world.run()
    leave(world, people[:6])
    for one in others[:8]:
        world.change(one, Language="Svenska")

    report = world.run()

    assert "`ccsync run --once --allow-removals 8`" in report.hint
    assert {told["hint"] for told in world.events(report, "guard.stopped")} == {report.hint}
    assert world.run(allow_removals=8).counts.removed == 14


def test_max_new_stops_a_run_that_would_put_more_people_on_a_list(world: World) -> None:
    world.configure(tables="[guard]\nmax_new = 3")
    world.people(4)

    report = world.run()

    assert report.result is Result.STOPPED
    assert "max_new = 3" in report.message
    assert world.constant_contact.writes() == 0
    assert world.constant_contact.people.lists() == []


def test_max_new_stops_a_run_that_would_create_more_people_in_membrain(world: World) -> None:
    world.configure(direction="constant-contact-to-membrain", tables="[guard]\nmax_new = 2")
    world.constant_contact.people.add_list("Customers")
    for one in ("ann", "bo", "cia"):
        world.subscriber(
            f"{one}@example.com", first_name=one, company_name="Nordlys AS", list_memberships=[world.list_id()]
        )

    report = world.quietly()

    assert (report.result, report.code) == (Result.STOPPED, "guard")
    assert report.message == (
        'sync "customers" would create 3 people in Membrain, more than max_new = 2: nothing was written'
    )
    world.configure(direction="constant-contact-to-membrain", tables="[guard]\nmax_new = 3")
    assert world.run().counts.created == 3


def test_a_stop_by_the_guard_keeps_what_was_read(world: World) -> None:
    people = world.people(12)
    world.run()
    leave(world, people[:7])
    before = world.read_up_to()

    report = world.run()

    assert report.result is Result.STOPPED
    after = world.read_up_to()
    assert all(after[stream] > moment for stream, moment in before.items())
    with world.application().reader() as store:
        assert store is not None
        assert store.work.touched_count() == 7
