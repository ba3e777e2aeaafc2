"""The whole conversation, in its order. Nothing is written: what it ends in is written by whoever began it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ccsync.engine.setup.people import Chosen, people, unknown
from ccsync.engine.setup.services import missing, services
from ccsync.errors import CcsyncError, UsageError

if TYPE_CHECKING:
    from ccsync.config.create import Tables
    from ccsync.engine.setup.asking import Talk


_LOGIN = "ccsync auth login"


@dataclass(frozen=True, slots=True)
class Agreed:
    """What the file will hold, what was seen on the way to it, and a word of ``--runs``."""

    tables: Tables
    chosen: Chosen
    runs: str

    def as_data(self) -> dict[str, Any]:
        """Return it for programs."""
        sync, counted = self.chosen.sync, self.chosen.people
        return {
            "account": self.tables["account"],
            "sandbox": "sandbox" in self.tables,
            "sync": sync["name"],
            "direction": sync["direction"],
            "list": sync["list"],
            "new_list": self.chosen.new_list,
            "filter": sync["filter"],
            "people": counted and {key: counted[key] for key in ("people", "matches", "take_part", "failed")},
            "warnings": [*self.chosen.told, *(unknown(counted) if counted else [])],
            "fields": list(sync.get("field", ())),
            "left_out": list(self.chosen.left_out),
            "runs": self.runs,
        }


def converse(talk: Talk) -> Agreed:
    """Talk to the end; UsageError that names every missing flag when nobody is there to be asked."""
    if not talk.asker.present and (flags := missing(talk)):
        raise UsageError(
            f"there is no terminal to ask on; still open: {', '.join(flags)}",
            hint="ccsync init --help shows an example with all of them",
        )
    try:
        return _talked(talk)
    except CcsyncError as error:
        if _LOGIN in error.hint:  # a login by itself needs the file that there is not
            error.hint = "ccsync init"
        raise


def _talked(talk: Talk) -> Agreed:
    tables, runs = services(talk)
    with talk.outside.looking(tables) as survey:
        chosen = people(talk, tables, survey)
    return Agreed({**tables, "sync": [chosen.sync]}, chosen, runs)
