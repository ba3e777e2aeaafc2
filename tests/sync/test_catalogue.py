"""What the words of a config mean among Membrain's properties."""

from __future__ import annotations

import pytest

from ccsync.sync.catalogue import Catalogue, Found, Property, PropertyType
from ccsync.sync.records import Resource

ALL_KINDS = (Resource.OPPORTUNITIES, Resource.ACCOUNT_GROWTH_ITEMS, Resource.PROSPECTS)
SEGMENT = "447dbe60-4925-4a75-b07b-13ad07d095d7"
OTHER = "447dbe60-4925-4a75-b07b-13ad07d095d8"


def known(resource: Resource, name: str, kind: PropertyType = PropertyType.TEXT) -> Property:
    return Property(resource, name, name, kind)


def custom(resource: Resource, guid: str, display: str, kind: PropertyType = PropertyType.TEXT) -> Property:
    options = (("1", "Gold"),) if kind is PropertyType.SELECT else ()
    return Property(resource, f"CustomField{guid}", display, kind, options, custom=True)


CATALOGUE = Catalogue(
    (
        known(Resource.CONTACTS, "Name"),
        known(Resource.CONTACTS, "EmailAddress"),
        known(Resource.COMPANIES, "Name"),
        custom(Resource.COMPANIES, SEGMENT, "Segment", PropertyType.SELECT),
        known(Resource.OPPORTUNITIES, "OwnerName"),
        known(Resource.ACCOUNT_GROWTH_ITEMS, "OwnerName"),
        custom(Resource.OPPORTUNITIES, SEGMENT, "Region"),
        custom(Resource.ACCOUNT_GROWTH_ITEMS, OTHER, "Region", PropertyType.SELECT),
    )
)


class TestFindingWhatALeftSideMeans:
    def test_a_property_goes_by_the_name_of_the_api(self) -> None:
        found = CATALOGUE.resolve("contact.Name", ALL_KINDS)
        assert found.found is Found.YES
        assert found.properties == {Resource.CONTACTS: known(Resource.CONTACTS, "Name")}

    def test_a_custom_field_goes_by_its_display_name(self) -> None:
        found = CATALOGUE.resolve("company.custom.Segment", ALL_KINDS)
        assert found.properties[Resource.COMPANIES].name == f"CustomField{SEGMENT}"
        assert found.type is PropertyType.SELECT

    @pytest.mark.parametrize("guid", [SEGMENT, SEGMENT.upper()])
    def test_a_custom_field_goes_by_its_id(self, guid: str) -> None:
        found = CATALOGUE.resolve(f"company.custom.{guid}", ALL_KINDS)
        assert found.properties[Resource.COMPANIES].display == "Segment"

    def test_a_project_property_has_a_name_in_each_kind_that_has_it(self) -> None:
        found = CATALOGUE.resolve("project.custom.Region", ALL_KINDS)
        assert {resource: one.name for resource, one in found.properties.items()} == {
            Resource.OPPORTUNITIES: f"CustomField{SEGMENT}",
            Resource.ACCOUNT_GROWTH_ITEMS: f"CustomField{OTHER}",
        }
        assert found.type is PropertyType.TEXT

    def test_only_the_kinds_of_project_that_take_part_count(self) -> None:
        assert CATALOGUE.resolve("project.OwnerName", (Resource.PROSPECTS,)).found is Found.UNKNOWN

    def test_a_display_name_may_hold_the_word_custom_and_dots(self) -> None:
        catalogue = Catalogue((custom(Resource.CONTACTS, SEGMENT, "a.custom.b"),))
        assert catalogue.resolve("contact.custom.a.custom.b", ()).found is Found.YES

    def test_a_display_name_counts_letter_for_letter(self) -> None:
        found = CATALOGUE.resolve("company.custom.segment", ALL_KINDS)
        assert (found.found, found.suggestions) == (Found.UNKNOWN, ("company.custom.Segment",))

    def test_a_slip_is_answered_with_the_close_names(self) -> None:
        assert CATALOGUE.resolve("contact.Nmae", ALL_KINDS).suggestions == ("contact.Name",)

    def test_a_forgotten_custom_is_answered_with_the_whole_path(self) -> None:
        assert CATALOGUE.resolve("company.Segment", ALL_KINDS).suggestions == ("company.custom.Segment",)

    def test_a_wrong_record_is_answered_with_all_that_have_the_name(self) -> None:
        assert CATALOGUE.resolve("person.Name", ALL_KINDS).suggestions == ("company.Name", "contact.Name")

    @pytest.mark.parametrize("left", ["", "contact", "contact.", "contact.custom.", "contact.zzzzzz"])
    def test_nonsense_is_unknown_without_a_guess(self, left: str) -> None:
        found = CATALOGUE.resolve(left, ALL_KINDS)
        assert (found.found, found.properties) == (Found.UNKNOWN, {})

    def test_two_fields_of_one_name_are_offered_by_id(self) -> None:
        catalogue = Catalogue(
            (custom(Resource.CONTACTS, SEGMENT, "Segment"), custom(Resource.CONTACTS, OTHER, "Segment"))
        )
        found = catalogue.resolve("contact.custom.Segment", ())
        assert found.found is Found.AMBIGUOUS
        assert found.suggestions == (f"contact.custom.{SEGMENT}", f"contact.custom.{OTHER}")
        assert all(catalogue.resolve(left, ()).found is Found.YES for left in found.suggestions)


class TestPropertiesSeenInRows:
    def test_they_are_added_as_text_and_dates_by_name(self) -> None:
        catalogue = CATALOGUE.with_seen(Resource.CONTACTS, ["JobTitle", "RetiredDate", "Retired"])
        kinds = [catalogue.property_of(Resource.CONTACTS, name).type for name in ("JobTitle", "RetiredDate", "Retired")]
        assert kinds == [PropertyType.TEXT, PropertyType.DATE, PropertyType.YES_NO]
        assert catalogue.resolve("contact.JobTitle", ()).found is Found.YES

    def test_what_is_known_stays_as_it_is(self) -> None:
        seen = CATALOGUE.with_seen(Resource.COMPANIES, ["Name", f"CustomField{SEGMENT.upper()}"])
        assert seen is CATALOGUE

    def test_a_custom_field_defined_for_another_list_is_the_same_one(self) -> None:
        seen = CATALOGUE.with_seen(Resource.PROSPECTS, [f"CustomField{OTHER}"])
        assert seen.resolve("project.custom.Region", (Resource.PROSPECTS,)).type is PropertyType.SELECT

    def test_a_custom_field_that_nobody_defines_goes_by_its_id(self) -> None:
        guid = "00000000-0000-4000-8000-000000000001"
        seen = CATALOGUE.with_seen(Resource.CONTACTS, [f"CustomField{guid}"])
        assert seen.resolve(f"contact.custom.{guid}", ()).found is Found.YES


class TestKeepingACatalogue:
    def test_it_survives_being_written_and_read(self) -> None:
        again = Catalogue.from_json(CATALOGUE.to_json())
        assert again == CATALOGUE
        assert again.resolve("company.custom.Segment", ()).type is PropertyType.SELECT

    def test_the_order_of_the_answer_does_not_count(self) -> None:
        assert Catalogue(tuple(reversed(CATALOGUE.properties))) == CATALOGUE
        assert Catalogue(tuple(reversed(CATALOGUE.properties))).to_json() == CATALOGUE.to_json()

    def test_another_type_is_another_catalogue(self) -> None:
        assert Catalogue((known(Resource.CONTACTS, "A"),)) != Catalogue(
            (known(Resource.CONTACTS, "A", PropertyType.DATE),)
        )

    @pytest.mark.parametrize("text", ["", "{}x", "[1]", '[["contacts"]]', '[["x", "a", "a", "text", [], false]]'])
    def test_another_text_is_refused(self, text: str) -> None:
        with pytest.raises(ValueError, match=r".+"):
            Catalogue.from_json(text)
