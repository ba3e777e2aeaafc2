"""Opt-outs are read first and written first: whatever else of a run fails, Membrain is told of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ccsync.errors import ExitCode
from ccsync.sandbox.faults import Fault

from .test_consent_to_membrain import ANN, BO, FIELD, MAPPED, met, opt_out, to_membrain, told
from .test_never_limits import counted

if TYPE_CHECKING:
    from ccsync.engine.first_run import Preview
    from ccsync.sandbox.faults import TransportKind

    from .conftest import World
    from .wires import Sent

pytestmark = pytest.mark.slow

FEWEST = 20
"""So many calls a day has at least: a tenth of fewer is none, or one, for opt-outs."""

SINGLE = 4
"""So many strokes are in the path of a single row of Membrain."""


def spend_all_but_a_reserve(world: World) -> None:
    """Lower the day's calls to what was made so far, and a tenth for opt-outs."""
    while counted(world) < FEWEST:
        world.run()
    used = counted(world)
    day = used + used // 10
    world.configure(tables=f"[constant_contact]\nrequests_per_day = {day}\nopt_out_reserve = {day // 10}", more=MAPPED)


def no_contacts() -> Fault:
    """Let Constant Contact tell of opt-outs, and of no contact besides."""
    return Fault(
        "status_503", service="constant-contact", method="GET", path_prefix="/v3/contacts", after=1, times=None
    )


def refuse(_: Preview) -> bool:
    """Say no to whatever a first run is about to do."""
    return False


def reading(sent: Sent) -> str:
    if sent.path == "/v3/contacts" and "optout_after" in sent.query:
        return "opt-outs"
    return "one contact in Membrain" if sent.path.rstrip("/").count("/") == SINGLE else str(sent)


class TestBeforeAnythingElse:
    """Opt-outs are read first and written first."""

    def test_no_other_reading_stands_between_the_opt_out_and_membrain(self, world: World) -> None:
        met(world)
        opt_out(world)
        before = len(world.wires.sent)
        world.run()
        sent = world.wires.sent[before:]
        first = next(place for place, one in enumerate(sent) if one.is_write)
        assert (sent[first].method, sent[first].service) == ("PUT", "membrain")
        assert [reading(one) for one in sent[:first]] == ["opt-outs", "one contact in Membrain"]

    def test_it_reaches_membrain_when_only_the_reserve_of_the_day_is_left(self, world: World) -> None:
        met(world)
        spend_all_but_a_reserve(world)
        opt_out(world)
        report = world.run()
        assert (report.exit_code, report.code) == (ExitCode.TRY_LATER, "quota_spent")
        assert told(world) == "unsubscribed"
        assert report.counts.updated == 1

    def test_it_reaches_membrain_when_contacts_cannot_be_read(self, world: World) -> None:
        met(world)
        opt_out(world)
        world.sandbox.faults.add(no_contacts())
        report = world.run()
        assert (report.exit_code, told(world)) == (ExitCode.UNREACHABLE, "unsubscribed")

    def test_it_reaches_membrain_when_its_lists_cannot_be_read(self, world: World) -> None:
        met(world)
        opt_out(world)
        world.wires.instead("GET /API/v2/contacts/", b"<html>", 503)
        report = world.run()
        assert (report.exit_code, told(world)) == (ExitCode.UNREACHABLE, "unsubscribed")

    def test_it_is_told_once_however_often_the_rest_fails(self, world: World) -> None:
        met(world)
        opt_out(world)
        for _ in range(2):
            world.sandbox.faults.clear()
            world.sandbox.faults.add(no_contacts())
            world.run()
        world.sandbox.faults.clear()
        world.run()
        assert len(world.wires.writes("membrain")) == 2  # the permission when they met, and the opt-out

    def test_whoever_was_edited_in_membrain_meanwhile_is_told_of_all_the_same(self, world: World) -> None:
        met(world)
        world.change(world.in_membrain(ANN)["Id"], **{FIELD: "ask Olle"})
        opt_out(world)
        world.sandbox.faults.add(no_contacts())
        world.run()
        assert told(world) == "unsubscribed"

    @pytest.mark.parametrize("fault", [None, "reset_after"])
    def test_a_new_address_in_membrain_is_in_nobody_s_way(self, world: World, fault: TransportKind | None) -> None:
        met(world)
        world.change(world.in_membrain(ANN)["Id"], EmailAddress="ann.berg@example.com")
        opt_out(world)
        if fault:
            world.sandbox.faults.add(Fault(fault, service="membrain", method="PUT", times=None))
            world.run()
            world.sandbox.faults.clear()
        report = world.run()
        assert (report.exit_code, report.counts.failed, report.counts.updated) == (ExitCode.DONE, 0, 1)
        assert told(world, "ann.berg@example.com") == "unsubscribed"

    def test_a_write_whose_answer_was_lost_is_looked_after_before_anything_else(self, world: World) -> None:
        met(world)
        opt_out(world)
        world.sandbox.faults.add(Fault("reset_after", service="membrain", method="PUT", times=None))
        assert world.run().exit_code is ExitCode.UNREACHABLE
        world.sandbox.faults.clear()
        written = world.membrain_writes()
        world.sandbox.faults.add(no_contacts())
        report = world.run()
        assert world.membrain_writes() == written
        assert [line["contact"] for line in to_membrain(world, report)] == [ANN]

    def test_a_plan_that_an_earlier_run_left_does_not_outlive_the_opt_out(self, world: World) -> None:
        met(world, more="")
        world.person("Bo Ek", BO)
        world.run()
        world.configure(more=MAPPED)
        world.sandbox.faults.add(Fault("status_503", service="membrain", method="PUT", times=None))
        world.run()
        world.sandbox.faults.clear()
        for email in (ANN, BO):
            opt_out(world, email)
        before = len(world.wires.sent)
        world.run()
        assert [b"unsubscribed" in one.body for one in world.wires.sent[before:] if one.method == "PUT"] == [True, True]

    def test_all_syncs_are_told_although_the_run_is_narrowed_to_one(self, world: World) -> None:
        met(world, more=MAPPED + world.sync("others", "Others", filter='contact.JobTitle == "CEO"'))
        opt_out(world)
        world.run(sync="others")
        assert told(world) == "unsubscribed"

    def test_whoever_is_met_by_the_run_that_reads_the_opt_out_is_told_of_by_it(self, world: World) -> None:
        world.configure(more=MAPPED)
        world.subscriber(ANN)
        world.run()
        opt_out(world)
        world.person("Ann Berg", ANN)
        report = world.run()
        assert (report.exit_code, told(world)) == (ExitCode.DONE, "unsubscribed")

    def test_a_sync_that_nobody_has_approved_yet_tells_nothing(self, world: World) -> None:
        met(world, more="")
        world.configure(more=world.sync("others", "Others") + MAPPED)
        written = world.membrain_writes()
        world.run(approve=refuse)
        opt_out(world)
        world.run(approve=refuse)
        assert world.membrain_writes() == written

    def test_a_dry_run_tells_nothing_and_shows_what_would_be_told(self, world: World) -> None:
        met(world)
        opt_out(world)
        written = world.membrain_writes()
        report = world.run(dry_run=True)
        assert world.membrain_writes() == written
        assert [(line.operation, line.contact, line.fields) for line in report.plan] == [
            ("consent", ANN, ((f"contact.custom.{FIELD}", "implicit", "unsubscribed"),))
        ]

    def test_whoever_was_told_of_counts_once_and_as_skipped_for_the_rest(self, world: World) -> None:
        met(world)
        opt_out(world)
        report = world.run()
        assert world.sync_counts(report) == {"updated": 1, "skipped": 1}
        permission = world.statistics("permission_to_send")
        assert (permission.last.written, permission.last.unchanged) == (1, 0)


class TestWhenAGuardStopsTheRun:
    def test_consent_has_gone_through(self, world: World) -> None:
        """Ann is known to both sides; Bo is met by the very run that the guard stops."""
        met(world)
        crowd = world.people(12)
        world.run()
        world.subscriber(BO)
        for email in (ANN, BO):
            opt_out(world, email)
        world.person("Bo Ek", BO)
        for one in crowd:
            world.change(one, Newsletter="No")
        report = world.run()
        assert (report.exit_code, report.code) == (ExitCode.STOPPED, "guard")
        assert (told(world), told(world, BO)) == ("unsubscribed", "unsubscribed")
        assert len(world.members()) == 12
