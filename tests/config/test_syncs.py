"""What several values say together: fields of one sync, two syncs side by side, filters."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ccsync.config.load import read
from ccsync.errors import ConfigError, Problem
from ccsync.sync.filters import FilterSyntaxError

if TYPE_CHECKING:
    from .conftest import File, MakeField

ONE_WAY = 'direction = "membrain-to-constant-contact"'


def second_sync(fields: str = "", *, name: str = "partners", target: str = "Partners", direction: str = ONE_WAY) -> str:
    return f'\n[[sync]]\nname = "{name}"\n{direction}\nlist = "{target}"\n{fields}'


class TestFieldsOfOneSync:
    def test_one_target_is_filled_once(self, file: File, field: MakeField) -> None:
        problem = file.write(
            fields=field("contact.Name", "company_name") + field("company.Name", "company_name")
        ).problem()

        assert problem.path == "sync[0].field[1].constant_contact"
        assert problem.message == '"company_name" is filled twice in this sync, first on line 19'

    def test_a_label_in_other_letters_is_the_same_target(self, file: File, field: MakeField) -> None:
        """Constant Contact derives the field's name from its label in lower case."""
        problem = file.write(
            fields=field("contact.Name", "custom.Owner") + field("company.Name", "custom.OWNER")
        ).problem()

        assert "is filled twice" in problem.message

    @pytest.mark.parametrize("part", ["first_name", "last_name"])
    def test_a_full_name_leaves_no_room_for_its_parts(self, file: File, field: MakeField, part: str) -> None:
        problem = file.write(fields=field("contact.Name", "full_name") + field("contact.Nick", part)).problem()

        assert problem.path == "sync[0].field[1].constant_contact"
        assert f'"{part}" and "full_name" exclude each other' in problem.message

    def test_both_parts_without_the_full_name_are_welcome(self, file: File, field: MakeField) -> None:
        fields = field("contact.First", "first_name") + field("contact.Last", "last_name")

        assert len(file.write(fields=fields).read().config.sync[0].field) == 2

    def test_a_contact_has_room_for_25_custom_fields(self, file: File, field: MakeField) -> None:
        fields = [field(f"contact.custom.{number}", f"custom.{number}") for number in range(26)]
        assert len(file.write(fields="".join(fields[:25])).read().config.sync[0].field) == 25

        problem = file.write(fields="".join(fields)).problem()
        assert problem.path == "sync[0].field[25].constant_contact"
        assert problem.message == "26 custom fields; Constant Contact keeps 25 per contact"

    def test_a_word_table_can_be_read_backwards(self, file: File, field: MakeField) -> None:
        table = 'values = { "Ja" = "Yes", "Jo" = "Yes", "Nej" = "No" }  # here'
        problem = file.write(fields=field("contact.custom.News", "custom.News", table)).problem()

        assert (problem.path, problem.line) == ("sync[0].field[0].values.Jo", file.marked_line)
        assert '"Ja" and "Jo" both stand for "Yes"' in problem.message

    def test_a_default_and_clear_exclude_each_other(self, file: File, field: MakeField) -> None:
        problem = file.write(
            fields=field("contact.Title", "job_title", 'default = "-"\nclear = true  # here')
        ).problem()

        assert (problem.path, problem.line) == ("sync[0].field[0].clear", file.marked_line)

    def test_a_default_needs_one_direction(self, file: File, field: MakeField) -> None:
        problems = file.write(
            sync='name = "x"\nlist = "L"\ndirection = "both"',
            fields=field("contact.Title", "job_title", 'default = "-"  # here')
            + field("contact.Phone", "phone.work", f'default = "-"\n{ONE_WAY}'),
        ).problems()

        (problem,) = (problem for problem in problems if "not yet" not in problem.message)
        assert (problem.path, problem.line) == ("sync[0].field[0].default", file.marked_line)
        assert "a default needs one direction" in problem.message

    def test_a_field_goes_no_other_way_than_its_sync(self, file: File, field: MakeField) -> None:
        back = 'direction = "constant-contact-to-membrain"  # here'
        problem = file.write(fields=field("contact.Title", "job_title", back)).problem()

        assert (problem.path, problem.line) == ("sync[0].field[0].direction", file.marked_line)
        assert "is outside the direction of its sync" in problem.message

    def test_a_project_is_never_written_to_membrain(self, file: File, field: MakeField) -> None:
        sync = 'name = "x"\nlist = "L"\ndirection = "{}"'
        mapped = field("project.OwnerName", "custom.Owner")
        problem = file.write(sync=sync.format("constant-contact-to-membrain"), fields=mapped).problem()
        assert problem.path == "sync[0].field[0].membrain"
        assert "is only ever read" in problem.message
        file.write(sync=sync.format("both"), fields=mapped)
        assert file.read().config.sync[0].direction == "both"

    @pytest.mark.parametrize("left", ["contact.CompanyName", "contact.CompanyId"])
    def test_a_company_is_named_by_its_own_name_towards_membrain(self, file: File, field: MakeField, left: str) -> None:
        sync = 'name = "x"\nlist = "L"\ndirection = "{}"'
        mapped = field(left, "company_name")
        for direction in ("constant-contact-to-membrain", "both"):
            problem = file.write(sync=sync.format(direction), fields=mapped).problem()
            assert problem.path == "sync[0].field[0].membrain"
            assert problem.hint == 'write membrain = "company.Name"'
        one_way = field(left, "company_name", ONE_WAY)
        assert file.write(sync=sync.format("both"), fields=one_way).read().config.sync[0].field[0].membrain == left
        file.write(fields=mapped).read()

    def test_consent_goes_to_a_field_of_the_contact(self, file: File, field: MakeField) -> None:
        problem = file.write(fields=field("company.custom.Consent", "permission_to_send")).problem()
        assert problem.path == "sync[0].field[0].membrain"
        assert "is a person's" in problem.message

    def test_consent_is_only_read(self, file: File, field: MakeField) -> None:
        problems = file.write(fields=field("contact.custom.OK", "permission_to_send", ONE_WAY)).problems()

        assert '"permission_to_send" can only be read from Constant Contact' in [one.message for one in problems]

    def test_a_project_field_needs_projects(self, file: File, field: MakeField) -> None:
        problem = file.write(
            sync=f'name = "x"\nlist = "L"\n{ONE_WAY}\nprojects = []',
            fields=field("project.OwnerName", "custom.Owner"),
        ).problem()

        assert problem.path == "sync[0].field[0].membrain"
        assert "projects is empty" in problem.message


class TestTwoSyncs:
    def test_may_share_fields_that_are_filled_alike(self, file: File, field: MakeField) -> None:
        same = field("contact.Name", "full_name") + field("project.OwnerName", "custom.Owner")

        assert len(file.write(fields=same + second_sync(same)).read().config.sync) == 2

    def test_have_different_names(self, file: File) -> None:
        problem = file.write(fields=second_sync(name="Customers")).problem()

        assert problem.path == "sync[1].name"
        assert problem.message == '"Customers" is already the name of the sync on line 11'

    def test_do_not_take_each_others_people_off_one_list(self, file: File) -> None:
        problem = file.write(fields=second_sync(target="customers")).problem()

        assert problem.path == "sync[1].list"
        assert 'sync "customers" already fills the list' in problem.message

    def test_share_a_list_only_in_opposite_directions(self, file: File) -> None:
        both = file.write(fields=second_sync(target="Customers", direction='direction = "both"')).problems()
        assert [problem.path for problem in both] == ["sync[1].list"]

        back = 'direction = "constant-contact-to-membrain"'
        file.write(fields=second_sync(target="Customers", direction=back))
        assert [sync.list for sync in file.read().config.sync] == ["Customers", "Customers"]

    @pytest.mark.parametrize(
        ("first", "second", "message"),
        [
            (
                ("contact.Owner", "custom.Owner", ""),
                ("company.Owner", "custom.Owner", ""),
                '"custom.Owner" is filled from "contact.Owner" and from "company.Owner"',
            ),
            (
                ("contact.Name", "full_name", ""),
                ("contact.Nick", "first_name", ""),
                '"first_name" is filled from "contact.Name" and from "contact.Nick"',
            ),
            (
                ("contact.Owner", "custom.Owner", ""),
                ("contact.Owner", "custom.owner", ""),
                'one field is spelled "custom.Owner" and "custom.owner"',
            ),
            (
                ("contact.Owner", "custom.Owner", 'default = "Ann"'),
                ("contact.Owner", "custom.Owner", 'default = "Bo"'),
                '"custom.Owner" has two different settings of default',
            ),
            (
                ("contact.Owner", "custom.Owner", 'values = { "a" = "b" }'),
                ("contact.Owner", "custom.Owner", ""),
                '"custom.Owner" has two different settings of values',
            ),
            (
                ("contact.Owner", "custom.Owner", "clear = true"),
                ("contact.Owner", "custom.Owner", ""),
                '"custom.Owner" has two different settings of clear',
            ),
            (
                ("contact.Owner", "custom.Owner", ""),
                ("contact.Owner", "custom.Owner", 'when_too_long = "truncate"'),
                '"custom.Owner" has two different settings of when_too_long',
            ),
        ],
    )
    def test_do_not_rewrite_one_field_for_ever(
        self,
        file: File,
        field: MakeField,
        first: tuple[str, str, str],
        second: tuple[str, str, str],
        message: str,
    ) -> None:
        problem = file.write(fields=field(*first) + second_sync(field(*second))).problem()

        assert problem.path == "sync[1].field[0].constant_contact"
        assert problem.message == f'{message} in sync "customers", sync[0].field[0], line 17, and sync "partners"'

    def test_a_mistake_in_one_does_not_hide_a_fight_of_the_others(self, file: File, field: MakeField) -> None:
        problems = file.write(
            fields=field("contact.Name", "fullname")
            + field("contact.Owner", "custom.Owner")
            + second_sync(field("company.Owner", "custom.Owner"))
        ).problems()

        assert [problem.path for problem in problems] == [
            "sync[0].field[0].constant_contact",
            "sync[1].field[0].constant_contact",
        ]


class TestFilters:
    SYNC = f'name = "x"\nlist = "L"\n{ONE_WAY}\nfilter = '

    def problem(self, file: File, filter_: str, broken_at: str) -> Problem:
        def refuse(expression: str, /) -> object:
            raise FilterSyntaxError("something is missing", expression.index(broken_at))

        file.write(sync=self.SYNC + filter_)
        with pytest.raises(ConfigError) as caught:
            read(file.path, compile_filter=refuse)
        (problem,) = caught.value.problems
        assert problem.path == "sync[0].filter"
        return problem

    def test_a_mistake_is_pointed_at(self, file: File) -> None:
        problem = self.problem(file, "'company.City == ) || true'  # here", ")")

        assert problem.line == file.marked_line
        assert problem.message.split("\n") == [
            "something is missing",
            "    company.City == ) || true",
            "                    ^",
        ]

    def test_a_filter_of_several_lines_shows_the_line_that_is_wrong(self, file: File) -> None:
        problem = self.problem(file, "'''\na == 1 &&\n\tb == ) # here\n|| c\n'''", ")")

        assert problem.line == file.text.split("\n").index("\tb == ) # here") + 1
        assert problem.message.split("\n")[1:] == ["     b == ) # here", "          ^"]

    def test_a_long_filter_is_cut_around_the_place(self, file: File) -> None:
        wall = " || ".join(f"a == {number}" for number in range(100, 200))
        shown, caret = self.problem(file, f"'{wall} ! {wall}'", "!").message.split("\n")[1:]

        assert len(shown) < 80
        assert shown[caret.index("^")] == "!"

    def test_a_mistake_at_the_end_points_behind_the_last_character(self, file: File) -> None:
        def refuse(expression: str, /) -> object:
            raise FilterSyntaxError("unexpected end", len(expression) + 5)

        file.write(sync=self.SYNC + '"a =="')
        with pytest.raises(ConfigError) as caught:
            read(file.path, compile_filter=refuse)

        assert caught.value.problems[0].message.endswith("    a ==\n        ^")

    @pytest.mark.parametrize("blank", ['""', '" \\t"'])
    def test_a_blank_filter_is_none(self, file: File, blank: str) -> None:
        def refuse(expression: str, /) -> object:
            raise AssertionError(expression)

        file.write(sync=self.SYNC + blank)

        assert not read(file.path, compile_filter=refuse).config.sync[0].filter.strip()

    def test_the_compiler_is_the_one_that_runs_use(self, file: File) -> None:
        file.write(sync=self.SYNC + "'company.City == '")
        with pytest.raises(ConfigError) as caught:
            read(file.path)

        assert caught.value.problems[0].path == "sync[0].filter"
        assert "^" in caught.value.problems[0].message
