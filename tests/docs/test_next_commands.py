"""Every error that ends a command names the next one: read out of the code, so that none is forgotten."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import ccsync

if TYPE_CHECKING:
    from collections.abc import Iterator

CODE = Path(ccsync.__file__).parent
COMMAND = re.compile(r"\bccsync [a-z-]|the same command again|\b(chmod|chown|mv|ls|df|pip install) |CCSYNC_STATE_DIR=")
SAYS_IT_ITSELF = {"GrantRefused", "Interrupted", "OtherUserError"}
"""Their constructors give the hint."""


def modules() -> dict[Path, ast.Module]:
    return {path: ast.parse(path.read_text("utf-8")) for path in CODE.rglob("*.py")}


def errors(trees: dict[Path, ast.Module]) -> set[str]:
    """Return the names of CcsyncError and of everything that is one."""
    parents = {
        node.name: {base.id for base in node.bases if isinstance(base, ast.Name)}
        for tree in trees.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
    }
    found = {"CcsyncError"}
    while more := {name for name, bases in parents.items() if bases & found} - found:
        found |= more
    return found


@cache
def made() -> tuple[tuple[str, ast.expr | None], ...]:
    """Return where an error is made, and the hint that it is given."""
    return tuple(_made(modules()))


def _made(trees: dict[Path, ast.Module]) -> Iterator[tuple[str, ast.expr | None]]:
    names = errors(trees) - SAYS_IT_ITSELF
    for path, tree in trees.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
                given = {word.arg: word.value for word in node.keywords}
                yield f"{path.relative_to(CODE)}:{node.lineno} {node.func.id}", given.get("hint")


def words(hint: ast.expr) -> str | None:
    """Return what a hint is sure to say; None for what is put together elsewhere."""
    match hint:
        case ast.Constant(str(text)):
            return text
        case ast.JoinedStr(parts):
            names = {node.id for part in parts for node in ast.walk(part) if isinstance(node, ast.Name)}
            texts = "".join(str(part.value) for part in parts if isinstance(part, ast.Constant))
            commands = names & {"LOGIN", "HINT", "login_command", "with_key_command"}
            return f"{texts} ccsync auth" if commands else texts
        case _:
            return None


def test_each_has_a_hint() -> None:
    without = [where for where, hint in made() if hint is None]
    assert without == []


def test_each_hint_holds_something_to_type() -> None:
    told = [(where, words(hint)) for where, hint in made() if hint is not None]
    assert len(told) > 100
    assert [(where, said) for where, said in told if said is not None and not COMMAND.search(said)] == []
