"""One field in two lines of the configuration: welcome when both say the same, a mistake that names both when not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ccsync.errors import ConfigError

if TYPE_CHECKING:
    from ccsync.errors import Problem

    from .conftest import File, MakeField

TO, FROM, BOTH = "membrain-to-constant-contact", "constant-contact-to-membrain", "both"
CONSENT = "contact.custom.E-mail consent"


def sync(name: str, direction: str, keys: str = "") -> str:
    return f'name = "{name}"\ndirection = "{direction}"\nlist = "{name}"\n{keys}'


def two_syncs(file: File, first: tuple[str, str], second: tuple[str, str]) -> File:
    """Write two syncs; each is its own keys and its fields."""
    return file.write(sync=first[0], fields=f"{first[1]}\n[[sync]]\n{second[0]}\n{second[1]}")


def mistakes(file: File) -> list[Problem]:
    """Return what is wrong beside what is not built yet."""
    try:
        file.read()
    except ConfigError as error:
        return [problem for problem in error.problems if "not yet" not in problem.message]
    return []


def the_mistake(file: File) -> Problem:
    found = mistakes(file)
    assert len(found) == 1, found
    return found[0]


def line_of(file: File, text: str, occurrence: int = 1) -> int:
    lines = [number for number, line in enumerate(file.text.split("\n"), 1) if text in line]
    return lines[occurrence - 1]


class TestOfConstantContactInTwoSyncs:
    def test_both_places_are_named_with_their_lines(self, file: File, field: MakeField) -> None:
        owner = 'constant_contact = "custom.Owner"'
        two_syncs(
            file,
            (sync("a", TO), field("contact.Name", "full_name") + field("contact.Owner", "custom.Owner")),
            (sync("b", TO), field("company.Owner", "custom.Owner")),
        )

        problem = the_mistake(file)

        assert (problem.path, problem.line) == ("sync[1].field[0].constant_contact", line_of(file, owner, 2))
        assert problem.message == (
            '"custom.Owner" is filled from "contact.Owner" and from "company.Owner" '
            f'in sync "a", sync[0].field[1], line {line_of(file, owner) - 2}, and sync "b"'
        )

    def test_a_direction_that_the_sync_has_anyway_is_no_difference(self, file: File, field: MakeField) -> None:
        spelled = field("contact.JobTitle", "job_title", f'direction = "{TO}"')
        plain = field("contact.JobTitle", "job_title")

        assert not mistakes(two_syncs(file, (sync("a", TO), spelled), (sync("b", TO), plain)))
        assert not mistakes(two_syncs(file, (sync("a", TO), plain), (sync("b", BOTH), spelled)))

    @pytest.mark.parametrize("only", [TO, FROM])
    def test_one_way_in_one_sync_and_both_ways_in_the_other_is_a_difference(
        self, file: File, field: MakeField, only: str
    ) -> None:
        one_way = field("contact.JobTitle", "job_title", f'direction = "{only}"')
        two_syncs(file, (sync("a", BOTH), one_way), (sync("b", BOTH), field("contact.JobTitle", "job_title")))

        assert '"job_title" has two different settings of direction' in the_mistake(file).message

    def test_a_way_that_only_one_of_the_syncs_goes_cannot_differ(self, file: File, field: MakeField) -> None:
        """A sync for each direction is how many begin, and both carry the name."""
        name = field("contact.Name", "full_name")

        for first, second in ((TO, FROM), (TO, BOTH), (BOTH, FROM)):
            assert not mistakes(two_syncs(file, (sync("a", first), name), (sync("b", second), name)))

    def test_the_side_that_wins_is_the_same_for_fields_that_go_both_ways(self, file: File, field: MakeField) -> None:
        title, newest = field("contact.JobTitle", "job_title"), 'conflict = "newest"'
        one_way = field("contact.JobTitle", "job_title", f'direction = "{TO}"')
        two_syncs(file, (sync("a", BOTH), title), (sync("b", BOTH, newest), title))

        assert '"job_title" has two different settings of conflict' in the_mistake(file).message
        assert not mistakes(two_syncs(file, (sync("a", BOTH), one_way), (sync("b", BOTH, newest), one_way)))

    @pytest.mark.parametrize(
        ("key", "keys"), [("projects", 'projects = ["prospect"]'), ("project", 'project = "newest"')]
    )
    def test_a_field_of_a_project_is_of_the_same_project(
        self, file: File, field: MakeField, key: str, keys: str
    ) -> None:
        owner, name = field("project.OwnerName", "custom.Owner"), field("contact.Name", "full_name")
        two_syncs(file, (sync("a", TO), owner), (sync("b", TO, keys), owner))

        assert f'"custom.Owner" has two different settings of {key}' in the_mistake(file).message
        assert not mistakes(two_syncs(file, (sync("a", TO, keys), owner), (sync("b", TO, keys), owner)))
        assert not mistakes(two_syncs(file, (sync("a", TO), name), (sync("b", TO, keys), name)))

    def test_kinds_of_project_in_another_order_are_the_same(self, file: File, field: MakeField) -> None:
        owner = field("project.OwnerName", "custom.Owner")
        first, second = 'projects = ["prospect", "sales-project"]', 'projects = ["sales-project", "prospect"]'

        assert not mistakes(two_syncs(file, (sync("a", TO, first), owner), (sync("b", TO, second), owner)))


class TestOfMembrain:
    """One property cannot hold two values: each run would write the other one."""

    def test_is_not_written_from_two_fields_of_one_sync(self, file: File, field: MakeField) -> None:
        fields = field("contact.Phone", "phone.work") + field("contact.Phone", "phone.mobile")
        file.write(sync=sync("a", BOTH), fields=fields)

        problem = the_mistake(file)

        phone = 'membrain = "contact.Phone"'
        assert (problem.path, problem.line) == ("sync[0].field[1].membrain", line_of(file, phone, 2))
        assert problem.message == (
            '"contact.Phone" would be written from "phone.work" and from "phone.mobile" '
            f'in sync "a", sync[0].field[0], line {line_of(file, phone) - 1}, and sync "a"'
        )

    def test_is_not_written_from_two_fields_of_two_syncs(self, file: File, field: MakeField) -> None:
        two_syncs(
            file,
            (sync("a", BOTH), field("contact.Phone", "phone.work")),
            (sync("b", FROM), field("contact.Phone", "custom.Phone")),
        )

        problem = the_mistake(file)

        assert problem.path == "sync[1].field[0].membrain"
        assert 'from "phone.work" and from "custom.Phone" in sync "a", sync[0].field[0]' in problem.message
        assert problem.message.endswith('and sync "b"')

    def test_may_fill_two_fields_of_constant_contact(self, file: File, field: MakeField) -> None:
        """Only one of them may bring a value back."""
        one_way = field("contact.Phone", "custom.Phone", f'direction = "{TO}"')

        assert not mistakes(
            file.write(
                sync=sync("a", TO), fields=field("contact.Phone", "phone.work") + field("contact.Phone", "custom.Phone")
            )
        )
        assert not mistakes(file.write(sync=sync("a", BOTH), fields=field("contact.Phone", "phone.work") + one_way))

    def test_may_be_mapped_alike_in_several_syncs(self, file: File, field: MakeField) -> None:
        same = field("contact.Phone", "phone.work") + field(CONSENT, "permission_to_send")

        assert not mistakes(two_syncs(file, (sync("a", BOTH), same), (sync("b", BOTH), same)))
        assert not mistakes(two_syncs(file, (sync("a", TO), same), (sync("b", FROM), same)))

    @pytest.mark.parametrize("direction", [TO, FROM, BOTH])
    def test_takes_consent_from_one_field_whatever_the_direction(
        self, file: File, field: MakeField, direction: str
    ) -> None:
        fields = field(CONSENT, "permission_to_send") + field(CONSENT, "opt_out_date")
        file.write(sync=sync("a", direction), fields=fields)

        problem = the_mistake(file)

        assert problem.path == "sync[0].field[1].membrain"
        assert f'"{CONSENT}" would be written from "permission_to_send" and from "opt_out_date"' in problem.message

    def test_takes_consent_and_nothing_else(self, file: File, field: MakeField) -> None:
        back, there = field(CONSENT, "custom.Consent"), field(CONSENT, "custom.Consent", f'direction = "{TO}"')
        consent = field(CONSENT, "permission_to_send")

        two_syncs(file, (sync("a", TO), consent), (sync("b", BOTH), back))
        assert 'from "permission_to_send" and from "custom.Consent"' in the_mistake(file).message
        assert not mistakes(two_syncs(file, (sync("a", TO), consent), (sync("b", BOTH), there)))

    def test_consent_goes_to_one_property(self, file: File, field: MakeField) -> None:
        two_syncs(
            file,
            (sync("a", TO), field(CONSENT, "permission_to_send")),
            (sync("b", TO), field("contact.custom.Permission", "permission_to_send")),
        )

        message = f'"permission_to_send" goes to "{CONSENT}" and to "contact.custom.Permission" in sync "a"'
        assert message in the_mistake(file).message
