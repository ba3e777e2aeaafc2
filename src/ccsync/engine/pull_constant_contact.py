"""Reading Constant Contact into the mirror: opt-outs before everything else, because it is the authority on consent."""

from __future__ import annotations

from dataclasses import replace
from math import ceil
from typing import TYPE_CHECKING

from ccsync.constant_contact import side
from ccsync.constant_contact.client import PAGE
from ccsync.engine.context import OVERLAP
from ccsync.logs.events import Event
from ccsync.sync.operations import IntentState
from ccsync.sync.records import email_key
from ccsync.sync.standing import observe

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

    from ccsync.engine.context import Context
    from ccsync.state.store import ContactChange
    from ccsync.sync.records import Contact, ContactId, ListId

OPT_OUTS = "constant_contact.opt_outs"
CONTACTS = "constant_contact.contacts"


class ContactReader:
    """Brings contacts into the mirror, whatever they were read for, and draws the conclusions at once.

    Every contact that differs from its mirror touches the Membrain contacts that it concerns, and moves the standings
    that it shows to have moved.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._lists = tuple(context.lists())

    def pull(self) -> None:
        """Read what changed since the timestamps, or everything."""
        context = self._context
        began = context.clock.now()
        timestamps = context.store.progress.timestamps()
        read_up_to = timestamps.get(CONTACTS)
        if read_up_to is None or context.whole:
            self._sweep()
        else:
            opt_outs = timestamps.get(OPT_OUTS, read_up_to)
            since = opt_outs.read_up_to - OVERLAP
            self._walk(OPT_OUTS, context.constant_contact.contacts(optout_after=since, purpose="opt-out"))
            since = read_up_to.read_up_to - OVERLAP
            self._walk(CONTACTS, context.constant_contact.contacts(updated_after=since))
        context.advances[OPT_OUTS] = began
        context.advances[CONTACTS] = began

    def store(self, rows: Sequence[dict[str, Any]], sweep: int | None = None) -> list[Contact]:
        """Bring rows of the service into the mirror; they count as read in this run."""
        contacts = [side.contact(row) for row in rows]
        self.store_contacts(contacts, sweep)
        return contacts

    def store_contacts(self, contacts: Sequence[Contact], sweep: int | None = None) -> None:
        """Bring contacts into the mirror; they count as read in this run."""
        store = self._context.store
        with store.transaction():
            self._conclude(store.mirror.put_contacts(contacts, sweep))
        self._context.read.update(contact.id for contact in contacts)

    def refresh(self, ids: Sequence[ContactId]) -> None:
        """Read these contacts again: one by one, or all contacts page by page, whichever takes fewer requests."""
        context, mirror = self._context, self._context.store.mirror
        context.progress.phase("reading again before writing", len(ids))
        if len(ids) > ceil(mirror.contact_count() / PAGE):
            for page in context.constant_contact.contacts():
                self.store(page)
            context.read_whole = True
            return
        for contact_id in ids:
            row = context.constant_contact.contact(contact_id)
            if row is not None:
                self.store([row])
            else:
                self._vanished(contact_id)
            context.progress.advance()

    def left(self, ids: Sequence[ContactId], list_id: ListId) -> None:
        """Know that contacts are not on a list any more, because a walk of the list did not show them."""
        contacts = self._context.store.mirror.contacts(ids)
        self.store_contacts([replace(contact, lists=contact.lists - {list_id}) for contact in contacts.values()])

    def _vanished(self, contact_id: ContactId) -> None:
        """Note that the service knows a contact no more, not even as deleted: it was erased."""
        known = self._context.store.mirror.contacts([contact_id]).values()
        self.store_contacts([replace(contact, erased=True, lists=frozenset()) for contact in known])

    def _sweep(self) -> None:
        """Read every contact, deleted ones too: first and once every ``sweep``."""
        context, store = self._context, self._context.store
        number = context.next_sweep()
        rows = self._walk(CONTACTS, context.constant_contact.contacts(), number)
        with store.transaction():
            erased = store.mirror.finish_contacts(number)
            store.work.touch(store.agreement.linked_to([contact.id for contact in erased]).values())
        context.read_whole = True
        context.log.event(
            Event.STREAM_PULLED,
            f"{CONTACTS}: read whole, {rows} rows",
            stream=CONTACTS,
            rows=rows,
            sweep=number,
            missing=len(erased),
        )

    def _walk(self, stream: str, pages: Iterable[list[dict[str, Any]]], sweep: int | None = None) -> int:
        context, rows = self._context, 0
        context.progress.phase(f"reading {stream}")
        for page in pages:
            self.store(page, sweep)
            rows += len(page)
            context.progress.advance(len(page))
        if sweep is None:
            context.log.event(Event.STREAM_PULLED, f"{stream}: {rows} rows", stream=stream, rows=rows)
        return rows

    def _conclude(self, changes: Sequence[ContactChange]) -> None:
        if not changes:
            return
        store = self._context.store
        ids = [change.new.id for change in changes]
        standings = store.agreement.standings(ids)
        own_removals = _own_removals(self._context)
        for change in changes:
            contact_id = change.new.id
            ours = own_removals.get(contact_id, frozenset())
            moved = observe(change.old, change.new, standings.get(contact_id, {}), self._lists, ours)
            for list_id, standing in moved.items():
                store.agreement.put_standing(contact_id, list_id, standing)
            self._tell_consent(change)
        store.work.touch(store.agreement.linked_to(ids).values())
        store.work.touch_addresses(
            {email_key(side.email) for change in changes for side in (change.old, change.new) if side and side.email}
        )

    def _tell_consent(self, change: ContactChange) -> None:
        old, new = change.old, change.new
        if old is not None and old.permission != new.permission:
            self._context.log.event(
                Event.CONSENT_CHANGED,
                f"{new.email}: permission was {old.permission or 'not known'}, is {new.permission or 'not known'}",
                contact=new.email,
                contact_id=new.id,
                old=old.permission,
                new=new.permission,
                source="constant-contact",
            )


def _own_removals(context: Context) -> dict[ContactId, frozenset[ListId]]:
    """Return what ccsync is taking off lists and has not yet seen gone."""
    removals: dict[ContactId, frozenset[ListId]] = {}
    after = 0
    on_the_way = (IntentState.SENDING, IntentState.SENT, IntentState.UNVERIFIED, IntentState.LOST, IntentState.ABORTED)
    while page := context.store.work.intents(*on_the_way, after=after):
        after = page[-1].number
        for stored in page:
            if stored.intent.contact_id and stored.intent.remove:
                removals[stored.intent.contact_id] = stored.intent.remove
    return removals
