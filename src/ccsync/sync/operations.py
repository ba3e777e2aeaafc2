"""The words of a plan: operations, reasons, and what is still to be seen on the other side."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from hashlib import blake2b
from typing import TYPE_CHECKING

from ccsync.sync.records import MembrainId

if TYPE_CHECKING:
    from datetime import datetime

    from ccsync.sync.records import ContactId, ListId


class Operation(StrEnum):
    """What a plan can ask for."""

    CREATE = "create"
    UPDATE = "update"
    ADD_TO_LIST = "add-to-list"
    REMOVE_FROM_LIST = "remove-from-list"
    READDRESS = "readdress"
    CREATE_COMPANY = "create-company"
    CONSENT = "consent"


class Reason(StrEnum):
    """Why somebody, or one field of somebody, is left as it is."""

    NO_EMAIL = "no_email"
    NO_NAME = "no_name"
    NO_COMPANY = "no_company"
    OPTED_OUT = "opted_out"
    REMOVED_BY_HAND = "removed_by_hand"
    DELETED = "deleted"
    DUPLICATE_ADDRESS = "duplicate_address"
    ADDRESS_TAKEN = "address_taken"
    TOO_LONG = "too_long"
    BAD_VALUE = "bad_value"
    REFUSED = "refused"
    FILTER_ERROR = "filter_error"
    USER_OF_MEMBRAIN = "user_of_membrain"
    HELD = "held"
    KEPT_EDIT = "kept_edit"
    FORGOTTEN = "forgotten"


class Leaving(StrEnum):
    """By which rule somebody leaves lists, as the log tells it."""

    NO_LONGER_MATCHES = "no-longer-matches"
    NO_ADDRESS = "no-address"
    GONE = "gone"
    MISSING = "missing"
    USER_OF_MEMBRAIN = "user-of-membrain"


def fingerprint(*parts: str) -> str:
    """Return a short mark of what was tried, to know it again: the same parts give the same mark."""
    digest = blake2b(digest_size=12)
    for part in parts:
        data = part.encode(errors="surrogatepass")
        digest.update(len(data).to_bytes(4))
        digest.update(data)
    return digest.hexdigest()


def standing_in(mark: str, standing: str) -> str:
    """Return a mark of what Membrain refused together with how its record stood then."""
    return f"{mark}/{standing}"


def standing_apart(mark: str) -> tuple[str, str]:
    """Return a mark as it was, and how Membrain's record stood; nothing where Constant Contact refused it."""
    tried, _, standing = mark.partition("/")
    return tried, standing


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One value that travels: ``field`` is the right side in the config's words, ``path`` the bound one.

    ``overrules`` tells that ``old`` is what somebody typed on the side that is written, and loses. ``first_only`` tells
    that ``new`` is a first name that says nothing about the last one, which stays as it is. ``name`` is Membrain's name
    of the property, for a value on its way there; ``seen`` is what Constant Contact holds then, and ``settles`` what
    both agree on in Membrain's words once it has arrived.
    """

    sync: str
    membrain: str
    field: str
    path: str
    old: str
    new: str
    rule: str
    truncated: bool = False
    overrules: bool = False
    first_only: bool = False
    name: str = ""
    seen: str = ""
    settles: str = ""


@dataclass(frozen=True, slots=True)
class Intent:
    """All that is to happen to one person in Constant Contact in this run, and so what must be seen afterwards.

    ``contact_id`` is empty for somebody who is not in Constant Contact yet. ``add`` and ``remove`` are lists;
    ``keep`` are the lists of other syncs the person stands on rightly, which an import may name as well. ``leaving`` is
    the rule by which they leave lists, if they do.
    """

    membrain_id: MembrainId
    contact_id: ContactId | None
    email: str
    operations: tuple[tuple[Operation, str], ...]
    changes: tuple[FieldChange, ...] = ()
    add: frozenset[ListId] = frozenset()
    remove: frozenset[ListId] = frozenset()
    keep: frozenset[ListId] = frozenset()
    old_email: str = ""
    leaving: str = ""

    @property
    def mark(self) -> str:
        """What is tried here, short: as long as it stays the same, trying again is of no use."""
        values = (f"{change.path}={change.new}" for change in self.changes)
        return fingerprint(self.email, self.old_email, ",".join(sorted(self.add)), *values)

    def parts(self, *, importable: bool) -> tuple[Intent, ...]:
        """Return the intents, one request each, that do the same: leaving lists, values and address, entering lists.

        Somebody new, and values that an import can carry for somebody who is on a list or goes on one, need no PUT:
        the import puts them on the list in the same breath.
        """
        leaving = self._part({Operation.REMOVE_FROM_LIST}, remove=self.remove) if self.remove else None
        whole = {Operation.CREATE, Operation.UPDATE, Operation.ADD_TO_LIST}
        by_import = self.contact_id is None or (
            importable and bool(self.changes) and not self.old_email and bool(self.add or self.keep)
        )
        if by_import:
            imported = self._part(whole, changes=self.changes, add=self.add, keep=self.keep)
            return tuple(part for part in (leaving, imported) if part)
        values = None
        if self.changes or self.old_email:
            values = self._part({Operation.UPDATE, Operation.READDRESS}, changes=self.changes, old_email=self.old_email)
        entering = self._part({Operation.ADD_TO_LIST}, add=self.add) if self.add else None
        return tuple(part for part in (leaving, values, entering) if part)

    def _part(
        self,
        operations: set[Operation],
        *,
        changes: tuple[FieldChange, ...] = (),
        add: frozenset[ListId] = frozenset(),
        remove: frozenset[ListId] = frozenset(),
        keep: frozenset[ListId] = frozenset(),
        old_email: str = "",
    ) -> Intent:
        mine = tuple((operation, sync) for operation, sync in self.operations if operation in operations)
        return replace(self, operations=mine, changes=changes, add=add, remove=remove, keep=keep, old_email=old_email)


class IntentState(StrEnum):
    """How far an intent has come."""

    PLANNED = "planned"
    SENDING = "sending"  # the request may have left
    SENT = "sent"  # the service has answered
    UNVERIFIED = "unverified"  # the service is done, nobody has looked yet
    LOST = "lost"  # no answer, and no job to be found: it may or may not have happened
    ABORTED = "aborted"  # the service gave its job up: some of it may have happened


@dataclass(frozen=True, slots=True)
class StoredIntent:
    """An intent as the state keeps it; ``number`` is the order of the plan."""

    number: int
    intent: Intent
    state: IntentState
    batch: str = ""
    failure: str = ""


@dataclass(frozen=True, slots=True)
class MembrainIntent:
    """What is to be written to one person in Membrain, in one request and one for their company at most.

    ``membrain_id`` is empty for somebody who is not in Membrain yet. ``company`` is the name of the company that they
    belong to from then on, empty when that stays as it is; ``new_company`` are the changes of a company that has to be
    made first, and ``may_create`` tells that it may be. ``old_email`` is Membrain's present address when it changes.
    """

    contact_id: ContactId
    membrain_id: MembrainId | None
    email: str
    operations: tuple[tuple[Operation, str], ...]
    changes: tuple[FieldChange, ...] = ()
    company: str = ""
    new_company: tuple[FieldChange, ...] = ()
    may_create: bool = False
    old_email: str = ""

    @property
    def person(self) -> MembrainId:
        """Under which id the state knows this person: Membrain's, or Constant Contact's until they have one there."""
        return self.membrain_id if self.membrain_id is not None else as_person(self.contact_id)

    @property
    def is_consent(self) -> bool:
        """Whether this tells Membrain of somebody's consent, and so goes before everything else."""
        return any(operation is Operation.CONSENT for operation, _ in self.operations)

    @property
    def mark(self) -> str:
        """What is tried here, short: as long as it stays the same, trying again is of no use."""
        values = (f"{change.name}={change.new}" for change in (*self.changes, *self.new_company))
        made = "make" if any(operation is Operation.CREATE_COMPANY for operation, _ in self.operations) else ""
        return fingerprint("membrain", self.email, self.old_email, self.company, made, *values)


def as_person(contact_id: ContactId) -> MembrainId:
    """Return the id under which somebody who is not in Membrain waits: ids of the services are never the same."""
    return MembrainId(contact_id)


@dataclass(frozen=True, slots=True)
class StoredMembrainIntent:
    """An intent towards Membrain as the state keeps it; ``sent_at`` is set from the moment its request may leave."""

    number: int
    intent: MembrainIntent
    sent_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """One request that carries many intents: an import or a list activity.

    ``activity_id`` is empty from the moment before the request until its answer is stored.
    """

    id: str
    kind: str
    run: str
    sent_at: datetime
    rows: int
    activity_id: str = ""


@dataclass(frozen=True, slots=True)
class Wait:
    """Why a person (``field`` empty) or one field of theirs is left as it is, in one sync."""

    sync: str
    reason: Reason
    detail: str = ""
    field: str = ""
    fingerprint: str = ""

    def of(self, membrain_id: MembrainId, contact: str, since: datetime) -> Waiting:
        """Return this as the state keeps it."""
        return Waiting(membrain_id, contact, self.sync, self.field, self.reason, self.detail, since, self.fingerprint)


@dataclass(frozen=True, slots=True)
class Waiting:
    """Somebody, or one field of somebody, who waits, with the reason.

    ``field`` is empty when the whole person waits. ``fingerprint`` is what was tried and refused: as long as it stays
    the same, it is not tried again.
    """

    membrain_id: MembrainId
    contact: str
    sync: str
    field: str
    reason: Reason
    detail: str
    since: datetime
    fingerprint: str = ""
