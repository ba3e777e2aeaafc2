"""Systemd's watchdog ends a service that it hears nothing of: long work gives a sign of life for every piece of it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ccsync.engine import planning
from ccsync.engine.options import RunOptions

if TYPE_CHECKING:
    import pytest

    from .conftest import World

PEOPLE = 6


class Signs:
    """Counts the signs of life by the part of a run in which they come."""

    def __init__(self) -> None:
        self.part = ""
        self.by_part: Counter[str] = Counter()

    def phase(self, name: str, total: int | None = None) -> None:  # noqa: ARG002 - the port has it
        self.part = name

    def advance(self, steps: int = 1) -> None:  # noqa: ARG002 - the port has it
        self.by_part[self.part] += 1


def test_planning_gives_one_for_each_piece_also_of_people_who_come_from_a_list(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning, "CHUNK", 1)
    world.configure(direction="constant-contact-to-membrain")
    world.constant_contact.people.add_list("Customers")
    for number in range(PEOPLE):
        world.subscriber(f"{number}@example.org", list_memberships=[world.list_id()])
    signs = Signs()
    world.wait(minutes=3)
    world.application().run(RunOptions(), signs)
    assert signs.by_part["planning"] >= PEOPLE
