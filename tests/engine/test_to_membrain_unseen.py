"""What Membrain does not show: somebody who was erased there, and an address that it did not take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ccsync.errors import ExitCode
from ccsync.membrain.client import MembrainClient

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .conftest import World

pytestmark = pytest.mark.slow

ANN, NEW = "ann@example.com", "ann.new@example.com"


def met(world: World, *, direction: str = "constant-contact-to-membrain") -> str:
    """Have somebody on the list who is in Membrain."""
    world.configure(direction=direction)
    world.constant_contact.people.add_list("Customers")
    fields = {"first_name": "Ann", "last_name": "Berg", "company_name": "Nordlys AS", "job_title": "CEO"}
    ann = world.subscriber(ANN, list_memberships=[world.list_id()], **fields)
    world.run()
    return ann


def lists_read(world: World) -> int:
    """Run, and return how often the contacts of Membrain were listed."""
    first = len(world.wires.sent)
    world.run()
    return [str(one) for one in world.wires.sent[first:]].count("GET /API/v2/contacts/")


class TestWhoeverWasErasedInMembrain:
    @pytest.mark.parametrize("single", ["bare", "unserved"])
    def test_makes_no_run_read_the_list_again_and_again(self, world: World, single: Any) -> None:
        world.membrain.set_switches(single_record=single)
        ann = met(world)
        world.people(30)
        world.run()
        world.membrain.erase("contacts", world.in_membrain(ANN)["Id"])
        world.constant_contact.people.edit(ann, job_title="Chair")
        world.run()
        assert world.waiting() == {ANN: "held"}
        assert [lists_read(world), lists_read(world)] == [1, 1]
        world.two_sweeps()
        assert world.waiting() == {ANN: "deleted"}


class TestAnAddressThatDoesNotStick:
    @pytest.mark.parametrize("lost", [("EmailAddress",), ("EmailAddress", "JobTitle")])
    def test_is_not_taken_for_agreed(
        self, world: World, monkeypatch: pytest.MonkeyPatch, lost: tuple[str, ...]
    ) -> None:
        ann = met(world, direction="both")
        world.run()
        write = MembrainClient.update

        def update(self: MembrainClient, resource: str, record_id: str, values: Mapping[str, object]) -> None:
            write(self, resource, record_id, {name: value for name, value in values.items() if name not in lost})

        with monkeypatch.context() as patch:
            patch.setattr(MembrainClient, "update", update)
            world.constant_contact.people.edit(ann, email=NEW, job_title="Chair")
            assert world.run().exit_code is ExitCode.STOPPED
            assert world.quietly().exit_code is ExitCode.DONE
        assert world.contact(NEW)["contact_id"] == ann
        assert world.in_membrain(ANN)["JobTitle"] == ("CEO" if "JobTitle" in lost else "Chair")
        world.run(full=True)
        assert world.in_membrain(NEW)["JobTitle"] == "Chair"
        assert world.waits() == set()
