"""The streams by name, the directions that they belong to, and the mark of those that a person has set back."""

from __future__ import annotations

from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from ccsync.sync.mapping import Direction
from ccsync.sync.records import Resource

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ccsync.state.store import Progress

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
"""Before everything that either service can show."""

CONTACTS = "constant_contact.contacts"
OPT_OUTS = "constant_contact.opt_outs"


def stream(resource: Resource) -> str:
    """Return the name under which the timestamp of one of Membrain's lists is shown."""
    return f"membrain.{resource.value}"


MEMBRAIN: Final[Mapping[str, Resource]] = MappingProxyType({stream(resource): resource for resource in Resource})
"""Membrain's lists, by the names of their streams."""

STREAMS: Final = (*MEMBRAIN, CONTACTS, OPT_OUTS)

OF_DIRECTION: Final[Mapping[Direction, tuple[str, ...]]] = MappingProxyType(
    {
        Direction.TO_CONSTANT_CONTACT: tuple(MEMBRAIN),
        Direction.TO_MEMBRAIN: (CONTACTS, OPT_OUTS),
        Direction.BOTH: STREAMS,
    }
)
"""What is read for a direction: the side that people come from."""

BLIND = "state.restored_blind"
"""The fact when a backup was taken that was put back, and that no later state could be asked (``restored``)."""

MOVES = "timestamp.moves"
"""The fact that remembers how a person moved timestamps, the last move at the end (``timestamps``)."""

_AGAIN = "read_again"
_YES = "yes"


def is_marked(progress: Progress, name: str) -> bool:
    """Tell whether a stream was set back, and no run has read it since."""
    return progress.fact(f"{_AGAIN}.{name}") is not None


def mark(progress: Progress, name: str) -> None:
    """Have a stream's rows compared with the other side, even when they look unchanged."""
    progress.set_fact(f"{_AGAIN}.{name}", _YES)


def unmark(progress: Progress, names: Iterable[str]) -> None:
    """Forget the marks: a run has read these streams, and touched everybody whom they brought."""
    for name in names:
        progress.set_fact(f"{_AGAIN}.{name}", None)
