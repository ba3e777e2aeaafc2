"""What happens together, and what is taken back, on every adapter."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from ccsync.state.values import RunRecord
from ccsync.sync.operations import Intent, MembrainIntent
from ccsync.sync.records import Base, ContactId, ListId, MembrainId, MembrainRecord, Resource, Standing

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from ccsync.state.store import Store
    from ccsync.sync.records import Contact

    Days = Callable[[float], datetime]
    People = Callable[..., MembrainRecord]
    Contacts = Callable[..., Contact]


class BrokenOffError(Exception):
    pass


def facts(store: Store) -> str:
    return "".join(key for key in "abcde" if store.progress.fact(key) is not None)


class TestTransactions:
    def test_everything_inside_happens(self, store: Store) -> None:
        with store.transaction():
            store.progress.set_fact("a", "1")
            store.progress.set_fact("b", "1")
        assert facts(store) == "ab"

    def test_an_exception_takes_everything_back_and_passes_through(self, store: Store) -> None:
        store.progress.set_fact("a", "1")

        def break_off() -> None:
            with store.transaction():
                store.progress.set_fact("b", "1")
                store.progress.set_fact("a", None)
                raise BrokenOffError

        with pytest.raises(BrokenOffError):
            break_off()
        assert facts(store) == "a"

    def test_every_book_takes_part(self, store: Store, day: Days, person: People, contact: Contacts) -> None:
        ann, theirs, list_id = person("m1", "ann@example.com"), contact("c1", lists=("L1",)), ListId("L1")
        with suppress(BrokenOffError), store.transaction():
            store.mirror.put_records([ann], sweep=1)
            store.mirror.put_contacts([theirs], sweep=1)
            store.agreement.link(ann.id, theirs.id)
            store.agreement.put_bases(ann.id, {"first_name": Base("Ann", "Ann")})
            store.agreement.put_standing(theirs.id, list_id, Standing.PLACED)
            store.work.touch_everyone()
            store.work.plan([Intent(ann.id, theirs.id, ann.email, ())])
            store.inward.touch_contacts([theirs.id])
            store.inward.plan_membrain([MembrainIntent(theirs.id, ann.id, ann.email, ())])
            store.history.put_run(RunRecord("run-1", day(0)))
            raise BrokenOffError
        assert store.mirror.records(Resource.CONTACTS, [ann.id]) == {}
        assert store.mirror.contacts([theirs.id]) == {}
        counts = (store.mirror.record_count(Resource.CONTACTS), store.mirror.contact_count())
        assert (*counts, store.mirror.list_size(list_id), store.agreement.placed(list_id)) == (0, 0, 0, 0)
        assert (store.agreement.links([ann.id]), store.agreement.linked_to([theirs.id])) == ({}, {})
        assert (store.agreement.bases([ann.id]), store.agreement.standings([theirs.id])) == ({}, {})
        assert (store.work.touched(), store.work.intents(), store.history.runs()) == ([], [], [])
        assert (store.inward.touched_contacts(), store.inward.membrain_intents()) == ([], [])

    def test_marks_of_a_sweep_that_were_taken_back_do_not_count(self, store: Store, person: People) -> None:
        store.mirror.put_records([person("m1")])
        store.mirror.finish_records(Resource.CONTACTS, 1)
        with suppress(BrokenOffError), store.transaction():
            store.mirror.put_records([person("m1")], sweep=2)
            raise BrokenOffError
        assert len(store.mirror.finish_records(Resource.CONTACTS, 2)) == 1

    def test_an_inner_transaction_is_taken_back_alone(self, store: Store) -> None:
        with store.transaction():
            store.progress.set_fact("a", "1")
            with suppress(BrokenOffError), store.transaction():
                store.progress.set_fact("b", "1")
                with store.transaction():
                    store.progress.set_fact("c", "1")
                raise BrokenOffError
            store.progress.set_fact("d", "1")
        assert facts(store) == "ad"

    def test_an_inner_transaction_does_not_outlive_the_outer_one(self, store: Store) -> None:
        with suppress(BrokenOffError), store.transaction():
            with store.transaction():
                store.progress.set_fact("a", "1")
            raise BrokenOffError
        assert facts(store) == ""

    def test_a_plan_that_breaks_off_halfway_is_not_stored_by_halves(self, store: Store) -> None:
        def intents() -> object:
            yield Intent(MembrainId("m1"), ContactId("c1"), "ann@example.com", ())
            raise BrokenOffError

        with store.transaction(), suppress(BrokenOffError):
            store.work.plan(intents())  # type: ignore[arg-type] # a generator that ends in an exception
        assert store.work.intents() == []


class TestRehearsals:
    def test_a_rehearsal_sees_what_it_did_and_leaves_nothing(self, store: Store) -> None:
        with store.rehearsal():
            store.progress.set_fact("a", "1")
            with store.transaction():
                store.progress.set_fact("b", "1")
            assert facts(store) == "ab"
        assert facts(store) == ""

    def test_a_rehearsal_lets_exceptions_through(self, store: Store) -> None:
        def break_off() -> None:
            with store.rehearsal():
                store.progress.set_fact("a", "1")
                raise BrokenOffError

        with pytest.raises(BrokenOffError):
            break_off()
        assert facts(store) == ""

    def test_an_inner_transaction_of_a_rehearsal_can_be_taken_back_alone(self, store: Store) -> None:
        with store.rehearsal():
            store.progress.set_fact("a", "1")
            with suppress(BrokenOffError), store.transaction():
                store.progress.set_fact("b", "1")
                raise BrokenOffError
            assert facts(store) == "a"

    def test_a_rehearsal_inside_a_transaction_takes_back_only_itself(self, store: Store) -> None:
        with store.transaction():
            store.progress.set_fact("a", "1")
            with store.rehearsal():
                store.progress.set_fact("b", "1")
            store.progress.set_fact("c", "1")
        assert facts(store) == "ac"

    def test_after_a_rehearsal_the_store_keeps_again(self, store: Store) -> None:
        with store.rehearsal():
            store.progress.set_fact("a", "1")
        store.progress.set_fact("b", "1")
        assert facts(store) == "b"
