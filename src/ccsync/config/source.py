"""From a file to TOML: find it, read it, and say clearly when it is not a text file in TOML."""

from __future__ import annotations

import os
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ccsync.config.lines import Lines, locate
from ccsync.errors import ConfigError, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

VARIABLE = "CCSYNC_CONFIG"
FILE_NAME = "config.toml"
LARGEST = 1_000_000  # bytes; a hundred syncs with all their fields are a third of it
_SYSTEM_FOLDER = Path("/etc/ccsync")
_PLACE = re.compile(r"\s*\(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)$")
_NAME = re.compile(r"'([^']*)'")
_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class Document:
    """A file in TOML: its tables, and on which line each key stands."""

    path: Path
    tables: dict[str, Any]
    lines: Lines


def find(explicit: Path | None, environ: Mapping[str, str]) -> Path:
    """Return the configuration file to use.

    The order is ``--config``, ``CCSYNC_CONFIG``, the user's configuration folder, ``/etc/ccsync``. A file that was
    named is never replaced by another one. Raises ``ConfigError`` that lists the places when there is none.
    """
    named, origin = explicit, "--config"
    if named is None and environ.get(VARIABLE):
        named, origin = Path(environ[VARIABLE]), VARIABLE
    if named is not None:
        path = named.expanduser() if str(named).startswith("~") else named
        if os.path.lexists(path):
            return path
        raise ConfigError(
            f"there is no file {path} ({origin})",
            hint=f"name an existing file with {origin}: ccsync config check --config FILE",
        )
    places = _usual_places()
    for place in places:
        if os.path.exists(place):  # noqa: PTH110 - unlike Path.exists, a folder that may not be entered is no error
            return place
    raise ConfigError(
        f"no configuration found: --config not given, {VARIABLE} not set, no {places[0]}, no {places[1]}",
        hint=f"ccsync init makes {places[0]}; or name a file: ccsync config check --config FILE",
    )


def read_document(path: Path) -> Document:
    """Read TOML in UTF-8, with or without a byte order mark, with any line ends; else a ``ConfigError``."""
    text = _decode(_bytes_of(path), path)
    try:
        tables = tomllib.loads(text)
        return Document(path, tables, locate(text))
    except tomllib.TOMLDecodeError as error:
        raise _syntax_error(str(error), text, path) from None
    except RecursionError:
        raise ConfigError(
            f"{path} nests brackets too deeply",
            hint="a value here is a text, a number or a list; then: ccsync config check",
        ) from None
    except ValueError:  # an integer of thousands of digits, which Python does not convert
        raise ConfigError(
            f"{path} holds a number that is too long to read", hint="shorten it, then: ccsync config check"
        ) from None


def _usual_places() -> tuple[Path, Path]:
    from platformdirs import user_config_path  # noqa: PLC0415 - only needed when no file is named

    return user_config_path("ccsync", appauthor=False) / FILE_NAME, _SYSTEM_FOLDER / FILE_NAME


def _bytes_of(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except IsADirectoryError:
        raise ConfigError(
            f"{path} is a folder", hint=f"name the file in it: ccsync config check --config {path / FILE_NAME}"
        ) from None
    except FileNotFoundError:
        raise ConfigError(
            f"there is no file {path}", hint="name another one: ccsync config check --config FILE"
        ) from None
    except PermissionError:
        raise ConfigError(
            f"{path} may not be read by this user", hint=f"chmod u+r {path}, or run as its owner"
        ) from None
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be read: {error.strerror}", hint="name another one: ccsync config check --config FILE"
        ) from None
    if len(content) > LARGEST:
        raise ConfigError(
            f"{path} is larger than {LARGEST:,} bytes, so not a configuration",
            hint="check the file's name: ccsync config check --config FILE",
        )
    return content


def _decode(content: bytes, path: Path) -> str:
    if content.startswith(_WIDE_MARKS):
        raise ConfigError(f"{path} is saved as UTF-16", hint="save it as UTF-8, then: ccsync config check")
    if b"\x00" in content:
        raise ConfigError(f"{path} is a binary file", hint="check the file's name: ccsync config check --config FILE")
    try:
        text = content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        problem = Problem("", line, "a character that is not UTF-8", "save the file as UTF-8")
        raise ConfigError(
            f"{path} is not saved as UTF-8", problems=(problem,), hint="save it as UTF-8, then: ccsync config check"
        ) from None
    if not text.strip():
        raise ConfigError(
            f"{path} is empty", hint=f"cp examples/config.toml {path}, edit it, then: ccsync config check"
        )
    return text


def _syntax_error(message: str, text: str, path: Path) -> ConfigError:
    """Turn tomllib's message into a problem with its line."""
    place = _PLACE.search(message)
    said = message[: place.start()] if place else message
    line = int(place["line"]) if place and place["line"] else text.rstrip().count("\n") + 1
    column = f", column {place['column']}" if place and place["column"] else ""
    hint = "a text needs quotes around it" if said == "Invalid value" else 'TOML writes: key = "text"'
    if said.startswith("Cannot declare"):
        said = f"the table [{'.'.join(re.findall(_NAME, said))}] stands twice"
        hint = "put its keys together; only [[sync]] and [[sync.field]] may be repeated"
    if said.startswith("Cannot overwrite"):
        said, hint = "this key stands twice in its table", "take one of the two out"
    problem = Problem("", line, f"not TOML: {said[:1].lower()}{said[1:]}{column}", hint)
    return ConfigError(f"{path} is not TOML", problems=(problem,), hint=f"{hint}; then: ccsync config check")
