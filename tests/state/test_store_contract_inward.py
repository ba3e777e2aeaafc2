"""What the book of the way into Membrain promises, on every adapter."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING

import pytest

from ccsync.sync.operations import FieldChange, Intent, MembrainIntent, Operation, Reason, StoredMembrainIntent, Waiting
from ccsync.sync.records import Contact, ContactId, EmailKey, ListId, MembrainId

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from ccsync.state.store import Store

    Contacts = Callable[..., Contact]
    Days = Callable[[float], datetime]


def ids(*names: str) -> list[ContactId]:
    return [ContactId(name) for name in names]


def intent(name: str) -> MembrainIntent:
    return MembrainIntent(ContactId(name), None, f"{name}@example.com", ((Operation.CREATE, "newsletter"),))


class TestWhoIsToBeLookedAt:
    def test_the_touched_come_in_order_and_page_by_page(self, store: Store) -> None:
        store.inward.touch_contacts(ids("c3", "c1", "é", "Z", "c2"))
        store.inward.touch_contacts(ids("c1"))
        assert store.inward.touched_contacts() == ["Z", "c1", "c2", "c3", "é"]
        assert store.inward.touched_contacts(limit=2) == ["Z", "c1"]
        assert store.inward.touched_contacts(after=ContactId("c1"), limit=2) == ["c2", "c3"]
        assert store.inward.touched_contact_count() == 5

    def test_a_reason_touches_those_who_wait_for_it(self, store: Store, contact: Contacts, day: Days) -> None:
        store.mirror.put_contacts([contact("c1"), contact("c2"), contact("c3")])
        for name, reason in (("c1", Reason.NO_COMPANY), ("c2", Reason.NO_NAME), ("m1", Reason.NO_COMPANY)):
            store.work.wait([Waiting(MembrainId(name), "", "customers", "", reason, "", day(0))])
        store.inward.touch_waiting(Reason.NO_COMPANY)
        assert store.inward.touched_contacts() == ["c1"]

    def test_who_was_looked_at_is_taken_off(self, store: Store) -> None:
        store.inward.touch_contacts(ids("c1", "c2", "c3"))
        store.inward.untouch_contacts(ids("c1", "c3", "nobody"))
        assert (store.inward.touched_contacts(), store.inward.touched_contact_count()) == (["c2"], 1)

    def test_an_address_touches_all_who_have_it_deleted_and_erased_ones_too(
        self, store: Store, contact: Contacts
    ) -> None:
        store.mirror.put_contacts(
            [
                contact("c1", "Ann@example.com"),
                contact("c2", "ann@example.com", deleted=True),
                replace(contact("c3", "ann@example.com"), erased=True),
                contact("c4", "bo@example.com"),
                contact("c5"),
            ]
        )
        store.inward.touch_contacts(ids("c1"))
        store.inward.touch_contacts_at(map(EmailKey, ("ann@example.com", "nobody@example.com", "")))
        assert store.inward.touched_contacts() == ["c1", "c2", "c3"]

    def test_a_list_touches_all_who_are_on_it(self, store: Store, contact: Contacts) -> None:
        store.mirror.put_contacts(
            [
                contact("c1", lists=("L1",)),
                contact("c2", lists=("L1", "L2")),
                contact("c3", lists=("L3",)),
                contact("c4"),
                contact("c5", lists=("L1",), deleted=True),
                contact("c6", lists=("L2",)),
                contact("c7", lists=("L1",)),
            ]
        )
        store.mirror.put_contacts([contact("c7")])
        store.inward.touch_contacts(ids("c1"))
        store.inward.touch_members(map(ListId, ("L1", "L2", "L4")))
        assert store.inward.touched_contacts() == ["c1", "c2", "c6"]

    def test_no_list_touches_nobody(self, store: Store, contact: Contacts) -> None:
        store.mirror.put_contacts([contact("c1", lists=("L1",)), contact("c2")])
        store.inward.touch_members([])
        assert store.inward.touched_contacts() == []

    def test_the_touched_of_both_ways_are_kept_apart(self, store: Store) -> None:
        store.inward.touch_contacts(ids("same-id"))
        assert store.work.touched() == []
        store.work.touch([MembrainId("same-id")])
        store.inward.untouch_contacts(ids("same-id"))
        assert (store.work.touched(), store.inward.touched_contacts()) == (["same-id"], [])


class TestWhatIsToBeWrittenToMembrain:
    def test_an_intent_comes_back_whole(self, store: Store) -> None:
        """A field that a later version adds must not get lost on the way: each of them needs a value here."""
        change = FieldChange(
            sync="newsletter",
            membrain="contact.Name",
            field="full_name",
            path="first_name",
            old="Zoe",
            new="Zoë \ud83d",
            rule="constant-contact wins",
            truncated=True,
            overrules=True,
            first_only=True,
            name="Name",
            seen="Zoë",
            settles="Zoe ✓",
        )
        whole = MembrainIntent(
            contact_id=ContactId("c1"),
            membrain_id=MembrainId("m1"),
            email="new@example.com",
            operations=((Operation.READDRESS, "newsletter"), (Operation.CREATE_COMPANY, "partners")),
            changes=(change, replace(change, truncated=False)),
            company="Example Ltd",
            new_company=(replace(change, membrain="company.Name"),),
            may_create=True,
            old_email="old@example.com",
        )
        assert all(getattr(change, part.name) for part in fields(change)), "give every field a value"
        assert all(getattr(whole, part.name) for part in fields(whole)), "give every field a value"
        store.inward.plan_membrain([whole, intent("c2")])
        assert [stored.intent for stored in store.inward.membrain_intents()] == [whole, intent("c2")]

    def test_plans_are_numbered_in_order_and_begin_as_not_sent(self, store: Store) -> None:
        store.inward.plan_membrain([intent("c2"), intent("c1")])
        store.inward.plan_membrain(intent(name) for name in ("c3",))
        stored = store.inward.membrain_intents()
        assert [entry.intent.contact_id for entry in stored] == ["c2", "c1", "c3"]
        assert [entry.number for entry in stored] == sorted(entry.number for entry in stored)
        assert stored[0] == StoredMembrainIntent(stored[0].number, intent("c2"), None)

    def test_a_number_is_never_given_twice(self, store: Store) -> None:
        store.inward.plan_membrain([intent("c1")])
        (first,) = store.inward.membrain_intents()
        store.inward.drop_membrain_intents([first.number])
        store.inward.plan_membrain([intent("c2")])
        (second,) = store.inward.membrain_intents()
        assert second.number > first.number

    def test_what_was_sent_keeps_its_time_and_a_later_one_takes_its_place(self, store: Store, day: Days) -> None:
        store.inward.plan_membrain([intent("c1"), intent("c2")])
        one, two = (entry.number for entry in store.inward.membrain_intents())
        store.inward.mark_sent(two, day(1.5))
        store.inward.mark_sent(999, day(1))
        assert store.inward.membrain_intents() == [
            StoredMembrainIntent(one, intent("c1"), None),
            StoredMembrainIntent(two, intent("c2"), day(1.5)),
        ]
        store.inward.mark_sent(two, day(2))
        assert store.inward.membrain_intents(sent=True) == [StoredMembrainIntent(two, intent("c2"), day(2))]

    @pytest.fixture
    def spread(self, store: Store, day: Days) -> list[int]:
        """Six intents; the second, the fourth and the sixth were sent, the last of them first."""
        store.inward.plan_membrain(intent(f"c{number}") for number in range(6))
        numbers = [entry.number for entry in store.inward.membrain_intents()]
        for number in reversed(numbers[1::2]):
            store.inward.mark_sent(number, day(10 - number))
        return numbers

    def test_intents_are_asked_for_in_plan_order_by_whether_they_were_sent(
        self, store: Store, spread: list[int]
    ) -> None:
        def found(*, sent: bool | None = None, after: int = 0, limit: int = 1000) -> list[int]:
            stored = store.inward.membrain_intents(sent=sent, after=after, limit=limit)
            return [spread.index(entry.number) for entry in stored]

        assert found() == [0, 1, 2, 3, 4, 5]
        assert found(sent=True) == [1, 3, 5]
        assert found(sent=False) == [0, 2, 4]
        assert found(after=spread[1], limit=2) == [2, 3]
        assert found(sent=True, after=spread[1], limit=1) == [3]
        assert found(sent=False, after=spread[0], limit=1) == [2]

    def test_intents_are_counted_by_whether_they_were_sent(self, store: Store, spread: list[int]) -> None:
        store.inward.drop_membrain_intents(spread[:1])
        assert store.inward.membrain_intent_count() == 5
        assert store.inward.membrain_intent_count(sent=True) == 3
        assert store.inward.membrain_intent_count(sent=False) == 2

    def test_dropped_intents_are_forgotten(self, store: Store, spread: list[int]) -> None:
        store.inward.drop_membrain_intents([*spread[:5], 999])
        assert [entry.number for entry in store.inward.membrain_intents()] == spread[5:]

    def test_the_plans_of_both_ways_are_kept_apart(self, store: Store) -> None:
        outward = Intent(MembrainId("m1"), None, "m1@example.com", ())
        store.inward.plan_membrain([intent("c1")])
        store.work.plan([outward])
        numbers = [entry.number for entry in store.inward.membrain_intents()]
        store.work.drop_intents(numbers)
        assert [entry.intent for entry in store.inward.membrain_intents()] == [intent("c1")]

    def test_a_plan_that_breaks_off_halfway_is_not_stored_by_halves(self, store: Store) -> None:
        class BrokenOffError(Exception):
            pass

        def intents() -> object:
            yield intent("c1")
            raise BrokenOffError

        with pytest.raises(BrokenOffError):
            store.inward.plan_membrain(intents())  # type: ignore[arg-type] # a generator that ends in an exception
        assert store.inward.membrain_intents() == []
