"""Activities: when they take effect, how they end, and the jobs on memberships and contacts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ccsync.sandbox.faults import Fault, Faults

if TYPE_CHECKING:
    from collections.abc import Callable

    from ccsync.sandbox.constant_contact.service import ConstantContactService


@pytest.fixture
def post(api: Any, customers: str) -> Callable[..., Any]:
    def posted(*emails: str) -> Any:
        rows = [{"email": email} for email in emails]
        return api.post("/activities/contacts_json_import", import_data=rows, list_ids=[customers])

    return posted


class TestTime:
    def test_a_new_activity_is_initialized_and_links_to_itself_without_host(self, post: Callable[..., Any]) -> None:
        activity = post("bo@example.com")
        assert (activity["state"], activity["percent_done"]) == ("initialized", 0)
        assert activity["_links"]["self"]["href"] == f"/v3/activities/{activity['activity_id']}"

    def test_it_takes_effect_when_somebody_looks(self, service: ConstantContactService, api: Any, post: Any) -> None:
        post("bo@example.com")
        assert service.people.all() == []
        assert [each["state"] for each in api.get("/activities")["activities"]] == ["completed"]
        assert len(service.people.all()) == 1

    def test_by_switch_it_takes_effect_after_some_seconds_whether_anybody_looks_or_not(
        self, service: ConstantContactService, api: Any, post: Any, clock: Any
    ) -> None:
        service.set_switches(activity_seconds=60)
        path = f"/activities/{post('bo@example.com')['activity_id']}"
        clock.sleep(59)
        assert api.get(path)["state"] == "processing"
        assert api.addresses() == []
        clock.sleep(11)
        assert api.addresses() == ["bo@example.com"]
        assert api.get(path)["completed_at"] == "2026-03-10T12:01:00Z"

    def test_they_are_carried_out_in_the_order_they_were_posted(
        self, service: ConstantContactService, api: Any, customers: str, post: Any
    ) -> None:
        bo = service.people.add("bo@example.com")
        post("bo@example.com")
        api.post("/activities/remove_list_memberships", source={"contact_ids": [bo]}, list_ids=[customers])
        api.get("/activities")
        assert api.contact(bo)["list_memberships"] == []

    def test_they_outlive_a_restart_of_the_service(
        self, *, service: ConstantContactService, api: Any, post: Any, tmp_path: Any, clock: Any, host: Any
    ) -> None:
        activity = post("bo@example.com")
        service.close()
        host.app = again = type(service)(tmp_path, clock)
        assert api.get(f"/activities/{activity['activity_id']}")["state"] == "completed"
        assert len(again.people.all()) == 1
        again.close()


class TestEnds:
    @pytest.mark.parametrize(
        ("kind", "state"),
        [("stuck_activity", "processing"), ("failed_activity", "failed"), ("timed_out_activity", "timed_out")],
    )
    def test_a_fault_strikes_the_activity_that_is_posted_next(
        self, *, service: ConstantContactService, api: Any, post: Any, faults: Faults, kind: Any, state: str
    ) -> None:
        faults.add(Fault(kind, path_prefix="/v3/activities/contacts_json_import"))
        struck, whole = post("bo@example.com"), post("eva@example.com")
        for _ in range(2):
            assert api.get(f"/activities/{struck['activity_id']}")["state"] == state
        assert api.get(f"/activities/{whole['activity_id']}")["state"] == "completed"
        assert [each["email_address"]["address"] for each in service.people.all()] == ["eva@example.com"]

    def test_by_switch_an_import_that_times_out_has_done_half(
        self, service: ConstantContactService, api: Any, post: Any, faults: Faults
    ) -> None:
        service.set_switches(timed_out_import_applies="half")
        faults.add(Fault("timed_out_activity"))
        post("bo@example.com", "eva@example.com")
        assert api.get("/activities", state="timed_out")["activities"][0]["status"]["items_total_count"] == 3
        assert len(service.people.all()) == 1


class TestLooking:
    def test_one_request_shows_them_all_newest_first_in_pages(self, api: Any, post: Any) -> None:
        ids = [post()["activity_id"] for _ in range(3)]
        first = api.get("/activities", limit=2)
        rest = api.send("GET", first["_links"]["next"]["href"]).json()
        assert [each["activity_id"] for each in first["activities"] + rest["activities"]] == ids[::-1]

    def test_they_can_be_narrowed_by_state_but_not_to_initialized(self, api: Any, post: Any) -> None:
        post()
        assert len(api.get("/activities", state="completed")["activities"]) == 1
        assert api.get("/activities", state="failed") == {"activities": []}
        assert api.refused("GET", "/activities", state="initialized")[0] == 400

    def test_they_are_forgotten_after_ten_days(
        self, service: ConstantContactService, api: Any, post: Any, clock: Any
    ) -> None:
        path = f"/activities/{post()['activity_id']}"
        for seconds, status in ((10 * 86_400 - 1, 200), (1, 404)):
            clock.sleep(seconds)
            api.token = service.issue_tokens()["access_token"]
            assert api.send("GET", f"/v3{path}").status_code == status

    @pytest.mark.parametrize("activity_id", ["x", "0e0e0e0e-0000-11f1-8000-000000000001"])
    def test_an_unknown_one_is_a_404(self, api: Any, activity_id: str) -> None:
        assert api.refused("GET", f"/activities/{activity_id}")[0] == 404

    def test_no_more_than_a_thousand_may_wait(self, service: ConstantContactService, api: Any, post: Any) -> None:
        service.set_switches(activity_queue=2)
        post()
        post()
        body = {"contact_ids": ["0e0e0e0e-0000-11f1-8000-000000000001"]}
        assert api.refused("POST", "/activities/contact_delete", body)[0] == 429
        api.get("/activities")
        assert post()["state"] == "initialized"


class TestMemberships:
    def job(self, api: Any, name: str, **body: Any) -> Any:
        activity = api.post(f"/activities/{name}", **body)
        return api.get(f"/activities/{activity['activity_id']}")

    def test_people_are_taken_off_lists_and_stay_active(self, api: Any, ann: str, customers: str) -> None:
        done = self.job(api, "remove_list_memberships", source={"contact_ids": [ann]}, list_ids=[customers])
        assert done["status"] == {"items_total_count": 1, "items_completed_count": 1, "list_count": 1}
        found = api.contact(ann)
        assert (found["list_memberships"], found["email_address"]["permission_to_send"]) == ([], "implicit")

    def test_adding_brings_back_the_deleted_and_leaves_out_the_unsubscribed(
        self, service: ConstantContactService, api: Any, ann: str, customers: str
    ) -> None:
        bo = service.people.add("bo@example.com")
        service.people.unsubscribe(bo)
        service.people.delete(ann)
        done = self.job(api, "add_list_memberships", source={"contact_ids": [ann, bo]}, list_ids=[customers])
        assert done["status"]["items_completed_count"] == 1
        assert bo in done["activity_errors"][0]
        assert (api.contact(ann)["list_memberships"], "deleted_at" in api.contact(ann)) == ([customers], False)
        assert api.contact(bo)["list_memberships"] == []

    def test_a_source_can_be_a_list_or_all_active_contacts_with_exceptions(
        self, service: ConstantContactService, api: Any, ann: str, customers: str
    ) -> None:
        bo = service.people.add("bo@example.com")
        held = service.people.add("held@example.com", permission_to_send="temp_hold")
        other = service.people.add_list("Other")
        source = {"all_active_contacts": True}
        self.job(api, "add_list_memberships", source=source, exclude={"contact_ids": [ann]}, list_ids=[other])
        assert [api.contact(each)["list_memberships"] for each in (ann, bo, held)] == [[customers], [other], []]
        self.job(api, "add_list_memberships", source={"list_ids": [customers]}, list_ids=[other])
        assert set(api.contact(ann)["list_memberships"]) == {customers, other}

    @pytest.mark.parametrize("name", ["add_list_memberships", "remove_list_memberships"])
    @pytest.mark.parametrize("count", [0, 501])
    def test_one_to_five_hundred_contacts(self, api: Any, ann: str, customers: str, name: str, count: int) -> None:
        body = {"source": {"contact_ids": [ann] * count}, "list_ids": [customers]}
        assert api.refused("POST", f"/activities/{name}", body)[0] == 400

    def test_deleting_contacts(self, api: Any, ann: str, customers: str) -> None:
        done = self.job(api, "contact_delete", list_ids=[customers])
        assert done["status"]["items_completed_count"] == 1
        assert "deleted_at" in api.contact(ann)
        both = {"list_ids": [customers], "contact_ids": [ann]}
        assert api.refused("POST", "/activities/contact_delete", both)[0] == 400
