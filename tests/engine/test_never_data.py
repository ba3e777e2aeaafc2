"""What a run never does to what people typed, rules 5 to 8: each test tries hard to make it happen."""

from __future__ import annotations

import json
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

from ccsync.engine.run import Run
from ccsync.errors import ExitCode
from ccsync.logs.runlog import RunLog
from ccsync.sandbox.faults import Fault
from ccsync.sandbox.membrain.loading import LANGUAGE

from .conftest import numbers
from .killing import Killed, copied, run_until_commit
from .test_never import killed_after, settle

if TYPE_CHECKING:
    from .conftest import World


def everybody(world: World) -> list[dict[str, Any]]:
    return world.constant_contact.people.all()


class TestNothingTypedIsLost:
    def test_an_edit_stays_until_membrain_s_value_changes_and_then_stands_in_the_log(self, world: World) -> None:
        person = world.person("Ann Berg", "ann@example.com", JobTitle="Clerk")
        world.run()
        world.constant_contact.people.edit(world.id_of("ann@example.com"), job_title="Boss")
        settle(world)
        world.change(person, Language="Norsk")
        settle(world)
        assert world.contact("ann@example.com")["job_title"] == "Boss"
        world.change(person, JobTitle="Head clerk")
        report = world.run()
        assert world.contact("ann@example.com")["job_title"] == "Head clerk"
        [conflict] = world.events(report, "record.conflict")
        assert (conflict["winner"], conflict["loser"]) == ("Head clerk", "Boss")

    @pytest.mark.parametrize("people", [1, 5], ids=["by PUT", "by import"])
    def test_a_write_leaves_all_that_is_not_mapped_as_it_was(self, world: World, people: int) -> None:
        ids = world.people(people, JobTitle="Clerk")
        world.run()
        hand = world.constant_contact.people
        hand.add_field("Shoe size")
        hand.edit(
            world.id_of("person1@example.com"),
            birthday_month=2,
            birthday_day=29,
            anniversary="2001-02-03",
            phone_numbers=[{"phone_number": "+47 22 33 44 55", "kind": "home"}],
            street_addresses=[{"kind": "work", "street": "Storgata 1", "city": "Oslo"}],
            custom_fields={"Shoe size": "44"},
        )
        mapped = ("job_title", "updated_at", "update_source")
        before = {key: value for key, value in world.contact("person1@example.com").items() if key not in mapped}
        for person in ids:
            world.change(person, JobTitle="Head clerk")
        settle(world)
        after = {key: value for key, value in world.contact("person1@example.com").items() if key not in mapped}
        assert after == before
        assert world.contact("person1@example.com")["job_title"] == "Head clerk"

    def test_an_edit_between_pull_and_put_is_seen_before_the_put(self, world: World) -> None:
        person = world.person("Ann Berg", "ann@example.com", JobTitle="Clerk")
        world.run()
        ann = world.id_of("ann@example.com")
        world.change(person, JobTitle="Head clerk")
        world.wires.after(
            "GET /v3/contact_custom_fields",
            lambda: world.constant_contact.people.edit(ann, company_name="Typed AS", job_title="Boss"),
        )
        settle(world)
        conflicts = [line["loser"] for line in all_events(world, "record.conflict")]
        assert world.contact("ann@example.com")["company_name"] == "Typed AS"
        assert conflicts == ["Boss"]

    def test_an_edit_after_a_write_that_nobody_saw_land_is_newer_than_the_write(self, world: World) -> None:
        """The import was carried out, the run was killed, and then somebody typed something better."""
        ids = world.people(4, JobTitle="Clerk")
        world.run()
        for person in ids:
            world.change(person, JobTitle="Head clerk")
        killed_after(world, "GET /v3/activities")
        world.constant_contact.people.edit(world.id_of("person1@example.com"), job_title="Boss")
        settle(world, 4)
        assert world.contact("person1@example.com")["job_title"] == "Boss"
        assert ("person1@example.com", "job_title", "kept_edit") in world.waits()

    def test_the_replaced_value_and_the_counts_outlive_a_kill(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        person = world.person("Ann Berg", "ann@example.com", JobTitle="Clerk")
        world.run()
        world.constant_contact.people.edit(world.id_of("ann@example.com"), job_title="Boss")
        world.run()
        world.change(person, JobTitle="Head clerk")
        with monkeypatch.context() as patch:
            patch.setattr(RunLog, "close", lambda _: None)  # lines that only this process knows are lost
            patch.setattr(Run, "_advance", die)
            with pytest.raises(Killed):
                world.run()
        settle(world)
        assert [line["loser"] for line in all_events(world, "record.conflict")] == ["Boss"]
        assert [line["changes"][0]["new"] for line in all_events(world, "record.updated")] == ["Head clerk"]
        assert world.statistics("job_title").total.written == 2
        assert runs_counts(world) == {"created": 1, "updated": 1}

    @pytest.mark.slow
    def test_whatever_commit_a_run_dies_at_the_replaced_value_is_in_the_log(
        self, world: World, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        folder = tmp_path_factory.mktemp("killed")
        person = world.person("Ann Berg", "ann@example.com", JobTitle="Clerk")
        world.run()
        world.constant_contact.people.edit(world.id_of("ann@example.com"), job_title="Boss")
        world.run()
        world.change(person, JobTitle="Head clerk")
        world.sandbox.stop()
        for number in count(1):
            with copied(world.folder, folder / str(number)) as copy:
                with monkeypatch.context() as patch:
                    patch.setattr(RunLog, "close", lambda _: None)
                    died = run_until_commit(copy, number, durable=True) == number
                settle(copy)
                assert "Boss" in [line["loser"] for line in all_events(copy, "record.conflict")]
                assert copy.statistics("job_title").total.written == 2
            if not died:
                break

    def test_nothing_is_ever_written_to_membrain(self, world: World) -> None:
        world.people(3, CompanyId=world.company())
        settle(world)
        assert world.wires.writes("membrain") == []
        assert world.membrain.writes() == 0


def die(_: Run) -> None:
    raise Killed


def runs_counts(world: World) -> dict[str, int]:
    """Return what all runs together did to people, those without need left out."""
    with world.application().reader() as store:
        assert store is not None
        counts = [numbers(run.counts) for run in store.history.runs()]
    whole: dict[str, int] = {}
    for one in counts:
        for name in one.keys() - {"unchanged", "skipped"}:
            whole[name] = whole.get(name, 0) + one[name]
    return whole


def all_events(world: World, event: str) -> list[dict[str, Any]]:
    """Return what all logs tell under one name, oldest first."""
    logs = sorted((world.folder / "state" / ".sandbox" / "acme" / "logs").rglob("*.jsonl"))
    lines = [json.loads(line) for log in logs for line in log.read_text("utf-8").splitlines()]
    return [line for line in lines if line["event"] == event]


class TestNoBlankOverAValue:
    @pytest.mark.parametrize("people", [1, 5], ids=["by PUT", "by import"])
    def test_a_value_that_becomes_blank_in_membrain_stays(self, world: World, people: int) -> None:
        ids = world.people(people, JobTitle="Clerk", Language="Norsk", CompanyId=world.company())
        world.run()
        for person in ids:
            world.change(person, JobTitle="", Language="", CompanyId="", Name="Changed Name")
        settle(world)
        contact = world.contact("person1@example.com")
        assert (contact["first_name"], contact["job_title"], contact["company_name"]) == (
            "Changed",
            "Clerk",
            "Nordlys AS",
        )
        assert world.value("person1@example.com", "Language") == "Norsk"

    def test_no_import_holds_a_blank(self, world: World) -> None:
        world.constant_contact.set_switches(empty_in_import="clears")
        world.constant_contact.people.add("ann@example.com", job_title="Boss", company_name="Typed AS")
        world.person("Ann", "ann@example.com")
        world.people(5)
        settle(world)
        assert world.contact("ann@example.com")["job_title"] == "Boss"
        rows = [
            row
            for sent in world.wires.writes()
            if sent.path.endswith("contacts_json_import")
            for row in json.loads(sent.body)["import_data"]
        ]
        assert len(rows) == 6  # with Ann, whose one word is a first name
        assert all(value for row in rows for value in row.values())

    def test_with_clear_only_a_value_that_became_blank_clears(self, world: World) -> None:
        world.configure(more=world.field("contact.custom.Born", "anniversary", "clear = true"))
        world.constant_contact.people.add("ann@example.com", anniversary="2001-02-03")
        world.person("Ann Berg", "ann@example.com")
        settle(world)
        assert world.contact("ann@example.com")["anniversary"] == "2001-02-03"

    @pytest.mark.parametrize("keys", ["clear = true", 'default = "none"'])
    def test_a_field_that_vanishes_from_membrain_clears_nothing(self, world: World, keys: str) -> None:
        world.configure(more=world.field("contact.custom.Language", "custom.Tongue", keys))
        world.people(3, Language="Norsk")
        world.run()
        world.membrain.remove_custom_field(LANGUAGE)
        world.run(full=True)
        settle(world)
        assert world.value("person1@example.com", "Tongue") == "Norsk"

    def test_a_company_that_is_missing_from_one_sweep_blanks_nothing(self, world: World) -> None:
        world.configure(more=world.field("company.Name", "custom.Firm", "clear = true"))
        world.people(3, CompanyId=world.company())
        world.run()
        world.wires.instead("GET /API/v2/companies/", b'{"count": "0", "from": "0", "to": "0", "items": []}')
        world.run(full=True)
        assert world.value("person1@example.com", "Firm") == "Nordlys AS"


class TestNoSecondContact:
    def test_a_new_address_moves_the_contact_that_is_there(self, world: World) -> None:
        person = world.person("Ann Berg", "ann@example.com")
        world.run()
        ann = world.id_of("ann@example.com")
        world.change(person, EmailAddress="ann.berg@example.com", JobTitle="Boss")
        settle(world)
        assert [one["contact_id"] for one in everybody(world)] == [ann]
        assert world.members() == {"ann.berg@example.com"}

    @pytest.mark.parametrize("fault", ["reset_before", "reset_after", "status_500"])
    def test_not_even_when_the_answer_to_the_put_is_lost(self, world: World, fault: Any) -> None:
        person = world.person("Ann Berg", "ann@example.com")
        world.run()
        world.change(person, EmailAddress="ann.berg@example.com")
        world.sandbox.faults.add(Fault(fault, method="PUT", times=3))
        assert world.run().exit_code in (ExitCode.UNREACHABLE, ExitCode.DONE)
        world.sandbox.faults.clear()
        settle(world)
        assert len(everybody(world)) == 1
        assert world.members() == {"ann.berg@example.com"}

    def test_not_when_the_address_changes_twice_before_a_run(self, world: World) -> None:
        person = world.person("Ann Berg", "ann@example.com")
        world.run()
        for address in ("a@example.com", "b@example.com"):
            world.change(person, EmailAddress=address)
        settle(world)
        assert [one["email_address"]["address"] for one in everybody(world)] == ["b@example.com"]

    def test_not_when_the_new_address_is_taken(self, world: World) -> None:
        world.constant_contact.people.add("taken@example.com")
        person = world.person("Ann Berg", "ann@example.com")
        world.run()
        world.change(person, EmailAddress="taken@example.com")
        settle(world)
        assert len(everybody(world)) == 2
        assert world.waiting() == {"taken@example.com": "address_taken"}

    def test_a_create_whose_answer_is_lost_makes_one_contact(self, world: World) -> None:
        world.people(3)
        world.sandbox.faults.add(Fault("reset_after", method="POST", path_prefix="/v3/activities", times=1))
        settle(world)
        imports = [sent for sent in world.wires.writes() if sent.path.endswith("contacts_json_import")]
        assert (len(everybody(world)), len(imports)) == (3, 1)

    def test_another_spelling_of_one_address_is_no_other_address(self, world: World) -> None:
        person = world.person("Ann Berg", "Ann@Example.com")
        world.run()
        written = len(world.wires.writes())
        world.change(person, EmailAddress="ANN@example.com ")
        settle(world)
        assert len(everybody(world)) == 1
        assert len(world.wires.writes()) == written


class TestNoEcho:
    @pytest.mark.parametrize("moves", [False, True], ids=["quiet", "everything moves updated_at"])
    def test_whatever_was_written_comes_back_as_no_change(self, world: World, *, moves: bool) -> None:
        world.constant_contact.set_switches(
            list_change_moves_updated_at=moves, import_of_same_values_moves_updated_at=moves
        )
        world.configure(more=FIELDS)
        world.constant_contact.people.add("there@example.com")
        world.person("Ann  Maria  Berg ", "Ann@Example.com", JobTitle=" Head \u00a0 clerk ", Phone="(555) 123-4567")
        world.person("Åse Ødegård", "ase@example.com", Phone="+47 22 33 44 55", Born="1980-02-29", Language="A\u030a")
        world.person("There Already", "there@example.com")
        people = world.people(5, CompanyId=world.company())
        world.run()
        world.change(people[0], Name="New Name")
        world.change(people[1], Newsletter="No")
        world.change(people[2], EmailAddress="moved@example.com")
        for person in people:
            world.change(person, JobTitle="Clerk")
        world.run()
        written = [str(sent) for sent in world.wires.writes()]
        settle(world, 4)
        world.run(full=True)
        assert [str(sent) for sent in world.wires.writes()] == written

    def test_a_service_that_alters_what_it_is_given_is_not_corrected_for_ever(self, world: World) -> None:
        world.constant_contact.set_switches(long_text_in_import="truncated")
        people = world.people(4, JobTitle="Clerk")
        world.run()
        for person in people:
            world.change(person, JobTitle="Head clerk")

        def alter() -> None:
            for one in everybody(world):
                world.constant_contact.people.edit(one["contact_id"], job_title="HEAD CLERK")

        world.wires.after("GET /v3/activities", alter)
        settle(world, 5)
        written = len(world.wires.writes())
        settle(world, 3)
        assert len(world.wires.writes()) == written


FIELDS = """
[[sync.field]]
membrain = "contact.Phone"
constant_contact = "phone.work"

[[sync.field]]
membrain = "contact.custom.Born"
constant_contact = "birthday"
"""
