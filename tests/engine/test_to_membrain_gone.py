"""Who is not made in Membrain, or not again: the deleted, the retired, colleagues, and whoever left in the meantime."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ccsync.errors import ExitCode
from ccsync.sandbox.faults import Fault

if TYPE_CHECKING:
    from .conftest import World

pytestmark = pytest.mark.slow

TO_MEMBRAIN = "constant-contact-to-membrain"
ANN = "ann@example.com"


@pytest.fixture
def inward(world: World) -> World:
    """Have the list "Customers" go to Membrain."""
    world.configure(direction=TO_MEMBRAIN)
    world.constant_contact.people.add_list("Customers")
    return world


def member(world: World, email: str = ANN, **fields: Any) -> str:
    """Put somebody new on the list, by hand."""
    fields = {"first_name": "Ann", "last_name": "Berg", "company_name": "Nordlys AS"} | fields
    return world.subscriber(email, list_memberships=[world.list_id()], **fields)


def alive(world: World) -> list[str]:
    """Return the names of everybody who lives in Membrain."""
    people = world.membrain.all("contacts")
    return [str(one["Name"]) for one in people if not one["Deleted"] and not one["Retired"]]


class TestWhoeverMembrainLetGo:
    @pytest.mark.parametrize("way", ["delete", "retire", "erase"])
    def test_is_not_made_again(self, inward: World, way: str) -> None:
        ann = member(inward)
        inward.run()
        gone = inward.in_membrain(ANN)["Id"]
        if way == "retire":
            inward.membrain.retire(gone)
        else:
            getattr(inward.membrain, way)("contacts", gone)
        inward.two_sweeps()
        assert alive(inward) == []
        assert inward.waiting() == {ANN: "deleted"}
        inward.constant_contact.people.edit(ann, job_title="CEO")
        inward.quietly()
        assert inward.waiting() == {ANN: "deleted"}

    def test_and_is_written_to_again_when_they_are_back(self, inward: World) -> None:
        ann = member(inward)
        inward.run()
        back = inward.in_membrain(ANN)["Id"]
        inward.membrain.delete("contacts", back)
        inward.run()
        assert inward.waiting() == {ANN: "deleted"}
        inward.constant_contact.people.edit(ann, job_title="CEO")
        inward.run()
        inward.membrain.restore("contacts", back)
        inward.run()
        assert inward.in_membrain(ANN)["JobTitle"] == "CEO"
        assert inward.waiting() == {}

    def test_is_let_be_also_when_they_go_just_before_they_are_written(self, inward: World) -> None:
        ann = member(inward)
        inward.run()
        gone = inward.in_membrain(ANN)["Id"]
        inward.constant_contact.people.edit(ann, job_title="CEO")
        inward.wires.before(f"GET /API/v2/contacts/{gone}", lambda: inward.membrain.delete("contacts", gone))
        written = inward.membrain_writes()
        inward.run()
        inward.run()
        assert inward.membrain_writes() == written
        assert inward.waiting() == {ANN: "deleted"}


def test_a_colleague_on_the_list_is_let_be(inward: World) -> None:
    inward.colleague("Kim Colleague", "kim@example.com")
    member(inward, "kim@example.com", job_title="CEO")
    report = inward.run()
    assert report.exit_code is ExitCode.DONE
    assert inward.membrain_writes() == []
    assert inward.waiting() == {"kim@example.com": "user_of_membrain"}


def test_a_colleague_who_is_no_contact_is_not_made_one(inward: World) -> None:
    member(inward, "olle@example.com")
    inward.run()
    assert inward.membrain_writes() == []
    assert inward.waiting() == {"olle@example.com": "user_of_membrain"}


def test_of_two_in_membrain_with_the_address_the_one_created_first_gets_the_values(inward: World) -> None:
    nordlys = inward.company("Nordlys AS")
    first = inward.person("Ann Berg", ANN, CompanyId=nordlys)
    inward.wait(minutes=1)
    second = inward.person("Ann Berg", ANN.upper(), CompanyId=nordlys)
    member(inward, job_title="CEO")
    inward.run()
    titles = {one["Id"]: one["JobTitle"] or "" for one in inward.membrain.all("contacts")}
    assert titles == {first: "CEO", second: ""}
    assert {(address.lower(), reason) for address, _, reason in inward.waits()} == {(ANN, "duplicate_address")}
    inward.quietly()
    inward.membrain.delete("contacts", first)
    inward.run()
    titles = {one["Id"]: one["JobTitle"] or "" for one in inward.membrain.all("contacts")}
    assert titles[second] == "CEO"


WAYS = ["opts out", "leaves the list", "is deleted"]


def goes(world: World, contact: str, way: str) -> None:
    people = world.constant_contact.people
    if way == "opts out":
        people.unsubscribe(contact)
    elif way == "is deleted":
        people.delete(contact)
    else:
        people.edit(contact, list_memberships=[])


class TestWhoeverGoesBeforeTheyAreWritten:
    @pytest.mark.parametrize("way", WAYS)
    def test_waits_no_more(self, inward: World, way: str) -> None:
        ann = member(inward, company_name="")
        inward.run()
        assert inward.waiting() == {ANN: "no_company"}
        goes(inward, ann, way)
        inward.run()
        assert inward.waiting() == {}
        inward.company("Nordlys AS")
        inward.quietly()

    @pytest.mark.parametrize("way", WAYS)
    def test_is_not_made(self, inward: World, way: str) -> None:
        """Their company was refused its answer, so that they were planned and never sent."""
        ann = member(inward)
        inward.sandbox.faults.add(Fault("status_503", "membrain", "POST", "/API/v2/companies/", times=None))
        inward.run()
        inward.sandbox.faults.clear()
        goes(inward, ann, way)
        inward.wait(minutes=15)
        inward.run()
        assert (alive(inward), inward.companies()) == ([], [])
        assert inward.waiting() == {}

    @pytest.mark.parametrize("way", WAYS)
    def test_is_not_made_after_a_kill_either(self, inward: World, way: str) -> None:
        """Killed before the request that makes them was carried out."""
        inward.company("Nordlys AS")
        inward.run()
        ann = member(inward)
        inward.wires.before("POST /API/v2/contacts/", lambda: goes(inward, ann, way))
        before = len(inward.wires.sent)
        inward.sandbox.faults.add(Fault("reset_before", "membrain", "POST", "/API/v2/contacts/", times=None))
        inward.run()
        assert len(inward.wires.sent) > before
        inward.sandbox.faults.clear()
        inward.wires.mend()
        goes(inward, ann, way)
        inward.wait(minutes=15)
        inward.run()
        inward.run()
        assert alive(inward) == []
        assert inward.waiting() == {}
