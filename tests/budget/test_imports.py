"""Bodies of imports: as full as they can be, never a byte or a row over, because the service drops those silently."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccsync.constant_contact.imports import ImportBody, split

if TYPE_CHECKING:
    from collections.abc import Iterator

LISTS = ["0e0e0e0e-0000-11f1-8000-000000000001"]

texts = st.text(max_size=20)
row_values = st.dictionaries(texts, texts | st.integers(1, 31), max_size=4)
list_ids = st.lists(st.uuids().map(str), min_size=1, max_size=3)


def size_of(rows: list[Any], lists: list[str]) -> int:
    body = json.dumps({"import_data": rows, "list_ids": lists}, ensure_ascii=False, separators=(",", ":"))
    return len(body.encode("utf-8", "replace"))


@given(
    rows=st.lists(row_values, max_size=40),
    lists=list_ids,
    max_bytes=st.integers(600, 1500),
    max_rows=st.integers(1, 10),
)
def test_all_rows_travel_once_in_order_within_both_limits_in_as_few_bodies_as_can_be(
    rows: list[dict[str, Any]], lists: list[str], max_bytes: int, max_rows: int
) -> None:
    bodies = list(split(rows, lists, max_bytes, max_rows))
    sent = [json.loads(body.body) for body in bodies]
    as_sent = json.loads(json.dumps(rows, ensure_ascii=False).encode("utf-8", "replace"))
    assert [row for body in sent for row in body["import_data"]] == as_sent
    assert all(body["list_ids"] == lists for body in sent)
    assert all(len(body.body) <= max_bytes and 1 <= body.rows <= max_rows for body in bodies)
    first = 0
    for body in bodies:
        assert (body.first, body.rows) == (first, len(json.loads(body.body)["import_data"]))
        first += body.rows
    for body in bodies[:-1]:
        one_more = rows[body.first : body.first + body.rows + 1]
        assert body.rows == max_rows or size_of(one_more, lists) > max_bytes


@given(rows=st.lists(row_values, min_size=1, max_size=10), lists=list_ids)
def test_a_body_that_fits_to_the_byte_is_one_body_and_a_byte_less_makes_two(rows: list[Any], lists: list[str]) -> None:
    exact = size_of(rows, lists)
    assert [body.rows for body in split(rows, lists, exact)] == [len(rows)]
    if len(rows) > 1:
        assert [body.rows for body in split(rows, lists, exact - 1)] == [len(rows) - 1, 1]


def test_rows_are_taken_one_by_one_and_not_all_at_once() -> None:
    taken = 0

    def rows() -> Iterator[dict[str, str]]:
        nonlocal taken
        while True:
            taken += 1
            yield {"email": f"p{taken}@example.com"}

    body = next(split(rows(), LISTS, max_rows=10))
    assert body.rows == 10
    assert taken == 11


def test_ten_thousand_rows_of_a_usual_size_are_one_import() -> None:
    row = {"email": "ann@example.com", "company_name": "x" * 300}
    assert [body.rows for body in split([row] * 10_000, LISTS)] == [10_000]


def test_foreign_letters_are_counted_as_they_are_sent() -> None:
    (body,) = split([{"first_name": "Åsa"}], LISTS)
    assert "Åsa".encode() in body.body


def test_no_row_makes_no_body() -> None:
    assert list(split([], LISTS)) == []


def test_a_row_that_fits_nowhere_is_an_error_and_not_dropped() -> None:
    with pytest.raises(ValueError, match="row 1 takes"):
        list(split([{"a": "b"}, {"a": "x" * 200}], LISTS, max_bytes=200))


@pytest.mark.parametrize("count", [0, 51])
def test_an_import_names_one_to_fifty_lists(count: int) -> None:
    with pytest.raises(ValueError, match="1 to 50 lists"):
        list(split([{"email": "ann@example.com"}], ["id"] * count))


def test_a_body_says_where_its_rows_come_from() -> None:
    bodies = list(split([{"email": str(n)} for n in range(5)], LISTS, max_rows=2))
    assert [(body.first, body.rows) for body in bodies] == [(0, 2), (2, 2), (4, 1)]
    assert isinstance(bodies[0], ImportBody)
