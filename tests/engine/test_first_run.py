"""The first run of a sync that writes shows what it is about to do, and asks whoever is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ccsync.engine.first_run import fact_of
from ccsync.errors import ExitCode
from ccsync.sync.mapping import Side

if TYPE_CHECKING:
    from tests.engine.conftest import World

    from ccsync.engine.first_run import Preview, SyncPreview

ANN, BO = "ann@example.com", "bo@example.com"
HERE, THERE = Side.MEMBRAIN, Side.CONSTANT_CONTACT
NORSK = 'contact.custom["Language"] == "Norsk"'


class Somebody:
    """Who sits at the terminal: remembers what was shown, and answers always the same."""

    def __init__(self, *, says: bool, world: World | None = None, after_minutes: float = 0) -> None:
        self.says = says
        self.shown: list[Preview] = []
        self._world = world
        self._minutes = after_minutes

    def __call__(self, preview: Preview) -> bool:
        self.shown.append(preview)
        if self._world is not None:
            self._world.wait(minutes=self._minutes)
        return self.says

    @property
    def sync(self) -> SyncPreview:
        """The one sync that was shown."""
        [preview] = self.shown
        [sync] = preview.syncs
        return sync


def joined(world: World, email: str, **fields: str) -> None:
    """Put somebody on the list by hand whom Membrain does not have."""
    values = {"first_name": "Bo", "last_name": "Lind", "company_name": "Nordlys AS"} | fields
    world.subscriber(email, **values, list_memberships=[world.list_id()])


class TestWhatIsShown:
    def test_how_many_of_each_operation_for_which_list(self, world: World) -> None:
        world.subscriber(BO, first_name="Bo", last_name="Lind", job_title="CFO")
        world.people(3)
        world.person("Bo Lind", BO, JobTitle="CEO")
        somebody = Somebody(says=True)

        world.run(approve=somebody)

        sync = somebody.sync
        assert (sync.name, sync.listed, sync.direction) == ("customers", "Customers", "membrain-to-constant-contact")
        assert sync.operations == {(THERE, "create"): 3, (THERE, "add-to-list"): 1, (THERE, "update"): 1}
        assert sync.replaced == {THERE: 1}, "CFO gives way to CEO"

    def test_two_examples_of_each_with_their_values(self, world: World) -> None:
        world.subscriber(BO, first_name="Bo", last_name="Lind", job_title="CFO")
        world.people(3, JobTitle="CEO")
        world.person("Bo Lind", BO, JobTitle="CEO")
        somebody = Somebody(says=True)

        world.run(approve=somebody)

        shown = somebody.sync.examples
        counted = {operation: len(lines) for (_, operation), lines in shown.items()}
        assert counted == {"create": 2, "add-to-list": 1, "update": 1}
        [updated] = shown[THERE, "update"]
        assert (updated.contact, updated.fields) == (BO, (("job_title", "CFO", "CEO"),))
        assert ("job_title", "", "CEO") in shown[THERE, "create"][0].fields

    def test_which_side_is_written_to_when_people_travel_both_ways(self, world: World) -> None:
        world.configure(direction="both")
        world.constant_contact.people.add_list("Customers")
        world.people(2)
        joined(world, BO)
        somebody = Somebody(says=True)

        world.run(approve=somebody)

        assert somebody.sync.operations == {
            (HERE, "create-company"): 1,
            (HERE, "create"): 1,
            (THERE, "create"): 2,
        }

    def test_a_company_that_many_work_for_once(self, world: World) -> None:
        world.configure(direction="constant-contact-to-membrain")
        world.constant_contact.people.add_list("Customers")
        for number, company in enumerate(("Nordlys AS", " nordlys  as", "NORDLYS AS", "Fjord AS")):
            joined(world, f"person{number}@example.com", company_name=company)
        somebody = Somebody(says=True)

        world.run(approve=somebody)

        assert somebody.sync.operations == {(HERE, "create-company"): 2, (HERE, "create"): 4}
        assert world.companies() == ["Fjord AS", "Nordlys AS"]

    def test_who_is_left_out_and_why(self, world: World) -> None:
        world.people(1)
        world.person("No Address", "")
        world.constant_contact.people.unsubscribe(world.subscriber(BO))
        world.person("Bo Lind", BO)
        somebody = Somebody(says=True)

        world.run(approve=somebody)

        assert somebody.sync.waiting == {"no_email": 1, "opted_out": 1}

    def test_nothing_when_there_is_nothing_to_do(self, world: World) -> None:
        somebody = Somebody(says=True)

        world.run(approve=somebody)

        assert somebody.shown == []
        world.people(1)
        world.run(approve=somebody)
        assert somebody.sync.operations == {(THERE, "create"): 1}, "no run has written before this one"

    def test_nothing_in_a_dry_run(self, world: World) -> None:
        world.people(1)
        somebody = Somebody(says=False)

        report = world.run(approve=somebody, dry_run=True)

        assert somebody.shown == []
        assert report.exit_code is ExitCode.DONE

    def test_nothing_when_a_guard_objects(self, world: World) -> None:
        world.configure(tables="[guard]\nmax_new = 2")
        world.people(3)
        somebody = Somebody(says=True)

        report = world.run(approve=somebody)

        assert somebody.shown == []
        assert report.exit_code is ExitCode.STOPPED

    def test_nothing_has_been_written_by_then(self, world: World) -> None:
        world.people(2)
        written: list[int] = []

        def look(preview: Preview) -> bool:
            written.append(world.constant_contact.writes())
            return bool(preview.syncs)

        world.run(approve=look)

        assert written == [0]
        assert len(world.members()) == 2


class TestYes:
    def test_goes_on_and_is_not_asked_for_again(self, world: World) -> None:
        world.people(2)
        somebody = Somebody(says=True)

        report = world.run(approve=somebody)

        assert report.exit_code is ExitCode.DONE
        assert len(world.members()) == 2
        world.people(2)
        world.run(approve=somebody)
        assert len(somebody.shown) == 1
        assert len(world.members()) == 4

    def test_that_comes_so_late_that_the_lists_may_look_otherwise_is_a_no(self, world: World) -> None:
        world.people(2)

        report = world.run(approve=Somebody(says=True, world=world, after_minutes=43))

        assert (report.exit_code, report.code) == (ExitCode.TRY_LATER, "answer_too_late")
        assert "the answer came after 43 minutes" in report.message
        assert world.constant_contact.writes() == 0
        somebody = Somebody(says=True, world=world, after_minutes=5)
        assert world.run(approve=somebody).exit_code is ExitCode.DONE
        assert len(somebody.shown) == 1
        assert len(world.members()) == 2


class TestNo:
    def test_writes_nothing_and_is_no_failure(self, world: World) -> None:
        world.configure(more=world.field("contact.Phone", "custom.Phone"))
        world.people(3)

        report = world.run(approve=Somebody(says=False))

        assert world.constant_contact.writes() == 0, "no list and no custom field has been made either"
        assert (report.exit_code, report.code, report.result.value) == (ExitCode.DONE, "not_approved", "stopped")
        assert report.message == "nothing was written, as you said; the next run asks again"
        assert report.hint == "ccsync run --once"

    def test_writes_no_consent_to_membrain_either(self, world: World) -> None:
        world.configure(more=world.field("contact.custom.E-mail consent", "permission_to_send"))
        world.constant_contact.people.unsubscribe(world.subscriber(BO))
        world.person("Bo Lind", BO)
        world.people(1)
        no, yes = Somebody(says=False), Somebody(says=True)

        world.run(approve=no)
        assert (HERE, "consent") in no.sync.operations
        assert world.membrain.writes() == 0

        world.run(approve=yes)
        [bo] = [one for one in world.membrain.all("contacts") if one["EmailAddress"] == BO]
        assert bo["custom"]["E-mail consent"] == "unsubscribed"

    def test_keeps_everybody_for_the_next_run_which_asks_again(self, world: World) -> None:
        world.people(3)
        no, yes = Somebody(says=False), Somebody(says=True)
        world.run(approve=no)

        report = world.run(approve=yes)

        assert [one.operations for one in (no.sync, yes.sync)] == [{(THERE, "create"): 3}] * 2
        assert report.counts.created == 3
        assert len(world.members()) == 3
        world.quietly()

    @pytest.mark.parametrize("minutes", [0, 43])
    def test_leaves_everybody_touched_and_no_plan_behind(self, world: World, minutes: float) -> None:
        world.people(3)

        world.run(approve=Somebody(says=minutes > 0, world=world, after_minutes=minutes))

        with world.application().reader() as store:
            assert store is not None
            assert (store.work.touched_count(), store.work.intent_count()) == (3, 0)

    def test_reads_nothing_twice(self, world: World) -> None:
        world.people(3)
        world.run(approve=Somebody(says=False))

        assert set(world.read_up_to()) >= {"membrain.contacts", "constant_contact.contacts"}

    def test_holds_a_run_without_anybody_up_no_longer(self, world: World) -> None:
        world.people(3)
        world.run(approve=Somebody(says=False))

        assert world.run().counts.created == 3

    def test_stands_in_the_history(self, world: World) -> None:
        world.people(1)
        world.run(approve=Somebody(says=False))

        with world.application().reader() as store:
            assert store is not None
            [run] = store.history.runs()
        assert (run.result, run.message) == ("stopped", "nothing was written, as you said; the next run asks again")


class TestWhichSyncsAreNew:
    def test_a_run_that_nobody_watches_goes_on_and_counts_as_the_first(self, world: World) -> None:
        world.people(2)
        somebody = Somebody(says=False)

        assert world.run().counts.created == 2
        world.people(1)
        world.run(approve=somebody)

        assert somebody.shown == []

    def test_a_second_sync_is_asked_for_when_it_comes(self, world: World) -> None:
        world.people(2, Language="Norsk")
        world.run()
        world.configure(more=world.sync("norwegians", "Norwegians", NORSK))
        world.person("Ann Berg", ANN)
        somebody = Somebody(says=True)

        world.run(approve=somebody)

        assert (somebody.sync.name, somebody.sync.listed) == ("norwegians", "Norwegians")
        assert somebody.sync.operations == {(THERE, "add-to-list"): 2}
        assert somebody.shown[0].others == {(THERE, "create"): 1}

    @pytest.mark.parametrize(("old", "new"), [('"Customers"', '"Clients"'), ('"customers"', '"clients"')])
    def test_another_list_and_another_name_make_another_sync(self, world: World, old: str, new: str) -> None:
        world.people(2)
        world.run()
        world.config.write_text(world.config.read_text("utf-8").replace(old, new), "utf-8")
        world.person("Ann Berg", ANN)
        somebody = Somebody(says=True)

        world.run(approve=somebody)

        assert somebody.sync.operations[THERE, "create"] == 1

    def test_a_sync_with_nothing_to_do_stays_new(self, world: World) -> None:
        world.configure(more=world.sync("norwegians", "Norwegians", NORSK))
        world.people(1)
        somebody = Somebody(says=True)
        world.run(approve=somebody)
        assert somebody.sync.name == "customers"

        world.person("Ann Berg", ANN, Language="Norsk", Newsletter="No")
        later = Somebody(says=True)
        world.run(approve=later)

        assert later.sync.name == "norwegians"

    def test_a_run_of_one_sync_asks_for_that_one(self, world: World) -> None:
        world.configure(more=world.sync("norwegians", "Norwegians", NORSK))
        world.people(1, Language="Norsk")
        somebody = Somebody(says=True)

        world.run(sync="norwegians", approve=somebody)

        assert somebody.sync.name == "norwegians"
        assert world.fact(fact_of(world.application().config.sync[0])) is None
        assert world.fact(fact_of(world.application().config.sync[1])) is not None
