"""What a reading of Constant Contact means for somebody's standing on a list: the whole table."""

from __future__ import annotations

import pytest

from ccsync.sync.records import Contact, ListId, Standing
from ccsync.sync.standing import observe

from .model import contact

NEWS, OTHER = ListId("news"), ListId("other")
NOBODY, ON, OFF = "not known yet", "on the list", "not on the list"
OPTED_OUT, DELETED, ERASED = "opted out", "deleted", "erased"
PLACED, THEIRS, TAKEN_OFF = Standing.PLACED, Standing.THEIRS, Standing.TAKEN_OFF


def seen(state: str) -> Contact | None:
    states = {
        ON: contact(1, "ann@example.com", NEWS),
        OFF: contact(1),
        OPTED_OUT: contact(1, permission="unsubscribed"),
        DELETED: contact(1, deleted=True),
        ERASED: contact(1, erased=True),
    }
    return states.get(state)


TABLE = [
    # before, now, standing, standing afterwards
    # whoever is on the list keeps their standing, except that somebody else's hand has brought them back
    (NOBODY, ON, None, None),
    (OFF, ON, None, None),
    (OFF, ON, PLACED, PLACED),
    (OFF, ON, THEIRS, THEIRS),
    (OFF, ON, TAKEN_OFF, THEIRS),
    (NOBODY, ON, TAKEN_OFF, THEIRS),
    (ON, ON, None, None),
    (ON, ON, PLACED, PLACED),
    (ON, ON, THEIRS, THEIRS),
    # a hand has taken them off
    (ON, OFF, None, TAKEN_OFF),
    (ON, OFF, PLACED, TAKEN_OFF),
    (ON, OFF, THEIRS, TAKEN_OFF),
    (ON, OFF, TAKEN_OFF, TAKEN_OFF),
    # also when nobody saw them there
    (OFF, OFF, PLACED, TAKEN_OFF),
    (NOBODY, OFF, PLACED, TAKEN_OFF),
    (NOBODY, OFF, THEIRS, TAKEN_OFF),
    # whoever was never there may come
    (NOBODY, OFF, None, None),
    (OFF, OFF, None, None),
    (OFF, OFF, TAKEN_OFF, TAKEN_OFF),
    # an opt-out takes people off by itself: should they opt in again, they may enter again
    (ON, OPTED_OUT, None, None),
    (ON, OPTED_OUT, PLACED, None),
    (ON, OPTED_OUT, THEIRS, None),
    (OFF, OPTED_OUT, PLACED, None),
    # but it forgets nothing that a hand has done before
    (OFF, OPTED_OUT, TAKEN_OFF, TAKEN_OFF),
    # a deletion is a hand's work
    (ON, DELETED, None, TAKEN_OFF),
    (ON, DELETED, PLACED, TAKEN_OFF),
    (ON, DELETED, THEIRS, TAKEN_OFF),
    (OFF, DELETED, None, None),
    (ON, ERASED, PLACED, TAKEN_OFF),
    # coming back from either changes nothing
    (DELETED, OFF, TAKEN_OFF, TAKEN_OFF),
    (DELETED, OFF, None, None),
    (OPTED_OUT, OFF, None, None),
]


@pytest.mark.parametrize(("before", "now", "standing", "after"), TABLE)
def test_a_reading_moves_a_standing(before: str, now: str, standing: Standing | None, after: Standing | None) -> None:
    new = seen(now)
    assert new is not None
    changes = observe(seen(before), new, {NEWS: standing} if standing else {}, [NEWS])
    assert changes == ({} if after is standing else {NEWS: after})


@pytest.mark.parametrize("standing", [None, PLACED, THEIRS])
def test_what_ccsync_itself_is_taking_off_is_nobodys_hand(standing: Standing | None) -> None:
    changes = observe(seen(ON), contact(1), {NEWS: standing} if standing else {}, [NEWS], ours=frozenset({NEWS}))
    assert changes == ({NEWS: None} if standing else {})


def test_only_what_ccsync_takes_off_is_excused() -> None:
    old = contact(1, "ann@example.com", NEWS, OTHER)
    changes = observe(old, contact(1), {NEWS: PLACED, OTHER: PLACED}, [NEWS, OTHER], ours=frozenset({OTHER}))
    assert changes == {NEWS: TAKEN_OFF, OTHER: None}


def test_lists_that_ccsync_does_not_fill_do_not_matter() -> None:
    assert observe(contact(1, "ann@example.com", OTHER), contact(1), {OTHER: PLACED}, [NEWS]) == {}


def test_each_list_is_seen_by_itself() -> None:
    old, new = contact(1, "ann@example.com", NEWS), contact(1, "ann@example.com", OTHER)
    changes = observe(old, new, {NEWS: PLACED, OTHER: TAKEN_OFF}, [NEWS, OTHER])
    assert changes == {NEWS: TAKEN_OFF, OTHER: THEIRS}
