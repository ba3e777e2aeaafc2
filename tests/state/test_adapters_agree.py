"""SQLite and memory answer alike, whatever is done to them in whatever order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from ccsync.state.memory import MemoryStore
from ccsync.state.sqlite import SqliteStore
from ccsync.state.values import FieldCounts
from ccsync.sync.operations import Batch, Intent, IntentState, MembrainIntent, Operation, Reason, Waiting
from ccsync.sync.records import (
    Base,
    Contact,
    ContactId,
    EmailKey,
    Gone,
    ListId,
    MembrainId,
    MembrainRecord,
    Resource,
    Standing,
    name_key,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from ccsync.state.store import Store

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)

# Few of each, so that they meet often.
people = st.sampled_from([MembrainId(name) for name in ("m1", "m2", "m3", "M4")])
contact_ids = st.sampled_from([ContactId(name) for name in ("c1", "c2", "c3")])
list_ids = st.sampled_from([ListId(name) for name in ("L1", "L2")])
addresses = st.sampled_from(["", "ann@example.com", "Ann@Example.com", "bo@example.com"])
companies = st.sampled_from(["", "o1", "o2"])
texts = st.sampled_from(["", "x", "Å\ud83d"])
moments = st.integers(0, 3).map(lambda days: NOON + timedelta(days=days))
sweeps = st.none() | st.integers(1, 3)
states = st.sampled_from(IntentState)
resources = st.sampled_from([Resource.CONTACTS, Resource.COMPANIES, Resource.PROSPECTS, Resource.OPPORTUNITIES])
records = st.builds(
    lambda identifier, email, company, name, created, changed, gone, closed: (
        identifier,
        {"EmailAddress": email, "CompanyId": company, "Name": name},
        created,
        changed,
        gone,
        closed,
    ),
    people,
    addresses,
    companies,
    texts,
    st.none() | moments,
    moments,
    st.sampled_from(Gone),
    st.booleans(),
)
contacts = st.builds(
    Contact,
    id=contact_ids,
    email=addresses,
    values=st.dictionaries(st.sampled_from(["first_name", "custom.1"]), texts),
    lists=st.frozensets(list_ids),
    permission=st.sampled_from(["implicit", "unsubscribed"]),
    deleted=st.booleans(),
    erased=st.booleans(),
    updated=st.none() | moments,
)
intents = st.builds(
    Intent,
    membrain_id=people,
    contact_id=st.none() | contact_ids,
    email=addresses,
    operations=st.just(((Operation.CREATE, "customers"),)),
    add=st.frozensets(list_ids),
)
membrain_intents = st.builds(
    MembrainIntent,
    contact_id=contact_ids,
    membrain_id=st.none() | people,
    email=addresses,
    operations=st.just(((Operation.CREATE, "customers"),)),
    company=texts,
    may_create=st.booleans(),
)
waits = st.builds(
    Waiting,
    membrain_id=people,
    contact=addresses,
    sync=st.sampled_from(["customers", "partners"]),
    field=st.sampled_from(["", "full_name"]),
    reason=st.sampled_from([Reason.NO_EMAIL, Reason.TOO_LONG]),
    detail=texts,
    since=moments,
    fingerprint=st.sampled_from(["", "f"]),
)
field_counts = st.builds(FieldCounts, written=st.integers(0, 2), skipped=st.integers(0, 1))
runs = st.sampled_from(["run-1", "run-2"])
numbers = st.lists(st.integers(1, 8), max_size=3)


class Adapters(RuleBasedStateMachine):
    """Does the same to both, and compares all that they answer."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = TemporaryDirectory()
        self._path = Path(self._folder.name) / "state.sqlite"
        self.sqlite = SqliteStore.open(self._path)
        self.memory = MemoryStore()
        self._scopes: list[tuple[bool, AbstractContextManager[None], AbstractContextManager[None]]] = []

    def teardown(self) -> None:
        while self._scopes:
            self._leave(broken=True)
        self.sqlite.close()
        self._folder.cleanup()

    def both(self, ask: Callable[[Store], Any]) -> None:
        assert ask(self.sqlite) == ask(self.memory)

    @rule(resource=resources, page=st.lists(records, max_size=4), sweep=sweeps)
    def read_membrain(self, resource: Resource, page: list[tuple[Any, ...]], sweep: int | None) -> None:
        rows = [MembrainRecord(resource, *row) for row in page]
        self.both(lambda store: store.mirror.put_records(rows, sweep))

    @rule(resource=resources, sweep=st.integers(1, 3))
    def finish_membrain(self, resource: Resource, sweep: int) -> None:
        self.both(lambda store: sorted(row.id for row in store.mirror.finish_records(resource, sweep)))

    @rule(page=st.lists(contacts, max_size=4), sweep=sweeps)
    def read_constant_contact(self, page: list[Contact], sweep: int | None) -> None:
        self.both(lambda store: store.mirror.put_contacts(page, sweep))

    @rule(sweep=st.integers(1, 3))
    def finish_constant_contact(self, sweep: int) -> None:
        self.both(lambda store: sorted(contact.id for contact in store.mirror.finish_contacts(sweep)))

    @rule(person=people, contact=contact_ids, paths=st.sets(st.sampled_from(["first_name", "custom.1"])), value=texts)
    def agree(self, person: MembrainId, contact: ContactId, paths: set[str], value: str) -> None:
        self.both(lambda store: store.agreement.link(person, contact))
        self.both(lambda store: store.agreement.put_bases(person, {path: Base(value, "") for path in paths}))

    @rule(contact=contact_ids, list_id=list_ids, standing=st.none() | st.sampled_from(Standing))
    def stand(self, contact: ContactId, list_id: ListId, standing: Standing | None) -> None:
        self.both(lambda store: store.agreement.put_standing(contact, list_id, standing))

    @rule(person=people, address=addresses, company=companies, everyone=st.booleans())
    def touch(self, person: MembrainId, address: str, company: str, *, everyone: bool) -> None:
        self.both(lambda store: store.work.touch([person]))
        self.both(lambda store: store.work.touch_addresses([EmailKey(address)]))
        self.both(lambda store: store.work.touch_companies([MembrainId(company)]))
        if everyone:
            self.both(lambda store: store.work.touch_everyone())

    @rule(gone=st.lists(people))
    def untouch(self, gone: list[MembrainId]) -> None:
        self.both(lambda store: store.work.untouch(gone))

    @rule(contact=contact_ids, address=addresses, list_id=list_ids, gone=st.none() | contact_ids)
    def touch_inward(self, contact: ContactId, address: str, list_id: ListId, gone: ContactId | None) -> None:
        self.both(lambda store: store.inward.touch_contacts([contact]))
        self.both(lambda store: store.inward.touch_contacts_at([EmailKey(address)]))
        self.both(lambda store: store.inward.touch_members([list_id]))
        if gone is not None:
            self.both(lambda store: store.inward.untouch_contacts([gone]))

    @rule(planned=st.lists(membrain_intents, max_size=3), sent=st.integers(1, 8), at=moments, dropped=numbers)
    def plan_inward(self, planned: list[MembrainIntent], sent: int, at: datetime, dropped: list[int]) -> None:
        self.both(lambda store: store.inward.plan_membrain(planned))
        self.both(lambda store: store.inward.mark_sent(sent, at))
        self.both(lambda store: store.inward.drop_membrain_intents(dropped))

    @rule(planned=st.lists(intents, max_size=3))
    def plan(self, planned: list[Intent]) -> None:
        self.both(lambda store: store.work.plan(planned))

    @rule(marked=numbers, state=states, batch=st.none() | st.just("b1"), failure=st.none() | st.just("refused"))
    def mark(self, marked: list[int], state: IntentState, batch: str | None, failure: str | None) -> None:
        self.both(lambda store: store.work.mark(marked, state, batch=batch, failure=failure))

    @rule(dropped=numbers)
    def drop(self, dropped: list[int]) -> None:
        self.both(lambda store: store.work.drop_intents(dropped))

    @rule(name=st.sampled_from(["b1", "b2"]), sent=moments, close=st.booleans())
    def batch(self, name: str, sent: datetime, *, close: bool) -> None:
        self.both(lambda store: store.work.open_batch(Batch(name, "import", "run-1", sent, 1)))
        self.both(lambda store: store.work.answered("b1", "activity-1"))
        if close:
            self.both(lambda store: store.work.close_batch(name))

    @rule(entries=st.lists(waits, max_size=3), person=people, keep=st.lists(waits, max_size=2), stop=st.booleans())
    def wait(self, entries: list[Waiting], person: MembrainId, keep: list[Waiting], *, stop: bool) -> None:
        self.both(lambda store: store.work.wait(entries))
        if stop:
            self.both(lambda store: store.work.stop_waiting(person, keep))

    @rule(run=runs, name=field_counts, title=field_counts, reason=st.integers(0, 2), at=moments)
    def count(self, run: str, name: FieldCounts, title: FieldCounts, reason: int, at: datetime) -> None:
        counts = {("customers", "full_name"): name, ("customers", "job_title"): title}
        reasons = {("customers", "job_title", "too_long"): (reason, run)} if reason else {}
        self.both(lambda store: store.history.count_fields(run, counts, reasons, at))

    @rule(keep=st.booleans())
    def enter(self, *, keep: bool) -> None:
        scopes = [store.transaction() if keep else store.rehearsal() for store in (self.sqlite, self.memory)]
        for scope in scopes:
            scope.__enter__()
        self._scopes.append((keep, scopes[0], scopes[1]))

    @rule(broken=st.booleans())
    def leave(self, *, broken: bool) -> None:
        if self._scopes:
            self._leave(broken=broken)

    @rule()
    def reopen(self) -> None:
        if not self._scopes:
            self.sqlite.close()
            self.sqlite = SqliteStore.open(self._path)

    @invariant()
    def mirrors_agree(self) -> None:
        everybody = [MembrainId(name) for name in ("m1", "m2", "m3", "M4", "nobody")]
        theirs = [ContactId(name) for name in ("c1", "c2", "c3", "nobody")]
        keys = [EmailKey(name) for name in ("", "ann@example.com", "bo@example.com")]
        for kind in (Resource.CONTACTS, Resource.PROSPECTS):
            self.both(lambda store, kind=kind: store.mirror.records(kind, everybody))  # type: ignore[misc] # early bound
            self.both(lambda store, kind=kind: store.mirror.record_count(kind))  # type: ignore[misc] # early bound
        self.both(lambda store: store.mirror.contacts_by_email(keys))
        self.both(lambda store: store.mirror.everybody_by_email(keys))
        self.both(lambda store: store.mirror.companies_by_name([name_key(name) for name in ("", "x", "Å\ud83d", "å?")]))
        self.both(lambda store: store.mirror.projects_of([MembrainId(name) for name in ("", "o1", "o2")]))
        self.both(lambda store: store.mirror.contacts(theirs))
        self.both(lambda store: store.mirror.contacts_by_address(keys))
        self.both(lambda store: (store.mirror.contact_count(), store.mirror.list_size(ListId("L1"))))
        self.both(lambda store: (store.agreement.links(everybody), store.agreement.linked_to(theirs)))
        self.both(lambda store: (store.agreement.bases(everybody), store.agreement.standings(theirs)))
        self.both(lambda store: store.agreement.placed(ListId("L1")))

    @invariant()
    def work_and_history_agree(self) -> None:
        everybody = [MembrainId(name) for name in ("m1", "m2", "m3", "M4")]
        some = (IntentState.SENT, IntentState.PLANNED)
        self.both(lambda store: (store.work.touched(), store.work.touched_count()))
        self.both(lambda store: store.work.touched(after=MembrainId("m1"), limit=1))
        self.both(lambda store: (store.work.intents(), store.work.intent_count(*some)))
        self.both(lambda store: store.work.intents(*some, after=1, limit=2))
        self.both(lambda store: store.work.intents(*some, batch="b1"))
        self.both(lambda store: store.work.batches())
        self.both(lambda store: (store.work.waiting(), store.work.waiting_counts(), store.work.waiting(limit=1)))
        self.both(lambda store: store.work.waiting_for(everybody))
        self.both(lambda store: store.history.field_statistics())

    @invariant()
    def the_way_into_membrain_agrees(self) -> None:
        self.both(lambda store: (store.inward.touched_contacts(), store.inward.touched_contact_count()))
        self.both(lambda store: store.inward.touched_contacts(after=ContactId("c1"), limit=1))
        for sent in (None, True, False):
            self.both(lambda store, sent=sent: store.inward.membrain_intents(sent=sent))  # type: ignore[misc] # early bound
            self.both(lambda store, sent=sent: store.inward.membrain_intent_count(sent=sent))  # type: ignore[misc] # early bound
            self.both(lambda store, sent=sent: store.inward.membrain_intents(sent=sent, after=1, limit=2))  # type: ignore[misc] # early bound

    def _leave(self, *, broken: bool) -> None:
        _, *scopes = self._scopes.pop()
        for scope in scopes:
            if broken:
                error = RuntimeError("broken off")
                assert not scope.__exit__(RuntimeError, error, None)
            else:
                scope.__exit__(None, None, None)


def _run(examples: int, steps: int, *, derandomize: bool) -> None:
    run_state_machine_as_test(
        Adapters,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            derandomize=derandomize,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_the_adapters_agree() -> None:
    _run(examples=12, steps=25, derandomize=True)


@pytest.mark.slow
def test_the_adapters_agree_at_length() -> None:
    _run(examples=100, steps=50, derandomize=False)
