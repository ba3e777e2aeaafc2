"""The way back: what Membrain should hold for a value of Constant Contact, and when both hold the same."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccsync.sync.canonical import choice_keys
from ccsync.sync.catalogue import PropertyType
from ccsync.sync.fields import TARGET_PATHS, FieldKind, TargetField, target_field
from ccsync.sync.mapping import FieldRule, Travelling, travelling_value
from ccsync.sync.operations import Reason
from ccsync.sync.returning import returning_value, settled

from .model import rule

STOCKHOLM = ZoneInfo("Europe/Stockholm")
COLOURS = ("Blue", "Gr\u00f6n, m\u00f6rk", "Red")
TOPICS = choice_keys(("News", "Offers; prices", "Events"))

NUMBER = PropertyType.NUMBER
DATE = PropertyType.DATE
YES_NO = PropertyType.YES_NO
SELECT = PropertyType.SELECT
MULTI_SELECT = PropertyType.MULTI_SELECT
TEXT = PropertyType.TEXT


def of(kind: PropertyType, right: str = "custom.Any", **keys: Any) -> FieldRule:
    """Return a rule for a property of Membrain of this type."""
    return replace(rule("contact.Any", right, kind=kind), **keys)


def custom(kind: FieldKind, **keys: Any) -> TargetField:
    """Return a custom field of Constant Contact of this type."""
    return replace(TargetField("custom.Any", 255, kind), **keys)


class TestACountry:
    code = rule("company.CountryCode", "address.work.country")
    name = rule("company.CountryName", "address.work.country")

    @pytest.mark.parametrize("present", ["Norway", "Norge", "no", "NO"])
    def test_is_a_code_where_membrain_keeps_a_code(self, present: str) -> None:
        assert returning_value(self.code, present) == Travelling("NO")

    def test_that_nobody_knows_is_no_code(self) -> None:
        found = returning_value(self.code, "Atlantis")
        assert (found.value, found.problem) == ("", Reason.BAD_VALUE)
        assert found.detail == '"Atlantis" is not a country, by its name or its code'

    def test_stays_a_name_where_membrain_keeps_a_name(self) -> None:
        assert returning_value(self.name, "Norway") == Travelling("Norway")

    def test_of_the_map_s_own_words_is_looked_for_after_them(self) -> None:
        assert returning_value(replace(self.code, values={"SE": "Svea rike"}), "Svea rike") == Travelling("SE")

    def test_of_another_field_is_any_text(self) -> None:
        assert returning_value(rule("company.CountryCode", "custom.Where"), "Atlantis") == Travelling("Atlantis")


class TestAValueThatComesBack:
    @pytest.mark.parametrize(
        ("kind", "present", "expected"),
        [
            (TEXT, "  two\n lines ", "two lines"),
            (TEXT, "01-31", "01-31"),
            (NUMBER, "01000", "1000"),
            (NUMBER, "12.50", "12.5"),
            (NUMBER, "-0", "0"),
            (DATE, "01/31/2026", "2026-01-31"),
            (DATE, "2026/1/5", "2026-01-05"),
            (YES_NO, "Yes", "true"),
            (YES_NO, "0", "false"),
            (SELECT, "blue", "Blue"),
            (SELECT, " GRO\u0308N,  m\u00f6rk", "Gr\u00f6n, m\u00f6rk"),
            (MULTI_SELECT, "red; blue; Red", "Blue; Red"),
            (MULTI_SELECT, "red, blue", "Blue; Red"),
            (MULTI_SELECT, "gr\u00f6n, m\u00f6rk", "Gr\u00f6n, m\u00f6rk"),
            (MULTI_SELECT, "Red, Gr\u00f6n, m\u00f6rk", "Gr\u00f6n, m\u00f6rk; Red"),
        ],
    )
    def test_it_is_what_membrains_property_takes(self, kind: PropertyType, present: str, expected: str) -> None:
        assert returning_value(of(kind, options=COLOURS), present) == Travelling(expected)

    @pytest.mark.parametrize(
        ("kind", "present", "detail"),
        [
            (NUMBER, "1,000", '"1,000" is not a number such as 12.5'),
            (NUMBER, "Infinity", '"Infinity" is not a number such as 12.5'),
            (DATE, "01-31", '"01-31" is not a whole date such as 2026-01-31'),
            (DATE, "31/01/2026", '"31/01/2026" is not a whole date such as 2026-01-31'),
            (YES_NO, "perhaps", '"perhaps" is not yes or no'),
            (SELECT, "Pink", '"Pink" is not one of the choices: Blue, Gr\u00f6n, m\u00f6rk, Red'),
            (MULTI_SELECT, "Red; Pink", '"Pink" is not one of the choices: Blue, Gr\u00f6n, m\u00f6rk, Red'),
        ],
    )
    def test_what_membrain_cannot_hold_is_told_with_its_reason(
        self, kind: PropertyType, present: str, detail: str
    ) -> None:
        found = returning_value(of(kind, options=COLOURS), present)
        assert found == Travelling("", problem=Reason.BAD_VALUE, detail=detail)

    def test_a_select_whose_choices_nobody_has_seen_takes_any(self) -> None:
        assert returning_value(of(SELECT), "Pink").value == "Pink"
        assert returning_value(of(MULTI_SELECT), "Red, Pink").value == "Pink; Red"

    def test_a_phone_number_comes_back_as_typed(self) -> None:
        assert returning_value(of(TEXT, "phone.work"), "(781) 555-1212").value == "(781) 555-1212"

    def test_a_birthday_is_no_date_but_a_text_takes_it(self) -> None:
        assert returning_value(of(DATE, "birthday"), "11-05").problem is Reason.BAD_VALUE
        assert returning_value(of(TEXT, "birthday"), "11-05").value == "11-05"

    def test_the_table_of_words_is_read_backwards_and_the_first_word_wins(self) -> None:
        words = of(SELECT, options=("Ja", "Jo", "Nej"), values={"Ja": "Yes", "Jo": "Yes", "Nej": "No"})
        assert returning_value(words, "yes").value == "Ja"
        assert returning_value(words, "No").value == "Nej"
        assert returning_value(words, "Nej").value == "Nej"

    def test_the_table_of_words_holds_for_each_of_several_choices(self) -> None:
        words = of(MULTI_SELECT, options=("Bl\u00e5", "R\u00f6d"), values={"Bl\u00e5": "Blue", "R\u00f6d": "Red"})
        assert travelling_value(words, "Bl\u00e5; R\u00f6d").value == "Blue; Red"
        assert returning_value(words, "Red, Blue").value == "Bl\u00e5; R\u00f6d"

    def test_the_default_comes_back_as_nothing(self) -> None:
        assert returning_value(of(TEXT, default="unknown"), "unknown") == Travelling("", stand_in=True)
        assert returning_value(of(TEXT, default="unknown"), "") == Travelling("")

    def test_consent_travels_in_constant_contacts_words(self) -> None:
        assert returning_value(of(TEXT, "permission_to_send"), "temp_hold").value == "temp_hold"
        assert returning_value(of(TEXT, "opt_out_date"), "2026-01-31T23:30:00Z").value == "2026-01-31T23:30:00Z"
        assert returning_value(of(TEXT, "opt_out_reason"), "too many").value == "too many"

    def test_the_day_of_an_opt_out_is_the_day_it_was_in_membrains_zone(self) -> None:
        day = of(DATE, "opt_out_date")
        assert returning_value(day, "2026-01-31T23:30:00Z").value == "2026-01-31"
        assert returning_value(replace(day, zone=STOCKHOLM), "2026-01-31T23:30:00Z").value == "2026-02-01"

    def test_a_point_in_time_stays_one_where_both_sides_can_hold_it(self) -> None:
        when = of(DATE, target=custom(FieldKind.MOMENT))
        assert returning_value(when, "2026-01-31T13:00:00+01:00").value == "2026-01-31T12:00:00Z"
        assert returning_value(when, "2026-01-31").value == "2026-01-31"


class TestTwoValuesThatMeanTheSame:
    @pytest.mark.parametrize(
        ("one", "raw", "present"),
        [
            (of(TEXT), "Ann  Lee", " Ann Lee"),
            (of(TEXT), "Ann@Example.com", "ann@example.com"),
            (of(TEXT, "phone.work"), "+1 781 555 1212", "(781) 555-1212"),
            (of(TEXT, "phone.mobile"), "0046 70-123 45 67", "+46701234567"),
            (of(TEXT, "address.work.country"), "SE", "Sweden"),
            (of(TEXT, "address.home.country"), "Sverige", "sweden"),
            (of(TEXT, "address.home.country"), "United States", "USA"),
            (of(TEXT, "address.home.country"), "Tyskland", "Germany"),
            (of(DATE, "anniversary"), "2026-01-31", "01/31/2026"),
            (of(DATE, "birthday"), "1980-11-05", "11-05"),
            (of(DATE), "2026-01-31T10:00:00Z", "1/31/2026"),
            (of(NUMBER), "1000", "1000.00"),
            (of(YES_NO), "true", "yes"),
            (of(SELECT, options=COLOURS), "Blue", "BLUE"),
            (of(MULTI_SELECT, options=COLOURS), "Blue; Red", "red, blue"),
            (of(SELECT, options=("Ja",), values={"Ja": "Yes"}), "Ja", "YES"),
            (of(TEXT, default="unknown"), "", "unknown"),
            (of(TEXT, "job_title", truncate=True), "x" * 60, "x" * 50),
            (of(TEXT, "opt_out_reason"), "too  many", "too many"),
        ],
    )
    def test_they_are_settled(self, one: FieldRule, raw: str, present: str) -> None:
        assert settled(one, raw, present)

    @pytest.mark.parametrize(
        ("one", "raw", "present"),
        [
            (of(TEXT), "Ann Lee", "Ann Leigh"),
            (of(TEXT), "ann lee", "Ann Lee"),
            (of(TEXT), "", "Ann"),
            (of(TEXT), "Ann", ""),
            (of(TEXT, "phone.work"), "+1 781 555 1212", "+1 781 555 1213"),
            (of(TEXT, "address.work.country"), "SE", "Norway"),
            (of(TEXT, "address.work.country"), "Atlantis", "Mu"),
            (of(DATE, "anniversary"), "2026-01-31", "2026-02-01"),
            (of(NUMBER), "1000", "1000.01"),
            (of(YES_NO), "true", "no"),
            (of(SELECT, options=COLOURS), "Blue", "Pink"),
            (of(MULTI_SELECT, options=COLOURS), "Blue; Red", "Blue"),
            (of(TEXT, default="unknown"), "Ann", "unknown"),
        ],
    )
    def test_other_values_are_not(self, one: FieldRule, raw: str, present: str) -> None:
        assert not settled(one, raw, present)


kinds = st.sampled_from(tuple(PropertyType))
texts = st.one_of(
    st.text(max_size=60),
    st.sampled_from(
        ("2026-01-31", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "1e9", "--02-29", ";", "; ,", "\ud800")
    ),
)
targets = st.one_of(
    st.sampled_from(TARGET_PATHS).map(lambda path: target_field(path) or TargetField(path, 1)),
    st.sampled_from(tuple(FieldKind)).map(lambda kind: custom(kind, choices=TOPICS, decimals=2, negative=False)),
)
words = st.dictionaries(st.sampled_from(("Blue", "true", "1")), st.sampled_from(("A", "B", "2026-01-31")), max_size=2)
rules = st.builds(
    lambda kind, target, values, options, default: of(
        kind, target=target, values=values, options=options, default=default, zone=STOCKHOLM
    ),
    kinds,
    targets,
    words,
    st.sampled_from(((), COLOURS)),
    st.sampled_from(("", "B", "unknown")),
)


class TestAnyText:
    @settings(max_examples=150)
    @given(one=rules, raw=texts, present=texts)
    def test_nothing_that_anybody_writes_raises(self, one: FieldRule, raw: str, present: str) -> None:
        travelling_value(one, raw)
        returning_value(one, present)
        settled(one, raw, present)

    @settings(max_examples=150)
    @given(one=rules, present=texts)
    def test_what_comes_back_comes_back_again_as_the_same(self, one: FieldRule, present: str) -> None:
        options = COLOURS if one.kind is MULTI_SELECT else one.options  # any word may have a comma in it
        one = replace(one, values={}, default="", options=options)
        once = returning_value(one, present)
        assert returning_value(one, once.value).value == once.value


whole_numbers = st.integers(-(10**9), 10**9).map(str)
numbers = st.one_of(whole_numbers, st.decimals(-1000, 1000, places=2).map(str))
days = st.dates().map(lambda day: day.isoformat())
colours = st.sampled_from(COLOURS)
several = st.sets(colours, min_size=1).map(lambda some: "; ".join(sorted(some)))
KEYS = choice_keys(COLOURS)

ROUND_TRIPS = [
    (of(NUMBER), numbers),
    (of(NUMBER, target=custom(FieldKind.NUMBER)), numbers),
    (of(DATE), days),
    (of(DATE, "anniversary"), days),
    (of(DATE, target=custom(FieldKind.DATE)), days),
    (of(DATE, target=custom(FieldKind.MOMENT)), days),
    (of(YES_NO), st.sampled_from(("true", "false"))),
    (of(YES_NO, values={"true": "Yes", "false": "No"}), st.sampled_from(("true", "false"))),
    (of(YES_NO, target=custom(FieldKind.YES_NO)), st.sampled_from(("true", "false"))),
    (of(SELECT, options=COLOURS), colours),
    (of(SELECT, options=COLOURS, target=custom(FieldKind.SELECT, choices=KEYS)), colours),
    (of(MULTI_SELECT, options=COLOURS), several),
    (of(MULTI_SELECT, options=COLOURS, target=custom(FieldKind.MULTI_SELECT, choices=KEYS)), several),
    (of(TEXT), st.text(max_size=80)),
    (of(TEXT, "full_name"), st.text(max_size=40)),
]


class TestARoundTrip:
    @pytest.mark.parametrize(("one", "raws"), ROUND_TRIPS)
    def test_out_and_back_changes_nothing(self, one: FieldRule, raws: st.SearchStrategy[str]) -> None:
        @settings(max_examples=30)
        @given(raw=raws)
        def prove(raw: str) -> None:
            out = travelling_value(one, raw)
            assert out.problem is None
            assert settled(one, raw, out.value)
            back = returning_value(one, out.value)
            assert back.problem is None
            assert settled(one, back.value, out.value)
            assert settled(one, raw, travelling_value(one, back.value).value)

        prove()
