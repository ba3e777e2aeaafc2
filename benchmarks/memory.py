# ruff: noqa: INP001 - a script, no package
"""How much memory a first run needs at its peak.

    python benchmarks/memory.py [--people N ...]

Everybody is new: the run reads all of them from Membrain, imports them into Constant Contact and reads them back. It is
a process of its own, because the simulated services need memory as well. The table shows its peak for each size and
what a contact costs above the smallest one. Exit code 1 when a run over 200,000 people needs more than 200 MB.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from ground import BEGINNING, ground, run_in

if TYPE_CHECKING:
    from datetime import datetime

LIMITS = {200_000: 200.0}
"""Megabytes, by people."""


class StillClock:
    """Time that does not pass: the process that serves the sandbox has a clock of its own, and both must agree."""

    def now(self) -> datetime:
        """Return the beginning."""
        return BEGINNING

    def monotonic(self) -> float:
        """Return nothing."""
        return 0.0

    def sleep(self, seconds: float) -> None:
        """Do not wait."""


def main() -> int:
    """Measure, print the table, and say whether the limit holds."""
    parser = argparse.ArgumentParser(description="Measure the memory of a first run.")
    parser.add_argument(
        "--people", type=int, nargs="+", default=[1_000, 20_000], help="sizes of Membrain (default: 1000 20000)"
    )
    parser.add_argument("--run-in", type=Path, help=argparse.SUPPRESS)  # what the measured process is started with
    asked = parser.parse_args()
    if asked.run_in:
        return run_and_tell(asked.run_in)
    return shown({people: measured(people) for people in sorted(asked.people)})


def measured(people: int) -> tuple[float, float]:
    """Return the peak in megabytes and the seconds of a first run over so many people."""
    with ground(people) as here:
        here.born(people)
        began = time.perf_counter()
        done = subprocess.run(  # noqa: S603 - this script itself
            [sys.executable, __file__, "--run-in", str(here.folder)], capture_output=True, text=True, check=False
        )
        seconds = time.perf_counter() - began
        if done.returncode:
            raise SystemExit(done.stderr)
    told = json.loads(done.stdout)
    if told["created"] != people:
        raise SystemExit(f"{told['created']} of {people} people were created")
    return told["peak"], seconds


def run_and_tell(folder: Path) -> int:
    """Run once on a ground that another process serves, and write the peak of this one."""
    import resource  # noqa: PLC0415 - there is none on Windows, where this script can still print its help

    created = run_in(folder, StillClock()).counts.created
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
    sys.stdout.write(json.dumps({"created": created, "peak": peak}))
    return 0


def shown(found: dict[int, tuple[float, float]]) -> int:
    """Print the table; return 1 when a peak is above its limit."""
    write = sys.stdout.write
    write(f"{'people':>12}{'peak':>12}{'limit':>10}{'a contact':>14}{'time':>10}\n")
    (least, (base, _)), *_ = found.items()
    held = True
    for people, (peak, seconds) in found.items():
        limit = LIMITS.get(people)
        held = held and (limit is None or peak <= limit)
        more = f"{(peak - base) * 1e6 / (people - least):,.0f} bytes" if people > least else "-"
        write(f"{people:>12,}{peak:>9.0f} MB{f'{limit:.0f} MB' if limit else '-':>10}{more:>14}{seconds:>8.1f} s\n")
    write(f"limit {'held' if held else 'exceeded'}\n")
    return int(not held)


if __name__ == "__main__":
    sys.exit(main())
