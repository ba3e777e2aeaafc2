"""A simulated Membrain behind a real socket, and a bare client for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests

from ccsync.sandbox.membrain.service import MembrainService

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ccsync.clock import Clock
    from ccsync.sandbox.people import Population


class Ask:
    """Sends requests with the valid key and reads the answers."""

    def __init__(self, url: str, key: str) -> None:
        self.url = f"{url}/API/v2"
        self.headers = {"APIKey": key}

    def send(self, method: str, path: str, **options: Any) -> requests.Response:
        return requests.request(method, f"{self.url}/{path}", **{"headers": self.headers, "timeout": 5, **options})

    def get(self, path: str, **query: str) -> Any:
        return self.send("GET", path, params=query).json()

    def post(self, path: str, **values: Any) -> Any:
        return self.send("POST", path, json=values).json()

    def put(self, path: str, **values: Any) -> Any:
        return self.send("PUT", path, json=values).json()

    def every(self, kind: str, **query: str) -> list[dict[str, Any]]:
        """Walk all pages the way a client does: from where the page before ended."""
        rows: list[dict[str, Any]] = []
        while True:
            page = self.get(f"{kind}/", From=str(len(rows)), **query)
            rows += page["items"]
            if int(page["to"]) >= int(page["count"]):
                return rows

    def names(self, kind: str, **query: str) -> list[str]:
        return [row["Name"] for row in self.every(kind, **query)]


@pytest.fixture
def membrain(tmp_path: Path, clock: Clock, host: Any) -> Iterator[MembrainService]:
    service = MembrainService(tmp_path, clock)
    host.app = service
    yield service
    service.close()


@pytest.fixture
def populated(membrain: MembrainService, everybody: Population) -> MembrainService:
    membrain.load(everybody)
    return membrain


@pytest.fixture
def ask(membrain: MembrainService, host: Any) -> Ask:
    return Ask(host.url, membrain.api_key)


@pytest.fixture
def company(membrain: MembrainService) -> str:
    return membrain.create("companies", {"Name": "Fjord Bygg AB", "CountryCode": "SE"})


@pytest.fixture
def contact(membrain: MembrainService, company: str) -> str:
    return membrain.create(
        "contacts",
        {
            "Name": "Ann Lind",
            "EmailAddress": "ann@example.com",
            "CompanyId": company,
            "Phone": "+46 31 390 06 00",
        },
    )
