"""The last look before anything is written: a plan that does what nobody can have meant stops the run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

SMALLEST_LIST_WATCHED = 10


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one run may change without being asked."""

    max_removals: int
    max_removal_share: float
    max_new: int | None = None


@dataclass(frozen=True, slots=True)
class Movement:
    """What a plan does for one sync: to its list of ``members`` people, and to Membrain by ``created`` new ones."""

    sync: str
    list: str
    members: int
    leaving: int
    entering: int
    created: int = 0


@dataclass(frozen=True, slots=True)
class Objection:
    """Why a run must not go on; ``leaving`` is how many would have to be allowed to leave, None when others are new."""

    sync: str
    message: str
    leaving: int | None = None


def objections(movements: Iterable[Movement], limits: Limits, allowed_removals: int | None) -> tuple[Objection, ...]:
    """Return what the guard has against a plan: nothing when it may go on."""
    found = []
    for movement in movements:
        if too_many_leave(movement, limits, allowed_removals):
            found.append(_removals(movement))
        if limits.max_new is not None and movement.entering > limits.max_new:
            found.append(_newcomers(movement, limits.max_new))
        if limits.max_new is not None and movement.created > limits.max_new:
            found.append(_created(movement, limits.max_new))
    return tuple(found)


def way_on(found: Iterable[Objection]) -> str:
    """Return what gets a run past all of these objections at once."""
    leaving = [one.leaving for one in found]
    removals = [number for number in leaving if number is not None]
    ways = []
    if removals:
        command = f"ccsync run --once --allow-removals {max(removals)}"
        ways.append(f"either mend the filter or allow it once with `{command}`")
    if len(removals) < len(leaving):
        ways.append("mend the filter or the list, or raise max_new in [guard]")
    return f"look at them with `ccsync run --once --dry-run`, then {'; and '.join(ways)}"


def too_many_leave(movement: Movement, limits: Limits, allowed: int | None) -> bool:
    """Tell whether more people would leave a list than one run may take off."""
    if allowed is not None and movement.leaving <= allowed:
        return False
    many = movement.leaving > limits.max_removals and movement.leaving > limits.max_removal_share * movement.members
    most = movement.members >= SMALLEST_LIST_WATCHED and movement.leaving * 2 > movement.members
    return many or most


def _removals(movement: Movement) -> Objection:
    return Objection(
        movement.sync,
        f'sync "{movement.sync}" would take {movement.leaving} of {movement.members} people off the list '
        f'"{movement.list}": nothing was written',
        movement.leaving,
    )


def _newcomers(movement: Movement, limit: int) -> Objection:
    return Objection(
        movement.sync,
        f'sync "{movement.sync}" would put {movement.entering} people on the list "{movement.list}", more than '
        f"max_new = {limit}: nothing was written",
    )


def _created(movement: Movement, limit: int) -> Objection:
    return Objection(
        movement.sync,
        f'sync "{movement.sync}" would create {movement.created} people in Membrain, more than max_new = {limit}: '
        "nothing was written",
    )
