"""The configuration in an export: what it is called stays, what it compares and writes does not."""

from __future__ import annotations

import pytest

from ccsync.logs.mask import Masker
from ccsync.logs.mask_config import masked, shown

MASKER = Masker(b"k" * 32, ("customers",))


def value(key: str, what: object, origin: str = "file") -> object:
    return masked({"key": key, "value": what, "origin": origin, "line": 3}, MASKER)["value"]


def test_a_filter_keeps_its_fields_and_short_codes_and_masks_the_rest() -> None:
    written = (
        'company.CountryCode in ["SE", "NO"] && contact.custom["Newsletter"] == "Yes" && contact.Name != "Ann Berg"'
    )
    assert value("sync[0].filter", written) == written.replace("Ann Berg", MASKER.value("Ann Berg"))


@pytest.mark.parametrize(
    "written",
    [
        "contact.Email == 'ann@example.com'",
        'contact.custom["A"] == "say \\"Ann\\""',
        'contact.Name == """Ann\n"Annie" Berg"""',
        "contact.Name == '''Ann\nO'Annie'''",
        'contact.Name == r"\\" || contact.Name == "Ann"',
    ],
)
def test_no_text_that_a_filter_compares_with_is_left(written: str) -> None:
    assert "nn" not in str(value("sync[0].filter", written))


def test_a_remark_in_a_filter_is_masked() -> None:
    written = 'contact.City == "NO" // as mark asked, "max" too\n&& company.Url != "NO"'
    assert not [name for name in ("mark", "max") if name in str(value("sync[0].filter", written))]
    assert str(value("sync[0].filter", written)).endswith('\n&& company.Url != "NO"')


def test_words_to_translate_and_defaults_are_masked() -> None:
    assert value("sync[0].field[1].values", {"Ja": "Yes"}) == {MASKER.value("Ja"): "Yes"}
    assert value("sync[0].field[1].default", "Ask Ann") == MASKER.value("Ask Ann")


def test_names_numbers_and_the_client_id_stay() -> None:
    kept = {"sync[0].name": "customers", "constant_contact.client_id": "app-1", "guard.max_removals": 20, "a": None}
    assert {key: value(key, what) for key, what in kept.items()} == kept


def test_an_address_that_is_a_key_is_cut_short_even_unmasked() -> None:
    setting = {"key": "notify.healthchecks_url", "value": "https://hc.example.com/ping/1234", "origin": "file"}
    assert shown(setting)["value"] == masked(setting, MASKER)["value"] == "https://hc.example.com/[hidden]"


def test_commands_and_paths_show_nobody() -> None:
    assert "ann" not in str(value("notify.on_failure", ["mail", "ann@example.com"]))
    assert "ann" not in str(value("credentials.key_file", "/home/ann/key"))
    assert "ann" not in str(value("CCSYNC_STATE_DIR", "/home/ann/state", origin="environment"))
    assert value("credentials.key_command", ["pass", "show", "ann"]) == [MASKER.text("pass"), "[hidden]"]
