"""The numbers for Prometheus: right by its text format, in place in one go, readable for its exporter."""

from __future__ import annotations

import os
import re
import stat
from typing import TYPE_CHECKING, Any

import pytest

from ccsync.errors import LocalError
from ccsync.service.textfile import page, write

if TYPE_CHECKING:
    from pathlib import Path

RUN = {
    "started": "2026-11-23T12:00:00.000Z",
    "finished": "2026-11-23T12:00:04.200Z",
    "result": "partial",
    **dict.fromkeys(("created", "updated", "added", "removed", "unchanged", "skipped", "failed"), 0),
    "failed": 2,
    "calls": {"membrain": 9, "constant_contact": 12},
}
STATUS: dict[str, Any] = {
    "account": "acme",
    "budget": {"limit": 10_000, "used": 123, "reserved": 500, "spent": False},
    "waiting": [
        {"sync": "customers", "reason": "opted_out"},
        {"sync": "customers", "reason": "opted_out"},
        {"sync": "", "reason": "no_email"},
    ],
    "service": {
        "off_since": None,
        "last_ended": RUN,
        "last_success": "2026-11-23T12:00:04.200Z",
        "failing": {"runs": 3},
    },
}
NEVER_RAN = {
    **STATUS,
    "waiting": [],
    "service": {"off_since": "2026-11-23T12:00:00.000Z", "last_ended": None, "last_success": None, "failing": None},
}

# Prometheus' exposition formats, version 0.0.4
NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)')
SAMPLE = re.compile(rf"({NAME.pattern})\{{(.*)\}} (-?[0-9]+(?:\.[0-9]+)?)")


def parsed(text: str) -> dict[tuple[str, ...], float]:
    """Read the format as strictly as its description; keys are the name and its label values, account apart."""
    assert text.endswith("\n")
    found: dict[tuple[str, ...], float] = {}
    name, told = "", set[str]()
    for line in text.splitlines():
        if line.startswith("# HELP "):
            name = line.split()[2]
            assert NAME.fullmatch(name)
            assert name not in told, "each name stands together"
            told.add(name)
        elif line.startswith("# "):
            assert line == f"# TYPE {name} gauge"
        else:
            sample = SAMPLE.fullmatch(line)
            assert sample is not None, line
            assert sample[1] == name
            labels = LABEL.findall(sample[2])
            assert ",".join(f'{key}="{value}"' for key, value in labels) == sample[2]
            assert labels[0][0] == "account"
            key = (name, *(value for label, value in labels if label != "account"))
            assert key not in found
            found[key] = float(sample[3])
    return found


def test_every_number_of_the_status_is_there() -> None:
    numbers = parsed(page(STATUS, running=False, version="1.2.3"))
    assert numbers["ccsync_info", "1.2.3"] == 1
    assert numbers["ccsync_run_in_progress",] == 0
    assert numbers["ccsync_last_run_timestamp_seconds",] == 1795435200
    assert numbers["ccsync_last_success_timestamp_seconds",] == 1795435204.2
    assert numbers["ccsync_last_run_duration_seconds",] == 4.2
    assert numbers["ccsync_last_run_result", "partial"] == 1
    assert numbers["ccsync_last_run_result", "success"] == 0
    assert numbers["ccsync_last_run_people", "failed"] == 2
    assert numbers["ccsync_last_run_requests", "membrain"] == 9
    assert numbers["ccsync_failing_runs",] == 3
    assert (numbers["ccsync_calls_used",], numbers["ccsync_calls_limit",]) == (123, 10_000)
    assert numbers["ccsync_waiting", "customers", "opted_out"] == 2
    assert numbers["ccsync_waiting", "", "no_email"] == 1


def test_a_run_that_is_on_and_a_service_that_is_off_are_told_apart() -> None:
    assert parsed(page(STATUS, running=True, version="1"))["ccsync_run_in_progress",] == 1
    assert parsed(page(STATUS, running=True, version="1"))["ccsync_switched_off",] == 0
    assert parsed(page(NEVER_RAN, running=False, version="1"))["ccsync_switched_off",] == 1


def test_before_the_first_run_what_is_not_known_is_left_out() -> None:
    numbers = parsed(page(NEVER_RAN, running=False, version="1"))
    assert ("ccsync_last_success_timestamp_seconds",) not in numbers
    assert ("ccsync_failing_runs",) in numbers


def test_names_that_hold_quotes_and_backslashes_do_not_break_the_file() -> None:
    odd = {**STATUS, "waiting": [{"sync": 'a"b\\c\nd', "reason": "refused"}]}
    assert parsed(page(odd, running=False, version="1"))["ccsync_waiting", 'a\\"b\\\\c\\nd', "refused"] == 1


def test_the_file_is_readable_for_everybody_and_nothing_stays_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "ccsync.prom"
    path.write_text("old\n", "utf-8")
    before = os.umask(0o077)  # as under systemd
    try:
        write(path, "new 1\n")
    finally:
        os.umask(before)
    assert path.read_text("utf-8") == "new 1\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert list(tmp_path.iterdir()) == [path]


def test_whoever_reads_sees_the_old_file_or_the_new_one(tmp_path: Path) -> None:
    path = tmp_path / "ccsync.prom"
    write(path, "old 1\n")
    with path.open(encoding="utf-8") as reader:
        write(path, "new 1\n")
        assert reader.read() == "old 1\n"


def test_a_link_that_somebody_put_in_a_folder_open_to_all_is_not_written_through(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("kept", "utf-8")
    (tmp_path / f".ccsync.prom.{os.getpid()}").symlink_to(victim)
    with pytest.raises(LocalError, match=r"textfile .*ccsync\.prom cannot be written"):
        write(tmp_path / "ccsync.prom", "x 1\n")
    assert victim.read_text("utf-8") == "kept"


def test_a_folder_that_is_not_there_is_told_with_the_path(tmp_path: Path) -> None:
    with pytest.raises(LocalError, match=r"textfile .*none/ccsync\.prom cannot be written: No such file or directory"):
        write(tmp_path / "none" / "ccsync.prom", "x 1\n")
