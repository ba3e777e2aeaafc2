"""Both clients against the simulated services: every reading of what is not documented, and every fault."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from ccsync.constant_contact.budget import Budget
from ccsync.constant_contact.client import ConstantContactClient
from ccsync.constant_contact.imports import split
from ccsync.errors import AnswerLost, ConfigError, LoginNeeded, QuotaSpent, TryLater, Unreachable
from ccsync.http.session import HttpClient
from ccsync.logs.events import NullRecorder
from ccsync.membrain.client import MembrainClient
from ccsync.sandbox.faults import Fault
from ccsync.state.calls import CallCounter

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ccsync.sandbox.server import Sandbox

KINDS = ("contacts", "companies", "prospects", "opportunities", "accountGrowthItems")


class Tokens:
    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._token = self._new()

    def _new(self) -> str:
        return str(self._sandbox.constant_contact.issue_tokens()["access_token"])

    def access_token(self) -> str:
        return self._token

    def refreshed_after_401(self, old: str) -> str:
        assert old == self._token
        self._token = self._new()
        return self._token


@pytest.fixture
def constant_contact(sandbox: Sandbox, module_clock: Any, tmp_path: Path) -> Iterator[ConstantContactClient]:
    with (
        CallCounter(tmp_path, sandbox.constant_contact.client_id) as counter,
        HttpClient("constant-contact", sandbox.api_url, module_clock, NullRecorder()) as http,
    ):
        yield ConstantContactClient(http, Tokens(sandbox), Budget(counter, module_clock))


@pytest.fixture
def membrain_http(sandbox: Sandbox, module_clock: Any) -> Iterator[HttpClient]:
    with HttpClient("membrain", sandbox.membrain_url, module_clock, NullRecorder()) as http:
        yield http


@pytest.fixture
def membrain(membrain_http: HttpClient, sandbox: Sandbox, module_clock: Any) -> MembrainClient:
    return MembrainClient(membrain_http, sandbox.membrain.api_key, clock=module_clock, time_zone=ZoneInfo("UTC"))


def ids(pages: Iterator[list[dict[str, Any]]], name: str) -> list[str]:
    return [row[name] for page in pages for row in page]


def states(constant_contact: ConstantContactClient, clock: Any) -> dict[str, str]:
    jobs = constant_contact.activities(clock.now() - timedelta(hours=1))
    return {job["activity_id"]: job["state"] for job in jobs}


class TestConstantContact:
    def test_a_walk_sees_every_contact_in_every_state_once(
        self, sandbox: Sandbox, constant_contact: ConstantContactClient
    ) -> None:
        found = ids(constant_contact.contacts(limit=20), "contact_id")
        assert sorted(found) == sorted(row["contact_id"] for row in sandbox.constant_contact.people.all())
        assert len(found) > 100

    def test_opt_outs_have_a_stream_of_their_own(
        self, sandbox: Sandbox, constant_contact: ConstantContactClient, module_clock: Any
    ) -> None:
        person = sandbox.constant_contact.people.add("ann@optout.example")
        module_clock.sleep(60)
        since = module_clock.now()
        module_clock.sleep(1)
        sandbox.constant_contact.people.unsubscribe(person)
        module_clock.sleep(1)
        assert ids(constant_contact.contacts(updated_after=since), "contact_id") == []
        assert ids(constant_contact.contacts(optout_after=since, purpose="opt-out"), "contact_id") == [person]

    def test_the_pace_never_meets_the_services_throttle(
        self, sandbox: Sandbox, constant_contact: ConstantContactClient
    ) -> None:
        for _ in range(20):
            constant_contact.lists()
        assert all(line["status"] == 200 for line in sandbox.constant_contact.log()[-20:])

    def test_people_are_imported_put_on_a_list_and_taken_off_it(
        self, constant_contact: ConstantContactClient, module_clock: Any
    ) -> None:
        made = constant_contact.create_list("Customers")
        assert constant_contact.create_list("Customers")["list_id"] == made["list_id"]
        field = constant_contact.create_custom_field("Owner")
        assert constant_contact.create_custom_field("Owner")["custom_field_id"] == field["custom_field_id"]
        rows = [{"email": f"p{n}@import.example", f"cf:{field['name']}": "Åsa"} for n in range(3)]
        (body,) = split(rows, [made["list_id"]])
        activity = constant_contact.import_contacts(body.body)
        module_clock.sleep(60)
        assert states(constant_contact, module_clock)[activity["activity_id"]] == "completed"
        members = ids(constant_contact.contacts(lists=[made["list_id"]]), "contact_id")
        assert len(members) == 3
        removal = constant_contact.remove_from_lists(members[:2], [made["list_id"]])
        module_clock.sleep(60)
        assert states(constant_contact, module_clock)[removal["activity_id"]] == "completed"
        assert ids(constant_contact.contacts(lists=[made["list_id"]]), "contact_id") == members[2:]
        assert len(constant_contact.activities(module_clock.now() - timedelta(hours=1))) >= 2
        contact = constant_contact.contact(members[0])
        assert contact is not None
        email = {"address": contact["email_address"]["address"]}
        put = constant_contact.update_contact(
            members[0], {"email_address": email, "first_name": "Åsa", "update_source": "Account"}
        )
        assert put["first_name"] == "Åsa"

    @pytest.mark.parametrize(
        "kind",
        ["throttled", "status_500", "status_503", "html", "reset_before", "reset_after", "truncated", "unauthorized"],
    )
    def test_reading_outlasts_one_fault_of_each_kind(
        self, kind: Any, sandbox: Sandbox, constant_contact: ConstantContactClient
    ) -> None:
        sandbox.faults.add(Fault(kind, service="constant-contact", path_prefix="/v3/", times=1, after=1))
        found = ids(constant_contact.contacts(limit=50), "contact_id")
        assert len(found) == len(sandbox.constant_contact.people.all())

    @pytest.mark.parametrize(
        ("kind", "error"),
        [
            ("throttled", TryLater),
            ("quota_exceeded", QuotaSpent),
            ("status_500", Unreachable),
            ("status_503", Unreachable),
            ("html", Unreachable),
            ("reset_before", Unreachable),
            ("reset_after", Unreachable),
            ("truncated", Unreachable),
            ("half_page", Unreachable),
            ("unauthorized", LoginNeeded),
        ],
    )
    def test_a_fault_that_stays_ends_reading_with_an_error_and_never_with_fewer_people(
        self, kind: Any, error: type[Exception], sandbox: Sandbox, constant_contact: ConstantContactClient
    ) -> None:
        sandbox.faults.add(Fault(kind, service="constant-contact", path_prefix="/v3/", times=None, after=1))
        with pytest.raises(error):
            ids(constant_contact.contacts(limit=50), "contact_id")

    @pytest.mark.parametrize("kind", ["status_500", "status_503", "html", "reset_before", "reset_after", "truncated"])
    def test_an_import_is_posted_once_whatever_happens(
        self, kind: Any, sandbox: Sandbox, constant_contact: ConstantContactClient
    ) -> None:
        made = constant_contact.lists()[0]
        (body,) = split([{"email": "once@import.example"}], [made["list_id"]])
        asked = len(sandbox.constant_contact.log())
        sandbox.faults.add(Fault(kind, service="constant-contact", method="POST", times=1))
        with pytest.raises(AnswerLost):
            constant_contact.import_contacts(body.body)
        reached = [line for line in sandbox.constant_contact.log()[asked:] if line["method"] == "POST"]
        assert len(reached) <= 1


class TestMembrain:
    @pytest.mark.parametrize("kind", KINDS)
    @pytest.mark.parametrize(
        "switches",
        [
            {},
            {"native_types": True},
            {"undocumented_order": "newest-first"},
            {"page_size_parameter": "Take"},
            {"limit_answer": "error-in-200", "requests_per_minute": 30},
            {"limit_answer": "status-429", "requests_per_minute": 30},
        ],
        ids=str,
    )
    def test_every_list_is_read_whole_in_every_reading(
        self, kind: str, switches: dict[str, Any], sandbox: Sandbox, membrain: MembrainClient
    ) -> None:
        sandbox.membrain.set_switches(**switches)
        found = ids(membrain.pages(kind, include_gone=True, sort_by_created=True), "Id")
        assert sorted(found) == sorted(row["Id"] for row in sandbox.membrain.all(kind))
        assert membrain.count(kind, include_gone=True) == len(found)

    def test_a_list_in_another_order_for_each_request_is_read_until_all_rows_were_seen(
        self, sandbox: Sandbox, membrain: MembrainClient
    ) -> None:
        sandbox.membrain.set_switches(undocumented_order="shuffled")
        found = ids(membrain.pages("opportunities"), "Id")
        assert sorted(found) == sorted(row["Id"] for row in sandbox.membrain.all("opportunities"))

    def test_a_range_shows_what_changed_in_it(
        self, sandbox: Sandbox, membrain: MembrainClient, module_clock: Any
    ) -> None:
        module_clock.sleep(60)
        since = module_clock.now()
        person = sandbox.membrain.all("contacts")[0]["Id"]
        sandbox.membrain.edit("contacts", person, Name="Somebody Else")
        far = module_clock.now() + timedelta(days=1)
        assert ids(membrain.pages("contacts", changed=(since, far), include_gone=True), "Id") == [person]

    @pytest.mark.parametrize("reading", ["status-401", "status-403", "error-in-200"])
    def test_a_wrong_key_is_a_login_that_is_needed(
        self, reading: str, sandbox: Sandbox, membrain_http: HttpClient, module_clock: Any
    ) -> None:
        sandbox.membrain.set_switches(bad_key=reading)
        wrong = MembrainClient(membrain_http, "wr0ng", clock=module_clock, time_zone=ZoneInfo("UTC"))
        with pytest.raises(LoginNeeded) as caught:
            wrong.users()
        assert "wr0ng" not in caught.value.message

    def test_a_wrong_instance_is_a_matter_of_configuration(self, sandbox: Sandbox, membrain: MembrainClient) -> None:
        sandbox.membrain.set_switches(instance_found=False)
        with pytest.raises(ConfigError):
            list(membrain.pages("contacts"))

    def test_users_and_custom_fields_are_read(self, membrain: MembrainClient) -> None:
        assert membrain.users()
        assert "contactCustomFields" in membrain.custom_fields()

    @pytest.mark.parametrize(
        "kind",
        ["throttled", "status_500", "status_503", "html", "reset_before", "reset_after", "truncated", "half_page"],
    )
    def test_reading_outlasts_one_fault_and_ends_with_an_error_when_it_stays(
        self, kind: Any, sandbox: Sandbox, membrain: MembrainClient
    ) -> None:
        whole = ids(membrain.pages("contacts"), "Id")
        sandbox.faults.add(Fault(kind, service="membrain", times=1, after=1))
        assert ids(membrain.pages("contacts"), "Id") == whole
        sandbox.faults.clear()
        sandbox.faults.add(Fault(kind, service="membrain", times=None, after=1))
        with pytest.raises((Unreachable, TryLater)):
            ids(membrain.pages("contacts"), "Id")


def test_contacts_are_counted_by_one_request_as_they_would_be_read(
    constant_contact: ConstantContactClient, sandbox: Sandbox, module_clock: Any
) -> None:
    since = module_clock.now() - timedelta(days=400)
    before = len(sandbox.constant_contact.log())

    counted = [
        constant_contact.count_contacts(),
        constant_contact.count_contacts(updated_after=since),
        constant_contact.count_contacts(optout_after=since),
    ]

    assert len(sandbox.constant_contact.log()) == before + 3
    assert counted == [
        len(ids(constant_contact.contacts(), "contact_id")),
        len(ids(constant_contact.contacts(updated_after=since), "contact_id")),
        len(ids(constant_contact.contacts(optout_after=since), "contact_id")),
    ]
    assert all(counted)
