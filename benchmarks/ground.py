# ruff: noqa: INP001 - shared by the scripts beside it, no package
"""What the benchmarks stand on: both simulated services in this process, one account, and people by the thousand.

The clock moves only when somebody waits, so that no limit of four requests a second is what is measured. The services'
other limits are the real ones: 500 contacts a page, 4,000,000 bytes or 40,000 rows an import.
"""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ccsync.engine.options import RunOptions
from ccsync.sandbox.people import Population, population
from ccsync.sandbox.server import Sandbox
from ccsync.state.folder import account_folder
from ccsync.wiring import open_application

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ccsync.clock import Clock
    from ccsync.engine.options import RunReport
    from ccsync.sandbox.people import MadeUpPerson

ACCOUNT = "benchmark"
CONFIG_FILE = "config.toml"
LIST = "Customers"
BEGINNING = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
QUIET = timedelta(minutes=10)
"""After so long a pause no window reaches back to what happened before it."""

CONFIG = f"""
account = "{ACCOUNT}"

[sandbox]
enabled = true

[[sync]]
name = "customers"
direction = "membrain-to-constant-contact"
filter = 'contact.custom["Newsletter"] == "Yes"'
list = "{LIST}"
"""
FIELDS = {
    "contact.Name": "full_name",
    "contact.JobTitle": "job_title",
    "contact.Phone": "custom.Phone",
    "contact.custom.Language": "custom.Language",
    "contact.custom.Interests": "custom.Topics",
    "company.Name": "company_name",
    "company.City": "address.work.city",
    "company.CountryName": "address.work.country",
    "company.Website": "custom.Web",
    "company.custom.Segment": "custom.Size",
    "company.EmailAddress": "custom.Mail",
}
FIELD = """
[[sync.field]]
membrain = "{}"
constant_contact = "{}"
"""


class StandingClock:
    """Time that passes only when somebody waits."""

    def __init__(self) -> None:
        self._passed = 0.0

    def now(self) -> datetime:
        """Return the beginning and all waits since."""
        return BEGINNING + timedelta(seconds=self._passed)

    def monotonic(self) -> float:
        """Return the sum of all waits, in seconds."""
        return self._passed

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self._passed += seconds


class Ground:
    """One account between a Membrain full of companies and a Constant Contact in which nobody lives."""

    def __init__(self, folder: Path, most_people: int, fields: dict[str, str]) -> None:
        """Make up ``most_people`` to draw from, all different, none of them an awkward case."""
        self.clock = StandingClock()
        self.folder = folder
        (folder / CONFIG_FILE).write_text(CONFIG + "".join(FIELD.format(*pair) for pair in fields.items()), "utf-8")
        services = account_folder(folder / ".sandbox", ACCOUNT) / "services"
        services.mkdir(parents=True, exist_ok=True)
        (services / "sandbox.seeded").touch()  # nobody lives here yet
        self.sandbox = Sandbox(services, self.clock)
        self.sandbox.start()
        self.constant_contact = self.sandbox.constant_contact
        self.membrain = self.sandbox.membrain
        self.constant_contact.set_switches(throttle_per_second=0, token_requests_per_second=0, daily_quota=0)
        everybody = population(most_people + AWKWARD)
        self._unborn = [ordinary(person) for person in everybody.people[AWKWARD:]]
        owner = everybody.colleagues[0]  # somebody made the key, who is no contact here
        self.membrain.load(Population([owner], everybody.companies, []))
        self.membrain.erase("contacts", owner.id)

    def born(self, count: int) -> Sequence[MadeUpPerson]:
        """Add so many people to Membrain, all of whom want the newsletter; return them."""
        people, self._unborn = self._unborn[:count], self._unborn[count:]
        self.membrain.load(Population(people, [], []))
        return people

    def run(self, **options: Any) -> RunReport:
        """Run once, after a pause long enough for all windows to have passed."""
        self.clock.sleep(QUIET.total_seconds())
        return run_in(self.folder, self.clock, **options)

    @property
    def state(self) -> Path:
        """The file with ccsync's own state."""
        return account_folder(self.folder / ".sandbox", ACCOUNT) / "state.sqlite"


def run_in(folder: Path, clock: Clock, **options: Any) -> RunReport:
    """Run once on the ground in a folder, which may be served by another process."""
    application = open_application(folder / CONFIG_FILE, {"CCSYNC_STATE_DIR": str(folder)}, clock)
    report = application.run(RunOptions(**options))
    if report.exit_code:
        raise SystemExit(f"the run ended as {report.result.value}: {report.message}")
    return report


AWKWARD = 80
"""So many of the first made-up people are colleagues and awkward cases, which no figure should depend on."""


def ordinary(person: MadeUpPerson) -> MadeUpPerson:
    """Return a person as just entered, with the newsletter ordered."""
    return replace(person, newsletter="Yes", age=0)


@contextmanager
def ground(most_people: int, fields: dict[str, str] | None = None) -> Iterator[Ground]:
    """Yield a ground in a folder of its own, which is gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        made = Ground(Path(folder), most_people, FIELDS if fields is None else fields)
        try:
            yield made
        finally:
            made.sandbox.stop()
