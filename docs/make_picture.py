# ruff: noqa: INP001 - a script, no package
"""Draw docs/terminal.svg, the picture in the README: real commands, on the sandbox of examples/config.toml.

    python docs/make_picture.py

The state lies in a folder that is thrown away; in the picture it is called by its usual name. What is left out of a
long page is marked with dots.
"""

from __future__ import annotations

import io
import os
import re
import tempfile
from itertools import pairwise
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import DIMMED_MONOKAI
from rich.text import Text

from ccsync.cli.app import execute
from ccsync.cli.session import Environment
from ccsync.clock import SystemClock

HERE = Path(__file__).parent
WIDTH = 80
USUAL_STATE = "~/.local/state/ccsync"
FIELDS = 6  # lines of the table of fields, two for each
KIND = "opted_out"  # of those who wait
PEOPLE = 4  # lines of this kind, its heading included


class Screen(io.StringIO):
    """A stream that is taken for a terminal."""

    def isatty(self) -> bool:
        """Say yes."""
        return True


def main() -> None:
    """Run the commands and write the picture."""
    picture = Console(record=True, width=WIDTH, file=io.StringIO())
    with tempfile.TemporaryDirectory() as state:
        show(picture, "run --once", said("run --once", Path(state)))
        picture.print()
        show(picture, "status", shortened(said("status", Path(state))))
        picture.print()
    svg = picture.export_svg(title="ccsync", theme=DIMMED_MONOKAI, unique_id="ccsync")
    # Fonts from elsewhere do not load in a README, and nothing here shall ask another server for anything.
    svg = re.sub(r"\s*@font-face \{.*?\}", "", svg, flags=re.DOTALL)
    (HERE / "terminal.svg").write_text(svg, "utf-8")


def said(command: str, state: Path) -> list[str]:
    """Return the lines that a command writes to a terminal."""
    screen = Screen()
    variables = {
        **os.environ,
        "CCSYNC_CONFIG": str(HERE.parent / "examples" / "config.toml"),
        "CCSYNC_STATE_DIR": str(state),
        "COLUMNS": str(WIDTH),
        "TERM": "xterm-256color",
    }
    environment = Environment(io.StringIO(), screen, io.StringIO(), variables, SystemClock())
    code = execute(command.split(), environment)
    if code:
        raise SystemExit(code)
    return screen.getvalue().replace(str(state), USUAL_STATE).splitlines()


def shortened(status: list[str]) -> list[str]:
    """Return the head of a status, a few of its fields, one kind of those who wait, and its end."""
    plain = [Text.from_ansi(line).plain for line in status]
    table = next(number for number, line in enumerate(plain) if line.startswith("Field ")) + 1
    kind = next(number for number, line in enumerate(plain) if KIND in line)
    parts = (status[: table + FIELDS], ["", "Waiting"], status[kind : kind + PEOPLE], ["", *status[-2:]])
    return [line for part in parts for line in ("...", *part)][1:]


def show(picture: Console, command: str, lines: list[str]) -> None:
    """Draw a command and its lines, broken where a terminal breaks them."""
    picture.print(Text.assemble(("$ ", "bold green"), (f"ccsync {command}", "bold")))
    for line in lines:
        text = Text.from_ansi(line)
        cuts = [*range(0, max(len(text), 1), WIDTH), len(text)]
        for start, end in pairwise(cuts):
            picture.print(text[start:end], no_wrap=True)


if __name__ == "__main__":
    main()
