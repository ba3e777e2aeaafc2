"""Lists, custom fields and bulk jobs, as the client reads and makes them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from ccsync.constant_contact.client import ConstantContactClient
from ccsync.errors import AnswerLost, RecordRefused

LIST = "0e0e0e0e-0000-11f1-8000-000000000001"
CLIENT = ConstantContactClient


class TestListsAndFields:
    def test_all_pages_of_lists_are_read(self, service: Any, constant_contact: CLIENT) -> None:
        service.answer = lambda request: (
            (200, {"lists": [{"list_id": "2", "name": "B"}], "lists_count": 2})
            if "cursor" in request.query
            else (
                200,
                {"lists": [{"list_id": "1", "name": "A"}], "_links": {"next": {"href": "/v3/contact_lists?cursor=x"}}},
            )
        )
        assert [row["name"] for row in constant_contact.lists()] == ["A", "B"]

    def test_a_list_is_made(self, service: Any, constant_contact: CLIENT) -> None:
        service.answer = lambda request: (201, {"list_id": LIST} | request.json)
        assert constant_contact.create_list("Customers") == {"list_id": LIST, "name": "Customers"}

    @pytest.mark.parametrize("trouble", [None, (409, [{"error_key": "lists.api.conflict"}])], ids=["lost", "taken"])
    def test_a_list_that_is_there_already_is_found_and_not_made_twice(
        self, trouble: Any, service: Any, constant_contact: CLIENT
    ) -> None:
        lists = [{"list_id": "0", "name": "customers"}, {"list_id": LIST, "name": "Customers"}]
        service.answer = lambda request: trouble if request.method == "POST" else (200, {"lists": lists})
        assert constant_contact.create_list("Customers")["list_id"] == LIST
        assert len(service.asked("POST")) == 1
        assert service.asked("GET")[0].query["name"] == "Customers"

    def test_a_field_whose_creation_was_lost_is_looked_up_and_then_made(
        self, service: Any, constant_contact: CLIENT
    ) -> None:
        made: Any = {"custom_field_id": "f", "label": "Owner", "name": "owner"}
        posts = iter([None, (201, made)])
        service.answer = lambda request: next(posts) if request.method == "POST" else (200, {"custom_fields": []})
        assert constant_contact.create_custom_field("Owner")["name"] == "owner"
        assert [seen.method for seen in service.seen] == ["POST", "GET", "POST"]

    def test_a_field_that_gets_lost_twice_is_given_up(self, service: Any, constant_contact: CLIENT) -> None:
        service.answer = lambda request: None if request.method == "POST" else (200, {"custom_fields": []})
        with pytest.raises(AnswerLost):
            constant_contact.create_custom_field("Owner")
        assert len(service.asked("POST")) == 2

    def test_a_field_of_the_same_label_in_another_case_is_the_same(
        self, service: Any, constant_contact: CLIENT
    ) -> None:
        found = {"custom_field_id": "f", "label": "OWNER", "name": "owner"}
        service.answer = lambda request: (409, None) if request.method == "POST" else (200, {"custom_fields": [found]})
        assert constant_contact.create_custom_field("Owner") == found

    def test_a_refused_field_is_not_looked_for(self, service: Any, constant_contact: CLIENT) -> None:
        service.answer = lambda _: (400, [{"error_message": "100 fields are enough"}])
        with pytest.raises(RecordRefused, match="100 fields"):
            constant_contact.create_custom_field("Owner")
        assert len(service.seen) == 1


class TestActivities:
    JOBS = ("2026-11-23T12:00:00Z", "2026-11-23T11:00:00.000+00:00", "2026-11-22T12:00:00Z")

    def answer(self, times: tuple[str, ...]) -> Any:
        def page(request: Any) -> tuple[int, Any]:
            number = int(request.query.get("cursor", "0"))
            job = {"activity_id": str(number), "state": "completed", "created_at": times[number]}
            more = number + 1 < len(times)
            links = {"_links": {"next": {"href": f"/v3/activities?cursor={number + 1}"}}} if more else {}
            return 200, {"activities": [job]} | links

        return page

    def test_all_are_returned(self, service: Any, constant_contact: CLIENT) -> None:
        service.answer = self.answer(self.JOBS)
        assert len(constant_contact.activities()) == 3

    def test_those_since_a_moment_are_returned_in_any_order_of_pages(
        self, service: Any, constant_contact: CLIENT
    ) -> None:
        for times in (self.JOBS, self.JOBS[::-1]):
            service.answer = self.answer(times)
            found = constant_contact.activities(datetime(2026, 11, 23, tzinfo=UTC))
            assert {job["created_at"] for job in found} == set(self.JOBS[:2])

    def test_a_known_job_is_returned_whenever_it_was_made(self, service: Any, constant_contact: CLIENT) -> None:
        """Whose clock says when that was may be wrong."""
        service.answer = self.answer(self.JOBS)
        found = constant_contact.activities(datetime(2026, 12, 23, tzinfo=UTC), ["2"])
        assert [job["activity_id"] for job in found] == ["2"]
        assert len(service.seen) == 3

    def test_reading_stops_where_the_old_ones_begin(self, service: Any, constant_contact: CLIENT) -> None:
        newest = [{"activity_id": "1", "state": "x", "created_at": self.JOBS[0]}]
        oldest = [{"activity_id": "2", "state": "x", "created_at": self.JOBS[2]}]
        service.answer = lambda _: (
            200,
            {"activities": newest + oldest, "_links": {"next": {"href": "/v3/activities?cursor=1"}}},
        )
        assert len(constant_contact.activities(datetime(2026, 11, 23, tzinfo=UTC))) == 1
        assert len(service.seen) == 1
