"""Fields that are no plain text: numbers, dates, yes and no, and choices, in both products' own types."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from ccsync.engine.bound import FIELD_TYPES
from ccsync.errors import ExitCode
from ccsync.sandbox.membrain.kinds import Kind
from ccsync.sandbox.membrain.store import CustomField, Option
from ccsync.sync.records import ContactId

if TYPE_CHECKING:
    from tests.engine.conftest import World

pytestmark = pytest.mark.slow

ANN, BO = "ann@example.com", "bo@example.com"


def membrain_field(world: World, name: str, type_: str, *options: str) -> None:
    """Make a custom field of contacts in Membrain."""
    choices = tuple(Option(str(uuid4()), option) for option in options)
    world.membrain.put_custom_field(CustomField(Kind.CONTACTS, str(uuid4()), name, type_, choices))


def mapped(world: World, name: str, keys: str = "") -> None:
    """Map a custom field of Membrain to the one of the same name."""
    world.configure(more=world.field(f"contact.custom.{name}", f"custom.{name}", keys))


def choices(world: World, email: str, label: str) -> set[str]:
    """Return what a contact has chosen in a select, by label."""
    field = next(one for one in world.constant_contact.people.fields() if one["label"] == label)
    labels = {str(one["choice_id"]): one["choice_label"] for one in field["choices"]}
    entries = world.contact(email).get("custom_fields", [])
    chosen = [one["choice_ids"] for one in entries if one["custom_field_id"] == field["custom_field_id"]]
    return {labels[key] for keys in chosen for key in keys}


WRITTEN = [
    ("Number", "number", "1000", "1000"),
    ("Number", "currency", "12.50", "12.5"),
    ("Text", "number", "007", "7"),
    ("Date", "date", "2026-01-31", "2026-01-31"),
    ("DateTime", "datetime", "2026-01-31 10:30:00", "2026-01-31T10:30:00Z"),
    ("Checkbox", "boolean", "true", "true"),
    ("Text", "boolean", "No", "false"),
    ("Checkbox", "string", "true", "Yes"),
    ("Checkbox", "text_area", "false", "No"),
]
REFUSED: list[tuple[str, dict[str, Any], str, str]] = [
    ("number", {"integer": True}, "1000", "12.5"),
    ("number", {}, "1000", "-5"),
    ("number", {}, "1000", "1,000"),
    ("currency", {"decimal_places": 2, "currency_code": "EUR"}, "12.5", "12.345"),
    ("date", {}, "2026-01-31", "in spring"),
    ("boolean", {}, "true", "perhaps"),
]


def test_a_value_is_written_as_the_type_of_its_field_wants_it(world: World) -> None:
    names = [f"{ours} as {theirs} {value}" for ours, theirs, value, _ in WRITTEN]
    for name, (ours, theirs, _, _) in zip(names, WRITTEN, strict=True):
        membrain_field(world, name, ours)
        world.constant_contact.people.add_field(name, theirs)
    world.configure(more="".join(world.field(f"contact.custom.{name}", f"custom.{name}") for name in names))
    world.person("Ann Berg", ANN, **{name: value for name, (_, _, value, _) in zip(names, WRITTEN, strict=True)})

    report = world.run()

    assert report.exit_code is ExitCode.DONE
    arrived = {name: world.value(ANN, name) for name in names}
    assert arrived == {name: expected for name, (_, _, _, expected) in zip(names, WRITTEN, strict=True)}
    world.quietly()


def test_a_value_that_cannot_be_carried_keeps_the_old_one_and_is_reported_for_the_field(world: World) -> None:
    names = [f"{theirs} {wrong}" for theirs, _, _, wrong in REFUSED]
    for name, (theirs, metadata, _, _) in zip(names, REFUSED, strict=True):
        membrain_field(world, name, "Text")
        world.constant_contact.people.add_field(name, theirs, **metadata)
    world.configure(more="".join(world.field(f"contact.custom.{name}", f"custom.{name}") for name in names))
    before = {name: value for name, (_, _, value, _) in zip(names, REFUSED, strict=True)}
    ann = world.person("Ann Berg", ANN, **before)
    world.run()
    world.change(ann, JobTitle="CEO", **{name: wrong for name, (_, _, _, wrong) in zip(names, REFUSED, strict=True)})

    report = world.run()

    assert report.exit_code is ExitCode.DONE
    assert world.waits() == {(ANN, f"custom.{name}", "bad_value") for name in names}
    assert {name: world.value(ANN, name) for name in names} == before
    assert world.contact(ANN)["job_title"] == "CEO"


def test_one_value_spelled_in_two_ways_is_no_difference(world: World) -> None:
    membrain_field(world, "Score", "Number")
    world.constant_contact.people.add_field("Score", "number")
    mapped(world, "Score")
    world.person("Ann Berg", ANN, Score="1000")
    world.run()

    world.constant_contact.people.edit(world.id_of(ANN), custom_fields={"Score": "1000.00"})

    world.quietly()
    assert world.value(ANN, "Score") == "1000.00"


def test_a_date_typed_in_the_products_own_form_is_no_difference(world: World) -> None:
    world.constant_contact.people.add_field("Born", "date")
    mapped(world, "Born")
    world.subscriber(ANN, custom_fields={"Born": "01/31/1980"})
    world.person("Ann Berg", ANN, Born="1980-01-31")

    world.run()

    assert world.value(ANN, "Born") == "01/31/1980"


@pytest.mark.parametrize("reading", ["label", "id"])
def test_a_choice_is_found_by_its_label_however_an_import_would_take_it(world: World, reading: str) -> None:
    world.constant_contact.set_switches(select_in_import=reading)
    membrain_field(world, "Size", "SingleSelect", "small", "Large")
    world.constant_contact.people.add_field("Size", "single_select", "Small", "Large")
    mapped(world, "Size")
    world.person("Ann Berg", ANN, Size="small")

    report = world.run()

    assert report.exit_code is ExitCode.DONE
    assert choices(world, ANN, "Size") == {"Small"}
    assert world.members() == {ANN}
    world.quietly()


def test_several_choices_travel_and_the_other_fields_stay(world: World) -> None:
    membrain_field(world, "Topics", "MultiSelect", "News", "Offers", "Events")
    world.constant_contact.people.add_field("Topics", "multi_select", "News", "Offers", "Events")
    mapped(world, "Topics")
    ann = world.person("Ann Berg", ANN, Language="Norsk", Topics=["News", "Offers"])
    world.run()
    assert choices(world, ANN, "Topics") == {"News", "Offers"}

    world.change(ann, Topics=["Events", "News"])
    world.run()

    assert choices(world, ANN, "Topics") == {"News", "Events"}
    assert world.value(ANN, "Language") == "Norsk"
    world.quietly()


def test_a_cleared_choice_is_cleared_on_the_other_side(world: World) -> None:
    membrain_field(world, "Size", "SingleSelect", "Small", "Large")
    world.constant_contact.people.add_field("Size", "single_select", "Small", "Large")
    mapped(world, "Size", "clear = true")
    ann = world.person("Ann Berg", ANN, Size="Small")
    world.run()
    world.change(ann, Size="")

    world.run()

    assert choices(world, ANN, "Size") == set()
    world.quietly()


def test_an_unknown_choice_waits_and_travels_once_it_has_been_made(world: World) -> None:
    membrain_field(world, "Size", "SingleSelect", "Small", "Huge")
    size = world.constant_contact.people.add_field("Size", "single_select", "Small", "Large")
    mapped(world, "Size")
    world.person("Ann Berg", ANN, Size="Huge")
    world.run()
    assert world.waits() == {(ANN, "custom.Size", "bad_value")}

    world.constant_contact.people.set_choices(size, "Small", "Large", "Huge")
    world.person("Bo Lind", BO)  # something to write: the fields are read again
    world.run()

    assert choices(world, ANN, "Size") == {"Huge"}
    assert world.waits() == set()


def test_what_somebody_chose_in_constant_contact_is_kept(world: World) -> None:
    membrain_field(world, "Size", "SingleSelect", "Small", "Large")
    size = world.constant_contact.people.add_field("Size", "single_select", "Small", "Large")
    mapped(world, "Size")
    world.person("Ann Berg", ANN, Size="Small")
    world.run()

    world.constant_contact.people.set_choices(size, "Small", "Large", "Other")
    world.constant_contact.people.edit(world.id_of(ANN), custom_fields={"Size": "Other"})
    world.quietly()

    assert world.waits() == {(ANN, "custom.Size", "kept_edit")}
    assert choices(world, ANN, "Size") == {"Other"}
    ann = ContactId(world.id_of(ANN))
    with world.application().reader() as store:
        assert store is not None
        assert store.mirror.contacts([ann])[ann].values[f"custom.{size}"] == "Other"


def test_a_point_in_time_has_its_day_where_membrain_is(world: World) -> None:
    membrain_field(world, "Joined", "DateTime")
    world.configure(
        more=world.field("contact.custom.Joined", "anniversary"), tables='[membrain]\ntime_zone = "Europe/Stockholm"'
    )
    world.person("Ann Berg", ANN, Joined="1980-03-01 00:30:00")

    world.run()

    assert world.contact(ANN)["anniversary"] == "1980-03-01"
    world.quietly()


def test_a_state_from_before_the_types_learns_them_by_one_request(world: World) -> None:
    membrain_field(world, "Score", "Number")
    world.constant_contact.people.add_field("Score", "number")
    mapped(world, "Score")
    world.person("Ann Berg", ANN, Score="1000")
    world.run()
    with closing(sqlite3.connect(world.application().state_path)) as state:
        state.execute("DELETE FROM fact WHERE key = ?", (FIELD_TYPES,))
        state.commit()
    world.constant_contact.people.edit(world.id_of(ANN), custom_fields={"Score": "1000.00"})
    asked = len(world.constant_contact.log())

    world.quietly()
    world.quietly()

    assert sum("custom_fields" in one for one in world.requests(since=asked)) == 1
    assert world.waits() == set()
