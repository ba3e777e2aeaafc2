"""One field of one person: Membrain's value, Constant Contact's, and what both last agreed on."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from ccsync.sync.merge import FieldDecision, FieldOutcome, Outcome, Rule, decide
from ccsync.sync.operations import FieldChange, Reason, Wait, fingerprint
from ccsync.sync.records import Base

from .model import JOB, NAME, rule

if TYPE_CHECKING:
    from ccsync.sync.mapping import FieldRule

CLEARS = replace(JOB, clear=True)
WRITE, UNCHANGED, SKIP = Outcome.WRITE, Outcome.UNCHANGED, Outcome.SKIP


def job(
    wanted: str, present: str, base: tuple[str, str] | None = None, *, by: FieldRule = JOB, **keys: Any
) -> FieldDecision:
    """Decide a job title; ``base`` is (Membrain's value, Constant Contact's) when both last agreed."""
    return decide(by, wanted, present, Base(*base) if base else None, **keys)


@pytest.mark.parametrize(
    ("wanted", "present", "base", "expected"),
    [
        # nothing was agreed yet
        ("CEO", "", None, (WRITE, Rule.FIRST_MEETING, False)),
        ("CEO", "CTO", None, (WRITE, Rule.FIRST_MEETING, True)),
        ("CEO", "CEO", None, (UNCHANGED, None, False)),
        ("", "", None, (UNCHANGED, None, False)),
        ("", "CTO", None, (UNCHANGED, None, False)),  # a blank overrules nothing
        # nobody changed anything since
        ("CEO", "CEO", ("CEO", "CEO"), (UNCHANGED, None, False)),
        ("", "", ("", ""), (UNCHANGED, None, False)),
        ("ceo@", "CEO", ("ceo@", "CEO"), (UNCHANGED, None, False)),  # as the service spells what it was sent
        # Membrain changed
        ("CTO", "CEO", ("CEO", "CEO"), (WRITE, Rule.SOURCE_CHANGED, False)),
        ("CTO", "", ("", ""), (WRITE, Rule.SOURCE_CHANGED, False)),
        # Constant Contact changed
        ("CEO", "Boss", ("CEO", "CEO"), (SKIP, None, False)),
        ("CEO", "", ("CEO", "CEO"), (SKIP, None, False)),  # emptying is an edit, too
        ("", "Boss", ("", ""), (SKIP, None, False)),
        # both did
        ("CTO", "Boss", ("CEO", "CEO"), (WRITE, Rule.SOURCE_CHANGED, True)),
        ("CTO", "", ("CEO", "CEO"), (WRITE, Rule.SOURCE_CHANGED, False)),  # nothing that was typed is lost
        ("Boss", "Boss", ("CEO", "CEO"), (UNCHANGED, None, False)),  # to the same
        # Membrain was emptied
        ("", "CEO", ("CEO", "CEO"), (UNCHANGED, None, False)),
        ("", "Boss", ("CEO", "CEO"), (UNCHANGED, None, False)),
    ],
)
def test_three_ways(
    wanted: str, present: str, base: tuple[str, str] | None, expected: tuple[Outcome, Rule | None, bool]
) -> None:
    found = job(wanted, present, base)
    assert (found.outcome, found.rule, found.overrules) == expected
    outcome, *_ = expected
    assert found.old == present
    assert found.new == (wanted if outcome is WRITE else present)
    assert found.reason is (Reason.KEPT_EDIT if outcome is SKIP else None)


class TestAnEditInConstantContact:
    def test_it_is_kept_until_membrain_changes_and_shown(self) -> None:
        kept = job("CEO", "Boss", ("CEO", "CEO"))
        assert (kept.outcome, kept.reason) == (SKIP, Reason.KEPT_EDIT)
        assert kept.detail == "changed in Constant Contact; kept until Membrain's value changes"
        assert job("CTO", "Boss", ("CEO", "CEO")).new == "CTO"

    def test_it_is_no_edit_when_only_the_spelling_differs(self) -> None:
        phone = rule("contact.Phone", "phone.work")
        sent = "+1 212 555 0123"
        found = decide(phone, sent, "(212) 555-0123", Base(sent, "2125550123"))
        assert found.outcome is UNCHANGED


class TestABlank:
    def test_it_travels_where_the_field_clears_and_membrains_value_became_blank(self) -> None:
        found = job("", "CEO", ("CEO", "CEO"), by=CLEARS)
        assert (found.outcome, found.rule, found.new) == (WRITE, Rule.SOURCE_CLEARED, "")
        assert not found.overrules

    def test_it_overrules_an_edit_like_any_newer_value(self) -> None:
        assert job("", "Boss", ("CEO", "CEO"), by=CLEARS).overrules

    @pytest.mark.parametrize("base", [None, ("", "")])
    def test_a_value_that_never_was_there_empties_nothing(self, base: tuple[str, str] | None) -> None:
        assert job("", "Boss", base, by=CLEARS).outcome is not WRITE

    def test_a_value_that_comes_back_is_no_change(self) -> None:
        assert job("CEO", "CEO", ("CEO", "CEO")).outcome is UNCHANGED
        assert job("CEO", "Boss", ("CEO", "CEO")).reason is Reason.KEPT_EDIT


class TestANameOfOneWord:
    """Membrain says nothing about the last name, unless it said one before."""

    def name(self, wanted: str, present: str, base: tuple[str, str] | None = None) -> FieldDecision:
        return decide(NAME, wanted, present, Base(*base) if base else None)

    def test_it_is_met_by_every_name_that_begins_with_it(self) -> None:
        found = self.name("Ann", "Ann Berg")
        assert (found.outcome, found.base) == (UNCHANGED, Base("Ann", "Ann Berg"))
        assert self.name("Ann", "Ann Dahl", ("Ann", "Ann Berg")).outcome is UNCHANGED

    @pytest.mark.parametrize("base", [None, ("Anna", "Anna Berg")])
    def test_it_takes_no_last_name_away_that_membrain_never_had(self, base: tuple[str, str] | None) -> None:
        found = self.name("Ann", "Anna Berg", base)
        assert (found.outcome, found.new, found.first_only) == (WRITE, "Ann", True)

    def test_it_takes_away_the_one_that_membrain_had(self) -> None:
        found = self.name("Ann", "Ann Berg", ("Ann Berg", "Ann Berg"))
        assert (found.outcome, found.new, found.first_only) == (WRITE, "Ann", False)

    def test_another_first_name_typed_in_constant_contact_is_an_edit(self) -> None:
        assert self.name("Ann", "Bo Berg", ("Ann", "Ann Berg")).reason is Reason.KEPT_EDIT


class TestADefault:
    default = rule("contact.Owner", "custom.owner", default="nobody")

    def decide(self, present: str, base: Base | None = None) -> FieldDecision:
        return decide(self.default, "", present, base)

    def test_it_fills_what_is_empty(self) -> None:
        assert self.decide("").new == "nobody"

    def test_it_overrules_no_value_that_was_there_before(self) -> None:
        found = self.decide("Bo Lind")
        assert (found.outcome, found.new, found.base) == (UNCHANGED, "Bo Lind", None)

    def test_it_stands_in_for_a_value_that_membrain_no_longer_has(self) -> None:
        assert self.decide("Eva", Base("Eva", "Eva")).new == "nobody"

    def test_an_edit_over_it_is_kept(self) -> None:
        assert self.decide("Bo Lind", Base("nobody", "nobody")).reason is Reason.KEPT_EDIT


class TestWhatIsAgreed:
    def test_equal_values_become_the_base_without_a_write(self) -> None:
        assert job("CEO", "CEO").base == Base("CEO", "CEO")
        assert job("Boss", "Boss", ("CEO", "CEO")).base == Base("Boss", "Boss")

    def test_each_side_is_remembered_in_its_own_spelling(self) -> None:
        phone = rule("contact.Phone", "phone.work")
        found = decide(phone, "+1 212-555-0123", "(212) 555-0123", None)
        assert (found.outcome, found.base) == (UNCHANGED, Base("+1 212-555-0123", "(212) 555-0123"))

    def test_what_is_known_is_not_stored_again(self) -> None:
        assert job("CEO", "CEO", ("CEO", "CEO")).base is None

    @pytest.mark.parametrize(("wanted", "present"), [("CTO", "CEO"), ("CEO", "Boss"), ("", "CEO")])
    def test_nothing_is_agreed_while_values_differ(self, wanted: str, present: str) -> None:
        assert job(wanted, present, ("CEO", "CEO")).base is None


class TestAValueThatCannotTravel:
    def test_it_is_skipped_with_its_reason_and_the_old_one_stays(self) -> None:
        found = job("x" * 51, "CEO", ("CEO", "CEO"), by=CLEARS)
        assert (found.outcome, found.reason, found.detail) == (SKIP, Reason.TOO_LONG, "51 characters, 50 fit")
        assert (found.old, found.new) == ("CEO", "CEO")

    def test_where_the_field_says_so_it_is_cut_and_marked(self) -> None:
        cut = replace(JOB, truncate=True)
        assert job("x" * 51, "CEO", by=cut)[:3] == (WRITE, "CEO", "x" * 50)
        again = job("x" * 51, "x" * 50, ("x" * 50, "x" * 50), by=cut)
        assert (again.outcome, again.truncated) == (UNCHANGED, True)


class TestAWordTable:
    swaps = replace(JOB, values={"VD": "CEO", "CEO": "Chief"})

    def test_values_are_compared_in_constant_contacts_words(self) -> None:
        assert job("VD", "CEO", ("CEO", "CEO"), by=self.swaps).outcome is UNCHANGED
        assert job("CEO", "CEO", ("CEO", "CEO"), by=self.swaps).new == "Chief"


class TestAValueThatWasRefused:
    mark = fingerprint("CTO", "CEO")

    def test_just_that_is_not_tried_again_and_its_mark_is_kept(self) -> None:
        found = job("CTO", "CEO", ("CEO", "CEO"), parked=self.mark)
        assert (found.outcome, found.reason, found.refused) == (SKIP, Reason.REFUSED, self.mark)
        assert found.new == "CEO"

    @pytest.mark.parametrize(("wanted", "present"), [("CFO", "CEO"), ("CTO", "Boss")])
    def test_it_is_tried_again_when_either_side_changes(self, wanted: str, present: str) -> None:
        assert job(wanted, present, ("CEO", "CEO"), parked=self.mark).outcome is WRITE

    def test_it_is_forgotten_when_both_sides_agree(self) -> None:
        assert job("CEO", "CEO", ("CEO", "CEO"), parked=self.mark).outcome is UNCHANGED


def test_for_somebody_new_every_value_is_new() -> None:
    found = job("CEO", "", exists=False)
    assert (found.outcome, found.rule, found.overrules) == (WRITE, Rule.NEW_PERSON, False)
    assert job("", "", exists=False).outcome is UNCHANGED


@pytest.mark.parametrize("clear", [False, True])
def test_whatever_the_three_values_are_one_write_is_enough(clear: bool) -> None:
    words = ("", "CEO", "ceo", "CTO")
    by = replace(JOB, clear=clear)
    bases = [None, *itertools.product(words, words)]
    for wanted, present, base in itertools.product(words, words, bases):
        first = job(wanted, present, base, by=by)
        agreed = (
            (wanted, first.new)
            if first.outcome is WRITE
            else (first.base.source, first.base.target)
            if first.base
            else base
        )
        second = job(wanted, first.new, agreed, by=by)
        assert second.outcome is not WRITE, (wanted, present, base)
        assert second.base is None or first.outcome is WRITE, (wanted, present, base)


class TestAnOutcome:
    def test_a_write_is_a_change_with_all_that_the_log_tells(self) -> None:
        outcome = FieldOutcome("news", JOB, job("CTO", "Boss", ("CEO", "CEO"))._replace(truncated=True))
        assert outcome.field == "job_title"
        assert outcome.wait() is None
        assert outcome.change() == FieldChange(
            sync="news",
            membrain="contact.JobTitle",
            field="job_title",
            path="job_title",
            old="Boss",
            new="CTO",
            rule="source-changed",
            truncated=True,
            overrules=True,
        )

    def test_a_field_left_as_it_is_waits_with_its_reason(self) -> None:
        outcome = FieldOutcome("news", JOB, job("CTO", "CEO", ("CEO", "CEO"), parked=fingerprint("CTO", "CEO")))
        assert outcome.change() is None
        assert outcome.wait() == Wait(
            "news", Reason.REFUSED, "refused as it is", "job_title", fingerprint("CTO", "CEO")
        )

    def test_an_unchanged_field_says_nothing(self) -> None:
        outcome = FieldOutcome("news", JOB, job("CEO", "CEO"))
        assert (outcome.change(), outcome.wait()) == (None, None)
