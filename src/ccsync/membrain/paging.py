"""A chain of pages, checked link by link: half an answer must never pass for a whole one.

A page is ``{"count", "from", "to", "items"}``; the counters come as texts or numbers, ``to`` is the end of the window
and the next page's ``From``, and the last page is the one whose ``to`` reaches ``count`` (public clients of the API).
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ccsync.http.answers import Nonsense

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ccsync.http.answers import Reader

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Page:
    """One window of a list: rows ``start`` to ``end`` (not included) of ``count``."""

    count: int
    start: int
    end: int
    items: list[Record]


def page_from(start: int, length: int | None = None) -> Reader:
    """Read the page that was asked for from ``start``; with ``length`` it must hold so many rows, short of the end."""

    def read(value: Any) -> Page:
        if not isinstance(value, dict) or not isinstance(value.get("items"), list):
            raise Nonsense("no items")
        page = Page(_number(value, "count"), _number(value, "from"), _number(value, "to"), value["items"])
        _check(page, start, length)
        return page

    return read


def windows(read_page: Callable[[int, int | None], Page], parallel: int) -> Iterator[Page]:
    """Yield all pages in order, at most ``parallel`` in flight or waiting to be taken.

    The first page tells count and page length; every other must then fit exactly. A list that grows meanwhile is read
    to its new end; one that shrinks is the reader's to notice, by the count of its pages.
    """
    last = first = read_page(0, None)
    yield first
    length = first.end - first.start
    count = first.count
    for last in _ahead(read_page, range(first.end, first.count, length or 1), length, parallel):
        count = max(count, last.count)
        yield last
    while last.items and last.end < count:
        last = read_page(last.end, length)
        count = max(count, last.count)
        yield last


def _ahead(read_page: Callable[[int, int | None], Page], starts: range, length: int, parallel: int) -> Iterator[Page]:
    if not starts:
        return
    with ThreadPoolExecutor(parallel, thread_name_prefix="membrain") as pool:
        flying: deque[Future[Page]] = deque()
        try:
            for start in starts:
                flying.append(pool.submit(read_page, start, length))
                if len(flying) >= parallel:
                    yield flying.popleft().result()
            while flying:
                yield flying.popleft().result()
        finally:
            for future in flying:
                future.cancel()


def _check(page: Page, start: int, length: int | None) -> None:
    if page.count <= start and not page.items:
        return  # empty, or the list has shrunk: its count tells
    if page.start != start:
        raise Nonsense(f"a page from {page.start} where one from {start} was asked for")
    if page.end - page.start != len(page.items):
        raise Nonsense(f"{len(page.items)} items in a page that says {page.start} to {page.end}")
    if page.end <= start and page.count > start:
        raise Nonsense(f"a page that ends at {page.end} where {page.count} is the end")
    if length is not None and page.end < min(start + length, page.count):
        raise Nonsense(f"a page of {len(page.items)} where the first one has {length}")
    for item in page.items:
        if not isinstance(item, dict) or not isinstance(item.get("Id"), str) or not item["Id"]:
            raise Nonsense("a record without an Id")


def _number(value: Record, name: str) -> int:
    """Read a counter that may be a text."""
    found = value.get(name)
    if isinstance(found, bool) or not isinstance(found, str | int):
        raise Nonsense(f"no {name}")
    try:
        number = int(found)
    except ValueError as error:
        raise Nonsense(f"{name} is {found!r}") from error
    if number < 0:
        raise Nonsense(f"{name} is {number}")
    return number
