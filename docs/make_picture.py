# ruff: noqa: INP001 - a script, no package
"""Draw docs/terminal.svg, the picture in the README: real commands, on the sandbox of examples/config.toml.

    python docs/make_picture.py

The state lies in a folder that is thrown away; in the picture it is called by its usual name.
"""

from __future__ import annotations

import io
import os
import re
import tempfile
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import DIMMED_MONOKAI
from rich.text import Text

from ccsync.cli.app import execute
from ccsync.cli.session import Environment
from ccsync.clock import SystemClock

HERE = Path(__file__).parent
COMMANDS = (("run", "--once"), ("status",))
WIDTH = 80
TALLEST = 26
USUAL_STATE = "~/.local/state/ccsync"


class Screen(io.StringIO):
    """A stream that is taken for a terminal."""

    def isatty(self) -> bool:
        """Say yes."""
        return True


def main() -> None:
    """Run the commands and write the picture."""
    picture = Console(record=True, width=WIDTH, file=io.StringIO())
    with tempfile.TemporaryDirectory() as state:
        for words in COMMANDS:
            picture.print(Text.assemble(("$ ", "dim"), (f"ccsync {' '.join(words)}", "bold")))
            lines = said(words, Path(state)).replace(state, USUAL_STATE).splitlines()
            shown = lines if len(lines) <= TALLEST else [*lines[:TALLEST], "..."]
            picture.print(Text.from_ansi("\n".join(shown)), end="\n\n")
    svg = picture.export_svg(title="ccsync", theme=DIMMED_MONOKAI, unique_id="ccsync")
    # Fonts from elsewhere do not load in a README, and nothing here shall ask another server for anything.
    svg = re.sub(r"\s*@font-face \{.*?\}", "", svg, flags=re.DOTALL)
    (HERE / "terminal.svg").write_text(svg, "utf-8")


def said(words: tuple[str, ...], state: Path) -> str:
    """Return what a command writes to a terminal."""
    screen = Screen()
    variables = {
        **os.environ,
        "CCSYNC_CONFIG": str(HERE.parent / "examples" / "config.toml"),
        "CCSYNC_STATE_DIR": str(state),
        "COLUMNS": str(WIDTH),
        "TERM": "xterm-256color",
    }
    environment = Environment(io.StringIO(), screen, io.StringIO(), variables, SystemClock())
    code = execute(words, environment)
    if code:
        raise SystemExit(code)
    return screen.getvalue()


if __name__ == "__main__":
    main()
