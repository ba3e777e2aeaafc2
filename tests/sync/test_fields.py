"""What Constant Contact takes, how a value is made to fit, and when two spellings are one value."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ccsync.sync.fields import (
    TARGET_PATHS,
    FieldKind,
    TargetField,
    fit,
    importable_phone,
    join_name,
    same,
    split_name,
    target_field,
)
from ccsync.sync.operations import Reason

ALL_PATHS = (*TARGET_PATHS, "custom.Owner")
any_path = st.sampled_from(ALL_PATHS)
any_text = st.text(max_size=120)


def field(path: str) -> TargetField:
    found = target_field(path)
    assert found is not None
    return found


class TestWhatMayStandOnTheRight:
    def test_every_path_of_the_design_is_a_field(self) -> None:
        wanted = {"full_name", "first_name", "last_name", "job_title", "company_name", "birthday", "anniversary"}
        wanted |= {f"phone.{kind}" for kind in ("work", "home", "mobile", "other")}
        wanted |= {
            f"address.{kind}.{part}"
            for kind in ("work", "home", "other")
            for part in ("street", "city", "state", "postal_code", "country")
        }
        wanted |= {"permission_to_send", "opt_out_date", "opt_out_reason"}
        assert set(TARGET_PATHS) == wanted
        assert all(field(path).path == path for path in wanted)

    def test_a_custom_field_has_any_label(self) -> None:
        assert field("custom.What is it? custom.yes").limit == 255

    @pytest.mark.parametrize(
        "path", ["", "custom.", "custom. ", "phone", "phone.fax", "address.work", "email", "Full_name"]
    )
    def test_other_words_are_no_field(self, path: str) -> None:
        assert target_field(path) is None

    def test_consent_is_read_only_and_all_else_is_written(self) -> None:
        read_only = {path for path in ALL_PATHS if not field(path).writable}
        assert read_only == {"permission_to_send", "opt_out_date", "opt_out_reason"}
        assert {field(path).kind for path in read_only} == {FieldKind.CONSENT}


class TestNames:
    @pytest.mark.parametrize(
        ("full", "first", "last"),
        [
            ("Ann Berg", "Ann", "Berg"),
            ("Ann Maria von Berg", "Ann", "Maria von Berg"),
            ("Cher", "Cher", ""),
            ("  Ann \t Berg\n", "Ann", "Berg"),
            ("", "", ""),
        ],
    )
    def test_the_first_word_is_the_first_name(self, full: str, first: str, last: str) -> None:
        assert split_name(full) == (first, last)

    @given(any_text)
    def test_a_round_trip_changes_nothing_but_white_space(self, full: str) -> None:
        assert join_name(*split_name(full)) == " ".join(full.split())

    def test_a_last_name_alone_is_joined_without_a_blank(self) -> None:
        assert join_name("", " Berg ") == "Berg"


class TestMakingAValueFit:
    def test_it_is_trimmed_and_set_on_one_line(self) -> None:
        assert fit(field("custom.Note"), "  one\r\n two\x00three \n").value == "one two three"

    def test_half_of_a_surrogate_pair_is_not_sent(self) -> None:
        assert fit(field("job_title"), "Pilot \ud83d").value == "Pilot"

    def test_empty_stays_empty(self) -> None:
        assert all(fit(field(path), " \n").value == "" for path in ALL_PATHS)
        assert not any(fit(field(path), "").problem for path in ALL_PATHS)

    def test_what_is_too_long_says_by_how_much_and_offers_the_beginning(self) -> None:
        fitted = fit(field("company_name"), "x" * 63)
        assert (fitted.value, fitted.problem, fitted.detail) == (
            "x" * 50,
            Reason.TOO_LONG,
            "63 characters, 50 fit",
        )

    def test_the_limit_itself_fits(self) -> None:
        assert fit(field("company_name"), "x" * 50).problem is None

    @pytest.mark.parametrize(
        "whole", ["x\u0323\u0307", "\U0001f468\u200d\U0001f469", "\U0001f44d\U0001f3fd", "\u2764\ufe0f"]
    )
    def test_a_cut_does_not_tear_a_character_apart(self, whole: str) -> None:
        assert fit(field("job_title"), "a" * 49 + whole).value == "a" * 49

    def test_a_value_of_nothing_but_joined_marks_is_cut_all_the_same(self) -> None:
        assert len(fit(field("job_title"), "\u0323" * 60).value) == 50

    def test_accents_count_as_the_letters_they_make(self) -> None:
        assert fit(field("job_title"), unicodedata.normalize("NFD", "é" * 50)).value == "é" * 50

    def test_each_part_of_a_full_name_has_its_own_limit(self) -> None:
        assert fit(field("full_name"), "a" * 50 + " " + "b" * 50).problem is None
        fitted = fit(field("full_name"), "Ann " + "b" * 63)
        assert fitted.problem is Reason.TOO_LONG
        assert fitted.detail == "last name: 63 characters, 50 fit"
        assert split_name(fitted.value) == ("Ann", "b" * 50)

    @pytest.mark.parametrize("text", ["2026-03-01", "2026-03-01T09:30:00Z", "2026-03-01 09:30:00+01:00"])
    def test_a_date_comes_from_a_date_or_a_time(self, text: str) -> None:
        assert fit(field("anniversary"), text).value == "2026-03-01"
        assert fit(field("birthday"), text).value == "03-01"

    @pytest.mark.parametrize("text", ["02-29", "--02-29", "2024-02-29"])
    def test_a_birthday_is_a_month_and_a_day(self, text: str) -> None:
        assert fit(field("birthday"), text).value == "02-29"

    @pytest.mark.parametrize("text", ["2026-02-30", "soon", "03/04/2026", "2026-13-01T00:00:00Z"])
    @pytest.mark.parametrize("path", ["anniversary", "birthday"])
    def test_what_is_no_date_is_a_bad_value(self, path: str, text: str) -> None:
        fitted = fit(field(path), text)
        assert (fitted.value, fitted.problem) == ("", Reason.BAD_VALUE)
        assert f'"{text}" is not a date' in fitted.detail

    def test_an_impossible_month_and_day_is_a_bad_value(self) -> None:
        assert fit(field("birthday"), "02-30").problem is Reason.BAD_VALUE

    @given(any_path, st.text(max_size=600))
    def test_what_is_offered_always_fits_and_can_be_sent(self, path: str, text: str) -> None:
        target = field(path)
        value = fit(target, text).value
        assert len(value) <= target.limit
        assert value == value.strip()
        assert value.encode().decode() == value
        assert fit(target, value).value == value

    @given(any_path, any_text)
    def test_what_fits_is_the_same_as_what_was_there(self, path: str, text: str) -> None:
        target = field(path)
        fitted = fit(target, text)
        assume(fitted.problem is None)
        if target.kind not in {FieldKind.DATE, FieldKind.MONTH_DAY}:
            assert same(target, text, fitted.value)


class TestTheSameValue:
    @given(any_path, any_text)
    def test_a_value_is_the_same_as_itself(self, path: str, text: str) -> None:
        assert same(field(path), text, text)

    @given(any_path, st.text("+0123456789-/ .()axA", max_size=14), st.text("+0123456789-/ .()axA", max_size=14))
    def test_it_does_not_matter_which_side_is_asked_first(self, path: str, a: str, b: str) -> None:
        assert same(field(path), a, b) == same(field(path), b, a)

    @given(any_path, any_text)
    def test_nothing_is_only_the_same_as_nothing(self, path: str, text: str) -> None:
        assert same(field(path), "", text) == (not fit(TargetField("", 10**6), text).value)

    def test_white_space_and_composition_do_not_count(self) -> None:
        assert same(field("last_name"), " Åsa  Berg ", unicodedata.normalize("NFD", "Åsa Berg"))

    def test_letters_count_as_they_are(self) -> None:
        assert not same(field("last_name"), "berg", "Berg")
        assert not same(field("custom.Score"), "10", "10.0")

    @pytest.mark.parametrize(
        ("a", "b"),
        [
            ("SWEDEN", "Sweden"),
            ("SE", "Sverige"),
            ("Schweden", "se"),
            ("USA", "United States"),
            ("UK", "Storbritannien"),
            ("Atlantis", "ATLANTIS"),
        ],
    )
    def test_a_country_is_the_same_by_code_and_in_any_language(self, a: str, b: str) -> None:
        assert same(field("address.work.country"), a, b)

    def test_two_countries_are_not_the_same_and_a_city_is_no_country(self) -> None:
        assert not same(field("address.work.country"), "SE", "NO")
        assert not same(field("address.work.country"), "Atlantis", "Mu")
        assert not same(field("address.work.city"), "SE", "Sweden")
        assert not same(field("address.work.city"), "LUND", "Lund")

    @pytest.mark.parametrize(
        ("a", "b"),
        [
            ("+1-781-555-1212", "(781) 555 1212"),
            ("+46 8 123 456 78", "0046812345678"),
            ("+46 (0)8 123 456 78", "+46812345678"),
            ("08-123 456 78", "08 12345678"),
            ("781-555-1212 x5", "7815551212 ext. 5"),
        ],
    )
    def test_a_phone_number_is_its_digits(self, a: str, b: str) -> None:
        assert same(field("phone.work"), a, b)

    @pytest.mark.parametrize(
        ("a", "b"),
        [
            ("+46 8 123 456 78", "+47 8 123 456 78"),
            ("781-555-1212 x5", "781-555-1212"),
            ("1-800-FLOWERS", "1-800-COLLECT"),
            ("none", "n/a"),
        ],
    )
    def test_other_digits_are_another_number(self, a: str, b: str) -> None:
        assert not same(field("phone.work"), a, b)

    @pytest.mark.parametrize("text", ["2006-11-05", "11/05/2006", "11/5/2006", "2006/11/5", "2006-11-5", "11-5-2006"])
    def test_a_date_is_the_same_in_every_form_that_the_service_knows(self, text: str) -> None:
        assert same(field("anniversary"), "2006-11-05", text)
        assert not same(field("anniversary"), "2006-05-11", text)

    def test_a_birthday_has_no_year(self) -> None:
        assert same(field("birthday"), "1980-11-05", "11-05")
        assert not same(field("birthday"), "bad", "worse")


class TestWhichPhoneNumbersAnImportTakes:
    @pytest.mark.parametrize("text", ["+1 781 555 1212", "(781) 555-1212", "1.781.555.1212", "555-1212"])
    def test_north_american_and_local_ones(self, text: str) -> None:
        assert importable_phone(text)

    @pytest.mark.parametrize(
        "text",
        ["+46 8 123 456 78", "0046812345678", "011 46 8 123 45", "08-123 456 78", "070-123 45 67", "+7815551212"],
    )
    def test_no_foreign_ones(self, text: str) -> None:
        assert not importable_phone(text)

    @pytest.mark.parametrize("text", ["", "call me", "781-555-1212 x5", "+555-1212"])
    def test_nothing_that_is_not_plainly_a_number(self, text: str) -> None:
        assert not importable_phone(text)
