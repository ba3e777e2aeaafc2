"""Tables that fit the terminal: names are cut with an ellipsis, numbers never."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from ccsync.cli.output import clean

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

COUNTS = ("created", "updated", "added", "removed", "unchanged", "skipped", "failed")
_RED = {"failed"}


def table(
    headings: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: Sequence[str] = (), fixed: Sequence[str] = ()
) -> Table:
    """Return a table of plain text.

    Columns named in ``numbers`` stand to the right. They and those in ``fixed`` keep their width; the others give way.
    """
    cells = [[cell(heading, text) for heading, text in zip(headings, row, strict=True)] for row in rows]
    drawn = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for index, heading in enumerate(headings):
        keeps = heading in numbers or heading in fixed
        widest = max([cell_len(heading), *(row[index].cell_len for row in cells)])
        drawn.add_column(
            Text(heading),
            justify="right" if heading in numbers else "left",
            min_width=widest if keeps else 8,
            no_wrap=keeps,
        )
    for row in cells:
        drawn.add_row(*row)
    return drawn


def cell(heading: str, text: str) -> Text:
    """Return one cell, made safe: failures that are not 0 stand out, zeros step back."""
    failed = heading.lower() in _RED and text not in ("", "0")
    style = "bold red" if failed else "dim" if text == "0" else ""
    return Text(clean(text), style=style, no_wrap=True, overflow="ellipsis")
