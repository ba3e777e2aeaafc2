"""Writing to Membrain, one person at a time: read, write, read back, compare.

Membrain has no bulk calls and no conditional ones (reference of its API): so each row is read just before it is
written, and whoever changed there since the plan was made is planned anew.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from ccsync.engine.companies import PATIENCE, Companies, CompanyOnTheWayError, NoCompanyError
from ccsync.engine.membrain_rows import MembrainRows
from ccsync.engine.put_keeps import PutKeeps
from ccsync.engine.refusals import try_all_again
from ccsync.engine.refused_fields import created_without_refused, updated_without_refused
from ccsync.errors import RecordRefused
from ccsync.sync.arrival import NAME
from ccsync.sync.fields import same, target_field
from ccsync.sync.mapping import COMPANY_NAME
from ccsync.sync.operations import Operation, Reason
from ccsync.sync.records import Resource, email_key, name_key

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from datetime import datetime
    from typing import Any

    from ccsync.engine.context import Context
    from ccsync.engine.inward_outcomes import InwardOutcomes, Problem
    from ccsync.engine.pull_membrain import MembrainReader
    from ccsync.sync.operations import FieldChange, MembrainIntent, StoredMembrainIntent
    from ccsync.sync.records import MembrainRecord

CHUNK = 100
YOUNG = timedelta(minutes=1)
"""So long a reading of Membrain is good enough to make somebody whom it does not show."""
NOT_KEPT = "Membrain does not show it, although it took it"


class MembrainPush:
    """Carries out the intents towards Membrain."""

    def __init__(self, context: Context, reader: MembrainReader, outcomes: InwardOutcomes) -> None:
        self._context = context
        self._outcomes = outcomes
        self._rows = MembrainRows(context, reader)
        self._companies = Companies(context, self._rows, outcomes)
        self._put = PutKeeps(context, self._rows)
        self._looked = context.clock.now()

    def settle(self) -> None:
        """Look after what earlier runs left: requests whose end nobody saw, plans never sent; and refusals, when asked.

        What Membrain refused is tried again in a run with ``--full``.
        """
        if self._context.options.full:
            with self._context.store.transaction():
                try_all_again(self._context.store)
        inward = self._context.store.inward
        if inward.membrain_intent_count() == 0:
            return
        self._put.recover()
        for stored in self._planned(sent=None):
            if stored.sent_at is None:
                self._outcomes.again(stored)
            else:
                self._settle(stored, stored.sent_at)

    def settle_consent(self) -> None:
        """Look after the consent that earlier runs left, by single rows: no list has been read yet."""
        self._put.recover()
        for stored in self._planned(sent=None):
            if not stored.intent.is_consent:
                continue
            if stored.sent_at is None:
                self._outcomes.again(stored)
            else:
                self._rows.row(Resource.CONTACTS, stored.intent.person)
                self._settle(stored, stored.sent_at)

    def send_consent(self) -> None:
        """Tell Membrain of consent: before everything else, whatever a guard says of the rest."""
        for stored in self._planned(sent=False):
            if stored.intent.is_consent:
                self._send(stored)

    def send(self) -> None:
        """Write all the rest."""
        count = self._context.store.inward.membrain_intent_count(sent=False)
        if count:
            self._context.progress.phase("writing to Membrain", count)
        for stored in self._planned(sent=False):
            self._send(stored)
            self._context.progress.advance()

    def _planned(self, *, sent: bool | None) -> Iterator[StoredMembrainIntent]:
        after = 0
        while page := self._context.store.inward.membrain_intents(sent=sent, after=after, limit=CHUNK):
            after = page[-1].number
            for stored in page:
                self._context.stop.heed()
                yield stored

    def _send(self, stored: StoredMembrainIntent) -> None:
        if self._context.options.dry_run:
            raise RuntimeError("a dry run writes nothing")
        try:
            if stored.intent.membrain_id is None:
                self._create(stored)
            else:
                self._update(stored)
        except RecordRefused as refusal:
            self._outcomes.refused(stored, refusal.message)
        except NoCompanyError:
            self._outcomes.again(stored)
        except CompanyOnTheWayError:
            self._outcomes.again(stored)
            self._context.later.add(stored.intent.person)

    def _create(self, stored: StoredMembrainIntent) -> None:
        intent, context = stored.intent, self._context
        if self._is_there_by_now(intent):
            self._outcomes.again(stored)
            return
        company = self._companies.of(intent)
        values, unknown = self._rows.sent(Resource.CONTACTS, _values(intent))
        began = context.clock.now()
        context.store.inward.mark_sent(stored.number, began)
        who = {"EmailAddress": intent.email} | _belonging(company)
        made: list[str | None] = []

        def send(changes: Sequence[FieldChange]) -> None:
            body = who | {change.name: values[change.name] for change in changes}
            made.append(context.membrain.create(Resource.CONTACTS.value, body))

        problems = _bad_values(unknown)
        sendable = [change for change in _values(intent) if change not in unknown]
        taken, refused = created_without_refused(sendable, send, self._names, needed=lambda one: one.membrain == NAME)
        changes = tuple(one for one in intent.changes if one in taken or one in refused or one not in sendable)
        stored = replace(stored, intent=replace(intent, changes=changes))
        self._compare(stored, made[0], began, company, problems | _refusals(refused))

    def _is_there_by_now(self, intent: MembrainIntent) -> bool:
        """Tell whether somebody made a person in Membrain while others were written, which may take a long time."""
        now, store = self._context.clock.now(), self._context.store
        if now - self._looked > YOUNG:
            self._rows.lately(self._looked)
            self._looked = now
        key = email_key(intent.email)
        return any(not one.gone for one in store.mirror.everybody_by_email([key]).get(key, ()))

    def _update(self, stored: StoredMembrainIntent) -> None:
        intent, context = stored.intent, self._context
        known = context.store.mirror.records(Resource.CONTACTS, [intent.membrain_id or intent.person])
        row = self._rows.row(Resource.CONTACTS, str(intent.membrain_id))
        if row is None:
            self._outcomes.not_found(stored)
            context.later.add(intent.person)
            return
        if self._moved(intent, next(iter(known.values()), None), row):
            self._outcomes.again(stored)
            return
        company, problems = self._company(intent)
        values, unknown = self._rows.sent(Resource.CONTACTS, _values(intent), row)
        moves = _belonging(company) if company else {}
        moves |= {"EmailAddress": intent.email} if intent.old_email else {}
        problems |= _bad_values(unknown)
        changes = [change for change in _values(intent) if change not in unknown]
        if not changes and not moves:
            self._outcomes.fields_refused(stored, problems)
            return
        began = context.clock.now()
        context.store.inward.mark_sent(stored.number, began)

        def send(changes: Sequence[FieldChange]) -> None:
            self._put.send(row, moves | {change.name: values[change.name] for change in changes})

        problems |= _refusals(updated_without_refused(changes, send, self._names, alone=not moves))
        self._compare(stored, intent.membrain_id, began, company, problems)

    def _company(self, intent: MembrainIntent) -> tuple[MembrainRecord | None, dict[FieldChange, Problem]]:
        """Return the company that somebody in Membrain moves to, if any; or that Membrain does not take it."""
        try:
            return self._companies.of(intent) if intent.company else None, {}
        except RecordRefused as refusal:
            moves = [change for change in intent.changes if change.membrain == COMPANY_NAME]
            return None, dict.fromkeys(moves, (Reason.REFUSED, refusal.message))

    def _names(self, change: FieldChange) -> Collection[str]:
        """Return by which names Membrain may speak of a property."""
        return {change.name, self._rows.display(Resource.CONTACTS, change.name)}

    def _moved(self, intent: MembrainIntent, known: MembrainRecord | None, row: dict[str, Any]) -> bool:
        """Tell whether somebody changed in Membrain, in what is to be written, since the plan was made."""
        now = self._rows.record(Resource.CONTACTS, row)
        if known is None or now.gone:
            return True
        names = [change.name for change in intent.changes if change.membrain != COMPANY_NAME]
        names += ["CompanyId"] if intent.company else []
        names += ["EmailAddress"] if intent.old_email else []
        return any(now.values.get(name, "") != known.values.get(name, "") for name in names)

    def _compare(
        self,
        stored: StoredMembrainIntent,
        record_id: str | None,
        since: datetime,
        company: MembrainRecord | None,
        problems: dict[FieldChange, Problem],
    ) -> None:
        """Read back what was written, and end the intent by what is seen; ``problems`` were not taken at all."""
        key = email_key(stored.intent.email)
        row = self._rows.look(Resource.CONTACTS, record_id, since, lambda one: email_key(one.email) == key)
        if row is not None and self._put.after(row):
            row = self._rows.row(Resource.CONTACTS, str(row["Id"]))
        record = self._rows.record(Resource.CONTACTS, row) if row is not None else None
        if record is None or record.gone:
            self._outcomes.on_the_way(stored)
            return
        belongs = record.company_id == company.id if company else None
        missing = problems | {
            change: (Reason.REFUSED, NOT_KEPT)
            for change in stored.intent.changes
            if change not in problems and not _stuck(change, record, belongs=belongs)
        }
        stays = email_key(record.email) != key and not stored.intent.is_consent
        if stays and stored.intent.old_email and stored.intent.changes:
            self._outcomes.partly(_without_address(stored), record.id, missing)
        elif missing:
            self._outcomes.partly(stored, record.id, missing)
        elif stays:
            self._outcomes.refused(stored, "Membrain keeps the old address, although it took the new one")
        else:
            self._outcomes.seen(stored, record.id)

    def _settle(self, stored: StoredMembrainIntent, sent_at: datetime) -> None:
        """End what an earlier run sent, by what the mirror shows of it now."""
        intent, store = stored.intent, self._context.store
        if intent.membrain_id is not None:
            record = store.mirror.records(Resource.CONTACTS, [intent.membrain_id]).get(intent.membrain_id)
            landed = record is not None and all(_stuck(change, record, belongs=None) for change in intent.changes)
            if landed and (intent.is_consent or email_key(record.email if record else "") == email_key(intent.email)):
                self._outcomes.seen(stored, intent.membrain_id)
            else:
                self._outcomes.again(stored)
            return
        key = email_key(intent.email)
        holders = [one for one in store.mirror.everybody_by_email([key]).get(key, ()) if not one.gone]
        if holders:
            self._outcomes.again(stored)
            store.work.touch([holders[0].id])
        elif self._context.clock.now() - sent_at < PATIENCE:
            self._outcomes.on_the_way(stored)
        else:
            self._outcomes.again(stored)


def _values(intent: MembrainIntent) -> list[FieldChange]:
    """Return what is a property of the contact; the company is set in its own way."""
    return [change for change in intent.changes if change.membrain != COMPANY_NAME and change.name]


def _without_address(stored: StoredMembrainIntent) -> StoredMembrainIntent:
    """Return the rest of an intent whose address did not stick: that is tried by itself in the next round."""
    intent = stored.intent
    operations = tuple(one for one in intent.operations if one[0] is not Operation.READDRESS)
    return replace(stored, intent=replace(intent, operations=operations, email=intent.old_email, old_email=""))


def _bad_values(unknown: dict[FieldChange, str]) -> dict[FieldChange, Problem]:
    return {change: (Reason.BAD_VALUE, words) for change, words in unknown.items()}


def _refusals(refused: dict[FieldChange, str]) -> dict[FieldChange, Problem]:
    return {change: (Reason.REFUSED, words) for change, words in refused.items()}


def _belonging(company: MembrainRecord) -> dict[str, object]:
    """Return how somebody is put into a company: by its id and its name, for Membrain may want either."""
    return {"CompanyId": company.id, "CompanyName": company.values.get("Name", "")}


def _stuck(change: FieldChange, record: MembrainRecord, *, belongs: bool | None) -> bool:
    """Tell whether a record shows a change; ``belongs`` tells of its company, where that is known."""
    if change.membrain == COMPANY_NAME:
        name = record.values.get("CompanyName", "")
        return belongs if belongs is not None else name_key(name) == name_key(change.new)
    present, field = record.values.get(change.name, ""), target_field(change.path)
    return present == change.new or (field is not None and same(field, present, change.new))
