"""The way into Membrain under every reading of what it leaves open: created, changed, cleared, moved, the same."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from ccsync.errors import ExitCode
from ccsync.sandbox.membrain.switches import MembrainSwitches

from .conftest import World
from .killing import run_as_process
from .test_switches import MEMBRAIN, RUNS, readings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.slow

TO_MEMBRAIN = "constant-contact-to-membrain"
EVERY_DAY = {
    "write_reply=empty",
    "put_replaces=True",
    "single_record=unserved",
    "option_encoding=object",
    "company_link=name",
    "update_path=collection",
    "body_format=form",
    "clearing=error",
    "native_types=True",
}
"""Those about writing; the whole matrix is slow."""

PHONE = [{"phone_number": "+47 22 33 44 55", "kind": "work"}]


def configured(world: World, *, zone: str = "UTC", page_size: str = "") -> None:
    more = (
        world.field("contact.Phone", "phone.work", "clear = true")
        + world.field("contact.custom.Newsletter", "custom.Newsletter")
        + world.field("contact.custom.Interests", "custom.Interests")
        + world.field("contact.custom.Born", "custom.Born")
        + world.field("company.City", "custom.City")
        + world.field("company.custom.Employees", "custom.Staff")
    )
    tables = f'[membrain]\ntime_zone = "{zone}"\npage_size_parameter = "{page_size}"'
    world.configure(direction=TO_MEMBRAIN, more=more, tables=tables)


def scene(world: World) -> None:
    """Fill both sides: one who is in Membrain already, and two of a company that is not."""
    fjord = world.company("Fjord AS", City="Bergen", Employees=7)
    unmapped = {"MobilePhone": "+47 900 00 000", "E-mail consent": "Yes"}
    world.person("Bo Lind", "bo@example.com", CompanyId=fjord, Phone="+47 22 00 00 00", **unmapped)
    shown = {"Interests": ["Product news", "Events"], "Born": "1980-02-29"}
    world.person("Dag Moe", "dag@example.com", CompanyId=fjord, Phone="1", JobTitle="CTO", Language="Norsk", **shown)
    people = world.constant_contact.people
    listed = [people.add_list("Customers")]
    for label in ("Newsletter", "Interests", "Born", "City", "Staff", "Language"):
        people.add_field(label)
    people.add(
        *("ann@example.com",),
        first_name="Ann",
        last_name="Berg",
        company_name="Nordlys AS",
        list_memberships=listed,
        custom_fields={"Newsletter": "No", "Interests": "Events", "Born": "1990-05-17", "City": "Oslo", "Staff": "12"},
    )
    people.add(
        *("bo@example.com",),
        first_name="Bo",
        last_name="Lind",
        company_name="fjord as",
        job_title="CEO",
        phone_numbers=PHONE,
        list_memberships=listed,
        custom_fields={"Interests": "Events; Product news"},
    )
    people.add(
        *("cia@example.com",), first_name="Cia", last_name="Ek", company_name="NORDLYS as", list_memberships=listed
    )


def act(world: World) -> None:
    """Let marketers change what they may: a value, a blank, a company."""
    people = world.constant_contact.people
    ids = {one["email_address"]["address"]: one["contact_id"] for one in people.all()}
    people.edit(ids["bo@example.com"], job_title="Chair", company_name="Nordlys AS", phone_numbers=[])
    people.edit(ids["ann@example.com"], custom_fields={"Newsletter": "Yes", "Interests": "Product news; Events"})
    people.edit(ids["cia@example.com"], company_name="Åke & Söner AB", phone_numbers=PHONE)


def settle(world: World, *codes: ExitCode) -> None:
    """Run until nothing is left to write."""
    for _ in range(RUNS):
        written = world.membrain.writes()
        report = world.run()
        assert report.exit_code in (ExitCode.DONE, *codes), (report.message, world.waits())
        if world.membrain.writes() == written and "held" not in world.waiting().values():
            return
    raise AssertionError(f"still at work after {RUNS} runs: {world.waits()}")


SHOWN = ("Name", "CompanyName", "JobTitle", "Phone", "MobilePhone", "Newsletter", "Interests", "Born", "E-mail consent")


def picture(world: World) -> dict[str, tuple[Any, ...]]:
    """Return what a seller sees of everybody, and of the companies."""
    found: dict[str, tuple[Any, ...]] = {}
    for one in world.membrain.all("contacts"):
        row = {**one, **one["custom"]}
        assert row["EmailAddress"] not in found, "two contacts with one address"
        found[row["EmailAddress"]] = tuple(plain(row[name]) for name in SHOWN)
    for one in world.membrain.all("companies"):
        assert one["Name"] not in found, "two companies with one name"
        found[one["Name"]] = (plain(one["City"]), plain(one["custom"]["Employees"]))
    return found


def plain(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(sorted(map(plain, value)))
    if isinstance(value, dict):
        return str(value["Name"])
    text = ", ".join(sorted(str(value).split(", "))) if value is not None else ""
    return "" if text.startswith("1753-") else text.removesuffix(" 00:00:00")  # that year stands for no date


def the_end(phone: str = "") -> dict[str, tuple[Any, ...]]:
    """Return how it ends; ``phone`` is what stays where Membrain cannot be emptied."""
    both, mobile, number = "Events, Product news", "+47 900 00 000", "+47 22 33 44 55"
    return {
        "ann@example.com": ("Ann Berg", "Nordlys AS", "", "", "", "Yes", both, "1990-05-17", ""),
        "bo@example.com": ("Bo Lind", "Nordlys AS", "Chair", phone, mobile, "Yes", both, "", "Yes"),
        "cia@example.com": ("Cia Ek", "Åke & Söner AB", "", number, "", "", "", "", ""),
        "dag@example.com": ("Dag Moe", "Fjord AS", "CTO", "1", "", "Yes", both, "1980-02-29", ""),
        "Fjord AS": ("Bergen", "7"),
        "Nordlys AS": ("Oslo", "12"),
        "Åke & Söner AB": ("", ""),
    }


def play(world: World, *, clears: bool = True) -> None:
    settle(world)
    act(world)
    settle(world, *(() if clears else (ExitCode.STOPPED,)))
    assert picture(world) == the_end("" if clears else "+47 22 33 44 55")
    assert world.waits() == (set() if clears else {("bo@example.com", "phone.work", "refused")})
    world.two_sweeps()
    world.quietly()


def every_reading() -> list[Any]:
    found = []
    for one in readings(MembrainSwitches, MEMBRAIN):
        switch, value = one.values
        marks = [] if f"{switch}={value}" in EVERY_DAY else [pytest.mark.full]
        found.append(pytest.param(switch, value, id=f"{switch}={value}", marks=marks))
    return found


def test_the_scenario_ends_the_same_way_by_default(world: World) -> None:
    configured(world)
    scene(world)
    play(world)


@pytest.mark.parametrize(("switch", "value"), every_reading())
def test_whatever_membrain_does(world: World, switch: str, value: Any) -> None:
    world.membrain.set_switches(**{switch: value})
    zone = value if switch == "time_zone" else "UTC"
    configured(world, zone=zone, page_size=value if switch == "page_size_parameter" else "")
    scene(world)
    play(world, clears=switch != "clearing")


@contextmanager
def emptying(folder: Path, served: Any, *, copy_of: Path | None = None) -> Iterator[World]:
    """Yield the world in which a PUT empties what it does not name."""
    if copy_of is not None:
        shutil.copytree(copy_of, folder)
    else:
        folder.mkdir()
    world = World(folder)
    try:
        configured(world)
        world.wait(hours=1)
        if copy_of is None:
            world.membrain.set_switches(put_replaces=True, single_record=served)
            scene(world)
        yield world
    finally:
        world.sandbox.stop()


SLOW = pytest.mark.slow


@pytest.mark.parametrize("served", ["bare", pytest.param("unserved", marks=SLOW)])
@pytest.mark.parametrize(
    ("later", "carried_out"),
    [
        (0, True),  # the first PUT has emptied values, and nobody has looked
        (0, False),  # it never arrived, and shows nothing of what PUTs do
        *(pytest.param(later, carried_out, marks=SLOW) for later in range(1, 4) for carried_out in (False, True)),
    ],
)
def test_nothing_is_lost_when_a_run_is_killed_before_it_knows_what_a_put_empties(
    tmp_path: Path, served: Any, later: int, *, carried_out: bool
) -> None:
    with emptying(tmp_path / "base", served):
        pass
    with emptying(tmp_path / "unbroken", served, copy_of=tmp_path / "base") as world:
        settle(world)
        expected = picture(world)
        first = next(at for at, sent in enumerate(world.wires.sent, 1) if str(sent).startswith("PUT /API"))
    with emptying(tmp_path / "killed", served, copy_of=tmp_path / "base") as world:
        assert run_as_process(world, kill_at=first + later, carried_out=carried_out) < 0
        settle(world)
        assert picture(world) == expected
