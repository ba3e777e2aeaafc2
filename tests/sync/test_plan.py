"""Who takes part, whom they mean in Constant Contact, and what is done: the planner, rule by rule.

What becomes of one field is told in ``test_merge``, what becomes of the lists in ``test_membership``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ccsync.sync.filters import compile_filter
from ccsync.sync.mapping import EMAIL, Rulebook
from ccsync.sync.operations import Intent, Leaving, Operation, Reason, Wait, fingerprint
from ccsync.sync.plan import Decision, plan_person
from ccsync.sync.records import (
    Base,
    Contact,
    ContactId,
    Gone,
    MembrainId,
    MembrainRecord,
    Permission,
    Resource,
    Standing,
    email_key,
)

from .model import CATALOGUE, JOB, NAME, NEWS, VIPS, World, asks_for_something, contact, person, rule, sync, vip_sync

M1, M2, M3 = MembrainId("m1"), MembrainId("m2"), MembrainId("m3")
C1, C2 = ContactId("c1"), ContactId("c2")
ANN, NEW = "ann@example.com", "ann.berg@example.org"
PLACED, THEIRS, TAKEN_OFF = Standing.PLACED, Standing.THEIRS, Standing.TAKEN_OFF
CREATE, UPDATE, READDRESS = Operation.CREATE, Operation.UPDATE, Operation.READDRESS
ADD, REMOVE = Operation.ADD_TO_LIST, Operation.REMOVE_FROM_LIST
NAMED = {"first_name": "Person", "last_name": "1"}


def scene(
    *people: MembrainRecord,
    contacts: tuple[Contact, ...] = (),
    links: dict[MembrainId, ContactId] | None = None,
    placed: bool = True,
    rules: Rulebook | None = None,
) -> World:
    """Return a world; ``placed`` tells that ccsync put everybody on the lists on which they stand."""
    world = World(rules or Rulebook((sync(),), CATALOGUE), {one.id: one for one in people})
    for other in contacts:
        world.contacts[other.id] = other
        world.standings[other.id] = dict.fromkeys(other.lists, PLACED) if placed else {}
    world.links.update(links or {})
    return world


def synced(*, email: str = ANN, rules: Rulebook | None = None, **values: Any) -> World:
    """Return a world in which Ann has been put on the list and nothing is to be done, but for what is named."""
    ann = person(1, email, **values)
    world = scene(ann, contacts=(contact(1, ANN, NEWS, values=NAMED),), links={M1: C1}, rules=rules)
    names = Base("Person 1", "Person 1")
    world.bases[M1] = {"full_name": names, "job_title": Base("", ""), "email": Base(ANN, ANN)}
    return world


def plan(world: World, who: MembrainId = M1) -> Decision:
    return plan_person(world.subject(who), world.rules)


def asked(decision: Decision) -> Intent:
    assert decision.intent is not None
    return decision.intent


def operations(decision: Decision) -> list[tuple[str, str]]:
    return [(one.value, name) for one, name in decision.intent.operations] if decision.intent else []


def reasons(decision: Decision) -> list[tuple[str, Reason, str]]:
    return [(wait.sync, wait.reason, wait.field) for wait in decision.waits]


class TestSomebodyNew:
    def test_they_are_created_with_their_values_on_the_list(self) -> None:
        decision = plan(scene(person(1, ANN, JobTitle="CEO")))
        intent = asked(decision)
        assert operations(decision) == [("create", "news")]
        assert (intent.contact_id, intent.email) == (None, ANN)
        assert intent.add == {NEWS}
        assert {change.path: (change.old, change.new) for change in intent.changes} == {
            "full_name": ("", "Person 1"),
            "job_title": ("", "CEO"),
        }
        assert {change.rule for change in intent.changes} == {"new-person"}
        assert decision.syncs == ("news",)

    def test_a_blank_is_not_sent(self) -> None:
        assert [change.path for change in asked(plan(scene(person(1, ANN, JobTitle="")))).changes] == ["full_name"]

    def test_nothing_is_agreed_before_they_exist(self) -> None:
        decision = plan(scene(person(1, ANN)))
        assert (decision.bases, decision.standings, decision.link) == ({}, {}, None)

    def test_two_syncs_create_them_once_on_both_lists(self) -> None:
        rules = Rulebook((sync(), vip_sync()), CATALOGUE)
        decision = plan(scene(person(1, ANN, Score="50"), rules=rules))
        assert operations(decision) == [("create", "news"), ("add-to-list", "vips")]
        assert asked(decision).add == {NEWS, VIPS}

    def test_whom_no_filter_takes_is_let_be(self) -> None:
        decision = plan(scene(person(1, ANN, news=False)))
        assert decision == Decision(M1, ANN)

    @pytest.mark.parametrize("email", ["no address", "ann@", f"{'a' * 70}@example.com"])
    def test_an_address_that_cannot_be_written_to_is_told(self, email: str) -> None:
        decision = plan(scene(person(1, email)))
        assert decision.intent is None
        assert reasons(decision) == [("news", Reason.BAD_VALUE, "")]
        assert decision.waits[0].detail.startswith("no address to write to: ")


class TestSomebodyWhoIsThereAlready:
    def test_the_contact_with_their_address_is_theirs_whatever_the_case_of_its_letters(self) -> None:
        world = scene(person(1, " Ann@Example.com "), contacts=(contact(1, "ann@EXAMPLE.com", values=NAMED),))
        decision = plan(world)
        assert decision.link == C1
        assert operations(decision) == [("add-to-list", "news")]
        assert asked(decision).contact_id == C1

    def test_its_address_keeps_its_spelling(self) -> None:
        world = scene(person(1, "ANN@example.com", JobTitle="CEO"), contacts=(contact(1, ANN, NEWS),))
        assert (asked(plan(world)).email, asked(plan(world)).old_email) == (ANN, "")

    def test_at_the_first_meeting_membrain_wins_where_both_are_filled(self) -> None:
        there = contact(1, ANN, NEWS, values=NAMED | {"job_title": "Boss"})
        [change] = asked(plan(scene(person(1, ANN, JobTitle="CEO"), contacts=(there,)))).changes
        assert (change.old, change.new, change.rule, change.overrules) == ("Boss", "CEO", "first-meeting", True)

    def test_whoever_is_on_the_list_by_another_hand_stays_theirs(self) -> None:
        decision = plan(scene(person(1, ANN), contacts=(contact(1, ANN, NEWS, values=NAMED),), placed=False))
        assert decision.intent is None
        assert decision.standings == {(C1, NEWS): THEIRS}

    def test_what_both_have_is_agreed_upon_at_once(self) -> None:
        decision = plan(scene(person(1, ANN), contacts=(contact(1, ANN, NEWS, values=NAMED),)))
        assert decision.bases == {
            "full_name": Base("Person 1", "Person 1"),
            "job_title": Base("", ""),
            "email": Base(ANN, ANN),
        }

    def test_nobody_is_linked_whom_no_filter_takes(self) -> None:
        assert plan(scene(person(1, ANN, news=False), contacts=(contact(1),))) == Decision(M1, ANN)

    def test_the_linked_contact_counts_more_than_the_address(self) -> None:
        world = scene(person(1, ANN), contacts=(contact(1, NEW, NEWS), contact(2, "x@example.com")), links={M1: C1})
        assert asked(plan(world)).contact_id == C1


class TestAChange:
    def test_nothing_to_do_is_nothing(self) -> None:
        decision = plan(synced())
        assert not asks_for_something(decision)
        assert decision.waits == ()
        assert decision.syncs == ("news",)
        assert [outcome.decision.outcome.value for outcome in decision.fields] == ["unchanged", "unchanged"]

    def test_only_the_changed_field_is_written(self) -> None:
        decision = plan(synced(JobTitle="CEO"))
        assert operations(decision) == [("update", "news")]
        [change] = asked(decision).changes
        assert (change.sync, change.membrain, change.field, change.rule) == (
            "news", "contact.JobTitle", "job_title", "source-changed",
        )  # fmt: skip
        assert asked(decision).keep == {NEWS}
        assert asked(decision).add == set()

    def test_an_edit_in_constant_contact_is_kept_and_shown(self) -> None:
        world = synced()
        world.contacts[C1] = replace(world.contacts[C1], values=NAMED | {"job_title": "Boss"})
        decision = plan(world)
        assert decision.intent is None
        assert reasons(decision) == [("news", Reason.KEPT_EDIT, "job_title")]

    def test_a_field_that_does_not_fit_holds_up_no_other(self) -> None:
        decision = plan(synced(Name="Ann Berg", JobTitle="x" * 51))
        assert [change.path for change in asked(decision).changes] == ["full_name"]
        assert reasons(decision) == [("news", Reason.TOO_LONG, "job_title")]

    def test_a_refused_value_is_not_tried_again_as_it_is(self) -> None:
        subject = synced(JobTitle="CEO").subject(M1)
        mark = fingerprint("CEO", "")
        decision = plan_person(replace(subject, parked={"job_title": mark}), synced().rules)
        assert decision.intent is None
        assert decision.waits == (Wait("news", Reason.REFUSED, "refused as it is", "job_title", mark),)

    def test_a_cut_value_is_marked(self) -> None:
        rules = Rulebook((sync(fields=(NAME, replace(JOB, truncate=True))),), CATALOGUE)
        [change] = asked(plan(synced(JobTitle="x" * 51, rules=rules))).changes
        assert (change.new, change.truncated) == ("x" * 50, True)

    def test_of_two_syncs_that_map_one_field_the_first_is_named(self) -> None:
        rules = Rulebook((sync(), vip_sync(NEWS)), CATALOGUE)
        decision = plan(synced(JobTitle="CEO", Score="50", rules=rules))
        assert operations(decision) == [("update", "news")]
        assert [outcome.sync for outcome in decision.fields] == ["news", "news"]

    def test_the_second_one_counts_when_the_first_does_not_take_them(self) -> None:
        rules = Rulebook((sync(), vip_sync(NEWS)), CATALOGUE)
        decision = plan(synced(JobTitle="CEO", Score="50", Newsletter="No", rules=rules))
        assert operations(decision) == [("update", "vips")]

    def test_company_and_project_speak_for_their_contacts(self) -> None:
        acme = MembrainId("acme")
        fields = (NAME, rule("company.Name", "company_name"), rule("project.OwnerName", "custom.owner"))
        world = scene(person(1, ANN, CompanyId=acme), rules=Rulebook((sync(fields=fields),), CATALOGUE))
        around = replace(
            world.subject(M1).surroundings,
            companies={acme: MembrainRecord(Resource.COMPANIES, acme, {"Name": "Acme"})},
            projects={acme: (MembrainRecord(Resource.OPPORTUNITIES, MembrainId("p"), {"OwnerName": "Eva"}),)},
        )
        decision = plan_person(replace(world.subject(M1), surroundings=around), world.rules)
        values = {change.path: change.new for change in asked(decision).changes}
        assert values == {"full_name": "Person 1", "company_name": "Acme", "custom.owner": "Eva"}


class TestSameAddressTwice:
    def test_the_one_created_first_takes_part_and_the_others_wait(self) -> None:
        world = scene(person(2, "ANN@example.com"), person(1, ANN), person(3, ANN))
        assert operations(plan(world, M1)) == [("create", "news")]
        for other in (M2, M3):
            decision = plan(world, other)
            assert decision.intent is None
            assert reasons(decision) == [("news", Reason.DUPLICATE_ADDRESS, "")]
            assert decision.waits[0].detail == '"Person 1", created earlier, takes part for this address'

    def test_the_first_of_those_whom_a_filter_takes(self) -> None:
        world = scene(person(1, ANN, news=False), person(2, ANN), person(3, ANN))
        assert operations(plan(world, M2)) == [("create", "news")]
        assert plan(world, M1) == Decision(M1, ANN)

    def test_for_all_syncs_alike(self) -> None:
        rules = Rulebook((sync(), vip_sync()), CATALOGUE)
        world = scene(person(1, ANN), person(2, ANN, news=False, Score="50"), rules=rules)
        assert operations(plan(world, M1)) == [("create", "news")]
        assert reasons(plan(world, M2)) == [("vips", Reason.DUPLICATE_ADDRESS, "")]

    def test_also_when_this_run_carries_out_the_others_sync_only(self) -> None:
        rules = Rulebook((sync(), vip_sync()), CATALOGUE, only="vips")
        world = scene(person(1, ANN), person(2, ANN, news=False, Score="50"), rules=rules)
        assert plan(world, M1).intent is None
        assert reasons(plan(world, M2)) == [("vips", Reason.DUPLICATE_ADDRESS, "")]

    def test_whoever_is_held_by_a_filter_may_be_the_one(self) -> None:
        rules = Rulebook((sync(), vip_sync()), CATALOGUE)
        world = scene(person(1, ANN, news=False, Score="many"), person(2, ANN), rules=rules)
        assert reasons(plan(world, M1)) == [("vips", Reason.FILTER_ERROR, "")]
        assert reasons(plan(world, M2)) == [("news", Reason.DUPLICATE_ADDRESS, "")]

    def test_a_colleague_never_is(self) -> None:
        rules = Rulebook((sync(),), CATALOGUE, user_ids=frozenset({"m1"}))
        world = scene(person(1, ANN), person(2, ANN), rules=rules)
        assert operations(plan(world, M2)) == [("create", "news")]

    def test_one_without_a_date_comes_last_and_the_id_breaks_a_tie(self) -> None:
        undated = replace(person(1, ANN), created=None)
        assert operations(plan(scene(undated, person(2, ANN)), M2)) == [("create", "news")]
        twins = scene(*(replace(person(number, ANN), created=person(9).created) for number in (2, 1)))
        assert operations(plan(twins, M1)) == [("create", "news")]

    def test_the_elected_one_takes_the_contact_over_from_a_younger_one(self) -> None:
        world = scene(person(1, ANN), person(2, ANN), contacts=(contact(1, ANN, NEWS),), links={M2: C1})
        decision = plan(world, M1)
        assert decision.link == C1
        assert asked(decision).keep == {NEWS}
        assert [change.rule for change in asked(decision).changes] == ["first-meeting"]

    def test_when_no_filter_takes_any_the_linked_one_leaves(self) -> None:
        world = scene(
            person(1, ANN, news=False), person(2, ANN, news=False), contacts=(contact(1, ANN, NEWS),), links={M2: C1}
        )
        assert operations(plan(world, M2)) == [("remove-from-list", "news")]
        assert plan(world, M1).intent is None


class TestLeaving:
    def test_whom_no_filter_takes_any_more_leaves_the_list(self) -> None:
        decision = plan(synced(Newsletter="No"))
        assert operations(decision) == [("remove-from-list", "news")]
        assert asked(decision).remove == {NEWS}
        assert (decision.syncs, decision.fields) == ((), ())

    @pytest.mark.parametrize("gone", [Gone.DELETED, Gone.RETIRED, Gone.MISSING])
    def test_so_does_whoever_is_gone_from_membrain_whatever_their_data_say(self, gone: Gone) -> None:
        world = synced()
        world.people[M1] = replace(world.people[M1], gone=gone)
        assert operations(plan(world)) == [("remove-from-list", "news")]

    @pytest.mark.parametrize(
        ("who", "rule"),
        [
            (person(news=False), Leaving.NO_LONGER_MATCHES),
            (person(email=""), Leaving.NO_ADDRESS),
            (person(gone=Gone.DELETED), Leaving.GONE),
            (person(gone=Gone.RETIRED), Leaving.GONE),
            (person(gone=Gone.MISSING), Leaving.MISSING),
        ],
    )
    def test_the_rule_that_decided_is_told(self, who: MembrainRecord, rule: Leaving) -> None:
        world = synced()
        world.people[M1] = who
        assert asked(plan(world)).leaving == rule

    def test_so_it_is_for_a_colleague(self) -> None:
        world = synced()
        world.rules = replace(world.rules, user_emails=frozenset({email_key(ANN)}))
        assert asked(plan(world)).leaving == Leaving.USER_OF_MEMBRAIN

    def test_values_stay_as_they_are(self) -> None:
        assert asked(plan(synced(Newsletter="No", Name="New Name"))).changes == ()

    def test_the_request_is_about_the_address_that_constant_contact_knows(self) -> None:
        intent = asked(plan(synced(email=NEW, Newsletter="No")))
        assert (intent.email, intent.old_email) == (ANN, "")

    def test_whoever_was_there_by_another_hand_stays(self) -> None:
        world = scene(person(1, ANN, news=False), contacts=(contact(1, ANN, NEWS),), links={M1: C1}, placed=False)
        assert plan(world).intent is None
        world.stand(C1, NEWS, THEIRS)
        assert plan(world).intent is None

    def test_keep_keeps_them(self) -> None:
        rules = Rulebook((sync(keep_on_leaving=True),), CATALOGUE)
        assert plan(synced(Newsletter="No", rules=rules)).intent is None

    def test_a_filter_without_an_answer_neither_enters_nor_leaves(self) -> None:
        rules = Rulebook((vip_sync(NEWS),), CATALOGUE)
        held = plan(synced(Score="many", rules=rules))
        assert held.intent is None
        assert reasons(held) == [("vips", Reason.FILTER_ERROR, "")]
        assert '"many", which is no number' in held.waits[0].detail
        assert plan(scene(person(1, ANN, Score="many"), rules=rules)).intent is None

    def test_a_deleted_contact_leaves_nothing(self) -> None:
        world = synced(Newsletter="No")
        world.contacts[C1] = replace(world.contacts[C1], deleted=True)
        assert plan(world).intent is None

    def test_whoever_never_was_in_constant_contact_leaves_nothing(self) -> None:
        assert plan(scene(person(1, ANN, gone=Gone.DELETED))) == Decision(M1, ANN)


class TestHeirs:
    """Somebody leaves, and somebody else in Membrain has the address of their contact."""

    def left(self, *heirs: MembrainRecord, rules: Rulebook | None = None, **ann: Any) -> World:
        world = synced(rules=rules, **ann)
        world.people |= {heir.id: heir for heir in heirs}
        return world

    @pytest.mark.parametrize("how", ["gone", "not taken", "moved and not taken", "without an address"])
    def test_the_contact_is_left_to_an_heir_who_takes_it_over_on_the_list(self, how: str) -> None:
        world = self.left(person(2, ANN))
        ann = world.people[M1]
        world.people[M1] = {
            "gone": replace(ann, gone=Gone.DELETED),
            "not taken": person(1, ANN, news=False),
            "moved and not taken": person(1, NEW, news=False),
            "without an address": person(1, ""),
        }[how]
        leaving, heir = plan(world, M1), plan(world, M2)
        assert (leaving.intent, leaving.heirs) == (None, (M2,))
        assert heir.link == C1
        assert asked(heir).contact_id == C1
        assert asked(heir).keep == {NEWS}

    def test_an_heir_whom_no_filter_takes_is_none(self) -> None:
        world = self.left(person(2, ANN, news=False), Newsletter="No")
        assert operations(plan(world, M1)) == [("remove-from-list", "news")]
        assert plan(world, M2) == Decision(M2, ANN)

    def test_nor_is_a_colleague(self) -> None:
        rules = Rulebook((sync(),), CATALOGUE, user_ids=frozenset({"m2"}))
        world = self.left(person(2, ANN), rules=rules, Newsletter="No")
        assert operations(plan(world, M1)) == [("remove-from-list", "news")]

    def test_nor_is_somebody_with_a_contact_of_their_own(self) -> None:
        world = self.left(person(2, ANN), Newsletter="No")
        world.contacts[C2] = contact(2, NEW, NEWS)
        world.links[M2] = C2
        assert operations(plan(world, M1)) == [("remove-from-list", "news")]

    def test_nor_is_somebody_whose_contact_was_erased(self) -> None:
        world = self.left(person(2, ANN), Newsletter="No")
        world.contacts[C2] = contact(2, NEW, erased=True)
        world.links[M2] = C2
        leaving, erased = plan(world, M1), plan(world, M2)
        assert operations(leaving) == [("remove-from-list", "news")]
        assert (erased.intent, erased.link) == (None, None)
        assert [wait.reason for wait in erased.waits] == [Reason.DELETED]

    def test_nor_is_somebody_who_is_gone(self) -> None:
        world = self.left(person(2, ANN, gone=Gone.RETIRED), Newsletter="No")
        assert operations(plan(world, M1)) == [("remove-from-list", "news")]


class TestANewAddress:
    def test_the_contact_moves_along_with_its_id(self) -> None:
        intent = asked(plan(synced(email=NEW, JobTitle="CEO")))
        assert [one.value for one, _ in intent.operations] == ["readdress", "update"]
        assert (intent.contact_id, intent.old_email, intent.email) == (C1, ANN, NEW)

    def test_another_spelling_is_no_new_address(self) -> None:
        assert plan(synced(email="ANN@example.com")).intent is None

    def test_it_may_be_taken_and_then_nothing_at_all_is_changed(self) -> None:
        world = synced(email=NEW, JobTitle="CEO")
        world.contacts[C2] = contact(2, NEW)
        decision = plan(world)
        assert (decision.intent, decision.fields) == (None, ())
        assert reasons(decision) == [("news", Reason.ADDRESS_TAKEN, "")]
        assert decision.waits[0].detail == f"{NEW} already belongs to another contact in Constant Contact"

    def test_it_may_be_none_that_can_be_written_to(self) -> None:
        decision = plan(synced(email="ann", JobTitle="CEO"))
        assert decision.intent is None
        assert reasons(decision) == [("news", Reason.BAD_VALUE, "")]

    def test_whom_no_filter_takes_keeps_the_old_one(self) -> None:
        assert READDRESS not in dict(asked(plan(synced(email=NEW, Newsletter="No"))).operations)

    def test_whom_a_filter_cannot_judge_keeps_the_old_one(self) -> None:
        rules = Rulebook((vip_sync(NEWS),), CATALOGUE)
        assert plan(synced(email=NEW, Score="many", rules=rules)).intent is None

    def test_two_who_swap_both_wait(self) -> None:
        world = scene(
            person(1, NEW), person(2, ANN), contacts=(contact(1, ANN), contact(2, NEW)), links={M1: C1, M2: C2}
        )
        assert [reasons(plan(world, who)) for who in (M1, M2)] == [[("news", Reason.HELD, "")]] * 2
        assert world.settle(1) == 0

    def test_a_chain_moves_one_after_the_other(self) -> None:
        third = "third@example.com"
        world = scene(
            person(1, NEW), person(2, third), person(3, ANN),
            contacts=(contact(1, ANN, NEWS), contact(2, NEW, NEWS)), links={M1: C1, M2: C2},
        )  # fmt: skip
        assert operations(plan(world, M2))[0] == ("readdress", "news")
        assert world.settle(4) == 3
        assert {email_key(one.email): world.owner(one.id) for one in world.contacts.values()} == {
            NEW: M1, third: M2, ANN: M3,
        }  # fmt: skip


class TestAnAddressEditedInConstantContact:
    home = "ann@home.example"

    def edited(self, *, membrain: str = ANN, **values: Any) -> World:
        world = synced(email=membrain, **values)
        world.contacts[C1] = replace(world.contacts[C1], email=self.home)
        return world

    def test_it_is_kept_and_shown_while_all_else_goes_on(self) -> None:
        decision = plan(self.edited(JobTitle="CEO"))
        assert operations(decision) == [("update", "news")]
        assert (asked(decision).email, asked(decision).old_email) == (self.home, "")
        assert decision.waits == (
            Wait("news", Reason.KEPT_EDIT, "changed in Constant Contact; kept until Membrain's address changes", EMAIL),
        )

    def test_it_gives_way_to_a_newer_one_of_membrain(self) -> None:
        intent = asked(plan(self.edited(membrain=NEW)))
        assert (intent.email, intent.old_email) == (NEW, self.home)

    def test_it_is_agreed_upon_when_membrain_follows(self) -> None:
        decision = plan(self.edited(membrain=self.home))
        assert decision.intent is None
        assert decision.bases == {"email": Base(self.home, self.home)}

    def test_it_is_none_when_nothing_was_agreed_before(self) -> None:
        world = self.edited()
        del world.bases[M1]["email"]
        assert asked(plan(world)).old_email == self.home

    def test_another_spelling_is_none(self) -> None:
        world = synced()
        world.contacts[C1] = replace(world.contacts[C1], email="Ann@Example.com")
        assert (plan(world).intent, plan(world).waits, plan(world).bases) == (None, (), {})


class TestAnAddressThatIsStillAnothers:
    def world(self, owner: MembrainRecord | None = None, **contact_keys: object) -> World:
        """Return a world where Bo (2) has got the address that Ann's (1) contact still has."""
        there = contact(1, ANN, NEWS, **contact_keys)
        return scene(owner or person(1, NEW), person(2, ANN), contacts=(there,), links={M1: C1})

    def test_its_owner_moves_first(self) -> None:
        decision = plan(self.world(), M2)
        assert decision.intent is None
        assert reasons(decision) == [("news", Reason.HELD, "")]
        assert decision.waits[0].detail == 'in Constant Contact the address is still that of "Person 1"'
        assert decision.again

    def test_then_it_is_free(self) -> None:
        world = self.world()
        assert world.settle(3) == 2
        assert {one.email: one.lists for one in world.contacts.values()} == {NEW: {NEWS}, ANN: {NEWS}}

    def test_an_owner_who_takes_no_part_does_not_move_and_gives_the_contact_up(self) -> None:
        world = self.world(person(1, NEW, news=False))
        assert plan(world, M2).link == C1
        assert not plan(world, M2).again

    def test_but_somebody_who_opted_out_keeps_theirs(self) -> None:
        """Or they would be made anew, without the opt-out, when they take part again."""
        world = self.world(person(1, NEW, news=False), permission=Permission.UNSUBSCRIBED, lists=frozenset())
        decision = plan(world, M2)
        assert (decision.intent, decision.link) == (None, None)
        assert reasons(decision) == [("news", Reason.OPTED_OUT, "")]
        assert not decision.again
        world.people[M1] = person(1, NEW)
        assert reasons(plan(world, M1)) == [("news", Reason.OPTED_OUT, "")]

    def test_and_so_does_somebody_who_was_deleted(self) -> None:
        world = self.world(person(1, "", news=False), deleted=True, lists=frozenset())
        assert plan(world, M2).link is None
        assert reasons(plan(world, M2)) == [("news", Reason.DELETED, "")]

    def test_nobody_is_kept_waiting_whom_no_filter_takes(self) -> None:
        world = self.world()
        world.people[M2] = person(2, ANN, news=False)
        assert plan(world, M2) == Decision(M2, ANN)


class TestWhoeverMayNotBeWrittenTo:
    def test_an_opt_out_stops_everything(self) -> None:
        world = synced(email=NEW, JobTitle="CEO")
        world.contacts[C1] = contact(1, ANN, permission=Permission.UNSUBSCRIBED, opt_out_reason="too much mail")
        decision = plan(world)
        assert (decision.intent, decision.standings, decision.fields) == (None, {}, ())
        assert reasons(decision) == [("news", Reason.OPTED_OUT, "")]
        assert decision.waits[0].detail == "too much mail"

    def test_whoever_opts_in_again_enters_like_anybody_else(self) -> None:
        world = synced()
        world.read(contact(1, ANN, permission=Permission.UNSUBSCRIBED, values=NAMED))
        world.read(contact(1, ANN, permission=Permission.EXPLICIT, values=NAMED))
        assert operations(plan(world)) == [("add-to-list", "news")]

    def test_unless_somebody_had_taken_them_off_before(self) -> None:
        world = synced()
        for permission in (Permission.IMPLICIT, Permission.UNSUBSCRIBED, Permission.EXPLICIT):
            world.read(contact(1, ANN, permission=permission, values=NAMED))
        assert plan(world).intent is None
        assert reasons(plan(world)) == [("news", Reason.REMOVED_BY_HAND, "")]

    @pytest.mark.parametrize("state", [{"deleted": True}, {"erased": True}])
    def test_a_deleted_or_erased_person_is_neither_revived_nor_made_anew(self, state: dict[str, bool]) -> None:
        world = synced(JobTitle="CEO")
        world.contacts[C1] = contact(1, ANN, **state)
        assert plan(world).intent is None
        assert reasons(plan(world)) == [("news", Reason.DELETED, "")]

    def test_a_deleted_contact_of_that_address_is_not_revived_either(self) -> None:
        decision = plan(scene(person(1, ANN), contacts=(contact(1, ANN, deleted=True),)))
        assert (decision.intent, reasons(decision)) == (None, [("news", Reason.DELETED, "")])

    def test_somebody_whom_others_have_made_anew_after_an_erasure_is_met_again(self) -> None:
        world = synced()
        world.contacts |= {C1: contact(1, ANN, erased=True), C2: contact(2, ANN, values=NAMED)}
        assert plan(world).link == C2
        assert operations(plan(world)) == [("add-to-list", "news")]

    def test_whoever_was_taken_off_by_hand_still_gets_new_values_but_no_list(self) -> None:
        world = synced(JobTitle="CEO")
        world.read(replace(world.contacts[C1], lists=frozenset()))
        decision = plan(world)
        assert operations(decision) == [("update", "news")]
        assert asked(decision).add | asked(decision).keep == set()
        assert reasons(decision) == [("news", Reason.REMOVED_BY_HAND, "")]

    @pytest.mark.parametrize("permission", ["temp_hold", "pending_confirmation", "not_set", "some_new_word"])
    def test_no_other_permission_stands_in_the_way(self, permission: str) -> None:
        there = contact(1, ANN, values=NAMED, permission=permission)
        assert operations(plan(scene(person(1, ANN), contacts=(there,)))) == [("add-to-list", "news")]


class TestNoEmail:
    def test_whoever_has_none_waits(self) -> None:
        decision = plan(scene(person(1, "  ")))
        assert (decision.intent, reasons(decision)) == (None, [("news", Reason.NO_EMAIL, "")])

    def test_whom_no_filter_takes_does_not(self) -> None:
        assert plan(scene(person(1, "", news=False))).waits == ()

    def test_whoever_loses_theirs_leaves_the_list_and_goes_by_the_old_one(self) -> None:
        decision = plan(synced(email=""))
        assert operations(decision) == [("remove-from-list", "news")]
        assert (decision.email, asked(decision).email) == (ANN, ANN)
        assert reasons(decision) == [("news", Reason.NO_EMAIL, "")]

    def test_unless_a_filter_cannot_judge_them(self) -> None:
        rules = Rulebook((vip_sync(NEWS),), CATALOGUE)
        assert plan(synced(email="", Score="many", rules=rules)).intent is None


class TestUsersOfMembrain:
    by_id = Rulebook((sync(),), CATALOGUE, user_ids=frozenset({"m1"}))
    by_address = Rulebook((sync(),), CATALOGUE, user_emails=frozenset({email_key(ANN)}))

    @pytest.mark.parametrize("rules", [by_id, by_address])
    def test_colleagues_are_left_out_and_told(self, rules: Rulebook) -> None:
        decision = plan(scene(person(1, "Ann@Example.com"), rules=rules))
        assert (decision.intent, reasons(decision)) == (None, [("news", Reason.USER_OF_MEMBRAIN, "")])

    def test_a_colleague_whom_no_filter_takes_is_not_worth_a_word(self) -> None:
        assert plan(scene(person(1, ANN, news=False), rules=self.by_id)) == Decision(M1, ANN)

    def test_whoever_becomes_one_leaves_the_list(self) -> None:
        assert operations(plan(synced(rules=self.by_id))) == [("remove-from-list", "news")]

    def test_also_when_a_filter_cannot_judge_them(self) -> None:
        rules = replace(self.by_id, syncs=(vip_sync(NEWS),))
        assert operations(plan(synced(Score="many", rules=rules))) == [("remove-from-list", "vips")]


class TestARunOfOneSync:
    def rules(self, only: str | None = "vips") -> Rulebook:
        return Rulebook((sync(), vip_sync()), CATALOGUE, only=only)

    def test_the_others_change_nothing_and_say_nothing(self) -> None:
        world = scene(person(1, "", Score="5"), person(2, ANN), rules=self.rules())
        assert plan(world, M1) == Decision(M1, "")
        assert plan(world, M2) == Decision(M2, ANN)

    def test_its_own_people_enter_its_own_list(self) -> None:
        decision = plan(scene(person(1, ANN, Score="50"), rules=self.rules()))
        assert decision.syncs == ("vips",)
        assert asked(decision).add == {VIPS}

    def test_an_address_moves_only_with_a_sync_that_takes_the_person(self) -> None:
        assert plan(synced(email=NEW, Score="5", rules=self.rules())).intent is None
        assert READDRESS in dict(asked(plan(synced(email=NEW, Score="50", rules=self.rules()))).operations)

    def test_fields_of_the_others_do_not_travel(self) -> None:
        rules = Rulebook((sync(), vip_sync(fields=(NAME,))), CATALOGUE, only="vips")
        world = synced(JobTitle="CEO", Score="50", rules=rules)
        assert operations(plan(world)) == [("add-to-list", "vips")]


def test_an_empty_filter_takes_everybody_with_an_address() -> None:
    rules = Rulebook((sync(filter=compile_filter("")),), CATALOGUE)
    assert operations(plan(scene(person(1, ANN, news=False), rules=rules))) == [("create", "news")]
    assert reasons(plan(scene(person(1, ""), rules=rules))) == [("news", Reason.NO_EMAIL, "")]


def test_what_was_agreed_about_an_earlier_contact_says_nothing_about_the_next() -> None:
    world = scene(person(1, ANN, JobTitle="CEO"))
    world.bases[M1] = {"job_title": Base("CEO", "CEO")}
    assert {change.path for change in asked(plan(world)).changes} == {"full_name", "job_title"}
