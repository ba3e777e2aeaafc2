"""The example is complete: every key of the model stands in it, set or as a comment with its default."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ccsync.config.effective import settings
from ccsync.config.load import Loaded, read
from ccsync.config.model import Config, Model
from ccsync.config.report import as_toml
from ccsync.config.wording import model_at

if TYPE_CHECKING:
    from collections.abc import Iterator

EXAMPLE = Path(__file__).parents[2] / "examples" / "config.toml"
SETTING = re.compile(r"^(?P<comment># )?(?P<key>[a-z_]+) = (?P<value>\[[^]]*\]|\{[^}]*\}|'[^']*'|\"[^\"]*\"|\S+)")
HEADER = re.compile(r"^(?:# )?\[\[?(?P<table>[a-z_.]+)\]\]?$")
WITHOUT_DEFAULT = {  # what an example can show and a default cannot be
    "membrain.url",
    "credentials.store",
    "credentials.key_file",
    "credentials.key_command",
    "guard.max_new",
    "notify.healthchecks_url",
    "notify.on_failure",
    "notify.textfile",
    "sync.field.direction",
    "sync.field.values",
    "sync.field.default",
}


@pytest.fixture(scope="module")
def example() -> Loaded:
    return read(EXAMPLE)


def _keys(model: type[Model], path: tuple[str, ...] = ()) -> Iterator[str]:
    for key in model.model_fields:
        table = model_at((*path, key))
        if table is None:
            yield ".".join((*path, key))
        else:
            yield from _keys(table, (*path, key))


def _written() -> Iterator[tuple[str, str, bool]]:
    """Each setting of the file as (key, value, commented)."""
    table = ""
    for line in EXAMPLE.read_text(encoding="utf-8").splitlines():
        header, setting = HEADER.match(line), SETTING.match(line)
        if header:
            table = header["table"] + "."
        if setting:
            yield table + setting["key"], setting["value"], bool(setting["comment"])


def test_it_is_right_and_warns_of_nothing(example: Loaded) -> None:
    assert example.warnings == ()


def test_it_runs_as_it_is_in_the_sandbox(example: Loaded) -> None:
    assert example.config.sandbox.enabled
    assert example.config.account == "example"


def test_every_key_of_the_model_stands_in_it() -> None:
    assert {key for key, _value, _commented in _written()} == set(_keys(Config))


def test_what_is_commented_out_shows_the_value_it_has_anyway() -> None:
    defaults = _defaults()
    shown = {key: value for key, value, commented in _written() if commented and key not in WITHOUT_DEFAULT}

    assert shown == {key: defaults[key] for key in shown}
    assert len(shown) > 10


def test_each_field_of_the_example_is_there_once(example: Loaded) -> None:
    (sync,) = example.config.sync

    assert {(field.membrain, field.constant_contact) for field in sync.field} == {
        ("contact.Name", "full_name"),
        ("company.Name", "company_name"),
        ("contact.JobTitle", "job_title"),
        ("contact.Phone", "custom.Phone"),
        ("company.City", "address.work.city"),
        ("company.CountryCode", "address.work.country"),
        ("project.OwnerName", "custom.Owner"),
        ("contact.custom.Language", "custom.Language"),
        ("contact.custom.E-mail consent", "permission_to_send"),
    }


def _defaults() -> dict[str, str]:
    """Every default as the example would write it."""
    minimal: dict[str, Any] = {"name": "x", "direction": "both", "list": "L"}
    minimal["field"] = [{"membrain": "contact.Name", "constant_contact": "full_name"}]
    config = Config.model_validate({"account": "x", "sync": [minimal]})
    loaded = Loaded(config, (), EXAMPLE, read(EXAMPLE).lines)
    return {re.sub(r"\[0\]", "", one.key): as_toml(one.value) for one in settings(loaded, {})}
