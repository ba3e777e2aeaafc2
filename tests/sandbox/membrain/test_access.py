"""Who is let in, how often, and what the service remembers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ccsync.sandbox.membrain.service import MembrainService

if TYPE_CHECKING:
    from pathlib import Path


class TestKey:
    @pytest.mark.parametrize("header", ["APIKey", "apikey", "APIKEY"])
    def test_the_key_goes_in_a_header_of_any_case(self, membrain: Any, ask: Any, header: str) -> None:
        assert ask.send("GET", "users/", headers={header: membrain.api_key}).json() == []

    @pytest.mark.parametrize("name", ["APIKey", "apiKey"])
    def test_or_in_the_query(self, membrain: Any, ask: Any, name: str) -> None:
        assert ask.send("GET", "users/", headers={}, params={name: membrain.api_key}).json() == []

    @pytest.mark.parametrize("headers", [{}, {"APIKey": "wrong"}])
    @pytest.mark.parametrize(("reading", "status"), [("status-401", 401), ("status-403", 403), ("error-in-200", 200)])
    def test_how_a_wrong_or_missing_key_is_answered_is_a_switch(
        self, membrain: Any, ask: Any, headers: dict[str, str], reading: str, status: int
    ) -> None:
        membrain.set_switches(bad_key=reading)
        answer = ask.send("GET", "users/", headers=headers)
        assert (answer.status_code, answer.json()) == (status, {"error": "Invalid API key"})

    def test_a_wrong_instance_answers_200_with_an_error_whatever_the_key(self, membrain: Any, ask: Any) -> None:
        membrain.set_switches(instance_found=False)
        answer = ask.send("GET", "users/", headers={})
        assert (answer.status_code, answer.json()) == (200, {"error": "Instance not found"})


class TestRateLimit:
    @pytest.mark.usefixtures("membrain")
    def test_there_is_none_by_default(self, ask: Any) -> None:
        assert {ask.send("GET", "roles/").status_code for _ in range(20)} == {200}

    @pytest.mark.parametrize(
        ("reading", "answered"),
        [
            ("status-429", (429, None)),
            ("status-429-retry-after", (429, "40")),
            ("error-in-200", (200, None)),
        ],
    )
    def test_above_it_the_answer_is_one_of_three(
        self, membrain: Any, ask: Any, clock: Any, reading: str, answered: tuple[int, str | None]
    ) -> None:
        membrain.set_switches(requests_per_minute=2, limit_answer=reading)
        clock.sleep(20)
        answers = [ask.send("GET", "roles/") for _ in range(3)]
        assert [answer.json() for answer in answers[:2]] == [[], []]
        assert answers[2].json() == {"error": "Rate limit exceeded"}
        assert (answers[2].status_code, answers[2].headers.get("Retry-After")) == answered

    def test_the_next_minute_is_free_again(self, membrain: Any, ask: Any, clock: Any) -> None:
        membrain.set_switches(requests_per_minute=1)
        ask.get("roles/")
        clock.sleep(60)
        assert ask.get("roles/") == []


class TestMemory:
    def test_records_switches_and_counts_outlive_the_service(
        self, membrain: Any, ask: Any, contact: str, tmp_path: Path, clock: Any
    ) -> None:
        membrain.set_switches(time_zone="Europe/Oslo", extra_mandatory=("contacts.Phone",))
        ask.put(f"contacts/{contact}", JobTitle="Purchaser")
        again = MembrainService(tmp_path, clock)  # the first one is not closed, as after a kill
        assert [row["JobTitle"] for row in again.all("contacts")] == ["Purchaser"]
        assert again.switches == membrain.switches
        assert again.writes() == 1
        again.close()

    def test_the_log_holds_every_request_without_its_key(self, membrain: Any, ask: Any, clock: Any) -> None:
        ask.send("GET", "contacts/", headers={}, params={"apikey": membrain.api_key, "From": "0"}, data="body")
        (entry,) = membrain.log()
        assert entry == {
            "time": clock.now().isoformat(),
            "method": "GET",
            "path": "/API/v2/contacts/",
            "query": "From=0",
            "status": 200,
            "size": 4,
        }

    @pytest.mark.parametrize("changes", [{"no_such_switch": 1}, {"clearing": "perhaps"}, {"split_names": "yes"}])
    def test_an_unknown_switch_or_value_is_an_error(self, membrain: Any, changes: dict[str, Any]) -> None:
        with pytest.raises(ValueError, match="switch"):
            membrain.set_switches(**changes)


class TestByHand:
    @pytest.mark.usefixtures("ask")
    def test_people_use_display_names_and_are_not_bound_by_the_apis_switches(self, populated: Any) -> None:
        populated.set_switches(option_encoding="id", clearing="error", extra_mandatory=("contacts.Phone",))
        contact = populated.create("contacts", {"Name": "Bo Ek", "CompanyName": "Brand New AB"})
        populated.edit("contacts", contact, **{"E-mail consent": "implicit", "Interests": ["Events"]})
        populated.edit("contacts", contact, **{"E-mail consent": ""})
        (row,) = [row for row in populated.all("contacts") if row["Id"] == contact]
        assert row["CompanyName"] == "Brand New AB"
        assert (row["custom"]["E-mail consent"], row["custom"]["Interests"]) == (None, "Events")

    def test_a_property_that_does_not_exist_is_an_error(self, membrain: Any, contact: str) -> None:
        with pytest.raises(LookupError, match="Shoe"):
            membrain.edit("contacts", contact, Shoe="43")

    @pytest.mark.usefixtures("contact")
    def test_their_edits_are_not_counted_as_writes(self, membrain: Any) -> None:
        assert membrain.writes() == 0
