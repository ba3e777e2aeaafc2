"""What is to happen to one person, cut into requests; and the marks by which a refusal is known again."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccsync.sync.operations import FieldChange, Intent, Operation, Reason, Wait, fingerprint
from ccsync.sync.records import ContactId, ListId, MembrainId

NEWS, VIPS, OLD = ListId("news"), ListId("vips"), ListId("old")
JOB = FieldChange("news", "contact.JobTitle", "job_title", "job_title", "CEO", "CTO", "source-changed")
CREATE, UPDATE, READDRESS = Operation.CREATE, Operation.UPDATE, Operation.READDRESS
ADD, REMOVE = Operation.ADD_TO_LIST, Operation.REMOVE_FROM_LIST


def intent(*operations: Operation, new: bool = False, **keys: Any) -> Intent:
    who = None if new else ContactId("c1")
    made = Intent(MembrainId("m1"), who, "ann@example.com", tuple((one, "news") for one in operations))
    return replace(made, **keys)


def in_short(part: Intent) -> tuple[list[str], list[str], bool, bool]:
    """Return a request as (operations, lists it names or leaves, whether it has values, whether it moves)."""
    lists = sorted(part.add) + sorted(f"kept {one}" for one in part.keep) + sorted(f"-{one}" for one in part.remove)
    return [operation.value for operation, _ in part.operations], lists, bool(part.changes), bool(part.old_email)


def cut(whole: Intent, *, importable: bool = True) -> list[tuple[list[str], list[str], bool, bool]]:
    return [in_short(part) for part in whole.parts(importable=importable)]


class TestTheRequestsOfOnePerson:
    @pytest.mark.parametrize("importable", [True, False])
    def test_somebody_new_is_one_row_of_an_import(self, importable: bool) -> None:
        new = intent(CREATE, ADD, new=True, changes=(JOB,), add=frozenset({NEWS, VIPS}))
        assert cut(new, importable=importable) == [(["create", "add-to-list"], ["news", "vips"], True, False)]

    def test_somebody_new_without_any_value_is_imported_as_well(self) -> None:
        assert cut(intent(CREATE, new=True, add=frozenset({NEWS}))) == [(["create"], ["news"], False, False)]

    def test_values_of_somebody_on_a_list_go_by_import(self) -> None:
        changed = intent(UPDATE, changes=(JOB,), keep=frozenset({NEWS}))
        assert cut(changed) == [(["update"], ["kept news"], True, False)]

    def test_values_and_a_new_list_are_one_row(self) -> None:
        both = intent(ADD, UPDATE, changes=(JOB,), add=frozenset({VIPS}), keep=frozenset({NEWS}))
        assert cut(both) == [(["add-to-list", "update"], ["vips", "kept news"], True, False)]

    def test_values_that_no_import_carries_go_by_put_and_name_no_list(self) -> None:
        changed = intent(ADD, UPDATE, changes=(JOB,), add=frozenset({VIPS}), keep=frozenset({NEWS}))
        assert cut(changed, importable=False) == [
            (["update"], [], True, False),
            (["add-to-list"], ["vips"], False, False),
        ]

    def test_values_of_somebody_on_no_list_go_by_put(self) -> None:
        """An import always names a list, and would put them on it."""
        assert cut(intent(UPDATE, changes=(JOB,))) == [(["update"], [], True, False)]

    def test_a_list_alone_is_entered_by_a_job(self) -> None:
        entering = intent(ADD, add=frozenset({NEWS}), keep=frozenset({VIPS}))
        assert cut(entering) == [(["add-to-list"], ["news"], False, False)]

    def test_a_list_is_left_by_a_job_before_all_else(self) -> None:
        moving = intent(ADD, REMOVE, UPDATE, changes=(JOB,), add=frozenset({NEWS}), remove=frozenset({OLD}))
        assert cut(moving) == [
            (["remove-from-list"], ["-old"], False, False),
            (["add-to-list", "update"], ["news"], True, False),
        ]
        assert cut(intent(REMOVE, remove=frozenset({OLD}))) == [(["remove-from-list"], ["-old"], False, False)]

    def test_a_new_address_takes_the_values_along_and_lists_come_after(self) -> None:
        """An import knows people by their address and would make somebody new of them."""
        moved = intent(
            READDRESS, ADD, REMOVE, UPDATE, changes=(JOB,), add=frozenset({NEWS}), keep=frozenset({VIPS}),
            remove=frozenset({OLD}), old_email="old@example.com",
        )  # fmt: skip
        assert cut(moved) == [
            (["remove-from-list"], ["-old"], False, False),
            (["readdress", "update"], [], True, True),
            (["add-to-list"], ["news"], False, False),
        ]

    def test_an_address_alone_is_a_put(self) -> None:
        assert cut(intent(READDRESS, keep=frozenset({NEWS}), old_email="old@example.com")) == [
            (["readdress"], [], False, True)
        ]

    def test_nothing_makes_no_request(self) -> None:
        assert intent().parts(importable=True) == ()


ids = st.sets(st.sampled_from((NEWS, VIPS, OLD))).map(frozenset)


@given(
    add=ids,
    remove=ids,
    keep=ids,
    changed=st.booleans(),
    moved=st.booleans(),
    new=st.booleans(),
    importable=st.booleans(),
)
def test_the_parts_do_together_what_the_whole_does(
    *, add: frozenset[ListId], remove: frozenset[ListId], keep: frozenset[ListId],
    changed: bool, moved: bool, new: bool, importable: bool,
) -> None:  # fmt: skip
    whole = intent(
        *([CREATE] if new else [READDRESS] if moved else []), *([ADD] if add else []), *([REMOVE] if remove else []),
        *([UPDATE] if changed and not new else []), new=new, changes=(JOB,) if changed else (),
        add=add, remove=remove - add - keep, keep=keep, old_email="old@example.com" if moved and not new else "",
    )  # fmt: skip
    whole = replace(whole, operations=tuple(one for one in whole.operations if one[0] is not REMOVE or whole.remove))
    parts = whole.parts(importable=importable)
    assert frozenset().union(*(part.add for part in parts)) == whole.add
    assert frozenset().union(*(part.remove for part in parts)) == whole.remove
    assert [change for part in parts for change in part.changes] == list(whole.changes) or new
    assert sorted(operation for part in parts for operation in part.operations) == sorted(whole.operations)
    assert sum(bool(part.old_email) for part in parts) == bool(whole.old_email)
    assert all((part.membrain_id, part.email) == (whole.membrain_id, whole.email) for part in parts)
    assert not any(part.remove and (part.add or part.changes or part.old_email) for part in parts)


class TestTheMarkOfAnAttempt:
    base = intent(ADD, UPDATE, changes=(JOB,), add=frozenset({NEWS, VIPS}))

    def test_it_is_the_same_for_the_same_attempt(self) -> None:
        again = intent(UPDATE, changes=(JOB,), add=frozenset({VIPS, NEWS}))
        assert again.mark == self.base.mark

    @pytest.mark.parametrize(
        "keys",
        [
            {"email": "bo@example.com"},
            {"old_email": "old@example.com"},
            {"add": frozenset({NEWS})},
            {"changes": ()},
            {"changes": (replace(JOB, new="CFO"),)},
            {"changes": (replace(JOB, path="custom.1"),)},
        ],
    )
    def test_it_changes_with_all_that_a_service_may_mind(self, keys: dict[str, Any]) -> None:
        assert replace(self.base, **keys).mark != self.base.mark

    def test_what_was_there_before_does_not_matter(self) -> None:
        assert replace(self.base, changes=(replace(JOB, old="Boss"),)).mark == self.base.mark

    def test_parts_run_together_are_other_parts(self) -> None:
        assert fingerprint("ab", "c") != fingerprint("a", "bc") != fingerprint("abc")
        assert fingerprint() != fingerprint("")

    @given(st.lists(st.text(st.characters(), max_size=5), max_size=3))
    def test_any_text_has_a_short_mark(self, parts: list[str]) -> None:
        """Half of a surrogate pair included, which JSON can carry."""
        assert len(fingerprint(*parts)) == 24
        assert fingerprint(*parts) == fingerprint(*parts)
        assert fingerprint("\ud800") != fingerprint("\ud801")


def test_a_wait_is_kept_with_who_waits_and_since_when() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    kept = Wait("news", Reason.REFUSED, "no such value", "job_title", "1234").of(
        MembrainId("m1"), "ann@example.com", now
    )
    assert (kept.membrain_id, kept.contact, kept.sync, kept.field) == ("m1", "ann@example.com", "news", "job_title")
    assert (kept.reason, kept.detail, kept.since, kept.fingerprint) == (Reason.REFUSED, "no such value", now, "1234")
