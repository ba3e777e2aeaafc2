"""Writing down what became of each intent towards Membrain: in the books, in the log and in the counts."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ccsync.engine import consent_delay
from ccsync.engine.conflicts import Conflicts
from ccsync.engine.outcomes import described
from ccsync.engine.refusals import Cause, hold_on, marked
from ccsync.logs.events import Event
from ccsync.sync.mapping import COMPANY_NAME, EMAIL, Side
from ccsync.sync.merge import Rule, refusal
from ccsync.sync.operations import Operation, Reason, Wait
from ccsync.sync.records import Base, email_key

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ccsync.engine.context import Context
    from ccsync.engine.outcomes import Outcomes
    from ccsync.sync.operations import FieldChange, MembrainIntent, StoredMembrainIntent
    from ccsync.sync.records import MembrainId

Problem = tuple[Reason, str]
"""Why a field was not taken, and in which words."""

TELLS_OF_OPT_OUT = ("permission_to_send", "opt_out_date")


class InwardOutcomes:
    """Ends intents towards Membrain, one way or the other."""

    def __init__(self, context: Context, outcomes: Outcomes) -> None:
        self._context = context
        self._together = outcomes.together

    def seen(self, stored: StoredMembrainIntent, membrain_id: MembrainId) -> None:
        """Note that everything an intent asked for was seen in Membrain, in the record ``membrain_id``."""
        context, intent = self._context, stored.intent
        store = context.store
        with self._together():
            if intent.membrain_id is None:
                store.agreement.link(membrain_id, intent.contact_id)
                store.work.stop_waiting(intent.person)
                store.inward.untouch_contacts([intent.contact_id])
            self._tell_lost_address(intent)
            bases = {change.path: Base(change.settles, change.seen) for change in intent.changes}
            if intent.membrain_id is None or intent.old_email:
                bases[EMAIL] = Base(intent.email, intent.email)
            store.agreement.put_bases(membrain_id, bases)
            store.inward.drop_membrain_intents([stored.number])
            store.work.touch([membrain_id])
            if not intent.is_consent:
                hold_on(store, membrain_id)
            if intent.old_email:
                context.touch_addresses([email_key(intent.old_email)])
            context.tally.done_in_membrain(intent, membrain_id)
            self._tell(intent, membrain_id)

    def partly(
        self,
        stored: StoredMembrainIntent,
        membrain_id: MembrainId,
        missing: Mapping[FieldChange, Problem],
    ) -> None:
        """Note that some values did not stick: those are reported, the rest of what was asked for is ours."""
        intent = stored.intent
        arrived = tuple(change for change in intent.changes if change not in missing)
        syncs = {change.sync for change in arrived}
        operations = tuple(
            (operation, sync)
            for operation, sync in intent.operations
            if operation not in (Operation.UPDATE, Operation.CONSENT, Operation.CREATE_COMPANY) or sync in syncs
        )
        with self._together():
            if operations:
                self.seen(replace(stored, intent=replace(intent, changes=arrived, operations=operations)), membrain_id)
            if missing:
                person = replace(stored, intent=replace(intent, membrain_id=membrain_id))
                self.fields_refused(person, missing)

    def fields_refused(self, stored: StoredMembrainIntent, missing: Mapping[FieldChange, Problem]) -> None:
        """Note that Membrain did not take these fields of a person: tried again only when they change."""
        intent = stored.intent
        waits = [
            Wait(change.sync, reason, words, change.field, self._mark(intent, change))
            for change, (reason, words) in missing.items()
        ]
        (reason, words), *others = dict.fromkeys(missing.values())
        self._park(stored, waits, "; ".join([words, *(more for _, more in others)]), reason, list(missing))

    def refused(self, stored: StoredMembrainIntent, words: str) -> None:
        """Note that Membrain did not take a person at all: tried again only when something about them changes."""
        intent = stored.intent
        mark = marked(self._context.store, intent.person, intent.mark, Cause(intent.is_consent))
        waits = [
            Wait(sync, Reason.REFUSED, words, fingerprint=mark)
            for sync in dict.fromkeys(sync for _, sync in intent.operations)
        ]
        self._park(stored, waits, words, Reason.REFUSED, intent.changes)

    def _mark(self, intent: MembrainIntent, change: FieldChange) -> str:
        cause = Cause(intent.is_consent, intent.company if change.membrain == COMPANY_NAME else "")
        tried = refusal(Side.MEMBRAIN, change.new, change.old)
        return marked(self._context.store, intent.person, tried, cause)

    def _park(
        self,
        stored: StoredMembrainIntent,
        waits: Sequence[Wait],
        words: str,
        reason: Reason,
        changes: Sequence[FieldChange],
    ) -> None:
        context, intent = self._context, stored.intent
        now = context.clock.now()
        with self._together():
            context.store.work.wait(wait.of(intent.person, intent.email, now) for wait in waits)
            context.store.inward.drop_membrain_intents([stored.number])
            context.tally.failed_in_membrain(intent, reason, changes)
            context.log.event(
                Event.RECORD_FAILED,
                f"{intent.email}: {words}",
                level="warning",
                service="membrain",
                contact=intent.email,
                membrain_id=intent.membrain_id,
                contact_id=intent.contact_id,
                reason=reason.value,
                operations=[operation.value for operation, _ in intent.operations],
                fields=[change.field for change in changes],
            )

    def again(self, stored: StoredMembrainIntent) -> None:
        """Forget an intent because something moved since the plan: whoever it is about is planned anew."""
        store, intent = self._context.store, stored.intent
        with store.transaction():
            if intent.membrain_id is None:
                store.inward.touch_contacts([intent.contact_id])
            else:
                store.work.touch([intent.membrain_id])
            store.inward.drop_membrain_intents([stored.number])

    def on_the_way(self, stored: StoredMembrainIntent) -> None:
        """Note that something was sent and cannot be seen yet."""
        self._hold(stored.intent, "sent, not seen in Membrain yet")

    def not_found(self, stored: StoredMembrainIntent) -> None:
        """Note that Membrain does not show somebody whom it had: they are planned anew in the next run."""
        with self._context.store.transaction():
            self.again(stored)
            self._hold(stored.intent, "not to be found in Membrain; the next sweep tells whether they are gone")

    def _hold(self, intent: MembrainIntent, words: str) -> None:
        syncs = dict.fromkeys(sync for _, sync in intent.operations)
        now = self._context.clock.now()
        waits = (Wait(sync, Reason.HELD, words) for sync in syncs)
        self._context.store.work.wait(wait.of(intent.person, intent.email, now) for wait in waits)

    def company_made(self, intent: MembrainIntent, company_id: MembrainId, name: str) -> None:
        """Log a company that was made for somebody."""
        sync = next((sync for operation, sync in intent.operations if operation is Operation.CREATE_COMPANY), "")
        self._context.log.event(
            Event.RECORD_CREATED,
            f'company "{name}": created in Membrain',
            service="membrain",
            company=name,
            company_id=company_id,
            contact=intent.email,
            sync=sync,
            rule=Rule.NEW_PERSON.value,
            changes=[described(change) for change in intent.new_company],
        )

    def _tell(self, intent: MembrainIntent, membrain_id: MembrainId) -> None:
        """Log what happened to a person in Membrain: each change with its sync, rule, old and new value."""
        context = self._context
        who = _who(intent, membrain_id)
        changes = [described(change) for change in intent.changes]
        if intent.is_consent:
            words = ", ".join(f"{change.membrain} is {change.new!r}" for change in intent.changes)
            context.log.event(
                Event.CONSENT_CHANGED,
                f"{intent.email}: {words}",
                **who,
                changes=changes,
                delay_seconds=self._delay(intent),
            )
        elif intent.membrain_id is None:
            context.log.event(
                Event.RECORD_CREATED,
                f"{intent.email}: created in Membrain",
                **who,
                company=intent.company,
                changes=changes,
            )
        else:
            moved = [_moved(intent, sync) for operation, sync in intent.operations if operation is Operation.READDRESS]
            address: dict[str, Any] = {"old_email": intent.old_email} if intent.old_email else {}
            context.log.event(
                Event.RECORD_UPDATED,
                f"{intent.email}: updated in Membrain",
                **who,
                **address,
                changes=[*moved, *changes],
            )
        Conflicts(context.log, Side.MEMBRAIN, who).tell_overruled(intent.changes)

    def _tell_lost_address(self, intent: MembrainIntent) -> None:
        """Log an address that somebody typed in Membrain, when Constant Contact's new one takes its place."""
        if not intent.old_email or intent.membrain_id is None:
            return
        base = self._context.store.agreement.bases([intent.membrain_id]).get(intent.membrain_id, {}).get(EMAIL)
        if base is not None:
            who = _who(intent, intent.membrain_id)
            Conflicts(self._context.log, Side.MEMBRAIN, who).tell_lost_address(intent, base.source)

    def _delay(self, intent: MembrainIntent) -> float | None:
        """Return how many seconds an opt-out took to Membrain, and remember the last and the longest.

        Whoever had opted out before Membrain was first told of them is none that took long.
        """
        tells = (one for one in intent.changes if one.path in TELLS_OF_OPT_OUT)
        if not any(one.rule == Rule.SOURCE_CHANGED.value for one in tells):
            return None
        contact = self._context.store.mirror.contacts([intent.contact_id]).get(intent.contact_id)
        if contact is None or not contact.opted_out or not contact.opt_out_date:
            return None
        try:
            since = datetime.fromisoformat(contact.opt_out_date)
        except ValueError:
            return None
        if since.tzinfo is None:
            return None
        seconds = max(0.0, round((self._context.clock.now() - since).total_seconds(), 1))
        consent_delay.remember(self._context.store.progress, seconds)
        return seconds


def _who(intent: MembrainIntent, membrain_id: MembrainId) -> dict[str, Any]:
    """Return the keys of a line of the log that say who it is about."""
    return {
        "service": "membrain",
        "contact": intent.email,
        "membrain_id": membrain_id,
        "contact_id": intent.contact_id,
    }


def _moved(intent: MembrainIntent, sync: str) -> dict[str, str]:
    return {
        "sync": sync,
        "membrain": "contact.EmailAddress",
        "field": EMAIL,
        "rule": Rule.SOURCE_CHANGED.value,
        "old": intent.old_email,
        "new": intent.email,
    }
