"""A real cron daemon runs the installed line, and its mail is read.

Cron and its crontabs live in a mount namespace of their own: nobody's real crontab is touched, and no mail leaves, as
what cron hands to sendmail is a file here. Cron's minute is the unit, so this takes about eight of them.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

EXAMPLE = Path(__file__).parents[2] / "examples" / "config.toml"
CCSYNC = Path(sys.executable).with_name("ccsync")
MINUTE = 60
NAMESPACE = """
set -e
mount --bind crontabs /var/spool/cron/crontabs
mount --bind cron.d /etc/cron.d
mount --bind run /run
cp /usr/sbin/cron cron
[ ! -e /etc/crontab ] || mount --bind empty /etc/crontab
mount --bind sbin /usr/sbin
{ccsync} --config {config} daemon install --cron --json > installed
crontab -l > crontab
exec ./cron -f
"""
SENDMAIL = """#!/bin/sh
cat > "{mails}/.$$" && mv "{mails}/.$$" "{mails}/$(date +%s)-$$"
"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.full,
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can put a crontab aside for a while"),
    pytest.mark.skipif(shutil.which("cron") is None, reason="cron is not installed (apt-get install cron)"),
]


@dataclass
class Cron:
    """A cron daemon of the test's own, with one line."""

    folder: Path

    @property
    def config(self) -> Path:
        return self.folder / "config.toml"

    @property
    def mails(self) -> list[str]:
        return [one.read_text("utf-8") for one in sorted((self.folder / "mails").glob("[0-9]*"))]

    def type(self, *words: str) -> dict[str, Any]:
        """Type a command by hand, without naming the state folder: it is known from the installation."""
        done = subprocess.run(
            [CCSYNC, "--config", self.config, *words, "--json"],
            capture_output=True,
            text=True,
            check=False,
            env={"HOME": str(self.folder), "PATH": os.environ["PATH"]},
        )
        answer: dict[str, Any] = json.loads(done.stdout)["data"]
        return answer

    def results(self) -> list[str]:
        """Return how each run ended, the oldest first."""
        return [one["result"] for one in reversed(self.type("logs", "list")["runs"])]

    def edit(self, old: str, new: str) -> None:
        text = self.config.read_text("utf-8")
        assert old in text
        self.config.write_text(text.replace(old, new), "utf-8")


def until(it_is: Callable[[], bool], seconds: float) -> None:
    """Wait for something that cron does in its own time."""
    for _ in range(int(seconds)):
        if it_is():
            return
        threading.Event().wait(1)
    raise AssertionError(f"not within {seconds} seconds")


@pytest.fixture
def cron(tmp_path: Path) -> Iterator[Cron]:
    """Return a cron daemon that runs the example, in the sandbox, every minute."""
    for name in ("crontabs", "cron.d", "run", "sbin", "mails"):
        (tmp_path / name).mkdir()
    (tmp_path / "empty").touch()
    (tmp_path / "sbin" / "sendmail").write_text(SENDMAIL.format(mails=tmp_path / "mails"), "utf-8")
    (tmp_path / "sbin" / "sendmail").chmod(0o755)
    made = Cron(tmp_path)
    made.config.write_text(EXAMPLE.read_text("utf-8"), "utf-8")
    made.edit('interval = "3m"', 'interval = "1m"')
    script = NAMESPACE.format(ccsync=CCSYNC, config=made.config)
    variables = {"HOME": str(tmp_path), "PATH": os.environ["PATH"], "CCSYNC_STATE_DIR": str(tmp_path / "state")}
    daemon = subprocess.Popen(["unshare", "--mount", "/bin/sh", "-c", script], cwd=tmp_path, env=variables)
    try:
        until(lambda: daemon.poll() is not None or (tmp_path / "run" / "crond.pid").exists(), 30)
        assert daemon.poll() is None, (tmp_path / "installed").read_text("utf-8")
        yield made
    finally:
        daemon.terminate()
        daemon.wait(30)


def test_runs_are_silent_as_long_as_all_is_well_and_a_failure_is_mailed_once(cron: Cron) -> None:
    until(lambda: cron.results() == ["success"] * 3, 6 * MINUTE)
    assert cron.mails == []

    cron.edit("company.CountryCode in [", 'contact.Name == "Nobody" && company.CountryCode in [')
    until(lambda: len(cron.mails) == 1, 3 * MINUTE)
    head, _, body = cron.mails[0].partition("\n\n")
    assert "Subject: Cron <root@" in head
    assert len(body.splitlines()) < 20
    assert len(set(body.splitlines())) == len(body.splitlines())
    assert "off the list" in body
    assert "ccsync --config" in body

    failed = cron.results().count("stopped")
    until(lambda: cron.results().count("stopped") > failed, 3 * MINUTE)
    assert len(cron.mails) == 1

    cron.edit('contact.Name == "Nobody" && ', "")
    until(lambda: len(cron.mails) == 2, 3 * MINUTE)
    assert "works again" in cron.mails[1]
    assert cron.results()[-1] == "success"

    cron.type("daemon", "stop")
    ended = cron.results()
    threading.Event().wait(MINUTE + 15)
    assert cron.results() == ended
    assert len(cron.mails) == 2
