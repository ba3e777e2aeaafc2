"""Asking somebody on a terminal: with arrow keys, with numbers where a terminal cannot do more, or nobody at all."""

from __future__ import annotations

import re
import sys
import textwrap
from contextlib import nullcontext
from getpass import getpass
from typing import TYPE_CHECKING, NoReturn

from ccsync.cli.output import clean
from ccsync.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from contextlib import AbstractContextManager

    from ccsync.cli.output import Output
    from ccsync.cli.session import Session
    from ccsync.engine.options import Progress
    from ccsync.engine.setup.asking import Asker, Choice

_COLUMN = re.compile(r"\S+ {2,}")  # a word and what is said of it, in a column of its own


def asker_of(session: Session) -> Asker:
    """Return whoever can be asked: questions are on stderr, so both that and stdin have to be a terminal."""
    there = session.environment
    if not (there.stdin.isatty() and there.stderr.isatty()):
        return Nobody()
    if there.variables.get("TERM", "dumb") == "dumb":
        return Numbers(session)
    from ccsync.cli.asking_arrows import Arrows

    return Arrows(session)


class Nobody:
    """No terminal: whoever is asked for something all the same gives the flags as the way out."""

    present = False

    def choose(self, question: str, *_: object, **__: object) -> str:
        """Refuse."""
        return self._refuse(question)

    def pick(self, question: str, *_: object, **__: object) -> list[str]:
        """Refuse."""
        return self._refuse(question)

    def text(self, question: str, *_: object, **__: object) -> str:
        """Refuse."""
        return self._refuse(question)

    def secret(self, question: str) -> str:
        """Refuse."""
        return self._refuse(question)

    def confirm(self, question: str, **_: object) -> bool:
        """Refuse."""
        return self._refuse(question)

    def tell(self, text: str) -> None:
        """Say nothing."""

    def watching(self) -> AbstractContextManager[Progress]:
        """Show nothing."""
        from ccsync.engine.options import Unwatched

        return nullcontext(Unwatched())

    def _refuse(self, question: str) -> NoReturn:
        raise UsageError(f"there is no terminal to ask on: {question}", hint="ccsync init --help")


class Numbers:
    """Choices with numbers before them, and answers that end with Enter."""

    present = True

    def __init__(self, session: Session) -> None:
        self._stdin = session.environment.stdin
        self._stderr = session.environment.stderr
        self._session = session

    def choose(self, question: str, choices: Sequence[Choice], proposed: str = "") -> str:
        """Return the choice whose number is typed."""
        values = [one.value for one in choices]
        usual = values.index(proposed) + 1 if proposed in values else 1
        self._list(question, choices)
        while True:
            found = _numbers(self._read(f"Number [{usual}]: ") or str(usual), len(values))
            if found is not None and len(found) == 1:
                return values[found[0]]
            self.tell(f"One number from 1 to {len(values)}")

    def pick(self, question: str, choices: Sequence[Choice], proposed: Collection[str]) -> list[str]:
        """Return the choices whose numbers are typed; those that are proposed have a mark."""
        self._list(question, choices, [one.value for one in choices if one.value in proposed])
        while True:
            typed = self._read("Numbers with blanks between, 0 for none [those with *]: ")
            found = [] if typed == "0" else _numbers(typed, len(choices))
            if not typed:
                return [one.value for one in choices if one.value in proposed]
            if found is not None:
                return [one.value for place, one in enumerate(choices) if place in found]
            self.tell(f"Numbers from 1 to {len(choices)}, such as: 1 2 4")

    def text(self, question: str, proposed: str, complaint: Callable[[str], str]) -> str:
        """Return what is typed, or what is proposed."""
        usual = f" [{proposed}]" if proposed else ""
        while True:
            answer = self._read(f"{question}{usual}: ") or proposed
            wrong = complaint(answer)
            if not wrong:
                return answer
            self.tell(wrong)

    def secret(self, question: str) -> str:
        """Return what is typed unseen."""
        if self._stdin is sys.stdin:
            return getpass(f"{question}: ", stream=self._stderr).strip()
        return self._read(f"{question}: ")

    def confirm(self, question: str, *, proposed: bool) -> bool:
        """Return whether a word with y is typed."""
        while True:
            answer = self._read(f"{question} [{'Y/n' if proposed else 'y/N'}] ").casefold()
            if answer in ("", "y", "yes", "n", "no"):
                return answer.startswith("y") if answer else proposed
            self.tell("y or n")

    def tell(self, text: str) -> None:
        """Say it, wrapped."""
        tell(self._session.output, text)

    def watching(self) -> AbstractContextManager[Progress]:
        """Show nothing: such a terminal cannot draw over what stands there."""
        from ccsync.engine.options import Unwatched

        return nullcontext(Unwatched())

    def _list(self, question: str, choices: Sequence[Choice], marked: Collection[str] = ()) -> None:
        lines = [question]
        for number, one in enumerate(choices, 1):
            mark = "*" if one.value in marked else " "
            lines.append(f"{mark}{number:>3}  {clean(one.title)}")
        self._stderr.write("\n".join(lines) + "\n")

    def _read(self, prompt: str) -> str:
        self._stderr.write(clean(prompt))
        self._stderr.flush()
        line = self._stdin.readline()
        if not line:  # Ctrl-D
            raise KeyboardInterrupt
        return line.strip()


def tell(output: Output, text: str) -> None:
    """Say something on stderr between words; what is set in, such as a picture of a place, stays as it is."""
    width = output.talk_console.width
    for line in text.split("\n"):
        column = _COLUMN.match(line)
        hanging = " " * column.end() if column else ""
        wrapped = [line] if line.startswith(" ") else textwrap.wrap(line, width, subsequent_indent=hanging)
        for part in wrapped or [""]:
            output.insist(part)


def _numbers(text: str, most: int) -> list[int] | None:
    words = text.replace(",", " ").split()
    if not all(word.isascii() and word.isdigit() and 1 <= int(word) <= most for word in words):
        return None
    return [int(word) - 1 for word in words]
