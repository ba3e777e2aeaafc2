"""What the mirror of Membrain promises, on every adapter."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING

import pytest

from ccsync.state.values import RecordChange
from ccsync.sync.records import Contact, EmailKey, Gone, MembrainId, MembrainRecord, Resource, name_key

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from ccsync.state.store import Store

    People = Callable[..., MembrainRecord]
    Contacts = Callable[..., Contact]

CONTACTS = Resource.CONTACTS


class TestReadingMembrain:
    def test_a_new_row_is_a_change_without_an_old_one(self, store: Store, person: People) -> None:
        ann = person("m1", "ann@example.com")
        assert store.mirror.put_records([ann]) == [RecordChange(None, ann)]
        assert store.mirror.records(CONTACTS, [ann.id]) == {ann.id: ann}

    def test_a_row_keeps_its_times(self, store: Store, person: People) -> None:
        ann = person("m1", created=2.5, changed=3.25)
        store.mirror.put_records([ann])
        stored = store.mirror.records(CONTACTS, [ann.id])[ann.id]
        assert (stored.created, stored.changed) == (ann.created, ann.changed)

    def test_a_membrain_record_comes_back_whole(self, store: Store, day: Callable[[float], datetime]) -> None:
        """A field that a later version adds must not get lost on the way: each of them needs a value here."""
        whole = MembrainRecord(
            resource=Resource.OPPORTUNITIES,
            id=MembrainId("p1"),
            values={"CompanyId": "o1"},
            created=day(1),
            changed=day(2),
            gone=Gone.RETIRED,
            closed=True,
        )
        store.mirror.put_records([whole])
        stored = store.mirror.records(whole.resource, [whole.id])[whole.id]
        assert [getattr(stored, part.name) for part in fields(whole)] == [
            getattr(whole, part.name) for part in fields(whole)
        ]
        assert all(getattr(whole, part.name) for part in fields(whole)), "give every field a value"

    def test_living_rows_that_changed_since_a_moment_are_counted(
        self, store: Store, person: People, day: Callable[[float], datetime]
    ) -> None:
        unknown = replace(person("m4"), changed=None)
        store.mirror.put_records(
            [person("m1", changed=1), person("m2", changed=2), person("m3", changed=3, gone=Gone.DELETED), unknown]
        )
        assert [store.mirror.records_since(CONTACTS, day(number)) for number in (0, 2, 2.5)] == [3, 2, 1]
        assert store.mirror.records_since(Resource.COMPANIES, day(0)) == 0

    def test_the_same_row_is_no_change_even_when_its_change_time_is_another(self, store: Store, person: People) -> None:
        store.mirror.put_records([person("m1", changed=1)])
        assert store.mirror.put_records([person("m1", changed=2)]) == []

    @pytest.mark.parametrize(
        "difference",
        [{"values": {"Name": "Bo"}}, {"created": None}, {"gone": Gone.DELETED}, {"values": {}}],
        ids=["a value", "its date of creation", "its end", "no values"],
    )
    def test_what_makes_a_row_differ(self, store: Store, person: People, difference: dict[str, object]) -> None:
        old = person("m1", "ann@example.com")
        new = replace(old, **difference)  # type: ignore[arg-type] # the fields of the parametrisation
        store.mirror.put_records([old])
        assert store.mirror.put_records([new]) == [RecordChange(old, new)]
        assert store.mirror.records(CONTACTS, [old.id]) == {old.id: new}

    def test_changes_come_in_the_order_of_the_page(self, store: Store, person: People) -> None:
        store.mirror.put_records([person("m2")])
        page = [person("m3"), person("m2"), person("m1")]
        assert [change.new.id for change in store.mirror.put_records(page)] == ["m3", "m1"]

    def test_a_row_that_stands_twice_on_a_page_ends_as_the_last_one(self, store: Store, person: People) -> None:
        first, last = person("m1", name="Ann"), person("m1", name="Anna")
        changes = store.mirror.put_records([first, last, last])
        assert changes == [RecordChange(None, first), RecordChange(first, last)]
        assert store.mirror.records(CONTACTS, [first.id]) == {first.id: last}

    def test_an_empty_page_changes_nothing(self, store: Store) -> None:
        assert store.mirror.put_records([], sweep=1) == []

    def test_lists_are_kept_apart(self, store: Store, person: People) -> None:
        ann = person("same-id")
        company = MembrainRecord(Resource.COMPANIES, MembrainId("same-id"), {"Name": "Example Ltd"})
        store.mirror.put_records([ann])
        store.mirror.put_records([company])
        assert store.mirror.records(CONTACTS, [ann.id]) == {ann.id: ann}
        assert store.mirror.records(Resource.COMPANIES, [ann.id]) == {ann.id: company}
        assert store.mirror.record_count(CONTACTS) == 1

    def test_unknown_ids_are_left_out(self, store: Store) -> None:
        assert store.mirror.records(CONTACTS, [MembrainId("nobody")]) == {}

    def test_what_the_caller_does_to_its_values_later_does_not_matter(self, store: Store) -> None:
        values = {"Name": "Ann"}
        store.mirror.put_records([MembrainRecord(CONTACTS, MembrainId("m1"), values)])
        values["Name"] = "Bo"
        assert store.mirror.records(CONTACTS, [MembrainId("m1")])[MembrainId("m1")].values == {"Name": "Ann"}

    def test_letters_of_every_kind_come_back_as_they_were(self, store: Store, person: People) -> None:
        odd = person("m1", "\ud800@example.com", name='Zoë "Å" \x00 \U0001f600 \ud83d \u2028')
        store.mirror.put_records([odd])
        assert store.mirror.records(CONTACTS, [odd.id]) == {odd.id: odd}

    def test_the_count_is_of_living_rows(self, store: Store, person: People) -> None:
        store.mirror.put_records([person("m1"), person("m2"), person("m3", gone=Gone.RETIRED)])
        assert store.mirror.record_count(CONTACTS) == 2
        store.mirror.put_records([person("m1", gone=Gone.DELETED), person("m3")])
        assert store.mirror.record_count(CONTACTS) == 2
        assert store.mirror.record_count(Resource.COMPANIES) == 0


class TestFindingMembrainRecords:
    def test_people_of_one_address_come_by_age_and_then_by_id(self, store: Store, person: People) -> None:
        page = [
            person("m4", "ann@example.com", created=None),
            person("m3", "Ann@Example.com ", created=1),
            person("m2", " ANN@example.com", created=1),
            person("m1", "ann@example.com", created=2),
        ]
        store.mirror.put_records(page)
        found = store.mirror.contacts_by_email([EmailKey("ann@example.com"), EmailKey("bo@example.com")])
        assert {key: [record.id for record in records] for key, records in found.items()} == {
            "ann@example.com": ["m2", "m3", "m1", "m4"]
        }

    def test_the_age_is_compared_to_the_microsecond(self, store: Store, person: People) -> None:
        store.mirror.put_records(
            [person("m1", "a@example.com", created=0.1), person("m2", "a@example.com", created=0.0999999)]
        )
        found = store.mirror.contacts_by_email([EmailKey("a@example.com")])
        assert [record.id for record in found[EmailKey("a@example.com")]] == ["m2", "m1"]

    def test_the_gone_are_not_found_by_their_address(self, store: Store, person: People) -> None:
        store.mirror.put_records([person("m1", "ann@example.com", gone=Gone.DELETED)])
        assert store.mirror.contacts_by_email([EmailKey("ann@example.com")]) == {}

    def test_everybody_of_one_address_comes_by_age_the_gone_in_their_place(self, store: Store, person: People) -> None:
        page = [
            person("m4", "ann@example.com", created=None),
            person("m3", "ann@example.com", created=1),
            person("m2", "Ann@Example.com", created=1, gone=Gone.MISSING),
            person("m1", "ann@example.com", created=2, gone=Gone.DELETED),
            person("m0"),
        ]
        store.mirror.put_records(page)
        company = MembrainRecord(Resource.COMPANIES, MembrainId("o1"), {"EmailAddress": "ann@example.com"})
        store.mirror.put_records([company])
        found = store.mirror.everybody_by_email(map(EmailKey, ("ann@example.com", "bo@example.com", "")))
        assert {key: [record.id for record in records] for key, records in found.items()} == {
            "ann@example.com": ["m2", "m3", "m1", "m4"]
        }
        assert found[EmailKey("ann@example.com")][2] == page[3]

    def test_a_former_address_finds_nobody(self, store: Store, person: People) -> None:
        store.mirror.put_records([person("m1", "old@example.com")])
        store.mirror.put_records([person("m1", "new@example.com")])
        assert store.mirror.contacts_by_email([EmailKey("old@example.com")]) == {}

    def test_nobody_is_found_by_an_empty_address(self, store: Store, person: People, contact: Contacts) -> None:
        store.mirror.put_records([person("m1")])
        store.mirror.put_contacts([contact("c1")])
        assert store.mirror.contacts_by_email([EmailKey("")]) == {}
        assert store.mirror.contacts_by_address([EmailKey("")]) == {}

    def test_only_contacts_are_found_by_an_address(self, store: Store) -> None:
        company = MembrainRecord(Resource.COMPANIES, MembrainId("o1"), {"EmailAddress": "info@example.com"})
        store.mirror.put_records([company])
        assert store.mirror.contacts_by_email([EmailKey("info@example.com")]) == {}

    def test_projects_of_all_three_kinds_are_found_by_their_company(self, store: Store, person: People) -> None:
        company = MembrainId("o1")
        kinds = [kind for kind in Resource if kind.is_project]
        projects = [MembrainRecord(kind, MembrainId(f"p-{kind}"), {"CompanyId": company}) for kind in kinds]
        for project in projects:
            store.mirror.put_records([project])
        store.mirror.put_records(
            [MembrainRecord(kinds[0], MembrainId("won"), {"CompanyId": company}, gone=Gone.DELETED)]
        )
        store.mirror.put_records([MembrainRecord(kinds[0], MembrainId("alone"), {})])
        store.mirror.put_records([person("m1", company=company)])
        found = store.mirror.projects_of([company, MembrainId("o2"), MembrainId("")])
        assert list(found) == [company]
        assert sorted(found[company], key=lambda record: record.id) == sorted(projects, key=lambda record: record.id)

    def test_a_project_that_closes_is_a_change_and_stays_closed(self, store: Store) -> None:
        project = MembrainRecord(Resource.OPPORTUNITIES, MembrainId("p1"), {"CompanyId": "o1"})
        store.mirror.put_records([project])
        won = replace(project, closed=True)
        assert [change.new for change in store.mirror.put_records([won])] == [won]
        assert store.mirror.projects_of([MembrainId("o1")])[MembrainId("o1")] == [won]


class TestFindingCompaniesByTheirName:
    @pytest.fixture
    def company(self, day: Callable[[float], datetime]) -> Callable[..., MembrainRecord]:
        def make(identifier: str, name: str, *, created: float | None = 0, gone: Gone = Gone.NO) -> MembrainRecord:
            at = None if created is None else day(created)
            return MembrainRecord(Resource.COMPANIES, MembrainId(identifier), {"Name": name}, created=at, gone=gone)

        return make

    def test_companies_of_one_name_come_by_age_and_then_by_id(self, store: Store, company: People) -> None:
        page = [
            company("o4", "Ørsted & Sønner", created=None),
            company("o3", " ørsted  &  sønner", created=1),
            company("o2", "ØRSTED & SØNNER", created=1),
            company("o1", "Ørsted & Sønner", created=2),
            company("o5", "Ørsted"),
        ]
        store.mirror.put_records(page)
        key = name_key("Ørsted & sønner")
        found = store.mirror.companies_by_name(iter([key, name_key("Example Ltd")]))
        assert found == {key: [page[2], page[1], page[3], page[0]]}

    def test_the_gone_are_not_found_until_they_are_back(self, store: Store, company: People) -> None:
        key = name_key("Example Ltd")
        store.mirror.put_records([company("o1", "Example Ltd", gone=Gone.DELETED)])
        assert store.mirror.companies_by_name([key]) == {}
        store.mirror.put_records([company("o1", "Example Ltd")])
        assert store.mirror.companies_by_name([key]) == {key: [company("o1", "Example Ltd")]}

    def test_a_former_name_finds_nothing_and_the_new_one_does(self, store: Store, company: People) -> None:
        store.mirror.put_records([company("o1", "Old Example")])
        renamed = company("o1", "New Example")
        store.mirror.put_records([renamed])
        old, new = name_key("Old Example"), name_key("New Example")
        assert store.mirror.companies_by_name([old]) == {}
        assert store.mirror.companies_by_name([new]) == {new: [renamed]}

    def test_only_companies_are_found_by_a_name(self, store: Store, person: People) -> None:
        store.mirror.put_records([person("m1", name="Example Ltd")])
        store.mirror.put_records([MembrainRecord(Resource.PROSPECTS, MembrainId("p1"), {"Name": "Example Ltd"})])
        assert store.mirror.companies_by_name([name_key("Example Ltd")]) == {}

    def test_nothing_is_found_by_an_empty_name(self, store: Store, company: People) -> None:
        store.mirror.put_records([company("o1", " "), MembrainRecord(Resource.COMPANIES, MembrainId("o2"), {})])
        assert store.mirror.companies_by_name([name_key("")]) == {}

    def test_names_with_odd_letters_are_told_apart(self, store: Store, company: People) -> None:
        """Half a letter and a zero are what SQLite's text and its JSON cannot hold."""
        companies = {
            name_key(name): company(f"o{number}", name)
            for number, name in enumerate(["Å\ud83d", "Å?", "Å\x00", "Å", "Å\x00x"])
        }
        store.mirror.put_records(list(companies.values()))
        for key, record in companies.items():
            assert store.mirror.companies_by_name([key]) == {key: [record]}
        assert store.mirror.companies_by_name(companies) == {key: [record] for key, record in companies.items()}


class TestWalkingThroughARestingMirror:
    def test_living_rows_of_one_list_come_in_the_order_of_their_ids_some_at_a_time(
        self, store: Store, person: People
    ) -> None:
        people = [person(identifier) for identifier in ("m3", "m1", "m2")]
        store.mirror.put_records([*people, person("m0", gone=Gone.DELETED)])
        store.mirror.put_records([MembrainRecord(Resource.COMPANIES, MembrainId("m4"), {})])
        first = store.mirror.living_records(CONTACTS, limit=2)
        assert [record.id for record in first] == ["m1", "m2"]
        assert store.mirror.living_records(CONTACTS, first[-1].id, 2) == [people[0]]
        assert store.mirror.living_records(CONTACTS, people[0].id) == []


class TestCompleteReadingsOfMembrain:
    @pytest.fixture
    def two(self, store: Store, person: People) -> tuple[MembrainRecord, MembrainRecord]:
        ann, bo = person("ann", "ann@example.com"), person("bo", "bo@example.com")
        store.mirror.put_records([ann, bo], sweep=1)
        assert store.mirror.finish_records(CONTACTS, 1) == []
        return ann, bo

    def test_a_row_is_missing_at_its_second_absence_in_a_row(
        self, store: Store, two: tuple[MembrainRecord, MembrainRecord]
    ) -> None:
        ann, bo = two
        store.mirror.put_records([ann], sweep=2)
        assert store.mirror.finish_records(CONTACTS, 2) == []
        store.mirror.put_records([ann], sweep=3)
        assert store.mirror.finish_records(CONTACTS, 3) == [replace(bo, gone=Gone.MISSING)]
        assert store.mirror.records(CONTACTS, [bo.id])[bo.id].gone is Gone.MISSING
        assert store.mirror.record_count(CONTACTS) == 1

    @pytest.mark.parametrize("sweep", [None, 2], ids=["by its change", "in a sweep"])
    def test_any_reading_of_a_row_ends_its_absences(
        self, store: Store, two: tuple[MembrainRecord, MembrainRecord], sweep: int | None
    ) -> None:
        ann, bo = two
        store.mirror.put_records([ann], sweep=2)
        store.mirror.finish_records(CONTACTS, 2)
        store.mirror.put_records([bo], sweep)
        store.mirror.put_records([ann], sweep=3)
        assert store.mirror.finish_records(CONTACTS, 3) == []

    def test_a_missing_row_that_is_read_again_is_back_and_a_change(
        self, store: Store, two: tuple[MembrainRecord, MembrainRecord]
    ) -> None:
        ann, bo = two
        for sweep in (2, 3):
            store.mirror.put_records([ann], sweep)
            store.mirror.finish_records(CONTACTS, sweep)
        assert store.mirror.put_records([bo]) == [RecordChange(replace(bo, gone=Gone.MISSING), bo)]
        assert store.mirror.record_count(CONTACTS) == 2

    def test_rows_that_are_gone_already_are_not_counted_absent(
        self, store: Store, two: tuple[MembrainRecord, MembrainRecord]
    ) -> None:
        ann, bo = two
        store.mirror.put_records([replace(bo, gone=Gone.DELETED)])
        for sweep in (2, 3, 4):
            store.mirror.put_records([ann], sweep)
            assert store.mirror.finish_records(CONTACTS, sweep) == []
        assert store.mirror.records(CONTACTS, [bo.id])[bo.id].gone is Gone.DELETED

    def test_a_sweep_that_was_given_up_does_not_count(
        self, store: Store, two: tuple[MembrainRecord, MembrainRecord]
    ) -> None:
        ann, bo = two
        store.mirror.put_records([ann], sweep=2)  # broken off: the next one is a new number
        store.mirror.put_records([ann, bo], sweep=3)
        assert store.mirror.finish_records(CONTACTS, 3) == []
        store.mirror.put_records([ann], sweep=4)
        assert store.mirror.finish_records(CONTACTS, 4) == []

    def test_what_a_sweep_met_on_earlier_pages_counts(
        self, store: Store, two: tuple[MembrainRecord, MembrainRecord]
    ) -> None:
        for sweep in (2, 3):
            for record in two:
                store.mirror.put_records([record], sweep)
            assert store.mirror.finish_records(CONTACTS, sweep) == []

    @pytest.mark.usefixtures("two")
    def test_a_sweep_of_one_list_says_nothing_about_another(self, store: Store) -> None:
        assert store.mirror.finish_records(Resource.COMPANIES, 2) == []
        assert store.mirror.finish_records(Resource.COMPANIES, 3) == []
        assert store.mirror.record_count(CONTACTS) == 2
