"""``ccsync init`` as an operator has it: a real terminal with arrow keys, or a script, and real sockets."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from ccsync.config.load import load

from .conftest import PASSED_ON, SECONDS, Outcome, address_in, allow

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .conftest import House

DOWN, ENTER, CTRL_C, CTRL_D = "\x1b[B", "\r", "\x03", "\x04"
STYLE = re.compile(r"\x1b(?:\[[0-9;?]*[A-Za-z]|[=>])")


class Terminal:
    """The program on a terminal of its own, 80 columns wide; ended after a minute whatever happens."""

    def __init__(self, folder: Path, *words: str, **variables: str) -> None:
        kept = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        here = {"HOME": str(folder), "CCSYNC_STATE_DIR": str(folder / "state"), "COLUMNS": "80", "LINES": "24"}
        # a screen that is read line by line answers no question about the cursor
        environ = {**kept, **here, "TERM": "xterm-256color", "PROMPT_TOOLKIT_NO_CPR": "1", **variables}
        self._ours, theirs = pty.openpty()
        command = [sys.executable, "-m", "ccsync", *words]
        self._process = subprocess.Popen(
            command, stdin=theirs, stdout=theirs, stderr=theirs, env=environ, start_new_session=True
        )
        os.close(theirs)
        self._until = time.monotonic() + SECONDS
        self.raw = ""

    @property
    def shown(self) -> str:
        """What was written until now, without colours and movements."""
        return STYLE.sub("", self.raw)

    def see(self, text: str) -> None:
        """Wait until something is written after what was seen before."""
        before = getattr(self, "_seen", 0)
        while text not in self.shown[before:]:
            assert self._read(), f"ended before {text!r}: {self.shown}"
        self._seen = self.shown.index(text, before) + len(text)

    def type(self, keys: str) -> None:
        """Press keys."""
        os.write(self._ours, keys.encode())

    def end(self) -> int:
        """Wait for the end; return the exit code."""
        while self._read():
            pass
        return self._process.wait(timeout=SECONDS)

    def _read(self) -> bool:
        ready, _, _ = select.select([self._ours], [], [], max(0.0, self._until - time.monotonic()))
        assert ready, f"nothing for a minute: {self.shown}"
        try:
            more = os.read(self._ours, 65536)
        except OSError:  # the other side is closed
            return False
        self.raw += more.decode()
        return bool(more)

    def close(self) -> None:
        """End the program if it still runs."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(timeout=SECONDS)
        os.close(self._ours)


@pytest.fixture
def terminals() -> Iterator[list[Terminal]]:
    """Return a list of terminals that are closed at the end."""
    opened: list[Terminal] = []
    yield opened
    for one in opened:
        one.close()


ONE_WAY = ("init", "--sandbox", "--direction", "membrain-to-constant-contact")


@pytest.mark.slow
def test_arrow_keys_lead_to_a_configuration_that_runs(terminals: list[Terminal], tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    terminals.append(Terminal(tmp_path, "--config", str(file), *ONE_WAY))
    (screen,) = terminals
    screen.see("Which list of Constant Contact?")
    screen.type(DOWN + ENTER)
    screen.see("Name of the new list:")
    screen.type("Customers" + ENTER)
    screen.see("Which people go on the list?")
    screen.type(DOWN + ENTER)
    screen.see("Take these people?")
    screen.type("y")
    screen.see("Which fields travel")
    screen.type(" " + ENTER)  # the first one does not
    screen.see(f"Write {file}?"[:60])
    assert not file.exists()
    screen.type("y")
    screen.see("Look at what a run would do?")
    screen.type("y")
    screen.see("Every 3 minutes by itself")
    assert screen.end() == 0

    (sync,) = load(file).sync
    assert (sync.list, sync.filter) == ("Customers", 'contact.custom["Newsletter"] == "Yes"')
    assert "phone.work" not in {field.constant_contact for field in sync.field}
    assert "full_name" in {field.constant_contact for field in sync.field}


@pytest.mark.slow
@pytest.mark.parametrize("key", [CTRL_C, CTRL_D], ids=["Ctrl-C", "Ctrl-D"])
def test_to_stop_in_the_middle_leaves_no_file(key: str, terminals: list[Terminal], tmp_path: Path) -> None:
    file = tmp_path / "new" / "config.toml"
    terminals.append(Terminal(tmp_path, "--config", str(file), *ONE_WAY))
    (screen,) = terminals
    screen.see("Which list of Constant Contact?")
    screen.type(DOWN + ENTER)
    screen.see("Name of the new list:")
    screen.type("\x15" + key)  # Ctrl-U first: Ctrl-D ends an empty line alone
    assert screen.end() == 130
    assert "nothing was written" in screen.shown
    assert not file.parent.exists()


@pytest.mark.slow
def test_no_colour_is_written_where_none_is_wanted(terminals: list[Terminal], tmp_path: Path) -> None:
    terminals.append(Terminal(tmp_path, "init", NO_COLOR="1"))
    (screen,) = terminals
    screen.see("What shall ccsync work with?")
    screen.type(CTRL_C)
    assert screen.end() == 130
    assert not re.search(r"\x1b\[[0-9;]*(?:3[0-7]|38;[0-9;]+)m", screen.raw)


def with_flags(house: House, file: Path, key: str, *more: str) -> subprocess.Popen[str]:
    places = house.sandbox.endpoints()
    words = (
        *("init", "--config", str(file), "--real", "--account", "acme", "--instance", places.membrain_url),
        *("--with-key", "--client-id", places.client_id, "--api-url", places.api_url, "--auth-url", places.auth_url),
        *("--login", "device", "--runs", "cron", "--list", "Customers", "--fields", "suggested"),
        *("--filter", "", "--direction", "membrain-to-constant-contact", "--json", *more),
    )
    process = subprocess.Popen(
        house.command(*words),
        env=house.variables,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    process.stdin.write(f"{key}\n")
    process.stdin.close()
    process.stdin = None
    return process


@pytest.mark.slow
def test_a_script_sets_up_the_real_services_and_the_first_run_works(new_house: House, tmp_path: Path) -> None:
    new_house.person("Ann Berg", "ann@example.com", JobTitle="Clerk")
    new_house.person("Bo Lind", "bo@example.com")
    file = tmp_path / "there" / "config.toml"
    with with_flags(new_house, file, new_house.sandbox.membrain.api_key) as process:
        assert process.stderr is not None
        line = process.stderr.readline()
        assert line or process.stdout is None, process.stdout.read()
        allow(address_in(line))
        stdout, stderr = process.communicate(timeout=SECONDS)

    assert process.returncode == 0, stderr
    data = json.loads(stdout)["data"]
    assert data["people"]["take_part"] == 2
    assert load(file).credentials.store == "encrypted-file"
    assert sorted(path.name for path in file.parent.iterdir()) == ["config.toml", "key"]
    assert new_house.sandbox.constant_contact.writes() == 0
    assert new_house.ccsync("--config", str(file), "run", "--once") == Outcome(0, "", "")
    assert set(new_house.titles()) == {"ann@example.com", "bo@example.com"}


@pytest.mark.slow
def test_a_wrong_key_leaves_nothing_behind(new_house: House, tmp_path: Path) -> None:
    file = tmp_path / "there" / "config.toml"
    with with_flags(new_house, file, "wrong") as process:
        stdout, _ = process.communicate(timeout=SECONDS)
    envelope = json.loads(stdout)
    assert (process.returncode, envelope["status"]) == (77, "error")
    assert envelope["errors"][0]["hint"] == f"ccsync --config {file} init"
    assert not file.parent.exists()
    assert not list(new_house.state.rglob("credentials"))
