from __future__ import annotations

import io
import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from ccsync.cli.app import execute
from ccsync.cli.session import Environment
from ccsync.config.model import Config
from ccsync.constant_contact.budget import Budget, BudgetState
from ccsync.engine.options import PlanLine, Progress, Result, RunOptions, RunReport, Unwatched
from ccsync.engine.survey import Services, Survey
from ccsync.sandbox.server import reset
from ccsync.state.calls import CallCounter
from ccsync.state.memory import MemoryStore
from ccsync.state.values import Counts, FieldCounts, RunRecord, Timestamp
from ccsync.sync.operations import Reason, Waiting
from ccsync.sync.records import MembrainId

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from ccsync.clock import Clock
    from ccsync.constant_contact.oauth_login import Account
    from ccsync.credentials.store import CredentialStore
    from ccsync.engine.first_run import Preview
    from ccsync.engine.forget import Forgetting
    from ccsync.state.store import Store
    from ccsync.stopping import StopRequest

NOON = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
ENDED = {"result": "success", "summary": {"counts": {"created": 7}, "calls": {"membrain": 9}}}
RUN = "20261123T120000Z-4f2a"
CONFIG: dict[str, Any] = {
    "account": "acme",
    "membrain": {"instance": "acme"},
    "constant_contact": {"client_id": "app-1"},
    "sync": [
        {
            "name": "customers",
            "direction": "membrain-to-constant-contact",
            "list": "Customers",
            "field": [
                {"membrain": "contact.Name", "constant_contact": "full_name"},
                {"membrain": "company.Name", "constant_contact": "company_name"},
            ],
        }
    ],
}


class StoppedClock:
    def now(self) -> datetime:
        return NOON

    def monotonic(self) -> float:
        return 0.0

    def sleep(self, seconds: float) -> None:
        raise AssertionError(f"a command does not wait {seconds} s")


class Stream(io.StringIO):
    """A stream that can be taken for a terminal."""

    def __init__(self, text: str = "", *, terminal: bool = False) -> None:
        super().__init__(text)
        self.terminal = terminal

    def isatty(self) -> bool:
        return self.terminal


class Secrets:
    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}

    def read(self, account: str, service: str) -> str | None:
        return self.kept.get((account, service))

    def write(self, account: str, service: str, text: str) -> None:
        self.kept[account, service] = text

    def delete(self, account: str, service: str) -> None:
        self.kept.pop((account, service), None)

    def probe(self) -> None:
        pass

    def describe(self) -> str:
        return "a dictionary of the test"


@dataclass(frozen=True)
class Places:
    api_url: str = "http://127.0.0.1:1/v3"
    auth_url: str = "http://127.0.0.1:1/oauth2"
    client_id: str = "app-1"


def a_report(**changes: Any) -> RunReport:
    values: dict[str, Any] = {
        "id": RUN,
        "result": Result.SUCCESS,
        "started": NOON,
        "finished": NOON + timedelta(seconds=4.2),
        "counts": Counts(created=12, added=12, skipped=3),
        "syncs": {"customers": Counts(created=12, added=12, skipped=3)},
        "calls": {"membrain": 9, "constant_contact": 12},
        "waiting": {("customers", "opted_out"): 2, ("", "no_email"): 1},
    }
    return RunReport(**{**values, **changes})


def a_plan() -> tuple[PlanLine, ...]:
    return (
        PlanLine("create", "ann@example.com", "customers", (("full_name", "", "Ann Berg"),), "matches the filter"),
        PlanLine("add-to-list", "ann@example.com", "customers"),
        PlanLine("update", "bo@example.com", "customers", (("company_name", "Old", "New"),)),
    )


def out_of_reach() -> Services:
    raise AssertionError("this command needs no service")


@dataclass
class FakeApplication:
    """The wired program, as far as the commands can see it."""

    folder: Path
    config: Config = field(default_factory=lambda: Config.model_validate(CONFIG))
    warnings: tuple[str, ...] = ()
    store: Store | None = None
    broken: Exception | None = None
    report: RunReport | Exception | BaseException = field(default_factory=a_report)
    asked: list[RunOptions] = field(default_factory=list)
    preview: Preview | None = None
    approved: list[bool] = field(default_factory=list)
    credentials: CredentialStore = field(default_factory=Secrets)
    membrain_base_url: str = "http://127.0.0.1:1/API/v2/"
    constant_contact_urls: Places = field(default_factory=Places)
    bound_account: Account | None = None
    watched: list[tuple[str, int | None]] = field(default_factory=list)
    afresh: list[str] = field(default_factory=list)
    reach: Callable[[], Services] = out_of_reach

    @property
    def sandbox_folder(self) -> Path:
        return self.folder / "sandbox"

    def reset_sandbox(self) -> None:
        reset(self.sandbox_folder)

    def run(
        self,
        options: RunOptions,
        progress: Progress | None = None,
        stop: StopRequest | None = None,  # noqa: ARG002 - nobody interrupts this one
    ) -> RunReport:
        self.asked.append(options)
        if progress is not None:
            progress.phase("reading Membrain", 300)
            progress.advance(300)
            self.watched.append(("reading Membrain", 300))
        if self.preview is not None and options.approve is not None:
            self.approved.append(options.approve(self.preview))
        if isinstance(self.report, BaseException):
            raise self.report
        return self.report

    def check(self) -> FakeApplication:
        return self

    def forget(self, address: str, progress: Progress | None = None) -> Forgetting:  # noqa: ARG002 - as it is called
        raise AssertionError(f"nobody is forgotten here: {address}")

    def start_afresh(self) -> Path | None:
        self.afresh.append("now")
        return self.folder / "aside.sqlite"

    @contextmanager
    def looking(self, progress: Progress | None = None) -> Iterator[Survey]:
        yield Survey(self.store, self.reach, ZoneInfo("UTC"), progress or Unwatched())

    @contextmanager
    def reader(self) -> Iterator[Store | None]:
        if self.broken is not None:
            raise self.broken
        yield self.store

    def budget(self) -> BudgetState:
        return BudgetState(10_000, 123, 500, datetime(2026, 11, 24, tzinfo=UTC))

    @contextmanager
    def call_budget(self) -> Iterator[Budget]:
        with CallCounter(self.folder, "app-1") as counter:
            yield Budget(counter, StoppedClock())


@dataclass(frozen=True)
class Outcome:
    code: int
    stdout: str
    stderr: str

    @property
    def envelope(self) -> dict[str, Any]:
        """The one line that --json answers."""
        lines = self.stdout.splitlines()
        assert len(lines) == 1, self.stdout
        answer = json.loads(lines[0])
        assert isinstance(answer, dict)
        return answer

    @property
    def data(self) -> dict[str, Any]:
        data = self.envelope["data"]
        assert isinstance(data, dict)
        return data


@dataclass
class CommandLine:
    """Types commands, on a terminal or not."""

    application: FakeApplication
    variables: Mapping[str, str]
    terminal: bool = False
    piped: str = ""
    opened: list[Path | None] = field(default_factory=list)
    refuse: Callable[[], Exception] | None = None

    def __call__(self, *words: str, stdin: str = "") -> Outcome:
        typed, stdout, stderr = (
            Stream(text, terminal=self.terminal and self.piped != name)
            for name, text in (("stdin", stdin), ("stdout", ""), ("stderr", ""))
        )
        environment = Environment(typed, stdout, stderr, self.variables, StoppedClock(), self._open)
        code = execute(words, environment)
        return Outcome(code, stdout.getvalue(), stderr.getvalue())

    def _open(self, config: Path | None, environ: Mapping[str, str], clock: Clock) -> FakeApplication:
        assert environ is self.variables
        assert clock.now() == NOON
        self.opened.append(config)
        if self.refuse is not None:
            raise self.refuse()
        return self.application


def fill(store: Store) -> None:
    """Bring a state to where it is after one run."""
    counts = Counts(created=12, added=12, skipped=3)
    store.history.put_run(
        RunRecord(
            RUN,
            NOON,
            NOON + timedelta(seconds=4.2),
            "success",
            counts,
            {"customers": counts},
            {"membrain": 9, "constant_contact": 12},
        )
    )
    store.history.count_fields(
        RUN,
        {
            ("customers", "full_name"): FieldCounts(written=12, unchanged=3, failed=1, empty=4, truncated=1),
            ("customers", "company_name"): FieldCounts(written=12),
        },
        {("customers", "full_name", "too_long"): (1, "bo@example.com")},
        NOON,
    )
    store.progress.set_timestamp(Timestamp("membrain.contacts", NOON, NOON))
    store.progress.set_timestamp(Timestamp("constant_contact.contacts", NOON, NOON))
    store.work.wait(
        Waiting(MembrainId(f"m{n}"), f"person{n}@example.com", "customers", "", Reason.OPTED_OUT, "", NOON)
        for n in range(5)
    )
    store.work.wait(
        [Waiting(MembrainId("m9"), "bo@example.com", "customers", "full_name", Reason.TOO_LONG, "60 of 50", NOON)]
    )


def write_log(folder: Path, run: str = RUN, *more: Mapping[str, object]) -> Path:
    """Write a log as a run leaves it."""
    path = folder / "logs" / f"{run[:4]}-{run[4:6]}-{run[6:8]}" / f"{run}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    fixed = {"time": "2026-11-23T12:00:00.000Z", "level": "info", "run": run, "account": "acme"}
    events: list[Mapping[str, object]] = [
        {"event": "run.started", "message": "run started"},
        {"event": "http.request", "message": "GET /contacts 200", "service": "membrain", "status": 200},
        {"event": "record.created", "message": "ann@example.com created", "contact": "ann@example.com"},
        *more,
        {"event": "run.finished", "message": "run finished", "time": "2026-11-23T12:00:04.200Z", **ENDED},
    ]
    lines = (json.dumps({**fixed, **event}, ensure_ascii=False, separators=(",", ":")) for event in events)
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


@pytest.fixture(autouse=True)
def nobodys_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the doctor, who opens the real thing, out of the state folder of whoever runs the tests."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "home" / "state"))


@pytest.fixture
def application(tmp_path: Path) -> FakeApplication:
    """Return an account that has never run."""
    return FakeApplication(tmp_path)


@pytest.fixture
def after_a_run(application: FakeApplication) -> FakeApplication:
    """Return an account with one run behind it."""
    store = MemoryStore()
    fill(store)
    application.store = store
    write_log(application.folder)
    return application


@pytest.fixture
def ccsync(application: FakeApplication) -> CommandLine:
    """Return the program, off a terminal, 80 columns wide."""
    return CommandLine(application, {"COLUMNS": "80", "TERM": "xterm-256color"})


@pytest.fixture
def on_terminal(application: FakeApplication) -> CommandLine:
    """Return the program, on a terminal, 80 columns wide."""
    return CommandLine(application, {"COLUMNS": "80", "TERM": "xterm-256color"}, terminal=True)


@pytest.fixture
def config_file(tmp_path: Path) -> Path:
    """Return a configuration file that is right."""
    path = tmp_path / "config.toml"
    path.write_text(
        'account = "acme"\n[membrain]\ninstance = "acme"\n[constant_contact]\nclient_id = "app-1"\n'
        '[[sync]]\nname = "customers"\ndirection = "membrain-to-constant-contact"\nlist = "Customers"\n',
        "utf-8",
    )
    return path
