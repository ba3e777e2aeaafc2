# ruff: noqa: INP001 - a script, no package
"""How many requests a run makes, measured against the simulated services, and what the usual way would make.

    python benchmarks/calls.py [--people N]

The usual way is one create-or-update request for each contact that changes (``POST /contacts/sign_up_form`` is what
integrations of this kind do), and one reading of the whole list per run by those that look for changes; only the
requests that write are counted for it, which is generous. Exit code 1 when a number of DESIGN.md, section 12, is not
kept.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ground import Ground, ground

if TYPE_CHECKING:
    from collections.abc import Sequence

FIRST = 5
ENTERING = 600
LEAVING = 100
IDENTIFIER = re.compile(r"/[0-9a-f]{8}-[0-9a-f-]{27}")
SHORTER = {"contacts_json_import": "import", "add_list_memberships": "add", "remove_list_memberships": "remove"}


@dataclass(frozen=True, slots=True)
class Measured:
    """One run: its requests by service and kind, what it wrote, and what the usual way would have sent."""

    name: str
    membrain: Counter[str]
    constant_contact: Counter[str]
    import_bytes: int
    done: int
    usual: int
    seconds: float
    limit: int | None = None

    @property
    def kept(self) -> bool:
        """Tell whether the limit holds, if there is one."""
        return self.limit is None or self.constant_contact.total() <= self.limit


def main() -> int:
    """Measure, print the table, and say whether the limits hold."""
    parser = argparse.ArgumentParser(description="Count the requests of runs against the simulated services.")
    parser.add_argument("--people", type=int, default=10_000, help="how many are new in the first run (default: 10000)")
    people = parser.parse_args().people
    with ground(FIRST + people) as here:
        rows = measured(here, people)
    return shown(rows)


def measured(here: Ground, people: int) -> list[Measured]:
    """Make the runs, one after the other, on one account."""
    here.born(FIRST)
    here.run()  # account, list and fields are known from here on
    ids = [person.id for person in here.born(people)]
    pages = -(-people // 500)
    rows = [measure(here, f"{people:,} new people", usual=people, limit=pages + 10)]
    here.run()  # its window reaches back to what the run before has written
    rows.append(measure(here, "nothing to do", usual=0, limit=2))
    for count in (1, 3, 100):
        edit(here, ids[:count], JobTitle=f"{count} changed")
        rows.append(measure(here, f"{count} changed", usual=count))
    edit(here, ids[:LEAVING], Newsletter="No")
    rows.append(measure(here, f"{LEAVING} leaving", usual=LEAVING, allow_removals=LEAVING))
    edit(here, ids[:ENTERING], Newsletter="No")
    here.run(allow_removals=ENTERING)
    edit(here, ids[:ENTERING], Newsletter="Yes")
    return [*rows, measure(here, f"{ENTERING} contacts entering", usual=ENTERING)]


def edit(here: Ground, people: Sequence[str], **values: str) -> None:
    """Edit people in Membrain, once nothing that was written before is in the next run's window."""
    here.run()
    for person in people:
        here.membrain.edit("contacts", person, **values)


def measure(here: Ground, name: str, *, usual: int, limit: int | None = None, allow_removals: int = 0) -> Measured:
    """Run once and count."""
    before = len(here.membrain.log()), len(here.constant_contact.log())
    began = time.perf_counter()
    counts = here.run(allow_removals=allow_removals or None).counts
    seconds = time.perf_counter() - began
    membrain = here.membrain.log()[before[0] :]
    constant_contact = [line for line in here.constant_contact.log()[before[1] :] if line["path"].startswith("/v3/")]
    return Measured(
        name,
        Counter(kind(line) for line in membrain),
        Counter(kind(line) for line in constant_contact),
        sum(line["size"] for line in constant_contact if line["path"].endswith("json_import")),
        counts.created + counts.updated + counts.added + counts.removed,
        usual,
        seconds,
        limit,
    )


def kind(line: dict[str, str]) -> str:
    """Return what sort of request a line of a service's log is."""
    path = IDENTIFIER.sub("/{id}", line["path"].removeprefix("/v3").removeprefix("/API/v2")).strip("/")
    path = path.removeprefix("activities/")
    return f"{line['method']} {SHORTER.get(path, path)}"


def shown(rows: Sequence[Measured]) -> int:
    """Print the table; return 1 when a limit is exceeded."""
    write = sys.stdout.write
    write(f"{'run':<24}{'Membrain':>9}{'C. Contact':>11}{'limit':>7}{'people':>8}{'usual way':>10}{'ratio':>8}")
    write(f"{'time':>9}\n")
    for row in rows:
        ours = row.constant_contact.total()
        ratio = f"{row.usual / ours:.1f}" if row.usual else "-"
        limit = "-" if row.limit is None else str(row.limit)
        write(f"{row.name:<24}{row.membrain.total():>9}{ours:>11}{limit:>7}{row.done:>8,}{row.usual:>10,}{ratio:>8}")
        write(f"{row.seconds:>7.1f} s\n")
    for row in rows:
        write(f"\n{row.name}: Constant Contact {in_words(row.constant_contact)}; Membrain {in_words(row.membrain)}")
        if row.import_bytes and row.done:
            write(f"; {row.import_bytes / row.done:.0f} bytes a row")
    held = all(row.kept for row in rows)
    write(f"\n\nlimits: {'held' if held else 'exceeded'}\n")
    return int(not held)


def in_words(counts: Counter[str]) -> str:
    """Write counts as a line."""
    return ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))


if __name__ == "__main__":
    sys.exit(main())
