"""The book of erasure: one of those of ``ccsync.state.store``, whose promises hold here too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from ccsync.sync.records import ContactId, EmailKey, MembrainId


class Erasure(Protocol):
    """Taking a person out of the state, so that not even the bytes stay."""

    def contacts_at(self, keys: Iterable[EmailKey]) -> list[ContactId]:
        """Return every Constant Contact contact that has one of these addresses, deleted and erased ones too."""
        ...

    def people(self) -> Iterator[tuple[MembrainId | None, ContactId | None, EmailKey]]:
        """Yield everybody on either side by id, with their address; gone, deleted and erased ones too."""
        ...

    def erase(self, membrain: Collection[MembrainId], contacts: Collection[ContactId]) -> int:
        """Remove every row of these people: mirrors, links, bases, standings, memberships, waiting, what was planned.

        Return how many rows that were. Intents are included, whatever became of them.
        """
        ...

    def hide(self, hide: Callable[[str], str]) -> int:
        """Pass each text that may name somebody through ``hide``, and return how many became other texts.

        These are the examples of field statistics, messages of runs, details of those who wait, failures of intents,
        and facts.
        """
        ...

    def holding(self, spellings: Collection[str]) -> list[str]:
        """Return each text of any table that holds one of these, whatever the case of ASCII letters."""
        ...

    def compact(self) -> None:
        """Leave no byte of what was removed in the file or beside it; outside of any transaction.

        Raises ``Locked`` when somebody is reading.
        """
        ...
