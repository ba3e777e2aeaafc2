"""Durations, sizes, addresses, names: what is taken, and what is said of the rest."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pydantic_core import PydanticCustomError

from ccsync.config.sides import CATALOGUE, check_left, check_right
from ccsync.config.values import (
    check_folder_url,
    check_instance,
    check_path,
    check_url,
    check_zone,
    format_duration,
    format_size,
    parse_duration,
    parse_size,
)

if TYPE_CHECKING:
    from collections.abc import Callable


def refusal(check: Callable[[Any], object], value: object) -> tuple[str, str]:
    with pytest.raises(PydanticCustomError) as caught:
        check(value)
    context = caught.value.context or {}
    return context["message"], context["hint"]


class TestDurations:
    @pytest.mark.parametrize(
        ("text", "duration", "written"),
        [
            ("1s", timedelta(seconds=1), "1s"),
            ("90s", timedelta(seconds=90), "90s"),
            ("3m", timedelta(minutes=3), "3m"),
            ("60m", timedelta(hours=1), "1h"),
            ("24h", timedelta(days=1), "24h"),
            ("90d", timedelta(days=90), "90d"),
            ("0s", timedelta(0), "0s"),
        ],
    )
    def test_are_a_number_and_a_unit(self, text: str, duration: timedelta, written: str) -> None:
        assert parse_duration(text) == duration
        assert format_duration(duration) == written

    @pytest.mark.parametrize("value", ["", "3", "m", "3 m", "-3m", "1.5h", "3min", "3m\n", "\uff13m", 3, True, None])
    def test_are_nothing_else(self, value: object) -> None:
        assert refusal(parse_duration, value)[0] == "is not a duration"

    def test_have_an_end(self) -> None:
        assert parse_duration("3650d") == timedelta(days=3650)
        assert refusal(parse_duration, "3651d")[0] == "is longer than ten years"


class TestSizes:
    @pytest.mark.parametrize(
        ("text", "size", "written"),
        [
            ("1B", 1, "1B"),
            ("10KB", 10_000, "10KB"),
            ("500MB", 500_000_000, "500MB"),
            ("1GB", 10**9, "1GB"),
            ("1gb", 10**9, "1GB"),
            ("1KiB", 1024, "1024B"),
            ("2TB", 2 * 10**12, "2TB"),
            ("0B", 0, "0B"),
        ],
    )
    def test_are_a_number_and_a_unit(self, text: str, size: int, written: str) -> None:
        assert parse_size(text) == size
        assert format_size(size) == written

    @pytest.mark.parametrize("value", ["", "1", "1 GB", "-1GB", "1.5GB", "1G", "1GB\n", 5, True])
    def test_are_nothing_else(self, value: object) -> None:
        assert refusal(parse_size, value)[0] == "is not a size"


class TestAddresses:
    @pytest.mark.parametrize(
        "url",
        [
            "https://api.cc.email/v3",
            "https://api.example.com:8443/v3",
            "http://127.0.0.1:8701/v3",
            "http://127.8.8.8/v3",
            "http://localhost:8701/v3",
            "http://[::1]:8701/v3",
        ],
    )
    def test_https_goes_anywhere_and_http_to_this_machine(self, url: str) -> None:
        assert check_url(url) == url

    @pytest.mark.parametrize(
        "url",
        [
            "http://api.example.com/v3",
            "http://127.0.0.1.example.com/",
            "http://localhost.example.com/",
            "http://0.0.0.0/",
            "http://[::ffff:10.0.0.1]/",
            "http://2130706433/",
        ],
    )
    def test_plain_http_leaves_the_machine_under_no_disguise(self, url: str) -> None:
        assert "plain http" in refusal(check_url, url)[0]

    @pytest.mark.parametrize("url", ["https://ann:secret@api.example.com/", "http://127.0.0.1@example.com/"])
    def test_no_login_in_an_address(self, url: str) -> None:
        message, hint = refusal(check_url, url)
        assert "has a login in it" in message
        assert "ccsync auth login" in hint

    @pytest.mark.parametrize("url", ["https://api.example.com/?APIKey=1", "https://api.example.com/#top"])
    def test_no_query_in_an_address(self, url: str) -> None:
        assert "query or a fragment" in refusal(check_url, url)[0]

    @pytest.mark.parametrize(
        "url",
        [
            "",
            "api.example.com",
            "ftp://api.example.com/",
            "file:///etc/passwd",
            "https://",
            "https://api.example.com:port/",
            "https://api.example.com:99999/",
            "https://api example.com/",
            "https://127.0.0.1\\.example.com/",
            "https://api.example.com/\n",
            "https://[::1/",
        ],
    )
    def test_everything_else_is_no_address(self, url: str) -> None:
        assert refusal(check_url, url)[0] == "is not a web address"

    def test_a_slash_at_the_end_makes_no_difference(self) -> None:
        assert check_url("https://api.example.com/v3/") == "https://api.example.com/v3"
        assert check_folder_url("https://a.example.com/API/v2") == "https://a.example.com/API/v2/"
        assert check_folder_url("https://a.example.com/API/v2/") == "https://a.example.com/API/v2/"


class TestInstances:
    @pytest.mark.parametrize(
        ("name", "kept"), [("acme", "acme"), ("ACME-2", "acme-2"), ("a", "a"), ("a" * 63, "a" * 63)]
    )
    def test_are_one_word(self, name: str, kept: str) -> None:
        assert check_instance(name) == kept

    @pytest.mark.parametrize(
        "name",
        [
            "",
            "-acme",
            "acme-",
            "a" * 64,
            "acme.example.com",
            "example.com/?x=",
            "example.com#",
            "ann@example.com",
            "acme:8080",
            "acme\n",
            "acme/",
            "ac me",
            "åcme",
        ],
    )
    def test_that_smuggle_another_host_in_are_refused(self, name: str) -> None:
        assert refusal(check_instance, name)[1] == 'for example "acme"'

    @pytest.mark.parametrize("name", ["acme.membrain.com", "https://acme.membrain.com/API/v2/"])
    def test_written_as_a_whole_address_are_shortened_in_the_hint(self, name: str) -> None:
        assert refusal(check_instance, name)[1] == 'did you mean "acme"?'


class TestZonesAndPaths:
    @pytest.mark.parametrize("zone", ["UTC", "Europe/Stockholm"])
    def test_a_zone_is_a_name_of_the_database(self, zone: str) -> None:
        assert check_zone(zone) == zone

    @pytest.mark.parametrize(
        ("zone", "hint"),
        [
            ("Europe/Stokholm", 'did you mean "Europe/Stockholm"?'),
            ("+01:00", 'for example "UTC" or "Europe/Stockholm"'),
            ("../../etc/passwd", 'for example "UTC" or "Europe/Stockholm"'),
            ("", 'for example "UTC" or "Europe/Stockholm"'),
        ],
    )
    def test_a_wrong_zone_says_what_was_meant(self, zone: str, hint: str) -> None:
        assert refusal(check_zone, zone) == ("is not a time zone", hint)

    def test_a_path_is_whole_or_begins_at_home(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HOME", "/home/ann")

        assert check_path("/etc/ccsync/key") == Path("/etc/ccsync/key")
        assert check_path("~/key") == Path("/home/ann/key")

    @pytest.mark.parametrize(
        ("value", "message"),
        [
            ("key", "is a relative path, and a timer starts in another folder"),
            ("./key", "is a relative path, and a timer starts in another folder"),
            ("", "is not a path"),
            ("/etc/\x00", "is not a path"),
            (3, "is not a path"),
            ("~nobody-of-that-name/key", "has no home folder to begin with"),
        ],
    )
    def test_a_path_that_depends_on_where_one_stands_is_refused(self, value: object, message: str) -> None:
        assert refusal(check_path, value)[0] == message


class TestLeftSides:
    @pytest.mark.parametrize(
        "left",
        [
            "contact.Name",
            "company.CountryCode",
            "project.OwnerName",
            "contact.CustomField1f0c7a52-0000-4000-8000-000000000001",
            "contact.custom.Language",
            "company.custom.E-mail consent (§ 7).custom. ",
            "contact.custom.contact.Name",
        ],
    )
    def test_are_a_record_and_a_name_and_a_display_name_letter_for_letter(self, left: str) -> None:
        assert check_left(left) == left

    @pytest.mark.parametrize(
        ("left", "hint"),
        [
            ("Name", "for example"),
            ("contact", "for example"),
            ("contact.", "for example"),
            ("contact.custom", "for example"),
            ("contact.Company.Name", "for example"),
            ("contact.custom.", "its display name follows"),
            ("contact.custom. ", "its display name follows"),
            ("contacts.Name", 'did you mean "contact.Name"?'),
            ("Company.City", 'did you mean "company.City"?'),
            ("full_name", "this is a Constant Contact field"),
            ("custom.Owner", "this is a Constant Contact field"),
        ],
    )
    def test_that_are_none_say_what_is_meant(self, left: str, hint: str) -> None:
        assert hint in refusal(check_left, left)[1]


class TestRightSides:
    def test_are_the_catalogue(self) -> None:
        assert set(CATALOGUE) == {
            *("full_name", "first_name", "last_name", "job_title", "company_name", "birthday", "anniversary"),
            *(f"phone.{kind}" for kind in ("work", "home", "mobile", "other")),
            *(
                f"address.{kind}.{part}"
                for kind in ("work", "home", "other")
                for part in ("street", "city", "state", "postal_code", "country")
            ),
            *("permission_to_send", "opt_out_date", "opt_out_reason"),
        }
        assert all(check_right(right) == right for right in CATALOGUE)

    @pytest.mark.parametrize("right", ["custom.Owner", "custom.x", "custom." + "å" * 50, "custom.a.b c"])
    def test_or_a_label_of_1_to_50_characters(self, right: str) -> None:
        assert check_right(right) == right

    @pytest.mark.parametrize(
        ("right", "message", "hint"),
        [
            ("custom.", "needs a label without blanks around it", "custom.Owner"),
            ("custom. Owner", "needs a label without blanks around it", "custom.Owner"),
            ("custom." + "x" * 51, "has a label of 51 characters; Constant Contact takes 50", "shorter"),
            ("custom.a\tb", "has a character in its label that cannot be printed", "custom.Owner"),
            ("fullname", "is not a Constant Contact field", 'did you mean "full_name"?'),
            ("Job Title", "is not a Constant Contact field", 'did you mean "job_title"?'),
            ("address.work.contry", "is not a Constant Contact field", 'did you mean "address.work.country"?'),
            ("address.work.zip", "is not a Constant Contact field", "one of address.work.street, address.work.city"),
            ("phone.cell", "is not a Constant Contact field", "one of phone.work, phone.home"),
            ("phone", "is not a Constant Contact field", "phone.work, phone.home, phone.mobile, phone.other"),
            ("contact.Name", "is not a Constant Contact field", "it belongs to the key membrain"),
            ("Shoe size", "is not a Constant Contact field", 'a custom field is written "custom.Shoe size"'),
            ("", "is not a Constant Contact field", "for example"),
            ("email_address", "needs no field: the e-mail address always travels", "take this"),
            ("E-mail", "needs no field: the e-mail address always travels", "take this"),
        ],
    )
    def test_that_are_none_say_what_is_meant(self, right: str, message: str, hint: str) -> None:
        assert refusal(check_right, right)[0] == message
        assert hint in refusal(check_right, right)[1]
