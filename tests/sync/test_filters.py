"""Filters: what they may ask, what they see, and what they say when they cannot answer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccsync.sync.catalogue import Catalogue, Property, PropertyType, Scope
from ccsync.sync.filters import FilterFailed, FilterSyntaxError, Name, compile_filter
from ccsync.sync.records import MembrainId, MembrainRecord, Resource

IDS = {
    "Newsletter": "00000000-0000-4000-8000-000000000001",
    "Interests": "00000000-0000-4000-8000-000000000002",
    "Employees": "00000000-0000-4000-8000-000000000003",
    "Since": "00000000-0000-4000-8000-000000000004",
    "Agreed": "00000000-0000-4000-8000-000000000005",
    'He said "yes"': "00000000-0000-4000-8000-000000000006",
}
KINDS = (Resource.OPPORTUNITIES, Resource.PROSPECTS)


def custom(resource: Resource, display: str, kind: PropertyType) -> Property:
    return Property(resource, f"CustomField{IDS[display]}", display, kind, custom=True)


CATALOGUE = Catalogue(
    (
        Property(Resource.CONTACTS, "Name", "Name"),
        Property(Resource.CONTACTS, "EmailAddress", "EmailAddress"),
        custom(Resource.CONTACTS, "Newsletter", PropertyType.SELECT),
        custom(Resource.CONTACTS, "Interests", PropertyType.MULTI_SELECT),
        custom(Resource.CONTACTS, "Agreed", PropertyType.YES_NO),
        custom(Resource.CONTACTS, 'He said "yes"', PropertyType.TEXT),
        custom(Resource.COMPANIES, "Employees", PropertyType.NUMBER),
        custom(Resource.COMPANIES, "Since", PropertyType.DATE),
        Property(Resource.COMPANIES, "CountryCode", "CountryCode"),
        Property(Resource.OPPORTUNITIES, "OwnerName", "OwnerName"),
        Property(Resource.OPPORTUNITIES, "EstimatedClosingDate", "EstimatedClosingDate", PropertyType.DATE),
        Property(Resource.PROSPECTS, "OwnerName", "OwnerName"),
    )
)


def record(resource: Resource, **values: str) -> MembrainRecord:
    own = {f"CustomField{IDS[name]}" if name in IDS else name: value for name, value in values.items()}
    return MembrainRecord(resource, MembrainId("1"), own)


def matches(
    expression: str,
    contact: dict[str, str] | None = None,
    company: dict[str, str] | None = None,
    project: dict[str, str] | None = None,
) -> bool:
    return compile_filter(expression).matches(
        record(Resource.CONTACTS, **(contact or {})),
        None if company is None else record(Resource.COMPANIES, **company),
        None if project is None else record(Resource.OPPORTUNITIES, **project),
        CATALOGUE,
    )


def mistake_in(expression: str) -> FilterSyntaxError | None:
    try:
        compile_filter(expression)
    except FilterSyntaxError as wrong:
        return wrong
    return None


class TestWhoTakesPart:
    @pytest.mark.parametrize("expression", ["", "  \n"])
    def test_without_a_filter_everybody(self, expression: str) -> None:
        assert matches(expression)

    def test_the_example_of_the_documentation(self) -> None:
        expression = 'company.CountryCode in ["SE", "NO"] && contact.custom["Newsletter"] == "Yes"'
        assert matches(expression, {"Newsletter": "Yes"}, {"CountryCode": "SE"})
        assert not matches(expression, {"Newsletter": "No"}, {"CountryCode": "SE"})
        assert not matches(expression, {"Newsletter": "Yes"}, {"CountryCode": "DK"})
        assert not matches(expression, {"Newsletter": "Yes"})

    def test_the_functions_for_text(self) -> None:
        contact = {"Name": "Ann Berg", "EmailAddress": "ann@example.com"}
        assert matches('contact.Name.startsWith("Ann") && contact.Name.contains("n B")', contact)
        assert matches('contact.EmailAddress.endsWith("@example.com") && size(contact.Name) == 8', contact)
        assert matches('contact.EmailAddress.matches("^[a-z]+@") && contact.Name.size() > 2', contact)

    @pytest.mark.parametrize("number", ["25", "25.5"])
    @pytest.mark.parametrize("condition", ["> 10", "> 10.5", ">= 25", "!= 25.25", "< 26.0"])
    def test_numbers_compare_with_whole_and_with_broken_ones(self, number: str, condition: str) -> None:
        assert matches(f'company.custom["Employees"] {condition}', company={"Employees": number})

    def test_a_whole_number_equals_both_its_spellings(self) -> None:
        both = 'company.custom["Employees"] == 10 && company.custom["Employees"] in [10.0]'
        assert matches(both, company={"Employees": "10"})

    @pytest.mark.parametrize("since", ["2026-02-01", "2026-01-31T23:30:00Z", "2026-02-01T00:30:00+01:00"])
    def test_dates_are_timestamps(self, since: str) -> None:
        expression = 'company.custom["Since"] > timestamp("2026-01-31T12:00:00Z")'
        assert matches(expression, company={"Since": since})
        assert not matches(expression, company={"Since": "2026-01-31"})

    def test_a_multi_select_is_a_list_of_labels(self) -> None:
        assert matches('"Golf" in contact.custom["Interests"]', {"Interests": "Food, drink; Golf"})
        assert not matches('"Golf" in contact.custom["Interests"]', {"Interests": "Minigolf"})
        assert matches('contact.custom["Interests"].exists(one, one.startsWith("G"))', {"Interests": "Food; Golf"})

    def test_yes_or_no_is_true_or_false(self) -> None:
        assert matches('contact.custom["Agreed"]', {"Agreed": "true"})
        assert matches('!contact.custom["Agreed"]', {"Agreed": "false"})

    def test_members_can_be_written_in_every_way_of_the_language(self) -> None:
        contact = {"Newsletter": "Yes", "Name": "Ann", 'He said "yes"': "x"}
        assert matches("contact.custom.Newsletter == 'Yes' && contact['Name'] == \"Ann\"", contact)
        assert matches('contact . custom[r"Newsletter"] == """Yes""" // in the end', contact)
        assert matches('contact.custom["He said \\"yes\\""] == "x"', contact)
        assert matches(f'contact.custom["{IDS["Newsletter"].upper()}"] == "Yes"', contact)


class TestWhatIsNotSet:
    def test_text_is_empty(self) -> None:
        assert matches('contact.Name == "" && contact.custom["Newsletter"] == ""')

    def test_a_missing_company_or_project_is_empty(self) -> None:
        assert matches('company.CountryCode == "" && project.OwnerName == "" && company == "" && project == ""')
        assert matches('company != "" && project != "" && contact != ""', {}, {}, {})

    @pytest.mark.parametrize("company", [None, {}, {"Employees": "", "Since": ""}])
    def test_numbers_and_dates_are_null(self, company: dict[str, str] | None) -> None:
        assert matches('company.custom["Employees"] == null && company.custom["Since"] == null', company=company)
        assert not matches('company.custom["Employees"] != null && company.custom["Employees"] > 10', company=company)

    def test_the_date_of_a_missing_project_is_null(self) -> None:
        assert matches("project.EstimatedClosingDate == null")

    def test_a_date_that_only_another_kind_of_project_has_is_null(self) -> None:
        prospect = record(Resource.PROSPECTS)
        expression = compile_filter("project.EstimatedClosingDate == null")
        assert expression.matches(record(Resource.CONTACTS), None, prospect, CATALOGUE)

    def test_a_multi_select_is_an_empty_list_and_a_box_is_not_ticked(self) -> None:
        assert matches('size(contact.custom["Interests"]) == 0 && contact.custom["Agreed"] == false')

    def test_an_unknown_name_counts_as_unset(self) -> None:
        assert matches('contact.Shoe == "" && contact.custom["Hat"] == ""')


class TestWhoIsHeld:
    def test_an_unset_number_that_is_compared_is_named(self) -> None:
        with pytest.raises(FilterFailed) as failed:
            matches('company.custom["Employees"] > 10')
        assert 'not set: company.custom["Employees"]' in failed.value.detail

    def test_a_value_of_the_wrong_type_is_named(self) -> None:
        with pytest.raises(FilterFailed) as failed:
            matches('company.custom["Employees"] > 10', company={"Employees": "many"})
        assert failed.value.detail == 'company.custom["Employees"] is "many", which is no number'

    @pytest.mark.parametrize(("name", "value", "kind"), [("Since", "soon", "date"), ("Employees", "1 000", "number")])
    def test_what_membrain_cannot_mean_is_held(self, name: str, value: str, kind: str) -> None:
        with pytest.raises(FilterFailed, match=f"which is no {kind}"):
            matches(f'company.custom["{name}"] != null', company={name: value})

    def test_a_box_that_is_neither_ticked_nor_not(self) -> None:
        with pytest.raises(FilterFailed, match="which is no yes or no"):
            matches('contact.custom["Agreed"]', {"Agreed": "perhaps"})

    def test_text_compared_with_a_number(self) -> None:
        with pytest.raises(FilterFailed, match="No such overload"):
            matches("contact.Name > 10", {"Name": "Ann"})

    @pytest.mark.parametrize("expression", ["contact.Name", "size(contact.Name)", '[contact.Name].map(x, x + "!")'])
    def test_an_answer_that_is_neither_true_nor_false(self, expression: str) -> None:
        with pytest.raises(FilterFailed, match="neither true nor false"):
            matches(expression, {"Name": "Ann"})

    def test_a_name_that_two_custom_fields_have(self) -> None:
        twins = tuple(
            Property(Resource.CONTACTS, f"CustomField{guid}", "Twin", custom=True) for guid in list(IDS.values())[:2]
        )
        with pytest.raises(FilterFailed, match="2 custom fields"):
            compile_filter('contact.custom["Twin"] == ""').matches(
                record(Resource.CONTACTS), None, None, Catalogue(twins)
            )

    def test_what_does_not_matter_for_the_answer_does_not_hold(self) -> None:
        assert matches('contact.Name == "Ann" || company.custom["Employees"] > 10', {"Name": "Ann"})


class TestMistakesInTheText:
    @pytest.mark.parametrize(
        ("expression", "offset", "words"),
        [
            ('contact.Name = "x"', 13, "to compare, write =="),
            ('contact.Name ==\n "x" = 3', 21, "to compare, write =="),
            ('"Golf" in', 9, "missing"),
            ("(contact.Name", 13, "missing"),
            ('contact.custom["x', 15, "cannot stand here"),
            ('contact.Name == "" && && true', 22, "unexpected '&&'"),
            ('contact. == "x"', 9, "unexpected"),
            ('"\U0001f600åäö" = 1', 7, "to compare, write =="),
            ('contact.?Name == ""', 7, "unsupported"),
            ('Name == "x"', 0, "Name is not known here; did you mean contact.Name?"),
            ('contac.Name == "x"', 0, "did you mean contact?"),
            ('contact.Name.startswith("A")', 13, "did you mean startsWith?"),
            ('lower(contact.Name) == "a"', 0, "there is no function called lower"),
            ("has(contact.Name)", 0, 'write contact.Name != ""'),
            ('"a" in contact.custom', 7, "which custom field"),
            ('contact.custom.exists(x, x == "")', 0, "which custom field"),
            ('contact.custom["a" + "b"] == ""', 15, "in quotes"),
            ('["Name"].exists(n, contact[n] == "")', 27, "in quotes"),
            ('contact(1) == ""', 0, "there is no function called contact"),
            ("(" * 200 + "true" + ")" * 200, 96, "nested too deeply"),
        ],
    )
    def test_a_mistake_is_told_with_its_place(self, expression: str, offset: int, words: str) -> None:
        with pytest.raises(FilterSyntaxError) as wrong:
            compile_filter(expression)
        assert words in wrong.value.message
        assert wrong.value.offset == offset

    def test_a_very_long_filter_is_refused(self) -> None:
        with pytest.raises(FilterSyntaxError, match="10,000 fit"):
            compile_filter("true || " * 2000 + "true")

    @given(
        st.one_of(
            st.text(max_size=40),
            st.lists(
                st.sampled_from(
                    [
                        "contact",
                        ".",
                        "Name",
                        "custom",
                        "[",
                        "]",
                        '"a"',
                        "(",
                        ")",
                        "==",
                        "&&",
                        " ",
                        "x",
                        "'",
                        '"',
                        "//",
                        "1",
                        "\n",
                    ]
                ),
                max_size=12,
            ).map("".join),
        )
    )
    def test_no_text_whatever_does_worse_than_that(self, expression: str) -> None:
        wrong = mistake_in(expression)
        if wrong is not None:
            assert 0 <= wrong.offset <= len(expression)
            assert wrong.message


class TestTheNamesAFilterUses:
    def test_they_are_read_out_of_its_text(self) -> None:
        expression = compile_filter(
            'contact.Name == "company.City" && contact.custom["A b"] in ["x"] // project.Key\n'
            '|| project["OwnerName"].startsWith("A") || ["y"].exists(y, y == company.custom.Segment)'
        )
        assert expression.names == {
            Name(Scope.CONTACT, custom=False, name="Name"),
            Name(Scope.CONTACT, custom=True, name="A b"),
            Name(Scope.PROJECT, custom=False, name="OwnerName"),
            Name(Scope.COMPANY, custom=True, name="Segment"),
        }

    def test_a_filter_says_what_it_uses(self) -> None:
        assert compile_filter('company.City == "Lund"').uses("company")
        assert not compile_filter('contact.Name == "project.Key"').uses(Scope.PROJECT)
        assert compile_filter('project != ""').uses(Scope.PROJECT)

    def test_a_variable_of_its_own_is_no_name(self) -> None:
        assert compile_filter('["a"].all(company, company == "a")').names == frozenset()
        assert matches('["a"].all(company, company == "a")')

    def test_unknown_names_come_with_what_may_be_meant(self) -> None:
        expression = compile_filter(
            'contact.custom["newsletter"] == "" && contact.EMail == "" && company.Employees > 1 && contact.Name != ""'
        )
        assert [(one.name, one.suggestions) for one in expression.unknown(CATALOGUE, KINDS)] == [
            ("company.Employees", ('company.custom["Employees"]',)),
            ("contact.EMail", ()),
            ('contact.custom["newsletter"]', ('contact.custom["Newsletter"]',)),
        ]

    def test_a_project_name_is_unknown_when_no_kind_that_takes_part_has_it(self) -> None:
        expression = compile_filter("project.EstimatedClosingDate == null")
        assert expression.unknown(CATALOGUE, KINDS) == ()
        assert [one.name for one in expression.unknown(CATALOGUE, (Resource.PROSPECTS,))] == [
            "project.EstimatedClosingDate"
        ]

    def test_a_quote_in_a_display_name_is_escaped_in_the_suggestion(self) -> None:
        (unknown,) = compile_filter('contact.custom["He said yes"] == ""').unknown(CATALOGUE, KINDS)
        assert unknown.suggestions == ('contact.custom["He said \\"yes\\""]',)
