"""``ccsync daemon install`` and ``uninstall``, and whose state commands use afterwards.

``crontab``, ``systemctl`` and ``systemd-creds`` are programs of these names on the path that keep what they are given:
there is no systemd as first process here, and nobody's crontab is touched.
"""

from __future__ import annotations

import base64
import getpass
import json
import os
import shutil
import stat
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from ccsync.cli.app import execute
from ccsync.cli.session import Environment
from ccsync.service import planning, record, systemctl, units
from ccsync.service.job import Who

from .conftest import Outcome, StoppedClock, Stream

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ME = getpass.getuser()
OWN = "MAILTO=ann@example.com\n0 4 * * * backup\n"
PROGRAMS = {
    "crontab": """
        case "$1" in
          -l) [ -e {home}/crontab ] || {{ echo "no crontab for ann" >&2; exit 1; }}; cat {home}/crontab;;
          -r) rm {home}/crontab;;
          -) cat > {home}/crontab;;
        esac""",
    "systemctl": """echo "$@" >> {home}/systemctl""",
    "systemd-creds": """
        [ "$2" = --name=ccsync-key ] || exit 1
        [ ! -e {home}/creds-refuse ] || exit 1
        if [ "$1" = encrypt ]; then cat "$3" | rev; else cat "$3" | rev; fi""",
}


@dataclass
class Machine:
    """A machine with a home folder, an /etc, and a user who types."""

    home: Path
    variables: dict[str, str] = field(default_factory=dict)
    terminal: bool = False

    def __call__(self, *words: str) -> Outcome:
        stdin, stdout, stderr = (Stream(terminal=self.terminal) for _ in range(3))
        environment = Environment(stdin, stdout, stderr, self.variables, StoppedClock())
        return Outcome(execute(words, environment), stdout.getvalue(), stderr.getvalue())

    @property
    def config(self) -> Path:
        return self.home / "config.toml"

    @property
    def etc(self) -> Path:
        return self.home / "etc"

    @property
    def crontab(self) -> str | None:
        path = self.home / "crontab"
        return path.read_text("utf-8") if path.exists() else None

    @property
    def systemctl(self) -> list[str]:
        path = self.home / "systemctl"
        return path.read_text("utf-8").splitlines() if path.exists() else []

    def configure(self, **sections: str) -> None:
        said = {"credentials": 'store = "encrypted-file"\nkey_command = ["pass", "ccsync"]', **sections}
        tables = "".join(f"[{name}]\n{text}\n" for name, text in said.items())
        self.config.write_text(
            'account = "acme"\n[membrain]\ninstance = "acme"\n[constant_contact]\nclient_id = "app-1"\n'
            f'{tables}[[sync]]\nname = "customers"\ndirection = "membrain-to-constant-contact"\nlist = "Customers"\n',
            "utf-8",
        )

    def files(self) -> set[str]:
        return {str(path.relative_to(self.home)) for path in self.home.rglob("*") if path.is_file()}


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """Return a machine that systemd runs, with a configuration that is right, named by the environment."""
    bin_folder = tmp_path / "bin"
    bin_folder.mkdir()
    for name, text in PROGRAMS.items():
        (bin_folder / name).write_text(f"#!/bin/sh\n{text.format(home=tmp_path)}\n", "utf-8")
        (bin_folder / name).chmod(0o755)
    monkeypatch.setattr(record, "ETC", tmp_path / "etc")
    monkeypatch.setattr(systemctl, "BOOTED", tmp_path)
    made = Machine(tmp_path)
    made.variables |= {
        "HOME": str(tmp_path),
        "PATH": f"{bin_folder}:/usr/bin:/bin",
        "CCSYNC_CONFIG": str(made.config),
        "CCSYNC_STATE_DIR": str(tmp_path / "state"),
    }
    made.configure()
    return made


@pytest.fixture
def as_root(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let whoever runs the tests pass for root."""
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(Who, "of_process", classmethod(lambda cls: cls(0, ME)))


@pytest.fixture
def as_ann(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let whoever runs the tests pass for a user who is not root, and not the one of the runs."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(Who, "of_process", classmethod(lambda cls: cls(1000, "ann")))


@pytest.fixture
def another_user(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Return what makes somebody else sit down."""

    def sit_down() -> None:
        monkeypatch.setattr(os, "geteuid", lambda: 1000)
        monkeypatch.setattr(Who, "of_process", classmethod(lambda cls: cls(1000, "ann")))

    return sit_down


class TestALineForCron:
    def test_is_added_to_the_user_s_own_crontab(self, machine: Machine) -> None:
        (machine.home / "crontab").write_text(OWN, "utf-8")
        outcome = machine("daemon", "install", "--cron")
        assert outcome.code == 0, outcome.stderr
        added = (machine.crontab or "").removeprefix(OWN).splitlines()[1]
        assert added.startswith(
            f"*/3 * * * * /usr/bin/env PATH=/usr/local/bin:/usr/bin:/bin CCSYNC_STATE_DIR={machine.home}/state "
        )
        assert added.endswith(f"ccsync --config {machine.config} run --once --scheduled")

    def test_is_only_printed_with_print(self, machine: Machine) -> None:
        before = machine.files()
        outcome = machine("daemon", "install", "--cron", "--print")
        assert "run --once --scheduled\n" in outcome.stdout
        assert (outcome.code, machine.files()) == (0, before)

    def test_installed_twice_changes_nothing(self, machine: Machine) -> None:
        machine("daemon", "install", "--cron")
        before = machine.crontab
        outcome = machine("daemon", "install", "--cron", "--json")
        assert (outcome.code, outcome.data["changed"], machine.crontab) == (0, False, before)

    def test_follows_a_new_interval(self, machine: Machine) -> None:
        machine("daemon", "install", "--cron")
        machine.configure(service='interval = "10m"')
        assert machine("daemon", "install", "--cron", "--json").data["changed"] is True
        assert (machine.crontab or "").splitlines()[1].startswith("*/10 * * * * ")
        assert (machine.crontab or "").count("run --once") == 1

    def test_an_interval_that_cron_cannot_hold_is_refused_with_the_nearest(self, machine: Machine) -> None:
        machine.configure(service='interval = "7m"')
        outcome = machine("daemon", "install", "--cron")
        assert (outcome.code, machine.crontab) == (2, None)
        assert "every 7m; it can every 6m or 10m" in outcome.stderr

    def test_that_is_switched_off_says_so_when_it_is_installed_again(self, machine: Machine) -> None:
        machine("daemon", "install", "--cron")
        machine("daemon", "stop")
        outcome = machine("daemon", "install", "--cron")
        assert "It is switched off" in outcome.stdout
        assert "ccsync daemon start" in outcome.stdout

    def test_is_taken_back_without_a_trace(self, machine: Machine) -> None:
        (machine.home / "crontab").write_text(OWN, "utf-8")
        before = machine.files()
        machine("daemon", "install", "--cron")
        outcome = machine("daemon", "uninstall")
        assert (outcome.code, machine.crontab, machine.files()) == (0, OWN, before)
        assert "Removed: the line in your crontab" in outcome.stdout

    def test_leaves_no_empty_crontab_behind(self, machine: Machine) -> None:
        machine("daemon", "install", "--cron")
        machine("daemon", "uninstall")
        assert machine.crontab is None

    def test_that_somebody_edited_is_neither_replaced_nor_taken_back(self, machine: Machine) -> None:
        machine("daemon", "install", "--cron")
        edited = (machine.crontab or "").replace("*/3", "*/5")
        (machine.home / "crontab").write_text(edited, "utf-8")
        again = machine("daemon", "install", "--cron")
        assert (again.code, machine.crontab) == (2, edited)
        assert "the line in your crontab has been edited since" in again.stderr
        assert "ccsync daemon install --cron --user --force" in again.stderr
        outcome = machine("daemon", "uninstall", "--json")
        assert (outcome.data["left"], outcome.data["removed"], machine.crontab) == (["crontab"], [], edited)
        assert outcome.data["warnings"] == ["the line in your crontab still starts runs; to take it out: crontab -e"]

    def test_that_somebody_edited_is_replaced_with_force(self, machine: Machine) -> None:
        machine("daemon", "install", "--cron")
        written = machine.crontab
        (machine.home / "crontab").write_text((written or "").replace("*/3", "*/5"), "utf-8")
        assert machine("daemon", "install", "--cron", "--force").code == 0
        assert machine.crontab == written

    @pytest.mark.usefixtures("as_root")
    def test_for_the_machine_is_a_file_that_names_the_user(self, machine: Machine) -> None:
        outcome = machine("daemon", "install", "--cron", "--system", "--run-as", ME)
        assert outcome.code == 0, outcome.stderr
        text = (machine.etc / "cron.d" / "ccsync-acme").read_text("utf-8")
        assert f"\n*/3 * * * * {ME} " in text
        assert machine.crontab is None

    def test_with_the_logins_in_a_keyring_is_installed_with_a_warning(self, machine: Machine) -> None:
        machine.configure(credentials='store = "keyring"')
        outcome = machine("daemon", "install", "--cron")
        assert outcome.code == 0
        assert "warning: the logins are in the keyring, which is locked while you are not logged in" in outcome.stderr


class TestUnitsOfTheMachine:
    @pytest.mark.usefixtures("as_root")
    def test_are_written_and_systemd_reads_them(self, machine: Machine) -> None:
        outcome = machine("daemon", "install", "--systemd-timer", "--run-as", ME)
        assert outcome.code == 0, outcome.stderr
        folder = machine.etc / "systemd" / "system"
        assert sorted(one.name for one in folder.iterdir()) == ["ccsync-acme.service", "ccsync-acme.timer"]
        assert stat.S_IMODE((folder / "ccsync-acme.service").stat().st_mode) == 0o644
        assert machine.systemctl == ["daemon-reload --no-ask-password"]
        assert "ccsync daemon start" in outcome.stdout

    @pytest.mark.usefixtures("as_root")
    def test_have_a_folder_of_systemd_s_and_name_the_line_that_takes_along_what_was_done_before(
        self, machine: Machine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        del machine.variables["CCSYNC_STATE_DIR"]
        monkeypatch.setenv("XDG_STATE_HOME", str(machine.home / "mine"))
        monkeypatch.setattr(planning, "SYSTEM_STATE", f"{machine.home}/lib/")
        monkeypatch.setattr(units, "SYSTEM_STATE", f"{machine.home}/lib/")
        (machine.home / "lib").mkdir()
        (machine.home / "mine/ccsync/acme").mkdir(parents=True)
        (machine.home / "mine/ccsync/acme/credentials").touch()
        outcome = machine("daemon", "install", "--systemd-timer", "--run-as", ME)
        assert f"mv {machine.home}/mine/ccsync/acme {machine.home}/lib/ccsync-{ME}/acme && chown -R" in outcome.stderr
        text = (machine.etc / "systemd/system/ccsync-acme.service").read_text("utf-8")
        assert f"StateDirectory=ccsync-{ME}\n" in text

    @pytest.mark.usefixtures("as_root")
    def test_make_the_state_folder_for_their_user_alone(
        self, machine: Machine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        given: list[tuple[Path, int]] = []
        monkeypatch.setattr(os, "chown", lambda path, uid, _gid: given.append((path, uid)))
        machine("daemon", "install", "--systemd-service", "--run-as", ME)
        state = machine.home / "state"
        assert (given, stat.S_IMODE(state.stat().st_mode)) == ([(state, os.getuid())], 0o700)

    @pytest.mark.usefixtures("as_root")
    def test_are_not_installed_with_a_state_folder_that_their_user_cannot_get_at(
        self, machine: Machine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(os, "chown", lambda *_: None)
        monkeypatch.setattr(planning, "check_reach", lambda *_: None)
        machine.home.chmod(0o700)
        outcome = machine("daemon", "install", "--systemd-timer", "--run-as", "nobody")
        assert outcome.code == 74
        assert f"nobody cannot use the state folder {machine.home}/state: " in outcome.stderr
        assert not machine.etc.exists()

    @pytest.mark.usefixtures("as_root")
    def test_are_remembered_where_everybody_can_read_it_whatever_root_s_umask(self, machine: Machine) -> None:
        before = os.umask(0o077)
        try:
            machine("daemon", "install", "--systemd-timer", "--run-as", ME)
        finally:
            os.umask(before)
        record_file = machine.etc / "ccsync/installed/ccsync-acme.json"
        modes = [stat.S_IMODE(one.stat().st_mode) for one in (record_file, *record_file.parents[:2])]
        assert modes == [0o644, 0o755, 0o755]

    @pytest.mark.usefixtures("as_ann")
    def test_take_root(self, machine: Machine) -> None:
        outcome = machine("daemon", "install", "--systemd-timer", "--system", "--run-as", "sync")
        assert (outcome.code, machine.systemctl) == (2, [])
        assert f"--config {machine.config} daemon install --systemd-timer --system --run-as sync" in outcome.stderr

    @pytest.mark.usefixtures("as_root")
    def test_of_a_user_who_is_not_there_name_the_line_that_makes_one(self, machine: Machine) -> None:
        outcome = machine("daemon", "install", "--systemd-timer", "--run-as", "nobody-of-that-name")
        assert outcome.code == 2
        assert "useradd --system" in outcome.stderr
        assert not machine.etc.exists()

    @pytest.mark.usefixtures("as_root")
    def test_a_configuration_that_their_user_may_not_read_is_told_before_anything_is_written(
        self, machine: Machine
    ) -> None:
        machine.config.chmod(0o600)
        outcome = machine("daemon", "install", "--systemd-timer", "--run-as", "nobody")
        assert outcome.code == 2
        assert "nobody cannot use " in outcome.stderr
        assert not machine.etc.exists()

    @pytest.mark.usefixtures("as_root")
    def test_cannot_have_a_keyring(self, machine: Machine) -> None:
        machine.configure(credentials='store = "keyring"')
        outcome = machine("daemon", "install", "--systemd-timer", "--run-as", ME)
        assert outcome.code == 2
        assert 'set store = "encrypted-file"' in outcome.stderr

    @pytest.mark.usefixtures("as_root")
    def test_are_stopped_and_removed_again(self, machine: Machine) -> None:
        before = machine.files()
        machine("daemon", "install", "--systemd-timer", "--run-as", ME)
        (machine.home / "systemctl").unlink()
        outcome = machine("daemon", "uninstall")
        assert outcome.code == 0, outcome.stderr
        assert machine.systemctl == [
            "disable --now ccsync-acme.timer --no-ask-password",
            "stop ccsync-acme.service --no-ask-password",
            "daemon-reload --no-ask-password",
        ]
        assert machine.files() == before | {"systemctl"}

    @pytest.mark.usefixtures("as_root")
    def test_one_that_somebody_edited_is_left_and_named(self, machine: Machine) -> None:
        machine("daemon", "install", "--systemd-timer", "--run-as", ME)
        edited = machine.etc / "systemd" / "system" / "ccsync-acme.service"
        edited.write_text(edited.read_text("utf-8") + "Nice=5\n", "utf-8")
        outcome = machine("daemon", "uninstall")
        assert f"Left, because it was edited since or cannot be made again: {edited}" in outcome.stdout
        assert edited.exists()
        assert not edited.with_suffix(".timer").exists()

    @pytest.mark.usefixtures("as_root")
    def test_are_taken_up_by_what_runs_when_they_change(self, machine: Machine) -> None:
        machine("daemon", "install", "--systemd-service", "--run-as", ME)
        machine.configure(notify='textfile = "/srv/metrics/ccsync.prom"')
        (machine.home / "systemctl").unlink()
        machine("daemon", "install", "--systemd-service", "--run-as", ME)
        assert machine.systemctl == [
            "daemon-reload --no-ask-password",
            "try-restart ccsync-acme.service --no-ask-password",
        ]
        text = (machine.etc / "systemd/system/ccsync-acme.service").read_text("utf-8")
        assert "ReadWritePaths=-/srv/metrics" in text

    @pytest.mark.usefixtures("as_root")
    def test_wait_where_systemd_does_not_run(self, machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(systemctl, "BOOTED", machine.home / "nothing")
        outcome = machine("daemon", "install", "--systemd-timer", "--run-as", ME)
        assert (outcome.code, machine.systemctl) == (0, [])
        assert "warning: systemd does not run on this machine" in outcome.stderr


class TestTheKeyOfSuchUnits:
    @pytest.mark.usefixtures("as_root")
    def test_a_key_file_is_encrypted_for_systemd(self, machine: Machine) -> None:
        key = machine.home / "key"
        machine("auth", "new-key", str(key))
        machine.configure(credentials=f'store = "encrypted-file"\nkey_file = "{key}"')
        outcome = machine("daemon", "install", "--systemd-timer", "--run-as", ME, "--json")
        cred = machine.etc / "credstore.encrypted" / "ccsync-acme.cred"
        assert outcome.code == 0, outcome.stdout
        assert (stat.S_IMODE(cred.stat().st_mode), cred.read_text("utf-8") != key.read_text("utf-8")) == (0o600, True)
        unit = (machine.etc / "systemd/system/ccsync-acme.service").read_text("utf-8")
        assert f"LoadCredentialEncrypted=ccsync-key:{cred}" in unit
        assert outcome.data["key"] == f"systemd credential ccsync-key, encrypted in {cred}"
        assert key.read_text("utf-8").strip() not in outcome.stdout
        machine("daemon", "uninstall")
        assert not cred.exists()

    @pytest.mark.usefixtures("as_root")
    def test_without_a_key_file_one_is_made_that_never_lies_open_and_is_never_lost(self, machine: Machine) -> None:
        machine.configure(credentials='store = "encrypted-file"')
        machine("daemon", "install", "--systemd-timer", "--run-as", ME)
        cred = machine.etc / "credstore.encrypted" / "ccsync-acme.cred"
        made = cred.read_bytes()
        assert len(base64.b64decode(made.strip()[::-1])) == 32  # the encryption of this test
        outcome = machine("daemon", "uninstall", "--json")
        assert outcome.data["left"] == [str(cred)]
        assert machine("daemon", "install", "--systemd-timer", "--run-as", ME).code == 0
        assert cred.read_bytes() == made
        assert machine("daemon", "uninstall", "--json").data["left"] == [str(cred)]

    @pytest.mark.usefixtures("as_root")
    def test_where_systemd_cannot_encrypt_it_hands_over_the_file(self, machine: Machine) -> None:
        key = machine.home / "key"
        machine("auth", "new-key", str(key))
        (machine.home / "creds-refuse").touch()
        machine.configure(credentials=f'store = "encrypted-file"\nkey_file = "{key}"')
        outcome = machine("daemon", "install", "--systemd-timer", "--run-as", ME)
        assert outcome.code == 0, outcome.stderr
        unit = (machine.etc / "systemd/system/ccsync-acme.service").read_text("utf-8")
        assert f"LoadCredential=ccsync-key:{key}" in unit


class TestUnitsOfAUser:
    def test_are_the_business_of_the_user_s_own_manager(self, machine: Machine) -> None:
        outcome = machine("daemon", "install", "--systemd-timer", "--user")
        assert outcome.code == 0, outcome.stderr
        assert (machine.home / ".config/systemd/user/ccsync-acme.timer").exists()
        assert machine.systemctl == ["--user daemon-reload"]
        assert "loginctl enable-linger" in outcome.stderr

    @pytest.mark.usefixtures("as_ann")
    def test_are_what_a_user_who_is_not_root_gets(self, machine: Machine) -> None:
        assert machine("daemon", "install", "--systemd-timer", "--json").data["scope"] == "user"

    @pytest.mark.usefixtures("as_ann")
    def test_run_as_nobody_else(self, machine: Machine) -> None:
        outcome = machine("daemon", "install", "--systemd-timer", "--user", "--run-as", "sync")
        assert outcome.code == 2
        assert "runs as you, ann" in outcome.stderr


class TestWhoTypesWhatAfterwards:
    def test_the_same_user_gets_the_state_of_the_runs_without_naming_it(self, machine: Machine) -> None:
        machine.configure(sandbox="enabled = true")
        machine("daemon", "install", "--cron")
        del machine.variables["CCSYNC_STATE_DIR"]
        machine("status")
        assert (machine.home / "state" / ".sandbox" / "acme").is_dir()
        assert not (machine.home / ".local").exists()

    def test_a_state_folder_that_is_named_counts_nevertheless(self, machine: Machine) -> None:
        machine.configure(sandbox="enabled = true")
        machine("daemon", "install", "--cron")
        machine.variables["CCSYNC_STATE_DIR"] = str(machine.home / "other")
        machine("status")
        assert (machine.home / "other" / ".sandbox" / "acme").is_dir()

    @pytest.mark.parametrize(
        "words", [("status",), ("logs", "list"), ("timestamp", "show"), ("auth", "login", "membrain")], ids=" ".join
    )
    @pytest.mark.usefixtures("as_root")
    def test_another_user_gets_the_whole_line_that_works(
        self, machine: Machine, another_user: Callable[[], None], words: tuple[str, ...]
    ) -> None:
        program = machine("daemon", "install", "--cron", "--system", "--run-as", ME, "--json")
        assert program.code == 0
        del machine.variables["CCSYNC_STATE_DIR"]
        another_user()
        outcome = machine(*words, "--json")
        (error,) = outcome.envelope["errors"]
        assert (outcome.code, error["code"]) == (2, "other_user")
        assert error["hint"].startswith(f"sudo -u {ME} ")
        assert error["hint"].endswith(f"ccsync --config {machine.config} {' '.join(words)}")

    @pytest.mark.usefixtures("as_root")
    def test_where_only_systemd_has_the_key_the_line_goes_through_it(
        self, machine: Machine, another_user: Callable[[], None]
    ) -> None:
        machine.configure(credentials='store = "encrypted-file"')
        machine("daemon", "install", "--systemd-timer", "--run-as", ME)
        del machine.variables["CCSYNC_STATE_DIR"]
        another_user()
        (error,) = machine("auth", "login", "membrain", "--json").envelope["errors"]
        cred = machine.etc / "credstore.encrypted" / "ccsync-acme.cred"
        assert error["hint"].startswith("sudo systemd-run ")
        assert f"--property=LoadCredentialEncrypted=ccsync-key:{cred} " in error["hint"]
        assert f"--setenv=CCSYNC_STATE_DIR={machine.home}/state " in error["hint"]

    @pytest.mark.usefixtures("as_root")
    def test_what_needs_no_login_needs_no_key_so_that_a_monitor_can_type_it(
        self, machine: Machine, another_user: Callable[[], None]
    ) -> None:
        machine.configure(credentials='store = "encrypted-file"')
        installed = machine("daemon", "install", "--systemd-timer", "--run-as", ME)
        del machine.variables["CCSYNC_STATE_DIR"]
        another_user()
        (error,) = machine("status", "--check", "--json").envelope["data"]["findings"]
        assert error["next"].startswith(f"sudo -u {ME} ")
        assert error["next"].endswith(f"ccsync --config {machine.config} status --check")
        assert installed.code == 0

    @pytest.mark.usefixtures("as_root")
    def test_starting_and_stopping_the_machine_s_units_takes_root_and_says_so(
        self, machine: Machine, another_user: Callable[[], None]
    ) -> None:
        machine("daemon", "install", "--systemd-timer", "--run-as", ME)
        another_user()
        (error,) = machine("daemon", "stop", "--json").envelope["errors"]
        assert error["hint"].startswith("sudo ")
        assert error["hint"].endswith(f"--config {machine.config} daemon stop")

    @pytest.mark.usefixtures("as_root")
    def test_start_and_stop_speak_to_systemd(self, machine: Machine) -> None:
        machine("daemon", "install", "--systemd-timer", "--run-as", ME)
        assert machine("daemon", "stop").code == 0
        assert "disable --now ccsync-acme.timer --no-ask-password" in machine.systemctl


class TestTheRecord:
    def test_tells_who_runs_where_and_with_which_key(self, machine: Machine) -> None:
        machine("daemon", "install", "--cron")
        found = record.find(machine.config, "acme", machine.variables)
        assert found is not None
        assert (found.user, found.state_dir, found.key) == (
            Who.of_process().name,
            f"{machine.home}/state",
            "key_command",
        )

    def test_belongs_to_one_configuration_and_one_account(self, machine: Machine) -> None:
        machine("daemon", "install", "--cron")
        other = machine.home / "other.toml"
        shutil.copy(machine.config, other)
        assert record.find(other, "acme", machine.variables) is None
        assert record.find(machine.config, "other", machine.variables) is None

    def test_that_is_damaged_counts_as_none(self, machine: Machine) -> None:
        machine("daemon", "install", "--cron")
        (path,) = (machine.home / ".config" / "ccsync" / "installed").iterdir()
        for text in ("", "[]", "{}", json.dumps({"name": "ccsync-acme"})):
            path.write_text(text, "utf-8")
            assert record.find(machine.config, "acme", machine.variables) is None

    def test_another_way_is_not_installed_beside_the_first(self, machine: Machine) -> None:
        machine("daemon", "install", "--cron")
        outcome = machine("daemon", "install", "--systemd-timer", "--user")
        assert (outcome.code, machine.systemctl) == (2, [])
        assert "account acme is installed already: a line for cron" in outcome.stderr
        assert "daemon uninstall" in outcome.stderr


class TestAConfigurationThatMeansAnotherAccountNow:
    """It was tried in the sandbox first, say: the line reads the configuration anew at each run."""

    @pytest.fixture(autouse=True)
    def edited(self, machine: Machine) -> None:
        machine.configure(sandbox="enabled = true")
        machine("daemon", "install", "--cron")
        machine.configure()

    def test_is_stopped_for_the_account_that_would_run(self, machine: Machine) -> None:
        assert machine("daemon", "stop").code == 0
        assert (machine.home / "state" / "acme" / "switched-off.json").exists()
        assert machine("daemon", "status").code == 3

    def test_has_no_second_line_beside_the_first(self, machine: Machine) -> None:
        before = machine.crontab
        outcome = machine("daemon", "install", "--cron")
        assert (outcome.code, machine.crontab) == (2, before)
        assert "is installed already, for the sandbox" in outcome.stderr
        assert f"ccsync --config {machine.config} daemon uninstall" in outcome.stderr
        machine("daemon", "uninstall")
        assert machine("daemon", "install", "--cron").code == 0
        assert (machine.crontab or "").count("run --once") == 1


def test_one_way_has_to_be_said(machine: Machine) -> None:
    for words in ((), ("--cron", "--systemd-timer")):
        outcome = machine("daemon", "install", *words)
        assert outcome.code == 2
        assert "one of --systemd-timer, --systemd-service and --cron" in outcome.stderr


def test_nothing_is_taken_back_where_nothing_is_installed(machine: Machine) -> None:
    outcome = machine("daemon", "uninstall")
    assert (outcome.code, "nothing is installed" in outcome.stderr) == (2, True)
