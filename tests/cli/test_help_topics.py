"""`ccsync help TOPIC`: what a command's own help has no room for, made of what the program itself uses."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import ccsync.cli
from ccsync.cli import help_topics
from ccsync.cli.words import reason
from ccsync.config.effective import ENVIRONMENT
from ccsync.config.model import Config
from ccsync.errors import ExitCode
from ccsync.logs.events import Event
from ccsync.sync.operations import Reason

if TYPE_CHECKING:
    from .conftest import CommandLine

PAGES = Path(ccsync.cli.__file__).parent / "pages"


def keys(model: dict[str, object]) -> set[str]:
    properties = model["properties"]
    assert isinstance(properties, dict)
    return set(properties)


class TestTheTopics:
    def test_without_a_word_it_lists_them(self, ccsync: CommandLine) -> None:
        outcome = ccsync("help")
        assert outcome.code == 0
        assert all(name in outcome.stdout for name in help_topics.ABOUT)

    @pytest.mark.parametrize("topic", help_topics.ABOUT)
    def test_each_has_something_to_say(self, topic: str, ccsync: CommandLine) -> None:
        outcome = ccsync("help", topic)
        assert (outcome.code, outcome.stderr) == (0, "")
        assert len(outcome.stdout) > 300

    def test_each_page_is_a_topic(self) -> None:
        assert {path.stem for path in PAGES.glob("*.md")} <= set(help_topics.ABOUT)

    def test_an_unknown_one_is_refused_with_the_list(self, ccsync: CommandLine) -> None:
        outcome = ccsync("help", "weather")
        assert outcome.code == 2
        assert "neither a topic nor a command 'weather'" in outcome.stderr
        assert "settings" in outcome.stderr

    def test_a_command_s_name_shows_its_own_help(self, ccsync: CommandLine) -> None:
        assert ccsync("help", "auth", "login", "membrain").stdout == ccsync("auth", "login", "membrain", "-h").stdout

    def test_for_programs_a_topic_comes_in_the_envelope(self, ccsync: CommandLine) -> None:
        assert ccsync("help", "exit-codes", "--json").data["topic"] == "exit-codes"

    def test_a_terminal_gets_tables(self, on_terminal: CommandLine) -> None:
        page = on_terminal("help", "exit-codes").stdout
        assert "| --- |" not in page
        assert "the configuration is wrong" in page


class TestNothingIsMissing:
    def test_settings_has_every_key_of_the_configuration(self) -> None:
        text = help_topics.text("settings")
        schema = Config.model_json_schema()
        everywhere = {key for model in schema["$defs"].values() for key in keys(model)} - {"field"}
        assert [key for key in everywhere if not re.search(rf"`[^`]*\b{key}\b", text)] == []
        assert "None" not in text

    def test_exit_codes_has_every_code(self) -> None:
        assert set(help_topics.EXIT_CODES) == set(ExitCode)

    def test_reasons_has_every_reason(self) -> None:
        assert set(help_topics.REASONS) == {str(one) for one in Reason}

    def test_every_reason_has_a_few_words_for_the_status(self) -> None:
        assert [str(one) for one in Reason if reason(str(one)) == str(one)] == []

    def test_events_has_every_event(self) -> None:
        assert set(help_topics.EVENTS) == {str(one) for one in Event}

    def test_places_has_every_variable_of_the_environment(self) -> None:
        assert [name for name in ENVIRONMENT if name not in help_topics.text("places")] == []
