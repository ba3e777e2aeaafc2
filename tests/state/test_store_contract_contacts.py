"""What the mirror of Constant Contact promises, on every adapter."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING

import pytest

from ccsync.state.values import ContactChange
from ccsync.sync.records import Contact, ContactId, EmailKey, ListId, MembrainRecord, Resource

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from ccsync.state.store import Store

    People = Callable[..., MembrainRecord]
    Contacts = Callable[..., Contact]

CONTACTS = Resource.CONTACTS


class TestReadingConstantContact:
    def test_a_new_contact_is_a_change_without_an_old_one(self, store: Store, contact: Contacts) -> None:
        ann = contact("c1", "ann@example.com", lists=("L1",))
        assert store.mirror.put_contacts([ann]) == [ContactChange(None, ann)]
        stored = store.mirror.contacts([ann.id])
        assert stored == {ann.id: ann}
        assert stored[ann.id].updated == ann.updated

    def test_contacts_that_changed_since_a_moment_are_counted(
        self, store: Store, contact: Contacts, day: Callable[[float], datetime]
    ) -> None:
        store.mirror.put_contacts(
            [
                contact("c1", updated=1),
                contact("c2", updated=2, deleted=True),
                replace(contact("c3", updated=3), erased=True),
                contact("c4", updated=None),
            ]
        )
        assert [store.mirror.contacts_since(day(number)) for number in (0, 2, 2.5)] == [3, 2, 1]

    def test_a_contact_comes_back_whole(self, store: Store, day: Callable[[float], datetime]) -> None:
        """A field that a later version adds must not get lost on the way: each of them needs a value here."""
        whole = Contact(
            id=ContactId("c1"),
            email="ann@example.com",
            values={"first_name": "Ann"},
            lists=frozenset({ListId("L1")}),
            permission="unsubscribed",
            opt_out_date="2026-03-01T00:00:00Z",
            opt_out_reason="too much",
            deleted=True,
            erased=True,
            updated=day(1),
        )
        store.mirror.put_contacts([whole])
        stored = store.mirror.contacts([whole.id])[whole.id]
        assert [getattr(stored, part.name) for part in fields(whole)] == [
            getattr(whole, part.name) for part in fields(whole)
        ]
        assert all(getattr(whole, part.name) for part in fields(whole)), "give every field a value"

    def test_the_same_contact_is_no_change_even_when_its_change_time_is_another(
        self, store: Store, contact: Contacts
    ) -> None:
        store.mirror.put_contacts([contact("c1", updated=1)])
        assert store.mirror.put_contacts([contact("c1", updated=2)]) == []

    @pytest.mark.parametrize(
        "difference",
        [
            {"email": "Ann@example.com"},
            {"values": {}},
            {"lists": frozenset({ListId("L2")})},
            {"permission": "unsubscribed"},
            {"permission": "a_word_of_tomorrow"},
            {"opt_out_date": "2026-01-01T00:00:00Z"},
            {"opt_out_reason": "too much"},
            {"deleted": True},
        ],
        ids=lambda difference: next(iter(difference)),
    )
    def test_what_makes_a_contact_differ(self, store: Store, contact: Contacts, difference: dict[str, object]) -> None:
        old = contact("c1", "ann@example.com", lists=("L1",))
        new = replace(old, **difference)  # type: ignore[arg-type] # the fields of the parametrisation
        store.mirror.put_contacts([old])
        assert store.mirror.put_contacts([new]) == [ContactChange(old, new)]
        assert store.mirror.contacts([old.id]) == {old.id: new}

    def test_a_contact_that_stands_twice_on_a_page_ends_as_the_last_one(self, store: Store, contact: Contacts) -> None:
        first, last = contact("c1", lists=("L1",)), contact("c1", lists=("L2",))
        assert store.mirror.put_contacts([first, last]) == [ContactChange(None, first), ContactChange(first, last)]
        assert (store.mirror.list_size(ListId("L1")), store.mirror.list_size(ListId("L2"))) == (0, 1)

    def test_lists_between_the_first_and_the_last_word_on_a_page_leave_no_trace(
        self, store: Store, contact: Contacts
    ) -> None:
        store.mirror.put_contacts([contact("c1", lists=("L1",))])
        store.mirror.put_contacts([contact("c1", lists=("L2",)), contact("c1", lists=("L3",))])
        assert [store.mirror.list_size(ListId(name)) for name in ("L1", "L2", "L3")] == [0, 0, 1]

    def test_a_contact_is_found_by_its_address_when_deleted_too(self, store: Store, contact: Contacts) -> None:
        ann, bo = contact("c1", "Ann@example.com"), contact("c2", "bo@example.com", deleted=True)
        store.mirror.put_contacts([ann, bo])
        keys = [EmailKey("ann@example.com"), EmailKey("bo@example.com"), EmailKey("cy@example.com")]
        assert store.mirror.contacts_by_address(keys) == {"ann@example.com": ann, "bo@example.com": bo}

    def test_while_an_address_moves_the_contact_that_changed_last_has_it(self, store: Store, contact: Contacts) -> None:
        new_owner, former = contact("c1", "ann@example.com", updated=2), contact("c2", "ann@example.com", updated=1)
        store.mirror.put_contacts([new_owner, former, contact("c3", "ann@example.com", updated=None)])
        assert store.mirror.contacts_by_address([EmailKey("ann@example.com")]) == {"ann@example.com": new_owner}

    def test_the_size_of_a_list_follows_its_members(self, store: Store, contact: Contacts) -> None:
        store.mirror.put_contacts([contact("c1", lists=("L1", "L2")), contact("c2", lists=("L1",))])
        assert (store.mirror.list_size(ListId("L1")), store.mirror.list_size(ListId("L2"))) == (2, 1)
        store.mirror.put_contacts([contact("c1", lists=("L2", "L3"))])
        assert [store.mirror.list_size(ListId(name)) for name in ("L1", "L2", "L3", "L4")] == [1, 1, 1, 0]

    def test_the_members_of_a_list_are_known_by_their_ids(self, store: Store, contact: Contacts) -> None:
        store.mirror.put_contacts([contact("c1", lists=("L1",)), contact("c2", lists=("L1", "L2"))])
        store.mirror.put_contacts([contact("c1", lists=("L1",), deleted=True)])
        assert store.mirror.members(ListId("L1")) == store.mirror.members(ListId("L2")) == {"c2"}
        assert store.mirror.members(ListId("L3")) == set()

    def test_a_deleted_contact_is_on_no_list_and_revived_it_is_again(self, store: Store, contact: Contacts) -> None:
        store.mirror.put_contacts([contact("c1", lists=("L1",))])
        store.mirror.put_contacts([contact("c1", lists=("L1",), deleted=True)])
        assert store.mirror.list_size(ListId("L1")) == 0
        store.mirror.put_contacts([contact("c1", lists=("L1",))])
        assert store.mirror.list_size(ListId("L1")) == 1


class TestWalkingThroughRestingContacts:
    def test_all_but_the_erased_come_in_the_order_of_their_ids_some_at_a_time(
        self, store: Store, contact: Contacts
    ) -> None:
        kept = [contact("c3", deleted=True), contact("c1"), contact("c2")]
        store.mirror.put_contacts([contact("c0")], sweep=1)
        store.mirror.put_contacts(kept, sweep=2)
        store.mirror.finish_contacts(2)
        store.mirror.put_contacts(kept, sweep=3)
        store.mirror.finish_contacts(3)
        first = store.mirror.living_contacts(limit=2)
        assert [one.id for one in first] == ["c1", "c2"]
        assert store.mirror.living_contacts(first[-1].id) == [kept[0]]


class TestCompleteReadingsOfConstantContact:
    def test_a_contact_is_erased_at_its_second_absence_in_a_row(self, store: Store, contact: Contacts) -> None:
        ann = contact("c1", "ann@example.com", lists=("L1",))
        bo = contact("c2", "bo@example.com", lists=("L1",), deleted=True)
        store.mirror.put_contacts([ann, bo], sweep=1)
        assert store.mirror.finish_contacts(1) == []
        assert store.mirror.finish_contacts(2) == []
        store.mirror.put_contacts([bo], sweep=3)
        assert store.mirror.finish_contacts(3) == [replace(ann, erased=True)]
        assert store.mirror.contacts([ann.id])[ann.id].erased
        assert store.mirror.contacts_by_address([EmailKey("ann@example.com")]) == {ann.email: replace(ann, erased=True)}
        assert store.mirror.contact_count() == 1
        assert store.mirror.list_size(ListId("L1")) == 0
        again = contact("c3", "ann@example.com")
        store.mirror.put_contacts([again])
        assert store.mirror.contacts_by_address([EmailKey("ann@example.com")]) == {ann.email: again}

    def test_an_erased_contact_that_is_read_again_is_back_and_a_change(self, store: Store, contact: Contacts) -> None:
        ann = contact("c1", "ann@example.com", lists=("L1",))
        store.mirror.put_contacts([ann])
        store.mirror.finish_contacts(1)
        store.mirror.finish_contacts(2)
        assert store.mirror.put_contacts([ann]) == [ContactChange(replace(ann, erased=True), ann)]
        assert (store.mirror.contact_count(), store.mirror.list_size(ListId("L1"))) == (1, 1)

    def test_the_same_numbers_of_sweeps_do_not_mix_the_two_sides(
        self, store: Store, person: People, contact: Contacts
    ) -> None:
        store.mirror.put_contacts([contact("same-id")], sweep=1)
        store.mirror.put_records([person("same-id")], sweep=1)
        store.mirror.finish_records(CONTACTS, 1)
        assert store.mirror.finish_contacts(1) == []
        store.mirror.finish_records(CONTACTS, 2)
        assert store.mirror.finish_contacts(2) == []
        assert len(store.mirror.finish_records(CONTACTS, 3)) == 1
        assert store.mirror.contact_count() == 1
