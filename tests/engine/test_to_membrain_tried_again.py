"""What Membrain refused is tried again when that which may have been the cause has changed, and not before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ccsync.errors import ExitCode

if TYPE_CHECKING:
    from .conftest import World

pytestmark = pytest.mark.slow

TO_MEMBRAIN = "constant-contact-to-membrain"
ANN = "ann@example.com"
CONSENT = "E-mail consent"


def configured(world: World, *, direction: str = TO_MEMBRAIN) -> None:
    """Let the list go to Membrain, and consent with it."""
    world.configure(direction=direction, more=world.field(f"contact.custom.{CONSENT}", "permission_to_send"))
    world.constant_contact.people.add_list("Customers")


def member(world: World, email: str = ANN, **fields: Any) -> str:
    """Put somebody new on the list, by hand."""
    fields = {"first_name": "Ann", "last_name": "Berg", "company_name": "Nordlys AS", "job_title": "CEO"} | fields
    return world.subscriber(email, list_memberships=[world.list_id()], **fields)


class TestWhoseCompanyWasDeletedInMembrain:
    def without_company(self, world: World) -> str:
        configured(world)
        ann = member(world)
        world.run()
        world.membrain.delete("companies", world.membrain.all("companies")[0]["Id"])
        return ann

    def test_gets_their_values_all_the_same(self, world: World) -> None:
        ann = self.without_company(world)
        world.run()
        world.constant_contact.people.edit(ann, job_title="Chair")
        report = world.run()
        assert report.exit_code is ExitCode.DONE, world.waits()
        assert world.in_membrain(ANN)["JobTitle"] == "Chair"

    @pytest.mark.parametrize("known", [True, False], ids=["known-before", "not-known-before"])
    def test_is_known_to_have_opted_out_after_the_same_run(self, world: World, *, known: bool) -> None:
        ann = self.without_company(world)
        if known:
            world.run()
        world.constant_contact.people.unsubscribe(ann)
        world.run()
        assert world.in_membrain(ANN)[CONSENT] == "unsubscribed"
        assert world.waits() == set()


class TestWhatMembrainRefused:
    def refused(self, world: World, *, restricted: str) -> str:
        configured(world)
        world.constant_contact.people.add_field("Language")
        ann = member(world, custom_fields={"Language": "Norsk"})
        world.membrain.set_switches(restricted_write="refused", restricted_fields=(restricted,))
        world.run()
        world.membrain.set_switches(restricted_write="accepted")
        world.quietly()
        return ann

    def test_is_tried_again_in_another_company(self, world: World) -> None:
        self.refused(world, restricted="Language")
        assert not world.in_membrain(ANN)["Language"]
        world.change(world.in_membrain(ANN)["Id"], Phone="+47 1")
        world.quietly()
        world.change(world.in_membrain(ANN)["Id"], CompanyId=world.company("Fjord AS"))
        world.run()
        assert world.in_membrain(ANN)["Language"] == "Norsk"
        assert (ANN, "custom.Language", "refused") not in world.waits()

    def test_is_tried_again_at_any_change_when_it_is_consent(self, world: World) -> None:
        ann = self.refused(world, restricted=CONSENT)
        world.membrain.set_switches(restricted_write="refused", restricted_fields=(CONSENT,))
        world.constant_contact.people.unsubscribe(ann)
        world.run()
        world.quietly()
        world.membrain.set_switches(restricted_write="accepted")
        world.quietly()
        world.change(world.in_membrain(ANN)["Id"], Phone="+47 1")
        world.run()
        assert world.in_membrain(ANN)[CONSENT] == "unsubscribed"

    def test_is_tried_again_in_a_full_run(self, world: World) -> None:
        self.refused(world, restricted="Language")
        world.run(full=True)
        assert world.in_membrain(ANN)["Language"] == "Norsk"
        assert world.waits() == set()

    def test_is_tried_again_in_a_full_run_of_whoever_is_not_there_yet(self, world: World) -> None:
        configured(world)
        world.membrain.set_switches(extra_mandatory=("contacts.Phone",))
        member(world)
        world.run()
        world.membrain.set_switches(extra_mandatory=())
        world.quietly()
        world.run(full=True)
        assert world.in_membrain(ANN)["Name"] == "Ann Berg"
        assert world.waits() == set()


class TestAMoveToACompanyThatMembrainRefuses:
    @pytest.fixture
    def moved(self, world: World) -> World:
        """Have somebody move to a company that cannot be made."""
        configured(world)
        ann = member(world)
        world.run()
        world.membrain.set_switches(extra_mandatory=("companies.Website",))
        world.constant_contact.people.edit(ann, company_name="Fjord AS", job_title="Chair")
        report = world.run()
        assert report.exit_code is ExitCode.STOPPED
        return world

    def test_holds_up_none_of_their_other_values(self, moved: World) -> None:
        ann = moved.in_membrain(ANN)
        assert (ann["CompanyName"], ann["JobTitle"]) == ("Nordlys AS", "Chair")
        assert moved.waits() == {(ANN, "company_name", "refused")}
        assert moved.quietly().exit_code is ExitCode.DONE
        assert moved.waits() == {(ANN, "company_name", "refused")}

    def test_is_made_once_somebody_has_made_the_company(self, moved: World) -> None:
        moved.quietly()
        moved.membrain.set_switches(extra_mandatory=())
        moved.company("Fjord AS")
        moved.run()
        assert moved.in_membrain(ANN)["CompanyName"] == "Fjord AS"
        assert moved.waits() == set()

    def test_shows_in_the_plan_as_what_it_is(self, world: World) -> None:
        configured(world)
        ann = member(world)
        world.run()
        world.constant_contact.people.edit(ann, company_name="Fjord AS")
        assert [line.operation for line in world.run(dry_run=True).plan] == ["create-company", "update"]
        world.run()
        assert world.companies() == ["Fjord AS", "Nordlys AS"]
        world.quietly()
