"""A simulated Constant Contact behind a real socket, and a bare client that is logged in to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests

from ccsync.sandbox.constant_contact.service import ConstantContactService
from ccsync.sandbox.faults import Faults

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ccsync.clock import Clock


class Api:
    """Sends requests with a valid token and reads the answers."""

    def __init__(self, url: str, service: ConstantContactService) -> None:
        self.url = url
        self.token = str(service.issue_tokens()["access_token"])

    def send(self, method: str, path: str, **options: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.token}", **options.pop("headers", {})}
        return requests.request(method, f"{self.url}{path}", headers=headers, timeout=10, **options)

    def get(self, path: str, **query: Any) -> Any:
        answer = self.send("GET", f"/v3{path}", params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, **body: Any) -> Any:
        return self.write("POST", path, body)

    def put(self, path: str, **body: Any) -> Any:
        return self.write("PUT", path, body)

    def delete(self, path: str) -> requests.Response:
        return self.send("DELETE", f"/v3{path}")

    def write(self, method: str, path: str, body: Any) -> Any:
        answer = self.send(method, f"/v3{path}", json=body)
        assert answer.status_code in (200, 201), answer.text
        return answer.json()

    def refused(self, method: str, path: str, body: Any = None, **query: Any) -> tuple[int, str]:
        """Return the status and the messages of a request that is not carried out."""
        answer = self.send(method, f"/v3{path}", json=body, params=query)
        errors = answer.json()
        errors = errors if isinstance(errors, list) else [errors]
        return answer.status_code, "; ".join(f"{each['error_key']}: {each['error_message']}" for each in errors)

    def walk(self, **query: Any) -> list[list[dict[str, Any]]]:
        """Return the pages of contacts, following the links as they are."""
        pages, page = [], self.get("/contacts", **query)
        while True:
            pages.append(page["contacts"])
            if "_links" not in page:
                return pages
            page = self.send("GET", page["_links"]["next"]["href"]).json()

    def addresses(self, **query: Any) -> list[str]:
        return [each["email_address"]["address"] for page in self.walk(**query) for each in page]

    def contact(self, contact_id: str) -> Any:
        return self.get(
            f"/contacts/{contact_id}", include="custom_fields,list_memberships,phone_numbers,street_addresses"
        )

    def imported(self, *rows: dict[str, Any], lists: list[str]) -> Any:
        """Import rows and return the finished activity."""
        activity = self.post("/activities/contacts_json_import", import_data=list(rows), list_ids=lists)
        return self.get(f"/activities/{activity['activity_id']}")


@pytest.fixture
def faults() -> Faults:
    return Faults()


@pytest.fixture
def service(tmp_path: Path, clock: Clock, host: Any, faults: Faults) -> Iterator[ConstantContactService]:
    """Return a fresh account without limits, as time stands still in most tests."""
    service = ConstantContactService(tmp_path, clock, faults=faults)
    service.set_switches(throttle_per_second=0, token_requests_per_second=0)
    host.app = service
    yield service
    service.close()


@pytest.fixture
def api(service: ConstantContactService, host: Any) -> Api:
    return Api(host.url, service)


@pytest.fixture
def customers(service: ConstantContactService) -> str:
    return service.people.add_list("Customers")


@pytest.fixture
def ann(service: ConstantContactService, customers: str) -> str:
    """Return somebody who is on the list Customers."""
    return service.people.add(
        "ann@example.com", first_name="Ann", last_name="Lind", company_name="Fjord AB", list_memberships=[customers]
    )
