"""What erasure promises, and that forgotten people are kept out, on every adapter."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from ccsync.state.forgotten import Forgotten, load, remember
from ccsync.state.memory import MemoryStore
from ccsync.state.sqlite import SqliteStore
from ccsync.state.values import FieldCounts, RunRecord
from ccsync.sync.operations import Intent, MembrainIntent, Operation, Reason, Waiting
from ccsync.sync.records import Base, ContactId, EmailKey, Gone, ListId, MembrainId, Resource, Standing

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ccsync.state.store import Store
    from ccsync.sync.records import Contact, MembrainRecord

    Person = Callable[..., MembrainRecord]
    There = Callable[..., Contact]

ANN, BO = MembrainId("m-ann-1"), MembrainId("m-bo-2")
ANNS, BOS = ContactId("c-ann-1"), ContactId("c-bo-2")
LIST = ListId("L1")
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def fill(store: Store, person: Person, contact: There) -> None:
    """Bring Ann and Bo into every book."""
    store.mirror.put_records([person(ANN, "ann@example.com"), person(BO, "bo@example.com", name="Bo Dahl")], 1)
    store.mirror.put_contacts(
        [contact(ANNS, "ann@example.com", lists=("L1",)), contact(BOS, "bo@example.com", lists=("L1",))], 1
    )
    for here, there, email in ((ANN, ANNS, "ann@example.com"), (BO, BOS, "bo@example.com")):
        store.agreement.link(here, there)
        store.agreement.put_bases(here, {"first_name": Base("x", "y"), "email": Base(email, email)})
        store.agreement.put_standing(there, LIST, Standing.PLACED)
        store.work.touch([here])
        store.inward.touch_contacts([there])
        store.work.plan([Intent(here, there, email, ((Operation.UPDATE, "s"),))])
        store.inward.plan_membrain([MembrainIntent(there, here, email, ((Operation.UPDATE, "s"),))])
        store.work.wait([Waiting(here, email, "s", "", Reason.HELD, "", NOON)])


def test_nothing_of_a_person_is_left_in_any_book(store: Store, person: Person, contact: There) -> None:
    fill(store, person, contact)

    assert store.erasure.erase([ANN], [ANNS]) > 10
    store.erasure.compact()

    assert store.erasure.holding(["ann@example.com", ANN, ANNS]) == []
    assert store.erasure.erase([ANN], [ANNS]) == 0


def test_everything_of_the_others_is_left(store: Store, person: Person, contact: There) -> None:
    fill(store, person, contact)
    store.erasure.erase([ANN], [ANNS])

    assert (store.mirror.record_count(Resource.CONTACTS), store.mirror.contact_count()) == (1, 1)
    assert (store.mirror.list_size(LIST), store.mirror.members(LIST), store.agreement.placed(LIST)) == (1, {BOS}, 1)
    assert store.agreement.links([ANN, BO]) == {BO: BOS}
    assert store.agreement.linked_to([ANNS, BOS]) == {BOS: BO}
    assert set(store.agreement.bases([BO])[BO]) == {"first_name", "email"}
    assert (store.work.touched(), store.inward.touched_contacts()) == ([BO], [BOS])
    assert [one.intent.email for one in store.work.intents()] == ["bo@example.com"]
    assert [one.intent.email for one in store.inward.membrain_intents()] == ["bo@example.com"]
    assert [one.contact for one in store.work.waiting()] == ["bo@example.com"]


def test_a_sweep_afterwards_misses_nobody_twice(store: Store, person: Person, contact: There) -> None:
    fill(store, person, contact)
    store.mirror.finish_records(Resource.CONTACTS, 1)
    store.mirror.finish_contacts(1)
    store.erasure.erase([ANN], [ANNS])

    for sweep in (2, 3):
        store.mirror.put_records([person(BO, "bo@example.com", name="Bo Dahl")], sweep)
        assert store.mirror.finish_records(Resource.CONTACTS, sweep) == []


def test_all_contacts_of_an_address_are_found_gone_ones_too(store: Store, contact: There) -> None:
    store.mirror.put_contacts([contact("c1", "ann@example.com", deleted=True), contact("c2", "Ann@example.com")])

    assert store.erasure.contacts_at([EmailKey("ann@example.com"), EmailKey("")]) == ["c1", "c2"]


def test_texts_that_name_somebody_are_hidden(store: Store) -> None:
    store.history.put_run(RunRecord("r1", NOON, message='for "Ann" it failed'))
    store.history.count_fields("r1", {("s", "f"): FieldCounts(skipped=1)}, {("s", "f", "too_long"): (1, "Ann")}, NOON)
    store.work.wait([Waiting(BO, "bo@example.com", "s", "", Reason.HELD, 'still that of "Ann"', NOON, "mark")])
    store.progress.set_fact("users", '{"names": ["Ann", "Bo"], "since": {"Ann": "noon"}}')
    store.progress.set_fact("plain", "Ann")

    assert store.erasure.hide(lambda text: text.replace("Ann", "X")) == 5

    assert store.history.runs()[0].message == 'for "X" it failed'
    assert store.history.field_statistics()["s", "f"].reasons[0].example == "X"
    assert [(one.detail, one.fingerprint) for one in store.work.waiting()] == [('still that of "X"', "mark")]
    assert "Ann" not in (store.progress.fact("users") or "")
    assert store.progress.fact("plain") == "X"
    assert store.erasure.hide(lambda text: text.replace("Ann", "X")) == 0


@pytest.mark.parametrize("spelled", ["ANN@example.com", "ann@EXAMPLE.com"])
def test_what_still_holds_somebody_is_found_in_any_case(store: Store, person: Person, spelled: str) -> None:
    store.mirror.put_records([person(BO, "bo@example.com", name="told by Ann@Example.com")])

    assert len(store.erasure.holding([spelled])) == 1
    assert store.erasure.holding(["nobody@example.com"]) == []


def test_whether_somebody_is_touched_can_be_asked(store: Store) -> None:
    store.work.touch([ANN])
    store.inward.touch_contacts([BOS])

    assert (store.work.is_touched(ANN), store.work.is_touched(BO)) == (True, False)
    assert (store.inward.is_touched(BOS), store.inward.is_touched(ANNS)) == (True, False)


class TestWhoWasForgotten:
    @pytest.fixture
    def forgotten(self, tmp_path: Path) -> Forgotten:
        remember(tmp_path, ["Ann@example.com"], [ANN], [ANNS], NOON)
        return load(tmp_path)

    @pytest.fixture(params=["memory", "sqlite"])
    def guarded(self, request: pytest.FixtureRequest, tmp_path: Path, forgotten: Forgotten) -> Store:
        memory = request.param == "memory"
        return MemoryStore(forgotten) if memory else SqliteStore.open(tmp_path / "s.sqlite", forgotten=forgotten)

    def test_is_not_stored_by_address_nor_by_id(self, guarded: Store, person: Person, contact: There) -> None:
        rows = [person("m9", " ANN@example.com"), person(ANN, "other@example.com"), person(BO, "bo@example.com")]
        contacts = [
            contact("c9", "Ann@example.com"),
            contact(ANNS, "other@example.com"),
            contact(BOS, "bo@example.com"),
        ]

        assert [change.new.id for change in guarded.mirror.put_records(rows, 1)] == [BO]
        assert [change.new.id for change in guarded.mirror.put_contacts(contacts, 1)] == [BOS]
        assert len(guarded.forgotten.met) == 1
        assert guarded.mirror.finish_records(Resource.CONTACTS, 1) == []
        guarded.close()

    def test_an_address_given_to_somebody_else_lets_those_take_no_part(
        self, guarded: Store, person: Person, contact: There
    ) -> None:
        guarded.mirror.put_records([person(BO, "bo@example.com")])
        guarded.mirror.put_contacts([contact(BOS, "bo@example.com", lists=("L1",))])

        guarded.mirror.put_records([person(BO, "ann@example.com")])
        guarded.mirror.put_contacts([contact(BOS, "ann@example.com", lists=("L1",))])

        known = guarded.mirror.records(Resource.CONTACTS, [BO])[BO]
        assert (known.gone, known.email) == (Gone.DELETED, "bo@example.com")
        there = guarded.mirror.contacts([BOS])[BOS]
        assert (there.erased, there.email, there.lists) == (True, "bo@example.com", frozenset())
        guarded.mirror.put_records([person(BO, "bo.dahl@example.com")])
        assert not guarded.mirror.records(Resource.CONTACTS, [BO])[BO].gone
        guarded.close()

    def test_a_new_address_is_learned_unless_somebody_else_has_it(
        self, guarded: Store, person: Person, contact: There, tmp_path: Path
    ) -> None:
        guarded.mirror.put_records([person(BO, "bo@example.com")])
        guarded.mirror.put_records([person(ANN, "bo@example.com")])
        guarded.mirror.put_contacts([contact(ANNS, "ann.new@example.com")])

        again = guarded.mirror.put_records([person("m9", "Ann.New@example.com"), person(BO, "bo@example.com")])

        assert again == []
        assert not guarded.mirror.records(Resource.CONTACTS, [BO])[BO].gone
        guarded.forgotten.keep()
        known = load(tmp_path)
        assert (len(known), known.has(EmailKey("ann.new@example.com")), known.has_id("m9")) == (1, True, True)
        assert not known.has(EmailKey("bo@example.com"))
        guarded.close()

    def test_companies_are_nobody(self, guarded: Store, person: Person) -> None:
        company = person(ANN, "ann@example.com").__class__(Resource.COMPANIES, ANN, {"EmailAddress": "ann@example.com"})

        assert len(guarded.mirror.put_records([company])) == 1
        guarded.close()

    def test_a_damaged_file_stops_everything(self, tmp_path: Path) -> None:
        (tmp_path / "forgotten.json").write_text('{"people": [{"since"', "utf-8")

        with pytest.raises(Exception, match="is damaged: whom ccsync was told to forget cannot be told"):
            load(tmp_path)
