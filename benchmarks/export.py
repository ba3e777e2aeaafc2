# ruff: noqa: INP001 - a script, no package
"""What an export of 90 days of runs takes: time, size and memory.

    python benchmarks/export.py [--days N] [--format zip|jsonl|csv]

Makes the logs of a run every three minutes (43,200 in 90 days): most find nothing to do, one in ten changes people, one
a day sweeps. `ccsync logs export` is a process of its own. Its peak is compared with that of an export of one day.
Exit code 1 when it is more than 150 MB.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ccsync.sandbox.people import population

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ccsync.sandbox.people import MadeUpPerson

LIMIT = 150.0
"""Megabytes."""

_EVERY = timedelta(minutes=3)
_A_DAY = timedelta(days=1) // _EVERY
_BUSY = 10
_MEASURE = "import resource, sys; print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)"
_RUN = f"import atexit; atexit.register(lambda: exec({_MEASURE!r})); from ccsync.cli.app import main; main()"
_EXAMPLE = Path(__file__).resolve().parent.parent / "examples" / "config.toml"


def main() -> int:
    """Make the logs, measure, print the table, and say whether the limit holds."""
    parser = argparse.ArgumentParser(description="Measure an export of the logs.")
    parser.add_argument("--days", type=int, default=90, help="so many days of runs (default: 90)")
    parser.add_argument("--format", choices=("zip", "jsonl", "csv"), default="zip")
    asked = parser.parse_args()
    sys.stdout.write("   days      runs     lines  logs MB  file MB  seconds  peak MB\n")
    peak = 0.0
    for days in sorted({1, asked.days}):
        peak = shown(days, asked.format)
    return int(peak > LIMIT)


def shown(days: int, form: str) -> float:
    """Measure an export of so many days, print its line and return its peak."""
    folder = Path(tempfile.mkdtemp(prefix="ccsync-export-"))
    try:
        account = folder / "state" / ".sandbox" / "example"
        size = sum(written(account, number) for number in range(days * _A_DAY))
        began = time.perf_counter()
        done = subprocess.run(  # noqa: S603 - this interpreter
            [sys.executable, "-c", _RUN, "--config", str(_EXAMPLE), "logs", "export", "--format", form, "--json"],
            cwd=folder,
            env={**os.environ, "CCSYNC_STATE_DIR": str(folder / "state")},
            capture_output=True,
            text=True,
            check=False,
        )
        seconds = time.perf_counter() - began
        if done.returncode:
            raise SystemExit(done.stdout + done.stderr)
        data = json.loads(done.stdout)["data"]
        peak = int(done.stderr.split()[-1]) / (1e6 if sys.platform == "darwin" else 1e3)
        sys.stdout.write(
            f"{days:7} {data['runs']:9,} {data['lines']:9,} {size / 1e6:8.1f} {data['bytes'] / 1e6:8.1f}"
            f" {seconds:8.1f} {peak:8.1f}\n"
        )
        return peak
    finally:
        shutil.rmtree(folder)


_PEOPLE = population(3000).people


def written(account: Path, number: int) -> int:
    """Write the log of one run and return its size."""
    dice = random.Random(number)  # noqa: S311 - made-up data, the same every time
    begin = datetime.now(UTC).replace(microsecond=0) - _EVERY * (number + 1)
    run = f"{begin:%Y%m%dT%H%M%SZ}-{dice.getrandbits(16):04x}"
    path = account / "logs" / f"{begin:%Y-%m-%d}" / f"{run}.jsonl"
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    text = "".join(
        json.dumps(
            {
                "time": f"{begin + timedelta(milliseconds=40 * at):%Y-%m-%dT%H:%M:%S.%f}"[:23] + "Z",
                "level": "info",
                "run": run,
                "account": "example",
                **event,
            },
            ensure_ascii=False,
            separators=(",", ":"),
        )
        + "\n"
        for at, event in enumerate(events(dice, number))
    )
    path.write_text(text, encoding="utf-8")
    return len(text.encode())


def events(dice: random.Random, number: int) -> Iterator[dict[str, Any]]:
    """Yield what a run logs."""
    changed = dice.choices(_PEOPLE, k=dice.randint(1, 40)) if number % _BUSY == 0 else []
    calls = 4 + len(changed) // 2 + (60 if number % _A_DAY == 0 else 0)
    yield {"event": "run.started", "message": "run started", "dry_run": False, "full": False, "sync": None}
    for at in range(calls):
        yield request(dice, at)
    for person in changed:
        yield from about(dice, person)
    yield {
        "event": "run.finished",
        "message": "run finished: success",
        "result": "success",
        "exit_code": 0,
        "summary": {"counts": {"created": 0, "updated": len(changed)}, "calls": {"membrain": calls}, "seconds": 1.2},
    }


def request(dice: random.Random, at: int) -> dict[str, Any]:
    """Return one request, every third of them for one contact."""
    path = "/v3/contacts" if at % 3 else f"/v3/contacts/{an_id(dice)}"
    return {
        "event": "http.request",
        "message": f"Constant Contact: GET {path}: 200",
        "service": "constant-contact",
        "method": "GET",
        "path": path,
        "status": 200,
        "milliseconds": dice.randint(40, 900),
        "attempt": 1,
    }


def about(dice: random.Random, person: MadeUpPerson) -> Iterator[dict[str, Any]]:
    """Yield what a run logs of somebody who changed."""
    who = {"contact": person.email, "membrain_id": person.id, "contact_id": an_id(dice)}
    rule = {"sync": "customers", "rule": "source-changed"}
    pairs = {"full_name": person.name, "company_name": person.company, "job_title": person.job_title}
    changes = [{**rule, "field": field, "old": f"{new} (old)", "new": new} for field, new in pairs.items()]
    yield {"event": "record.updated", "message": f"{person.email}: updated", **who, "changes": changes}
    yield {"event": "list.added", "message": f"{person.email}: on Customers", **who, **rule, "lists": ["Customers"]}


def an_id(dice: random.Random) -> str:
    """Return an id as Constant Contact makes them."""
    digits = f"{dice.getrandbits(128):032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


if __name__ == "__main__":
    sys.exit(main())
