"""POST, PUT and DELETE of one contact, the sign-up form, and what hands do in the product."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from ccsync.sandbox.constant_contact.service import ConstantContactService

NOBODY = "0e0e0e0e-0000-11f1-8000-000000000001"


def put(api: Any, contact_id: str, **body: Any) -> Any:
    return api.put(f"/contacts/{contact_id}", **{"update_source": "Account", **body})


class TestCreating:
    def test_the_whole_contact_comes_back_lower_cased_and_trimmed_with_implicit_permission(
        self, api: Any, customers: str
    ) -> None:
        made = api.post(
            "/contacts",
            email_address={"address": " Bo@Example.COM "},
            first_name="Bo",
            create_source="Account",
            phone_numbers=[{"phone_number": "+46 8 123 45", "kind": "work"}],
            street_addresses=[{"kind": "home", "city": "Umeå"}],
            list_memberships=[customers],
        )
        assert made["email_address"]["address"] == "bo@example.com"
        assert made["email_address"]["permission_to_send"] == "implicit"
        assert made["email_address"]["opt_in_source"] == "Account"
        assert made["phone_numbers"][0]["phone_number"] == "+46 8 123 45"
        assert made["street_addresses"][0]["city"] == "Umeå"
        assert made["list_memberships"] == [customers]

    @pytest.mark.parametrize("state", ["active", "deleted", "unsubscribed"])
    def test_a_taken_address_is_a_409_that_names_the_contact_whatever_its_state(
        self, service: ConstantContactService, api: Any, ann: str, state: str
    ) -> None:
        if state == "deleted":
            service.people.delete(ann)
        if state == "unsubscribed":
            service.people.unsubscribe(ann)
        body = {"email_address": {"address": "ANN@example.com"}, "create_source": "Account"}
        conflict = (409, f"contacts.api.conflict: Email already exists for contact {ann}")
        assert api.refused("POST", "/contacts", body) == conflict
        service.set_switches(conflict_message="not_unique")
        assert "EmailAddress is not unique" in api.refused("POST", "/contacts", body)[1]

    @pytest.mark.parametrize(
        "body",
        [
            {"first_name": "Bo"},
            {"create_source": "Account"},
            {"create_source": "Robot", "first_name": "Bo"},
            {"create_source": "Account", "email_address": {"address": "bo"}},
            {"create_source": "Account", "email_address": {"address": f"{'b' * 70}@example.com"}},
            {"create_source": "Account", "first_name": "Bo", "list_memberships": [NOBODY]},
            {"create_source": "Account", "first_name": "Bo", "custom_fields": [{"custom_field_id": NOBODY}]},
            {"create_source": "Account", "first_name": "Bo", "birthday_month": 1},
            {"create_source": "Account", "first_name": "Bo", "birthday_month": 13, "birthday_day": 1},
            {"create_source": "Account", "first_name": "Bo", "anniversary": "soon"},
            {"create_source": "Account", "first_name": "Bo", "phone_numbers": [{"phone_number": "1"}] * 4},
        ],
    )
    def test_what_is_not_valid(self, api: Any, body: dict[str, Any]) -> None:
        status, message = api.refused("POST", "/contacts", body)
        assert (status, message.split(":")[0]) == (400, "contacts.api.validation.error")

    def test_an_address_is_not_needed_but_something_is(self, api: Any) -> None:
        made = api.post("/contacts", last_name="Lind", create_source="Account")
        assert "email_address" not in made


class TestPut:
    def test_core_fields_left_out_or_blank_are_emptied_and_subresources_left_out_stay(
        self, service: ConstantContactService, api: Any, ann: str, customers: str
    ) -> None:
        service.people.edit(ann, job_title="Boss", phone_numbers=[{"phone_number": "1234567890"}])
        put(api, ann, email_address={"address": "ann@example.com"}, first_name="Anna", last_name="")
        found = api.contact(ann)
        assert found["first_name"] == "Anna"
        assert not {"last_name", "job_title", "company_name"} & set(found)
        assert found["list_memberships"] == [customers]
        assert found["phone_numbers"][0]["kind"] == "other"

    def test_core_fields_that_are_sent_are_what_the_contact_has(self, api: Any, ann: str) -> None:
        core = {
            "first_name": "Anna", "last_name": "Lind-Ek", "job_title": "Boss", "company_name": "Fjord Bygg AB",
            "birthday_month": 2, "birthday_day": 29, "anniversary": "2020-05-01",
        }  # fmt: skip
        put(api, ann, **core)
        assert core.items() <= api.contact(ann).items()

    def test_a_sent_array_replaces_the_old_one(self, service: ConstantContactService, api: Any, ann: str) -> None:
        other = service.people.add_list("Other")
        email = {"address": "ann@example.com"}
        assert put(api, ann, email_address=email, list_memberships=[other])["list_memberships"] == [other]
        assert put(api, ann, email_address=email, list_memberships=[])["list_memberships"] == []

    def test_by_switch_lists_are_merged(
        self, service: ConstantContactService, api: Any, ann: str, customers: str
    ) -> None:
        service.set_switches(put_list_array="merge")
        other = service.people.add_list("Other")
        found = put(api, ann, email_address={"address": "ann@example.com"}, list_memberships=[other])
        assert set(found["list_memberships"]) == {customers, other}

    def test_it_revives_a_deleted_contact(self, service: ConstantContactService, api: Any, ann: str) -> None:
        service.people.delete(ann)
        assert "deleted_at" not in put(api, ann, email_address={"address": "ann@example.com"})

    @pytest.mark.parametrize(
        ("reading", "permission"), [("keeps", "unsubscribed"), ("implicit", "implicit"), ("not_set", "not_set")]
    )
    def test_leaving_out_the_permission(
        self, service: ConstantContactService, api: Any, ann: str, reading: str, permission: str
    ) -> None:
        service.people.unsubscribe(ann)
        service.set_switches(put_without_permission=reading)
        found = put(api, ann, email_address={"address": "ann@example.com"})["email_address"]
        assert found["permission_to_send"] == permission
        assert ("opt_out_date" in found) == (permission == "unsubscribed")

    @pytest.mark.parametrize(("reading", "kept"), [("keeps", True), ("nulls", False)])
    def test_leaving_out_the_address(
        self, service: ConstantContactService, api: Any, ann: str, reading: str, *, kept: bool
    ) -> None:
        service.set_switches(put_without_email=reading)
        assert ("email_address" in put(api, ann, first_name="Ann")) is kept

    def test_sending_a_permission_opts_in_or_out(self, api: Any, ann: str, clock: Any) -> None:
        clock.sleep(60)
        email = {"address": "ann@example.com", "permission_to_send": "unsubscribed", "opt_out_reason": "enough"}
        out = put(api, ann, email_address=email, update_source="Contact")
        assert out["email_address"]["opt_out_source"] == "Contact"
        assert out["email_address"]["opt_out_reason"] == "enough"
        assert out["list_memberships"] == []
        back = put(api, ann, email_address={"address": "ann@example.com", "permission_to_send": "explicit"})
        assert back["email_address"]["permission_to_send"] == "explicit"
        assert "opt_out_date" not in back["email_address"]

    def test_someone_unsubscribed_cannot_be_put_on_a_list(
        self, service: ConstantContactService, api: Any, ann: str, customers: str
    ) -> None:
        service.people.unsubscribe(ann)
        body = {"email_address": {"address": "ann@example.com"}, "list_memberships": [customers]}
        assert put(api, ann, **body)["list_memberships"] == []

    def test_an_address_can_move_but_not_onto_somebody_else(
        self, service: ConstantContactService, api: Any, ann: str
    ) -> None:
        bo = service.people.add("bo@example.com")
        service.people.delete(bo)
        moved = put(api, ann, email_address={"address": "ann.lind@example.com"})
        assert (moved["contact_id"], moved["email_address"]["address"]) == (ann, "ann.lind@example.com")
        body = {"email_address": {"address": "bo@example.com"}, "update_source": "Account"}
        assert api.refused("PUT", f"/contacts/{ann}", body)[0] == 409

    def test_it_moves_updated_at_and_needs_a_source(self, api: Any, ann: str, clock: Any) -> None:
        clock.sleep(60.9)
        assert put(api, ann, first_name="Ann")["updated_at"] == "2026-03-10T12:01:00Z"
        assert "update_source is missing" in api.refused("PUT", f"/contacts/{ann}", {})[1]
        body = {"update_source": "Account", "email_address": {"address": "a@example.com", "opt_in_source": "Contact"}}
        assert api.refused("PUT", f"/contacts/{ann}", body)[0] == 400


class TestDelete:
    @pytest.mark.usefixtures("service")
    def test_it_is_a_state_that_keeps_the_data_and_leaves_all_lists(self, api: Any, ann: str, clock: Any) -> None:
        clock.sleep(60)
        assert api.delete(f"/contacts/{ann}").status_code == 204
        found = api.contact(ann)
        assert (found["deleted_at"], found["first_name"], found["list_memberships"]) == ("2026-03-10", "Ann", [])
        assert found["updated_at"] == "2026-03-10T12:01:00Z"
        assert api.delete(f"/contacts/{ann}").status_code == 204
        assert api.delete(f"/contacts/{NOBODY}").status_code == 404

    def test_by_switch_it_does_not_move_updated_at(
        self, service: ConstantContactService, api: Any, ann: str, clock: Any
    ) -> None:
        service.set_switches(delete_moves_updated_at=False)
        clock.sleep(60)
        api.delete(f"/contacts/{ann}")
        assert api.contact(ann)["updated_at"] == "2026-03-10T12:00:00Z"


class TestResubscribe:
    def test_a_mail_goes_out_once_ever_and_nobody_is_opted_in(
        self, service: ConstantContactService, api: Any, ann: str, customers: str
    ) -> None:
        path, body = f"/contacts/resubscribe/{ann}", {"list_ids": [customers]}
        assert api.refused("PUT", path, body)[0] == 409
        service.people.unsubscribe(ann)
        assert api.put(path, **body) == {}
        assert api.contact(ann)["email_address"]["permission_to_send"] == "unsubscribed"
        assert api.refused("PUT", path, body)[0] == 409


class TestSignUpForm:
    """It is dangerous, and the sandbox does not hide it."""

    def test_it_opts_in_somebody_who_had_opted_out_and_revives_the_deleted(
        self, service: ConstantContactService, api: Any, ann: str, customers: str
    ) -> None:
        service.people.unsubscribe(ann)
        service.people.delete(ann)
        answer = api.post("/contacts/sign_up_form", email_address="Ann@example.com", list_memberships=[customers])
        assert answer == {"contact_id": ann, "action": "updated"}
        found = api.contact(ann)
        assert found["email_address"]["permission_to_send"] == "explicit"
        assert (found["list_memberships"], "deleted_at" in found) == ([customers], False)

    @pytest.mark.usefixtures("customers")
    def test_it_changes_only_what_it_is_given_and_appends_lists_and_fields(
        self, service: ConstantContactService, api: Any, ann: str
    ) -> None:
        region, owner = service.people.add_field("Region"), service.people.add_field("Owner")
        service.people.edit(ann, custom_fields={"Region": "North"})
        api.post(
            "/contacts/sign_up_form",
            email_address="ann@example.com",
            first_name="Anna",
            list_memberships=[service.people.add_list("Other")],
            custom_fields=[{"custom_field_id": owner, "value": "Eva"}],
        )
        found = api.contact(ann)
        assert (found["first_name"], found["last_name"]) == ("Anna", "Lind")
        assert len(found["list_memberships"]) == 2
        assert {each["custom_field_id"]: each["value"] for each in found["custom_fields"]} == {
            region: "North",
            owner: "Eva",
        }

    @pytest.mark.parametrize(("confirmed", "permission"), [(False, "explicit"), (True, "pending_confirmation")])
    def test_a_new_contact_has_opted_in_by_itself(
        self, service: ConstantContactService, api: Any, customers: str, permission: str, *, confirmed: bool
    ) -> None:
        service.set_switches(confirmed_opt_in=confirmed)
        body = {"email_address": "new@example.com", "list_memberships": [customers], "phone_number": "1234567890"}
        answer = api.send("POST", "/v3/contacts/sign_up_form", json=body)
        assert (answer.status_code, answer.json()["action"]) == (201, "created")
        found = api.contact(answer.json()["contact_id"])["email_address"]
        assert (found["permission_to_send"], found["opt_in_source"]) == (permission, "Contact")


class TestHands:
    def test_edits_show_and_move_updated_at(
        self, service: ConstantContactService, api: Any, ann: str, clock: Any
    ) -> None:
        service.people.add_field("Region")
        clock.sleep(60)
        service.people.edit(
            ann, email="Ann.Lind@example.com", last_name=None, custom_fields={"Region": "North"}, job_title="Boss"
        )
        found = api.contact(ann)
        assert (found["email_address"]["address"], found["job_title"]) == ("ann.lind@example.com", "Boss")
        assert "last_name" not in found
        assert found["custom_fields"][0]["value"] == "North"
        assert found["updated_at"] == "2026-03-10T12:01:00Z"

    def test_opting_in_again_brings_back_the_permission_but_no_list(
        self, service: ConstantContactService, api: Any, ann: str
    ) -> None:
        service.people.unsubscribe(ann)
        service.people.opt_in_again(ann)
        found = api.contact(ann)
        assert (found["email_address"]["permission_to_send"], found["list_memberships"]) == ("explicit", [])

    @pytest.mark.parametrize(("moves", "stamp"), [(False, "2026-03-10T12:00:00Z"), (True, "2026-03-10T12:01:00Z")])
    def test_whether_a_list_change_moves_updated_at_is_a_switch(
        self,
        service: ConstantContactService,
        api: Any,
        ann: str,
        customers: str,
        clock: Any,
        *,
        moves: bool,
        stamp: str,
    ) -> None:
        service.set_switches(list_change_moves_updated_at=moves)
        clock.sleep(60)
        service.people.take_off_list(ann, customers)
        assert api.contact(ann)["updated_at"] == stamp
        service.people.put_on_list(ann, customers)
        assert api.contact(ann)["list_memberships"] == [customers]

    def test_the_erased_just_vanish(self, service: ConstantContactService, api: Any, ann: str) -> None:
        service.people.erase(ann)
        assert service.people.all() == []
        assert api.get("/contacts", status="all") == {"contacts": []}
        with pytest.raises(LookupError):
            service.people.edit(ann, first_name="Ann")
