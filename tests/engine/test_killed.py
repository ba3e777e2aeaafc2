"""A run that is killed anywhere loses nothing: one more run brings about what an unbroken one would have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .killing import Unbroken, aftermath, copied, healed, left_alone, run_as_process, run_until_commit

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

SIGKILLED = -9


@pytest.fixture(scope="session")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> Unbroken:
    return left_alone(tmp_path_factory.mktemp("killed"))


def test_the_scenario_holds_every_kind_of_write(unbroken: Unbroken) -> None:
    assert {
        "POST /v3/activities/contacts_json_import",
        "POST /v3/activities/add_list_memberships",
        "POST /v3/activities/remove_list_memberships",
        "POST /v3/contact_lists",
        "POST /v3/contact_custom_fields",
    } <= set(unbroken.requests)
    assert any(request.startswith("PUT /v3/contacts/") for request in unbroken.requests)
    people = unbroken.aftermath.people
    assert people["moved@example.com"]["lists"] == ["Customers"]
    assert people["cleo@example.com"]["values"] == {"Language": "Norsk", "Tongue": "Norsk"}
    assert people["person5@example.com"]["lists"] == []


def killed_at_request(unbroken: Unbroken, folder: Path, number: int, *, carried_out: bool) -> None:
    with copied(unbroken.base, folder) as world:
        before = world.constant_contact.writes()
        assert run_as_process(world, kill_at=number, carried_out=carried_out) == SIGKILLED
        healed(world)
        assert aftermath(world) == unbroken.aftermath
        assert world.constant_contact.writes() - before <= unbroken.writes


def killed_at_commit(unbroken: Unbroken, folder: Path, number: int, *, durable: bool) -> None:
    with copied(unbroken.base, folder) as world:
        before = world.constant_contact.writes()
        run_until_commit(world, number, durable=durable)
        healed(world)
        assert aftermath(world) == unbroken.aftermath
        assert world.constant_contact.writes() - before <= unbroken.writes


@pytest.mark.parametrize(
    ("kind", "carried_out"),
    [
        pytest.param("POST /v3/contact_lists", True, marks=pytest.mark.slow),
        pytest.param("POST /v3/activities/remove_list_memberships", False, marks=pytest.mark.slow),
        ("PUT /v3/contacts/", True),
        ("POST /v3/activities/contacts_json_import", True),
        pytest.param("POST /v3/activities/add_list_memberships", False, marks=pytest.mark.slow),
    ],
)
def test_a_run_killed_at_a_write_is_made_whole_by_the_next_one(
    unbroken: Unbroken, tmp_path: Path, kind: str, *, carried_out: bool
) -> None:
    number = next(at for at, sent in enumerate(unbroken.requests, 1) if sent.startswith(kind))
    killed_at_request(unbroken, tmp_path / "killed", number, carried_out=carried_out)


PARTS = 8


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_a_run_killed_at_any_request_is_made_whole_by_the_next_one(
    unbroken: Unbroken, tmp_path: Path, part: int
) -> None:
    for number in range(1 + part, len(unbroken.requests) + 1, PARTS):
        killed_at_request(unbroken, tmp_path / f"before-{number}", number, carried_out=False)
        killed_at_request(unbroken, tmp_path / f"after-{number}", number, carried_out=True)


@pytest.mark.parametrize("tenth", [4, 9])
def test_a_run_killed_while_it_writes_its_state_is_made_whole_by_the_next_one(
    unbroken: Unbroken, tmp_path: Path, tenth: int
) -> None:
    killed_at_commit(unbroken, tmp_path / "killed", unbroken.commits * tenth // 10, durable=tenth % 4 == 1)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_a_run_killed_at_any_state_write_is_made_whole_by_the_next_one(
    unbroken: Unbroken, tmp_path: Path, part: int
) -> None:
    for number in range(1 + part, unbroken.commits + 1, PARTS):
        killed_at_commit(unbroken, tmp_path / f"lost-{number}", number, durable=False)
        killed_at_commit(unbroken, tmp_path / f"kept-{number}", number, durable=True)


@pytest.mark.slow
@pytest.mark.parametrize("numbers", [(18, 4, 9), (13, 13)])
def test_being_killed_again_while_it_mends_is_no_worse(
    unbroken: Unbroken, tmp_path: Path, numbers: tuple[int, ...]
) -> None:
    with copied(unbroken.base, tmp_path / "killed") as world:
        for number in numbers:
            assert run_as_process(world, kill_at=number, carried_out=True) == SIGKILLED
        healed(world)
        assert aftermath(world) == unbroken.aftermath
