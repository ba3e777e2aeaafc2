"""Masking: nobody can be recognised, everybody can be told apart, and support can still read what happened."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ccsync.logs.mask import Masker

NAMES = ("customers", "Customers", "VIP friends", "contact.Name", "contact.custom.E-mail consent", "custom.Owner")


@pytest.fixture(scope="module")
def masker() -> Masker:
    return Masker(b"k" * 32, NAMES)


def a_line(**more: Any) -> dict[str, Any]:
    fixed = {"time": "2026-11-23T12:00:00.000Z", "level": "info", "run": "20261123T120000Z-4f2a", "account": "acme"}
    return {**fixed, "event": "record.updated", "message": "", **more}


class TestAValue:
    def test_has_the_same_mark_wherever_it_stands_and_however_it_is_spelt(self, masker: Masker) -> None:
        assert masker.value("Ann@Example.com") == masker.value(" ann@example.com ")
        assert masker.value("Ann Berg") in masker.text("Ann Berg, created earlier, takes part for this address")

    @pytest.mark.parametrize("text", ["email=%s", "/contacts/%s", "mailto:%s", "<%s>", '"%s"', "'%s',", "%s."])
    def test_has_its_own_mark_whatever_stands_beside_it(self, masker: Masker, text: str) -> None:
        assert f"person-{masker.value('bo@example.com')[7:]}" in masker.text(text % "bo@example.com")

    def test_has_another_mark_than_another_value(self, masker: Masker) -> None:
        assert masker.value("ann@example.com") != masker.value("bo@example.com")

    def test_has_another_mark_under_another_key(self, masker: Masker) -> None:
        assert Masker(b"x" * 32).value("ann@example.com") != masker.value("ann@example.com")

    def test_an_address_is_a_person_and_anything_else_a_value(self, masker: Masker) -> None:
        assert masker.value("ann@example.com").startswith("person-")
        assert masker.value("Ann Berg").startswith("value-")

    @pytest.mark.parametrize("kept", ["", "  ", "unsubscribed", "0026ae8b-b286-4e2f-b442-0d35a565b245"])
    def test_nothing_and_consent_and_ids_stay(self, masker: Masker, kept: str) -> None:
        assert masker.value(kept) == kept


class TestALine:
    def test_keeps_its_keys_their_order_and_what_is_about_nobody(self, masker: Masker) -> None:
        line = a_line(
            message="Constant Contact: GET /v3/contacts/0026ae8b-b286-4e2f-b442-0d35a565b245: 200",
            event="http.request",
            service="constant-contact",
            method="GET",
            path="/v3/contacts/0026ae8b-b286-4e2f-b442-0d35a565b245",
            status=200,
            dry_run=False,
            sync=None,
        )
        assert masker.line(line) == line
        assert list(masker.line(line)) == list(line)

    def test_old_and_new_values_are_masked_with_their_field_and_rule_kept(self, masker: Masker) -> None:
        change = {"sync": "customers", "membrain": "contact.Name", "field": "full_name", "rule": "source-changed"}
        line = a_line(contact="ann@example.com", changes=[{**change, "old": "Ann Berg", "new": ""}])
        (masked,) = masker.line(line)["changes"]
        assert masked == {**change, "old": masker.value("Ann Berg"), "new": ""}

    @pytest.mark.parametrize("key", ["contact", "company", "winner", "loser", "example", "phone", "old_email", "owner"])
    def test_every_key_that_holds_what_somebody_is_called_is_masked(self, masker: Masker, key: str) -> None:
        assert masker.line(a_line(**{key: "report"}))[key] == masker.value("report")

    def test_a_number_among_the_values_is_masked(self, masker: Masker) -> None:
        assert masker.line(a_line(new=46701234567))["new"] == masker.value("46701234567")

    def test_a_key_that_nobody_thought_of_is_masked_all_the_same(self, masker: Masker) -> None:
        masked = json.dumps(masker.line(a_line(nickname="Annie", deeper={"Ann Berg": ["Storgatan 12"]})))
        assert not [word for word in ("Annie", "Ann", "Berg", "Storgatan") if word in masked]

    def test_whatever_stands_in_a_value_is_masked_however_deep(self, masker: Masker) -> None:
        line = a_line(message="list refused", changes=[{"field": "custom.Owner", "old": [{"value": {"id": "list"}}]}])
        assert masker.line(line)["message"] == f"{masker.value('list')} refused"
        assert masker.line(line)["changes"][0]["old"] == [{"value": {"id": masker.value("list")}}]

    @pytest.mark.parametrize("odd", [{"a": 1}, ["b"], None, 5])
    def test_a_line_of_another_shape_is_masked_too(self, masker: Masker, odd: object) -> None:
        line = {"event": odd, "message": ["Ann Berg", {"Ann": odd}], "time": odd, "changes": odd}
        assert "Ann" not in json.dumps(masker.line(line))

    def test_an_id_that_is_none_is_masked(self, masker: Masker) -> None:
        masked = masker.line(a_line(membrain_id="ann@example.com", contact_id="c-17"))
        assert masked["membrain_id"] == masker.value("ann@example.com")
        assert masked["contact_id"] == "c-17"

    def test_moments_of_a_timestamp_that_moved_stay(self, masker: Masker) -> None:
        line = a_line(
            event="timestamp.moved",
            message="membrain.contacts: read up to 2026-11-23 12:00:00 UTC",
            stream="membrain.contacts",
            old=None,
            new="2026-11-23T12:00:00+00:00",
        )
        assert masker.line(line) == line

    def test_its_message_says_the_same_as_its_values(self, masker: Masker) -> None:
        line = a_line(
            message="ann@example.com: company_name was 'Fjord (old) AB', Membrain's 'will update' wins",
            contact="ann@example.com",
            field="company_name",
            loser="Fjord (old) AB",
            winner="will update",
        )
        ann, old, new = (masker.value(line[key]) for key in ("contact", "loser", "winner"))
        assert masker.line(line)["message"] == f"{ann}: company_name was '{old}', Membrain's '{new}' wins"

    def test_a_value_of_harmless_words_is_masked_in_the_message_too(self, masker: Masker) -> None:
        line = a_line(message="updated list of contacts refused", company="list of contacts")
        assert masker.line(line)["message"] == f"updated {masker.value('list of contacts')} refused"

    def test_a_list_that_the_configuration_no_longer_names_stays(self, masker: Masker) -> None:
        line = a_line(message="ann@example.com: on Gamla Kunder", contact="ann@example.com", lists=["Gamla Kunder"])
        assert masker.line(line)["message"] == f"{masker.value('ann@example.com')}: on Gamla Kunder"

    def test_a_large_count_stays_where_the_line_has_it_as_a_number(self, masker: Masker) -> None:
        line = a_line(message="membrain.contacts: read whole, 431234 rows", stream="membrain.contacts", rows=431234)
        assert masker.line(line)["message"] == line["message"]


class TestFreeText:
    @pytest.mark.parametrize(
        ("text", "canaries"),
        [
            ("Ann Berg, created earlier, takes part for this address", ["Ann", "Berg"]),
            ("company \"Åke & Söner 'Bygg'\": refused", ["Åke", "Söner", "Bygg"]),
            ("O'Malley's <Fish> AS was refused", ["Malley", "Fish"]),
            ("the value 'Mark Page' is too long", ["Mark", "Page"]),
            ('"list of names" is not a number', ["list of names"]),
            ("call +46 (0)70-123 45 67, or 0701234567", ["123", "45 67", "0701234567"]),
            ("ring ann.berg@example.com. Or jan.falk@exämple.example", ["ann", "falk", "ämple"]),
            ("o'malley@example.com refused", ["malley", "example"]),
            ("GET /v3/contacts/ann%40example.com", ["ann"]),
            ("株式会社サンプル is not valid", ["株", "サンプル"]),
            ("11534 Stockholmsvägen", ["11534", "vägen"]),
            ("A\u030angstro\u0308m refused", ["ngstro"]),
            ("reads /home/annberg/ccsync/config.toml", ["annberg"]),
            ("\ue0000\ue001 Ann", ["Ann", "\ue000"]),
            ("unbalanced \"Ann and 'Berg", ["Ann", "Berg"]),
            ("J. Berg", ["J.", "Berg"]),
            ("customers@acme.example or customers-ann@acme.example", ["customers", "-ann", "acme"]),
            (r'{"name": "Ann \\"rich\\" May"}', ["rich", "May"]),
            ("mark, max or rich was refused", ["mark", "max", "rich"]),
            ("reads /home/will/ccsync/config.toml and /Users/page/x", ["will", "page"]),
            ("12 34 56, 08 1234, 114 55 or 1/2/1980", ["12", "08", "114", "1980"]),
            ("born 1980-02-01T00:00:00", ["1980", "02"]),
        ],
    )
    def test_nobody_is_left_in_it(self, masker: Masker, text: str, canaries: list[str]) -> None:
        masked = masker.text(text)
        assert not [canary for canary in canaries if canary in masked], masked

    @pytest.mark.parametrize(
        "text",
        [
            "run finished: success",
            "running",
            "stopped",
            "scheduled",
            "off",
            "timestamp set: 7 streams to 2026-11-21 02:59:57 UTC",
            "no address to write to: 107 characters, 80 fit",
            "import: 106 people, activity dcc9dcfe-e7a6-11f1-9c8a-fa163e5a0d0c",
            "changed in Constant Contact; kept until Membrain's value changes",
            "membrain.contacts: read up to 2026-11-24 01:32:06 UTC",
            'sync "customers": the list "VIP friends" was deleted',
            "contact.custom.E-mail consent is 'implicit'",
            "last name: 60 characters, 50 fit",
            "Membrain: PUT /API/v2/contacts/0026ae8b-b286-4e2f-b442-0d35a565b245: 503",
            "The value is invalid: maximum length exceeded",
            "The part after the @-sign is not valid. It should have a period.",
            "http://127.0.0.1:8701/API/v2/: no answer within 10 s",
            "read up to 2015-03-01T00:00:00Z",
        ],
    )
    def test_what_support_needs_is_left(self, masker: Masker, text: str) -> None:
        assert masker.text(text) == text


class TestATraceback:
    TEXT = (
        "Traceback (most recent call last):\n"
        '  File "/home/annberg/venv/lib/python3.11/site-packages/ccsync/engine/run.py", line 90, in execute\n'
        "    self._pass()\n"
        "    ^^^^^^^^^^^^\n"
        "KeyError: 'Ann Berg'\n"
        "\nDuring handling of the above exception, another exception occurred:\n\n"
        "ValueError: Ann Berg\n  [type=string, input_value='ann@example.com']"
    )

    def test_keeps_where_it_was_and_masks_what_was_said(self, masker: Masker) -> None:
        masked = masker.line(a_line(traceback=self.TEXT))["traceback"]
        assert 'File "site-packages/ccsync/engine/run.py", line 90, in execute\n    self._pass()\n    ^' in masked
        assert f"KeyError: '{masker.value('Ann Berg')}'\n" in masked
        assert f"ValueError: {masker.value('Ann Berg')}\n" in masked
        assert not [canary for canary in ("annberg", "Ann", "ann@") if canary in masked]
