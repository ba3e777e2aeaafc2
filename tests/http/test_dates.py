"""What answers tell about the clock of the service that gives them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from ccsync.http.verdict import Answer, Ok

if TYPE_CHECKING:
    import requests_mock

    from ccsync.http.session import HttpClient

NONE = timedelta()


def fine(_: Answer) -> Ok:
    return Ok(None)


def ask(client: HttpClient, mock: requests_mock.Mocker, **headers: str) -> tuple[timedelta, timedelta]:
    mock.get("/v3/", json={}, headers=headers)
    client.send("GET", "/", fine)
    return client.their_clock.ahead, client.their_clock.behind


@pytest.mark.parametrize(
    ("date", "ahead", "behind"),
    [
        ("Mon, 23 Nov 2026 15:53:01 GMT", NONE, NONE),
        ("Mon, 23 Nov 2026 15:53:00 GMT", NONE, NONE),  # it may be that second's end
        ("Mon, 23 Nov 2026 15:33:01 GMT", timedelta(minutes=20), NONE),
        ("Mon, 23 Nov 2026 16:13:01 GMT", NONE, timedelta(minutes=20)),
        ("Mon Nov 23 15:33:01 2026", timedelta(minutes=20), NONE),  # the oldest of the three forms
        ("yesterday", NONE, NONE),
        ("", NONE, NONE),
    ],
)
def test_the_date_of_an_answer_shows_how_far_our_clock_is_off(
    client: HttpClient, requests_mock: requests_mock.Mocker, date: str, ahead: timedelta, behind: timedelta
) -> None:
    assert ask(client, requests_mock, Date=date) == (ahead, behind)


def test_an_answer_without_a_date_shows_nothing(client: HttpClient, requests_mock: requests_mock.Mocker) -> None:
    assert ask(client, requests_mock) == (NONE, NONE)


def test_neither_does_one_that_was_kept_on_the_way(client: HttpClient, requests_mock: requests_mock.Mocker) -> None:
    assert ask(client, requests_mock, Date="Mon, 23 Nov 2026 15:33:01 GMT", Age="1200") == (NONE, NONE)


@pytest.mark.parametrize(
    ("date", "ahead"),
    [("Mon, 23 Nov 2026 15:53:20 GMT", NONE), ("Mon, 23 Nov 2026 15:43:01 GMT", timedelta(minutes=10, seconds=30))],
)
def test_what_an_answer_took_is_no_difference_and_counts_when_there_is_one(
    client: HttpClient, requests_mock: requests_mock.Mocker, clock: Any, date: str, ahead: timedelta
) -> None:
    def late(*_: object) -> str:
        clock.sleep(30)
        return "{}"

    requests_mock.get("/v3/", text=late, headers={"Date": date})
    client.send("GET", "/", fine)
    assert (client.their_clock.ahead, client.their_clock.behind) == (ahead, NONE)


def test_the_largest_difference_counts(client: HttpClient, requests_mock: requests_mock.Mocker) -> None:
    """A clock that is set right while a run is on was wrong when that run began to read."""
    ask(client, requests_mock, Date="Mon, 23 Nov 2026 15:33:01 GMT")
    assert ask(client, requests_mock, Date="Mon, 23 Nov 2026 15:53:01 GMT") == (timedelta(minutes=20), NONE)
