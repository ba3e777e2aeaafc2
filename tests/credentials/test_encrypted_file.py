"""The encrypted file: what it keeps, who can open it, and what a broken one says."""

from __future__ import annotations

import base64
import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ccsync.credentials.encrypted_file import EncryptedFileStore
from ccsync.credentials.key import KeySources, new_key
from ccsync.errors import ConfigError, LocalError

if TYPE_CHECKING:
    from collections.abc import Callable

SECRET = '{"access_token": "a secret of many letters"}'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state" / "acme"


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    new_key(tmp_path / "key")
    return tmp_path / "key"


@pytest.fixture
def store(folder: Path, key_file: Path) -> EncryptedFileStore:
    return EncryptedFileStore(folder, KeySources(key_file=key_file))


class TestKeeping:
    def test_what_is_written_is_read_by_another_process_with_the_key(
        self, store: EncryptedFileStore, folder: Path, key_file: Path
    ) -> None:
        store.write("acme", "membrain", "Schlüssel åäö")
        assert EncryptedFileStore(folder, KeySources(key_file=key_file)).read("acme", "membrain") == "Schlüssel åäö"

    def test_nothing_stored_is_none_and_needs_no_key(self, folder: Path) -> None:
        assert EncryptedFileStore(folder, KeySources()).read("acme", "membrain") is None

    def test_services_do_not_disturb_each_other(self, store: EncryptedFileStore) -> None:
        store.write("acme", "membrain", "one")
        store.write("acme", "constant-contact", "two")
        store.write("acme", "membrain", "three")
        assert store.read("acme", "membrain") == "three"
        assert store.read("acme", "constant-contact") == "two"
        store.delete("acme", "membrain")
        assert store.read("acme", "membrain") is None
        assert store.read("acme", "constant-contact") == "two"

    def test_another_account_has_nothing_here(self, store: EncryptedFileStore) -> None:
        store.write("acme", "membrain", "one")
        assert store.read("other", "membrain") is None

    def test_the_last_login_takes_the_file_with_it(self, store: EncryptedFileStore, folder: Path) -> None:
        store.write("acme", "membrain", "one")
        store.delete("acme", "membrain")
        store.delete("acme", "membrain")
        assert not (folder / "credentials").exists()

    def test_a_probe_leaves_nothing_behind(self, store: EncryptedFileStore, folder: Path) -> None:
        store.probe()
        assert not (folder / "credentials").exists()
        store.write("acme", "membrain", "one")
        store.probe()
        assert list(json.loads((folder / "credentials").read_text())["entries"]) == ["acme/membrain"]

    def test_writers_in_several_processes_lose_nothing(
        self, store: EncryptedFileStore, folder: Path, key_file: Path
    ) -> None:
        """A login to one service while the other one's token is refreshed."""
        script = (
            "import os, sys; from pathlib import Path\n"
            "from ccsync.credentials.encrypted_file import EncryptedFileStore\n"
            "from ccsync.credentials.key import KeySources\n"
            "store = EncryptedFileStore(Path(sys.argv[1]), KeySources(key_file=Path(sys.argv[2])))\n"
            "for number in range(8):\n"
            "    if os.fork() == 0:\n"
            "        store.write('acme', f'service-{number}', str(number))\n"
            "        os._exit(0)\n"
            "for number in range(8):\n"
            "    assert os.wait()[1] == 0\n"
        )
        subprocess.run([sys.executable, "-c", script, str(folder), str(key_file)], check=True, timeout=60)
        assert [store.read("acme", f"service-{number}") for number in range(8)] == [str(n) for n in range(8)]


class TestSecrecy:
    def test_the_file_is_its_owners_only_and_so_is_the_folder(self, store: EncryptedFileStore, folder: Path) -> None:
        before = os.umask(0)
        try:
            store.write("acme", "membrain", SECRET)
        finally:
            os.umask(before)
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}

    def test_neither_the_secret_nor_the_key_is_in_it(
        self, store: EncryptedFileStore, folder: Path, key_file: Path
    ) -> None:
        store.write("acme", "membrain", SECRET)
        text = (folder / "credentials").read_text()
        assert "secret" not in text
        assert base64.b64encode(SECRET.encode()).decode()[:20] not in text
        key = base64.b64decode(key_file.read_text())
        assert key_file.read_text().strip() not in text
        assert key.hex()[:16] not in text

    def test_the_same_text_is_never_sealed_alike_twice(self, store: EncryptedFileStore, folder: Path) -> None:
        seen = set()
        for _ in range(5):
            store.write("acme", "membrain", SECRET)
            entry = json.loads((folder / "credentials").read_text())["entries"]["acme/membrain"]
            seen |= {entry["nonce"], entry["sealed"]}
        assert len(seen) == 10

    def test_an_entry_moved_to_another_name_does_not_open(self, store: EncryptedFileStore, folder: Path) -> None:
        store.write("acme", "membrain", SECRET)
        envelope = json.loads((folder / "credentials").read_text())
        envelope["entries"]["other/membrain"] = envelope["entries"]["acme/membrain"]
        (folder / "credentials").write_text(json.dumps(envelope))
        with pytest.raises(LocalError, match="damaged"):
            store.read("other", "membrain")

    def test_it_says_where_the_secrets_lie(self, store: EncryptedFileStore, folder: Path, key_file: Path) -> None:
        assert store.describe() == f"encrypted file {folder / 'credentials'} (key file {key_file})"


class TestTrouble:
    def test_a_wrong_key_is_told_apart_from_a_damaged_file(
        self, store: EncryptedFileStore, folder: Path, tmp_path: Path
    ) -> None:
        store.write("acme", "membrain", SECRET)
        new_key(tmp_path / "other")
        other = EncryptedFileStore(folder, KeySources(key_file=tmp_path / "other"))
        attempts: list[Callable[[], Any]] = [
            lambda: other.read("acme", "membrain"),
            lambda: other.write("acme", "constant-contact", "two"),
            other.probe,
        ]
        for attempt in attempts:
            with pytest.raises(LocalError, match="another key") as caught:
                attempt()
            assert caught.value.code == "wrong_key"
        assert store.read("acme", "membrain") == SECRET

    @pytest.mark.parametrize("where", ["nonce", "sealed"])
    def test_one_changed_bit_is_noticed(self, store: EncryptedFileStore, folder: Path, where: str) -> None:
        store.write("acme", "membrain", SECRET)
        envelope = json.loads((folder / "credentials").read_text())
        entry = envelope["entries"]["acme/membrain"]
        raw = bytearray(base64.b64decode(entry[where]))
        raw[3] ^= 1
        entry[where] = base64.b64encode(raw).decode()
        (folder / "credentials").write_text(json.dumps(envelope))
        with pytest.raises(LocalError, match="damaged") as caught:
            store.read("acme", "membrain")
        assert str(folder / "credentials") in caught.value.hint

    @pytest.mark.parametrize(
        "text", ["", "{", "[]", '{"version": 1}', '{"version": 1, "key": "x", "entries": 3}', "\xff"]
    )
    def test_a_file_that_is_no_envelope_is_told_and_kept(
        self, store: EncryptedFileStore, folder: Path, text: str
    ) -> None:
        folder.mkdir(parents=True)
        (folder / "credentials").write_bytes(text.encode("latin-1"))
        with pytest.raises(LocalError, match="damaged"):
            store.read("acme", "membrain")
        with pytest.raises(LocalError, match="damaged"):
            store.write("acme", "membrain", "new")
        assert (folder / "credentials").read_bytes() == text.encode("latin-1")

    def test_a_file_of_a_later_version_is_left_alone(self, store: EncryptedFileStore, folder: Path) -> None:
        store.write("acme", "membrain", SECRET)
        later = (folder / "credentials").read_text().replace('"version": 1', '"version": 2')
        (folder / "credentials").write_text(later)
        with pytest.raises(LocalError, match="another version of ccsync"):
            store.write("acme", "membrain", "new")
        assert (folder / "credentials").read_text() == later

    def test_a_full_disk_keeps_the_old_login(
        self, store: EncryptedFileStore, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        store.write("acme", "membrain", SECRET)

        def full(_: int) -> None:
            raise OSError(28, "No space left on device")

        with monkeypatch.context() as broken:
            broken.setattr(os, "fsync", full)
            with pytest.raises(LocalError, match="No space left on device"):
                store.write("acme", "membrain", "new")
        assert store.read("acme", "membrain") == SECRET
        store.write("acme", "membrain", "new")
        assert sorted(path.name for path in folder.iterdir()) == ["credentials", "credentials.writing"]

    def test_the_new_file_is_on_the_disk_before_it_takes_the_name_and_the_folder_after(
        self, store: EncryptedFileStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        deeds: list[str] = []
        fsync, replace = os.fsync, Path.replace

        def seen_fsync(handle: int) -> None:
            deeds.append("folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "file")
            fsync(handle)

        def seen_replace(old: Path, new: Path) -> Path:
            deeds.append("rename")
            return replace(old, new)

        monkeypatch.setattr(os, "fsync", seen_fsync)
        monkeypatch.setattr(Path, "replace", seen_replace)
        store.write("acme", "membrain", SECRET)
        assert deeds == ["file", "rename", "folder"]

    def test_without_a_key_a_write_says_how_to_make_one(self, folder: Path) -> None:
        with pytest.raises(ConfigError) as caught:
            EncryptedFileStore(folder, KeySources()).probe()
        assert "ccsync auth new-key FILE" in caught.value.hint
        assert not folder.exists()
