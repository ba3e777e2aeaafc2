"""The bar that a run shows on a terminal, and takes away when it is done."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Column

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from rich.console import Console, ConsoleOptions, RenderableType, RenderResult

_ECHO = 2
"""So many columns a terminal writes when Ctrl-C is pressed, "^C": beyond the last one they would begin a new line."""


class _Narrow(Progress):
    """Leaves room for that, so that the line is where it is looked for when it is taken away."""

    def get_renderable(self) -> RenderableType:
        """Return the bar."""
        return _Short(super().get_renderable())


class _Short:
    def __init__(self, whole: RenderableType) -> None:
        self._whole = whole

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield from console.render(self._whole, options.update_width(max(1, options.max_width - _ECHO - 1)))


class Bar:
    """Watches a run: one line, with the part that is on, how far it is, and the time since its start."""

    def __init__(self, console: Console) -> None:
        self._progress = _Narrow(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False, table_column=Column(ratio=1, no_wrap=True)),
            BarColumn(bar_width=20),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            expand=True,
        )
        self._task = self._progress.add_task("starting", total=None)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Take the bar away while something else is written, and bring it back."""
        self._progress.stop()
        try:
            yield
        finally:
            self._progress.start()

    def phase(self, name: str, total: int | None = None) -> None:
        """Begin a new part of the run."""
        self._progress.update(self._task, description=name, completed=0, total=total)

    def advance(self, steps: int = 1) -> None:
        """Note that steps are done."""
        self._progress.advance(self._task, steps)
