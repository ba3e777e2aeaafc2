# ruff: noqa: INP001 - a script, no package
"""How long ccsync takes to answer, against a Typer application that does nothing.

    python benchmarks/startup.py [--repetitions N]

Both are installed console programs of the same environment. They take turns in random order, so that a busy moment of
the machine falls on all of them; the table shows the median of each and the ratio. `status` reads a state that one run
of the example has left. Exit code 1 when ccsync is above a limit that DESIGN.md, section 12, sets.
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

EXAMPLE = Path(__file__).parent.parent / "examples" / "config.toml"
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
    limit: float


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
        ours = (ccsync, "--config", str(EXAMPLE))
        contests = (
            Contest("--help", (ccsync, "--help"), (str(empty), "--help"), 1.3),
            Contest("--version", (ccsync, "--version"), (str(empty),), 1.3),
            Contest("status", (*ours, "status"), (str(empty),), 1.6),
        )
        variables = environment(folder)
        run((*ours, "run", "--once"), variables)
        commands = {command for one in contests for command in (one.ours, one.empty)}
        seconds = measured(commands, repetitions, variables)
    return shown(contests, seconds)


def environment(folder: str) -> dict[str, str]:
    """Return the variables of the measured programs: compiled modules as when installed, and a state of their own."""
    # An installed program has its modules compiled; so has a checkout after the first run, unless this forbids it.
    variables = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return variables | {"CCSYNC_STATE_DIR": folder}


def run(command: tuple[str, ...], variables: dict[str, str]) -> None:
    """Run one of the two programs."""
    subprocess.run(  # noqa: S603 - nothing but ccsync and the empty application
        command, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL, check=True, env=variables
    )


def measured(
    commands: set[tuple[str, ...]], repetitions: int, variables: dict[str, str]
) -> dict[tuple[str, ...], float]:
    """Return the median time of each command, in seconds, after one run of each that only warms the disk's cache."""
    times: dict[tuple[str, ...], list[float]] = {command: [] for command in sorted(commands)}
    for turn in range(repetitions + 1):
        order = list(times)
        random.shuffle(order)
        for command in order:
            started = time.perf_counter()
            run(command, variables)
            if turn:
                times[command].append(time.perf_counter() - started)
    return {command: statistics.median(found) for command, found in times.items()}


def shown(contests: tuple[Contest, ...], seconds: dict[tuple[str, ...], float]) -> int:
    """Print the table; return 1 when a ratio is above its limit."""
    write = sys.stdout.write
    write(f"{'ccsync':<12}{'median':>10}   {'empty Typer application':<26}{'median':>10}{'ratio':>8}{'limit':>8}\n")
    held = True
    for one in contests:
        ratio = seconds[one.ours] / seconds[one.empty]
        held = held and ratio <= one.limit
        against = " ".join(("empty", *one.empty[1:]))
        write(f"{one.name:<12}{seconds[one.ours] * 1000:>7.0f} ms   {against:<26}")
        write(f"{seconds[one.empty] * 1000:>7.0f} ms{ratio:>8.2f}{one.limit:>8}\n")
    write(f"limits {'held' if held else 'exceeded'}\n")
    return int(not held)


if __name__ == "__main__":
    sys.exit(main())
