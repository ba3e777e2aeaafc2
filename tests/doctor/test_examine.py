"""No check ends the doctor: whatever one does, the others are carried out, and the one says what became of it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from ccsync.clock import SystemClock
from ccsync.doctor.examine import Examination, carry_out
from ccsync.doctor.finding import Finding, Level, ok
from ccsync.errors import ExitCode, LocalError
from ccsync.stopping import StopAsked

if TYPE_CHECKING:
    from collections.abc import Iterator

WELL = Examination("well", lambda: [ok("well", "as it should be")])


def carried_out(*examinations: Examination) -> list[Finding]:
    return carry_out(examinations, SystemClock())


def test_findings_stand_in_the_order_of_the_checks_however_long_each_takes() -> None:
    first_may_end = threading.Event()

    def slow() -> Iterator[Finding]:
        first_may_end.wait(10)
        yield ok("slow", "at last")

    def quick() -> Iterator[Finding]:
        yield ok("quick", "at once")
        first_may_end.set()

    assert [one.name for one in carried_out(Examination("slow", slow), Examination("quick", quick))] == [
        "slow",
        "quick",
    ]


def test_one_that_never_ends_is_left_behind_after_its_time_and_what_it_found_by_then_is_kept() -> None:
    never = threading.Event()

    def hang() -> Iterator[Finding]:
        yield ok("keyring", "is there")
        never.wait()

    found = carried_out(Examination("keyring", hang, seconds=0.05), WELL)
    never.set()
    assert [(one.name, one.level) for one in found] == [
        ("keyring", Level.OK),
        ("keyring", Level.WARN),
        ("well", Level.OK),
    ]
    assert "within 0.05 seconds" in found[1].said


def raising(error: Exception) -> Examination:
    def look() -> Iterator[Finding]:
        yield ok("state", "is there")
        raise error

    return Examination("state", look)


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (LocalError("the state is damaged", hint="ls -l"), ExitCode.LOCAL, "the state is damaged"),
        (PermissionError(13, "Permission denied", "/etc/x"), ExitCode.LOCAL, "/etc/x cannot be looked at"),
        (KeyError("ann@example.com"), ExitCode.BUG, "KeyError in test_examine.py, line "),
    ],
    ids=["error", "system", "bug"],
)
def test_one_that_fails_says_so_in_its_own_place(error: Exception, code: ExitCode, said: str) -> None:
    found = carried_out(raising(error), WELL)
    assert [(one.name, one.level) for one in found] == [
        ("state", Level.OK),
        ("state", Level.FAIL),
        ("well", Level.OK),
    ]
    assert said in found[1].said
    assert found[1].exit_code == code
    assert found[1].mend
    assert "ann@example.com" not in str(found)  # what a bug says of itself may hold anything


def test_one_whose_wait_is_cut_short_because_the_process_ends_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    def look() -> Iterator[Finding]:
        raise StopAsked(ExitCode.TERMINATED)
        yield

    assert carried_out(Examination("membrain", look), WELL) == [ok("well", "as it should be")]
    assert capfd.readouterr() == ("", "")
