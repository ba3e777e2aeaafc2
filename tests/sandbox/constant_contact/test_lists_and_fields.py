"""Lists and custom fields: unique names, types, choices, deletion and what goes with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from ccsync.sandbox.constant_contact.service import ConstantContactService


class TestLists:
    def test_a_list_is_found_by_its_full_name(self, api: Any, customers: str) -> None:
        assert [each["list_id"] for each in api.get("/contact_lists", name="Customers")["lists"]] == [customers]
        assert api.get("/contact_lists", name="Custom", include_count="true") == {"lists": [], "lists_count": 0}

    def test_names_are_unique_among_the_living(self, service: ConstantContactService, api: Any, customers: str) -> None:
        assert api.refused("POST", "/contact_lists", {"name": "customers"})[0] == 409
        other = api.post("/contact_lists", name="Other")["list_id"]
        assert api.refused("PUT", f"/contact_lists/{other}", {"name": "Customers"})[0] == 409
        service.people.delete_list(customers)
        assert api.put(f"/contact_lists/{other}", name="Customers")["name"] == "Customers"

    def test_members_are_counted_all_or_only_active_ones(
        self, service: ConstantContactService, api: Any, ann: str, customers: str
    ) -> None:
        service.people.add("held@example.com", permission_to_send="temp_hold", list_memberships=[customers])
        counts = [
            api.get("/contact_lists", include_membership_count=which)["lists"][0]["membership_count"]
            for which in ("all", "active")
        ]
        assert counts == [2, 1]
        assert "membership_count" not in api.get(f"/contact_lists/{customers}")
        service.people.unsubscribe(ann)
        assert api.get(f"/contact_lists/{customers}", include_membership_count="all")["membership_count"] == 1

    def test_a_members_coming_does_not_move_the_lists_own_time(
        self, service: ConstantContactService, api: Any, customers: str, clock: Any
    ) -> None:
        clock.sleep(60)
        service.people.add("bo@example.com", list_memberships=[customers])
        assert api.get(f"/contact_lists/{customers}")["updated_at"] == "2026-03-10T12:00:00Z"

    def test_deleting_is_an_activity_that_takes_the_memberships_and_not_the_people(
        self, api: Any, ann: str, customers: str
    ) -> None:
        answer = api.delete(f"/contact_lists/{customers}")
        assert (answer.status_code, answer.json()["state"]) == (202, "initialized")
        assert "deleted_at" not in api.get(f"/contact_lists/{customers}")
        assert api.send("GET", answer.headers["Location"]).json()["state"] == "completed"
        assert "deleted_at" in api.get(f"/contact_lists/{customers}")
        assert api.contact(ann)["list_memberships"] == []
        assert api.get("/contact_lists") == {"lists": []}
        assert len(api.get("/contact_lists", status="deleted")["lists"]) == 1
        assert api.refused("PUT", f"/contact_lists/{customers}", {"name": "Again"})[0] == 404

    def test_pages_hang_together_by_a_cursor_without_host(self, service: ConstantContactService, api: Any) -> None:
        ids = [service.people.add_list(f"List {number}") for number in range(3)]
        first = api.get("/contact_lists", limit=2)
        href = first["_links"]["next"]["href"]
        assert href.startswith("/v3/contact_lists?cursor=")
        rest = api.send("GET", href).json()
        assert [each["list_id"] for each in first["lists"] + rest["lists"]] == ids
        assert "_links" not in rest

    def test_a_thousand_and_no_more(self, service: ConstantContactService, api: Any) -> None:
        for number in range(1000):
            service.people.add_list(f"List {number}")
        assert api.refused("POST", "/contact_lists", {"name": "One more"})[0] == 400
        assert len(api.get("/contact_lists", limit=1000)["lists"]) == 1000


class TestFields:
    def test_the_name_is_derived_from_the_label(self, service: ConstantContactService, api: Any) -> None:
        made = api.post("/contact_custom_fields", label="Vehicle make  and Year", type="string")
        assert made["name"] == "vehicle_make_and_year"
        service.set_switches(field_name="as_label")
        assert api.post("/contact_custom_fields", label="Big Boss", type="string")["name"] == "Big_Boss"

    def test_names_stay_unique_when_labels_only_differ_in_blanks(self, api: Any) -> None:
        names = [api.post("/contact_custom_fields", label=label, type="string")["name"] for label in ("A b", "A_b")]
        assert names == ["a_b", "a_b_1"]

    def test_labels_are_unique(self, service: ConstantContactService, api: Any) -> None:
        service.people.add_field("Region")
        assert api.refused("POST", "/contact_custom_fields", {"label": "region", "type": "string"})[0] == 409

    def test_a_hundred_and_no_more_in_one_page(self, service: ConstantContactService, api: Any) -> None:
        for number in range(100):
            service.people.add_field(f"Field {number}")
        assert len(api.get("/contact_custom_fields", limit=100)["custom_fields"]) == 100
        assert api.refused("GET", "/contact_custom_fields", limit="101")[0] == 400
        assert api.refused("POST", "/contact_custom_fields", {"label": "One more", "type": "string"})[0] == 400

    @pytest.mark.parametrize(("moves", "name"), [(False, "region"), (True, "sales_area")])
    def test_whether_a_new_label_moves_the_name_is_a_switch(
        self, service: ConstantContactService, api: Any, *, moves: bool, name: str
    ) -> None:
        service.set_switches(renaming_moves_field_name=moves)
        field = service.people.add_field("Region")
        changed = api.put(f"/contact_custom_fields/{field}", label="Sales area")
        assert (changed["label"], changed["name"]) == ("Sales area", name)

    def test_a_put_without_choices_loses_them_and_the_type_cannot_change(self, api: Any) -> None:
        body = {"label": "Size", "type": "single_select", "choices": [{"choice_label": "S"}, {"choice_label": "L"}]}
        made = api.post("/contact_custom_fields", **body)
        path = f"/contact_custom_fields/{made['custom_field_id']}"
        kept = api.put(path, label="Size", choices=[{"choice_id": made["choices"][1]["choice_id"]}])
        assert [(each["choice_id"], each["choice_label"]) for each in kept["choices"]] == [
            (made["choices"][1]["choice_id"], "L")
        ]
        assert api.refused("PUT", path, {"label": "Size"})[0] == 400
        assert api.refused("PUT", path, {"label": "Size", "type": "string"})[0] == 400

    @pytest.mark.parametrize(("display", "most"), [("radio", 20), ("dropdown", 100)])
    def test_choices_are_limited_by_how_they_are_shown(self, api: Any, display: str, most: int) -> None:
        def body(count: int) -> dict[str, Any]:
            choices = [{"choice_label": str(number)} for number in range(count)]
            metadata = {"display_type": display}
            return {"label": f"F{count}", "type": "multi_select", "metadata": metadata, "choices": choices}

        assert len(api.post("/contact_custom_fields", **body(most))["choices"]) == most
        assert api.refused("POST", "/contact_custom_fields", body(most + 1))[0] == 400
        assert api.refused("POST", "/contact_custom_fields", body(0))[0] == 400

    @pytest.mark.parametrize(
        ("kind", "metadata", "good", "bad"),
        [
            ("string", {}, "x" * 255, "x" * 256),
            ("text_area", {}, "a\nb", "x" * 256),
            ("date", {}, "3/9/2026", "2026-02-30"),
            ("datetime", {}, "2026-03-10T10:00:00Z", "now"),
            ("number", {"decimal_places": 1}, "1.5", "1.55"),
            ("number", {"integer": True}, "15", "1.5"),
            ("number", {"allow_negative": True}, "-1", "one"),
            ("number", {}, "1", "-1"),
            ("currency", {}, "10.25", "10 USD"),
            ("boolean", {}, "true", "yes"),
        ],
    )
    def test_values_fit_the_type(
        self, *, api: Any, ann: str, kind: str, metadata: dict[str, Any], good: str, bad: str
    ) -> None:
        field = api.post("/contact_custom_fields", label="F", type=kind, metadata=metadata)["custom_field_id"]

        def body(value: str) -> dict[str, Any]:
            return {"update_source": "Account", "custom_fields": [{"custom_field_id": field, "value": value}]}

        assert api.put(f"/contacts/{ann}", **body(good))["custom_fields"][0]["value"] == good
        assert api.refused("PUT", f"/contacts/{ann}", body(bad))[0] == 400

    def test_a_select_takes_the_ids_of_its_choices(self, api: Any, ann: str) -> None:
        choices = [{"choice_label": "S"}, {"choice_label": "L"}]
        made = api.post("/contact_custom_fields", label="Size", type="single_select", choices=choices)
        ids = [str(each["choice_id"]) for each in made["choices"]]

        def body(*chosen: str) -> dict[str, Any]:
            field = {"custom_field_id": made["custom_field_id"], "choice_ids": list(chosen)}
            return {"update_source": "Account", "custom_fields": [field]}

        assert api.put(f"/contacts/{ann}", **body(ids[1]))["custom_fields"][0]["choice_ids"] == [ids[1]]
        assert api.refused("PUT", f"/contacts/{ann}", body(*ids))[0] == 400
        assert api.refused("PUT", f"/contacts/{ann}", body("nothing"))[0] == 400

    def test_deleting_takes_everybodys_values(self, service: ConstantContactService, api: Any, ann: str) -> None:
        field = service.people.add_field("Region")
        service.people.edit(ann, custom_fields={"Region": "North"})
        assert api.delete(f"/contact_custom_fields/{field}").status_code == 204
        assert "custom_fields" not in api.contact(ann)
        assert api.refused("GET", f"/contact_custom_fields/{field}")[0] == 404
