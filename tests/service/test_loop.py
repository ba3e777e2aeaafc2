"""The service: one run after another, through trouble, edits and upgrades, until somebody asks it to end."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from ccsync.config.model import Config
from ccsync.constant_contact.budget import BudgetState
from ccsync.engine.options import Progress, Result, RunReport
from ccsync.errors import ConfigError, ExitCode, LocalError, Locked, LoginNeeded, NotApproved, Stopped, Unreachable
from ccsync.service.bulletin import Bulletin, Notice
from ccsync.service.loop import Answer, End, Loop, Outside
from ccsync.service.rereading import Rereading
from ccsync.service.switch import Switch
from ccsync.service.systemd import Systemd
from ccsync.state.folder import AccountLock, ServiceLock
from ccsync.stopping import StopRequest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
DOWN = Unreachable("Membrain does not answer", hint="ccsync doctor")


class Clock:
    """Time that passes only while somebody waits or works; what is planned for a moment happens in it."""

    def __init__(self) -> None:
        self.passed = 0.0
        self.planned: list[tuple[float, Callable[[], object]]] = []
        self.set_forward = timedelta()

    def at(self, seconds: float, what: Callable[[], object]) -> None:
        self.planned.append((seconds, what))

    def now(self) -> datetime:
        return NOON + timedelta(seconds=self.passed) + self.set_forward

    def monotonic(self) -> float:
        return self.passed

    def sleep(self, seconds: float) -> None:
        assert seconds > 0, "a wait of nothing is a loop that spins"
        self.passed += seconds
        due = [what for moment, what in self.planned if moment <= self.passed]
        self.planned = [one for one in self.planned if one[0] > self.passed]
        for what in due:
            what()


@dataclass
class Account:
    config: Config
    folder: Path
    used: int = 0
    spent: bool = False

    def budget(self) -> BudgetState:
        return BudgetState(10_000, self.used, 500, NOON + timedelta(hours=12), self.spent)


@dataclass
class Said:
    news_: list[str] = field(default_factory=list)
    troubles: list[tuple[str, str]] = field(default_factory=list)
    mended_: list[str] = field(default_factory=list)

    def news(self, text: str) -> None:
        self.news_.append(text)

    def trouble(self, text: str, hint: str = "") -> None:
        self.troubles.append((text, hint))

    def mended(self, text: str) -> None:
        self.mended_.append(text)


class Service:
    """A service over a made-up account, whose runs answer as they are told."""

    def __init__(self, folder: Path) -> None:
        self.clock = Clock()
        self.stop = StopRequest()
        self.said = Said()
        self.path = folder / "config.toml"
        self.path.write_text("as it was", "utf-8")
        self.switch = Switch(folder, self.clock)
        self.bulletin = Bulletin(folder)
        self.account = Account(self.config(), folder)
        self.answers: list[Answer | BaseException] = []
        self.took = 0.0
        self.starts: list[float] = []
        self.version: str | None = "1.0"
        self.before = 0
        self.after: list[Answer] = []
        self.opened: Callable[[], Account] = lambda: self.account
        self.during: Callable[[Progress], None] = lambda _: None

    @staticmethod
    def config(interval: str = "3m") -> Config:
        return Config.model_validate(
            {
                "account": "acme",
                "service": {"interval": interval},
                "sync": [{"name": "customers", "direction": "both", "list": "Customers"}],
            }
        )

    def serve(self, runs: int = 0, *, seconds: float = 0) -> End:
        """Serve for so many runs, or for so long."""
        self.runs = runs
        if seconds:
            self.clock.at(seconds, self._ask)
        outside = Outside(
            clock=self.clock,
            stop=self.stop,
            systemd=Systemd({}, self.clock),
            bulletin=self.bulletin,
            switch=self.switch,
            tell=self.said,
            chance=lambda: 0.5,
            installed=lambda: self.version,
            before_run=self._before,
            after_run=self.after.append,
        )
        with ServiceLock(self.account.folder, self.clock):
            rereading = Rereading(self.path, lambda: self.opened(), self.said)  # noqa: PLW0108 - it is changed later
            return Loop(rereading, self._run, outside, Notice(7, NOON, "foreground", "1.0")).serve()

    def _before(self) -> None:
        self.before += 1

    def _ask(self) -> None:
        self.stop.ask(ExitCode.TERMINATED)

    def _run(self, _account: Account, progress: Progress) -> RunReport:
        self.starts.append(self.clock.passed)
        self.clock.passed += self.took
        self.during(progress)
        if self.runs and len(self.starts) == self.runs:
            self._ask()
        answer = self.answers.pop(0) if self.answers else self.report()
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def report(self, **changes: Any) -> RunReport:
        now = self.clock.now()
        return RunReport(**{"id": "r", "result": Result.SUCCESS, "started": now, "finished": now, **changes})


@pytest.fixture
def service(tmp_path: Path) -> Service:
    """Return a service that has not begun."""
    return Service(tmp_path)


class TestThePace:
    def test_the_first_run_is_at_once_and_each_start_is_an_interval_after_the_last_start(
        self, service: Service
    ) -> None:
        service.took = 40
        service.serve(runs=3)
        assert service.starts == pytest.approx([0, 180, 360])

    def test_a_run_that_took_longer_than_the_interval_is_followed_at_once(self, service: Service) -> None:
        service.took = 200
        service.serve(runs=3)
        assert service.starts == [0, 200, 400]

    def test_a_machine_that_slept_runs_when_it_wakes(self, service: Service) -> None:
        service.clock.at(10, lambda: setattr(service.clock, "set_forward", timedelta(hours=8)))
        service.serve(runs=2)
        assert service.starts[1] <= 11

    def test_a_clock_that_is_set_back_delays_nothing(self, service: Service) -> None:
        service.clock.at(10, lambda: setattr(service.clock, "set_forward", -timedelta(hours=8)))
        service.serve(runs=2)
        assert service.starts == pytest.approx([0, 180])

    def test_a_run_typed_by_hand_is_waited_for_and_no_run_is_tried_meanwhile(self, service: Service) -> None:
        other = AccountLock(service.account.folder, service.clock)
        other.acquire()
        service.clock.at(3, other.release)
        service.serve(runs=1)
        assert service.starts == [3]
        assert service.before == 1
        assert [text for text in service.said.news_ if "waits for another run" in text] != []

    def test_a_lock_that_is_not_a_runs_is_trouble_like_any_other_and_nothing_spins(self, service: Service) -> None:
        service.answers = [Locked("another ccsync is writing the state")] * 9
        service.serve(seconds=190)
        assert service.starts == pytest.approx([0, 1, 181, 182])
        assert [answer.code for answer in service.after] == ["locked", "locked"]
        assert [text.partition(";")[0] for text, _ in service.said.troubles] == ["another ccsync is writing the state"]

    def test_somebody_who_was_quicker_is_no_failure_and_told_to_nobody(self, service: Service) -> None:
        service.answers = [Locked("another run of this account is on")]
        service.serve(runs=2)
        assert [answer.code for answer in service.after] == [""]
        assert service.said.troubles == []


class TestTrouble:
    def test_a_service_that_is_down_is_asked_less_and_less_often(self, service: Service) -> None:
        service.answers = [DOWN] * 5
        service.serve(runs=6)
        assert service.starts == pytest.approx([0, 180, 540, 1260, 2160, 3060])

    def test_it_is_told_once_with_the_next_moment_and_its_end_is_told(self, service: Service) -> None:
        service.answers = [DOWN, DOWN, DOWN]
        service.serve(runs=4)
        assert service.said.troubles == [("Membrain does not answer; next run at 12:03:00 UTC", "ccsync doctor")]
        assert len(service.after) == 4

    def test_the_end_of_it_is_told_once(self, service: Service) -> None:
        service.answers = [DOWN, DOWN]
        service.serve(seconds=2000)
        assert [text.partition(";")[0] for text in service.said.mended_] == ["all is well again"]

    def test_another_trouble_is_told_at_once(self, service: Service) -> None:
        service.answers = [DOWN, LoginNeeded("Not logged in", hint="ccsync auth login membrain")]
        service.serve(seconds=200)
        assert [text.partition(";")[0] for text, _ in service.said.troubles] == [
            "Membrain does not answer",
            "Not logged in",
        ]

    @pytest.mark.parametrize(
        "error", [LoginNeeded("x"), Stopped("x"), ConfigError("x")], ids=lambda error: str(error.code)
    )
    def test_what_needs_somebody_does_not_make_it_spin(self, service: Service, error: Exception) -> None:
        service.account.config = service.config("1s")
        service.answers = [error] * 10
        service.serve(seconds=120)
        assert len(service.starts) == 2

    def test_a_bug_in_a_run_does_not_end_it(self, service: Service) -> None:
        service.answers = [KeyError("secret")]
        assert service.serve(seconds=300) is End.ASKED
        assert len(service.starts) == 2
        ((told, _),) = service.said.troubles
        assert told.startswith("a bug in ccsync: KeyError in ")
        assert "secret" not in told

    def test_a_spent_day_waits_for_midnight_in_utc(self, service: Service) -> None:
        service.clock.passed = 11.75 * 3600
        service.account.spent = True
        service.answers = [
            service.report(result=Result.FAILED, exit_code=ExitCode.TRY_LATER, code="quota_spent", message="no calls")
        ]
        service.serve(runs=2)
        assert timedelta(hours=12) <= timedelta(seconds=service.starts[1]) <= timedelta(hours=12, seconds=90)

    def test_calls_that_run_short_are_made_to_last_and_that_is_told(self, service: Service) -> None:
        service.account.used = 9_400
        service.answers = [service.report(calls={"constant_contact": 4})]
        service.serve(runs=2)
        assert service.starts[1] == pytest.approx(12 * 3600 / 25)
        assert any("have to last" in text for text in service.said.news_)


class TestItsEnd:
    def test_it_ends_in_the_middle_of_a_wait(self, service: Service) -> None:
        assert service.serve(seconds=70) is End.ASKED
        assert service.starts == [0]
        assert service.clock.passed < 72

    def test_a_run_that_is_on_is_finished_first(self, service: Service) -> None:
        service.during = lambda _: service._ask()
        assert service.serve() is End.ASKED
        assert len(service.after) == 1

    def test_it_ends_when_somebody_turns_the_switch(self, service: Service) -> None:
        service.clock.at(30, service.switch.turn_off)
        assert service.serve() is End.SWITCHED_OFF
        assert service.clock.passed < 32

    def test_it_ends_while_it_waits_for_another_run(self, service: Service) -> None:
        other = AccountLock(service.account.folder, service.clock)
        with other:
            assert service.serve(seconds=2) is End.ASKED
        assert service.starts == []

    def test_it_ends_when_its_folder_is_removed_before_a_second_one_could_serve_there(self, service: Service) -> None:
        service.clock.at(30, (service.account.folder / "service").unlink)
        with pytest.raises(LocalError, match="was removed or replaced while the service ran"):
            service.serve()
        assert service.starts == [0]

    def test_one_that_was_typed_although_the_switch_is_off_runs(self, service: Service) -> None:
        service.switch.turn_off()
        service.serve(runs=2)
        assert len(service.starts) == 2

    def test_a_first_run_that_somebody_declines_is_not_asked_for_again(self, service: Service) -> None:
        service.answers = [service.report(result=Result.STOPPED, code=NotApproved.code)]
        assert service.serve() is End.DECLINED
        assert len(service.starts) == 1


class TestAnotherVersion:
    def test_is_noticed_between_two_runs_and_no_run_of_the_old_one_begins_any_more(self, service: Service) -> None:
        service.clock.at(30, lambda: setattr(service, "version", "1.1"))
        assert service.serve() is End.NEW_VERSION
        assert service.starts == [0]

    def test_no_run_begins_while_it_is_being_installed(self, service: Service) -> None:
        service.clock.at(30, lambda: setattr(service, "version", None))
        service.clock.at(400, lambda: setattr(service, "version", "1.0"))
        service.serve(runs=2)
        assert service.starts[1] == pytest.approx(400, abs=2)


class TestTheConfiguration:
    def edit(self, service: Service, account: Account | Exception, text: str = "edited") -> None:
        def opened() -> Account:
            if isinstance(account, Exception):
                raise account
            return account

        service.opened = opened
        service.path.write_text(text, "utf-8")

    def test_an_edit_counts_from_now_on(self, service: Service) -> None:
        quicker = Account(service.config("1m"), service.account.folder)
        service.clock.at(10, lambda: self.edit(service, quicker))
        service.serve(runs=3)
        assert service.starts == pytest.approx([0, 60, 120])
        assert f"{service.path} has changed, and was read" in service.said.news_

    def test_a_wrong_one_keeps_the_old_and_is_told_once(self, service: Service) -> None:
        wrong = ConfigError("1 mistake in config.toml", hint="ccsync config check")
        service.clock.at(10, lambda: self.edit(service, wrong))
        service.serve(runs=3)
        assert service.starts == pytest.approx([0, 180, 360])
        assert service.said.troubles == [
            (
                "1 mistake in config.toml: the service goes on with the configuration as it was",
                "ccsync config check",
            )
        ]

    def test_one_that_is_mended_is_read_and_told(self, service: Service) -> None:
        service.clock.at(10, lambda: self.edit(service, ConfigError("1 mistake")))
        service.clock.at(20, lambda: self.edit(service, Account(service.config("1m"), service.account.folder), "right"))
        service.serve(runs=3)
        assert service.starts == pytest.approx([0, 60, 120])
        assert service.said.mended_ == [f"{service.path} is right again, and was read"]

    def test_another_account_takes_a_restart(self, service: Service, tmp_path: Path) -> None:
        other = Account(service.config("1m"), tmp_path / "other")
        service.clock.at(10, lambda: self.edit(service, other))
        service.serve(runs=2)
        assert service.starts == pytest.approx([0, 180])
        ((_, hint),) = service.said.troubles
        assert hint == "ccsync daemon restart"

    def test_one_that_is_gone_keeps_the_old(self, service: Service) -> None:
        def gone() -> None:
            self.edit(service, ConfigError("there is no file"))
            service.path.unlink()

        service.clock.at(10, gone)
        service.serve(runs=3)
        assert len(service.starts) == 3
        assert len(service.said.troubles) == 1

    def test_a_file_that_is_only_touched_is_not_read(self, service: Service) -> None:
        service.clock.at(10, lambda: self.edit(service, ConfigError("never read"), "as it was"))
        service.serve(runs=2)
        assert service.said.troubles == []


class TestWhatOthersSeeOfIt:
    def test_the_board_names_the_part_of_a_run_and_then_the_next_run(self, service: Service) -> None:
        seen: list[tuple[str, datetime | None]] = []

        def look(progress: Progress) -> None:
            progress.phase("planning", 300)
            self.note(service, seen)

        service.during = look
        service.clock.at(5, lambda: self.note(service, seen))
        service.serve(seconds=10)
        assert seen == [("planning (300)", None), ("", NOON + timedelta(minutes=3))]

    @staticmethod
    def note(service: Service, seen: list[tuple[str, datetime | None]]) -> None:
        notice = service.bulletin.read()
        assert notice is not None
        seen.append((notice.phase, notice.next_run))

    def test_the_board_is_empty_when_nobody_serves_whatever_was_left_on_it(self, service: Service) -> None:
        service.bulletin.post(Notice(7, NOON, "background", "1.0"))
        assert service.bulletin.read() is None

    @pytest.mark.parametrize("garbage", [b"", b"{", b"[]", b'{"pid": 7}', b"\xff"])
    def test_nonsense_on_the_board_is_nothing(self, service: Service, garbage: bytes) -> None:
        (service.account.folder / "service-now.json").write_bytes(garbage)
        with ServiceLock(service.account.folder, service.clock):
            assert service.bulletin.read() is None
