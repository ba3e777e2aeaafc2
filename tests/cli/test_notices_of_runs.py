"""[notify]: who is told of a run that is typed by hand or started by cron, and that no notice ever fails a run."""

from __future__ import annotations

import sys
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from filelock import FileLock

from ccsync.config.model import Config
from ccsync.engine.options import Result
from ccsync.errors import ExitCode, Locked, LoginNeeded
from ccsync.service.switch import Switch

from .conftest import CONFIG, RUN, StoppedClock, a_report

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .conftest import CommandLine, FakeApplication

ONCE = ("run", "--once")
PROGRAM = """
import os, sys
with open(sys.argv[1], "a") as file:
    facts = " ".join(f"{name[7:]}={os.environ[name]}" for name in sorted(os.environ) if name.startswith("CCSYNC_"))
    file.write(f"{os.environ['CCSYNC_EVENT']}\\n{facts}\\n{sys.stdin.read()}--\\n")
"""


@pytest.fixture(autouse=True)
def nothing_elsewhere(ccsync: CommandLine, tmp_path: Path) -> None:
    ccsync.variables = {**ccsync.variables, "CCSYNC_STATE_DIR": str(tmp_path / "root")}


@pytest.fixture
def heard() -> Iterator[list[tuple[str, str]]]:
    """Return what a monitor hears: the end of the path and the body; its address comes first."""
    said: list[tuple[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            said.append((self.path, self.rfile.read(int(self.headers["Content-Length"])).decode()))
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"OK")

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        said.append((f"http://127.0.0.1:{server.server_address[1]}/ping/abc", ""))
        yield said
        server.shutdown()


def notify(application: FakeApplication, **keys: Any) -> None:
    application.config = Config.model_validate({**CONFIG, "notify": keys})


def kept_by_a_command(application: FakeApplication) -> Path:
    """Have a command write down what it is told."""
    kept = application.folder / "told"
    program = application.folder / "program.py"
    program.write_text(PROGRAM, "utf-8")
    notify(application, on_failure=[sys.executable, "-S", str(program), str(kept)])
    return kept


def stopped(application: FakeApplication, **more: Any) -> None:
    values: dict[str, Any] = {
        "result": Result.STOPPED,
        "exit_code": ExitCode.STOPPED,
        "message": "ann@example.com: Constant Contact changed the permission to send",
        "hint": "set it right",
        "code": "permission_changed",
    }
    application.report = a_report(**{**values, **more})


class TestThePing:
    def test_is_a_start_and_an_end_for_each_run(
        self, ccsync: CommandLine, application: FakeApplication, heard: list[tuple[str, str]]
    ) -> None:
        notify(application, healthchecks_url=heard.pop()[0])
        ccsync(*ONCE)
        assert heard == [
            ("/ping/abc/start", ""),
            ("/ping/abc", f"ccsync: run {RUN}: success in 4.2 s, 12 created, 12 added, 3 skipped"),
        ]

    def test_of_a_failure_has_its_lines_without_people_and_comes_after_every_run(
        self, ccsync: CommandLine, application: FakeApplication, heard: list[tuple[str, str]]
    ) -> None:
        notify(application, healthchecks_url=heard.pop()[0])
        stopped(application)
        ccsync(*ONCE)
        ccsync(*ONCE)
        assert [path for path, _ in heard] == ["/ping/abc/start", "/ping/abc/fail"] * 2
        assert heard[-1][1].splitlines() == [
            "ccsync: a•••@e•••.com: Constant Contact changed the permission to send",
            "  next: set it right",
            "  since: 2026-11-23 12:00:04 UTC; 2 runs failed; told once a day as long as it lasts",
            f"  run:  {RUN} (stopped)",
            "  done: 12 created, 12 added, 3 skipped",
            "  exit code: 3 (permission_changed)",
        ]

    def test_comes_also_for_a_run_that_could_not_begin(
        self, ccsync: CommandLine, application: FakeApplication, heard: list[tuple[str, str]]
    ) -> None:
        notify(application, healthchecks_url=heard.pop()[0])
        application.report = LoginNeeded("Not logged in to Membrain", hint="ccsync auth login membrain")
        assert ccsync(*ONCE).code == 77
        assert heard[-1][0] == "/ping/abc/fail"

    def test_comes_neither_for_a_dry_run_nor_for_one_that_finds_another_one_on(
        self, ccsync: CommandLine, application: FakeApplication, heard: list[tuple[str, str]]
    ) -> None:
        notify(application, healthchecks_url=heard.pop()[0])
        ccsync(*ONCE, "--dry-run")
        application.report = Locked("another run of this account is on")
        with FileLock(application.folder / "lock"):
            assert ccsync(*ONCE).code == 75
        assert heard == []


class TestTheCommand:
    def test_is_told_the_first_failure_and_then_that_it_works_again(
        self, ccsync: CommandLine, application: FakeApplication
    ) -> None:
        kept = kept_by_a_command(application)
        ccsync(*ONCE)
        stopped(application)
        ccsync(*ONCE)
        ccsync(*ONCE)
        application.report = a_report()
        ccsync(*ONCE)
        ccsync(*ONCE)
        first, last, rest = kept.read_text("utf-8").split("--\n")
        event, facts, *lines = first.splitlines()
        assert event == "failure"
        assert "ACCOUNT=acme CODE=permission_changed EVENT=failure EXIT_CODE=3 " in facts
        assert f" RESULT=stopped RUN={RUN} SINCE=2026-11-23T12:00:04.200000+00:00 " in facts
        assert lines[0] == "ccsync: a•••@e•••.com: Constant Contact changed the permission to send"
        assert "ann@example.com" not in first
        assert last.startswith("recovery\n")
        assert "2 runs had failed since" in last
        assert rest == ""

    def test_is_told_what_to_type_with_the_configuration_that_was_named(
        self, ccsync: CommandLine, application: FakeApplication
    ) -> None:
        kept = kept_by_a_command(application)
        stopped(application, hint="ccsync status")
        ccsync("--config", "/srv/config.toml", *ONCE)
        told = kept.read_text("utf-8")
        assert " NEXT=ccsync --config /srv/config.toml status " in told
        assert "  next: ccsync --config /srv/config.toml status\n" in told

    def test_is_told_the_same_again_after_a_day(self, ccsync: CommandLine, application: FakeApplication) -> None:
        kept = kept_by_a_command(application)
        stopped(application)
        ccsync(*ONCE)
        stopped(application, finished=a_report().finished + timedelta(days=1))
        ccsync(*ONCE)
        assert [one.split("\n")[0] for one in kept.read_text("utf-8").split("--\n")] == ["failure", "still-failing", ""]

    def test_that_fails_is_tried_again_by_the_next_run(self, ccsync: CommandLine, application: FakeApplication) -> None:
        notify(application, on_failure=["false"])
        stopped(application)
        assert "on_failure, false, ended with 1" in ccsync(*ONCE, "-v").stderr
        kept = kept_by_a_command(application)
        ccsync(*ONCE)
        assert kept.read_text("utf-8").startswith("failure\n")


class TestTheTextfile:
    def test_says_that_a_run_is_on_and_then_how_it_ended(
        self, ccsync: CommandLine, after_a_run: FakeApplication, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = after_a_run.folder / "ccsync.prom"
        notify(after_a_run, textfile=str(path))
        meanwhile: list[str] = []

        def run(*_: object) -> Any:
            meanwhile.append(path.read_text("utf-8"))
            return a_report()

        monkeypatch.setattr(after_a_run, "run", run)
        ccsync(*ONCE)
        assert 'ccsync_run_in_progress{account="acme"} 1\n' in meanwhile[0]
        written = path.read_text("utf-8")
        assert 'ccsync_run_in_progress{account="acme"} 0\n' in written
        assert 'ccsync_waiting{account="acme",sync="customers",reason="opted_out"} 5\n' in written

    def test_says_that_the_service_was_switched_off(self, ccsync: CommandLine, after_a_run: FakeApplication) -> None:
        path = after_a_run.folder / "ccsync.prom"
        notify(after_a_run, textfile=str(path))
        Switch(after_a_run.folder, StoppedClock()).turn_off()
        ccsync(*ONCE, "--scheduled")
        assert 'ccsync_switched_off{account="acme"} 1\n' in path.read_text("utf-8")

    @pytest.mark.parametrize("ended", [LoginNeeded("x"), KeyboardInterrupt(), ValueError("a bug")])
    def test_never_says_that_a_run_is_on_when_it_has_ended(
        self, ended: BaseException, ccsync: CommandLine, after_a_run: FakeApplication
    ) -> None:
        path = after_a_run.folder / "ccsync.prom"
        notify(after_a_run, textfile=str(path))
        after_a_run.report = ended
        ccsync(*ONCE)
        assert 'ccsync_run_in_progress{account="acme"} 0\n' in path.read_text("utf-8")


class TestANoticeThatFails:
    @pytest.fixture(autouse=True)
    def deaf(self, application: FakeApplication) -> None:
        notify(
            application,
            healthchecks_url="http://127.0.0.1:1/ping/abc",
            on_failure=["no-such-program"],
            textfile="/nowhere/ccsync.prom",
        )

    def test_fails_no_run_and_is_not_told_off_a_terminal(self, ccsync: CommandLine) -> None:
        outcome = ccsync(*ONCE)
        assert (outcome.code, outcome.stdout, outcome.stderr) == (0, "", "")

    def test_fails_no_run_by_a_bug_either(self, ccsync: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
        def broken(*_: object, **__: object) -> None:
            raise ZeroDivisionError

        for place in ("gather", "running"):
            monkeypatch.setattr(f"ccsync.cli.status_facts.{place}", broken)
        outcome = ccsync(*ONCE, "-v")
        assert (outcome.code, outcome.stderr.count("warning: notice: ZeroDivisionError")) == (0, 2)

    def test_does_not_hide_how_the_run_ended(self, ccsync: CommandLine, application: FakeApplication) -> None:
        stopped(application)
        outcome = ccsync(*ONCE)
        assert outcome.code == 3
        assert outcome.stderr.startswith("ccsync: ann@example.com: Constant Contact changed the permission")

    def test_is_a_warning_with_v(self, ccsync: CommandLine, application: FakeApplication) -> None:
        stopped(application)
        stderr = ccsync(*ONCE, "-v").stderr
        assert "warning: notice: the ping to 127.0.0.1:1 of [notify] healthchecks_url was not heard" in stderr
        assert "warning: notice: the command of [notify] on_failure, no-such-program, cannot be started" in stderr
        assert "warning: notice: [notify] textfile /nowhere/ccsync.prom cannot be written" in stderr


class TestStatusKnows:
    def test_what_fails_since_when_and_what_to_type(self, ccsync: CommandLine, after_a_run: FakeApplication) -> None:
        after_a_run.report = LoginNeeded("Not logged in to Membrain", hint="ccsync auth login membrain")
        ccsync(*ONCE)
        ccsync(*ONCE)
        shown = ccsync("status").stdout
        assert "Failing since 2026-11-23 12:00:00 UTC (2 runs in a row): Not logged in to Membrain" in shown
        assert "  next: ccsync auth login membrain" in shown
        failing = ccsync("status", "--json").data["service"]["failing"]
        assert (failing["code"], failing["exit_code"], failing["runs"]) == ("login_needed", 77, 2)

    def test_no_more_once_a_run_went_well(self, ccsync: CommandLine, after_a_run: FakeApplication) -> None:
        stopped(after_a_run)
        ccsync(*ONCE)
        after_a_run.report = a_report()
        ccsync(*ONCE)
        assert ccsync("status", "--json").data["service"]["failing"] is None
        assert "Failing" not in ccsync("status").stdout
