"""What is announced and not built: accepted as long as it asks for nothing, refused with "not yet" otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ccsync.config.model import Config
from ccsync.config.not_yet import RULES
from ccsync.config.wording import model_at

if TYPE_CHECKING:
    from .conftest import File, MakeField

SYNC = 'name = "x"\nlist = "L"\n'
ONE_WAY = 'direction = "membrain-to-constant-contact"'


@pytest.mark.parametrize(
    ("more", "path", "hint"),
    [
        ('[logs]\nkeep = "30d"  # here', "logs.keep", 'keep = "90d"'),
        ('[logs]\nmax_size = "2GB"  # here', "logs.max_size", 'max_size = "1GB"'),
        (
            '[notify]\nhealthchecks_url = "https://hc.example.com/1"  # here',
            "notify.healthchecks_url",
            "out",
        ),
        ('[notify]\non_failure = ["mail"]  # here', "notify.on_failure", "take on_failure out"),
        ('[notify]\ntextfile = "/tmp/x.prom"  # here', "notify.textfile", "take textfile out"),
    ],
)
def test_asking_for_more_is_refused_with_what_to_write_meanwhile(file: File, more: str, path: str, hint: str) -> None:
    problem = file.write(more).problem()

    assert (problem.path, problem.line) == (path, file.marked_line)
    assert problem.message.startswith("not yet: ")
    assert hint in problem.hint


@pytest.mark.parametrize(
    ("more", "sync", "field_more"),
    [
        ("[notify]", "", ""),
        ('[logs]\nkeep = "90d"\nmax_size = "1GB"', "", ""),
        ('[logs]\nkeep = "2160h"\nmax_size = "1000MB"', "", ""),
        ('[service]\ninterval = "1h"\nsweep = "7d"', "", ""),
        ("", 'conflict = "membrain"\ncreate_companies = true', ""),
        ("", 'conflict = "newest"\ncreate_companies = false', ""),
        ("", "", ONE_WAY),
    ],
)
def test_asking_for_what_there_is_is_accepted(
    file: File, field: MakeField, more: str, sync: str, field_more: str
) -> None:
    file.write(more, sync=SYNC + f"{ONE_WAY}\n{sync}", fields=field("contact.Title", "job_title", field_more))

    assert file.read().config.account == "acme"


@pytest.mark.parametrize(
    ("more", "path"),
    [('[logs]\nkeep = "ten days"', "logs.keep"), ("[notify]\non_failure = 3", "notify.on_failure")],
)
def test_a_wrong_value_is_told_as_wrong_and_nothing_else(file: File, more: str, path: str) -> None:
    problem = file.write(more).problem()

    assert problem.path == path
    assert "not yet" not in problem.message


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: ".".join(rule.path))
def test_every_rule_is_about_a_key_that_exists(rule: object) -> None:
    path = getattr(rule, "path")  # noqa: B009 - pytest hands the parameter over as an object
    table = model_at(path[:-1]) or Config

    assert path[-1] in table.model_fields
