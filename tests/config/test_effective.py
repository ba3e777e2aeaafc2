"""``config show``: every value in force, and where it came from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ccsync.config.effective import Setting, settings
from ccsync.config.report import describe
from ccsync.errors import Problem

if TYPE_CHECKING:
    from .conftest import File, MakeField


def _by_key(file: File, environ: dict[str, str] | None = None) -> dict[str, Setting]:
    return {setting.key: setting for setting in settings(file.read(), environ or {})}


class TestWhereAValueComesFrom:
    def test_the_file_with_its_line(self, file: File) -> None:
        shown = _by_key(file.write('[service]\ninterval = "5m"  # here'))

        assert shown["service.interval"] == Setting("service.interval", "5m", "file", file.marked_line)

    def test_the_default_has_no_line(self, file: File) -> None:
        shown = _by_key(file.write())

        assert shown["service.sweep"] == Setting("service.sweep", "24h", "default", None)
        assert shown["logs.max_size"].value == "1GB"
        assert shown["membrain.url"] == Setting("membrain.url", None, "default", None)

    def test_the_environment_only_when_it_says_something(self, file: File) -> None:
        file.write()
        shown = _by_key(file, {"CCSYNC_STATE_DIR": "/var/lib/x", "STATE_DIRECTORY": "", "HOME": "/root"})

        assert shown["CCSYNC_STATE_DIR"] == Setting("CCSYNC_STATE_DIR", "/var/lib/x", "environment", None)
        assert "STATE_DIRECTORY" not in shown
        assert "HOME" not in shown

    def test_lists_and_word_tables_are_one_value_each(self, file: File, field: MakeField) -> None:
        shown = _by_key(file.write(fields=field("contact.custom.A", "custom.A", 'values = { "Ja" = "Yes" }')))

        assert shown["sync[0].field[0].values"].value == {"Ja": "Yes"}
        assert shown["sync[0].projects"].value == ["sales-project", "account-growth-project", "prospect"]

    def test_a_value_within_an_inline_table_has_its_line_too(self, file: File) -> None:
        file.write_as_it_is(
            'account = "a"\nsandbox = { enabled = true }\n\n[[sync]]\nname = "x"\n'
            'direction = "membrain-to-constant-contact"\nlist = "L"'
        )

        assert _by_key(file)["sandbox.enabled"].line == 2


class TestProblemsAsLines:
    PATH = Path("config.toml")

    def test_the_place_comes_first_and_the_hint_last(self) -> None:
        problem = Problem("guard.max_removal", 7, "unknown key max_removal", 'did you mean "max_removals"?')

        assert describe(problem, self.PATH) == (
            'config.toml:7  guard.max_removal: unknown key max_removal  (did you mean "max_removals"?)'
        )

    def test_an_expression_follows_below(self) -> None:
        problem = Problem("sync[0].filter", 3, "something is missing\n    a ==\n        ^", "see CEL")

        assert describe(problem, self.PATH) == (
            "config.toml:3  sync[0].filter: something is missing  (see CEL)\n    a ==\n        ^"
        )

    def test_what_is_not_known_is_left_out(self) -> None:
        assert describe(Problem("", None, "not TOML"), self.PATH) == "config.toml  not TOML"
