"""A timestamp set back: what is read again is compared with the other side, even when it looks unchanged."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from ccsync.engine import timestamps
from ccsync.engine.options import Result
from ccsync.engine.streams import CONTACTS, MEMBRAIN, OF_DIRECTION, OPT_OUTS, STREAMS, is_marked
from ccsync.errors import UsageError
from ccsync.sandbox.faults import Fault
from ccsync.state.sqlite import SqliteStore
from ccsync.sync.mapping import Direction
from ccsync.sync.operations import IntentState

if TYPE_CHECKING:
    from tests.engine.conftest import World

ANN, BO = "ann@example.com", "bo@example.com"
TO_MEMBRAIN = "constant-contact-to-membrain"
SLOW = pytest.mark.slow


def open_state(world: World) -> SqliteStore:
    return SqliteStore.open(world.application().state_path)


def set_back(world: World, to: datetime | None, streams: tuple[str, ...] = STREAMS) -> tuple[timestamps.Move, ...]:
    """Set timestamps back as the command does; to the beginning without a moment."""
    store = open_state(world)
    try:
        moves = timestamps.moves(store, streams, to)
        timestamps.carry_out(store, moves, world.clock.now())
    finally:
        store.close()
    return moves


def undo(world: World) -> tuple[timestamps.Move, ...]:
    store = open_state(world)
    try:
        return timestamps.undo(store, world.clock.now())
    finally:
        store.close()


def forget_the_work(world: World) -> None:
    """Lose what a run had still to do, as a state does that was damaged and mended."""
    store = open_state(world)
    with store.transaction():
        store.work.untouch(store.work.touched())
        store.work.drop_intents(one.number for one in store.work.intents(*IntentState))
    store.close()


def marked(world: World) -> set[str]:
    with world.application().reader() as store:
        assert store is not None
        return {name for name in STREAMS if is_marked(store.progress, name)}


def singles(world: World) -> int:
    """Count contacts that were read one by one in Constant Contact."""
    return sum(1 for one in world.requests() if one.startswith("GET /v3/contacts/") and "counts" not in one)


# --- what the next run reads ------------------------------------------------------------------------------------------


def test_the_next_run_reads_from_where_the_timestamp_was_set_to(world: World) -> None:
    world.people(3)
    world.run()
    long_ago = world.clock.now()
    world.wait(days=5)
    world.run()
    set_back(world, long_ago, ("membrain.contacts",))

    report = world.quietly()

    rows = {line["stream"]: line["rows"] for line in world.events(report, "stream.pulled")}
    assert (rows["membrain.contacts"], rows["membrain.companies"]) == (3, 0)
    assert report.counts.unchanged == 3
    assert world.read_up_to()["membrain.contacts"] > long_ago + timedelta(days=5)


@SLOW
def test_people_who_look_unchanged_are_not_planned_without_it(world: World) -> None:
    world.people(3)
    world.run()

    assert world.quietly().counts.unchanged == 0


@SLOW
def test_rows_from_before_the_moment_are_not_compared(world: World) -> None:
    world.people(2)
    world.run()
    world.wait(days=3)
    moment = world.clock.now()
    world.person("Ann Berg", ANN)
    world.run()
    world.wait(hours=25)  # a sweep is due, and reads everybody
    set_back(world, moment)

    assert world.quietly().counts.unchanged == 1


@SLOW
def test_reset_reads_everything_once_more_and_nobody_is_written(world: World) -> None:
    world.people(3)
    world.run()
    set_back(world, None)
    assert world.read_up_to() == {}

    report = world.quietly()

    assert (report.result, report.counts.unchanged) == (Result.SUCCESS, 3)
    assert set(world.read_up_to()) == {"membrain.contacts", "membrain.companies", CONTACTS, OPT_OUTS}


@SLOW
def test_the_run_after_that_reads_what_changed_and_compares_nobody(world: World) -> None:
    world.people(3)
    world.run()
    set_back(world, None)
    world.run()

    report = world.quietly()

    assert marked(world) == set()
    assert report.counts.unchanged == 0


def test_opt_outs_from_the_beginning_are_all_read_again(world: World) -> None:
    world.person("Ann Berg", ANN)
    world.run()
    world.constant_contact.people.unsubscribe(world.id_of(ANN))
    world.run()
    world.wait(days=30)
    world.run()
    set_back(world, None, (OPT_OUTS,))

    report = world.quietly()

    assert [line["rows"] for line in world.events(report, "stream.pulled") if line["stream"] == OPT_OUTS] == [1]


# --- what is compared -------------------------------------------------------------------------------------------------


def test_what_somebody_edited_on_the_other_side_is_kept(world: World) -> None:
    world.person("Ann Berg", ANN, JobTitle="CEO")
    world.run()
    world.constant_contact.people.edit(world.id_of(ANN), job_title="Boss")
    world.run()
    world.wait(days=1)
    set_back(world, None)

    world.quietly()

    assert world.contact(ANN)["job_title"] == "Boss"
    assert world.waits() == {(ANN, "job_title", "kept_edit")}


def test_what_never_arrived_is_written(world: World) -> None:
    ann = world.person("Ann Berg", ANN, JobTitle="CEO")
    world.run()
    before = world.clock.now()
    world.change(ann, JobTitle="CFO")
    world.sandbox.faults.add(Fault("status_503", service="constant-contact", path_prefix="/v3/contacts/", times=None))
    world.run()
    world.sandbox.faults.clear()
    store = open_state(world)
    for name, stamp in store.progress.timestamps().items():
        store.progress.set_timestamp(type(stamp)(name, world.clock.now(), world.clock.now()))
    store.close()
    forget_the_work(world)
    world.wait(minutes=10)
    world.quietly()
    assert world.contact(ANN)["job_title"] == "CEO"
    set_back(world, before, ("membrain.contacts",))

    world.run()

    assert world.contact(ANN)["job_title"] == "CFO"


def test_the_other_side_is_read_anew_so_that_the_comparison_is_with_what_is_there(world: World) -> None:
    world.person("Ann Berg", ANN)
    world.run()
    before = world.clock.now() - timedelta(hours=1)
    world.wait(minutes=30)
    world.run()
    world.constant_contact.people.take_off_list(world.id_of(ANN), world.list_id())  # moves no time of change
    world.quietly()
    assert world.waiting() == {}
    set_back(world, before, ("membrain.contacts",))

    world.quietly()

    assert world.waiting() == {ANN: "removed_by_hand"}


@SLOW
def test_a_handful_of_people_is_read_one_by_one(world: World) -> None:
    world.crowd(30)
    world.run()
    world.wait(minutes=30)
    moment = world.clock.now()
    world.person("Ann Berg", ANN)
    world.run()
    world.wait(minutes=30)
    world.run()
    before = singles(world)
    set_back(world, moment, ("membrain.contacts",))

    world.quietly()

    assert singles(world) == before + 1


@SLOW
def test_a_company_set_back_has_its_people_compared(world: World) -> None:
    nordlys = world.company()
    world.person("Ann Berg", ANN, CompanyId=nordlys)
    world.people(2)
    world.run()
    set_back(world, None, ("membrain.companies",))

    assert world.quietly().counts.unchanged == 1


@SLOW
def test_constant_contact_set_back_is_compared_with_what_membrain_shows_now(world: World) -> None:
    world.configure(direction=TO_MEMBRAIN, filter="")
    nordlys = world.company()
    bo = world.person("Bo Dahl", BO, CompanyId=nordlys, JobTitle="CEO")
    world.subscriber(BO, first_name="Bo", last_name="Dahl", job_title="CEO", company_name="Nordlys AS")
    world.constant_contact.people.put_on_list(world.id_of(BO), world.constant_contact.people.add_list("Customers"))
    world.run()
    world.wait(minutes=30)
    world.run()
    world.membrain.set_switches(custom_field_moves_changed=False)
    world.change(bo, Language="Svenska")  # moves no time of change
    world.run()
    set_back(world, world.clock.now() - timedelta(days=1), (CONTACTS,))

    world.run()

    with world.application().reader() as store:
        assert store is not None
        (known,) = store.mirror.contacts_by_email(["bo@example.com"]).values()  # type: ignore[list-item] # an address
    assert "Svenska" in known[0].values.values()


@SLOW
@pytest.mark.parametrize("stream", [CONTACTS, OPT_OUTS, "membrain.contacts"])
def test_setting_any_stream_back_writes_nothing_when_nothing_is_different(world: World, stream: str) -> None:
    world.configure(direction="both", more=world.field("contact.custom.E-mail consent", "permission_to_send"))
    world.people(3)
    world.run()
    world.run()
    set_back(world, world.clock.now() - timedelta(days=2), (stream,))

    assert world.quietly().result is Result.SUCCESS


# --- what is not lost -------------------------------------------------------------------------------------------------


def test_a_run_that_fails_leaves_it_to_the_next_one(world: World) -> None:
    world.people(2)
    world.run()
    set_back(world, None)
    world.sandbox.faults.add(Fault("status_503", service="membrain", path_prefix="/API/v2/companies/", times=None))
    assert world.run().result is Result.FAILED
    world.sandbox.faults.clear()
    assert marked(world) == set(timestamps_of(world))

    assert world.quietly().counts.unchanged == 2
    assert marked(world) == set()


@SLOW
def test_a_dry_run_leaves_it_to_the_next_run(world: World) -> None:
    world.people(2)
    world.run()
    set_back(world, None)

    assert world.run(dry_run=True).counts.unchanged == 2

    assert world.read_up_to() == {}
    assert world.run().counts.unchanged == 2


def timestamps_of(world: World) -> tuple[str, ...]:
    """Return the streams that a configuration without projects reads."""
    return ("membrain.contacts", "membrain.companies", CONTACTS, OPT_OUTS)


# --- moving and taking back -------------------------------------------------------------------------------------------


def test_a_direction_means_the_streams_of_the_side_that_people_come_from() -> None:
    assert OF_DIRECTION[Direction.TO_CONSTANT_CONTACT] == tuple(MEMBRAIN)
    assert OF_DIRECTION[Direction.TO_MEMBRAIN] == (CONTACTS, OPT_OUTS)
    assert OF_DIRECTION[Direction.BOTH] == STREAMS


@SLOW
def test_forward_would_step_over_unread_changes_and_is_refused_for_all_streams_at_once(world: World) -> None:
    world.people(1)
    world.run()
    before = world.read_up_to()

    with pytest.raises(UsageError, match="only been read up to"):
        set_back(world, world.clock.now() + timedelta(seconds=1))

    assert world.read_up_to() == before


@SLOW
def test_forward_is_refused_after_a_reset_as_well(world: World) -> None:
    world.people(1)
    world.run()
    set_back(world, None)

    with pytest.raises(UsageError, match="from the beginning"):
        set_back(world, world.clock.now() - timedelta(days=3))


@SLOW
def test_undo_puts_a_timestamp_back_to_where_it_was(world: World) -> None:
    world.people(2)
    world.run()
    before = world.read_up_to()
    set_back(world, None)

    undo(world)

    assert world.read_up_to() == before
    assert marked(world) == set()
    assert world.quietly().counts.unchanged == 0


@SLOW
def test_several_moves_are_taken_back_one_by_one(world: World) -> None:
    world.people(1)
    world.run()
    first, second = world.clock.now() - timedelta(days=1), world.clock.now() - timedelta(days=2)
    before = world.read_up_to()
    set_back(world, first, (CONTACTS,))
    set_back(world, second)

    undo(world)
    assert world.read_up_to() == before | {CONTACTS: first}
    assert marked(world) == {CONTACTS}
    undo(world)
    assert world.read_up_to() == before
    assert marked(world) == set()
    with pytest.raises(UsageError, match="no timestamp was moved"):
        undo(world)


@SLOW
def test_what_a_run_has_read_since_cannot_be_taken_back(world: World) -> None:
    world.people(1)
    world.run()
    set_back(world, None)
    world.run()
    after = world.read_up_to()

    with pytest.raises(UsageError, match="a run has read on since"):
        undo(world)

    assert world.read_up_to() == after
