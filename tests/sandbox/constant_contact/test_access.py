"""Who may do what, in which shape refusals come, and how much a key may ask."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest

from ccsync.sandbox.constant_contact.service import ConstantContactService

if TYPE_CHECKING:
    from pathlib import Path


class TestWho:
    def test_an_unknown_token_gets_a_single_object_and_401(self, api: Any) -> None:
        api.token = "made-up"
        answer = api.send("GET", "/v3/contacts")
        assert answer.status_code == 401
        assert answer.json() == {"error_key": "unauthorized", "error_message": "Unauthorized"}

    def test_a_token_without_the_scope_gets_403(self, service: ConstantContactService, api: Any) -> None:
        api.token = service.issue_tokens("contact_data")["access_token"]
        assert api.refused("GET", "/account/summary") == (403, "access_denied: The token lacks the scope account_read.")
        assert api.get("/account/user/privileges")

    def test_a_campaign_creator_can_neither_read_contacts_nor_look_at_activities(
        self, service: ConstantContactService, api: Any
    ) -> None:
        service.set_switches(role="campaign_creator")
        assert "contacts:write" not in [each["privilege_name"] for each in api.get("/account/user/privileges")]
        assert api.refused("GET", "/contacts")[0] == 403
        assert api.refused("GET", "/activities")[0] == 403
        assert api.get("/contact_lists") == {"lists": []}

    def test_another_account_has_another_name_and_other_contacts(
        self, service: ConstantContactService, api: Any, ann: str
    ) -> None:
        before = api.get("/account/summary")["encoded_account_id"]
        service.set_account("other1")
        assert api.get("/account/summary")["encoded_account_id"] == before
        api.token = service.issue_tokens()["access_token"]
        assert api.get("/account/summary")["encoded_account_id"] == "other1"
        assert api.get("/contacts", status="all") == {"contacts": []}
        assert api.refused("GET", f"/contacts/{ann}")[0] == 404


class TestWhatIsRefused:
    @pytest.mark.parametrize(
        ("method", "path", "status"),
        [("GET", "/nothing", 404), ("PATCH", "/contacts", 405), ("GET", "/contacts?name=Ann", 400)],
    )
    def test_addresses_methods_and_parameters_that_do_not_exist(
        self, api: Any, method: str, path: str, status: int
    ) -> None:
        assert api.refused(method, path)[0] == status

    def test_a_body_that_is_not_json_by_its_type(self, api: Any) -> None:
        assert api.send("POST", "/v3/contacts", data="x=1").status_code == 415

    def test_a_body_that_is_not_json_by_its_content(self, api: Any) -> None:
        answer = api.send("POST", "/v3/contacts", data="{", headers={"Content-Type": "application/json"})
        assert (answer.status_code, answer.json()[0]["error_key"]) == (400, "http.status.bad_request")

    def test_all_complaints_about_a_body_come_in_one_message(self, api: Any) -> None:
        status, message = api.refused("POST", "/contacts", {"first_name": "x" * 51, "surname": "y"})
        assert status == 400
        assert message.startswith("contacts.api.validation.error: ")
        for part in ("first_name is longer than 50", "create_source is missing", "surname is not a known property"):
            assert part in message

    def test_an_answer_of_the_sandbox_that_breaks_its_own_schema_is_a_500_and_logged(
        self, service: ConstantContactService, api: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        broken = service.people.add("ann@example.com", phone_numbers=[{"phone_number": "1" * 26}])
        path = f"/v3/contacts/{broken}?include=phone_numbers"
        with caplog.at_level(logging.ERROR):
            assert api.send("GET", path).status_code == 500
        assert "phone_numbers.0.phone_number is longer than 25 characters" in caplog.text
        service.set_switches(validate_answers=False)
        assert api.send("GET", path).status_code == 200


class TestLimits:
    def test_four_requests_a_second_for_each_api_key(
        self, service: ConstantContactService, api: Any, clock: Any
    ) -> None:
        service.set_switches(throttle_per_second=4)
        answers = [api.send("GET", "/v3/contact_lists") for _ in range(5)]
        assert [answer.status_code for answer in answers] == [200] * 4 + [429]
        assert answers[-1].json() == {"error_key": "throttled", "error_message": "Too Many Requests"}
        assert not {"Retry-After", "X-RateLimit-Remaining"} & set(answers[-1].headers)
        clock.sleep(1)
        assert api.send("GET", "/v3/contact_lists").status_code == 200

    def test_a_day_ends_at_midnight_utc(self, service: ConstantContactService, api: Any, clock: Any) -> None:
        service.set_switches(daily_quota=2)
        assert api.get("/contact_lists") == api.get("/contact_lists")
        assert api.refused("GET", "/contact_lists") == (429, "quota_exceeded: Limit Exceeded")
        clock.sleep(12 * 3600 - 1)
        assert api.refused("GET", "/contact_lists")[0] == 429
        clock.sleep(1)
        assert api.get("/contact_lists")
        assert service.calls() == {"2026-03-10": 4, "2026-03-11": 1}

    def test_by_switch_refused_requests_do_not_count(self, service: ConstantContactService, api: Any) -> None:
        service.set_switches(daily_quota=1, quota_counts_429=False)
        api.get("/contact_lists")
        api.refused("GET", "/contact_lists")
        assert list(service.calls().values()) == [1]

    def test_each_key_has_its_own_limit(self, service: ConstantContactService, api: Any) -> None:
        service.set_switches(daily_quota=1)
        api.get("/contact_lists")
        service.register_app("other")
        service.client_id = "other"
        api.token = service.issue_tokens()["access_token"]
        assert api.get("/contact_lists")

    def test_the_day_is_counted_across_a_restart(
        self, service: ConstantContactService, api: Any, tmp_path: Path, clock: Any, host: Any
    ) -> None:
        service.set_switches(daily_quota=1)
        api.get("/contact_lists")
        again = ConstantContactService(tmp_path, clock)
        host.app = again
        assert api.refused("GET", "/contact_lists")[0] == 429
        again.close()


class TestTheServiceItself:
    def test_state_switches_and_tokens_outlive_it(
        self, *, service: ConstantContactService, api: Any, ann: str, tmp_path: Path, clock: Any, host: Any
    ) -> None:
        service.set_switches(put_list_array="merge")
        service.close()
        host.app = again = ConstantContactService(tmp_path, clock)
        assert again.switches.put_list_array == "merge"
        assert api.contact(ann)["first_name"] == "Ann"
        again.close()

    def test_a_switch_takes_only_its_own_readings(self, service: ConstantContactService) -> None:
        with pytest.raises(ValueError, match="no switch is called 'speed'"):
            service.set_switches(speed=1)
        with pytest.raises(ValueError, match="put_list_array is one of replace, merge"):
            service.set_switches(put_list_array="shuffle")

    def test_it_tells_what_was_asked_and_how_many_writes_were_carried_out(
        self, service: ConstantContactService, api: Any
    ) -> None:
        api.post("/contact_lists", name="Customers")
        api.refused("POST", "/contact_lists", {"name": "Customers"})
        api.get("/contact_lists", limit=5)
        assert service.writes() == 1
        assert [(each["method"], each["path"], each["query"], each["status"]) for each in service.log()] == [
            ("POST", "/v3/contact_lists", "", 201),
            ("POST", "/v3/contact_lists", "", 409),
            ("GET", "/v3/contact_lists", "limit=5", 200),
        ]
