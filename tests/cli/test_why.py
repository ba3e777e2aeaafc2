"""``ccsync why EMAIL`` as it is typed: the answer first, one screen, from the state alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .example import typing

if TYPE_CHECKING:
    from .conftest import CommandLine
    from .example import Typed

OPTED_OUT = "karl.johan@example.com"


@pytest.fixture(scope="module")
def ccsync_after_a_run(tmp_path_factory: pytest.TempPathFactory) -> Typed:
    """Return the program with the example's account, which has run once."""
    typed = typing(tmp_path_factory.mktemp("example"))
    assert typed("run", "--once", "--yes").code == 0
    return typed


@pytest.mark.slow
def test_one_person_of_one_sync_fits_a_screen_of_80_by_24(ccsync_after_a_run: Typed) -> None:
    outcome = ccsync_after_a_run("why", OPTED_OUT, terminal=True)

    lines = outcome.stdout.splitlines()
    assert outcome.code == 0
    assert " ".join(" ".join(lines[:2]).split()) == (
        f'{OPTED_OUT} is not on the list "Customers": they opted out of mail in Constant Contact on 2026-10-24'
    )
    assert len(lines) < 24
    for label in ("Membrain ", "Constant Contact ", "Consent ", "Filter ", "List ", "Waits ", "Next run ", "Runs "):
        assert [line for line in lines if line.startswith(label)], label
    assert lines[-1].startswith("As read up to 2026-11-23 12:00:")


@pytest.mark.slow
def test_json_has_everything(ccsync_after_a_run: Typed) -> None:
    data = ccsync_after_a_run("why", OPTED_OUT.upper(), "--json").data

    assert data["known"]
    assert data["answers"][0]["code"] == "opted_out"
    (person,) = data["people"]
    assert person["membrain"]["name"]
    assert person["constant_contact"]["permission"] == "unsubscribed"
    sync = person["syncs"][0]
    assert sync["filter"]["matches"] is True
    assert len(sync["fields"]) == 9
    assert sync["waiting"][0]["reason"] == "opted_out"
    assert data["runs"][0]["events"]
    assert data["live"] is None


@pytest.mark.slow
def test_somebody_whom_neither_side_knows_is_told_with_what_to_type(ccsync_after_a_run: Typed) -> None:
    outcome = ccsync_after_a_run("why", "new@example.com")

    assert outcome.code == 0
    first, second = outcome.stdout.splitlines()
    assert first == "Neither ccsync's copy of Membrain nor that of Constant Contact knows new@example.com"
    assert second.endswith("--live asks both services now")


@pytest.mark.slow
def test_live_says_that_nothing_differs(ccsync_after_a_run: Typed) -> None:
    outcome = ccsync_after_a_run("why", OPTED_OUT, "--live")

    assert "Asked now: both services show just what ccsync's copy has" in outcome.stdout


@pytest.mark.slow
def test_an_address_as_status_shows_it_will_do_however_wrong_it_is(ccsync_after_a_run: Typed) -> None:
    assert ccsync_after_a_run("why", "rolf.vik").stdout.startswith("rolf.vik is not on the list")


@pytest.mark.slow
@pytest.mark.parametrize("word", ["Ann Berg", "ann@", ""])
def test_what_is_no_address_and_nobody_s_is_wrong_usage(ccsync_after_a_run: Typed, word: str) -> None:
    outcome = ccsync_after_a_run("why", word)

    assert outcome.code == 2
    assert f"{word!r} is no e-mail address" in outcome.stderr


def test_before_the_first_run_it_says_what_to_type(ccsync: CommandLine) -> None:
    outcome = ccsync("why", "ann@example.com")

    assert outcome.code == 0
    assert outcome.stdout == (
        "Nothing has been read yet, so nothing is known of ann@example.com\n"
        "Type ccsync run --once, or ask both services: ccsync why ann@example.com --live\n"
    )
