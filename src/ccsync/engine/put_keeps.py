"""Whether a PUT to Membrain leaves alone what it does not name, which is not documented: found out by looking.

The row as it was is kept in the state until it is compared with the row as it is, so that nothing is lost when a run is
killed in between.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ccsync.engine.refused_fields import updated_without_refused
from ccsync.logs.events import Event
from ccsync.membrain.rows import full_row, is_set
from ccsync.membrain.side import NOT_WRITABLE
from ccsync.sync.catalogue import property_name
from ccsync.sync.records import MembrainId, Resource

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from typing import Any

    from ccsync.engine.context import Context
    from ccsync.engine.membrain_rows import MembrainRows

REPLACES = "membrain.put_replaces"
ROW = "membrain.put_row"
YES, NO = "yes", "no"
_COMPANY = ("CompanyId", "CompanyName")
MANDATORY = ("Name", *_COMPANY)
"""What is sent with every change: a contact name and a company name are mandatory (Membrain's help page)."""
_FOLLOWING = ("FirstName", "LastName")
"""What Membrain may show of the name."""


class PutKeeps:
    """Writes to contacts so that nothing else of them changes, and mends what a PUT emptied."""

    def __init__(self, context: Context, rows: MembrainRows) -> None:
        self._context = context
        self._rows = rows
        self._open: tuple[Mapping[str, Any], Collection[str]] | None = None

    def send(self, row: Mapping[str, Any], values: Mapping[str, object]) -> None:
        """Have ``values`` change in a row and nothing else; RecordRefused when Membrain does not take them."""
        progress = self._context.store.progress
        body = self._body(row, values)
        kept = progress.fact(ROW)
        if progress.fact(REPLACES) != YES and (kept is None or json.loads(kept)["row"]["Id"] == row["Id"]):
            progress.set_fact(ROW, json.dumps({"row": dict(row), "sent": list(body)}))
        self._put(row, body)
        self._open = row, tuple(body)

    def after(self, row: Mapping[str, Any]) -> bool:
        """Compare a row as it is with what it was before the last PUT; True when values were lost and written again."""
        mended = False
        if self._open is not None and self._open[0]["Id"] == row["Id"]:
            mended = self._compare(*self._open, row)
        self._open = None
        return mended

    def recover(self) -> None:
        """Look after the row of a PUT that an earlier run did not get to compare; a dry run leaves it as it is."""
        kept = self._context.store.progress.fact(ROW)
        if kept is None or self._context.options.dry_run:
            return
        before, sent = json.loads(kept)["row"], json.loads(kept)["sent"]
        row = self._rows.row(Resource.CONTACTS, before["Id"])
        if row is None:
            self._context.store.progress.set_fact(ROW, None)
        else:
            self._compare(before, sent, row)

    def _body(self, row: Mapping[str, Any], values: Mapping[str, object]) -> dict[str, object]:
        """Return what to send; without a company that is not there any more, for Membrain takes nobody with it."""
        whole = self._context.store.progress.fact(REPLACES) == YES
        company = self._rows.record(Resource.CONTACTS, row).company_id
        known = self._context.store.mirror.records(Resource.COMPANIES, [company]).get(company)
        dead = _COMPANY if known is None or known.gone else ()
        kept = {name: value for name, value in row.items() if (whole or name in MANDATORY) and name not in dead}
        return full_row(kept, values)

    def _compare(self, before: Mapping[str, Any], sent: Collection[str], row: Mapping[str, Any]) -> bool:
        """Learn from a row what PUTs do, and mend it; a PUT that left no trace may never have come."""
        progress = self._context.store.progress
        named = {property_name(name) for name in sent}
        left = named | NOT_WRITABLE | {*MANDATORY, *_FOLLOWING}
        others = [name for name, value in before.items() if is_set(value) and property_name(name) not in left]
        lost = [name for name in others if not is_set(row.get(name))]
        if lost:
            progress.set_fact(REPLACES, YES)
            self._context.warn("Membrain empties what a PUT does not name: whole records are sent from now on")
            self._mend(before, row, lost)
        came = any(row.get(name) != before.get(name) for name in row if property_name(name) in named)
        with self._context.store.transaction():
            if others and came and progress.fact(REPLACES) is None:
                progress.set_fact(REPLACES, NO)
            if (kept := progress.fact(ROW)) and json.loads(kept)["row"]["Id"] == row["Id"]:
                progress.set_fact(ROW, None)
        return bool(lost)

    def _mend(self, before: Mapping[str, Any], row: Mapping[str, Any], lost: Sequence[str]) -> None:
        """Write lost values again, but for those that Membrain does not take: the log keeps these."""

        def send(names: Sequence[str]) -> None:
            self._put(row, full_row(dict(row), {name: before[name] for name in names}))

        refused = updated_without_refused(lost, send, self._names, alone=True)
        if not refused:
            return
        email = self._rows.record(Resource.CONTACTS, before).email
        what = ", ".join(self._display(name) for name in refused)
        self._context.warn(f"{email}: a PUT emptied {what}, and Membrain does not take that back; the log has it")
        self._context.log.event(
            Event.RECORD_FAILED,
            f"{email}: lost in Membrain, and not taken back: {what}",
            level="warning",
            service="membrain",
            contact=email,
            membrain_id=MembrainId(str(row["Id"])),
            changes=[
                {"membrain": f"contact.{property_name(name)}", "old": before[name], "new": ""} for name in refused
            ],
        )

    def _put(self, row: Mapping[str, Any], body: Mapping[str, object]) -> None:
        record_id = self._rows.record(Resource.CONTACTS, row).id
        self._context.membrain.update(Resource.CONTACTS.value, record_id, body)

    def _names(self, name: str) -> Collection[str]:
        return {property_name(name), self._display(name)}

    def _display(self, name: str) -> str:
        return self._rows.display(Resource.CONTACTS, property_name(name))
