"""Writing down what became of each intent: in the books, in the log and in the counts."""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ccsync.engine.conflicts import Conflicts
from ccsync.logs.events import Event
from ccsync.sync.mapping import EMAIL, Side
from ccsync.sync.merge import Rule
from ccsync.sync.operations import Operation, Reason, fingerprint
from ccsync.sync.plan import Wait
from ccsync.sync.records import Base, Standing, email_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from ccsync.engine.context import Context
    from ccsync.sync.operations import FieldChange, Intent, StoredIntent, Waiting
    from ccsync.sync.records import Contact


MATCHES = "matches"
"""The rule by which somebody enters a list, as the log tells it."""

ADDRESS = "contact.EmailAddress"
"""Membrain's address, as the config would call it: it always travels, and needs no line there."""


class Outcomes:
    """Ends intents, one way or the other."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._depth = 0

    @contextmanager
    def together(self) -> Iterator[None]:
        """Make everything that ends inside end at once, with its counts, and not before the log of it is written."""
        with nullcontext() if self._depth else self._context.counted():
            self._depth += 1
            try:
                yield
            finally:
                self._depth -= 1

    def seen(self, stored: StoredIntent, contact: Contact, present: dict[str, str]) -> None:
        """Note that everything an intent asked for was seen in Constant Contact, but for lists somebody took them off.

        ``present`` are the values that were read, by path. They stay touched, because what was read may show more than
        that: somebody else's hand, an opt-out. Planning them again costs no request.
        """
        store, intent = self._context.store, stored.intent
        with self.together():
            self._tell_lost_address(intent)
            if intent.contact_id != contact.id:
                store.agreement.link(intent.membrain_id, contact.id)
            store.agreement.put_bases(
                intent.membrain_id, {change.path: Base(change.new, present[change.path]) for change in intent.changes}
            )
            for list_id in intent.add:
                on_it = list_id in contact.lists
                store.agreement.put_standing(contact.id, list_id, Standing.PLACED if on_it else Standing.TAKEN_OFF)
            for list_id in intent.remove:
                store.agreement.put_standing(contact.id, list_id, None)
            if intent.old_email:
                self._context.touch_addresses([email_key(intent.old_email)])
            store.work.drop_intents([stored.number])
            self._held_no_longer(stored)
            self._context.tally.done(intent)
            self._tell(intent, contact)

    def partly(
        self,
        stored: StoredIntent,
        contact: Contact,
        present: dict[str, str],
        missing: Sequence[FieldChange],
        words: str,
    ) -> None:
        """Note that some values did not arrive: those are reported, the rest of what was asked for is ours."""
        arrived = _without(stored.intent, missing, contact)
        with self.together():
            if arrived.operations:
                self.seen(replace(stored, intent=arrived), contact, present)
            self.refused(stored, words, missing)

    def refused(
        self, stored: StoredIntent, words: str, changes: Sequence[FieldChange] = (), reason: Reason = Reason.REFUSED
    ) -> None:
        """Note that a service did not take a person, or some of their fields: tried again only when they change."""
        context, intent = self._context, stored.intent
        waits = [
            self._waiting(intent, Wait(change.sync, reason, words, change.field, fingerprint(change.new, change.old)))
            for change in changes
        ] or [
            self._waiting(intent, Wait(sync, reason, words, fingerprint=intent.mark))
            for sync in dict.fromkeys(sync for _, sync in intent.operations)
        ]
        with self.together():
            self._held_no_longer(stored)
            context.store.work.wait(waits)
            context.store.work.drop_intents([stored.number])
            context.tally.failed(intent, reason, changes or intent.changes)
            context.log.event(
                Event.RECORD_FAILED,
                f"{intent.email}: {words}",
                level="warning",
                contact=intent.email,
                membrain_id=intent.membrain_id,
                contact_id=intent.contact_id,
                reason=reason.value,
                operations=[operation.value for operation, _ in intent.operations],
                fields=[change.field for change in changes or intent.changes],
            )

    def given_up(self, stored: StoredIntent, words: str) -> None:
        """Note that the service gave up the job that carried a person; the next run plans them again."""
        context, intent = self._context, stored.intent
        with self.together():
            context.store.work.touch([intent.membrain_id])
            context.store.work.drop_intents([stored.number])
            context.later.add(intent.membrain_id)
            context.tally.failed(intent, Reason.REFUSED)
            context.log.event(
                Event.RECORD_FAILED,
                f"{intent.email}: {words}; the next run tries again",
                level="warning",
                contact=intent.email,
                membrain_id=intent.membrain_id,
                contact_id=intent.contact_id,
                reason=Reason.REFUSED.value,
            )

    def unknown(self, stored: StoredIntent) -> None:
        """Note that nobody knows whether a request arrived, and that its effect cannot be seen: it is planned anew."""
        with self._context.store.transaction():
            self._context.store.work.touch([stored.intent.membrain_id])
            self._context.store.work.drop_intents([stored.number])

    def held_since(self, stored: StoredIntent) -> datetime | None:
        """Return since when it is known that something was sent and cannot be seen."""
        waits = self._context.store.work.waiting_for([stored.intent.membrain_id]).get(stored.intent.membrain_id, [])
        return min((wait.since for wait in waits if wait.reason is Reason.HELD), default=None)

    def on_the_way(self, stored: StoredIntent) -> None:
        """Note that something was sent and cannot be seen yet."""
        intent = stored.intent
        self._context.store.work.wait(
            self._waiting(intent, Wait(sync, Reason.HELD, "sent, not seen in Constant Contact yet"))
            for sync in dict.fromkeys(sync for _, sync in intent.operations)
        )

    def _held_no_longer(self, stored: StoredIntent) -> None:
        """Take back what ``on_the_way`` noted at the end of an earlier run."""
        if not stored.batch.startswith(self._context.run):
            work, person = self._context.store.work, stored.intent.membrain_id
            waits = work.waiting_for([person]).get(person, [])
            work.stop_waiting(person, keep=[wait for wait in waits if wait.reason is not Reason.HELD])

    def _waiting(self, intent: Intent, wait: Wait) -> Waiting:
        return wait.of(intent.membrain_id, intent.email, self._context.clock.now())

    def _tell_lost_address(self, intent: Intent) -> None:
        """Log an address that somebody typed in Constant Contact, when Membrain's new one takes its place."""
        bases = self._context.store.agreement.bases([intent.membrain_id]) if intent.old_email else {}
        base = bases.get(intent.membrain_id, {}).get(EMAIL)
        if base is not None:
            who = {"contact": intent.email, "membrain_id": intent.membrain_id, "contact_id": intent.contact_id}
            Conflicts(self._context.log, Side.CONSTANT_CONTACT, who).tell_lost_address(intent, base.target)

    def _tell(self, intent: Intent, contact: Contact) -> None:
        """Log what happened to a person: each change with its sync, rule, old and new value."""
        who: dict[str, Any] = {"contact": intent.email, "membrain_id": intent.membrain_id, "contact_id": contact.id}
        names = self._context.lists()
        operations = {operation for operation, _ in intent.operations}
        changes = [*_moved(intent), *(described(change) for change in intent.changes)]
        if Operation.CREATE in operations:
            event, what = Event.RECORD_CREATED, "created"
        elif changes:
            event, what = Event.RECORD_UPDATED, "updated"
        else:
            event, what = None, ""
        if event is not None:
            address: dict[str, Any] = {"old_email": intent.old_email} if intent.old_email else {}
            self._context.log.event(event, f"{intent.email}: {what}", **who, **address, changes=changes)
        for operation, sync in intent.operations:
            if operation in (Operation.CREATE, Operation.ADD_TO_LIST):
                lists = sorted(names.get(one, one) for one in intent.add)
                self._context.log.event(
                    Event.LIST_ADDED,
                    f"{intent.email}: on {', '.join(lists)}",
                    **who,
                    sync=sync,
                    rule=MATCHES,
                    lists=lists,
                )
            elif operation is Operation.REMOVE_FROM_LIST:
                lists = sorted(names.get(one, one) for one in intent.remove)
                self._context.log.event(
                    Event.LIST_REMOVED,
                    f"{intent.email}: off {', '.join(lists)}",
                    **who,
                    sync=sync,
                    rule=intent.leaving,
                    lists=lists,
                )
        Conflicts(self._context.log, Side.CONSTANT_CONTACT, who).tell_overruled(intent.changes)


def _without(intent: Intent, missing: Sequence[FieldChange], contact: Contact) -> Intent:
    """Return the part of an intent that a contact shows although some changes are missing."""
    changes = tuple(change for change in intent.changes if change not in missing)
    lists = intent.add & contact.lists
    changed = {change.sync for change in changes}
    operations = tuple(
        (operation, sync)
        for operation, sync in intent.operations
        if not (operation is Operation.UPDATE and sync not in changed)
        and not (operation is Operation.ADD_TO_LIST and not lists)
    )
    return replace(intent, operations=operations, changes=changes, add=lists)


def _moved(intent: Intent) -> Iterator[dict[str, str]]:
    """Yield the new address of an intent as the log tells a change."""
    for operation, sync in intent.operations:
        if operation is Operation.READDRESS:
            yield {
                "sync": sync,
                "membrain": ADDRESS,
                "field": EMAIL,
                "rule": Rule.SOURCE_CHANGED.value,
                "old": intent.old_email,
                "new": intent.email,
            }


def described(change: FieldChange) -> dict[str, str]:
    """Return a change as the log tells it."""
    return {
        "sync": change.sync,
        "membrain": change.membrain,
        "field": change.field,
        "rule": change.rule,
        "old": change.old,
        "new": change.new,
    }
