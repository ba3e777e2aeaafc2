"""Runs that meet each other, and runs that somebody ends."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from .conftest import SECONDS, Outcome, ended, held_at

if TYPE_CHECKING:
    from .conftest import House

pytestmark = pytest.mark.slow

READING = ("GET", "/API/v2/contacts/", "membrain")
WRITING = ("POST", "/v3/activities/contacts_json_import", "constant-contact")
MOMENTS = pytest.mark.parametrize(
    "place",
    [pytest.param(READING, marks=pytest.mark.full), WRITING],
    ids=["while it reads", "while it writes"],
)
CLEO_TOO = {"ann@example.com": "Clerk", "bo@example.com": "Clerk", "cleo@example.com": "Boss"}


def test_a_second_run_ends_at_once_and_names_the_first(house: House) -> None:
    with held_at(house, "GET", "/v3/contacts", "constant-contact") as first:
        second = house.run()
        house.sandbox.faults.clear()
        assert ended(first) == Outcome(0, "", "")
    assert second.code == 75
    assert f"process {first.pid}, since 20" in second.said[0]
    assert second.said[1] == "ccsync status shows how far it is"


@pytest.mark.slow
def test_status_can_be_asked_while_a_run_is_on(house: House) -> None:
    with held_at(house, "GET", "/v3/contacts", "constant-contact") as first:
        assert house.ccsync("status").code == 0
        house.sandbox.faults.clear()
        assert ended(first).code == 0


SAVED = "interrupted; everything so far is saved"
WRITTEN = "interrupted; 1 person written and not read back yet: the next run goes on"


@pytest.mark.parametrize(
    ("number", "code", "place", "message"),
    [
        (signal.SIGTERM, 143, WRITING, WRITTEN),
        (signal.SIGINT, 130, READING, SAVED),
        pytest.param(signal.SIGTERM, 143, READING, SAVED, marks=pytest.mark.full),
        pytest.param(signal.SIGINT, 130, WRITING, WRITTEN, marks=pytest.mark.full),
    ],
    ids=["SIGTERM while it writes", "Ctrl-C while it reads", "SIGTERM while it reads", "Ctrl-C while it writes"],
)
def test_a_signal_ends_a_run_after_the_request_in_flight_and_the_next_one_goes_on(
    house: House, number: signal.Signals, code: int, place: tuple[str, str, str], message: str
) -> None:
    house.person("Cleo New", "cleo@example.com", JobTitle="Boss")
    with held_at(house, *place) as process:
        process.send_signal(number)
        house.sandbox.faults.clear()
        outcome = ended(process)
    assert outcome.code == code
    assert outcome.said == (message, "run the same command again to go on")
    assert house.run() == Outcome(0, "", "")
    assert house.titles() == CLEO_TOO
    written = house.sandbox.constant_contact.writes()
    assert house.run() == Outcome(0, "", "")
    assert house.sandbox.constant_contact.writes() == written


@MOMENTS
def test_a_second_signal_waits_for_nobody(house: House, place: tuple[str, str, str]) -> None:
    """The request is not answered until the run has ended, and is not given up either."""
    house.person("Cleo New", "cleo@example.com", JobTitle="Boss")
    with held_at(house, *place) as process:
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGINT)
        outcome = ended(process)
    assert outcome.code in (130, 143)
    assert outcome.said[0].startswith("interrupted; ")
    requests = [event for event in house.log() if event["event"] == "http.request"]
    assert [one["trouble"] for one in requests if one["status"] is None] == ["interrupted"]
    assert house.run() == Outcome(0, "", "")
    assert house.titles() == CLEO_TOO


@pytest.mark.full
@MOMENTS
def test_a_service_that_says_nothing_is_not_asked_again(house: House, place: tuple[str, str, str]) -> None:
    """It is listened to once more at most, after one signal: as long as it takes to give it up."""
    house.person("Cleo New", "cleo@example.com", JobTitle="Boss")
    with held_at(house, *place) as process:
        process.send_signal(signal.SIGTERM)
        outcome = ended(process)
    assert (outcome.code, outcome.said[0].partition(";")[0]) == (143, "interrupted")
    assert len([event for event in house.log() if event["event"] == "http.request" and event["status"] is None]) == 1
    assert house.run() == Outcome(0, "", "")
    assert house.titles() == CLEO_TOO


@pytest.mark.slow
def test_the_lock_of_a_killed_run_is_free(house: House) -> None:
    with held_at(house, "GET", "/v3/contacts", "constant-contact") as process:
        process.kill()
        process.communicate(timeout=SECONDS)
    assert process.returncode == -signal.SIGKILL
    assert house.run() == Outcome(0, "", "")
