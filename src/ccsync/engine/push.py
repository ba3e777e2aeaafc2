"""Carrying out the plan in the cheapest legal way.

An import creates and updates by the thousand, but cannot clear a value, change an address, carry a foreign phone number
or leave lists alone; a PUT can, one person at a time, after a GET. Lists are left and entered by jobs of 500.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from http import HTTPStatus
from itertools import islice
from typing import TYPE_CHECKING

from ccsync.constant_contact import side
from ccsync.constant_contact.imports import split
from ccsync.engine.activities import Activities, Job
from ccsync.engine.consent import Consent, by_put
from ccsync.errors import RecordRefused, Stopped
from ccsync.sync.mapping import written_values
from ccsync.sync.operations import Intent, IntentState, Reason

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any

    from ccsync.engine.bind import Names
    from ccsync.engine.context import Context
    from ccsync.engine.outcomes import Outcomes
    from ccsync.engine.pull_constant_contact import ContactReader
    from ccsync.sync.operations import StoredIntent
    from ccsync.sync.records import ListId

JOB_SIZE = 500
MOST_REFUSALS = 20
"""So many jobs refused in a row: to halve 40,000 people down to one takes 16, so it is nobody of them."""

AT_ONCE = 100
"""So many single people take about a minute; then those of them who enter a list do."""

FEW = 2
"""So many updates cost less as a GET and a PUT each than as one import, a look at it and the reading back."""


class Push:
    """Sends the planned intents."""

    def __init__(
        self, context: Context, names: Names, reader: ContactReader, activities: Activities, outcomes: Outcomes
    ) -> None:
        self._context = context
        self._names = names
        self._reader = reader
        self._activities = activities
        self._outcomes = outcomes
        self._refusals = 0
        self._consent = Consent(context)

    def send(self) -> None:
        """Send everything that is planned: leaving lists, imports, entering lists, single people.

        Single people come last: each of them is read anew, and that may take an hour. Whatever names a list goes by a
        reading that has to be young; whoever is read anew and enters a list as well, does so when they were read.
        """
        work = self._context.store.work
        self._context.progress.phase("writing", work.intent_count(IntentState.PLANNED))
        self._send_jobs(Job.REMOVE, self._planned(_leaving), self._context.constant_contact.remove_from_lists)
        alone = self._alone()
        self._imports(alone)
        first_read = {stored.intent.membrain_id for stored in self._planned(alone)}
        self._enter_lists(self._planned(lambda intent: _entering(intent) and intent.membrain_id not in first_read))
        one_by_one = self._planned(alone)
        while people := list(islice(one_by_one, AT_ONCE)):
            self._single_people(people)

    def _planned(self, wanted: Callable[[Intent], bool], among: range | None = None) -> Iterator[StoredIntent]:
        """Yield the planned intents that are wanted; ``among`` are the numbers to look at."""
        after = among.start - 1 if among else 0
        while page := self._context.store.work.intents(IntentState.PLANNED, after=after):
            after = page[-1].number
            for stored in page:
                if among and stored.number >= among.stop:
                    return
                bound = self._names.bound(stored)
                if wanted(bound.intent):
                    yield bound

    def _numbered(self, numbers: Sequence[int]) -> Iterator[StoredIntent]:
        """Yield the intents with these numbers, which ascend; thousands of them are not kept in memory."""
        wanted, after = frozenset(numbers), numbers[0] - 1
        while after < numbers[-1] and (page := self._context.store.work.intents(after=after)):
            after = page[-1].number
            yield from (self._names.bound(stored) for stored in page if stored.number in wanted)

    def _enter_lists(self, people: Iterator[StoredIntent]) -> None:
        self._send_jobs(Job.ADD, people, self._context.constant_contact.add_to_lists)

    def _send_jobs(
        self,
        job: Job,
        people: Iterator[StoredIntent],
        call: Callable[[Sequence[str], Sequence[str]], dict[str, Any]],
    ) -> None:
        for lists, numbers in _jobs(people):
            self._send(job, numbers, partial(self._call_for, call, lists))

    def _call_for(
        self, call: Callable[[Sequence[str], Sequence[str]], dict[str, Any]], lists: list[str], numbers: Sequence[int]
    ) -> dict[str, Any]:
        return call([str(stored.intent.contact_id) for stored in self._numbered(numbers)], lists)

    def _send(self, job: Job, numbers: Sequence[int], call: Callable[[Sequence[int]], dict[str, Any]]) -> None:
        """Send one job; when it is refused as a whole, find the people who are to blame by halving it."""
        self._context.stop.heed()
        try:
            self._activities.start(job, numbers, partial(call, numbers))
        except RecordRefused as refusal:
            self._refusals += 1
            if self._refusals > MOST_REFUSALS:
                raise Stopped(
                    f"Constant Contact refuses every {job.value} job: {refusal.message}",
                    hint=f"ccsync logs show {self._context.run}",
                    code="every_job_refused",
                ) from refusal
            if len(numbers) == 1:
                for stored in self._numbered(numbers):
                    self._outcomes.refused(stored, refusal.message)
                return
            middle = len(numbers) // 2
            self._send(job, numbers[:middle], call)
            self._send(job, numbers[middle:], call)
            return
        self._refusals = 0
        self._context.progress.advance(len(numbers))

    def _imports(self, alone: Callable[[Intent], bool]) -> None:
        def imported(intent: Intent) -> bool:
            return _by_import(intent) and not alone(intent)

        def imported_to(lists: frozenset[ListId], intent: Intent) -> bool:
            return imported(intent) and _import_lists(intent) == lists

        groups = {_import_lists(stored.intent) for stored in self._planned(imported)}
        for lists in sorted(groups, key=sorted):
            self._import(self._planned(partial(imported_to, lists)), sorted(lists))

    def _import(self, people: Iterator[StoredIntent], lists: list[str]) -> None:
        taken: list[int] = []

        def noted() -> Iterator[StoredIntent]:
            for stored in people:
                taken.append(stored.number)
                yield stored

        for body in split(self._rows(noted()), lists):
            batch = taken[: body.rows]
            del taken[: body.rows]
            self._send(Job.IMPORT, batch, partial(self._post_import, lists, body.body, batch))

    def _post_import(self, lists: list[str], whole: bytes, batch: Sequence[int], part: Sequence[int]) -> dict[str, Any]:
        """Send the body that was built for a batch, or one built anew for a part of it."""
        if len(part) == len(batch):
            return self._context.constant_contact.import_contacts(whole)
        (body,) = split(self._rows(self._numbered(part)), lists)
        return self._context.constant_contact.import_contacts(body.body)

    def _rows(self, people: Iterator[StoredIntent]) -> Iterator[dict[str, Any]]:
        names = self._names.field_names()
        for stored in people:
            yield side.import_row(stored.intent.email, _values(stored.intent), names)

    def _alone(self) -> Callable[[Intent], bool]:
        """Return what tells who is written by PUT: whoever has to be, and few whom an import would carry as well."""
        few = sum(1 for _ in self._planned(_update_by_import)) <= FEW

        def alone(intent: Intent) -> bool:
            by_choice = few and _update_by_import(intent) and not intent.add
            return by_put(intent) or (by_choice and not self._consent.risk(intent.contact_id))

        return alone

    def _single_people(self, people: Sequence[StoredIntent]) -> None:
        """Write people one by one, and then have those enter their lists who are still as the plan has them."""
        changed = set()
        for stored in people:
            self._context.stop.heed()
            if not self._put(stored):
                changed.add(stored.intent.membrain_id)
            self._context.progress.advance()
        following = range(people[0].number, people[-1].number + 2)  # one person's intents follow each other
        entering = list(self._planned(_entering, following))
        ids = [stored.intent.contact_id for stored in entering if stored.intent.contact_id]
        there = self._context.store.mirror.contacts(ids)  # as just read
        for stored in entering:
            contact = there.get(stored.intent.contact_id) if stored.intent.contact_id else None
            if contact is not None and stored.intent.add & contact.lists:
                changed.add(stored.intent.membrain_id)  # somebody else has put them there meanwhile
        with self._context.store.transaction():
            self._context.store.work.drop_intents(
                stored.number for stored in entering if stored.intent.membrain_id in changed
            )
        self._enter_lists(stored for stored in entering if stored.intent.membrain_id not in changed)

    def _put(self, stored: StoredIntent) -> bool:
        """Write one person: read first, because a PUT empties what it leaves out and revives the deleted.

        Return False when they are no longer as the plan has them: then nothing is written, and they are planned anew.
        """
        context, intent = self._context, stored.intent
        work = context.store.work
        row = context.constant_contact.contact(str(intent.contact_id))
        now = side.contact(row, self._names.definitions) if row is not None else None
        if row is None or now is None or not now.usable or now.opted_out:
            self._changed_meanwhile(stored, row)
            return False
        before = context.store.mirror.contacts([now.id]).get(now.id)
        if before != now:
            self._reader.store([row])
        if before is None or replace(now, lists=before.lists) != before:  # a PUT leaves lists alone
            work.drop_intents([stored.number])
            return False
        work.mark([stored.number], IntentState.SENDING, batch=f"{context.run}-put")
        try:
            answer = context.constant_contact.update_contact(
                now.id,
                side.put_body(row, _values(intent), email=intent.email, definitions=self._names.definitions),
            )
        except RecordRefused as refusal:
            taken = refusal.status == HTTPStatus.CONFLICT
            reason = Reason.ADDRESS_TAKEN if taken and intent.old_email else Reason.REFUSED
            self._outcomes.refused(stored, refusal.message, reason=reason)
            return True
        work.mark([stored.number], IntentState.UNVERIFIED)
        self._consent.learn(now, side.contact(answer, self._names.definitions))
        return True

    def _changed_meanwhile(self, stored: StoredIntent, row: dict[str, Any] | None) -> None:
        """Leave alone somebody who was deleted or opted out since the plan was made; the next run plans them anew."""
        if row is not None:
            self._reader.store([row])
        elif stored.intent.contact_id is not None:
            self._reader.vanished(stored.intent.contact_id)
        self._context.store.work.drop_intents([stored.number])


def _jobs(people: Iterator[StoredIntent]) -> Iterator[tuple[list[str], list[int]]]:
    """Yield jobs of up to 500 people who have the same lists before them, by their intents' numbers."""
    waiting: dict[frozenset[ListId], list[int]] = {}
    for stored in people:
        lists = stored.intent.remove or stored.intent.add
        waiting.setdefault(lists, []).append(stored.number)
        if len(waiting[lists]) == JOB_SIZE:
            yield sorted(lists), waiting.pop(lists)
    for lists, numbers in waiting.items():
        yield sorted(lists), numbers


def _leaving(intent: Intent) -> bool:
    return bool(intent.remove)


def _entering(intent: Intent) -> bool:
    """Tell whether an intent does nothing but put somebody who exists on lists."""
    return bool(intent.add) and not intent.changes and intent.contact_id is not None


def _values(intent: Intent) -> dict[str, str]:
    """Return what is written, by path of the service."""
    values: dict[str, str] = {}
    for change in intent.changes:
        values |= written_values(change.path, change.new, first_only=change.first_only)
    return values


def _by_import(intent: Intent) -> bool:
    return intent.contact_id is None or _update_by_import(intent)


def _update_by_import(intent: Intent) -> bool:
    """Tell whether an intent updates somebody by an import: it names the lists it is for, which a PUT never does."""
    return intent.contact_id is not None and bool(intent.changes) and bool(intent.add or intent.keep)


def _import_lists(intent: Intent) -> frozenset[ListId]:
    return intent.add | intent.keep
