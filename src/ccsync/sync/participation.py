"""Who takes part: what the filters say, and which of several Membrain contacts with one address speaks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ccsync.sync.filters import FilterFailed
from ccsync.sync.records import email_key

if TYPE_CHECKING:
    from collections.abc import Collection

    from ccsync.sync.mapping import Rulebook, Surroundings, SyncRules
    from ccsync.sync.records import MembrainId, MembrainRecord


class Choice(NamedTuple):
    """Which of the syncs that fill a list take a person by their filter, and which cannot tell, with the reason."""

    taken: tuple[SyncRules, ...] = ()
    failed: tuple[tuple[SyncRules, str], ...] = ()

    @property
    def concerned(self) -> bool:
        """Tell whether any sync has, or may have, to do with the person."""
        return bool(self.taken or self.failed)


def choose(contact: MembrainRecord, surroundings: Surroundings, rules: Rulebook) -> Choice:
    """Ask every filter about one living Membrain contact."""
    taken, failed = [], []
    company = surroundings.company_of(contact)
    for sync in rules.syncs:
        if not sync.direction.fills_constant_contact:
            continue  # whoever comes from the list comes whatever the filter says
        project = surroundings.project_for(contact, sync)
        try:
            if sync.filter.matches(contact, company, project, rules.catalogue):
                taken.append(sync)
        except FilterFailed as failure:
            failed.append((sync, failure.detail))
    return Choice(tuple(taken), tuple(failed))


def is_user(contact: MembrainRecord, rules: Rulebook) -> bool:
    """Tell whether a contact is one of the people who log in to Membrain: they are contacts there, too."""
    return contact.id in rules.user_ids or email_key(contact.email) in rules.user_emails


def may_take_part(contact: MembrainRecord, surroundings: Surroundings, rules: Rulebook) -> bool:
    """Tell whether a living Membrain contact has, or may have, anything to do in Constant Contact."""
    return not is_user(contact, rules) and choose(contact, surroundings, rules).concerned


def elect(rivals: Collection[MembrainRecord], surroundings: Surroundings, rules: Rulebook) -> MembrainRecord:
    """Return which of the living Membrain contacts with one address takes part, for all syncs alike.

    Of those that a filter takes it is the one created first; of all, when none is taken. ValueError without any.
    """
    if len(rivals) == 1:
        return next(iter(rivals))
    taken = [rival for rival in rivals if may_take_part(rival, surroundings, rules)]
    return min(taken or rivals, key=_age)


def _age(contact: MembrainRecord) -> tuple[bool, float, MembrainId]:
    """Oldest first; who knows when one without a date was created, so it comes last."""
    return contact.created is None, contact.created.timestamp() if contact.created else 0.0, contact.id
