"""Whose Membrain a state is about: the rows of two instances are never mixed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccsync.errors import ConfigError

if TYPE_CHECKING:
    from ccsync.engine.context import Context

INSTANCE = "membrain.instance"


def check_instance(context: Context) -> None:
    """Refuse to go on against another instance than the one whose people are in the state."""
    progress, named = context.store.progress, context.membrain.instance
    known = progress.fact(INSTANCE)
    if known is not None and known != named:
        raise ConfigError(
            f"the configuration names Membrain at {named}, but this state belongs to {known}: "
            "nothing was read or written",
            hint=f"name {known} again under [membrain], or choose another `account`; then: ccsync config check",
        )
    progress.set_fact(INSTANCE, named)
