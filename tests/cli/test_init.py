"""``ccsync init``: a conversation that ends in a configuration that works, or in nothing at all."""

from __future__ import annotations

import os
import re
import shutil
import stat
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ccsync.cli import init_page
from ccsync.cli.app import execute
from ccsync.cli.options import Everywhere
from ccsync.cli.output import Output
from ccsync.cli.session import Environment, Session
from ccsync.clock import SystemClock
from ccsync.config.load import load
from ccsync.wiring.draft import Staged

from .conftest import CommandLine, FakeApplication, Outcome, Secrets, StoppedClock, Stream

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ccsync.clock import Clock

ALL = (
    "init",
    "--sandbox",
    *("--list", "Customers"),
    *("--filter", 'contact.custom["Newsletter"] == "Yes"'),
    *("--fields", "suggested"),
    *("--direction", "membrain-to-constant-contact"),
)
ONE_WAY = ("init", "--sandbox", "--direction", "membrain-to-constant-contact")
# list: a new one, its name; people: the second filter, yes; fields: those that are proposed; write; no dry run
ANSWERS = ("2", "Customers", "2", "y", "", "y", "n")


class Hurried(SystemClock):
    """A clock that jumps over what is slept."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def now(self) -> datetime:
        return super().now() + timedelta(seconds=self.ahead)

    def monotonic(self) -> float:
        return super().monotonic() + self.ahead

    def sleep(self, seconds: float) -> None:
        self.ahead += seconds


class Typist(CommandLine):
    """Types commands with a clock that goes: a sandbox is waited for."""

    def __call__(self, *words: str, stdin: str = "") -> Outcome:
        stdin_, stdout, stderr = (Stream(text, terminal=self.terminal) for text in (stdin, "", ""))
        environment = Environment(stdin_, stdout, stderr, self.variables, Hurried(), self._open)
        return Outcome(execute(words, environment), stdout.getvalue(), stderr.getvalue())

    def _open(self, config: Path | None, environ: Mapping[str, str], clock: Clock) -> FakeApplication:
        assert (environ, clock.now().tzinfo) == (self.variables, UTC)
        self.opened.append(config)
        return self.application


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a state folder whose sandbox has its people."""
    state = tmp_path_factory.mktemp("init") / "state"
    file = state.with_name("config.toml")
    variables = {"CCSYNC_STATE_DIR": str(state), "CCSYNC_CONFIG": str(file)}
    outcome = Typist(FakeApplication(state), variables)(*ALL, "-vv")
    assert outcome.code == 0, outcome.stderr
    return state


@pytest.fixture
def variables(tmp_path: Path, seeded: Path) -> dict[str, str]:
    shutil.copytree(seeded, tmp_path / "state")
    return {
        "COLUMNS": "80",
        "TERM": "dumb",
        "CCSYNC_STATE_DIR": str(tmp_path / "state"),
        "CCSYNC_CONFIG": str(tmp_path / "new" / "config.toml"),
    }


@pytest.fixture
def file(variables: dict[str, str]) -> Path:
    """Return where the configuration goes."""
    return Path(variables["CCSYNC_CONFIG"])


@pytest.fixture
def script(application: FakeApplication, variables: dict[str, str]) -> CommandLine:
    """Return the program, typed by a script."""
    return Typist(application, variables)


@pytest.fixture
def dumb(script: CommandLine) -> CommandLine:
    """Return the program on a terminal that can do nothing but lines."""
    return replace(script, terminal=True)


def typed(line: CommandLine, *answers: str, words: tuple[str, ...] = ONE_WAY) -> Outcome:
    return line(*words, stdin="".join(f"{answer}\n" for answer in answers))


class TestOffATerminal:
    def test_every_answer_that_is_missing_is_named_with_its_flag(self, script: CommandLine, file: Path) -> None:
        outcome = script("init", "--real", "--list", "Customers")
        assert outcome.code == 2
        services = ("--instance", "--with-key", "--client-id", "--login", "--runs")
        for flag in (*services, "--filter", "--direction", "--fields"):
            assert flag in outcome.stderr
        assert "--list" not in outcome.stderr.splitlines()[0]
        assert not file.parent.exists()

    def test_even_the_first_question_has_a_flag(self, script: CommandLine) -> None:
        outcome = script("init", "--json")
        assert (outcome.code, outcome.envelope["status"]) == (2, "error")
        message = outcome.envelope["errors"][0]["message"]
        assert "--sandbox or --real (which needs --instance, --with-key" in message
        for flag in ("--client-id", "--login", "--runs", "--list", "--filter", "--direction", "--fields"):
            assert flag in message

    def test_a_key_that_is_stored_may_be_the_one_flag_that_is_missing(self, script: CommandLine) -> None:
        place = ("--instance", "http://127.0.0.1:1/API/v2/", "--client-id", "app-1", "--login", "keep")
        keys = ("--runs", "hand", "--store", "encrypted-file")
        outcome = script("init", "--real", *place, *keys, *ALL[2:])
        assert "still open" not in outcome.stderr
        assert "there is no key for Membrain" in outcome.stderr

    def test_an_empty_key_is_told_with_a_command_that_can_work(self, script: CommandLine, file: Path) -> None:
        outcome = script("init", "--real", "--with-key", *ALL[2:], stdin="\n")
        assert (outcome.code, file.exists()) == (2, False)
        assert outcome.stderr.splitlines()[-1] == "  next: ccsync init --with-key < FILE, beside the other flags"

    def test_a_folder_that_may_not_be_written_to_is_told_before_anything_else(
        self, dumb: CommandLine, file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        allowed, there = os.access, file.parent.parent

        def access(path: Path, mode: int) -> bool:
            return allowed(path, mode) and (Path(path) != there or not mode & os.W_OK)

        monkeypatch.setattr(os, "access", access)
        outcome = typed(dumb)
        assert outcome.code == 74
        assert outcome.stderr == (
            f"ccsync: {file} cannot be written: {there} may not be written to\n"
            "  next: name another place: ccsync --config FILE init\n"
        )

    def test_a_folder_that_is_a_file_is_told_before_anything_else(self, script: CommandLine, file: Path) -> None:
        file.parent.write_text("mine")
        outcome = script("init")
        assert outcome.code == 74
        assert f"{file.parent} may not be written to" in outcome.stderr

    def test_flags_alone_make_a_configuration_for_its_owner_alone(self, script: CommandLine, file: Path) -> None:
        outcome = script(*ALL, "--json")
        assert outcome.code == 0, outcome.stderr
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        config = load(file)
        (sync,) = config.sync
        assert (config.sandbox.enabled, sync.name, sync.list) == (True, "customers", "Customers")
        assert sync.filter == ALL[5]
        assert ("contact.Name", "full_name") in {(one.membrain, one.constant_contact) for one in sync.field}
        assert (outcome.envelope["command"], outcome.envelope["status"]) == ("init", "success")
        assert outcome.data["path"] == str(file)
        assert outcome.data["people"]["take_part"] > 0
        assert outcome.data["new_list"] is True
        assert [path.name for path in file.parent.iterdir()] == ["config.toml"]

    @pytest.mark.parametrize(("runs", "way"), [("cron", "--cron"), ("systemd", "--systemd-timer")])
    def test_the_page_says_how_to_let_it_run_by_itself(self, script: CommandLine, runs: str, way: str) -> None:
        page = script(*ALL, "--runs", runs).stdout
        assert f"ccsync daemon install {way}\n" in page
        assert "ccsync run --once --dry-run" in page

    def test_programs_get_a_line_for_cron(self, script: CommandLine, file: Path) -> None:
        line = script(*ALL, "--json").data["crontab"]
        assert line.startswith("*/3 * * * * ")
        assert line.endswith(f" --config {file} run --once --scheduled")

    def test_what_is_run_by_hand_needs_no_timer(self, script: CommandLine) -> None:
        page = script(*ALL, "--runs", "hand").stdout
        assert "daemon" not in page
        assert "ccsync run --once" in page

    @pytest.mark.parametrize("name", ["contact.Nmae", 'contact.custom["Newsleter"]'])
    def test_a_name_that_membrain_does_not_have_is_refused_with_the_near_one(
        self, script: CommandLine, file: Path, name: str
    ) -> None:
        outcome = script(*ALL[:4], "--filter", f'{name} == ""', *ALL[6:])
        assert (outcome.code, file.exists()) == (2, False)
        near = name.replace("Nmae", "Name").replace("leter", "letter")
        assert f"Membrain has no {name}, which counts as not set: did you mean {near}" in outcome.stderr

    def test_a_list_in_other_letters_is_the_one_that_is_there(self, script: CommandLine, file: Path) -> None:
        outcome = script(*ALL[:3], "newsletter", *ALL[4:])
        assert load(file).sync[0].list == "Newsletter"
        assert "a new one" not in outcome.stdout
        said = " ".join(outcome.stdout.split())
        assert 'Warning the list "newsletter" is there already as "Newsletter": that one is taken' in said

    def test_no_fields_is_an_answer(self, script: CommandLine, file: Path) -> None:
        assert script(*ALL[:6], "--fields", "none", *ALL[8:]).code == 0
        assert load(file).sync[0].field == ()

    def test_new_fields_come_on_request(self, script: CommandLine, file: Path) -> None:
        assert script(*ALL[:6], "--fields", "new", *ALL[8:]).code == 0
        assert "custom.Interests" in {one.constant_contact for one in load(file).sync[0].field}

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (("--fields", "all"), "--fields all: it is one of suggested, new, none"),
            (("--direction", "up"), '--direction up: "up" is none of'),
            (("--filter", "contact.Name = 3"), "to compare, write =="),
            (("--list", ""), "--list: is empty, and has to be answered"),
            (("--account", "a b"), "--account a b: "),
            (("--name", "n" * 101), "--name: is longer than 100 characters"),
            (("--real", "--runs", "never"), "--runs never: it is one of hand, cron, systemd"),
        ],
    )
    def test_a_wrong_answer_is_wrong_usage_and_nothing_is_written(
        self, words: tuple[str, ...], said: str, script: CommandLine, file: Path
    ) -> None:
        outcome = script(*ALL, *words)
        assert outcome.code == 2
        assert said in outcome.stderr
        assert not file.exists()


@pytest.mark.slow
class TestFromTheListToMembrain:
    inward = ("init", "--sandbox", "--fields", "suggested", "--direction", "constant-contact-to-membrain")

    def test_needs_no_filter(self, script: CommandLine, file: Path) -> None:
        outcome = script(*self.inward, "--list", "Newsletter")
        assert outcome.code == 0, outcome.stderr
        assert load(file).sync[0].filter == ""
        assert "People     the members of the list" in outcome.stdout

    def test_takes_none_but_an_empty_one(self, script: CommandLine, file: Path) -> None:
        outcome = script(*self.inward, "--list", "Newsletter", "--filter", 'company.CountryCode == "SE"')
        assert (outcome.code, file.exists()) == (2, False)
        assert "whoever is on the list takes part" in outcome.stderr
        assert script(*self.inward, "--list", "Newsletter", "--filter", "").code == 0

    def test_a_list_that_is_not_there_is_refused(self, script: CommandLine, file: Path) -> None:
        outcome = script(*self.inward, "--list", "Newsleter")
        assert (outcome.code, file.exists()) == (2, False)
        assert 'no list "Newsleter", and this direction takes people from one: did you mean "Newsletter"?' in (
            outcome.stderr
        )

    def test_a_new_list_is_not_offered(self, dumb: CommandLine) -> None:
        assert "A new list" not in typed(dumb, words=self.inward).stderr

    def test_the_map_that_is_written_has_no_company_beside_a_person(self, script: CommandLine, file: Path) -> None:
        outcome = script(*self.inward, "--list", "Newsletter", "--json")
        pairs = {one.constant_contact: one.membrain for one in load(file).sync[0].field}
        assert pairs["company_name"] == "company.Name"
        assert pairs["permission_to_send"] == "contact.custom.E-mail consent"
        assert not {"birthday", *filter(None, outcome.data["left_out"])} & {*pairs}
        assert outcome.data["left_out"] == []


@pytest.mark.slow
class TestAFileThatIsThere:
    @pytest.fixture
    def before(self, file: Path) -> bytes:
        """Write a file that somebody else made; it is not even a configuration."""
        file.parent.mkdir()
        file.write_bytes(b"mine \xff\n")
        return file.read_bytes()

    def test_is_left_alone(self, before: bytes, script: CommandLine, file: Path) -> None:
        outcome = script(*ALL)
        assert outcome.code == 2
        assert outcome.stderr == f"ccsync: {file} is there already and was left as it is\n  next: ccsync init --force\n"
        assert file.read_bytes() == before

    def test_is_replaced_by_force_and_kept_beside(self, before: bytes, script: CommandLine, file: Path) -> None:
        outcome = script(*ALL, "--force", "--json")
        assert outcome.code == 0, outcome.stderr
        assert load(file).account == "example"
        assert Path(outcome.data["undo"]).read_bytes() == before
        assert sorted(path.name for path in file.parent.iterdir()) == ["config.toml", "config.toml.undo"]

    def test_is_left_alone_without_a_yes_to_its_name(self, before: bytes, dumb: CommandLine, file: Path) -> None:
        outcome = typed(dumb, "")
        assert outcome.code == 2
        assert f"{file} is there already. Replace it at the end" in outcome.stderr
        assert file.read_bytes() == before

    def test_is_replaced_after_a_yes(self, before: bytes, dumb: CommandLine, file: Path) -> None:
        outcome = typed(dumb, "y", *ANSWERS)
        assert outcome.code == 0, outcome.stderr
        assert load(file).sync[0].list == "Customers"
        assert file.with_name("config.toml.undo").read_bytes() == before

    def test_that_comes_meanwhile_is_left_alone(
        self, script: CommandLine, file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(os.path, "lexists", lambda _path: False)
        file.parent.mkdir()
        file.write_text("theirs")
        assert script(*ALL).code == 2
        assert file.read_text() == "theirs"


@pytest.mark.slow
class TestOnATerminal:
    def test_numbers_and_lines_lead_to_the_same_file_as_flags(self, dumb: CommandLine, file: Path) -> None:
        outcome = typed(dumb, *ANSWERS)
        assert outcome.code == 0, outcome.stderr
        by_hand = file.read_text()
        assert replace(dumb, terminal=False)(*ALL, "--force").code == 0
        assert file.read_text() == by_hand

    @pytest.mark.parametrize("answered", range(len(ANSWERS) - 1))
    def test_to_stop_at_any_question_leaves_nothing(self, answered: int, dumb: CommandLine, file: Path) -> None:
        outcome = typed(dumb, *ANSWERS[:answered])
        assert outcome.code == 130
        assert "interrupted; nothing was written" in outcome.stderr
        assert not file.parent.exists()

    def test_to_stop_at_the_last_question_is_to_want_no_dry_run(self, dumb: CommandLine, file: Path) -> None:
        outcome = typed(dumb, *ANSWERS[:-1])
        assert outcome.code == 0
        assert f"Written: {file}" in outcome.stdout

    def test_to_say_no_to_the_end_writes_nothing(self, dumb: CommandLine, file: Path) -> None:
        outcome = typed(dumb, *ANSWERS[:-2], "n")
        assert (outcome.code, file.exists()) == (2, False)
        assert outcome.stderr.endswith("ccsync: nothing was written\n  next: ccsync init --sandbox\n")

    def test_a_filter_with_a_mistake_is_pointed_at_and_asked_again(self, dumb: CommandLine, file: Path) -> None:
        own = ("6", "contact.Nmae = 3", 'contact.Nmae != "x"', "6", 'company.CountryCode == "SE"', "y")
        outcome = typed(dumb, "1", *own, "", "y", "n")
        assert outcome.code == 0, outcome.stderr
        assert "to compare, write ==" in outcome.stderr
        assert "Membrain has no contact.Nmae, which counts as not set: did you mean contact.Name?" in (
            " ".join(outcome.stderr.split())
        )
        assert load(file).sync[0].filter == 'company.CountryCode == "SE"'
        assert load(file).sync[0].list == "Newsletter"

    def test_each_common_filter_says_how_many_it_takes(self, dumb: CommandLine) -> None:
        page = typed(dumb, "1").stderr
        assert "1  Everybody with an e-mail address (279 people)" in page
        assert "2  Newsletter: Yes (" in page

    def test_a_number_that_is_not_there_is_asked_again(self, dumb: CommandLine, file: Path) -> None:
        outcome = typed(dumb, "7", "1 2", "\N{SUPERSCRIPT TWO}", *ANSWERS)
        assert outcome.stderr.count("One number from 1 to 2") == 3
        assert load(file).sync[0].list == "Customers"

    def test_nothing_is_wider_than_80_columns_but_the_line_to_copy(self, dumb: CommandLine) -> None:
        outcome = typed(dumb, *ANSWERS)
        shown = re.sub(r"(Number.*?|\[Y/n\]|Customers\]?): ?", "\\n", outcome.stderr)  # Enter ends these lines
        lines = [*outcome.stdout.splitlines(), *shown.splitlines()]
        assert [line for line in lines if len(line) > 80 and "* * * *" not in line and "config.toml" not in line] == []

    def test_for_programs_the_talk_stays_on_stderr(self, dumb: CommandLine) -> None:
        outcome = typed(dumb, *ANSWERS, words=(*ONE_WAY, "--json"))
        assert outcome.data["list"] == "Customers"


class TestLogins:
    """They are kept with the file, all of them or none."""

    @pytest.fixture
    def behind(self) -> Secrets:
        """Return a place with one login that is in use."""
        behind = Secrets()
        behind.write("acme", "membrain", "old")
        return behind

    def test_a_new_one_is_used_at_once_and_kept_at_the_end(self, behind: Secrets) -> None:
        staged = Staged(behind)
        staged.anew.write("acme", "membrain", "new")
        assert (staged.read("acme", "membrain"), behind.read("acme", "membrain")) == ("new", "old")
        with staged.keeping():
            pass
        assert behind.read("acme", "membrain") == "new"

    def test_what_was_there_is_there_again_when_the_file_cannot_be_written(self, behind: Secrets) -> None:
        staged = Staged(behind)
        staged.anew.write("acme", "membrain", "new")
        staged.anew.write("acme", "constant-contact", "new")
        with pytest.raises(KeyboardInterrupt), staged.keeping():
            raise KeyboardInterrupt
        assert behind.kept == {("acme", "membrain"): "old"}

    def test_one_that_is_there_is_renewed_where_it_is(self, behind: Secrets) -> None:
        """Its old token may be good for one use: to forget the new one would end the login of who stops here."""
        Staged(behind).write("acme", "membrain", "renewed")
        assert behind.read("acme", "membrain") == "renewed"


def test_the_dry_run_shows_its_plan_and_writes_nothing(
    script: CommandLine, application: FakeApplication, file: Path
) -> None:
    outcome = script(*ALL, "--dry-run", "--json")
    assert outcome.code == 0
    assert [asked.dry_run for asked in application.asked] == [True]
    assert script.opened == [file]
    assert outcome.data["dry_run"]["created"] == 12


def test_a_sign_that_cron_reads_is_escaped(variables: dict[str, str]) -> None:
    environment = Environment(Stream(), Stream(), Stream(), variables, StoppedClock())
    session = Session("init", environment, Everywhere(), Output(environment, Everywhere()))
    line = init_page.crontab(Path("/etc/100% sure/config.toml"), session)
    assert line.endswith("--config '/etc/100\\% sure/config.toml' run --once --scheduled")
    assert f"CCSYNC_STATE_DIR={variables['CCSYNC_STATE_DIR']} " in line
