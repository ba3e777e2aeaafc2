"""``ccsync config check / show / path / schema``: their data, and how it is drawn."""

from __future__ import annotations

import io
import json
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from rich.console import Console

from ccsync.cli import config as commands
from ccsync.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

EXAMPLE = Path(__file__).parents[2] / "examples" / "config.toml"


def drawn(render: Callable[[Mapping[str, Any], Console], None], data: Mapping[str, Any]) -> str:
    console = Console(file=io.StringIO(), width=80, no_color=True)
    render(data, console)
    text = console.file
    assert isinstance(text, io.StringIO)
    return text.getvalue()


class TestCheck:
    def test_counts_what_is_in_the_file(self) -> None:
        data = commands.check(EXAMPLE)

        assert data == {
            "path": str(EXAMPLE),
            "account": "example",
            "sandbox": True,
            "syncs": 1,
            "fields": 9,
            "warnings": [],
        }

    def test_says_ok_in_one_line(self) -> None:
        text = drawn(commands.render_check, commands.check(EXAMPLE))

        assert text == f"OK  {EXAMPLE}: account example, in the sandbox, 1 sync, 9 fields\n"

    def test_shows_the_warnings_below(self, tmp_path: Path) -> None:
        path = tmp_path / "config.toml"
        path.write_text(EXAMPLE.read_text(encoding="utf-8").replace('interval = "3m"', 'interval = "2s"'))
        ok, warning = drawn(commands.render_check, commands.check(path)).splitlines()

        assert ok.startswith("OK  ")
        assert warning.startswith(f"warning  {path}:")
        assert "service.interval: every 2s takes 86,400 calls a day" in warning

    def test_raises_with_every_mistake(self, tmp_path: Path) -> None:
        path = tmp_path / "config.toml"
        path.write_text('account = ""\n[guard]\nmax = 1\n')
        with pytest.raises(ConfigError) as caught:
            commands.check(path)

        assert len(caught.value.problems) > 2


class TestShow:
    def test_holds_every_setting_with_its_origin(self) -> None:
        data = commands.show(EXAMPLE, {"CCSYNC_STATE_DIR": "/var/lib/ccsync"})
        by_key = {setting["key"]: setting for setting in data["settings"]}

        assert by_key["account"]["value"] == "example"
        assert by_key["account"]["origin"] == "file"
        assert by_key["guard.max_new"] == {"key": "guard.max_new", "value": None, "origin": "default", "line": None}
        assert by_key["CCSYNC_STATE_DIR"]["origin"] == "environment"
        assert json.loads(json.dumps(data)) == data

    def test_fits_80_columns_and_cuts_nothing(self) -> None:
        text = drawn(commands.render_show, commands.show(EXAMPLE, {}))

        assert all(len(line) <= 80 for line in text.splitlines())
        assert "…" not in text
        assert '"membrain-to-constant-contact"' in text

    @pytest.mark.parametrize(
        ("value", "written"),
        [
            (None, "-"),
            (True, "true"),
            (3.5, "3.5"),
            ("", '""'),
            ('a == "b"', "'a == \"b\"'"),
            ('it\'s "so"', '"it\'s \\"so\\""'),
            ("a\nb\x1b[2J\x9b", '"a\\nb\\U0000001b[2J\\U0000009b"'),
            ("[bold]Malmö[/bold]", '"[bold]Malmö[/bold]"'),
            (["a", "b"], '["a", "b"]'),
            ({"Ja": "Yes"}, '{"Ja" = "Yes"}'),
            ({}, "{}"),
        ],
    )
    def test_writes_values_as_the_file_would_and_nothing_a_terminal_obeys(self, value: object, written: str) -> None:
        setting = {"key": "x", "value": value, "origin": "default", "line": None}

        assert written in drawn(commands.render_show, {"path": "c.toml", "settings": [setting]})


class TestPath:
    def test_is_the_file_that_counts_and_nothing_else(self) -> None:
        data = commands.where(None, {"CCSYNC_CONFIG": str(EXAMPLE)})

        assert data == {"path": str(EXAMPLE)}
        assert drawn(commands.render_where, data) == f"{EXAMPLE}\n"


class TestSchema:
    def test_accepts_the_example(self) -> None:
        schema = commands.schema()
        jsonschema.Draft202012Validator.check_schema(schema)

        jsonschema.validate(tomllib.loads(EXAMPLE.read_text(encoding="utf-8")), schema)

    @pytest.mark.parametrize(
        "change",
        [
            {"acount": "x"},
            {"service": {"interval": 3}},
            {"service": {"interval": "3 minutes"}},
            {"logs": {"max_size": "big"}},
            {"credentials": {"store": "file"}},
            {"guard": {"max_removals": -1}},
        ],
    )
    def test_shows_an_editor_what_ccsync_would_refuse(self, change: dict[str, Any]) -> None:
        tables = tomllib.loads(EXAMPLE.read_text(encoding="utf-8")) | change
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(tables, commands.schema())

    def test_is_printed_as_json_whatever_the_width(self) -> None:
        schema = commands.schema()

        assert json.loads(drawn(commands.render_schema, schema)) == schema
