"""Who may be on a list: what a change in Constant Contact means for somebody's standing.

Only an absence that a person caused counts as "taken off": an opt-out takes people off all lists by itself, and what
ccsync takes off is its own doing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccsync.sync.records import Standing

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ccsync.sync.records import Contact, ListId


def observe(
    old: Contact | None,
    new: Contact,
    standings: Mapping[ListId, Standing],
    lists: Iterable[ListId],
    ours: frozenset[ListId] = frozenset(),
) -> dict[ListId, Standing | None]:
    """Return the standings that change because a contact was read as ``new``; None ends one.

    ``lists`` are those that ccsync fills; ``ours`` those from which ccsync itself is just taking this contact.
    """
    changes: dict[ListId, Standing | None] = {}
    for list_id in lists:
        now = _after(old, new, standings.get(list_id), list_id, own_removal=list_id in ours)
        if now != standings.get(list_id):
            changes[list_id] = now
    return changes


def unexplained(
    contact: Contact, standings: Mapping[ListId, Standing], lists: Iterable[ListId]
) -> dict[ListId, Standing | None]:
    """Return the standings of somebody who changed while nobody was looking: off a list counts as taken off it.

    An opt-out explains by itself why somebody is on no list.
    """
    if contact.opted_out or not contact.usable:
        return {}
    return {one: Standing.TAKEN_OFF for one in lists if one not in contact.lists and one not in standings}


def _after(
    old: Contact | None, new: Contact, standing: Standing | None, list_id: ListId, *, own_removal: bool
) -> Standing | None:
    if list_id in new.lists:
        return Standing.THEIRS if standing is Standing.TAKEN_OFF else standing
    was_on = old is not None and list_id in old.lists
    if not was_on and standing not in (Standing.PLACED, Standing.THEIRS):
        return standing
    if own_removal or (new.opted_out and new.usable):
        return None
    return Standing.TAKEN_OFF
