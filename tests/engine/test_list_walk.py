"""A hand on a list that no time of change shows: when a list is walked for it, and what a walk may conclude."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ccsync.constant_contact.client import ConstantContactClient
from ccsync.engine import list_walk
from ccsync.sync.records import ListId

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .conftest import World


@pytest.fixture
def inward(world: World) -> World:
    """Return a world in which the list "Customers" goes to Membrain, and a list change shows in no time of change."""
    world.configure(direction="constant-contact-to-membrain")
    world.constant_contact.people.add_list("Customers")
    world.constant_contact.set_switches(list_change_moves_updated_at=False)
    return world


@pytest.fixture
def both(inward: World) -> World:
    """Return the same world with a sync in both directions."""
    inward.configure(direction="both")
    return inward


def signs_up(world: World, email: str) -> str:
    fields = {"first_name": "Ann", "last_name": "Berg", "company_name": "Nordlys AS"}
    return world.subscriber(email, **fields, list_memberships=[world.list_id()])


def settle(world: World) -> None:
    """Run until no reading by change time goes back to what happened so far."""
    world.run()
    world.wait(hours=1)
    world.run()


def walks(world: World) -> int:
    """Run once and return how often a list was walked."""
    before = len(world.wires.sent)
    world.run()
    asked = (one.query for one in world.wires.sent[before:] if str(one) == "GET /v3/contacts")
    return sum("lists=" in query for query in asked)


def leave_out(monkeypatch: pytest.MonkeyPatch, *emails: str) -> None:
    """Have the readings of a list leave these people out, as an index does that has not caught up."""
    real = ConstantContactClient.contacts

    def lagging(client: ConstantContactClient, **asked: Any) -> Iterator[list[dict[str, Any]]]:
        for page in real(client, **asked):
            hidden = emails if asked.get("lists") else ()
            yield [row for row in page if row["email_address"]["address"] not in hidden]

    monkeypatch.setattr(ConstantContactClient, "contacts", lagging)


class TestAListIsWalked:
    def test_once_when_a_hand_that_shows_nowhere_else_moved_its_number_of_members(self, inward: World) -> None:
        signs_up(inward, "ann@example.com")
        bo = inward.subscriber("bo@example.com", first_name="Bo", company_name="Nordlys AS")
        settle(inward)
        inward.constant_contact.people.put_on_list(bo, inward.list_id())
        assert [walks(inward), walks(inward)] == [1, 0]
        assert inward.in_membrain("bo@example.com")["Name"] == "Bo"

    def test_not_for_a_sign_up_which_its_time_of_change_shows(self, inward: World) -> None:
        signs_up(inward, "ann@example.com")
        inward.run()
        signs_up(inward, "bo@example.com")
        assert [walks(inward), walks(inward)] == [0, 0]
        assert inward.in_membrain("bo@example.com")["Name"] == "Ann Berg"

    def test_not_for_somebody_whom_ccsync_itself_put_there(self, both: World) -> None:
        both.person("Ann Berg", "ann@example.com")
        both.run()
        both.person("Bo Berg", "bo@example.com")
        assert [walks(both), walks(both)] == [0, 0]
        assert both.members() == {"ann@example.com", "bo@example.com"}

    def test_once_and_not_for_each_sign_up_when_the_service_counts_otherwise(
        self, inward: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real = ConstantContactClient.lists
        monkeypatch.setattr(
            ConstantContactClient,
            "lists",
            lambda client: [one | {"membership_count": one["membership_count"] + 3} for one in real(client)],
        )
        signs_up(inward, "ann@example.com")
        inward.run()
        assert [walks(inward), walks(inward)] == [1, 0]
        signs_up(inward, "bo@example.com")
        assert walks(inward) == 0


class TestWhoeverAWalkDoesNotShow:
    def test_is_asked_for_and_stays_on_the_list_when_they_are_there(
        self, both: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ann = both.person("Ann Berg", "ann@example.com")
        bo = both.subscriber("bo@example.com", first_name="Bo", company_name="Nordlys AS")
        settle(both)
        leave_out(monkeypatch, "ann@example.com")
        both.constant_contact.people.put_on_list(bo, both.list_id())
        assert walks(both) == 1
        monkeypatch.undo()
        both.run()
        both.change(ann, Newsletter="No")
        both.run()
        assert both.members() == {"bo@example.com"}  # whom ccsync put there it takes off, however often it was unsure

    def test_has_left_when_their_contact_says_so(self, inward: World) -> None:
        ann = signs_up(inward, "ann@example.com")
        settle(inward)
        inward.constant_contact.people.take_off_list(ann, inward.list_id())
        before = len(inward.wires.sent)
        inward.run()
        assert f"GET /v3/contacts/{ann}" in {str(one) for one in inward.wires.sent[before:]}
        inward.constant_contact.people.edit(ann, first_name="Anna")
        inward.run()
        assert inward.in_membrain("ann@example.com")["Name"] == "Ann Berg"

    def test_is_left_to_the_sweep_when_they_are_too_many_to_ask_for(
        self, inward: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(list_walk, "ASKED_FOR", 1)
        people = [signs_up(inward, email) for email in ("ann@example.com", "bo@example.com")]
        settle(inward)
        for one in people:
            inward.constant_contact.people.take_off_list(one, inward.list_id())
        before = len(inward.wires.sent)
        assert [walks(inward), walks(inward)] == [1, 0]
        assert not [one for one in inward.wires.sent[before:] if str(one).startswith("GET /v3/contacts/")]
        assert known_members(inward) == 2
        inward.two_sweeps()
        assert known_members(inward) == 0


def known_members(world: World) -> int:
    with world.application().reader() as store:
        assert store is not None
        return store.mirror.list_size(ListId(world.list_id()))
