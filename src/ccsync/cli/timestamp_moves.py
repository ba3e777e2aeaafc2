"""The work of ``timestamp set``, ``reset`` and ``undo``: refused while something runs, and written down.

Nobody is asked first: ``timestamp undo`` takes it back.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from ccsync.cli import timestamp_page
from ccsync.cli.moments import moment
from ccsync.cli.output import Result
from ccsync.engine import timestamps
from ccsync.errors import Locked, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from ccsync.cli.session import Application, Session
    from ccsync.engine.timestamps import Move
    from ccsync.state.store import Store


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for: ``when`` is None for the beginning."""

    command: str
    when: str | None
    stream: str | None
    direction: str | None

    @property
    def line(self) -> str:
        """The command line, as it can be typed again."""
        words = [self.when] if self.when else []
        words += ["--stream", self.stream] if self.stream else []
        words += ["--direction", self.direction] if self.direction else []
        return " ".join((f"ccsync {self.command}", *words))


def move(session: Session, *, asked: Asked, preview: bool, restart: bool) -> Result:
    """Set timestamps back, or say what it would mean; Locked while the service or a run is on."""
    from ccsync.wiring.moving import alone, changing

    now = session.environment.clock.now()
    to = None if asked.when is None else timestamps.past(moment(asked.when, now, option="WHEN"), now)
    application = session.application()
    if preview:
        return _preview(application, asked, to, now)
    with application.reader() as store:  # what is wrong is told before anything is stopped
        _moves(application, store, asked, to)
    with (
        service_stopped(session, _way_out(asked.line), restart=restart) as restarted,
        alone(application.folder, session.environment.clock),
        changing(application.folder) as writable,
    ):
        moves = _moves(application, writable, asked, to)
        log = None
        if writable is not None and moves:
            timestamps.carry_out(writable, moves, now)
            log = _write_down(session, application, asked.command, moves)
    return _answer(moves, log, restarted=restarted)


def take_back(session: Session, *, restart: bool) -> Result:
    """Take the last move back; UsageError when there is none."""
    from ccsync.wiring.moving import alone, changing

    application, clock = session.application(), session.environment.clock
    with application.reader() as known:
        timestamps.check_undo(known)
    with (
        service_stopped(session, _way_out("ccsync timestamp undo"), restart=restart) as restarted,
        alone(application.folder, clock),
        changing(application.folder) as store,
    ):
        moves = timestamps.undo(store, clock.now())
        log = _write_down(session, application, "timestamp undo", moves)
    return _answer(moves, log, restarted=restarted)


@contextmanager
def service_stopped(session: Session, hint: str, *, restart: bool) -> Iterator[bool]:
    """Yield whether the service was stopped for this, and start it again afterwards.

    Locked, with ``hint``, when it runs and nobody said that it may be stopped.
    """
    from ccsync.cli import daemon

    state = daemon.status(session).data
    if not state["running"]:
        yield False
        return
    if not restart:
        detail = state["detail"] or state["driver"]
        raise Locked(
            f"the service of this account is on ({detail})",
            hint=hint,
            code="service_on",
        )
    daemon.stop(session, now=False)
    try:
        yield True
    finally:
        daemon.start(session)


def _way_out(line: str) -> str:
    return f"ccsync daemon stop, then the same command again; or {line} --restart"


def _moves(application: Application, store: Store | None, asked: Asked, to: datetime | None) -> tuple[Move, ...]:
    from ccsync.engine.pull_membrain import streams_of

    if store is None:
        if asked.stream:
            timestamps.chosen((), asked.stream, ())
        return ()
    known = timestamps.known_streams(store)
    needed = streams_of(application.config)
    streams = [name for name in _of_direction(asked) if name in needed]
    return timestamps.moves(store, timestamps.chosen(known, asked.stream, streams), to)


def _of_direction(asked: Asked) -> Sequence[str]:
    from ccsync.engine.streams import OF_DIRECTION, STREAMS
    from ccsync.sync.mapping import Direction

    if asked.direction is None:
        return STREAMS
    if asked.stream:
        raise UsageError(
            "--stream and --direction: name the one or the other",
            hint="ccsync timestamp set --help",
        )
    if asked.direction not in set(Direction):
        raise UsageError(
            f"there is no direction {asked.direction!r}; there are {', '.join(Direction)}",
            hint="ccsync timestamp set --help",
        )
    return OF_DIRECTION[Direction(asked.direction)]


def _preview(application: Application, asked: Asked, to: datetime | None, now: datetime) -> Result:
    from ccsync.engine.timestamp_preview import Preview, preview

    with application.looking() as survey:
        moves = _moves(application, survey.store, asked, to)
        found = preview(survey, survey.store, moves, now) if survey.store is not None else Preview(())
    budget = application.budget()
    data: dict[str, Any] = {
        "streams": [
            {
                "stream": cost.move.stream,
                "read_up_to": _iso(cost.move.old),
                "to": _iso(cost.move.new),
                "records": cost.records,
                "calls": {"membrain": cost.membrain, "constant_contact": cost.constant_contact},
                "counted_by": cost.counted_by,
            }
            for cost in found.costs
        ],
        "calls": {"membrain": found.membrain, "constant_contact": found.constant_contact},
        "budget_left": max(0, budget.limit - budget.used - budget.reserved),
        "why_not_asked": found.why_not_asked,
    }
    return Result(data, render=partial(timestamp_page.render_preview, data=data))


def _write_down(session: Session, application: Application, command: str, moves: Sequence[Move]) -> Path:
    from ccsync.logs.events import Event
    from ccsync.wiring.moving import write_down

    told = [
        (
            Event.TIMESTAMP_MOVED,
            f"{one.stream}: {_words(one.old)} -> {_words(one.new)}, by ccsync {command}",
            {"stream": one.stream, "old": _logged(one.old), "new": _logged(one.new), "command": command},
        )
        for one in moves
    ]
    to = {_words(one.new) for one in moves}
    ended = f"{command}: {len(moves)} {'stream' if len(moves) == 1 else 'streams'}"
    ended += f" to {to.pop()}" if len(to) == 1 else ""
    clock = session.environment.clock
    return write_down(application.folder, application.config.account, clock, command, ended=ended, events=told)


def _answer(moves: Sequence[Move], log: Path | None, *, restarted: bool) -> Result:
    data: dict[str, Any] = {
        "moved": [{"stream": one.stream, "old": _iso(one.old), "new": _iso(one.new)} for one in moves],
        "restarted": restarted,
        "log": None if log is None else str(log),
    }
    return Result(data, render=partial(timestamp_page.render_moves, data=data))


def _words(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC" if at else timestamp_page.BEGINNING


def _logged(at: datetime | None) -> str | None:
    """Return a moment in full, as a run logs it."""
    return None if at is None else at.isoformat()


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
