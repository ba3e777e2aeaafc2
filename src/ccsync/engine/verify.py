"""Reading back what was written, and comparing: "written" means seen on the other side."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from math import ceil
from typing import TYPE_CHECKING

from ccsync.constant_contact.client import PAGE
from ccsync.engine.activities import CLOCKS_DIFFER
from ccsync.engine.clocks import by_both
from ccsync.engine.pull_constant_contact import LIST_CHANGES_SHOW, NO, YES
from ccsync.sync.fields import target_field
from ccsync.sync.mapping import holds, present_at
from ccsync.sync.operations import IntentState
from ccsync.sync.records import email_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from ccsync.engine.bind import Names
    from ccsync.engine.context import Context
    from ccsync.engine.outcomes import Outcomes
    from ccsync.engine.pull_constant_contact import ContactReader
    from ccsync.sync.operations import FieldChange, Intent, StoredIntent
    from ccsync.sync.records import Contact, ContactId, EmailKey, ListId

CHUNK = 500
FEW = 2
"""So many people are read one by one; more by a page of what changed, which may hold others as well."""

TO_SEE = (IntentState.UNVERIFIED, IntentState.LOST, IntentState.ABORTED)
PATIENCE = timedelta(minutes=10)
"""So long what was written may stay out of sight: a public client of the service has waited four minutes for it."""


class Verify:
    """Ends every intent whose effect can be seen, or should be by now."""

    def __init__(self, context: Context, names: Names, reader: ContactReader, outcomes: Outcomes) -> None:
        self._context = context
        self._names = names
        self._reader = reader
        self._outcomes = outcomes

    def settle(self) -> None:
        """Look after what earlier runs sent: by what this run has read already, else person by person."""
        if self._context.store.work.intent_count(*TO_SEE):
            self._match()
            self._read_singly()
            self._judge()

    def read_back(self, since: datetime) -> None:
        """Look after what this run sent from ``since`` on: by the cheapest reading that shows it."""
        context, work = self._context, self._context.store.work
        if count := work.intent_count(*TO_SEE):
            context.progress.phase("reading back", count)
            lists_alone = not any(_writes_values(stored.intent) for stored in self._open())
            if lists_alone and count > FEW:
                self._read_list_changes(since, count)
            else:
                if count > FEW or self._has_newcomers():
                    self._read_changes(since)
                self._read_singly()
            self._judge()
        for stored in self._in_state(IntentState.SENT):
            self._outcomes.on_the_way(stored)

    def _read_changes(self, since: datetime) -> None:
        reach = by_both(since, self._context.constant_contact) - CLOCKS_DIFFER
        for page in self._context.heeding(self._context.constant_contact.contacts(updated_after=reach)):
            self._reader.store(page)
            self._context.progress.advance(len(page))
        self._match()

    def _read_list_changes(self, since: datetime, count: int) -> None:
        """Look after people of whom only lists were changed, and find out whether the time of change shows that."""
        work, progress = self._context.store.work, self._context.store.progress
        shown = False
        if progress.fact(LIST_CHANGES_SHOW) != NO:
            self._read_changes(since)
            shown = work.intent_count(*TO_SEE) < count
            if shown:
                progress.set_fact(LIST_CHANGES_SHOW, YES)
        self._read_singly()
        if not shown and work.intent_count(*TO_SEE) < count:
            progress.set_fact(LIST_CHANGES_SHOW, NO)

    def _open(self) -> Iterator[StoredIntent]:
        return self._in_state(*TO_SEE)

    def _in_state(self, *states: IntentState) -> Iterator[StoredIntent]:
        after = 0
        while page := self._context.store.work.intents(*states, after=after, limit=CHUNK):
            after = page[-1].number
            for stored in page:
                yield self._names.bound(stored)

    def _chunks(self) -> Iterator[list[tuple[StoredIntent, Contact | None]]]:
        """Yield open intents with the contact they are about, as the mirror has it."""
        mirror, after = self._context.store.mirror, 0
        while page := self._context.store.work.intents(*TO_SEE, after=after, limit=CHUNK):
            after = page[-1].number
            bound = [self._names.bound(stored) for stored in page]
            by_id = mirror.contacts([one.intent.contact_id for one in bound if one.intent.contact_id])
            by_address = mirror.contacts_by_address(
                {email_key(one.intent.email) for one in bound if not one.intent.contact_id}
            )
            yield [(one, _of(one.intent, by_id, by_address)) for one in bound]

    def _match(self) -> None:
        """End the intents whose effect the mirror shows."""
        for chunk in self._chunks():
            with self._outcomes.together():
                for stored, contact in chunk:
                    if contact is not None and shows(stored.intent, contact):
                        self._outcomes.seen(stored, contact, values_read(stored.intent, contact))

    def _has_newcomers(self) -> bool:
        return any(stored.intent.contact_id is None for stored in self._open())

    def _read_singly(self) -> None:
        """Read whoever is still open: one by one, or their lists page by page, whichever takes fewer requests."""
        people = [stored for stored in self._open() if stored.intent.contact_id is not None]
        lists = sorted({list_id for stored in people for list_id in stored.intent.add | stored.intent.remove})
        mirror = self._context.store.mirror
        pages = sum(max(1, ceil(mirror.list_size(list_id) / PAGE)) for list_id in lists)
        only_lists = not any(_writes_values(stored.intent) for stored in people)
        if people and only_lists and pages < len(people):
            self._read_lists(people, lists)
        else:
            for stored in self._context.heeding(people):
                row = self._context.constant_contact.contact(str(stored.intent.contact_id))
                if row is not None:
                    self._reader.store([row])
        if people:
            self._match()

    def _read_lists(self, people: Sequence[StoredIntent], lists: Sequence[ListId]) -> None:
        """Walk lists: whoever should have left and is not among the members has left."""
        for list_id in lists:
            members: set[str] = set()
            for page in self._context.heeding(self._context.constant_contact.contacts(lists=[list_id])):
                members.update(contact.id for contact in self._reader.store(page))
            gone = [
                stored.intent.contact_id
                for stored in people
                if list_id in stored.intent.remove and stored.intent.contact_id not in members
            ]
            self._reader.left([contact for contact in gone if contact], list_id)

    def _judge(self) -> None:
        """Decide about what cannot be seen: refused, when the service said so or patience has run out."""
        for chunk in self._chunks():
            with self._outcomes.together():
                for stored, contact in chunk:
                    self._judge_one(stored, contact)

    def _judge_one(self, stored: StoredIntent, contact: Contact | None) -> None:
        match stored.state:
            case IntentState.LOST:
                self._outcomes.unknown(stored)
            case IntentState.ABORTED:
                self._outcomes.given_up(stored, stored.failure)
            case _ if contact is not None and (contact.opted_out or not contact.usable):
                self._outcomes.unknown(stored)
            case _ if stored.failure:
                self._outcomes.refused(stored, stored.failure, _missing(stored.intent, contact))
            case _ if self._patience_is_out(stored) and contact is not None and _landed(stored.intent, contact):
                self._outcomes.seen(stored, contact, {one.path: one.new for one in stored.intent.changes})
            case _ if self._patience_is_out(stored):
                self._not_shown(stored, contact)
            case _:
                self._outcomes.on_the_way(stored)

    def _not_shown(self, stored: StoredIntent, contact: Contact | None) -> None:
        """Give up to look for what the service took without a complaint."""
        words = "Constant Contact does not show it, although it took it"
        missing = _missing(stored.intent, contact)
        if contact is not None and missing:
            self._outcomes.partly(stored, contact, values_read(stored.intent, contact), missing, words)
        else:
            self._outcomes.refused(stored, words)

    def _patience_is_out(self, stored: StoredIntent) -> bool:
        since = self._outcomes.held_since(stored)
        return since is not None and self._context.clock.now() - since > PATIENCE


def shows(intent: Intent, contact: Contact) -> bool:
    """Tell whether a contact shows everything that an intent asked for."""
    return (
        contact.usable
        and email_key(contact.email) == email_key(intent.email)
        and intent.add <= contact.lists
        and not intent.remove & contact.lists
        and not _missing(intent, contact)
    )


def _writes_values(intent: Intent) -> bool:
    """Tell whether an intent changes more than lists."""
    return intent.contact_id is None or bool(intent.changes or intent.old_email)


def _landed(intent: Intent, contact: Contact) -> bool:
    """Tell whether a hand explains all that is missing: one that took them off a list, or typed another value since."""
    untouched = [change for change in _missing(intent, contact) if present_at(change.path, contact) == change.old]
    return not untouched and shows(replace(intent, add=frozenset(), changes=()), contact)


def values_read(intent: Intent, contact: Contact) -> dict[str, str]:
    """Return what a contact shows for each path of an intent's changes."""
    return {change.path: present_at(change.path, contact) for change in intent.changes}


def _missing(intent: Intent, contact: Contact | None) -> tuple[FieldChange, ...]:
    if contact is None:
        return ()
    return tuple(change for change in intent.changes if not _same(change, present_at(change.path, contact)))


def _same(change: FieldChange, present: str) -> bool:
    field = target_field(change.path)
    return present == change.new or (
        field is not None and holds(field, present, change.new, first_only=change.first_only)
    )


def _of(intent: Intent, by_id: dict[ContactId, Contact], by_address: dict[EmailKey, Contact]) -> Contact | None:
    if intent.contact_id is not None:
        return by_id.get(intent.contact_id)
    return by_address.get(email_key(intent.email))
