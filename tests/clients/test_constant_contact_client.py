"""Constant Contact's API as the client reads it: whole answers or an error, and no way to give consent."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from ccsync.constant_contact.client import ConstantContactClient
from ccsync.errors import AnswerLost, LoginNeeded, QuotaSpent, RecordRefused, Stopped, TryLater, Unreachable

CONTACT = "2c4d7a52-0000-11f1-8000-00000000000a"
LIST = "0e0e0e0e-0000-11f1-8000-000000000001"
CLIENT = ConstantContactClient


def people(first: int, last: int) -> list[dict[str, str]]:
    return [{"contact_id": f"c-{number}"} for number in range(first, last)]


def linked(href: str | None, rows: list[Any], **more: Any) -> tuple[int, Any]:
    links = {"_links": {"next": {"href": href}}} if href else {}
    return 200, {"contacts": rows} | links | more


def read_all(client: CLIENT, **filters: Any) -> list[str]:
    return [row["contact_id"] for page in client.contacts(**filters) for row in page]


class TestReadingContacts:
    def test_the_question_holds_filters_limit_and_all_subresources(
        self, service: Any, constant_contact: CLIENT
    ) -> None:
        service.answer = lambda _: linked(None, [])
        moment = datetime(2026, 11, 23, 15, 53, 1, 900_000, tzinfo=UTC)
        assert list(constant_contact.contacts(updated_after=moment, lists=[LIST, "other"])) == [[]]
        assert service.seen[0].path == "/v3/contacts"
        assert service.seen[0].query == {
            "status": "all",
            "limit": "500",
            "include": "custom_fields,list_memberships,phone_numbers,street_addresses",
            "include_count": "true",
            "lists": f"{LIST},other",
            "updated_after": "2026-11-23T15:53:01Z",
        }

    def test_pages_follow_the_links_as_they_are(self, service: Any, constant_contact: CLIENT) -> None:
        service.answer = lambda request: (
            linked(None, people(2, 3))
            if "cursor" in request.query
            else linked("/v3/contacts?cursor=a%3D%3D", people(0, 2))
        )
        assert read_all(constant_contact) == ["c-0", "c-1", "c-2"]
        assert service.seen[1].query == {"cursor": "a=="}

    @pytest.mark.parametrize(
        "href",
        [
            "https://elsewhere.example/v3/contacts?cursor=a",
            "//elsewhere.example/v3/contacts?cursor=a",
            "/v2/contacts?cursor=a",
            "/v3/../admin?cursor=a",
            "@elsewhere.example/",
        ],
    )
    def test_a_link_that_leads_elsewhere_is_not_followed(
        self, href: str, service: Any, constant_contact: CLIENT
    ) -> None:
        service.answer = lambda _: linked(href, people(0, 1))
        with pytest.raises(Unreachable, match="elsewhere"):
            read_all(constant_contact)
        assert len(service.seen) == 1

    def test_a_cursor_that_comes_back_is_a_circle(self, service: Any, constant_contact: CLIENT) -> None:
        service.answer = lambda _: linked("/v3/contacts?cursor=a", people(len(service.seen), len(service.seen) + 1))
        with pytest.raises(Unreachable, match="circle"):
            read_all(constant_contact)

    def test_a_page_that_comes_back_under_another_cursor_is_noticed(
        self, service: Any, constant_contact: CLIENT
    ) -> None:
        service.answer = lambda _: linked(f"/v3/contacts?cursor={len(service.seen)}", people(0, 2))
        with pytest.raises(Unreachable, match="same page"):
            read_all(constant_contact)

    @pytest.mark.parametrize(
        "body",
        [
            {},
            [],
            {"contacts": None},
            {"contacts": {}},
            {"contacts": ["Ann"]},
            {"contacts": [{"email": "ann@example.com"}]},
            {"contacts": [], "_links": ["next"]},
            {"contacts": [], "_links": {"next": {"href": 7}}},
            None,
            "<html>maintenance</html>",
            '{"contacts": [',
        ],
        ids=str,
    )
    def test_nonsense_is_never_no_contacts(self, body: Any, service: Any, constant_contact: CLIENT) -> None:
        service.answer = lambda _: (200, body)
        with pytest.raises(Unreachable):
            read_all(constant_contact)

    def test_a_cursor_that_expired_breaks_the_walk_off(self, service: Any, constant_contact: CLIENT) -> None:
        service.answer = lambda request: (
            (400, [{"error_key": "contacts.api.cursor", "error_message": "expired"}])
            if "cursor" in request.query
            else linked("/v3/contacts?cursor=a", people(0, 1))
        )
        with pytest.raises(Unreachable, match="expired"):
            read_all(constant_contact)

    def test_fewer_rows_than_the_service_counts_are_half_an_answer(
        self, service: Any, constant_contact: CLIENT
    ) -> None:
        service.answer = lambda _: linked(None, people(0, 250), contacts_count=500)
        with pytest.raises(Unreachable, match="500 rows and sends 250"):
            read_all(constant_contact)
        assert len(service.seen) == 2

    def test_somebody_who_left_during_the_walk_costs_one_more_reading(
        self, service: Any, constant_contact: CLIENT
    ) -> None:
        service.answer = lambda _: linked(None, people(0, 2), contacts_count=3 if len(service.seen) == 1 else 2)
        assert read_all(constant_contact) == ["c-0", "c-1"] * 2

    def test_opt_outs_are_read_from_the_reserve(
        self, service: Any, constant_contact: CLIENT, budget: Any, clock: Any
    ) -> None:
        service.answer = lambda _: linked(None, [])
        for _ in range(90):
            budget.spend()
        with pytest.raises(QuotaSpent):
            read_all(constant_contact)
        assert read_all(constant_contact, optout_after=clock.now(), purpose="opt-out") == []
        assert "optout_after" in service.seen[0].query

    def test_one_contact_is_read_with_everything(self, service: Any, constant_contact: CLIENT) -> None:
        service.answer = lambda _: (200, {"contact_id": CONTACT, "deleted_at": "2026-01-02"})
        found = constant_contact.contact(CONTACT)
        assert found is not None
        assert found["deleted_at"] == "2026-01-02"
        assert service.seen[0].path == f"/v3/contacts/{CONTACT}"

    def test_an_unknown_contact_is_none(self, service: Any, constant_contact: CLIENT) -> None:
        service.answer = lambda _: (404, [{"error_key": "contacts.api.not_found", "error_message": "unknown"}])
        assert constant_contact.contact(CONTACT) is None

    def test_another_contact_than_asked_for_is_nonsense(self, service: Any, constant_contact: CLIENT) -> None:
        service.answer = lambda _: (200, {"contact_id": "somebody-else"})
        with pytest.raises(Unreachable, match="another contact_id"):
            constant_contact.contact(CONTACT)

    def test_an_id_cannot_change_the_path(self, service: Any, constant_contact: CLIENT) -> None:
        service.answer = lambda _: (404, None)
        constant_contact.contact("../account/summary?x=")
        assert service.seen[0].path == "/v3/contacts/..%2Faccount%2Fsummary%3Fx%3D"


class TestLogin:
    def test_a_refused_token_is_replaced_once(self, service: Any, constant_contact: CLIENT, tokens: Any) -> None:
        service.answer = lambda request: (
            (200, {"contact_id": "c1", "email_address": {}})
            if request.headers["Authorization"] == "Bearer second-token"
            else (401, {"error_key": "unauthorized", "error_message": "Unauthorized"})
        )
        assert constant_contact.contact("c1") == {"contact_id": "c1", "email_address": {}}
        assert tokens.refused == ["first-token"]

    def test_a_second_refusal_needs_a_person(self, service: Any, constant_contact: CLIENT) -> None:
        service.answer = lambda _: (401, {"error_key": "unauthorized", "error_message": "Unauthorized"})
        with pytest.raises(LoginNeeded) as caught:
            constant_contact.contact("c1")
        assert caught.value.hint == "ccsync auth login constant-contact"
        assert len(service.seen) == 2

    def test_a_post_that_was_refused_for_its_token_is_sent_again(self, service: Any, constant_contact: CLIENT) -> None:
        service.answer = lambda _: (201, {"activity_id": "a", "state": "x"}) if len(service.seen) > 1 else (401, None)
        assert constant_contact.import_contacts(b"{}")["activity_id"] == "a"

    def test_a_missing_scope_is_mended_by_logging_in(self, service: Any, constant_contact: CLIENT) -> None:
        service.answer = lambda _: (403, {"error_key": "access_denied", "error_message": "insufficient scope"})
        with pytest.raises(LoginNeeded, match="scope"):
            constant_contact.contact("c1")

    def test_a_missing_privilege_is_named(self, service: Any, constant_contact: CLIENT) -> None:
        service.answer = lambda _: (403, {"error_key": "access_denied", "error_message": "insufficient privileges"})
        with pytest.raises(Stopped, match="contacts:lists:read") as caught:
            constant_contact.lists()
        assert "owner or a manager" in caught.value.hint


class TestLimits:
    def test_throttled_is_waited_for(self, service: Any, constant_contact: CLIENT, clock: Any) -> None:
        service.answer = lambda _: (
            (429, {"error_key": "throttled", "error_message": "Too Many Requests"})
            if len(service.seen) < 3
            else (200, {"total": 7})
        )
        assert constant_contact.contact_count() == 7
        assert sum(clock.slept) >= 2

    def test_each_try_is_booked_in_the_budget(self, service: Any, constant_contact: CLIENT, budget: Any) -> None:
        service.answer = lambda _: (500, None) if len(service.seen) < 3 else (200, {"total": 7})
        constant_contact.contact_count()
        assert budget.snapshot().used == 3

    def test_quota_exceeded_ends_the_day_at_once(self, service: Any, constant_contact: CLIENT, budget: Any) -> None:
        service.answer = lambda _: (429, [{"error_key": "quota_exceeded", "error_message": "Limit Exceeded"}])
        for _ in range(2):
            with pytest.raises(QuotaSpent, match="00:00 UTC"):
                constant_contact.contact_count()
        assert len(service.seen) == 1
        assert budget.snapshot().spent

    def test_a_full_queue_of_jobs_is_for_later(self, service: Any, constant_contact: CLIENT) -> None:
        service.answer = lambda _: (429, [{"error_key": "activities.api.queue", "error_message": "1000 are queued"}])
        with pytest.raises(TryLater, match="1000 are queued"):
            constant_contact.import_contacts(b"{}")


class TestWriting:
    def test_an_import_is_sent_as_it_was_made(self, service: Any, constant_contact: CLIENT) -> None:
        service.answer = lambda _: (201, {"activity_id": "a", "state": "initialized"})
        body = '{"import_data":[{"email":"åsa@example.com"}],"list_ids":["x"]}'.encode()
        assert constant_contact.import_contacts(body)["state"] == "initialized"
        assert service.seen[0].path == "/v3/activities/contacts_json_import"
        assert service.seen[0].raw == body
        assert service.seen[0].headers["Content-Type"] == "application/json"

    def test_an_import_over_the_limit_is_not_sent(self, service: Any, constant_contact: CLIENT) -> None:
        with pytest.raises(ValueError, match="silence"):
            constant_contact.import_contacts(b" " * 4_000_001)
        assert service.seen == []

    def test_an_import_whose_answer_is_lost_is_not_sent_twice(self, service: Any, constant_contact: CLIENT) -> None:
        service.answer = lambda _: None
        with pytest.raises(AnswerLost):
            constant_contact.import_contacts(b"{}")
        assert len(service.seen) == 1

    @pytest.mark.parametrize(
        ("call", "path"),
        [("add_to_lists", "add_list_memberships"), ("remove_from_lists", "remove_list_memberships")],
    )
    def test_list_jobs_name_contacts_and_lists(
        self, call: str, path: str, service: Any, constant_contact: CLIENT
    ) -> None:
        service.answer = lambda _: (201, {"activity_id": "a", "state": "initialized"})
        getattr(constant_contact, call)([CONTACT], [LIST])
        assert service.seen[0].path == f"/v3/activities/{path}"
        assert service.seen[0].json == {"source": {"contact_ids": [CONTACT]}, "list_ids": [LIST]}

    @pytest.mark.parametrize(("contacts", "lists"), [(0, 1), (501, 1), (1, 0), (1, 51)])
    def test_a_list_job_over_its_limits_is_not_sent(
        self, contacts: int, lists: int, service: Any, constant_contact: CLIENT
    ) -> None:
        with pytest.raises(ValueError, match="1 to 500 contacts"):
            constant_contact.remove_from_lists([CONTACT] * contacts, [LIST] * lists)
        assert service.seen == []

    @pytest.mark.parametrize(
        "body",
        [
            {"permission_to_send": "implicit"},
            {"email_address": {"address": "ann@example.com", "permission_to_send": "explicit"}},
            {"custom_fields": [{"permission_to_send": None}]},
        ],
    )
    def test_a_put_never_carries_a_permission(self, body: Any, service: Any, constant_contact: CLIENT) -> None:
        with pytest.raises(ValueError, match="permission_to_send"):
            constant_contact.update_contact(CONTACT, body)
        assert service.seen == []

    def test_a_put_sends_the_body_and_returns_the_contact(self, service: Any, constant_contact: CLIENT) -> None:
        service.answer = lambda request: (200, {"contact_id": CONTACT} | request.json)
        body = {"update_source": "Account", "first_name": "Åsa"}
        assert constant_contact.update_contact(CONTACT, body)["first_name"] == "Åsa"
        assert (service.seen[0].method, service.seen[0].path) == ("PUT", f"/v3/contacts/{CONTACT}")

    @pytest.mark.parametrize(
        ("status", "body", "key", "words"),
        [
            (
                409,
                [{"error_key": "contacts.api.conflict", "error_message": "exists for contact x"}],
                "contacts.api.conflict",
                "exists",
            ),
            (
                400,
                {"error_key": "http.status.bad_request", "error_message": "Bad request."},
                "http.status.bad_request",
                "Bad",
            ),
            (415, "<h1>Unsupported</h1>", "", "Unsupported"),
            (400, None, "", "no reason"),
        ],
    )
    def test_a_refusal_keeps_status_key_and_the_services_words(
        self, status: int, body: Any, key: str, words: str, *, service: Any, constant_contact: CLIENT
    ) -> None:
        service.answer = lambda _: (status, body)
        with pytest.raises(RecordRefused, match=words) as caught:
            constant_contact.update_contact(CONTACT, {})
        assert (caught.value.status, caught.value.key) == (status, key)

    def test_no_method_gives_consent(self) -> None:
        calls = " ".join(name for name in dir(CLIENT) if not name.startswith("_"))
        assert not any(word in calls for word in ("sign_up", "resubscribe", "create_contact", "permission"))
