"""Splitting a filter into the clauses that its top joins by and."""

from __future__ import annotations

import pytest

from ccsync.sync.filter_text import clauses


@pytest.mark.parametrize(
    ("expression", "parts"),
    [
        ("contact.A == '1'", ("contact.A == '1'",)),
        ("contact.A == '1' && contact.B == '2'", ("contact.A == '1'", "contact.B == '2'")),
        ("(a && b)&&!c", ("(a && b)", "!c")),
        ("[1, 2].exists(x, x > 1 && x < 3) && b", ("[1, 2].exists(x, x > 1 && x < 3)", "b")),
        (
            "contact.A == '&&' && contact.custom[\"a || b\"] == 'x'",
            ("contact.A == '&&'", "contact.custom[\"a || b\"] == 'x'"),
        ),
        ("a // && not this\n&& b", ("a // && not this", "b")),
    ],
)
def test_a_chain_is_split_where_nothing_else_binds(expression: str, parts: tuple[str, ...]) -> None:
    assert clauses(expression) == parts


@pytest.mark.parametrize("expression", ["a && b || c", "a || b && c", "a ? b && c : d", "a && b ? c : d"])
def test_what_binds_less_than_and_leaves_the_whole(expression: str) -> None:
    assert clauses(expression) == (expression,)
