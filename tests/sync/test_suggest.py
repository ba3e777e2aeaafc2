"""Proposals of pairs: by name in both products and four languages, by type, by content, and never twice."""

from __future__ import annotations

import pytest

from ccsync.sync.mapping import Direction
from ccsync.sync.offers import CustomField, Offer, of_constant_contact
from ccsync.sync.suggest import Suggestion, looks_like, new_fields, suggest

PHONES = ("+46 70 123 45 67", "08-123 45 67", "(212) 555-0123", "+47 22 12 34 56")
RIGHTS = of_constant_contact([CustomField("1", "Segment", "string"), CustomField("2", "Titel", "string")], [])


def left(path: str, *values: str, kind: str = "text", rows: int = 0) -> Offer:
    name = path.rpartition(".")[2]
    return Offer(path, kind, name, custom=".custom." in path, rows=rows or len(values), values=values)


def pairs(
    *lefts: Offer,
    mapped: tuple[tuple[str, str], ...] = (),
    direction: Direction = Direction.TO_CONSTANT_CONTACT,
) -> list[tuple[str, str]]:
    return [(one.membrain, one.constant_contact) for one in suggest(lefts, RIGHTS, mapped, direction)]


class TestByName:
    @pytest.mark.parametrize(
        ("path", "right"),
        [
            ("contact.Name", "full_name"),
            ("company.Name", "company_name"),
            ("contact.JobTitle", "job_title"),
            ("contact.custom.Befattning", "job_title"),
            ("contact.custom.Förnamn", "first_name"),
            ("contact.custom.Nachname", "last_name"),
            ("contact.MobilePhone", "phone.mobile"),
            ("contact.custom.Handynummer", "phone.mobile"),
            ("company.City", "address.work.city"),
            ("company.custom.Postnummer", "address.work.postal_code"),
            ("company.CountryCode", "address.work.country"),
            ("contact.custom.Födelsedag", "birthday"),
            ("company.custom.segment", "custom.Segment"),
        ],
    )
    def test_fields_that_people_call_the_same_go_together(self, path: str, right: str) -> None:
        assert pairs(left(path)) == [(path, right)]

    def test_the_reason_says_why(self) -> None:
        (found,) = suggest([left("contact.custom.Befattning", "VD")], RIGHTS, [], Direction.BOTH)
        assert found.reasons == ("Befattning is what people call job_title",)

    def test_a_name_of_a_project_or_a_company_is_no_name_of_a_person(self) -> None:
        assert pairs(left("project.Name"), left("company.custom.Förnamn")) == []

    def test_the_person_comes_before_their_company(self) -> None:
        assert pairs(left("company.Phone", *PHONES), left("contact.Phone", *PHONES)) == [
            ("contact.Phone", "phone.work")
        ]


class TestByContent:
    @pytest.mark.parametrize(
        ("values", "kind"),
        [
            (PHONES, "phone"),
            (("a@example.com", "b@example.org", "c@d.example"), "email"),
            (("2026-01-31", "1999-12-01", "2001-02-03T04:05:06"), "date"),
            (("Sverige", "Norway", "DE", "Finland"), "country"),
            (("Anna", "Bo", "Carl"), ""),
            (PHONES[:2], ""),
        ],
    )
    def test_most_values_say_what_a_field_is(self, values: tuple[str, ...], kind: str) -> None:
        assert looks_like(values) == kind

    def test_a_field_of_any_name_that_holds_phone_numbers_is_one(self) -> None:
        (found,) = suggest([left("contact.custom.Reach me", *PHONES)], RIGHTS, [], Direction.BOTH)
        assert (found.constant_contact, found.reasons) == ("phone.work", ("looks like phone numbers (4 values)",))

    def test_an_address_is_never_proposed_for_it_always_travels(self) -> None:
        addresses = ("a@example.com", "b@example.org", "c@example.com")
        assert pairs(left("contact.EmailAddress", *addresses), left("contact.custom.Segment", *addresses)) == []


class TestWhatDoesNotFit:
    def test_a_type_that_can_never_go_there_is_not_proposed(self) -> None:
        assert pairs(left("contact.custom.Mobile", kind="yes_no"), left("contact.custom.Birthday", kind="number")) == []

    def test_values_that_all_fail_rule_a_pair_out(self) -> None:
        assert pairs(left("contact.custom.Birthday", "soon", "late", "never")) == []

    def test_what_nobody_has_filled_and_the_services_own_marks_are_left_out(self) -> None:
        assert (
            pairs(left("contact.JobTitle", rows=50), left("contact.CompanyId", "x"), left("contact.ChangedDate")) == []
        )


class TestWhatIsMappedAlready:
    @pytest.mark.parametrize(
        "mapped",
        [("contact.MobilePhone", "custom.Reach"), ("contact.custom.Reach", "phone.mobile")],
        ids=["the left side", "the right side"],
    )
    def test_it_is_not_proposed_again(self, mapped: tuple[str, str]) -> None:
        assert pairs(left("contact.MobilePhone"), mapped=(mapped,)) == []

    def test_a_full_name_leaves_no_room_for_its_parts_and_they_none_for_it(self) -> None:
        parts = (left("contact.custom.First name"), left("contact.custom.Last name"))
        assert pairs(*parts, mapped=(("contact.Name", "full_name"),)) == []
        assert pairs(left("contact.Name"), mapped=(("contact.custom.First name", "first_name"),)) == []

    def test_no_side_stands_in_two_proposals(self) -> None:
        found = pairs(left("contact.Phone", *PHONES), left("contact.custom.Telefon", *PHONES), left("company.Phone"))
        assert len({one for one, _ in found}) == len({one for _, one in found}) == len(found) == 1


class TestWhichWayTheyTravel:
    company = left("contact.CompanyName", "Acme"), left("company.Name", "Acme")
    consent = left("contact.custom.E-mail consent", "implicit", kind="text")

    @pytest.mark.parametrize("direction", list(Direction))
    def test_a_company_is_known_by_its_own_name(self, direction: Direction) -> None:
        assert pairs(*self.company, direction=direction) == [("company.Name", "company_name")]

    def test_what_names_a_company_beside_a_person_never_travels_to_membrain(self) -> None:
        assert pairs(self.company[0]) == [("contact.CompanyName", "company_name")]
        assert pairs(self.company[0], direction=Direction.BOTH) == []
        assert pairs(self.company[0], direction=Direction.TO_MEMBRAIN) == []

    def test_a_project_gets_nothing_from_constant_contact(self) -> None:
        project = left("project.custom.Segment", "A")
        assert pairs(project, direction=Direction.BOTH) == [("project.custom.Segment", "custom.Segment")]
        assert pairs(project, direction=Direction.TO_MEMBRAIN) == []

    def test_a_birthday_without_a_year_is_no_date_of_membrain_s(self) -> None:
        born = left("contact.custom.Birthday", "1980-01-31", kind="date")
        assert pairs(born, direction=Direction.BOTH) == [("contact.custom.Birthday", "birthday")]
        assert pairs(born, direction=Direction.TO_MEMBRAIN) == []

    @pytest.mark.parametrize("direction", [Direction.BOTH, Direction.TO_MEMBRAIN])
    @pytest.mark.parametrize("name", ["E-mail consent", "Samtycke till e-post", "Permission to send"])
    def test_what_is_called_a_consent_is_filled_with_constant_contact_s(self, name: str, direction: Direction) -> None:
        for values in ((), ("implicit",)):
            one = left(f"contact.custom.{name}", *values, rows=5)
            assert pairs(one, direction=direction) == [(one.path, "permission_to_send")]

    def test_consent_is_the_contact_s_and_words(self) -> None:
        ticked = left("contact.custom.Consent", "true", kind="yes_no")
        of_company = left("company.custom.Consent", "yes")
        assert pairs(ticked, of_company, direction=Direction.BOTH) == []
        assert new_fields([ticked], RIGHTS, [], Direction.BOTH) == ()

    def test_where_nothing_else_travels_to_membrain_consent_is_proposed_with_the_new_fields_only(self) -> None:
        assert pairs(self.consent) == []
        (found,) = new_fields([self.consent], RIGHTS, [], Direction.TO_CONSTANT_CONTACT)
        assert found.constant_contact == "permission_to_send"

    def test_consent_is_never_a_new_field_and_proposed_once(self) -> None:
        mapped = [("contact.custom.E-mail consent", "permission_to_send")]
        another = left("contact.custom.Consent", "implicit")
        assert new_fields([self.consent, another], RIGHTS, mapped, Direction.BOTH) == ()
        assert pairs(self.consent, another, direction=Direction.BOTH) == [(another.path, "permission_to_send")]

    def test_no_field_is_made_that_nothing_fills(self) -> None:
        assert new_fields([left("contact.custom.Hobby", "Chess")], RIGHTS, [], Direction.TO_MEMBRAIN) == ()


class TestNewFields:
    def test_a_filled_custom_field_without_a_likeness_may_be_made(self) -> None:
        lefts = [
            left("contact.custom.Hobby", "Chess", rows=4),
            left("contact.custom.Empty", rows=4),
            left("contact.X", "y"),
        ]
        assert new_fields(lefts, RIGHTS, [], Direction.BOTH) == (
            Suggestion(
                "contact.custom.Hobby",
                "custom.Hobby",
                ("nothing like it in Constant Contact yet, and filled for 1 of 4",),
                1,
            ),
        )

    def test_not_when_it_is_mapped_or_has_its_like(self) -> None:
        lefts = [left("contact.custom.Hobby", "Chess"), left("company.custom.SEGMENT", "A")]
        assert new_fields(lefts, RIGHTS, [("contact.custom.Hobby", "custom.H")], Direction.BOTH) == ()
