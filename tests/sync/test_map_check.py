"""Checking a field map: names that exist, types that go together, values that fit today."""

from __future__ import annotations

import pytest

from ccsync.sync.catalogue import Catalogue, Property, PropertyType, Scope
from ccsync.sync.fields import target_field
from ccsync.sync.filters import compile_filter
from ccsync.sync.map_check import Finding, Level, check_filter, check_rule, measure, typed_rule
from ccsync.sync.mapping import Direction, FieldRule
from ccsync.sync.offers import CustomField
from ccsync.sync.records import MembrainId, MembrainRecord, Resource

CONTACTS = Resource.CONTACTS
BORN = "447dbe60-4925-4a75-b07b-13ad07d095d7"
TWINS = tuple(
    Property(CONTACTS, f"CustomField447dbe60-4925-4a75-b07b-13ad07d095{end}", "Twin", custom=True)
    for end in ("d8", "d9")
)
CATALOGUE = Catalogue(
    (
        Property(CONTACTS, "Name", "Name"),
        Property(CONTACTS, "Phone", "Phone"),
        Property(CONTACTS, "Vip", "Vip", PropertyType.YES_NO),
        Property(CONTACTS, "News", "News", PropertyType.SELECT, (("1", "Ja"), ("2", "Nej"))),
        Property(CONTACTS, f"CustomField{BORN}", "Born", PropertyType.TEXT, custom=True),
        *TWINS,
    )
)
FIELDS = (CustomField("1", "Owner", "string"), CustomField("2", "Since", "date"))


def findings(
    left: str,
    right: str,
    *values: str,
    words: dict[str, str] | None = None,
    truncate: bool = False,
    direction: Direction = Direction.TO_CONSTANT_CONTACT,
) -> list[Finding]:
    resolution = CATALOGUE.resolve(left, ())
    target = target_field(right)
    assert target is not None
    names = {resource: one.name for resource, one in resolution.properties.items()}
    rule = typed_rule(
        FieldRule(
            left, right, right, Scope.CONTACT, names, target, words or {}, truncate=truncate, direction=direction
        ),
        FIELDS,
    )
    people = [
        {Scope.CONTACT: MembrainRecord(CONTACTS, MembrainId(str(place)), dict.fromkeys(names.values(), value))}
        for place, value in enumerate(values)
    ]
    count, (measured,) = measure([rule], people)
    assert count == len(values)
    return list(check_rule(rule, resolution, FIELDS, measured))


def only(found: list[Finding]) -> Finding:
    assert len(found) == 1, found
    return found[0]


class TestNames:
    def test_an_unknown_field_of_membrain_is_an_error_with_the_near_one(self) -> None:
        found = only(findings("contact.Nmae", "full_name"))
        assert (found.level, found.hint) == (Level.ERROR, "did you mean contact.Name?")
        assert (found.membrain, found.constant_contact) == ("contact.Nmae", "full_name")

    def test_two_fields_of_one_name_are_an_error_with_their_ids(self) -> None:
        found = only(findings("contact.custom.Twin", "custom.Owner"))
        assert found.level is Level.ERROR
        assert found.hint == " or ".join(f"contact.custom.{one.guid}" for one in TWINS).join(
            ["write one by its id: ", ""]
        )

    def test_a_custom_field_that_a_run_would_make_is_a_note(self) -> None:
        assert only(findings("contact.Name", "custom.Nickname")).level is Level.NOTE

    def test_one_that_is_nearly_called_like_another_is_a_warning(self) -> None:
        found = only(findings("contact.Name", "custom.Ownr"))
        assert (found.level, found.hint) == (Level.WARNING, "did you mean custom.Owner?")

    def test_letter_case_of_a_custom_field_does_not_matter(self) -> None:
        assert findings("contact.Name", "custom.owner") == []

    def test_an_unknown_name_in_a_filter_is_an_error(self) -> None:
        found = only(list(check_filter(compile_filter('contact.Nmae == "x"'), CATALOGUE, ())))
        assert (found.level, found.hint) == (Level.ERROR, "did you mean contact.Name?")


class TestTypes:
    @pytest.mark.parametrize(
        ("left", "right"),
        [
            ("contact.Vip", "birthday"),
            ("contact.News", "anniversary"),
            ("contact.Vip", "custom.Since"),
            ("contact.Vip", "phone.work"),
            ("contact.Vip", "address.work.country"),
        ],
    )
    def test_what_can_never_go_together_is_an_error(self, left: str, right: str) -> None:
        assert only(findings(left, right, "true")).level is Level.ERROR

    def test_a_word_that_is_no_choice_is_doubted(self) -> None:
        found = only(findings("contact.News", "custom.Owner", words={"Jaa": "Yes", "Nej": "No"}))
        assert (found.level, found.hint) == (Level.WARNING, 'did you mean "Ja"?')


class TestValuesOfToday:
    def test_what_would_be_too_long_is_counted_with_a_masked_example(self) -> None:
        found = only(findings("contact.Name", "job_title", "x" * 60, "short", "", "y" * 51))
        assert (found.level, found.count, found.of, found.example) == (Level.WARNING, 2, 3, "x•••x")
        assert "60 characters, 50 fit" in found.message

    def test_what_would_be_cut_is_a_note(self) -> None:
        found = only(findings("contact.Name", "job_title", "x" * 60, truncate=True))
        assert (found.level, found.count) == (Level.NOTE, 1)

    def test_texts_that_are_no_dates_are_counted(self) -> None:
        found = only(findings("contact.custom.Born", "birthday", "1970-01-02", "in spring"))
        assert (found.level, found.count, found.of, found.example) == (Level.WARNING, 1, 2, "i• s•••g")

    def test_a_custom_field_that_is_a_date_takes_only_dates(self) -> None:
        assert only(findings("contact.custom.Born", "custom.Since", "in spring")).count == 1
        assert findings("contact.custom.Born", "custom.Since", "1970-01-02") == []

    def test_phone_numbers_that_cost_two_calls_are_a_note(self) -> None:
        found = only(findings("contact.Phone", "phone.work", "+46 70 123 45 67", "(212) 555-0123"))
        assert (found.level, found.count, found.of) == (Level.NOTE, 1, 2)

    def test_words_are_replaced_before_they_are_measured(self) -> None:
        assert findings("contact.Name", "job_title", "x" * 60, words={"x" * 60: "short"}) == []


class TestAFieldThatTravelsToMembrainOnly:
    back = Direction.TO_MEMBRAIN

    def test_is_never_made_in_constant_contact_and_so_has_to_be_there(self) -> None:
        found = only(findings("contact.Name", "custom.Hobby", direction=self.back))
        assert (found.level, found.hint) == (Level.ERROR, "ccsync map fields")
        assert found.message == "Constant Contact has no such custom field, and nothing fills it there"
        assert only(findings("contact.Name", "custom.Ownr", direction=self.back)).hint == "did you mean custom.Owner?"
        assert findings("contact.Name", "custom.Owner", direction=self.back) == []

    def test_has_no_values_of_membrain_that_could_be_too_long(self) -> None:
        assert only(findings("contact.Name", "job_title", "x" * 51)).count == 1
        assert findings("contact.Name", "job_title", "x" * 51, direction=self.back) == []
