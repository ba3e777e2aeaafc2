"""What the documents say can be typed and opened: the commands in them, and their links."""

from __future__ import annotations

import io
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import typer

from ccsync.cli.app import execute
from ccsync.cli.commands import application
from ccsync.cli.session import Environment
from ccsync.clock import SystemClock
from ccsync.config.model import Config

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
DOCUMENTS = (
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    *(
        str(path.relative_to(ROOT))
        for folder in ("docs", "src/ccsync/cli/pages")
        for path in (ROOT / folder).glob("*.md")
    ),
)
MADE = "docs/commands.md"
BLOCK = re.compile(r"^ *```(\w*)\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`([^`\n]+)`")
TEST = re.compile(r"`(tests/[\w/]+\.py)((?:::\w+)*)`")
LINK = re.compile(r"\]\(([^)\s]+)\)")
# A line of a shell, of crontab or of a unit; COMMAND in capitals stands for any.
COMMAND = re.compile(r"(?:(?:[*/\d]+ ){5})?(?:\S*/|\$as_)?ccsync ((?!COMMAND)[^<]+)")


def text(document: str) -> str:
    return (ROOT / document).read_text("utf-8")


def commands() -> list[str]:
    """Return what stands behind `ccsync`, once each, in blocks and between backquotes."""
    found = set()
    for document in set(DOCUMENTS) - {MADE}:
        blocks = [block for _, block in BLOCK.findall(text(document))]
        lines = [*"\n".join(blocks).splitlines(), *SPAN.findall(BLOCK.sub("", text(document)))]
        parts = [part.strip() for line in lines for part in line.split("&&")]
        found |= {match[1].strip() for part in parts if (match := COMMAND.match(part))}
    return sorted(found)


def anchor(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def test_the_first_two_shell_blocks_of_the_readme_are_one_command_each() -> None:
    shell = [block.strip() for language, block in BLOCK.findall(text("README.md")) if language == "sh"]

    assert "ccsync run --once" in shell[0]
    assert "pytest" in shell[1]
    assert ["\n" in block for block in shell[:2]] == [False, False]


def test_the_readme_shows_how_to_log_in_to_run_and_to_look() -> None:
    assert {"auth login membrain", "auth login constant-contact", "run --once --dry-run", "status"} <= set(commands())


@pytest.mark.parametrize("line", commands())
def test_each_command_in_the_documents_is_one_that_ccsync_understands(line: str) -> None:
    said = io.StringIO()
    environment = Environment(io.StringIO(), said, said, {}, SystemClock())

    code = execute([*shlex.split(line), "--help"], environment)  # options are read before the help is shown

    assert (code, "Usage: ccsync" in said.getvalue()) == (0, True), said.getvalue()


@pytest.mark.parametrize("document", DOCUMENTS)
def test_each_link_leads_somewhere(document: str) -> None:
    folder = (ROOT / document).parent
    headings = {f"#{anchor(line.lstrip('# '))}" for line in text(document).splitlines() if line.startswith("#")}
    links = [link for link in LINK.findall(text(document)) if not link.startswith("https://")]

    assert [link for link in links if link not in headings and not (folder / link).exists()] == []


def test_each_test_that_a_document_names_is_there() -> None:
    named = [found for document in DOCUMENTS for found in TEST.findall(text(document))]
    missing = [
        file + path
        for file, path in named
        for word in path.split("::")[-1:]
        if not re.search(rf"(?:def|class) {word}\b" if word else "def test_", text(file))
    ]

    assert named
    assert missing == []


def test_the_page_of_commands_has_every_command_with_every_option() -> None:
    page = text(MADE)
    tree = typer.main.get_command(application())
    missing = [
        f"{path} {option}"
        for path, command in leaves(tree, "ccsync")
        for option in (
            "",
            *(
                word
                for param in command.params
                for word in param.opts
                if word.startswith("--") and not getattr(param, "hidden", False)
            ),
        )
        if not re.search(rf"^#+ `{path}`\n(?:(?!^#+ `).*\n)*?.*{re.escape(option)}", page, re.MULTILINE)
    ]

    assert missing == [], "python docs/make_commands.py writes it anew"


def leaves(command: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Walk the tree of commands."""
    for name, inner in getattr(command, "commands", {}).items():
        yield from leaves(inner, f"{path} {name}")
    if not getattr(command, "commands", None):
        yield path, command


def test_the_example_shows_every_key_of_the_configuration() -> None:
    example = (ROOT / "examples/config.toml").read_text("utf-8")
    schema = Config.model_json_schema()
    models = [schema, *schema["$defs"].values()]
    keys = {key for model in models for key in model["properties"]}

    assert [key for key in keys if not re.search(rf"^#? ?\[*{key}\b|^\[\[sync\.{key}", example, re.MULTILINE)] == []
