"""The line for cron, and the block in a crontab that is otherwise somebody's own."""

from __future__ import annotations

import shlex
import subprocess
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccsync.errors import LocalError, UsageError
from ccsync.service.crontab import Crontab, block, find_block, line, system_file, with_block
from ccsync.service.job import Job, Kind, Scope

JOB = Job(
    Kind.CRON,
    Scope.USER,
    "acme",
    sandbox=False,
    config=Path("/etc/ccsync/config.toml"),
    command=("/opt/ccsync/bin/ccsync",),
    user="ann",
    state_dir=Path("/home/ann/.local/state/ccsync"),
    interval=timedelta(minutes=3),
)
OWN = "MAILTO=ann@example.com\n0 4 * * * backup\n"


def test_the_line_needs_nothing_of_the_shell_that_it_was_installed_from() -> None:
    assert line(JOB) == (
        "*/3 * * * * /usr/bin/env PATH=/usr/local/bin:/usr/bin:/bin "
        "CCSYNC_STATE_DIR=/home/ann/.local/state/ccsync "
        "/opt/ccsync/bin/ccsync --config /etc/ccsync/config.toml run --once --scheduled"
    )


def test_the_keyring_of_a_desktop_is_named_to_it() -> None:
    assert "DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/1000/bus" in line(
        replace(JOB, bus="unix:path=/run/user/1000/bus")
    )


def test_a_path_with_blanks_and_percent_signs_reaches_the_program_as_it_is() -> None:
    odd = replace(JOB, config=Path("/srv/100% it's mine/config.toml"), command=("/bin/echo",))
    command = line(odd).split(" ", 5)[5].replace("\\%", "%")  # what cron makes of it
    said = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, check=True).stdout
    assert said == "--config /srv/100% it's mine/config.toml run --once --scheduled\n"
    assert "%" not in line(odd).replace("\\%", "")


@pytest.mark.parametrize("path", ["/srv/" + "x" * 1000, "/srv/a\nb"], ids=["too long", "two lines"])
def test_what_cron_would_cut_or_misread_is_refused(path: str) -> None:
    with pytest.raises(UsageError, match="cron does not take this line"):
        line(replace(JOB, config=Path(path)))


def test_the_machine_s_file_names_the_user_and_says_nothing_to_anybody_else_s_lines() -> None:
    text = system_file(replace(JOB, scope=Scope.SYSTEM, user="sync"))
    *settings, when = text.splitlines()[1:]
    assert settings[-1] == 'CCSYNC_STATE_DIR="/home/ann/.local/state/ccsync"'
    assert when.startswith("*/3 * * * * sync /opt/ccsync/bin/ccsync ")
    assert text.endswith("\n")  # cron does not read a last line without an end


class TestTheBlockInACrontab:
    def test_stands_below_what_was_there(self) -> None:
        assert with_block(OWN, JOB.name, block(JOB)) == OWN + block(JOB)

    def test_is_replaced_where_it_stands(self) -> None:
        before = with_block(OWN, JOB.name, block(JOB)) + "5 5 * * * other\n"
        hourly = replace(JOB, interval=timedelta(hours=1))
        assert with_block(before, JOB.name, block(hourly)) == OWN + block(hourly) + "5 5 * * * other\n"

    def test_of_another_account_is_left_alone(self) -> None:
        other = replace(JOB, account="acme-2")
        both = with_block(with_block("", JOB.name, block(JOB)), other.name, block(other))
        assert with_block(both, JOB.name, "") == block(other)

    def test_that_has_lost_its_end_takes_nobody_else_s_line_with_it(self) -> None:
        half = block(JOB).removesuffix("# <<< ccsync-acme\n") + "5 5 * * * other\n"
        after = with_block(half, JOB.name, block(JOB))
        assert after == half + block(JOB)
        assert with_block(after, JOB.name, "") == half

    @given(st.lists(st.text(st.characters(exclude_categories=("Cs", "Cc"))), max_size=5))
    def test_leaves_no_trace_when_it_is_taken_out(self, own: list[str]) -> None:
        before = "".join(f"{one}\n" for one in own)
        after = with_block(before, JOB.name, block(JOB))
        assert find_block(after, JOB.name) == block(JOB)
        assert with_block(after, JOB.name, "") == before


def test_a_machine_without_cron_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(LocalError, match="cron is not installed") as missing:
        Crontab({"PATH": str(tmp_path)}).read()
    assert missing.value.hint.startswith("apt-get install cron; or: ")


def test_a_user_whom_cron_does_not_serve_is_told_so(tmp_path: Path) -> None:
    program = tmp_path / "crontab"
    program.write_text("#!/bin/sh\necho 'You (ann) are not allowed to use this program' >&2; exit 1\n", "utf-8")
    program.chmod(0o755)
    with pytest.raises(LocalError, match=r"You \(ann\) are not allowed"):
        Crontab({"PATH": str(tmp_path)}).read()


def test_lines_of_other_people_s_programs_stay_as_they_are_byte_for_byte(tmp_path: Path) -> None:
    kept, program = tmp_path / "kept", tmp_path / "crontab"
    program.write_text(f'#!/bin/sh\ncase "$1" in -l) cat {kept};; -) cat > {kept};; esac\n', "utf-8")
    program.chmod(0o755)
    kept.write_bytes(own := b"# Gr\xfc\xdfe\r\n0 4 * * * backup\n")
    crontab = Crontab({"PATH": f"{tmp_path}:/usr/bin:/bin"})
    crontab.write(with_block(crontab.read(), JOB.name, block(JOB)))
    assert kept.read_bytes() == own + block(JOB).encode()


def test_the_mark_is_the_same_in_every_version() -> None:
    """A newer ccsync has to find the block of an older one."""
    assert shlex.split(block(JOB).splitlines()[0].partition(",")[0], comments=False) == ["#", ">>>", "ccsync-acme"]
    assert block(JOB).splitlines()[-1] == "# <<< ccsync-acme"
