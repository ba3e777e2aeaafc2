"""What the planner is asked about one person, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ccsync.sync.operations import Reason

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ccsync.sync.mapping import Surroundings
    from ccsync.sync.merge import FieldOutcome
    from ccsync.sync.operations import Intent, MembrainIntent, Wait
    from ccsync.sync.records import Base, Contact, ContactId, ListId, MembrainId, MembrainRecord, Standing


@dataclass(frozen=True, slots=True)
class Subject:
    """One touched Membrain contact with everything that decides about it.

    ``rivals`` are the living Membrain contacts with its address, itself included. ``linked`` is the contact it is
    linked to, ``bases`` belong to that link. ``namesake`` is the contact that has its address, ``namesake_owner`` the
    Membrain contact that one is linked to. ``sharers`` are the other living Membrain contacts that have the *linked
    contact's* address, ``heirs`` those of them that have no contact of their own. ``surroundings`` cover all of these
    people, ``standings`` both contacts. ``parked`` holds the fingerprints of what was refused, by field in the config's
    words.
    """

    contact: MembrainRecord
    rivals: tuple[MembrainRecord, ...]
    surroundings: Surroundings
    linked: Contact | None = None
    namesake: Contact | None = None
    namesake_owner: MembrainRecord | None = None
    sharers: tuple[MembrainRecord, ...] = ()
    heirs: tuple[MembrainRecord, ...] = ()
    standings: Mapping[ContactId, Mapping[ListId, Standing]] = field(default_factory=dict)
    bases: Mapping[str, Base] = field(default_factory=dict)
    parked: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Decision:
    """What should happen to one person.

    ``intent`` is for Constant Contact, ``inward`` for Membrain. ``link``, ``bases`` and ``standings`` are for ccsync's
    own books, at once. ``syncs`` names the syncs of this run whose filter or list takes the person. ``heirs`` may take
    the contact over that the person leaves to them, and so have to be planned as well.
    """

    membrain_id: MembrainId
    email: str
    syncs: tuple[str, ...] = ()
    link: ContactId | None = None
    intent: Intent | None = None
    inward: tuple[MembrainIntent, ...] = ()
    bases: Mapping[str, Base] = field(default_factory=dict)
    standings: Mapping[tuple[ContactId, ListId], Standing | None] = field(default_factory=dict)
    waits: tuple[Wait, ...] = ()
    fields: tuple[FieldOutcome, ...] = ()
    heirs: tuple[MembrainId, ...] = ()

    @property
    def again(self) -> bool:
        """Tell whether to plan this person once more, because somebody else has to move first."""
        return any(wait.reason is Reason.HELD for wait in self.waits)
