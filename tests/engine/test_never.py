"""What a run never does to people, rules 1 to 3: each test tries hard to make it happen."""

from __future__ import annotations

import json
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest

from ccsync.errors import ExitCode
from ccsync.http.transport import Transport

if TYPE_CHECKING:
    from .conftest import World

FORBIDDEN = ("/sign_up_form", "/resubscribe")
SHY = {"list_change_moves_updated_at": False, "delete_moves_updated_at": False}
"""Neither a hand on a list nor a deletion shows in a reading by change time."""


@pytest.fixture(autouse=True)
def nobody_is_mail_enabled(world: World) -> Any:
    """See to it after every test, whatever happened: no request gave anybody's consent."""
    yield
    for sent in world.wires.sent:
        assert not any(sent.path.startswith(f"/v3/contacts{path}") for path in FORBIDDEN), sent
        assert str(sent) != "POST /v3/contacts", "an import keeps an opt-out, this does not"
        assert b"permission_to_send" not in sent.body, sent


def permission(world: World, email: str) -> str:
    return str(world.contact(email)["email_address"]["permission_to_send"])


def somebody_on_the_list(world: World, email: str = "ann@example.com", **values: Any) -> tuple[str, str]:
    """Return the ids in Membrain and in Constant Contact of somebody whom ccsync created and put on the list."""
    person = world.person("Ann Berg", email, **{"JobTitle": "Clerk", **values})
    assert world.run().exit_code is ExitCode.DONE
    assert email in world.members()
    return person, str(world.contact(email)["contact_id"])


def settle(world: World, runs: int = 3) -> None:
    """Run until nothing is left to do."""
    for _ in range(runs):
        world.run()
        world.wait(minutes=20)


def let_it_pass(world: World) -> None:
    """Run on until what was written is no part of a reading by change time any more."""
    world.wait(minutes=20)
    world.run()
    world.wait(minutes=20)


class TestNobodyIsMailEnabled:
    def test_somebody_new_is_created_by_an_import_which_asks_for_no_consent(self, world: World) -> None:
        somebody_on_the_list(world)
        assert permission(world, "ann@example.com") == "implicit"
        assert [sent.path for sent in world.wires.writes() if sent.path.startswith("/v3/contacts")] == []

    def test_whoever_opted_out_before_they_matched_stays_opted_out(self, world: World) -> None:
        ann = world.constant_contact.people.add("ann@example.com", permission_to_send="unsubscribed")
        world.person("Ann Berg", "ann@example.com")
        settle(world)
        assert permission(world, "ann@example.com") == "unsubscribed"
        assert world.contact("ann@example.com")["contact_id"] == ann
        assert world.members() == set()
        assert world.waiting() == {"ann@example.com": "opted_out"}

    def test_whoever_opts_out_between_two_runs_is_not_written_to_again(self, world: World) -> None:
        person, ann = somebody_on_the_list(world)
        let_it_pass(world)
        world.constant_contact.people.unsubscribe(ann)
        world.membrain.edit("contacts", person, JobTitle="Head clerk")
        settle(world)
        assert permission(world, "ann@example.com") == "unsubscribed"
        assert world.contact("ann@example.com")["job_title"] == "Clerk"
        assert world.members() == set()

    @pytest.mark.parametrize("people", [1, 5], ids=["by PUT", "by import"])
    @pytest.mark.parametrize("source", ["Contact", "Account"])
    def test_whoever_opts_out_between_plan_and_push_stays_opted_out(
        self, world: World, people: int, source: str
    ) -> None:
        world.people(people)
        world.run()
        ann = world.contact("person1@example.com")["contact_id"]
        for person in world.membrain.all("contacts"):
            world.membrain.edit("contacts", person["Id"], JobTitle="Head clerk")
        write = "GET /v3/contacts/" if people == 1 else "POST /v3/activities/contacts_json_import"
        world.wires.before(write, lambda: world.constant_contact.people.unsubscribe(ann, source=source))
        settle(world)
        assert permission(world, "person1@example.com") == "unsubscribed"
        assert "person1@example.com" not in world.members()
        assert world.waiting() == {"person1@example.com": "opted_out"}

    def test_whoever_is_new_and_opts_out_elsewhere_between_plan_and_import_stays_opted_out(self, world: World) -> None:
        world.person("Ann Berg", "ann@example.com")
        world.wires.before(
            "POST /v3/activities/contacts_json_import",
            lambda: world.constant_contact.people.add("ann@example.com", permission_to_send="unsubscribed"),
        )
        settle(world)
        assert permission(world, "ann@example.com") == "unsubscribed"
        assert world.members() == set()
        assert world.waiting() == {"ann@example.com": "opted_out"}

    @pytest.mark.parametrize("people", [1, 5], ids=["by PUT", "by import"])
    @pytest.mark.parametrize("moves", [True, False], ids=["deletion shows", "deletion does not show"])
    def test_whoever_was_deleted_in_constant_contact_is_not_revived(
        self, world: World, people: int, *, moves: bool
    ) -> None:
        world.constant_contact.set_switches(delete_moves_updated_at=moves)
        world.people(people)
        world.run()
        let_it_pass(world)
        world.constant_contact.people.delete(world.contact("person1@example.com")["contact_id"])
        for person in world.membrain.all("contacts"):
            world.membrain.edit("contacts", person["Id"], JobTitle="Head clerk")
        settle(world)
        assert world.contact("person1@example.com").get("deleted_at")
        assert world.waiting() == {"person1@example.com": "deleted"}
        assert len(world.members()) == people - 1

    def test_whoever_was_deleted_is_not_revived_by_entering_a_second_list(self, world: World) -> None:
        world.constant_contact.set_switches(**SHY)
        _, ann = somebody_on_the_list(world)
        let_it_pass(world)
        world.constant_contact.people.delete(ann)
        world.configure(more=SECOND_SYNC)
        settle(world)
        assert world.contact("ann@example.com").get("deleted_at")
        assert world.members("Others") == set()

    def test_whoever_is_deleted_between_pull_and_put_is_not_revived(self, world: World) -> None:
        person, ann = somebody_on_the_list(world)
        world.membrain.edit("contacts", person, JobTitle="Head clerk")
        # the pull is over, the plan made, and the one person's turn has come
        world.wires.after("GET /v3/contact_custom_fields", lambda: world.constant_contact.people.delete(ann))
        settle(world)
        assert world.contact("ann@example.com").get("deleted_at")
        assert not [sent for sent in world.wires.writes() if sent.method == "PUT"]

    @pytest.mark.parametrize("act", ["delete", "erase", "unsubscribe"])
    def test_whoever_is_seen_to_be_gone_while_values_are_written_is_put_on_no_list_afterwards(
        self, world: World, act: str
    ) -> None:
        world.configure(more=world.field("contact.Phone", "phone.work"))
        world.subscriber("ann@example.com", first_name="Ann")
        ann = world.id_of("ann@example.com")
        world.person("Ann Berg", "ann@example.com", Phone="+46 8 123 456")
        world.wires.before(f"GET /v3/contacts/{ann}", lambda: getattr(world.constant_contact.people, act)(ann))
        world.run()
        order = [str(sent) for sent in world.wires.sent]
        gone = order.index(f"GET /v3/contacts/{ann}")
        assert not [sent for sent in world.wires.sent[gone:] if sent.is_write and ann.encode() in sent.body]
        assert not [sent for sent in order[gone:] if sent.startswith("PUT")]

    def test_whoever_was_erased_in_constant_contact_is_not_created_again(self, world: World) -> None:
        person, ann = somebody_on_the_list(world)
        let_it_pass(world)
        world.constant_contact.people.erase(ann)
        world.membrain.edit("contacts", person, JobTitle="Head clerk")
        settle(world)
        for _ in range(3):
            world.run(full=True)
        assert world.contacts("ann@example.com") == []

    @pytest.mark.parametrize("reading", ["implicit", "not_set"])
    @pytest.mark.parametrize("before", ["not_set", "temp_hold", "pending_confirmation"])
    def test_nobody_s_permission_is_raised_by_a_put_that_leaves_it_out(
        self, world: World, reading: str, before: str
    ) -> None:
        """Nobody says what a PUT without a permission does to it: an implicit one given by it would enable mail."""
        world.constant_contact.set_switches(put_without_permission=reading)
        world.constant_contact.people.add("ann@example.com", permission_to_send=before, job_title="Clerk")
        world.person("Ann Berg", "ann@example.com", JobTitle="Head clerk", Phone="+46 8 123 456")
        world.configure(more=PHONE)
        settle(world)
        assert permission(world, "ann@example.com") == before

    def test_an_explicit_permission_that_a_put_takes_away_is_noticed_and_no_put_follows(self, world: World) -> None:
        world.constant_contact.set_switches(put_without_permission="not_set")
        for number in range(3):
            world.constant_contact.people.add(f"p{number}@example.com", permission_to_send="explicit", last_name="X")
            world.person(f"Per Son{number}", f"p{number}@example.com", Phone="+46 8 123 456")
        world.configure(more=PHONE)
        report = world.run()
        settle(world)
        lost = [number for number in range(3) if permission(world, f"p{number}@example.com") != "explicit"]
        assert report.exit_code is ExitCode.STOPPED
        assert len(lost) == 1


SECOND_SYNC = """
[[sync]]
name = "others"
direction = "membrain-to-constant-contact"
list = "Others"
"""
PHONE = """
[[sync.field]]
membrain = "contact.Phone"
constant_contact = "phone.work"
"""


class TestNobodyIsPutBack:
    @pytest.mark.parametrize("moves", [False, True], ids=["list changes do not show", "list changes show"])
    @pytest.mark.parametrize("people", [1, 5], ids=["by PUT", "by import"])
    def test_whoever_was_taken_off_by_hand_stays_off_when_they_change(
        self, world: World, people: int, *, moves: bool
    ) -> None:
        world.constant_contact.set_switches(list_change_moves_updated_at=moves)
        world.people(people)
        world.run()
        let_it_pass(world)
        one = world.contact("person1@example.com")["contact_id"]
        world.constant_contact.people.take_off_list(one, world.list_id())
        for person in world.membrain.all("contacts"):
            world.membrain.edit("contacts", person["Id"], JobTitle="Head clerk")
        settle(world)
        assert "person1@example.com" not in world.members()
        assert len(world.members()) == people - 1
        assert world.contact("person1@example.com")["job_title"] == "Head clerk"
        assert world.waiting() == {"person1@example.com": "removed_by_hand"}

    @pytest.mark.parametrize("moves", [False, True], ids=["list changes do not show", "list changes show"])
    def test_they_stay_off_when_they_leave_the_filter_and_enter_it_again(self, world: World, *, moves: bool) -> None:
        world.constant_contact.set_switches(list_change_moves_updated_at=moves)
        person, ann = somebody_on_the_list(world)
        let_it_pass(world)
        world.constant_contact.people.take_off_list(ann, world.list_id())
        world.run(full=True)
        for answer in ("No", "Yes"):
            world.membrain.edit("contacts", person, Newsletter=answer)
            settle(world)
        assert world.members() == set()
        assert world.waiting() == {"ann@example.com": "removed_by_hand"}

    def test_they_stay_off_through_complete_readings_and_an_edited_filter(self, world: World) -> None:
        _, ann = somebody_on_the_list(world)
        let_it_pass(world)
        world.constant_contact.people.take_off_list(ann, world.list_id())
        world.run(full=True)
        world.configure(filter="")
        settle(world)
        world.run(full=True)
        assert world.members() == set()

    def test_they_stay_off_when_they_enter_another_list(self, world: World) -> None:
        world.constant_contact.set_switches(**SHY)
        _, ann = somebody_on_the_list(world)
        let_it_pass(world)
        world.constant_contact.people.take_off_list(ann, world.list_id())
        world.configure(more=SECOND_SYNC)
        settle(world)
        assert world.members() == set()
        assert world.members("Others") == {"ann@example.com"}

    def test_they_stay_off_under_a_new_address(self, world: World) -> None:
        person, ann = somebody_on_the_list(world)
        let_it_pass(world)
        world.constant_contact.people.take_off_list(ann, world.list_id())
        world.membrain.edit("contacts", person, EmailAddress="ann.berg@example.com")
        settle(world)
        assert world.contact("ann.berg@example.com")["contact_id"] == ann
        assert world.members() == set()

    def test_they_stay_off_when_somebody_makes_them_anew_in_membrain(self, world: World) -> None:
        person, ann = somebody_on_the_list(world)
        let_it_pass(world)
        world.constant_contact.people.take_off_list(ann, world.list_id())
        world.run(full=True)
        world.membrain.erase("contacts", person)
        world.person("Ann Berg", "ann@example.com")
        settle(world)
        assert world.members() == set()

    def test_whoever_is_taken_off_between_pull_and_put_stays_off(self, world: World) -> None:
        person, ann = somebody_on_the_list(world)
        list_id = world.list_id()
        world.membrain.edit("contacts", person, JobTitle="Head clerk")
        world.wires.after(
            "GET /v3/contact_custom_fields", lambda: world.constant_contact.people.take_off_list(ann, list_id)
        )
        settle(world)
        assert world.members() == set()

    def test_whoever_is_taken_off_while_others_are_written_to_one_by_one_stays_off(self, world: World) -> None:
        world.configure(more=world.field("contact.Phone", "phone.work"))
        by_put = [world.person(f"Per {n}", f"p{n}@example.com", Phone=f"+46 8 123 45{n}") for n in range(3)]
        by_import = [world.person(f"Ida {n}", f"i{n}@example.com") for n in range(4)]
        settle(world)
        for person in by_put:
            world.change(person, Phone="+46 8 999 000")
        for person in by_import:
            world.change(person, JobTitle="CEO")
        taken_off = world.id_of("i0@example.com")
        world.constant_contact.set_switches(activity_seconds=0.0)
        world.wires.before(
            "PUT /v3/contacts/", lambda: world.constant_contact.people.take_off_list(taken_off, world.list_id())
        )
        world.run()
        settle(world)
        assert "i0@example.com" not in world.members()

    def test_whoever_is_taken_off_while_a_long_reading_of_membrain_is_on_stays_off(self, world: World) -> None:
        people = [world.person(f"Ida {n}", f"i{n}@example.com") for n in range(4)]
        settle(world)
        for person in people:  # so many that they go by an import, which names the list
            world.change(person, JobTitle="CEO")
        taken_off = world.id_of("i0@example.com")

        def long() -> None:
            world.constant_contact.people.take_off_list(taken_off, world.list_id())
            world.wait(minutes=11)

        world.wires.before("GET /API/v2/contacts", long)
        world.run(full=True)
        assert "i0@example.com" not in world.members()

    def test_whoever_is_taken_off_before_a_killed_run_saw_them_there_stays_off(self, world: World) -> None:
        """The import was carried out and nobody read it back; then a marketer takes somebody off."""
        world.person("Ann Berg", "ann@example.com")
        killed_after(world, "GET /v3/activities")
        list_id = world.list_id()
        world.constant_contact.people.take_off_list(world.contact("ann@example.com")["contact_id"], list_id)
        settle(world)
        assert world.members() == set()
        assert world.waiting() == {"ann@example.com": "removed_by_hand"}


class Killed(BaseException):
    """The end of a process, as far as that can be had within one."""


def killed_after(world: World, request: str) -> None:
    """Run, and die just after the first such request was carried out: its answer reaches nobody."""
    carried_out = Event()
    world.wires.after(request, carried_out.set)
    attempt = Transport.attempt

    def until_then(self: Transport, *words: Any, **more: Any) -> Any:
        answer = attempt(self, *words, **more)
        if carried_out.is_set():
            raise Killed
        return answer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Transport, "attempt", until_then)
        with pytest.raises(Killed):
            world.run()


class TestNobodyElsesPeopleAreTakenOff:
    def test_whoever_a_marketer_put_on_the_list_stays_there_when_they_leave_the_filter(self, world: World) -> None:
        ann = world.constant_contact.people.add("ann@example.com")
        world.constant_contact.people.put_on_list(ann, world.constant_contact.people.add_list("Customers"))
        person = world.person("Ann Berg", "ann@example.com")
        settle(world)
        world.membrain.edit("contacts", person, Newsletter="No")
        settle(world)
        assert world.members() == {"ann@example.com"}

    def test_whoever_never_matched_is_left_alone_when_they_are_deleted_in_membrain(self, world: World) -> None:
        ann = world.constant_contact.people.add("ann@example.com")
        world.constant_contact.people.put_on_list(ann, world.constant_contact.people.add_list("Customers"))
        person = world.person("Ann Berg", "ann@example.com", Newsletter="No")
        world.run()
        world.membrain.delete("contacts", person)
        settle(world)
        for _ in range(3):
            world.run(full=True)
        assert world.members() == {"ann@example.com"}

    def test_whoever_a_marketer_put_back_counts_as_theirs(self, world: World) -> None:
        person, ann = somebody_on_the_list(world)
        let_it_pass(world)
        world.constant_contact.people.take_off_list(ann, world.list_id())
        world.run(full=True)
        world.constant_contact.people.put_on_list(ann, world.list_id())
        world.run(full=True)
        world.membrain.edit("contacts", person, Newsletter="No")
        settle(world)
        assert world.members() == {"ann@example.com"}

    def test_whoever_is_put_on_the_list_by_hand_while_values_are_written_counts_as_theirs(self, world: World) -> None:
        world.configure(more=world.field("contact.Phone", "phone.work"))
        world.subscriber("ann@example.com", first_name="Ann")
        ann = world.id_of("ann@example.com")
        person = world.person("Ann Berg", "ann@example.com", Phone="+46 8 123 456")
        customers = world.constant_contact.people.add_list("Customers")
        world.wires.before(f"GET /v3/contacts/{ann}", lambda: world.constant_contact.people.put_on_list(ann, customers))
        settle(world)
        world.membrain.edit("contacts", person, Newsletter="No")
        settle(world)
        assert world.members() == {"ann@example.com"}

    def test_the_other_lists_of_a_person_are_not_touched(self, world: World) -> None:
        person, ann = somebody_on_the_list(world)
        world.constant_contact.people.put_on_list(ann, world.constant_contact.people.add_list("Friends"))
        world.membrain.edit("contacts", person, JobTitle="Head clerk")
        settle(world)
        world.membrain.edit("contacts", person, Newsletter="No")
        settle(world)
        assert world.members() == set()
        assert world.members("Friends") == {"ann@example.com"}

    def test_whoever_leaves_one_of_two_syncs_leaves_its_list_only(self, world: World) -> None:
        world.configure(more=SECOND_SYNC)
        person, _ = somebody_on_the_list(world)
        world.membrain.edit("contacts", person, Newsletter="No")
        settle(world)
        assert world.members() == set()
        assert world.members("Others") == {"ann@example.com"}

    def test_whoever_left_is_not_taken_off_once_more_after_a_marketer_put_them_back(self, world: World) -> None:
        person, ann = somebody_on_the_list(world)
        world.membrain.edit("contacts", person, Newsletter="No")
        settle(world)
        world.constant_contact.people.put_on_list(ann, world.list_id())
        world.membrain.edit("contacts", person, JobTitle="Head clerk")
        settle(world)
        world.run(full=True)
        assert world.members() == {"ann@example.com"}

    def test_removals_name_only_the_list_of_the_sync(self, world: World) -> None:
        person, ann = somebody_on_the_list(world)
        world.membrain.edit("contacts", person, Newsletter="No")
        world.run()
        [removal] = [sent for sent in world.wires.writes() if sent.path.endswith("/remove_list_memberships")]
        assert json.loads(removal.body) == {"source": {"contact_ids": [ann]}, "list_ids": [world.list_id()]}
