"""GET /contacts: what its filters let through, how its pages hang together, and what it does not show."""

from __future__ import annotations

from base64 import b64decode
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

if TYPE_CHECKING:
    from ccsync.sandbox.constant_contact.service import ConstantContactService

START = "2026-03-10T12:00:00Z"


@pytest.fixture
def people(service: ConstantContactService) -> dict[str, str]:
    """Return five contacts in different states, made in the same second."""
    hands = service.people
    ids = {name: hands.add(f"{name}@example.com") for name in ("active", "gone", "out", "held", "both")}
    hands.delete(ids["gone"])
    hands.unsubscribe(ids["out"])
    hands.unsubscribe(ids["both"])
    hands.delete(ids["both"])
    ids["asked"] = hands.add("asked@example.com", permission_to_send="explicit")
    ids["wait"] = hands.add("wait@example.com", permission_to_send="pending_confirmation")
    return ids


class TestFilters:
    @pytest.mark.usefixtures("people")
    @pytest.mark.parametrize(
        ("status", "names"),
        [
            (None, "active out held asked wait"),
            ("all", "active gone out held both asked wait"),
            ("active", "active held asked"),
            ("deleted", "gone both"),
            ("unsubscribed", "out"),
            ("unsubscribed,deleted", "gone out both"),
            ("pending_confirmation", "wait"),
        ],
    )
    def test_status_leaves_out_only_the_deleted_unless_told(self, api: Any, status: str | None, names: str) -> None:
        query = {} if status is None else {"status": status}
        assert api.addresses(**query) == [f"{name}@example.com" for name in names.split()]

    @pytest.mark.usefixtures("people")
    def test_an_address_finds_exactly_one_whatever_its_case(self, api: Any) -> None:
        assert api.addresses(email="Active@Example.com") == ["active@example.com"]
        assert api.addresses(email="gone@example.com") == []
        assert api.addresses(email="gone@example.com", status="all") == ["gone@example.com"]

    @pytest.mark.usefixtures("ann")
    def test_a_list_finds_its_members(self, service: ConstantContactService, api: Any, customers: str) -> None:
        service.people.add("bo@example.com")
        other = service.people.add_list("Other")
        assert api.addresses(lists=customers, status="all") == ["ann@example.com"]
        assert api.addresses(lists=f"{customers},{other}") == ["ann@example.com"]
        assert api.addresses(lists=other) == []

    def test_updated_after_does_not_see_opt_outs_but_optout_after_does(
        self, service: ConstantContactService, api: Any, ann: str, clock: Any
    ) -> None:
        clock.sleep(60)
        service.people.unsubscribe(ann, reason="too much")
        assert api.addresses(updated_after="2026-03-10T12:00:01Z", status="all") == []
        assert api.addresses(optout_after="2026-03-10T12:01:00Z") == ["ann@example.com"]
        assert api.addresses(optout_after="2026-03-10T12:01:01Z") == []
        found = api.contact(ann)
        assert found["updated_at"] == START
        assert (
            found["email_address"]
            | {
                "permission_to_send": "unsubscribed",
                "updated_at": "2026-03-10T12:01:00Z",
                "opt_out_date": "2026-03-10T12:01:00Z",
                "opt_out_source": "Contact",
                "opt_out_reason": "too much",
            }
            == found["email_address"]
        )
        assert found["list_memberships"] == []

    def test_a_window_includes_its_beginning_and_not_its_end(
        self, service: ConstantContactService, api: Any, clock: Any
    ) -> None:
        for name in ("first", "second", "third"):
            service.people.add(f"{name}@example.com")
            clock.sleep(1)
        window = {"created_after": START, "created_before": "2026-03-10T12:00:02Z"}
        assert api.addresses(**window) == ["first@example.com", "second@example.com"]
        assert api.addresses(updated_after="2026-03-10T13:00:01+01:00") == ["second@example.com", "third@example.com"]
        service.set_switches(updated_after_bound="after")
        assert api.addresses(**window) == ["second@example.com"]

    @pytest.mark.parametrize(
        "query",
        [
            {"status": "happy"},
            {"include": "everything"},
            {"updated_after": "yesterday"},
            {"limit": "0"},
            {"limit": "501"},
            {"lists": "Customers"},
            {"include_count": "perhaps"},
            {"segment_id": "1"},
        ],
    )
    def test_values_that_are_not_valid(self, api: Any, query: dict[str, str]) -> None:
        assert api.refused("GET", "/contacts", **query)[0] == 400


class TestWhatAContactLooksLike:
    @pytest.mark.usefixtures("ann")
    def test_subresources_appear_only_when_asked_for_and_nothing_is_null(self, api: Any) -> None:
        plain = api.get("/contacts")["contacts"][0]
        assert set(plain) == {
            "contact_id", "email_address", "first_name", "last_name", "company_name", "create_source", "update_source",
            "created_at", "updated_at",
        }  # fmt: skip
        assert "list_memberships" in api.get("/contacts", include="list_memberships,phone_numbers")["contacts"][0]

    def test_ids_carry_the_second_of_their_creation_as_version_1_uuids(self, ann: str) -> None:
        low, middle, high = ann.split("-")[:3]
        ticks = int(high[1:] + middle + low, 16) - 0x01B21DD213814000
        assert high[0] == "1"
        assert ticks // 10_000_000 == 1_773_144_000

    def test_a_deleted_contact_still_answers_by_id(self, service: ConstantContactService, api: Any, ann: str) -> None:
        service.people.delete(ann)
        found = api.contact(ann)
        assert (found["deleted_at"], found["first_name"], found["list_memberships"]) == ("2026-03-10", "Ann", [])

    def test_a_contact_needs_no_address(self, service: ConstantContactService, api: Any) -> None:
        service.people.add(None, first_name="Walk-in")
        assert "email_address" not in api.get("/contacts")["contacts"][0]

    @pytest.mark.parametrize("contact_id", ["x", "0e0e0e0e-0000-11f1-8000-000000000001"])
    def test_an_unknown_or_misshapen_id_is_a_404(self, api: Any, contact_id: str) -> None:
        assert api.refused("GET", f"/contacts/{contact_id}")[0] == 404


class TestPages:
    @pytest.fixture(autouse=True)
    def _five(self, service: ConstantContactService) -> None:
        self.ids = [service.people.add(f"p{number}@example.com") for number in range(5)]

    def test_they_follow_the_order_of_creation_and_hold_everybody_once(self, api: Any) -> None:
        pages = api.walk(limit=2)
        assert [len(page) for page in pages] == [2, 2, 1]
        assert [each["contact_id"] for page in pages for each in page] == self.ids

    def test_the_link_is_a_path_whose_cursor_carries_filters_and_limit(self, api: Any) -> None:
        page = api.get("/contacts", limit=2, status="all", include_count="true")
        assert page["contacts_count"] == 5
        link = urlsplit(page["_links"]["next"]["href"])
        assert (link.scheme, link.netloc, link.path) == ("", "", "/v3/contacts")
        [cursor] = parse_qs(link.query)["cursor"]
        carried = parse_qs(b64decode(cursor).decode())
        assert (carried["limit"], carried["status"]) == (["2"], ["all"])

    def test_the_last_page_has_no_link(self, api: Any) -> None:
        assert "_links" not in api.get("/contacts", limit=5)

    def test_a_cursor_takes_no_other_parameters(self, api: Any) -> None:
        href = api.get("/contacts", limit=2)["_links"]["next"]["href"]
        assert api.refused("GET", f"{href.removeprefix('/v3')}&limit=5")[0] == 400
        assert api.refused("GET", "/contacts", cursor="nonsense")[0] == 400

    def test_by_default_a_walk_is_not_shifted_by_changes(self, service: ConstantContactService, api: Any) -> None:
        href = api.get("/contacts", limit=2)["_links"]["next"]["href"]
        service.people.delete(self.ids[0])
        rest = api.send("GET", href).json()["contacts"]
        assert [each["contact_id"] for each in rest] == self.ids[2:4]

    def test_by_switch_it_is(self, service: ConstantContactService, api: Any) -> None:
        service.set_switches(cursor="shifts")
        href = api.get("/contacts", limit=2)["_links"]["next"]["href"]
        service.people.delete(self.ids[0])
        rest = api.send("GET", href).json()["contacts"]
        assert [each["contact_id"] for each in rest] == self.ids[3:5]

    def test_by_switch_a_cursor_expires(self, service: ConstantContactService, api: Any, clock: Any) -> None:
        service.set_switches(cursor="expires", cursor_seconds=60)
        href = api.get("/contacts", limit=2)["_links"]["next"]["href"]
        clock.sleep(60)
        assert api.send("GET", href).status_code == 200
        clock.sleep(1)
        assert api.send("GET", href).status_code == 400


class TestVisibilityLag:
    def test_writes_show_late_in_lists_and_by_id(self, service: ConstantContactService, api: Any, clock: Any) -> None:
        old = service.people.add("old@example.com", first_name="Before")
        service.set_switches(visibility_lag_seconds=60)
        clock.sleep(10)
        new = api.post("/contacts", email_address={"address": "new@example.com"}, create_source="Account")
        service.people.edit(old, first_name="After")
        clock.sleep(59)
        assert api.addresses(status="all") == ["old@example.com"]
        assert api.contact(old)["first_name"] == "Before"
        assert api.refused("GET", f"/contacts/{new['contact_id']}")[0] == 404
        clock.sleep(1)
        assert api.addresses(status="all") == ["old@example.com", "new@example.com"]
        assert api.contact(old)["first_name"] == "After"

    def test_each_of_several_writes_shows_when_its_own_time_has_come(
        self, service: ConstantContactService, api: Any, clock: Any
    ) -> None:
        contact = service.people.add("old@example.com", first_name="one")
        service.set_switches(visibility_lag_seconds=60)
        clock.sleep(10)
        service.people.edit(contact, first_name="two")
        clock.sleep(30)
        service.people.edit(contact, first_name="three")
        seen = []
        for _ in range(4):
            seen.append(api.contact(contact)["first_name"])
            clock.sleep(30)
        assert seen == ["one", "two", "three", "three"]

    def test_a_write_after_the_lag_is_switched_off_shows_at_once(
        self, service: ConstantContactService, api: Any, clock: Any
    ) -> None:
        contact = service.people.add("old@example.com", first_name="one")
        service.set_switches(visibility_lag_seconds=60)
        clock.sleep(10)
        service.people.edit(contact, first_name="two")
        service.set_switches(visibility_lag_seconds=0)
        service.people.edit(contact, first_name="three")
        assert [each["first_name"] for page in api.walk() for each in page] == ["three"]

    def test_memberships_lag_too_and_what_is_true_is_not_delayed(
        self, service: ConstantContactService, api: Any, ann: str, customers: str, clock: Any
    ) -> None:
        service.set_switches(visibility_lag_seconds=60)
        service.people.take_off_list(ann, customers)
        assert api.addresses(lists=customers) == ["ann@example.com"]
        assert service.people.all()[0]["list_memberships"] == []
        clock.sleep(60)
        assert api.addresses(lists=customers) == []
