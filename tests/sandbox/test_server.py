"""Both services together: serving, finding, controlling, the page, and beginning again."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import requests

from ccsync.clock import SystemClock
from ccsync.errors import Locked, UsageError
from ccsync.sandbox.server import Sandbox, find_served, reset

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ccsync.clock import Clock


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a folder as a sandbox leaves it that was only started, to be copied: that is quicker than seeding."""
    folder = tmp_path_factory.mktemp("seeded")
    with Sandbox(folder, SystemClock()):
        return folder


@pytest.fixture
def sandbox(tmp_path: Path, clock: Clock, seeded: Path) -> Iterator[Sandbox]:
    shutil.copytree(seeded, tmp_path, dirs_exist_ok=True)
    with Sandbox(tmp_path, clock) as sandbox:
        yield sandbox


def contacts(sandbox: Sandbox) -> Any:
    return requests.get(
        f"{sandbox.membrain_url}contacts/", headers={"APIKey": sandbox.membrain.api_key}, timeout=5
    ).json()


def control(sandbox: Sandbox, method: str, path: str, body: Any = None) -> requests.Response:
    return requests.request(method, sandbox.pages_url + path, json=body, timeout=5)


class TestServing:
    def test_both_services_answer_on_loopback(self, sandbox: Sandbox) -> None:
        assert contacts(sandbox)["count"] == "293"
        assert requests.get(f"{sandbox.api_url}/contacts", timeout=5).status_code == 401
        assert sandbox.auth_url.startswith("http://127.0.0.1:")

    def test_answers_are_dated_by_the_clock_of_the_sandbox(self, sandbox: Sandbox, clock: Clock) -> None:
        for url in (sandbox.api_url, sandbox.membrain_url):
            assert requests.get(url, timeout=5).headers["Date"] == f"{clock.now():%a, %d %b %Y %H:%M:%S} GMT"

    def test_a_fresh_folder_is_filled_with_people_on_both_sides(self, tmp_path: Path, clock: Clock) -> None:
        with Sandbox(tmp_path / "made" / "by itself", clock) as sandbox:
            assert sandbox.membrain.count("companies") == 90
            assert len(sandbox.constant_contact.people.all()) > 100

    def test_the_state_outlives_the_server(self, tmp_path: Path, clock: Clock) -> None:
        with Sandbox(tmp_path, clock) as first:
            made = first.membrain.create("contacts", {"Name": "Bo Ek"})
        with Sandbox(tmp_path, clock) as second:
            assert made in [row["Id"] for row in second.membrain.all("contacts")]

    def test_a_seeding_that_was_cut_short_begins_again(self, tmp_path: Path, clock: Clock) -> None:
        with Sandbox(tmp_path, clock) as first:
            first.membrain.create("contacts", {"Name": "Bo Ek"})
        (tmp_path / "sandbox.seeded").unlink()
        with Sandbox(tmp_path, clock) as second:
            assert second.membrain.count("contacts") == 293

    def test_a_port_that_is_taken_is_a_usage_error_and_leaves_nothing_locked(
        self, sandbox: Sandbox, tmp_path: Path, clock: Clock
    ) -> None:
        taken = int(sandbox.api_url.split(":")[2].split("/")[0])
        other = Sandbox(tmp_path / "other", clock)
        for ports in ((taken, 0), (0, taken)):
            with pytest.raises(UsageError, match=f"port {taken}"):
                other.start(*ports)
        with other:
            assert other.membrain.count("contacts") == 293

    def test_faults_reach_both_services(self, sandbox: Sandbox) -> None:
        control(sandbox, "POST", "faults", [{"kind": "status_503", "service": "membrain"}])
        assert contacts(sandbox) == {"error": "Temporarily unavailable"}
        control(sandbox, "POST", "faults", {"kind": "reset_before"})
        with pytest.raises(requests.ConnectionError):
            requests.get(f"{sandbox.api_url}/contacts", timeout=5)


class TestFinding:
    def test_a_served_sandbox_is_found_by_its_folder(self, sandbox: Sandbox, tmp_path: Path) -> None:
        found = find_served(tmp_path)
        assert found == sandbox.endpoints()
        assert found is not None
        assert (found.pid, found.api_key) == (os.getpid(), sandbox.membrain.api_key)

    def test_one_that_was_stopped_is_not(self, tmp_path: Path, clock: Clock) -> None:
        with Sandbox(tmp_path, clock):
            pass
        assert find_served(tmp_path) is None

    def test_one_that_never_was_is_not(self, tmp_path: Path) -> None:
        assert find_served(tmp_path / "nothing") is None

    @pytest.mark.usefixtures("sandbox")
    def test_what_a_killed_server_left_behind_is_not_believed(self, tmp_path: Path) -> None:
        other = tmp_path / "other"
        other.mkdir()
        (other / "sandbox.json").write_text((tmp_path / "sandbox.json").read_text("utf-8"), "utf-8")
        assert find_served(other) is None

    @pytest.mark.usefixtures("sandbox")
    def test_a_folder_is_served_once(self, tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("ccsync.sandbox.server._SECONDS_FOR_LOCK", 0)
        with pytest.raises(Locked, match="already"):
            Sandbox(tmp_path, clock).start()

    @pytest.mark.usefixtures("sandbox")
    def test_where_it_is_stands_in_a_file_that_others_cannot_read(self, tmp_path: Path) -> None:
        assert (tmp_path / "sandbox.json").stat().st_mode & 0o777 == 0o600


class TestBeginningAgain:
    def test_a_served_sandbox_begins_again_on_the_same_ports(self, sandbox: Sandbox) -> None:
        sandbox.membrain.create("contacts", {"Name": "Bo Ek"})
        assert control(sandbox, "POST", "reset").status_code == 200
        assert contacts(sandbox)["count"] == "293"

    def test_an_unserved_one_is_emptied(self, tmp_path: Path, clock: Clock) -> None:
        with Sandbox(tmp_path, clock) as sandbox:
            sandbox.membrain.create("contacts", {"Name": "Bo Ek"})
        reset(tmp_path)
        assert not list(tmp_path.glob("*.sqlite*"))

    @pytest.mark.usefixtures("sandbox")
    def test_a_served_one_is_not_emptied_from_outside(self, tmp_path: Path) -> None:
        with pytest.raises(Locked):
            reset(tmp_path)

    def test_a_folder_that_is_not_there_needs_no_emptying(self, tmp_path: Path) -> None:
        reset(tmp_path / "nothing")
        assert not (tmp_path / "nothing").exists()


class TestControl:
    def test_switches_of_both_services_can_be_seen_and_set(self, sandbox: Sandbox) -> None:
        answer = control(sandbox, "POST", "switches", {"membrain": {"extra_mandatory": ["contacts.Phone"]}})
        assert answer.json() == control(sandbox, "GET", "switches").json()
        assert answer.json().keys() == {"constant-contact", "membrain"}
        assert sandbox.membrain.switches.extra_mandatory == ("contacts.Phone",)

    def test_faults_can_be_added_seen_and_cleared(self, sandbox: Sandbox) -> None:
        fault = {"kind": "slow", "service": "membrain", "seconds": 1.5}
        (shown,) = control(sandbox, "POST", "faults", fault).json()
        assert shown.items() >= fault.items()
        control(sandbox, "DELETE", "faults")
        assert control(sandbox, "GET", "faults").json() == []

    def test_the_log_tells_requests_and_writes_of_each_service(self, sandbox: Sandbox) -> None:
        contacts(sandbox)
        log = control(sandbox, "GET", "log").json()
        assert [entry["path"] for entry in log["membrain"]["requests"]] == ["/API/v2/contacts/"]
        assert log["membrain"]["writes"] == 0
        assert log["constant-contact"]["requests"] == []

    @pytest.mark.parametrize(
        ("path", "body"),
        [
            ("switches", {"membrain": {"no_such_switch": 1}}),
            ("switches", {"nobody": {}}),
            ("faults", {"kind": "earthquake"}),
            ("faults", {"kind": "html", "colour": "red"}),
        ],
    )
    def test_a_mistake_is_told_and_changes_nothing(self, sandbox: Sandbox, path: str, body: Any) -> None:
        before = control(sandbox, "GET", path).json()
        answer = control(sandbox, "POST", path, body)
        assert (answer.status_code, "error" in answer.json()) == (400, True)
        assert control(sandbox, "GET", path).json() == before

    def test_other_paths_are_not_found(self, sandbox: Sandbox) -> None:
        assert control(sandbox, "GET", "nothing").status_code == 404


class TestPage:
    def test_both_sides_stand_beside_each_other_with_their_counts(self, sandbox: Sandbox) -> None:
        page = control(sandbox, "GET", "").text
        for words in ("<h2>Membrain</h2>", "<h2>Constant Contact</h2>", "Åsa Öberg-Ängström", "Newsletter"):
            assert words in page
        assert "<td>Companies</td><td>90</td>" in page

    def test_nothing_that_somebody_typed_becomes_markup(self, sandbox: Sandbox) -> None:
        sandbox.constant_contact.people.add("x@example.com", first_name="<script>x</script>")
        page = control(sandbox, "GET", "").text
        assert "<script" not in page
        assert "&lt;script&gt;alert(" in page

    def test_it_loads_nothing_from_elsewhere(self, sandbox: Sandbox) -> None:
        page = control(sandbox, "GET", "").text
        assert "src=" not in page
        assert re.findall(r"<link[^>]*>", page) == ['<link rel="icon" href="data:,">']  # or a browser asks for one


SERVE = """
import sys, json
from dataclasses import asdict
from pathlib import Path
from ccsync.clock import SystemClock
from ccsync.sandbox.server import serve_forever
ready = lambda endpoints: print(json.dumps(asdict(endpoints)), flush=True)
sys.exit(serve_forever(Path(sys.argv[1]), SystemClock(), ready))
"""


class TestServingForOthers:
    @pytest.fixture
    def process(self, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
        with subprocess.Popen(
            [sys.executable, "-c", SERVE, str(tmp_path)], stdout=subprocess.PIPE, text=True
        ) as process:
            yield process
            process.kill()

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_another_process_finds_it_until_a_signal_stops_it(
        self, process: subprocess.Popen[str], tmp_path: Path, number: signal.Signals
    ) -> None:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        found = find_served(tmp_path)
        assert found is not None
        assert found.membrain_url == told["membrain_url"]
        answer = requests.get(f"{found.membrain_url}users/", headers={"APIKey": found.api_key}, timeout=5)
        assert len(answer.json()) == 8
        process.send_signal(number)
        assert process.wait(10) == number
        assert find_served(tmp_path) is None

    def test_a_kill_loses_neither_the_state_nor_the_folder(
        self, process: subprocess.Popen[str], tmp_path: Path, clock: Clock
    ) -> None:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        requests.post(
            f"{told['membrain_url']}companies/",
            headers={"APIKey": told["api_key"]},
            json={"Name": "Polar Data"},
            timeout=5,
        )
        process.kill()
        process.wait(10)
        assert find_served(tmp_path) is None
        with Sandbox(tmp_path, clock) as sandbox:
            assert sandbox.membrain.count("companies") == 91
            assert sandbox.membrain.writes() == 1


def test_what_it_keeps_is_for_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "services"
    with Sandbox(folder, SystemClock()):
        modes = {path.name: path.stat().st_mode & 0o077 for path in [folder, *folder.iterdir()]}
    assert not any(modes.values()), modes
