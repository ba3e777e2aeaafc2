"""What no field that travels to Membrain, or both ways, ever does; and that both sides come to rest.

A triple is one field of one person: Membrain's value, Constant Contact's, and what both agreed on. Any triple may
occur: people edit both sides, and a configuration is edited between two runs. Whole people share and swap addresses
on top of that.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from ccsync.sync.canonical import choice_keys
from ccsync.sync.catalogue import PropertyType
from ccsync.sync.fields import CUSTOM_LIMIT, FieldKind, TargetField, same, split_name
from ccsync.sync.mapping import (
    COMPANY_NAME,
    EMAIL,
    FULL_NAME,
    Conflict,
    Direction,
    Rulebook,
    Side,
    present_at,
    travelling_value,
    written_values,
)
from ccsync.sync.merge import Dispute, FieldDecision, FieldOutcome, Outcome, Rule, decide, in_membrain
from ccsync.sync.names import is_last_only
from ccsync.sync.plan import Decision, Subject, plan_person
from ccsync.sync.records import (
    Base,
    MembrainId,
    MembrainRecord,
    Permission,
    Resource,
    email_key,
    name_key,
)
from ccsync.sync.returning import returning_value, settled

from .model import (
    BEGINNING,
    CATALOGUE,
    JOB,
    NAME,
    NEWS,
    VIPS,
    World,
    asks_for_something,
    contact,
    person,
    rule,
    sync,
    vip_sync,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from ccsync.sync.mapping import FieldRule
    from ccsync.sync.operations import FieldChange, MembrainIntent


class Triple(NamedTuple):
    """One field of one person; ``last_only`` tells that Constant Contact has a last name and no first one."""

    raw: str
    present: str
    base: Base | None
    last_only: bool = False


COLOURS = ("Blue", "Red", "Sea; green")
KEYS = choice_keys(COLOURS)


def custom(kind: FieldKind, **keys: Any) -> TargetField:
    """Return a custom field of a kind."""
    return TargetField("custom.field", CUSTOM_LIMIT, kind, **keys)


def of(kind: PropertyType, right: str = "custom.field", **keys: Any) -> FieldRule:
    """Return a field of a kind in Membrain."""
    return rule("contact.Field", right, kind=kind, **keys)


FIELDS: tuple[tuple[FieldRule, tuple[str, ...]], ...] = (
    (rule("contact.JobTitle", "job_title"), ("CEO", "CTO", "Chair", "", "x" * 51)),
    (rule("contact.JobTitle", "job_title", truncate=True), ("CEO", "CTO", "", "x" * 51, "x" * 50, "x" * 52)),
    (rule("contact.Name", FULL_NAME), ("Ann Berg", "Ann", "Anna", "Ann Dahl", "Bo Dahl", "Bo", "DAHL", "Berg", "")),
    (rule("company.Name", "company_name"), ("Acme", "acme", "Nord", "")),
    (rule("contact.Phone", "phone.work"), ("+1 781 555 1212", "(781) 555-1212", "+46 8 500 100", "none", "")),
    (rule("contact.Country", "address.home.country"), ("SE", "Sweden", "Sverige", "Norway", "Atlantis", "")),
    (of(PropertyType.DATE, "birthday"), ("1980-11-05", "11-05", "1980-12-06", "12-06", "soon", "")),
    (of(PropertyType.DATE, "anniversary"), ("2026-01-31", "01/31/2026", "2026-02-01", "2026-01-31T23:30:00Z", "")),
    (of(PropertyType.NUMBER, target=custom(FieldKind.NUMBER, decimals=1)), ("1", "1.00", "2.5", "2.55", "many", "")),
    (of(PropertyType.YES_NO, target=custom(FieldKind.YES_NO)), ("true", "Yes", "false", "maybe", "")),
    (of(PropertyType.YES_NO, values={"true": "Yes", "false": "No"}), ("true", "Yes", "false", "No", "yes", "")),
    (of(PropertyType.TEXT, values={"Ja": "Yes", "Nej": "No"}), ("Ja", "Yes", "Nej", "No", "Kanske", "")),
    (
        of(PropertyType.SELECT, options=COLOURS, target=custom(FieldKind.SELECT, choices=KEYS)),
        ("Blue", "BLUE", "Red", "Pink", ""),
    ),
    (
        of(PropertyType.MULTI_SELECT, options=COLOURS, target=custom(FieldKind.MULTI_SELECT, choices=KEYS)),
        ("Blue", "Blue; Red", "red, blue", "Pink; Red", "Sea; green", ""),
    ),
    (of(PropertyType.MULTI_SELECT), ("Blue", "Red; Blue", "Blue; Red", "")),
    (of(PropertyType.DATE, target=custom(FieldKind.MOMENT)), ("2026-01-31T10:30:00Z", "2026-01-31", "2026-02-01", "")),
)
"""Kinds of fields, each with values that occur in them."""

CONSENT = rule("contact.Consent", "permission_to_send"), ("implicit", "unsubscribed", "Unsubscribed", "")
DIRECTIONS = tuple(Direction)
DISPUTES = tuple(Dispute(conflict, newer) for conflict in Conflict for newer in (None, *Side))


def triples_of(values: Sequence[str]) -> st.SearchStrategy[Triple]:
    """Draw one of all triples at once: Hypothesis takes time for each thing that it draws."""
    bases = (None, None, *itertools.starmap(Base, itertools.product(values, values)))
    return st.sampled_from([Triple(*one) for one in itertools.product(values, values, bases)])


def names_of(values: Sequence[str]) -> st.SearchStrategy[Triple]:
    """Draw one of all triples of a full name: whatever stands there may be a last name alone."""
    return triples_of(values).flatmap(lambda one: st.sampled_from([one, one._replace(last_only=bool(one.present))]))


def rules_of(one: FieldRule) -> st.SearchStrategy[FieldRule]:
    """Draw everything about a field that the configuration says."""
    default = {FieldKind.TEXT: "unknown", FieldKind.SELECT: "Red", FieldKind.NUMBER: "2.5"}.get(one.target.kind, "")
    return st.sampled_from(
        [
            replace(one, direction=direction, clear=clear, default=stand_in)
            for direction in DIRECTIONS
            for clear in (False, True)
            for stand_in in dict.fromkeys(("", default))
        ]
    )


known = st.one_of(
    *(
        st.tuples(
            rules_of(one),
            st.sampled_from(DISPUTES),
            st.lists((names_of if one.path == FULL_NAME else triples_of)(values), min_size=8, max_size=20),
        )
        for one, values in FIELDS
    ),
    st.tuples(
        st.just(replace(CONSENT[0], direction=Direction.TO_MEMBRAIN)),
        st.sampled_from(DISPUTES),
        st.lists(triples_of(CONSENT[1]), min_size=8, max_size=20),
    ),
)
words = st.text("aåÄ \t-.", max_size=6).map(str.strip)
anything = st.tuples(
    rules_of(FIELDS[0][0]) | rules_of(FIELDS[2][0]),
    st.sampled_from(DISPUTES),
    st.lists(st.builds(Triple, words, words, st.none() | st.builds(Base, words, words)), min_size=1, max_size=6),
)
cases = known | known | known | anything

Case = tuple["FieldRule", Dispute, list[Triple]]


def change_of(one: FieldRule, triple: Triple, decision: FieldDecision) -> FieldChange | None:
    return FieldOutcome("news", one, decision, triple.present).change()


def carried_out(one: FieldRule, triple: Triple, decision: FieldDecision) -> Triple:
    """Write what a decision says to the side that it says, and store the base that its outcome stores."""
    change = change_of(one, triple, decision)
    raw, present, base, last_only = triple
    if change is None:
        return Triple(raw, present, decision.base or base, last_only)
    if decision.towards is Side.MEMBRAIN:
        return Triple(change.new, present, Base(change.settles, change.seen), last_only)
    held = contact(values={"last_name": present} if last_only else written_values(one.path, present))
    written = written_values(one.path, change.new, first_only=change.first_only)
    filled = replace(held, values={**held.values, **written})
    now = present_at(one.path, filled)
    return Triple(raw, now, Base(change.new, now), is_last_only(one.path, filled))


def agreed_value(one: FieldRule, triple: Triple, side: Side) -> str | None:
    """Return what a side held when both last agreed; None when they never did."""
    if triple.base is None:
        return None
    return triple.base.target if side is Side.CONSTANT_CONTACT else triple.base.source


def held_by(one: FieldRule, triple: Triple, side: Side) -> str:
    """Return what a side holds, in the words that a base has it in."""
    if side is Side.CONSTANT_CONTACT:
        return triple.present
    return triple.raw if one.direction is Direction.TO_MEMBRAIN else in_membrain(one, triple.raw)


def changed(one: FieldRule, triple: Triple, side: Side) -> bool:
    """Tell whether a side holds another value than when both last agreed."""
    agreed = agreed_value(one, triple, side)
    return agreed is None or not same(one.target, held_by(one, triple, side), agreed)


def other(side: Side) -> Side:
    return Side.MEMBRAIN if side is Side.CONSTANT_CONTACT else Side.CONSTANT_CONTACT


def it_is_written_where_the_rule_allows(one: FieldRule, _: Dispute, __: Triple, decision: FieldDecision) -> None:
    if one.direction is not Direction.BOTH:
        assert decision.towards is (Side.MEMBRAIN if one.direction is Direction.TO_MEMBRAIN else Side.CONSTANT_CONTACT)


def it_says_what_was_there(one: FieldRule, _: Dispute, triple: Triple, decision: FieldDecision) -> None:
    assert decision.old == (triple.raw if decision.towards is Side.MEMBRAIN else triple.present)


def a_value_that_somebody_typed_loses_only_by_the_rule_and_as_the_one_overruled(
    one: FieldRule, dispute: Dispute, triple: Triple, decision: FieldDecision
) -> None:
    """See what somebody typed; what was agreed on is not lost when it makes way for its successor."""
    typed = changed(one, triple, decision.towards)
    assert decision.overrules is (typed and bool(decision.old))
    if decision.overrules and one.direction is Direction.BOTH and other(decision.towards) is not dispute.winner:
        says_less = one.path == FULL_NAME or returning_value(one, triple.present).stand_in
        assert says_less or not held_by(one, triple, dispute.winner)


def it_is_news(one: FieldRule, _: Dispute, triple: Triple, decision: FieldDecision) -> None:
    assert changed(one, triple, other(decision.towards))
    if one.direction.fills_membrain:
        stands_in = one.default and not triple.raw and not triple.present
        assert stands_in or not settled(one, triple.raw, triple.present)


def a_blank_travels_only_where_the_field_clears_and_the_value_became_blank(
    one: FieldRule, _: Dispute, triple: Triple, decision: FieldDecision
) -> None:
    assert decision.old or decision.new, "a blank for a blank"
    if decision.new:
        return
    assert one.clear
    assert decision.rule is Rule.SOURCE_CLEARED
    assert agreed_value(one, triple, other(decision.towards))


def a_name_of_one_word_takes_no_last_name_away_that_was_never_beside_it(
    one: FieldRule, _: Dispute, triple: Triple, decision: FieldDecision
) -> None:
    word = triple.present if decision.towards is Side.MEMBRAIN else triple.raw
    if one.path != FULL_NAME or not word or split_name(word)[1]:
        return
    if triple.last_only:
        return  # a first name is put before it, or it replaces Membrain's last name
    last = split_name(decision.old)[1]
    before = agreed_value(one, triple, other(decision.towards)) or ""
    after = carried_out(one, triple, decision)
    now = after.raw if decision.towards is Side.MEMBRAIN else after.present
    if decision.towards is Side.MEMBRAIN or not split_name(before)[1]:
        assert split_name(now)[1] == last


def it_is_what_the_other_side_holds(one: FieldRule, _: Dispute, triple: Triple, decision: FieldDecision) -> None:
    if one.path == FULL_NAME:
        return
    to_membrain = decision.towards is Side.MEMBRAIN
    source = returning_value(one, triple.present) if to_membrain else travelling_value(one, triple.raw)
    assert decision.new == source.value


def what_membrain_cannot_be_without_is_never_emptied(
    one: FieldRule, _: Dispute, __: Triple, decision: FieldDecision
) -> None:
    if one.membrain in {"contact.Name", "company.Name"} and decision.towards is Side.MEMBRAIN:
        assert decision.new


def no_name_holds_a_word_twice_and_no_first_name_is_lost_to_a_last_one(
    one: FieldRule, _: Dispute, triple: Triple, decision: FieldDecision
) -> None:
    if one.path != FULL_NAME:
        return
    after = carried_out(one, triple, decision)
    before = max(map(_most_of_one_word, (triple.raw, triple.present)))
    assert max(map(_most_of_one_word, (after.raw, after.present))) <= max(1, before)
    if triple.last_only and decision.towards is Side.MEMBRAIN:
        assert split_name(triple.raw)[0] in after.raw.split() or not triple.raw or after.raw == triple.present


PROMISES: tuple[Callable[[FieldRule, Dispute, Triple, FieldDecision], None], ...] = (
    it_is_written_where_the_rule_allows,
    it_says_what_was_there,
    a_value_that_somebody_typed_loses_only_by_the_rule_and_as_the_one_overruled,
    it_is_news,
    a_blank_travels_only_where_the_field_clears_and_the_value_became_blank,
    a_name_of_one_word_takes_no_last_name_away_that_was_never_beside_it,
    it_is_what_the_other_side_holds,
    what_membrain_cannot_be_without_is_never_emptied,
    no_name_holds_a_word_twice_and_no_first_name_is_lost_to_a_last_one,
)
"""What is true of every value that travels."""


def is_told_or_arrives(one: FieldRule, triple: Triple, decision: FieldDecision) -> None:
    """See that what is new on one side only, and no blank, arrives on the other, or that it is told why not."""
    if one.direction is not Direction.BOTH or decision.outcome is not Outcome.UNCHANGED:
        return
    if triple.base == Base(triple.raw, triple.present):
        return
    new = {side: changed(one, triple, side) and held_by(one, triple, side) for side in Side}
    if sum(map(bool, new.values())) != 1 or settled(one, triple.raw, triple.present):
        return
    is_default = triple.present == one.default and not new[Side.MEMBRAIN]
    less = one.path == FULL_NAME and (
        triple.raw.startswith(triple.present) or {*_words(triple.present)} & {*_words(triple.raw)}
    )
    stands_in = bool(new[Side.MEMBRAIN]) and not triple.raw and bool(triple.present)
    assert is_default or less or stands_in, "something new is left behind in silence"


def _words(name: str) -> list[str]:
    return name.casefold().split()


def _most_of_one_word(name: str) -> int:
    words = _words(name)
    return max(map(words.count, words), default=0)


def decided(one: FieldRule, dispute: Dispute, triple: Triple) -> FieldDecision:
    return decide(one, triple.raw, triple.present, triple.base, dispute=dispute, last_only=triple.last_only)


def come_to_rest(one: FieldRule, dispute: Dispute, triple: Triple) -> None:
    """Whatever was decided is not written again, and two rounds later nothing at all is left to do."""
    for number in range(3):
        decision = decided(one, dispute, triple)
        assert decision.rule is None or number == 0, f"an echo: {decision}"
        assert decision.base is None or number < 2, f"never agreed: {decision}"
        triple = carried_out(one, triple, decision)


few = settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
PARTS = 4
many = settings(max_examples=2_800, suppress_health_check=[HealthCheck.too_slow], database=None)


@dataclass(repr=False)
class Sides(World):
    """A world in which Membrain is written to as well: one living contact an address, companies found by name."""

    def subject(self, membrain_id: MembrainId) -> Subject:
        """Return a person with everything that decides about them."""
        made = super().subject(membrain_id)
        address = made.linked.email if made.linked else ""
        others = (one for one in self.people.values() if not one.gone and one.id != membrain_id)
        sharers = tuple(one for one in others if address and email_key(one.email) == email_key(address))
        return replace(made, sharers=sharers)

    def plan(self) -> list[Decision]:
        """Plan everybody; where anything is to be done, it is done by ``carry_out``."""
        plans = [(one, plan_person(one, self.rules)) for one in map(self.subject, self.people)]
        for subject, decision in plans:
            it_is_written_by_a_sync_that_goes_there(self.rules, decision)
            nobody_is_written_to_who_may_not_be(subject, decision)
        return [decision for _, decision in plans]

    def carry_out(self, decisions: Sequence[Decision]) -> None:
        """Do what was planned on both sides."""
        super().carry_out(decisions)
        for intent in (intent for decision in decisions for intent in decision.inward):
            self._write(intent)

    def _write(self, intent: MembrainIntent) -> None:
        assert intent.membrain_id is not None
        one = self.people[intent.membrain_id]
        values = {change.name: change.new for change in intent.changes if change.membrain != COMPANY_NAME}
        if intent.company:
            values["CompanyId"] = self._company(intent.company)
        if intent.old_email:
            key = email_key(intent.email)
            assert not any(email_key(other.email) == key for other in self.people.values() if not other.gone)
            values["EmailAddress"] = intent.email
        self.people[one.id] = replace(one, values={**one.values, **values})
        bases = {change.path: Base(change.settles, change.seen) for change in intent.changes}
        if intent.old_email:
            bases[EMAIL] = Base(intent.email, intent.email)
        self.bases.setdefault(one.id, {}).update(bases)

    def _company(self, name: str) -> str:
        known = (one.id for one in self.companies.values() if name_key(one.values["Name"]) == name_key(name))
        return next(known, None) or self._found(name)

    def _found(self, name: str) -> str:
        made = MembrainRecord(Resource.COMPANIES, MembrainId(name), {"Name": name})
        self.companies[made.id] = made
        return made.id

    def come_to_rest(self) -> None:
        """Plan and carry out until nothing is left to do on either side."""
        for _ in range(8):
            decisions = self.plan()
            if not any(decision.inward or asks_for_something(decision) for decision in decisions):
                return
            self.carry_out(decisions)
        raise AssertionError(f"still something to do: {decisions}\n{self}")

    def seen(self) -> Mapping[str, object]:
        """Return what a user can see of both sides and the books."""
        people = {one.id: (one.values, self._name(one)) for one in self.people.values()}
        return {**self.picture(), "people": people, "companies": {*map(name_key, self._names())}}

    def _name(self, one: MembrainRecord) -> str:
        company = self.companies.get(one.company_id)
        return company.values["Name"] if company else ""

    def _names(self) -> list[str]:
        return [one.values["Name"] for one in self.companies.values()]

    def shuffled(self, chance: Any) -> Sides:
        """Return the same world with its records in another order."""
        made = self.copy()
        assert isinstance(made, Sides)
        made.companies = dict(self.companies)
        made.people = dict(chance.sample(list(self.people.items()), len(self.people)))
        made.contacts = dict(chance.sample(list(self.contacts.items()), len(self.contacts)))
        return made


def it_is_written_by_a_sync_that_goes_there(rules: Rulebook, decision: Decision) -> None:
    direction = {sync.name: sync.direction for sync in rules.syncs}
    outward = {name for _, name in decision.intent.operations} if decision.intent else set()
    assert all(direction[name].fills_constant_contact for name in outward)
    assert all(direction[name].fills_membrain for intent in decision.inward for _, name in intent.operations)
    there = {change.path for change in decision.intent.changes} if decision.intent else set()
    back = {change.path for intent in decision.inward for change in intent.changes}
    assert not there & back, "one field on its way in both directions"
    moves = [intent for intent in decision.inward if intent.old_email]
    assert not (moves and decision.intent and decision.intent.old_email)


def nobody_is_written_to_who_may_not_be(subject: Subject, decision: Decision) -> None:
    if subject.contact.gone:
        assert not decision.inward
    for intent in decision.inward:
        found = next(one for one in (subject.linked, subject.namesake) if one and one.id == intent.contact_id)
        assert found.usable
        assert not found.opted_out
        scopes = {change.membrain.partition(".")[0] for change in intent.changes if change.membrain != COMPANY_NAME}
        assert scopes <= {"contact"}, "a company is changed for one of its people"


ADDRESSES = ("a@example.com", "b@example.com", "c@example.com")
NAMES = ("Ann Berg", "Ann", "Bo Dahl", "")
JOBS = ("CEO", "CTO", "")
COMPANIES = {
    MembrainId(name): MembrainRecord(Resource.COMPANIES, MembrainId(name), {"Name": name}) for name in ("Acme", "Nord")
}
TIMES = (None, BEGINNING, BEGINNING + timedelta(minutes=1), BEGINNING + timedelta(hours=1))


def one_of(*choices: Iterable[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    """Draw one of all combinations at once."""
    return st.sampled_from(tuple(itertools.product(*choices)))


def bases_of(words: Sequence[str]) -> list[Base | None]:
    return [None, *itertools.starmap(Base, itertools.product(words, words))]


whole_people = one_of(NAMES, JOBS, ("", *COMPANIES), (*ADDRESSES, ""), (True, False), TIMES)
whole_contacts = one_of(NAMES, JOBS, ("", "Acme", "acme", "Syd"), ("",) * 8 + ("out", "deleted"), (True, False), TIMES)
books = one_of(bases_of(NAMES[:3]), bases_of(JOBS), bases_of(ADDRESSES[:2]))
syncs = one_of(DIRECTIONS, Conflict, (False, True), DIRECTIONS, (False, True), (NEWS, VIPS))


@st.composite
def worlds(draw: st.DrawFn) -> Sides:
    """Return any state of both sides and the books: people may share addresses, and lists are filled by any hand."""
    direction, conflict, clear, second, two, list_id = draw(syncs)
    fields = (NAME, replace(JOB, clear=clear), rule("company.Name", "company_name"))
    first = sync(direction=direction, conflict=conflict, fields=_going(fields, direction))
    more = vip_sync(list_id, direction=second, conflict=conflict, fields=_going(fields[:2], second))
    world = Sides(Rulebook((first, more) if two else (first,), CATALOGUE), companies=dict(COMPANIES))
    for number in range(1, draw(st.integers(1, 3)) + 1):
        name, job, company, email, news, changed_at = draw(whole_people)
        values = {"Name": name, "JobTitle": job, "CompanyId": company, "Score": "50" if number == 1 else ""}
        one = replace(person(number, email, news=news, **values), changed=changed_at)
        world.people[one.id] = one
    for number, email in enumerate(draw(st.lists(st.sampled_from(ADDRESSES), unique=True))):
        name, job, company, state, on_it, updated = draw(whole_contacts)
        held = written_values(FULL_NAME, name) | {"job_title": job, "company_name": company}
        made = contact(
            number,
            email,
            *((NEWS,) if on_it else ()),
            values={path: value for path, value in held.items() if value},
            permission=Permission.UNSUBSCRIBED if state == "out" else Permission.IMPLICIT,
            deleted=state == "deleted",
            updated=updated,
        )
        world.contacts[made.id] = made
    for owner, contact_id in zip(world.people, draw(st.permutations(list(world.contacts))), strict=False):
        if draw(st.booleans()):
            world.links[owner] = contact_id
            agreed = zip((FULL_NAME, "job_title", EMAIL), draw(books), strict=True)
            world.bases[owner] = {path: base for path, base in agreed if base}
    return world


def _going(fields: Iterable[FieldRule], direction: Direction) -> tuple[FieldRule, ...]:
    return tuple(replace(one, direction=direction) for one in fields)


class TestWholePeople:
    @few
    @given(worlds())
    def test_come_to_rest_on_both_sides(self, world: Sides) -> None:
        world.come_to_rest()

    @few
    @given(worlds(), st.randoms(use_true_random=False))
    def test_end_the_same_in_whatever_order_their_records_come(self, world: Sides, chance: Any) -> None:
        other_way = world.shuffled(chance)
        world.come_to_rest()
        other_way.come_to_rest()
        assert other_way.seen() == world.seen()

    @pytest.mark.slow
    @seed(1)
    @many
    @given(worlds(), st.randoms(use_true_random=False))
    def test_thousands_do_both(self, world: Sides, chance: Any) -> None:
        other_way = world.shuffled(chance)
        world.come_to_rest()
        other_way.come_to_rest()
        assert other_way.seen() == world.seen()


@pytest.mark.parametrize("promise", PROMISES)
@few
@given(cases)
def test_of_whatever_travels(promise: Callable[[FieldRule, Dispute, Triple, FieldDecision], None], case: Case) -> None:
    one, dispute, triples = case
    for triple in triples:
        decision = decided(one, dispute, triple)
        if decision.outcome is Outcome.WRITE:
            promise(one, dispute, triple, decision)
        else:
            is_told_or_arrives(one, triple, decision)


@few
@given(cases)
def test_both_sides_come_to_rest(case: Case) -> None:
    one, dispute, triples = case
    for triple in triples:
        come_to_rest(one, dispute, triple)


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("dispute", [Dispute(Conflict.MEMBRAIN), Dispute(Conflict.CONSTANT_CONTACT)])
def test_of_a_last_name_without_a_first_one(direction: Direction, dispute: Dispute) -> None:
    one, names = replace(FIELDS[2][0], direction=direction), FIELDS[2][1]
    bases = (None, *(Base(name, name) for name in names))
    for triple in itertools.starmap(Triple, itertools.product(names, filter(None, names), bases, [True])):
        decision = decided(one, dispute, triple)
        if decision.outcome is Outcome.WRITE:
            for promise in PROMISES:
                promise(one, dispute, triple, decision)
        come_to_rest(one, dispute, triple)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_a_hundred_thousand_triples_keep_every_promise_and_come_to_rest(part: int) -> None:
    looked = 0

    @seed(part)
    @many
    @given(cases)
    def look(case: Case) -> None:
        nonlocal looked
        one, dispute, triples = case
        for triple in triples:
            looked += 1
            decision = decided(one, dispute, triple)
            if decision.outcome is Outcome.WRITE:
                for promise in PROMISES:
                    promise(one, dispute, triple, decision)
            else:
                is_told_or_arrives(one, triple, decision)
            come_to_rest(one, dispute, triple)

    look()
    assert looked * PARTS >= 100_000
