"""The proof that somebody is forgotten: everything in the account's folder is searched for them, byte by byte."""

from __future__ import annotations

import mmap
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ccsync.engine.forget_words import bytes_of
from ccsync.errors import LocalError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path

    from ccsync.engine.forget_words import Words
    from ccsync.state.store import Store


@dataclass(frozen=True, slots=True)
class Proof:
    """What a search found: ``left`` are files that still hold an address or an id of the person.

    ``named`` counts rows of others that name the person by address or id, as an owner say: the services tell them anew
    with each reading. ``alike`` counts rows of others with the same name or phone number.
    """

    files: int
    bytes: int
    left: tuple[Path, ...] = ()
    named: int = 0
    alike: int = 0


def search(folder: Path, stores: Mapping[Path, Store], words: Words, besides: Collection[Path]) -> Proof:
    """Search every file of an account's folder, except those below ``besides``; LocalError for one that shuts."""
    files = size = named = alike = 0
    left: list[Path] = []
    pattern = bytes_of(words.spellings)
    explained: set[Path] = set()
    for path, store in stores.items():
        alike += sum(1 for text in store.erasure.holding(words.shared_spellings) if words.shared.search(text))
        held = store.erasure.holding(words.spellings)
        named += sum(1 for text in held if words.own.search(text))
        if held:
            explained.add(path)  # in rows of others, if only in an address that contains this one: joann@ and ann@
    for path in files_of(folder, besides):
        files += 1
        data = _bytes(path)
        size += len(data)
        if pattern.search(data) and path not in explained and (path in stores or _is_theirs(data, words)):
            left.append(path)
    return Proof(files, size, tuple(left), named, alike)


def _is_theirs(data: bytes | mmap.mmap, words: Words) -> bool:
    text = bytes(data).decode("utf-8", "backslashreplace")
    return words.own.search(text) is not None


def files_of(folder: Path, besides: Collection[Path]) -> Iterator[Path]:
    """Yield every file below a folder, except what is, or lies below, ``besides``."""
    for path in sorted(folder.iterdir()):
        if path in besides or path.is_symlink():
            continue
        if path.is_dir():
            yield from files_of(path, besides)
        elif path.is_file():
            yield path


def _bytes(path: Path) -> bytes | mmap.mmap:
    try:
        with path.open("rb") as file:
            if not path.stat().st_size:
                return b""
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except OSError as error:
        raise LocalError(
            f"{path} cannot be searched: {error.strerror}; whether the person is in it cannot be told",
            hint=f"mend the permissions (ls -l {path}), then run the same command again",
        ) from error
