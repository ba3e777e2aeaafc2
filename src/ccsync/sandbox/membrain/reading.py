"""What a client asks of a list, under each reading of the documentation."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from ccsync.sandbox.membrain.kinds import RULES, Kind, ListRules
from ccsync.sandbox.membrain.store import Selection, Span
from ccsync.sandbox.membrain.times import TimeStyle, stored
from ccsync.sandbox.membrain.values import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from ccsync.sandbox.membrain.switches import MembrainSwitches

PAGE_SIZE: Final = 100
LARGEST_PAGE: Final = 1000

_BY_NAME: Final = "name, seq"
_DIRECTIONS: Final = ("", "asc", "desc")
_SORT_COLUMNS: Final = {"name": "name", "createddate": "created", "changeddate": "changed"}
_UNDOCUMENTED: Final = {"stable": "id", "shuffled": "random()", "newest-first": "changed DESC, seq DESC"}


class QueryReader:
    """Turns query parameters, their names in small letters, into a selection of records."""

    def __init__(self, switches: MembrainSwitches) -> None:
        self._switches = switches
        self._times = TimeStyle(switches)

    def read(self, kind: Kind, query: Mapping[str, str]) -> Selection:
        """Return what is asked for. Raises Refused for a value or a range that is not taken."""
        rules = RULES[kind]
        if not rules.paged:
            return Selection(kind, with_deleted=False)
        return Selection(
            kind=kind,
            order=self._order(rules, query.get("sortby", "")),
            start=max(0, _whole(query.get("from", "0"), "From")),
            size=self._size(query),
            with_deleted=self._with_deleted(rules, query),
            with_retired=rules.include_retired and _is_true(query, "includeretired"),
            spans=self._spans(kind, query),
            email=self._email(kind, query),
        )

    def _with_deleted(self, rules: ListRules, query: Mapping[str, str]) -> bool:
        if rules.include_deleted:
            return _is_true(query, "includedeleted")
        return self._switches.deleted_projects_listed

    def _email(self, kind: Kind, query: Mapping[str, str]) -> str:
        parameter = self._switches.email_parameter.casefold()
        return query.get(parameter, "").strip() if parameter and kind is Kind.CONTACTS else ""

    def _size(self, query: Mapping[str, str]) -> int:
        parameter = self._switches.page_size_parameter.casefold()
        if not parameter or parameter not in query:
            return PAGE_SIZE
        return min(max(1, _whole(query[parameter], parameter)), LARGEST_PAGE)

    def _order(self, rules: ListRules, sort_by: str) -> str:
        if not rules.sortable:
            return _UNDOCUMENTED[self._switches.undocumented_order]
        name, _, direction = sort_by.casefold().strip().partition(" ")
        understood = name in _SORT_COLUMNS and (name != "changeddate" or self._switches.sort_by_changed_date)
        if not understood or direction.strip() not in _DIRECTIONS:
            return _BY_NAME
        return f"{_SORT_COLUMNS[name]} {direction}, seq {direction}"

    def _spans(self, kind: Kind, query: Mapping[str, str]) -> dict[str, Span]:
        if kind in self._switches.range_filter_ignored_on:
            return {}
        spans = {column: self._span(column, query) for column in ("changed", "created")}
        return {column: span for column, span in spans.items() if span is not None}

    def _span(self, column: str, query: Mapping[str, str]) -> Span | None:
        ends = [query.get(f"{column}{end}date", "") for end in ("from", "to")]
        if not all(ends):
            if any(ends) and self._switches.one_end == "error":
                name = column.capitalize()
                raise Refused(f"{name}FromDate and {name}ToDate must be given together")
            return None
        first, last = (self._moment(end) for end in ends)
        longest = self._switches.longest_range_days
        if longest and last - first > timedelta(days=longest):
            raise Refused(f"A range may be {longest} days long at most")
        return Span(
            stored(first, fractions=bool(first.microsecond)),
            stored(last, fractions=bool(last.microsecond)),
            with_first=self._switches.range_ends != "exclusive",
            with_last=self._switches.range_ends == "inclusive",
        )

    def _moment(self, text: str) -> datetime:
        try:
            return self._times.read_moment(text)
        except ValueError as error:
            raise Refused(f"{text!r} is not a date") from error


def _whole(text: str, name: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise Refused(f"{name} takes a whole number, not {text!r}") from error


def _is_true(query: Mapping[str, str], name: str) -> bool:
    return query.get(name, "").casefold() == "true"
