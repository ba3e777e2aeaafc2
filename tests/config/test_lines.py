"""Every key of a TOML file is found on the line where it stands."""

from __future__ import annotations

import string
import tomllib
from typing import TYPE_CHECKING, Any

import pytest
import tomli_w
from hypothesis import given, settings
from hypothesis import strategies as st

from ccsync.config.lines import KeyPath, locate, spell

if TYPE_CHECKING:
    from collections.abc import Iterator

AWKWARD = '''\
a.b = 1 # x = [
"q.r" = "he\\"y" # not = "a key"
[ t . "u v" ]
x = [1,
  # c ] = "comment"
 {k=2, "l" = [3]}, 'a']
s = """
foo = 1
[nope]
"""
after = true
[[array]]
date = 1979-05-27 07:32:00
day = 1979-05-27 # 07
[[array.sub]]
z = \'\'\'a\'\'\'\'\'
y = 1
[array.table]
q = { }
[[array]]
[[array.sub]]
z = """a\\"""b\\\\"""
"" = ''
"tab\\there" = inf
[[array.sub]]
'lit"eral' = [[], [[1]]]'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("a",), 1),
        (("a", "b"), 1),
        (("q.r",), 2),
        (("t",), 3),
        (("t", "u v"), 3),
        (("t", "u v", "x"), 4),
        (("t", "u v", "x", 0), 4),
        (("t", "u v", "x", 1), 6),
        (("t", "u v", "x", 1, "k"), 6),
        (("t", "u v", "x", 1, "l", 0), 6),
        (("t", "u v", "x", 2), 6),
        (("t", "u v", "s"), 7),
        (("t", "u v", "after"), 11),
        (("array",), 12),
        (("array", 0), 12),
        (("array", 0, "date"), 13),
        (("array", 0, "day"), 14),
        (("array", 0, "sub", 0), 15),
        (("array", 0, "sub", 0, "z"), 16),
        (("array", 0, "sub", 0, "y"), 17),
        (("array", 0, "table"), 18),
        (("array", 0, "table", "q"), 19),
        (("array", 1), 20),
        (("array", 1, "sub", 0, "z"), 22),
        (("array", 1, "sub", 0, ""), 23),
        (("array", 1, "sub", 0, "tab\there"), 24),
        (("array", 1, "sub", 1), 25),
        (("array", 1, "sub", 1, 'lit"eral', 1, 0, 0), 26),
    ],
)
def test_each_way_to_write_a_key_is_found_on_its_line(path: KeyPath, line: int) -> None:
    assert locate(AWKWARD).exact(path) == line


def test_nothing_is_found_that_tomllib_does_not_see() -> None:
    assert set(locate(AWKWARD).keys) == set(_paths(tomllib.loads(AWKWARD)))


def test_what_looks_like_a_key_in_a_text_or_a_comment_is_none() -> None:
    lines = locate("a = \"\"\"\nb = 1\n\"\"\"\n# c = 2\nd = '''\n[e]\n'''")

    assert set(lines.keys) == {("a",), ("d",)}


def test_a_table_written_after_its_sub_table_keeps_its_own_line() -> None:
    lines = locate("[a.b]\nx = 1\n[a]\ny = 2")

    assert lines.exact(("a",)) == 3


def test_a_key_that_is_missing_is_looked_for_in_the_table_around_it() -> None:
    lines = locate('account = "a"\n\n[[sync]]\nname = "x"\n')

    assert lines.exact(("sync", 0, "list")) is None
    assert lines.nearest(("sync", 0, "list")) == 3
    assert lines.nearest(("membrain", "instance")) == 1


def test_a_place_inside_a_long_text_has_its_own_line() -> None:
    lines = locate("a = '''\nfirst\nsecond'''\nb = '''one\ntwo'''\nc = 'short'")

    assert lines.inside(("a",), 1) == 3
    assert lines.inside(("b",), 1) == 5
    assert lines.inside(("c",), 0) == 6


def test_a_long_text_with_escapes_is_known_by_its_first_line_only() -> None:
    """An escaped line end is in the file and not in the text, so counting would mislead."""
    assert locate('a = """\\\n  one\ntwo"""').inside(("a",), 1) == 1


@pytest.mark.parametrize(
    ("path", "spelled"),
    [
        ((), ""),
        (("account",), "account"),
        (("sync", 0, "field", 2, "when_too_long"), "sync[0].field[2].when_too_long"),
        (("values", "Ja nej"), 'values."Ja nej"'),
        (("values", 'say "ja"'), 'values."say \\"ja\\""'),
    ],
)
def test_a_path_is_spelled_as_it_is_read_aloud(path: KeyPath, spelled: str) -> None:
    assert spell(path) == spelled


KEYS = st.text(string.ascii_letters + "-_ .\"'#[]=é\n", max_size=6)
PLAIN = st.one_of(
    st.booleans(),
    st.integers(-999, 999),
    st.floats(allow_nan=False, allow_infinity=False, width=16),
    st.dates(),
    st.text(string.ascii_letters + "\"'#[]{}=,\\ \n\té", max_size=12),
)
VALUES = st.recursive(
    PLAIN, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=12
)


@settings(max_examples=200, deadline=None)
@given(tables=st.dictionaries(KEYS, VALUES, max_size=5), long_texts=st.booleans())
def test_whatever_a_writer_writes_is_found_and_nothing_else(tables: dict[str, Any], long_texts: bool) -> None:
    text = tomli_w.dumps(tables, multiline_strings=long_texts).replace("\r\n", "\n")
    lines = locate(text)

    assert set(lines.keys) == set(_paths(tomllib.loads(text)))
    rows = text.split("\n")
    for path, line in lines.keys.items():
        if isinstance(path[-1], str):
            assert any(spelling in rows[line - 1] for spelling in _spellings(path[-1]))


def _paths(value: Any, path: KeyPath = ()) -> Iterator[KeyPath]:
    if path:
        yield path
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _paths(inner, (*path, key))
    if isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _paths(inner, (*path, index))


def _spellings(key: str) -> tuple[str, ...]:
    """Return the key as tomli-w spells it: bare, or in quotes."""
    (header,) = tomli_w.dumps({key: 0}).splitlines()
    return (header.removesuffix(" = 0"),)
