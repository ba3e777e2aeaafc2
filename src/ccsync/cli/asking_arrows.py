"""Asking with arrow keys. Brings a terminal library, so that it is loaded only when somebody is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import questionary
from prompt_toolkit.input import create_input
from prompt_toolkit.output import ColorDepth, create_output
from rich.cells import cell_len, set_cell_size

from ccsync.cli.asking import tell
from ccsync.cli.output import clean
from ccsync.cli.progress import Bar

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from contextlib import AbstractContextManager

    from ccsync.cli.session import Session
    from ccsync.engine.options import Progress
    from ccsync.engine.setup.asking import Choice

_MANY = 12  # choices; among more one types a part of the name
_MARGIN = 8
_STYLE = questionary.Style([("qmark", "bold"), ("question", "bold"), ("answer", "fg:ansicyan"), ("pointer", "bold")])


class Arrows:
    """Questions on stderr; Ctrl-C and Ctrl-D end the conversation."""

    present = True

    def __init__(self, session: Session, **terminal: Any) -> None:
        self._session = session
        there = session.environment
        if not terminal:
            terminal = {"input": create_input(there.stdin), "output": create_output(there.stderr)}
        if there.variables.get("NO_COLOR"):
            terminal["color_depth"] = ColorDepth.DEPTH_1_BIT
        self._terminal = {"style": _STYLE, **terminal}

    def choose(self, question: str, choices: Sequence[Choice], proposed: str = "") -> str:
        """Return the choice that the arrow stands at."""
        rows = [questionary.Choice(self._fit(one.title), value=one.value) for one in choices]
        usual = next((row for row in rows if row.value == proposed), None)
        many = len(rows) > _MANY
        asked = questionary.select(
            question,
            rows,
            default=usual,
            use_search_filter=many,
            use_jk_keys=False,
            instruction="(type to find)" if many else " ",
            **self._terminal,
        )
        return str(self._answer(asked))

    def pick(self, question: str, choices: Sequence[Choice], proposed: Collection[str]) -> list[str]:
        """Return the choices that have a mark."""
        rows = [
            questionary.Choice(self._fit(one.title), value=one.value, checked=one.value in proposed) for one in choices
        ]
        asked = questionary.checkbox(
            question, rows, use_jk_keys=False, instruction="(space marks, Enter takes)", **self._terminal
        )
        return [str(one) for one in self._answer(asked)]

    def text(self, question: str, proposed: str, complaint: Callable[[str], str]) -> str:
        """Return a line."""
        while True:
            answer = str(self._answer(questionary.text(f"{question}:", default=proposed, **self._terminal))).strip()
            wrong = complaint(answer)
            if not wrong:
                return answer
            self.tell(wrong)
            proposed = answer

    def secret(self, question: str) -> str:
        """Return a line that shows as stars."""
        return str(self._answer(questionary.password(f"{question}:", **self._terminal))).strip()

    def confirm(self, question: str, *, proposed: bool) -> bool:
        """Return yes or no, at one key."""
        return bool(self._answer(questionary.confirm(question, default=proposed, **self._terminal)))

    def tell(self, text: str) -> None:
        """Say it, wrapped."""
        tell(self._session.output, text)

    def watching(self) -> AbstractContextManager[Progress]:
        """Show a bar."""
        return Bar(self._session.output.talk_console)

    def _answer(self, asked: questionary.Question) -> Any:
        try:
            return asked.unsafe_ask()
        except EOFError:  # Ctrl-D
            raise KeyboardInterrupt from None

    def _fit(self, title: str) -> str:
        width = self._session.output.talk_console.width - _MARGIN
        title = clean(title)
        return title if cell_len(title) <= width else f"{set_cell_size(title, width - 1)}…"
