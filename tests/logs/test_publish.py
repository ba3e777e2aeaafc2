"""A file is put in its place whole, and never over what somebody else put there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ccsync.errors import UsageError
from ccsync.logs.publish import published

if TYPE_CHECKING:
    from pathlib import Path


def test_a_file_that_came_in_between_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "case.zip"

    def write() -> None:
        with published(path) as file:
            file.write(b"ours")
            path.write_bytes(b"mine")

    with pytest.raises(UsageError, match="exists already"):
        write()
    assert path.read_bytes() == b"mine"
    assert list(tmp_path.iterdir()) == [path]


def test_until_it_is_whole_the_old_one_stands_there(tmp_path: Path) -> None:
    path = tmp_path / "case.zip"
    path.write_bytes(b"old")
    with published(path, replace=True) as file:
        file.write(b"new")
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
