"""Who goes where: every event of the table in the design, from Membrain to Constant Contact."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ccsync.engine.options import Result
from ccsync.errors import ExitCode

if TYPE_CHECKING:
    from tests.engine.conftest import World

ANN = "ann@example.com"
SLOW = pytest.mark.slow


# --- entering ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "permission",
    [
        "explicit",
        "pending_confirmation",
        *(pytest.param(one, marks=SLOW) for one in ("implicit", "not_set", "temp_hold")),
    ],
)
def test_somebody_who_is_in_constant_contact_already_is_put_on_the_list_and_keeps_id_and_permission(
    world: World, permission: str
) -> None:
    before = world.subscriber(ANN, permission_to_send=permission)
    world.person("Ann Berg", ANN)

    report = world.run()

    ann = world.contact(ANN)
    assert ann["contact_id"] == before
    assert ann["email_address"]["permission_to_send"] == permission
    assert world.members() == {ANN}
    assert (report.counts.created, report.counts.updated, report.counts.added) == (0, 1, 1)


def test_somebody_who_opted_out_before_is_left_alone_and_reported(world: World) -> None:
    ann = world.subscriber(ANN, first_name="Anna")
    world.constant_contact.people.unsubscribe(ann)
    world.person("Ann Berg", ANN)

    report = world.run()

    assert report.exit_code is ExitCode.DONE
    assert world.waiting() == {ANN: "opted_out"}
    assert world.members() == set()
    assert world.contact(ANN)["first_name"] == "Anna"
    assert world.constant_contact.writes() == 0


def test_somebody_who_was_deleted_before_is_not_revived(world: World) -> None:
    ann = world.subscriber(ANN)
    world.constant_contact.people.delete(ann)
    world.person("Ann Berg", ANN)

    world.run()

    assert world.waiting() == {ANN: "deleted"}
    assert "deleted_at" in world.contact(ANN)
    assert world.constant_contact.writes() == 0


def test_an_address_is_the_same_in_capitals(world: World) -> None:
    before = world.subscriber("Ann@Example.com")
    world.person("Ann Berg", "  aNN@example.COM ")

    world.run()

    assert world.id_of(ANN) == before
    assert world.members() == {ANN}


def test_whoever_the_filter_does_not_take_is_not_created(world: World) -> None:
    world.person("Bo Lind", "bo@example.com", Newsletter="No")

    report = world.run()

    assert world.contacts("bo@example.com") == []
    assert (report.counts.created, report.counts.skipped) == (0, 0)


def test_an_empty_filter_takes_everybody_with_an_address(world: World) -> None:
    world.configure(filter="")
    world.person("Ann Berg", ANN, Newsletter="No")
    world.person("Bo Lind", "")

    world.run()

    assert world.members() == {ANN}


# --- both sides are filled when they first meet -----------------------------------------------------------------------


def test_at_the_first_meeting_membrains_value_wins_and_the_other_stands_in_the_log(world: World) -> None:
    world.subscriber(ANN, first_name="Anna", last_name="Berg", job_title="Boss")
    world.person("Ann Berg", ANN, JobTitle="CEO")

    report = world.run()

    assert world.contact(ANN)["job_title"] == "CEO"
    conflicts = {line["field"]: line for line in world.events(report, "record.conflict")}
    assert set(conflicts) == {"full_name", "job_title"}
    told = conflicts["job_title"]
    assert (told["winner"], told["loser"], told["rule"], told["sync"]) == ("CEO", "Boss", "first-meeting", "customers")


def test_at_the_first_meeting_an_empty_value_takes_nothing_away(world: World) -> None:
    world.subscriber(ANN, job_title="Boss")
    world.person("Ann Berg", ANN)

    report = world.run()

    assert world.contact(ANN)["job_title"] == "Boss"
    assert world.events(report, "record.conflict") == []


def test_what_is_mapped_nowhere_is_left_alone(world: World) -> None:
    world.subscriber(ANN, anniversary="2020-02-03", phone_numbers=[{"phone_number": "218-555-0100", "kind": "home"}])
    world.person("Ann Berg", ANN, JobTitle="CEO")

    world.run()
    world.run()

    assert world.contact(ANN)["anniversary"] == "2020-02-03"
    assert world.phone(ANN, "home") == "218-555-0100"


# --- leaving ----------------------------------------------------------------------------------------------------------


def test_whoever_no_longer_matches_leaves_the_list_at_once_and_stays_a_contact(world: World) -> None:
    ann = world.person("Ann Berg", ANN)
    world.people(3)
    world.run()
    world.change(ann, Newsletter="No")

    report = world.run()

    assert ANN not in world.members()
    assert "deleted_at" not in world.contact(ANN)
    assert report.counts.removed == 1
    assert world.quietly().counts.removed == 0


def test_whoever_matches_again_is_put_back(world: World) -> None:
    ann = world.person("Ann Berg", ANN)
    world.run()
    world.change(ann, Newsletter="No")
    world.run()
    world.change(ann, Newsletter="Yes")

    report = world.run()

    assert world.members() == {ANN}
    assert report.counts.added == 1


def test_with_keep_whoever_leaves_stays_on_the_list(world: World) -> None:
    world.configure(keys='when_leaving = "keep"')
    ann = world.person("Ann Berg", ANN)
    world.run()
    world.change(ann, Newsletter="No", JobTitle="CEO")

    world.quietly()

    assert world.members() == {ANN}
    assert "job_title" not in world.contact(ANN)


def test_only_people_whom_ccsync_put_there_are_taken_off(world: World) -> None:
    listed = world.constant_contact.people.add_list("Customers")
    world.subscriber(ANN, list_memberships=[listed])
    ann = world.person("Ann Berg", ANN)
    bo = world.person("Bo Lind", "bo@example.com")
    world.run()
    world.change(ann, Newsletter="No")
    world.change(bo, Newsletter="No")

    world.run()

    assert world.members() == {ANN}


def test_people_on_the_list_whom_membrain_does_not_know_are_left_there(world: World) -> None:
    listed = world.constant_contact.people.add_list("Customers")
    world.subscriber("guest@example.com", list_memberships=[listed])
    world.person("Ann Berg", ANN)

    world.run()
    world.two_sweeps()

    assert world.members() == {ANN, "guest@example.com"}


def test_whoever_is_merely_missing_leaves_only_after_two_complete_sweeps(world: World) -> None:
    ann = world.person("Ann Berg", ANN)
    world.people(3)
    world.run()
    world.membrain.erase("contacts", ann)

    world.run()
    world.wait(hours=25)
    world.run()
    assert ANN in world.members()
    world.run()
    assert ANN in world.members()
    world.wait(hours=25)
    report = world.run()

    assert ANN not in world.members()
    assert report.counts.removed == 1


@pytest.mark.parametrize(
    ("edit", "rule"),
    [
        ({"Newsletter": "No"}, "no-longer-matches"),
        ({"EmailAddress": ""}, "no-address"),
    ],
)
def test_the_log_says_by_which_rule_somebody_entered_and_left(world: World, edit: dict[str, str], rule: str) -> None:
    ann = world.person("Ann Berg", ANN)
    [told] = world.events(world.run(), "list.added")
    assert (told["sync"], told["rule"], told["lists"]) == ("customers", "matches", ["Customers"])
    world.change(ann, **edit)

    [told] = world.events(world.run(), "list.removed")

    assert (told["sync"], told["rule"], told["lists"]) == ("customers", rule, ["Customers"])


def test_whoever_is_missing_once_and_there_again_stays(world: World) -> None:
    world.people(3)
    ann = world.person("Ann Berg", ANN)
    world.run()
    world.membrain.set_switches(deleted_marker=False, delete_moves_changed=False)
    world.wait(hours=25)
    world.membrain.delete("contacts", ann)
    world.run()
    world.membrain.restore("contacts", ann)
    world.wait(hours=25)
    world.run()
    world.membrain.delete("contacts", ann)
    world.wait(hours=25)

    world.run()

    assert ANN in world.members()


# --- people who take no part ------------------------------------------------------------------------------------------


def test_people_who_log_in_to_membrain_are_left_out(world: World) -> None:
    world.colleague("Kim Vik", "kim@example.com")
    world.person("Ann Berg", ANN)

    world.run()

    assert world.members() == {ANN}
    assert world.waiting() == {"kim@example.com": "user_of_membrain"}


def test_a_customer_who_becomes_a_colleague_leaves_with_the_next_sweep(world: World) -> None:
    world.person("Kim Vik", "kim@example.com")
    world.people(3)
    world.run()
    world.colleague("Kim Vik", "kim@example.com")
    world.wait(hours=25)

    world.run()

    assert "kim@example.com" not in world.members()


def test_whoever_has_no_address_is_reported(world: World) -> None:
    world.person("Bo Lind", "")

    report = world.run()

    assert world.waiting() == {"": "no_email"}
    assert report.counts.skipped == 1


def test_whoever_loses_the_address_leaves_the_list(world: World) -> None:
    ann = world.person("Ann Berg", ANN)
    world.people(3)
    world.run()
    world.change(ann, EmailAddress="")

    world.run()

    assert ANN not in world.members()
    assert set(world.waiting().values()) == {"no_email"}


def test_an_address_that_nobody_can_write_to_is_reported_and_not_sent(world: World) -> None:
    emails = ["ann", "ann@@example.com", "ann berg@example.com", "ann@example", f"{'a' * 80}@example.com"]
    for email in emails:
        world.person("Ann Berg", email)

    report = world.run()

    assert world.waiting() == dict.fromkeys(emails, "bad_value")
    assert report.exit_code is ExitCode.DONE
    assert report.counts.skipped == 5
    assert world.constant_contact.writes() == 0


def test_a_new_address_that_nobody_can_write_to_leaves_all_as_it_was(world: World) -> None:
    ann = world.person("Ann Berg", ANN)
    world.run()
    world.change(ann, EmailAddress="ann@@example.com")

    world.quietly()

    assert world.members() == {ANN}
    assert world.waiting() == {"ann@@example.com": "bad_value"}


def test_a_filter_that_fails_for_somebody_holds_them_in_and_out(world: World) -> None:
    world.configure(filter='contact.custom["Newsletter"] == "Yes" && int(contact.custom["Language"]) > 0')
    ann = world.person("Ann Berg", ANN, Language="1")
    bo = world.person("Bo Lind", "bo@example.com", Language="one")
    world.run()
    assert world.waiting() == {"bo@example.com": "filter_error"}
    world.change(ann, Language="none")

    report = world.quietly()

    assert world.members() == {ANN}
    assert world.waiting() == {ANN: "filter_error", "bo@example.com": "filter_error"}
    assert report.result is Result.SUCCESS
    world.change(ann, Language="0")
    world.change(bo, Language="2")
    world.run()
    assert world.members() == {"bo@example.com"}
    assert world.waiting() == {}


# --- an edited filter -------------------------------------------------------------------------------------------------


def test_an_edited_filter_is_asked_about_everybody_in_the_next_run(world: World) -> None:
    world.person("Ann Berg", ANN, Language="Norsk")
    world.person("Bo Lind", "bo@example.com", Language="Svenska")
    world.person("Siv Ek", "siv@example.com", Language="Norsk", Newsletter="No")
    world.run()
    world.wait(days=0.5)
    world.configure(filter='contact.custom["Language"] == "Norsk"')

    world.run()

    assert world.members() == {ANN, "siv@example.com"}
