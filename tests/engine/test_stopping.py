"""A run that is asked to end finishes the record in hand, saves, and says what remains; the next one goes on."""

from __future__ import annotations

import time
from threading import Thread
from typing import TYPE_CHECKING

import pytest

from ccsync.clock import SystemClock, hold_pace
from ccsync.engine import planning
from ccsync.engine.options import Result, RunOptions, RunReport
from ccsync.errors import ExitCode
from ccsync.state.values import FieldCounts
from ccsync.stopping import StopAsked, StopRequest

from .conftest import numbers
from .test_to_membrain import TO_MEMBRAIN, member

if TYPE_CHECKING:
    from ccsync.engine.first_run import Preview
    from ccsync.sync.plan import Decision

    from .conftest import World
    from .wires import Sent


IMPORT = "POST /v3/activities/contacts_json_import"


def stopped(world: World, request: str, number: int = 1, *, dry_run: bool = False) -> RunReport:
    """Run, and ask for an end while the service carries out such a request for the time ``number``."""
    stop, seen = StopRequest(), []

    def asked(sent: Sent) -> None:
        if str(sent).startswith(request):
            seen.append(sent)
            if len(seen) == number:
                stop.ask(ExitCode.TERMINATED)

    world.wires.answered.append(asked)
    world.wait(minutes=3)
    report = world.application().run(RunOptions(dry_run=dry_run), None, stop)
    world.wires.mend()
    return report


def said(report: RunReport) -> str:
    """Return what a run that was asked to end says of it."""
    assert (report.result, report.exit_code) == (Result.INTERRUPTED, ExitCode.TERMINATED), report.message
    return report.message


class TestTowardsMembrain:
    @pytest.fixture
    def four(self, world: World) -> World:
        """Return a world with four people on a list that goes to Membrain."""
        world.configure(direction=TO_MEMBRAIN)
        world.constant_contact.people.add_list("Customers")
        for number in range(4):
            member(world, f"new{number}@example.com")
        return world

    def test_the_record_in_hand_is_written_and_read_back_and_no_other_one(self, four: World) -> None:
        report = stopped(four, "POST /API/v2/contacts/")
        assert said(report) == "interrupted; 3 people planned and not written yet: the next run goes on"
        assert four.membrain.count("contacts") == 1
        assert report.counts.created == 1, "it was read back, and so counts"

    def test_the_next_run_writes_the_rest_and_the_one_after_it_nothing(self, four: World) -> None:
        stopped(four, "POST /API/v2/contacts/", number=2)
        report = four.run()
        assert (report.exit_code, report.counts.created) == (ExitCode.DONE, 2), report.message
        assert four.membrain.count("contacts") == 4
        four.quietly()

    def test_the_company_that_is_made_for_somebody_belongs_to_the_record_in_hand(self, four: World) -> None:
        stopped(four, "POST /API/v2/companies/")
        assert (four.companies(), four.membrain.count("contacts")) == (["Nordlys AS"], 1)


class TestTowardsConstantContact:
    def test_the_answer_of_the_job_in_flight_is_kept_and_nothing_waits_for_its_end(self, world: World) -> None:
        world.people(3)
        report = stopped(world, IMPORT)
        assert said(report) == "interrupted; 3 people written and not read back yet: the next run goes on"
        assert "GET /v3/activities" not in world.requests()
        report = world.run()
        assert (report.exit_code, report.counts.created) == (ExitCode.DONE, 3), report.message
        assert world.requests().count(IMPORT) == 1
        world.quietly()

    def test_of_people_who_go_one_by_one_the_one_in_hand_is_written(self, world: World) -> None:
        people = world.people(3)
        world.run()
        for person in people:
            world.change(person, Phone="", EmailAddress=f"moved-{person[:8]}@example.com")
        report = stopped(world, "PUT /v3/contacts/")
        assert said(report) == (
            "interrupted; 2 people planned and not written yet, 1 person written and not read back yet: "
            "the next run goes on"
        )
        assert world.run().counts.updated == 3
        assert all(email.startswith("moved-") for email in world.members())
        world.quietly()

    def test_no_second_job_is_sent_after_the_first(self, world: World) -> None:
        one, *_ = world.people(3)
        world.run()
        world.change(one, Newsletter="No")
        world.person()
        report = stopped(world, "POST /v3/activities/remove_list_memberships")
        assert "1 person planned and not written yet, 1 person written" in said(report)


class TestWhileItReads:
    def test_it_ends_after_the_page_in_hand_and_no_timestamp_moves(self, world: World) -> None:
        world.people(1)
        world.run()
        before = world.read_up_to()
        since = len(world.wires.sent)
        world.person()
        report = stopped(world, "GET /v3/contacts")
        assert said(report) == "interrupted; everything so far is saved"
        assert [str(sent) for sent in world.wires.sent[since:]] == ["GET /v3/contacts"]
        assert world.read_up_to() == before
        assert world.run().counts.created == 1

    def test_it_plans_no_further_than_the_chunk_in_hand(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        stop, planned = StopRequest(), []
        real = planning.Planning._write_down

        def write_down(self: planning.Planning, decisions: list[Decision]) -> set[str]:
            planned.append(len(decisions))
            stop.ask(ExitCode.INTERRUPTED)
            return real(self, decisions)  # type: ignore[return-value] # ids are texts

        monkeypatch.setattr(planning, "CHUNK", 2)
        monkeypatch.setattr(planning.Planning, "_write_down", write_down)
        world.people(5)
        report = world.application().run(RunOptions(), None, stop)
        assert report.message.endswith("planned and not written yet: the next run goes on")
        assert len(planned) == 1
        monkeypatch.undo()
        assert world.run().counts.created == 5

    def test_a_dry_run_leaves_no_trace_of_its_plan(self, world: World) -> None:
        world.people(3)
        report = stopped(world, "GET /API/v2/companies/", dry_run=True)
        assert said(report) == "interrupted; everything so far is saved"
        assert world.run().counts.created == 3


class TestWhenAServiceIsInTroubleAsWell:
    def test_a_request_that_fails_is_not_tried_again(self, world: World) -> None:
        stop = StopRequest()
        world.people(1)
        world.run()
        world.wires.instead("GET /v3/contacts", b"{}", status=503)
        world.wires.before("GET /v3/contacts", lambda: stop.ask(ExitCode.TERMINATED))
        since = len(world.wires.sent)
        assert said(world.application().run(RunOptions(), None, stop)).startswith("interrupted")
        assert len(world.wires.sent) == since + 1

    def test_a_job_whose_answer_was_lost_is_not_sent_again(self, world: World) -> None:
        """Whether it became an activity is looked up, and the next run does the rest."""
        stop = StopRequest()

        def lose() -> None:
            stop.ask(ExitCode.TERMINATED)
            raise ConnectionResetError

        world.people(1)
        world.wires.before(IMPORT, lose)
        report = world.application().run(RunOptions(), None, stop)
        assert said(report) == "interrupted; 1 person written and not read back yet: the next run goes on"
        assert [str(sent) for sent in world.wires.sent].count(IMPORT) == 1
        assert world.run().counts.created == 1
        world.quietly()

    def test_a_job_that_the_service_had_no_time_for_is_planned_as_before(self, world: World) -> None:
        """It was surely not taken: the next run looks for none that might be it."""
        stop = StopRequest()
        world.people(1)
        world.wires.before(IMPORT, lambda: stop.ask(ExitCode.TERMINATED))
        world.wires.instead(IMPORT, b'{"error_key": "throttled"}', status=429)
        report = world.application().run(RunOptions(), None, stop)
        assert said(report) == "interrupted; 1 person planned and not written yet: the next run goes on"
        world.wires.mend()
        since = len(world.wires.sent)
        assert world.run().counts.created == 1
        after = [str(sent) for sent in world.wires.sent[since:]]
        assert "GET /v3/activities" not in after[: after.index(IMPORT)]
        world.quietly()

    def test_also_when_the_signal_comes_between_two_tries(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        stop = StopRequest()

        def sleep(_: float) -> None:
            if IMPORT in map(str, world.wires.sent):
                stop.ask(ExitCode.TERMINATED)
                stop.heed()

        world.people(1)
        monkeypatch.setattr(world.clock, "sleep", sleep)
        world.wires.instead(IMPORT, b'{"error_key": "throttled"}', status=429)
        report = world.application().run(RunOptions(), None, stop)
        assert said(report) == "interrupted; 1 person planned and not written yet: the next run goes on"

    def test_a_trouble_that_nobody_waits_for_is_told_in_the_log_alone(self, world: World) -> None:
        """It was to end anyway: that the calls of the day are spent just now is no failure of this run."""
        stop = StopRequest()
        world.people(1)
        world.wires.before("GET /v3/contacts", lambda: stop.ask(ExitCode.TERMINATED))
        world.wires.instead("GET /v3/contacts", b'{"error_key": "quota_exceeded"}', status=429)
        report = world.application().run(RunOptions(), None, stop)
        assert said(report) == "interrupted; everything so far is saved"
        [warning] = world.events(report, "run.warning")
        assert "no more calls today" in warning["message"]


def test_the_end_stands_in_the_log_and_in_the_books(world: World) -> None:
    world.people(2)
    report = stopped(world, IMPORT)
    [finished] = world.events(report, "run.finished")
    assert (finished["result"], finished["exit_code"], finished["level"]) == ("interrupted", 143, "error")
    assert report.message in finished["message"]
    with world.application().reader() as store:
        assert store is not None
        [run] = store.history.runs()
        assert (run.result, run.message) == ("interrupted", report.message)


def test_whoever_is_asked_a_question_is_not_kept_waiting_for(world: World) -> None:
    """At the question before a first run Ctrl-C ends it at once: nothing is half done."""
    stop, answered = StopRequest(), []
    world.people(1)

    def approve(_: Preview) -> bool:
        stop.ask(ExitCode.INTERRUPTED)
        answered.append("yes")
        return True

    report = world.application().run(RunOptions(approve=approve), None, stop)
    assert (report.exit_code, answered) == (ExitCode.INTERRUPTED, [])
    assert world.members() == set()


def test_what_was_counted_in_a_change_that_did_not_happen_counts_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second signal comes in the middle of a chunk: all of it is taken back, and its counts with it."""
    world.people(3)
    world.run()
    world.run()
    before = world.statistics("full_name").total
    real = planning.Planning._write_down

    def torn(self: planning.Planning, decisions: list[Decision]) -> set[str]:
        real(self, decisions)
        raise StopAsked(ExitCode.TERMINATED)

    monkeypatch.setattr(planning.Planning, "_write_down", torn)
    report = world.run(full=True)
    assert (report.result, numbers(report.counts)) == (Result.INTERRUPTED, {})
    assert world.statistics("full_name").total == before
    monkeypatch.undo()
    assert world.run(full=True).counts.unchanged == 3
    assert world.statistics("full_name").total == before + FieldCounts(unchanged=3)


class TestWaits:
    @pytest.fixture
    def slept(self, monkeypatch: pytest.MonkeyPatch) -> list[float]:
        """Return for how long the machine was really asked to wait."""
        slept: list[float] = []
        passed = [0.0]

        def sleep(seconds: float) -> None:
            slept.append(seconds)
            passed[0] += seconds

        monkeypatch.setattr(time, "sleep", sleep)
        monkeypatch.setattr(time, "monotonic", lambda: passed[0])
        return slept

    def test_a_long_wait_does_not_begin_when_somebody_has_asked(self, slept: list[float]) -> None:
        stop = StopRequest()
        with stop.gently():
            stop.ask(ExitCode.TERMINATED)
            with pytest.raises(StopAsked):
                SystemClock(stop).sleep(60)
        assert slept == []

    def test_and_in_another_thread_it_ends_soon(self, slept: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
        """Signals reach the main thread alone."""
        stop, ended = StopRequest(), []
        fake = time.sleep

        def sleep(seconds: float) -> None:
            fake(seconds)
            with stop.gently():
                stop.ask(ExitCode.TERMINATED)

        monkeypatch.setattr(time, "sleep", sleep)

        def wait() -> None:
            try:
                SystemClock(stop).sleep(60)
            except StopAsked:
                ended.append(sum(slept))

        thread = Thread(target=wait)
        thread.start()
        thread.join()
        assert ended == [0.5]

    def test_a_short_one_is_part_of_finishing_what_is_in_hand(self, slept: list[float]) -> None:
        """The pause between two tries, or before the next request of a record."""
        stop = StopRequest()
        with stop.gently():
            stop.ask(ExitCode.TERMINATED)
            SystemClock(stop).sleep(1.9)
        assert slept == [1.9]

    def test_so_is_the_pace_of_requests_however_slow(self, slept: list[float]) -> None:
        """Ten seconds each, with ``requests_per_minute = 6``: what was written is still read back."""
        stop = StopRequest()
        with stop.gently():
            stop.ask(ExitCode.TERMINATED)
            hold_pace(SystemClock(stop), 9.5)
        assert sum(slept) == 9.5

    def test_a_wait_of_which_nobody_asks_an_end_is_as_long_as_it_should_be(self, slept: list[float]) -> None:
        SystemClock(StopRequest()).sleep(60)
        assert sum(slept) == 60
