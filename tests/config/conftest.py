from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import pytest

from ccsync.config.load import Loaded, read
from ccsync.errors import ConfigError, Problem

if TYPE_CHECKING:
    from pathlib import Path

HERE = "# here"


def accept(expression: str, /) -> object:
    return expression


class File:
    """A configuration that is right, whose parts a test replaces."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.text = ""

    def write(
        self,
        more: str = "",
        *,
        top: str = 'account = "acme"',
        membrain: str = 'instance = "acme"',
        constant_contact: str = 'client_id = "app-1"',
        sync: str = 'name = "customers"\ndirection = "membrain-to-constant-contact"\nlist = "Customers"',
        fields: str = "",
    ) -> File:
        tables = (top, f"[membrain]\n{membrain}", f"[constant_contact]\n{constant_contact}", more)
        return self.write_as_it_is("\n\n".join((*tables, f"[[sync]]\n{sync}", fields)))

    def write_as_it_is(self, text: str) -> File:
        self.text = text
        self.path.write_text(text, encoding="utf-8")
        return self

    def read(self) -> Loaded:
        return read(self.path, compile_filter=accept)

    def problems(self) -> tuple[Problem, ...]:
        with pytest.raises(ConfigError) as caught:
            self.read()
        return caught.value.problems

    def problem(self) -> Problem:
        """Return the one problem of the file."""
        problems = self.problems()
        assert len(problems) == 1, problems
        return problems[0]

    @property
    def marked_line(self) -> int:
        """The line that a test marks with a comment."""
        return next(number for number, line in enumerate(self.text.split("\n"), 1) if line.endswith(HERE))


class MakeField(Protocol):
    def __call__(self, membrain: str, constant_contact: str, more: str = "") -> str: ...


@pytest.fixture
def file(tmp_path: Path) -> File:
    return File(tmp_path / "config.toml")


@pytest.fixture
def field() -> MakeField:
    def make(membrain: str, constant_contact: str, more: str = "") -> str:
        return f'\n[[sync.field]]\nmembrain = "{membrain}"\nconstant_contact = "{constant_contact}"\n{more}\n'

    return make
