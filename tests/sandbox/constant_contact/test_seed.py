"""The account that a fresh sandbox begins with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ccsync.sandbox.constant_contact.seed import seed

if TYPE_CHECKING:
    from ccsync.sandbox.constant_contact.service import ConstantContactService
    from ccsync.sandbox.people import Population


@pytest.fixture
def contacts(service: ConstantContactService, everybody: Population) -> list[dict[str, Any]]:
    seed(service, everybody.people)
    return service.people.all()


def addresses(contacts: list[dict[str, Any]]) -> set[str]:
    return {each["email_address"]["address"] for each in contacts if "email_address" in each}


def test_about_half_of_120_contacts_are_known_to_membrain(
    contacts: list[dict[str, Any]], everybody: Population
) -> None:
    known = {person.email.strip().lower() for person in everybody.people}
    assert len(contacts) == 120
    assert len(addresses(contacts) & known) == 60


def test_some_have_opted_out_are_deleted_or_have_no_address(contacts: list[dict[str, Any]]) -> None:
    permissions = {each.get("email_address", {}).get("permission_to_send") for each in contacts}
    assert permissions == {None, "implicit", "explicit", "unsubscribed", "temp_hold", "pending_confirmation", "not_set"}
    assert sum("deleted_at" in each for each in contacts) == 4
    assert len(contacts) - len(addresses(contacts)) == 2
    assert sum("sms_channel" in each for each in contacts) == 1


def test_some_values_differ_from_membrains(contacts: list[dict[str, Any]], everybody: Population) -> None:
    companies = {person.email.strip().lower(): person.company for person in everybody.people}
    shared = [each for each in contacts if each.get("email_address", {}).get("address") in companies]
    same = [each.get("company_name", "") == companies[each["email_address"]["address"]] for each in shared]
    assert 10 < same.count(False) < 30


def test_there_is_one_list_and_one_field_and_everything_is_older_than_a_month(
    contacts: list[dict[str, Any]], service: ConstantContactService, api: Any
) -> None:
    assert [each["name"] for each in service.people.lists()] == ["Newsletter"]
    assert [each["label"] for each in service.people.fields()] == ["Region"]
    assert max(each["updated_at"] for each in contacts) <= "2026-02-08T12:00:00Z"
    assert len(api.walk(status="all", limit=500, include="custom_fields,list_memberships")[0]) == 120
