# ruff: noqa: INP001 - a script, no package
"""Writes docs/commands.md out of the commands themselves: python docs/make_commands.py."""

from __future__ import annotations

import re
from pathlib import Path

import typer
from typer.cli import get_docs_for_click

from ccsync.cli.commands import application

PAGE = Path(__file__).with_name("commands.md")
BEGINNING = "# Commands\n\nMade from the program's own help by `python docs/make_commands.py`.\n"
SHARED = re.compile(r"^\* `(--help|--config FILE|--json|-v, --verbose|-q, --quiet)`: .*\n", re.MULTILINE)
NO_OPTIONS = re.compile(r"\*\*Options\*\*:\n\n(?!\*)")
EXAMPLES = re.compile(r"^Examples:\n((?:  .*\n)+)", re.MULTILINE)


def page() -> str:
    """Return the page: what every command takes stands once, in front."""
    tree = typer.main.get_command(application())
    text = get_docs_for_click(obj=tree, ctx=typer.Context(tree, info_name="ccsync"), name="ccsync", title="Commands")
    front, _, rest = text.partition("\n## ")
    front = front.partition("**Usage**")[2]
    rest = NO_OPTIONS.sub("", SHARED.sub("", rest))
    whole = f"{BEGINNING}\n**Usage**{front}\n## {rest}"
    whole = EXAMPLES.sub(lambda found: f"Examples:\n\n```\n{_outdented(found[1])}```\n", whole)
    return re.sub(r"\n{3,}", "\n\n", whole.replace("```console\n$ ", "```\n"))


def _outdented(lines: str) -> str:
    return "".join(line.removeprefix("  ") + "\n" for line in lines.splitlines())


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
