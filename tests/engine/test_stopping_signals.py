"""A real process that real signals ask to end, at any request: one more run does the rest, and the next one nothing."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from .killing import Unbroken, aftermath, copied, healed, left_alone, run_as_process

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

pytestmark = pytest.mark.slow

CODES = {signal.SIGINT: 130, signal.SIGTERM: 143}
PARTS = 8
IN_PARTS = [
    pytest.param(part, marks=[pytest.mark.slow] if part == PARTS // 2 else [pytest.mark.slow, pytest.mark.full])
    for part in range(PARTS)
]
"""One part in eight is the sample that every CI run can afford."""


@pytest.fixture(scope="session")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> Unbroken:
    return left_alone(tmp_path_factory.mktemp("stopped"))


def stopped_at(unbroken: Unbroken, folder: Path, number: int, signals: Sequence[signal.Signals]) -> None:
    """Ask a run to end at one of its requests, and see that the next one brings about what an unbroken one would."""
    with copied(unbroken.base, folder) as world:
        before = world.constant_contact.writes()
        code = run_as_process(world, kill_at=number, signals=signals)
        last = number == len(unbroken.requests)
        assert code in ({CODES[one] for one in signals} | ({0} if last else set())), number
        healed(world)
        assert aftermath(world) == unbroken.aftermath, number
        assert world.constant_contact.writes() - before <= unbroken.writes, number


@pytest.mark.parametrize(
    "request_made",
    [
        pytest.param("POST /v3/contact_lists", marks=pytest.mark.full),
        "PUT /v3/contacts/",
        "POST /v3/activities/contacts_json_import",
        pytest.param("POST /v3/activities/remove_list_memberships", marks=pytest.mark.full),
        pytest.param("GET /API/v2/contacts/", marks=pytest.mark.full),
    ],
)
def test_ctrl_c_while_a_request_is_on_its_way(unbroken: Unbroken, tmp_path: Path, request_made: str) -> None:
    number = next(at for at, sent in enumerate(unbroken.requests, 1) if sent.startswith(request_made))
    stopped_at(unbroken, tmp_path / "stopped", number, [signal.SIGINT])


@pytest.mark.parametrize("part", IN_PARTS)
def test_sigterm_at_any_request(unbroken: Unbroken, tmp_path: Path, part: int) -> None:
    for number in range(1 + part, len(unbroken.requests) + 1, PARTS):
        stopped_at(unbroken, tmp_path / f"at-{number}", number, [signal.SIGTERM])


@pytest.mark.parametrize("part", IN_PARTS)
def test_a_second_signal_at_any_request_is_no_worse(unbroken: Unbroken, tmp_path: Path, part: int) -> None:
    for number in range(1 + part, len(unbroken.requests) + 1, PARTS):
        stopped_at(unbroken, tmp_path / f"at-{number}", number, [signal.SIGTERM, signal.SIGINT])
