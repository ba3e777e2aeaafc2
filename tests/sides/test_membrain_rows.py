"""Whole rows on their way back to Membrain."""

from __future__ import annotations

from typing import Any

from ccsync.membrain.rows import examples, full_row

GUID = "447dbe60-4925-4a75-b07b-13ad07d095d7"
ROW: dict[str, Any] = {
    "Id": "1",
    "CreatedById": "2",
    "CreatedByName": "API",
    "CreatedDate": "2026-01-01 00:00:00",
    "ChangedById": "2",
    "ChangedByName": "API",
    "ChangedDate": "2026-01-01 00:00:00",
    "Deleted": "False",
    "DeletedDate": "1753-01-01 00:00:00",
    "Retired": "False",
    "Name": "Ann Berg",
    "FirstName": "Ann",
    "LastName": "Berg",
    "CompanyId": "3",
    "CompanyName": "Polar",
    "OwnerId": "4",
    "OwnerName": "Eva",
    "Phone": "",
    "Fax": None,
    "Born": "1753-01-01T00:00:00",
    "Tags": [],
    "Vip": False,
    "Size": 0,
    f"CustomField{GUID.upper()}": "x",
}
WRITABLE = {
    name: ROW[name]
    for name in (
        "Name", "FirstName", "LastName", "CompanyId", "CompanyName", "OwnerId", "OwnerName", "Vip", "Size",
        f"CustomField{GUID.upper()}",
    )
}  # fmt: skip


def without(*names: str) -> dict[str, Any]:
    return {name: value for name, value in WRITABLE.items() if name not in names}


class TestAFullRow:
    def test_it_has_all_that_is_set_but_what_membrain_writes_itself(self) -> None:
        assert full_row(ROW, {"Phone": "1"}) == WRITABLE | {"Phone": "1"}

    def test_a_change_replaces_what_stood_there_in_whatever_case_its_id_is_written(self) -> None:
        changes = {f"CustomField{GUID}": "y"}
        assert full_row(ROW, changes) == without(f"CustomField{GUID.upper()}") | changes

    def test_a_change_may_clear(self) -> None:
        assert full_row(ROW, {"Size": ""}) == WRITABLE | {"Size": ""}

    def test_another_company_does_not_meet_the_old_ones_name(self) -> None:
        assert full_row(ROW, {"CompanyId": "5"}) == without("CompanyName") | {"CompanyId": "5"}
        assert full_row(ROW, {"OwnerName": "Bo"}) == without("OwnerId") | {"OwnerName": "Bo"}
        both = {"CompanyId": "5", "CompanyName": "Fjord"}
        assert full_row(ROW, both) == WRITABLE | both

    def test_a_new_name_does_not_meet_the_old_parts_nor_new_parts_the_old_name(self) -> None:
        assert full_row(ROW, {"Name": "Ann Lind"}) == without("FirstName", "LastName") | {"Name": "Ann Lind"}
        assert full_row(ROW, {"LastName": "Lind"}) == without("Name") | {"LastName": "Lind"}

    def test_the_row_itself_stays_as_it_is(self) -> None:
        before = dict(ROW)
        full_row(ROW, {"Phone": "1"})
        assert before == ROW


class TestExamples:
    def test_each_property_is_shown_by_a_row_that_has_it(self) -> None:
        rows: list[dict[str, Any]] = [{"Id": "1", "Phone": "", "Size": None}, {"Id": "2", "Phone": "12", "Size": 0}]
        assert examples(rows) == {"Id": "1", "Phone": "12", "Size": 0}

    def test_the_longest_text_shows_how_choices_are_joined(self) -> None:
        rows = [{"Tags": "Golf"}, {"Tags": "Art;Golf"}, {"Tags": "Art"}]
        assert examples(rows) == {"Tags": "Art;Golf"}

    def test_names_have_the_one_form_used_here(self) -> None:
        assert examples([{f"CustomField{GUID.upper()}": "x"}]) == {f"CustomField{GUID}": "x"}

    def test_what_stands_for_nothing_shows_nothing(self) -> None:
        assert examples([{"Born": "1753-01-01 00:00:00", "Tags": [], "Deep": {}}]) == {}
