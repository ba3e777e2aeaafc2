"""One scenario in both directions under every pair of readings of what the two services leave open."""

from __future__ import annotations

import sys
from dataclasses import dataclass, fields
from functools import cache
from itertools import combinations
from typing import TYPE_CHECKING, Any

import pytest

from ccsync.errors import ExitCode
from ccsync.sandbox.constant_contact.switches import SWITCH_NAMES, Switches
from ccsync.sandbox.membrain.shape import UNSET_DATE
from ccsync.sandbox.membrain.switches import MembrainSwitches
from ccsync.sandbox.words import INTERESTS

from .pairwise import Pairwise
from .test_switches import CONSTANT_CONTACT, MEMBRAIN, readings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .conftest import World

pytestmark = pytest.mark.slow

MORE: dict[str, tuple[Any, ...]] = {"renamed_properties": (("contacts.Phone=PhoneNumber",),)}
"""Values beside those that are turned one by one."""

NOT_TOGETHER = {
    (("put_replaces", True), ("restricted_write", "dropped")): "a PUT would empty what it must not even name",
    (("put_replaces", True), ("restricted_write", "refused")): "a PUT of a whole row would always be refused",
}
QUICK = 2
"""So many combinations are played every day: the whole matrix takes a minute or two."""

RUNS = 14
CONSENT = "E-mail consent"
UNSET_DAY = UNSET_DATE.partition(" ")[0]


# --- the pairs --------------------------------------------------------------------------------------------------------


@cache
def positions() -> dict[str, tuple[Any, ...]]:
    """Return what each switch may stand at, by its name, what it stands at otherwise first."""
    usual = {field.name: field.default for switches in (Switches, MembrainSwitches) for field in fields(switches)}
    usual |= {"throttle_per_second": 0, "token_requests_per_second": 0}  # as every other test here has them
    turned = [one.values for one in (*readings(Switches, CONSTANT_CONTACT), *readings(MembrainSwitches, MEMBRAIN))]
    found: dict[str, tuple[Any, ...]] = {}
    for name, value in (*turned, *((name, value) for name, values in MORE.items() for value in values)):
        found[name] = (*found.get(name, (usual[name],)), value)
    return found


@cache
def combined() -> list[dict[str, Any]]:
    """Return combinations of all switches in which each pair of positions stands at least once."""
    return Pairwise(positions(), {frozenset(pair) for pair in NOT_TOGETHER}).rows()


# --- the scenario -----------------------------------------------------------------------------------------------------


def begin(world: World, standing: Mapping[str, Any]) -> None:
    """Turn the switches, and fill both sides: people here, people there, and one who meets with other values."""
    theirs = {name: value for name, value in standing.items() if name in SWITCH_NAMES}
    world.constant_contact.set_switches(**theirs)
    world.membrain.set_switches(**{name: value for name, value in standing.items() if name not in theirs})
    phone = "PhoneNumber" if "contacts.Phone=PhoneNumber" in standing["renamed_properties"] else "Phone"
    world.configure(
        direction="both",
        tables=f"""[membrain]
time_zone = "{standing["time_zone"]}"
page_size_parameter = "{standing["page_size_parameter"]}"
""",
        more=world.field(f"contact.{phone}", "phone.work", "clear = true")
        + world.field("contact.custom.Interests", "custom.Interests")
        + world.field("contact.custom.Newsletter", "custom.Newsletter")
        + world.field("contact.custom.Born", "custom.Born")
        + world.field(f"contact.custom.{CONSENT}", "permission_to_send"),
    )
    if standing["split_names"]:
        _map_name_by_parts(world)
    _fill_membrain(world)
    _fill_list(world)


def _map_name_by_parts(world: World) -> None:
    parts = world.field("contact.FirstName", "first_name") + world.field("contact.LastName", "last_name")
    whole, text = world.field("contact.Name", "full_name").strip(), world.config.read_text("utf-8")
    assert whole in text
    world.config.write_text(text.replace(whole, parts), "utf-8")


def _fill_membrain(world: World) -> None:
    nordlys = world.company("Nordlys AS")
    ake = world.company("Åke & Söner AB")
    interests = ["Product news", "Events"]
    world.person("Ann Berg", "ann@example.com", CompanyId=ake, Language="Svenska", Interests=interests)
    world.person("Bo Lind", "bo@example.com", CompanyId=nordlys, Phone="+46 8 123 456 78", Born="1980-02-29")
    world.person("Cia Ek", "cia@example.com", CompanyId=nordlys, JobTitle="CEO", Phone="218-555-0100")
    world.person("Dag Moe", "dag@example.com", CompanyId=nordlys, JobTitle="Clerk")
    world.person("Eva Dal", "eva@example.com", CompanyId=nordlys)
    world.person("Fay Lie", "fay@example.com", CompanyId=nordlys, Interests=interests)
    world.person("Gus Ness", "gus@example.com", CompanyId=nordlys, Language="Norsk")
    world.person("Hal Moe", "hal@example.com", CompanyId=nordlys)
    world.person("Ida Moe", "ida@example.com", CompanyId=nordlys)


def _fill_list(world: World) -> None:
    people = world.constant_contact.people
    people.add_field("Newsletter", "single_select", "Yes", "No")
    people.add_field("Interests", "multi_select", *INTERESTS)
    people.add_field("Born", "date")
    listed = {"list_memberships": [people.add_list("Customers")]}
    phones = [{"phone_number": "218-555-0199", "kind": "work"}]
    world.subscriber("cia@example.com", first_name="Cecilia", last_name="Ek", job_title="Boss", **listed)
    world.subscriber("lea@example.com", first_name="Lea", last_name="Ny", company_name="Fjord AS", **listed)
    world.subscriber(
        "max@example.com",
        first_name="Max",
        last_name="Ny",
        company_name="Fjord AS",
        job_title="CTO",
        phone_numbers=phones,
        **listed,
    )
    world.subscriber("pia@example.com", first_name="Pia", last_name="Dahl", company_name=" nordlys  as", **listed)
    world.subscriber("kim@example.com", first_name="Kim", last_name="Dahl", **listed)


def settle(world: World, *ends: ExitCode) -> None:
    """Run until nothing is left to write or to be seen."""
    for _ in range(RUNS):
        written = world.constant_contact.writes(), world.membrain_writes()
        report = world.run()
        assert report.exit_code in ends, (report.message, report.waiting)
        waits = {reason for _, _, reason in world.waits()}
        if (world.constant_contact.writes(), world.membrain_writes()) == written and "held" not in waits:
            return
    raise AssertionError(f"still at work after {RUNS} runs: {world.waits()}")


def act_in_membrain(world: World) -> None:
    ids = {one["EmailAddress"]: one["Id"] for one in world.membrain.all("contacts")}
    ake = next(one["Id"] for one in world.membrain.all("companies") if one["Name"] == "Åke & Söner AB")
    world.membrain.edit("companies", ake, Name="Åke AB")
    world.change(ids["ann@example.com"], EmailAddress="ann.berg@example.org", Interests=["Events"])
    world.change(ids["cia@example.com"], Phone="")
    world.change(ids["dag@example.com"], JobTitle="CFO")
    world.change(ids["eva@example.com"], Newsletter="No")
    world.membrain.delete("contacts", ids["hal@example.com"])


def act_in_constant_contact(world: World) -> None:
    people = world.constant_contact.people
    people.edit(world.id_of("bo@example.com"), phone_numbers=[])
    people.edit(world.id_of("cia@example.com"), job_title="Chair", custom_fields={"Interests": "Product news;Events"})
    people.edit(world.id_of("dag@example.com"), job_title="Intern", last_name="Moe-Dal")
    people.take_off_list(world.id_of("fay@example.com"), world.list_id())
    people.edit(world.id_of("gus@example.com"), custom_fields={"Language": "Svenska"})
    people.delete(world.id_of("ida@example.com"))
    choices = {"Newsletter": "Yes", "Born": "1990-05-01"}
    people.edit(world.id_of("lea@example.com"), company_name="Nordlys AS", custom_fields=choices)
    people.edit(
        world.id_of("max@example.com"),
        email="max.ny@example.org",
        phone_numbers=[{"phone_number": "218-555-0111", "kind": "work"}],
    )
    people.unsubscribe(world.id_of("pia@example.com"))


# --- the end ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Ending:
    """What both services hold of everybody, by their addresses, and why somebody or a field of theirs waits."""

    constant_contact: dict[str, tuple[Any, ...]]
    membrain: dict[str, tuple[Any, ...]]
    waiting: set[tuple[str, str, str]]


NORDLYS, BOTH, ON, OFF = "Nordlys AS", "Events;Product news", ["Customers"], list[str]()
MAIL = "implicit"
THE_END = Ending(
    {
        "ann.berg@example.org": ("Ann Berg", "Åke AB", "", "", ("Svenska", "Events", "Yes"), "", ON, MAIL),
        "bo@example.com": ("Bo Lind", NORDLYS, "", "", ("", "", "Yes"), "1980-02-29", ON, MAIL),
        "cia@example.com": ("Cia Ek", NORDLYS, "Chair", "", ("", BOTH, "Yes"), "", ON, MAIL),
        "dag@example.com": ("Dag Moe-Dal", NORDLYS, "CFO", "", ("", "", "Yes"), "", ON, MAIL),
        "eva@example.com": ("Eva Dal", NORDLYS, "", "", ("", "", "Yes"), "", OFF, MAIL),
        "fay@example.com": ("Fay Lie", NORDLYS, "", "", ("", BOTH, "Yes"), "", OFF, MAIL),
        "gus@example.com": ("Gus Ness", NORDLYS, "", "", ("Svenska", "", "Yes"), "", ON, MAIL),
        "hal@example.com": ("Hal Moe", NORDLYS, "", "", ("", "", "Yes"), "", OFF, MAIL),
        "ida@example.com": ("Ida Moe", NORDLYS, "", "", ("", "", "Yes"), "", OFF, "deleted"),
        "kim@example.com": ("Kim Dahl", "", "", "", ("", "", ""), "", ON, MAIL),
        "lea@example.com": ("Lea Ny", NORDLYS, "", "", ("", "", "Yes"), "1990-05-01", ON, MAIL),
        "max.ny@example.org": ("Max Ny", "Fjord AS", "CTO", "218-555-0111", ("", "", ""), "", ON, MAIL),
        "pia@example.com": ("Pia Dahl", " nordlys  as", "", "", ("", "", ""), "", OFF, "unsubscribed"),
    },
    {
        "ann.berg@example.org": ("Ann Berg", "Åke AB", "", "", ("Svenska", "Events", "Yes"), "", MAIL),
        "bo@example.com": ("Bo Lind", NORDLYS, "", "", ("", "", "Yes"), "1980-02-29", MAIL),
        "cia@example.com": ("Cia Ek", NORDLYS, "Chair", "", ("", BOTH, "Yes"), "", MAIL),
        "dag@example.com": ("Dag Moe-Dal", NORDLYS, "CFO", "", ("", "", "Yes"), "", MAIL),
        "eva@example.com": ("Eva Dal", NORDLYS, "", "", ("", "", "No"), "", MAIL),
        "fay@example.com": ("Fay Lie", NORDLYS, "", "", ("", BOTH, "Yes"), "", MAIL),
        "gus@example.com": ("Gus Ness", NORDLYS, "", "", ("Svenska", "", "Yes"), "", MAIL),
        "hal@example.com": ("Hal Moe", NORDLYS, "", "", ("", "", "Yes"), "", MAIL),
        "ida@example.com": ("Ida Moe", NORDLYS, "", "", ("", "", "Yes"), "", MAIL),
        "lea@example.com": ("Lea Ny", NORDLYS, "", "", ("", "", "Yes"), "1990-05-01", MAIL),
        "max.ny@example.org": ("Max Ny", "Fjord AS", "CTO", "218-555-0111", ("", "", ""), "", MAIL),
        "pia@example.com": ("Pia Dahl", NORDLYS, "", "", ("", "", ""), "", "unsubscribed"),
    },
    {
        ("fay@example.com", "", "removed_by_hand"),
        ("ida@example.com", "", "deleted"),
        ("kim@example.com", "", "no_company"),
    },
)
COMPANIES = ["Fjord AS", NORDLYS, "Åke AB"]
GONE = {"hal@example.com", "ida@example.com"}
PHONE, LANGUAGE_AND_MORE, TOLD = 3, 4, 6


def expected(standing: Mapping[str, Any]) -> Ending:
    """Return the end, less what Membrain by its very nature does not take: that is reported field by field."""
    membrain, waiting = dict(THE_END.membrain), set(THE_END.waiting)
    if standing["clearing"] != "clears":
        membrain["bo@example.com"] = _with(membrain["bo@example.com"], PHONE, "+46 8 123 456 78")
        waiting.add(("bo@example.com", "phone.work", "refused"))
    if standing["restricted_write"] != "accepted" and standing["restricted_fields"] == (CONSENT,):
        membrain = {email: _with(person, TOLD, "") for email, person in membrain.items()}
        waiting |= {(email, "permission_to_send", "refused") for email in membrain.keys() - GONE}
    elif standing["restricted_write"] != "accepted":
        gus = membrain["gus@example.com"]
        membrain["gus@example.com"] = _with(gus, LANGUAGE_AND_MORE, ("Norsk", *gus[LANGUAGE_AND_MORE][1:]))
        waiting.add(("gus@example.com", "custom.Language", "refused"))
    return Ending(THE_END.constant_contact, membrain, waiting)


def _with(person: tuple[Any, ...], place: int, value: object) -> tuple[Any, ...]:
    return (*person[:place], value, *person[place + 1 :])


def seen(world: World) -> Ending:
    return Ending(in_constant_contact(world), in_membrain(world), world.waits())


def in_constant_contact(world: World) -> dict[str, tuple[Any, ...]]:
    """Return what a marketer sees of everybody."""
    lists = {one["list_id"]: one["name"] for one in world.constant_contact.people.lists()}
    custom = {one["custom_field_id"]: one for one in world.constant_contact.people.fields()}
    everybody = world.constant_contact.people.all()
    return {
        (email := one["email_address"]["address"]): (
            " ".join(filter(None, (one.get("first_name"), one.get("last_name")))),
            one.get("company_name", ""),
            one.get("job_title", ""),
            world.phone(email),
            tuple(_custom(one, custom, label) for label in ("Language", "Interests", "Newsletter")),
            _custom(one, custom, "Born"),
            [lists[each] for each in one.get("list_memberships", [])],
            "deleted" if "deleted_at" in one else one["email_address"]["permission_to_send"],
        )
        for one in everybody
    }


def _custom(contact: Mapping[str, Any], fields: Mapping[str, Any], label: str) -> str:
    """Return what a contact holds in a custom field, choices by their labels."""
    for held in contact.get("custom_fields", []):
        field = fields[held["custom_field_id"]]
        if field["label"] == label:
            labels = {str(one["choice_id"]): one["choice_label"] for one in field.get("choices", [])}
            return in_order(held.get("value") or ";".join(labels[one] for one in held["choice_ids"]))
    return ""


def in_membrain(world: World) -> dict[str, tuple[Any, ...]]:
    """Return what a salesperson sees of everybody."""
    return {
        one["EmailAddress"]: (
            *(one[name] or "" for name in ("Name", "CompanyName", "JobTitle", "Phone")),
            tuple(in_order(one["custom"][name] or "") for name in ("Language", "Interests", "Newsletter")),
            (one["custom"]["Born"] or UNSET_DATE).removesuffix(" 00:00:00").replace(UNSET_DAY, ""),
            one["custom"][CONSENT] or "",
        )
        for one in world.membrain.all("contacts")
    }


def in_order(joined: str) -> str:
    """Return the choices of a field in one order and joined in one way."""
    return ";".join(sorted(choice.strip() for choice in joined.replace(",", ";").split(";")))


def play(world: World, standing: Mapping[str, Any]) -> None:
    end = expected(standing)
    refuses = any(reason == "refused" for _, _, reason in end.waiting)
    ends = (ExitCode.DONE, ExitCode.STOPPED) if refuses else (ExitCode.DONE,)
    begin(world, standing)
    settle(world, *ends)
    act_in_constant_contact(world)
    world.wait(minutes=5)  # an edit that the service does not show yet would be overwritten by a PUT
    act_in_membrain(world)
    settle(world, *ends)
    world.two_sweeps()
    settle(world, *ends)
    assert seen(world) == end
    assert world.companies() == COMPANIES
    world.quietly()


def rows() -> list[Any]:
    return [
        pytest.param(standing, id=str(number), marks=[pytest.mark.slow] if number > QUICK else [])
        for number, standing in enumerate(combined(), 1)
    ]


def test_every_pair_of_positions_stands_together_in_a_combination() -> None:
    wanted = {
        frozenset(((one, value), (other, others)))
        for one, other in combinations(positions(), 2)
        for value in positions()[one]
        for others in positions()[other]
    } - {frozenset(pair) for pair in NOT_TOGETHER}
    met = {frozenset(pair) for standing in combined() for pair in combinations(standing.items(), 2)}

    assert met == wanted
    assert len(combined()) <= 32  # so that all of them can be played in a minute or two
    sys.stdout.write(f"{len(positions())} switches, {len(wanted)} pairs of positions, {len(combined())} combinations\n")


@pytest.mark.parametrize("standing", rows())
def test_the_same_end_in_every_combination(world: World, standing: dict[str, Any]) -> None:
    play(world, standing)


# --- pairs that once went wrong ---------------------------------------------------------------------------------------

ANN = "ann@example.com"


def listed(world: World, *, more: str = "", **switches: Any) -> str:
    """Turn some switches, have Ann, who is on the list, go to Membrain, and return her id of Constant Contact."""
    world.membrain.set_switches(**switches)
    world.configure(direction="constant-contact-to-membrain", more=more)
    company = world.company("Nordlys AS")
    world.person("Dag Moe", "dag@example.com", CompanyId=company, Newsletter="No")
    lists = [world.constant_contact.people.add_list("Customers")]
    phones = [{"phone_number": "218-555-0199", "kind": "work"}]
    names = {"first_name": "Ann", "last_name": "Berg", "company_name": "Nordlys AS"}
    ann = world.subscriber(ANN, phone_numbers=phones, list_memberships=lists, **names)
    report = world.run()
    assert (report.exit_code, report.counts.created) == (ExitCode.DONE, 1), (report.message, world.waits())
    return ann


@pytest.mark.parametrize("refusal", ["error-in-200", "message-in-200", "status-400"])
def test_a_write_is_seen_where_neither_its_answer_nor_a_range_of_times_shows_it(world: World, refusal: str) -> None:
    listed(world, write_reply="empty", longest_range_days=1, refusal=refusal)
    assert world.in_membrain(ANN)["CompanyName"] == "Nordlys AS"
    assert world.waits() == set()


def test_a_refused_change_of_somebody_whose_row_is_not_served_alone_is_reported_once(world: World) -> None:
    phone = world.field("contact.Phone", "phone.work", "clear = true")
    ann = listed(world, more=phone, single_record="unserved", clearing="error")
    world.wait(hours=1)
    world.constant_contact.people.edit(ann, phone_numbers=[])
    assert world.run().exit_code is ExitCode.STOPPED
    assert world.waits() == {(ANN, "phone.work", "refused")}
    world.quietly()


@pytest.mark.parametrize("replaces", [False, True], ids=["a PUT changes", "a PUT replaces"])
def test_a_part_of_a_name_is_not_undone_by_the_whole_name(world: World, replaces: bool) -> None:
    ann = listed(world, split_names=True, put_replaces=replaces)
    _map_name_by_parts(world)
    world.run()
    world.constant_contact.people.edit(ann, last_name="Berg-Dahl")
    world.run()
    assert world.in_membrain(ANN)["Name"] == "Ann Berg-Dahl"
    assert world.waits() == set()
