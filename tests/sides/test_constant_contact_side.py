"""Constant Contact's resources as our records."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from ccsync.constant_contact.side import CustomFieldDefinition, contact, custom_field, list_of
from ccsync.errors import Unreachable

ANN = "1618ae62-4752-11e9-9c8a-fa163e6b01c1"
OWNER = "2618ae62-4752-11e9-9c8a-fa163e6b01c1"

RAW: dict[str, Any] = {
    "contact_id": ANN,
    "email_address": {"address": "ann@example.com", "permission_to_send": "implicit", "opt_in_source": "Account"},
    "first_name": "Ann",
    "last_name": "Berg",
    "company_name": "Acme",
    "birthday_month": 11,
    "birthday_day": 5,
    "anniversary": "2006-11-15",
    "updated_at": "2026-10-30T18:56:35Z",
    "list_memberships": ["07936f78-662a-11eb-af0a-fa163e56c9b0"],
    "phone_numbers": [
        {"phone_number_id": "a", "phone_number": "781-555-1212", "kind": "work"},
        {"phone_number_id": "b", "phone_number": "781-555-3434", "kind": "work"},
        {"phone_number_id": "c", "phone_number": "781-555-5656"},
    ],
    "street_addresses": [
        {"street_address_id": "d", "kind": "home", "street": "1 High Street", "city": "Lund"},
        {"street_address_id": "e", "kind": "home", "street": "2 Low Street", "country": "Sweden"},
        {"street_address_id": "f", "kind": "work", "postal_code": "22100"},
    ],
    "custom_fields": [
        {"custom_field_id": OWNER, "value": "Eva"},
        {"custom_field_id": "colour", "choice_ids": ["2", "1", "9"]},
    ],
}


class TestAContact:
    def test_its_values_stand_under_the_paths_of_the_field_map(self) -> None:
        found = contact(RAW)
        assert found.values == {
            "first_name": "Ann",
            "last_name": "Berg",
            "company_name": "Acme",
            "birthday": "11-05",
            "anniversary": "2006-11-15",
            "phone.work": "781-555-1212",
            "phone.other": "781-555-5656",
            "address.home.street": "1 High Street",
            "address.home.city": "Lund",
            "address.work.postal_code": "22100",
            f"custom.{OWNER}": "Eva",
        }

    def test_who_it_is_and_what_it_allows(self) -> None:
        found = contact(RAW)
        assert (found.id, found.email, found.permission) == (ANN, "ann@example.com", "implicit")
        assert found.lists == {"07936f78-662a-11eb-af0a-fa163e56c9b0"}
        assert found.usable
        assert not found.opted_out

    def test_choices_are_labels_when_their_definition_is_known(self) -> None:
        definition = CustomFieldDefinition("colour", "colour", "Colour", "multi_select", (("1", "Red"), ("2", "Blue")))
        assert contact(RAW, {"colour": definition}).values["custom.colour"] == "Blue; Red"

    def test_somebody_who_opted_out(self) -> None:
        email = {
            "address": "ann@example.com",
            "permission_to_send": "unsubscribed",
            "opt_out_date": "2026-10-01T10:00:00Z",
            "opt_out_reason": "Too many mails",
        }
        found = contact({"contact_id": ANN, "email_address": email})
        assert found.opted_out
        assert (found.opt_out_date, found.opt_out_reason) == ("2026-10-01T10:00:00Z", "Too many mails")

    def test_a_date_of_deletion_means_deleted(self) -> None:
        assert contact(RAW | {"deleted_at": "2016-07-08"}).deleted
        assert not contact(RAW | {"deleted_at": None}).deleted

    @pytest.mark.parametrize("missing", [{}, {"email_address": None}, {"email_address": {}}])
    def test_it_may_have_no_address_and_nothing_else(self, missing: dict[str, Any]) -> None:
        found = contact({"contact_id": ANN} | missing)
        assert (found.email, found.permission, found.values, found.updated) == ("", "", {}, None)

    @pytest.mark.parametrize(
        "text",
        ["2024-10-30T18:56:35Z", "2024-10-30T18:56:35.000+00:00", "2024-10-30T13:56:35-05:00", "2024-10-30T18:56:35"],
    )
    def test_its_times_come_in_several_forms(self, text: str) -> None:
        assert contact(RAW | {"updated_at": text}).updated == datetime(2024, 10, 30, 18, 56, 35, tzinfo=UTC)

    @pytest.mark.parametrize(
        "half", [{"birthday_day": None}, {"birthday_month": 13}, {"birthday_month": "", "birthday_day": ""}]
    )
    def test_half_a_birthday_is_none(self, half: dict[str, Any]) -> None:
        assert "birthday" not in contact(RAW | half).values

    def test_members_of_another_type_than_promised_are_not_there(self) -> None:
        odd: dict[str, Any] = {
            "phone_numbers": None,
            "custom_fields": {},
            "street_addresses": ["x"],
            "list_memberships": "x",
        }
        found = contact({"contact_id": ANN, "email_address": "ann@example.com"} | odd)
        assert (found.values, found.lists) == ({}, frozenset())

    @pytest.mark.parametrize("raw", [{}, {"contact_id": ""}, None, [], "x"])
    def test_without_an_id_it_is_nonsense(self, raw: Any) -> None:
        with pytest.raises(Unreachable, match="without contact_id"):
            contact(raw)


class TestListsAndCustomFields:
    def test_a_custom_field_has_a_name_for_imports_and_a_label_for_people(self) -> None:
        raw = {"custom_field_id": OWNER, "name": "hobby", "label": "Hobby", "type": "string"}
        assert custom_field(raw) == CustomFieldDefinition(OWNER, "hobby", "Hobby", "string")

    def test_a_select_has_choices(self) -> None:
        choices = [{"choice_id": 1, "choice_label": "Red"}, {"choice_id": "9A63BC", "choice_label": "Blue"}]
        raw = {"custom_field_id": OWNER, "name": "c", "label": "C", "type": "single_select", "choices": choices}
        assert custom_field(raw).choices == (("1", "Red"), ("9A63BC", "Blue"))

    def test_a_list_says_whether_it_is_deleted(self) -> None:
        assert list_of({"list_id": "l", "name": "Customers"}) == ("l", "Customers", False)
        assert list_of({"list_id": "l", "name": "Old", "deleted_at": "2016-07-08T00:00:00Z"}).deleted

    def test_without_an_id_they_are_nonsense(self) -> None:
        with pytest.raises(Unreachable, match="without custom_field_id"):
            custom_field({"label": "x"})
        with pytest.raises(Unreachable, match="without list_id"):
            list_of({"name": "x"})
