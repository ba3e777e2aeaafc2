"""What is written to Membrain for somebody who is on both sides: values, an address, a company, consent.

Consent goes by itself and before everything else. A company is not changed for the sake of one of its people: a new
company name says that they belong to another company.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from ccsync.sync.mapping import COMPANY_NAME, EMAIL, Side
from ccsync.sync.merge import Dispute
from ccsync.sync.operations import FieldChange, MembrainIntent, Operation, Reason, Wait

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from ccsync.sync.mapping import SyncRules
    from ccsync.sync.merge import FieldOutcome
    from ccsync.sync.records import Contact, MembrainRecord
    from ccsync.sync.subject import Subject

CLOCKS_DIFFER = timedelta(minutes=2)
"""So far the clocks of the two services may lie apart: what changed within it is no newer on either side."""

TAKEN = "another contact in Membrain has this address already"


def dispute(sync: SyncRules, records: Iterable[MembrainRecord | None], contact: Contact | None) -> Dispute:
    """Return how a field is decided that both sides changed, by when any of the records it depends on changed last.

    The name of a company depends on two: the company may get another name, and the person another company. Membrain's
    time of change may not move with a custom field, and its zone is a setting: when the times do not tell, nobody is
    newer.
    """
    membrain = max((record.changed for record in records if record and record.changed), default=None)
    return Dispute(sync.conflict, _newer(membrain, contact.updated if contact else None))


def _newer(membrain: datetime | None, other: datetime | None) -> Side | None:
    if membrain is None or other is None or abs(membrain - other) <= CLOCKS_DIFFER:
        return None
    return Side.MEMBRAIN if membrain > other else Side.CONSTANT_CONTACT


def intents(
    subject: Subject, found: Contact, fields: Iterable[FieldOutcome], syncs: Iterable[SyncRules], *, moves: str = ""
) -> tuple[MembrainIntent, ...]:
    """Return what is to be written to Membrain: consent by itself, then all the rest.

    ``moves`` names the sync by which the person gets the address that they have in Constant Contact.
    """
    may_create = {sync.name for sync in syncs if sync.create_companies}
    back = [one for one in fields if one.decision.towards is Side.MEMBRAIN]
    consent = tuple(change for one in back if one.rule.is_consent and (change := one.change()))
    values = tuple(change for one in back if not one.rule.is_consent and (change := one.change()))
    parts = []
    if consent:
        parts.append(_intent(subject, found, consent, [(Operation.CONSENT, sync) for sync in _syncs(consent)]))
    operations = [(Operation.READDRESS, moves)] if moves else []
    operations += [(Operation.UPDATE, sync) for sync in _syncs(values)]
    if operations:
        company = next((change for change in values if change.membrain == COMPANY_NAME), None)
        parts.append(
            _intent(
                subject,
                found,
                values,
                operations,
                company=company.new if company else "",
                may_create=company is not None and company.sync in may_create,
                old_email=subject.contact.email if moves else "",
            )
        )
    return tuple(parts)


def _intent(
    subject: Subject,
    found: Contact,
    changes: tuple[FieldChange, ...],
    operations: list[tuple[Operation, str]],
    *,
    company: str = "",
    may_create: bool = False,
    old_email: str = "",
) -> MembrainIntent:
    return MembrainIntent(
        found.id,
        subject.contact.id,
        found.email if old_email else subject.contact.email,
        tuple(operations),
        changes,
        company=company,
        may_create=may_create,
        old_email=old_email,
    )


def _syncs(changes: Iterable[FieldChange]) -> dict[str, None]:
    return dict.fromkeys(change.sync for change in changes)


def why_no_address(subject: Subject, syncs: Iterable[SyncRules]) -> tuple[Wait, ...]:
    """Return why somebody cannot get, in Membrain, the address they have in Constant Contact; nothing when they can."""
    if subject.sharers:
        return tuple(Wait(sync.name, Reason.ADDRESS_TAKEN, TAKEN, EMAIL) for sync in syncs)
    return ()
