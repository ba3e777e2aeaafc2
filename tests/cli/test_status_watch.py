"""`ccsync status --watch`: drawn anew while somebody looks; for programs, one envelope a line."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from rich.cells import cell_len
from rich.text import Text

from ccsync.cli.app import execute
from ccsync.cli.session import Environment
from ccsync.errors import ExitCode, LocalError
from ccsync.service.notice_book import NoticeBook
from ccsync.service.notices import Ending, Verdict
from ccsync.state.values import RunRecord
from ccsync.stopping import StopAsked

from .conftest import NOON, StoppedClock, Stream

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import FakeApplication


@dataclass
class Patience(StoppedClock):
    """Waits by doing what happens meanwhile, one thing each time, and then somebody types Ctrl-C."""

    meanwhile: list[Callable[[], object]] = field(default_factory=list)
    end: BaseException = field(default_factory=KeyboardInterrupt)
    waited: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.waited.append(seconds)
        if not self.meanwhile:
            raise self.end
        self.meanwhile.pop(0)()


def watch(
    application: FakeApplication,
    clock: Patience,
    *words: str,
    terminal: bool,
    out: io.StringIO | None = None,
    term: str = "xterm-256color",
) -> tuple[int, str, str]:
    stdout, stderr = out or Stream(terminal=terminal), Stream(terminal=terminal)
    variables = {"COLUMNS": "80", "LINES": "24", "TERM": term}
    environment = Environment(Stream(), stdout, stderr, variables, clock, lambda *_: application)
    code = execute(["status", "--watch", *words], environment)
    return code, stdout.getvalue(), stderr.getvalue()


def one_more(application: FakeApplication, run: str = "20261123T120300Z-beef") -> None:
    assert application.store is not None
    application.store.history.put_run(RunRecord(run, NOON.replace(minute=3), None))


class TestOnATerminal:
    def test_shows_what_happens_meanwhile(self, after_a_run: FakeApplication) -> None:
        clock = Patience([lambda: fail(after_a_run)])
        code, shown, stderr = watch(after_a_run, clock, terminal=True)
        assert (code, stderr) == (0, "")
        before, _, after = shown.partition("Failing since")
        assert "Last run 20261123T120000Z-4f2a: success" in before
        assert "Membrain does not answer" in after
        assert clock.waited == [2.0, 2.0]

    def test_stays_on_the_terminals_own_screen(self, after_a_run: FakeApplication) -> None:
        _, shown, _ = watch(after_a_run, Patience(), terminal=True)
        assert "\x1b[?1049h" not in shown

    def test_writes_one_page_after_the_other_where_a_terminal_cannot_draw(self, after_a_run: FakeApplication) -> None:
        clock = Patience([lambda: one_more(after_a_run)])
        code, shown, _ = watch(after_a_run, clock, terminal=True, term="dumb")
        assert (code, shown.count("Account acme"), "\x1b" in shown) == (0, 2, False)

    def test_shows_each_sync_who_waits_the_service_and_the_calls(self, after_a_run: FakeApplication) -> None:
        _, shown, _ = watch(after_a_run, Patience(), terminal=True)
        plain = Text.from_ansi(shown).plain
        assert "ccsync status, 2026-11-23 12:00:00 UTC, every 2 s until Ctrl-C" in plain
        assert ["customers", "12", "0", "12", "0", "0", "3", "0"] in [line.split() for line in plain.splitlines()]
        assert "Service: no runs by themselves; ccsync daemon start begins them" in plain
        assert "  5 x opted_out: opted out of mail in Constant Contact" in plain
        assert "Calls to Constant Contact today: 123 of 10000" in plain

    def test_fits_80_columns(self, after_a_run: FakeApplication) -> None:
        fail(after_a_run, "x" * 200 + " the end of it")
        _, shown, _ = watch(after_a_run, Patience(), terminal=True)
        plain = Text.from_ansi(shown).plain
        assert max(cell_len(line) for line in plain.splitlines()) <= 80
        assert "the end of it" in plain, "what fails is not cut"

    def test_what_goes_wrong_meanwhile_is_shown_and_does_not_end_it(self, after_a_run: FakeApplication) -> None:
        def breaks() -> None:
            after_a_run.broken = LocalError("the state is being moved", hint="wait")

        def is_mended() -> None:
            after_a_run.broken = None

        code, shown, _ = watch(after_a_run, Patience([breaks, is_mended]), terminal=True)
        assert code == 0
        _, _, after = shown.partition("the state is being moved")
        assert "Account acme" in after

    def test_names_the_configuration_in_what_is_to_be_typed(self, after_a_run: FakeApplication) -> None:
        _, shown, _ = watch(after_a_run, Patience(), "--config", "/c.toml", terminal=True)
        assert "Service: no runs by themselves; ccsync --config /c.toml daemon start" in Text.from_ansi(shown).plain

    def test_before_the_first_run_it_waits_for_it(self, application: FakeApplication) -> None:
        code, shown, _ = watch(application, Patience(), terminal=True)
        assert code == 0
        assert "No run yet" in shown

    def test_names_nobody_so_that_all_is_refused(self, after_a_run: FakeApplication) -> None:
        code, shown, stderr = watch(after_a_run, Patience(), "--all", terminal=True)
        assert (code, shown) == (ExitCode.USAGE, "")
        assert "ccsync status --all" in stderr
        _, shown, _ = watch(after_a_run, Patience(), terminal=True)
        assert "example.com" not in shown


class TestForPrograms:
    def test_one_envelope_a_line(self, after_a_run: FakeApplication) -> None:
        clock = Patience([lambda: one_more(after_a_run)])
        code, stdout, stderr = watch(after_a_run, clock, "--json", terminal=False)
        assert (code, stderr) == (0, "")
        first, second = (json.loads(line) for line in stdout.splitlines())
        assert {first["schema"], first["command"], first["status"]} == {"ccsync/1", "status", "success"}
        assert first["data"]["last_run"]["id"] == "20261123T120000Z-4f2a"
        assert second["data"]["last_run"]["id"] == "20261123T120300Z-beef"

    def test_an_error_meanwhile_is_an_envelope_like_the_others(self, after_a_run: FakeApplication) -> None:
        def breaks() -> None:
            after_a_run.broken = LocalError("the state is being moved")

        _, stdout, _ = watch(after_a_run, Patience([breaks]), "--json", terminal=False)
        assert [json.loads(line)["exit_code"] for line in stdout.splitlines()] == [0, 74]

    def test_a_reader_who_has_gone_ends_it(self, after_a_run: FakeApplication) -> None:
        class Gone(io.StringIO):
            def write(self, text: str) -> int:
                if "beef" in text:
                    raise BrokenPipeError
                return super().write(text)

        clock = Patience([lambda: one_more(after_a_run), lambda: pytest.fail("nobody reads")])
        code, _, _ = watch(after_a_run, clock, "--json", terminal=False, out=Gone())
        assert code == 0

    def test_sigterm_ends_it_as_everywhere(self, after_a_run: FakeApplication) -> None:
        clock = Patience(end=StopAsked(ExitCode.TERMINATED))
        code, _, _ = watch(after_a_run, clock, "--json", terminal=False)
        assert code == 143


def test_elsewhere_the_way_for_programs_is_told(after_a_run: FakeApplication) -> None:
    code, stdout, stderr = watch(after_a_run, Patience(), terminal=False)
    assert (code, stdout) == (ExitCode.USAGE, "")
    assert "ccsync status --watch --json" in stderr


def test_what_is_wrong_from_the_beginning_is_an_error_like_any_other(after_a_run: FakeApplication) -> None:
    after_a_run.broken = LocalError("the state file is damaged", hint="move it away")
    code, shown, stderr = watch(after_a_run, Patience(), terminal=True)
    assert (code, shown) == (74, "")
    assert stderr == "ccsync: the state file is damaged\n  next: move it away\n"


def fail(application: FakeApplication, message: str = "Membrain does not answer") -> None:
    facts: dict[str, Any] = {"verdict": Verdict.BADLY, "exit_code": 69, "code": "no_answer"}
    NoticeBook(application.folder).note(Ending(at=NOON, message=message, hint="ccsync run --once", **facts))
