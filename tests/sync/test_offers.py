"""What both sides offer, with what some rows show of it."""

from __future__ import annotations

from ccsync.sync.catalogue import Catalogue, Property, PropertyType
from ccsync.sync.offers import CustomField, Offer, of_constant_contact, of_membrain
from ccsync.sync.records import Contact, ContactId, MembrainId, MembrainRecord, Resource

CONTACTS, WON, GROWTH = Resource.CONTACTS, Resource.OPPORTUNITIES, Resource.ACCOUNT_GROWTH_ITEMS
ONE, OTHER = (f"447dbe60-4925-4a75-b07b-13ad07d095d{end}" for end in "78")


def row(resource: Resource, **values: str) -> MembrainRecord:
    return MembrainRecord(resource, MembrainId("1"), values)


def by_path(offers: tuple[Offer, ...]) -> dict[str, Offer]:
    return {one.path: one for one in offers}


class TestMembrain:
    def test_a_field_tells_its_type_its_options_and_how_many_have_it_filled(self) -> None:
        catalogue = Catalogue((Property(CONTACTS, "News", "News", PropertyType.SELECT, (("1", "Ja"),)),))
        rows = {CONTACTS: [row(CONTACTS, News="Ja"), row(CONTACTS, News=" "), row(CONTACTS), row(CONTACTS)]}
        (offer,) = of_membrain(catalogue, rows, ())
        assert (offer.path, offer.type, offer.options, offer.values) == ("contact.News", "select", ("Ja",), ("Ja",))
        assert offer.share == 0.25

    def test_kinds_of_project_are_one(self) -> None:
        catalogue = Catalogue((Property(WON, "Owner", "Owner"), Property(GROWTH, "Owner", "Owner")))
        rows = {WON: [row(WON, Owner="A")], GROWTH: [row(GROWTH, Owner="B")]}
        (offer,) = of_membrain(catalogue, rows, (WON, GROWTH))
        assert (offer.path, offer.values) == ("project.Owner", ("A", "B"))

    def test_custom_fields_go_by_name_and_by_id_when_two_have_it(self) -> None:
        fields = [("One", ONE), ("Twin", OTHER), ("Twin", OTHER[:-1] + "9")]
        catalogue = Catalogue(tuple(Property(CONTACTS, f"CustomField{id_}", name, custom=True) for name, id_ in fields))
        assert [one.path for one in of_membrain(catalogue, {}, ())] == [
            f"contact.custom.{OTHER}",
            f"contact.custom.{OTHER[:-1]}9",
            "contact.custom.One",
        ]

    def test_ids_and_who_changed_a_row_are_bookkeeping(self) -> None:
        names = ("Id", "CompanyId", "ChangedByName", "CreatedDate", "IsDeleted", "WonDate", "Name")
        catalogue = Catalogue(tuple(Property(CONTACTS, name, name) for name in names))
        kept = [one.path for one in of_membrain(catalogue, {}, ()) if not one.bookkeeping]
        assert kept == ["contact.Name", "contact.WonDate"]


class TestConstantContact:
    def test_fixed_fields_come_with_their_limit_and_custom_ones_by_their_label(self) -> None:
        ann = Contact(ContactId("1"), "ann@example.com", {"first_name": "Ann", "last_name": "B", "custom.7": "x"})
        gone = Contact(ContactId("2"), "bo@example.com", {"first_name": "Bo"}, deleted=True)
        offers = by_path(
            of_constant_contact([CustomField("7", "Owner", "string"), CustomField("8", "Since", "date")], [ann, gone])
        )
        assert (offers["job_title"].limit, offers["job_title"].share) == (50, 0.0)
        assert (offers["full_name"].values, offers["full_name"].rows) == (("Ann B",), 1)
        assert (offers["custom.Owner"].values, offers["custom.Owner"].limit) == (("x",), 255)
        assert (offers["custom.Since"].type, offers["custom.Since"].limit) == ("date", None)

    def test_consent_can_only_be_read(self) -> None:
        ann = Contact(ContactId("1"), "ann@example.com", {}, permission="implicit")
        offer = by_path(of_constant_contact([], [ann]))["permission_to_send"]
        assert (offer.writable, offer.values) == (False, ("implicit",))
