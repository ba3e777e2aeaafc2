"""Old logs go at the end of a run, and nothing about that fails a run."""

from __future__ import annotations

import errno
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ccsync.engine.options import Result, RunOptions
from ccsync.logs.read import runs
from ccsync.state.folder import account_folder
from ccsync.wiring import old_logs, open_application

if TYPE_CHECKING:
    import pytest

    from .conftest import World


class YearsAhead:
    """Goes as the world's clock does, and shows another time."""

    def __init__(self, world: World) -> None:
        self.monotonic, self.sleep, self._right = world.clock.monotonic, world.clock.sleep, world.clock

    def now(self) -> datetime:
        return self._right.now() + timedelta(days=3650)


def test_a_run_deletes_what_is_older_than_the_configuration_keeps(world: World) -> None:
    world.configure(tables='[logs]\nkeep = "2d"')
    first = world.run()
    world.wait(days=2)
    second = world.run()
    folder = account_folder(world.folder / "state" / ".sandbox", "acme")
    assert [run.id for run in runs(folder)] == [first.id, second.id]
    world.wait(days=1)
    third = world.run(dry_run=True)
    assert [run.id for run in runs(folder)] == [second.id, third.id]


def test_a_clock_that_is_years_ahead_deletes_none(world: World) -> None:
    world.configure(tables='[logs]\nkeep = "2d"')
    first = world.run()
    report = open_application(world.config, world.environ, YearsAhead(world)).run(RunOptions())
    assert first.log_path is not None
    assert first.log_path.exists()
    assert "ahead of" in report.warnings[0]


def test_logs_that_cannot_be_deleted_are_a_warning_and_no_failure(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(old_logs, "prune", refused)
    report = world.run()
    assert report.result is Result.SUCCESS
    assert report.warnings[-1].endswith("cannot be deleted: Permission denied")
    assert world.events(report, "run.warning")[-1]["message"] == report.warnings[-1]
