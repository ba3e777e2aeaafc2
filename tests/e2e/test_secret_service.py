"""An operator's day with a real keyring: gnome-keyring behind a D-Bus session of its own.

A desktop has one session for all commands; cron and a bare shell have none. Each command below is typed in one of them.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from .conftest import SECONDS, House, Outcome, ended, held_at

if TYPE_CHECKING:
    from collections.abc import Iterator

missing = [program for program in ("dbus-daemon", "gnome-keyring-daemon") if shutil.which(program) is None]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        bool(missing), reason=f"not installed: {', '.join(missing)} (Debian: apt-get install gnome-keyring dbus)"
    ),
]
NO_LONGER_THAN = SECONDS
"""Seconds; what it really takes, on an idle machine, is told by `pytest --durations=0`: about one."""


class Desktop:
    """A login session: a bus and, once somebody has typed their password, an unlocked keyring."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._bus = -1
        self._keyrings: list[subprocess.Popen[bytes]] = []
        self.variables: dict[str, str] = {}

    def log_in(self, password: str | None) -> None:
        """Begin a session; without a password nobody has unlocked the keyring."""
        runtime = self._home / "run"
        runtime.mkdir(mode=0o700, exist_ok=True)
        own = {
            "PATH": os.environ["PATH"],
            "HOME": str(self._home),
            "XDG_RUNTIME_DIR": str(runtime),
            "XDG_DATA_HOME": str(self._home / "data"),
        }
        said = subprocess.run(
            ["dbus-daemon", "--session", "--fork", "--print-address=1", "--print-pid=1"],
            env=own,
            capture_output=True,
            text=True,
            check=True,
        )
        address, pid = said.stdout.split()
        self._bus = int(pid)
        self.variables = {**own, "DBUS_SESSION_BUS_ADDRESS": address}
        way = ["--start"] if password is None else ["--unlock"]
        subprocess.run(
            ["gnome-keyring-daemon", *way, "--components=secrets"],
            env=self.variables,
            input=(password or "").encode(),
            capture_output=True,
            check=True,
        )

    def log_out(self) -> None:
        """End the session: the keyring leaves with its bus."""
        if self._bus > 0:
            os.kill(self._bus, signal.SIGTERM)
            self._bus = -1
        self.variables = {}


class DesktopHouse(House):
    """A user's machine whose logins lie in the keyring of the desktop."""

    desktop: Desktop | None = None

    @property
    def variables(self) -> dict[str, str]:
        session = self.desktop.variables if self.desktop else {}
        return {**super().variables, **session}

    def at_night(self, *words: str) -> Outcome:
        """Type a command as cron would: hardly any environment, no session."""
        done = subprocess.run(
            self.command("--config", str(self.config), *words),
            env={"PATH": "/usr/bin:/bin", "HOME": str(self.folder), "CCSYNC_STATE_DIR": str(self.state)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=NO_LONGER_THAN,
            check=False,
        )
        return Outcome(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[DesktopHouse]:
    """Return a house with a desktop, where somebody has logged in to the desktop and to both services."""
    (tmp_path / "house").mkdir()
    with tempfile.TemporaryDirectory(prefix="ccsync-", ignore_cleanup_errors=True) as home:  # sockets: a short name
        made = DesktopHouse(tmp_path / "house")
        made.desktop = Desktop(Path(home))
        made.config.write_text(
            made.config.read_text("utf-8").replace('store = "encrypted-file"', 'store = "keyring"'), "utf-8"
        )
        lines = [line for line in made.config.read_text("utf-8").splitlines() if not line.startswith("key_file")]
        made.config.write_text("\n".join(lines), "utf-8")
        made.desktop.log_in("a password")
        key = made.sandbox.membrain.api_key
        assert made.ccsync("auth", "login", "membrain", "--with-key", stdin=f"{key}\n") == Outcome(0, "", "")
        assert made.log_in_again().code == 0
        yield made
        made.desktop.log_out()
        made.sandbox.stop()


def test_login_run_refresh_and_logout(house: DesktopHouse) -> None:
    house.person("Ann Berg", "ann@example.com")
    assert house.run() == Outcome(0, "", "")
    house.sandbox.constant_contact.expire_access_tokens()
    assert house.run() == Outcome(0, "", "")
    assert house.run() == Outcome(0, "", "")
    assert house.titles() == {"ann@example.com": ""}
    assert "system keyring" in house.ccsync("auth", "status").stdout
    assert house.ccsync("auth", "logout", "constant-contact").code == 0
    assert house.run().code == 77


def test_no_secret_lies_in_the_state(house: DesktopHouse) -> None:
    assert house.run() == Outcome(0, "", "")
    key = house.sandbox.membrain.api_key.encode()
    files = [path for path in house.state.rglob("*") if path.is_file()]
    assert files
    assert [path for path in files if key in path.read_bytes()] == []


class TestWithoutTheKeyring:
    """Each ends at once, with a clear line, and changes nothing."""

    def test_without_a_session(self, house: DesktopHouse) -> None:
        outcome = house.at_night("run", "--once")

        assert outcome.code == 74
        happened, following = outcome.said
        assert happened.startswith("No keyring to use")
        assert following.startswith('set `[credentials] store = "encrypted-file"`')

    def test_in_a_session_where_the_keyring_is_locked(self, house: DesktopHouse) -> None:
        assert house.desktop is not None
        house.desktop.log_out()
        house.desktop.log_in(None)

        done = subprocess.run(
            house.command("run", "--once"),
            env=house.variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=NO_LONGER_THAN,
            check=False,
        )

        assert done.returncode == 74
        happened, following = Outcome(done.returncode, done.stdout, done.stderr).said
        assert "keyring" in happened
        assert "unlock it" in following

    def test_what_was_kept_is_there_again_when_it_is_unlocked(self, house: DesktopHouse) -> None:
        assert house.desktop is not None
        house.person("Ann Berg", "ann@example.com")
        house.desktop.log_out()
        house.desktop.log_in(None)
        assert house.ccsync("run", "--once").code == 74
        house.desktop.log_out()
        house.desktop.log_in("a password")

        assert house.run() == Outcome(0, "", "")


def test_the_keyring_leaves_in_the_middle_of_a_run(house: DesktopHouse) -> None:
    """Somebody logs out of the desktop, and the token of the hour has ended: the long-lived one is not spent."""
    assert house.desktop is not None
    house.person("Ann Berg", "ann@example.com")
    with held_at(house, "GET", "/API/v2/contacts/", "membrain") as process:
        house.sandbox.constant_contact.expire_access_tokens()
        house.desktop.log_out()
        house.sandbox.faults.clear()
        outcome = ended(process)

    assert outcome.code == 74, outcome
    assert "keyring" in outcome.said[0]
    assert outcome.said[1]
    house.desktop.log_in("a password")
    assert house.run() == Outcome(0, "", "")
    assert house.titles() == {"ann@example.com": ""}
    written = house.sandbox.constant_contact.writes()
    assert house.run() == Outcome(0, "", "")
    assert house.sandbox.constant_contact.writes() == written
