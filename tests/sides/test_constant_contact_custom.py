"""Custom fields that are no text: how a contact's value is read, and what is written for ours."""

from __future__ import annotations

from typing import Any

import pytest

from ccsync.constant_contact.custom import (
    CustomFieldDefinition,
    custom_field,
    custom_value,
    from_json,
    has_new_choices,
    to_json,
)
from ccsync.constant_contact.side import contact, put_body, why_not_importable
from ccsync.errors import RecordRefused
from ccsync.sync.fields import FieldKind, TargetField, fit, same
from ccsync.sync.operations import Reason

SIZE = CustomFieldDefinition("size", "Size", "Size", "single_select", (("1", "Small"), ("2", "Large")))
TOPICS = CustomFieldDefinition(
    "topics", "Topics", "Topics", "multi_select", (("7", "News"), ("8", "Offers, prices"), ("9", "Events"))
)
DEFINITIONS = {one.id: one for one in (SIZE, TOPICS)}
RAW: dict[str, Any] = {
    "contact_id": "c",
    "email_address": {"address": "ann@example.com"},
    "custom_fields": [
        {"custom_field_id": "owner", "value": "Eva"},
        {"custom_field_id": "size", "choice_ids": ["1"]},
        {"custom_field_id": "topics", "choice_ids": [9, "7"]},
    ],
}


def of(type_: str, **keys: Any) -> CustomFieldDefinition:
    return CustomFieldDefinition("f", "F", "F", type_, **keys)


def taking(definition: CustomFieldDefinition) -> TargetField:
    return definition.typed(TargetField("custom.F", 255))


class TestADefinition:
    def test_it_says_what_a_number_may_have(self) -> None:
        raw = {"custom_field_id": "f", "name": "F", "label": "F", "type": "number"}
        assert custom_field(raw) == of("number", decimals=4, negative=False)
        metadata = {"allow_negative": True, "decimal_places": 2}
        assert custom_field(raw | {"metadata": metadata}) == of("number", decimals=2, negative=True)
        assert custom_field(raw | {"metadata": {"integer": True, "decimal_places": 2}}) == of("number", decimals=0)

    def test_a_deleted_choice_is_none(self) -> None:
        choices = [{"choice_id": 1, "choice_label": "Small"}, {"choice_id": 2, "choice_label": "L", "deleted_at": "x"}]
        raw = {"custom_field_id": "f", "name": "F", "label": "F", "type": "single_select", "choices": choices}
        assert custom_field(raw).choices == (("1", "Small"),)

    @pytest.mark.parametrize(
        ("type_", "kind"),
        [
            ("string", FieldKind.TEXT),
            ("text_area", FieldKind.TEXT),
            ("date", FieldKind.DATE),
            ("datetime", FieldKind.MOMENT),
            ("number", FieldKind.NUMBER),
            ("currency", FieldKind.NUMBER),
            ("boolean", FieldKind.YES_NO),
            ("single_select", FieldKind.SELECT),
            ("multi_select", FieldKind.MULTI_SELECT),
            ("a type of tomorrow", FieldKind.TEXT),
        ],
    )
    def test_its_type_decides_how_values_are_read(self, type_: str, kind: FieldKind) -> None:
        assert taking(of(type_)).kind is kind

    def test_it_is_kept_as_text_unless_it_is_plain_text_itself(self) -> None:
        kept = [SIZE, TOPICS, of("number", decimals=0, negative=True)]
        assert list(from_json(to_json([of("string"), *kept])).values()) == kept


class TestWhatIsRead:
    @pytest.mark.parametrize(
        ("type_", "written", "read"),
        [
            ("date", "01/31/2026", "2026-01-31"),
            ("date", "in spring", "in spring"),
            ("datetime", "2026-01-31T11:30:00+01:00", "2026-01-31T10:30:00Z"),
            ("number", "1000.00", "1000"),
            ("currency", "012.50", "12.5"),
            ("boolean", "True", "true"),
            ("string", "01/31/2026", "01/31/2026"),
        ],
    )
    def test_a_value_has_the_one_form_of_its_type(self, type_: str, written: str, read: str) -> None:
        assert custom_value({"value": written}, of(type_)) == read

    def test_choices_are_labels_in_alphabetical_order(self) -> None:
        found = contact(RAW, DEFINITIONS).values
        assert found == {"custom.owner": "Eva", "custom.size": "Small", "custom.topics": "Events; News"}

    def test_a_choice_that_nobody_has_seen_yet_is_noticed_in_the_fields_that_matter(self) -> None:
        assert not has_new_choices(RAW, DEFINITIONS, frozenset(DEFINITIONS))
        assert has_new_choices(RAW, {}, frozenset({"size"}))
        assert not has_new_choices(RAW, {}, frozenset({"owner"}))
        newer = {**RAW, "custom_fields": [{"custom_field_id": "size", "choice_ids": ["3"]}]}
        assert has_new_choices(newer, DEFINITIONS, frozenset({"size"}))


class TestWhatFits:
    @pytest.mark.parametrize(
        ("definition", "value", "sent"),
        [
            (of("number"), "0012.500", "12.5"),
            (of("number", negative=True), "-3", "-3"),
            (of("boolean"), "yes", "true"),
            (of("datetime"), "2026-01-31T11:30:00+01:00", "2026-01-31T10:30:00Z"),
            (SIZE, " LARGE ", "Large"),
            (TOPICS, "news; offers, PRICES", "News; Offers, prices"),
            (TOPICS, "Events, News", "Events; News"),
        ],
    )
    def test_a_value_is_sent_as_the_field_spells_it(
        self, definition: CustomFieldDefinition, value: str, sent: str
    ) -> None:
        assert fit(taking(definition), value) == (sent, None, "")
        assert same(taking(definition), value, sent)

    @pytest.mark.parametrize(
        ("definition", "value", "detail"),
        [
            (of("number"), "-3", '"-3" is not a number from 0 up, as this field wants'),
            (of("number", decimals=0), "2.5", '"2.5" is not a whole number, as this field wants'),
            (of("number", decimals=1), "2.55", '"2.55" is not a number with at most 1 decimal, as this field wants'),
            (of("number"), "many", '"many" is not a number such as 12.5'),
            (of("boolean"), "perhaps", '"perhaps" is not yes or no'),
            (SIZE, "Huge", '"Huge" is not one of the choices: Small, Large'),
            (TOPICS, "News; Weather", '"Weather" is not one of the choices: News, Offers, prices, Events'),
        ],
    )
    def test_what_does_not_fit_says_what_would(
        self, definition: CustomFieldDefinition, value: str, detail: str
    ) -> None:
        assert fit(taking(definition), value) == ("", Reason.BAD_VALUE, detail)


class TestWhatIsWritten:
    def test_choices_go_by_id_and_the_other_fields_stay(self) -> None:
        body = put_body(
            RAW, {"custom.topics": "Offers, prices; News"}, email="ann@example.com", definitions=DEFINITIONS
        )
        assert body["custom_fields"] == [
            {"custom_field_id": "owner", "value": "Eva"},
            {"custom_field_id": "size", "choice_ids": ["1"]},
            {"custom_field_id": "topics", "choice_ids": ["7", "8"]},
        ]

    def test_no_choice_takes_the_entry_away(self) -> None:
        body = put_body(RAW, {"custom.size": ""}, email="ann@example.com", definitions=DEFINITIONS)
        assert [one["custom_field_id"] for one in body["custom_fields"]] == ["owner", "topics"]

    def test_a_choice_that_is_gone_is_refused_before_anything_is_sent(self) -> None:
        with pytest.raises(RecordRefused, match='"Huge" is not among the choices of "Size"'):
            put_body(RAW, {"custom.size": "Huge"}, email="ann@example.com", definitions=DEFINITIONS)

    def test_an_import_carries_no_choices(self) -> None:
        values = {"custom.size": "Small", "custom.owner": "Eva"}
        assert (
            why_not_importable(values, selects={"custom.size"})
            == "nobody says how an import takes choices: custom.size"
        )
        assert why_not_importable({"custom.owner": "Eva"}, selects={"custom.size"}) == ""
