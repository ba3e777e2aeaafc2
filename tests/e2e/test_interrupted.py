"""Runs that meet each other, and runs that somebody ends."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from threading import Event
from typing import TYPE_CHECKING

import pytest

from ccsync.sandbox.faults import Fault

from .conftest import SECONDS, Outcome

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator

    from .conftest import House

pytestmark = pytest.mark.slow

READING = ("GET", "/API/v2/contacts/", "membrain")
WRITING = ("POST", "/v3/activities/contacts_json_import", "constant-contact")
HELD = 30.0
"""Longer than any of these tests: a held request is let go when its fault is cleared."""


@contextmanager
def held_at(house: House, method: str, path: str, service: str) -> Iterator[subprocess.Popen[str]]:
    """Yield a run that stands still at a request, until the faults are cleared."""
    arrived = Event()
    wait = house.sandbox.faults.wait

    def told(seconds: float) -> None:
        arrived.set()
        wait(seconds)

    house.sandbox.faults.wait = told  # type: ignore[method-assign] # to know when the request is there
    house.sandbox.faults.add(Fault("slow", service, method, path, seconds=HELD))  # type: ignore[arg-type] # a name of the table
    with house.start("run", "--once") as process:
        try:
            assert arrived.wait(SECONDS)
            yield process
        finally:
            house.sandbox.faults.clear()


def ended(process: subprocess.Popen[str]) -> Outcome:
    stdout, stderr = process.communicate(timeout=SECONDS)
    return Outcome(process.returncode, stdout, stderr)


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


@pytest.mark.parametrize(
    ("number", "code", "place"),
    [
        (signal.SIGTERM, 143, WRITING),
        pytest.param(signal.SIGINT, 130, READING, marks=pytest.mark.slow),
        pytest.param(signal.SIGTERM, 143, READING, marks=pytest.mark.slow),
        pytest.param(signal.SIGINT, 130, WRITING, marks=pytest.mark.slow),
    ],
    ids=["SIGTERM while it writes", "Ctrl-C while it reads", "SIGTERM while it reads", "Ctrl-C while it writes"],
)
def test_a_signal_ends_a_run_and_the_next_one_goes_on(
    house: House, number: signal.Signals, code: int, place: tuple[str, str, str]
) -> None:
    house.person("Cleo New", "cleo@example.com", JobTitle="Boss")
    with held_at(house, *place) as process:
        process.send_signal(number)
        outcome = ended(process)
    assert outcome.code == code
    assert outcome.said == ("interrupted; everything so far is saved", "run the same command again to go on")
    assert house.run() == Outcome(0, "", "")
    assert house.titles() == {"ann@example.com": "Clerk", "bo@example.com": "Clerk", "cleo@example.com": "Boss"}


@pytest.mark.slow
def test_the_lock_of_a_killed_run_is_free(house: House) -> None:
    with held_at(house, "GET", "/v3/contacts", "constant-contact") as process:
        process.kill()
        process.communicate(timeout=SECONDS)
    assert process.returncode == -signal.SIGKILL
    assert house.run() == Outcome(0, "", "")
