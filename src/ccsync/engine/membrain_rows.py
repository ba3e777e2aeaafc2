"""Single rows of Membrain: read before a write and after it, kept in the mirror, and values as a request has them."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

from ccsync.engine.context import SWEEPS
from ccsync.engine.overlap import OVERLAP
from ccsync.engine.pull_membrain import FAR_END, RANGE_FILTERS, YES
from ccsync.membrain import side
from ccsync.membrain.encoding import UnknownOptionError, encoded
from ccsync.membrain.rows import examples, is_set
from ccsync.sync.catalogue import PropertyType, property_name
from ccsync.sync.records import MembrainId, Resource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime
    from typing import Any

    from ccsync.engine.context import Context
    from ccsync.engine.pull_membrain import MembrainReader
    from ccsync.sync.catalogue import Property
    from ccsync.sync.operations import FieldChange
    from ccsync.sync.records import MembrainRecord

SINGLE = "membrain.single_records"
"""The fact whether Membrain ever served a single record: then it has none that it does not serve."""

MISSING = "membrain.not_in_list"
"""The fact which records the whole list did not show, since which sweep, each with the time of its last change."""

MOMENT = timedelta(seconds=2)
"""So far around the time of its last change a row is looked for in its list."""


class MembrainRows:
    """Reads single rows, and writes values in the way that Membrain shows them."""

    def __init__(self, context: Context, reader: MembrainReader) -> None:
        self._context = context
        self._reader = reader
        self._seen: dict[Resource, dict[str, Any]] = {}

    def row(self, resource: Resource, record_id: str) -> dict[str, Any] | None:
        """Return one raw row, which the mirror then has as well; None when Membrain shows no such row.

        Whether single rows can be asked for is not documented: until one was, it is looked for in the list, at the time
        of its last change.
        """
        found = self._single(resource, record_id)
        if found is None and self._context.store.progress.fact(SINGLE) != YES:
            found = self._listed(resource, record_id)
        if found is not None:
            self._reader.take(resource, [found])
        return found

    def _single(self, resource: Resource, record_id: str) -> dict[str, Any] | None:
        found = self._context.membrain.record(resource.value, record_id)
        if found is not None and self._context.store.progress.fact(SINGLE) != YES:
            self._context.store.progress.set_fact(SINGLE, YES)
        return found

    def _listed(self, resource: Resource, record_id: str) -> dict[str, Any] | None:
        known = self._context.store.mirror.records(resource, [MembrainId(record_id)]).get(MembrainId(record_id))
        if known is None or known.gone or self._is_missing(known):
            return None
        windows = [(known.changed - MOMENT, known.changed + MOMENT)] if known.changed else []
        for window in (*windows, None):
            for page in self._context.membrain.pages(resource.value, changed=window):
                for row in page:
                    if self.record(resource, row).id == record_id:
                        return row
        self._note_missing(known)
        return None

    def _is_missing(self, known: MembrainRecord) -> bool:
        """Tell whether the whole list was looked through in vain since the last sweep."""
        return self._missing().get(known.id) == str(known.changed)

    def _note_missing(self, known: MembrainRecord) -> None:
        missing = self._missing() | {known.id: str(known.changed)}
        self._context.store.progress.set_fact(MISSING, json.dumps([self._swept(), missing]))

    def _missing(self) -> dict[str, str]:
        swept, missing = json.loads(self._context.store.progress.fact(MISSING) or "[null, {}]")
        return missing if swept == self._swept() else {}

    def _swept(self) -> str | None:
        return self._context.store.progress.fact(SWEEPS)

    def record(self, resource: Resource, row: Mapping[str, Any]) -> MembrainRecord:
        """Return a raw row as a record."""
        return side.record(resource, row, self._reader.known_catalogue(), self._context.zone)

    def lately(self, since: datetime) -> None:
        """Bring into the mirror which people and companies changed since a moment.

        A list of which nobody knows yet whether its range of times filters was empty: it is read whole. One whose range
        is ignored would have to be, each time, and is left to the next run.
        """
        context = self._context
        for resource in (Resource.COMPANIES, Resource.CONTACTS):
            filters = context.store.progress.fact(f"{RANGE_FILTERS}.{resource.value}")
            if filters in (YES, None):
                window = (since - OVERLAP, context.clock.now() + FAR_END) if filters else None
                for page in context.membrain.pages(resource.value, changed=window):
                    self._reader.take(resource, page)

    def look(
        self, resource: Resource, record_id: str | None, since: datetime, is_it: Callable[[MembrainRecord], bool]
    ) -> dict[str, Any] | None:
        """Return a raw row that was just written: by its id, else among what changed since ``since``; None if unseen.

        Whether single rows can be asked for is not documented, nor whether an answer to a write tells the id.
        """
        row = self._single(resource, record_id) if record_id else None
        if row is not None:
            self._reader.take(resource, [row])
            return row
        filters = self._context.store.progress.fact(f"{RANGE_FILTERS}.{resource.value}") == YES
        window = (since - OVERLAP, self._context.clock.now() + FAR_END) if filters else None
        found: dict[str, Any] | None = None
        for page in self._context.membrain.pages(resource.value, changed=window):
            self._reader.take(resource, page)
            for one in page:
                record = self.record(resource, one)
                if record.id == record_id if record_id else is_it(record):
                    found = one
        if found is None and record_id:  # a write of which nothing was taken moves no time of change
            return self.row(resource, record_id)
        return found

    def sent(
        self, resource: Resource, changes: Iterable[FieldChange], like: Mapping[str, Any] | None = None
    ) -> tuple[dict[str, object], dict[FieldChange, str]]:
        """Return changes as a request has them, judged by a row, and why others cannot be written.

        Where the row is silent on how Membrain writes a choice, other rows are looked at.
        """
        catalogue, zone = self._reader.known_catalogue(), self._context.zone
        shown = {property_name(name): value for name, value in (like or {}).items()}
        values: dict[str, object] = {}
        unknown: dict[FieldChange, str] = {}
        for change in changes:
            if not change.name:
                continue
            known = catalogue.property_of(resource, change.name)
            raw = shown.get(change.name)
            if _tells_too_little(known, change.new, raw):
                raw = examples([self._examples(resource), {change.name: raw}]).get(change.name, raw)
            try:
                values[change.name] = encoded(known, change.new, raw, zone)
            except UnknownOptionError as error:
                unknown[change] = str(error)
        return values, unknown

    def display(self, resource: Resource, name: str) -> str:
        """Return what people call a property."""
        return self._reader.known_catalogue().property_of(resource, name).display

    def _examples(self, resource: Resource) -> dict[str, Any]:
        """Return values that a page of rows shows, read when the first of them is needed."""
        if resource not in self._seen:
            pages = self._context.membrain.pages(resource.value)
            self._seen[resource] = examples(next(iter(pages), []))
        return self._seen[resource]


def _tells_too_little(known: Property, value: str, raw: object) -> bool:
    """Tell whether a row does not show how Membrain writes a value: it has none, or one choice where several go."""
    if not value or known.type is PropertyType.TEXT:
        return False
    return not is_set(raw) or (known.type is PropertyType.MULTI_SELECT and isinstance(raw, str))
