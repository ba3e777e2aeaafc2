"""Stopped stays stopped: the switch outlives processes, and says since when."""

from __future__ import annotations

import os
import stat
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from ccsync.errors import LocalError
from ccsync.service.switch import Switch

if TYPE_CHECKING:
    from pathlib import Path

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.time = NOON

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return 0.0

    def sleep(self, seconds: float) -> None:
        raise AssertionError(f"nobody waits {seconds} s")


def test_a_service_is_on_until_somebody_turns_it_off(tmp_path: Path) -> None:
    switch = Switch(tmp_path, Clock())
    assert not switch.is_off()
    assert switch.off_since() is None


def test_another_process_sees_that_it_was_turned_off_and_since_when(tmp_path: Path) -> None:
    Switch(tmp_path, Clock()).turn_off()
    other = Switch(tmp_path, Clock())
    assert other.is_off()
    assert other.off_since() == NOON


def test_turning_it_off_twice_keeps_the_first_time(tmp_path: Path) -> None:
    clock = Clock()
    switch = Switch(tmp_path, clock)
    switch.turn_off()
    clock.time += timedelta(hours=1)
    switch.turn_off()
    assert switch.off_since() == NOON


def test_it_can_be_turned_on_again_and_again(tmp_path: Path) -> None:
    switch = Switch(tmp_path, Clock())
    switch.turn_off()
    switch.turn_on()
    switch.turn_on()
    assert not switch.is_off()


@pytest.mark.parametrize("garbage", [b"", b"{", b"[]", b'{"since": 3}', b'{"since": "today"}', b"\xff"])
def test_a_switch_with_nonsense_in_it_is_off_since_the_file_is_there(tmp_path: Path, garbage: bytes) -> None:
    path = tmp_path / "switched-off.json"
    path.write_bytes(garbage)
    os.utime(path, (NOON.timestamp(), NOON.timestamp()))
    switch = Switch(tmp_path, Clock())
    assert switch.is_off()
    assert switch.off_since() == NOON


def test_only_its_owner_can_read_it(tmp_path: Path) -> None:
    Switch(tmp_path, Clock()).turn_off()
    (file,) = tmp_path.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_folder_that_is_gone_is_told(tmp_path: Path) -> None:
    with pytest.raises(LocalError, match="the switch of the service"):
        Switch(tmp_path / "gone", Clock()).turn_off()
