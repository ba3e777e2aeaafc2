"""The log's lines about values that somebody typed on a side, and that give way to the other side's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ccsync.logs.events import Event
from ccsync.sync.mapping import EMAIL, Side
from ccsync.sync.merge import Rule
from ccsync.sync.records import email_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ccsync.logs.events import Journal
    from ccsync.sync.operations import FieldChange, Intent, MembrainIntent

_WINNERS = {Side.CONSTANT_CONTACT: "Membrain's", Side.MEMBRAIN: "Constant Contact's"}


@dataclass(frozen=True, slots=True)
class Conflicts:
    """Tells of one person on the side that is written; ``who`` are the keys of each line that say who it is."""

    log: Journal
    written: Side
    who: Mapping[str, Any]

    def tell_overruled(self, changes: Iterable[FieldChange]) -> None:
        """Log the changes among these that overrule somebody."""
        for change in changes:
            if change.overrules:
                name = change.membrain if self.written is Side.MEMBRAIN else change.field
                self._tell(name, change.old, change.new, sync=change.sync, field=change.field, rule=change.rule)

    def tell_lost_address(self, intent: Intent | MembrainIntent, agreed: str) -> None:
        """Log the address that a new one replaces, when it is another than the one last ``agreed`` on."""
        if email_key(agreed) != email_key(intent.old_email):
            sync, rule = intent.operations[0][1], Rule.SOURCE_CHANGED.value
            self._tell(EMAIL, intent.old_email, intent.email, sync=sync, field=EMAIL, rule=rule)

    def _tell(self, name: str, loser: str, winner: str, **what: Any) -> None:
        self.log.event(
            Event.RECORD_CONFLICT,
            f"{self.who['contact']}: {name} was {loser!r}, {_WINNERS[self.written]} {winner!r} wins",
            **self.who,
            **what,
            winner=winner,
            loser=loser,
        )
