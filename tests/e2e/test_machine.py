"""When the user's own machine is at fault: the disk, the state, the clock."""

from __future__ import annotations

import os
import resource
import shutil
import sqlite3
import subprocess
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from ccsync.state.sqlite import SqliteStore
from ccsync.state.values import Timestamp

from .conftest import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .conftest import House

pytestmark = pytest.mark.slow

SMALL = 3 * 1024 * 1024


@contextmanager
def mounted(folder: Path, options: str) -> Iterator[None]:
    """Put a small file system of its own in place of a folder, with the folder's files in it; root's work."""
    aside = folder.with_name("aside")
    folder.rename(aside)
    folder.mkdir(mode=0o700)
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", folder], capture_output=True, check=False)
    if done.returncode:
        pytest.skip("only root can mount a file system")
    try:
        shutil.copytree(aside, folder, dirs_exist_ok=True)
        yield
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def state_file(house: House) -> Path:
    return house.state / "acme" / "state.sqlite"


def crowd(house: House, count: int) -> None:
    for number in range(count):
        house.person(f"Per Son{number}", f"p{number}@example.com", JobTitle="x" * 40)


def test_the_disk_is_full(house: House) -> None:
    with mounted(house.state, f"size={SMALL},mode=0700"):
        filler = house.state / "filler"
        with filler.open("wb") as file:
            fill(file.fileno())
        crowd(house, 150)
        outcome = house.run()
        assert outcome.code == 74, outcome
        assert len(house.titles()) == 2
        filler.unlink()
        assert house.run() == Outcome(0, "", "")
        assert len(house.titles()) == 152


def fill(descriptor: int) -> None:
    """Write until nothing more fits."""
    for size in (65_536, 4_096):
        try:
            while os.write(descriptor, b"\0" * size) == size:
                pass
        except OSError:
            continue


@pytest.mark.slow
@pytest.mark.parametrize("room", [0, 40_000, 120_000])
def test_a_file_may_not_grow_any_more(house: House, room: int) -> None:
    """As a quota does it: every write beyond a size fails, in the state, its log or the run's log."""
    crowd(house, 150)
    size = max(path.stat().st_size for path in house.state.rglob("*") if path.is_file()) + room

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    outcome = house.ccsync("run", "--once", preexec_fn=limit)
    assert outcome.code == 74, outcome
    assert house.run() == Outcome(0, "", "")
    assert len(house.titles()) == 152


@pytest.mark.parametrize(
    "damage",
    ["overwritten", *(pytest.param(other, marks=pytest.mark.slow) for other in ("cut short", "another program's"))],
)
def test_the_state_is_damaged(house: House, damage: str) -> None:
    file = state_file(house)
    for beside in (file.with_name(file.name + "-wal"), file.with_name(file.name + "-shm")):
        beside.unlink(missing_ok=True)
    if damage == "overwritten":
        file.write_bytes(b"not a database at all" * 1000)
    elif damage == "cut short":
        file.write_bytes(file.read_bytes()[: file.stat().st_size // 3])
    else:
        file.unlink()
        with sqlite3.connect(file) as other:
            other.execute("CREATE TABLE mail (id INTEGER PRIMARY KEY)")
        other.close()
    outcome = house.run()
    assert outcome.code == 74
    assert f"the state {file} is damaged or not a state of ccsync" in outcome.said[0]
    assert f"mv {file} {file}.damaged" in outcome.said[1]


@pytest.mark.slow
def test_a_state_moved_away_as_advised_starts_afresh_and_makes_nobody_twice(house: House) -> None:
    state_file(house).rename(state_file(house).with_name("state.sqlite.damaged"))
    written = house.sandbox.constant_contact.writes()
    assert house.run() == Outcome(0, "", "")
    assert len(house.titles()) == 2
    assert house.sandbox.constant_contact.writes() == written


@pytest.mark.slow
def test_the_state_was_written_by_a_newer_version(house: House) -> None:
    with sqlite3.connect(state_file(house)) as state:
        state.execute("PRAGMA user_version = 99")
    state.close()
    outcome = house.run()
    assert outcome.code == 74
    assert "newer ccsync" in outcome.said[0]
    assert "pip install --upgrade ccsync" in outcome.said[1]


def test_the_state_folder_is_read_only(house: House) -> None:
    with mounted(house.state, "mode=0700"):
        subprocess.run(["mount", "-o", "remount,ro", house.state], check=True)
        outcome = house.run()
        assert outcome.code == 74
        assert str(house.state) in outcome.said[0]
        assert outcome.said[1]


@pytest.mark.slow
def test_others_can_write_to_the_state_folder(house: House) -> None:
    house.state.chmod(0o777)
    outcome = house.run()
    assert (outcome.code, outcome.said[1]) == (74, f"chmod go-w {house.state}")


def test_the_clock_was_set_back_after_a_run(house: House) -> None:
    """What that run has read, it has read up to a moment that is still to come."""
    ahead = datetime.now(UTC) + timedelta(hours=5)
    store = SqliteStore.open(state_file(house))
    for stream in store.progress.timestamps():
        store.progress.set_timestamp(Timestamp(stream, ahead, ahead))
    store.close()
    person = house.sandbox.membrain.all("contacts")[0]
    house.sandbox.membrain.edit("contacts", person["Id"], JobTitle="Head clerk")
    assert house.run() == Outcome(0, "", "")
    assert house.titles()["ann@example.com"] == "Head clerk"
    store = SqliteStore.open(state_file(house), read_only=True)
    assert all(stamp.read_up_to < ahead for stamp in store.progress.timestamps().values())
    store.close()
