"""POST, PUT and DELETE: what is demanded, what is taken, what is answered, what moves the times."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ccsync.sandbox.membrain.loading import BORN, CONSENT, CUSTOM_FIELDS, INTERESTS, NEWSLETTER

if TYPE_CHECKING:
    from ccsync.sandbox.membrain.service import MembrainService

LATER = "2026-03-10 13:00:00"


def prop(custom: Any) -> str:
    return f"CustomField{custom.id}"


@pytest.fixture(autouse=True)
def custom_fields(membrain: MembrainService) -> None:
    for custom in CUSTOM_FIELDS:
        membrain.put_custom_field(custom)


class TestCreating:
    def test_a_new_contact_is_answered_whole_and_can_be_read_back(self, company: str, ask: Any) -> None:
        made = ask.post("contacts/", Name="Bo Ek", EmailAddress="bo@example.com", CompanyId=company)
        assert made["CompanyName"] == "Fjord Bygg AB"
        assert made == ask.get(f"contacts/{made['Id']}")

    @pytest.mark.parametrize(("reply", "keys"), [("id", {"Id"}), ("record", {"Id", "Name", "ChangedDate"})])
    def test_by_switch_the_answer_is_the_id_alone(self, membrain: Any, ask: Any, reply: str, keys: set[str]) -> None:
        membrain.set_switches(write_reply=reply)
        answer = ask.post("companies/", Name="Polar Data")
        assert keys <= answer.keys()
        assert (len(answer) == 1) is (reply == "id")

    def test_by_switch_the_answer_is_the_id_as_a_text(self, membrain: Any, ask: Any) -> None:
        membrain.set_switches(write_reply="bare-id")
        assert ask.post("companies/", Name="Polar Data") == membrain.all("companies")[0]["Id"]

    @pytest.mark.parametrize(
        ("single", "keys"),
        [("page", {"count", "from", "to", "items"}), ("wrapped", {"company"}), ("unserved", {"Id", "Name"})],
    )
    def test_a_record_is_answered_as_a_single_one_is_shown(
        self, membrain: Any, ask: Any, single: str, keys: set[str]
    ) -> None:
        membrain.set_switches(single_record=single)
        answer = ask.post("companies/", Name="Polar Data")
        assert keys <= answer.keys()
        assert ("Id" in answer) is (single == "unserved")

    def test_by_switch_the_answer_is_empty(self, membrain: Any, ask: Any) -> None:
        membrain.set_switches(write_reply="empty")
        answer = ask.send("POST", "companies/", json={"Name": "Polar Data"})
        assert (answer.status_code, answer.text) == (200, "")
        assert ask.names("companies") == ["Polar Data"]

    def test_a_company_may_be_given_by_name_in_any_case(self, company: str, ask: Any) -> None:
        assert ask.post("contacts/", Name="Bo Ek", CompanyName="fjord bygg ab")["CompanyId"] == company

    def test_a_company_name_that_nobody_has_is_refused(self, ask: Any) -> None:
        assert "Company not found" in ask.post("contacts/", Name="Bo Ek", CompanyName="Nowhere")["error"]
        assert ask.names("contacts") == []

    @pytest.mark.parametrize(
        ("link", "found"), [("either", "Fjord Bygg AB"), ("id", "Fjord Bygg AB"), ("name", "Polar Data")]
    )
    def test_which_property_says_the_company_is_a_switch(
        self, membrain: Any, company: str, ask: Any, link: str, found: str
    ) -> None:
        membrain.create("companies", {"Name": "Polar Data"})
        membrain.set_switches(company_link=link)
        made = ask.post("contacts/", Name="Bo Ek", CompanyId=company, CompanyName="Polar Data")
        assert made["CompanyName"] == found
        other = {"id": "CompanyName", "name": "CompanyId"}.get(link, "")
        assert ask.post("contacts/", Name="Bo Ek", **({other: company} if other else {}))["CompanyId"] == ""

    def test_by_switch_it_makes_the_company(self, membrain: Any, ask: Any) -> None:
        membrain.set_switches(company_name_creates=True)
        made = ask.post("contacts/", Name="Bo Ek", CompanyName="Nowhere")
        assert ask.get(f"companies/{made['CompanyId']}")["Name"] == "Nowhere"

    def test_a_refused_contact_does_not_leave_that_company_behind(self, membrain: Any, ask: Any) -> None:
        membrain.set_switches(company_name_creates=True)
        assert "error" in ask.post("contacts/", CompanyName="Nowhere")
        assert ask.names("companies") == []

    def test_a_deleted_company_is_not_found(self, membrain: Any, company: str, ask: Any) -> None:
        membrain.delete("companies", company)
        assert "error" in ask.post("contacts/", Name="Bo Ek", CompanyId=company)

    @pytest.mark.parametrize("kind", ["contacts", "companies", "opportunities"])
    def test_a_name_is_demanded(self, ask: Any, kind: str) -> None:
        assert ask.post(f"{kind}/", EmailAddress="bo@example.com")["error"] == "Mandatory: Name"

    def test_by_switch_more_is_demanded(self, membrain: Any, ask: Any) -> None:
        membrain.set_switches(extra_mandatory=("companies.Website", "contacts.CompanyName"))
        assert ask.post("companies/", Name="Polar Data")["error"] == "Mandatory: Website"
        assert ask.post("contacts/", Name="Bo Ek")["error"] == "Mandatory: CompanyName"
        assert "Id" in ask.post("companies/", Name="Polar Data", Website="https://polar.example/")

    @pytest.mark.usefixtures("contact")
    def test_two_contacts_may_have_one_address(self, ask: Any) -> None:
        assert "Id" in ask.post("contacts/", Name="Ann Again", EmailAddress="ann@example.com")

    def test_projects_are_numbered_in_order(self, company: str, ask: Any) -> None:
        keys = [ask.post("opportunities/", Name="Pilot", CompanyId=company)["Key"] for _ in range(2)]
        assert keys == ["SP-1", "SP-2"]

    def test_users_cannot_be_made(self, ask: Any) -> None:
        assert ask.send("POST", "users/", json={"Name": "Bo"}).status_code == 405

    @pytest.mark.parametrize(
        ("refusal", "status", "name"),
        [("error-in-200", 200, "error"), ("message-in-200", 200, "Message"), ("status-400", 400, "error")],
    )
    def test_a_refusal_has_one_of_three_shapes(
        self, membrain: Any, ask: Any, refusal: str, status: int, name: str
    ) -> None:
        membrain.set_switches(refusal=refusal)
        answer = ask.send("POST", "contacts/", json={})
        assert (answer.status_code, answer.json()) == (status, {name: "Mandatory: Name"})

    def test_a_body_that_is_not_json_is_refused(self, ask: Any) -> None:
        assert ask.send("POST", "contacts/", data={"Name": "Bo"}).json() == {"error": "The body is not JSON"}

    def test_by_switch_the_body_is_a_form(self, membrain: Any, ask: Any) -> None:
        membrain.set_switches(body_format="form")
        assert ask.send("POST", "contacts/", data={"Name": "Bo"}).json()["Name"] == "Bo"
        assert ask.post("contacts/", Name="Bo") == {"error": "The body is not a form"}


class TestChanging:
    def test_only_what_is_sent_is_changed(self, contact: str, ask: Any) -> None:
        changed = ask.put(f"contacts/{contact}", JobTitle="Purchaser")
        assert (changed["JobTitle"], changed["Phone"]) == ("Purchaser", "+46 31 390 06 00")

    def test_by_switch_a_put_replaces_the_record(self, membrain: Any, contact: str, ask: Any) -> None:
        membrain.set_switches(put_replaces=True)
        changed = ask.put(f"contacts/{contact}", Name="Ann Lind", JobTitle="Purchaser")
        assert (changed["JobTitle"], changed["Phone"], changed["CompanyId"]) == ("Purchaser", "", "")
        assert "Mandatory" in ask.put(f"contacts/{contact}", JobTitle="Purchaser")["error"]

    def test_by_switch_the_id_goes_in_the_body(self, membrain: Any, contact: str, ask: Any) -> None:
        assert ask.send("PUT", "contacts/", json={"Id": contact, "JobTitle": "x"}).status_code == 405
        membrain.set_switches(update_path="collection")
        assert ask.put("contacts/", Id=contact, JobTitle="Purchaser")["JobTitle"] == "Purchaser"
        assert ask.send("PUT", f"contacts/{contact}", json={"JobTitle": "x"}).status_code == 405

    def test_property_names_are_read_in_any_case(self, contact: str, ask: Any) -> None:
        values = {"jobtitle": "Purchaser", f"customfield{NEWSLETTER.id.upper()}": "Yes"}
        changed = ask.put(f"contacts/{contact}", **values)
        assert (changed["JobTitle"], changed[prop(NEWSLETTER)]) == ("Purchaser", "Yes")

    def test_what_is_not_known_or_not_editable_is_passed_over(self, contact: str, ask: Any) -> None:
        before = ask.get(f"contacts/{contact}")
        changed = ask.put(f"contacts/{contact}", Shoe="43", Id="other", CreatedDate="1999-01-01")
        assert changed == {**before, "ChangedById": changed["ChangedById"], "ChangedByName": "API"}

    @pytest.mark.parametrize(("clearing", "phone"), [("clears", ""), ("ignored", "+46 31 390 06 00"), ("error", None)])
    def test_what_an_empty_value_does_is_a_switch(
        self, membrain: Any, contact: str, ask: Any, clearing: str, phone: str | None
    ) -> None:
        membrain.set_switches(clearing=clearing)
        answer = ask.put(f"contacts/{contact}", Phone="", JobTitle="")
        assert answer.get("Phone") == phone
        assert ("error" in answer) is (clearing == "error")

    def test_null_and_the_sentinel_clear_too(self, membrain: Any, contact: str, ask: Any) -> None:
        membrain.edit("contacts", contact, Born="1980-05-01", Language="Swedish")
        changed = ask.put(
            f"contacts/{contact}", **{prop(BORN): "1753-01-01 00:00:00", "Phone": None, "CompanyId": None}
        )
        assert changed[prop(BORN)] == "1753-01-01 00:00:00"
        assert (changed["Phone"], changed["CompanyId"], changed["CompanyName"]) == ("", "", "")

    def test_another_company_brings_its_name_along(self, membrain: Any, contact: str, ask: Any) -> None:
        polar = membrain.create("companies", {"Name": "Polar Data"})
        assert ask.put(f"contacts/{contact}", CompanyId=polar, CompanyName="")["CompanyName"] == "Polar Data"

    def test_a_renamed_company_is_renamed_in_its_contacts(self, company: str, contact: str, ask: Any) -> None:
        ask.put(f"companies/{company}", Name="Fjord Nytt AB")
        assert ask.get(f"contacts/{contact}")["CompanyName"] == "Fjord Nytt AB"

    @pytest.mark.parametrize(
        ("name", "value"),
        [(prop(BORN), "yesterday"), (prop(NEWSLETTER), "Perhaps"), (prop(INTERESTS), "Webinars, Golf"),
         (prop(INTERESTS), ["Webinars"]), ("Phone", {"work": "1"})],
    )  # fmt: skip
    def test_a_value_that_a_property_does_not_take_is_refused_and_nothing_is_changed(
        self, contact: str, ask: Any, name: str, value: Any
    ) -> None:
        before = ask.get(f"contacts/{contact}")
        assert "error" in ask.put(f"contacts/{contact}", **{name: value, "JobTitle": "x"})
        assert ask.get(f"contacts/{contact}") == before

    def test_by_switch_options_are_taken_by_id_and_in_lists(self, membrain: Any, contact: str, ask: Any) -> None:
        membrain.set_switches(option_encoding="id", multi_select="list")
        first = INTERESTS.options[0].id
        assert ask.put(f"contacts/{contact}", **{prop(INTERESTS): [first]})[prop(INTERESTS)] == [first]
        assert "error" in ask.put(f"contacts/{contact}", **{prop(NEWSLETTER): "Yes"})

    def test_by_switch_options_are_objects(self, membrain: Any, contact: str, ask: Any) -> None:
        membrain.set_switches(option_encoding="object", multi_select="list")
        first = {"Id": INTERESTS.options[0].id, "Name": INTERESTS.options[0].name}
        yes = {"Id": NEWSLETTER.options[0].id, "Name": "Yes"}
        changed = ask.put(f"contacts/{contact}", **{prop(INTERESTS): [first], prop(NEWSLETTER): yes})
        assert (changed[prop(INTERESTS)], changed[prop(NEWSLETTER)]) == ([first], yes)
        for other in ("Yes", yes["Id"]):
            assert "error" in ask.put(f"contacts/{contact}", **{prop(NEWSLETTER): other})

    def test_objects_are_joined_by_name(self, membrain: Any, contact: str, ask: Any) -> None:
        membrain.set_switches(option_encoding="object")
        both = ", ".join(option.name for option in INTERESTS.options[:2])
        assert ask.put(f"contacts/{contact}", **{prop(INTERESTS): both})[prop(INTERESTS)] == both

    @pytest.mark.parametrize("count", [1, 2])
    def test_a_form_names_a_property_once_for_each_option(
        self, membrain: Any, contact: str, ask: Any, count: int
    ) -> None:
        membrain.set_switches(body_format="form", multi_select="list", option_encoding="object")
        ids = [option.id for option in INTERESTS.options[:count]]
        changed = ask.send("PUT", f"contacts/{contact}", data={prop(INTERESTS): ids}).json()
        assert [option["Id"] for option in changed[prop(INTERESTS)]] == ids

    @pytest.mark.parametrize(("reading", "value"), [("accepted", "implicit"), ("dropped", ""), ("refused", None)])
    def test_what_a_write_to_a_restricted_field_does_is_a_switch(
        self, membrain: Any, contact: str, ask: Any, reading: str, value: str | None
    ) -> None:
        membrain.set_switches(restricted_write=reading)
        assert ask.put(f"contacts/{contact}", **{prop(CONSENT): "implicit"}).get(prop(CONSENT)) == value

    def test_by_switch_names_are_taken_in_two_parts(self, membrain: Any, contact: str, ask: Any) -> None:
        assert ask.put(f"contacts/{contact}", FirstName="Anna")["Name"] == "Ann Lind"
        membrain.set_switches(split_names=True)
        assert ask.put(f"contacts/{contact}", FirstName="Anna")["Name"] == "Anna Lind"
        assert ask.post("contacts/", FirstName="Bo", LastName="Ek")["Name"] == "Bo Ek"

    def test_a_deleted_contact_is_not_changed(self, membrain: Any, contact: str, ask: Any) -> None:
        membrain.delete("contacts", contact)
        assert "is deleted" in ask.put(f"contacts/{contact}", JobTitle="x")["error"]

    def test_by_switch_a_put_restores_it(self, membrain: Any, contact: str, ask: Any) -> None:
        membrain.delete("contacts", contact)
        membrain.set_switches(undelete=True)
        assert ask.put(f"contacts/{contact}", JobTitle="x")["Deleted"] == "False"


class TestDeleting:
    def test_a_deleted_contact_is_kept_and_marked(self, contact: str, ask: Any) -> None:
        assert ask.send("DELETE", f"contacts/{contact}").status_code == 200
        assert ask.names("contacts") == []
        assert ask.names("contacts", IncludeDeleted="true") == ["Ann Lind"]


class TestWhatMovesChangedDate:
    @pytest.fixture(autouse=True)
    def an_hour_later(self, contact: str, clock: Any) -> None:  # noqa: ARG002 - made before the hour
        clock.sleep(3600)

    def moved(self, ask: Any, contact: str) -> bool:
        rows = ask.every("contacts", IncludeDeleted="true", IncludeRetired="true")
        return next(bool(row["ChangedDate"] == LATER) for row in rows if row["Id"] == contact)

    def test_an_edit_of_a_property_does(self, contact: str, ask: Any) -> None:
        ask.put(f"contacts/{contact}", JobTitle="Purchaser")
        assert self.moved(ask, contact)

    @pytest.mark.parametrize("moves", [True, False])
    def test_an_edit_of_a_custom_field_does_by_switch(self, membrain: Any, contact: str, ask: Any, moves: bool) -> None:
        membrain.set_switches(custom_field_moves_changed=moves)
        ask.put(f"contacts/{contact}", **{prop(NEWSLETTER): "Yes"})
        assert self.moved(ask, contact) is moves

    @pytest.mark.parametrize("moves", [True, False])
    def test_retiring_does_by_switch(self, membrain: Any, contact: str, ask: Any, moves: bool) -> None:
        membrain.set_switches(retire_moves_changed=moves)
        membrain.retire(contact)
        assert self.moved(ask, contact) is moves

    @pytest.mark.parametrize("moves", [True, False])
    def test_deleting_does_by_switch(self, membrain: Any, contact: str, ask: Any, moves: bool) -> None:
        membrain.set_switches(delete_moves_changed=moves)
        ask.send("DELETE", f"contacts/{contact}")
        assert self.moved(ask, contact) is moves

    @pytest.mark.parametrize("moves", [True, False])
    def test_an_edit_of_the_company_does_by_switch(
        self, membrain: Any, company: str, contact: str, ask: Any, moves: bool
    ) -> None:
        membrain.set_switches(company_moves_contacts=moves)
        membrain.edit("companies", company, City="Bergen")
        assert self.moved(ask, contact) is moves

    @pytest.mark.parametrize("moves", [True, False])
    def test_a_new_project_does_by_switch(
        self, membrain: Any, company: str, contact: str, ask: Any, moves: bool
    ) -> None:
        membrain.set_switches(project_moves_contacts=moves)
        membrain.create("opportunities", {"Name": "Pilot", "CompanyId": company})
        assert self.moved(ask, contact) is moves


class TestWhoWrote:
    def test_writes_of_the_api_are_stamped_with_a_user_of_that_name(self, contact: str, ask: Any) -> None:
        assert ask.put(f"contacts/{contact}", JobTitle="x")["ChangedByName"] == "API"

    def test_by_switch_they_are_stamped_with_the_owner_of_the_key(
        self, membrain: Any, everybody: Any, contact: str, ask: Any
    ) -> None:
        membrain.load(everybody)
        membrain.set_switches(writes_stamped_as="key-owner")
        assert ask.put(f"contacts/{contact}", JobTitle="x")["ChangedById"] == everybody.colleagues[0].id

    def test_writes_are_counted_and_refused_ones_are_not(self, membrain: Any, contact: str, ask: Any) -> None:
        ask.get("contacts/")
        ask.put(f"contacts/{contact}", JobTitle="x")
        ask.post("contacts/")
        assert membrain.writes() == 1
