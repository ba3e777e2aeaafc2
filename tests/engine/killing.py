"""Runs that are killed, in a process of their own or within this one, and the world they leave behind."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from ccsync.errors import ExitCode
from ccsync.state.sqlite.database import Database

from .conftest import World, address

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from .wires import Sent

MORE = """
[[sync.field]]
membrain = "contact.Phone"
constant_contact = "phone.work"

[[sync]]
name = "others"
direction = "membrain-to-constant-contact"
filter = 'contact.JobTitle == "Head clerk"'
list = "Others"

[[sync.field]]
membrain = "contact.custom.Language"
constant_contact = "custom.Tongue"
"""
"""What the operator adds before the run that is killed: a foreign number, a new list and a new custom field."""

PROGRAM = """
import dataclasses, os
from datetime import datetime, timedelta
from ccsync.cli.app import main
from ccsync.cli.session import Environment

class Clock:
    def __init__(self):
        self.time, self.passed = datetime.fromisoformat(os.environ["NOW"]), 0.0
    def now(self):
        return self.time
    def monotonic(self):
        return self.passed
    def sleep(self, seconds):
        self.time += timedelta(seconds=seconds)
        self.passed += seconds

main(["run", "--once", "--config", os.environ["CONFIG"]],
     dataclasses.replace(Environment.of_process(), clock=Clock()))
"""
"""``ccsync run --once`` as a process, with a clock that waits for nothing."""


@dataclass(frozen=True)
class Aftermath:
    """What can be seen from outside: people, lists and fields by name, who waits, and how many writes it took."""

    people: dict[str, Any]
    lists: list[str]
    fields: list[str]
    waiting: dict[str, str]


@dataclass(frozen=True)
class Unbroken:
    """The world before the run, and what a run that nobody ends makes of it."""

    base: Path
    aftermath: Aftermath
    requests: list[str]
    commits: int
    writes: int


class Killed(BaseException):
    """The end of a process, as far as that can be had within one."""


def prepare(folder: Path) -> None:
    """Bring a world to where everything that a run can do is waiting to be done."""
    folder.mkdir()
    world = World(folder)
    try:
        people = world.people(8, JobTitle="Clerk", Language="Norsk")
        world.subscriber("there@example.com", first_name="There", last_name="Already", job_title="Boss")
        assert world.run().exit_code is ExitCode.DONE
        world.wait(minutes=10)
        world.run()
        for person in people[:3]:
            world.change(person, JobTitle="Head clerk")  # an import, and the new list
        world.change(people[3], EmailAddress="moved@example.com")  # a PUT
        world.change(people[4], Newsletter="No")  # leaves
        world.change(people[5], Phone="+47 22 33 44 55")  # a PUT
        world.person("There Already", "there@example.com", JobTitle="Boss")  # only enters
        world.person("Cleo New", "cleo@example.com", Language="Norsk", JobTitle="Head clerk")
        world.person("Dan New", "dan@example.com", Phone="+47 22 33 44 66")
    finally:
        world.sandbox.stop()


def left_alone(folder: Path) -> Unbroken:
    """Prepare a world, and see what a run makes of it that nobody ends."""
    prepare(folder / "base")
    with copied(folder / "base", folder / "unbroken") as world:
        before = world.constant_contact.writes()
        commits = run_until_commit(world, 0, durable=True)
        requests = [str(sent) for sent in world.wires.sent]
        writes = world.constant_contact.writes() - before
        healed(world)
        return Unbroken(folder / "base", aftermath(world), requests, commits, writes)


@contextmanager
def copied(base: Path, folder: Path) -> Iterator[World]:
    """Yield a world that stands where another one was left."""
    shutil.copytree(base, folder)
    world = World(folder)
    world.configure(more=MORE)
    world.wait(hours=1)
    try:
        yield world
    finally:
        world.sandbox.stop()


def aftermath(world: World) -> Aftermath:
    """Look at everything that a run leaves behind."""
    lists = {one["list_id"]: one["name"] for one in world.constant_contact.people.lists()}
    fields = {one["custom_field_id"]: one["label"] for one in world.constant_contact.people.fields()}
    people = {}
    for one in world.constant_contact.people.all():
        assert address(one) not in people, "two contacts with one address"
        people[address(one)] = {
            **{name: one.get(name) for name in ("first_name", "last_name", "job_title", "company_name", "deleted_at")},
            "permission": one["email_address"]["permission_to_send"],
            "phones": sorted((phone["kind"], phone["phone_number"]) for phone in one.get("phone_numbers", ())),
            "values": {fields[value["custom_field_id"]]: value["value"] for value in one.get("custom_fields", ())},
            "lists": sorted(lists[each] for each in one.get("list_memberships", ())),
        }
    return Aftermath(people, sorted(lists.values()), sorted(fields.values()), world.waiting())


def healed(world: World) -> None:
    """Run on after a kill, once; nothing may be left for the run after that."""
    report = world.run()
    assert report.exit_code is ExitCode.DONE, report.message
    written = world.constant_contact.writes()
    report = world.run()
    assert report.exit_code is ExitCode.DONE, report.message
    assert world.constant_contact.writes() == written


def run_as_process(
    world: World, *, kill_at: int = 0, carried_out: bool = False, signals: Sequence[signal.Signals] = (signal.SIGKILL,)
) -> int:
    """Run once in a process of its own, with SIGKILL at its request number ``kill_at``; return its exit code.

    The request was ``carried_out`` and its answer lost, or it never was. After other ``signals`` than SIGKILL the
    process gets its answer, and ends by itself.
    """
    world.wait(minutes=3)
    seen: list[Sent] = []

    def kill(_: Sent) -> None:
        for number in signals:
            process.send_signal(number)
        if signal.SIGKILL in signals:
            os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
            raise ConnectionResetError

    def arriving(sent: Sent) -> None:
        seen.append(sent)
        if len(seen) == kill_at and not carried_out:
            kill(sent)

    def answered(sent: Sent) -> None:
        if len(seen) == kill_at and carried_out:
            kill(sent)

    world.wires.arriving.append(arriving)
    world.wires.answered.append(answered)
    variables = os.environ | world.environ | {"CONFIG": str(world.config), "NOW": world.clock.now().isoformat()}
    with subprocess.Popen([sys.executable, "-c", PROGRAM], env=variables, stderr=subprocess.PIPE) as process:
        _, said = process.communicate(timeout=60)
    assert process.returncode in (0, -signal.SIGKILL) or b"ccsync: interrupted; " in said, said.decode()
    world.wires.mend()
    world.wait(minutes=2)
    return process.returncode


def run_until_commit(world: World, number: int, *, durable: bool) -> int:
    """Run once in this process and die at the commit with this number; return how many there were.

    The commit was ``durable``, or it never reached the disk. Nothing is written or sent after that.
    """
    real = Database.rows
    commits = 0
    dead = False

    def mortal(self: Database, sql: str, parameters: Any = ()) -> list[Any]:
        nonlocal commits, dead
        if dead and sql != "ROLLBACK":
            raise Killed
        verb = sql.split(maxsplit=1)[0]
        if verb != "COMMIT" and (self._depth or verb not in ("INSERT", "UPDATE", "DELETE")):
            return real(self, sql, parameters)
        commits += 1
        dead = commits == number
        if dead and not durable:
            raise Killed
        rows = real(self, sql, parameters)
        if dead:
            raise Killed
        return rows

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Database, "rows", mortal)
        try:
            world.run()
        except Killed:
            assert dead
    world.wait(minutes=2)
    return commits
