"""Membrain's rows, definitions and users as our records, under every reading of its reference."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ccsync.errors import Unreachable
from ccsync.membrain.side import definitions, marked, record, users
from ccsync.sync.catalogue import Catalogue, Found, PropertyType
from ccsync.sync.records import Gone, MembrainRecord, Resource

UTC_ZONE = ZoneInfo("UTC")
STOCKHOLM = ZoneInfo("Europe/Stockholm")
ANN = "0b6ae2d4-7a3f-4c55-9d6c-0b2a7b1c0001"
COMPANY = "0b6ae2d4-7a3f-4c55-9d6c-0b2a7b1c0002"
INTERESTS = "447dbe60-4925-4a75-b07b-13ad07d095d7"
GOLF = "11111111-0000-4000-8000-00000000000a"

ANSWER: dict[str, Any] = {
    "contactCustomFields": [
        {"Id": "00000000-0000-4000-8000-000000000001", "Name": "Note", "Type": "Text"},
        {"Id": "00000000-0000-4000-8000-000000000002", "Name": " Since ", "Type": "Date"},
        {
            "Id": INTERESTS.upper(),
            "Name": "Interests",
            "Type": "MultiSelect",
            "Options": [{"Id": GOLF.upper(), "Name": "Golf"}, {"Id": "2", "Name": "Art"}],
        },
        {"Id": "00000000-0000-4000-8000-000000000004", "Name": "Odd", "Type": "Puzzle", "Options": [{"Id": "1"}]},
    ],
    "companyCustomFields": [{"Id": "00000000-0000-4000-8000-000000000005", "Name": "Size", "Type": "Numeric"}],
    "accountGrowthItemCustomFields": [{"Id": "00000000-0000-4000-8000-000000000006", "Name": "Plan", "Type": "Text"}],
    "opportunityCustomFields": [],
    "userCustomFields": [{"Id": "00000000-0000-4000-8000-000000000007", "Name": "Desk", "Type": "Text"}],
}
CATALOGUE = definitions(ANSWER)


def row(**more: Any) -> dict[str, Any]:
    return {"Id": ANN, "Name": "Ann Berg", "EmailAddress": "ann@example.com"} | more


def contact(zone: ZoneInfo = UTC_ZONE, /, **more: Any) -> MembrainRecord:
    return record(Resource.CONTACTS, row(**more), CATALOGUE, zone)


class TestDefinitions:
    def test_custom_fields_are_found_by_display_name_with_their_types(self) -> None:
        kinds = {
            "contact.custom.Note": PropertyType.TEXT,
            "contact.custom.Since": PropertyType.DATE,
            "contact.custom.Interests": PropertyType.MULTI_SELECT,
            "contact.custom.Odd": PropertyType.SELECT,
            "company.custom.Size": PropertyType.NUMBER,
        }
        assert {left: CATALOGUE.resolve(left, ()).type for left in kinds} == kinds

    def test_ids_are_in_lower_case(self) -> None:
        (interests,) = CATALOGUE.resolve("contact.custom.Interests", ()).properties.values()
        assert interests.name == f"CustomField{INTERESTS}"
        assert interests.options[0] == (GOLF, "Golf")

    @pytest.mark.parametrize(
        "left",
        ["contact.EmailAddress", "company.CountryCode", "company.City", "contact.CompanyName", "project.OwnerName"],
    )
    def test_what_the_reference_names_is_known_without_a_row(self, left: str) -> None:
        assert CATALOGUE.resolve(left, (Resource.OPPORTUNITIES,)).found is Found.YES

    def test_dates_are_known_by_their_names(self) -> None:
        found = CATALOGUE.resolve("project.EstimatedClosingDate", (Resource.OPPORTUNITIES,))
        assert found.type is PropertyType.DATE

    def test_a_project_has_custom_fields_too(self) -> None:
        assert CATALOGUE.resolve("project.custom.Plan", (Resource.ACCOUNT_GROWTH_ITEMS,)).found is Found.YES

    def test_an_instance_without_custom_fields_is_fine(self) -> None:
        assert definitions({}).resolve("contact.Name", ()).found is Found.YES

    @pytest.mark.parametrize(
        "answer",
        [
            [],
            None,
            {"error": "Instance not found"},
            {"contactCustomFields": None},
            {"contactCustomFields": ["x"]},
            {"contactCustomFields": [{"Name": "without id"}]},
        ],
    )
    def test_another_answer_is_nonsense_and_never_nothing(self, answer: Any) -> None:
        with pytest.raises(Unreachable, match="nonsense"):
            definitions(answer)


class TestARow:
    def test_everything_as_text_and_everything_native_give_the_same_record(self) -> None:
        size = "CustomField00000000-0000-4000-8000-000000000005"
        as_text = {"Id": COMPANY, "Name": "Acme", "City": "", "Deleted": "False", size: "25"}
        native = {"Id": COMPANY, "Name": "Acme", "City": None, "Deleted": False, size: 25.0}
        records = [record(Resource.COMPANIES, each, CATALOGUE, UTC_ZONE) for each in (as_text, native)]
        assert records[0] == records[1]
        assert records[0].values[size] == "25"

    def test_ids_are_compared_without_regard_to_case_and_braces(self) -> None:
        upper = contact(Id=ANN.upper(), CompanyId=f"{{{COMPANY.upper()}}}")
        assert (upper.id, upper.company_id) == (ANN, COMPANY)

    def test_what_only_ends_like_an_id_keeps_its_letters(self) -> None:
        assert contact(ExternalId="CRM-42").values["ExternalId"] == "CRM-42"

    def test_no_company_is_no_company(self) -> None:
        empty = "00000000-0000-0000-0000-000000000000"
        assert [contact(CompanyId=none).company_id for none in (None, "", empty)] == ["", "", ""]

    @pytest.mark.parametrize("guid", [INTERESTS, INTERESTS.upper()])
    @pytest.mark.parametrize(
        "value", ["Golf, Art", ["Art", GOLF.upper()], f"{GOLF};2", [{"Id": "2", "Name": "Art"}, "Golf"]]
    )
    def test_a_custom_field_has_one_name_and_one_value(self, guid: str, value: object) -> None:
        assert contact(**{f"CustomField{guid}": value}).values[f"CustomField{INTERESTS}"] == "Art; Golf"

    def test_an_object_is_read_where_a_choice_is_expected_and_dropped_elsewhere(self) -> None:
        found = contact(**{f"CustomField{INTERESTS}": {"Id": GOLF, "Name": "Golf"}, "Company": {"Id": COMPANY}})
        assert found.values[f"CustomField{INTERESTS}"] == "Golf"
        assert "Company" not in found.values

    def test_the_name_and_the_address_are_trimmed(self) -> None:
        found = contact(Name=" Ann Berg ", EmailAddress=" ann@example.com ")
        assert (found.values["Name"], found.email) == ("Ann Berg", "ann@example.com")

    @pytest.mark.parametrize(
        "text", ["2026-07-01 09:30:00", "2026-07-01T09:30:00", "2026-07-01T07:30:00Z", "2026-07-01T09:30:00.000+02:00"]
    )
    def test_its_times_are_in_utc_whatever_the_spelling(self, text: str) -> None:
        found = contact(STOCKHOLM, CreatedDate=text, ChangedDate=text)
        assert found.created == found.changed == datetime(2026, 7, 1, 7, 30, tzinfo=UTC)
        assert found.values["ChangedDate"] == "2026-07-01T07:30:00Z"

    def test_a_change_at_midnight_is_a_point_in_time(self) -> None:
        assert contact(STOCKHOLM, ChangedDate="2026-07-01 00:00:00").values["ChangedDate"] == "2026-06-30T22:00:00Z"

    def test_a_date_field_at_midnight_is_a_day(self) -> None:
        since = "CustomField00000000-0000-4000-8000-000000000002"
        assert contact(STOCKHOLM, **{since: "2026-07-01 00:00:00"}).values[since] == "2026-07-01"
        assert contact(STOCKHOLM, **{since: "1753-01-01 00:00:00"}).values[since] == ""

    @pytest.mark.parametrize("text", [None, "", "1753-01-01 00:00:00", "yesterday"])
    def test_a_time_that_is_none_is_left_open(self, text: str | None) -> None:
        found = contact(CreatedDate=text, ChangedDate=text)
        assert (found.created, found.changed) == (None, None)

    def test_a_property_reads_the_same_before_and_after_the_catalogue_has_seen_it(self) -> None:
        first = contact(BirthDate="1980-11-05 00:00:00", JobTitle=" Chief ")
        seen = CATALOGUE.with_seen(Resource.CONTACTS, first.values)
        again = row(BirthDate="1980-11-05 00:00:00", JobTitle=" Chief ")
        assert record(Resource.CONTACTS, again, seen, UTC_ZONE) == first

    @pytest.mark.parametrize("bad", [{}, {"Id": ""}, {"Id": None}, [], "row", None, {"id": ANN}])
    def test_a_row_that_is_nobody_is_nonsense(self, bad: Any) -> None:
        with pytest.raises(Unreachable, match="Membrain answers nonsense about contacts"):
            record(Resource.CONTACTS, bad, Catalogue(), UTC_ZONE)


class TestWhoIsGone:
    @pytest.mark.parametrize(
        ("markers", "gone"),
        [
            ({}, Gone.NO),
            ({"Deleted": "False", "DeletedDate": "1753-01-01 00:00:00", "Retired": "False"}, Gone.NO),
            ({"Deleted": False, "DeletedDate": None, "Retired": None}, Gone.NO),
            ({"Deleted": "", "Retired": "0", "Birthday": "1980-11-05"}, Gone.NO),
            ({"Deleted": "True"}, Gone.DELETED),
            ({"IsDeleted": True}, Gone.DELETED),
            ({"DeletedDate": "2026-07-01 09:30:00"}, Gone.DELETED),
            ({"Deleted": "2026-07-01T09:30:00Z"}, Gone.DELETED),
            ({"Retired": 1}, Gone.RETIRED),
            ({"RetiredDate": "2026-07-01"}, Gone.RETIRED),
            ({"IsRetired": "yes", "Deleted": "true"}, Gone.DELETED),
        ],
    )
    def test_a_marker_says_so(self, markers: dict[str, Any], gone: Gone) -> None:
        assert contact(**markers).gone is gone
        assert marked(row(**markers)) is bool(gone)

    def test_the_markers_have_one_spelling_in_the_values(self) -> None:
        assert contact(Deleted="False").values == contact(Deleted=False).values


class TestWhichProjectsAreClosed:
    @pytest.mark.parametrize(
        "marks",
        [
            {"Status": "Won"},
            {"StatusName": "archived"},
            {"WonDate": "2026-07-01 09:30:00"},
            {"IsLost": "true"},
            {"LostReasonName": "Price"},
            {"LostReasonId": ANN},
            {"Deleted": "True"},
        ],
    )
    def test_won_lost_archived_or_deleted(self, marks: dict[str, Any]) -> None:
        assert record(Resource.OPPORTUNITIES, row(**marks), CATALOGUE, UTC_ZONE).closed

    @pytest.mark.parametrize(
        "marks",
        [
            {},
            {"Status": "Open"},
            {"Status": "Planned", "WonDate": "1753-01-01 00:00:00", "ArchivedDate": ""},
            {"LostReasonId": "00000000-0000-0000-0000-000000000000", "LostReasonName": None, "Won": "False"},
            {"EstimatedClosingDate": "2026-07-01"},
        ],
    )
    def test_all_others_are_open(self, marks: dict[str, Any]) -> None:
        assert not record(Resource.OPPORTUNITIES, row(**marks), CATALOGUE, UTC_ZONE).closed

    def test_only_projects_are_closed(self) -> None:
        assert not contact(Status="Won", Deleted="True").closed


class TestUsers:
    def test_they_are_known_by_id_and_by_address(self) -> None:
        found = users([{"Id": ANN.upper(), "EmailAddress": " Ann@Example.com"}, {"Id": "2", "EmailAddress": None}])
        assert found.ids == {ANN, "2"}
        assert found.emails == {"ann@example.com"}

    @pytest.mark.parametrize("answer", [{"error": "x"}, "users", None, [{"Name": "without id"}], ["x"]])
    def test_another_answer_is_nonsense_and_never_nobody(self, answer: Any) -> None:
        with pytest.raises(Unreachable, match="nonsense about users"):
            users(answer)
