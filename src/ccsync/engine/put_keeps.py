"""Whether a PUT to Membrain leaves alone what it does not name, which is not documented: found out on the first one.

The row as it was is kept in the state until the comparison is made, so that nothing is lost when a run is killed in
between.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ccsync.membrain.rows import full_row, is_set
from ccsync.membrain.side import NOT_WRITABLE
from ccsync.sync.catalogue import property_name
from ccsync.sync.records import Resource

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from ccsync.engine.context import Context
    from ccsync.engine.membrain_rows import MembrainRows

REPLACES = "membrain.put_replaces"
ROW = "membrain.put_row"
YES, NO = "yes", "no"
MANDATORY = ("Name", "CompanyId", "CompanyName")
"""What is sent with every change: a contact name and a company name are mandatory (Membrain's help page)."""


class PutKeeps:
    """Decides what a PUT of a contact has to name, and mends the row of the first one if it lost anything."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def body(self, row: Mapping[str, Any], values: Mapping[str, object]) -> dict[str, object]:
        """Return what to send so that ``values`` change and nothing else does."""
        if self._context.store.progress.fact(REPLACES) == YES:
            return full_row(dict(row), values)
        return full_row({name: row[name] for name in MANDATORY if name in row}, values)

    def before(self, row: Mapping[str, Any], values: Mapping[str, object]) -> None:
        """Keep a row as it is before the first PUT, and what that one sends."""
        progress = self._context.store.progress
        if progress.fact(REPLACES) is None:
            progress.set_fact(ROW, json.dumps({"row": dict(row), "values": dict(values)}))

    def after(self, row: Mapping[str, Any]) -> bool:
        """Learn from a row as it is after the first PUT; True when it lost values and they were written again.

        A row that shows nothing of what was sent teaches nothing: the PUT may never have arrived.
        """
        progress = self._context.store.progress
        kept = progress.fact(ROW)
        if kept is None:
            return False
        before, values = json.loads(kept)["row"], json.loads(kept)["values"]
        if before.get("Id") != row.get("Id"):
            return False
        sent = {property_name(name) for name in values}
        named = sent | set(MANDATORY) | NOT_WRITABLE
        others = [name for name, value in before.items() if is_set(value) and property_name(name) not in named]
        lost = [name for name in others if not is_set(row.get(name))]
        if lost:
            progress.set_fact(REPLACES, YES)
            again = full_row(before, {name: value for name, value in row.items() if is_set(value)} | values)
            again = {name: value for name, value in again.items() if property_name(name) not in NOT_WRITABLE}
            self._context.membrain.update(Resource.CONTACTS.value, str(before["Id"]), again)
            self._context.warn("Membrain empties what a PUT does not name: whole records are sent from now on")
        elif others and any(row.get(name) != before.get(name) for name in row if property_name(name) in sent):
            progress.set_fact(REPLACES, NO)
        progress.set_fact(ROW, None)
        return bool(lost)

    def recover(self, rows: MembrainRows) -> None:
        """Look after the row of a first PUT that an earlier run did not get to compare."""
        kept = self._context.store.progress.fact(ROW)
        if kept is None:
            return
        row = rows.row(Resource.CONTACTS, json.loads(kept)["row"]["Id"])
        if row is None or not self.after(row):
            self._context.store.progress.set_fact(ROW, None)
