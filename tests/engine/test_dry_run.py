"""A dry run: the same plan that a run then carries out, and nothing changed anywhere."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from ccsync.errors import ExitCode

if TYPE_CHECKING:
    from tests.engine.conftest import World

    from ccsync.engine.options import PlanLine

ANN = "ann@example.com"
STATE = "state.sqlite"


def books(world: World) -> dict[str, list[tuple[object, ...]]]:
    """Return every row of every table of the state."""
    path = world.application().folder / STATE
    if not path.exists():
        return {}
    with closing(sqlite3.connect(path)) as state:
        tables = [name for (name,) in state.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: sorted(state.execute(f"SELECT * FROM {name}"), key=repr) for name in tables}


def carried_out(world: World, plan: tuple[PlanLine, ...]) -> set[tuple[str, str, str]]:
    return {(line.operation, line.contact, line.sync) for line in plan}


def full_world(world: World) -> None:
    """Somebody enters, changes, moves, leaves, is cleared; some wait."""
    world.configure(more=world.field("contact.Phone", "phone.work", "clear = true"))
    changes = world.person("Siv Ek", "siv@example.com", JobTitle="CEO", Phone="218-555-0100")
    moves = world.person("Bo Lind", "bo@example.com")
    leaves = world.person("Eva Dal", "eva@example.com")
    cleared = world.person("Ida Moe", "ida@example.com", Phone="218-555-0100")
    kept = world.person("Per Ås", "per@example.com", JobTitle="CEO")
    world.people(3)
    world.run()
    world.person("Ann Berg", ANN, Phone="+46 8 123 456 78", JobTitle="CEO")
    world.person("No Address", "")
    world.wait(minutes=1)
    world.person("Ann Dahl", ANN)
    world.change(changes, JobTitle="CFO")
    world.change(moves, EmailAddress="bo@example.org", JobTitle="CTO")
    world.change(leaves, Newsletter="No")
    world.change(cleared, Phone="")
    world.constant_contact.people.edit(world.id_of("per@example.com"), job_title="Boss")
    world.change(kept, Language="Norsk")


def test_the_plan_that_is_printed_is_what_the_run_then_does(world: World) -> None:
    full_world(world)

    promised = world.run(dry_run=True)
    report = world.run()

    assert carried_out(world, promised.plan) == {
        ("create", ANN, "customers"),
        ("update", "siv@example.com", "customers"),
        ("readdress", "bo@example.com", "customers"),
        ("update", "bo@example.com", "customers"),
        ("remove-from-list", "eva@example.com", "customers"),
        ("update", "ida@example.com", "customers"),
        ("update", "per@example.com", "customers"),
    }
    fields: dict[str, set[tuple[str, str, str]]] = {}
    for planned in promised.plan:
        if planned.fields:
            fields.setdefault(planned.contact, set()).update(planned.fields)
    told = [*world.events(report, "record.created"), *world.events(report, "record.updated")]
    done: dict[str, set[tuple[str, str, str]]] = {}
    for line in told:
        changes = {(change["field"], change["old"], change["new"]) for change in line["changes"]}
        done.setdefault(line.get("old_email") or line["contact"], set()).update(changes)
    assert fields == done
    assert fields[ANN] == {
        ("full_name", "", "Ann Berg"),
        ("job_title", "", "CEO"),
        ("phone.work", "", "+46 8 123 456 78"),
    }
    [moved] = [line for line in promised.plan if line.operation == "readdress"]
    assert moved.fields == (("email", "bo@example.com", "bo@example.org"),)
    assert report.counts.removed == 1


def test_each_line_of_the_plan_says_why(world: World) -> None:
    full_world(world)

    plan = world.run(dry_run=True).plan

    assert {line.operation: line.reason for line in plan} == {
        "create": "matches the filter, not in Constant Contact yet",
        "update": "Membrain's value has changed",
        "readdress": "new address in Membrain",
        "remove-from-list": "takes part no more by Membrain's data",
    }


def test_each_line_of_the_plan_says_which_side_is_written_to(world: World) -> None:
    world.configure(direction="both", more=world.field("contact.custom.E-mail consent", "permission_to_send"))
    people = world.constant_contact.people
    people.add_list("Customers")
    for name in ("bo", "eva"):
        fields = {"first_name": name.title(), "last_name": "Lind", "company_name": "Nordlys AS"}
        world.subscriber(f"{name}@example.com", **fields, list_memberships=[world.list_id()])
    world.person("Ann Berg", ANN)
    people.unsubscribe(world.subscriber("siv@example.com"))
    world.person("Siv Ek", "siv@example.com")

    plan = world.run(dry_run=True).plan

    assert sorted((line.side.value, line.operation, line.contact) for line in plan) == [
        ("constant-contact", "create", ANN),
        ("membrain", "consent", "siv@example.com"),
        ("membrain", "create", "bo@example.com"),
        ("membrain", "create", "eva@example.com"),
        ("membrain", "create-company", "bo@example.com"),
    ]


def test_a_dry_run_changes_nothing_in_either_service_nor_in_the_state(world: World) -> None:
    full_world(world)
    before, writes = books(world), (world.constant_contact.writes(), world.membrain.writes())
    lists = world.constant_contact.people.lists()

    report = world.run(dry_run=True)

    assert report.exit_code is ExitCode.DONE
    assert (world.constant_contact.writes(), world.membrain.writes()) == writes
    assert world.constant_contact.people.lists() == lists
    assert books(world) == before


@pytest.mark.parametrize("options", [{}, pytest.param({"full": True}, marks=pytest.mark.slow), {"sync": "customers"}])
def test_a_dry_run_on_a_fresh_account_makes_no_list_and_no_field(world: World, options: dict[str, object]) -> None:
    world.person("Ann Berg", ANN, Language="Norsk")

    report = world.run(dry_run=True, **options)

    assert [(line.operation, line.contact, line.sync) for line in report.plan] == [("create", ANN, "customers")]
    assert report.plan[0].fields == (("full_name", "", "Ann Berg"), ("custom.Language", "", "Norsk"))
    assert (world.constant_contact.people.lists(), world.constant_contact.people.fields()) == ([], [])
    assert world.constant_contact.people.all() == []
    state = {name: rows for name, rows in books(world).items() if rows}
    assert set(state) <= {"meta", "schema_version", "sqlite_sequence", "sqlite_stat1", "tally"}


def test_a_dry_run_moves_no_timestamp_and_says_so_nowhere(world: World) -> None:
    world.people(3)
    world.run()
    before = world.read_up_to()

    report = world.run(dry_run=True)

    assert world.read_up_to() == before
    assert world.events(report, "timestamp.moved") == []


def test_a_dry_run_that_the_guard_would_stop_shows_the_plan_and_the_way_on(world: World) -> None:
    people = world.people(12)
    world.run()
    for one in people[:8]:
        world.change(one, Newsletter="No")
    before = books(world)

    report = world.run(dry_run=True)

    assert report.exit_code is ExitCode.STOPPED
    assert len(report.plan) == 8
    assert "--allow-removals 8" in report.hint
    assert books(world) == before
    assert world.events(report, "timestamp.moved") == []


def test_what_an_earlier_run_sent_is_looked_at_but_not_booked(world: World) -> None:
    world.constant_contact.set_switches(activity_seconds=120)
    world.person("Ann Berg", ANN)
    world.run()
    before = books(world)

    report = world.run(dry_run=True)

    assert report.plan == ()
    assert books(world) == before
    assert world.run().counts.created == 1


def test_a_dry_run_has_a_log_of_its_own_and_is_no_run_of_the_history(world: World) -> None:
    world.people(1)
    world.run()

    report = world.run(dry_run=True)

    [started] = world.events(report, "run.started")
    assert started["dry_run"] is True
    with world.application().reader() as store:
        assert store is not None
        assert report.id not in {run.id for run in store.history.runs()}
