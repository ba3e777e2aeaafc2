"""The store over a real Secret Service (gnome-keyring), in a D-Bus session of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

missing = [program for program in ("dbus-run-session", "gnome-keyring-daemon") if shutil.which(program) is None]
needs_secret_service = pytest.mark.skipif(
    bool(missing), reason=f"not installed: {', '.join(missing)} (Debian: apt-get install gnome-keyring dbus)"
)

UNLOCKED = "printf password | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1"
LOCKED = "gnome-keyring-daemon --start --components=secrets </dev/null >/dev/null 2>&1"
OPENING = """
from ccsync.credentials.system_keyring import KeyringStore
from ccsync.errors import LocalError
store = KeyringStore()
"""
KEEP = (
    OPENING
    + """
store.probe()
store.write("acme", "membrain", "x" * 3000)
print(store.read("acme", "membrain") == "x" * 3000, store.describe())
"""
)
FORGET = (
    OPENING
    + """
print(store.read("acme", "membrain") == "x" * 3000)
store.delete("acme", "membrain")
print(store.read("acme", "membrain"))
"""
)
FAIL = (
    OPENING
    + """
try:
    store.probe()
except LocalError as error:
    print(error.code, "|", error.message, "|", error.hint)
"""
)


@pytest.fixture
def home() -> Iterator[Path]:
    """Make a home with a short name: the daemon's sockets lie in it."""
    with tempfile.TemporaryDirectory(prefix="ccsync-") as folder:
        Path(folder, "run").mkdir(mode=0o700)
        yield Path(folder)


def python(home: Path, program: str, *, daemon: str) -> str:
    """Run a program in a new D-Bus session, after the daemon was started this way; returns what it prints."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "XDG_RUNTIME_DIR": str(home / "run"),
        "XDG_DATA_HOME": str(home / "data"),
        "XDG_CONFIG_HOME": str(home / "config"),
        "PROGRAM": program,
    }
    done = subprocess.run(
        ["dbus-run-session", "--", "sh", "-c", f'{daemon}; exec {sys.executable} -c "$PROGRAM"'],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@needs_secret_service
@pytest.mark.slow
class TestSecretService:
    def test_an_unlocked_keyring_keeps_a_login_over_sessions(self, home: Path) -> None:
        kept = python(home, KEEP, daemon=UNLOCKED)
        assert kept == "True system keyring (keyring.backends.SecretService.Keyring)\n"
        assert python(home, FORGET, daemon=UNLOCKED) == "True\nNone\n"

    def test_a_locked_keyring_is_an_error_with_a_way_out(self, home: Path) -> None:
        python(home, KEEP, daemon=UNLOCKED)
        told = python(home, FAIL, daemon=LOCKED)
        assert told.startswith(("keyring |", "keyring_timeout |"))
        assert "unlock it, or set `[credentials] store" in told


def test_no_desktop_at_all_is_an_error_with_a_way_out(home: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FAIL],
        env={"PATH": os.environ["PATH"], "HOME": str(home), "DBUS_SESSION_BUS_ADDRESS": f"unix:path={home}/no-bus"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.startswith("keyring | No keyring to use: there is none on this machine")
    assert "ccsync auth new-key FILE" in done.stdout
