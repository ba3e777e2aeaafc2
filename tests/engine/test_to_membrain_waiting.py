"""Why somebody on a list that goes to Membrain waits, for how long that is told, and as what they count."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from .conftest import numbers

if TYPE_CHECKING:
    from .conftest import World

TO_MEMBRAIN = "constant-contact-to-membrain"


@pytest.fixture
def inward(world: World) -> World:
    """Return a world in which the list "Customers" goes to Membrain."""
    world.configure(direction=TO_MEMBRAIN)
    world.constant_contact.people.add_list("Customers")
    return world


def member(world: World, email: str = "ann@example.com", **fields: Any) -> str:
    """Put somebody new on the list, by hand."""
    fields = {"first_name": "Ann", "last_name": "Berg", "company_name": "Nordlys AS"} | fields
    return world.subscriber(email, **fields, list_memberships=[world.list_id()])


class TestWhoeverWaitsToGetIntoMembrain:
    def test_waits_no_more_when_the_sync_goes_the_other_way_from_now_on(self, inward: World) -> None:
        member(inward, company_name="")
        inward.run()
        assert inward.waiting() == {"ann@example.com": "no_company"}
        inward.configure()
        inward.run()
        assert inward.waiting() == {}

    def test_waits_no_more_when_the_sync_has_another_list(self, inward: World) -> None:
        member(inward, company_name="")
        inward.run()
        inward.constant_contact.people.add_list("Others")
        inward.config.write_text(inward.config.read_text("utf-8").replace('"Customers"', '"Others"'), "utf-8")
        inward.run()
        assert inward.waiting() == {}


class TestWhoeverHasNoAddressInMembrainAnyMore:
    def test_is_told_of_until_they_have_one_again(self, inward: World) -> None:
        ann = member(inward, job_title="CEO")
        inward.run()
        found = inward.in_membrain("ann@example.com")["Id"]
        inward.change(found, EmailAddress="")
        inward.run()
        assert inward.waits() == {("ann@example.com", "", "no_email")}
        inward.constant_contact.people.edit(ann, job_title="Chair")
        inward.quietly()
        inward.change(found, EmailAddress="ann@example.com")
        inward.run()
        assert inward.waits() == set()
        assert inward.in_membrain("ann@example.com")["JobTitle"] == "Chair"


class TestWhoeverIsCreatedInMembrain:
    def test_counts_as_created_and_as_nothing_else(self, inward: World) -> None:
        member(inward)
        report = inward.run()
        assert numbers(report.counts) == {"created": 1}
        assert inward.sync_counts(report) == {"created": 1}

    def test_counts_as_failed_once_when_their_company_is_made_before_they_are_refused(self, inward: World) -> None:
        inward.membrain.set_switches(extra_mandatory=("contacts.Phone",))
        member(inward, job_title="CEO")
        report = inward.run()
        assert numbers(report.counts) == {"failed": 1}
        assert inward.sync_counts(report) == {"failed": 1}
        assert inward.statistics("job_title").last.failed == 1
        assert inward.companies() == ["Nordlys AS"]
