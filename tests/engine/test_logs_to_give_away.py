"""Logs of real runs, exported: none of the people that either side knows can be recognised in the file."""

from __future__ import annotations

import io
import json
import re
import zipfile
from typing import TYPE_CHECKING

import pytest

from ccsync.cli.app import execute
from ccsync.cli.session import Environment
from ccsync.sandbox.people import population
from ccsync.state.folder import account_folder

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from .conftest import World


def exported(world: World, folder: Path) -> str:
    """Return everything that is in an export."""
    words = ["--config", str(world.config), "logs", "export", "--output", str(folder / "case.zip")]
    out, err = io.StringIO(), io.StringIO()
    assert execute(words, Environment(io.StringIO(), out, err, world.environ, world.clock)) == 0, err.getvalue()
    with zipfile.ZipFile(folder / "case.zip") as archive:
        return "\n".join(archive.read(name).decode("utf-8") for name in archive.namelist())


def found(canaries: Iterable[str], text: str) -> list[str]:
    """Return the canaries that stand in a text as words of their own, however they are spelt there."""
    text = text.casefold()
    spelt = {form.casefold() for one in canaries for form in (one, json.dumps(one)[1:-1]) if len(one) > 2}
    near = [one for one in spelt if one in text]
    return sorted(one for one in near if re.search(rf"(?<!\w){re.escape(one)}(?!\w)", text))


def test_an_export_of_runs_in_which_much_goes_wrong_names_nobody(world: World, tmp_path: Path) -> None:
    world.configure(filter='contact.Name != "Zyrilla Canary" && contact.custom["Newsletter"] == "Yes"')
    company = world.company("Kanarifugl Bygg AS")
    ann = world.person("Annaliese Vögelchen", "annaliese@kanari.example", CompanyId=company, JobTitle="Vogelwartin")
    world.person("Dublett Zweitvogel", "annaliese@kanari.example")
    world.person("Ohne Adresse", "jan falk@kanari.example")
    world.person("Langname " * 12, "langer@kanari.example")
    world.colleague("Kollege Papagei", "papagei@kanari.example")
    world.subscriber("annaliese@kanari.example", first_name="Anneliese", last_name="Altvogel")
    world.run()
    world.change(ann, Name="Annaliese Neuvogel", EmailAddress="neu@kanari.example")
    world.run()
    world.constant_contact.people.unsubscribe(world.id_of("neu@kanari.example"))
    world.run()

    text = exported(world, tmp_path)

    logs = account_folder(world.folder / "state" / ".sandbox", "acme") / "logs"
    written = "".join(path.read_text("utf-8") for path in logs.rglob("*.jsonl"))
    canaries = [
        "Kanarifugl",
        "Bygg",
        "Annaliese",
        "Anneliese",
        "Vögelchen",
        "Altvogel",
        "Neuvogel",
        "Vogelwartin",
        "Dublett",
        "Zweitvogel",
        "Langname",
        "Kollege",
        "Papagei",
        "annaliese",
        "langer",
        "papagei",
        "neu",
        "falk",
        "kanari",
        "Zyrilla",
        "Canary",
    ]
    assert len(found(canaries, written)) > 10, "the logs themselves name them"
    assert found(canaries, text) == []
    assert "unsubscribed" in text
    assert '"field":"full_name"' in text


@pytest.mark.slow
def test_an_export_of_a_run_over_all_made_up_people_names_nobody(world: World, tmp_path: Path) -> None:
    made = population(240)
    fields = {"contact.Phone": "custom.Phone", "company.City": "address.work.city", "project.OwnerName": "custom.Owner"}
    world.configure(filter="", more="".join(world.field(left, right) for left, right in fields.items()))
    world.membrain.load(made)
    for person in made.people[::7]:
        if re.fullmatch(r"[a-z.]+@[a-z.]+", person.email):
            world.subscriber(person.email, first_name="Zwitscher", last_name=f"{person.last_name}chen")
    world.run()
    for contact in world.membrain.all("contacts")[::5]:
        world.change(str(contact["Id"]), JobTitle="Vogelwart", Name=f"{contact['Name']} Umbenannt")
    world.run()

    text = exported(world, tmp_path)

    words = {"Zwitscher", "Umbenannt", "Vogelwart"}
    whole = {part for person in made.people for part in (person.email, person.phone, person.name, person.company)}
    names = {part for person in made.people for part in re.split(r"[ \-'.]+", person.name) if part[:1].isupper()}
    towns = {company.city for company in made.companies}
    assert found(words | whole | names | towns, text) == []
