"""One value of ours in the way in which Membrain writes that property (reference, unknowns 2, 3, 18 and 19)."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ccsync.membrain import readings
from ccsync.membrain.encoding import UnknownOptionError, encoded
from ccsync.sync.catalogue import Property, PropertyType
from ccsync.sync.records import Resource

STOCKHOLM = ZoneInfo("Europe/Stockholm")
GOLF, FOOD, ART, SEMI = (f"aaaaaaaa-0000-4000-8000-00000000000{number}" for number in range(1, 5))
OPTIONS = ((GOLF, "Golf"), (FOOD, "Food, drink"), (ART, "Art"), (SEMI, "Black; white"), ("7", "Seven"))
UNSET: list[Any] = [None, "", "1753-01-01 00:00:00", []]


def of(kind: PropertyType) -> Property:
    return Property(Resource.CONTACTS, "X", "Interests", kind, OPTIONS if "select" in kind else ())


def written(kind: PropertyType, value: str, like: object) -> object:
    return encoded(of(kind), value, like, STOCKHOLM)


class TestText:
    @pytest.mark.parametrize("like", [None, "", "x", "7", {"deep": "down"}])
    def test_it_goes_as_it_is(self, like: object) -> None:
        assert written(PropertyType.TEXT, "007 ", like) == "007 "

    @pytest.mark.parametrize(("like", "sent"), [(7, 12), (7.5, 12), ("7", "12"), (True, "12"), (None, "12")])
    def test_a_number_that_nobody_declared_goes_as_the_row_has_it(self, like: object, sent: object) -> None:
        found = written(PropertyType.TEXT, "12", like)
        assert (found, type(found)) == (sent, type(sent))


class TestNumbers:
    @pytest.mark.parametrize(
        ("like", "value", "sent"),
        [
            (3, "12", 12), (3, "12.5", 12.5), (3.5, "12", 12), ("3", "12.5", "12.5"), (None, "12", "12"),
            (3, "a dozen", "a dozen"), (3, "nan", "nan"), (3, "1e999", "1e999"), (False, "12", "12"),
        ],
    )  # fmt: skip
    def test_json_numbers_answer_json_numbers_and_text_answers_text(
        self, like: object, value: str, sent: object
    ) -> None:
        found = written(PropertyType.NUMBER, value, like)
        assert (found, type(found)) == (sent, type(sent))


class TestYesAndNo:
    @pytest.mark.parametrize(
        ("like", "yes", "no"),
        [
            (True, True, False), (1, 1, 0), ("True", "True", "False"), ("false", "true", "false"), ("No", "Yes", "No"),
            ("1", "1", "0"), ("y", "y", "n"), ("", "true", "false"), (None, "true", "false"), ("?", "true", "false"),
        ],
    )  # fmt: skip
    def test_the_words_are_those_that_the_row_uses(self, like: object, yes: object, no: object) -> None:
        found = [written(PropertyType.YES_NO, value, like) for value in ("true", "false")]
        assert (found, [type(one) for one in found]) == ([yes, no], [type(yes), type(no)])

    def test_a_word_that_is_neither_is_not_written(self) -> None:
        with pytest.raises(UnknownOptionError):
            written(PropertyType.YES_NO, "maybe", True)


class TestDates:
    @pytest.mark.parametrize(
        ("like", "day", "moment"),
        [
            ("2020-01-31 09:00:00", "2026-07-01 00:00:00", "2026-07-01 12:00:00"),
            ("2020-01-31T09:00:00", "2026-07-01T00:00:00", "2026-07-01T12:00:00"),
            ("2020-01-31T09:00:00.000", "2026-07-01T00:00:00.000", "2026-07-01T12:00:00.000"),
            ("2020-01-31T09:00:00.0000000Z", "2026-07-01T00:00:00.0000000Z", "2026-07-01T10:00:00.0000000Z"),
            ("2020-01-31T09:00:00Z", "2026-07-01T00:00:00Z", "2026-07-01T10:00:00Z"),
            ("2020-01-31T09:00:00+01:00", "2026-07-01T00:00:00+02:00", "2026-07-01T12:00:00+02:00"),
            ("2020-01-31", "2026-07-01", "2026-07-01"),
            ("1753-01-01T00:00:00", "2026-07-01T00:00:00", "2026-07-01T12:00:00"),
            ("", "2026-07-01 00:00:00", "2026-07-01 12:00:00"),
            (None, "2026-07-01 00:00:00", "2026-07-01 12:00:00"),
            ("soon", "2026-07-01 00:00:00", "2026-07-01 12:00:00"),
        ],
    )
    def test_days_and_times_are_spelled_as_the_row_spells_them(self, like: object, day: str, moment: str) -> None:
        assert written(PropertyType.DATE, "2026-07-01", like) == day
        assert written(PropertyType.DATE, "2026-07-01T10:00:00Z", like) == moment

    @pytest.mark.parametrize("value", ["next week", "0001-01-01T00:00:00+14:00"])
    def test_what_is_no_date_is_left_for_membrain_to_refuse(self, value: str) -> None:
        assert written(PropertyType.DATE, value, "2020-01-31 09:00:00") == value


class TestChoices:
    @pytest.mark.parametrize(
        ("like", "sent"),
        [
            ("Golf", "Art"),
            ("a label of old", "Art"),
            ("", "Art"),
            (None, "Art"),
            (GOLF, ART),
            (GOLF.upper(), ART.upper()),
            (f"{{{GOLF}}}", f"{{{ART}}}"),
            ("99999999-0000-4000-8000-000000000009", ART),
            ({"Id": GOLF, "Name": "Golf"}, {"Id": ART, "Name": "Art"}),
            ({"Id": GOLF.upper()}, {"Id": ART.upper()}),
            ({"Name": "Golf", "Colour": "red"}, {"Name": "Art"}),
            ({"Colour": "red"}, "Art"),
        ],
        ids=str,
    )
    def test_one_is_written_by_label_by_id_or_as_an_object(self, like: object, sent: object) -> None:
        assert written(PropertyType.SELECT, "Art", like) == sent

    @pytest.mark.parametrize("like", [7, "7"])
    def test_ids_may_be_numbers(self, like: object) -> None:
        assert written(PropertyType.SELECT, "Seven", like) == like

    @pytest.mark.parametrize("value", ["golf", " GOLF ", "Ｇｏｌｆ"])  # noqa: RUF001 - wide letters are the point
    def test_a_label_is_found_however_it_is_spelled_and_written_as_membrain_has_it(self, value: str) -> None:
        assert written(PropertyType.SELECT, value, "") == "Golf"

    def test_of_two_labels_that_differ_in_case_the_exact_one_is_meant(self) -> None:
        known = Property(Resource.CONTACTS, "X", "X", PropertyType.SELECT, (("1", "it"), ("2", "IT")))
        assert [encoded(known, value, "", STOCKHOLM) for value in ("IT", "It")] == ["IT", "it"]

    @pytest.mark.parametrize("kind", [PropertyType.SELECT, PropertyType.MULTI_SELECT])
    def test_an_unknown_option_is_never_written(self, kind: PropertyType) -> None:
        with pytest.raises(UnknownOptionError) as caught:
            written(kind, "Chess", "Golf")
        assert caught.value.labels == ("Golf", "Food, drink", "Art", "Black; white", "Seven")
        assert "'Chess' is no choice of Interests: Golf," in str(caught.value)

    def test_of_several_the_unknown_one_is_named_and_the_whole_value_told(self) -> None:
        with pytest.raises(UnknownOptionError, match="'Chess' is no choice") as caught:
            written(PropertyType.MULTI_SELECT, "Art; Chess", "Golf")
        assert (caught.value.known.name, caught.value.value) == ("X", "Art; Chess")

    def test_a_select_without_options_takes_nothing(self) -> None:
        with pytest.raises(UnknownOptionError, match="it has none"):
            encoded(Property(Resource.CONTACTS, "X", "X", PropertyType.SELECT), "Golf", "Golf", STOCKHOLM)


class TestSeveralChoices:
    @pytest.mark.parametrize(
        ("like", "sent"),
        [
            (["Golf"], ["Art", "Food, drink"]),
            ([GOLF], [ART, FOOD]),
            ([{"Id": GOLF, "Name": "Golf"}], [{"Id": ART, "Name": "Art"}, {"Id": FOOD, "Name": "Food, drink"}]),
            ([], ["Art", "Food, drink"]),
            ("Golf", "Art, Food, drink"),
            ("Golf, Art", "Art, Food, drink"),
            ("Food, drink", "Art, Food, drink"),
            ("Golf;Art", "Art;Food, drink"),
            ("Food, drink; Golf", "Art; Food, drink"),
            ("Golf | Art", "Art | Food, drink"),
            (f"{GOLF};{ART}", f"{ART};{FOOD}"),
            (GOLF, f"{ART}, {FOOD}"),
            ("Golf and Art", "Art, Food, drink"),
            ("Chess;Bridge", "Art, Food, drink"),
            (None, "Art, Food, drink"),
            ("", "Art, Food, drink"),
        ],
        ids=str,
    )
    def test_they_come_in_a_list_or_joined_by_what_the_row_joins_with(self, like: object, sent: object) -> None:
        assert written(PropertyType.MULTI_SELECT, "Art; Food, drink", like) == sent

    def test_a_label_may_be_the_beginning_of_another(self) -> None:
        options = (("1", "Art"), ("2", "Art history"), ("3", "Golf"))
        known = Property(Resource.CONTACTS, "X", "X", PropertyType.MULTI_SELECT, options)
        assert encoded(known, "Art; Golf", "Art history|Golf", STOCKHOLM) == "Art|Golf"

    def test_a_label_may_hold_our_separator(self) -> None:
        assert written(PropertyType.MULTI_SELECT, "Art; Black; white; golf", ["Golf"]) == [
            "Art",
            "Black; white",
            "Golf",
        ]

    def test_a_list_of_a_property_that_nobody_declared_stays_a_list(self) -> None:
        assert written(PropertyType.TEXT, "a; b", ["x"]) == ["a", "b"]


class TestClearing:
    @pytest.mark.parametrize(
        ("like", "sent"),
        [("x", ""), (None, ""), (7, None), (True, None), ({"Id": GOLF}, None), (["Golf"], []), ([], [])],
    )
    @pytest.mark.parametrize("kind", PropertyType)
    def test_an_empty_value_is_empty_in_the_rows_own_type(self, kind: PropertyType, like: object, sent: object) -> None:
        assert written(kind, "", like) == sent


SEEN: list[tuple[PropertyType, str, list[Any]]] = [
    (PropertyType.TEXT, "Åsa", ["Bo"]),
    (PropertyType.NUMBER, "12.5", [1, "1"]),
    (PropertyType.YES_NO, "true", [False, 0, "False", "no", "N"]),
    (PropertyType.DATE, "1980-02-29", ["2020-01-31 00:00:00", "2020-01-31T00:00:00+01:00", "2020-01-31T00:00:00.000Z"]),
    (PropertyType.DATE, "2026-10-25T00:30:00Z", ["2020-01-31 09:00:00Z", "2020-01-31T09:00:00.000+01:00"]),
    (PropertyType.SELECT, "Golf", ["Art", ART, {"Id": ART}, {"Name": "Art"}, "7"]),
    (PropertyType.MULTI_SELECT, "Art; Golf", [["Art"], [{"Id": ART}], "Golf;Art", f"{GOLF} | {ART}", "Art"]),
]


@pytest.mark.parametrize(
    ("kind", "value", "like"),
    [(kind, value, like) for kind, value, likes in SEEN for like in [*likes, *(UNSET if kind != "date" else [])]],
    ids=str,
)
def test_what_is_written_is_read_as_the_same_value(kind: PropertyType, value: str, like: object) -> None:
    assert readings.read(written(kind, value, like), of(kind), STOCKHOLM) == value
