"""A small world: both services on the loopback, one account, and a clock that only moves when somebody waits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from ccsync.engine.options import RunOptions, RunReport
from ccsync.sandbox.membrain.loading import CUSTOM_FIELDS
from ccsync.sandbox.server import Sandbox
from ccsync.state.folder import account_folder
from ccsync.wiring import Application, open_application

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from ccsync.sandbox.constant_contact.service import ConstantContactService
    from ccsync.sandbox.membrain.service import MembrainService

BEGINNING = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)

CONFIG = """
account = "acme"

[sandbox]
enabled = true

{tables}

[[sync]]
name = "customers"
direction = "membrain-to-constant-contact"
filter = '{filter}'
list = "Customers"
{keys}

[[sync.field]]
membrain = "contact.Name"
constant_contact = "full_name"

[[sync.field]]
membrain = "company.Name"
constant_contact = "company_name"

[[sync.field]]
membrain = "contact.JobTitle"
constant_contact = "job_title"

[[sync.field]]
membrain = "contact.custom.Language"
constant_contact = "custom.Language"

{more}
"""
YES = 'contact.custom["Newsletter"] == "Yes"'


class StandingClock:
    """Time that passes only when somebody waits."""

    def __init__(self, now: datetime = BEGINNING) -> None:
        self._now = now
        self._passed = 0.0

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._passed

    def sleep(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)
        self._passed += seconds


class World:
    """One account between an empty Membrain and an empty Constant Contact, and the people who edit both."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = StandingClock()
        self.environ = {"CCSYNC_STATE_DIR": str(folder / "state")}
        self.config = folder / "config.toml"
        self.configure()
        self.sandbox = Sandbox(account_folder(folder / "state" / ".sandbox", "acme") / "services", self.clock)
        (self.sandbox_folder / "sandbox.seeded").parent.mkdir(parents=True, exist_ok=True)
        (self.sandbox_folder / "sandbox.seeded").touch()  # nobody lives here yet
        self.sandbox.start()
        for custom in CUSTOM_FIELDS:
            self.membrain.put_custom_field(custom)
        self.constant_contact.set_switches(throttle_per_second=0, token_requests_per_second=0)
        self._made = 0

    @property
    def sandbox_folder(self) -> Path:
        return self.folder / "state" / ".sandbox" / "acme" / "services"

    @property
    def constant_contact(self) -> ConstantContactService:
        return self.sandbox.constant_contact

    @property
    def membrain(self) -> MembrainService:
        return self.sandbox.membrain

    def configure(self, *, filter: str = YES, keys: str = "", more: str = "", tables: str = "") -> None:  # noqa: A002
        """Write the configuration: one sync, unless ``more`` adds fields and syncs."""
        text = CONFIG.format(filter=filter, keys=keys, more=more, tables=tables)
        self.config.write_text(text, encoding="utf-8")

    def application(self) -> Application:
        return open_application(self.config, self.environ, self.clock)

    def run(self, **options: Any) -> RunReport:
        """Run once, three minutes after whatever happened before."""
        self.wait(minutes=3)
        return self.application().run(RunOptions(**options))

    def wait(self, **time: float) -> None:
        self.clock.sleep(timedelta(**time).total_seconds())

    # Membrain's side

    def company(self, name: str = "Nordlys AS", **values: Any) -> str:
        """Make a company in Membrain."""
        return self.membrain.create("companies", {"Name": name, **values})

    def person(self, name: str = "Ann Berg", email: str | None = None, **values: Any) -> str:
        """Make a contact in Membrain who wants the newsletter, with an address of their own."""
        self._made += 1
        address = f"person{self._made}@example.com" if email is None else email
        values = {"Newsletter": "Yes", "Name": name, "EmailAddress": address} | values
        return self.membrain.create("contacts", values)

    def people(self, count: int, **values: Any) -> list[str]:
        return [self.person(f"Person Number{number}", **values) for number in range(count)]

    # Constant Contact's side

    def contact(self, email: str) -> dict[str, Any]:
        """Return the one contact with an address, as Constant Contact holds it."""
        found = self.contacts(email)
        assert len(found) == 1, f"{len(found)} contacts with {email}"
        return found[0]

    def contacts(self, email: str) -> list[dict[str, Any]]:
        return [one for one in self.constant_contact.people.all() if address(one) == email.lower()]

    def list_id(self, name: str = "Customers") -> str:
        return next(str(one["list_id"]) for one in self.constant_contact.people.lists() if one["name"] == name)

    def members(self, name: str = "Customers") -> set[str]:
        """Return the addresses on a list."""
        lists = {one["name"]: one["list_id"] for one in self.constant_contact.people.lists()}
        return {
            address(one)
            for one in self.constant_contact.people.all()
            if lists.get(name) in one.get("list_memberships", [])
        }

    def requests(self, *, since: int = 0) -> list[str]:
        """Return what was asked of Constant Contact, as "METHOD path"."""
        return [f"{one['method']} {one['path']}" for one in self.constant_contact.log()[since:]]

    # ccsync's own books

    def waiting(self) -> dict[str, str]:
        """Return why people wait, by address."""
        with self.application().reader() as store:
            return {} if store is None else {one.contact: one.reason.value for one in store.work.waiting()}

    def fact(self, key: str) -> str | None:
        with self.application().reader() as store:
            return None if store is None else store.progress.fact(key)


def address(contact: Mapping[str, Any]) -> str:
    return str((contact.get("email_address") or {}).get("address", ""))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.sandbox.stop()
