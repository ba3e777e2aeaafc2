"""How far each stream has been read: timestamps advance only at the end, windows overlap, sweeps find the rest."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from ccsync.engine.options import Result
from ccsync.errors import ExitCode
from ccsync.sandbox.faults import Fault

if TYPE_CHECKING:
    from tests.engine.conftest import World

ANN = "ann@example.com"
SLOW = pytest.mark.slow
STREAMS = {"membrain.contacts", "membrain.companies", "constant_contact.contacts", "constant_contact.opt_outs"}


def sweeps(world: World) -> int:
    return sum(1 for one in world.wires.sent if one.path == "/API/v2/contacts/" and "SortBy=CreatedDate" in one.query)


# --- timestamps -------------------------------------------------------------------------------------------------------


def test_each_stream_that_was_read_has_a_timestamp_at_the_start_of_its_reading(world: World) -> None:
    world.people(2)
    before = world.clock.now()

    report = world.run()

    read = world.read_up_to()
    assert set(read) == STREAMS
    assert all(before <= moment <= report.finished for moment in read.values())


def test_project_lists_are_read_only_when_a_filter_or_a_field_speaks_of_them(world: World) -> None:
    world.configure(more=world.field("project.Name", "custom.Project"))

    world.run()

    assert set(world.read_up_to()) == STREAMS | {
        "membrain.prospects",
        "membrain.opportunities",
        "membrain.accountGrowthItems",
    }


@pytest.mark.parametrize(
    ("service", "path"),
    [
        pytest.param("constant-contact", "/v3/contacts", marks=SLOW),
        pytest.param("membrain", "/API/v2/contacts/", marks=SLOW),
        ("membrain", "/API/v2/companies/"),
        ("constant-contact", "/v3/activities/contacts_json_import"),
    ],
)
def test_a_run_that_fails_anywhere_moves_no_timestamp(world: World, service: str, path: str) -> None:
    world.people(2)
    world.run()
    before = world.read_up_to()
    world.person("Ann Berg", ANN)
    world.sandbox.faults.add(Fault("status_503", service=service, path_prefix=path, times=None))  # type: ignore[arg-type] # parametrised

    report = world.run()

    assert (report.result, report.exit_code) == (Result.FAILED, ExitCode.UNREACHABLE)
    assert world.read_up_to() == before
    assert world.events(report, "timestamp.moved") == []
    world.sandbox.faults.clear()
    assert world.run().result is Result.SUCCESS
    assert ANN in world.members()


def test_a_first_run_that_fails_begins_again_from_the_beginning(world: World) -> None:
    world.person("Ann Berg", ANN)
    world.sandbox.faults.add(Fault("html", service="membrain", path_prefix="/API/v2/companies/", times=None))

    assert world.run().exit_code is ExitCode.UNREACHABLE

    assert world.read_up_to() == {}
    world.sandbox.faults.clear()
    world.run()
    assert world.members() == {ANN}


def test_timestamps_never_move_back(world: World) -> None:
    world.people(2)
    seen = []
    for _ in range(3):
        report = world.run()
        seen.append(world.read_up_to())
        moved = {line["stream"]: line for line in world.events(report, "timestamp.moved")}
        assert set(moved) == STREAMS

    for before, after in pairwise(seen):
        assert all(before[stream] < after[stream] for stream in STREAMS)


def test_each_window_begins_some_minutes_before_the_one_before_it(world: World) -> None:
    """A change that a service shows four minutes late is not stepped over."""
    world.constant_contact.set_switches(visibility_lag_seconds=240)
    world.person("Ann Berg", ANN)
    for _ in range(3):
        world.run()
    world.constant_contact.people.edit(world.id_of(ANN), job_title="Boss")
    world.run()  # three minutes after the edit: reads past it without seeing it

    world.run()

    with world.application().reader() as store:
        assert store is not None
        known = store.mirror.contacts([world.contact(ANN)["contact_id"]])
    assert [contact.values.get("job_title") for contact in known.values()] == ["Boss"]


def test_a_change_made_while_a_run_reads_is_seen_by_that_run_or_the_next(world: World) -> None:
    ann = world.person("Ann Berg", ANN, JobTitle="CEO")
    world.run()
    world.wires.after("GET /API/v2/contacts/", lambda: world.change(ann, JobTitle="CFO"))

    world.run()
    world.run()

    assert world.contact(ANN)["job_title"] == "CFO"


def test_rows_that_come_twice_are_recognised_by_their_content(world: World) -> None:
    world.people(3)
    world.run()

    report = world.quietly()

    assert [line["rows"] for line in world.events(report, "stream.pulled") if "opt" not in line["stream"]] == [3, 3, 0]
    assert report.counts.unchanged == 0


@pytest.mark.parametrize(
    ("bound", "ends"),
    [
        ("after", "exclusive"),
        pytest.param("at_or_after", "inclusive", marks=SLOW),
        pytest.param("after", "half-open", marks=SLOW),
    ],
)
def test_nothing_falls_between_two_windows_whatever_their_ends_mean(world: World, bound: str, ends: str) -> None:
    world.constant_contact.set_switches(updated_after_bound=bound)
    world.membrain.set_switches(range_ends=ends)
    world.people(1)
    world.run()
    for number in range(4):
        world.person("Ann Berg", f"ann{number}@example.com")
        world.wait(minutes=4 - number)
        world.run()

    assert len(world.members()) == 5


# --- sweeps -----------------------------------------------------------------------------------------------------------


def test_everything_is_compared_first_and_then_once_every_sweep(world: World) -> None:
    world.configure(tables='[service]\nsweep = "1h"')
    world.people(2)
    world.run()
    assert sweeps(world) == 1
    for _ in range(3):
        world.run()
    assert sweeps(world) == 1
    world.wait(minutes=51)

    world.run()

    assert sweeps(world) == 2


def test_full_sweeps_now_and_looks_at_everybody(world: World) -> None:
    world.people(3)
    world.run()

    report = world.run(full=True)

    assert sweeps(world) == 2
    assert report.counts.unchanged == 3


def test_full_finds_what_no_change_time_shows(world: World) -> None:
    world.membrain.set_switches(custom_field_moves_changed=False)
    ann = world.person("Ann Berg", ANN, Language="Norsk")
    world.run()
    world.wait(minutes=30)
    world.run()
    world.change(ann, Language="Svenska")
    world.run()
    assert world.value(ANN, "Language") == "Norsk"

    world.run(full=True)

    assert world.value(ANN, "Language") == "Svenska"


def test_a_hand_on_a_list_that_shows_in_no_change_time_is_found_by_the_sweep(world: World) -> None:
    world.person("Ann Berg", ANN)
    world.run()
    world.wait(minutes=30)
    world.run()
    world.constant_contact.people.take_off_list(world.id_of(ANN), world.list_id())
    world.run()
    assert world.waiting() == {}
    world.wait(hours=25)

    world.run()

    assert world.waiting() == {ANN: "removed_by_hand"}


def test_a_sweep_that_fails_half_way_counts_nobody_as_missing(world: World) -> None:
    ann = world.person("Ann Berg", ANN)
    world.people(3)
    world.run()
    world.membrain.erase("contacts", ann)
    for _ in range(3):
        world.wait(hours=25)
        world.sandbox.faults.add(Fault("half_page", service="membrain", path_prefix="/API/v2/contacts/", times=None))
        assert world.run().exit_code is ExitCode.UNREACHABLE
        world.sandbox.faults.clear()

    world.run()

    assert ANN in world.members()


def test_a_day_that_is_set_back_does_not_postpone_the_sweep(world: World) -> None:
    world.people(2)
    world.wait(days=2)
    world.run()
    world.clock.sleep(-timedelta(days=2).total_seconds())

    world.run()

    assert sweeps(world) == 2
