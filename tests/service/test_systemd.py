"""What systemd hears of the service, on a real datagram socket; there is no systemd here to listen."""

from __future__ import annotations

import os
import socket
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from ccsync.service.systemd import Systemd, WatchedClock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.passed = 0.0
        self.slept: list[float] = []

    def now(self) -> datetime:
        return NOON

    def monotonic(self) -> float:
        return self.passed

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.passed += seconds


class Listener:
    """Plays systemd."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(f"\0{address[1:]}" if address.startswith("@") else address)
        self._socket.setblocking(False)

    def heard(self) -> list[str]:
        """Return what has come since the last time."""
        messages = []
        while True:
            try:
                messages.append(self._socket.recv(4096).decode())
            except BlockingIOError:
                return messages

    def close(self) -> None:
        self._socket.close()


@pytest.fixture(params=["path", "abstract name"])
def listener(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Listener]:
    made = Listener(
        str(tmp_path / "notify") if request.param == "path" else f"@ccsync-test-{os.getpid()}-{id(request)}"
    )
    yield made
    made.close()


def test_it_hears_ready_status_and_stopping(listener: Listener) -> None:
    systemd = Systemd({"NOTIFY_SOCKET": listener.address}, Clock())
    systemd.ready("starting")
    systemd.status("planning\n(300)")
    systemd.stopping("asked to stop")
    assert listener.heard() == [
        f"READY=1\nSTATUS=starting\nMAINPID={os.getpid()}",
        "STATUS=planning (300)",
        "STOPPING=1\nSTATUS=asked to stop",
    ]


def test_the_watchdog_hears_three_times_within_its_time_however_often_work_goes_on(listener: Listener) -> None:
    clock = Clock()
    systemd = Systemd({"NOTIFY_SOCKET": listener.address, "WATCHDOG_USEC": "30000000"}, clock)
    for _ in range(60):
        systemd.alive()
        clock.passed += 0.5
    assert listener.heard() == ["WATCHDOG=1"] * 3


@pytest.mark.parametrize(
    "variables",
    [{}, {"WATCHDOG_USEC": "0"}, {"WATCHDOG_USEC": "soon"}, {"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}],
    ids=str,
)
def test_a_watchdog_that_is_none_or_another_process_s_hears_nothing(
    listener: Listener, variables: dict[str, str]
) -> None:
    Systemd({"NOTIFY_SOCKET": listener.address, **variables}, Clock()).alive()
    assert listener.heard() == []


def test_a_long_wait_tells_the_watchdog_and_is_as_long_as_it_was_meant(listener: Listener) -> None:
    clock = Clock()
    systemd = Systemd({"NOTIFY_SOCKET": listener.address, "WATCHDOG_USEC": "30000000"}, clock)
    WatchedClock(clock, systemd).sleep(65)
    assert clock.passed == 65
    assert len(listener.heard()) == 7


def test_without_a_watchdog_a_wait_is_one_wait() -> None:
    clock = Clock()
    WatchedClock(clock, Systemd({}, clock)).sleep(65)
    assert clock.slept == [65]


@pytest.mark.parametrize("address", ["", "nowhere", "/nowhere/at/all", "@nobody-listens", "vsock:2:1"])
def test_nobody_who_listens_is_no_trouble(address: str) -> None:
    systemd = Systemd({"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "1000"}, Clock())
    systemd.ready("starting")
    systemd.alive()
    systemd.stopping("asked to stop")
