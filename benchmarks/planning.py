# ruff: noqa: INP001 - a script, no package
"""How long the pure core takes to plan people, and which part of it takes how long.

    python benchmarks/planning.py [--people N] [--profile]

N people (default: 10,000) with DESIGN.md's filter and twelve fields of contact, company and project. New people are
unknown to Constant Contact; changed ones have a new job title, and one in ten a new address as well. Everything happens
in this process on one core, 500 people at a time as in a run, and with nothing but the pure core: their subjects are
put together beforehand. Each figure is the sum of the best of five passes over each 500, as other work on the machine
only ever makes it worse. Exit code 1 when changed people take longer than DESIGN.md, section 12, allows.
"""

from __future__ import annotations

import argparse
import cProfile
import gc
import pstats
import sys
import time
from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from ccsync.sync.catalogue import Catalogue, Property, PropertyType, Scope
from ccsync.sync.fields import target_field
from ccsync.sync.filters import compile_filter
from ccsync.sync.mapping import (
    FieldRule,
    Rulebook,
    Surroundings,
    SyncRules,
    present_at,
    raw_value,
    travelling_value,
    written_values,
)
from ccsync.sync.merge import decide
from ccsync.sync.participation import choose
from ccsync.sync.plan import Subject, plan_person
from ccsync.sync.records import (
    Base,
    Contact,
    ContactId,
    ListId,
    MembrainId,
    MembrainRecord,
    Permission,
    Resource,
    Standing,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

LIMIT = 1.0
"""Seconds for 10,000 changed people."""

PASSES = 5
CHUNK = 500
LIST = ListId("list")
BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
NEWSLETTER = "CustomField00000000-0000-4000-8000-000000000001"
FILTER = 'company.CountryCode in ["SE", "NO"] && contact.custom["Newsletter"] == "Yes"'
FIELDS = {
    "contact.Name": "full_name",
    "contact.JobTitle": "job_title",
    "contact.Phone": "phone.work",
    "contact.Language": "custom.language",
    "contact.Interests": "custom.interests",
    "contact.BirthDate": "birthday",
    "company.Name": "company_name",
    "company.Street": "address.work.street",
    "company.City": "address.work.city",
    "company.CountryName": "address.work.country",
    "company.Segment": "custom.segment",
    "project.OwnerName": "custom.owner",
}


def main() -> int:
    """Measure, print the table, and say whether the limit holds."""
    parser = argparse.ArgumentParser(description="Measure how long the pure core takes to plan people.")
    parser.add_argument("--people", type=int, default=10_000, help="people to plan (default: 10,000)")
    parser.add_argument("--profile", action="store_true", help="show where the time goes, function by function")
    arguments = parser.parse_args()
    rules = rulebook()
    if arguments.profile:
        profiled([subject(number, rules, changed=True) for number in range(arguments.people)], rules)
        return 0
    return shown(measured(arguments.people, rules), arguments.people)


def rulebook() -> Rulebook:
    """Return one sync of twelve fields."""
    catalogue = Catalogue(
        (
            Property(Resource.CONTACTS, NEWSLETTER, "Newsletter", PropertyType.SELECT, custom=True),
            Property(Resource.COMPANIES, "CountryCode", "CountryCode"),
        )
    )
    kinds = frozenset({Resource.OPPORTUNITIES, Resource.PROSPECTS})
    fields = tuple(field_rule(left, right) for left, right in FIELDS.items())
    sync = SyncRules("customers", LIST, compile_filter(FILTER), fields, False, kinds, True)
    return Rulebook((sync,), catalogue)


def field_rule(left: str, right: str) -> FieldRule:
    """Return one line of the field map, bound."""
    target = target_field(right)
    if target is None:
        raise LookupError(right)
    word, _, name = left.partition(".")
    scope = Scope(word)
    return FieldRule(left, right, right, scope, dict.fromkeys(scope.resources([Resource.OPPORTUNITIES]), name), target)


def subject(number: int, rules: Rulebook, *, changed: bool) -> Subject:
    """Return somebody who is on the list and whose job title is another one now, if ``changed``."""
    company, project = surroundings(number)
    values = {
        "Name": f"Ann Mary Berg{number}",
        "EmailAddress": f"ann.berg{number}@example.com",
        "JobTitle": f"Chief Executive Officer {number % 7}",
        "Phone": f"+46 8 {500_000 + number}",
        "Language": "Svenska",
        "Interests": "Bergen; Sjö",
        "BirthDate": "1980-02-29",
        "CompanyId": company.id,
        NEWSLETTER: "Yes",
    }
    person = MembrainRecord(Resource.CONTACTS, MembrainId(f"m{number}"), values, BEGINNING)
    around = Surroundings({company.id: company}, {company.id: (project,)})
    there, bases = mirrored(number, person, around, rules)
    if changed:
        address = f"new.address{number}@example.org" if number % 10 == 0 else values["EmailAddress"]
        person = replace(person, values={**values, "JobTitle": f"Chairperson {number}", "EmailAddress": address})
    standings = {there.id: {LIST: Standing.PLACED}}
    namesake = there if person.email == there.email else None
    owner = person if namesake else None
    return Subject(
        contact=person,
        rivals=(person,),
        surroundings=around,
        linked=there,
        namesake=namesake,
        namesake_owner=owner,
        standings=standings,
        bases=bases,
    )


def surroundings(number: int) -> tuple[MembrainRecord, MembrainRecord]:
    """Return a company, and a project of it."""
    company = MembrainRecord(
        Resource.COMPANIES,
        MembrainId(f"company{number % 1000}"),
        {
            "Name": f"Nordlys {number % 1000} AB",
            "Street": "Storgatan 1",
            "City": "Malmö",
            "CountryName": "Sweden",
            "CountryCode": "SE",
            "Segment": "Retail",
        },
    )
    values = {"OwnerName": f"Eva {number % 20}", "CompanyId": company.id}
    created = BEGINNING + timedelta(days=number % 365)
    return company, MembrainRecord(Resource.OPPORTUNITIES, MembrainId(f"project{number}"), values, created)


def mirrored(
    number: int, person: MembrainRecord, around: Surroundings, rules: Rulebook
) -> tuple[Contact, dict[str, Base]]:
    """Return the contact that a person has become, phone number as Constant Contact spells it, and their bases."""
    [sync] = rules.syncs
    values: dict[str, str] = {}
    records = around.records_for(person, sync)
    wanted = {rule.path: travelling_value(rule, raw_value(rule, records[rule.scope])).value for rule in sync.fields}
    for path, value in wanted.items():
        values |= written_values(path, value)
    values["phone.work"] = values["phone.work"].replace(" ", "")
    there = Contact(ContactId(f"c{number}"), person.email, values, frozenset({LIST}), Permission.IMPLICIT)
    bases = {path: Base(value, present_at(path, there)) for path, value in wanted.items()}
    return there, bases | {"email": Base(person.email, person.email)}


def planned(people: Sequence[Subject], rules: Rulebook) -> int:
    """Plan everybody; return how many have something to do."""
    return sum(plan_person(one, rules).intent is not None for one in people)


def filtered(people: Sequence[Subject], rules: Rulebook) -> int:
    """Ask the filter about everybody."""
    return sum(choose(one.contact, one.surroundings, rules).concerned for one in people)


def merged(people: Sequence[Subject], rules: Rulebook) -> int:
    """Decide every field of everybody."""
    [sync] = rules.syncs
    fields = 0
    for one in people:
        records = one.surroundings.records_for(one.contact, sync)
        for rule in sync.fields:
            raw, present = raw_value(rule, records[rule.scope]), present_at(rule.path, one.linked)
            decide(rule, raw, present, one.bases.get(rule.path))
            fields += 1
    return fields


def measured(count: int, rules: Rulebook) -> dict[str, float]:
    """Return how many seconds each kind of work takes for everybody."""
    totals: defaultdict[str, float] = defaultdict(float)
    for start in range(0, count, CHUNK):
        numbers = range(start, min(start + CHUNK, count))
        changed = [subject(number, rules, changed=True) for number in numbers]
        new = [replace(one, linked=None, namesake=None, bases={}, standings={}) for one in changed]
        unchanged = [subject(number, rules, changed=False) for number in numbers]
        gc.collect()
        gc.freeze()  # what stands ready beforehand is no work of the planner's
        totals["changed"] += seconds(partial(planned, changed, rules), len(changed))
        totals["new"] += seconds(partial(planned, new, rules), len(new))
        totals["unchanged"] += seconds(partial(planned, unchanged, rules), 0)
        totals["the filter"] += seconds(partial(filtered, changed, rules), len(changed))
        totals[f"{len(FIELDS)} fields"] += seconds(partial(merged, changed, rules), len(changed) * len(FIELDS))
        gc.unfreeze()
    return totals


def seconds(work: Callable[[], int], expected: int) -> float:
    """Return the shortest time that some work takes; AssertionError when it is not the work that was meant."""
    times = []
    for _ in range(PASSES):
        started = time.process_time()
        found = work()
        times.append(time.process_time() - started)
        if found != expected:
            raise AssertionError(f"{found} of {expected}")
    return min(times)


def shown(totals: dict[str, float], count: int) -> int:
    """Print the tables; return 1 when the limit is exceeded."""
    write = sys.stdout.write
    write(f"{'planning':<24}{'people':>10}{'seconds':>10}{'each':>12}\n")
    for name in ("changed", "new", "unchanged"):
        write(f"{name:<24}{count:>10,}{totals[name]:>10.3f}{totals[name] / count * 1e6:>9.1f} us\n")
    write(f"\n{'of changed':<24}{'share':>10}{'seconds':>10}\n")
    parts = {name: totals[name] for name in ("the filter", f"{len(FIELDS)} fields")}
    for name, part in (parts | {"all else": totals["changed"] - sum(parts.values())}).items():
        write(f"{name:<24}{part / totals['changed']:>10.0%}{part:>10.3f}\n")
    limit = LIMIT * count / 10_000
    held = totals["changed"] <= limit
    write(f"\nlimit {limit:g} s for {count:,} changed people: {'held' if held else 'exceeded'}\n")
    return int(not held)


def profiled(people: Sequence[Subject], rules: Rulebook) -> None:
    """Print the functions that take the most time themselves."""
    profile = cProfile.Profile()
    profile.runcall(planned, people, rules)
    pstats.Stats(profile, stream=sys.stdout).sort_stats("tottime").print_stats(25)


if __name__ == "__main__":
    sys.exit(main())
