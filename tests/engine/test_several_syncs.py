"""Several syncs side by side: one person on the lists of all that take them, each sync with its own counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ccsync.errors import ConfigError, ExitCode

if TYPE_CHECKING:
    from tests.engine.conftest import World

ANN = "ann@example.com"
NORSK = 'contact.custom["Language"] == "Norsk"'


@pytest.fixture
def two(world: World) -> World:
    """Configure the customers' newsletter, and another list for those who read Norwegian."""
    world.configure(more=world.sync("norwegians", "Norwegians", NORSK) + world.field("contact.Name", "full_name"))
    return world


def test_whoever_two_syncs_take_is_one_contact_on_both_lists(two: World) -> None:
    two.person("Ann Berg", ANN, Language="Norsk")
    two.person("Bo Lind", "bo@example.com")
    two.person("Eva Dal", "eva@example.com", Language="Norsk", Newsletter="No")

    report = two.run()

    assert two.members() == {ANN, "bo@example.com"}
    assert two.members("Norwegians") == {ANN, "eva@example.com"}
    assert len(two.constant_contact.people.all()) == 3
    assert report.counts.created == 3
    two.quietly()


def test_leaving_one_list_leaves_the_other_alone(two: World) -> None:
    ann = two.person("Ann Berg", ANN, Language="Norsk")
    two.run()
    two.change(ann, Newsletter="No")

    report = two.run()

    assert (two.members(), two.members("Norwegians")) == (set(), {ANN})
    assert two.sync_counts(report, "customers") == {"removed": 1}
    assert two.sync_counts(report, "norwegians") == {"unchanged": 1}


def test_entering_a_second_list_later(two: World) -> None:
    ann = two.person("Ann Berg", ANN)
    two.run()
    two.change(ann, Language="Norsk")

    report = two.run()

    assert two.members("Norwegians") == {ANN}
    assert two.sync_counts(report, "norwegians") == {"added": 1}
    assert two.sync_counts(report, "customers") == {"updated": 1}
    assert (report.counts.added, report.counts.updated) == (1, 1)


def test_people_with_different_lists_go_by_different_imports(two: World) -> None:
    two.people(3, Language="Norsk")
    two.people(3)
    two.people(3, Language="Norsk", Newsletter="No")

    two.run()

    imports = [one for one in two.wires.writes() if one.path.endswith("contacts_json_import")]
    assert len(imports) == 3
    assert (len(two.members()), len(two.members("Norwegians"))) == (6, 6)


def test_two_membrain_contacts_with_one_address_in_two_syncs_are_the_one_created_first_for_both(two: World) -> None:
    two.person("Ann Berg", ANN)
    two.wait(days=1)
    two.person("Anna Berg", ANN, Language="Norsk", Newsletter="No")

    two.run()

    assert two.contact(ANN)["first_name"] == "Ann"
    assert (two.members(), two.members("Norwegians")) == ({ANN}, set())
    assert two.waiting() == {ANN: "duplicate_address"}
    two.quietly()


def test_which_sync_took_whom_does_not_count_and_the_next_one_follows_when_the_first_leaves(two: World) -> None:
    ann = two.person("Ann Berg", ANN, Language="Norsk", Newsletter="No")
    two.wait(days=1)
    two.person("Anna Berg", ANN)

    two.run()
    assert two.contact(ANN)["first_name"] == "Ann"
    assert (two.members(), two.members("Norwegians")) == (set(), {ANN})
    assert two.waiting() == {ANN: "duplicate_address"}

    two.change(ann, EmailAddress="ann.berg@example.com")
    two.run()

    assert (two.members(), two.members("Norwegians")) == ({ANN}, {"ann.berg@example.com"})
    assert (two.contact(ANN)["first_name"], two.waiting()) == ("Anna", {})


def test_whoever_is_in_two_syncs_gets_the_fields_of_both(world: World) -> None:
    norwegians = world.sync("norwegians", "Norwegians", NORSK)
    world.configure(more=norwegians + world.field("contact.Phone", "custom.Phone"))
    world.person("Ann Berg", ANN, Language="Norsk", Phone="1234", JobTitle="CEO")
    world.person("Bo Lind", "bo@example.com", Phone="5678", JobTitle="CFO")

    world.run()

    assert (world.value(ANN, "Phone"), world.contact(ANN)["job_title"]) == ("1234", "CEO")
    assert world.value("bo@example.com", "Phone") == ""
    world.quietly()


def test_of_a_sync_for_each_direction_the_first_in_the_file_decides_for_whoever_is_in_both(world: World) -> None:
    fields = (("contact.Name", "full_name"), ("company.Name", "company_name"), ("contact.JobTitle", "job_title"))
    back = '[[sync]]\nname = "signups"\ndirection = "constant-contact-to-membrain"\nlist = "Sign-ups"\n'
    world.configure(more=back + "".join(world.field(*one) for one in fields))
    ann = world.person("Ann Berg", ANN, CompanyId=world.company(), JobTitle="CEO")
    world.run()
    world.constant_contact.people.put_on_list(world.id_of(ANN), world.list_id("Sign-ups"))
    world.constant_contact.people.edit(world.id_of(ANN), job_title="CFO")

    world.run()

    assert world.contact(ANN)["job_title"] == "CFO"
    assert (ANN, "job_title", "kept_edit") in world.waits()
    world.change(ann, JobTitle="Chair")
    world.run()
    assert world.contact(ANN)["job_title"] == "Chair"
    written = world.membrain.writes()
    world.quietly()
    assert world.membrain.writes() == written == 0


def test_two_syncs_that_map_one_field_differently_do_not_run(world: World) -> None:
    norwegians = world.sync("norwegians", "Norwegians", NORSK)
    world.configure(more=norwegians + world.field("company.Name", "job_title"))

    with pytest.raises(ConfigError) as caught:
        world.run()

    (problem,) = caught.value.problems
    assert '"job_title" is filled from "contact.JobTitle" and from "company.Name"' in problem.message
    assert 'sync "customers", sync[0].field[2], line' in problem.message
    assert 'sync "norwegians"' in problem.message
    assert world.requests() == []


def test_sync_carries_out_one_sync_and_leaves_the_others_for_later(two: World) -> None:
    ann = two.person("Ann Berg", ANN, Language="Norsk")

    report = two.run(sync="norwegians")

    assert two.members("Norwegians") == {ANN}
    assert two.members() == set()
    assert set(report.syncs) == {"norwegians"}
    two.run()
    assert two.members() == {ANN}
    two.change(ann, Newsletter="No", Language="Svenska")
    two.run(sync="customers")
    assert (two.members(), two.members("Norwegians")) == (set(), {ANN})
    two.run()
    assert two.members("Norwegians") == set()


def test_a_run_of_one_sync_forgets_nothing_about_the_others(two: World) -> None:
    two.person("No Address", "", Language="Norsk")
    two.run()
    with two.application().reader() as store:
        assert store is not None
        before = set(store.work.waiting())
    assert {one.sync for one in before} == {"customers", "norwegians"}

    two.run(sync="norwegians", full=True)

    with two.application().reader() as store:
        assert store is not None
        assert set(store.work.waiting()) == before


def test_an_unknown_sync_is_named_with_those_that_exist(two: World) -> None:
    report = two.run(sync="norwegian")

    assert report.exit_code is ExitCode.CONFIG
    assert '"customers", "norwegians"' in report.message


def test_a_sync_that_is_taken_out_of_the_configuration_leaves_its_list_as_it_is(two: World) -> None:
    two.person("Ann Berg", ANN, Language="Norsk")
    two.run()
    two.configure()

    report = two.quietly()

    assert (two.members(), two.members("Norwegians")) == ({ANN}, {ANN})
    assert report.warnings == (
        '1 person whom ccsync put on the list "Norwegians" stays there: the configuration no longer names it',
    )
    assert two.quietly().warnings == (), "it is told once for each edit"


def test_whoever_stays_on_a_list_that_is_no_longer_named_is_told_in_number(world: World) -> None:
    world.people(3)
    world.run()
    text = world.config.read_text("utf-8").replace('list = "Customers"', 'list = "Kunder"')
    world.config.write_text(text, "utf-8")
    told = '3 people whom ccsync put on the list "Customers" stay there: the configuration no longer names it'

    assert world.run(dry_run=True).warnings == (told,)
    assert world.run().warnings == (told,)


def test_nobody_is_left_on_a_list_that_is_gone_or_called_by_its_new_name(world: World) -> None:
    world.people(3)
    world.run()
    world.constant_contact.people.rename_list(world.list_id(), "Kunder")
    text = world.config.read_text("utf-8")
    world.config.write_text(text.replace('list = "Customers"', 'list = "Kunder"'), "utf-8")
    assert world.run().warnings == ()
    world.constant_contact.people.delete_list(world.list_id("Kunder"))
    world.config.write_text(text.replace('list = "Customers"', 'list = "Clients"'), "utf-8")

    assert world.run().warnings == ()


# --- counts per sync and in all ---------------------------------------------------------------------------------------


def test_everything_is_counted_once_per_person_in_each_sync_and_in_all(two: World) -> None:
    changes = two.person("Bo Lind", "bo@example.com", Language="Norsk")
    leaves = two.person("Eva Dal", "eva@example.com", Language="Norsk")
    enters = two.person("Siv Ek", "siv@example.com")
    two.people(3)
    first = two.run()
    assert two.sync_counts(first, "customers") == {"created": 6}
    assert two.sync_counts(first, "norwegians") == {"added": 2}

    two.person("Ann Berg", ANN, Language="Norsk")
    two.change(changes, Name="Bo Ek")
    two.change(leaves, Newsletter="No")
    two.change(enters, Language="Norsk")
    two.person("No Address", "")
    two.wait(minutes=1)
    two.person("Ann Dahl", ANN)
    report = two.run()

    assert two.sync_counts(report, "customers") == {"created": 1, "updated": 2, "removed": 1, "skipped": 2}
    assert two.sync_counts(report, "norwegians") == {"added": 2, "unchanged": 2}
    counts = report.counts
    assert (counts.created, counts.updated, counts.added, counts.removed) == (1, 2, 2, 1)
    assert (counts.unchanged, counts.skipped, counts.failed) == (0, 2, 0)


def test_whoever_is_looked_at_without_need_counts_as_unchanged(two: World) -> None:
    two.people(3)
    two.run()

    report = two.run(full=True)

    assert two.sync_counts(report, "customers") == {"unchanged": 3}
    assert report.counts.unchanged == 3


def test_the_history_keeps_the_counts_of_each_run(two: World) -> None:
    two.people(2, Language="Norsk")

    report = two.run()

    with two.application().reader() as store:
        assert store is not None
        [kept] = store.history.runs()
    assert (kept.id, kept.result, kept.finished) == (report.id, "success", report.finished)
    assert (kept.counts, dict(kept.syncs), dict(kept.calls)) == (report.counts, report.syncs, report.calls)


# --- field statistics -------------------------------------------------------------------------------------------------


def test_fields_are_counted_as_written_unchanged_and_skipped(world: World) -> None:
    world.person("Ann Berg", ANN, JobTitle="CEO")
    bo = world.person("Bo Lind", "bo@example.com", JobTitle="Senior " * 9)
    world.run()
    title = world.statistics("job_title")
    assert (title.last.written, title.last.unchanged, title.last.skipped, title.last.failed) == (1, 0, 1, 0)
    assert [(one.reason, one.count, one.example) for one in title.reasons] == [("too_long", 1, "bo@example.com")]

    world.change(bo, JobTitle="CFO")
    world.run()

    title = world.statistics("job_title")
    assert (title.last.written, title.last.unchanged, title.last.skipped) == (1, 0, 0)
    assert (title.total.written, title.total.skipped) == (2, 1)
    name = world.statistics("full_name")
    assert (name.last.unchanged, name.total.written, name.total.unchanged) == (1, 2, 1)
    assert name.last_written is not None
    assert title.last_written is not None
    assert name.last_written < title.last_written


def test_empty_values_are_counted_as_a_share(world: World) -> None:
    world.people(3)
    world.person("Ann Berg", ANN, JobTitle="CEO")

    world.run()

    title = world.statistics("job_title").total
    assert (title.empty, title.written, title.unchanged) == (3, 1, 3)


def test_a_person_who_is_finished_in_a_second_step_counts_once_for_each_field(world: World) -> None:
    world.configure(more=world.field("contact.Phone", "phone.work"))
    world.person("Ann Berg", ANN, Phone="+46 8 123 456 78")

    report = world.run()

    for field in ("full_name", "phone.work"):
        counts = world.statistics(field).total
        assert (counts.written, counts.unchanged, counts.skipped, counts.failed) == (1, 0, 0, 0)
    assert world.sync_counts(report) == {"created": 1}
