"""A new configuration: read back before it counts, and written wholly or not at all."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING, Any

import pytest

from ccsync.config.create import complaint, directions, place_of_new, problems_in, write_new
from ccsync.config.load import load
from ccsync.config.source import read_document
from ccsync.errors import ConfigError, LocalError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

TABLES: dict[str, Any] = {
    "account": "acme",
    "membrain": {"instance": "acme"},
    "constant_contact": {"client_id": "app-1"},
    "credentials": {"store": "encrypted-file", "key_file": "/etc/ccsync/key"},
    "sync": [
        {
            "name": "customers",
            "direction": "membrain-to-constant-contact",
            "filter": 'contact.custom["Newsletter"] == "Yes"',
            "list": "Kund\N{LATIN SMALL LETTER E WITH ACUTE}r \"A\" & 'B'",
            "when_leaving": "remove-from-list",
            "field": [{"membrain": "contact.custom.VIP", "constant_contact": "custom.VIP", "values": {"Ja då": "Yes"}}],
        }
    ],
}


def test_what_is_written_says_what_was_meant(tmp_path: Path) -> None:
    file = tmp_path / "a" / "b" / "config.toml"
    assert write_new(file, TABLES, replace=False) is None
    assert {name: read_document(file).tables[name] for name in TABLES} == TABLES
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in file.parent.iterdir()] == ["config.toml"]


def test_a_filter_reads_as_people_write_it(tmp_path: Path) -> None:
    write_new(tmp_path / "config.toml", TABLES, replace=False)
    assert """\nfilter = 'contact.custom["Newsletter"] == "Yes"'\n""" in (tmp_path / "config.toml").read_text()


@pytest.mark.parametrize("text", ["two\nlines", 'it\'s "both"', "\\", "\u2028", "'''"])
def test_any_text_comes_back_as_it_was(text: str, tmp_path: Path) -> None:
    sync = {**TABLES["sync"][0], "filter": f"contact.Name == {text!r}" if text == "'''" else 'contact.Name == "x"'}
    file = tmp_path / "config.toml"
    sync["field"] = [{**sync["field"][0], "values": {text.strip() or "x": "Yes"}}]
    write_new(file, {**TABLES, "sync": [sync]}, replace=False)
    assert read_document(file).tables["sync"] == [sync]


def test_what_would_be_refused_is_not_written(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    with pytest.raises(ConfigError):
        write_new(file, {**TABLES, "account": "a b"}, replace=True)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_there_is_only_replaced_when_that_was_said(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text("mine")
    with pytest.raises(UsageError):
        write_new(file, TABLES, replace=False)
    assert file.read_text() == "mine"
    undo = write_new(file, TABLES, replace=True)
    assert undo is not None
    assert undo.read_text() == "mine"
    assert load(file).account == "acme"


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(LocalError, match="cannot be written"):
        write_new(tmp_path / "file" / "config.toml", TABLES, replace=False)


@pytest.mark.parametrize(
    ("table", "key", "value", "said"),
    [
        ("membrain", "instance", "acme", ""),
        ("membrain", "instance", "a b", "is not the name of a Membrain instance"),
        ("membrain", "url", "http://127.0.0.1:1/API/v2/", ""),
        ("credentials", "key_file", "/etc/ccsync/key", ""),
        ("credentials", "key_file", "key", "relative path"),
        ("", "account", "a b", "may hold letters"),
        ("sync", "list", "", "is empty, and has to be answered"),
        ("sync", "filter", "contact.Name = 3", "to compare, write =="),
    ],
)
def test_one_answer_is_judged_as_the_whole_file_would_be(table: str, key: str, value: str, said: str) -> None:
    found = complaint(table, key, value)
    assert found == said if not said else said in found


def test_directions_are_those_that_the_configuration_takes() -> None:
    for one in directions():
        assert not problems_in({**TABLES, "sync": [{**TABLES["sync"][0], "direction": one}]})
    assert "membrain-to-constant-contact" in directions()


def test_a_new_file_goes_where_it_will_be_looked_for(tmp_path: Path) -> None:
    assert place_of_new(tmp_path / "a", {"CCSYNC_CONFIG": "/b"}) == tmp_path / "a"
    assert str(place_of_new(None, {"CCSYNC_CONFIG": "/b/config.toml"})) == "/b/config.toml"
    assert place_of_new(None, {}).name == "config.toml"
