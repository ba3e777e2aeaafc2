# ruff: noqa: INP001 - a script, no package
"""How long a run with nothing to do takes with many people in the mirror, against one with few.

    python benchmarks/no_change.py [--people N] [--million] [--repetitions N]

Each size has an account of its own: a first run that makes everything known, then made-up people written straight into
the mirror and the books, a hundredth of them waiting for something. The runs take turns in random order. The table
shows the median of each size and its ratio to the smallest. Exit code 1 when a ratio is above the limit that DESIGN.md,
section 12, sets.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import time
from contextlib import ExitStack
from datetime import timedelta
from typing import TYPE_CHECKING

from ground import BEGINNING, FIELDS, LIST, ground

from ccsync.state.sqlite import SqliteStore
from ccsync.sync.operations import Reason, Waiting
from ccsync.sync.records import Base, Contact, ContactId, ListId, MembrainId, MembrainRecord, Resource, Standing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ground import Ground

    from ccsync.state.store import Store

FEW = 1_000
MILLION = 1_000_000
LIMIT = 1.2
KNOWN = 5
PAGE = 1_000
PEOPLE_PER_COMPANY = 4
ONE_WAITS_OF = 100
MADE = BEGINNING - timedelta(days=100)


def main() -> int:
    """Measure, print the table, and say whether the limit holds."""
    parser = argparse.ArgumentParser(description="Compare a run with nothing to do over few and many people.")
    parser.add_argument("--people", type=int, default=100_000, help="how many people are many (default: 100000)")
    parser.add_argument("--million", action="store_true", help="measure a million people as well: fills for minutes")
    parser.add_argument("--repetitions", type=int, default=20, help="runs of each size, 60 at most (default: 20)")
    asked = parser.parse_args()
    sizes = [FEW, asked.people, *([MILLION] if asked.million else [])]
    with ExitStack() as stack:
        grounds = {size: stack.enter_context(ground(KNOWN)) for size in sizes}
        for size, here in grounds.items():
            here.born(KNOWN)
            for _ in range(3):  # the third has nothing of the first in its windows
                here.run()
            fill(here, size - KNOWN)
        seconds = measured(grounds, min(asked.repetitions, 60))
        megabytes = {size: here.state.stat().st_size / 1e6 for size, here in grounds.items()}
    return shown(seconds, megabytes)


def measured(grounds: dict[int, Ground], repetitions: int) -> dict[int, float]:
    """Return the median time of a run of each size, in seconds, after one of each that only warms up."""
    times: dict[int, list[float]] = {size: [] for size in grounds}
    for turn in range(repetitions + 1):
        order = list(grounds)
        random.shuffle(order)
        for size in order:
            began = time.perf_counter()
            report = grounds[size].run()
            if dict(report.calls) != {"membrain": 2, "constant_contact": 2}:
                raise SystemExit(f"a run with nothing to do has made the requests {dict(report.calls)}")
            if turn:
                times[size].append(time.perf_counter() - began)
    return {size: statistics.median(found) for size, found in times.items()}


def fill(here: Ground, people: int) -> None:
    """Write people who need nothing into the mirror and the books of an account."""
    store = SqliteStore.open(here.state)
    try:
        list_id = ListId(store.progress.bindings("list")[LIST].id)
        fields = {one.label: one.id for one in store.progress.bindings("field").values()}
        paths = [path if path not in fields else f"custom.{fields[path]}" for path in FIELDS.values()]
        for first in range(0, people, PAGE):
            numbers = range(first, min(first + PAGE, people))
            with store.transaction():
                put_people(store, numbers, list_id, paths)
    finally:
        store.close()


def put_people(store: Store, numbers: Sequence[int], list_id: ListId, paths: Sequence[str]) -> None:
    """Write a page of people: both sides' rows, links, bases and standings, and who waits."""
    companies = sorted({number // PEOPLE_PER_COMPANY for number in numbers})
    store.mirror.put_records([company(number) for number in companies])
    store.mirror.put_records([contact(number) for number in numbers])
    store.mirror.put_contacts([twin(number, list_id, paths) for number in numbers])
    for number in numbers:
        store.agreement.link(person_id(number), contact_id(number))
        store.agreement.put_bases(
            person_id(number), {path: Base(f"value {number}", f"value {number}") for path in paths}
        )
        store.agreement.put_standing(contact_id(number), list_id, Standing.PLACED)
    waiting = [number for number in numbers if number % ONE_WAITS_OF == 0]
    store.work.wait(
        Waiting(person_id(number), address(number), "customers", "", Reason.OPTED_OUT, "", MADE) for number in waiting
    )


def company(number: int) -> MembrainRecord:
    """Return a company."""
    values = {"Name": f"Company {number}", "City": "Bergen", "CountryName": "Norway"}
    return MembrainRecord(Resource.COMPANIES, MembrainId(f"company-{number}"), values, created=MADE, changed=MADE)


def contact(number: int) -> MembrainRecord:
    """Return a contact of Membrain."""
    values = {
        "Name": f"Person {number}",
        "EmailAddress": address(number),
        "CompanyId": f"company-{number // PEOPLE_PER_COMPANY}",
        "JobTitle": "Purchaser",
    }
    return MembrainRecord(Resource.CONTACTS, person_id(number), values, created=MADE, changed=MADE)


def twin(number: int, list_id: ListId, paths: Sequence[str]) -> Contact:
    """Return the same person in Constant Contact."""
    values = dict.fromkeys(paths, f"value {number}")
    return Contact(
        contact_id(number),
        address(number),
        values,
        lists=frozenset({list_id}),
        permission="implicit",
        updated=MADE,
    )


def person_id(number: int) -> MembrainId:
    """Return an id as long as Membrain's."""
    return MembrainId(f"{number:08x}-0000-4000-8000-000000000000")


def contact_id(number: int) -> ContactId:
    """Return an id as long as Constant Contact's."""
    return ContactId(f"{number:08x}-0000-11f0-9c8a-fa163e5a0d0c")


def address(number: int) -> str:
    """Return an address of one's own."""
    return f"person.{number}@example.com"


def shown(seconds: dict[int, float], megabytes: dict[int, float]) -> int:
    """Print the table; return 1 when a ratio is above the limit."""
    write = sys.stdout.write
    write(f"{'people':>12}{'state':>12}{'median':>12}{'ratio':>8}{'limit':>8}\n")
    least = seconds[FEW]
    for size, median in seconds.items():
        limit = "-" if size == FEW else str(LIMIT)
        write(f"{size:>12,}{megabytes[size]:>9.0f} MB{median * 1000:>9.0f} ms{median / least:>8.2f}{limit:>8}\n")
    held = max(seconds.values()) <= LIMIT * least
    write(f"limit {'held' if held else 'exceeded'}\n")
    return int(not held)


if __name__ == "__main__":
    sys.exit(main())
