"""`ccsync timestamp`: how far each stream was read, setting that back, what it would mean, and taking it back.

On a real state, with the sandbox's services where one is asked.
"""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from ccsync.cli.app import execute
from ccsync.cli.session import Environment
from ccsync.engine.streams import CONTACTS, OPT_OUTS, mark, unmark
from ccsync.state.folder import AccountLock, ServiceLock
from ccsync.state.values import Timestamp

from .real_account import NOON, READ, Account, MinuteClock, account_read_up_to_noon

if TYPE_CHECKING:
    from pathlib import Path

SLOW = pytest.mark.slow
NOW = NOON + timedelta(minutes=1)


@pytest.fixture
def account(tmp_path: Path) -> Account:
    """Return an account whose streams were read up to noon."""
    return account_read_up_to_noon(tmp_path)


@pytest.fixture
def empty(account: Account) -> Account:
    """Return an account that has never run."""
    for path in account.folder.glob("state.sqlite*"):
        path.unlink()
    return account


class TestShow:
    def test_each_stream_has_how_far_it_was_read_when_that_was_noted_and_what_comes_next(
        self, account: Account
    ) -> None:
        assert account.shown()[CONTACTS] == {
            "stream": CONTACTS,
            "read_up_to": "2026-11-23T12:00:00.000Z",
            "next_from": "2026-11-23T11:55:00.000Z",
            "noted": "2026-11-23T12:00:00.000Z",
            "set_back": False,
        }
        line = next(one for one in account("timestamp", "show").stdout.splitlines() if one.startswith(CONTACTS))
        assert line.split("  ")[-3:] == ["2026-11-23 12:00", "1 min ago", "2026-11-23 11:55"]

    def test_a_reset_stream_is_shown_at_the_beginning(self, account: Account) -> None:
        account("timestamp", "reset", "--stream", CONTACTS)
        shown = account.shown()[CONTACTS]
        assert (shown["read_up_to"], shown["next_from"], shown["set_back"]) == (None, None, True)
        page = account("timestamp", "show").stdout
        assert "the beginning" in page
        assert "1 stream was set back" in page
        assert max(len(line) for line in page.splitlines() if "--config" not in line) <= 80


class TestSetting:
    def test_all_streams_move_to_the_moment_that_was_said(self, account: Account) -> None:
        assert account("timestamp", "set", "2026-11-01").code == 0
        assert account.read_up_to() == dict.fromkeys(READ, datetime(2026, 11, 1, tzinfo=UTC))

    @pytest.mark.parametrize(
        ("when", "code"),
        [("yesterday", "no_moment"), ("2026-11-24", "in_the_future"), ("2026-11-23T12:00:30", "forward")],
    )
    def test_what_cannot_be_is_refused_and_nothing_moves(self, account: Account, when: str, code: str) -> None:
        outcome = account("timestamp", "set", when, "--json")
        assert outcome.code == 2
        assert [one["code"] for one in outcome.envelope["errors"]] == [code]
        assert outcome.envelope["errors"][0]["hint"]
        assert account.read_up_to() == dict.fromkeys(READ, NOON)
        assert not (account.folder / "logs").exists()

    @pytest.mark.parametrize(
        ("when", "moment"),
        [
            ("2026-11-01T08:30+01:00", datetime(2026, 11, 1, 7, 30, tzinfo=UTC)),
            ("30d", NOW - timedelta(days=30)),
        ],
    )
    @SLOW
    def test_a_time_and_an_age_are_understood(self, account: Account, when: str, moment: datetime) -> None:
        account("timestamp", "set", when)
        assert account.read_up_to() == dict.fromkeys(READ, moment)

    @SLOW
    def test_one_stream_alone_can_be_moved(self, account: Account) -> None:
        outcome = account("timestamp", "set", "2026-11-01", "--stream", OPT_OUTS, "--json")
        moved = [{"stream": OPT_OUTS, "old": "2026-11-23T12:00:00.000Z", "new": "2026-11-01T00:00:00.000Z"}]
        assert outcome.data["moved"] == moved
        assert {name for name, moment in account.read_up_to().items() if moment != NOON} == {OPT_OUTS}

    def test_a_direction_is_the_streams_of_the_side_that_people_come_from(self, account: Account) -> None:
        account("timestamp", "set", "1d", "--direction", "membrain-to-constant-contact")
        assert {name for name, moment in account.read_up_to().items() if moment != NOON} == set(READ[:2])
        account("timestamp", "reset", "--direction", "constant-contact-to-membrain")
        assert set(account.read_up_to()) == set(READ[:2])

    def test_a_stream_that_the_configuration_needs_no_longer_is_left_alone_and_stands_in_nobodys_way(
        self, account: Account
    ) -> None:
        unneeded = "membrain.prospects"
        store = account.open()
        store.progress.set_timestamp(Timestamp(unneeded, NOON, NOON))
        store.close()
        assert account("timestamp", "reset").code == 0
        assert account.read_up_to() == {unneeded: NOON}

        account("timestamp", "reset", "--stream", unneeded)
        for _ in range(3):
            account("timestamp", "undo")
        store = account.open()
        store.progress.forget_timestamp(unneeded)
        mark(store.progress, unneeded)  # it was reset when it was needed, and no run has read it since
        store.close()

        assert account("timestamp", "set", "1d").code == 0
        assert set(account.read_up_to()) == set(READ)

    @SLOW
    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (("--stream", "membrain.people"), "there are membrain.contacts"),
            (("--stream", "membrain.prospects"), "no sync needs it"),
            (("--direction", "sideways"), "there are membrain-to-constant-contact"),
            (("--stream", CONTACTS, "--direction", "both"), "the one or the other"),
        ],
    )
    def test_a_name_that_nothing_has_is_told_with_those_that_there_are(
        self, account: Account, words: tuple[str, ...], said: str
    ) -> None:
        outcome = account("timestamp", "set", "1d", *words)
        assert outcome.code == 2
        assert said in outcome.stderr

    @SLOW
    def test_people_see_each_move_in_a_line(self, account: Account) -> None:
        shown = account("timestamp", "set", "2026-11-01", "--stream", CONTACTS).stdout
        assert shown == f"{CONTACTS}: 2026-11-23 12:00:00 UTC -> 2026-11-01 00:00:00 UTC\n"

    @SLOW
    def test_before_the_first_run_there_is_nothing_to_move(self, empty: Account) -> None:
        for words in (("set", "30d"), ("reset",), ("set", "30d", "--preview")):
            outcome = empty("timestamp", *words)
            assert outcome.code == 0
            assert "nothing has been read yet" in outcome.stdout
        assert empty("timestamp", "undo").code == 2
        assert not (empty.folder / "state.sqlite").exists()


class TestTheLog:
    def test_each_move_stands_in_the_log_with_its_old_and_new_value(self, account: Account) -> None:
        path = account("timestamp", "set", "2026-11-01", "--stream", CONTACTS, "--json").data["log"]
        moved = [line for line in account.events() if line["event"] == "timestamp.moved"]
        assert [(one["stream"], one["old"], one["new"], one["command"]) for one in moved] == [
            (CONTACTS, "2026-11-23T12:00:00+00:00", "2026-11-01T00:00:00+00:00", "timestamp set")
        ]
        assert str(account.folder / "logs" / "2026-11-23") in path
        shown = account("logs", "show").stdout
        assert f"{CONTACTS}: 2026-11-23 12:00:00 UTC -> 2026-11-01 00:00:00 UTC, by ccsync timestamp set" in shown

    @SLOW
    def test_taking_it_back_is_logged_as_well(self, account: Account) -> None:
        account("timestamp", "reset", "--stream", CONTACTS)
        account("timestamp", "undo")
        moved = [line for line in account.events() if line["event"] == "timestamp.moved"]
        assert {(one["command"], one["old"], one["new"]) for one in moved} == {
            ("timestamp reset", "2026-11-23T12:00:00+00:00", None),
            ("timestamp undo", None, "2026-11-23T12:00:00+00:00"),
        }

    @SLOW
    def test_it_stands_in_the_list_of_logs_with_what_it_was(self, account: Account) -> None:
        account("timestamp", "set", "2026-11-01")
        assert "timestamp set: 4 streams to 2026-11-01 00:00:00 UTC" in account("logs", "list").stdout


class TestUndo:
    def test_it_takes_the_last_move_back_and_then_the_one_before(self, account: Account) -> None:
        account("timestamp", "set", "1d")
        account("timestamp", "reset")
        assert account.read_up_to() == {}

        assert account("timestamp", "undo").code == 0
        assert account.read_up_to() == dict.fromkeys(READ, NOW - timedelta(days=1))
        assert account("timestamp", "undo").code == 0
        assert account.read_up_to() == dict.fromkeys(READ, NOON)
        outcome = account("timestamp", "undo", "--json")
        assert (outcome.code, outcome.envelope["errors"][0]["code"]) == (2, "nothing_to_undo")

    @SLOW
    def test_what_a_run_has_read_since_is_refused_before_the_service_is_stopped(self, account: Account) -> None:
        account("timestamp", "set", "1d")
        store = account.open()
        unmark(store.progress, READ)  # as a run does that has read them
        store.close()
        with ServiceLock(account.folder, MinuteClock()):
            outcome = account("timestamp", "undo", "--restart", "--json")
        assert (outcome.code, outcome.envelope["errors"][0]["code"]) == (2, "nothing_to_undo")
        assert "a run has read on since" in outcome.envelope["errors"][0]["message"]


class TestWhileSomethingRuns:
    @pytest.mark.parametrize("words", [("set", "3d"), ("reset",), ("undo",)], ids=" ".join)
    def test_while_the_service_is_on_it_is_refused_with_the_command_that_stops_it(
        self, account: Account, words: tuple[str, ...]
    ) -> None:
        account("timestamp", "set", "2d")
        before = account.read_up_to()
        with ServiceLock(account.folder, MinuteClock()):
            outcome = account("timestamp", *words)
        assert outcome.code == 75
        assert "the service of this account is on" in outcome.stderr
        assert "daemon stop, then the same command again; or ccsync" in outcome.stderr
        assert "--restart" in outcome.stderr
        assert account.read_up_to() == before

    @SLOW
    def test_while_a_run_is_on_it_is_refused(self, account: Account) -> None:
        with AccountLock(account.folder, MinuteClock()):
            outcome = account("timestamp", "set", "1d", "--json")
        assert outcome.code == 75
        (error,) = outcome.envelope["errors"]
        assert error["code"] == "locked"
        assert error["hint"].endswith("daemon stop, or wait for the end of the run")
        assert account.read_up_to() == dict.fromkeys(READ, NOON)

    @SLOW
    def test_looking_is_always_possible(self, account: Account) -> None:
        with ServiceLock(account.folder, MinuteClock()), AccountLock(account.folder, MinuteClock()):
            assert account("timestamp", "show").code == 0
            assert account("timestamp", "set", "1d", "--preview").code == 0


class TestPreview:
    def test_the_services_count_what_they_would_show_and_nothing_moves(self, account: Account) -> None:
        data = account("timestamp", "reset", "--preview", "--json").data

        streams = {one["stream"]: one for one in data["streams"]}
        assert {one["counted_by"] for one in data["streams"]} == {"service"}
        assert streams[CONTACTS]["records"] > 0 < streams[OPT_OUTS]["records"]
        assert streams["membrain.contacts"]["records"] > 0
        assert data["calls"]["membrain"] >= 2
        assert data["calls"]["constant_contact"] >= 2
        assert data["why_not_asked"] == ""
        assert account.read_up_to() == dict.fromkeys(READ, NOON)
        assert not (account.folder / "logs").exists()

    def test_without_the_services_the_mirror_counts_and_that_is_said(self, account: Account) -> None:
        with AccountLock(account.folder, MinuteClock()):  # a run has the sandbox's services to itself
            outcome = account("timestamp", "reset", "--preview")
        assert outcome.code == 0
        assert "Counted in ccsync's own copy, because a service was not asked: another run" in outcome.stdout
        assert "at least 0" in outcome.stdout
        assert "Nothing was moved" in outcome.stdout


class TestRestart:
    @SLOW
    def test_nothing_is_started_that_was_not_on(self, account: Account) -> None:
        outcome = account("timestamp", "set", "1d", "--restart", "--json")
        assert (outcome.code, outcome.data["restarted"]) == (0, False)
        assert ServiceLock(account.folder, MinuteClock()).held() is None


@SLOW
def test_the_page_of_the_command_says_utc() -> None:
    said = io.StringIO()
    execute(("timestamp", "set", "--help"), Environment(said, said, said, {"COLUMNS": "80"}, MinuteClock()))
    assert "UTC" in said.getvalue()
