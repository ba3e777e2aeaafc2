"""The command of ``[notify] on_failure``: real programs, started without a shell, and never waited for for long."""

from __future__ import annotations

import os
import signal
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from ccsync.errors import LocalError
from ccsync.service.failure_command import FailureCommand

if TYPE_CHECKING:
    from pathlib import Path


def python(program: str) -> tuple[str, ...]:
    return (sys.executable, "-S", "-c", program)


def test_it_gets_the_notice_on_standard_input_and_the_facts_in_its_environment(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    program = f"import os, sys; open({str(kept)!r}, 'w').write(os.environ['CCSYNC_EVENT'] + '|' + sys.stdin.read())"
    FailureCommand(python(program), dict(os.environ)).tell("what\nnext\n", {"CCSYNC_EVENT": "failure"})
    assert kept.read_text("utf-8") == "failure|what\nnext\n"


def test_no_shell_reads_its_words(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    program = f"import sys; open({str(kept)!r}, 'w').write(sys.argv[1])"
    FailureCommand((*python(program), "$(id); `id` > x"), dict(os.environ)).tell("", {})
    assert kept.read_text("utf-8") == "$(id); `id` > x"


def test_what_it_prints_goes_nowhere(capfd: pytest.CaptureFixture[str]) -> None:
    FailureCommand(python("import sys; print('out'); print('err', file=sys.stderr)"), dict(os.environ)).tell("", {})
    assert capfd.readouterr() == ("", "")


def test_one_that_need_not_read_may_end_without() -> None:
    FailureCommand(("true",), dict(os.environ)).tell("x" * 5000, {})


def test_one_that_fails_is_told_with_its_last_words() -> None:
    program = "import sys; print('first\\nno such mailbox\\n', file=sys.stderr); sys.exit(7)"
    with pytest.raises(LocalError, match="ended with 7: no such mailbox"):
        FailureCommand(python(program), dict(os.environ)).tell("", {})


def test_one_that_complains_at_length_is_heard_to_its_end() -> None:
    program = "import sys; print('noise ' * 50_000, 'no such mailbox', sep='\\n', file=sys.stderr); sys.exit(7)"
    with pytest.raises(LocalError, match="ended with 7: no such mailbox"):
        FailureCommand(python(program), dict(os.environ)).tell("", {})


def test_one_that_never_stops_complaining_is_ended_all_the_same() -> None:
    with pytest.raises(LocalError, match=r"took longer than 0\.2 s and was ended"):
        FailureCommand(("sh", "-c", "yes >&2"), dict(os.environ), seconds=0.2).tell("", {})


def test_one_that_is_not_there_is_told_by_name() -> None:
    with pytest.raises(LocalError, match=r"no-such-program, cannot be started: No such file or directory"):
        FailureCommand(("no-such-program",), dict(os.environ)).tell("", {})


def test_one_that_takes_too_long_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    program = (
        "import os, subprocess, time\n"
        "child = subprocess.Popen(['sleep', '600'])\n"
        f"open({str(pids)!r}, 'w').write(f'{{os.getpid()}} {{child.pid}}')\n"
        "time.sleep(600)"
    )
    with pytest.raises(LocalError, match=r"took longer than 0\.5 s and was ended"):
        FailureCommand(python(program), dict(os.environ), seconds=0.5).tell("", {})
    for pid in pids.read_text("utf-8").split():
        assert not is_alive(int(pid))


def test_a_child_that_stays_behind_with_its_pipe_is_not_waited_for(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    program = (
        "import subprocess, sys\n"
        "child = subprocess.Popen(['sleep', '60'])\n"
        f"open({str(pid)!r}, 'w').write(str(child.pid))\n"
        "sys.exit(1)"
    )
    said: list[str] = []

    def tell() -> None:
        with pytest.raises(LocalError) as caught:
            FailureCommand(python(program), dict(os.environ)).tell("", {})
        said.append(caught.value.message)

    telling = threading.Thread(target=tell, daemon=True)
    telling.start()
    telling.join(30)
    os.kill(int(pid.read_text("utf-8")), signal.SIGKILL)
    assert [one.partition(", ended ")[2] for one in said] == ["with 1"]


def is_alive(pid: int) -> bool:
    """Tell whether a process still does something; one that nobody has fetched yet does not."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:  # noqa: PTH123 - a proc file
            return file.read().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False
