"""Our values as what Constant Contact's requests hold: rows of imports and bodies of PUTs."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ccsync.constant_contact.side import contact, import_row, put_body, why_not_importable
from ccsync.errors import RecordRefused
from ccsync.sync.fields import TARGET_PATHS, TargetField, target_field

OFFICIAL = Path(__file__).parents[2].parent / "shared" / "reference" / "constant-contact-openapi.yml"
NAMES = {"f1": "Owner", "f2": "Key"}

WRITTEN = [
    path
    for path in TARGET_PATHS
    if path != "full_name" and (found := target_field(path)) is not None and found.writable
]
EVERYTHING = {path: "x" for path in WRITTEN if not path.startswith("phone.")} | {
    "phone.work": "781-555-1212",
    "phone.home": "781-555-3434",
    "phone.mobile": "781-555-5656",
    "birthday": "11-05",
    "anniversary": "2006-11-15",
    "custom.f1": "Eva",
}

RAW: dict[str, Any] = {
    "contact_id": "c",
    "email_address": {"address": "ann@example.com", "permission_to_send": "implicit"},
    "first_name": "Ann",
    "last_name": "Berg",
    "job_title": "Chief",
    "company_name": "Acme",
    "birthday_month": 11,
    "birthday_day": 5,
    "anniversary": "2006-11-15",
    "create_source": "Account",
    "list_memberships": ["l"],
    "taggings": ["t"],
    "phone_numbers": [
        {"phone_number_id": "p1", "phone_number": "781-555-1212", "kind": "work", "created_at": "2016-03-03T10:53:04Z"},
        {"phone_number_id": "p2", "phone_number": "781-555-3434", "kind": "home"},
        {"phone_number_id": "p3", "phone_number": "781-555-5656", "kind": "work"},
    ],
    "street_addresses": [{"street_address_id": "a1", "kind": "home", "street": "1 High Street", "city": "Lund"}],
    "custom_fields": [
        {"custom_field_id": "f1", "value": "Eva"},
        {"custom_field_id": "colour", "choice_ids": ["2"]},
    ],
}
CORE = {
    "email_address": {"address": "ann@example.com"},
    "update_source": "Account",
    "first_name": "Ann",
    "last_name": "Berg",
    "job_title": "Chief",
    "company_name": "Acme",
    "birthday_month": 11,
    "birthday_day": 5,
    "anniversary": "2006-11-15",
}


def body(changes: dict[str, str], raw: dict[str, Any] | None = None) -> dict[str, Any]:
    return put_body(RAW if raw is None else raw, changes, email="ann@example.com")


def after(raw: dict[str, Any], changes: dict[str, str]) -> dict[str, Any]:
    """Do to a contact what the service does with the body: replace what is in it, lose core properties that are not."""
    core = {"first_name", "last_name", "job_title", "company_name", "birthday_month", "birthday_day", "anniversary"}
    kept = {name: value for name, value in raw.items() if name not in core}
    return kept | body(changes, raw)


class TestARowOfAnImport:
    def test_it_is_flat(self) -> None:
        values = {"first_name": "Ann", "phone.mobile": "555-1212", "birthday": "11-05", "anniversary": "2006-11-15"}
        assert import_row("ann@example.com", values, {}) == {
            "email": "ann@example.com",
            "first_name": "Ann",
            "mobile_phone": "555-1212",
            "birthday_month": 11,
            "birthday_day": 5,
            "anniversary": "2006-11-15",
        }

    def test_home_addresses_go_without_prefix_because_the_schema_misspells_one(self) -> None:
        values = {
            "address.home.country": "Sweden",
            "address.home.postal_code": "22100",
            "address.home.street": "1 High",
        }
        row = import_row("a@example.com", values, {})
        assert row == {"email": "a@example.com", "country": "Sweden", "zip": "22100", "street": "1 High"}

    def test_other_addresses_carry_their_kind(self) -> None:
        values = {"address.work.postal_code": "22100", "address.other.state": "Skåne"}
        row = import_row("a@example.com", values, {})
        assert row == {"email": "a@example.com", "work_zip": "22100", "other_state": "Skåne"}

    def test_custom_fields_go_by_the_name_that_the_service_gave_them(self) -> None:
        row = import_row("a@example.com", {"custom.f1": "Eva", "custom.f2": "SP-1"}, {"f1": "owner_1", "f2": "Key"})
        assert row == {"email": "a@example.com", "cf:owner_1": "Eva", "cf:Key": "SP-1"}

    def test_what_is_empty_is_left_out(self) -> None:
        assert import_row("a@example.com", {"last_name": "", "birthday": ""}, {}) == {"email": "a@example.com"}

    @pytest.mark.parametrize(
        "path", ["full_name", "custom.unknown", "phone.fax", "permission_to_send", "address.work.po"]
    )
    def test_what_has_no_column_is_a_mistake_of_the_program(self, path: str) -> None:
        with pytest.raises(ValueError, match="no column"):
            import_row("a@example.com", {path: "x"}, NAMES)


class TestWhatAnImportCannotCarry:
    def test_ordinary_values_are_fine(self) -> None:
        assert why_not_importable(EVERYTHING, email="ann@example.com") == ""
        assert why_not_importable({}) == ""

    @pytest.mark.parametrize(
        ("values", "words"),
        [
            ({"first_name": "Ann", "last_name": ""}, "cannot clear last_name"),
            ({"phone.work": "+46 8 123 456 78"}, "international number: phone.work"),
            ({f"phone.{kind}": "555-1212" for kind in ("work", "home", "mobile", "other")}, "takes 3 phone numbers"),
            ({f"custom.{number}": "x" for number in range(26)}, "takes 25 custom fields, not 26"),
        ],
    )
    def test_the_reason_is_said(self, values: dict[str, str], words: str) -> None:
        assert words in why_not_importable(values)

    def test_a_long_address_is_one_reason(self) -> None:
        assert why_not_importable({}, email="x" * 38 + "@example.com") == ""
        assert "this one has 51" in why_not_importable({}, email="x" * 39 + "@example.com")


class TestTheBodyOfAPut:
    def test_it_holds_every_core_property_and_nothing_that_changes_consent_or_lists(self) -> None:
        assert body({}) == CORE

    def test_core_texts_that_are_not_set_are_sent_as_not_set(self) -> None:
        assert body({}, {"contact_id": "c"}) == {
            "email_address": {"address": "ann@example.com"},
            "update_source": "Account",
            "first_name": "",
            "last_name": "",
            "job_title": "",
            "company_name": "",
        }

    def test_a_new_address_takes_the_place_of_the_old_one(self) -> None:
        assert put_body(RAW, {}, email="new@example.com")["email_address"] == {"address": "new@example.com"}

    def test_changed_core_properties_are_in_it(self) -> None:
        changes = {"last_name": "Blom", "birthday": "02-29", "anniversary": "2020-01-31"}
        changed = {"last_name": "Blom", "birthday_month": 2, "birthday_day": 29, "anniversary": "2020-01-31"}
        assert body(changes) == CORE | changed

    def test_an_empty_value_clears(self) -> None:
        cleared = body({"last_name": "", "birthday": "", "anniversary": ""})
        left = {
            name: CORE[name] for name in ("email_address", "update_source", "first_name", "job_title", "company_name")
        }
        assert cleared == left | {"last_name": ""}

    def test_an_array_is_sent_whole_when_something_in_it_changes(self) -> None:
        assert body({"phone.work": "781-555-9999"})["phone_numbers"] == [
            {"phone_number": "781-555-9999", "kind": "work"},
            {"phone_number": "781-555-3434", "kind": "home"},
            {"phone_number": "781-555-5656", "kind": "work"},
        ]

    def test_the_other_arrays_stay_out_of_it(self) -> None:
        arrays = {"phone_numbers", "street_addresses", "custom_fields", "list_memberships", "taggings", "notes"}
        assert arrays & set(body({"address.home.city": "Malmö"})) == {"street_addresses"}

    def test_an_address_changes_part_by_part(self) -> None:
        changed = body({"address.home.city": "Malmö", "address.work.country": "Sweden", "address.work.city": "Lund"})
        assert changed["street_addresses"] == [
            {"kind": "home", "street": "1 High Street", "city": "Malmö"},
            {"kind": "work", "country": "Sweden", "city": "Lund"},
        ]

    def test_custom_fields_that_are_not_mapped_keep_their_choices(self) -> None:
        assert body({"custom.f1": "Ola", "custom.f2": "SP-1"})["custom_fields"] == [
            {"custom_field_id": "f1", "value": "Ola"},
            {"custom_field_id": "colour", "choice_ids": ["2"]},
            {"custom_field_id": "f2", "value": "SP-1"},
        ]

    def test_what_is_emptied_is_taken_out_of_its_array(self) -> None:
        cleared = body({"phone.home": "", "address.home.street": "", "address.home.city": "", "custom.f1": ""})
        assert [one["phone_number"] for one in cleared["phone_numbers"]] == ["781-555-1212", "781-555-5656"]
        assert cleared["street_addresses"] == []
        assert cleared["custom_fields"] == [{"custom_field_id": "colour", "choice_ids": ["2"]}]

    def test_a_number_for_which_there_is_no_room_is_refused_before_it_is_sent(self) -> None:
        with pytest.raises(RecordRefused, match=r"ann@example\.com would have 4 phone numbers .* 3 fit") as refused:
            body({"phone.mobile": "781-555-7878"})
        assert refused.value.status == 0

    def test_the_contact_that_was_read_stays_as_it_is(self) -> None:
        before = copy.deepcopy(RAW)
        body({"phone.work": "1", "address.home.city": "", "custom.f1": "", "first_name": ""})
        assert before == RAW

    @pytest.mark.parametrize("path", ["full_name", "permission_to_send", "phone.fax", "address.work.po", "list"])
    def test_what_a_put_does_not_write_is_a_mistake_of_the_program(self, path: str) -> None:
        with pytest.raises(ValueError, match="not written"):
            body({path: "x"})

    @given(
        st.dictionaries(
            st.sampled_from(
                [path for path in WRITTEN if path not in {"birthday", "anniversary", "phone.mobile", "phone.other"}]
                + ["custom.f1", "custom.f2"]
            ),
            st.sampled_from(["", "new"]),
        )
    )
    def test_it_makes_the_changes_and_keeps_all_else(self, changes: dict[str, str]) -> None:
        before, now = contact(RAW), contact(after(RAW, changes))
        wanted = {**before.values, **changes}
        if changes.get("phone.work") == "":
            wanted["phone.work"] = "781-555-5656"  # the second one of its kind comes into view
        assert now.values == {path: value for path, value in wanted.items() if value}
        assert (now.id, now.email, now.lists) == (before.id, before.email, before.lists)


@pytest.fixture(scope="module")
def schemas() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(OFFICIAL.read_text(encoding="utf-8"))["definitions"]
    return found


@pytest.mark.skipif(not OFFICIAL.exists(), reason="the official schemas are not at hand")
class TestAgainstTheOfficialSchemas:
    @pytest.mark.parametrize("path", [path for path in WRITTEN if path != "birthday"])
    def test_the_limits_are_those_of_a_put(self, path: str, schemas: dict[str, Any]) -> None:
        owner, name = {
            "phone": ("PhoneNumberPut", "phone_number"),
            "address": ("StreetAddressPut", path.rpartition(".")[2]),
        }.get(path.partition(".")[0], ("ContactPutRequest", path))
        assert limit_of(path) == schemas[owner]["properties"][name]["maxLength"]

    def test_the_limits_of_custom_fields_and_of_the_reason(self, schemas: dict[str, Any]) -> None:
        assert limit_of("custom.x") == schemas["ContactCustomField"]["properties"]["value"]["maxLength"]
        assert limit_of("opt_out_reason") == schemas["EmailAddress"]["properties"]["opt_out_reason"]["maxLength"]

    def test_an_import_knows_every_column_and_takes_what_a_put_takes(self, schemas: dict[str, Any]) -> None:
        known = schemas["JsonImportContact"]["properties"]
        for path in WRITTEN:
            value = EVERYTHING.get(path, "555-1212")
            for column in import_row("a@example.com", {path: value}, {}):
                limit = known[column].get("maxLength", 10**6)
                assert column == "email" or limit >= limit_of(path)

    def test_a_put_holds_only_what_its_schema_has(self, schemas: dict[str, Any]) -> None:
        changes = {path: value for path, value in EVERYTHING.items() if path != "phone.mobile"}
        sent = body(changes, RAW | {"phone_numbers": []})
        assert set(sent) <= set(schemas["ContactPutRequest"]["properties"])
        for name in ("phone_numbers", "street_addresses", "custom_fields"):
            assert len(sent[name]) <= schemas["ContactPutRequest"]["properties"][name]["maxItems"]


def limit_of(path: str) -> int:
    found: TargetField | None = target_field(path)
    assert found is not None
    return found.limit
