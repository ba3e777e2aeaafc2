"""Adding and removing fields: what somebody wrote by hand stays as they wrote it."""

from __future__ import annotations

import difflib
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from ccsync.config.edit import add_fields, remove_field
from ccsync.config.load import load
from ccsync.errors import LocalError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TOP = """# our own notes
account = "acme"   # short

[membrain]
instance = "acme"

[constant_contact]
client_id = "app-1"

[[sync]]
name = "customers"
direction = "membrain-to-constant-contact"
list = "Customers"
"""
NAME = {"membrain": "contact.Name", "constant_contact": "full_name"}
TITLE = {"membrain": "contact.JobTitle", "constant_contact": "job_title"}
FIELDS = """
# the name, as the CRM has it
[[sync.field]]
membrain = "contact.Name"
constant_contact = "full_name"   # splits

# why the company travels:
#   the newsletter greets with it
[[sync.field]]
membrain = "company.Name"
constant_contact = "company_name"
# default = "unknown"

# --- a heading of its own ---

[logs]
# how long
keep = "90d"
"""


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    path = tmp_path / "config.toml"

    def write(text: str) -> Path:
        path.write_bytes(text.encode())
        return path

    return write


def changes(before: str, path: Path) -> list[str]:
    """Return the lines that came (+) and went (-)."""
    after = path.read_bytes().decode()
    lines = difflib.ndiff(before.splitlines(keepends=True), after.splitlines(keepends=True))
    return [line.rstrip("\n") for line in lines if line[0] in "+-"]


def rights(path: Path, sync: int = 0) -> list[str]:
    return [field.constant_contact for field in load(path).sync[sync].field]


class TestAdding:
    def test_a_field_goes_behind_the_last_one_and_nothing_else_moves(self, write: Callable[[str], Path]) -> None:
        path = write(TOP + FIELDS)

        add_fields(path, "customers", [TITLE])

        assert changes(TOP + FIELDS, path) == [
            "+ [[sync.field]]",
            '+ membrain = "contact.JobTitle"',
            '+ constant_contact = "job_title"',
            "+ ",
        ]
        text = path.read_text()
        assert text.index('# default = "unknown"') < text.index("JobTitle") < text.index("# --- a heading of its own")
        assert rights(path) == ["full_name", "company_name", "job_title"]

    def test_every_setting_of_a_field_is_written(self, write: Callable[[str], Path]) -> None:
        path = write(TOP)
        entry = {
            "membrain": 'contact.custom.Say "hi"',
            "constant_contact": "custom.Greeting",
            "direction": "membrain-to-constant-contact",
            "values": {"Ja": "Yes", "Nej tack": 'No "thanks"'},
            "clear": True,
            "when_too_long": "truncate",
        }

        add_fields(path, "customers", [entry])

        field = load(path).sync[0].field[0]
        assert field.model_dump(exclude_unset=True) == entry

    def test_the_first_field_of_a_sync_stands_behind_its_own_keys(self, write: Callable[[str], Path]) -> None:
        path = write(
            TOP + '\n# another list\n[[sync]]\nname = "b"\ndirection = "membrain-to-constant-contact"\nlist = "B"'
        )

        add_fields(path, "customers", [NAME])
        add_fields(path, "b", [TITLE])

        assert rights(path, 0) == ["full_name"]
        assert rights(path, 1) == ["job_title"]
        text = path.read_text()
        assert (
            text.index("full_name") < text.index("# another list") < text.index('list = "B"') < text.index("job_title")
        )

    def test_line_ends_of_windows_and_a_byte_order_mark_stay(self, write: Callable[[str], Path]) -> None:
        path = write("\ufeff" + (TOP + FIELDS).replace("\n", "\r\n"))

        add_fields(path, "customers", [TITLE])

        content = path.read_bytes()
        assert content.startswith("\ufeff#".encode())
        assert content.count(b"\r\n") == content.count(b"\n")
        assert rights(path) == ["full_name", "company_name", "job_title"]

    def test_a_file_without_a_last_line_end_is_no_trouble(self, write: Callable[[str], Path]) -> None:
        path = write((TOP + FIELDS.partition("\n\n# ---")[0]).rstrip("\n"))

        add_fields(path, "customers", [TITLE])

        assert rights(path) == ["full_name", "company_name", "job_title"]

    def test_a_list_in_brackets_grows_in_its_brackets(self, write: Callable[[str], Path]) -> None:
        listed = 'field = [\n  # the name\n  { membrain = "contact.Name", constant_contact = "full_name" },\n]\n'
        path = write(TOP + listed)

        add_fields(path, "customers", [TITLE])

        assert rights(path) == ["full_name", "job_title"]
        assert "  # the name\n" in path.read_text()
        remove_field(path, "customers", "full_name")
        assert rights(path) == ["job_title"]

    def test_several_go_in_at_once(self, write: Callable[[str], Path]) -> None:
        path = write(TOP)

        add_fields(path, "customers", [NAME, TITLE])

        assert rights(path) == ["full_name", "job_title"]


class TestRemoving:
    def test_a_field_goes_with_the_comment_directly_above_it(self, write: Callable[[str], Path]) -> None:
        path = write(TOP + FIELDS)

        remove_field(path, "customers", "full_name")

        assert changes(TOP + FIELDS, path) == [
            "- # the name, as the CRM has it",
            "- [[sync.field]]",
            '- membrain = "contact.Name"',
            '- constant_contact = "full_name"   # splits',
            "- ",
        ]

    def test_the_last_field_takes_its_own_comments_and_leaves_the_heading_below(
        self, write: Callable[[str], Path]
    ) -> None:
        path = write(TOP + FIELDS)

        remove_field(path, "customers", "company_name")

        text = path.read_text()
        assert 'default = "unknown"' not in text
        assert "why the company travels" not in text
        assert "\n# --- a heading of its own ---\n\n[logs]\n# how long\n" in text
        assert rights(path) == ["full_name"]

    def test_the_only_field_can_go(self, write: Callable[[str], Path]) -> None:
        path = write(TOP)
        add_fields(path, "customers", [NAME])

        remove_field(path, "customers", "full_name")

        assert rights(path) == []
        assert path.read_text() == TOP

    def test_a_text_that_looks_like_a_comment_is_no_comment(self, write: Callable[[str], Path]) -> None:
        values = '[sync.field.values]\nA = """\\\n# b"""\n'
        tricky = f'\n[[sync.field]]\nmembrain = "contact.Name"\nconstant_contact = "full_name"\n{values}'
        path = write(TOP + tricky + '\n[[sync.field]]\nmembrain = "contact.JobTitle"\nconstant_contact = "job_title"\n')

        remove_field(path, "customers", "full_name")

        assert rights(path) == ["job_title"]
        assert "# b" not in path.read_text()


class TestWhatIsWrongIsRefused:
    @pytest.mark.parametrize(
        ("entry", "said"),
        [
            ({**NAME, "membrain": "contacts.Name"}, 'did you mean "contact.Name"?'),
            ({**NAME, "constant_contact": "job_titel"}, 'did you mean "job_title"?'),
            ({**TITLE, "direction": "both"}, 'take it out, or write direction = "both" in the sync'),
            ({"membrain": "contact.Title", "constant_contact": "full_name"}, "take one of the two out"),
            ({**TITLE, "default": "x", "clear": True}, "take one of them out"),
        ],
    )
    def test_as_config_check_would_and_the_file_stays(
        self, entry: dict[str, object], said: str, write: Callable[[str], Path]
    ) -> None:
        path = write(TOP + FIELDS)

        with pytest.raises(UsageError) as caught:
            add_fields(path, "customers", [entry])

        assert caught.value.message.startswith("nothing was changed: ")
        assert caught.value.message.endswith(f"({said})")
        assert path.read_text() == TOP + FIELDS
        assert [one.name for one in path.parent.iterdir()] == [path.name]


class TestTheFile:
    def test_the_file_of_before_is_kept_beside_it_once(self, write: Callable[[str], Path]) -> None:
        path = write(TOP)

        undo = add_fields(path, "customers", [NAME])
        between = path.read_text()
        assert (undo, undo.read_text()) == (path.with_name("config.toml.undo"), TOP)

        assert add_fields(path, "customers", [TITLE]) == undo
        assert undo.read_text() == between
        assert {one.name for one in path.parent.iterdir()} == {"config.toml", "config.toml.undo"}

    @pytest.mark.parametrize("mode", [0o600, 0o640, 0o644])
    def test_mode_and_owner_stay_also_for_the_file_of_before(self, mode: int, write: Callable[[str], Path]) -> None:
        path = write(TOP)
        path.chmod(mode)

        undo = add_fields(path, "customers", [NAME])

        for file in (path, undo):
            found = file.stat()
            assert (stat.S_IMODE(found.st_mode), found.st_uid) == (mode, os.geteuid())

    @pytest.mark.parametrize("place", ["elsewhere/ccsync.toml", "ccsync.toml"])
    def test_a_link_stays_a_link(self, place: str, write: Callable[[str], Path], tmp_path: Path) -> None:
        file = write(TOP)
        link = tmp_path / place
        link.parent.mkdir(exist_ok=True)
        link.symlink_to(file)

        undo = add_fields(link, "customers", [NAME])

        assert link.is_symlink()
        assert rights(file) == ["full_name"]
        assert undo == file.with_name("config.toml.undo")

    def test_a_link_in_the_place_of_the_draft_is_not_followed(
        self, write: Callable[[str], Path], tmp_path: Path
    ) -> None:
        path = write(TOP)
        other = tmp_path / "other"
        other.write_text("precious")
        (tmp_path / "config.toml.draft").symlink_to(other)
        (tmp_path / "config.toml.undo").symlink_to(other)

        add_fields(path, "customers", [NAME])

        assert other.read_text() == "precious"
        assert not (tmp_path / "config.toml.undo").is_symlink()

    def test_an_edit_by_another_hand_meanwhile_is_not_lost(
        self, write: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = write(TOP)

        def meanwhile(*_: object) -> None:
            path.write_text(TOP + "# mine\n")

        monkeypatch.setattr("ccsync.config.edit._check", meanwhile)
        with pytest.raises(LocalError, match="was changed meanwhile"):
            add_fields(path, "customers", [NAME])

        assert path.read_text() == TOP + "# mine\n"

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
    def test_a_folder_that_may_not_be_written_is_told(self, write: Callable[[str], Path]) -> None:
        path = write(TOP)
        path.parent.chmod(0o500)
        try:
            with pytest.raises(LocalError, match="cannot be changed"):
                add_fields(path, "customers", [NAME])
        finally:
            path.parent.chmod(0o700)


class TestSeveralHands:
    def test_of_many_edits_at_once_none_is_lost(self, write: Callable[[str], Path]) -> None:
        path = write(TOP)
        rights = [f"custom.N{number}" for number in range(8)]
        with ThreadPoolExecutor(len(rights)) as hands:
            for done in [
                hands.submit(add_fields, path, "customers", [{"membrain": "contact.Name", "constant_contact": right}])
                for right in rights
            ]:
                done.result()
        assert {field.constant_contact for field in load(path).sync[0].field} == set(rights)

    def test_a_file_of_somebody_else_s_beside_it_is_not_touched(self, write: Callable[[str], Path]) -> None:
        path = write(TOP)
        notes = path.with_name("config.toml.draft")
        notes.write_text("my notes")
        add_fields(path, "customers", [NAME])
        assert notes.read_text() == "my notes"
        assert sorted(one.name for one in path.parent.iterdir()) == [path.name, notes.name, "config.toml.undo"]

    def test_a_sync_is_known_by_its_name_wherever_it_has_moved(self, write: Callable[[str], Path]) -> None:
        path = write(TOP)
        moved = TOP.replace(
            "[[sync]]", '[[sync]]\nname = "a"\ndirection = "membrain-to-constant-contact"\nlist = "A"\n\n[[sync]]'
        )
        path.write_text(moved)
        add_fields(path, "customers", [NAME])
        assert [len(sync.field) for sync in load(path).sync] == [0, 1]

    def test_one_that_is_gone_is_told(self, write: Callable[[str], Path]) -> None:
        path = write(TOP)
        with pytest.raises(UsageError, match="changed meanwhile"):
            add_fields(path, "friends", [NAME])
        with pytest.raises(UsageError, match="changed meanwhile"):
            remove_field(path, "customers", "job_title")
        assert path.read_text() == TOP
