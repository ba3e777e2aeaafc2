"""``ccsync config``: what stands in the configuration, whether it is right, and where it is.

Functions without ``render`` in their name return plain data for ``--json``; the others draw that data.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import Console


def check(path: Path) -> dict[str, Any]:
    """Read the file and count what is in it; ``ConfigError`` with every mistake when it is wrong."""
    from ccsync.config.load import read

    loaded = read(path)
    config = loaded.config
    return {
        "path": str(path),
        "account": config.account,
        "sandbox": config.sandbox.enabled,
        "syncs": len(config.sync),
        "fields": sum(len(sync.field) for sync in config.sync),
        "warnings": [asdict(warning) for warning in loaded.warnings],
    }


def render_check(data: Mapping[str, Any], console: Console) -> None:
    """Say OK with the counts, then the warnings."""
    from ccsync.config.report import describe
    from ccsync.errors import Problem

    counts = f"{_counted(data['syncs'], 'sync')}, {_counted(data['fields'], 'field')}"
    sandbox = ", in the sandbox" if data["sandbox"] else ""
    _say(console, f"OK  {data['path']}: account {data['account']}{sandbox}, {counts}")
    for warning in data["warnings"]:
        _say(console, f"warning  {describe(Problem(**warning), Path(data['path']))}")


def show(path: Path, environ: Mapping[str, str]) -> dict[str, Any]:
    """Return every setting with its value and its origin: the file with the line, the default, the environment."""
    from ccsync.config.effective import settings
    from ccsync.config.load import read

    return {"path": str(path), "settings": [asdict(setting) for setting in settings(read(path), environ)]}


def render_show(data: Mapping[str, Any], console: Console) -> None:
    """Draw the settings as a table; long values are folded, never cut."""
    from rich.table import Table
    from rich.text import Text

    from ccsync.config.report import as_toml

    table = Table(box=None, pad_edge=False, title=Text(data["path"]), title_justify="left")
    for heading in ("setting", "value", "from"):
        table.add_column(heading, overflow="fold", no_wrap=False)
    for setting in data["settings"]:
        origin = f"line {setting['line']}" if setting["line"] else setting["origin"]
        style = "dim" if setting["origin"] == "default" else ""
        table.add_row(Text(setting["key"]), Text(as_toml(setting["value"])), Text(origin), style=style)
    console.print(table)


def where(explicit: Path | None, environ: Mapping[str, str]) -> dict[str, Any]:
    """Return which file counts; ``ConfigError`` with every place that was tried when there is none."""
    from ccsync.config.source import find

    return {"path": str(find(explicit, environ))}


def render_where(data: Mapping[str, Any], console: Console) -> None:
    """Print the path alone, for use in a script."""
    _say(console, data["path"])


def schema() -> dict[str, Any]:
    """Return the JSON Schema of the file, for editors."""
    from ccsync.config.model import Config

    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Config.model_json_schema(),
        "title": "The configuration of ccsync",
    }


def render_schema(data: Mapping[str, Any], console: Console) -> None:
    """Print the schema as JSON, which is what an editor reads."""
    import json

    _say(console, json.dumps(data, indent=2))


def _say(console: Console, text: str) -> None:
    console.print(text, markup=False, highlight=False, soft_wrap=True)


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
