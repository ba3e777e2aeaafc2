# ruff: noqa: INP001 - a script, no package
"""How long ccsync takes to answer, against a Typer application that does nothing.

    python benchmarks/startup.py [--repetitions N]

Both are installed console programs of the same environment. They take turns in random order, so that a busy moment of
the machine falls on all of them; the table shows the median of each and the ratio. Exit code 1 when ccsync is above the
limit that DESIGN.md, section 12, sets.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

LIMIT = 1.3
EMPTY_APPLICATION = """#!{python}
import sys
import typer

app = typer.Typer()


@app.command()
def main() -> None:
    \"\"\"Do nothing.\"\"\"


if __name__ == "__main__":
    sys.exit(app())
"""


@dataclass(frozen=True, slots=True)
class Contest:
    """A command of ccsync, and the command of the empty application that it is measured against."""

    name: str
    ours: tuple[str, ...]
    empty: tuple[str, ...]


def main() -> int:
    """Measure, print the table, and say whether the limit holds."""
    parser = argparse.ArgumentParser(description="Measure how long ccsync takes to answer.")
    parser.add_argument("--repetitions", type=int, default=40, help="runs of each command (default: 40)")
    repetitions = parser.parse_args().repetitions
    ccsync = str(Path(sys.executable).parent / "ccsync")
    with tempfile.TemporaryDirectory() as folder:
        empty = Path(folder, "empty")
        empty.write_text(EMPTY_APPLICATION.format(python=sys.executable), "utf-8")
        empty.chmod(0o755)
        contests = (
            Contest("--help", (ccsync, "--help"), (str(empty), "--help")),
            Contest("--version", (ccsync, "--version"), (str(empty),)),
        )
        seconds = measured({command for one in contests for command in (one.ours, one.empty)}, repetitions)
    return shown(contests, seconds)


def measured(commands: set[tuple[str, ...]], repetitions: int) -> dict[tuple[str, ...], float]:
    """Return the median time of each command, in seconds, after one run of each that only warms the disk's cache."""
    times: dict[tuple[str, ...], list[float]] = {command: [] for command in sorted(commands)}
    # An installed program has its modules compiled; so has a checkout after the first run, unless this forbids it.
    variables = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    for turn in range(repetitions + 1):
        order = list(times)
        random.shuffle(order)
        for command in order:
            started = time.perf_counter()
            subprocess.run(  # noqa: S603 - the two programs named above
                command, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL, check=True, env=variables
            )
            if turn:
                times[command].append(time.perf_counter() - started)
    return {command: statistics.median(found) for command, found in times.items()}


def shown(contests: tuple[Contest, ...], seconds: dict[tuple[str, ...], float]) -> int:
    """Print the table; return 1 when a ratio is above the limit."""
    write = sys.stdout.write
    write(f"{'ccsync':<12}{'median':>10}   {'empty Typer application':<26}{'median':>10}{'ratio':>8}\n")
    worst = 0.0
    for one in contests:
        ratio = seconds[one.ours] / seconds[one.empty]
        worst = max(worst, ratio)
        against = " ".join(("empty", *one.empty[1:]))
        write(f"{one.name:<12}{seconds[one.ours] * 1000:>7.0f} ms   {against:<26}")
        write(f"{seconds[one.empty] * 1000:>7.0f} ms{ratio:>8.2f}\n")
    write(f"limit {LIMIT}: {'held' if worst <= LIMIT else 'exceeded'}\n")
    return int(worst > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
