"""One scenario under every reading of what the two services leave open: whatever is true, it ends the same way."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin, get_type_hints

import pytest

from ccsync.errors import ExitCode
from ccsync.sandbox.constant_contact.switches import Switches
from ccsync.sandbox.membrain.switches import MembrainSwitches

if TYPE_CHECKING:
    from tests.engine.conftest import World

CONSTANT_CONTACT: dict[str, tuple[Any, ...]] = {
    "throttle_per_second": (4,),
    "daily_quota": (2_000,),
    "token_requests_per_second": (1,),
    "activity_queue_error_key": ("another.key",),
    "refresh_grace_seconds": (30,),
    "refresh_token_seconds": (86_400 * 10,),
    "access_token_seconds": (60,),
    "visibility_lag_seconds": (60.0, 240.0),
    "cursor_seconds": (5.0,),
    "activity_seconds": (0.5, 30.0, 300.0),
}
MEMBRAIN: dict[str, tuple[Any, ...]] = {
    "page_size_parameter": ("PageSize",),
    "time_zone": ("Europe/Stockholm", "America/Los_Angeles"),
    "longest_range_days": (1, 31),
    "range_filter_ignored_on": (("contacts",), ("companies", "opportunities", "prospects", "accountGrowthItems")),
    "email_parameter": ("EmailAddress",),
    "extra_mandatory": (("contacts.CompanyName",),),
    "requests_per_minute": (6,),
    "renamed_properties": (("contacts.MobilePhone=Mobile",),),
    "multi_select_separator": (";", "|"),
    "restricted_fields": (("Language",),),
}
LEFT_OUT = {
    "import_bytes": "documented: an import is split by the documented number",
    "import_rows": "documented: an import is split by the documented number",
    "activity_queue": "documented: a full queue is an answer of its own, told in the tests of the client",
    "code_seconds": "about logging in",
    "device_code_seconds": "about logging in",
    "device_interval_seconds": "about logging in",
    "role": "a campaign creator may read nothing at all",
    "device_gives_refresh_token": "without a refresh token somebody has to log in every day",
    "instance_found": "false means a mistyped name",
    "put_without_permission=not_set": "a run that sees a permission move stops: told among what a run never does",
}
QUICK = {
    "list_change_moves_updated_at",
    "foreign_phone_in_import",
    "visibility_lag_seconds",
    "range_filter_ignored_on",
}
"""A handful for every day; CI turns all of them in pairs, and this whole matrix takes some minutes."""

RUNS = 12


def readings(switches: type[Switches | MembrainSwitches], by_hand: dict[str, tuple[Any, ...]]) -> list[Any]:
    """Return (switch, value) for every value that is not the default."""
    hints, defaults, found = get_type_hints(switches), switches(), []
    for name in (field.name for field in fields(switches)):
        default = getattr(defaults, name)
        if name in LEFT_OUT:
            continue
        if isinstance(default, bool):
            values: tuple[Any, ...] = (not default,)
        elif get_origin(hints[name]) is Literal:
            values = tuple(value for value in get_args(hints[name]) if value != default)
        else:
            values = by_hand[name]
        for place, value in enumerate(value for value in values if f"{name}={value}" not in LEFT_OUT):
            marks = [] if name in QUICK and place == len(values) - 1 else [pytest.mark.slow, pytest.mark.full]
            found.append(pytest.param(name, value, id=f"{name}={value}", marks=marks))
    return found


def scene(world: World, *, zone: str = "UTC", page_size: str = "") -> None:
    """Fill both sides: one of each who enters, waits, meets, moves, leaves or is cleared."""
    world.configure(
        tables=f'[membrain]\ntime_zone = "{zone}"\npage_size_parameter = "{page_size}"',
        more=world.field("contact.Phone", "phone.work", "clear = true")
        + world.field("contact.custom.Interests", "custom.Interests")
        + world.field("contact.custom.Born", "birthday")
        + world.field("project.Name", "custom.Project")
        + world.sync("swedes", "Swedes", 'company.CountryCode == "SE" && company.custom["Employees"] > 10')
        + world.field("contact.Name", "full_name"),
    )
    company = world.company("Åke & Söner AB", CountryCode="SE", Employees=50)
    world.membrain.create("opportunities", {"Name": "Bridge", "CompanyId": company})
    world.person("Ann Berg", "ann@example.com", CompanyId=company, Phone="+46 8 123 456 78", Born="1980-02-29")
    world.person(
        "Bo Lind", "bo@example.com", JobTitle="CEO", Phone="218-555-0100", Interests=["Product news", "Events"]
    )
    world.person("Cia Ek", "cia@example.com", CompanyId=company, Newsletter="No", Language="Svenska")
    world.person("Dag Moe", "dag@example.com")
    world.person("Eva Dal", "eva@example.com", Language="Norsk")
    world.person("Frida Lie", "frida@example.com")
    world.wait(minutes=1)
    world.person("Frida Lie-Bakke", "FRIDA@example.com")
    world.person("Gro Hauge", "")
    world.person("Hal Ness", "hal@example.com", JobTitle="CTO")
    world.membrain.delete("contacts", world.person("Ida Moe", "ida@example.com"))
    people = world.constant_contact.people
    people.unsubscribe(people.add("dag@example.com"))
    people.delete(people.add("hal@example.com"))
    people.add("cia@example.com", first_name="Cecilia", job_title="Boss")
    people.add("guest@example.com", list_memberships=[people.add_list("Customers")])


def settle(world: World) -> None:
    """Run until nothing is left to write or to be seen."""
    for _ in range(RUNS):
        written = world.constant_contact.writes()
        report = world.run()
        assert report.exit_code is ExitCode.DONE, (report.message, report.waiting)
        if world.constant_contact.writes() == written and "held" not in world.waiting().values():
            return
    raise AssertionError(f"still at work after {RUNS} runs: {world.waits()}")


def act(world: World) -> None:
    """Let people on both sides do what they do."""
    ids = {one["EmailAddress"]: one["Id"] for one in world.membrain.all("contacts")}
    companies = {one["Name"]: one["Id"] for one in world.membrain.all("companies")}
    world.membrain.edit("companies", companies["Åke & Söner AB"], Name="Åke AB")
    world.change(ids["bo@example.com"], Phone="", JobTitle="CFO", Interests=["Events"])
    world.change(ids["ann@example.com"], EmailAddress="ann.berg@example.org", Language="Svenska")
    world.change(ids["cia@example.com"], Newsletter="Yes")
    world.change(ids["eva@example.com"], Newsletter="No")
    world.membrain.delete("contacts", ids["frida@example.com"])
    world.person("Jon Gran", "jon@example.com", CompanyId=companies["Åke & Söner AB"])


def picture(world: World) -> dict[str, tuple[Any, ...]]:
    """Return what a marketer sees of everybody in Constant Contact."""
    lists = {one["list_id"]: one["name"] for one in world.constant_contact.people.lists()}
    labels = {one["custom_field_id"]: one["label"] for one in world.constant_contact.people.fields()}
    return {
        one["email_address"]["address"]: (
            " ".join(filter(None, (one.get("first_name"), one.get("last_name")))),
            one.get("company_name", ""),
            one.get("job_title", ""),
            {labels[each["custom_field_id"]]: each["value"] for each in one.get("custom_fields", [])},
            [each["phone_number"] for each in one.get("phone_numbers", [])],
            (one.get("birthday_month"), one.get("birthday_day")),
            sorted(lists[each] for each in one.get("list_memberships", [])),
            "deleted" if "deleted_at" in one else one["email_address"]["permission_to_send"],
        )
        for one in world.constant_contact.people.all()
    }


NOBODY: tuple[Any, ...] = ("", "", "", {}, [], (None, None), [])
BRIDGE = {"Project": "Bridge"}
THE_END: dict[str, tuple[Any, ...]] = {
    "ann.berg@example.org": (
        *("Ann Berg", "Åke AB", "", {"Language": "Svenska", **BRIDGE}, ["+46 8 123 456 78"], (2, 29)),
        *(["Customers", "Swedes"], "implicit"),
    ),
    "bo@example.com": ("Bo Lind", "", "CFO", {"Interests": "Events"}, [], (None, None), ["Customers"], "implicit"),
    "cia@example.com": (
        *("Cia Ek", "Åke AB", "Boss", {"Language": "Svenska", **BRIDGE}, [], (None, None)),
        *(["Customers", "Swedes"], "implicit"),
    ),
    "dag@example.com": (*NOBODY, "unsubscribed"),
    "eva@example.com": ("Eva Dal", "", "", {"Language": "Norsk"}, [], (None, None), [], "implicit"),
    "frida@example.com": ("Frida Lie-Bakke", "", "", {}, [], (None, None), ["Customers"], "implicit"),
    "guest@example.com": ("", "", "", {}, [], (None, None), ["Customers"], "implicit"),
    "hal@example.com": (*NOBODY, "deleted"),
    "jon@example.com": ("Jon Gran", "Åke AB", "", BRIDGE, [], (None, None), ["Customers", "Swedes"], "implicit"),
}


def play(world: World) -> None:
    settle(world)
    act(world)
    settle(world)
    world.two_sweeps()
    settle(world)
    assert picture(world) == THE_END
    assert world.waiting() == {"dag@example.com": "opted_out", "hal@example.com": "deleted", "": "no_email"}
    world.quietly()


def test_every_switch_is_turned_or_has_a_reason() -> None:
    names = {field.name for switches in (Switches, MembrainSwitches) for field in fields(switches)}
    turned = {one.values[0] for one in readings(Switches, CONSTANT_CONTACT)}
    turned |= {one.values[0] for one in readings(MembrainSwitches, MEMBRAIN)}

    assert turned | {name.partition("=")[0] for name in LEFT_OUT} == names


def test_the_scenario_ends_the_same_way_by_default(world: World) -> None:
    scene(world)
    play(world)


@pytest.mark.slow
@pytest.mark.parametrize(("switch", "value"), readings(Switches, CONSTANT_CONTACT))
def test_whatever_constant_contact_does(world: World, switch: str, value: Any) -> None:
    scene(world)
    world.constant_contact.set_switches(**{switch: value})
    play(world)


@pytest.mark.slow
@pytest.mark.parametrize(("switch", "value"), readings(MembrainSwitches, MEMBRAIN))
def test_whatever_membrain_does(world: World, switch: str, value: Any) -> None:
    world.membrain.set_switches(**{switch: value})
    zone = value if switch == "time_zone" else "UTC"
    scene(world, zone=zone, page_size=value if switch == "page_size_parameter" else "")
    play(world)
