"""The lists of one person: which they enter, which they leave, and where they stay as they are.

What happens on one list depends on three things: whether a sync that fills it takes the person, whether the person is
on it, and their standing there.

============ ========= =========================== ================================
taken?       on it?    standing                    what happens
============ ========= =========================== ================================
yes          no        none                        enters
yes          no        any                         stays off: somebody took them off
yes          yes       placed                      stays
yes          yes       none, theirs, taken off     stays, as theirs
cannot tell  any       any                         nothing
no           yes       placed                      leaves, unless it keeps
no           yes       none, theirs, taken off     nothing
no           no        any                         nothing
============ ========= =========================== ================================
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from ccsync.sync.operations import Operation, Reason, Wait
from ccsync.sync.records import Standing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ccsync.sync.mapping import Rulebook
    from ccsync.sync.participation import Choice
    from ccsync.sync.records import Contact, ListId


class Move(StrEnum):
    """What somebody does on a list."""

    ENTERS = "enters"
    STAYS = "stays"
    STAYS_OFF = "stays off"
    LEAVES = "leaves"


class ListMove(NamedTuple):
    """What one person does on one list, for which syncs; ``standing`` is their new one, when it changes at once."""

    list_id: ListId
    move: Move
    syncs: tuple[str, ...]
    standing: Standing | None = None


class Membership(NamedTuple):
    """What one person does on all lists where anything is to be said about them."""

    moves: tuple[ListMove, ...] = ()

    def lists(self, move: Move) -> frozenset[ListId]:
        """Return the lists on which they do this."""
        return frozenset(one.list_id for one in self.moves if one.move is move)

    @property
    def only_leaving(self) -> Membership:
        """What is left of it for somebody who may not be written to: nobody has to stay on a list for that."""
        return Membership(tuple(one for one in self.moves if one.move is Move.LEAVES))

    @property
    def operations(self) -> tuple[tuple[Operation, str], ...]:
        """What has to be asked of Constant Contact, each with the first sync that wants it."""
        asked = {Move.ENTERS: Operation.ADD_TO_LIST, Move.LEAVES: Operation.REMOVE_FROM_LIST}
        return tuple((asked[one.move], one.syncs[0]) for one in self.moves if one.move in asked)

    @property
    def standings(self) -> dict[ListId, Standing]:
        """The standings that change at once, without any request."""
        return {one.list_id: one.standing for one in self.moves if one.standing is not None}

    @property
    def waits(self) -> tuple[Wait, ...]:
        """Why they are not where a sync wants them."""
        detail = "taken off the list in Constant Contact"
        kept_off = (sync for one in self.moves if one.move is Move.STAYS_OFF for sync in one.syncs)
        return tuple(Wait(sync, Reason.REMOVED_BY_HAND, detail) for sync in kept_off)


def decide_lists(
    contact: Contact | None, standings: Mapping[ListId, Standing], choice: Choice, rules: Rulebook
) -> Membership:
    """Decide every list that the syncs of this run fill; ``contact`` is None for somebody new."""
    return Membership(tuple(_moves(contact, standings, choice, rules)))


def _moves(
    contact: Contact | None, standings: Mapping[ListId, Standing], choice: Choice, rules: Rulebook
) -> Iterator[ListMove]:
    """Yield the moves; two syncs may fill one list, and one that takes the person, or cannot tell, is enough."""
    occupied = {sync.list_id for sync in choice.taken} | {sync.list_id for sync, _ in choice.failed}
    fillers = [sync for sync in rules.acting if sync.direction.fills_constant_contact]
    for list_id in dict.fromkeys(sync.list_id for sync in fillers):
        filling = [sync for sync in fillers if sync.list_id == list_id]
        taking = tuple(sync.name for sync in filling if sync in choice.taken)
        dropping = tuple(sync.name for sync in filling if not sync.keep_on_leaving)
        on_it, standing = contact is not None and list_id in contact.lists, standings.get(list_id)
        if taking and on_it:
            theirs = Standing.THEIRS if standing in (None, Standing.TAKEN_OFF) else None
            yield ListMove(list_id, Move.STAYS, taking, theirs)
        elif taking and standing is None:
            yield ListMove(list_id, Move.ENTERS, taking)
        elif taking:
            gone = None if standing is Standing.TAKEN_OFF else Standing.TAKEN_OFF
            yield ListMove(list_id, Move.STAYS_OFF, taking, gone)
        elif on_it and standing is Standing.PLACED and dropping and list_id not in occupied:
            yield ListMove(list_id, Move.LEAVES, dropping)
