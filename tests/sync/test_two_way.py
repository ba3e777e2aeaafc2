"""One field that may travel to Membrain, or both ways: which side is written, with what, and what becomes of the other.

Each table is read from left to right: what Membrain holds, what Constant Contact holds, what both last agreed on, and
what happens. ``TO_CC`` and ``TO_M`` name the side that is written and what with; ``REST`` is nothing to do.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from ccsync.sync import inward
from ccsync.sync.canonical import choice_keys
from ccsync.sync.catalogue import PropertyType
from ccsync.sync.fields import CUSTOM_LIMIT, FieldKind, TargetField
from ccsync.sync.mapping import Conflict, Direction, Rulebook, Side, Surroundings
from ccsync.sync.merge import Dispute, FieldDecision, FieldOutcome, Outcome, Rule, decide, refusal
from ccsync.sync.operations import Reason
from ccsync.sync.plan import Subject, plan_person
from ccsync.sync.records import Base

from .model import CATALOGUE, JOB, NAME, NEWS, contact, person, rule, sync

if TYPE_CHECKING:
    from ccsync.sync.mapping import FieldRule

Pair = tuple[str, str]

BOTH, TO_MEMBRAIN = Direction.BOTH, Direction.TO_MEMBRAIN
M, CC = Side.MEMBRAIN, Side.CONSTANT_CONTACT
CC_WINS = Dispute(Conflict.CONSTANT_CONTACT)
REST = None
KEPT = Reason.KEPT_EDIT

TITLE, TITLE_BACK = replace(JOB, direction=BOTH), replace(JOB, direction=TO_MEMBRAIN)
FULL, FULL_BACK = replace(NAME, direction=BOTH), replace(NAME, direction=TO_MEMBRAIN)
COMPANY = rule("company.Name", "company_name", direction=BOTH)


def found(
    one: FieldRule,
    raw: str,
    present: str,
    base: Pair | None = None,
    dispute: Dispute | None = None,
    *,
    last_only: bool = False,
) -> FieldDecision:
    agreed = Base(*base) if base else None
    return decide(one, raw, present, agreed, dispute=dispute or Dispute(), last_only=last_only)


def outcome(decision: FieldDecision) -> tuple[Side, str] | Reason | None:
    """Return which side is written and what with; else the reason to tell, or nothing."""
    return (decision.towards, decision.new) if decision.outcome is Outcome.WRITE else decision.reason


class TestOfAFieldThatTravelsBothWays:
    @pytest.mark.parametrize(
        ("raw", "present", "base", "expected"),
        [
            # nobody changed anything
            ("CEO", "CEO", ("CEO", "CEO"), REST),
            ("ceo@", "CEO", ("ceo@", "CEO"), REST),
            # one side changed
            ("CTO", "CEO", ("CEO", "CEO"), (CC, "CTO")),
            ("CEO", "CTO", ("CEO", "CEO"), (M, "CTO")),
            ("CTO", "", ("", ""), (CC, "CTO")),
            ("", "CTO", ("", ""), (M, "CTO")),
            # both changed
            ("CTO", "Boss", ("CEO", "CEO"), (CC, "CTO")),
            ("CTO", "CTO", ("CEO", "CEO"), REST),
            # nothing was agreed yet
            ("CEO", "", None, (CC, "CEO")),
            ("", "CEO", None, (M, "CEO")),
            ("CEO", "CTO", None, (CC, "CEO")),
            ("CEO", "CEO", None, REST),
            ("", "", None, REST),
            # a blank says nothing
            ("", "CEO", ("CEO", "CEO"), REST),
            ("CEO", "", ("CEO", "CEO"), REST),
            ("", "CTO", ("CEO", "CEO"), (M, "CTO")),
            ("CTO", "", ("CEO", "CEO"), (CC, "CTO")),
            ("", "", ("CEO", "CEO"), REST),
        ],
    )
    def test_three_ways(self, raw: str, present: str, base: Pair | None, expected: tuple[Side, str] | None) -> None:
        assert outcome(found(TITLE, raw, present, base)) == expected

    @pytest.mark.parametrize("base", [None, ("CEO", "CEO")])
    def test_the_conflict_rule_decides_what_both_sides_changed(self, base: Pair | None) -> None:
        assert outcome(found(TITLE, "CTO", "Boss", base, Dispute(Conflict.MEMBRAIN))) == (CC, "CTO")
        assert outcome(found(TITLE, "CTO", "Boss", base, CC_WINS)) == (M, "Boss")
        assert outcome(found(TITLE, "CTO", "Boss", base, Dispute(Conflict.NEWEST, CC))) == (M, "Boss")
        assert outcome(found(TITLE, "CTO", "Boss", base, Dispute(Conflict.NEWEST, M))) == (CC, "CTO")
        assert outcome(found(TITLE, "CTO", "Boss", base, Dispute(Conflict.NEWEST, None))) == (CC, "CTO")

    def test_it_decides_nothing_else(self) -> None:
        assert outcome(found(TITLE, "CTO", "CEO", ("CEO", "CEO"), CC_WINS)) == (CC, "CTO")
        assert outcome(found(TITLE, "CEO", "", None, CC_WINS)) == (CC, "CEO")
        assert outcome(found(TITLE, "CEO", "Boss", ("CEO", "CEO"))) == (M, "Boss")

    @pytest.mark.parametrize("dispute", [Dispute(), CC_WINS])
    def test_the_loser_is_named_where_somebody_typed_it(self, dispute: Dispute) -> None:
        lost = found(TITLE, "CTO", "Boss", ("CEO", "CEO"), dispute)
        assert lost.overrules
        assert {lost.old, lost.new} == {"CTO", "Boss"}
        assert not found(TITLE, "CTO", "CEO", ("CEO", "CEO"), dispute).overrules
        assert not found(TITLE, "CEO", "Boss", ("CEO", "CEO"), dispute).overrules
        assert not found(TITLE, "CTO", "", ("CEO", "CEO"), dispute).overrules

    @pytest.mark.parametrize(
        ("raw", "present", "base", "expected"),
        [
            ("", "CEO", ("CEO", "CEO"), (CC, "")),
            ("CEO", "", ("CEO", "CEO"), (M, "")),
            ("", "CTO", ("CEO", "CEO"), (CC, "")),  # emptied here, changed there: Membrain's counts
            ("", "CEO", None, (M, "CEO")),  # it never became blank
            ("CEO", "", None, (CC, "CEO")),
            ("", "CEO", ("", ""), (M, "CEO")),
        ],
    )
    def test_a_value_that_became_blank_empties_the_other_side_where_the_field_clears(
        self, raw: str, present: str, base: Pair | None, expected: tuple[Side, str]
    ) -> None:
        decision = found(replace(TITLE, clear=True), raw, present, base)
        assert outcome(decision) == expected
        assert (decision.rule is Rule.SOURCE_CLEARED) is (expected[1] == "")

    @pytest.mark.parametrize("clear", [False, True])
    def test_what_membrain_takes_nobody_without_is_never_emptied_there(self, *, clear: bool) -> None:
        name, company = replace(FULL, clear=clear), replace(COMPANY, clear=clear)
        assert outcome(found(name, "Ann Berg", "", ("Ann Berg", "Ann Berg"))) == (Reason.NO_NAME if clear else REST)
        assert outcome(found(company, "Acme", "", ("Acme", "Acme"))) == (Reason.NO_COMPANY if clear else REST)

    def test_what_both_agree_on_is_remembered_once(self) -> None:
        assert found(TITLE, "CEO", "CEO").base == Base("CEO", "CEO")
        assert found(TITLE, "CTO", "CTO", ("CEO", "CEO")).base == Base("CTO", "CTO")
        assert found(TITLE, "CTO", "CTO", ("CTO", "CTO")).base is None

    def test_somebody_new_is_told_apart_from_somebody_met(self) -> None:
        assert decide(TITLE, "CEO", "", None, exists=False).rule is Rule.NEW_PERSON
        assert decide(TITLE, "CEO", "", None).rule is Rule.FIRST_MEETING

    def test_a_value_that_does_not_fit_is_told_and_changes_nothing(self) -> None:
        assert outcome(found(TITLE, "x" * 51, "CEO", ("CEO", "CEO"))) is Reason.TOO_LONG
        number = rule("contact.Score", "job_title", direction=BOTH, kind=PropertyType.NUMBER)
        assert outcome(found(number, "5", "many", ("5", "5"))) is Reason.BAD_VALUE

    def test_a_value_that_was_cut_does_not_come_back_cut(self) -> None:
        cuts = replace(TITLE, truncate=True)
        assert found(cuts, "x" * 60, "").truncated
        assert outcome(found(cuts, "x" * 60, "x" * 50, ("x" * 50, "x" * 50))) is REST
        assert outcome(found(cuts, "x" * 60, "x" * 50)) is REST


class TestOfAFieldThatTravelsToMembrain:
    @pytest.mark.parametrize(
        ("raw", "present", "base", "expected"),
        [
            ("CEO", "CEO", ("CEO", "CEO"), REST),
            ("CEO", "CTO", ("CEO", "CEO"), (M, "CTO")),
            ("Boss", "CEO", ("CEO", "CEO"), KEPT),
            ("", "CEO", ("CEO", "CEO"), KEPT),
            ("Boss", "CTO", ("CEO", "CEO"), (M, "CTO")),
            ("CTO", "CTO", ("CEO", "CEO"), REST),
            ("CEO", "CTO", None, (M, "CTO")),
            ("", "CTO", None, (M, "CTO")),
            ("CEO", "", None, REST),
            ("CEO", "", ("CEO", "CEO"), REST),
            ("Boss", "", ("CEO", "CEO"), REST),
        ],
    )
    def test_three_ways(
        self, raw: str, present: str, base: Pair | None, expected: tuple[Side, str] | Reason | None
    ) -> None:
        assert outcome(found(TITLE_BACK, raw, present, base)) == expected

    def test_whatever_the_conflict_rule_says(self) -> None:
        assert outcome(found(TITLE_BACK, "Boss", "CTO", ("CEO", "CEO"), Dispute(Conflict.MEMBRAIN))) == (M, "CTO")

    def test_the_loser_is_named(self) -> None:
        assert found(TITLE_BACK, "Boss", "CTO", ("CEO", "CEO")).overrules
        assert found(TITLE_BACK, "CEO", "CTO").overrules
        assert not found(TITLE_BACK, "CEO", "CTO", ("CEO", "CEO")).overrules

    def test_an_emptied_value_empties_membrain_s_where_the_field_clears(self) -> None:
        clears = replace(TITLE_BACK, clear=True)
        assert outcome(found(clears, "CEO", "", ("CEO", "CEO"))) == (M, "")
        assert outcome(found(clears, "CEO", "")) is REST

    def test_a_custom_field_that_membrain_does_not_show_is_left_alone(self) -> None:
        hidden = replace(TITLE_BACK, membrain="contact.custom.Title", properties={})
        assert outcome(found(hidden, "", "CEO")) is REST


class TestOfAFieldThatTravelsToConstantContact:
    def test_an_edit_there_stays_until_membrain_s_value_changes_whoever_is_newer(self) -> None:
        assert outcome(found(JOB, "CEO", "Boss", ("CEO", "CEO"), CC_WINS)) is KEPT
        assert outcome(found(JOB, "CTO", "Boss", ("CEO", "CEO"), CC_WINS)) == (CC, "CTO")


class TestWhoIsNewer:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    newest = sync(direction=BOTH, conflict=Conflict.NEWEST)

    @pytest.mark.parametrize(
        ("later", "winner"),
        [
            (timedelta(minutes=3), CC),
            (timedelta(minutes=2, seconds=1), CC),
            (timedelta(minutes=2), M),
            (timedelta(0), M),
            (timedelta(minutes=-2), M),
            (timedelta(minutes=-3), M),
        ],
    )
    def test_is_who_changed_more_than_two_minutes_later(self, later: timedelta, winner: Side) -> None:
        ann, other = replace(person(), changed=self.now), contact(updated=self.now + later)
        assert inward.dispute(self.newest, [ann], other).winner is winner

    def test_is_nobody_where_a_time_is_unknown_and_so_membrain_counts(self) -> None:
        assert inward.dispute(self.newest, [person()], contact(updated=self.now)).winner is M
        assert inward.dispute(self.newest, [replace(person(), changed=self.now)], contact()).winner is M
        assert inward.dispute(self.newest, [None], None).winner is M

    def test_counts_the_last_change_of_all_records_that_a_value_depends_on(self) -> None:
        company = replace(person(2), changed=self.now - timedelta(days=1))
        ann = replace(person(), changed=self.now + timedelta(minutes=5))
        assert inward.dispute(self.newest, [ann, company], contact(updated=self.now)).newer is M


class TestADefault:
    default = rule("contact.Owner", "custom.owner", default="nobody", direction=BOTH)

    @pytest.mark.parametrize(
        ("raw", "present", "base", "expected"),
        [
            ("", "", None, (CC, "nobody")),
            ("", "", ("", ""), (CC, "nobody")),
            ("", "nobody", None, REST),
            ("", "nobody", ("nobody", "nobody"), REST),
            ("Eva", "nobody", ("nobody", "nobody"), (CC, "Eva")),
            ("", "Bo", ("nobody", "nobody"), (M, "Bo")),
            ("", "Bo", None, (M, "Bo")),
            ("", "Eva", ("Eva", "Eva"), (CC, "nobody")),
            ("Eva", "nobody", ("Eva", "Eva"), REST),  # it says nothing to Membrain
            ("", "", ("nobody", "nobody"), REST),
        ],
    )
    def test_it_stands_in_for_membrain_s_silence_and_is_never_sent_back(
        self, raw: str, present: str, base: Pair | None, expected: tuple[Side, str] | None
    ) -> None:
        assert outcome(found(self.default, raw, present, base)) == expected

    def test_it_wins_no_conflict(self) -> None:
        assert outcome(found(self.default, "Eva", "nobody", ("Bo", "Bo"), CC_WINS)) == (CC, "Eva")


class TestATableOfWords:
    words = rule("contact.Wants", "custom.wants", values={"Ja": "Yes", "Nej": "No"}, direction=BOTH)

    @pytest.mark.parametrize(
        ("raw", "present", "base", "expected"),
        [
            ("Ja", "Yes", None, REST),
            ("Ja", "YES", None, REST),
            ("Ja", "", None, (CC, "Yes")),
            ("", "No", None, (M, "Nej")),
            ("Nej", "Yes", ("Yes", "Yes"), (CC, "No")),
            ("Ja", "No", ("Yes", "Yes"), (M, "Nej")),
            ("Kanske", "Yes", ("Yes", "Yes"), (CC, "Kanske")),
            ("Ja", "Maybe", ("Yes", "Yes"), (M, "Maybe")),
        ],
    )
    def test_it_is_read_both_ways(
        self, raw: str, present: str, base: Pair | None, expected: tuple[Side, str] | None
    ) -> None:
        assert outcome(found(self.words, raw, present, base)) == expected

    def test_what_arrived_in_membrain_is_agreed_in_constant_contact_s_words(self) -> None:
        change = FieldOutcome("news", self.words, found(self.words, "", "No"), "No").change()
        assert change is not None
        assert (change.settles, change.seen) == ("No", "No")


class TestAFullName:
    @pytest.mark.parametrize(
        ("raw", "present", "base", "expected"),
        [
            ("Ann Berg", "Ann", None, (CC, "Ann Berg")),
            ("Ann", "Ann Berg", None, (M, "Ann Berg")),
            ("Ann Berg", "Ann", ("Ann Berg", "Ann Berg"), REST),
            ("Ann Berg", "Anna", ("Ann Berg", "Ann"), (M, "Anna Berg")),
            ("Ann Dahl", "Ann", ("Ann Berg", "Ann Berg"), (CC, "Ann Dahl")),
        ],
    )
    @pytest.mark.parametrize("dispute", [Dispute(), CC_WINS])
    def test_one_word_takes_away_no_last_name(
        self, raw: str, present: str, base: Pair | None, expected: tuple[Side, str] | None, dispute: Dispute
    ) -> None:
        assert outcome(found(FULL, raw, present, base, dispute)) == expected

    def test_one_word_of_membrain_s_changes_the_first_name_alone(self) -> None:
        assert found(FULL, "Anna", "Ann Berg").first_only
        assert found(FULL, "Anna", "Ann Berg", ("Ann", "Ann Berg")).first_only
        assert not found(FULL, "Anna", "Ann Berg", ("Ann Berg", "Ann Berg")).first_only

    @pytest.mark.parametrize("base", [None, ("Bo Berg", "Bo"), ("Ann Berg", "Ann Berg")])
    def test_one_word_of_constant_contact_s_leaves_membrain_its_last_name(self, base: Pair | None) -> None:
        assert outcome(found(FULL_BACK, "Ann Berg", "Anna", base)) == (M, "Anna Berg")


class TestALastNameAlone:
    """Constant Contact has no first name: what it says is about the last name only."""

    @pytest.mark.parametrize("base", [None, ("Before Then", "Before Then")])
    @pytest.mark.parametrize(
        ("raw", "last", "expected"),
        [
            ("Eva Öhman", "Öhman-Berg", (M, "Eva Öhman-Berg")),
            ("Tove Bakke", "Bakke", REST),
            ("Tove Bakke", "BAKKE", REST),
            ("Tove Bakke", "Bakke Dahl", (M, "Tove Bakke Dahl")),
            ("Ana de la Cruz", "De La Cruz", REST),
            ("Ann Mari Berg", "Berg", REST),
            ("Tove", "Bakke", (M, "Tove Bakke")),
            ("BAKKE", "Bakke", REST),
            ("Bakke", "Bakke Dahl", (M, "Bakke Dahl")),
            ("Bakke Tove", "Bakke", REST),
            ("Bakke Tove", "Bakke Dahl", REST),  # whose first word is a last name: nothing is sure
            ("", "Bakke", (M, "Bakke")),
        ],
    )
    def test_it_replaces_membrain_s_last_name_and_no_first_name(
        self, raw: str, last: str, expected: tuple[Side, str] | None, base: Pair | None
    ) -> None:
        assert outcome(found(FULL_BACK, raw, last, base, last_only=True)) == expected

    @pytest.mark.parametrize(
        ("raw", "last", "base", "expected"),
        [
            ("Eva Öhman", "Öhman-Berg", ("Eva Öhman", "Eva Öhman"), (M, "Eva Öhman-Berg")),
            ("Eva Öhman", "Öhman", ("Eva Öhman", "Eva Öhman"), REST),
            ("Tove Bakke", "BAKKE", None, (CC, "Tove Bakke")),
            ("BAKKE", "Bakke", None, REST),
        ],
    )
    def test_nor_does_it_in_a_field_that_travels_both_ways(
        self, raw: str, last: str, base: Pair | None, expected: tuple[Side, str] | None
    ) -> None:
        assert outcome(found(FULL, raw, last, base, CC_WINS, last_only=True)) == expected

    def test_membrain_s_one_word_is_not_put_in_front_of_itself(self) -> None:
        assert outcome(found(NAME, "BAKKE", "Bakke", last_only=True)) is REST
        assert outcome(found(NAME, "Berg", "Ann Berg")) is REST
        assert outcome(found(NAME, "Tove", "Bakke", last_only=True)) == (CC, "Tove")

    @pytest.mark.parametrize("one", [FULL, FULL_BACK])
    def test_a_first_name_that_is_membrain_s_last_name_is_not_put_in_front_of_it(self, one: FieldRule) -> None:
        base = ("Ann Berg", "Ann Berg")
        assert outcome(found(one, "Ann Berg", "Berg", base)) is REST

    def test_it_is_told_by_the_parts_of_the_contact(self) -> None:
        back = sync(direction=TO_MEMBRAIN, fields=(FULL_BACK,))
        eva = person(Name="Eva Öhman")
        other = contact(1, eva.email, NEWS, values={"last_name": "Öhman-Berg"})
        (intent,) = plan_person(
            Subject(eva, (eva,), Surroundings({}, {}), linked=other), Rulebook((back,), CATALOGUE)
        ).inward
        assert [change.new for change in intent.changes] == ["Eva Öhman-Berg"]


COLOURS = ("Blue", "Red")
SELECT = TargetField("custom.colours", CUSTOM_LIMIT, FieldKind.MULTI_SELECT, choices=choice_keys(COLOURS))


class TestADifferenceOfSpellingIsNoConflict:
    @pytest.mark.parametrize("direction", list(Direction))
    @pytest.mark.parametrize("base", [None, ("before", "before")])
    @pytest.mark.parametrize(
        ("one", "raw", "present"),
        [
            (rule("contact.Phone", "phone.work"), "+1 781 555 1212", "(781) 555-1212"),
            (rule("contact.Phone", "phone.work"), "0046 8 500 100", "+468500100"),
            (rule("contact.Day", "anniversary", kind=PropertyType.DATE), "2026-01-31", "01/31/2026"),
            (rule("contact.Day", "birthday", kind=PropertyType.DATE), "1980-11-05", "11-05"),
            (rule("contact.Country", "address.home.country"), "SE", "Sweden"),
            (rule("contact.Country", "address.home.country"), "Sverige", "sweden"),
            (
                rule(
                    "contact.Colours", "custom.colours", kind=PropertyType.MULTI_SELECT, options=COLOURS, target=SELECT
                ),
                "Blue; Red",
                "red, BLUE",
            ),
            (rule("contact.JobTitle", "job_title"), "Chief  Officer", " Chief Officer"),
        ],
    )
    def test_of(self, one: FieldRule, raw: str, present: str, base: Pair | None, direction: Direction) -> None:
        decision = found(replace(one, direction=direction), raw, present, base, CC_WINS)
        assert decision.outcome is Outcome.UNCHANGED
        assert decision.base is not None
        assert decision.base.target == present

    @pytest.mark.parametrize("direction", [BOTH, TO_MEMBRAIN])
    def test_of_an_address_or_a_company_in_letter_case(self, direction: Direction) -> None:
        second = rule("contact.Email2", "custom.email", direction=direction)
        assert found(second, "Ann@Example.com", "ann@example.com").outcome is Outcome.UNCHANGED
        company = replace(COMPANY, direction=direction)
        assert found(company, "Nordlys AS", " nordlys  as").outcome is Outcome.UNCHANGED


class TestARefusal:
    @pytest.mark.parametrize("one", [TITLE, TITLE_BACK])
    def test_is_not_tried_again_until_something_changes(self, one: FieldRule) -> None:
        parked = refusal(M, "CTO", "CEO")
        base = Base("CEO", "CEO")
        again = decide(one, "CEO", "CTO", base, parked=parked)
        assert (again.outcome, again.reason, again.refused) == (Outcome.SKIP, Reason.REFUSED, parked)
        assert outcome(decide(one, "CEO", "Chair", base, parked=parked)) == (M, "Chair")
        assert outcome(decide(one, "Boss", "CTO", base, parked=parked, dispute=CC_WINS)) == (M, "CTO")

    def test_of_one_side_is_not_a_refusal_of_the_other(self) -> None:
        parked = refusal(CC, "CTO", "CEO")
        assert outcome(decide(TITLE, "CEO", "CTO", Base("CEO", "CEO"), parked=parked)) == (M, "CTO")
        assert decide(TITLE, "CTO", "CEO", Base("CEO", "CEO"), parked=parked).reason is Reason.REFUSED
