"""How one record is written, under each reading of the documentation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ccsync.sandbox.membrain.loading import BORN, INTERESTS, NEWSLETTER

if TYPE_CHECKING:
    from ccsync.sandbox.membrain.service import MembrainService

UNSET = "1753-01-01 00:00:00"


def leaves(value: Any) -> set[type]:
    """Return the types of the values in some JSON."""
    if isinstance(value, dict):
        return set().union(*map(leaves, value.values()))
    if isinstance(value, list):
        return set().union(*map(leaves, value))
    return {type(value)}


def prop(custom: Any) -> str:
    return f"CustomField{custom.id}"


@pytest.fixture
def eva(populated: MembrainService) -> str:
    company = populated.all("companies")[5]["Id"]
    return populated.create(
        "contacts",
        {
            "Name": "Eva van der Meer",
            "CompanyId": company,
            "Newsletter": "Yes",
            "Interests": ["Webinars", "Events"],
            "Born": "1980-05-01",
        },
    )


class TestTypes:
    @pytest.mark.parametrize("path", ["contacts/", "companies/", "opportunities/", "users/"])
    @pytest.mark.usefixtures("populated")
    def test_every_value_and_counter_is_a_string(self, ask: Any, path: str) -> None:
        assert leaves(ask.get(path)) == {str}

    def test_by_switch_values_have_their_own_types(self, populated: Any, ask: Any) -> None:
        populated.set_switches(native_types=True)
        page = ask.get("opportunities/")
        assert isinstance(page["count"], int)
        row = page["items"][0]
        assert isinstance(row["Value"], int)
        assert row["Deleted"] is False
        assert row["LostComment"] is None

    @pytest.mark.usefixtures("populated")
    def test_a_date_that_is_not_set_is_the_sentinel(self, contact: str, ask: Any) -> None:
        row = ask.get(f"contacts/{contact}")
        assert row["DeletedDate"] == row[prop(BORN)] == UNSET

    def test_a_text_that_is_not_set_is_empty(self, contact: str, ask: Any) -> None:
        assert ask.get(f"contacts/{contact}")["JobTitle"] == ""


class TestTimes:
    @pytest.mark.parametrize(
        ("switches", "written"),
        [
            ({}, "2026-03-10 12:00:00"),
            ({"time_zone": "America/New_York"}, "2026-03-10 08:00:00"),
            ({"timestamp_format": "iso"}, "2026-03-10T12:00:00"),
            (
                {"timestamp_format": "iso-offset", "time_zone": "Europe/Stockholm"},
                "2026-03-10T13:00:00+01:00",
            ),
        ],
    )
    def test_zone_and_form_of_timestamps_are_switches(
        self, membrain: Any, contact: str, ask: Any, switches: dict[str, str], written: str
    ) -> None:
        membrain.set_switches(**switches)
        assert ask.get(f"contacts/{contact}")["CreatedDate"] == written

    def test_whole_seconds_are_kept(self, membrain: Any, clock: Any, ask: Any) -> None:
        clock.sleep(0.25)
        contact = membrain.create("contacts", {"Name": "Ann"})
        assert ask.get(f"contacts/{contact}")["CreatedDate"] == "2026-03-10 12:00:00"

    def test_by_switch_fractions_are_kept(self, membrain: Any, clock: Any, ask: Any) -> None:
        membrain.set_switches(fractions=True)
        clock.sleep(0.25)
        contact = membrain.create("contacts", {"Name": "Ann"})
        assert ask.get(f"contacts/{contact}")["CreatedDate"] == "2026-03-10 12:00:00.250000"


class TestCustomFields:
    @pytest.mark.usefixtures("populated")
    def test_definitions_are_grouped_by_kind_of_record(self, ask: Any) -> None:
        groups = ask.get("customFields/")
        names = {group: [one["Name"] for one in fields] for group, fields in groups.items()}
        assert names["contactCustomFields"] == ["Newsletter", "Language", "E-mail consent", "Interests", "Born"]
        assert names["companyCustomFields"] == ["Segment", "Employees"]
        assert names["prospectCustomFields"] == []

    @pytest.mark.usefixtures("populated")
    def test_a_select_field_lists_its_options(self, ask: Any) -> None:
        newsletter = ask.get("customFields/")["contactCustomFields"][0]
        assert newsletter["Type"] == "SingleSelect"
        assert [option["Name"] for option in newsletter["Options"]] == ["Yes", "No"]

    def test_options_stand_by_name_and_several_are_joined(self, eva: str, ask: Any) -> None:
        row = ask.get(f"contacts/{eva}")
        assert row[prop(NEWSLETTER)] == "Yes"
        assert row[prop(INTERESTS)] == "Webinars, Events"
        assert row[prop(BORN)] == "1980-05-01 00:00:00"

    def test_by_switch_several_are_joined_otherwise(self, populated: Any, eva: str, ask: Any) -> None:
        populated.set_switches(multi_select_separator=";")
        assert ask.get(f"contacts/{eva}")[prop(INTERESTS)] == "Webinars;Events"

    def test_by_switch_options_stand_by_id_and_several_are_a_list(self, populated: Any, eva: str, ask: Any) -> None:
        populated.set_switches(option_encoding="id", multi_select="list")
        row = ask.get(f"contacts/{eva}")
        assert row[prop(NEWSLETTER)] == NEWSLETTER.options[0].id
        assert row[prop(INTERESTS)] == [INTERESTS.options[0].id, INTERESTS.options[2].id]

    def test_by_switch_ids_in_property_names_are_in_capitals(self, populated: Any, eva: str, ask: Any) -> None:
        populated.set_switches(upper_case_guids=True)
        assert ask.get(f"contacts/{eva}")[f"CustomField{NEWSLETTER.id.upper()}"] == "Yes"

    def test_a_removed_custom_field_leaves_definitions_and_records(self, populated: Any, eva: str, ask: Any) -> None:
        populated.remove_custom_field(NEWSLETTER)
        assert prop(NEWSLETTER) not in ask.get(f"contacts/{eva}")
        assert "Newsletter" not in [one["Name"] for one in ask.get("customFields/")["contactCustomFields"]]


class TestShape:
    def test_a_record_comes_bare_by_its_id_in_any_case(self, contact: str, ask: Any) -> None:
        assert ask.get(f"contacts/{contact.upper()}/")["Name"] == "Ann Lind"

    def test_by_switch_it_comes_as_a_page(self, membrain: Any, contact: str, ask: Any) -> None:
        membrain.set_switches(single_record="page")
        assert [row["Id"] for row in ask.get(f"contacts/{contact}")["items"]] == [contact]

    def test_by_switch_it_comes_in_a_wrapper(self, membrain: Any, contact: str, company: str, ask: Any) -> None:
        membrain.set_switches(single_record="wrapped")
        assert ask.get(f"contacts/{contact}")["contact"]["Id"] == contact
        assert ask.get(f"companies/{company}").keys() == {"company"}

    def test_by_switch_it_is_not_served(self, membrain: Any, contact: str, ask: Any) -> None:
        membrain.set_switches(single_record="unserved")
        assert ask.send("GET", f"contacts/{contact}").status_code == 404
        assert ask.names("contacts") == ["Ann Lind"]

    def test_by_switch_first_and_last_name_stand_beside_the_name(self, populated: Any, eva: str, ask: Any) -> None:
        assert "FirstName" not in ask.get(f"contacts/{eva}")
        populated.set_switches(split_names=True)
        row = ask.get(f"contacts/{eva}")
        assert (row["Name"], row["FirstName"], row["LastName"]) == (
            "Eva van der Meer",
            "Eva",
            "van der Meer",
        )

    def test_by_switch_properties_have_other_names(self, membrain: Any, contact: str, ask: Any) -> None:
        membrain.set_switches(renamed_properties=("contacts.Phone=PhoneNumber",))
        row = ask.put(f"contacts/{contact}", PhoneNumber="+46 31 390 06 01")
        assert row["PhoneNumber"] == "+46 31 390 06 01"
        assert "Phone" not in row

    @pytest.mark.usefixtures("populated")
    def test_a_project_has_its_key_owner_and_process(self, ask: Any) -> None:
        keys = {kind: ask.every(kind)[0]["Key"].partition("-")[0] for kind in ("prospects", "opportunities")}
        assert keys == {"prospects": "P", "opportunities": "SP"}
        row = ask.every("accountGrowthItems")[0]
        assert row["Key"].startswith("AGP-")
        assert row["OwnerName"] in [user["Name"] for user in ask.get("users/")]
        assert row["ProcessName"] == "Account growth"

    @pytest.mark.parametrize("missing", ["status-404", "error-in-200"])
    def test_an_id_that_nobody_has_is_told_by_switch(self, membrain: Any, ask: Any, missing: str) -> None:
        membrain.set_switches(missing_record=missing)
        answer = ask.send("GET", "contacts/00000000-0000-0000-0000-000000000000")
        assert answer.status_code == (404 if missing == "status-404" else 200)
        assert "error" in answer.json()
