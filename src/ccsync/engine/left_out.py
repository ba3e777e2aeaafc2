"""What the syncs leave as it is, and the operator has to know: syncs without their list, people without a sync."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccsync.engine.bind import WHAT
from ccsync.errors import Stopped
from ccsync.logs.events import Event
from ccsync.sync.records import ListId

if TYPE_CHECKING:
    from ccsync.engine.bind import Names
    from ccsync.engine.context import Context


def tell_left_out(context: Context, names: Names) -> None:
    """Say which syncs of this run were left out because what they name was deleted; Stopped when there are any."""
    messages, hints, code = [], [], ""
    for sync, gone in names.left_out().items():
        if context.options.sync not in (None, sync):
            continue
        what = WHAT[gone.kind]
        message = (
            f'sync "{sync}": the {what} "{gone.name}" was deleted in Constant Contact, '
            "nothing was written for this sync"
        )
        hint = f'name another {what} for sync "{sync}" in the configuration, then type `ccsync run --once --dry-run`'
        context.log.event(Event.GUARD_STOPPED, message, level="error", sync=sync, hint=hint)
        messages.append(message)
        hints.append(hint)
        code = code or f"{gone.kind}_deleted"
    if messages:
        raise Stopped("; ".join(messages), hint="; ".join(hints), code=code)


def tell_left_behind(context: Context, names: Names) -> None:
    """Warn of the people whom ccsync put on lists that the configuration names no more: they stay there."""
    for one in names.unnamed_lists():
        count = context.store.agreement.placed(ListId(one.id))
        if count and names.lives(one):
            people, stay = ("1 person", "stays") if count == 1 else (f"{count} people", "stay")
            context.warn(
                f'{people} whom ccsync put on the list "{one.name}" {stay} there: the configuration no longer names it'
            )
