"""What a run never makes of what it cannot read, rules 4 and 9: each test tries hard to make it happen."""

from __future__ import annotations

from datetime import timedelta
from itertools import cycle, product
from typing import TYPE_CHECKING, Any

import pytest

from ccsync.errors import ExitCode
from ccsync.sandbox.faults import Fault

from .test_never import settle

if TYPE_CHECKING:
    from _pytest.mark import ParameterSet

    from .conftest import World
    from .wires import Sent

MEMBRAIN_LISTS = ("contacts", "companies", "prospects", "opportunities", "accountGrowthItems", "users", "customFields")
LISTS = [f"GET /API/v2/{name}/" for name in MEMBRAIN_LISTS] + [
    "GET /v3/contacts",
    "GET /v3/contact_lists",
    "GET /v3/contact_custom_fields",
]
PAGED = [name for name in LISTS if not name.endswith(("/users/", "/customFields/", "/contact_custom_fields"))]


def slow(line: str) -> ParameterSet:
    """Leave a case to the long suite."""
    return pytest.param(line, marks=pytest.mark.slow)


NONSENSE = {
    "an error with status 200": b'{"error": "Something went wrong"}',
    "an error page": b"<!DOCTYPE html><html><body>We will be back soon</body></html>",
    "no answer at all": b"",
    "null": b"null",
    "a text": b'"ok"',
    "half of one": b'{"count": "12", "from": "0", "to": "12", "contacts": [{"contact_id"',
    "an empty object": b"{}",
}
PROJECT_FIELD = """
[[sync.field]]
membrain = "project.OwnerName"
constant_contact = "custom.Owner"
"""


def busy_world(world: World, people: int = 12) -> None:
    """Bring twelve people with everything around them onto the list."""
    company = world.company()
    world.company("Sørlys AS")
    for kind in ("prospects", "opportunities", "accountGrowthItems"):
        world.membrain.create(kind, {"Name": "Big deal", "CompanyId": company})
    world.people(people, CompanyId=company, JobTitle="Clerk", Language="Norsk")
    world.configure(more=PROJECT_FIELD)
    assert world.run().exit_code is ExitCode.DONE
    assert len(world.members()) == people
    world.wait(minutes=10)


def everybody(world: World) -> list[dict[str, Any]]:
    return world.constant_contact.people.all()


def unusable(world: World, request_line: str, nonsense: str) -> None:
    """Have one list answer nonsense, and see that nothing comes of it."""
    busy_world(world, 3)
    before, stamps, written = everybody(world), world.read_up_to(), len(world.wires.writes())
    world.wires.instead(request_line, NONSENSE[nonsense])
    if request_line.startswith("GET /v3/contact_"):
        world.person()  # lists and fields are looked at before something is written
    report = world.run(full=True)
    assert (report.exit_code, len(world.wires.writes())) == (ExitCode.UNREACHABLE, written)
    assert everybody(world) == before
    assert world.read_up_to() == stamps
    world.wires.mend()
    assert world.run().exit_code is ExitCode.DONE
    assert everybody(world)[:3] == before


class TestNoAnswerIsNotNobody:
    @pytest.mark.parametrize(("request_line", "nonsense"), list(zip(LISTS, cycle(NONSENSE))))
    def test_an_unusable_answer_ends_the_run_and_changes_nothing(
        self, world: World, request_line: str, nonsense: str
    ) -> None:
        unusable(world, request_line, nonsense)

    @pytest.mark.slow
    @pytest.mark.parametrize(("request_line", "nonsense"), list(product(LISTS, NONSENSE)))
    def test_that_is_so_for_every_list_and_every_kind_of_nonsense(
        self, world: World, request_line: str, nonsense: str
    ) -> None:
        unusable(world, request_line, nonsense)

    @pytest.mark.parametrize("request_line", [line if line in PAGED[:1] + PAGED[-2:] else slow(line) for line in PAGED])
    def test_half_a_page_ends_the_run_and_changes_nothing(self, world: World, request_line: str) -> None:
        busy_world(world)
        before, stamps, written = everybody(world), world.read_up_to(), len(world.wires.writes())
        if request_line == "GET /v3/contact_lists":
            world.person()
        path = request_line.removeprefix("GET ")
        world.sandbox.faults.add(Fault("half_page", path_prefix=path, method="GET", times=None))
        report = world.run(full=True)
        assert (report.exit_code, len(world.wires.writes())) == (ExitCode.UNREACHABLE, written)
        assert everybody(world) == before
        assert world.read_up_to() == stamps

    def test_a_field_missing_from_half_an_answer_is_not_made_a_second_time(self, world: World) -> None:
        """The list of custom fields says nothing about its length, so half of it looks whole."""
        busy_world(world, 3)
        fields = world.constant_contact.people.fields()
        world.person()
        world.sandbox.faults.add(Fault("half_page", path_prefix="/v3/contact_custom_fields", method="GET", times=None))
        world.run()
        world.sandbox.faults.clear()
        settle(world)
        assert world.constant_contact.people.fields() == fields
        assert len(world.members()) == 4

    @pytest.mark.parametrize("rows", ["contacts", "companies"])
    def test_a_well_formed_answer_without_rows_takes_nobody_off_at_once(self, world: World, rows: str) -> None:
        busy_world(world, 3)
        nobody = b'{"count": "0", "from": "0", "to": "0", "items": []}'
        world.wires.instead(f"GET /API/v2/{rows}/", nobody)
        world.run(full=True)
        assert len(world.members()) == 3

    def test_and_at_the_second_time_the_guard_stops_the_run(self, world: World) -> None:
        busy_world(world)
        world.wires.instead("GET /API/v2/contacts/", b'{"count": "0", "from": "0", "to": "0", "items": []}')
        world.run(full=True)
        report = world.run(full=True)
        assert (report.exit_code, report.code) == (ExitCode.STOPPED, "guard")
        assert len(world.members()) == 12
        world.wires.mend()
        assert world.run(full=True).exit_code is ExitCode.DONE
        assert len(world.members()) == 12

    def test_a_constant_contact_without_contacts_makes_nobody_anew(self, world: World) -> None:
        busy_world(world)
        before = everybody(world)
        world.wires.instead("GET /v3/contacts", b'{"contacts": [], "contacts_count": 0}')
        for _ in range(3):
            world.run(full=True)
        world.wires.mend()
        settle(world)
        world.run(full=True)
        assert everybody(world) == before

    def test_an_answer_without_users_is_not_taken_for_nobody_being_one(self, world: World) -> None:
        """The key belongs to a user, so there is one; whoever works with Membrain is on no list."""
        world.colleague("Kim Kollega", "kim@example.com")
        world.person("Ann Berg", "ann@example.com")
        world.run()
        world.wires.instead("GET /API/v2/users/", b"[]")
        stamps = world.read_up_to()
        world.person("Bo Lind", "bo@example.com")

        report = world.run(full=True)

        assert report.exit_code is ExitCode.UNREACHABLE
        assert "/users/" in report.message
        assert (world.members(), world.read_up_to()) == ({"ann@example.com"}, stamps)
        world.wires.mend()
        world.run(full=True)
        assert world.members() == {"ann@example.com", "bo@example.com"}

    def test_not_at_the_first_contact_either(self, world: World) -> None:
        world.colleague("Kim Kollega", "kim@example.com")
        world.wires.instead("GET /API/v2/users/", b"[]")

        assert world.run().exit_code is ExitCode.UNREACHABLE

        assert world.constant_contact.people.all() == []

    def test_membrain_naming_another_instance_is_no_empty_membrain(self, world: World) -> None:
        busy_world(world)
        world.membrain.set_switches(instance_found=False)
        report = world.run(full=True)
        assert report.exit_code is ExitCode.CONFIG
        assert len(world.members()) == 12


class TestNoTimestampAheadOfItsData:
    @pytest.mark.parametrize("request_line", ["GET /v3/contacts", LISTS[0], *map(slow, LISTS[1:5])])
    def test_no_stream_moves_when_one_of_them_cannot_be_read(self, world: World, request_line: str) -> None:
        busy_world(world, 3)
        stamps = world.read_up_to()
        world.change(world.membrain.all("contacts")[0]["Id"], JobTitle="Head clerk")
        world.wires.instead(request_line, b"")
        assert world.run().exit_code is ExitCode.UNREACHABLE
        assert world.read_up_to() == stamps
        world.wires.mend()
        world.wait(hours=2)
        world.run()
        assert world.contact("person1@example.com")["job_title"] == "Head clerk"

    def test_a_change_made_while_a_run_reads_is_seen_by_the_next_one(self, world: World) -> None:
        busy_world(world, 3)
        person = world.membrain.all("contacts")[0]["Id"]
        world.wires.after("GET /API/v2/contacts/", lambda: world.change(person, JobTitle="Head clerk"))
        world.run()
        world.wait(hours=2)
        world.run()
        assert world.contact("person1@example.com")["job_title"] == "Head clerk"

    @pytest.mark.parametrize(("path", "window"), [("/API/v2/contacts/", ""), ("/v3/contacts", "updated_after")])
    def test_nor_is_one_stepped_over_that_is_made_while_a_run_reads_for_long(
        self, world: World, path: str, window: str
    ) -> None:
        busy_world(world, 3)
        world.wait(minutes=30)
        person, another = world.membrain.all("contacts")[0]["Id"], world.id_of("person2@example.com")
        read: list[Sent] = []

        def edits(sent: Sent) -> None:
            if sent.path == path and window in sent.query and not read:
                read.append(sent)
                world.change(person, JobTitle="Head clerk")
                world.constant_contact.people.edit(another, last_name="Typed")
                world.wait(minutes=20)

        world.wires.answered.append(edits)
        world.run()
        assert read
        world.wait(hours=2)
        world.run()
        assert world.contact("person1@example.com")["job_title"] == "Head clerk"
        assert ("person2@example.com", "full_name", "kept_edit") in world.waits()

    def test_an_edit_that_shows_minutes_late_is_not_stepped_over(self, world: World) -> None:
        busy_world(world, 3)
        world.constant_contact.set_switches(visibility_lag_seconds=240)
        world.constant_contact.people.edit(world.id_of("person1@example.com"), job_title="Boss")
        settle(world)
        assert ("person1@example.com", "job_title", "kept_edit") in world.waits()

    @pytest.mark.parametrize("jump", [timedelta(hours=3), timedelta(days=400)])
    def test_a_clock_that_ran_ahead_costs_no_change(self, world: World, jump: timedelta) -> None:
        """A run under a wrong clock reads up to a moment that has not come yet."""
        busy_world(world, 3)
        right = world.clock.now()
        world.wait(seconds=jump.total_seconds())
        world.run()
        world.clock._now = right
        world.wait(minutes=30)
        world.change(world.membrain.all("contacts")[0]["Id"], JobTitle="Head clerk")
        world.constant_contact.people.unsubscribe(world.id_of("person2@example.com"))
        world.wait(minutes=30)
        world.run()
        assert world.contact("person1@example.com")["job_title"] == "Head clerk"
        assert world.waiting() == {"person2@example.com": "opted_out"}
        assert all(moment <= world.clock.now() for moment in world.read_up_to().values())
