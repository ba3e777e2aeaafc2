"""The planner: from one person as both sides show them to what should happen, as pure data.

``plan_person`` is called for every touched Membrain contact. It answers three questions in turn:

1. Who takes part? Filters decide, and of several Membrain contacts with one address one (``participation``).
2. Whom do they mean in Constant Contact? The linked contact, else the one with the address (``identity``).
3. What is to be done? Nothing, when they may not be written to or their address is not to be had; else lists
   (``membership``), each field (``merge``) and the address.

Nothing here reads or writes anything. The same subject and rulebook always give the same decision, and a decision that
was carried out and read back gives an empty one the next time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccsync.sync.addresses import why_unusable
from ccsync.sync.identity import (
    address_agreed,
    address_edited,
    agreed,
    find,
    has_address,
    is_open,
    other_owner,
    will_move,
)
from ccsync.sync.mapping import EMAIL, present_at, raw_value
from ccsync.sync.membership import Membership, Move, decide_lists
from ccsync.sync.merge import FieldOutcome, decide
from ccsync.sync.operations import Intent, Leaving, Operation, Reason, Wait
from ccsync.sync.participation import Choice, choose, elect, is_user, may_take_part
from ccsync.sync.records import Gone
from ccsync.sync.subject import Decision, Subject

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ccsync.sync.mapping import Rulebook, SyncRules
    from ccsync.sync.records import Contact, MembrainRecord

__all__ = ["Decision", "FieldOutcome", "Subject", "Wait", "plan_person"]

KEPT_ADDRESS = "changed in Constant Contact; kept until Membrain's address changes"


def plan_person(subject: Subject, rules: Rulebook) -> Decision:
    """Return what should happen to one touched Membrain contact."""
    contact = subject.contact
    if contact.gone:
        return _leave(subject, Choice(), rules, Leaving.MISSING if contact.gone is Gone.MISSING else Leaving.GONE)
    choice = choose(contact, subject.surroundings, rules)
    taking = tuple(sync for sync in choice.taken if rules.acts(sync))
    if not contact.email:
        waits = _everywhere(taking, Reason.NO_EMAIL)
        return _leave(subject, Choice(failed=choice.failed), rules, Leaving.NO_ADDRESS, waits)
    if is_user(contact, rules):
        waits = _everywhere(taking, Reason.USER_OF_MEMBRAIN)
        return _leave(subject, Choice(), rules, Leaving.USER_OF_MEMBRAIN, waits)
    if not choice.concerned:
        return _leave(subject, choice, rules, Leaving.NO_LONGER_MATCHES)
    elected = elect(subject.rivals, subject.surroundings, rules)
    if elected.id != contact.id:
        detail = f"{_name(elected)}, created earlier, takes part for this address"
        return _only_waits(subject, _everywhere(taking, Reason.DUPLICATE_ADDRESS, detail))
    return _take_part(subject, choice, taking, rules)


def _leave(
    subject: Subject, choice: Choice, rules: Rulebook, leaving: Leaving, waits: tuple[Wait, ...] = ()
) -> Decision:
    """Take somebody off the lists, unless somebody else who has their contact's address takes the contact over."""
    linked = subject.linked
    if linked is None or not linked.usable:
        return _only_waits(subject, waits)
    heirs = tuple(heir.id for heir in subject.heirs if may_take_part(heir, subject.surroundings, rules))
    if heirs:
        return Decision(subject.contact.id, _shown_email(subject), waits=waits, heirs=heirs)
    lists = decide_lists(linked, subject.standings.get(linked.id, {}), choice, rules)
    return _decision(subject, linked, lists, waits=waits, leaving=leaving)


def _take_part(subject: Subject, choice: Choice, taking: tuple[SyncRules, ...], rules: Rulebook) -> Decision:
    """Bring the contact whom somebody means to what Membrain says; ``taking`` are the syncs of this run that do."""
    waits = tuple(Wait(sync.name, Reason.FILTER_ERROR, detail) for sync, detail in choice.failed if rules.acts(sync))
    found, holder = find(subject, rules)
    if holder is not None:
        return _only_waits(subject, (*waits, *(_closed(subject.namesake, taking) or _held(taking, holder))))
    names = tuple(sync.name for sync in taking)
    edited = address_edited(subject, found)
    if edited:
        waits += tuple(Wait(sync.name, Reason.KEPT_EDIT, KEPT_ADDRESS, EMAIL) for sync in taking)
    moves = bool(taking) and not edited and not has_address(subject, found)
    blocked = _closed(found, taking) or (_no_address(subject, taking, rules) if moves else ())
    standings = subject.standings.get(found.id, {}) if found else {}
    lists = decide_lists(found, standings, choice, rules)
    if blocked:
        return _decision(subject, found, lists.only_leaving, syncs=names, waits=(*waits, *blocked))
    fields = tuple(_fields(subject, found, taking))
    return _decision(subject, found, lists, syncs=names, waits=waits, fields=fields, moves=moves)


def _closed(contact: Contact | None, taking: tuple[SyncRules, ...]) -> tuple[Wait, ...]:
    """Return why a contact may not be written to; nothing when it may."""
    if contact is None or is_open(contact):
        return ()
    if contact.usable:
        return _everywhere(taking, Reason.OPTED_OUT, contact.opt_out_reason)
    return _everywhere(taking, Reason.DELETED, "deleted in Constant Contact")


def _no_address(subject: Subject, taking: tuple[SyncRules, ...], rules: Rulebook) -> tuple[Wait, ...]:
    """Return why somebody cannot get the address that they have in Membrain; nothing when they can."""
    email, namesake, owner = subject.contact.email, subject.namesake, other_owner(subject)
    if complaint := why_unusable(email):
        return _everywhere(taking, Reason.BAD_VALUE, f"no address to write to: {complaint}")
    if namesake is None:
        return ()
    if owner is not None and is_open(namesake) and will_move(owner, subject, rules):
        return _held(taking, owner)
    detail = f"{email} already belongs to another contact in Constant Contact"
    return _everywhere(taking, Reason.ADDRESS_TAKEN, detail)


def _fields(subject: Subject, found: Contact | None, taking: Iterable[SyncRules]) -> Iterator[FieldOutcome]:
    """Decide every mapped field; of two syncs that map one, the first in the config decides."""
    bases = agreed(subject, found)
    decided: set[str] = set()
    for sync in taking:
        records = subject.surroundings.records_for(subject.contact, sync)
        for rule in sync.fields:
            if rule.path in decided:
                continue
            decided.add(rule.path)
            raw, present = raw_value(rule, records[rule.scope]), present_at(rule.path, found)
            base, parked = bases.get(rule.path), subject.parked.get(rule.field, "")
            decision = decide(rule, raw, present, base, exists=found is not None, parked=parked)
            yield FieldOutcome(sync.name, rule, decision)


def _decision(
    subject: Subject,
    found: Contact | None,
    lists: Membership,
    *,
    syncs: tuple[str, ...] = (),
    waits: tuple[Wait, ...] = (),
    fields: tuple[FieldOutcome, ...] = (),
    moves: bool = False,
    leaving: Leaving = Leaving.NO_LONGER_MATCHES,
) -> Decision:
    """Put the parts together."""
    intent = _intent(subject, found, lists, fields, moves=moves, syncs=syncs, leaving=leaving)
    new_link = found.id if found is not None and found is not subject.linked and (syncs or intent) else None
    bases = {one.rule.path: one.decision.base for one in fields if one.decision.base is not None}
    if syncs:
        bases |= address_agreed(subject, found)
    return Decision(
        subject.contact.id,
        _shown_email(subject),
        syncs=syncs,
        link=new_link,
        intent=intent,
        bases=bases if found is not None else {},
        standings={(found.id, one): standing for one, standing in lists.standings.items()} if found is not None else {},
        waits=(*waits, *lists.waits, *(wait for one in fields if (wait := one.wait()))),
        fields=fields,
    )


def _intent(
    subject: Subject,
    found: Contact | None,
    lists: Membership,
    fields: tuple[FieldOutcome, ...],
    *,
    moves: bool,
    syncs: tuple[str, ...],
    leaving: Leaving,
) -> Intent | None:
    changes = tuple(change for one in fields if (change := one.change()))
    operations = list(lists.operations)
    if found is None:
        operations[:1] = [(Operation.CREATE, sync) for _, sync in operations[:1]]
    else:
        operations[:0] = [(Operation.READDRESS, syncs[0])] if moves else []
        operations += [(Operation.UPDATE, sync) for sync in dict.fromkeys(change.sync for change in changes)]
    if not operations:
        return None
    return Intent(
        subject.contact.id,
        found.id if found is not None else None,
        subject.contact.email if found is None or moves else found.email,
        tuple(operations),
        changes,
        add=lists.lists(Move.ENTERS),
        remove=lists.lists(Move.LEAVES),
        keep=lists.lists(Move.STAYS),
        old_email=found.email if found is not None and moves else "",
        leaving=leaving if lists.lists(Move.LEAVES) else "",
    )


def _only_waits(subject: Subject, waits: tuple[Wait, ...]) -> Decision:
    return Decision(subject.contact.id, _shown_email(subject), waits=waits)


def _everywhere(syncs: Iterable[SyncRules], reason: Reason, detail: str = "") -> tuple[Wait, ...]:
    """Have a person wait for one reason in all of these syncs."""
    return tuple(Wait(sync.name, reason, detail) for sync in syncs)


def _held(syncs: Iterable[SyncRules], holder: MembrainRecord) -> tuple[Wait, ...]:
    return _everywhere(syncs, Reason.HELD, f"in Constant Contact the address is still that of {_name(holder)}")


def _shown_email(subject: Subject) -> str:
    return subject.contact.email or (subject.linked.email if subject.linked is not None else "")


def _name(contact: MembrainRecord) -> str:
    return f'"{contact.values.get("Name") or contact.id}"'
