"""Reading Membrain into the mirror: what changed since the timestamps, or everything where no filter can be trusted.

What is not public about Membrain's filters and markers is found out on first contact and kept as facts (reference:
unknowns 4, 5, 6 and 20): whether a range of change dates really filters, and whether deleted and retired rows say so.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

from ccsync.engine.clocks import by_both
from ccsync.engine.overlap import OVERLAP
from ccsync.engine.streams import BEGINNING, CONTACTS, OPT_OUTS, is_marked, stream
from ccsync.errors import Unreachable
from ccsync.logs.events import Event
from ccsync.membrain import side
from ccsync.sync.catalogue import Catalogue
from ccsync.sync.operations import Reason
from ccsync.sync.records import EmailKey, MembrainId, Resource, email_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from typing import Any

    from ccsync.config.model import Config
    from ccsync.engine.context import Context
    from ccsync.state.store import Progress
    from ccsync.state.values import Timestamp
    from ccsync.sync.records import MembrainRecord

CATALOGUE = "membrain.catalogue"
USERS = "membrain.users"
RANGE_FILTERS = "membrain.range_filters"
MARKERS = "membrain.markers"
YES, NO = "yes", "no"
REFUSED = "bad_answer"
"""The code of an answer that is an error text: Membrain's way to refuse what it does not take, a long range say."""

FAR_END = timedelta(days=2)
"""Both ends of a range are sent, the far one beyond any clock or zone of Membrain's."""

CLOCK_TOLERANCE = timedelta(minutes=10)

PROJECT_KINDS = {
    "sales-project": Resource.OPPORTUNITIES,
    "account-growth-project": Resource.ACCOUNT_GROWTH_ITEMS,
    "prospect": Resource.PROSPECTS,
}
"""The config's words for projects, and Membrain's names of their lists."""

MARKED = (Resource.CONTACTS, Resource.COMPANIES)
"""The lists that can be asked for deleted rows (``IncludeDeleted`` is documented for these two)."""


class MembrainReader:
    """Brings Membrain's lists into the mirror and touches everybody whom a change concerns."""

    def __init__(self, context: Context) -> None:
        self._context = context
        known = context.store.progress.fact(CATALOGUE)
        self.catalogue = Catalogue.from_json(known) if known else None
        self._remembered = known
        self._again_from: datetime | None = None

    def pull(self, resources: Sequence[Resource], *, new_names: bool = False) -> None:
        """Read these lists; ``new_names`` tells that the config may speak of fields that were made a moment ago."""
        if self.catalogue is None or self._context.whole or new_names:
            self._learn_names()
        for resource in resources:
            self._pull(resource)

    def known_catalogue(self) -> Catalogue:
        """Return what Membrain offers, as far as it has been seen; ``pull`` comes first."""
        if self.catalogue is None:
            raise LookupError("the catalogue is read before any list")
        return self.catalogue

    def _learn_names(self) -> None:
        """Read custom field definitions and users: first, and with every sweep."""
        context = self._context
        seen = self.catalogue.properties if self.catalogue is not None else ()
        answer = context.membrain.custom_fields()
        if not answer and any(one.custom for one in seen):
            raise Unreachable(
                "Membrain's list of custom fields is empty, and was not before: nothing was written",
                hint="ccsync run --once, later",
                code="half_answer",
            )
        self.catalogue = side.definitions(answer)
        for resource in Resource:
            names = [one.name for one in seen if one.resource is resource and not one.custom]
            self.catalogue = self.catalogue.with_seen(resource, names)
        users = _unforgotten(context, side.users(context.membrain.users()))
        remembered = json.dumps({"ids": sorted(users.ids), "emails": sorted(users.emails)})
        if context.store.progress.fact(USERS) != remembered:
            with context.store.transaction():
                context.store.progress.set_fact(USERS, remembered)
                context.store.work.touch(MembrainId(user) for user in users.ids)
                context.touch_addresses(users.emails)

    def _pull(self, resource: Resource) -> None:
        context = self._context
        began = context.clock.now()
        timestamp = context.store.progress.timestamps().get(stream(resource))
        context.progress.phase(f"reading {stream(resource)}")
        filters = context.store.progress.fact(f"{RANGE_FILTERS}.{resource.value}")
        if is_marked(context.store.progress, stream(resource)):
            self._again_from = timestamp.read_up_to - OVERLAP if timestamp else BEGINNING
        if timestamp is None or context.whole or filters != YES or not self._changed(resource, timestamp, began):
            self.read_whole(resource)
        self._again_from = None
        context.advances[stream(resource)] = by_both(began, context.membrain)

    def _changed(self, resource: Resource, timestamp: Timestamp, began: datetime) -> bool:
        """Read what changed; False when Membrain does not filter by this window: it refuses it, or ignores it."""
        try:
            return self._window(resource, timestamp, began)
        except Unreachable as trouble:
            if trouble.code != REFUSED:
                raise
            self._context.warn(f"{trouble.message}: reading all {resource.value}")
            return False

    def _window(self, resource: Resource, timestamp: Timestamp, began: datetime) -> bool:
        """Read what changed; False when rows from outside the window show that Membrain ignores it."""
        context = self._context
        since = timestamp.read_up_to - OVERLAP
        rows = 0
        for page in context.heeding(self._changed_pages(resource, (since, began + FAR_END))):
            records = self._records(resource, page)
            if any(record.changed is not None and record.changed < since - timedelta(seconds=1) for record in records):
                context.store.progress.set_fact(f"{RANGE_FILTERS}.{resource.value}", NO)
                context.warn(f"Membrain ignores the range of change dates for {resource.value}: reading all of them")
                return False
            self._store(resource, records)
            rows += len(records)
            context.progress.advance(len(records))
        context.log.event(Event.STREAM_PULLED, f"{stream(resource)}: {rows} rows", stream=stream(resource), rows=rows)
        return True

    def _changed_pages(
        self, resource: Resource, window: tuple[datetime, datetime]
    ) -> Iterable[Sequence[dict[str, Any]]]:
        """Return what changed, with the rows that are gone where these can be told from the living ones.

        As long as nobody was gone, that is not known. Then it shows by the number of the living ones.
        """
        membrain, progress = self._context.membrain, self._context.store.progress
        key = f"{MARKERS}.{resource.value}"
        markers = progress.fact(key) if resource in MARKED else NO
        if markers is not None:
            return membrain.pages(resource.value, changed=window, include_gone=markers == YES)
        rows = [row for page in membrain.pages(resource.value, changed=window, include_gone=True) for row in page]
        marked = sum(1 for row in rows if side.marked(row))
        if rows and membrain.count(resource.value, changed=window) != len(rows) - marked:
            progress.set_fact(key, NO)
            return membrain.pages(resource.value, changed=window)
        if marked:
            progress.set_fact(key, YES)
        return [rows]

    def read_whole(self, resource: Resource) -> None:
        """Read all living rows of a list; what is absent from two sweeps in a row is missing."""
        context, store = self._context, self._context.store
        number = context.next_sweep()
        living = 0
        for page in context.heeding(context.membrain.pages(resource.value, sort_by_created=resource in MARKED)):
            records = self._records(resource, page)
            self._store(resource, records, number)
            living += len(records)
            context.progress.advance(len(records))
        with store.transaction():
            missing = store.mirror.finish_records(resource, number)
            self._touch(resource, missing)
        self._learn_range(resource, living)
        if resource in MARKED:
            self._learn_markers(resource, living)
        context.log.event(
            Event.STREAM_PULLED,
            f"{stream(resource)}: read whole, {living} rows",
            stream=stream(resource),
            rows=living,
            sweep=number,
            missing=len(missing),
        )

    def _learn_range(self, resource: Resource, living: int) -> None:
        """Ask for what will change the day after tomorrow: a filter that filters finds nothing."""
        context = self._context
        if not living:
            return
        tomorrow = context.clock.now() + FAR_END / 2
        try:
            filters = context.membrain.count(resource.value, changed=(tomorrow, tomorrow + FAR_END)) == 0
        except Unreachable as trouble:
            if trouble.code != REFUSED:
                raise
            filters = False
        context.store.progress.set_fact(f"{RANGE_FILTERS}.{resource.value}", YES if filters else NO)

    def _learn_markers(self, resource: Resource, living: int) -> None:
        """Find out whether the rows that only ``IncludeDeleted`` shows can be told from the living ones.

        Until then nobody asked for them: those who say that they are gone, and lived when they were read last, are
        taken for gone at once.
        """
        context = self._context
        key = f"{MARKERS}.{resource.value}"
        if (
            context.store.progress.fact(key) == YES
            or context.membrain.count(resource.value, include_gone=True) == living
        ):
            return
        unmarked = 0
        for page in context.heeding(context.membrain.pages(resource.value, include_gone=True)):
            gone = self._records(resource, [row for row in page if side.marked(row)])
            known = context.store.mirror.records(resource, [record.id for record in gone])
            self._store(resource, [record for record in gone if record.id in known])
            unmarked += len(page) - len(gone)
        context.store.progress.set_fact(key, YES if unmarked == living else NO)

    def take(self, resource: Resource, rows: Sequence[dict[str, Any]]) -> None:
        """Bring rows that were read for another reason into the mirror."""
        self._store(resource, self._records(resource, rows))

    def _records(self, resource: Resource, page: Sequence[dict[str, Any]]) -> list[MembrainRecord]:
        catalogue = self.known_catalogue()
        return [side.record(resource, row, catalogue, self._context.zone) for row in page]

    def _store(self, resource: Resource, records: Sequence[MembrainRecord], sweep: int | None = None) -> None:
        store = self._context.store
        self._notice_names(resource, records)
        self._doubt_clock(records)
        with store.transaction():
            changes = store.mirror.put_records(records, sweep)
            versions = [version for change in changes for version in (change.old, change.new) if version]
            self._touch(resource, [*versions, *self._to_compare_again(resource, records)])

    def _to_compare_again(self, resource: Resource, records: Sequence[MembrainRecord]) -> Iterable[MembrainRecord]:
        """Return the rows of a stream that was set back, unchanged ones too, from where it was set to.

        As the mirror has them: it has nobody who was forgotten.
        """
        since = self._again_from
        again = [one.id for one in records if one.changed is None or one.changed >= since] if since else []
        return self._context.store.mirror.records(resource, again).values() if again else ()

    def _touch(self, resource: Resource, records: Sequence[MembrainRecord]) -> None:
        """Touch everybody whom changed, new or vanished rows concern."""
        if not records:
            return
        work = self._context.store.work
        if resource is Resource.CONTACTS:
            work.touch({record.id for record in records})
            self._context.touch_addresses({email_key(record.email) for record in records if record.email})
        elif resource is Resource.COMPANIES:
            work.touch_companies({record.id for record in records})
            self._context.touch_waiting(Reason.NO_COMPANY)
            self._context.touch_waiting(Reason.REFUSED)  # of somebody whose company could not be made
        else:
            work.touch_companies({record.company_id for record in records if record.company_id})

    def _notice_names(self, resource: Resource, records: Iterable[MembrainRecord]) -> None:
        """Add property names that rows show to the catalogue: Membrain has no list of them."""
        if self.catalogue is not None:
            names = {name for record in records for name in record.values}
            self.catalogue = self.catalogue.with_seen(resource, names)
            text = self.catalogue.to_json()
            if text != self._remembered:
                self._context.store.progress.set_fact(CATALOGUE, text)
                self._remembered = text

    def _doubt_clock(self, records: Iterable[MembrainRecord]) -> None:
        limit = self._context.clock.now() + CLOCK_TOLERANCE
        if any(record.changed is not None and record.changed > limit for record in records):
            self._context.warn(
                "Membrain shows changes from the future: check [membrain] time_zone and the clock of this machine"
            )


def _unforgotten(context: Context, users: side.Users) -> side.Users:
    """Return who logs in to Membrain, without those who were forgotten."""
    forgotten = context.store.forgotten
    ids = (one for one in users.ids if not forgotten.has_id(one))
    return side.Users(frozenset(ids), frozenset(one for one in users.emails if not forgotten.has(one)))


def users(progress: Progress) -> tuple[frozenset[str], frozenset[EmailKey]]:
    """Return who logs in to Membrain, by id and by address, as remembered."""
    known = json.loads(progress.fact(USERS) or "{}")
    return frozenset(known.get("ids", ())), frozenset(EmailKey(email) for email in known.get("emails", ()))


def resources(config: Config) -> tuple[Resource, ...]:
    """Return the lists that a configuration needs: projects only when a filter or a field speaks of them."""
    needed = [Resource.CONTACTS, Resource.COMPANIES]
    for sync in config.sync:
        speaks_of_projects = "project" in sync.filter or any(
            field.membrain.startswith("project.") for field in sync.field
        )
        if speaks_of_projects:
            needed += [PROJECT_KINDS[kind] for kind in sync.projects if PROJECT_KINDS[kind] not in needed]
    return tuple(needed)


def streams_of(config: Config) -> frozenset[str]:
    """Return the streams that a run of a configuration reads."""
    return frozenset((CONTACTS, OPT_OUTS, *map(stream, resources(config))))
