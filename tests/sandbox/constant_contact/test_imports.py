"""The JSON import: what lands, what does not, and what the counters say about it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from ccsync.sandbox.constant_contact.import_rows import rows_within

if TYPE_CHECKING:
    from ccsync.sandbox.constant_contact.service import ConstantContactService

LATER = "2026-03-10T12:01:00Z"


def counts(activity: Any) -> dict[str, int]:
    """Return the counters that are not zero."""
    return {name: number for name, number in activity["status"].items() if number}


def found(service: ConstantContactService, email: str) -> dict[str, Any]:
    contact = service.people.find(email)
    assert contact is not None
    return contact


class TestWhoIsImported:
    def test_a_new_person_gets_implicit_permission_and_the_lists(
        self, service: ConstantContactService, api: Any, customers: str
    ) -> None:
        service.people.add_field("Region")
        row = {
            "email": " Bo@Example.com ", "first_name": "Bo", "company_name": "Fjord AB", "cf:region": "North",
            "work_phone": "218-555-0199", "street": "Gata 1", "street2": "3 tr", "zip": "111 22", "country": "Sweden",
            "birthday_month": 2, "birthday_day": 29, "anniversary": "2020-05-01",
        }  # fmt: skip
        activity = api.imported(row, lists=[customers])
        assert (activity["state"], activity["percent_done"]) == ("completed", 100)
        assert counts(activity) == {"items_total_count": 2, "person_count": 1}
        bo = found(service, "bo@example.com")
        email = bo["email_address"]
        assert (email["permission_to_send"], email["opt_in_source"], bo["create_source"]) == (
            "implicit", "Account", "Account",
        )  # fmt: skip
        assert bo["list_memberships"] == [customers]
        assert bo["custom_fields"][0]["value"] == "North"
        assert (bo["phone_numbers"][0]["kind"], bo["phone_numbers"][0]["phone_number"]) == ("work", "218-555-0199")
        street = bo["street_addresses"][0]
        assert (street["kind"], street["street"], street["postal_code"]) == ("home", "Gata 1 3 tr", "111 22")
        assert (bo["birthday_month"], bo["birthday_day"], bo["anniversary"]) == (2, 29, "2020-05-01")

    def test_somebody_known_keeps_permission_lists_and_what_the_row_does_not_bring(
        self, service: ConstantContactService, api: Any, ann: str, customers: str
    ) -> None:
        service.people.opt_in_again(ann)
        other = service.people.add_list("Other")
        api.imported({"email": "ANN@example.com", "first_name": "Anna"}, lists=[other])
        person = found(service, "ann@example.com")
        assert (person["contact_id"], person["first_name"], person["last_name"]) == (ann, "Anna", "Lind")
        assert person["email_address"]["permission_to_send"] == "explicit"
        assert set(person["list_memberships"]) == {customers, other}

    def test_somebody_unsubscribed_is_updated_and_counted_and_not_put_on_the_list(
        self, service: ConstantContactService, api: Any, ann: str, customers: str
    ) -> None:
        service.people.unsubscribe(ann)
        activity = api.imported({"email": "ann@example.com", "first_name": "Anna"}, lists=[customers])
        assert counts(activity) == {"items_total_count": 2, "person_count": 1, "cannot_add_to_list_count": 1}
        person = found(service, "ann@example.com")
        assert person["first_name"] == "Anna"
        assert person["list_memberships"] == []
        assert person["email_address"]["permission_to_send"] == "unsubscribed"

    @pytest.mark.parametrize(
        ("reading", "source", "permission"),
        [(False, "Account", "unsubscribed"), (True, "Account", "implicit"), (True, "Contact", "unsubscribed")],
    )
    def test_by_switch_an_opt_out_by_the_account_is_undone_but_never_a_persons_own(
        self,
        service: ConstantContactService,
        api: Any,
        ann: str,
        customers: str,
        *,
        reading: bool,
        source: str,
        permission: str,
    ) -> None:
        service.set_switches(import_adds_account_opt_outs=reading)
        service.people.unsubscribe(ann, source)
        api.imported({"email": "ann@example.com"}, lists=[customers])
        person = found(service, "ann@example.com")
        assert person["email_address"]["permission_to_send"] == permission
        assert bool(person["list_memberships"]) == (permission == "implicit")

    def test_somebody_deleted_comes_back_with_old_values_but_an_opt_out_stays(
        self, service: ConstantContactService, api: Any, ann: str, customers: str
    ) -> None:
        bo = service.people.add("bo@example.com")
        service.people.unsubscribe(bo)
        for gone in (ann, bo):
            service.people.delete(gone)
        api.imported({"email": "ann@example.com"}, {"email": "bo@example.com"}, lists=[customers])
        back, out = found(service, "ann@example.com"), found(service, "bo@example.com")
        assert (back["first_name"], back["list_memberships"], "deleted_at" in back) == ("Ann", [customers], False)
        assert (out["email_address"]["permission_to_send"], out["list_memberships"]) == ("unsubscribed", [])

    def test_by_switch_the_deleted_stay_deleted(
        self, service: ConstantContactService, api: Any, ann: str, customers: str
    ) -> None:
        service.set_switches(import_revives_deleted=False)
        service.people.delete(ann)
        activity = api.imported({"email": "ann@example.com"}, lists=[customers])
        assert activity["activity_errors"] == ["Line 2: The contact is deleted"]
        assert "deleted_at" in found(service, "ann@example.com")


@pytest.mark.usefixtures("ann", "_a_minute_later")
class TestWhatMovesUpdatedAt:
    @pytest.fixture
    def _a_minute_later(self, clock: Any) -> None:
        clock.sleep(60)

    def test_a_changed_value_does(self, service: ConstantContactService, api: Any, customers: str) -> None:
        api.imported({"email": "ann@example.com", "first_name": "Anna"}, lists=[customers])
        assert found(service, "ann@example.com")["updated_at"] == LATER

    @pytest.mark.parametrize("reading", [False, True])
    def test_equal_values_do_by_switch_only(
        self, service: ConstantContactService, api: Any, customers: str, *, reading: bool
    ) -> None:
        service.set_switches(import_of_same_values_moves_updated_at=reading)
        api.imported({"email": "ann@example.com", "first_name": "Ann"}, lists=[customers])
        assert (found(service, "ann@example.com")["updated_at"] == LATER) is reading

    @pytest.mark.parametrize("reading", [False, True])
    def test_a_new_list_alone_does_by_switch_only(
        self, service: ConstantContactService, api: Any, *, reading: bool
    ) -> None:
        service.set_switches(list_change_moves_updated_at=reading)
        api.imported({"email": "ann@example.com"}, lists=[service.people.add_list("Other")])
        assert (found(service, "ann@example.com")["updated_at"] == LATER) is reading


class TestValues:
    @pytest.mark.parametrize(("reading", "value"), [("ignored", "Lind"), ("clears", None)])
    @pytest.mark.usefixtures("ann")
    def test_an_empty_text(
        self, *, service: ConstantContactService, api: Any, customers: str, reading: str, value: str | None
    ) -> None:
        service.set_switches(empty_in_import=reading)
        api.imported({"email": "ann@example.com", "last_name": ""}, lists=[customers])
        assert found(service, "ann@example.com").get("last_name") == value

    @pytest.mark.parametrize(("reading", "value"), [("row_error", None), ("truncated", "x" * 50)])
    def test_text_that_is_too_long(
        self, service: ConstantContactService, api: Any, customers: str, reading: str, value: str | None
    ) -> None:
        service.set_switches(long_text_in_import=reading)
        activity = api.imported({"email": "bo@example.com", "first_name": "x" * 51}, lists=[customers])
        if value is None:
            assert counts(activity) == {"items_total_count": 2, "error_count": 1}
            assert activity["activity_errors"] == ["Line 2: first_name is longer than 50 characters"]
            assert service.people.find("bo@example.com") is None
        else:
            assert found(service, "bo@example.com")["first_name"] == value

    @pytest.mark.parametrize(("reading", "errors"), [("ignored", 0), ("row_error", 1)])
    def test_an_unknown_custom_field(
        self, service: ConstantContactService, api: Any, customers: str, reading: str, errors: int
    ) -> None:
        service.set_switches(unknown_field_in_import=reading)
        activity = api.imported({"email": "bo@example.com", "cf:nothing": "x"}, lists=[customers])
        assert activity["status"]["error_count"] == errors

    @pytest.mark.parametrize(("reading", "numbers"), [("accepted", 1), ("dropped", 0), ("row_error", None)])
    def test_a_foreign_phone_number(
        self, service: ConstantContactService, api: Any, customers: str, reading: str, numbers: int | None
    ) -> None:
        service.set_switches(foreign_phone_in_import=reading)
        rows = [
            {"email": "bo@example.com", "phone": "+46 8 123 45 67"},
            {"email": "us@example.com", "phone": "1 218 555 0199"},
        ]
        activity = api.imported(*rows, lists=[customers])
        assert len(found(service, "us@example.com")["phone_numbers"]) == 1
        if numbers is None:
            assert activity["activity_errors"] == ["Line 2: phone is not a supported phone number"]
        else:
            assert len(found(service, "bo@example.com").get("phone_numbers", [])) == numbers

    @pytest.mark.parametrize(("reading", "errors"), [("accepted", 0), ("row_error", 1)])
    def test_an_address_of_51_to_80_characters(
        self, service: ConstantContactService, api: Any, customers: str, reading: str, errors: int
    ) -> None:
        service.set_switches(long_email_in_import=reading)
        activity = api.imported({"email": f"{'b' * 40}@example.com"}, lists=[customers])
        assert activity["status"]["error_count"] == errors

    @pytest.mark.parametrize(
        ("reading", "name", "errors"), [("last_wins", "two", 0), ("first_wins", "one", 0), ("row_error", "one", 1)]
    )
    def test_one_address_twice(
        self, *, service: ConstantContactService, api: Any, customers: str, reading: str, name: str, errors: int
    ) -> None:
        service.set_switches(duplicate_in_import=reading)
        rows = [{"email": "bo@example.com", "first_name": "one"}, {"email": "BO@example.com", "first_name": "two"}]
        activity = api.imported(*rows, lists=[customers])
        assert found(service, "bo@example.com")["first_name"] == name
        assert activity["status"]["error_count"] == errors

    @pytest.mark.parametrize(("reading", "value"), [("label", "Large"), ("id", None)])
    def test_a_choice_is_named_by_label_or_id(
        self, service: ConstantContactService, api: Any, customers: str, reading: str, value: str | None
    ) -> None:
        service.set_switches(select_in_import=reading)
        field = api.post(
            "/contact_custom_fields", label="Size", type="single_select", choices=[{"choice_label": "Large"}]
        )
        choice = str(field["choices"][0]["choice_id"])
        api.imported({"email": "bo@example.com", "cf:size": value or choice}, lists=[customers])
        assert found(service, "bo@example.com")["custom_fields"][0]["choice_ids"] == [choice]

    def test_a_phone_of_the_same_kind_is_replaced_and_others_stay(
        self, service: ConstantContactService, api: Any, ann: str, customers: str
    ) -> None:
        numbers = [{"phone_number": "2185550001", "kind": "work"}, {"phone_number": "2185550002", "kind": "home"}]
        service.people.edit(ann, phone_numbers=numbers)
        api.imported({"email": "ann@example.com", "work_phone": "2185550003"}, lists=[customers])
        phones = {each["kind"]: each["phone_number"] for each in found(service, "ann@example.com")["phone_numbers"]}
        assert phones == {"home": "2185550002", "work": "2185550003"}


class TestCounters:
    def test_each_row_is_judged_alone_and_named_by_its_line_after_a_header(
        self, service: ConstantContactService, api: Any, customers: str
    ) -> None:
        activity = api.imported(
            {"email": "good@example.com"},
            {"email": "no address"},
            {"first_name": "Nobody"},
            {"email": "day@example.com", "birthday_month": 2, "birthday_day": 40},
            {"email": "year@example.com", "anniversary": "soon"},
            {"email": "long@example.com", "job_title": "x" * 51},
            lists=[customers],
        )
        assert counts(activity) == {
            "items_total_count": 7,
            "person_count": 1,
            "correctable_count": 4,
            "error_count": 1,
        }
        assert activity["activity_errors"] == [
            "Line 3: Invalid email address",
            "Line 4: Missing email address",
            "Line 5: Invalid birthday",
            "Line 6: Invalid anniversary",
            "Line 7: job_title is longer than 50 characters",
        ]
        assert [each["email_address"]["address"] for each in service.people.all()] == ["good@example.com"]

    def test_by_switch_person_count_counts_all_rows(
        self, service: ConstantContactService, api: Any, customers: str
    ) -> None:
        service.set_switches(person_count_in_import="all")
        assert (
            api.imported({"email": "x"}, {"email": "y@example.com"}, lists=[customers])["status"]["person_count"] == 2
        )


class TestLimits:
    def test_rows_that_do_not_end_within_the_size_are_dropped_in_silence(
        self, service: ConstantContactService, api: Any, customers: str
    ) -> None:
        rows = [{"email": f"p{number}@example.com"} for number in range(10)]
        body = json.dumps({"import_data": rows, "list_ids": [customers]})
        service.set_switches(import_bytes=body.index('{"email": "p7'))
        headers = {"Content-Type": "application/json"}
        posted = api.send("POST", "/v3/activities/contacts_json_import", data=body, headers=headers).json()
        activity = api.get(f"/activities/{posted['activity_id']}")
        assert (activity["state"], activity["activity_errors"]) == ("completed", [])
        assert counts(activity) == {"items_total_count": 8, "person_count": 7}
        assert len(service.people.all()) == 7

    @pytest.mark.parametrize("separators", [(",", ":"), (" ,\n ", " : ")])
    def test_the_size_is_measured_in_encoded_bytes_whatever_the_layout(self, separators: tuple[str, str]) -> None:
        rows = [{"email": "å@example.com", "first_name": '}]{ö\\"'} for _ in range(5)]
        text = json.dumps({"list_ids": ["x"], "import_data": rows}, ensure_ascii=False, separators=separators)
        raw = text.encode()
        assert rows_within(raw, len(raw)) == 5
        assert rows_within(raw, raw.rindex(b"}", 0, -3)) == 4
        assert rows_within(raw, 20) == 0

    def test_rows_above_the_number_are_dropped_in_silence(
        self, service: ConstantContactService, api: Any, customers: str
    ) -> None:
        service.set_switches(import_rows=2)
        activity = api.imported(*({"email": f"p{number}@example.com"} for number in range(3)), lists=[customers])
        assert counts(activity) == {"items_total_count": 3, "person_count": 2}

    @pytest.mark.parametrize(
        "body",
        [
            {"import_data": [], "list_ids": []},
            {"import_data": []},
            {"import_data": [{"email": {"address": "bo@example.com"}}], "list_ids": ["CUSTOMERS"]},
            {"import_data": [{"surname": "Ek"}], "list_ids": ["CUSTOMERS"]},
            {"import_data": [], "list_ids": ["0e0e0e0e-0000-11f1-8000-000000000001"]},
        ],
    )
    def test_a_body_of_the_wrong_shape_is_refused_as_a_whole(
        self, api: Any, customers: str, body: dict[str, Any]
    ) -> None:
        given = json.loads(json.dumps(body).replace("CUSTOMERS", customers))
        assert api.refused("POST", "/activities/contacts_json_import", given)[0] == 400

    @pytest.mark.usefixtures("ann")
    def test_no_more_than_25_custom_fields_and_50_lists(self, service: ConstantContactService, api: Any) -> None:
        for number in range(26):
            service.people.add_field(f"F{number}")
        lists = [service.people.add_list(f"L{number}") for number in range(50)]
        row = {"email": "bo@example.com", **{f"cf:f{number}": "x" for number in range(26)}}
        activity = api.imported(row, {"email": "ann@example.com"}, lists=lists)
        assert activity["activity_errors"] == ["Line 2: More than 25 custom fields", "Line 3: More than 50 lists"]
