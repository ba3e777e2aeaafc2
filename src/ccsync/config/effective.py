"""What the configuration comes to: every setting with its value, and where that value came from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from ccsync.config.lines import KeyPath, spell
from ccsync.config.wording import model_at

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ccsync.config.load import Loaded

Origin = Literal["file", "default", "environment"]
ENVIRONMENT: Final = ("CCSYNC_CONFIG", "CCSYNC_STATE_DIR", "STATE_DIRECTORY", "CREDENTIALS_DIRECTORY")


@dataclass(frozen=True, slots=True)
class Setting:
    """One value as the file would write it, ``None`` when it is not set; the line when the file has it."""

    key: str
    value: object
    origin: Origin
    line: int | None = None


def settings(loaded: Loaded, environ: Mapping[str, str]) -> tuple[Setting, ...]:
    """Return every setting of the file, then the variables of the environment that matter. None holds a secret."""
    file = (_setting(loaded, path, value) for path, value in _leaves(loaded.config.model_dump(mode="json"), ()))
    variables = (Setting(name, environ[name], "environment") for name in ENVIRONMENT if environ.get(name))
    return (*file, *variables)


def _setting(loaded: Loaded, path: KeyPath, value: object) -> Setting:
    line = loaded.lines.exact(path)
    return Setting(spell(path), value, "default" if line is None else "file", line)


def _leaves(value: Any, path: KeyPath) -> Iterator[tuple[KeyPath, object]]:
    """Walk the tables; a list of plain values and the word table of a field are one value each."""
    if isinstance(value, dict) and model_at(path) is not None:
        for key, inner in value.items():
            yield from _leaves(inner, (*path, key))
    elif isinstance(value, list) and model_at(path) is not None:
        for index, inner in enumerate(value):
            yield from _leaves(inner, (*path, index))
    else:
        yield path, value
