"""How long opt-outs take from Constant Contact to Membrain, as remembered: the last one, and the slowest."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ccsync.state.store import Progress

DELAY = "consent.delay"
"""The fact, in seconds."""


def remembered(progress: Progress) -> tuple[float | None, float | None]:
    """Return in how many seconds the last opt-out reached Membrain, and the slowest; None before there was one."""
    known = json.loads(progress.fact(DELAY) or "{}")
    return known.get("last"), known.get("longest")


def remember(progress: Progress, seconds: float) -> None:
    """Note that an opt-out has reached Membrain after so many seconds."""
    _, longest = remembered(progress)
    progress.set_fact(DELAY, json.dumps({"last": seconds, "longest": max(seconds, longest or 0.0)}))
