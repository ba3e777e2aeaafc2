"""What the book of work promises, on every adapter."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING

import pytest

from ccsync.sync.operations import Batch, FieldChange, Intent, IntentState, Operation, Reason, StoredIntent, Waiting
from ccsync.sync.records import ContactId, EmailKey, Gone, ListId, MembrainId, MembrainRecord, Resource

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from ccsync.state.store import Store

    People = Callable[..., MembrainRecord]
    Days = Callable[[float], datetime]

PLANNED, SENDING, SENT = IntentState.PLANNED, IntentState.SENDING, IntentState.SENT


def ids(*names: str) -> list[MembrainId]:
    return [MembrainId(name) for name in names]


def intent(name: str) -> Intent:
    return Intent(MembrainId(name), None, f"{name}@example.com", ((Operation.CREATE, "customers"),))


class TestWhoIsToBePlanned:
    def test_the_touched_come_in_order_and_page_by_page(self, store: Store) -> None:
        store.work.touch(ids("m3", "m1", "é", "Z", "m2"))
        store.work.touch(ids("m1"))
        assert store.work.touched() == ["Z", "m1", "m2", "m3", "é"]
        assert store.work.touched(limit=2) == ["Z", "m1"]
        assert store.work.touched(after=MembrainId("m1"), limit=2) == ["m2", "m3"]
        assert store.work.touched_count() == 5

    def test_who_was_planned_is_taken_off(self, store: Store) -> None:
        store.work.touch(ids("m1", "m2", "m3"))
        store.work.untouch(ids("m1", "m3", "nobody"))
        assert (store.work.touched(), store.work.touched_count()) == (["m2"], 1)

    def test_an_address_touches_all_who_have_it_gone_ones_too(self, store: Store, person: People) -> None:
        store.mirror.put_records(
            [
                person("m1", "Ann@example.com"),
                person("m2", "ann@example.com", gone=Gone.DELETED),
                person("m3", "bo@example.com"),
                person("m4"),
            ]
        )
        store.work.touch_addresses([EmailKey("ann@example.com"), EmailKey("nobody@example.com"), EmailKey("")])
        assert store.work.touched() == ["m1", "m2"]

    def test_a_company_touches_its_living_contacts(self, store: Store, person: People) -> None:
        store.mirror.put_records(
            [person("m1", company="o1"), person("m2", company="o1", gone=Gone.RETIRED), person("m3")]
        )
        store.mirror.put_records([MembrainRecord(Resource.PROSPECTS, MembrainId("p1"), {"CompanyId": "o1"})])
        store.work.touch_companies(ids("o1", "o2", ""))
        assert store.work.touched() == ["m1"]

    def test_a_reason_touches_the_contacts_who_wait_for_it(self, store: Store, person: People, day: Days) -> None:
        def wait(name: str, reason: Reason, field: str = "") -> Waiting:
            return Waiting(MembrainId(name), "", "customers", field, reason, "", day(0))

        store.mirror.put_records([person("m1"), person("m2"), person("m3")])
        store.work.wait([wait("m1", Reason.NO_COMPANY), wait("m2", Reason.NO_COMPANY, "company_name")])
        store.work.wait([wait("m3", Reason.NO_NAME), wait("c1", Reason.NO_COMPANY)])
        store.work.touch(ids("m1"))
        store.work.touch_waiting(Reason.NO_COMPANY)
        assert store.work.touched() == ["m1", "m2"]

    def test_everyone_is_every_contact_gone_ones_too(self, store: Store, person: People) -> None:
        store.mirror.put_records([person("m1"), person("m2", gone=Gone.DELETED)])
        store.mirror.put_records([MembrainRecord(Resource.COMPANIES, MembrainId("o1"), {})])
        store.work.touch(ids("m1"))
        store.work.touch_everyone()
        assert store.work.touched() == ["m1", "m2"]


class TestIntents:
    def test_an_intent_comes_back_whole(self, store: Store) -> None:
        change = FieldChange(
            sync="customers",
            membrain="contact.Name",
            field="full_name",
            path="first_name",
            old="Zoe",
            new="Zoë ✓",
            rule="membrain wins",
            truncated=True,
            overrules=True,
            first_only=True,
            name="Name",
            seen="Zoé",
            settles="Zoë",
        )
        whole = Intent(
            membrain_id=MembrainId("m1"),
            contact_id=ContactId("c1"),
            email="new@example.com",
            operations=((Operation.READDRESS, "customers"), (Operation.ADD_TO_LIST, "partners")),
            changes=(change, replace(change, truncated=False)),
            add=frozenset(map(ListId, ("L1", "L2"))),
            remove=frozenset({ListId("L3")}),
            keep=frozenset({ListId("L4")}),
            old_email="old@example.com",
            leaving="missing",
        )
        assert all(getattr(change, part.name) for part in fields(change)), "give every field a value"
        assert all(getattr(whole, part.name) for part in fields(whole)), "give every field a value"
        store.work.plan([whole, intent("m2")])
        assert [stored.intent for stored in store.work.intents()] == [whole, intent("m2")]

    def test_plans_are_numbered_in_order_and_begin_as_planned(self, store: Store) -> None:
        store.work.plan([intent("m2"), intent("m1")])
        store.work.plan(intent(name) for name in ("m3",))
        stored = store.work.intents()
        assert [entry.intent.membrain_id for entry in stored] == ["m2", "m1", "m3"]
        assert [entry.number for entry in stored] == sorted(entry.number for entry in stored)
        assert stored[0] == StoredIntent(stored[0].number, intent("m2"), PLANNED)

    def test_a_number_is_never_given_twice(self, store: Store) -> None:
        store.work.plan([intent("m1")])
        (first,) = store.work.intents()
        store.work.drop_intents([first.number])
        store.work.plan([intent("m2")])
        (second,) = store.work.intents()
        assert second.number > first.number

    def test_states_batch_and_failure_are_marked(self, store: Store) -> None:
        store.work.plan([intent("m1"), intent("m2")])
        one, two = (entry.number for entry in store.work.intents())
        store.work.mark([one, two], SENDING, batch="b1")
        store.work.mark([two, 999], SENT, failure="no such list")
        assert store.work.intents() == [
            StoredIntent(one, intent("m1"), SENDING, "b1"),
            StoredIntent(two, intent("m2"), SENT, "b1", "no such list"),
        ]
        store.work.mark([two], PLANNED, batch="", failure="")
        assert store.work.intents(PLANNED) == [StoredIntent(two, intent("m2"), PLANNED)]

    @pytest.fixture
    def spread(self, store: Store) -> list[int]:
        """Six intents: planned, sending, sent, planned, sending, sent; the last three of batch b1."""
        store.work.plan(intent(f"m{number}") for number in range(6))
        numbers = [entry.number for entry in store.work.intents()]
        for number, state in zip(numbers, (PLANNED, SENDING, SENT) * 2, strict=True):
            store.work.mark([number], state, batch="b1" if number >= numbers[3] else None)
        return numbers

    def test_intents_are_asked_for_by_state_in_plan_order(self, store: Store, spread: list[int]) -> None:
        def found(*states: IntentState, after: int = 0, limit: int = 1000) -> list[int]:
            return [spread.index(entry.number) for entry in store.work.intents(*states, after=after, limit=limit)]

        assert found() == [0, 1, 2, 3, 4, 5]
        assert found(SENT) == [2, 5]
        assert found(SENT, PLANNED) == [0, 2, 3, 5]
        assert found(SENT, PLANNED, SENT, limit=3) == [0, 2, 3]
        assert found(SENT, PLANNED, after=spread[2], limit=1) == [3]
        assert found(IntentState.UNVERIFIED) == []

    def test_intents_are_asked_for_by_batch(self, store: Store, spread: list[int]) -> None:
        def found(*states: IntentState, batch: str, after: int = 0, limit: int = 1000) -> list[int]:
            stored = store.work.intents(*states, batch=batch, after=after, limit=limit)
            return [spread.index(entry.number) for entry in stored]

        assert found(batch="b1") == [3, 4, 5]
        assert found(SENT, SENDING, batch="b1") == [4, 5]
        assert found(batch="b1", after=spread[3], limit=1) == [4]
        assert found(batch="b2") == []
        assert found(batch="") == [0, 1, 2]

    def test_intents_are_counted_by_state(self, store: Store, spread: list[int]) -> None:
        assert store.work.intent_count() == len(spread)
        assert store.work.intent_count(SENT) == 2
        assert store.work.intent_count(SENT, PLANNED) == 4
        assert store.work.intent_count(IntentState.UNVERIFIED) == 0

    def test_dropped_intents_are_forgotten(self, store: Store, spread: list[int]) -> None:
        store.work.drop_intents([*spread[:5], 999])
        assert [entry.number for entry in store.work.intents()] == spread[5:]


class TestBatches:
    def test_a_batch_becomes_an_activity_and_is_closed(self, store: Store, day: Days) -> None:
        batch = Batch("b1", "import", "run-1", day(0), 250)
        store.work.open_batch(batch)
        assert store.work.batches() == [batch]
        store.work.answered("b1", "activity-1")
        assert store.work.batches() == [replace(batch, activity_id="activity-1")]
        store.work.close_batch("b1")
        assert store.work.batches() == []

    def test_the_oldest_batch_is_first(self, store: Store, day: Days) -> None:
        batches = [Batch(name, "import", "run", day(sent), 1) for name, sent in (("b", 2), ("c", 1), ("a", 1))]
        for batch in batches:
            store.work.open_batch(batch)
        assert [batch.id for batch in store.work.batches()] == ["c", "a", "b"]

    def test_a_batch_that_is_opened_again_takes_the_place_of_the_first(self, store: Store, day: Days) -> None:
        store.work.open_batch(Batch("b1", "import", "run-1", day(0), 250))
        again = Batch("b1", "list", "run-2", day(1), 10, "activity-1")
        store.work.open_batch(again)
        assert store.work.batches() == [again]

    def test_an_unknown_batch_is_let_be(self, store: Store) -> None:
        store.work.answered("nothing", "activity-1")
        store.work.close_batch("nothing")
        assert store.work.batches() == []


class TestWaiting:
    @pytest.fixture
    def waiting(self, day: Days) -> Callable[..., Waiting]:
        def make(
            name: str, field: str = "", *, reason: Reason = Reason.NO_EMAIL, since: float = 0, detail: str = "none"
        ) -> Waiting:
            return Waiting(MembrainId(name), f"{name}@example.com", "customers", field, reason, detail, day(since), "f")

        return make

    def test_who_waits_comes_longest_first(self, store: Store, waiting: Callable[..., Waiting]) -> None:
        late, early, field = waiting("m1", since=2), waiting("m2", since=1), waiting("m2", "full_name", since=1)
        store.work.wait([late, field, early])
        assert store.work.waiting() == [early, field, late]
        assert store.work.waiting(limit=1) == [early]
        assert store.work.waiting(limit=0) == []

    def test_the_same_wait_keeps_its_beginning_and_takes_the_rest(
        self, store: Store, waiting: Callable[..., Waiting], day: Days
    ) -> None:
        store.work.wait([waiting("m1", since=1)])
        store.work.wait([replace(waiting("m1", since=2, detail="other"), fingerprint="g", contact="new@example.com")])
        (stored,) = store.work.waiting()
        assert stored == replace(waiting("m1", since=1), detail="other", fingerprint="g", contact="new@example.com")
        store.work.wait([waiting("m1", since=0)])
        assert store.work.waiting()[0].since == day(0)

    def test_another_reason_field_or_sync_is_another_wait(self, store: Store, waiting: Callable[..., Waiting]) -> None:
        entries = [
            waiting("m1"),
            waiting("m1", reason=Reason.OPTED_OUT),
            waiting("m1", "full_name"),
            replace(waiting("m1"), sync="partners"),
        ]
        store.work.wait(entries)
        found = store.work.waiting_for(ids("m1", "m2"))
        assert list(found) == ["m1"]
        assert set(found[MembrainId("m1")]) == set(entries)

    def test_people_are_counted_by_sync_and_reason_and_fields_are_not(
        self, store: Store, waiting: Callable[..., Waiting]
    ) -> None:
        store.work.wait(
            [waiting("m1"), waiting("m2"), waiting("m3", reason=Reason.DELETED), waiting("m4", "full_name")]
        )
        assert store.work.waiting_counts() == {("customers", "no_email"): 2, ("customers", "deleted"): 1}

    def test_who_waits_no_longer_is_forgotten(self, store: Store, waiting: Callable[..., Waiting]) -> None:
        store.work.wait([waiting("m1"), waiting("m1", "full_name"), waiting("m2")])
        store.work.stop_waiting(MembrainId("m1"))
        assert store.work.waiting() == [waiting("m2")]

    def test_what_still_holds_is_kept_by_its_sync_field_and_reason(
        self, store: Store, waiting: Callable[..., Waiting]
    ) -> None:
        kept, field = waiting("m1"), waiting("m1", "full_name", reason=Reason.TOO_LONG)
        store.work.wait([kept, field, waiting("m1", reason=Reason.DELETED), waiting("m1", "job_title")])
        store.work.stop_waiting(
            MembrainId("m1"), keep=[replace(kept, detail="other"), field, waiting("m1", "phone.work")]
        )
        assert store.work.waiting() == [kept, field]
