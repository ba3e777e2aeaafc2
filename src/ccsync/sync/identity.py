"""Whom a Membrain contact means in Constant Contact, and under which address.

The link counts more than the address: an address may be shared, given up, and taken over by somebody else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccsync.sync.mapping import EMAIL
from ccsync.sync.participation import is_user, may_take_part
from ccsync.sync.records import Base, email_key

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ccsync.sync.mapping import Rulebook
    from ccsync.sync.records import Contact, MembrainRecord
    from ccsync.sync.subject import Subject


def find(subject: Subject, rules: Rulebook) -> tuple[Contact | None, MembrainRecord | None]:
    """Return the contact that a participant means, if there is one, and who has to give it up first."""
    linked, namesake = subject.linked, subject.namesake
    if namesake is None:
        return linked, None
    # Whoever was erased comes back by signing up themselves, not by getting the address, and the contact, of another.
    if linked is not None and not (linked.erased and subject.namesake_owner is None):
        return linked, None
    owner = other_owner(subject)
    # Whoever opted out stays with their contact, though they take no part: or they would be made anew, without the
    # opt-out, as soon as they take part again.
    if owner is None or (is_open(namesake) and not will_move(owner, subject, rules)):
        return namesake, None
    return None, owner


def is_open(contact: Contact) -> bool:
    """Tell whether a contact may be written to: neither deleted, nor erased, nor opted out."""
    return contact.usable and not contact.opted_out


def other_owner(subject: Subject) -> MembrainRecord | None:
    """Return who is linked to the contact that has the person's address, if theirs is another one by now."""
    owner = subject.namesake_owner
    if owner is None or owner.gone or email_key(owner.email) == email_key(subject.contact.email):
        return None
    return owner


def will_move(owner: MembrainRecord, subject: Subject, rules: Rulebook) -> bool:
    """Tell whether an owner keeps their contact, to take it along to their new address where that may be.

    So does whoever takes part by their filter, or because their contact stands on a list that goes to Membrain.
    """
    if not owner.email or is_user(owner, rules):
        return False
    return bool(rules.from_list(subject.namesake)) or may_take_part(owner, subject.surroundings, rules)


def has_address(subject: Subject, found: Contact | None) -> bool:
    """Tell whether the contact whom somebody means has their address, however it is spelled."""
    return found is not None and email_key(found.email) == email_key(subject.contact.email)


def address_edited(subject: Subject, found: Contact | None) -> bool:
    """Tell whether somebody gave the contact another address in Constant Contact, and Membrain's is the old one."""
    base = agreed(subject, found).get(EMAIL)
    return (
        base is not None
        and found is not None
        and email_key(base.source) == email_key(subject.contact.email) != email_key(found.email)
        and email_key(base.target) != email_key(found.email)
    )


def address_disputed(subject: Subject, found: Contact) -> bool:
    """Tell whether both sides have a new address since they last agreed on one, and not the same."""
    base = agreed(subject, found).get(EMAIL)
    return (
        base is not None
        and email_key(base.source) != email_key(subject.contact.email)
        and email_key(base.target) != email_key(found.email)
    )


def address_agreed(subject: Subject, found: Contact | None) -> dict[str, Base]:
    """Return the base of an address that both sides have, unless it is known already."""
    if found is None or not has_address(subject, found):
        return {}
    base = agreed(subject, found).get(EMAIL)
    key = email_key(found.email)
    known = base is not None and email_key(base.source) == key == email_key(base.target)
    return {} if known else {EMAIL: Base(subject.contact.email, found.email)}


def agreed(subject: Subject, found: Contact | None) -> Mapping[str, Base]:
    """Return what was agreed about a contact: nothing, unless it is the linked one."""
    return subject.bases if found is not None and found is subject.linked else {}
