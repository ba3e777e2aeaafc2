"""What travels, and how: each field's rule, the cheapest legal way, and whose value stays."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from ccsync.errors import ExitCode

if TYPE_CHECKING:
    from tests.engine.conftest import World

ANN = "ann@example.com"
PHONE = ("contact.Phone", "phone.work")


def ways(world: World) -> list[str]:
    """Return how contacts were written so far: by PUT or by import."""
    words = {"PUT": "put", "/v3/activities/contacts_json_import": "import"}
    return [words.get(one.method) or words[one.path] for one in world.wires.writes() if _carries_values(one.path)]


def _carries_values(path: str) -> bool:
    return path.startswith("/v3/contacts/") or path.endswith("contacts_json_import")


# --- changes ----------------------------------------------------------------------------------------------------------


def test_a_change_writes_the_changed_fields_only(world: World) -> None:
    people = [world.person(f"Person Number{number}", Language="Norsk", JobTitle="CEO") for number in range(4)]
    world.run()
    for one in people:
        world.change(one, JobTitle="CFO")

    report = world.run()

    sent = [one for one in world.wires.writes() if one.path.endswith("contacts_json_import")][-1]
    assert {frozenset(row) for row in json.loads(sent.body)["import_data"]} == {frozenset({"email", "job_title"})}
    assert report.counts.updated == 4
    for line in world.events(report, "record.updated"):
        [change] = line["changes"]
        assert (change["sync"], change["field"], change["rule"]) == ("customers", "job_title", "source-changed")
        assert (change["old"], change["new"]) == ("CEO", "CFO")


def test_one_or_two_changed_people_cost_less_by_put(world: World) -> None:
    people = [world.person(f"Person Number{number}", Language="Norsk", JobTitle="CEO") for number in range(4)]
    world.run()
    for one in people[:2]:
        world.change(one, JobTitle="CFO")

    world.run()

    assert ways(world) == ["import", "put", "put"]
    assert [one["job_title"] for one in world.constant_contact.people.all()].count("CFO") == 2


def test_a_put_loses_nothing_that_is_not_mapped(world: World) -> None:
    ann = world.person("Ann Berg", ANN, JobTitle="CEO", Language="Norsk")
    world.run()
    world.constant_contact.people.add_field("Shoe size")
    world.constant_contact.people.edit(
        world.id_of(ANN),
        birthday_month=2,
        birthday_day=29,
        anniversary="2020-02-03",
        phone_numbers=[{"phone_number": "218-555-0100", "kind": "home"}],
        street_addresses=[{"kind": "home", "city": "Bergen"}],
        custom_fields={"Shoe size": "39", "Language": "Norsk"},
    )
    world.change(ann, Language="Svenska")

    world.run()

    found = world.contact(ANN)
    assert ways(world)[-1] == "put"
    assert (found["birthday_month"], found["birthday_day"], found["anniversary"]) == (2, 29, "2020-02-03")
    assert world.phone(ANN, "home") == "218-555-0100"
    assert found["street_addresses"][0]["city"] == "Bergen"
    assert (world.value(ANN, "Shoe size"), world.value(ANN, "Language")) == ("39", "Svenska")
    assert world.members() == {ANN}


def test_an_emptied_value_leaves_the_other_side_as_it_is(world: World) -> None:
    ann = world.person("Ann Berg", ANN, JobTitle="CEO")
    world.run()
    world.change(ann, JobTitle="")

    world.quietly()

    assert world.contact(ANN)["job_title"] == "CEO"


def test_with_clear_an_emptied_value_empties_the_other_side_by_put(world: World) -> None:
    world.configure(more=world.field(*PHONE, "clear = true"))
    people = [world.person(f"Person Number{number}", Phone="218-555-0100") for number in range(4)]
    world.run()
    assert world.phone("person1@example.com") == "218-555-0100"
    for one in people:
        world.change(one, Phone="")

    report = world.run()

    assert ways(world) == ["import", *["put"] * 4]
    assert world.phone("person1@example.com") == ""
    assert report.counts.updated == 4
    world.quietly()


def test_clear_takes_nothing_away_that_membrain_never_had(world: World) -> None:
    world.configure(more=world.field(*PHONE, "clear = true"))
    world.subscriber(ANN, phone_numbers=[{"phone_number": "218-555-0100", "kind": "work"}])
    world.person("Ann Berg", ANN)

    world.run()
    world.run()

    assert world.phone(ANN) == "218-555-0100"


def test_a_foreign_phone_number_follows_by_put_in_the_run_that_creates_the_person(world: World) -> None:
    world.configure(more=world.field(*PHONE))
    world.constant_contact.set_switches(foreign_phone_in_import="row_error")
    world.person("Ann Berg", ANN, Phone="+46 8 123 456 78")

    report = world.run()

    assert ways(world) == ["import", "put"]
    assert world.phone(ANN) == "+46 8 123 456 78"
    assert world.members() == {ANN}
    assert report.exit_code is ExitCode.DONE
    assert report.counts.created == 1
    world.quietly()


def test_an_ordinary_phone_number_goes_with_the_import(world: World) -> None:
    world.configure(more=world.field(*PHONE))
    world.person("Ann Berg", ANN, Phone="+1 (218) 555-0100")

    world.run()

    assert ways(world) == ["import"]
    assert world.phone(ANN) == "+1 (218) 555-0100"


def test_another_spelling_of_the_same_is_no_change(world: World) -> None:
    world.configure(more=world.field(*PHONE) + world.field("company.CountryName", "address.work.country"))
    company = world.company(CountryName="Sweden")
    world.person("Ann Berg", ANN, Phone="+12185550100", CompanyId=company)
    world.run()
    contact = world.contact(ANN)
    streets = [{"kind": "work", "country": "SWEDEN"}]
    phones = [{"kind": "work", "phone_number": "(218) 555-0100"}]
    world.constant_contact.people.edit(contact["contact_id"], phone_numbers=phones, street_addresses=streets)
    world.quietly()
    assert world.waits() == set()


# --- somebody edits the target ----------------------------------------------------------------------------------------


def test_an_edit_in_constant_contact_is_kept_until_membrains_value_changes(world: World) -> None:
    ann = world.person("Ann Berg", ANN, JobTitle="CEO", Language="Norsk")
    world.run()
    world.constant_contact.people.edit(world.id_of(ANN), job_title="Boss")
    world.change(ann, Language="Svenska")

    world.run()

    assert (world.contact(ANN)["job_title"], world.value(ANN, "Language")) == ("Boss", "Svenska")
    assert world.waits() == {(ANN, "job_title", "kept_edit")}
    assert [one.reason for one in world.statistics("job_title").reasons] == ["kept_edit"]

    world.change(ann, JobTitle="CFO")
    report = world.run()

    assert world.contact(ANN)["job_title"] == "CFO"
    assert world.waits() == set()
    [told] = world.events(report, "record.conflict")
    assert (told["winner"], told["loser"], told["rule"]) == ("CFO", "Boss", "source-changed")


def test_a_value_that_was_emptied_in_constant_contact_stays_empty(world: World) -> None:
    world.person("Ann Berg", ANN, JobTitle="CEO")
    world.run()
    world.constant_contact.people.edit(world.id_of(ANN), job_title=None)

    world.quietly()

    assert "job_title" not in world.contact(ANN)
    assert world.waits() == {(ANN, "job_title", "kept_edit")}


def test_an_edit_that_comes_to_the_same_is_no_conflict(world: World) -> None:
    ann = world.person("Ann Berg", ANN, JobTitle="CEO")
    world.run()
    world.constant_contact.people.edit(world.id_of(ANN), job_title="CFO")
    world.change(ann, JobTitle="CFO")

    report = world.quietly()

    assert world.waits() == set()
    assert world.events(report, "record.conflict") == []


# --- names ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("Ann Berg", "Ann", "Berg"),
        ("Sølvi", "Sølvi", ""),
        pytest.param("Karl  Johan   Berg", "Karl", "Johan Berg", marks=pytest.mark.slow),
        ("Dr. Ida van der Meer, PhD", "Dr.", "Ida van der Meer, PhD"),
    ],
)
def test_the_first_word_is_the_first_name_and_the_rest_the_last_name(
    world: World, name: str, first: str, last: str
) -> None:
    world.person(name, ANN)

    world.run()

    found = world.contact(ANN)
    assert (found.get("first_name", ""), found.get("last_name", "")) == (first, last)
    world.quietly()


def test_a_name_that_loses_its_last_word_loses_it_on_the_other_side(world: World) -> None:
    ann = world.person("Ann Berg", ANN)
    world.run()
    world.change(ann, Name="Ann")

    world.run()

    assert world.contact(ANN)["first_name"] == "Ann"
    assert "last_name" not in world.contact(ANN)


@pytest.mark.parametrize("people", [1, 4], ids=["by PUT", "by import"])
@pytest.mark.parametrize(
    ("there", "keys", "found"),
    [
        ({"first_name": "Ann", "last_name": "Berg"}, "", ("Ann", "Berg")),
        ({"first_name": "Anna", "last_name": "Berg"}, "", ("Ann", "Berg")),
        pytest.param({"last_name": "Berg"}, "", ("Ann", "Berg"), marks=pytest.mark.slow),
        ({"first_name": "Anna", "last_name": "Berg"}, "clear = true", ("Ann", "Berg")),
    ],
)
def test_a_name_of_one_word_takes_no_last_name_away_that_membrain_never_had(
    world: World, people: int, there: dict[str, str], keys: str, found: tuple[str, str]
) -> None:
    text = world.config.read_text("utf-8")
    world.config.write_text(text.replace('"full_name"', f'"full_name"\n{keys}'), "utf-8")
    emails = [f"ann{number}@example.com" for number in range(people)]
    for email in emails:
        world.subscriber(email, **there)
    ids = [world.person("Ann", email) for email in emails]

    world.run()

    assert {(one["first_name"], one["last_name"]) for one in map(world.contact, emails)} == {found}
    world.quietly()
    for one in ids:
        world.change(one, Name="Annika")
    assert world.run().counts.updated == people
    assert {(one["first_name"], one["last_name"]) for one in map(world.contact, emails)} == {("Annika", "Berg")}
    assert world.waits() == set()
    world.quietly()


# --- word tables, defaults, lengths, types ----------------------------------------------------------------------------


def test_words_are_translated_by_the_table_and_others_travel_as_they_are(world: World) -> None:
    world.configure(more=world.field("contact.custom.E-mail consent", "custom.Consent", 'values = { "Ja" = "Yes" }'))
    consents = {"yes@example.com": "Ja", "maybe@example.com": "Kanske"}
    for email, word in consents.items():
        world.person("Ann Berg", email, **{"E-mail consent": word})

    world.run()

    assert {email: world.value(email, "Consent") for email in consents} == {
        "yes@example.com": "Yes",
        "maybe@example.com": "Kanske",
    }
    world.quietly()


def test_the_default_stands_in_for_an_empty_value(world: World) -> None:
    world.configure(more=world.field("company.City", "custom.City", 'default = "unknown"'))
    ann = world.person("Ann Berg", ANN)
    world.run()
    assert world.value(ANN, "City") == "unknown"

    world.change(ann, CompanyId=world.company(City="Bergen"))
    world.run()

    assert world.value(ANN, "City") == "Bergen"


def test_a_value_that_is_too_long_keeps_the_old_one_and_is_reported(world: World) -> None:
    ann = world.person("Ann Berg", ANN, JobTitle="CEO", Language="Norsk")
    world.run()
    world.change(ann, JobTitle="Senior " * 9 + "Adviser", Language="Svenska")

    report = world.run()

    assert (world.contact(ANN)["job_title"], world.value(ANN, "Language")) == ("CEO", "Svenska")
    assert report.exit_code is ExitCode.DONE
    assert world.waits() == {(ANN, "job_title", "too_long")}
    world.quietly()


def test_a_value_that_is_too_long_is_cut_where_that_is_wanted(world: World) -> None:
    world.configure(more=world.field("company.City", "address.work.city", 'when_too_long = "truncate"'))
    world.person("Ann Berg", ANN, CompanyId=world.company(City="Llanfair" * 8))

    world.run()

    [street] = world.contact(ANN)["street_addresses"]
    assert street["city"] == ("Llanfair" * 8)[:50]
    assert world.statistics("address.work.city").total.truncated == 1
    world.quietly()


def test_a_value_that_is_no_date_is_reported_and_does_not_travel(world: World) -> None:
    world.configure(more=world.field("contact.ExternalId", "anniversary"))
    world.person("Ann Berg", ANN, ExternalId="in spring")
    world.person("Bo Lind", "bo@example.com", ExternalId="2020-02-03")

    report = world.run()

    assert report.exit_code is ExitCode.DONE
    assert world.waits() == {(ANN, "anniversary", "bad_value")}
    assert world.contact("bo@example.com")["anniversary"] == "2020-02-03"
    assert world.members() == {ANN, "bo@example.com"}


def test_dates_and_choices_travel(world: World) -> None:
    world.configure(
        more=world.field("contact.custom.Born", "birthday")
        + world.field("contact.custom.Interests", "custom.Interests")
    )
    interests = next(field for field in world.membrain.custom_fields() if field.name == "Interests")
    wanted = [option.name for option in interests.options[:2]]
    world.person("Ann Berg", ANN, Born="1980-02-29", Interests=wanted)

    world.run()

    found = world.contact(ANN)
    assert (found["birthday_month"], found["birthday_day"]) == (2, 29)
    assert world.value(ANN, "Interests") == "; ".join(sorted(wanted))
    world.quietly()
