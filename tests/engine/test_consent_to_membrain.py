"""Consent on its way back: what Constant Contact knows of it reaches Membrain, in every direction of sync."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from ccsync.engine.report import status_data
from ccsync.errors import ExitCode
from ccsync.sandbox.membrain.loading import CONSENT
from ccsync.sandbox.membrain.store import Option

from .conftest import World

if TYPE_CHECKING:
    from ccsync.engine.options import RunReport

ANN, BO = "ann@example.com", "bo@example.com"
FIELD = "E-mail consent"
MAPPED = World.field(f"contact.custom.{FIELD}", "permission_to_send")
DIRECTIONS = ["membrain-to-constant-contact", "constant-contact-to-membrain", "both"]
TO_MEMBRAIN = DIRECTIONS[1]


def met(world: World, direction: str = DIRECTIONS[0], *, more: str = MAPPED, **values: Any) -> str:
    """Make Ann, on both sides and on the list, have a run meet her, and return her id of Constant Contact."""
    world.configure(direction=direction, more=more)
    world.constant_contact.people.add_list("Customers")
    world.company()
    world.person("Ann Berg", ANN, CompanyName="Nordlys AS", **values)
    ann = world.subscriber(ANN, first_name="Ann", last_name="Berg", list_memberships=[world.list_id()])
    assert world.run().exit_code is ExitCode.DONE
    return ann


def opt_out(world: World, email: str = ANN, reason: str | None = None) -> None:
    world.constant_contact.people.unsubscribe(world.id_of(email), reason=reason)


def told(world: World, email: str = ANN, field: str = FIELD) -> str:
    """Return what Membrain has been told."""
    return str(world.in_membrain(email).get(field) or "")


def custom_field(world: World, name: str, kind: str = "Text", *choices: str) -> None:
    """Make one more custom field in Membrain."""
    number = f"{len(name):08}-0000-4000-8000-000000000000"
    options = tuple(Option(f"{place:08}-{number[9:]}", choice) for place, choice in enumerate(choices))
    world.membrain.put_custom_field(replace(CONSENT, id=number, name=name, type=kind, options=options))


def to_membrain(world: World, report: RunReport) -> list[dict[str, Any]]:
    """Return what a run's log tells of consent that was written to Membrain."""
    return [line for line in world.events(report, "consent.changed") if line.get("service") == "membrain"]


def about(seconds: float) -> Any:
    """Return so many seconds, give or take what it takes to pace the requests."""
    return pytest.approx(seconds, abs=2)


def consent(world: World) -> dict[str, Any] | None:
    """Return what the status tells of consent."""
    application = world.application()
    with application.reader() as store:
        data: dict[str, Any] = status_data(application.config, store, application.budget())
    return data.get("consent")


@pytest.mark.parametrize(
    "direction", [DIRECTIONS[0], *(pytest.param(one, marks=pytest.mark.slow) for one in DIRECTIONS[1:])]
)
class TestInEveryDirection:
    def test_an_opt_out_is_told_in_constant_contact_s_words(self, world: World, direction: str) -> None:
        met(world, direction)
        assert told(world) == "implicit"
        opt_out(world)
        report = world.run()
        assert told(world) == "unsubscribed"
        assert (report.exit_code, report.counts.updated) == (ExitCode.DONE, 1), report.message
        [line] = to_membrain(world, report)
        assert (line["contact"], line["changes"][0]["old"], line["changes"][0]["new"]) == (
            ANN,
            "implicit",
            "unsubscribed",
        )

    def test_an_opt_in_by_own_act_is_told(self, world: World, direction: str) -> None:
        ann = met(world, direction)
        opt_out(world)
        world.run()
        world.constant_contact.people.opt_in_again(ann)
        world.wait(hours=25)
        world.run()
        assert told(world) == "explicit"
        world.quietly()

    def test_and_the_next_runs_write_nothing(self, world: World, direction: str) -> None:
        met(world, direction)
        world.quietly()
        opt_out(world)
        world.run()
        world.quietly()
        world.wait(hours=25)
        world.quietly()

    def test_an_edit_in_membrain_is_kept_until_consent_changes(self, world: World, direction: str) -> None:
        met(world, direction)
        world.change(world.in_membrain(ANN)["Id"], **{FIELD: "ask Olle"})
        world.quietly()
        assert (ANN, "permission_to_send", "kept_edit") in world.waits()
        opt_out(world)
        world.run()
        assert told(world) == "unsubscribed"
        assert (ANN, "permission_to_send", "kept_edit") not in world.waits()


class TestWhatIsTold:
    def test_membrain_s_own_words_where_the_map_has_them(self, world: World) -> None:
        custom_field(world, "May be mailed", "SingleSelect", "Ja", "Nej")
        words = 'values = { "Nej" = "unsubscribed", "Ja" = "implicit" }'
        met(world, more=world.field("contact.custom.May be mailed", "permission_to_send", words))
        assert told(world, field="May be mailed") == "Ja"
        opt_out(world)
        world.run()
        assert told(world, field="May be mailed") == "Nej"
        world.quietly()

    def test_a_word_that_membrain_has_no_choice_for_is_reported(self, world: World) -> None:
        custom_field(world, "May be mailed", "SingleSelect", "Ja", "Nej")
        words = 'values = { "Ja" = "implicit" }'
        met(world, more=world.field("contact.custom.May be mailed", "permission_to_send", words))
        opt_out(world)
        world.quietly()
        assert (ANN, "permission_to_send", "bad_value") in world.waits()

    def test_when_and_why_somebody_opted_out(self, world: World) -> None:
        custom_field(world, "Opted out on", "Date")
        custom_field(world, "Why opted out")
        dates = world.field("contact.custom.Opted out on", "opt_out_date")
        met(world, more=MAPPED + dates + world.field("contact.custom.Why opted out", "opt_out_reason"))
        opt_out(world, reason="Too many mails")
        report = world.run()
        assert (told(world), told(world, field="Opted out on")[:10], told(world, field="Why opted out")) == (
            "unsubscribed",
            "2026-11-23",
            "Too many mails",
        )
        assert report.counts.updated == 1
        world.quietly()


class TestWhoIsToldOf:
    def test_somebody_who_is_met_for_the_first_time_as_opted_out(self, world: World) -> None:
        world.configure(more=MAPPED)
        world.subscriber(ANN)
        opt_out(world)
        world.person("Ann Berg", ANN)
        world.run()
        assert told(world) == "unsubscribed"
        assert world.waiting() == {ANN: "opted_out"}
        world.quietly()

    def test_somebody_who_matches_the_filter_no_more_but_of_whom_membrain_was_told_before(self, world: World) -> None:
        met(world)
        world.people(3)
        world.change(world.in_membrain(ANN)["Id"], Newsletter="No")
        world.run()
        opt_out(world)
        world.run()
        assert told(world) == "unsubscribed"
        world.quietly()

    def test_somebody_who_is_on_a_list_only(self, world: World) -> None:
        met(world, TO_MEMBRAIN, Newsletter="No")
        opt_out(world)
        world.run()
        assert told(world) == "unsubscribed"

    def test_somebody_whom_the_list_brought_to_membrain(self, world: World) -> None:
        world.configure(direction=TO_MEMBRAIN, more=MAPPED)
        world.constant_contact.people.add_list("Customers")
        names = {"first_name": "Ann", "last_name": "Berg", "company_name": "Nordlys AS"}
        world.subscriber(ANN, list_memberships=[world.list_id()], **names)
        world.run()
        assert told(world) == "implicit"
        opt_out(world)
        world.run()
        assert told(world) == "unsubscribed"

    def test_nobody_who_had_left_before_there_was_a_field_for_it(self, world: World) -> None:
        met(world, more="")
        world.people(3)
        world.change(world.in_membrain(ANN)["Id"], Newsletter="No")
        world.run()
        world.configure(more=MAPPED)
        world.run()
        opt_out(world)
        world.quietly()
        assert told(world) == ""

    def test_somebody_of_whom_membrain_would_not_be_told_before_they_opted_out(self, world: World) -> None:
        world.membrain.set_switches(restricted_write="refused")
        world.configure(direction=TO_MEMBRAIN, more=MAPPED)
        world.constant_contact.people.add_list("Customers")
        names = {"first_name": "Ann", "last_name": "Berg", "company_name": "Nordlys AS"}
        world.subscriber(ANN, list_memberships=[world.list_id()], **names)
        world.run()
        assert (ANN, "permission_to_send", "refused") in world.waits()
        opt_out(world)
        world.run()
        assert (ANN, "permission_to_send", "refused") in world.waits()
        world.membrain.set_switches(restricted_write="accepted")
        world.change(world.in_membrain(ANN)["Id"], **{FIELD: "ask"})
        world.run()
        assert told(world) == "unsubscribed"

    def test_nobody_who_has_nothing_to_do_with_any_sync(self, world: World) -> None:
        met(world)
        world.person("Bo Ek", BO, Newsletter="No")
        world.subscriber(BO)
        world.run()
        opt_out(world, BO)
        world.quietly()
        assert told(world, BO) == ""


class TestWhatMembrainRefuses:
    @pytest.mark.parametrize("answer", ["dropped", "refused"])
    def test_is_reported_for_that_field_and_the_rest_goes_on(self, world: World, answer: str) -> None:
        custom_field(world, "Why opted out")
        more = MAPPED + world.field("contact.custom.Why opted out", "opt_out_reason")
        ann = met(world, "both", more=more)
        world.membrain.set_switches(restricted_write=answer)
        world.constant_contact.people.edit(ann, job_title="CEO")
        opt_out(world, reason="Too many mails")
        report = world.run()
        assert report.exit_code is ExitCode.STOPPED
        assert (ANN, "permission_to_send", "refused") in world.waits()
        assert (told(world), told(world, field="Why opted out")) == ("implicit", "Too many mails")
        assert (report.counts.updated, report.counts.failed) == (1, 1)
        world.quietly()
        world.membrain.set_switches(restricted_write="accepted")
        world.constant_contact.people.opt_in_again(ann)
        world.wait(hours=25)
        world.run()
        assert told(world) == "explicit"

    @pytest.mark.parametrize("answer", ["dropped", "refused"])
    def test_other_values_of_the_person_travel(self, world: World, answer: str) -> None:
        ann = met(world, TO_MEMBRAIN, more="")
        world.membrain.set_switches(restricted_write=answer)
        world.configure(direction=TO_MEMBRAIN, more=MAPPED)
        assert world.run().exit_code is ExitCode.STOPPED
        assert (ANN, "permission_to_send", "refused") in world.waits()
        world.constant_contact.people.edit(ann, job_title="CEO")
        report = world.run()
        assert (report.counts.updated, report.counts.failed) == (1, 0)
        assert told(world, field="JobTitle") == "CEO"


class TestHowLongItTakes:
    def test_is_measured_from_the_opt_out_until_it_is_seen_in_membrain(self, world: World) -> None:
        met(world)
        opt_out(world)
        world.wait(minutes=7)
        report = world.run()
        assert [line["delay_seconds"] for line in to_membrain(world, report)] == [about(600)]
        assert consent(world) == {"last_seconds": about(600), "longest_seconds": about(600)}

    def test_the_longest_is_remembered(self, world: World) -> None:
        met(world)
        world.person("Bo Ek", BO)
        world.run()
        opt_out(world)
        world.wait(minutes=7)
        world.run()
        opt_out(world, BO)
        world.run()
        assert consent(world) == {"last_seconds": about(180), "longest_seconds": about(600)}

    def test_whoever_opted_out_before_membrain_was_told_of_them_is_not_counted(self, world: World) -> None:
        world.configure(more=MAPPED)
        world.subscriber(ANN)
        opt_out(world)
        world.wait(days=100)
        world.person("Ann Berg", ANN)
        report = world.run()
        assert [line["delay_seconds"] for line in to_membrain(world, report)] == [None]
        assert consent(world) == {"last_seconds": None, "longest_seconds": None}

    def test_without_a_field_for_consent_there_is_nothing_to_tell(self, world: World) -> None:
        world.run()
        assert consent(world) is None
