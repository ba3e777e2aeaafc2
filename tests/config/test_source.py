"""Which file is read, and what is said when it is not a configuration at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ccsync.config import source
from ccsync.config.load import find, load
from ccsync.errors import ConfigError, ExitCode

GOOD = """\
account = "acme"
[sandbox]
enabled = true
[[sync]]
name = "customers"
direction = "membrain-to-constant-contact"
list = "Customers"
"""


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """Return the user's file and the system's, neither of them there yet."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "user"))
    monkeypatch.setattr(source, "_SYSTEM_FOLDER", tmp_path / "etc")
    user, system = tmp_path / "user/ccsync/config.toml", tmp_path / "etc/config.toml"
    for folder in (user.parent, system.parent):
        folder.mkdir(parents=True)
    return user, system


class TestWhichFile:
    def test_the_one_named_on_the_command_line_comes_first(self, tmp_path: Path, places: tuple[Path, Path]) -> None:
        named, other = tmp_path / "named.toml", tmp_path / "other.toml"
        for path in (named, other, *places):
            path.touch()

        assert find(named, {"CCSYNC_CONFIG": str(other)}) == named

    def test_then_the_one_in_the_environment(self, tmp_path: Path, places: tuple[Path, Path]) -> None:
        other = tmp_path / "other.toml"
        for path in (other, *places):
            path.touch()

        assert find(None, {"CCSYNC_CONFIG": str(other)}) == other

    def test_then_the_users_then_the_systems(self, places: tuple[Path, Path]) -> None:
        user, system = places
        system.touch()
        assert find(None, {}) == system
        user.touch()
        assert find(None, {"CCSYNC_CONFIG": ""}) == user

    def test_a_tilde_is_the_home_folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HOME", str(tmp_path))
        (tmp_path / "mine.toml").touch()

        assert find(None, {"CCSYNC_CONFIG": "~/mine.toml"}) == tmp_path / "mine.toml"

    def test_without_any_every_place_is_listed_with_the_next_step(self, places: tuple[Path, Path]) -> None:
        user, system = places
        with pytest.raises(ConfigError) as caught:
            find(None, {})

        for place in ("--config", "CCSYNC_CONFIG", str(user), str(system)):
            assert place in caught.value.message
        assert f"ccsync init makes {user}" in caught.value.hint
        assert caught.value.exit_code == ExitCode.CONFIG

    @pytest.mark.parametrize("origin", ["--config", "CCSYNC_CONFIG"])
    def test_a_named_file_that_is_missing_is_not_replaced_by_another(
        self, tmp_path: Path, places: tuple[Path, Path], origin: str
    ) -> None:
        places[0].touch()
        gone = tmp_path / "gone.toml"
        by_option = origin == "--config"
        with pytest.raises(ConfigError, match=r"there is no file .*gone\.toml") as caught:
            find(gone if by_option else None, {} if by_option else {"CCSYNC_CONFIG": str(gone)})

        assert origin in caught.value.hint


class TestWhatIsNoConfiguration:
    @pytest.mark.parametrize(
        ("content", "message", "hint"),
        [
            (b"", "is empty", "examples/config.toml"),
            (b" \n\t\n", "is empty", "examples/config.toml"),
            (b"\xef\xbb\xbf", "is empty", "examples/config.toml"),
            (b"\x7fELF\x00\x01\x02", "is a binary file", "check the file's name"),
            (GOOD.encode("utf-16"), "is saved as UTF-16", "save it as UTF-8"),
            (b"#" * 10_000_000, "is larger than 1,000,000 bytes", "check the file's name"),
            (b"a = " + b"[" * 5_000, "nests brackets too deeply", "a value here is a text"),
            (b"a = " + b"9" * 5_000, "holds a number that is too long", "shorten it"),
        ],
        ids=["empty", "blank", "only-a-mark", "binary", "utf-16", "ten-megabytes", "brackets", "digits"],
    )
    def test_a_file_of_another_kind_is_told_by_what_it_is(
        self, tmp_path: Path, content: bytes, message: str, hint: str
    ) -> None:
        path = tmp_path / "config.toml"
        path.write_bytes(content)
        with pytest.raises(ConfigError) as caught:
            load(path)

        assert str(path) in caught.value.message
        assert message in caught.value.message
        assert hint in caught.value.hint

    def test_a_folder_is_no_file(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigError, match="is a folder") as caught:
            load(tmp_path)

        assert str(tmp_path / "config.toml") in caught.value.hint

    def test_a_file_that_vanished_is_missing(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigError, match="there is no file"):
            load(tmp_path / "config.toml")

    def test_a_file_of_somebody_else_needs_a_permission(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        path = tmp_path / "config.toml"
        path.write_text(GOOD)

        def refuse(*_args: object, **_options: object) -> None:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(Path, "open", refuse)  # the super-user may read everything, so a mode proves nothing
        with pytest.raises(ConfigError, match="may not be read by this user") as caught:
            load(path)

        assert "chmod" in caught.value.hint

    def test_a_loop_of_links_is_told_with_the_systems_own_words(self, tmp_path: Path) -> None:
        path = tmp_path / "config.toml"
        path.symlink_to(path)
        with pytest.raises(ConfigError, match=os.strerror(40)):
            load(path)

    def test_letters_of_an_old_encoding_are_found_on_their_line(self, tmp_path: Path) -> None:
        path = tmp_path / "config.toml"
        path.write_bytes('account = "acme"\n# Malmö'.encode("latin-1"))
        with pytest.raises(ConfigError, match="not saved as UTF-8") as caught:
            load(path)

        assert caught.value.problems[0].line == 2

    @pytest.mark.parametrize("content", [GOOD, "\ufeff" + GOOD, GOOD.replace("\n", "\r\n")], ids=["lf", "bom", "crlf"])
    def test_marks_and_line_ends_of_other_systems_do_no_harm(self, tmp_path: Path, content: str) -> None:
        path = tmp_path / "config.toml"
        path.write_bytes(content.encode())

        assert load(path).sync[0].list == "Customers"

    def test_lines_are_counted_alike_with_either_line_end(self, tmp_path: Path) -> None:
        path = tmp_path / "config.toml"
        path.write_bytes((GOOD + 'lisst = "x"').replace("\n", "\r\n").encode())
        with pytest.raises(ConfigError) as caught:
            load(path)

        assert caught.value.problems[0].line == 8


class TestMistakesOfSyntax:
    @pytest.mark.parametrize(
        ("text", "line", "message", "hint"),
        [
            ("# note\naccount = acme", 2, "invalid value, column 11", "quotes"),
            ('account = "acme\n[a]', 1, "illegal character", "TOML writes"),
            ("a = 1\n[membrain\nb = 2", 2, "expected ']'", "TOML writes"),
            ("[guard]\na = 1\n[guard]\nb = 2", 3, "the table [guard] stands twice", "together"),
            ("a = 1\nb = 2\na = 3\n", 3, "this key stands twice", "take one"),
            ("a = 1\n= 2", 2, "invalid statement", "TOML writes"),
            ('a = 1\nb = [\n"x"\n', 3, "unclosed array", "TOML writes"),
        ],
    )
    def test_the_line_the_kind_and_what_to_write(
        self, tmp_path: Path, text: str, line: int, message: str, hint: str
    ) -> None:
        path = tmp_path / "config.toml"
        path.write_text(text)
        with pytest.raises(ConfigError, match="is not TOML") as caught:
            load(path)

        (problem,) = caught.value.problems
        assert problem.line == line
        assert message in problem.message
        assert hint in problem.hint
