"""What ccsync brought about, in memory: links, bases and standings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccsync.sync.records import Base, ContactId, ListId, MembrainId, Standing

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ccsync.state.memory.tables import Tables


class MemoryAgreement:
    """Who is whom, what both sides agreed on, who is on a list and why."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def links(self, ids: Iterable[MembrainId]) -> dict[MembrainId, ContactId]:
        """Return the linked contact of each Membrain contact that has one."""
        return {item: self._tables.links[item] for item in ids if item in self._tables.links}

    def linked_to(self, ids: Iterable[ContactId]) -> dict[ContactId, MembrainId]:
        """Return the Membrain contact that each contact is linked to."""
        return {item: self._tables.linked_to[item] for item in ids if item in self._tables.linked_to}

    def link(self, membrain_id: MembrainId, contact_id: ContactId) -> None:
        """Link two people; links that either had before end, and the bases of those links with them."""
        if self._tables.links.get(membrain_id) == contact_id:
            return
        self._unlink(membrain_id)
        self._unlink(self._tables.linked_to.get(contact_id))
        self._tables.links[membrain_id] = contact_id
        self._tables.linked_to[contact_id] = membrain_id

    def _unlink(self, membrain_id: MembrainId | None) -> None:
        if membrain_id is not None and membrain_id in self._tables.links:
            del self._tables.linked_to[self._tables.links.pop(membrain_id)]
            self._tables.bases.pop(membrain_id, None)

    def bases(self, ids: Iterable[MembrainId]) -> dict[MembrainId, dict[str, Base]]:
        """Return the bases of each Membrain contact by bound field path."""
        return {item: dict(self._tables.bases[item]) for item in ids if item in self._tables.bases}

    def put_bases(self, membrain_id: MembrainId, bases: Mapping[str, Base]) -> None:
        """Store bases; fields not named keep theirs."""
        if bases:
            self._tables.bases[membrain_id] = {**self._tables.bases.get(membrain_id, {}), **bases}

    def standings(self, ids: Iterable[ContactId]) -> dict[ContactId, dict[ListId, Standing]]:
        """Return the standings of each contact by list."""
        standings: dict[ContactId, dict[ListId, Standing]] = {}
        wanted = set(ids)
        for (contact_id, list_id), standing in self._tables.standings.items():
            if contact_id in wanted:
                standings.setdefault(contact_id, {})[list_id] = standing
        return standings

    def put_standing(self, contact_id: ContactId, list_id: ListId, standing: Standing | None) -> None:
        """Store a standing; None forgets it."""
        if standing is None:
            self._tables.standings.pop((contact_id, list_id), None)
        else:
            self._tables.standings[contact_id, list_id] = standing

    def placed(self, list_id: ListId) -> int:
        """Count the people whom ccsync put on a list and who are still there by its book."""
        standings = self._tables.standings.items()
        return sum(key[1] == list_id and standing is Standing.PLACED for key, standing in standings)
