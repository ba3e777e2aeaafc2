"""Reading lists: paging, what is left out, order, ranges."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from ccsync.sandbox.membrain.service import MembrainService


class TestPaging:
    @pytest.mark.usefixtures("populated")
    def test_a_page_has_a_hundred_rows_and_says_where_the_next_begins(self, ask: Any) -> None:
        page = ask.get("contacts/")
        assert len(page["items"]) == 100
        assert (page["from"], page["to"]) == ("0", "100")

    def test_the_last_page_ends_at_the_count(self, populated: MembrainService, ask: Any) -> None:
        page = ask.get("contacts/", From="200")
        assert page["to"] == page["count"] == str(populated.count("contacts"))

    def test_all_pages_together_hold_every_living_contact_once(self, populated: MembrainService, ask: Any) -> None:
        ids = [row["Id"] for row in ask.every("contacts")]
        assert len(ids) == len(set(ids)) == populated.count("contacts")

    @pytest.mark.usefixtures("populated")
    def test_a_page_beyond_the_end_is_empty_and_does_not_advance(self, ask: Any) -> None:
        page = ask.get("contacts/", From="5000")
        assert page["items"] == []
        assert page["to"] == "5000"

    @pytest.mark.usefixtures("populated")
    def test_unknown_parameters_are_passed_over(self, ask: Any) -> None:
        assert len(ask.get("contacts/", PageSize="1000", Nonsense="1")["items"]) == 100

    def test_by_switch_a_named_parameter_asks_for_larger_pages_up_to_a_thousand(
        self, populated: MembrainService, ask: Any
    ) -> None:
        populated.set_switches(page_size_parameter="PageSize")
        assert len(ask.get("contacts/", PageSize="250")["items"]) == 250
        assert len(ask.get("contacts/", PageSize="9999")["items"]) == populated.count("contacts")

    @pytest.mark.usefixtures("populated")
    def test_a_start_that_is_no_number_is_refused(self, ask: Any) -> None:
        assert "error" in ask.get("contacts/", From="first")

    @pytest.mark.parametrize("path", ["contacts", "contacts/"])
    @pytest.mark.usefixtures("populated")
    def test_the_slash_at_the_end_may_be_left_out(self, ask: Any, path: str) -> None:
        assert len(ask.get(path)["items"]) == 100

    @pytest.mark.parametrize("kind", ["users", "roles", "products"])
    @pytest.mark.usefixtures("populated")
    def test_short_lists_are_a_bare_array(self, ask: Any, kind: str) -> None:
        assert isinstance(ask.get(f"{kind}/"), list)

    @pytest.mark.parametrize("kind", ["tickets", "activities"])
    @pytest.mark.usefixtures("populated")
    def test_lists_that_nobody_fills_are_empty_pages(self, ask: Any, kind: str) -> None:
        assert ask.get(f"{kind}/") == {"count": "0", "from": "0", "to": "0", "items": []}

    @pytest.mark.usefixtures("populated")
    def test_there_are_eight_users_who_are_contacts_too(self, ask: Any) -> None:
        users = {row["Id"] for row in ask.get("users/")}
        assert len(users) == 8
        assert users < {row["Id"] for row in ask.every("contacts")}

    @pytest.mark.usefixtures("membrain")
    def test_an_unknown_list_is_not_found(self, ask: Any) -> None:
        assert ask.send("GET", "lists/").status_code == 404


class TestWhatIsLeftOut:
    def test_deleted_contacts_come_only_when_asked_for(self, membrain: Any, contact: str, ask: Any) -> None:
        membrain.delete("contacts", contact)
        assert ask.names("contacts") == []
        (row,) = ask.every("contacts", IncludeDeleted="true")
        assert (row["Deleted"], row["DeletedDate"]) == ("True", "2026-03-10 12:00:00")

    def test_retired_contacts_come_only_when_asked_for(self, membrain: Any, contact: str, ask: Any) -> None:
        membrain.retire(contact)
        assert ask.names("contacts", IncludeDeleted="true") == []
        (row,) = ask.every("contacts", IncludeRetired="true")
        assert row["Retired"] == "True"

    def test_by_switch_rows_carry_no_such_marker(self, membrain: Any, contact: str, ask: Any) -> None:
        membrain.set_switches(deleted_marker=False)
        membrain.delete("contacts", contact)
        (row,) = ask.every("contacts", IncludeDeleted="true")
        assert not {"Deleted", "DeletedDate", "Retired"} & row.keys()

    def test_an_erased_contact_is_in_no_list(self, membrain: Any, contact: str, ask: Any) -> None:
        membrain.erase("contacts", contact)
        assert ask.names("contacts", IncludeDeleted="true", IncludeRetired="true") == []
        assert ask.send("GET", f"contacts/{contact}").status_code == 404

    def test_a_restored_contact_is_the_same_contact(self, membrain: Any, contact: str, ask: Any) -> None:
        membrain.delete("contacts", contact)
        membrain.restore("contacts", contact)
        assert [row["Id"] for row in ask.every("contacts")] == [contact]

    @pytest.mark.parametrize(("listed", "names"), [(True, ["Pilot"]), (False, [])])
    def test_deleted_projects_are_listed_or_not_by_switch(
        self, membrain: Any, company: str, ask: Any, listed: bool, names: list[str]
    ) -> None:
        project = membrain.create("prospects", {"Name": "Pilot", "CompanyId": company})
        membrain.delete("prospects", project)
        membrain.set_switches(deleted_projects_listed=listed)
        assert ask.names("prospects") == names


class TestOrder:
    @pytest.fixture
    def three(self, membrain: Any, clock: Any) -> None:
        for name in ("Bo", "anna", "Cissi"):
            clock.sleep(60)
            membrain.create("contacts", {"Name": name})

    @pytest.mark.usefixtures("three")
    def test_contacts_come_by_name(self, ask: Any) -> None:
        assert ask.names("contacts") == ["anna", "Bo", "Cissi"]

    @pytest.mark.usefixtures("three")
    def test_contacts_can_be_sorted_by_creation(self, ask: Any) -> None:
        assert ask.names("contacts", SortBy="CreatedDate ASC") == ["Bo", "anna", "Cissi"]
        assert ask.names("contacts", SortBy="CreatedDate DESC") == ["Cissi", "anna", "Bo"]

    @pytest.mark.parametrize(("understood", "first"), [(True, "Cissi"), (False, "anna")])
    @pytest.mark.usefixtures("three")
    def test_sorting_by_change_works_or_not_by_switch(
        self, membrain: Any, ask: Any, understood: bool, first: str
    ) -> None:
        membrain.set_switches(sort_by_changed_date=understood)
        assert ask.names("contacts", SortBy="ChangedDate DESC")[0] == first

    @pytest.fixture
    def prospects(self, membrain: Any, clock: Any) -> None:
        for number in range(12):
            clock.sleep(60)
            membrain.create("prospects", {"Name": f"{number:02}"})

    @pytest.mark.usefixtures("prospects")
    def test_projects_do_not_understand_a_sort(self, ask: Any) -> None:
        assert ask.names("prospects", SortBy="Name ASC") == ask.names("prospects") != sorted(ask.names("prospects"))

    @pytest.mark.usefixtures("prospects")
    def test_by_switch_projects_are_shuffled_each_time(self, membrain: Any, ask: Any) -> None:
        membrain.set_switches(undocumented_order="shuffled")
        assert len({tuple(ask.names("prospects")) for _ in range(8)}) > 1

    @pytest.mark.usefixtures("prospects")
    def test_by_switch_an_edited_project_drifts_to_the_front(self, membrain: Any, ask: Any, clock: Any) -> None:
        membrain.set_switches(undocumented_order="newest-first")
        oldest = ask.every("prospects")[-1]
        clock.sleep(60)
        membrain.edit("prospects", oldest["Id"], Name="edited")
        assert ask.names("prospects")[0] == "edited"


class TestRanges:
    """One contact is changed at 12:00, one at 12:01, one at 12:02."""

    @pytest.fixture(autouse=True)
    def three(self, membrain: Any, clock: Any) -> None:
        for name in ("first", "second", "third"):
            membrain.create("contacts", {"Name": name})
            clock.sleep(60)

    def changed(self, ask: Any, first: str, last: str) -> list[str]:
        names: list[str] = ask.names("contacts", ChangedFromDate=first, ChangedToDate=last, SortBy="CreatedDate ASC")
        return names

    @pytest.mark.parametrize(
        ("ends", "names"),
        [
            ("inclusive", ["first", "second", "third"]),
            ("half-open", ["first", "second"]),
            ("exclusive", ["second"]),
        ],
    )
    def test_whether_the_ends_belong_to_a_range_is_a_switch(
        self, membrain: Any, ask: Any, ends: str, names: list[str]
    ) -> None:
        membrain.set_switches(range_ends=ends)
        assert self.changed(ask, "2026-03-10 12:00:00", "2026-03-10 12:02:00") == names

    def test_a_range_of_creation_works_alike(self, ask: Any) -> None:
        assert ask.names("contacts", CreatedFromDate="2026-03-10 12:01", CreatedToDate="2027-01-01") == [
            "second",
            "third",
        ]

    @pytest.mark.parametrize("end", ["ChangedFromDate", "ChangedToDate", "CreatedFromDate", "CreatedToDate"])
    def test_one_end_alone_is_refused(self, ask: Any, end: str) -> None:
        assert "must be given together" in ask.get("contacts/", **{end: "2026-03-10"})["error"]

    def test_by_switch_one_end_alone_is_ignored(self, membrain: Any, ask: Any) -> None:
        membrain.set_switches(one_end="ignored")
        assert len(ask.names("contacts", ChangedFromDate="2027-01-01")) == 3

    def test_by_switch_long_ranges_are_refused(self, membrain: Any, ask: Any) -> None:
        membrain.set_switches(longest_range_days=30)
        window = {"ChangedFromDate": "2026-01-01", "ChangedToDate": "2026-03-11"}
        assert "30 days" in ask.get("contacts/", **window)["error"]

    def test_by_switch_the_filter_is_ignored_on_some_lists(self, membrain: Any, ask: Any) -> None:
        membrain.create("companies", {"Name": "Fjord"})
        membrain.set_switches(range_filter_ignored_on=("contacts",))
        window = {"ChangedFromDate": "2030-01-01", "ChangedToDate": "2031-01-01"}
        assert len(ask.names("contacts", **window)) == 3
        assert ask.names("companies", **window) == []

    def test_a_date_that_is_none_is_refused(self, ask: Any) -> None:
        assert "not a date" in ask.get("contacts/", ChangedFromDate="soon", ChangedToDate="later")["error"]

    def test_times_without_a_zone_are_read_in_membrains(self, membrain: Any, ask: Any) -> None:
        membrain.set_switches(time_zone="Europe/Stockholm")
        assert self.changed(ask, "2026-03-10 13:01:00", "2026-03-10 13:01:00") == ["second"]
        assert self.changed(ask, "2026-03-10T12:01:00Z", "2026-03-10T12:01:00+00:00") == ["second"]


def test_by_switch_contacts_can_be_found_by_address(membrain: Any, contact: str, ask: Any) -> None:
    membrain.create("contacts", {"Name": "Bo", "EmailAddress": "bo@example.com"})
    assert len(ask.names("contacts", EmailAddress="ANN@example.com")) == 2
    membrain.set_switches(email_parameter="EmailAddress")
    assert ask.names("contacts", EmailAddress="ANN@example.com") == ["Ann Lind"]
