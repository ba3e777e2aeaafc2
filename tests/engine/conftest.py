"""A small world: both services on the loopback, one account, and a clock that only moves when somebody waits."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from ccsync.engine.options import RunOptions, RunReport
from ccsync.sandbox.membrain.loading import CUSTOM_FIELDS
from ccsync.sandbox.people import MadeUpPerson, Population, population
from ccsync.sandbox.server import Sandbox
from ccsync.state.calls import CallCounter
from ccsync.state.folder import account_folder
from ccsync.state.sqlite import opening
from ccsync.state.values import Counts
from ccsync.wiring import Application, open_application

from .wires import Wires

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from ccsync.sandbox.constant_contact.service import ConstantContactService
    from ccsync.sandbox.membrain.service import MembrainService
    from ccsync.state.values import FieldStatistics

BEGINNING = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)

CONFIG = """
account = "acme"

[sandbox]
enabled = true

{tables}

[[sync]]
name = "customers"
direction = "{direction}"
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
AWKWARD = 80
"""So many of the first made-up people are colleagues and awkward cases."""
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
        self.wires = Wires(self.sandbox)
        for custom in CUSTOM_FIELDS:
            self.membrain.put_custom_field(custom)
        if not self.membrain.count("users"):  # somebody made the key, who is no contact in these tests
            self.membrain.erase("contacts", self.colleague("Olle Owner", "olle@example.com"))
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

    def configure(
        self,
        *,
        filter: str = YES,  # noqa: A002 - the config's word
        keys: str = "",
        more: str = "",
        tables: str = "",
        direction: str = "membrain-to-constant-contact",
    ) -> None:
        """Write the configuration: one sync, unless ``more`` adds fields and syncs."""
        text = CONFIG.format(filter=filter, keys=keys, more=more, tables=tables, direction=direction)
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

    def crowd(self, count: int) -> None:
        """Put so many made-up people at once into Membrain, with their companies; all want the newsletter."""
        made = population(AWKWARD + count)
        companies = [replace(company, age=0) for company in made.companies]
        people = [replace(person, newsletter="Yes", age=0) for person in made.people[AWKWARD:]]
        self.membrain.load(Population(people, companies, []))

    def in_membrain(self, email: str) -> dict[str, Any]:
        """Return the one living Membrain contact with an address, custom fields by their display names."""
        living = [one for one in self.membrain.all("contacts") if not one.get("Deleted")]
        found = [one for one in living if str(one.get("EmailAddress", "")).lower() == email.lower()]
        assert len(found) == 1, f"{len(found)} contacts with {email} in Membrain"
        return {**found[0], **found[0]["custom"]}

    def companies(self) -> list[str]:
        """Return the names of all companies in Membrain."""
        return sorted(str(one["Name"]) for one in self.membrain.all("companies"))

    def membrain_writes(self) -> list[str]:
        """Return what was written to Membrain, as "METHOD path"."""
        return [f"{one['method']} {one['path']}" for one in self.membrain.log() if one["method"] != "GET"]

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

    # what a configuration and a test say in one line

    @staticmethod
    def field(membrain: str, constant_contact: str, keys: str = "") -> str:
        """Return the text of one more field, of the sync that stands before it."""
        return f'[[sync.field]]\nmembrain = "{membrain}"\nconstant_contact = "{constant_contact}"\n{keys}\n'

    @staticmethod
    def sync(name: str, listed: str, filter: str = YES, keys: str = "") -> str:  # noqa: A002 - the config's word - as the config calls it
        """Return the text of one more sync; its fields come behind it."""
        direction = "membrain-to-constant-contact"
        return (
            f'[[sync]]\nname = "{name}"\ndirection = "{direction}"\nfilter = \'{filter}\'\nlist = "{listed}"\n{keys}\n'
        )

    def change(self, contact_id: str, **values: Any) -> None:
        """Edit a contact in Membrain."""
        self.membrain.edit("contacts", contact_id, **values)

    def colleague(self, name: str, email: str) -> str:
        """Make somebody who logs in to Membrain, and so is a contact there who also ordered the newsletter."""
        first, _, last = name.partition(" ")
        colleague = MadeUpPerson(
            id=str(uuid4()),
            first_name=first,
            last_name=last,
            name=name,
            email=email,
            company="",
            company_id="",
            job_title="",
            phone="",
            newsletter="Yes",
            language="English",
            consent="",
            interests=(),
            born="",
            age=400,
            colleague=True,
        )
        self.membrain.load(Population([colleague], [], []))
        return colleague.id

    def subscriber(self, email: str, **fields: Any) -> str:
        """Make a contact in Constant Contact, by hand."""
        return self.constant_contact.people.add(email, **fields)

    def id_of(self, email: str) -> str:
        """Return the id in Constant Contact of whoever has an address."""
        return str(self.contact(email)["contact_id"])

    def value(self, email: str, label: str) -> str:
        """Return what a contact holds in a custom field; empty when nothing."""
        ids = {one["label"]: one["custom_field_id"] for one in self.constant_contact.people.fields()}
        values = {one["custom_field_id"]: one.get("value", "") for one in self.contact(email).get("custom_fields", [])}
        return str(values.get(ids.get(label, ""), ""))

    def phone(self, email: str, kind: str = "work") -> str:
        """Return a phone number of a contact; empty when it has none of the kind."""
        numbers = {one["kind"]: one["phone_number"] for one in self.contact(email).get("phone_numbers", [])}
        return str(numbers.get(kind, ""))

    def events(self, report: RunReport, event: str) -> list[dict[str, Any]]:
        """Return what a run's log tells under one name."""
        assert report.log_path is not None
        told = [json.loads(line) for line in report.log_path.read_text("utf-8").splitlines()]
        return [line for line in told if line["event"] == event]

    def sync_counts(self, report: RunReport, sync: str = "customers") -> dict[str, int]:
        """Return what a run counted for one sync, zeros left out."""
        return numbers(report.syncs.get(sync, Counts()))

    def statistics(self, field: str, sync: str = "customers") -> FieldStatistics:
        """Return the statistics of one field, by its right side in the config's words."""
        with self.application().reader() as store:
            assert store is not None
            return store.history.field_statistics()[sync, field]

    def waits(self) -> set[tuple[str, str, str]]:
        """Return everything that waits: (address, field or nothing, reason)."""
        with self.application().reader() as store:
            return (
                set() if store is None else {(one.contact, one.field, one.reason.value) for one in store.work.waiting()}
            )

    def read_up_to(self) -> dict[str, datetime]:
        """Return how far each stream has been read."""
        with self.application().reader() as store:
            return {} if store is None else {name: one.read_up_to for name, one in store.progress.timestamps().items()}

    def two_sweeps(self) -> RunReport:
        """Run twice, a day apart, so that everything is compared both times."""
        self.wait(hours=25)
        self.run()
        self.wait(hours=25)
        return self.run()

    def quietly(self) -> RunReport:
        """Run and see that nothing is written."""
        written = self.constant_contact.writes(), self.membrain_writes()
        report = self.run()
        assert (self.constant_contact.writes(), self.membrain_writes()) == written
        return report


def numbers(counts: Counts) -> dict[str, int]:
    """Return counts by name, zeros left out."""
    return {name: number for name in Counts.__slots__ if (number := getattr(counts, name))}


def address(contact: Mapping[str, Any]) -> str:
    return str((contact.get("email_address") or {}).get("address", ""))


@pytest.fixture(autouse=True, scope="module")
def no_waiting_for_the_disk() -> Iterator[None]:
    """Let commits be as durable as this process: waiting for the disk is a third of these tests' time."""
    real = opening._set_up
    opened = CallCounter.__init__

    def quick(connection: sqlite3.Connection, path: Path) -> None:
        real(connection, path)
        connection.execute("PRAGMA synchronous = OFF")

    def counting(self: CallCounter, folder: Path, client_id: str) -> None:
        opened(self, folder, client_id)
        self._db.execute("PRAGMA synchronous = OFF")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(opening, "_set_up", quick)
        patch.setattr(CallCounter, "__init__", counting)
        yield


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.sandbox.stop()
