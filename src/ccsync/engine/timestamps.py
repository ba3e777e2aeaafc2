"""The timestamps as a person moves them: back, to the beginning, and to where they were before that.

A timestamp is never set forward, which would step over changes that nobody has read. Only taking back a move goes
forward, to where everything had been read, and only as long as no run has read from where it was moved to.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ccsync.engine.streams import BEGINNING, MOVES, STREAMS, is_marked, mark, unmark
from ccsync.errors import UsageError
from ccsync.state.values import Timestamp

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from ccsync.state.store import Store

REMEMBERED = 20
"""So many moves can be taken back."""


@dataclass(frozen=True, slots=True)
class Move:
    """One stream and how far it counts as read before and after; None is the beginning."""

    stream: str
    old: datetime | None
    new: datetime | None


def past(moment: datetime, now: datetime) -> datetime:
    """Return a moment up to which something can have been read; UsageError for one in the future, or out of reach."""
    if moment > now:
        raise UsageError(
            f"{_shown(moment)} is later than now ({_shown(now)}): nothing can have been read up to there",
            hint="ccsync timestamp set 30d --preview",
            code="in_the_future",
        )
    if moment < BEGINNING:
        raise UsageError(
            f"{_shown(moment)} is before {BEGINNING:%Y}: say that everything is to be read",
            hint="ccsync timestamp reset",
            code="before_the_beginning",
        )
    return moment


def chosen(known: Collection[str], stream: str | None, streams: Sequence[str]) -> Sequence[str]:
    """Return the streams that are meant: the one that was named, else those of a direction.

    UsageError for a name that no stream has, or one that no run has read.
    """
    if stream is None:
        return streams
    if stream not in STREAMS:
        raise UsageError(
            f"there is no stream {stream!r}; there are {', '.join(STREAMS)}",
            hint="ccsync timestamp show",
            code="no_such_stream",
        )
    if stream not in known:
        raise UsageError(
            f"{stream} has not been read: no sync needs it, or no run has come to it",
            hint="ccsync timestamp show",
            code="never_read",
        )
    return (stream,)


def known_streams(store: Store) -> set[str]:
    """Return the streams that runs have read, also those that were set back to the beginning."""
    stamps = store.progress.timestamps()
    return {name for name in STREAMS if name in stamps or is_marked(store.progress, name)}


def moves(store: Store, streams: Iterable[str], to: datetime | None) -> tuple[Move, ...]:
    """Return what it means to set these streams to a moment, or to the beginning: those that move.

    UsageError when any of them would be set forward.
    """
    stamps = store.progress.timestamps()
    wanted: list[Move] = []
    for name in streams:
        stamp = stamps.get(name)
        if stamp is None and is_marked(store.progress, name) and to is not None:
            raise _forward(store, f"{name} is to be read from the beginning", to)
        if stamp is None or to == stamp.read_up_to:
            continue
        if to is not None and to > stamp.read_up_to:
            raise _forward(store, f"{name} has only been read up to {_shown(stamp.read_up_to)}", to)
        wanted.append(Move(name, stamp.read_up_to, to))
    return tuple(wanted)


def carry_out(store: Store, wanted: Sequence[Move], now: datetime) -> None:
    """Move timestamps, remember from where, and have what is read again compared with the other side."""
    progress = store.progress
    stamps = progress.timestamps()
    if not wanted:
        return
    with store.transaction():
        told = [
            {
                "stream": move.stream,
                "old": _text(move.old),
                "new": _text(move.new),
                "noted": _text(stamps[move.stream].moved_at),
                "marked": is_marked(progress, move.stream),
            }
            for move in wanted
        ]
        for move in wanted:
            _set(store, move.stream, move.new, now)
            mark(progress, move.stream)
        _remember(store, [*_remembered(store), told])


def check_undo(store: Store | None) -> Store:
    """Return the state when a move can be taken back.

    UsageError when none is remembered, or a run has read from where the last one went to.
    """
    if store is None or not _remembered(store):
        raise UsageError("no timestamp was moved by hand", hint="ccsync timestamp show", code="nothing_to_undo")
    if not _standing(store):
        raise UsageError(
            "the last move of a timestamp cannot be taken back: a run has read on since",
            hint="ccsync timestamp show",
            code="nothing_to_undo",
        )
    return store


def undo(state: Store | None, now: datetime) -> tuple[Move, ...]:
    """Take the last move back; UsageError as ``check_undo``."""
    store = check_undo(state)
    taken: list[Move] = []
    with store.transaction():
        for one in _standing(store):
            name, old = one["stream"], _moment(one["old"])
            _set(store, name, old, _moment(one["noted"]) or now)
            if not one["marked"]:
                unmark(store.progress, [name])
            taken.append(Move(name, _moment(one["new"]), old))
        _remember(store, _remembered(store)[:-1])
    return tuple(taken)


def _standing(store: Store) -> list[dict[str, Any]]:
    """Return what the last move did that still stands: no run has read these streams since."""
    stamps = store.progress.timestamps()
    return [
        one
        for one in _remembered(store)[-1]
        if _moment(one["new"]) == (stamps[one["stream"]].read_up_to if one["stream"] in stamps else None)
        and is_marked(store.progress, one["stream"])
    ]


def _shown(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def _forward(store: Store, why: str, to: datetime) -> UsageError:
    undo = ", or ccsync timestamp undo to take back the last move" if _remembered(store) else ""
    return UsageError(
        f"{why}: set forward to {_shown(to)}, it would step over changes that nobody has read",
        hint=f"ccsync timestamp show{undo}",
        code="forward",
    )


def _set(store: Store, name: str, moment: datetime | None, now: datetime) -> None:
    if moment is None:
        store.progress.forget_timestamp(name)
    else:
        store.progress.set_timestamp(Timestamp(name, moment, now))


def _remembered(store: Store) -> list[list[dict[str, Any]]]:
    found: list[list[dict[str, Any]]] = json.loads(store.progress.fact(MOVES) or "[]")
    return found


def _remember(store: Store, told: list[list[dict[str, Any]]]) -> None:
    store.progress.set_fact(MOVES, json.dumps(told[-REMEMBERED:]) if told else None)


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
