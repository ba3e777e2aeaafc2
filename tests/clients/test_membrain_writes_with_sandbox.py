"""Writes to the simulated Membrain: whatever is true of what is not documented, what was written is read back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from ccsync.errors import AnswerLost, RecordRefused, TryLater
from ccsync.http.session import HttpClient
from ccsync.logs.events import NullRecorder
from ccsync.membrain.client import MembrainClient
from ccsync.membrain.encoding import encoded
from ccsync.membrain.rows import examples, full_row
from ccsync.membrain.side import COMPANY_ID, COMPANY_NAME, definitions, record
from ccsync.sandbox.faults import Fault
from ccsync.sandbox.membrain.loading import BORN, CONSENT, EMPLOYEES, INTERESTS, LANGUAGE, NEWSLETTER, SEGMENT
from ccsync.sync.records import Resource

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ccsync.membrain.paging import Record
    from ccsync.sandbox.server import Sandbox

NOBODY = "00000000-0000-4000-8000-000000000001"
ZONE = ZoneInfo("Europe/Stockholm")
READINGS: list[dict[str, Any]] = [
    {},
    {"native_types": True},
    {"timestamp_format": "iso"},
    {"timestamp_format": "iso-offset", "time_zone": "Europe/Stockholm"},
    {"update_path": "collection"},
    {"body_format": "form"},
    {"update_path": "collection", "body_format": "form"},
    {"write_reply": "id"},
    {"write_reply": "bare-id"},
    {"write_reply": "empty"},
    {"single_record": "page"},
    {"single_record": "wrapped"},
    {"single_record": "unserved"},
    {"put_replaces": True},
    {"put_replaces": True, "split_names": True},
    {"company_name_creates": True},
    {"company_link": "id"},
    {"company_link": "name"},
    {"refusal": "message-in-200"},
    {"refusal": "status-400", "update_path": "collection", "body_format": "form"},
    {"option_encoding": "id"},
    {"option_encoding": "object"},
    {"option_encoding": "object", "body_format": "form"},
    {"option_encoding": "object", "multi_select": "list"},
    {"option_encoding": "object", "multi_select": "list", "body_format": "form", "native_types": True},
    {"multi_select": "list"},
    {"multi_select": "list", "body_format": "form"},
    {"option_encoding": "id", "multi_select": "list", "native_types": True},
    {"option_encoding": "id", "multi_select_separator": ";"},
    {"multi_select_separator": " | "},
    {"upper_case_guids": True},
    {"upper_case_guids": True, "put_replaces": True},
    {"split_names": True},
    {"clearing": "error"},
    {"undelete": True},
]


@pytest.fixture
def client(sandbox: Sandbox, module_clock: Any) -> Iterator[MembrainClient]:
    with HttpClient("membrain", sandbox.membrain_url, module_clock, NullRecorder()) as http:
        yield MembrainClient(http, sandbox.membrain.api_key, clock=module_clock, time_zone=ZONE)


class Writer:
    """Writes text and reads text, as a run does."""

    def __init__(self, client: MembrainClient) -> None:
        self.client = client
        self.catalogue = definitions(client.custom_fields())
        self.seen = {resource: examples(self.rows(resource)) for resource in (Resource.CONTACTS, Resource.COMPANIES)}

    def rows(self, resource: Resource) -> list[Record]:
        return [row for page in self.client.pages(resource, include_gone=True) for row in page]

    def row(self, resource: Resource, record_id: str) -> Record:
        row = self.client.record(resource, record_id)
        return row or next(row for row in self.rows(resource) if row["Id"] == record_id)

    def raw(self, resource: Resource, values: dict[str, str], row: Record) -> dict[str, object]:
        like = self.seen[resource] | {name: value for name, value in examples([row]).items() if value}
        return {
            name: encoded(self.catalogue.property_of(resource, name), value, like.get(name), ZONE)
            for name, value in values.items()
        }

    def create(self, resource: Resource, values: dict[str, str]) -> str:
        made = self.client.create(resource, self.raw(resource, values, {}))
        return (
            made or max(self.rows(resource), key=lambda row: (row["CreatedDate"], row["Name"] == values["Name"]))["Id"]
        )

    def update(self, resource: Resource, record_id: str, values: dict[str, str], *, whole: bool) -> None:
        row = self.row(resource, record_id)
        raw = self.raw(resource, values, row)
        self.client.update(resource, record_id, full_row(row, raw) if whole else raw)

    def shown(self, resource: Resource, record_id: str) -> dict[str, str]:
        return dict(record(resource, self.row(resource, record_id), self.catalogue, ZONE).values)


def prop(custom: Any) -> str:
    return f"CustomField{custom.id}"


@pytest.mark.parametrize(
    "switches",
    [pytest.param(one, id=str(one), marks=[pytest.mark.slow] * bool(place % 3)) for place, one in enumerate(READINGS)],
)
def test_what_was_written_is_read_back_in_every_reading(
    switches: dict[str, Any], sandbox: Sandbox, client: MembrainClient, module_clock: Any
) -> None:
    sandbox.membrain.set_switches(**switches)
    writer, whole = Writer(client), bool(switches.get("put_replaces"))
    company = {
        "Name": f"Polar {module_clock.now():%H%M%S}",
        prop(SEGMENT): SEGMENT.options[0].name,
        prop(EMPLOYEES): "12.5",
    }
    company_id = writer.create(Resource.COMPANIES, company)
    person = {
        "Name": "Åsa Ek",
        "EmailAddress": "asa@write.example",
        COMPANY_ID: company_id,
        COMPANY_NAME: company["Name"],
        prop(NEWSLETTER): "Yes",
        prop(LANGUAGE): "Svenska",
        prop(INTERESTS): "Events; Webinars",
        prop(BORN): "1980-05-01",
    }
    module_clock.sleep(1)
    person_id = writer.create(Resource.CONTACTS, person)
    assert writer.shown(Resource.COMPANIES, company_id).items() >= company.items()
    assert writer.shown(Resource.CONTACTS, person_id).items() >= person.items()
    changes = {"Name": "Åsa Ek Dal", prop(NEWSLETTER): "No", prop(INTERESTS): "Events", prop(BORN): "1981-06-02"}
    writer.update(Resource.CONTACTS, person_id, changes, whole=whole)
    assert writer.shown(Resource.CONTACTS, person_id).items() >= (person | changes).items()
    polar = {COMPANY_ID: company_id, COMPANY_NAME: company["Name"]}
    writer.update(Resource.CONTACTS, person_id, polar, whole=whole)
    assert writer.shown(Resource.CONTACTS, person_id).items() >= (person | changes).items()


@pytest.mark.parametrize("native", [True, False])
@pytest.mark.parametrize("multi", ["list", "joined"])
def test_an_empty_value_clears_where_membrain_lets_it(
    multi: str, native: bool, sandbox: Sandbox, client: MembrainClient
) -> None:
    sandbox.membrain.set_switches(multi_select=multi, native_types=native)
    writer = Writer(client)
    values = {
        "Name": "Bo Ek",
        prop(NEWSLETTER): "Yes",
        prop(INTERESTS): "Events",
        prop(BORN): "1980-05-01",
        "Phone": "1",
    }
    made = writer.create(Resource.CONTACTS, values)
    empty = dict.fromkeys(set(values) - {"Name"}, "")
    writer.update(Resource.CONTACTS, made, empty, whole=False)
    assert writer.shown(Resource.CONTACTS, made).items() >= empty.items()


@pytest.mark.parametrize("missing", ["status-404", "error-in-200"])
@pytest.mark.parametrize("single", ["bare", "page", "wrapped", "unserved"])
def test_a_record_that_nobody_has_is_nothing(
    single: str, missing: str, sandbox: Sandbox, client: MembrainClient
) -> None:
    sandbox.membrain.set_switches(missing_record=missing, single_record=single)
    assert client.record("contacts", NOBODY) is None


def test_a_deleted_record_is_shown_as_deleted(sandbox: Sandbox, client: MembrainClient) -> None:
    person = client.create("contacts", {"Name": "Cia Ek"})
    assert person is not None
    sandbox.membrain.delete("contacts", person)
    row = client.record("contacts", person)
    assert row is not None
    assert row["Deleted"] == "True"


@pytest.mark.parametrize("refusal", ["error-in-200", "message-in-200", "status-400"])
class TestRefusals:
    @pytest.fixture(autouse=True)
    def reading(self, refusal: str, sandbox: Sandbox) -> None:
        sandbox.membrain.set_switches(refusal=refusal, extra_mandatory=("companies.Website",))

    def test_what_the_customer_demands_is_told_in_membrains_words(
        self, sandbox: Sandbox, client: MembrainClient
    ) -> None:
        before = sandbox.membrain.count("companies")
        with pytest.raises(RecordRefused, match="Mandatory: Website"):
            client.create("companies", {"Name": "Polar Data"})
        assert sandbox.membrain.count("companies") == before

    def test_a_company_that_nobody_has_is_told(self, client: MembrainClient) -> None:
        with pytest.raises(RecordRefused, match="Company not found: Corporate Rate Ltd"):
            client.create("contacts", {"Name": "Bo Ek", COMPANY_NAME: "Corporate Rate Ltd"})

    def test_a_field_without_permission_is_no_wrong_key(self, sandbox: Sandbox, client: MembrainClient) -> None:
        sandbox.membrain.set_switches(restricted_write="refused")
        with pytest.raises(RecordRefused, match="No permission to edit E-mail consent"):
            client.create("contacts", {"Name": "Bo Ek", prop(CONSENT): "explicit"})

    @pytest.mark.parametrize("missing", ["status-404", "error-in-200"])
    def test_a_change_of_a_record_that_is_gone_is_refused(
        self, missing: str, sandbox: Sandbox, client: MembrainClient
    ) -> None:
        sandbox.membrain.set_switches(missing_record=missing)
        with pytest.raises(RecordRefused, match="Not found"):
            client.update("contacts", NOBODY, {"Name": "Bo Ek"})


@pytest.mark.parametrize("limit", ["status-429", "status-429-retry-after", "error-in-200"])
def test_a_limit_of_requests_holds_writes_back_and_loses_none(
    limit: Any, sandbox: Sandbox, client: MembrainClient
) -> None:
    before = sandbox.membrain.count("contacts")
    sandbox.membrain.set_switches(requests_per_minute=4, limit_answer=limit)
    made = [client.create("contacts", {"Name": f"Person {number}"}) for number in range(10)]
    assert len(set(made)) == 10
    assert sandbox.membrain.count("contacts") == before + 10


@pytest.mark.parametrize("kind", ["status_500", "status_503", "html", "reset_before", "reset_after", "truncated"])
class TestFaults:
    def test_a_record_is_created_once_at_most(self, kind: Any, sandbox: Sandbox, client: MembrainClient) -> None:
        before, asked = sandbox.membrain.count("contacts"), len(sandbox.membrain.log())
        sandbox.faults.add(Fault(kind, service="membrain", method="POST", times=1))
        with pytest.raises(AnswerLost):
            client.create("contacts", {"Name": "Once Only"})
        assert len([line for line in sandbox.membrain.log()[asked:] if line["method"] == "POST"]) <= 1
        assert sandbox.membrain.count("contacts") - before <= 1

    def test_a_change_outlasts_one_and_ends_with_an_error_when_it_stays(
        self, kind: Any, sandbox: Sandbox, client: MembrainClient
    ) -> None:
        person = sandbox.membrain.create("contacts", {"Name": "Dag Ek"})
        sandbox.faults.add(Fault(kind, service="membrain", method="PUT", times=1))
        client.update("contacts", person, {"JobTitle": "CEO"})
        row = client.record("contacts", person)
        assert row is not None
        assert row["JobTitle"] == "CEO"
        sandbox.faults.add(Fault(kind, service="membrain", method="PUT", times=None))
        with pytest.raises((AnswerLost, TryLater)):
            client.update("contacts", person, {"JobTitle": "CFO"})
