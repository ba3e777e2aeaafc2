"""Which company in Membrain somebody belongs to: found by its name, else made, once."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ccsync.errors import RecordRefused
from ccsync.sync.arrival import no_company
from ccsync.sync.mapping import COMPANY_NAME
from ccsync.sync.operations import Operation, Reason, Wait
from ccsync.sync.records import Resource, name_key

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ccsync.engine.context import Context
    from ccsync.engine.inward_outcomes import InwardOutcomes
    from ccsync.engine.membrain_rows import MembrainRows
    from ccsync.state.store import Store
    from ccsync.sync.operations import MembrainIntent
    from ccsync.sync.records import MembrainRecord

SENT = "membrain.company_sent"
"""The facts when a company was sent that nobody has seen yet: this, and the key of its name."""

PATIENCE = timedelta(minutes=10)
"""So long a company that was sent, and not answered for, may stay out of sight before it is made again."""


def without_unknown_companies(
    store: Store, intents: Iterable[MembrainIntent]
) -> tuple[list[MembrainIntent], list[Wait]]:
    """Return intents of people in Membrain without a move to a company that is not there and must not be made.

    A move to one that may be made says so.
    """
    possible: list[MembrainIntent] = []
    waits: list[Wait] = []
    for intent in intents:
        key = name_key(intent.company)
        if intent.membrain_id is None or not key or store.mirror.companies_by_name([key]).get(key):
            possible.append(intent)
            continue
        moves = [change for change in intent.changes if change.membrain == COMPANY_NAME]
        if intent.may_create:
            makes = [(Operation.CREATE_COMPANY, change.sync) for change in moves]
            possible.append(replace(intent, operations=(*makes, *intent.operations)))
            continue
        waits += [Wait(one.sync, Reason.NO_COMPANY, no_company(intent.company), one.field) for one in moves]
        changes = tuple(change for change in intent.changes if change not in moves)
        syncs = {change.sync for change in changes}
        operations = tuple(one for one in intent.operations if one[0] is not Operation.UPDATE or one[1] in syncs)
        if operations:
            possible.append(replace(intent, changes=changes, operations=operations, company=""))
    return possible, waits


class NoCompanyError(Exception):
    """There is no company of this name, and none may be made."""


class CompanyOnTheWayError(Exception):
    """A company of this name was sent a moment ago, and nobody knows yet whether it was made."""


class Companies:
    """Finds companies by name in the mirror, and makes those that are missing."""

    def __init__(self, context: Context, rows: MembrainRows, outcomes: InwardOutcomes) -> None:
        self._context = context
        self._rows = rows
        self._outcomes = outcomes

    def of(self, intent: MembrainIntent) -> MembrainRecord:
        """Return the company that an intent names, the one created first of several.

        NoCompanyError when it would have to be made and must not be; CompanyOnTheWayError when it may have been made by
        a request without an answer; RecordRefused with Membrain's words when it does not take it.
        """
        context, key = self._context, name_key(intent.company)
        fact = f"{SENT}.{key}"
        if found := context.store.mirror.companies_by_name([key]).get(key):
            if context.store.progress.fact(fact):
                context.store.progress.set_fact(fact, None)
            return found[0]
        if not intent.may_create:
            raise NoCompanyError(no_company(intent.company))
        sent = context.store.progress.fact(fact)
        if sent and context.clock.now() - datetime.fromisoformat(sent) < PATIENCE:
            raise CompanyOnTheWayError
        return self._make(intent, fact)

    def _make(self, intent: MembrainIntent, fact: str) -> MembrainRecord:
        context, began = self._context, self._context.clock.now()
        values, unknown = self._rows.sent(Resource.COMPANIES, intent.new_company)
        for words in unknown.values():
            context.warn(f'company "{intent.company}": {words}')
        values = {"Name": intent.company} | values
        context.store.progress.set_fact(fact, began.isoformat())
        try:
            made = context.membrain.create(Resource.COMPANIES.value, values)
        except RecordRefused:
            context.store.progress.set_fact(fact, None)
            raise
        wanted = name_key(intent.company)
        row = self._rows.look(
            Resource.COMPANIES, made, began, lambda record: name_key(record.values.get("Name", "")) == wanted
        )
        if row is None:
            raise CompanyOnTheWayError
        found = self._rows.record(Resource.COMPANIES, row)
        with context.store.transaction():
            context.store.progress.set_fact(fact, None)
            self._outcomes.company_made(intent, found.id, intent.company)
        return found
