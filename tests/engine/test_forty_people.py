"""Forty new people of one company that Membrain does not have: one company and forty contacts, whatever happens."""

from __future__ import annotations

import shutil
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from ccsync.errors import ExitCode
from ccsync.sandbox.faults import Fault

from .conftest import World
from .killing import run_as_process, run_until_commit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.slow

TO_MEMBRAIN = "constant-contact-to-membrain"
COMPANY = "Nordlys AS"
FORTY = 40
SIGKILLED = -9


@dataclass(frozen=True)
class Unbroken:
    """The world before the run, and how many requests and state writes a run takes that nobody kills."""

    base: Path
    requests: list[str]
    commits: int


def fill(world: World, count: int = FORTY) -> None:
    """Put new people on a list whose people go to Membrain."""
    world.configure(direction=TO_MEMBRAIN)
    listed = world.constant_contact.people.add_list("Customers")
    for number in range(count):
        spelled = COMPANY if number % 2 else COMPANY.upper()
        world.subscriber(
            f"new{number}@example.com",
            first_name="New",
            last_name=f"Number{number}",
            company_name=spelled,
            list_memberships=[listed],
        )


@contextmanager
def copied(base: Path, folder: Path) -> Iterator[World]:
    """Yield a world that stands where another one was left."""
    shutil.copytree(base, folder)
    world = World(folder)
    world.configure(direction=TO_MEMBRAIN)
    world.wait(hours=1)
    try:
        yield world
    finally:
        world.sandbox.stop()


@pytest.fixture(scope="session")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> Unbroken:
    folder = tmp_path_factory.mktemp("forty")
    (folder / "base").mkdir()
    world = World(folder / "base")
    try:
        assert world.run().exit_code is ExitCode.DONE
        fill(world)
    finally:
        world.sandbox.stop()
    with copied(folder / "base", folder / "unbroken") as whole:
        commits = run_until_commit(whole, 0, durable=True)
        requests = [str(sent) for sent in whole.wires.sent]
        one_company_and_forty_people(whole)
    return Unbroken(folder / "base", requests, commits)


def one_company_and_forty_people(world: World) -> None:
    """See that all is there once, and that one more run writes nothing."""
    report = world.quietly()
    assert report.exit_code is ExitCode.DONE, report.message
    assert len(world.companies()) == 1, world.companies()
    assert world.companies()[0].casefold() == COMPANY.casefold()
    addresses = Counter(one["EmailAddress"] for one in world.membrain.all("contacts"))
    assert addresses == {f"new{number}@example.com": 1 for number in range(FORTY)}
    assert world.waiting() == {}


def made_whole(world: World, *, runs: int = 1) -> None:
    """Run on after a kill; what was sent and not answered may take until Membrain must have shown it."""
    for _ in range(runs):
        report = world.run()
        assert report.exit_code is ExitCode.DONE, report.message
    one_company_and_forty_people(world)


def killed_at_request(unbroken: Unbroken, folder: Path, number: int, *, carried_out: bool) -> None:
    with copied(unbroken.base, folder) as world:
        assert run_as_process(world, kill_at=number, carried_out=carried_out) == SIGKILLED
        world.wait(minutes=10)
        made_whole(world)


def killed_at_commit(unbroken: Unbroken, folder: Path, number: int, *, durable: bool) -> None:
    with copied(unbroken.base, folder) as world:
        run_until_commit(world, number, durable=durable)
        world.wait(minutes=10)
        made_whole(world)


def test_a_run_that_nobody_kills_makes_one_company_and_forty_people(unbroken: Unbroken) -> None:
    made = Counter(request for request in unbroken.requests if request.startswith("POST /API/"))
    assert made == {"POST /API/v2/companies/": 1, "POST /API/v2/contacts/": FORTY}


@pytest.mark.parametrize("carried_out", [True, pytest.param(False, marks=pytest.mark.slow)])
def test_a_run_killed_while_it_makes_the_company_makes_no_other(
    unbroken: Unbroken, tmp_path: Path, *, carried_out: bool
) -> None:
    number = unbroken.requests.index("POST /API/v2/companies/") + 1
    killed_at_request(unbroken, tmp_path / "killed", number, carried_out=carried_out)


@pytest.mark.parametrize("carried_out", [True, pytest.param(False, marks=pytest.mark.slow)])
def test_a_run_killed_while_it_makes_a_person_makes_nobody_twice(
    unbroken: Unbroken, tmp_path: Path, *, carried_out: bool
) -> None:
    numbers = [at for at, sent in enumerate(unbroken.requests, 1) if sent == "POST /API/v2/contacts/"]
    killed_at_request(unbroken, tmp_path / "killed", Random(1).choice(numbers), carried_out=carried_out)


@pytest.mark.parametrize("durable", [True, False])
def test_a_run_killed_while_it_writes_its_state_makes_nothing_twice(
    unbroken: Unbroken, tmp_path: Path, *, durable: bool
) -> None:
    number = Random(durable).randrange(unbroken.commits) + 1
    killed_at_commit(unbroken, tmp_path / "killed", number, durable=durable)


PARTS = 16
IN_PARTS = [
    pytest.param(part, marks=[pytest.mark.slow] if part == PARTS // 2 else [pytest.mark.slow, pytest.mark.full])
    for part in range(PARTS)
]
"""One part in sixteen is the sample that every CI run can afford."""


@pytest.mark.parametrize("part", IN_PARTS)
def test_a_run_killed_at_any_request_makes_nothing_twice(unbroken: Unbroken, tmp_path: Path, part: int) -> None:
    for number in range(1 + part, len(unbroken.requests) + 1, PARTS):
        killed_at_request(unbroken, tmp_path / f"before-{number}", number, carried_out=False)
        killed_at_request(unbroken, tmp_path / f"after-{number}", number, carried_out=True)


@pytest.mark.parametrize("part", IN_PARTS)
def test_a_run_killed_at_any_state_write_makes_nothing_twice(unbroken: Unbroken, tmp_path: Path, part: int) -> None:
    for number in range(1 + part, unbroken.commits + 1, PARTS):
        killed_at_commit(unbroken, tmp_path / f"lost-{number}", number, durable=False)
        killed_at_commit(unbroken, tmp_path / f"kept-{number}", number, durable=True)


@pytest.mark.parametrize("path", ["/API/v2/companies/", "/API/v2/contacts/"])
@pytest.mark.parametrize(
    "reply", ["record", "empty", *(pytest.param(one, marks=pytest.mark.slow) for one in ("id", "bare-id"))]
)
def test_an_answer_that_is_lost_makes_nothing_twice(world: World, path: str, reply: Any) -> None:
    fill(world, count=3)
    world.membrain.set_switches(write_reply=reply)
    world.sandbox.faults.add(Fault("reset_after", "membrain", "POST", path))
    report = world.run()
    assert report.exit_code in (ExitCode.DONE, ExitCode.UNREACHABLE), report.message
    world.run()
    world.quietly()
    assert len(world.companies()) == 1
    assert sorted(one["EmailAddress"] for one in world.membrain.all("contacts")) == [
        f"new{number}@example.com" for number in range(3)
    ]
    assert world.waiting() == {}


def test_a_company_that_nobody_sees_yet_is_not_made_again(world: World) -> None:
    """Its answer was lost, and Membrain takes its time to list it."""
    fill(world, count=3)
    world.sandbox.faults.add(Fault("reset_after", "membrain", "POST", "/API/v2/companies/"))
    world.run()
    world.wires.instead("GET /API/v2/companies/", b'{"count": "0", "from": "0", "to": "0", "items": []}')
    world.quietly()
    world.wires.mend()
    world.run()
    assert world.companies() == [COMPANY.upper()]
    assert world.membrain.count("contacts") == 3
