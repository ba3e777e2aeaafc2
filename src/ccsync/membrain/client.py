"""Membrain's API: lists read whole or not at all, and single records.

Facts: the key goes in a header called ``APIKey`` and stays out of addresses; paths end in a slash; pages hold 100 rows
unless a parameter, whose name is not public, asks for up to 1000; a range of change times needs both ends.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from threading import Lock
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ccsync.clock import hold_pace
from ccsync.errors import Unreachable
from ccsync.membrain.answers import classifier, lists_by_name, some_users
from ccsync.membrain.paging import Page, Record, page_from, windows
from ccsync.membrain.writes import Writes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from zoneinfo import ZoneInfo

    from ccsync.clock import Clock
    from ccsync.http.answers import Reader
    from ccsync.http.dates import TheirClock
    from ccsync.http.session import HttpClient

LARGEST_PAGE = 1000
#: A list in an undocumented order may be shuffled for each request; so often it is read to see every row once.
READINGS = 12
#: So many passes in a row that show nothing new end it sooner.
IDLE_PASSES = 4

#: Which lists know which flag; elsewhere deleted rows are in the list or are not (reference of the API, second-hand).
_GONE = {
    "contacts": {"IncludeDeleted": "true", "IncludeRetired": "true"},
    "companies": {"IncludeDeleted": "true"},
}
_SORTABLE = frozenset({"contacts", "companies"})
#: No zone sets its clocks further than this at once, nor within less time.
_CLOCK_CHANGE = timedelta(hours=3)


class ShrankError(Exception):
    """The list lost rows between two of its pages, so that others may have moved past us."""


class MembrainClient:
    """Membrain's REST API, version 2, as far as ccsync uses it.

    All methods raise Unreachable when no usable answer comes, LoginNeeded when the key is refused, ConfigError when
    there is no such instance, and TryLater when Membrain keeps asking to slow down. Those that write raise
    RecordRefused with Membrain's own words when it does not take a record, and AnswerLost when the write may have
    happened without an answer.
    """

    def __init__(
        self,
        http: HttpClient,
        key: str,
        *,
        clock: Clock,
        time_zone: ZoneInfo,
        page_size_parameter: str = "",
        parallel_pages: int = 4,
        requests_per_minute: int = 0,
    ) -> None:
        """``time_zone`` is the one of Membrain's times; 0 requests per minute means no limit of our own."""
        self._http = http
        self._key = key
        self._zone = time_zone
        self._page_size = {page_size_parameter: str(LARGEST_PAGE)} if page_size_parameter else {}
        self._parallel = max(1, parallel_pages)
        self._pace = _Pace(clock, 60 / requests_per_minute if requests_per_minute else 0.0)
        self._single = Writes(http, key, self._headers)

    @property
    def instance(self) -> str:
        """The host name, by which instances are told apart: each has its own (documented form of the address)."""
        return urlsplit(self._http.base_url).hostname or ""

    @property
    def their_clock(self) -> TheirClock:
        """What the answers so far tell about Membrain's clock."""
        return self._http.their_clock

    def users(self) -> list[Record]:
        """Return the instance's users; an answer that names none is no answer, for the key belongs to one."""
        found: list[Record] = self._get("users", some_users, {})
        return found

    def custom_fields(self) -> dict[str, list[Record]]:
        """Return the definitions of custom fields by kind, such as ``contactCustomFields``."""
        found: dict[str, list[Record]] = self._get("customFields", lists_by_name, {})
        return found

    def count(
        self, resource: str, *, changed: tuple[datetime, datetime] | None = None, include_gone: bool = False
    ) -> int:
        """Return how many rows a list has; one request."""
        page: Page = self._get(resource, page_from(0), self._query(resource, changed, include_gone=include_gone))
        return page.count

    def pages(
        self,
        resource: str,
        *,
        changed: tuple[datetime, datetime] | None = None,
        include_gone: bool = False,
        sort_by_created: bool = False,
    ) -> Iterator[list[Record]]:
        """Yield a whole list, some rows at a time; ends without an error only when every row was seen.

        When the list loses rows while it is read, it is read once more from the beginning: a row may then come again,
        and the later one counts. When rows stay hidden because each request has another order, it is read again until
        all have shown up. Unreachable when it cannot be had whole.
        """
        query = self._query(resource, changed, include_gone=include_gone)
        if sort_by_created and resource in _SORTABLE:
            query["SortBy"] = "CreatedDate ASC"
        reading = _Reading()
        shrank = False
        for _ in range(READINGS):
            try:
                yield from self._fresh_rows(resource, query, reading)
            except ShrankError:
                if shrank:
                    break
                shrank, reading = True, _Reading()
                continue
            if reading.is_whole():
                return
            if reading.idle_passes >= IDLE_PASSES:
                break
        raise Unreachable(
            f"Membrain's list of {resource} cannot be read whole: {len(reading.seen)} of {reading.count} rows"
            + (", and it loses rows while it is read" if shrank else ""),
            hint="ccsync run --once, later",
            code="half_answer",
        )

    def record(self, resource: str, record_id: str) -> Record | None:
        """Return one row, also one that is marked as deleted; None when Membrain says that there is no such record.

        Whether it serves single records at all is not documented, so None alone does not prove that a record is gone.
        """
        return self._single.record(resource, record_id)

    def create(self, resource: str, values: Mapping[str, object]) -> str | None:
        """Add a record and return its Id; None when it was taken and the answer does not tell the Id.

        It is sent once: after AnswerLost look for the record before it is created again.
        """
        return self._single.create(resource, values)

    def update(self, resource: str, record_id: str, values: Mapping[str, object]) -> None:
        """Set properties of a record; may be repeated. Whether the others stay is not documented: read it back."""
        self._single.update(resource, record_id, values)

    def _fresh_rows(self, resource: str, query: dict[str, str], reading: _Reading) -> Iterator[list[Record]]:
        """Read the list once and yield the rows that this reading has not seen."""

        def read_page(start: int, length: int | None) -> Page:
            page: Page = self._get(resource, page_from(start, length), query | {"From": str(start)})
            return page

        before = len(reading.seen)
        for page in windows(read_page, self._parallel):
            reading.note_count(page.count)
            fresh = reading.unseen(page.items)
            if fresh:
                yield fresh
        reading.idle_passes = 0 if len(reading.seen) > before else reading.idle_passes + 1

    def _query(self, resource: str, changed: tuple[datetime, datetime] | None, *, include_gone: bool) -> dict[str, str]:
        query = dict(self._page_size)
        if include_gone:
            query |= _GONE.get(resource, {})
        if changed:
            first, last = changed
            query |= {"ChangedFromDate": earliest(first, self._zone), "ChangedToDate": latest(last, self._zone)}
        return query

    def _get(self, resource: str, read: Reader, query: dict[str, str]) -> Any:
        return self._http.send(
            "GET", f"/{resource}/", classifier(read, self._key), query=query, before_try=self._headers
        )

    def _headers(self) -> dict[str, str]:
        self._pace.wait()
        return {"APIKey": self._key}


def earliest(moment: datetime, zone: tzinfo) -> str:
    """Write the near end of a range in local time, rounded down, and below everything that happened since.

    Local times repeat when clocks are set back: what happens in the second hour then sorts before the end of the first.
    """
    local = moment.astimezone(zone).replace(tzinfo=None)
    later = (moment + _CLOCK_CHANGE).astimezone(zone).replace(tzinfo=None) - _CLOCK_CHANGE
    return f"{min(local, later):%Y-%m-%d %H:%M:%S}"


def latest(moment: datetime, zone: tzinfo) -> str:
    """Write the far end of a range in local time, rounded up, and above everything that happened before."""
    local = moment.astimezone(zone).replace(tzinfo=None)
    before = (moment - _CLOCK_CHANGE).astimezone(zone).replace(tzinfo=None) + _CLOCK_CHANGE
    return f"{max(local, before) + timedelta(seconds=1, microseconds=-1):%Y-%m-%d %H:%M:%S}"


@dataclass(slots=True)
class _Reading:
    """What has been seen of a list so far, in one or more passes over it."""

    seen: set[str] = field(default_factory=set)
    count: int = 0
    """The most rows that any page spoke of."""
    least: int | None = None
    """What the first page said. Pages in flight together may tell of growth in any order, but none of fewer rows."""
    idle_passes: int = 0

    def note_count(self, count: int) -> None:
        self.least = count if self.least is None else self.least
        if count < self.least:
            raise ShrankError
        self.count = max(self.count, count)

    def is_whole(self) -> bool:
        return len(self.seen) >= self.count

    def unseen(self, rows: list[Record]) -> list[Record]:
        fresh = []
        for row in rows:
            if row["Id"] not in self.seen:
                self.seen.add(row["Id"])
                fresh.append(row)
        return fresh


class _Pace:
    """Holds requests ``interval`` seconds apart, over all threads of this client."""

    def __init__(self, clock: Clock, interval: float) -> None:
        self._clock = clock
        self._interval = interval
        self._free_from = 0.0
        self._lock = Lock()

    def wait(self) -> None:
        if not self._interval:
            return
        with self._lock:
            now = self._clock.monotonic()
            start = max(self._free_from, now)
            self._free_from = start + self._interval
        if start > now:
            hold_pace(self._clock, start - now)
