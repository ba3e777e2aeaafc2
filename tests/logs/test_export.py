"""Cells of an exported table: none of them is a formula to any spreadsheet."""

from __future__ import annotations

import pytest

from ccsync.logs.export import safe_cell


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+46 70 123",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        " =1",
        "\u00a0=1",
        "\ufeff=1",
        "\uff1d1",
        "\uff20SUM",
        "\x00=1",
    ],
)
def test_what_could_be_read_as_a_formula_is_text(text: str) -> None:
    assert safe_cell(text) == f"'{text}"


@pytest.mark.parametrize(
    ("value", "cell"), [("a=b", "a=b"), (None, ""), (200, "200"), (["a"], '["a"]'), (True, "true")]
)
def test_anything_else_is_as_it_is(value: object, cell: str) -> None:
    assert safe_cell(value) == cell


def test_a_negative_number_is_text_too() -> None:
    assert safe_cell(-5) == "'-5"


@pytest.mark.parametrize(("value", "cell"), [("Ann;=1+1", "Ann;'=1+1"), ("a\r\n+1", "a\r\n'+1"), ("a\t@x", "a\t'@x")])
def test_nor_is_what_stands_after_a_sign_that_parts_cells_in_other_countries(value: str, cell: str) -> None:
    assert safe_cell(value) == cell
