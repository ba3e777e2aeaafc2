"""The lists of one person: every combination of filter, list and standing."""

from __future__ import annotations

import pytest

from ccsync.sync.mapping import Rulebook, SyncRules
from ccsync.sync.membership import Membership, Move, decide_lists
from ccsync.sync.operations import Operation, Reason
from ccsync.sync.participation import Choice
from ccsync.sync.records import ListId, Standing

from .model import CATALOGUE, NEWS, VIPS, contact, sync, vip_sync

PLACED, THEIRS, TAKEN_OFF = Standing.PLACED, Standing.THEIRS, Standing.TAKEN_OFF
TAKEN, HELD, NOT_TAKEN = "taken", "the filter has no answer", "not taken"


def decided(*, says: str, on_list: bool, standing: Standing | None, keeps: bool = False) -> Membership:
    rules = sync(keep_on_leaving=keeps)
    choice = {TAKEN: Choice((rules,)), HELD: Choice((), ((rules, "why"),)), NOT_TAKEN: Choice()}[says]
    ann = contact(1, "ann@example.com", *([NEWS] if on_list else []))
    return decide_lists(ann, {NEWS: standing} if standing else {}, choice, Rulebook((rules,), CATALOGUE))


@pytest.mark.parametrize(
    ("says", "on_list", "standing", "move", "afterwards"),
    [
        (TAKEN, False, None, Move.ENTERS, {}),
        (TAKEN, False, PLACED, Move.STAYS_OFF, {NEWS: TAKEN_OFF}),
        (TAKEN, False, THEIRS, Move.STAYS_OFF, {NEWS: TAKEN_OFF}),
        (TAKEN, False, TAKEN_OFF, Move.STAYS_OFF, {}),
        (TAKEN, True, None, Move.STAYS, {NEWS: THEIRS}),
        (TAKEN, True, PLACED, Move.STAYS, {}),
        (TAKEN, True, THEIRS, Move.STAYS, {}),
        (TAKEN, True, TAKEN_OFF, Move.STAYS, {NEWS: THEIRS}),
        *((HELD, on, standing, None, {}) for on in (True, False) for standing in (None, *Standing)),
        *((NOT_TAKEN, False, standing, None, {}) for standing in (None, *Standing)),
        (NOT_TAKEN, True, None, None, {}),
        (NOT_TAKEN, True, PLACED, Move.LEAVES, {}),
        (NOT_TAKEN, True, THEIRS, None, {}),
        (NOT_TAKEN, True, TAKEN_OFF, None, {}),
    ],
)
def test_one_list(
    says: str, on_list: bool, standing: Standing | None, move: Move | None, afterwards: dict[ListId, Standing]
) -> None:
    result = decided(says=says, on_list=on_list, standing=standing)
    assert [one.move for one in result.moves] == ([move] if move else [])
    assert result.standings == afterwards


def test_whom_a_stopped_sync_takes_stays_on_the_list_that_another_one_fills() -> None:
    rules = Rulebook((sync(), vip_sync(NEWS)), CATALOGUE, stopped=frozenset({"vips"}))
    ann = contact(1, "ann@example.com", NEWS)
    assert decide_lists(ann, {NEWS: PLACED}, Choice((rules.syncs[1],)), rules).moves == ()
    assert decide_lists(ann, {NEWS: PLACED}, Choice(), rules).lists(Move.LEAVES) == {NEWS}


def test_an_operation_is_told_with_its_sync() -> None:
    assert decided(says=TAKEN, on_list=False, standing=None).operations == ((Operation.ADD_TO_LIST, "news"),)
    assert decided(says=NOT_TAKEN, on_list=True, standing=PLACED).operations == ((Operation.REMOVE_FROM_LIST, "news"),)
    assert decided(says=TAKEN, on_list=True, standing=PLACED).operations == ()


def test_whoever_was_taken_off_waits_and_is_told_why() -> None:
    [wait] = decided(says=TAKEN, on_list=False, standing=TAKEN_OFF).waits
    assert (wait.sync, wait.reason, wait.field) == ("news", Reason.REMOVED_BY_HAND, "")
    assert wait.detail == "taken off the list in Constant Contact"


def test_when_leaving_keep_leaves_everybody_on_the_list() -> None:
    assert decided(says=NOT_TAKEN, on_list=True, standing=PLACED, keeps=True) == Membership()


def test_somebody_new_enters_every_list_that_a_sync_takes_them_for() -> None:
    rules = Rulebook((sync(), vip_sync()), CATALOGUE)
    assert decide_lists(None, {}, Choice(rules.syncs), rules).lists(Move.ENTERS) == {NEWS, VIPS}
    assert decide_lists(None, {}, Choice(rules.syncs[:1]), rules).lists(Move.ENTERS) == {NEWS}


class TestTwoSyncsOnOneList:
    """One list of two names in the config may turn out to be one list, when it was renamed."""

    first, second = sync("first"), sync("second")

    def decided(
        self,
        *taken: SyncRules,
        held: tuple[SyncRules, ...] = (),
        on_list: bool = False,
        standing: Standing | None = None,
        only: str | None = None,
        syncs: tuple[SyncRules, ...] = (),
    ) -> Membership:
        rules = Rulebook(syncs or (self.first, self.second), CATALOGUE, only=only)
        choice = Choice(taken, tuple((one, "why") for one in held))
        ann = contact(1, "ann@example.com", *([NEWS] if on_list else []))
        return decide_lists(ann, {NEWS: standing} if standing else {}, choice, rules)

    def test_one_that_takes_a_person_is_enough_to_enter(self) -> None:
        result = self.decided(self.second)
        assert result.operations == ((Operation.ADD_TO_LIST, "second"),)

    def test_both_put_a_person_on_it_once(self) -> None:
        result = self.decided(self.first, self.second)
        assert result.operations == ((Operation.ADD_TO_LIST, "first"),)
        assert result.lists(Move.ENTERS) == {NEWS}

    def test_one_that_takes_a_person_is_enough_to_stay(self) -> None:
        result = self.decided(self.second, on_list=True, standing=PLACED)
        assert [one.move for one in result.moves] == [Move.STAYS]

    def test_one_that_cannot_tell_is_enough_to_stay(self) -> None:
        assert self.decided(held=(self.second,), on_list=True, standing=PLACED) == Membership()

    def test_a_person_leaves_once_when_both_have_done_with_them(self) -> None:
        result = self.decided(on_list=True, standing=PLACED)
        assert result.operations == ((Operation.REMOVE_FROM_LIST, "first"),)

    def test_a_person_taken_off_by_hand_waits_in_both(self) -> None:
        result = self.decided(self.first, self.second, standing=TAKEN_OFF)
        assert [wait.sync for wait in result.waits] == ["first", "second"]

    def test_the_one_that_keeps_nobody_decides_when_both_have_done_with_them(self) -> None:
        keeps = sync("first", keep_on_leaving=True)
        result = self.decided(on_list=True, standing=PLACED, syncs=(keeps, self.second))
        assert result.operations == ((Operation.REMOVE_FROM_LIST, "second"),)

    def test_a_run_of_one_sync_does_not_take_the_other_ones_people_off(self) -> None:
        assert self.decided(self.second, on_list=True, standing=PLACED, only="first") == Membership()

    def test_a_run_of_one_sync_does_not_put_the_other_ones_people_on(self) -> None:
        assert self.decided(self.second, only="first") == Membership()

    def test_a_run_of_one_sync_respects_that_the_other_one_cannot_tell(self) -> None:
        assert self.decided(held=(self.second,), on_list=True, standing=PLACED, only="first") == Membership()


class TestTwoLists:
    def test_each_is_decided_by_itself(self) -> None:
        rules = Rulebook((sync(), vip_sync()), CATALOGUE)
        ann = contact(1, "ann@example.com", NEWS)
        result = decide_lists(ann, {NEWS: PLACED}, Choice((rules.syncs[1],)), rules)
        assert result.lists(Move.LEAVES) == {NEWS}
        assert result.lists(Move.ENTERS) == {VIPS}
        assert result.operations == ((Operation.REMOVE_FROM_LIST, "news"), (Operation.ADD_TO_LIST, "vips"))

    def test_lists_of_other_syncs_are_let_be_in_a_run_of_one(self) -> None:
        rules = Rulebook((sync(), vip_sync()), CATALOGUE, only="vips")
        ann = contact(1, "ann@example.com", NEWS)
        assert decide_lists(ann, {NEWS: PLACED}, Choice(), rules) == Membership()
