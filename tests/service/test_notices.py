"""Which end of a run is told: the first failure at once, the same one once a day, then that it works again."""

from __future__ import annotations

import json
import stat
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccsync.engine.options import Result, RunReport
from ccsync.errors import (
    AnswerTooLate,
    CcsyncError,
    ConfigError,
    ExitCode,
    Interrupted,
    Locked,
    LoginNeeded,
    Problem,
    Unreachable,
)
from ccsync.service.notice_book import FILE, NoticeBook
from ccsync.service.notice_text import failure, recovery, without_people
from ccsync.service.notices import Ending, Say, Spell, Verdict, afterwards, of_error, of_report, say
from ccsync.state.values import Counts

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

NOON = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
MINUTES = timedelta(minutes=3)


def badly(code: str = "no_answer", at: datetime = NOON, **more: Any) -> Ending:
    return Ending(at=at, verdict=Verdict.BADLY, exit_code=69, code=code, message="Membrain does not answer", **more)


def well(at: datetime = NOON) -> Ending:
    return Ending(at=at, verdict=Verdict.WELL, exit_code=0, result="success", run="r2")


def neither(at: datetime = NOON) -> Ending:
    return Ending(at=at, verdict=Verdict.NEITHER, exit_code=130)


def told(endings: Iterable[Ending]) -> list[Say]:
    """Return what a listener hears who is reached every time."""
    spell: Spell | None = None
    heard = []
    for ending in endings:
        heard.append(say(spell, ending))
        spell = afterwards(spell, ending, told=heard[-1] is not Say.NOTHING)
    return heard


class TestWhatIsTold:
    def test_a_run_that_goes_well_is_not_told(self) -> None:
        assert told([well(), well()]) == [Say.NOTHING, Say.NOTHING]

    def test_the_first_failure_is_told_at_once_and_the_same_one_not_again_that_day(self) -> None:
        every_3_minutes = [badly(at=NOON + n * MINUTES) for n in range(480)]
        assert told(every_3_minutes) == [Say.FAILURE] + [Say.NOTHING] * 479

    def test_after_a_day_it_is_told_once_more(self) -> None:
        heard = told(badly(at=NOON + n * MINUTES) for n in range(3 * 480))
        assert [index for index, what in enumerate(heard) if what is not Say.NOTHING] == [0, 480, 960]
        assert heard[480] is Say.STILL

    def test_that_it_works_again_is_told_once(self) -> None:
        assert told([badly(), badly(), well(), well()]) == [Say.FAILURE, Say.NOTHING, Say.RECOVERY, Say.NOTHING]

    def test_the_first_failure_after_a_success_is_told_at_once(self) -> None:
        assert told([badly(), well(), badly()]) == [Say.FAILURE, Say.RECOVERY, Say.FAILURE]

    def test_another_failure_is_told_at_once(self) -> None:
        assert told([badly("no_answer"), badly("login_needed")]) == [Say.FAILURE, Say.FAILURE]

    def test_two_failures_that_take_turns_are_told_once_each(self) -> None:
        assert told([badly("a"), badly("b")] * 10) == [Say.FAILURE] * 2 + [Say.NOTHING] * 18

    def test_a_signal_and_a_run_that_was_on_already_change_nothing(self) -> None:
        assert told([badly(), neither(), badly(), neither(), well()]) == [
            Say.FAILURE,
            Say.NOTHING,
            Say.NOTHING,
            Say.NOTHING,
            Say.RECOVERY,
        ]

    def test_a_clock_that_was_set_back_silences_nobody(self) -> None:
        assert told([badly(at=NOON), badly(at=NOON - timedelta(days=400))]) == [Say.FAILURE, Say.STILL]

    def test_who_was_not_reached_is_told_by_the_next_run(self) -> None:
        spell = afterwards(None, badly(), told=False)
        assert say(spell, badly(at=NOON + MINUTES)) is Say.FAILURE
        assert say(spell, well()) is Say.NOTHING

    def test_a_recovery_that_did_not_reach_anybody_is_told_again(self) -> None:
        spell = afterwards(None, badly(), told=True)
        assert say(afterwards(spell, well(), told=False), well()) is Say.RECOVERY

    @given(st.lists(st.sampled_from(["a", "b", "well", "neither"]), max_size=40), st.integers(1, 2000))
    def test_nobody_is_told_the_same_twice_in_a_day_nor_of_a_failure_without_its_end(
        self, ends: list[str], minutes: int
    ) -> None:
        moments = [NOON + timedelta(minutes=n * minutes) for n in range(len(ends))]
        endings = [
            well(at) if end == "well" else neither(at) if end == "neither" else badly(end, at)
            for end, at in zip(ends, moments, strict=True)
        ]
        last: dict[str, datetime] = {}
        for ending, what in zip(endings, told(endings), strict=True):
            if ending.verdict is Verdict.WELL:
                assert (what is Say.RECOVERY) == bool(last)
                last.clear()
            elif ending.verdict is Verdict.BADLY:
                due = ending.code not in last or ending.at - last[ending.code] >= timedelta(days=1)
                assert (what is not Say.NOTHING) == due
                if due:
                    last[ending.code] = ending.at


def report(result: Result, exit_code: ExitCode, code: str = "") -> RunReport:
    return RunReport("r1", result, NOON, NOON + MINUTES, exit_code, code=code, counts=Counts(created=2, failed=1))


class TestWhatARunsEndMeans:
    @pytest.mark.parametrize(
        ("ended", "verdict"),
        [
            (report(Result.SUCCESS, ExitCode.DONE), Verdict.WELL),
            (report(Result.SUCCESS, ExitCode.DONE, "not_approved"), Verdict.NEITHER),
            (report(Result.STOPPED, ExitCode.TRY_LATER, AnswerTooLate.code), Verdict.NEITHER),
            (report(Result.PARTIAL, ExitCode.STOPPED, "record_failed"), Verdict.BADLY),
            (report(Result.STOPPED, ExitCode.STOPPED, "guard"), Verdict.BADLY),
            (report(Result.FAILED, ExitCode.TRY_LATER, "quota_spent"), Verdict.BADLY),
            (report(Result.INTERRUPTED, ExitCode.INTERRUPTED), Verdict.NEITHER),
            (report(Result.INTERRUPTED, ExitCode.TERMINATED), Verdict.NEITHER),
        ],
        ids=lambda value: getattr(value, "code", "") or str(getattr(value, "result", "")),
    )
    def test_of_a_report(self, ended: RunReport, verdict: Verdict) -> None:
        assert of_report(ended).verdict is verdict

    @pytest.mark.parametrize(
        ("error", "verdict"),
        [
            (Unreachable("x"), Verdict.BADLY),
            (LoginNeeded("x"), Verdict.BADLY),
            (CcsyncError("a bug", code="bug"), Verdict.BADLY),
            (Locked("x"), Verdict.NEITHER),
            (Interrupted("x"), Verdict.NEITHER),
        ],
    )
    def test_of_an_error(self, error: CcsyncError, verdict: Verdict) -> None:
        assert of_error(error, NOON).verdict is verdict

    def test_a_wrong_configuration_names_its_first_mistakes_on_one_line(self) -> None:
        problems = tuple(Problem(f"key{n}", n, "is wrong\nand a picture") for n in range(1, 9))
        (line, *_) = failure(of_error(ConfigError("8 mistakes", problems=problems), NOON), None)
        assert line.startswith("ccsync: 8 mistakes: line 1: key1: is wrong; line 2: key2: is wrong; ")
        assert line.endswith("; and 3 more")
        assert "picture" not in line


class TestTheWords:
    def test_a_failure_says_what_next_since_when_which_run_and_where_to_read_on(self) -> None:
        ending = badly(at=NOON + 4 * MINUTES, hint="ccsync status", run="r9", log="/l/r9.jsonl", done="nothing")
        assert failure(ending, Spell(NOON, 4)) == (
            "ccsync: Membrain does not answer",
            "  next: ccsync status",
            "  since: 2026-11-23 12:00:00 UTC; 5 runs failed; told once a day as long as it lasts",
            "  run:  r9 (failed)",
            "  done: nothing",
            "  log:  /l/r9.jsonl",
        )

    def test_whatever_a_service_answers_it_stays_below_20_lines(self) -> None:
        ending = Ending(at=NOON, verdict=Verdict.BADLY, exit_code=69, message="x\n" * 900, hint="y\n" * 900)
        lines = failure(ending, None)
        assert len(lines) < 20
        assert max(len(line) for line in lines) < 700

    def test_a_recovery_is_one_line_with_what_it_was(self) -> None:
        (line,) = recovery(well(NOON + 9 * MINUTES), Spell(NOON, 9, {"no_answer": NOON}))
        assert line == (
            "ccsync: works again with run r2, 2026-11-23 12:27:00 UTC; "
            "9 runs had failed since 2026-11-23 12:00:00 UTC (no_answer)"
        )

    @pytest.mark.parametrize(
        "text",
        [
            "ann.berg@example.com: Constant Contact changed the permission to send",
            'answered GET /contacts with something that is no JSON: \'{"first_name": "Berg", "email": "ann.b',
            'with something that is no JSON: \'[{"first_name": "Berg"',
            "with something that is no JSON: '<html>Dear Ann Berg</html>'",
            "refused: <ann.berg@example.com> and ann.berg@example.com",
        ],
    )
    def test_what_leaves_this_machine_has_no_people_in_it(self, text: str) -> None:
        shown = without_people(text)
        assert "erg" not in shown
        assert "example.com" not in shown

    def test_what_is_about_nobody_stays_as_it_is(self) -> None:
        text = 'sync "customers" would take 64 of 106 people off the list "Customers": nothing was written'
        assert without_people(text) == text


class TestTheBook:
    def test_remembers_from_one_process_to_the_next(self, tmp_path: Path) -> None:
        NoticeBook(tmp_path).remember("printed", badly(), told=True)
        spell = NoticeBook(tmp_path).spell("printed")
        assert spell == Spell(NOON, 1, {"no_answer": NOON})
        assert say(spell, badly(at=NOON + MINUTES)) is Say.NOTHING

    def test_each_listener_has_a_memory_of_its_own(self, tmp_path: Path) -> None:
        book = NoticeBook(tmp_path)
        book.remember("printed", badly(), told=True)
        assert book.spell("command") is None
        book.remember("command", badly("other"), told=True)
        book.remember("printed", well(), told=True)
        assert book.spell("printed") is None
        assert book.spell("command") == Spell(NOON, 1, {"other": NOON})

    def test_is_for_its_owner_alone_and_leaves_nothing_beside_it(self, tmp_path: Path) -> None:
        NoticeBook(tmp_path).note(badly())
        (path,) = tmp_path.iterdir()
        assert stat.S_IMODE(path.stat().st_mode) == 0o600

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "{",
            "[]",
            "null",
            '{"listeners": 3, "failing": 4}',
            '{"listeners": {"printed": {"since": 1}}}',
            '{"listeners": {"printed": {"since": "2026-11-23", "runs": 1e999, "told": {}}}}',
            '{"failing": {"code": "", "exit_code": 1e999, "message": "", "hint": "", "since": "", "runs": 1}}',
        ],
    )
    def test_nonsense_counts_as_an_empty_one_and_is_written_over(self, text: str, tmp_path: Path) -> None:
        (tmp_path / FILE).write_text(text, "utf-8")
        book = NoticeBook(tmp_path)
        assert (book.spell("printed"), book.failing()) == (None, None)
        book.remember("printed", badly(), told=True)
        assert book.spell("printed") == Spell(NOON, 1, {"no_answer": NOON})

    def test_all_is_well_writes_nothing(self, tmp_path: Path) -> None:
        book = NoticeBook(tmp_path)
        book.note(well())
        book.remember("printed", well(), told=False)
        assert list(tmp_path.iterdir()) == []

    def test_knows_what_fails_since_when_and_how_often_until_a_run_goes_well(self, tmp_path: Path) -> None:
        book = NoticeBook(tmp_path)
        for n in range(3):
            book.note(badly(at=NOON + n * MINUTES))
        failing = book.failing()
        assert failing is not None
        assert (failing.code, failing.since, failing.runs) == ("no_answer", NOON, 3)
        book.note(neither())
        assert book.failing() == failing
        book.note(well())
        assert book.failing() is None

    def test_one_sync_that_goes_well_does_not_mend_what_fails_for_all(self, tmp_path: Path) -> None:
        book = NoticeBook(tmp_path)
        book.note(badly())
        book.note(well(), "customers")
        assert book.failing() is not None

    def test_keeps_no_people(self, tmp_path: Path) -> None:
        ending = Ending(at=NOON, verdict=Verdict.BADLY, exit_code=3, message="ann.berg@example.com was changed")
        NoticeBook(tmp_path).note(ending)
        assert "ann.berg" not in (tmp_path / FILE).read_text("utf-8")
        assert json.loads((tmp_path / FILE).read_text("utf-8"))["failing"]["exit_code"] == 3
