"""Taking a person out of the logs: each line stays, so that what they count stays true, and names nobody any more."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from ccsync.engine.forget_words import FORGOTTEN, bytes_of
from ccsync.errors import LocalError
from ccsync.logs.runlog import FOLDER
from ccsync.sync.records import email_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from ccsync.engine.forget_words import Words
    from ccsync.engine.options import Progress

_WHO = ("contact", "email", "old_email", "membrain_id", "contact_id")
"""The keys that say whom a line is about."""

_ABOUT_ONE = ("record.", "list.", "consent.")
_KEPT = frozenset(
    {
        *("time", "level", "run", "account", "event", "sync", "rule", "reason", "service", "source", "operation"),
        *("operations", "lists", "fields", "field", "membrain", "constant_contact", "side", "direction", "list"),
    }
)
"""What a line about somebody goes on saying: nothing of it is theirs."""


def logs_of(folder: Path) -> list[Path]:
    """Return the logs of an account, oldest first."""
    return sorted((folder / FOLDER).glob("*/*.jsonl"))


def addresses_in(paths: Iterable[Path], words: Words) -> set[str]:
    """Return, as keys, the addresses under which the logs know a person by their ids: they may have had others once."""
    raw, found = words.raw(), set[str]()
    for path in paths:
        data = _read(path)
        if not raw.search(data):
            continue
        for line in filter(None, map(_parsed, data.splitlines())):
            if any(line.get(key) in words.person.ids for key in ("membrain_id", "contact_id")):
                found |= {email_key(line[key]) for key in _WHO[:3] if isinstance(line.get(key), str) and line[key]}
    return found


def rewrite(paths: Iterable[Path], words: Words, progress: Progress) -> tuple[int, int]:
    """Hide a person in logs, each of them whole or not at all; return how many files and lines were changed."""
    raw, files, lines = words.raw(), 0, 0
    for path in paths:
        data = _read(path)
        if raw.search(data):
            changed, count = _without(data, words)
            if count:
                replace(path, changed)
                files, lines = files + 1, lines + count
        progress.advance()
    return files, lines


def hide_in_texts(paths: Iterable[Path], words: Words) -> int:
    """Hide a person in other files that are text, such as what a service printed; return how many were changed."""
    raw, files = bytes_of(words.spellings), 0
    for path in paths:
        data = _read(path)
        try:
            text = data.decode() if raw.search(data) else ""
        except UnicodeDecodeError:
            continue  # a state, or what the search at the end will tell of
        if words.hide(text) != text:
            replace(path, words.hide(text).encode())
            files += 1
    return files


def replace(path: Path, data: bytes) -> None:
    """Put other bytes in the place of a file's, for its owner alone, with the time that it had."""
    beside = path.with_name(f".{path.name}.new")
    try:
        stamp = path.stat()
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.utime(beside, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
        beside.replace(path)
    except OSError as error:
        raise _trouble(path, "rewritten", error) from error


def _without(data: bytes, words: Words) -> tuple[bytes, int]:
    """Return a log without a person, and in how many lines they were; what is no line is left out with them."""
    kept, changed = [], 0
    for raw in data.splitlines(keepends=True):
        line = _parsed(raw)
        if line is None:
            changed += 1  # a torn line: readers leave it out, and it may hold half an address
            continue
        hidden = _hidden(line, words)
        if hidden == line:
            kept.append(raw)
            continue
        changed += 1
        text = json.dumps(hidden, ensure_ascii=False, separators=(",", ":"))
        kept.append(text.encode("utf-8", "backslashreplace") + b"\n")
    return b"".join(kept), changed


def _hidden(line: dict[str, Any], words: Words) -> dict[str, Any]:
    about = str(line.get("event", "")).startswith(_ABOUT_ONE) and any(words.is_theirs(line.get(key)) for key in _WHO)
    return {key: _within(key, value, words.hide, whole=about) for key, value in line.items()}


def _within(key: str, value: Any, hide: Callable[[str], str], *, whole: bool) -> Any:
    """Hide what names the person; in what is about them, ``whole``, everything that is not the line's frame."""
    if isinstance(value, str):
        return FORGOTTEN if whole and value and key not in _KEPT else hide(value)
    if isinstance(value, list):
        return [_within(key, one, hide, whole=whole) for one in value]
    if isinstance(value, dict):
        return {inner: _within(inner, one, hide, whole=whole) for inner, one in value.items()}
    return value


def _parsed(raw: bytes) -> dict[str, Any] | None:
    try:
        line = json.loads(raw)
    except ValueError:
        return None
    return line if isinstance(line, dict) else None


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise _trouble(path, "read", error) from error


def _trouble(path: Path, what: str, error: OSError) -> LocalError:
    return LocalError(
        f"{path} cannot be {what}: {error.strerror}; the person is not yet forgotten in it",
        hint=f"make room, or mend the permissions (ls -l {path}), then run the same command again",
        code="not_forgotten_yet",
    )
