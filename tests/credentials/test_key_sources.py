"""Where the key of the encrypted file comes from, and who may not have it."""

from __future__ import annotations

import base64
import os
import select
from typing import TYPE_CHECKING

import pytest

from ccsync.credentials.key import KeySources, new_key
from ccsync.errors import ConfigError, LocalError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

KEY = bytes(range(32))
LINE = base64.b64encode(KEY).decode() + "\n"


def write_key(path: Path, text: str = LINE, mode: int = 0o600) -> Path:
    path.write_text(text)
    path.chmod(mode)
    return path


class TestNewKey:
    def test_it_is_32_random_bytes_in_base64_on_one_line(self, tmp_path: Path) -> None:
        new_key(tmp_path / "one")
        new_key(tmp_path / "two")
        one, two = ((tmp_path / name).read_text() for name in ("one", "two"))
        assert one.endswith("\n")
        assert one.count("\n") == 1
        assert len(base64.b64decode(one)) == 32
        assert one != two

    def test_only_its_owner_can_read_it_whatever_the_umask(self, tmp_path: Path) -> None:
        before = os.umask(0)
        try:
            new_key(tmp_path / "key")
        finally:
            os.umask(before)
        assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600

    def test_it_never_overwrites(self, tmp_path: Path) -> None:
        path = write_key(tmp_path / "key")
        with pytest.raises(UsageError, match="is there already"):
            new_key(path)
        assert path.read_text() == LINE

    def test_it_does_not_write_through_a_link(self, tmp_path: Path) -> None:
        (tmp_path / "key").symlink_to(tmp_path / "elsewhere")
        with pytest.raises(UsageError):
            new_key(tmp_path / "key")
        assert not (tmp_path / "elsewhere").exists()

    def test_a_missing_folder_is_told(self, tmp_path: Path) -> None:
        with pytest.raises(LocalError, match="No such file or directory"):
            new_key(tmp_path / "missing" / "key")

    def test_it_is_good_as_a_key_file(self, tmp_path: Path) -> None:
        new_key(tmp_path / "key")
        assert len(KeySources(key_file=tmp_path / "key").read()) == 32


class TestOrder:
    def test_the_systemd_credential_comes_first(self, tmp_path: Path) -> None:
        (tmp_path / "ccsync-key").write_text(LINE)
        other = write_key(tmp_path / "other", base64.b64encode(bytes(32)).decode())
        sources = KeySources.from_environment({"CREDENTIALS_DIRECTORY": str(tmp_path)}, key_file=other)
        assert sources.read() == KEY
        assert sources.describe() == "systemd credential ccsync-key"

    def test_a_unit_without_that_credential_uses_the_key_file(self, tmp_path: Path) -> None:
        sources = KeySources.from_environment(
            {"CREDENTIALS_DIRECTORY": str(tmp_path)}, key_file=write_key(tmp_path / "key")
        )
        assert sources.read() == KEY
        assert sources.describe() == f"key file {tmp_path / 'key'}"

    def test_a_missing_key_file_is_not_replaced_by_the_command(self, tmp_path: Path) -> None:
        sources = KeySources(key_file=tmp_path / "key", key_command=("echo", LINE))
        with pytest.raises(LocalError) as caught:
            sources.read()
        assert caught.value.hint == f"make one: ccsync auth new-key {tmp_path / 'key'}"

    def test_without_any_source_it_is_said_how_to_make_a_key(self) -> None:
        with pytest.raises(ConfigError) as caught:
            KeySources.from_environment({}).read()
        assert "ccsync auth new-key FILE" in caught.value.hint


class TestKeyFile:
    @pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o602])
    def test_one_that_others_can_reach_is_refused(self, tmp_path: Path, mode: int) -> None:
        path = write_key(tmp_path / "key", mode=mode)
        with pytest.raises(LocalError, match="can be read by others") as caught:
            KeySources(key_file=path).read()
        assert caught.value.hint == f"chmod 600 {path}"

    def test_one_of_another_user_is_refused(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        path = write_key(tmp_path / "key")
        monkeypatch.setattr(os, "geteuid", lambda: path.stat().st_uid + 1)
        with pytest.raises(LocalError, match="belongs to another user"):
            KeySources(key_file=path).read()

    def test_a_link_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "key").symlink_to(write_key(tmp_path / "real"))
        with pytest.raises(LocalError, match="symbolic link"):
            KeySources(key_file=tmp_path / "key").read()

    def test_a_pipe_is_refused_without_waiting_for_a_writer(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "key", 0o600)
        with pytest.raises(LocalError, match="not a plain file"):
            KeySources(key_file=tmp_path / "key").read()

    @pytest.mark.parametrize("text", ["", "short", base64.b64encode(bytes(31)).decode(), LINE + LINE, "é" * 44])
    def test_what_is_not_a_key_is_told_and_not_quoted(self, tmp_path: Path, text: str) -> None:
        path = write_key(tmp_path / "key", text)
        with pytest.raises(LocalError, match="is not a key") as caught:
            KeySources(key_file=path).read()
        assert not text or text not in str(caught.value)


class TestKeyCommand:
    def test_its_output_is_the_key(self, tmp_path: Path) -> None:
        sources = KeySources(key_command=("cat", str(write_key(tmp_path / "a key"))))
        assert sources.read() == KEY
        assert sources.describe() == "key_command"

    def test_no_shell_reads_it(self, tmp_path: Path) -> None:
        with pytest.raises(LocalError):
            KeySources.from_environment({}, key_command=f"echo {LINE.strip()}; touch {tmp_path / 'made'}").read()
        assert not (tmp_path / "made").exists()

    def test_one_line_of_text_is_split_as_a_shell_would(self, tmp_path: Path) -> None:
        line = f"cat '{write_key(tmp_path / 'a key')}'"
        assert KeySources.from_environment({}, key_command=line).read() == KEY

    @pytest.mark.parametrize("program", ["ccsync-no-such-program", "nul\0byte"])
    def test_one_that_cannot_be_started_is_told(self, program: str) -> None:
        with pytest.raises(LocalError, match="cannot be started"):
            KeySources(key_command=(program, "argument")).read()

    def test_one_that_fails_is_told_even_when_it_printed_a_key(self) -> None:
        with pytest.raises(LocalError, match="ended with 3"):
            KeySources(key_command=("sh", "-c", f"echo {LINE.strip()}; exit 3")).read()

    def test_one_that_never_ends_is_given_up_with_its_children(self, tmp_path: Path) -> None:
        """Both the shell and its sleep hold the pipe; its end shows that both are gone."""
        os.mkfifo(tmp_path / "pipe")
        pipe = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
        command = ("sh", "-c", f"exec 3>{tmp_path / 'pipe'}; echo ready >&3; sleep 600; true")
        with os.fdopen(pipe, "rb") as held:
            with pytest.raises(LocalError, match=r"no answer within 1 seconds"):
                KeySources(key_command=command, command_seconds=1.0).read()
            os.set_blocking(pipe, True)
            assert select.select([held], [], [], 5)[0]
            assert held.readline() == b"ready\n"
            assert select.select([held], [], [], 5)[0], "a child is still running"
            assert held.read() == b""
