"""A Membrain in which a PUT empties what it does not name: what was there comes back, or the log tells what it was."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ccsync.engine.put_keeps import NO, REPLACES, ROW, YES, PutKeeps
from ccsync.errors import ExitCode

if TYPE_CHECKING:
    from .conftest import World

pytestmark = pytest.mark.slow

TO_MEMBRAIN = "constant-contact-to-membrain"
ANN, BO = "ann@example.com", "bo@example.com"


@pytest.fixture
def emptying(world: World) -> World:
    """Have a Membrain that replaces, with two people who have more in it than the map speaks of."""
    world.configure(direction=TO_MEMBRAIN)
    world.constant_contact.people.add_list("Customers")
    world.membrain.set_switches(put_replaces=True)
    nordlys = world.company("Nordlys AS")
    for name, email in (("Ann Berg", ANN), ("Bo Berg", BO)):
        world.person(name, email, CompanyId=nordlys, Phone="+47 1", MobilePhone="+47 2", JobTitle="Clerk")
    return world


def member(world: World, email: str = ANN, **fields: Any) -> str:
    """Put somebody on the list, by hand, who has a new job."""
    first = "Ann" if email == ANN else "Bo"
    fields = {"first_name": first, "last_name": "Berg", "company_name": "Nordlys AS", "job_title": "CEO"} | fields
    return world.subscriber(email, list_memberships=[world.list_id()], **fields)


def shown(world: World, email: str = ANN) -> tuple[str, str, str]:
    """Return what a seller sees of somebody."""
    row = world.in_membrain(email)
    return str(row["JobTitle"]), str(row["Phone"]), str(row["MobilePhone"])


def killed(*_: object) -> None:
    raise KeyboardInterrupt


class TestWhatMayNotBeWritten:
    def restrict(self, world: World, name: str) -> None:
        world.membrain.set_switches(restricted_write="refused", restricted_fields=(name,))

    @pytest.mark.parametrize("mapped", [True, False])
    def test_does_not_keep_the_rest_from_coming_back(self, emptying: World, *, mapped: bool) -> None:
        world = emptying
        name = "Language" if mapped else "E-mail consent"
        world.change(world.in_membrain(ANN)["Id"], **{name: "Norsk" if mapped else "Yes"})
        self.restrict(world, name)
        world.constant_contact.people.add_field("Language")
        member(world, custom_fields={"Language": "English"} if mapped else {})
        report = world.run()
        assert shown(world) == ("CEO", "+47 1", "+47 2")
        assert any(name in words for words in report.warnings)
        lost = [change for event in world.events(report, "record.failed") for change in event.get("changes", ())]
        assert [one["old"] for one in lost if one["new"] == ""] == ["Norsk" if mapped else "Yes"]
        assert world.run().exit_code is ExitCode.DONE

    def test_ends_no_later_run(self, emptying: World, monkeypatch: pytest.MonkeyPatch) -> None:
        world = emptying
        world.change(world.in_membrain(ANN)["Id"], **{"E-mail consent": "Yes"})
        self.restrict(world, "E-mail consent")
        member(world)
        with monkeypatch.context() as patch:
            patch.setattr(PutKeeps, "after", killed)
            world.run()
        assert ANN not in {one["EmailAddress"] for one in world.membrain.all("contacts")}
        report = world.run()
        assert report.exit_code is ExitCode.DONE, report.message
        assert any("E-mail consent" in words for words in report.warnings)
        assert shown(world) == ("CEO", "+47 1", "+47 2")
        assert world.fact(ROW) is None
        assert not any("E-mail consent" in words for words in world.quietly().warnings)


class TestWhatAPutDoes:
    def test_is_not_unlearned_by_a_kill_after_the_row_was_mended(
        self, emptying: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        world = emptying
        member(world)
        mend = PutKeeps._mend

        def mend_and_die(*given: Any) -> None:
            mend(*given)
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(PutKeeps, "_mend", mend_and_die)
            world.run()
        assert shown(world) == ("CEO", "+47 1", "+47 2")
        world.run()
        assert world.fact(REPLACES) == YES
        assert world.fact(ROW) is None
        member(world, BO)
        world.run()
        assert shown(world, BO) == ("CEO", "+47 1", "+47 2")

    def test_is_learned_anew_when_it_was_learned_wrong(self, emptying: World) -> None:
        world = emptying
        world.membrain.set_switches(put_replaces=False)
        ann = member(world)
        world.run()
        assert world.fact(REPLACES) == NO
        world.membrain.set_switches(put_replaces=True)
        world.constant_contact.people.edit(ann, job_title="Chair")
        world.run()
        assert shown(world) == ("Chair", "+47 1", "+47 2")
        assert world.fact(REPLACES) == YES

    def test_is_learned_anew_also_after_a_kill(self, emptying: World, monkeypatch: pytest.MonkeyPatch) -> None:
        world = emptying
        world.membrain.set_switches(put_replaces=False)
        ann = member(world)
        world.run()
        world.membrain.set_switches(put_replaces=True)
        world.constant_contact.people.edit(ann, job_title="Chair")
        with monkeypatch.context() as patch:
            patch.setattr(PutKeeps, "after", killed)
            world.run()
        world.run()
        assert shown(world) == ("Chair", "+47 1", "+47 2")
        assert world.fact(REPLACES) == YES


class TestADryRun:
    def test_leaves_what_a_killed_run_emptied_to_the_next_run(
        self, emptying: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        world = emptying
        member(world)
        with monkeypatch.context() as patch:
            patch.setattr(PutKeeps, "after", killed)
            world.run()
        before = world.membrain_writes()
        world.run(dry_run=True)
        assert world.membrain_writes() == before
        world.run()
        assert shown(world) == ("CEO", "+47 1", "+47 2")
