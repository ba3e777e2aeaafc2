"""What the session does when a service fails: a table of faults, for reading and for writing."""

from __future__ import annotations

from contextlib import ExitStack
from http import HTTPStatus
from typing import Any, Protocol

import pytest
import requests
import requests_mock

from ccsync.errors import AnswerLost, RecordRefused, TryLater, Unreachable
from ccsync.http.answers import Nonsense, stumbled, understood
from ccsync.http.session import HttpClient
from ccsync.http.verdict import Answer, Fail, Throttled, Verdict
from ccsync.logs.events import NullRecorder
from ccsync.wiring.clients import ways_out
from ccsync.wiring.places import Places

HTML = {"body": b"<html><body>Down for maintenance</body></html>"}

FAULTS = {
    "500": {"status": 500},
    "503": {"status": 503},
    "HTML in place of JSON": HTML,
    "JSON of another shape": {"body": b'{"other": 1}'},
    "an empty body": {"body": b""},
    "reset": {"way": "reset"},
    "truncated": {"way": "truncated"},
}


class Clock(Protocol):
    slept: list[float]


def judge(answer: Answer) -> Verdict:
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        return Throttled(TryLater("busy"), wait=1.0)
    if HTTPStatus.BAD_REQUEST <= answer.status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return Fail(RecordRefused("no", status=answer.status))
    return stumbled("Constant Contact", answer) or understood("Constant Contact", good, answer)


def good(value: Any) -> bool:
    if not isinstance(value, dict) or "good" not in value:
        raise Nonsense("no 'good'")
    return bool(value["good"])


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
class TestEachFault:
    def test_a_get_is_tried_three_times_and_then_given_up(
        self, fault: dict[str, Any], server: Any, client: HttpClient, reply: Any, clock: Clock
    ) -> None:
        server.answers(reply(**fault))
        with pytest.raises(Unreachable) as caught:
            client.send("GET", "/contacts", judge)
        assert not isinstance(caught.value, AnswerLost)
        assert "Constant Contact" in caught.value.message
        assert "ccsync run --once" in caught.value.hint
        assert len(server.seen) == 3
        assert clock.slept == [0.5, 1.5]

    def test_a_get_succeeds_when_the_fault_passes(
        self, fault: dict[str, Any], server: Any, client: HttpClient, reply: Any
    ) -> None:
        server.answers(reply(**fault), reply(**fault), reply())
        assert client.send("GET", "/contacts", judge) is True
        assert len(server.seen) == 3

    def test_a_post_is_never_sent_again_because_it_may_have_been_carried_out(
        self, fault: dict[str, Any], server: Any, client: HttpClient, reply: Any, clock: Clock
    ) -> None:
        server.answers(reply(**fault), reply())
        with pytest.raises(AnswerLost, match="may have been carried out"):
            client.send("POST", "/activities/contacts_json_import", judge, body=b"{}")
        assert len(server.seen) == 1
        assert clock.slept == []

    def test_a_put_may_be_repeated_and_says_in_the_end_that_it_may_have_happened(
        self, fault: dict[str, Any], server: Any, client: HttpClient, reply: Any
    ) -> None:
        server.answers(reply(**fault))
        with pytest.raises(AnswerLost):
            client.send("PUT", "/contacts/1", judge, body=b"{}")
        assert len(server.seen) == 3


class TestNoAnswerInTime:
    @pytest.mark.parametrize(
        ("method", "tries", "error"), [("GET", 3, Unreachable), ("PUT", 3, AnswerLost), ("POST", 1, AnswerLost)]
    )
    def test_a_silent_service_is_like_a_broken_connection(
        self, method: str, tries: int, error: type[Unreachable], *, server: Any, impatient: HttpClient, reply: Any
    ) -> None:
        server.answers(reply(way="silent"))
        with pytest.raises(Unreachable, match="no answer in time") as caught:
            impatient.send(method, "/contacts", judge)
        assert type(caught.value) is error
        assert len(server.seen) == tries

    def test_a_slow_answer_is_waited_for_and_a_silent_service_given_up_after_twelve_seconds(self, clock: Any) -> None:
        with (
            requests_mock.Mocker() as mock,
            HttpClient("membrain", "https://acme.example", clock, NullRecorder(), jitter=lambda: 0.5) as client,
        ):
            mock.get("/users/", exc=requests.ReadTimeout)
            with pytest.raises(Unreachable):
                client.send("GET", "/users/", judge)
            connecting, listening = zip(*(seen.timeout for seen in mock.request_history), strict=True)
        assert listening == (8, 2, 2)
        assert connecting == (3, 3, 3)
        assert clock.slept == [0.125, 0.125]

    @pytest.mark.parametrize(("simulated", "seconds"), [(True, 60), (False, 8)])
    def test_the_sandbox_may_take_its_time_as_no_real_service_may(
        self, clock: Any, *, simulated: bool, seconds: int
    ) -> None:
        """It shares our process, and imports 40,000 rows before it answers."""
        where = Places("https://a.example", "https://b.example", "https://c.example", "app", simulated)
        with requests_mock.Mocker() as mock, ExitStack() as stack:
            mock.get(requests_mock.ANY, json={"good": True})
            for client in ways_out(stack, where, clock, NullRecorder()):
                client.send("GET", "/users/", judge)
            assert [seen.timeout for seen in mock.request_history] == [(3, seconds)] * 2

    def test_a_service_that_was_silent_once_is_not_listened_to_for_long_again(self, clock: Any) -> None:
        with (
            requests_mock.Mocker() as mock,
            HttpClient("membrain", "https://acme.example", clock, NullRecorder()) as client,
        ):
            mock.get(
                "/users/",
                [{"exc": requests.ReadTimeout}, {"status_code": 503}, {"exc": requests.ReadTimeout}],
            )
            with pytest.raises(Unreachable):
                client.send("GET", "/users/", judge)
            assert [seen.timeout[1] for seen in mock.request_history] == [8, 2, 2]

    def test_an_answer_that_stops_halfway_is_silence_too(
        self, server: Any, impatient: HttpClient, reply: Any, clock: Clock
    ) -> None:
        server.answers(reply(way="stops"))
        with pytest.raises(Unreachable, match="broke off"):
            impatient.send("GET", "/contacts", judge)
        assert len(server.seen) == 3
        assert max(clock.slept) <= 0.25

    def test_the_next_request_is_listened_to_as_long_as_the_first(self, clock: Any) -> None:
        with (
            requests_mock.Mocker() as mock,
            HttpClient("membrain", "https://acme.example", clock, NullRecorder()) as client,
        ):
            mock.get("/users/", [{"exc": requests.ReadTimeout}, {"json": {"good": True}}])
            assert client.send("GET", "/users/", judge) is True
            assert client.send("GET", "/users/", judge) is True
            assert [seen.timeout[1] for seen in mock.request_history] == [8, 2, 8]


class TestThrottling:
    @pytest.mark.parametrize("method", ["GET", "POST"])
    def test_waiting_for_a_busy_service_uses_up_no_try(
        self, method: str, server: Any, client: HttpClient, reply: Any, clock: Clock
    ) -> None:
        server.answers(*[reply(status=429)] * 5, reply())
        assert client.send(method, "/contacts", judge) is True
        assert len(server.seen) == 6
        assert clock.slept == [1.125] * 5

    def test_a_service_that_stays_busy_is_given_up(self, server: Any, client: HttpClient, reply: Any) -> None:
        server.answers(reply(status=429))
        with pytest.raises(TryLater, match="busy"):
            client.send("GET", "/contacts", judge)
        assert len(server.seen) == 20

    def test_tries_and_waits_are_counted_apart(self, server: Any, client: HttpClient, reply: Any) -> None:
        busy, broken = reply(status=429), reply(status=500)
        server.answers(busy, broken, busy, broken, busy, reply())
        assert client.send("GET", "/contacts", judge) is True


class TestRefusals:
    @pytest.mark.parametrize("status", [400, 403, 404, 409, 415])
    def test_what_a_service_refuses_is_never_repeated(
        self, status: int, server: Any, client: HttpClient, reply: Any
    ) -> None:
        server.answers(reply(status=status))
        with pytest.raises(RecordRefused):
            client.send("GET", "/contacts", judge)
        assert len(server.seen) == 1

    def test_a_redirect_is_not_followed_so_that_no_credential_reaches_another_host(
        self, server: Any, client: HttpClient, reply: Any
    ) -> None:
        server.answers(reply(status=302, headers={"Location": "https://elsewhere.example/v3/contacts"}))
        with pytest.raises(Unreachable, match=r"elsewhere\.example"):
            client.send("GET", "/contacts", judge)
        assert len(server.seen) == 1

    def test_the_wait_that_a_service_asks_for_is_kept_to_within_a_minute(
        self, server: Any, client: HttpClient, reply: Any, clock: Clock
    ) -> None:
        asked = ["7", "86400", "soon"]
        for seconds in asked:
            server.answers(reply(status=503, headers={"Retry-After": seconds}), reply())
            assert client.send("GET", "/contacts", judge) is True
        assert clock.slept == [7.125, 60.125, 0.5]
