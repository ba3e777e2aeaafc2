"""What no plan ever does, whatever the two sides and the books look like; and that plans come to rest.

Worlds are small, so that people share, swap and inherit addresses all the time. There are two kinds: worlds in any
state at all, whose books may say anything, and histories, in which people on both sides edit and ccsync runs between.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, event, given, seed, settings
from hypothesis import strategies as st

from ccsync.sync.fields import same
from ccsync.sync.mapping import EMAIL, Rulebook, present_at, raw_value, travelling_value, written_values
from ccsync.sync.operations import Operation, Reason
from ccsync.sync.participation import choose, is_user
from ccsync.sync.plan import Decision, Subject, plan_person
from ccsync.sync.records import (
    Base,
    Contact,
    ContactId,
    Gone,
    ListId,
    MembrainId,
    MembrainRecord,
    Permission,
    Resource,
    Standing,
    email_key,
)

from .model import CATALOGUE, JOB, NAME, NEWS, VIPS, World, contact, person, rule, sync, vip_sync

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


ADDRESSES = ("a@example.com", "b@example.com", "C@example.com")
OWNER = rule("contact.Owner", "custom.owner", default="nobody")
NAMES = ("Ann Berg", "Bo", "Bo Dahl", "")
JOBS = ("CEO", "CTO", "", "x" * 51)
COMPANIES = {
    MembrainId(name): MembrainRecord(Resource.COMPANIES, MembrainId(name), {"Name": name}) for name in ("Acme", "Nord")
}

addresses = st.sampled_from(ADDRESSES)
yes_or_no = st.booleans()
seldom = st.integers(0, 7).map(lambda number: number == 0)
list_sets: tuple[frozenset[ListId], ...] = (frozenset(), frozenset({NEWS}), frozenset({VIPS}), frozenset({NEWS, VIPS}))


def one_of(*choices: Iterable[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    """Draw one of all combinations at once: Hypothesis takes time for each thing that it draws."""
    return st.sampled_from(tuple(itertools.product(*choices)))


what_a_filter_sees = one_of(("Yes", "Yes", "No"), ("", "5", "50", "many"), ("",) * 6 + (Gone.DELETED, Gone.RETIRED))
what_travels = one_of(NAMES, JOBS, ("", *COMPANIES))
what_is_there = one_of(NAMES, JOBS[:3], NAMES)
where_they_stand = one_of(("",) * 6 + ("out", "deleted", "erased"), list_sets, (None, *Standing), (None, *Standing))
what_was_agreed = one_of(
    *((None, *itertools.starmap(Base, itertools.product(words, words))) for words in (NAMES, JOBS[:3], ADDRESSES[:2]))
)


@st.composite
def rulebooks(draw: st.DrawFn) -> Rulebook:
    """Return one or two syncs, on one list or two; sometimes only one of them runs."""
    clears, cuts, keeps, same_list, two = draw(one_of(*[(False, True)] * 5))
    job = replace(JOB, clear=clears, truncate=cuts)
    first = sync(fields=(NAME, job, OWNER), keep_on_leaving=keeps)
    second = vip_sync(NEWS if same_list else VIPS, fields=(NAME, rule("company.Name", "company_name")))
    users = frozenset({email_key(ADDRESSES[1])}) if draw(seldom) else frozenset()
    only = "news" if draw(seldom) else None
    stopped = frozenset({draw(st.sampled_from(("news", "vips")))}) if draw(seldom) else frozenset()
    syncs = (first, second) if two else (first,)
    return Rulebook(syncs, CATALOGUE, user_emails=users, only=only, stopped=stopped)


@st.composite
def people(draw: st.DrawFn, number: int) -> MembrainRecord:
    """Return a Membrain contact who may be gone, without an address, or impossible to judge."""
    news, score, gone = draw(what_a_filter_sees)
    name, job, company = draw(what_travels)
    email = draw(st.sampled_from((*ADDRESSES, "")))
    values = {"Name": name, "JobTitle": job, "CompanyId": company, "Score": score}
    return person(number, email, news=news == "Yes", gone=Gone(gone), **values)


@st.composite
def contacts(draw: st.DrawFn, number: int, email: str) -> tuple[Contact, dict[ListId, Standing]]:
    """Return a Constant Contact contact who may have opted out, be deleted or erased, and their standings."""
    name, job, owner = draw(what_is_there)
    state, lists, *standings = draw(where_they_stand)
    values = written_values("full_name", name) | {"job_title": job, "custom.owner": owner}
    made = contact(
        number,
        email,
        *(() if state else lists),
        values={path: value for path, value in values.items() if value},
        permission=Permission.UNSUBSCRIBED if state == "out" else Permission.IMPLICIT,
        deleted=state == "deleted",
        erased=state == "erased",
    )
    return made, {one: standing for one, standing in zip((NEWS, VIPS), standings, strict=True) if standing}


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Return any state at all."""
    world = World(draw(rulebooks()), companies=dict(COMPANIES))
    for number in range(1, draw(st.integers(2, 4)) + 1):
        one = draw(people(number))
        world.people[one.id] = one
    for number, email in enumerate(draw(st.lists(addresses, unique=True))):
        other, standings = draw(contacts(number, email))
        world.contacts[other.id], world.standings[other.id] = other, standings
    for owner, contact_id in zip(world.people, draw(st.permutations(list(world.contacts))), strict=False):
        if draw(yes_or_no):
            world.links[owner] = contact_id
            bases = zip(("full_name", "job_title", EMAIL), draw(what_was_agreed), strict=True)
            world.bases[owner] = {path: base for path, base in bases if base}
    return world


def movers(world: World) -> int:
    """Count those who may leave an address that somebody else waits for: each costs one more round."""
    linked = ((world.people[one], world.contacts[other]) for one, other in world.links.items())
    return sum(email_key(one.email) != email_key(other.email) for one, other in linked)


few = settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow])
PARTS = 13
many = settings(max_examples=2_400, suppress_health_check=[HealthCheck.too_slow], database=None)


class TestAPlanComesToRest:
    @few
    @given(worlds())
    def test_what_was_carried_out_is_not_planned_again(self, world: World) -> None:
        come_to_rest(world)

    @few
    @given(worlds(), st.randoms(use_true_random=False))
    def test_the_order_of_people_does_not_matter(self, world: World, chance: Any) -> None:
        shuffled = world.copy()
        shuffled.people = dict(chance.sample(list(world.people.items()), len(world.people)))
        world.settle(6)
        shuffled.settle(6)
        assert shuffled.picture() == world.picture()

    @few
    @given(worlds(), st.randoms(use_true_random=False))
    def test_it_does_not_matter_how_many_are_planned_at_once(self, world: World, chance: Any) -> None:
        one_by_one = world.copy()
        world.settle(6)
        for _ in range(6):
            for membrain_id in chance.sample(list(one_by_one.people), len(one_by_one.people)):
                one_by_one.carry_out([plan_person(one_by_one.subject(membrain_id), one_by_one.rules)])
        assert one_by_one.picture() == world.picture()


def come_to_rest(world: World) -> None:
    """See that all requests are made in one round, and one more for each address that has to be freed first.

    The books may take one round longer: what is there already is agreed upon when it is seen.
    """
    most = 1 + movers(world)
    asked = world.settle(1 + most)
    event(f"{asked} rounds of requests")
    assert asked <= most


Plans = list[tuple[Subject, Decision]]


def nobody_leaves_a_list_whom_ccsync_did_not_put_there(world: World, plans: Plans) -> None:
    for subject, decision in plans:
        for list_id in decision.intent.remove if decision.intent else ():
            found = told(subject, decision)
            assert found is not None
            assert list_id in found.lists
            assert subject.standings[found.id][list_id] is Standing.PLACED


def nobody_leaves_a_list_while_a_sync_wants_or_may_want_them_there(world: World, plans: Plans) -> None:
    for subject, decision in plans:
        if decision.intent is None or subject.contact.gone or is_user(subject.contact, world.rules):
            continue
        choice = choose(subject.contact, subject.surroundings, world.rules)
        wanted = {one.list_id for one in choice.taken if subject.contact.email}
        held = {one.list_id for one, _ in choice.failed}
        assert not decision.intent.remove & (wanted | held)


def nobody_leaves_a_list_that_keeps_its_people(world: World, plans: Plans) -> None:
    left = {list_id for _, decision in plans if decision.intent for list_id in decision.intent.remove}
    assert left <= {one.list_id for one in world.rules.syncs if not one.keep_on_leaving}


def nobody_is_put_where_somebody_took_them_off(world: World, plans: Plans) -> None:
    for subject, decision in plans:
        intent, found = decision.intent, told(subject, decision)
        if intent is not None and found is not None:
            named = intent.add | (intent.keep - found.lists)
            assert not named & subject.standings.get(found.id, {}).keys()


def whoever_opted_out_or_was_deleted_is_left_alone(world: World, plans: Plans) -> None:
    for subject, decision in plans:
        intent, found = decision.intent, told(subject, decision)
        if intent is not None and found is not None:
            assert found.usable
            assert not (found.opted_out and (intent.add or intent.keep or intent.changes or intent.old_email))


def nobody_is_made_anew(world: World, plans: Plans) -> None:
    """Neither for a new address, nor to get around an opt-out, a deletion or an erasure."""
    for subject, decision in plans:
        if decision.intent is not None and decision.intent.contact_id is None:
            assert subject.linked is None
            assert subject.namesake is None


def a_blank_goes_over_a_value_only_where_clear_is_set_and_membrain_was_emptied(world: World, plans: Plans) -> None:
    for subject, decision in plans:
        for outcome in decision.fields:
            change = outcome.change()
            assert change is None or change.new or (outcome.rule.clear and subject.bases[change.path].source)
            found = told(subject, decision)
            if change is not None and found is not None and change.path == "full_name":
                blanks = not written_values(change.path, change.new, first_only=change.first_only).get("last_name", "-")
                known = subject.bases.get(change.path) if found is subject.linked else None
                assert not (blanks and found.values.get("last_name")) or (known and " " in known.source)


def a_value_typed_in_constant_contact_goes_only_for_a_newer_one_or_when_both_first_meet(
    world: World, plans: Plans
) -> None:
    for subject, decision in plans:
        for outcome in decision.fields:
            change, found = outcome.change(), told(subject, decision)
            if change is None or found is None or not change.old:
                continue
            base = subject.bases.get(change.path) if found is subject.linked else None
            assert base is None or not same(outcome.rule.target, base.source, change.new)
            assert base is not None or outcome.rule.default != change.new, "a default is nobody's newer value"
            assert change.overrules is (base is None or not same(outcome.rule.target, base.target, change.old))


def an_address_typed_in_constant_contact_goes_only_for_a_newer_one(world: World, plans: Plans) -> None:
    for subject, decision in plans:
        intent, base = decision.intent, subject.bases.get(EMAIL)
        if intent is not None and intent.old_email and base is not None and told(subject, decision) is subject.linked:
            newer = email_key(base.source) != email_key(intent.email)
            assert newer or email_key(base.target) == email_key(intent.old_email)


def nobody_gets_rid_of_an_opt_out_by_leaving_the_contact_to_somebody_else(world: World, plans: Plans) -> None:
    for subject, decision in plans:
        found, owner = subject.namesake, subject.namesake_owner
        if decision.link is not None and found is not None and found.id == decision.link and owner is not None:
            free = owner.gone or email_key(owner.email) == email_key(subject.contact.email)
            assert free or (found.usable and not found.opted_out)


def two_people_never_write_to_one_contact_or_one_address(world: World, plans: Plans) -> None:
    intents = [decision.intent for _, decision in plans if decision.intent is not None]
    known = [intent.contact_id for intent in intents if intent.contact_id is not None]
    assert len(set(known)) == len(known)
    entered = [email_key(one.email) for one in intents if one.contact_id is None or one.old_email]
    assert len(set(entered)) == len(entered)


def a_colleague_is_only_ever_taken_off(world: World, plans: Plans) -> None:
    for subject, decision in plans:
        if decision.intent is not None and is_user(subject.contact, world.rules) and not subject.contact.gone:
            assert {operation for operation, _ in decision.intent.operations} == {Operation.REMOVE_FROM_LIST}


def a_stopped_sync_writes_nothing(world: World, plans: Plans) -> None:
    for _, decision in plans:
        asked = {name for _, name in decision.intent.operations} if decision.intent else set()
        assert not world.rules.stopped & (asked | set(decision.syncs) | {wait.sync for wait in decision.waits})


def a_run_of_one_sync_writes_for_that_sync_alone(world: World, plans: Plans) -> None:
    only = world.rules.only
    for _, decision in plans if only else ():
        intent = decision.intent
        assert {name for _, name in intent.operations} <= {only} if intent else True
        assert intent is None or intent.add | intent.remove <= {NEWS}
        assert set(decision.syncs) | {wait.sync for wait in decision.waits} <= {only}


PROMISES = (
    nobody_leaves_a_list_whom_ccsync_did_not_put_there,
    nobody_leaves_a_list_while_a_sync_wants_or_may_want_them_there,
    nobody_leaves_a_list_that_keeps_its_people,
    nobody_is_put_where_somebody_took_them_off,
    whoever_opted_out_or_was_deleted_is_left_alone,
    nobody_is_made_anew,
    a_blank_goes_over_a_value_only_where_clear_is_set_and_membrain_was_emptied,
    a_value_typed_in_constant_contact_goes_only_for_a_newer_one_or_when_both_first_meet,
    an_address_typed_in_constant_contact_goes_only_for_a_newer_one,
    nobody_gets_rid_of_an_opt_out_by_leaving_the_contact_to_somebody_else,
    two_people_never_write_to_one_contact_or_one_address,
    a_colleague_is_only_ever_taken_off,
    a_stopped_sync_writes_nothing,
    a_run_of_one_sync_writes_for_that_sync_alone,
)


def rounds(world: World) -> Iterator[Plans]:
    """Yield what is planned for everybody, as things stand and again when that was carried out."""
    for _ in range(2):
        subjects = [world.subject(one) for one in world.people]
        plans = [(one, plan_person(one, world.rules)) for one in subjects]
        yield plans
        world.carry_out([decision for _, decision in plans])


def told(subject: Subject, decision: Decision) -> Contact | None:
    """Return the contact that a decision writes to."""
    wanted = decision.intent.contact_id if decision.intent else None
    return next((one for one in (subject.linked, subject.namesake) if one is not None and one.id == wanted), None)


@pytest.mark.parametrize("promise", PROMISES)
@few
@given(world=worlds())
def test_whatever_the_world_looks_like(promise: Callable[[World, Plans], None], world: World) -> None:
    for plans in rounds(world):
        promise(world, plans)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_a_hundred_thousand_triples_keep_every_promise_and_come_to_rest(part: int) -> None:
    """A triple is one field of one person: Membrain's value, Constant Contact's, and what both agreed on."""
    triples = 0

    @seed(part)
    @many
    @given(worlds(), st.randoms(use_true_random=False))
    def look(world: World, chance: Any) -> None:
        nonlocal triples
        shuffled, busy = world.copy(), world.copy()
        shuffled.people = dict(chance.sample(list(world.people.items()), len(world.people)))
        for plans in rounds(busy):
            triples += sum(len(decision.fields) for _, decision in plans)
            for promise in PROMISES:
                promise(busy, plans)
        come_to_rest(world)
        shuffled.settle(6)
        assert shuffled.picture() == world.picture()

    look()
    assert triples * PARTS >= 100_000


PEOPLE = tuple(MembrainId(f"m{number}") for number in range(1, 4))
EDITS = one_of(
    ("enter", "move", "news", "score", "name", "job", "gone")
    + (
        "type name",
        "type job",
        "type email",
        "put on",
        "take off",
        "opt out",
        "opt in",
        "delete",
        "restore",
        "erase",
        "make",
    )
    + ("run",) * 5,
    range(3),
    range(3),
)
histories = st.lists(EDITS, min_size=3, max_size=25)


@dataclass
class History:
    """People on both sides edit, and ccsync runs from time to time; what it sees is what has changed since."""

    world: World
    now: dict[ContactId, Contact] = field(default_factory=dict)
    taken_off: set[tuple[ContactId, ListId]] = field(default_factory=set)
    put_on: set[tuple[ContactId, ListId]] = field(default_factory=set)
    typed: dict[tuple[ContactId, str], str] = field(default_factory=dict)
    agreed: dict[tuple[MembrainId, ContactId, str], str] = field(default_factory=dict)

    def edit(self, action: str, who: int, what: int) -> None:
        """Let somebody edit, where that is possible."""
        if action == "run":
            self.run()
        elif action in ("enter", "move", "news", "score", "name", "job", "gone"):
            self._edit_membrain(action, PEOPLE[who], what)
        elif action == "make":
            if self._is_free(ADDRESSES[what]):
                made = contact(len(self.now), ADDRESSES[what], NEWS, values={"job_title": "Typed"})
                self.now[made.id] = made
        elif who < len(self.now):
            self._edit_contact(action, list(self.now.values())[who], what)

    def _edit_membrain(self, action: str, who: MembrainId, what: int) -> None:
        if action == "enter" and who not in self.world.people:
            self.world.people[who] = person(int(who[1:]), ADDRESSES[what])
        one = self.world.people.get(who)
        if one is None:
            return
        edits = {
            "move": {"EmailAddress": (*ADDRESSES[:2], "")[what]},
            "news": {"Newsletter": ("Yes", "No", "No")[what]},
            "score": {"Score": ("", "50", "many")[what]},
            "name": {"Name": ("Ann Berg", "Bo", "")[what]},
            "job": {"JobTitle": JOBS[what]},
        }
        gone = Gone.DELETED if action == "gone" else one.gone
        self.world.people[who] = replace(one, values={**one.values, **edits.get(action, {})}, gone=gone)

    def _is_free(self, email: str) -> bool:
        return email_key(email) not in {email_key(one.email) for one in self.now.values() if not one.erased}

    def _edit_contact(self, action: str, one: Contact, what: int) -> None:
        if one.erased or (one.deleted and action not in ("restore", "erase")):
            return
        list_id = (NEWS, VIPS)[what % 2]
        none: frozenset[ListId] = frozenset()
        edits: dict[str, dict[str, Any]] = {
            "type name": {"values": {**one.values, **written_values("full_name", ("Typed Name", "Ann", "")[what])}},
            "type job": {"values": {**one.values, "job_title": ("Typed", "CEO", "")[what]}},
            "type email": {"email": ADDRESSES[what]} if self._is_free(ADDRESSES[what]) else {},
            "put on": {} if one.opted_out else {"lists": one.lists | {list_id}},
            "take off": {"lists": one.lists - {list_id}},
            "opt out": {"permission": Permission.UNSUBSCRIBED, "lists": none},
            "opt in": {"permission": Permission.EXPLICIT},
            "delete": {"deleted": True, "lists": none},
            "restore": {"deleted": False},
            "erase": {"erased": True, "lists": none},
        }
        self.now[one.id] = replace(one, **edits[action])

    def run(self) -> None:
        """See what has changed, plan and carry out until nothing is left, and judge what ccsync did."""
        for one in self.now.values():
            old = self.world.contacts.get(one.id)
            if old != one:
                self._remember(old, one)
                self.world.read(one)
        before = dict(self.world.contacts)
        self.world.settle(7)
        for one in before.values():
            self._judge_lists(one, self.world.contacts[one.id])
        self._judge_values()
        self._judge_result()
        self.now = dict(self.world.contacts)

    def _remember(self, old: Contact | None, new: Contact) -> None:
        before: frozenset[ListId] = old.lists if old is not None else frozenset()
        for list_id in new.lists - before:
            self.put_on.add((new.id, list_id))
            self.taken_off.discard((new.id, list_id))
        for list_id in before - new.lists:
            self.put_on.discard((new.id, list_id))
            if not (new.opted_out and new.usable):
                self.taken_off.add((new.id, list_id))
        for path in ("full_name", "job_title"):
            if present_at(path, new) != present_at(path, old):
                self.typed[new.id, path] = present_at(path, new)
        if old is not None and new.email != old.email:
            self.typed[new.id, EMAIL] = new.email

    def _judge_lists(self, before: Contact, after: Contact) -> None:
        added, removed = after.lists - before.lists, before.lists - after.lists
        assert not {(after.id, one) for one in added} & self.taken_off, "put back where somebody took them off"
        assert not {(after.id, one) for one in removed} & self.put_on, "taken off where somebody had put them"
        assert not (added and before.opted_out), "mailed in spite of an opt-out"
        same_state = (after.permission, after.deleted, after.erased) == (
            before.permission,
            before.deleted,
            before.erased,
        )
        assert same_state, "consent, deletion and erasure are not ccsync's"

    def _judge_values(self) -> None:
        for owner, contact_id in self.world.links.items():
            one, other = self.world.people[owner], self.world.contacts[contact_id]
            values = {
                field.path: (travelling_value(field, raw_value(field, one)).value, present_at(field.path, other))
                for field in self.world.rules.syncs[0].fields
            }
            for path, (wanted, present) in (values | {EMAIL: (email_key(one.email), email_key(other.email))}).items():
                key, typed = (owner, contact_id, path), self.typed.get((contact_id, path))
                if typed is not None and typed.casefold() != present.casefold():
                    assert self.agreed.get(key) != wanted, f"an edit was lost: {typed!r}, {path} is {present!r}"
                    del self.typed[contact_id, path]
                if wanted == present:
                    self.agreed[key] = wanted

    def _judge_result(self) -> None:
        """Whoever waits for nothing is where the filters want them, and nobody else is where ccsync put them."""
        rules, world = self.world.rules, self.world
        placed = {
            (contact_id, list_id)
            for contact_id, standings in world.standings.items()
            for list_id, standing in standings.items()
            if standing is Standing.PLACED and list_id in world.contacts[contact_id].lists
        }
        for decision in world.plan():
            subject = world.subject(decision.membrain_id)
            found, choice = subject.linked, choose(subject.contact, subject.surroundings, rules)
            waits = [wait for wait in decision.waits if not wait.field]
            if decision.syncs and not waits:
                assert found is not None
                kept_address = any(wait.field == EMAIL for wait in decision.waits)
                assert kept_address or email_key(found.email) == email_key(subject.contact.email)
                assert {one.list_id for one in rules.syncs if one.name in decision.syncs} <= found.lists
            held = {one.list_id for one, _ in choice.failed}
            wanted = held | ({one.list_id for one in choice.taken} if subject.contact.email else set())
            excused = {one.reason for one in waits} & {Reason.DUPLICATE_ADDRESS, Reason.ADDRESS_TAKEN, Reason.HELD}
            if found is not None and not excused and not decision.heirs:
                kept = set() if subject.contact.gone else wanted
                assert {one for other, one in placed if other == found.id} <= kept, "left behind on a list"


def live_through(edits: list[tuple[str, int, int]], *, same_list: bool) -> None:
    """Let three people enter, let both sides edit, and run a last time."""
    syncs = (sync(), vip_sync(NEWS if same_list else VIPS))
    history = History(World(Rulebook(syncs, CATALOGUE)))
    for number in range(3):
        history.edit("enter", number, number)
    history.run()
    for action, who, what in edits:
        history.edit(action, who, what)
    history.run()


@few
@given(histories, yes_or_no)
def test_edits_on_both_sides_are_respected_and_everybody_ends_where_they_belong(
    edits: list[tuple[str, int, int]], same_list: bool
) -> None:
    live_through(edits, same_list=same_list)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(4))
def test_many_histories_end_well(part: int) -> None:
    @seed(part)
    @many
    @given(histories, yes_or_no)
    def look(edits: list[tuple[str, int, int]], same_list: bool) -> None:
        live_through(edits, same_list=same_list)

    look()
