"""The plan, looked at before anything is written: by the guard, and by people in a dry run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccsync.engine.options import PlanLine
from ccsync.errors import Stopped
from ccsync.logs.events import Event
from ccsync.sync.guard import Limits, Movement, objections, way_on
from ccsync.sync.mapping import COMPANY_NAME, Side
from ccsync.sync.merge import Rule
from ccsync.sync.operations import IntentState, Operation
from ccsync.sync.records import name_key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ccsync.engine.context import Context
    from ccsync.state.store import Store, Work
    from ccsync.sync.mapping import Rulebook
    from ccsync.sync.operations import Intent, MembrainIntent, StoredIntent
    from ccsync.sync.records import ContactId, ListId, NameKey

WHY = {
    Operation.CREATE: "matches the filter, not in Constant Contact yet",
    Operation.UPDATE: "Membrain's value has changed",
    Operation.ADD_TO_LIST: "matches the filter",
    Operation.REMOVE_FROM_LIST: "takes part no more by Membrain's data",
    Operation.READDRESS: "new address in Membrain",
}
WHY_IN_MEMBRAIN = {
    Operation.CREATE: "on the list, not in Membrain yet",
    Operation.CREATE_COMPANY: "Membrain has no company of this name",
    Operation.UPDATE: "Constant Contact's value counts",
    Operation.READDRESS: "new address in Constant Contact",
    Operation.CONSENT: "Membrain is told of consent",
}
FIRST_MEETING = "the two meet for the first time, and Membrain's value counts"


class Review:
    """Watches what all rounds of one run do to each list, and whom they create in Membrain."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._moved: dict[ListId, tuple[int, int]] = {}
        self._created: dict[str, set[ContactId]] = {}

    def check(self, rules: Rulebook) -> None:
        """Ask the guard; when it objects, forget the plan, leave everybody in it touched, and raise Stopped."""
        context = self._context
        guard = context.config.guard
        limits = Limits(guard.max_removals, guard.max_removal_share, guard.max_new)
        found = objections(self._movements(rules), limits, context.options.allow_removals)
        if not found:
            return
        hint = way_on(found)
        for objection in found:
            context.log.event(Event.GUARD_STOPPED, objection.message, level="error", sync=objection.sync, hint=hint)
        self.forget_plan()
        raise Stopped("; ".join(one.message for one in found), hint=hint, code="guard")

    def _movements(self, rules: Rulebook) -> list[Movement]:
        """Return what the plan, and the rounds before it, do to each list, and whom they create in Membrain."""
        for inward in _planned_in_membrain(self._context.store):
            for operation, sync_name in inward.operations:
                if operation is Operation.CREATE:
                    self._created.setdefault(sync_name, set()).add(inward.contact_id)
        for stored in _planned(self._context.store.work):
            for list_id in stored.intent.remove:
                leaving, entering = self._moved.get(list_id, (0, 0))
                self._moved[list_id] = (leaving + 1, entering)
            for list_id in stored.intent.add:
                leaving, entering = self._moved.get(list_id, (0, 0))
                self._moved[list_id] = (leaving, entering + 1)
        names = {sync.name: sync.list for sync in self._context.config.sync}
        size = self._context.store.mirror.list_size
        return [
            Movement(
                sync.name,
                names[sync.name],
                size(sync.list_id),
                *self._moved.get(sync.list_id, (0, 0)),
                created=len(self._created.get(sync.name, ())),
            )
            for sync in rules.acting
            if sync.list_id in self._moved or sync.name in self._created
        ]

    def forget_plan(self) -> None:
        """Drop what was planned; everybody in it is touched."""
        work, inward = self._context.store.work, self._context.store.inward
        while page := work.intents(IntentState.PLANNED):
            with self._context.store.transaction():
                work.touch(stored.intent.membrain_id for stored in page)
                work.drop_intents(stored.number for stored in page)
        while unsent := inward.membrain_intents(sent=False):
            with self._context.store.transaction():
                people = [stored.intent for stored in unsent]
                work.touch(one.membrain_id for one in people if one.membrain_id is not None)
                inward.touch_contacts(one.contact_id for one in people if one.membrain_id is None)
                inward.drop_membrain_intents(stored.number for stored in unsent)


def lines(store: Store) -> Iterator[PlanLine]:
    """Yield the plan as people read it: a line for each thing that is to happen to somebody in a sync.

    A company that is made for several people has one line, with the first of them.
    """
    companies: set[NameKey] = set()
    for to_membrain in _planned_in_membrain(store):
        yield from _lines_in_membrain(to_membrain, companies)
    for stored in _planned(store.work):
        for operation, sync in stored.intent.operations:
            fields, reason = _fields(stored.intent, operation, sync), _why(stored.intent, operation, sync)
            yield PlanLine(operation.value, _shown(stored.intent), sync, fields, reason)


def _lines_in_membrain(intent: MembrainIntent, companies: set[NameKey]) -> Iterator[PlanLine]:
    """Yield the lines of one person; ``companies`` are those that have their line already."""
    for operation, sync in intent.operations:
        if operation is Operation.READDRESS:
            fields: tuple[tuple[str, str, str], ...] = (("contact.EmailAddress", intent.old_email, intent.email),)
        elif operation is Operation.CREATE_COMPANY:
            key = name_key(intent.company)
            if key in companies:
                continue
            companies.add(key)
            fields = ((COMPANY_NAME, "", intent.company),)
        else:
            created = operation is Operation.CREATE
            fields = tuple((one.membrain, one.old, one.new) for one in intent.changes if created or one.sync == sync)
        shown, why = intent.old_email or intent.email, WHY_IN_MEMBRAIN[operation]
        yield PlanLine(operation.value, shown, sync, fields, why, Side.MEMBRAIN)


def _planned_in_membrain(store: Store) -> Iterator[MembrainIntent]:
    after = 0
    while page := store.inward.membrain_intents(sent=False, after=after):
        after = page[-1].number
        yield from (stored.intent for stored in page)


def _shown(intent: Intent) -> str:
    return intent.old_email or intent.email


def _fields(intent: Intent, operation: Operation, sync: str) -> tuple[tuple[str, str, str], ...]:
    if operation is Operation.READDRESS:
        return (("email", intent.old_email, intent.email),)
    if operation not in (Operation.CREATE, Operation.UPDATE):
        return ()
    return tuple((change.field, change.old, change.new) for change in intent.changes if change.sync == sync)


def _why(intent: Intent, operation: Operation, sync: str) -> str:
    rules = {change.rule for change in intent.changes if change.sync == sync}
    met = operation is Operation.UPDATE and rules == {Rule.FIRST_MEETING.value}
    return FIRST_MEETING if met else WHY[operation]


def _planned(work: Work) -> Iterator[StoredIntent]:
    after = 0
    while page := work.intents(IntentState.PLANNED, after=after):
        after = page[-1].number
        yield from page
