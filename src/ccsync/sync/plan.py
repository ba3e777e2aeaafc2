"""The planner: from one person as both sides show them to what should happen, as pure data.

``plan_person`` is called for every touched Membrain contact. It answers three questions in turn:

1. Who takes part? Filters decide, and lists of syncs towards Membrain; of several Membrain contacts with one address
   it is one (``participation``).
2. Whom do they mean in Constant Contact? The linked contact, else the one with the address (``identity``).
3. What is to be done? Nothing in Constant Contact, when they may not be written to or their address is not to be had;
   else lists (``membership``), each field (``merge``) and the address. What goes to Membrain, ``inward`` puts together.

Whoever is on a list and has nobody in Membrain is ``arrival``'s.

Nothing here reads or writes anything. The same subject and rulebook always give the same decision, and a decision that
was carried out and read back gives an empty one the next time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccsync.sync import inward
from ccsync.sync.addresses import why_unusable
from ccsync.sync.identity import (
    address_agreed,
    address_disputed,
    address_edited,
    agreed,
    find,
    has_address,
    is_open,
    other_owner,
    will_move,
)
from ccsync.sync.mapping import EMAIL, Direction, Side, present_at, raw_value
from ccsync.sync.membership import Membership, Move, decide_lists
from ccsync.sync.merge import MEMBRAIN_WINS, FieldOutcome, decide
from ccsync.sync.names import is_last_only
from ccsync.sync.operations import Intent, Leaving, Operation, Reason, Wait
from ccsync.sync.participation import Choice, choose, elect, is_user, may_take_part
from ccsync.sync.records import Gone
from ccsync.sync.subject import Decision, Subject

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ccsync.sync.mapping import FieldRule, Rulebook, SyncRules
    from ccsync.sync.records import Contact, MembrainRecord

__all__ = ["Decision", "FieldOutcome", "Subject", "Wait", "plan_person"]

KEPT_ADDRESS = "changed in Constant Contact; kept until Membrain's address changes"
KEPT_IN_MEMBRAIN = "changed in Membrain; kept until Constant Contact's address changes"


def plan_person(subject: Subject, rules: Rulebook) -> Decision:
    """Return what should happen to one touched Membrain contact."""
    contact = subject.contact
    if contact.gone:
        return _leave(subject, Choice(), rules, Leaving.MISSING if contact.gone is Gone.MISSING else Leaving.GONE)
    choice = choose(contact, subject.surroundings, rules)
    taking = tuple(sync for sync in choice.taken if rules.acts(sync))
    coming = _coming(subject, choice, rules)
    if not contact.email:
        waits = _everywhere((*taking, *coming), Reason.NO_EMAIL)
        return _leave(subject, Choice(failed=choice.failed), rules, Leaving.NO_ADDRESS, waits)
    if is_user(contact, rules):
        waits = _everywhere((*taking, *coming), Reason.USER_OF_MEMBRAIN)
        return _leave(subject, Choice(), rules, Leaving.USER_OF_MEMBRAIN, waits)
    if not (choice.concerned or coming):
        return _leave(subject, choice, rules, Leaving.NO_LONGER_MATCHES)
    elected = elect(subject.rivals, subject.surroundings, rules)
    if elected.id != contact.id:
        detail = f"{_name(elected)}, created earlier, takes part for this address"
        return _only_waits(subject, _everywhere((*taking, *coming), Reason.DUPLICATE_ADDRESS, detail))
    return _take_part(subject, choice, taking, coming, rules)


def _coming(subject: Subject, choice: Choice, rules: Rulebook) -> tuple[SyncRules, ...]:
    """Return the syncs that take somebody to Membrain because they are on the list, and stay there."""
    found, holder = find(subject, rules)
    listed = [sync for sync in rules.from_list(found) if sync not in choice.taken]
    if found is None or holder is not None or not listed:
        return ()
    leaving = decide_lists(found, subject.standings.get(found.id, {}), choice, rules).lists(Move.LEAVES)
    return tuple(sync for sync in listed if sync.list_id not in leaving)


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
    fields = () if subject.contact.gone else tuple(_fields(subject, linked, (), rules, only_consent=True))
    return _decision(subject, linked, lists, rules, waits=waits, leaving=leaving, fields=fields)


def _take_part(
    subject: Subject,
    choice: Choice,
    taking: tuple[SyncRules, ...],
    coming: tuple[SyncRules, ...],
    rules: Rulebook,
) -> Decision:
    """Bring both sides of somebody together.

    ``taking`` are the syncs of this run whose filter takes them, ``coming`` those that have them by their list alone.
    """
    waits = tuple(Wait(sync.name, Reason.FILTER_ERROR, detail) for sync, detail in choice.failed if rules.acts(sync))
    found, holder = find(subject, rules)
    if holder is not None:
        return _only_waits(subject, (*waits, *(_closed(subject.namesake, taking) or _held(taking, holder))))
    syncs = (*taking, *coming)
    names = tuple(sync.name for sync in syncs)
    moves, back, more = _address(subject, found, syncs)
    waits += more
    blocked = _closed(found, syncs) or (
        _no_address(subject, syncs, rules) if moves or (taking and found is None) else ()
    )
    standings = subject.standings.get(found.id, {}) if found else {}
    lists = decide_lists(found, standings, choice, rules)
    if blocked:
        lists, moves, back = lists.only_leaving, "", ""
        waits += blocked
    fields = tuple(_fields(subject, found, syncs, rules, only_consent=bool(blocked)))
    return _decision(subject, found, lists, rules, syncs=names, waits=waits, fields=fields, moves=moves, back=back)


def _address(
    subject: Subject, found: Contact | None, syncs: tuple[SyncRules, ...]
) -> tuple[str, str, tuple[Wait, ...]]:
    """Return by which sync the address moves to Constant Contact, by which to Membrain, and what keeps it."""
    if found is None or has_address(subject, found):
        return "", "", ()
    going = [sync for sync in syncs if sync.direction.fills_constant_contact]
    returning = [sync for sync in syncs if sync.direction.fills_membrain]
    edited = address_edited(subject, found)
    if returning and not edited and address_disputed(subject, found):
        winner = inward.dispute(returning[0], [subject.contact], found).winner
        edited = not going or winner is Side.CONSTANT_CONTACT
    if not edited:
        return going[0].name if going else "", "", () if going else _for_address(syncs, KEPT_IN_MEMBRAIN)
    if not returning:
        return "", "", _for_address(syncs, KEPT_ADDRESS)
    if waits := inward.why_no_address(subject, returning):
        return "", "", waits
    return "", returning[0].name, ()


def _for_address(syncs: Iterable[SyncRules], detail: str) -> tuple[Wait, ...]:
    return tuple(Wait(sync.name, Reason.KEPT_EDIT, detail, EMAIL) for sync in syncs)


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


def _fields(
    subject: Subject, found: Contact | None, syncs: tuple[SyncRules, ...], rules: Rulebook, *, only_consent: bool
) -> Iterator[FieldOutcome]:
    """Decide every mapped field; of two syncs that map one, the first in the config decides.

    Consent is told to Membrain also of those who take part no more, once it has been told, or refused to be, of them.
    """
    bases = agreed(subject, found)
    decided: set[str] = set()
    for sync in rules.acting:
        records = subject.surroundings.records_for(subject.contact, sync) if sync in syncs or sync.tells_consent else {}
        for rule in sync.fields:
            if rule.path in decided or (only_consent and not rule.is_consent):
                continue
            told = rule.path in bases or rule.field in subject.parked
            if not _speaks(rule, found, takes_part=sync in syncs, told=told):
                continue
            decided.add(rule.path)
            record = records[rule.scope]
            raw, present = raw_value(rule, record), present_at(rule.path, found)
            base, parked = bases.get(rule.path), subject.parked.get(rule.field, "")
            decision = decide(
                rule,
                raw,
                present,
                base,
                exists=found is not None,
                parked=parked,
                dispute=(
                    inward.dispute(sync, (subject.contact, record), found)
                    if rule.direction is Direction.BOTH
                    else MEMBRAIN_WINS
                ),
                last_only=is_last_only(rule.path, found),
            )
            yield FieldOutcome(sync.name, rule, decision, present)


def _speaks(rule: FieldRule, found: Contact | None, *, takes_part: bool, told: bool) -> bool:
    """Tell whether a field has anything to say about somebody: to Membrain, only of whom Constant Contact knows.

    ``told`` is what Membrain was told of once, or refused to be told.
    """
    if rule.is_consent:
        return found is not None and (found.usable or found.opted_out) and (takes_part or told)
    return takes_part and (found is not None or rule.direction.fills_constant_contact)


def _decision(
    subject: Subject,
    found: Contact | None,
    lists: Membership,
    rules: Rulebook,
    *,
    syncs: tuple[str, ...] = (),
    waits: tuple[Wait, ...] = (),
    fields: tuple[FieldOutcome, ...] = (),
    moves: str = "",
    back: str = "",
    leaving: Leaving = Leaving.NO_LONGER_MATCHES,
) -> Decision:
    """Put the parts together."""
    intent = _intent(subject, found, lists, fields, moves=moves, leaving=leaving)
    back_to = inward.intents(subject, found, fields, rules.syncs, moves=back) if found is not None else ()
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
        inward=back_to,
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
    moves: str,
    leaving: Leaving,
) -> Intent | None:
    outward = (one for one in fields if one.decision.towards is Side.CONSTANT_CONTACT)
    changes = tuple(change for one in outward if (change := one.change()))
    operations = list(lists.operations)
    if found is None:
        operations[:1] = [(Operation.CREATE, sync) for _, sync in operations[:1]]
    else:
        operations[:0] = [(Operation.READDRESS, moves)] if moves else []
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
