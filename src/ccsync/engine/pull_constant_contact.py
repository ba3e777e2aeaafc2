"""Reading Constant Contact into the mirror: opt-outs before everything else, because it is the authority on consent."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from math import ceil
from typing import TYPE_CHECKING

from ccsync.constant_contact.client import PAGE
from ccsync.engine.clocks import by_both
from ccsync.engine.overlap import OVERLAP
from ccsync.engine.streams import BEGINNING, BLIND, CONTACTS, OPT_OUTS, is_marked
from ccsync.logs.events import Event
from ccsync.sync.operations import IntentState
from ccsync.sync.records import ListId, Standing, email_key
from ccsync.sync.standing import observe, unexplained

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from typing import Any

    from ccsync.engine.bind import Names
    from ccsync.engine.context import Context
    from ccsync.state.values import ContactChange
    from ccsync.sync.records import Contact, ContactId

YES, NO = "yes", "no"
LIST_CHANGES_SHOW = "constant_contact.list_changes_show"
"""The fact whether a change of lists moves a contact's time of change, which is not documented: ``yes`` or ``no``."""


class ContactReader:
    """Brings contacts into the mirror, whatever they were read for, and draws the conclusions at once.

    Every contact that differs from its mirror touches the Membrain contacts that it concerns, and moves the standings
    that it shows to have moved.
    """

    def __init__(self, context: Context, names: Names) -> None:
        self._context = context
        self._names = names
        self._unexplained = 0
        self._lists = tuple(context.lists().keys() - {one.id for one in names.left_out().values()})

    def pull_opt_outs(self) -> frozenset[ContactId]:
        """Read, and return, who opted out since the timestamp; others may be among them who opted in again since.

        Before any other request, as only these may use the reserve.
        """
        context = self._context
        began = context.clock.now()
        timestamps = context.store.progress.timestamps()
        if OPT_OUTS not in timestamps and is_marked(context.store.progress, OPT_OUTS):
            self._walk(OPT_OUTS, context.constant_contact.contacts(optout_after=BEGINNING, purpose="opt-out"))
        elif read_up_to := timestamps.get(OPT_OUTS, timestamps.get(CONTACTS)):
            since = read_up_to.read_up_to - OVERLAP
            self._walk(OPT_OUTS, context.constant_contact.contacts(optout_after=since, purpose="opt-out"))
        context.advances[OPT_OUTS] = by_both(began, context.constant_contact)
        return frozenset(context.read)  # nobody else has been read yet

    def pull(self) -> None:
        """Read what changed since the timestamp, or everything."""
        context = self._context
        began = context.clock.now()
        read_up_to = context.store.progress.timestamps().get(CONTACTS)
        if read_up_to is None or context.whole:
            self._sweep()
            self._see_again()
        else:
            since = read_up_to.read_up_to - OVERLAP
            self._walk(CONTACTS, context.constant_contact.contacts(updated_after=since))
        context.advances[CONTACTS] = by_both(began, context.constant_contact)

    def _see_again(self) -> None:
        """End the blindness of a state that was put back: what changes from now on is seen while it changes."""
        context = self._context
        if context.store.progress.fact(BLIND) is None:
            return
        context.store.progress.set_fact(BLIND, None)
        if self._unexplained:
            context.warn(
                f"the state comes from a backup: {self._unexplained} contacts that changed since, and are not on the "
                "list, count as taken off it; whoever is put on it in Constant Contact takes part again"
            )

    def store(self, rows: Sequence[dict[str, Any]], sweep: int | None = None) -> list[Contact]:
        """Bring rows of the service into the mirror; they count as read in this run."""
        contacts = self._names.contacts(rows)
        self.store_contacts(contacts, sweep)
        return contacts

    def store_contacts(self, contacts: Sequence[Contact], sweep: int | None = None) -> None:
        """Bring contacts into the mirror; they count as read in this run."""
        store = self._context.store
        with store.transaction():
            changes = store.mirror.put_contacts(contacts, sweep)
            if (taken := store.progress.fact(BLIND)) is not None:
                self._doubt(contacts, {change.new.id for change in changes}, datetime.fromisoformat(taken) - OVERLAP)
            self._conclude(changes)
        self._context.read.update(contact.id for contact in contacts if not contact.erased)

    def refresh(self, ids: Sequence[ContactId]) -> None:
        """Read these contacts again: one by one, their lists or all contacts, whichever takes the fewest requests.

        Whoever was erased, or left the list, is on no page: those who did not come that way are asked for by id.
        """
        context = self._context
        context.progress.phase("reading again before writing", len(ids))
        if not context.read_whole:
            self._read_pages_for(ids)
        self.ask_for(contact_id for contact_id in ids if contact_id not in context.read)

    def ask_for(self, ids: Iterable[ContactId]) -> None:
        """Read these contacts one by one, each by its id."""
        context = self._context
        for contact_id in context.heeding(ids):
            row = context.constant_contact.contact(contact_id)
            if row is not None:
                self.store([row])
            else:
                self.vanished(contact_id)
            context.progress.advance()

    def _read_pages_for(self, ids: Sequence[ContactId]) -> None:
        """Read the lists that these contacts are on, or all contacts, when that takes fewer requests than they are."""
        context, mirror = self._context, self._context.store.mirror
        ours = [contact.lists.intersection(self._lists) for contact in mirror.contacts(ids).values()]
        lists = sorted(frozenset[ListId]().union(*ours))
        all_pages = ceil(mirror.contact_count() / PAGE)
        list_pages = sum(ceil(mirror.list_size(list_id) / PAGE) for list_id in lists)
        on_no_list = len(ids) - sum(1 for one in ours if one)
        if len(ids) <= min(all_pages, list_pages + on_no_list):
            return
        if all_pages <= list_pages + on_no_list:
            for page in context.heeding(context.constant_contact.contacts()):
                self.store(page)
            context.read_whole = True
            return
        for list_id in lists:
            for page in context.heeding(context.constant_contact.contacts(lists=[list_id])):
                self.store(page)

    def left(self, ids: Sequence[ContactId], list_id: ListId) -> None:
        """Know that contacts are not on a list any more, because a walk of the list did not show them."""
        contacts = self._context.store.mirror.contacts(ids)
        self.store_contacts([replace(contact, lists=contact.lists - {list_id}) for contact in contacts.values()])

    def vanished(self, contact_id: ContactId) -> None:
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
        again_from = self._again_from(stream)
        for page in context.heeding(pages):
            contacts = self.store(page, sweep)
            if again_from is not None:
                again = [one.id for one in contacts if one.updated is None or one.updated >= again_from]
                self._touch(context.store.mirror.contacts(again).values())  # which has nobody who was forgotten
            rows += len(page)
            context.progress.advance(len(page))
        if sweep is None:
            context.log.event(Event.STREAM_PULLED, f"{stream}: {rows} rows", stream=stream, rows=rows)
        return rows

    def _again_from(self, stream: str) -> datetime | None:
        """Return from when on contacts count as changed although they look as they did; None when none does.

        Somebody who opted out is of interest whenever the contact was changed last.
        """
        progress = self._context.store.progress
        if not is_marked(progress, stream):
            return None
        stamp = progress.timestamps().get(stream)
        return BEGINNING if stamp is None or stream == OPT_OUTS else stamp.read_up_to - OVERLAP

    def _conclude(self, changes: Sequence[ContactChange]) -> None:
        if not changes:
            return
        store = self._context.store
        ids = [change.new.id for change in changes]
        standings = store.agreement.standings(ids)
        for contact_id, moved in self._moved(changes, standings).items():
            for list_id, standing in moved.items():
                store.agreement.put_standing(contact_id, list_id, standing)
        for change in changes:
            self._tell_consent(change)
        self._touch([version for change in changes for version in (change.old, change.new) if version])

    def _touch(self, contacts: Collection[Contact]) -> None:
        """Touch everybody whom these contacts concern, in both versions when they have changed."""
        store = self._context.store
        with store.transaction():
            store.work.touch(store.agreement.linked_to({one.id for one in contacts}).values())
            store.work.touch_addresses({email_key(one.email) for one in contacts if one.email})
            if ours := self._context.lists_to_membrain():
                store.inward.touch_contacts({one.id for one in contacts if one.lists & ours})

    def _moved(
        self, changes: Sequence[ContactChange], standings: Mapping[ContactId, Mapping[ListId, Standing]]
    ) -> dict[ContactId, dict[ListId, Standing | None]]:
        """Return the standings that changes move; what looks like a hand on a list may be ccsync's own, or no list."""

        def observed(change: ContactChange, ours: frozenset[ListId]) -> dict[ListId, Standing | None]:
            return observe(change.old, change.new, standings.get(change.new.id, {}), self._lists, ours)

        moved = {change.new.id: observed(change, frozenset()) for change in changes}
        missed = [change for change in changes if Standing.TAKEN_OFF in moved[change.new.id].values()]
        if missed:
            ours = _own_removals(self._context)
            moved |= {change.new.id: observed(change, ours.get(change.new.id, frozenset())) for change in missed}
            if any(Standing.TAKEN_OFF in moved[change.new.id].values() for change in missed):
                for list_id in self._names.deleted_lists():
                    for standing in moved.values():
                        standing.pop(ListId(list_id), None)
        return moved

    def _doubt(self, contacts: Sequence[Contact], changed: Collection[ContactId], since: datetime) -> None:
        """Count whoever is off a list, and was touched while nobody was looking, as taken off it.

        A contact that was put on a list and taken off again looks as it did: only its time of change may tell.
        """
        doubtful = [one for one in contacts if one.id in changed or (one.updated is not None and one.updated >= since)]
        store = self._context.store
        standings = store.agreement.standings([one.id for one in doubtful])
        found = {one.id: unexplained(one, standings.get(one.id, {}), self._lists) for one in doubtful}
        living = set(self._lists) - set(self._names.deleted_lists()) if any(found.values()) else set()
        for contact_id, off in found.items():
            kept_off = {list_id: standing for list_id, standing in off.items() if list_id in living}
            for list_id, standing in kept_off.items():
                store.agreement.put_standing(contact_id, list_id, standing)
            self._unexplained += bool(kept_off)

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
