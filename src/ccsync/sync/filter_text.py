"""Reading the text of a filter: which names it uses, and mistakes that its compiler does not see.

The compiler accepts any name and any function and fails only when a person is evaluated, so they are looked up here.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ccsync.sync.catalogue import Scope

if TYPE_CHECKING:
    from collections.abc import Callable

_TOKEN = re.compile(
    r"""
      (?P<space> \s+ | //[^\n]* )
    | (?P<text> [bB]?[rR][bB]?(?: \"{3}.*?\"{3} | '{3}.*?'{3} | "[^"\n]*" | '[^'\n]*' )
              | [bB]?(?: \"{3}(?:\\.|[^\\])*?\"{3} | '{3}(?:\\.|[^\\])*?'{3}
                       | "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*' ) )
    | (?P<word> [A-Za-z_]\w* )
    | (?P<number> \d\w*(?:\.\d\w*)? )
    | (?P<sign> . )
    """,
    re.VERBOSE | re.DOTALL,
)
_OPENING, _CLOSING = frozenset("([{"), frozenset(")]}")
_SCOPES = frozenset(scope.value for scope in Scope)
_BINDING = frozenset({"all", "exists", "exists_one", "existsOne", "map", "filter"})
_FUNCTIONS = _BINDING | {
    *("size", "contains", "startsWith", "endsWith", "matches"),
    *("string", "int", "uint", "double", "bytes", "type", "dyn", "timestamp", "duration"),
    *("getFullYear", "getMonth", "getDate", "getDayOfMonth", "getDayOfWeek", "getDayOfYear"),
    *("getHours", "getMinutes", "getSeconds", "getMilliseconds"),
}
_CONSTANTS = frozenset({"true", "false", "null", "in", "int", "uint", "double", "bool", "string", "bytes", "type"})
_NEVER_UNSET = 'has() is always true here, because what is not set is an empty text or null: write {name} != ""'


class FilterSyntaxError(ValueError):
    """A filter is no CEL expression; ``offset`` is the place in its text, in characters from 0."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset


@dataclass(frozen=True, slots=True, order=True)
class Name:
    """One value that a filter asks for; ``custom`` ones go by display name or id."""

    scope: Scope
    custom: bool
    name: str

    @property
    def path(self) -> str:
        """The name as the left side of a field map has it."""
        return f"{self.scope}.custom.{self.name}" if self.custom else f"{self.scope}.{self.name}"

    def __str__(self) -> str:
        return cel_spelling(self.path)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a filter asks for.

    ``whole`` are scopes named without a member, and ``expression`` is the filter with those under another name, as
    ``whole_name`` gives it: a variable cannot be both a text and the thing that has members.
    """

    expression: str
    names: frozenset[Name]
    whole: frozenset[Scope]


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    start: int


@dataclass(slots=True)
class _Draft:
    names: set[Name] = field(default_factory=set)
    whole: set[Scope] = field(default_factory=set)
    renamed: list[_Token] = field(default_factory=list)


def cel_spelling(path: str) -> str:
    """Return the left side of a field map as a filter spells it."""
    scope, _, name = path.partition(".")
    if not name.startswith("custom."):
        return path
    label = name.removeprefix("custom.").replace("\\", "\\\\").replace('"', '\\"')
    return f'{scope}.custom["{label}"]'


def whole_name(scope: Scope) -> str:
    """Return the variable that stands for a scope as a whole."""
    return f"_{scope}"


def read_filter(expression: str, literal: Callable[[str], object]) -> Reading:
    """Read an expression that compiles; ``literal`` gives the value of a literal's text.

    FilterSyntaxError for a name or function that does not exist, and for a member that is not written out.
    """
    tokens = [
        _Token(found.lastgroup or "", found.group(), found.start())
        for found in _TOKEN.finditer(expression)
        if found.lastgroup != "space"
    ]
    bound = _bound(tokens)
    draft = _Draft()
    for place, token in enumerate(tokens):
        if token.kind != "word" or _text(tokens, place - 1) == ".":
            if token.kind == "word" and _text(tokens, place + 1) == "(":
                _check_function(token)
        elif _text(tokens, place + 1) == "(":
            _check_function(token, tokens[place + 2 :])
        elif token.text in _SCOPES - bound:
            _read_scope(tokens, place, literal, draft)
        elif token.text not in bound | _CONSTANTS:
            raise _unknown_variable(token)
    return Reading(_renamed(expression, draft.renamed), frozenset(draft.names), frozenset(draft.whole))


def clauses(expression: str) -> tuple[str, ...]:
    """Return the parts of an expression that ``&&`` joins at its top; the whole when it cannot be split safely.

    The parts are the text between the signs as it stands. An ``||`` or a ``? :`` at the top binds less than ``&&``, so
    such an expression is one part.
    """
    depth, start, parts = 0, 0, []
    tokens = [found for found in _TOKEN.finditer(expression) if found.lastgroup != "space"]
    for place, token in enumerate(tokens):
        sign = token.group() if token.lastgroup == "sign" else ""
        depth += (sign in _OPENING) - (sign in _CLOSING)
        following = tokens[place + 1] if place + 1 < len(tokens) else None
        doubled = following is not None and following.group() == sign and following.start() == token.end()
        if depth == 0 and (sign == "?" or (sign == "|" and doubled)):
            return (expression.strip(),)
        if depth == 0 and sign == "&" and doubled and following is not None:
            parts.append(expression[start : token.start()].strip())
            start = following.end()
    return (*parts, expression[start:].strip())


def _bound(tokens: list[_Token]) -> frozenset[str]:
    """Return the variables that the expression itself introduces, as x in ``list.exists(x, ...)``."""
    return frozenset(
        tokens[place + 2].text
        for place, token in enumerate(tokens[:-2])
        if token.text in _BINDING and _text(tokens, place - 1) == "." and tokens[place + 1].text == "("
    )


def _read_scope(tokens: list[_Token], place: int, literal: Callable[[str], object], draft: _Draft) -> None:
    scope = Scope(tokens[place].text)
    name, after = _member(tokens, place + 1, literal)
    if name is None:
        draft.whole.add(scope)
        draft.renamed.append(tokens[place])
        return
    custom = name == "custom"
    if custom:
        label, _ = _member(tokens, after, literal)
        if label is None:
            message = f'say which custom field, for example {scope}.custom["Segment"]'
            raise FilterSyntaxError(message, tokens[place].start)
        name = label
    draft.names.add(Name(scope, custom, name))


def _member(tokens: list[_Token], place: int, literal: Callable[[str], object]) -> tuple[str | None, int]:
    """Return the name of the member that follows, and the place behind it; None when none follows."""
    sign = _text(tokens, place)
    if sign == "." and _text(tokens, place + 2) != "(":
        return tokens[place + 1].text, place + 2
    if sign != "[":
        return None, place
    inner = tokens[place + 1]
    value = literal(inner.text) if inner.kind == "text" and _text(tokens, place + 2) == "]" else None
    if not isinstance(value, str):
        raise FilterSyntaxError("the name in [...] must be written out, in quotes", inner.start)
    return value, place + 3


def _check_function(token: _Token, arguments: list[_Token] | None = None) -> None:
    if token.text == "has" and arguments is not None:
        name = "".join(one.text for one in arguments[: next(i for i, t in enumerate(arguments) if t.text == ")")])
        raise FilterSyntaxError(_NEVER_UNSET.format(name=name), token.start)
    if token.text not in _FUNCTIONS:
        close = difflib.get_close_matches(token.text, sorted(_FUNCTIONS), n=1)
        hint = f"; did you mean {close[0]}?" if close else ""
        raise FilterSyntaxError(f"there is no function called {token.text}{hint}", token.start)


def _unknown_variable(token: _Token) -> FilterSyntaxError:
    close = difflib.get_close_matches(token.text.lower(), sorted(_SCOPES), n=1)
    hint = close[0] if close else f"contact.{token.text}"
    return FilterSyntaxError(f"{token.text} is not known here; did you mean {hint}?", token.start)


def _renamed(expression: str, tokens: list[_Token]) -> str:
    for token in reversed(tokens):
        end = token.start + len(token.text)
        expression = expression[: token.start] + whole_name(Scope(token.text)) + expression[end:]
    return expression


def _text(tokens: list[_Token], place: int) -> str:
    return tokens[place].text if 0 <= place < len(tokens) else ""
