"""Which field a refusal is about: its words tell, or leaving fields out does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ccsync.engine.refused_fields import created_without_refused, updated_without_refused
from ccsync.errors import RecordRefused
from ccsync.sync.operations import FieldChange

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

pytestmark = pytest.mark.slow


def change(name: str) -> FieldChange:
    return FieldChange("customers", f"contact.{name}", name, name, "", "x", "source-changed", name=name)


def names(one: FieldChange) -> set[str]:
    return {one.name}


NAME, TITLE, PHONE = change("Name"), change("JobTitle"), change("Phone")
ALL = [NAME, TITLE, PHONE]


class Membrain:
    """Refuses whatever has a field in it that it does not take, and keeps what it took."""

    def __init__(self, complaint: Callable[[str], str], *refused: FieldChange) -> None:
        self.taken: list[tuple[FieldChange, ...]] = []
        self.asked = 0
        self._complaint = complaint
        self._refused = refused

    def send(self, changes: Sequence[FieldChange]) -> None:
        self.asked += 1
        for one in changes:
            if one in self._refused:
                raise RecordRefused(self._complaint(one.name), status=400, hint="mend it")
        self.taken.append(tuple(changes))


def by_name(name: str) -> str:
    return f"No permission to edit {name}"


def vaguely(_: str) -> str:
    return "Something is wrong"


def is_name(one: FieldChange) -> bool:
    return one is NAME


@pytest.mark.parametrize(("complaint", "requests"), [(by_name, 2), (vaguely, 4)])
def test_an_update_goes_without_what_is_refused(complaint: Callable[[str], str], requests: int) -> None:
    membrain = Membrain(complaint, TITLE)
    refused = updated_without_refused(ALL, membrain.send, names, alone=True)
    assert refused == {TITLE: complaint("JobTitle")}
    assert membrain.taken[-1] == (NAME, PHONE)
    assert membrain.asked == requests


def test_an_update_of_which_everything_is_refused_changes_nothing() -> None:
    membrain = Membrain(vaguely, *ALL)
    assert set(updated_without_refused(ALL, membrain.send, names, alone=True)) == set(ALL)
    assert membrain.taken == []


def test_when_it_may_be_the_address_or_the_company_the_whole_update_is_refused() -> None:
    membrain = Membrain(vaguely, TITLE)
    with pytest.raises(RecordRefused):
        updated_without_refused(ALL, membrain.send, names, alone=False)
    assert membrain.asked == 1


def test_a_field_beside_a_new_address_is_left_out_when_it_is_named() -> None:
    membrain = Membrain(by_name, TITLE)
    assert set(updated_without_refused([TITLE], membrain.send, names, alone=False)) == {TITLE}
    assert membrain.taken == [()]


def test_somebody_new_is_made_without_what_is_refused() -> None:
    membrain = Membrain(by_name, TITLE)
    taken, refused = created_without_refused(ALL, membrain.send, names, is_name)
    assert (taken, refused) == ([NAME, PHONE], {TITLE: by_name("JobTitle")})
    assert membrain.taken == [(NAME, PHONE)]


def test_somebody_new_is_made_with_their_name_alone_when_the_words_tell_nothing() -> None:
    membrain = Membrain(vaguely, TITLE)
    taken, refused = created_without_refused(ALL, membrain.send, names, is_name)
    assert (taken, refused) == ([NAME], {})
    assert membrain.taken == [(NAME,)]


def test_somebody_new_who_is_refused_with_their_name_alone_is_refused_in_the_first_words() -> None:
    membrain = Membrain(by_name, NAME, TITLE)
    with pytest.raises(RecordRefused, match="edit Name"):
        created_without_refused(ALL, membrain.send, names, is_name)
    assert membrain.taken == []


def test_a_name_within_a_longer_word_names_nothing() -> None:
    membrain = Membrain(lambda _: "Mandatory: CompanyName, Telephone", TITLE)
    assert set(updated_without_refused(ALL, membrain.send, names, alone=True)) == {TITLE}
    assert membrain.taken[-1] == (NAME, PHONE)
