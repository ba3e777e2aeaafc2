"""One value of a Membrain row, in every way in which the service may write it (reference, unknowns 2, 3 and 18)."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from ccsync.membrain import readings
from ccsync.sync.catalogue import Property, PropertyType
from ccsync.sync.records import Resource

STOCKHOLM = ZoneInfo("Europe/Stockholm")
OPTIONS = (
    ("11111111-0000-4000-8000-000000000001", "Golf"),
    ("11111111-0000-4000-8000-000000000002", "Food, drink"),
    ("11111111-0000-4000-8000-000000000003", "Art"),
)


def as_read(value: object, kind: PropertyType, options: tuple[tuple[str, str], ...] = OPTIONS) -> str:
    return readings.read(value, Property(Resource.CONTACTS, "X", "X", kind, options), STOCKHOLM)


class TestText:
    @pytest.mark.parametrize(
        ("value", "text"),
        [
            ("  Ann Berg ", "Ann Berg"),
            ("010", "010"),
            (None, ""),
            ("", ""),
            (True, "true"),
            (7, "7"),
            (2.50, "2.5"),
            ({"deep": "down"}, ""),
            ("1753-01-01 was long ago", "1753-01-01 was long ago"),
        ],
    )
    def test_it_is_trimmed_and_null_is_empty(self, value: object, text: str) -> None:
        assert as_read(value, PropertyType.TEXT) == text

    def test_a_list_is_read_as_labels_even_when_nobody_knows_its_type(self) -> None:
        assert as_read(["b", {"Id": "1", "Name": "a"}, {"Other": 1}], PropertyType.TEXT) == "a; b"


class TestNotSet:
    @pytest.mark.parametrize(
        "value",
        [
            "1753-01-01 00:00:00",
            "1753-01-01T00:00:00",
            "1753-01-01T00:00:00.000Z",
            "1753-01-01T00:00:00+01:00",
            "1753-01-01",
            "0001-01-01T00:00:00",
            "00000000-0000-0000-0000-000000000000",
        ],
    )
    @pytest.mark.parametrize("kind", [PropertyType.DATE, PropertyType.TEXT])
    def test_what_stands_for_nothing_is_empty(self, value: str, kind: PropertyType) -> None:
        assert as_read(value, kind) == ""
        assert readings.moment(value, STOCKHOLM) is None


class TestTimes:
    @pytest.mark.parametrize(
        ("value", "text"),
        [
            ("2026-07-01", "2026-07-01"),
            ("2026-07-01 00:00:00", "2026-07-01"),
            ("2026-07-01T00:00:00+02:00", "2026-07-01"),
            ("2026-07-01T00:00:00Z", "2026-07-01"),
            ("2026-07-01 09:30:00", "2026-07-01T07:30:00Z"),
            ("2026-07-01T09:30:00Z", "2026-07-01T09:30:00Z"),
            ("2026-07-01T09:30:00.250+02:00", "2026-07-01T07:30:00.250000Z"),
            ("2026-01-01T09:30:00.1234567", "2026-01-01T08:30:00.123456Z"),
            ("9999-12-31 23:59:59", "9999-12-31T22:59:59Z"),
            ("soon", "soon"),
        ],
    )
    def test_a_day_stays_a_day_and_a_time_is_in_utc(self, value: str, text: str) -> None:
        assert as_read(value, PropertyType.DATE) == text

    def test_midnight_counts_where_a_point_in_time_is_meant(self) -> None:
        assert readings.instant("2026-07-01 00:00:00", STOCKHOLM) == "2026-06-30T22:00:00Z"

    def test_the_end_of_time_does_not_overflow(self) -> None:
        found = readings.moment("9999-12-31 23:59:59", ZoneInfo("America/New_York"))
        assert found == datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)


class TestNumbers:
    @pytest.mark.parametrize(
        ("value", "text"),
        [
            ("10", "10"),
            (10, "10"),
            (10.0, "10"),
            ("10.00", "10"),
            ("2.50", "2.5"),
            (2.5, "2.5"),
            ("1E+3", "1000"),
            ("-0.0", "0"),
            ("100000000000", "100000000000"),
            ("many", "many"),
            ("Infinity", "Infinity"),
            ("1e999999", "1e999999"),
            ("", ""),
            (None, ""),
        ],
    )
    def test_a_number_has_one_spelling(self, value: object, text: str) -> None:
        assert as_read(value, PropertyType.NUMBER) == text


class TestYesOrNo:
    @pytest.mark.parametrize(
        ("value", "text"),
        [
            (True, "true"),
            ("True", "true"),
            ("1", "true"),
            (1, "true"),
            (False, "false"),
            ("false", "false"),
            (0, "false"),
            ("No", "false"),
            (None, ""),
            ("perhaps", "perhaps"),
        ],
    )
    def test_it_is_true_or_false(self, value: object, text: str) -> None:
        assert as_read(value, PropertyType.YES_NO) == text


class TestChoices:
    @pytest.mark.parametrize(
        "value",
        [
            "Golf",
            " Golf ",
            "11111111-0000-4000-8000-000000000001",
            "{11111111-0000-4000-8000-000000000001}",
            {"Id": "11111111-0000-4000-8000-000000000001", "Name": "Golf"},
            {"Id": "11111111-0000-4000-8000-000000000001"},
            {"Name": "Golf"},
        ],
    )
    def test_a_choice_is_its_label(self, value: object) -> None:
        assert as_read(value, PropertyType.SELECT) == "Golf"
        assert as_read(value, PropertyType.MULTI_SELECT) == "Golf"

    def test_ids_are_known_in_capitals_too(self) -> None:
        options = (("aaaaaaaa-0000-4000-8000-000000000001", "Golf"),)
        assert as_read("AAAAAAAA-0000-4000-8000-000000000001", PropertyType.SELECT, options) == "Golf"

    def test_an_unknown_choice_stays_as_it_is(self) -> None:
        assert as_read("Chess", PropertyType.SELECT) == "Chess"

    @pytest.mark.parametrize(
        "value",
        [
            ["Golf", "Food, drink"],
            ["Food, drink", "Golf", "Golf", "", None],
            [OPTIONS[0][0], OPTIONS[1][0]],
            [{"Id": OPTIONS[0][0], "Name": "Golf"}, {"Id": OPTIONS[1][0]}],
            "Golf, Food, drink",
            "Food, drink,Golf",
            "Golf; Food, drink",
            "Food, drink|Golf",
            f"{OPTIONS[0][0]},{OPTIONS[1][0]}",
            f"{OPTIONS[0][0].upper()};{OPTIONS[1][0].upper()}",
            "Golf; Food, drink;",
        ],
    )
    def test_several_choices_are_their_labels_in_order(self, value: object) -> None:
        assert as_read(value, PropertyType.MULTI_SELECT) == "Food, drink; Golf"

    def test_one_choice_with_a_comma_is_one_choice(self) -> None:
        assert as_read("Food, drink", PropertyType.MULTI_SELECT) == "Food, drink"

    def test_a_separator_inside_a_label_is_not_taken_for_one(self) -> None:
        options = (("1", "A;B"), ("2", "C"))
        assert as_read("A;B, C", PropertyType.MULTI_SELECT, options) == "A;B; C"

    def test_without_definitions_the_first_separator_counts(self) -> None:
        assert as_read("b; a, c", PropertyType.MULTI_SELECT, ()) == "a, c; b"

    @pytest.mark.parametrize("value", [None, "", [], [None]])
    def test_no_choice_is_empty(self, value: object) -> None:
        assert as_read(value, PropertyType.MULTI_SELECT) == ""
