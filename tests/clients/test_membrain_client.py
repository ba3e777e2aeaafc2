"""Membrain's API as the client reads it: whole lists in every reading of its documentation, or an error."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from ccsync.errors import ConfigError, LoginNeeded, TryLater, Unreachable
from ccsync.membrain.client import MembrainClient, earliest, latest

if TYPE_CHECKING:
    from collections.abc import Callable

STOCKHOLM = ZoneInfo("Europe/Stockholm")


def records(first: int, last: int) -> list[dict[str, str]]:
    return [{"Id": f"id-{number}", "Name": f"Person {number}"} for number in range(first, last)]


def window(request: Any, count: int, size: int = 100) -> dict[str, Any]:
    """One page as Membrain sends it: counters are texts."""
    start = int(request.query.get("From", "0"))
    items = records(start, min(start + size, count))
    return {"count": str(count), "from": str(start), "to": str(min(start + len(items), count)), "items": items}


def read(client: MembrainClient, resource: str = "contacts", **options: Any) -> list[str]:
    return [row["Id"] for page in client.pages(resource, **options) for row in page]


class TestReadingAWholeList:
    @pytest.mark.parametrize("count", [0, 1, 99, 100, 101, 950])
    def test_every_row_comes_once_and_in_order(self, count: int, service: Any, membrain: MembrainClient) -> None:
        service.answer = lambda request: (200, window(request, count))
        assert read(membrain) == [f"id-{number}" for number in range(count)]
        assert len(service.seen) == max(1, -(-count // 100))

    def test_counters_may_be_numbers(self, service: Any, membrain: MembrainClient) -> None:
        def answer(request: Any) -> tuple[int, Any]:
            page = window(request, 250)
            return 200, page | {name: int(page[name]) for name in ("count", "from", "to")}

        service.answer = answer
        assert len(read(membrain)) == 250

    def test_the_key_travels_in_a_header_and_never_in_the_address(self, service: Any, membrain: MembrainClient) -> None:
        service.answer = lambda request: (200, window(request, 1))
        read(membrain)
        headers = {name.casefold(): value for name, value in service.seen[0].headers.items()}
        assert headers["apikey"] == "k3y-of-acme"
        assert service.seen[0].path == "/API/v2/contacts/"
        assert "k3y-of-acme" not in str(service.seen[0].query)

    def test_a_page_size_is_asked_for_only_when_its_name_is_known(self, service: Any, membrain_with: Any) -> None:
        service.answer = lambda request: (200, window(request, 1, size=int(request.query.get("Take", "100"))))
        read(membrain_with())
        read(membrain_with(page_size_parameter="Take"))
        assert [seen.query.get("Take") for seen in service.seen] == [None, "1000"]

    def test_only_contacts_and_companies_are_sorted(self, service: Any, membrain: MembrainClient) -> None:
        service.answer = lambda request: (200, window(request, 1))
        for resource in ("contacts", "companies", "opportunities"):
            read(membrain, resource, sort_by_created=True)
        assert [seen.query.get("SortBy") for seen in service.seen] == ["CreatedDate ASC", "CreatedDate ASC", None]

    def test_deleted_and_retired_rows_are_asked_for_where_that_is_known_to_work(
        self, service: Any, membrain: MembrainClient
    ) -> None:
        service.answer = lambda request: (200, window(request, 1))
        for resource in ("contacts", "companies", "prospects"):
            read(membrain, resource, include_gone=True)
        flags = [{name for name in seen.query if name.startswith("Include")} for seen in service.seen]
        assert flags == [{"IncludeDeleted", "IncludeRetired"}, {"IncludeDeleted"}, set()]

    def test_the_count_costs_one_request(self, service: Any, membrain: MembrainClient) -> None:
        service.answer = lambda request: (200, window(request, 950))
        assert membrain.count("companies") == 950
        assert len(service.seen) == 1


class TestHalfAnswers:
    @pytest.mark.parametrize(
        "body",
        [
            {},
            [],
            None,
            {"items": []},
            {"count": "0", "from": "0", "items": []},
            {"count": "2", "from": "0", "to": "2"},
            {"count": "2", "from": "0", "to": "2", "items": [{"Id": "a"}]},
            {"count": "2", "from": "0", "to": "0", "items": []},
            {"count": "1", "from": "0", "to": "1", "items": [{"Name": "nobody"}]},
            {"count": "1", "from": "0", "to": "1", "items": ["a"]},
            {"count": "many", "from": "0", "to": "1", "items": [{"Id": "a"}]},
            {"count": True, "from": "0", "to": "1", "items": [{"Id": "a"}]},
            {"count": "-1", "from": "0", "to": "0", "items": []},
            {"count": "9", "from": "5", "to": "6", "items": [{"Id": "a"}]},
            "<html>maintenance</html>",
            '{"count": "1", "from": "0", "to": "1", "items": [{"Id"',
        ],
        ids=str,
    )
    def test_another_shape_is_never_no_rows(self, body: Any, service: Any, membrain: MembrainClient) -> None:
        service.answer = lambda _: (200, body)
        with pytest.raises(Unreachable):
            read(membrain)

    def test_a_page_in_the_middle_that_is_too_short_is_an_error(self, service: Any, membrain: MembrainClient) -> None:
        service.answer = lambda request: (200, window(request, 300, size=50 if request.query["From"] == "100" else 100))
        with pytest.raises(Unreachable, match="page of 50 where the first one has 100"):
            read(membrain)

    def test_a_page_of_another_place_is_an_error(self, service: Any, membrain: MembrainClient) -> None:
        def answer(request: Any) -> tuple[int, Any]:
            page = window(request, 300)
            return 200, page | ({"from": "0", "to": "100"} if page["from"] == "100" else {})

        service.answer = answer
        with pytest.raises(Unreachable, match="from 0 where one from 100"):
            read(membrain)

    def test_a_page_that_failed_once_is_asked_for_again(self, service: Any, membrain: MembrainClient) -> None:
        broken = iter([(500, None), None])

        def answer(request: Any) -> tuple[int, Any] | None:
            return (
                next(broken, (200, window(request, 250)))
                if request.query["From"] == "100"
                else (200, window(request, 250))
            )

        service.answer = answer
        assert len(read(membrain)) == 250

    @pytest.mark.parametrize("grown", [251, 301, 450])
    def test_a_list_that_grew_while_it_was_read_is_read_to_its_new_end(
        self, grown: int, service: Any, membrain: MembrainClient
    ) -> None:
        service.answer = lambda request: (200, window(request, 250 if len(service.seen) == 1 else grown))
        assert read(membrain) == [f"id-{number}" for number in range(grown)]
        assert len(service.seen) == -(-grown // 100)

    def test_pages_that_tell_of_growth_out_of_order_are_no_loss(self, service: Any, membrain_with: Any) -> None:
        counts = {"0": 300, "100": 301, "200": 300, "300": 301}
        service.answer = lambda request: (200, window(request, counts[request.query["From"]]))
        assert len(read(membrain_with(parallel_pages=1))) == 301
        assert len(service.seen) == 4

    @pytest.mark.parametrize("left", [240, 150, 50])
    def test_a_list_that_shrank_while_it_was_read_is_read_again(
        self, left: int, service: Any, membrain_with: Any
    ) -> None:
        service.answer = lambda request: (200, window(request, 250 if len(service.seen) == 1 else left))
        again: list[str] = []
        for page in membrain_with(parallel_pages=1).pages("contacts"):
            again = [row["Id"] for row in page] if page[0]["Id"] == "id-0" else again + [row["Id"] for row in page]
        assert again == [f"id-{number}" for number in range(left)]

    def test_a_list_that_keeps_losing_rows_is_given_up(self, service: Any, membrain: MembrainClient) -> None:
        service.answer = lambda request: (200, window(request, 950 - len(service.seen)))
        with pytest.raises(Unreachable, match="loses rows while it is read"):
            read(membrain)

    def test_a_row_on_two_pages_comes_once_and_the_one_it_hides_is_found_by_reading_on(
        self, service: Any, membrain_with: Any
    ) -> None:
        """An undocumented order may be another one for each request."""

        def answer(request: Any) -> tuple[int, Any]:
            page = window(request, 200)
            if len(service.seen) == 2:
                page["items"][0] = {"Id": "id-0"}
            return 200, page

        service.answer = answer
        rows = read(membrain_with(parallel_pages=1), "prospects")
        assert sorted(rows) == sorted(f"id-{number}" for number in range(200))
        assert len(rows) == 200

    def test_rows_that_stay_hidden_are_never_taken_for_gone(self, service: Any, membrain: MembrainClient) -> None:
        def answer(request: Any) -> tuple[int, Any]:
            page = window(request, 200)
            return 200, page | {"items": [{"Id": "id-0"}, *page["items"][1:]]}

        service.answer = answer
        with pytest.raises(Unreachable, match="199 of 200 rows"):
            read(membrain)


class TestParallelPages:
    def test_no_more_than_allowed_are_in_flight(self, service: Any, membrain_with: Any) -> None:
        together = threading.Barrier(3)

        def answer(request: Any) -> tuple[int, Any]:
            if request.query["From"] in {"100", "200", "300"}:
                together.wait(10)
            return 200, window(request, 1500)

        service.answer = answer
        assert read(membrain_with(parallel_pages=3)) == [f"id-{number}" for number in range(1500)]
        assert service.most_in_flight == 3

    def test_pages_are_not_read_far_ahead_of_who_takes_them(self, service: Any, membrain_with: Any) -> None:
        service.answer = lambda request: (200, window(request, 100_000))
        pages = membrain_with(parallel_pages=4).pages("contacts")
        next(pages)
        next(pages)
        pages.close()
        assert len(service.seen) <= 1 + 4

    def test_an_error_on_one_page_ends_the_reading(self, service: Any, membrain: MembrainClient) -> None:
        service.answer = lambda request: (403, None) if request.query["From"] == "300" else (200, window(request, 1000))
        with pytest.raises(LoginNeeded):
            read(membrain)

    def test_a_limit_of_requests_a_minute_is_kept_over_all_threads(
        self, service: Any, membrain_with: Any, clock: Any
    ) -> None:
        service.answer = lambda request: (200, window(request, 500))
        began = clock.now()
        read(membrain_with(requests_per_minute=60, parallel_pages=1))
        assert (clock.now() - began).total_seconds() == pytest.approx(4, abs=0.01)


class TestErrors:
    @pytest.mark.parametrize(
        "answer",
        [
            (401, None),
            (403, {"error": "Forbidden"}),
            (200, {"error": "Invalid API key"}),
            (200, {"error": "Unauthorized"}),
            (200, {"error": "You have no access to this"}),
        ],
        ids=str,
    )
    def test_a_wrong_key_is_told_apart(self, answer: Any, service: Any, membrain: MembrainClient) -> None:
        service.answer = lambda _: answer
        with pytest.raises(LoginNeeded) as caught:
            membrain.users()
        assert caught.value.hint == "ccsync auth login membrain"
        assert len(service.seen) == 1

    @pytest.mark.parametrize("answer", [(200, {"error": "Instance not found"}), (404, "<html></html>")], ids=str)
    def test_a_wrong_instance_is_told_apart(self, answer: Any, service: Any, membrain: MembrainClient) -> None:
        service.answer = lambda _: answer
        with pytest.raises(ConfigError) as caught:
            membrain.users()
        assert "instance" in caught.value.hint

    @pytest.mark.parametrize(
        "answer", [(429, None), (200, {"error": "Rate limit reached"}), (200, {"error": "Too many requests"})], ids=str
    )
    def test_a_rate_limit_is_waited_for_and_given_up_in_the_end(
        self, answer: Any, service: Any, membrain: MembrainClient, clock: Any
    ) -> None:
        service.answer = lambda _: answer if len(service.seen) < 4 else (200, [{"Id": "u"}])
        assert membrain.users() == [{"Id": "u"}]
        assert sum(clock.slept) >= 15
        service.answer = lambda _: answer
        with pytest.raises(TryLater) as caught:
            membrain.users()
        assert "requests_per_minute" in caught.value.hint

    def test_another_error_with_status_200_is_never_no_rows(self, service: Any, membrain: MembrainClient) -> None:
        service.answer = lambda _: (
            200,
            {"error": "Something broke", "items": [], "count": "0", "from": "0", "to": "0"},
        )
        with pytest.raises(Unreachable, match="Something broke"):
            read(membrain)

    def test_a_key_that_a_service_repeats_is_not_told_on(self, service: Any, membrain: MembrainClient) -> None:
        for answer in ((200, {"error": "key k3y-of-acme is unknown"}), (401, "k3y-of-acme"), (400, "k3y-of-acme")):
            service.answer = lambda _, answer=answer: answer
            with pytest.raises((LoginNeeded, Unreachable)) as caught:
                membrain.users()
            assert "k3y-of-acme" not in caught.value.message

    @pytest.mark.parametrize("body", [{}, [], {"items": []}, [{"Name": "no id"}], ["x"], None], ids=str)
    def test_users_are_an_array_of_records_or_an_error(self, body: Any, service: Any, membrain: MembrainClient) -> None:
        service.answer = lambda _: (200, body)
        with pytest.raises(Unreachable):
            membrain.users()

    def test_custom_fields_are_arrays_by_kind(self, service: Any, membrain: MembrainClient) -> None:
        fields = {"contactCustomFields": [{"Id": "1", "Name": "Newsletter", "Type": "Text"}], "userCustomFields": []}
        service.answer = lambda _: (200, fields)
        assert membrain.custom_fields() == fields
        service.answer = lambda _: (200, {"contactCustomFields": "none"})
        with pytest.raises(Unreachable):
            membrain.custom_fields()


class TestChangeRanges:
    def test_both_ends_are_sent_in_the_configured_zone(
        self, service: Any, membrain_with: Callable[..., MembrainClient]
    ) -> None:
        service.answer = lambda request: (200, window(request, 0))
        span = (datetime(2026, 7, 1, 10, 0, tzinfo=UTC), datetime(2026, 7, 1, 12, 30, 0, 1, tzinfo=UTC))
        client = membrain_with(time_zone=STOCKHOLM)
        read(client, changed=span)
        client.count("companies", changed=span)
        for seen in service.seen:
            assert seen.query["ChangedFromDate"] == "2026-07-01 12:00:00"
            assert seen.query["ChangedToDate"] == "2026-07-01 14:30:01"

    def test_a_range_over_the_hour_that_comes_twice_misses_nothing(self) -> None:
        """On 25 October 2026 Stockholm's clocks go from 03:00 back to 02:00, at 01:00 UTC."""
        before, after = datetime(2026, 10, 25, 0, 45, tzinfo=UTC), datetime(2026, 10, 25, 1, 15, tzinfo=UTC)
        changed_at = "2026-10-25 02:05:00"  # five minutes into the second hour, at 01:05 UTC
        assert earliest(before, STOCKHOLM) <= changed_at <= latest(after, STOCKHOLM)
        changed_at = "2026-10-25 02:50:00"  # in the first hour, at 00:50 UTC
        assert earliest(before, STOCKHOLM) <= changed_at <= latest(after, STOCKHOLM)

    def test_on_other_days_a_range_is_what_was_asked_for(self) -> None:
        moment = datetime(2026, 11, 23, 15, 53, 1, tzinfo=UTC)
        assert earliest(moment, STOCKHOLM) == latest(moment, STOCKHOLM) == "2026-11-23 16:53:01"
