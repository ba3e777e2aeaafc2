"""What a configuration says, and every mistake in it with its line and what to write instead."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pydantic
import pytest

from ccsync.config.load import load
from ccsync.errors import ConfigError, ExitCode

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import File, MakeField

SANDBOX = 'account = "a"\n[sandbox]\nenabled = true\n'
SYNC = 'name = "customers"\ndirection = "membrain-to-constant-contact"\nlist = "Customers"'


class TestWhatIsRead:
    def test_the_attributes_are_the_keys_of_the_file(self, file: File, field: MakeField) -> None:
        more = 'values = { "Ja" = "Yes", "Nej" = "No" }\ndefault = "unknown"\nwhen_too_long = "truncate"'
        file.write(
            '[service]\ninterval = "5m"\n[guard]\nmax_new = 5000\nmax_removal_share = 1\n[sandbox]\nenabled = true',
            sync=SYNC + '\nfilter = \'company.City == "Oslo"\'\nprojects = ["prospect"]\nproject = "newest"',
            fields=field("contact.custom.Newsletter", "custom.Newsletter", more),
        )
        config = file.read().config

        assert config.account == "acme"
        assert config.membrain.instance == "acme"
        assert config.constant_contact.client_id == "app-1"
        assert config.service.interval == timedelta(minutes=5)
        assert config.guard.max_new == 5000
        assert config.guard.max_removal_share == 1.0
        assert config.sandbox.enabled is True
        (sync,) = config.sync
        assert (sync.name, sync.list, sync.filter) == ("customers", "Customers", 'company.City == "Oslo"')
        assert (sync.projects, sync.project) == (("prospect",), "newest")
        (pair,) = sync.field
        assert (pair.membrain, pair.constant_contact) == ("contact.custom.Newsletter", "custom.Newsletter")
        assert pair.values == {"Ja": "Yes", "Nej": "No"}
        assert (pair.default, pair.when_too_long) == ("unknown", "truncate")

    def test_what_is_not_written_has_the_default_of_the_manual(self, file: File, field: MakeField) -> None:
        config = file.write(fields=field("contact.Name", "full_name")).read().config

        assert (config.membrain.time_zone, config.membrain.url) == ("UTC", None)
        assert (config.membrain.requests_per_minute, config.membrain.parallel_pages) == (0, 4)
        service = config.constant_contact
        assert service.redirect_port == 8765
        assert service.api_url == "https://api.cc.email/v3"
        assert service.auth_url == "https://authz.constantcontact.com/oauth2/default/v1"
        assert (service.requests_per_second, service.requests_per_day, service.opt_out_reserve) == (3.5, 10_000, 500)
        assert (config.credentials.store, config.credentials.key_file) == ("keyring", None)
        assert (config.service.interval, config.service.sweep) == (timedelta(minutes=3), timedelta(hours=24))
        assert (config.guard.max_removals, config.guard.max_removal_share, config.guard.max_new) == (20, 0.1, None)
        assert (config.logs.keep, config.logs.max_size) == (timedelta(days=90), 10**9)
        assert config.sandbox.enabled is False
        (sync,) = config.sync
        assert (sync.filter, sync.when_leaving, sync.conflict) == ("", "remove-from-list", "membrain")
        assert (sync.create_companies, sync.project) == (True, "newest-open")
        assert sync.projects == ("sales-project", "account-growth-project", "prospect")
        (pair,) = sync.field
        assert (pair.direction, pair.values, pair.default, pair.clear) == (None, {}, None, False)
        assert pair.when_too_long == "reject"

    def test_membrains_address_follows_from_the_instance_or_is_given(self, file: File) -> None:
        by_name = file.write().read().config.membrain
        by_url = file.write(membrain='url = "http://127.0.0.1:8701/API/v2"').read().config.membrain

        assert by_name.base_url == "https://acme.membrain.com/API/v2/"
        assert by_url.base_url == "http://127.0.0.1:8701/API/v2/"

    def test_nothing_of_it_can_be_changed_afterwards(self, file: File) -> None:
        config = file.write().read().config

        with pytest.raises(pydantic.ValidationError, match="frozen"):
            config.account = "other"

    def test_load_returns_the_same_configuration_without_the_rest(self, file: File) -> None:
        assert load(file.write().path) == file.read().config

    def test_in_the_sandbox_no_address_and_no_application_is_needed(self, file: File) -> None:
        sandbox = "[sandbox]\nenabled = true\n"
        config = file.write_as_it_is(f'account = "acme"\n{sandbox}[[sync]]\n{SYNC}').read().config

        assert config.membrain.base_url is None
        assert config.constant_contact.client_id == ""


class TestMistakes:
    def test_are_told_all_at_once_in_the_order_of_the_file(self, file: File, field: MakeField) -> None:
        file.write(
            "[service]\ninterval = 3\n[guard]\nmax_removal = 1",
            top='account = "a b"',
            sync='name = "x"\ndirection = "sideways"',
            fields=field("contact.Name", "fullname") + field("contact.Name", "full_name", 'direction = "up"'),
        )
        with pytest.raises(ConfigError, match=r"7 mistakes in .*config\.toml") as caught:
            file.read()

        assert caught.value.exit_code == ExitCode.CONFIG
        assert "ccsync config check" in caught.value.hint
        assert [(problem.path, problem.line) for problem in caught.value.problems] == [
            ("account", 1),
            ("service.interval", 10),
            ("guard.max_removal", 12),
            ("sync[0].list", 14),
            ("sync[0].direction", 16),
            ("sync[0].field[0].constant_contact", 21),
            ("sync[0].field[1].direction", 27),
        ]

    @pytest.mark.parametrize(
        ("text", "path", "line", "message", "hint"),
        [
            (
                f"# nothing\n[sandbox]\nenabled = true\n[[sync]]\n{SYNC}",
                "account",
                1,
                "the key account is missing",
                "acme",
            ),
            ('account = "a"\n[sandbox]\nenabled = true', "sync", 1, "there is no [[sync]]", "add [[sync]]"),
            ('account = "a"\nsync = []\n[sandbox]\nenabled = true', "sync", 2, "is an empty list", "take it out"),
            (
                'account = "a"\n[sandbox]\nenabled = true\n\n[[sync]]\nname = "x"\nlist = "L"',
                "sync[0].direction",
                5,
                "the key direction is missing",
                'direction = "membrain-to-constant-contact"',
            ),
            (
                f'{SANDBOX}[[sync]]\n{SYNC}\n[[sync.field]]\nmembrain = "contact.Name"',
                "sync[0].field[0].constant_contact",
                8,
                "the key constant_contact is missing",
                'constant_contact = "..."',
            ),
            (
                f'account = "a"\n[sandbox]\nenabled = true\n[sync]\n{SYNC}',
                "sync",
                4,
                "stands in single brackets",
                "write [[sync]]",
            ),
            (
                f'account = "a"\n[[sandbox]]\n[[sync]]\n{SYNC}',
                "sandbox",
                2,
                "must be a table that stands once",
                "write [sandbox]",
            ),
        ],
    )
    def test_a_missing_key_is_shown_at_the_head_of_its_table(
        self, file: File, *, text: str, path: str, line: int, message: str, hint: str
    ) -> None:
        problem = file.write_as_it_is(text).problem()

        assert (problem.path, problem.line) == (path, line)
        assert message in problem.message
        assert hint in problem.hint

    @pytest.mark.parametrize(
        ("table", "path", "hint"),
        [
            ("[guard]\nmax_removal = 20  # here", "guard.max_removal", 'did you mean "max_removals"?'),
            ("[guard]\nMax-Removals = 20  # here", "guard.Max-Removals", 'did you mean "max_removals"?'),
            ("[service]\nkeep = 20  # here", "service.keep", "it belongs to [logs]"),
            ("[service]\nfilter = ''  # here", "service.filter", "it belongs to [[sync]]"),
            ("[service]\nwhen_too_long = 1  # here", "service.when_too_long", "it belongs to [[sync.field]]"),
            ("[service]\naccount = 1  # here", "service.account", "it belongs to the top of the file"),
            ("[sandbox]\nwhatever = 1  # here", "sandbox.whatever", "known here: enabled"),
            ("[gaurd]  # here\nmax_removals = 20", "gaurd", 'did you mean "guard"?'),
            ('[guard]\n"max removals" = 2  # here', 'guard."max removals"', 'did you mean "max_removals"?'),
        ],
    )
    def test_an_unknown_key_says_what_was_meant(self, file: File, table: str, path: str, hint: str) -> None:
        problem = file.write(table).problem()

        assert (problem.path, problem.line) == (path, file.marked_line)
        assert problem.message.startswith("unknown key")
        assert hint in problem.hint

    @pytest.mark.parametrize(
        ("table", "path", "message", "hint"),
        [
            ("[sandbox]\nenabled = 'yes'  # here", "sandbox.enabled", "must be true or false, without quotes", ""),
            ("[sandbox]\nenabled = 1  # here", "sandbox.enabled", "must be true or false, without quotes", ""),
            ('[guard]\nmax_new = "5"  # here', "guard.max_new", "must be a whole number, without quotes", ""),
            ("[guard]\nmax_new = 1.0  # here", "guard.max_new", "must be a whole number, without quotes", ""),
            ("[guard]\nmax_new = 0  # here", "guard.max_new", "must be at least 1", ""),
            ("[guard]\nmax_removals = -1  # here", "guard.max_removals", "must be at least 0", ""),
            ("[guard]\nmax_removals = true  # here", "guard.max_removals", "must be a whole number", ""),
            ("[guard]\nmax_removal_share = 1.5  # here", "guard.max_removal_share", "must be at most 1", ""),
            ("[guard]\nmax_removal_share = nan  # here", "guard.max_removal_share", "must be a number", ""),
            ('[guard]\nmax_removal_share = "10%"  # here', "guard.max_removal_share", "must be a number, without", ""),
            ("[service]\ninterval = 180  # here", "service.interval", "is not a duration", '"3m"'),
            ('[service]\ninterval = "0s"  # here', "service.interval", "must be at least 1 second", ""),
            ('[service]\nsweep = "1m"  # here', "service.sweep", "the sweep is more frequent", 'sweep = "3m"'),
            ('[service]\ninterval = "2d"  # here', "service.interval", "the sweep is more frequent", 'sweep = "2d"'),
            ("[logs]\nkeep = []  # here", "logs.keep", "is not a duration", '"90d"'),
            ('[logs]\nmax_size = "big"  # here', "logs.max_size", '"big" is not a size', '"1GB"'),
            ('[credentials]\nstore = "key-ring"  # here', "credentials.store", "is none of", 'did you mean "keyring"?'),
            ("[credentials]\nstore = 1  # here", "credentials.store", 'must be one of "keyring", "encrypted-file"', ""),
            (
                '[credentials]\nstore = "encrypted-file"\nkey_command = "pass show"  # here',
                "credentials.key_command",
                "must be a list, in square brackets",
                'key_command = ["..."]',
            ),
            (
                '[credentials]\nstore = "encrypted-file"\nkey_command = []  # here',
                "credentials.key_command",
                "is an empty list",
                "take it out",
            ),
            (
                '[credentials]\nstore = "encrypted-file"\nkey_command = [\n"pass",\n1,  # here\n]',
                "credentials.key_command[1]",
                "must be a text, in quotes",
                "",
            ),
            (
                '[credentials]\nstore = "encrypted-file"\nkey_file = "/k"\nkey_command = ["k"]  # here',
                "credentials.key_command",
                "key_file and key_command exclude each other",
                "take one of them out",
            ),
            (
                '[credentials]\nkey_file = "/k"  # here',
                "credentials.key_file",
                "key_file has no effect with the keyring",
                'store = "encrypted-file"',
            ),
            ("guard = 3  # here", "constant_contact.guard", "unknown key guard", "the top of the file"),
        ],
    )
    def test_a_wrong_value_is_shown_on_its_line(
        self, file: File, table: str, path: str, message: str, hint: str
    ) -> None:
        problem = file.write(table).problem()

        assert (problem.path, problem.line) == (path, file.marked_line)
        assert message in problem.message
        assert hint in problem.hint

    @pytest.mark.parametrize(
        "account", ["", ".", "..", "../other", "a/b", "a b", "-x", "å", "a\\n", "a" * 65], ids=lambda text: text[:8]
    )
    def test_an_account_that_could_not_name_a_folder(self, file: File, account: str) -> None:
        problem = file.write(top=f'account = "{account}"  # here').problem()

        assert (problem.path, problem.line) == ("account", file.marked_line)
        assert problem.hint == 'for example "acme"'

    @pytest.mark.parametrize(
        ("sync", "path", "message"),
        [
            (SYNC.replace('"customers"', '""  # here'), "sync[0].name", "is empty"),
            (SYNC.replace('"customers"', f'"{"x" * 101}"  # here'), "sync[0].name", "is longer than 100 characters"),
            (SYNC.replace('"customers"', '"a\\u001bb"  # here'), "sync[0].name", "cannot be printed"),
            (SYNC.replace('"Customers"', f'"{"x" * 256}"  # here'), "sync[0].list", "is longer than 255 characters"),
            (SYNC + '\nprojects = [\n"prospect",\n"projects"  # here\n]', "sync[0].projects[1]", "is none of"),
            (SYNC + '\nwhen_leaving = "delete"  # here', "sync[0].when_leaving", '"delete" is none of'),
            (SYNC + "\nfield = [1]  # here", "sync[0].field[0]", "must be a table"),
        ],
    )
    def test_a_mistake_in_a_sync(self, file: File, sync: str, path: str, message: str) -> None:
        problem = file.write(sync=sync).problem()

        assert (problem.path, problem.line) == (path, file.marked_line)
        assert message in problem.message


class TestTheTwoServices:
    @pytest.mark.parametrize(
        ("membrain", "path", "message"),
        [
            ('instance = "acme"\nurl = "https://m.example.com/"  # here', "membrain.url", "exclude each other"),
            ('time_zone = "UTC"', "membrain", "neither instance nor url is given"),
            ('instance = "acme.example.com"  # here', "membrain.instance", "is not the name of a Membrain instance"),
            ('url = "http://m.example.com/API/v2/"  # here', "membrain.url", "is plain http"),
            ('instance = "acme"\nparallel_pages = 0  # here', "membrain.parallel_pages", "must be at least 1"),
            ('instance = "acme"\nrequests_per_minute = -1  # here', "membrain.requests_per_minute", "at least 0"),
            ('instance = "acme"\npage_size_parameter = "a&b"  # here', "membrain.page_size_parameter", "not the name"),
        ],
    )
    def test_membrain(self, file: File, membrain: str, path: str, message: str) -> None:
        problem = file.write(membrain=membrain).problem()

        assert problem.path == path
        assert problem.line == (file.marked_line if "# here" in membrain else 3)
        assert message in problem.message

    @pytest.mark.parametrize(
        ("settings", "path", "message"),
        [
            ("redirect_port = 80  # here", "redirect_port", "must be at least 1024"),
            ('api_url = "http://api.example.com"  # here', "api_url", "is plain http"),
            ('auth_url = "ftp://a.example.com"  # here', "auth_url", "is not a web address"),
            ("requests_per_second = 4.5  # here", "requests_per_second", "must be at most 4"),
            ("requests_per_second = 0  # here", "requests_per_second", "must be more than 0"),
            ("requests_per_day = 0  # here", "requests_per_day", "must be at least 10"),
            ("opt_out_reserve = 1001  # here", "opt_out_reserve", "is more than a tenth of requests_per_day"),
            ("requests_per_day = 4000  # here", "requests_per_day", "opt_out_reserve = 500, its default, is more"),
        ],
    )
    def test_constant_contact(self, file: File, settings: str, path: str, message: str) -> None:
        problem = file.write(constant_contact=f'client_id = "a"\n{settings}').problem()

        assert (problem.path, problem.line) == (f"constant_contact.{path}", file.marked_line)
        assert message in problem.message

    @pytest.mark.parametrize(
        ("client_id", "message"),
        [
            ("", "the key client_id is missing"),
            ('client_id = ""', "is missing"),
            ('client_id = "..."', "is not an API key"),
        ],
    )
    def test_the_application_must_be_named(self, file: File, client_id: str, message: str) -> None:
        assert message in file.write(constant_contact=client_id).problem().message

    def test_a_tenth_of_the_day_may_be_kept_for_opt_outs(self, file: File) -> None:
        budget = 'client_id = "a"\nrequests_per_day = 4000\nopt_out_reserve = 400'

        assert file.write(constant_contact=budget).read().config.constant_contact.opt_out_reserve == 400


class TestTheBudget:
    def test_an_interval_that_the_day_cannot_hold_is_a_warning(self, file: File) -> None:
        loaded = file.write('[service]\ninterval = "5s"  # here').read()

        (warning,) = loaded.warnings
        assert (warning.path, warning.line) == ("service.interval", file.marked_line)
        assert "34,560 calls a day" in warning.message
        assert "9,500 are there" in warning.message
        assert 'interval = "19s" is the shortest that fits' in warning.hint

    def test_the_shortest_that_the_warning_names_is_held(self, file: File) -> None:
        assert file.write('[service]\ninterval = "19s"').read().warnings == ()

    def test_the_usual_interval_is_no_warning(self, file: File) -> None:
        assert file.write().read().warnings == ()


class TestSecrets:
    @pytest.mark.parametrize(
        ("membrain", "constant_contact", "more", "path", "command"),
        [
            ('api_key = "hush"', "", "", "membrain.api_key", "ccsync auth login membrain"),
            ('APIKey = "hush"', "", "", "membrain.APIKey", "ccsync auth login membrain"),
            ("", 'client_secret = "hush"', "", "constant_contact.client_secret", "ccsync auth login constant-contact"),
            ("", 'refresh_token = "hush"', "", "constant_contact.refresh_token", "ccsync auth login constant-contact"),
            ("", "", '[credentials]\npassword = "hush"', "credentials.password", "ccsync auth login"),
            ("", "", '[service]\ntoken = "hush"', "service.token", "ccsync auth login membrain"),
        ],
    )
    def test_have_no_place_in_the_file_and_are_never_repeated(
        self, file: File, *, membrain: str, constant_contact: str, more: str, path: str, command: str
    ) -> None:
        file.write(
            more, membrain=f'instance = "a"\n{membrain}', constant_contact=f'client_id = "a"\n{constant_contact}'
        )
        problem = file.problem()

        assert problem.path == path
        assert problem.message == "a secret does not belong in the configuration"
        assert command in problem.hint
        assert "hush" not in repr(problem)

    def test_a_login_in_an_address_is_not_repeated(self, file: File) -> None:
        problem = file.write(membrain='url = "https://ann:hush@m.example.com/"').problem()

        assert "hush" not in repr(problem)
        assert "ccsync auth login" in problem.hint


def test_the_file_itself_is_never_touched(file: File, tmp_path: Path) -> None:
    before = file.write().path.stat()
    file.read()

    assert file.path.stat() == before
    assert list(tmp_path.iterdir()) == [file.path]
