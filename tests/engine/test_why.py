"""Why is Ann not on the list? One sentence for each sync, and all that it rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ccsync.engine.why import explain, ids_of
from ccsync.engine.why_live import look_now
from ccsync.engine.why_runs import runs_of
from ccsync.state.folder import AccountLock

if TYPE_CHECKING:
    from .conftest import World

ANN = "ann@example.com"
ON, OFF = 'is on the list "Customers"', 'is not on the list "Customers"'
INWARD = "constant-contact-to-membrain"


def why(world: World, address: str = ANN) -> dict[str, Any]:
    application = world.application()
    with application.looking() as survey:
        data = explain(survey.store, application.config, survey.zone, address)
        return data | runs_of(application.folder, address, ids_of(data))


def answer(world: World, address: str = ANN, sync: str = "customers") -> str:
    found = {one["sync"]: one["answer"] for one in why(world, address)["answers"]}
    return str(found[sync])


def customers(world: World, address: str = ANN) -> dict[str, Any]:
    sync = why(world, address)["people"][0]["syncs"][0]
    assert isinstance(sync, dict)
    return sync


def live(world: World, address: str = ANN) -> dict[str, Any]:
    with world.application().looking() as survey:
        return look_now(survey, address)


class TestTheAnswer:
    def test_who_was_put_there(self, world: World) -> None:
        world.person("Ann Berg", ANN)
        world.run()

        assert answer(world) == f"{ON}: ccsync put them there"

    @pytest.mark.slow
    def test_who_was_there_by_another_hand(self, world: World) -> None:
        world.constant_contact.people.add_list("Customers")
        world.subscriber(ANN, first_name="Ann", list_memberships=[world.list_id()])
        world.person("Ann Berg", ANN)
        world.run()

        assert answer(world) == f"{ON}: they were put there by another hand"

    def test_who_never_matched(self, world: World) -> None:
        world.person("Ann Berg", ANN, Newsletter="No")
        world.run()

        assert answer(world) == f'{OFF}: the filter does not take them, as contact.custom["Newsletter"] is "No"'
        (clause,) = customers(world)["filter"]["clauses"]
        assert (clause["matches"], clause["values"]) == (False, {'contact.custom["Newsletter"]': "No"})

    def test_who_opted_out(self, world: World) -> None:
        world.person("Ann Berg", ANN)
        world.run()
        world.constant_contact.people.unsubscribe(world.id_of(ANN))
        world.run()

        data = why(world)
        assert data["answers"][0]["code"] == "opted_out"
        assert f"{OFF}: they opted out of mail in Constant Contact on 2026-11-23" in data["answers"][0]["answer"]
        (waits,) = data["people"][0]["syncs"][0]["waiting"]
        assert waits["since"].startswith("2026-11-23")
        assert data["people"][0]["constant_contact"]["permission"] == "unsubscribed"

    @pytest.mark.slow
    def test_who_was_taken_off_by_hand(self, world: World) -> None:
        world.person("Ann Berg", ANN)
        world.run()
        world.constant_contact.people.take_off_list(world.id_of(ANN), world.list_id())
        world.two_sweeps()

        assert answer(world).startswith(f"{OFF}: somebody took them off the list in Constant Contact")
        assert customers(world)["standing"] == "taken-off"

    @pytest.mark.slow
    def test_whose_address_another_one_has_who_was_created_earlier(self, world: World) -> None:
        first = world.person("Ann Berg", ANN)
        world.wait(days=1)
        world.person("Annie Berg", ANN)
        world.run()

        data = why(world)
        assert data["answers"][0]["answer"] == f"{ON}: ccsync put them there"
        assert data["people"][0]["membrain"]["id"] == first
        other = data["people"][1]
        assert other["membrain"]["name"] == "Annie Berg"
        assert other["syncs"][0]["answer"] == (
            f'{OFF}: "Ann Berg" ({first}), another contact of Membrain with this address, takes part'
        )

    @pytest.mark.slow
    def test_a_user_of_membrain(self, world: World) -> None:
        world.colleague("Una Boss", "una@example.com")
        world.run()

        assert answer(world, "una@example.com") == f"{OFF}: they log in to Membrain, and users belong on no list"

    @pytest.mark.slow
    def test_who_was_deleted_in_membrain(self, world: World) -> None:
        ann = world.person("Ann Berg", ANN)
        world.run()
        world.membrain.delete("contacts", ann)
        world.run()

        assert answer(world) == f"{OFF}: they are deleted in Membrain"

    @pytest.mark.slow
    def test_who_was_deleted_in_constant_contact(self, world: World) -> None:
        world.person("Ann Berg", ANN)
        world.run()
        world.constant_contact.people.delete(world.id_of(ANN))
        world.two_sweeps()

        assert answer(world) == (f"{OFF}: they were deleted, and ccsync revives nobody (deleted in Constant Contact)")

    @pytest.mark.slow
    def test_who_is_in_constant_contact_alone(self, world: World) -> None:
        world.subscriber(ANN, first_name="Ann")
        world.run()

        assert answer(world) == f"{OFF}: Membrain has nobody with this address"

    @pytest.mark.slow
    def test_whose_filter_has_no_answer(self, world: World) -> None:
        world.configure(filter="contact.JobTitle > 3.0")
        world.person("Ann Berg", ANN, JobTitle="CEO")
        world.run()

        assert answer(world).startswith(f"{OFF}: the filter cannot be evaluated for them")

    @pytest.mark.slow
    def test_whose_list_was_deleted(self, world: World) -> None:
        world.person("Ann Berg", ANN)
        world.run()
        world.constant_contact.people.delete_list(world.list_id())
        world.change(world.in_membrain(ANN)["Id"], Newsletter="No")
        world.run()

        assert answer(world) == 'the sync is left out: the list "Customers" was deleted in Constant Contact'

    @pytest.mark.slow
    def test_one_sentence_for_each_sync(self, world: World) -> None:
        world.configure(more=world.sync("others", "Others", filter='contact.custom["Language"] == "Danish"'))
        world.person("Ann Berg", ANN, Language="Norwegian")
        world.run()

        assert answer(world) == f"{ON}: ccsync put them there"
        assert answer(world, sync="others") == (
            'is not on the list "Others": the filter does not take them, as contact.custom["Language"] is "Norwegian"'
        )

    def test_whom_neither_side_knows(self, world: World) -> None:
        world.run()

        data = why(world)
        assert (data["known"], data["people"], data["answers"]) == (False, [], [])

    @pytest.mark.slow
    def test_before_the_first_run(self, world: World) -> None:
        data = why(world)

        assert (data["known"], data["read_up_to"], data["last_run"]) == (False, {}, None)


class TestFromTheList:
    @pytest.mark.slow
    def test_who_was_made_in_membrain(self, world: World) -> None:
        world.configure(direction=INWARD)
        world.constant_contact.people.add_list("Customers")
        fields = {"first_name": "Ann", "last_name": "Berg", "company_name": "Nordlys AS"}
        world.subscriber(ANN, **fields, list_memberships=[world.list_id()])
        world.run()

        assert answer(world) == 'is in Membrain as "Ann Berg", and on the list "Customers"'

    @pytest.mark.slow
    def test_who_has_no_company(self, world: World) -> None:
        world.configure(direction=INWARD)
        world.constant_contact.people.add_list("Customers")
        world.subscriber(ANN, first_name="Ann", last_name="Berg", list_memberships=[world.list_id()])
        world.run()

        assert answer(world).startswith("does not come to Membrain: they have no company")

    @pytest.mark.slow
    def test_who_is_not_on_the_list(self, world: World) -> None:
        world.configure(direction=INWARD)
        world.subscriber(ANN, first_name="Ann", last_name="Berg")
        world.run()

        assert answer(world) == 'is not in Membrain: they are not on the list "Customers", from which people come'


class TestWhatItRestsOn:
    @pytest.mark.slow
    def test_both_sides_and_the_base_of_each_field(self, world: World) -> None:
        world.person("Ann Berg", ANN, JobTitle="CEO")
        world.run()
        world.constant_contact.people.edit(world.id_of(ANN), job_title="Boss")
        world.run()

        title = next(one for one in customers(world)["fields"] if one["constant_contact"] == "job_title")
        assert (title["in_membrain"], title["in_constant_contact"]) == ("CEO", "Boss")
        assert title["base"] == {"membrain": "CEO", "constant_contact": "CEO"}
        assert (title["outcome"], title["reason"]) == ("skip", "kept_edit")

    def test_what_the_next_run_does_is_what_it_then_does(self, world: World) -> None:
        ann = world.person("Ann Berg", ANN)
        world.run()
        world.configure(filter='contact.custom["Language"] == "Danish"')

        before = customers(world)
        assert before["answer"] == (
            f'{ON}, and the next run takes them off: the filter does not take them, as contact.custom["Language"] is ""'
        )
        assert [step["operation"] for step in before["next"]] == ["remove-from-list"]
        world.run()

        assert world.members() == set()
        assert customers(world)["next"] == []
        assert ann

    @pytest.mark.slow
    def test_what_was_read_but_not_yet_done(self, world: World) -> None:
        world.run()
        world.person("Ann Berg", ANN)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("ccsync.engine.run.Run._bring_together", _interrupted)
            world.run()

        sync = customers(world)
        assert sync["answer"] == f"{OFF} yet: the next run puts them there"
        assert [step["operation"] for step in sync["next"]] == ["create"]

    @pytest.mark.slow
    def test_the_runs_that_touched_them_newest_first(self, world: World) -> None:
        ann = world.person("Ann Berg", ANN)
        first = world.run()
        world.run()
        world.change(ann, JobTitle="CEO")
        third = world.run()

        data = why(world)
        assert [one["run"] for one in data["runs"]] == [third.id, first.id]
        assert [one["event"] for one in data["runs"][1]["events"]] == ["record.created", "list.added"]
        assert (data["logs_read"], data["all_read"]) == (3, True)

    @pytest.mark.slow
    def test_an_id_does_as_well_as_an_address(self, world: World) -> None:
        ann = world.person("Ann Berg", "")
        world.run()

        assert answer(world, ann) == f"{OFF}: they have no address in Membrain"


class TestWhatItDoesNot:
    @pytest.mark.slow
    def test_it_writes_nothing_and_asks_nobody_also_while_a_run_is_on(self, world: World) -> None:
        world.person("Ann Berg", ANN)
        world.run()
        asked = len(world.requests()), len(world.membrain.log())
        state = world.application().state_path.read_bytes()

        with AccountLock(world.application().folder, world.clock):
            why(world)

        assert (len(world.requests()), len(world.membrain.log())) == asked
        assert world.application().state_path.read_bytes() == state


class TestLive:
    def test_what_differs_is_told_by_field(self, world: World) -> None:
        ann = world.person("Ann Berg", ANN)
        world.run()
        assert live(world)["differs"] == []

        world.change(ann, JobTitle="CEO")
        world.constant_contact.people.unsubscribe(world.id_of(ANN))

        found = {(one["side"], one["field"]): (one["state"], one["now"]) for one in live(world)["differs"]}
        assert found["membrain", "JobTitle"] == ("", "CEO")
        assert found["constant-contact", "permission"] == ("implicit", "unsubscribed")
        assert found["constant-contact", "lists"] == ("Customers", "")

    @pytest.mark.slow
    def test_somebody_new_is_found_on_both_sides(self, world: World) -> None:
        world.run()
        for name, email in (("Ann Berg", ANN), ("Bo Dahl", "bo@example.com")):
            world.person(name, email)
            world.subscriber(email, first_name=name.split()[0])

        data = live(world)
        assert [one["name"] for one in data["membrain"]] == ["Ann Berg"]
        assert [one["name"] for one in data["constant_contact"]] == ["Ann"]
        assert {(one["side"], one["state"], one["now"]) for one in data["differs"]} == {
            ("membrain", "not known", "there"),
            ("constant-contact", "not known", "there"),
        }

    @pytest.mark.slow
    def test_its_calls_are_counted_and_few(self, world: World) -> None:
        world.person("Ann Berg", ANN)
        world.run()
        used, asked = world.application().budget().used, len(world.requests())

        live(world)

        assert world.application().budget().used - used == 2
        assert world.requests()[asked:] == ["GET /v3/contacts", "GET /v3/contact_lists"]
        assert "email=ann%40example.com" in world.constant_contact.log()[asked]["query"]


def _interrupted(*_: object) -> None:
    raise KeyboardInterrupt
