"""When the user's own machine fails in the middle of a run, or belongs to somebody else."""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from .conftest import SECONDS, Outcome, ended, held_at
from .test_machine import SMALL, crowd, fill, mounted, state_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .conftest import House

pytestmark = pytest.mark.slow

NOBODY = 65534
POWERLESS = ["setpriv", "--securebits=+noroot", "--inh-caps=-all", "--bounding-set=-all"]
"""Has root obey the permissions of files, as everybody else does (util-linux)."""


@contextmanager
def owned_by_somebody_else(path: Path) -> Iterator[None]:
    """Give a file or a folder away, and take it back."""
    if os.geteuid() != 0 or shutil.which(POWERLESS[0]) is None:
        pytest.skip("only root can give files away")
    before = path.stat()
    os.chown(path, NOBODY, NOBODY)
    path.chmod(0o700 if path.is_dir() else 0o600)
    try:
        yield
    finally:
        os.chown(path, before.st_uid, before.st_gid)
        path.chmod(before.st_mode & 0o777)


def without_power(house: House, *words: str) -> Outcome:
    """Type a command as a user whom permissions bind."""
    power = POWERLESS if os.geteuid() == 0 else []
    done = subprocess.run(
        [*power, *house.command(*words)],
        env=house.variables,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    return Outcome(done.returncode, done.stdout, done.stderr)


WRITING = ("POST", "/v3/activities/contacts_json_import", "constant-contact")
READING = ("GET", "/API/v2/contacts/", "membrain")
MOMENTS = pytest.mark.parametrize(
    "place",
    [pytest.param(READING, marks=pytest.mark.full), WRITING],
    ids=["while it reads", "while it writes"],
)
ALL = {"ann@example.com": "Clerk", "bo@example.com": "Clerk", "cleo@example.com": "Boss"}


def ended_well(house: House) -> None:
    """See that the next run does what is left, and the one after it nothing."""
    assert house.run() == Outcome(0, "", "")
    assert house.titles() == ALL
    written = house.sandbox.constant_contact.writes()
    assert house.run() == Outcome(0, "", "")
    assert house.sandbox.constant_contact.writes() == written


class TestInTheMiddleOfARun:
    @MOMENTS
    def test_the_disk_fills_up(self, house: House, place: tuple[str, str, str]) -> None:
        house.person("Cleo New", "cleo@example.com", JobTitle="Boss")
        with mounted(house.state, f"size={SMALL},mode=0700"):
            filler = house.state / "filler"
            with held_at(house, *place) as process, filler.open("wb") as file:
                fill(file.fileno())
                crowd(house, 150)
                house.sandbox.faults.clear()
                outcome = ended(process)
            filler.unlink()
            assert outcome.code == 74, outcome
            assert "disk is full" in outcome.said[0] or "No space left" in outcome.said[0]
            assert house.run() == Outcome(0, "", "")
            assert len(house.titles()) == 153

    @MOMENTS
    def test_the_state_folder_is_moved_away_and_put_back(self, house: House, place: tuple[str, str, str]) -> None:
        house.person("Cleo New", "cleo@example.com", JobTitle="Boss")
        aside = house.folder / "aside"
        with held_at(house, *place) as process:
            (house.state / "acme").rename(aside)
            house.sandbox.faults.clear()
            outcome = ended(process)
        assert outcome.code == 74, outcome
        assert f"the state {state_file(house)} was moved or deleted while it was in use" in outcome.said[0]
        assert outcome.said[1].startswith("put it back")
        shutil.rmtree(house.state / "acme", ignore_errors=True)
        aside.rename(house.state / "acme")
        ended_well(house)

    @pytest.mark.full
    @MOMENTS
    def test_the_state_is_deleted(self, house: House, place: tuple[str, str, str]) -> None:
        """The next run starts afresh, and makes nobody twice."""
        house.person("Cleo New", "cleo@example.com", JobTitle="Boss")
        with held_at(house, *place) as process:
            for file in (house.state / "acme").glob("state.sqlite*"):
                file.unlink()
            house.sandbox.faults.clear()
            outcome = ended(process)
        assert outcome.code == 74, outcome
        assert "was moved or deleted while it was in use: nothing more is written" in outcome.said[0]
        ended_well(house)
        assert len(house.sandbox.constant_contact.people.all()) == 3

    @pytest.mark.full
    def test_the_logs_are_deleted(self, house: House) -> None:
        """A log that somebody tidied away is no reason to fail: the next run has its own."""
        house.person("Cleo New", "cleo@example.com", JobTitle="Boss")
        with held_at(house, *WRITING) as process:
            shutil.rmtree(house.state / "acme" / "logs")
            house.sandbox.faults.clear()
            assert ended(process) == Outcome(0, "", "")
        ended_well(house)

    @pytest.mark.full
    def test_there_is_no_room_for_a_new_token(self, house: House) -> None:
        """It must show before the old one is spent: the login is good when there is room again."""
        house.person("Cleo New", "cleo@example.com", JobTitle="Boss")
        with mounted(house.state, f"size={SMALL},mode=0700"):
            filler = house.state / "filler"
            with held_at(house, *READING) as process, filler.open("wb") as file:
                house.sandbox.constant_contact.expire_access_tokens()
                fill(file.fileno())
                house.sandbox.faults.clear()
                outcome = ended(process)
            filler.unlink()
            assert outcome.code == 74, outcome
            ended_well(house)


OWNED = [
    ("config.toml", 78, "may not be read by this user"),
    ("key", 74, "cannot be used: Permission denied"),
    ("state", 74, "belongs to another user"),
    ("state/acme", 74, "belongs to another user"),
    ("state/acme/state.sqlite", 74, "cannot be opened or written (Permission denied)"),
    ("state/acme/credentials", 74, "cannot be read: Permission denied"),
    ("state/acme/lock", 74, "cannot be taken"),
    ("state/acme/logs", 74, "cannot be written: Permission denied"),
    ("state/calls.sqlite", 74, "cannot be kept: Permission denied"),
]


@pytest.mark.parametrize(
    "owned",
    [pytest.param(OWNED[::4], id="config, state, calls"), pytest.param(OWNED, id="all", marks=pytest.mark.full)],
)
def test_what_belongs_to_somebody_else_is_named_and_all_is_well_when_that_is_mended(
    house: House, owned: list[tuple[str, int, str]]
) -> None:
    """As after one run as root, or files copied from another machine."""
    house.person("Cleo New", "cleo@example.com", JobTitle="Boss")
    for what, code, says in owned:
        with owned_by_somebody_else(house.folder / what):
            outcome = without_power(house, "run", "--once")
        assert outcome.code == code, outcome
        assert says in outcome.said[0]
        assert str(house.folder / what) in " ".join(outcome.said), "the file to look at"
        assert outcome.said[1], "the next command"
    assert len(house.titles()) == 2
    ended_well(house)


def test_a_state_that_was_read_only_for_a_while_can_be_written_again(house: House) -> None:
    """Who reads it meanwhile leaves files beside it, with its mode."""
    house.person("Cleo New", "cleo@example.com", JobTitle="Boss")
    state_file(house).chmod(0o400)
    assert without_power(house, "run", "--once").code == 74
    assert without_power(house, "status").code == 0
    state_file(house).chmod(0o600)
    assert without_power(house, "run", "--once") == Outcome(0, "", "")
    assert house.titles() == ALL
