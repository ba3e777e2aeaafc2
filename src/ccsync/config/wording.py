"""What pydantic found, in the words of someone who edits the file."""

from __future__ import annotations

import re
from difflib import get_close_matches
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, get_args

from ccsync.config.lines import KeyPath, Lines, spell
from ccsync.config.model import Config, Model
from ccsync.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pydantic
    from pydantic_core import ErrorDetails

_SECRETS: Final = frozenset(
    {
        "apikey",
        "accesstoken",
        "clientsecret",
        "key",
        "passphrase",
        "password",
        "refreshtoken",
        "secret",
        "token",
    }
)
_KINDS: Final = MappingProxyType(
    {
        "bool_type": "must be true or false, without quotes",
        "int_type": "must be a whole number, without quotes",
        "float_type": "must be a number, without quotes",
        "string_type": "must be a text, in quotes",
        "dict_type": "must be a table",
        "mapping_type": "must be a table",
        "finite_number": "must be a number",
    }
)
_LIMITS: Final = MappingProxyType(
    {
        "greater_than": ("gt", "must be more than"),
        "greater_than_equal": ("ge", "must be at least"),
        "less_than_equal": ("le", "must be at most"),
    }
)
_PATTERNS: Final = MappingProxyType(
    {
        "account": (
            "may hold letters, digits, dots, hyphens and underscores, at most 64",
            'for example "acme"',
        ),
        "client_id": (
            "is not an API key of Constant Contact",
            "copy it from the application's page, My Applications",
        ),
        "page_size_parameter": ("is not the name of a parameter", "letters, digits, hyphens and underscores"),
    }
)


def problems_of(error: pydantic.ValidationError, lines: Lines) -> list[Problem]:
    """Turn each finding into a problem: path, line, what is wrong, what to write instead."""
    return [_problem(found, lines) for found in error.errors(include_url=False)]


def model_at(path: KeyPath) -> type[Model] | None:
    """Return the table that a path leads to, ``None`` when it leads to a value or nowhere."""
    model: type[Model] | None = Config
    for part in path:
        if isinstance(part, int):
            continue
        field = model.model_fields.get(part) if model else None
        model = _model_in(field.annotation) if field else None
    return model


def _model_in(annotation: Any) -> type[Model] | None:
    if isinstance(annotation, type) and issubclass(annotation, Model):
        return annotation
    return next((model for part in get_args(annotation) if (model := _model_in(part))), None)


def _problem(found: ErrorDetails, lines: Lines) -> Problem:
    path: KeyPath = tuple(part for part in found["loc"] if part != "[key]")
    message, hint = _words(found, path)
    return Problem(spell(path), lines.nearest(path), message, hint)


def _words(found: ErrorDetails, path: KeyPath) -> tuple[str, str]:
    kind, about = found["type"], found.get("ctx", {})
    match kind:
        case "ccsync":
            words = _quoted(found["input"], str(about["message"])), str(about["hint"])
        case "missing":
            words = _missing(path)
        case "extra_forbidden":
            words = _unknown(path)
        case "literal_error":
            words = _no_such_choice(found["input"], re.findall(r"'([^']*)'", str(about["expected"])))
        case "model_type" | "tuple_type":
            words = _wrong_shape(path, found["input"])
        case _ if kind in _LIMITS:
            words = _limit(kind, about), ""
        case _ if kind in _KINDS:
            words = _KINDS[kind], ""
        case _:
            words = _text_rule(kind, about, path)
    return words


def _limit(kind: str, about: Mapping[str, Any]) -> str:
    name, words = _LIMITS[kind]
    limit = about[name]
    return f"{words} {limit:g}" if isinstance(limit, float) else f"{words} {limit}"


def _quoted(value: object, message: str) -> str:
    """Show the value that is wrong, unless it may hold a login."""
    hidden = not isinstance(value, str) or "@" in value or "?" in value
    return message if hidden else f'"{value}" {message}'


def _missing(path: KeyPath) -> tuple[str, str]:
    key = path[-1]
    if path == ("sync",):
        return (
            "there is no [[sync]]: nothing would be synchronised",
            "add [[sync]] with name, direction and list",
        )
    hints = {"account": 'account = "acme"', "direction": 'direction = "membrain-to-constant-contact"'}
    return f"the key {key} is missing", hints.get(str(key), f'{key} = "..."')


def _unknown(path: KeyPath) -> tuple[str, str]:
    key, table = str(path[-1]), path[:-1]
    if re.sub(r"[^a-z]", "", key.lower()) in _SECRETS:
        return "a secret does not belong in the configuration", _secret_hint(path)
    model = model_at(table)
    near = get_close_matches(re.sub(r"[ -]", "_", key.lower()), model.model_fields if model else (), n=1)
    message = f"unknown key {spell((key,))}"
    elsewhere = _table_with(key)
    if elsewhere:
        return message, f"it belongs to {elsewhere}"
    if near:
        return message, f'did you mean "{near[0]}"?'
    return message, "known here: " + ", ".join(model.model_fields) if model else ""


def _secret_hint(path: KeyPath) -> str:
    if path[0] == "credentials":
        return "key_file and key_command say where the key is; `ccsync auth login ...` stores the rest"
    service = {"membrain": "membrain", "constant_contact": "constant-contact"}.get(str(path[0]))
    if service:
        return f"take it out and run `ccsync auth login {service}`"
    return "take it out and run `ccsync auth login membrain` or `ccsync auth login constant-contact`"


def _table_with(key: str) -> str:
    """Name the first table that knows this key, nothing when none does."""
    paths: tuple[KeyPath, ...] = ((), *((name,) for name in Config.model_fields), ("sync", "field"))
    known = (path for path in paths if (model := model_at(path)) and key in model.model_fields)
    path = next(known, None)
    return "" if path is None else _header(path)


def _header(path: KeyPath) -> str:
    name = ".".join(part for part in path if isinstance(part, str))
    if not name:
        return "the top of the file"
    return f"[[{name}]]" if path[0] == "sync" else f"[{name}]"


def _no_such_choice(value: object, choices: list[str]) -> tuple[str, str]:
    listed = ", ".join(f'"{choice}"' for choice in choices)
    if not isinstance(value, str):
        return f"must be one of {listed}", ""
    near = get_close_matches(value.lower(), choices, n=1)
    return f'"{value}" is none of {listed}', f'did you mean "{near[0]}"?' if near else ""


def _wrong_shape(path: KeyPath, value: object) -> tuple[str, str]:
    if model_at(path) is None:
        return "must be a list, in square brackets", f'{path[-1]} = ["..."]'
    header = f"write {_header(path)}"
    if path[0] == "sync":
        single = isinstance(value, dict)
        return "stands in single brackets; there may be several" if single else "must be a table", header
    return "must be a table that stands once", header


def _text_rule(kind: str, about: Mapping[str, Any], path: KeyPath) -> tuple[str, str]:
    key = str(path[-1]) if isinstance(path[-1], str) else str(path[-2])
    if kind == "string_too_long":
        return f"is longer than {about['max_length']} characters", ""
    if kind == "string_too_short":
        return "is empty", f"take {key} out, or fill it in"
    if kind == "string_pattern_mismatch":
        return _PATTERNS.get(key, ("holds a character that cannot be printed", ""))
    return f"is not a valid value for {key}", ""
