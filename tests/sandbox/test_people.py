"""The made-up population: the same every time, with the cases in it that make syncing hard."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from ccsync.sandbox.people import people, population

if TYPE_CHECKING:
    from ccsync.sandbox.people import MadeUpPerson, Population


@pytest.fixture
def picked(everybody: Population) -> list[MadeUpPerson]:
    """Those whom the example's filter picks: a Nordic company and the newsletter ordered."""
    nordic = {one.id for one in everybody.companies if one.country_code in ("SE", "NO")}
    return [
        person
        for person in everybody.people
        if person.company_id in nordic and person.newsletter == "Yes" and not (person.deleted or person.retired)
    ]


def shared_addresses(persons: list[MadeUpPerson]) -> list[str]:
    counted = Counter(person.email.strip().casefold() for person in persons if person.email)
    return [address for address, times in counted.items() if times > 1]


class TestPopulation:
    def test_it_is_the_same_every_time(self, everybody: Population) -> None:
        assert population() == everybody

    def test_another_seed_makes_other_people(self) -> None:
        assert people(20, seed=2) != people(20, seed=1)

    def test_it_has_300_people_90_companies_and_8_users(self, everybody: Population) -> None:
        assert len(everybody.people) == 300
        assert len(everybody.companies) == 90
        assert len(everybody.colleagues) == 8

    def test_larger_ones_have_so_many_people_with_addresses_of_their_own(self) -> None:
        many = people(3000)
        assert len(many) == len({person.id for person in many}) == 3000
        assert set(shared_addresses(many)) == set(shared_addresses(people()))

    def test_all_addresses_belong_to_domains_that_nobody_can_have(self, everybody: Population) -> None:
        ends = (".example", "example.com", "example.org")
        strange = {
            one.email for one in everybody.people if one.email and not one.email.strip().casefold().endswith(ends)
        }
        assert strange == {"rolf.vik", "nina.alm@example"}

    def test_companies_have_up_to_four_projects_of_three_kinds_some_of_them_closed(self, everybody: Population) -> None:
        counted = Counter(project.company_id for project in everybody.projects)
        assert max(counted.values()) == 4
        assert len(counted) < len(everybody.companies)
        assert {one.kind for one in everybody.projects} == {"prospects", "opportunities", "accountGrowthItems"}
        assert {one.status for one in everybody.projects} == {"Open", "Won", "Archived"}
        assert any(project.deleted for project in everybody.projects)


class TestExampleFilter:
    def test_it_picks_a_good_part(self, picked: list[MadeUpPerson]) -> None:
        assert 110 <= len(picked) <= 130

    @pytest.mark.parametrize(
        "address",
        [
            "office@fjordbygg.example",
            "kari.nordahl@polardata.example",
            "eva+newsletter@example.com",
            "siv@@example.com",
            "xiaoming@example.org",
            "noa@example.org",
            "niamh.o'dwyer@example.com",
        ],
    )
    def test_it_picks_awkward_people_too(self, picked: list[MadeUpPerson], address: str) -> None:
        assert address in [person.email for person in picked]

    def test_several_of_them_share_an_address(self, picked: list[MadeUpPerson]) -> None:
        assert shared_addresses(picked) == ["office@fjordbygg.example", "kari.nordahl@polardata.example"]

    def test_some_have_no_address_no_name_or_one_word(self, picked: list[MadeUpPerson]) -> None:
        assert "" in [person.email for person in picked]
        assert "" in [person.name for person in picked]
        assert "Sølvi" in [person.name for person in picked]

    def test_some_are_colleagues(self, picked: list[MadeUpPerson]) -> None:
        assert any(person.colleague for person in picked)


class TestOthers:
    def test_some_have_no_company(self, everybody: Population) -> None:
        assert [one.name for one in everybody.people if not one.company] == ["Aron Fri", "Beata Fri", "Ciro Fri"]

    def test_some_are_retired_and_some_deleted(self, everybody: Population) -> None:
        assert sum(one.retired for one in everybody.people) == 4
        assert sum(one.deleted for one in everybody.people) == 3

    def test_some_names_and_titles_are_longer_than_fifty_characters(self, everybody: Population) -> None:
        assert any(len(one.last_name) > 50 for one in everybody.people)
        assert any(len(one.first_name) > 50 for one in everybody.people)
        assert any(len(one.job_title) > 50 for one in everybody.people)
