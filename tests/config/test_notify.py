"""[notify]: what can be written there, and what would be heard by nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .conftest import File


def test_all_three_are_read(file: File) -> None:
    file.write(
        '[notify]\nhealthchecks_url = "https://hc.example.com/ping/1"\non_failure = ["true", "x y"]\n'
        'textfile = "/var/lib/node_exporter/ccsync.prom"'
    )
    notify = file.read().config.notify
    assert notify.healthchecks_url == "https://hc.example.com/ping/1"
    assert notify.on_failure == ("true", "x y")
    assert str(notify.textfile) == "/var/lib/node_exporter/ccsync.prom"
    assert file.read().warnings == ()


def test_a_monitor_on_this_machine_may_be_plain_http(file: File) -> None:
    file.write('[notify]\nhealthchecks_url = "http://127.0.0.1:8000/ping/1"')
    assert file.read().config.notify.healthchecks_url == "http://127.0.0.1:8000/ping/1"


@pytest.mark.parametrize(
    ("line", "key", "hint"),
    [
        ('healthchecks_url = "http://hc.example.com/1"', "healthchecks_url", "https"),
        ('healthchecks_url = "https://hc.example.com/1/start"', "healthchecks_url", '"https://hc.example.com/1"'),
        ('healthchecks_url = "https://hc.example.com/1/fail"', "healthchecks_url", '"https://hc.example.com/1"'),
        ('on_failure = "mail -s failed me@example.com"', "on_failure", ""),
        ("on_failure = []", "on_failure", ""),
        ('textfile = "ccsync.prom"', "textfile", "whole path"),
    ],
)
def test_what_cannot_be_meant_is_a_mistake_of_its_line(line: str, key: str, hint: str, file: File) -> None:
    problem = file.write(f"[notify]\n{line}  # here").problem()
    assert (problem.path, problem.line) == (f"notify.{key}", file.marked_line)
    assert hint in problem.hint


@pytest.mark.parametrize(
    ("line", "key", "said"),
    [
        ('on_failure = ["no-such-program", "x"]', "on_failure", "there is no program 'no-such-program'"),
        ('textfile = "/var/lib/ccsync.txt"', "textfile", "reads only files that end in .prom"),
    ],
)
def test_what_nobody_would_hear_is_a_warning(line: str, key: str, said: str, file: File) -> None:
    (warning,) = file.write(f"[notify]\n{line}  # here").read().warnings
    assert (warning.path, warning.line) == (f"notify.{key}", file.marked_line)
    assert said in warning.message
