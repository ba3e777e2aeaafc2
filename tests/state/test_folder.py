"""Where the state lies, and who may have made that folder."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest

from ccsync.errors import ConfigError, LocalError
from ccsync.state.folder import account_folder, state_root

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to somebody else")
SOMEBODY = 65534


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture(params=[0o000, 0o002, 0o077], ids=lambda mask: f"umask {mask:03o}")
def any_umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


def mode(folder: Path) -> int:
    return stat.S_IMODE(folder.stat().st_mode)


class TestTheRoot:
    def test_ccsync_state_dir_comes_first(self, tmp_path: Path) -> None:
        environ = {"CCSYNC_STATE_DIR": str(tmp_path), "STATE_DIRECTORY": "/var/lib/other"}
        assert state_root(environ) == tmp_path

    def test_then_the_first_folder_that_systemd_names(self, tmp_path: Path) -> None:
        assert state_root({"STATE_DIRECTORY": f"{tmp_path}:/var/lib/other"}) == tmp_path

    def test_else_the_users_state_folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
        for environ in ({}, {"CCSYNC_STATE_DIR": "", "STATE_DIRECTORY": ""}):
            assert state_root(environ) == tmp_path / "ccsync"

    def test_a_relative_folder_and_the_home_sign_are_resolved(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("HOME", str(tmp_path))
        assert state_root({"CCSYNC_STATE_DIR": "state"}) == tmp_path / "state"
        assert state_root({"CCSYNC_STATE_DIR": "~/state"}) == tmp_path / "state"


class TestTheAccountsFolder:
    @pytest.mark.usefixtures("any_umask")
    def test_it_is_made_for_its_owner_alone(self, root: Path) -> None:
        folder = account_folder(root, "acme")
        assert folder == root / "acme"
        assert (mode(root), mode(folder)) == (0o700, 0o700)

    def test_it_is_found_again(self, root: Path) -> None:
        (account_folder(root, "acme") / "file").touch()
        assert (account_folder(root, "acme") / "file").exists()

    def test_who_only_reads_makes_nothing(self, root: Path) -> None:
        assert account_folder(root, "acme", create=False) == root / "acme"
        assert not root.exists()

    @pytest.mark.parametrize("name", ["acme", "Acme-2", "a_b", "x" * 64])
    def test_letters_digits_hyphens_and_underscores_make_a_name(self, root: Path, name: str) -> None:
        assert account_folder(root, name).is_dir()

    @pytest.mark.parametrize("name", ["", ".", "..", "a/b", "../acme", "a b", "å", "acme\n", "x" * 65])
    def test_other_names_are_a_mistake_of_the_config(self, root: Path, name: str) -> None:
        with pytest.raises(ConfigError, match="letters, digits, - and _"):
            account_folder(root, name)
        assert not root.exists()

    def test_one_that_others_could_read_is_closed_to_them(self, root: Path) -> None:
        account_folder(root, "acme").chmod(0o755)
        assert mode(account_folder(root, "acme")) == 0o700

    @pytest.mark.parametrize("open_to", [0o770, 0o707], ids=["its group", "everybody"])
    @pytest.mark.parametrize("create", [True, False], ids=["to write", "to read"])
    def test_one_that_others_can_write_to_is_refused(self, root: Path, open_to: int, *, create: bool) -> None:
        folder = account_folder(root, "acme")
        folder.chmod(open_to)
        with pytest.raises(LocalError, match="others can write") as caught:
            account_folder(root, "acme", create=create)
        assert caught.value.hint == f"chmod go-w {folder}"

    def test_a_root_that_others_can_write_to_is_refused(self, root: Path) -> None:
        account_folder(root, "acme")
        root.chmod(0o777)
        with pytest.raises(LocalError, match="others can write"):
            account_folder(root, "acme")

    def test_a_root_where_nobody_can_replace_what_belongs_to_another_is_fine(self, root: Path) -> None:
        root.mkdir()
        root.chmod(0o1777)
        assert account_folder(root, "acme").is_dir()

    @AS_ROOT
    def test_one_that_belongs_to_somebody_else_is_refused(self, root: Path) -> None:
        os.chown(account_folder(root, "acme"), SOMEBODY, SOMEBODY)
        with pytest.raises(LocalError, match="belongs to another user"):
            account_folder(root, "acme")

    @AS_ROOT
    def test_a_root_that_belongs_to_somebody_else_is_refused(self, root: Path) -> None:
        account_folder(root, "acme")
        os.chown(root, SOMEBODY, SOMEBODY)
        with pytest.raises(LocalError, match="belongs to another user"):
            account_folder(root, "acme")

    def test_a_link_to_elsewhere_is_refused(self, root: Path, tmp_path: Path) -> None:
        root.mkdir(mode=0o700)
        (root / "acme").symlink_to(tmp_path)
        with pytest.raises(LocalError, match="is not a folder"):
            account_folder(root, "acme")

    def test_a_file_in_its_place_is_told(self, root: Path) -> None:
        root.mkdir(mode=0o700)
        (root / "acme").touch()
        with pytest.raises(LocalError):
            account_folder(root, "acme")

    def test_a_root_that_cannot_be_made_is_told(self, root: Path) -> None:
        root.touch()
        with pytest.raises(LocalError, match="cannot be made or read") as caught:
            account_folder(root / "below", "acme")
        assert "CCSYNC_STATE_DIR" in caught.value.hint
