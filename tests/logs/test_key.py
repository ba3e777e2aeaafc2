"""The key behind the marks: one for each account, private, and never half a one."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest

from ccsync.errors import LocalError
from ccsync.logs.key import KEY_FILE, mark, person_key

if TYPE_CHECKING:
    from pathlib import Path


def test_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    key = person_key(tmp_path)
    assert len(key) == 32
    assert person_key(tmp_path) == key
    assert stat.S_IMODE((tmp_path / KEY_FILE).stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [KEY_FILE]


def test_each_account_has_another_one(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    assert person_key(tmp_path) != person_key(tmp_path / "other")


def test_a_damaged_one_is_not_replaced_in_silence(tmp_path: Path) -> None:
    (tmp_path / KEY_FILE).write_bytes(b"short")
    with pytest.raises(LocalError, match="damaged: 5 bytes in place of 32"):
        person_key(tmp_path)
    assert (tmp_path / KEY_FILE).read_bytes() == b"short"


def test_a_mark_does_not_hang_on_case_blanks_or_how_letters_are_put_together() -> None:
    key = b"k" * 32
    assert mark(key, " ANN@example.com") == mark(key, "ann@example.com")
    assert mark(key, "Å") == mark(key, "A\u030a")
    assert mark(key, "ann@example.com") != mark(b"x" * 32, "ann@example.com")
