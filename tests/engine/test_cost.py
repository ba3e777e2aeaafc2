"""What a run costs: it follows what changed, not how many people there are."""

from __future__ import annotations

from collections import Counter
from math import ceil
from typing import TYPE_CHECKING

import pytest

from ccsync.constant_contact.client import PAGE

if TYPE_CHECKING:
    from tests.engine.conftest import World

MORE_FIELDS = {
    "contact.Phone": "custom.Phone",
    "contact.custom.Interests": "custom.Interests",
    "company.City": "address.work.city",
    "company.CountryName": "address.work.country",
    "company.Website": "custom.Website",
    "company.EmailAddress": "custom.Mail",
    "company.custom.Segment": "custom.Segment",
}


def acquainted(world: World) -> None:
    """Let account, list and fields be known: a handful of people is there, and nothing is left to do."""
    world.configure(more="".join(world.field(*pair) for pair in MORE_FIELDS.items()))
    world.people(3, CompanyId=world.company())
    world.run()
    rest(world)


def rest(world: World) -> None:
    """Let the windows pass that reach back to what the last run has written."""
    world.wait(minutes=10)
    world.run()
    world.wait(minutes=10)


def enter(world: World, count: int) -> Counter[str]:
    """Let so many new people enter, and return the requests to Constant Contact that it took, by path."""
    acquainted(world)
    world.crowd(count)
    before = len(world.constant_contact.log())

    report = world.run()

    assert report.counts.created == count
    asked = world.constant_contact.log()[before:]
    sizes = [one["size"] for one in asked if one["path"].endswith("contacts_json_import")]
    assert max(sizes) <= 4_000_000
    assert 360 <= sum(sizes) / count <= 390, "bytes of a row"
    requests = Counter(f"{one['method']} {one['path'].removeprefix('/v3')}" for one in asked)
    assert requests.total() == report.calls["constant_contact"]
    return requests


class TestNewPeople:
    @pytest.mark.slow
    def test_reading_back_is_a_page_for_500_and_all_else_ten_requests_at_most(self, world: World) -> None:
        count = 600
        requests = enter(world, count)
        assert requests["POST /activities/contacts_json_import"] == 1
        assert requests.total() <= ceil(count / PAGE) + 10

    @pytest.mark.slow
    def test_ten_thousand_take_thirty_requests_at_most(self, world: World) -> None:
        requests = enter(world, 10_000)
        assert requests["POST /activities/contacts_json_import"] == 1
        assert requests.total() <= 30


class TestNothingToDo:
    def test_a_run_asks_each_service_twice_and_writes_nothing(self, world: World) -> None:
        acquainted(world)
        before = len(world.constant_contact.log()), len(world.membrain.log())

        report = world.quietly()

        assert dict(report.calls) == {"membrain": 2, "constant_contact": 2}
        assert [(one["path"], "optout_after" in one["query"]) for one in world.constant_contact.log()[before[0] :]] == [
            ("/v3/contacts", True),
            ("/v3/contacts", False),
        ]
        assert [one["path"] for one in world.membrain.log()[before[1] :]] == [
            "/API/v2/contacts/",
            "/API/v2/companies/",
        ]

    def test_ten_times_as_many_people_make_no_more_requests(self, world: World) -> None:
        acquainted(world)
        world.crowd(30)
        world.run()
        rest(world)
        assert dict(world.quietly().calls) == {"membrain": 2, "constant_contact": 2}


@pytest.mark.slow
class TestFewChanges:
    def test_one_changed_person_is_read_written_and_read_back(self, world: World) -> None:
        acquainted(world)
        person = world.person("Ann Berg", "ann@example.com")
        world.run()
        rest(world)
        world.change(person, JobTitle="CEO")

        report = world.run()

        assert report.counts.updated == 1
        assert report.calls["constant_contact"] <= 8

    def test_a_hundred_who_leave_are_one_job(self, world: World) -> None:
        acquainted(world)
        people = world.people(100)
        world.run()
        rest(world)
        for person in people:
            world.change(person, Newsletter="No")
        before = len(world.requests())

        report = world.run(allow_removals=100)

        assert report.counts.removed == 100
        written = [one for one in world.requests(since=before) if one.startswith("POST")]
        assert written == ["POST /v3/activities/remove_list_memberships"]
        assert report.calls["constant_contact"] <= 8

    def test_three_changed_people_are_read_back_with_one_page(self, world: World) -> None:
        acquainted(world)
        people = world.people(3)
        world.run()
        rest(world)
        for person in people:
            world.change(person, JobTitle="CEO")
        before = len(world.requests())

        report = world.run()

        assert report.counts.updated == 3
        requests = world.requests(since=before)
        written = requests.index("POST /v3/activities/contacts_json_import")
        assert requests[written + 1 :] == ["GET /v3/activities", "GET /v3/contacts"]

    @pytest.mark.parametrize(
        ("moves", "read"), [(True, "updated_after="), (False, "lists=")], ids=["shown", "not shown"]
    )
    def test_whether_a_list_change_moves_the_time_of_change_is_found_out_once(
        self, world: World, *, moves: bool, read: str
    ) -> None:
        world.constant_contact.set_switches(list_change_moves_updated_at=moves)
        acquainted(world)
        people = world.people(6)
        world.run()
        for leaving in (people[:3], people[3:]):
            rest(world)
            for person in leaving:
                world.change(person, Newsletter="No")
            before = len(world.constant_contact.log())
            assert world.run(allow_removals=3).counts.removed == 3
        requests = world.constant_contact.log()[before:]
        posted = next(place for place, one in enumerate(requests) if one["method"] == "POST")
        pages = [one["query"] for one in requests[posted:] if one["path"].startswith("/v3/contacts")]
        assert [read in query for query in pages] == [True]


@pytest.mark.slow
class TestReadingAgainBeforeWriting:
    """A membership is read again before a write names its list: the cheapest way."""

    def test_many_of_a_short_list_in_a_large_account_are_read_with_their_list(self, world: World) -> None:
        before = five_of_many_change(world)
        world.run()
        assert sum("lists=" in one["query"] for one in world.constant_contact.log()[before:]) == 1
        assert read_by_id(world, before) == set()
        assert [world.contact(f"person{number}@example.com")["job_title"] for number in range(4, 9)] == ["CEO"] * 5

    def test_whoever_is_no_longer_on_the_list_is_asked_for_by_id(self, world: World) -> None:
        before = five_of_many_change(world)
        gone = world.id_of("person4@example.com")
        world.constant_contact.people.take_off_list(gone, world.list_id())
        world.run()
        assert read_by_id(world, before) == {gone}
        assert "person4@example.com" not in world.members()
        assert world.waiting()["person4@example.com"] == "removed_by_hand"


def five_of_many_change(world: World) -> int:
    """Change five people who are on the list of an account in which many others live; return how many requests were."""
    acquainted(world)
    people = world.people(5)
    for number in range(PAGE):
        world.subscriber(f"other{number}@example.org")
    world.run()
    rest(world)
    for person in people:
        world.change(person, JobTitle="CEO")
    return len(world.constant_contact.log())


def read_by_id(world: World, since: int) -> set[str]:
    """Return the ids of the people who were read one by one."""
    read = [one["path"] for one in world.constant_contact.log()[since:] if one["method"] == "GET"]
    return {path.removeprefix("/v3/contacts/") for path in read if path.startswith("/v3/contacts/")}
