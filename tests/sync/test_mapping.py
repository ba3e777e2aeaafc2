"""From a Membrain record to the value that Constant Contact should hold."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccsync.sync.catalogue import Scope
from ccsync.sync.fields import TARGET_PATHS
from ccsync.sync.mapping import (
    Rulebook,
    Surroundings,
    Travelling,
    present_at,
    raw_value,
    travelling_value,
    written_values,
)
from ccsync.sync.operations import Reason
from ccsync.sync.records import Gone, MembrainId, MembrainRecord, Resource

from .model import CATALOGUE, JOB, NAME, contact, person, rule, sync, vip_sync

ACME = MembrainId("acme")


def project(number: int, created: datetime | None, **keys: Any) -> MembrainRecord:
    made = MembrainRecord(Resource.OPPORTUNITIES, MembrainId(f"p{number}"), {"OwnerName": f"Owner {number}"}, created)
    return replace(made, **keys)


def day(number: int) -> datetime:
    return datetime(2026, 1, number, tzinfo=UTC)


class TestWhatMembrainHolds:
    def test_it_is_the_property_of_the_record_trimmed(self) -> None:
        assert raw_value(NAME, person(Name="  Ann   Berg\n")) == "Ann   Berg"

    def test_nothing_is_a_blank(self) -> None:
        assert raw_value(JOB, person()) == ""
        assert raw_value(JOB, None) == ""

    def test_a_property_that_membrain_does_not_show_is_a_blank(self) -> None:
        assert raw_value(replace(JOB, properties={}), person(JobTitle="CEO")) == ""

    def test_a_project_is_read_by_the_name_that_its_kind_has_for_the_property(self) -> None:
        owner = replace(
            rule("project.OwnerName", "custom.owner"),
            properties={Resource.OPPORTUNITIES: "OwnerName", Resource.PROSPECTS: "Owner"},
        )
        prospect = MembrainRecord(Resource.PROSPECTS, MembrainId("p"), {"Owner": "Eva", "OwnerName": "wrong"})
        assert raw_value(owner, prospect) == "Eva"
        assert raw_value(owner, project(1, day(1))) == "Owner 1"


class TestAValueOnItsWay:
    def test_it_is_fitted(self) -> None:
        assert travelling_value(NAME, "Ann   Berg") == Travelling("Ann Berg")

    def test_a_word_table_translates_it_and_lets_other_words_through(self) -> None:
        words = replace(JOB, values={"VD": "CEO"})
        assert travelling_value(words, "VD").value == "CEO"
        assert travelling_value(words, "CTO").value == "CTO"

    def test_a_default_stands_in_for_a_blank(self) -> None:
        default = replace(JOB, default="unknown", values={"unknown": "never asked"})
        assert travelling_value(default, "") == Travelling("unknown", stand_in=True)
        assert travelling_value(default, "CEO") == Travelling("CEO")

    def test_a_value_too_long_is_rejected_or_cut_as_the_field_says(self) -> None:
        rejected = travelling_value(JOB, "x" * 51)
        assert (rejected.value, rejected.problem) == ("", Reason.TOO_LONG)
        assert rejected.detail == "51 characters, 50 fit"
        assert travelling_value(replace(JOB, truncate=True), "x" * 51) == Travelling("x" * 50, truncated=True)

    def test_a_value_of_the_wrong_kind_is_never_cut(self) -> None:
        wrong = travelling_value(replace(rule("contact.JobTitle", "birthday"), truncate=True), "soon")
        assert (wrong.value, wrong.problem) == ("", Reason.BAD_VALUE)
        assert '"soon"' in wrong.detail

    @given(st.sampled_from((*TARGET_PATHS, "custom.1")), st.text(max_size=60), st.booleans())
    def test_what_was_sent_once_is_sent_as_it_is(self, path: str, raw: str, truncate: bool) -> None:
        """So a value that equals the base need not be looked at again."""
        any_rule = replace(rule("contact.Name", path), truncate=truncate)
        sent = travelling_value(any_rule, raw)
        if sent.problem is None:
            assert travelling_value(any_rule, sent.value).value == sent.value


class TestWhereItLies:
    def test_a_full_name_is_two_values(self) -> None:
        assert written_values("full_name", "Ann Mary Berg") == {"first_name": "Ann", "last_name": "Mary Berg"}
        ann = contact(values={"first_name": "Ann", "last_name": "Mary Berg"})
        assert present_at("full_name", ann) == "Ann Mary Berg"

    def test_a_first_name_alone_leaves_the_last_one_as_it_is(self) -> None:
        assert written_values("full_name", "Ann", first_only=True) == {"first_name": "Ann"}

    @pytest.mark.parametrize("name", ["", "Ann", "Ann Berg", "Ann Mary Berg"])
    def test_a_full_name_survives_the_round_trip(self, name: str) -> None:
        assert present_at("full_name", contact(values=written_values("full_name", name))) == name

    def test_everything_else_is_one_value(self) -> None:
        assert written_values("custom.1-2-3", "x") == {"custom.1-2-3": "x"}
        assert present_at("job_title", contact(values={"job_title": "CEO"})) == "CEO"

    def test_nothing_is_there_of_nobody_and_of_what_is_not_set(self) -> None:
        assert present_at("job_title", None) == ""
        assert present_at("job_title", contact()) == ""


class TestSurroundings:
    ann = person(CompanyId=ACME)
    acme = MembrainRecord(Resource.COMPANIES, ACME, {"Name": "Acme"})

    def speaking(self, *projects: MembrainRecord, **keys: Any) -> str:
        found = Surroundings({}, {ACME: projects}).project_for(self.ann, sync(**keys))
        return found.id if found else ""

    def test_a_contact_has_its_company_if_that_lives(self) -> None:
        assert Surroundings({ACME: self.acme}, {}).company_of(self.ann) == self.acme
        assert Surroundings({ACME: replace(self.acme, gone=Gone.DELETED)}, {}).company_of(self.ann) is None
        assert Surroundings({}, {}).company_of(self.ann) is None
        assert Surroundings({ACME: self.acme}, {}).company_of(person()) is None

    def test_the_newest_project_speaks(self) -> None:
        assert self.speaking(project(1, day(2)), project(2, day(3)), project(3, day(1))) == "p2"

    def test_of_two_of_one_day_the_one_with_the_greater_id(self) -> None:
        assert self.speaking(project(2, day(1)), project(1, day(1))) == "p2"

    def test_one_without_a_date_comes_last(self) -> None:
        assert self.speaking(project(9, None), project(1, day(1))) == "p1"
        assert self.speaking(project(9, None)) == "p9"

    def test_a_closed_one_speaks_only_where_closed_ones_count(self) -> None:
        projects = (project(1, day(1)), project(2, day(2), closed=True))
        assert self.speaking(*projects) == "p1"
        assert self.speaking(*projects, open_projects_only=False) == "p2"
        assert self.speaking(projects[1]) == ""

    def test_only_the_kinds_that_the_sync_names_speak(self) -> None:
        prospect = project(2, day(2), resource=Resource.PROSPECTS)
        assert self.speaking(project(1, day(1)), prospect) == "p1"
        assert self.speaking(project(1, day(1)), prospect, projects=frozenset({Resource.PROSPECTS})) == "p2"
        assert self.speaking(prospect, projects=frozenset()) == ""

    def test_each_left_side_has_its_record(self) -> None:
        newest = project(1, day(1))
        around = Surroundings({ACME: self.acme}, {ACME: (newest,)})
        found = around.records_for(self.ann, sync())
        assert found == {Scope.CONTACT: self.ann, Scope.COMPANY: self.acme, Scope.PROJECT: newest}
        assert Surroundings({}, {}).records_for(self.ann, sync())[Scope.COMPANY] is None


def test_a_run_of_one_sync_carries_out_that_one() -> None:
    both = (sync(), vip_sync())
    assert Rulebook(both, CATALOGUE).acting == both
    assert Rulebook(both, CATALOGUE, only="vips").acting == both[1:]
