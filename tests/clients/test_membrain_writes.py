"""Single records of Membrain: asked for, created, changed, in every shape that an answer may have."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import pytest

from ccsync.errors import AnswerLost, ConfigError, LoginNeeded, RecordRefused, TryLater, Unreachable
from ccsync.membrain import replies

if TYPE_CHECKING:
    from collections.abc import Callable

    from ccsync.membrain.client import MembrainClient

ANN = "0b6ae2d4-7a3f-4c55-9d6c-0b2a7b1c0001"
OTHER = "0b6ae2d4-7a3f-4c55-9d6c-0b2a7b1c0002"
ROW = {"Id": ANN.upper(), "Name": "Ann Berg", "CompanyId": OTHER}
VALUES = {"Name": "Ann Berg", "EmailAddress": "ann@example.com"}


def page(*rows: Any) -> dict[str, Any]:
    return {"count": str(len(rows)), "from": "0", "to": str(len(rows)), "items": list(rows)}


class TestAskingForOneRecord:
    @pytest.mark.parametrize(
        "body", [ROW, page(ROW), {"contact": ROW}, {"data": ROW, "status": "ok"}, [ROW], page({"Id": OTHER}, ROW)]
    )
    def test_it_is_found_bare_in_a_page_or_in_a_wrapper(
        self, body: Any, service: Any, membrain: MembrainClient
    ) -> None:
        service.answer = lambda _: (200, body)
        assert membrain.record("contacts", ANN) == ROW
        assert [(seen.method, seen.path) for seen in service.seen] == [("GET", f"/API/v2/contacts/{ANN}")]

    def test_a_deleted_one_comes_as_it_is(self, service: Any, membrain: MembrainClient) -> None:
        service.answer = lambda _: (200, ROW | {"Deleted": "True"})
        assert membrain.record("contacts", ANN) == ROW | {"Deleted": "True"}

    @pytest.mark.parametrize(
        "answer",
        [
            (404, None),
            (404, {"error": "Not found"}),
            (404, "<html>404</html>"),
            (410, None),
            (200, {"error": "Contact not found"}),
            (200, {"Message": "There is no such contact"}),
            (400, {"error": "The record does not exist"}),
            (200, page()),
        ],
        ids=str,
    )
    def test_one_that_does_not_exist_is_nothing(self, answer: Any, service: Any, membrain: MembrainClient) -> None:
        service.answer = lambda _: answer
        assert membrain.record("contacts", ANN) is None

    @pytest.mark.parametrize(
        ("answer", "error"),
        [
            ((200, {"error": "Instance not found"}), ConfigError),
            ((404, {"error": "Instance not found"}), ConfigError),
            ((404, "<html>Instance not found</html>"), ConfigError),
            ((200, {"error": "API key not found"}), LoginNeeded),
            ((401, {"error": "User not found"}), LoginNeeded),
            ((403, None), LoginNeeded),
            ((429, {"error": "not found"}), TryLater),
            ((500, {"error": "Server not found"}), Unreachable),
            ((405, None), Unreachable),
            ((200, None), Unreachable),
            ((200, {}), Unreachable),
            ((200, []), Unreachable),
            ((200, {"items": None}), Unreachable),
            ((200, {"items": []}), Unreachable),
            ((200, page({"Id": OTHER})), Unreachable),
            ((200, {"Id": OTHER, "Name": "Not found AB"}), Unreachable),
            ((200, f'"{ANN}"'), Unreachable),
            ((200, "<html>maintenance, page not found</html>"), Unreachable),
            ((200, '{"Id": "'), Unreachable),
        ],
        ids=str,
    )
    def test_any_other_answer_is_never_taken_for_no_such_record(
        self, answer: Any, error: type[Exception], service: Any, membrain: MembrainClient
    ) -> None:
        service.answer = lambda _: answer
        with pytest.raises(error):
            membrain.record("contacts", ANN)

    def test_a_person_called_not_found_is_found(self, service: Any, membrain: MembrainClient) -> None:
        row = ROW | {"Name": "Not found", "Message": "no such person"}
        service.answer = lambda _: (200, row)
        assert membrain.record("contacts", ANN) == row

    def test_an_id_stays_one_part_of_the_address(self, service: Any, membrain: MembrainClient) -> None:
        service.answer = lambda _: (404, None)
        membrain.record("contacts", "../users?x=1")
        assert service.seen[0].path == "/API/v2/contacts/..%2Fusers%3Fx%3D1"


class TestCreating:
    @pytest.mark.parametrize(
        "body",
        [
            ROW,
            {"Id": ANN},
            {"id": ANN.upper()},
            {"Id": f"{{{ANN}}}", "Message": "Created"},
            {"Id": ANN, "error": None},
            f'"{ANN}"',
            ANN,
            {"contact": ROW},
            page(ROW),
            [ROW],
        ],
        ids=str,
    )
    def test_the_new_id_is_read_from_every_shape(self, body: Any, service: Any, membrain: MembrainClient) -> None:
        service.answer = lambda _: (200, body)
        assert membrain.create("contacts", VALUES) == ANN

    @pytest.mark.parametrize("answer", [(200, None), (201, None), (204, None), (200, "null"), (200, {}), (200, '""')])
    def test_an_empty_answer_tells_no_id(self, answer: Any, service: Any, membrain: MembrainClient) -> None:
        service.answer = lambda _: answer
        assert membrain.create("contacts", VALUES) is None

    def test_values_travel_as_json_to_the_list(self, service: Any, membrain: MembrainClient) -> None:
        service.answer = lambda _: (200, {"Id": ANN})
        membrain.create(
            "contacts", VALUES | {"Name": "Åsa \ud83d", "Tags": ["a"], "Size": 5, "Vip": True, "Phone": None}
        )
        (seen,) = service.seen
        assert (seen.method, seen.path) == ("POST", "/API/v2/contacts/")
        assert seen.json == VALUES | {"Name": "Åsa \ud83d", "Tags": ["a"], "Size": 5, "Vip": True, "Phone": None}
        headers = {name.casefold(): value for name, value in seen.headers.items()}
        assert (headers["content-type"], headers["apikey"]) == ("application/json", "k3y-of-acme")

    @pytest.mark.parametrize(
        "answer",
        [
            None,
            (500, None),
            (503, {"error": "busy"}),
            (408, None),
            (200, "<html>maintenance</html>"),
            (200, '{"Id": "0b6a'),
            (200, {"odd": 1}),
            (200, {"items": [{"Id": ANN}, {"Id": OTHER}]}),
            (200, 7),
        ],
        ids=str,
    )
    def test_without_a_usable_answer_nobody_knows_and_it_is_not_sent_again(
        self, answer: Any, service: Any, membrain: MembrainClient
    ) -> None:
        service.answer = lambda _: answer
        with pytest.raises(AnswerLost):
            membrain.create("contacts", VALUES)
        assert len(service.seen) == 1

    @pytest.mark.parametrize(
        "answer",
        [(429, None), (200, {"error": "Rate limit exceeded"}), (400, {"Message": "Too many requests"})],
        ids=str,
    )
    def test_a_limit_of_requests_is_waited_for(
        self, answer: Any, service: Any, membrain: MembrainClient, clock: Any
    ) -> None:
        service.answer = lambda _: answer if len(service.seen) < 3 else (200, ROW)
        assert membrain.create("contacts", VALUES) == ANN
        assert sum(clock.slept) >= 10
        service.answer = lambda _: answer
        with pytest.raises(TryLater):
            membrain.create("contacts", VALUES)

    @pytest.mark.parametrize(
        "answer",
        [
            (401, None),
            (403, {"error": "Forbidden"}),
            (200, {"error": "Invalid API key"}),
            (200, {"error": "Unauthorized"}),
            (400, {"error": "Invalid key"}),
        ],
        ids=str,
    )
    def test_a_wrong_key_is_a_login_that_is_needed(self, answer: Any, service: Any, membrain: MembrainClient) -> None:
        service.answer = lambda _: answer
        with pytest.raises(LoginNeeded):
            membrain.create("contacts", VALUES)

    @pytest.mark.parametrize("status", [200, 404])
    def test_a_wrong_instance_is_a_matter_of_configuration(
        self, status: int, service: Any, membrain: MembrainClient
    ) -> None:
        service.answer = lambda _: (status, {"error": "Instance not found"})
        with pytest.raises(ConfigError):
            membrain.create("contacts", VALUES)

    def test_a_redirect_is_not_followed(self, service: Any, membrain: MembrainClient) -> None:
        service.answer = lambda _: (302, None)
        with pytest.raises(Unreachable, match="redirect"):
            membrain.create("contacts", VALUES)
        assert len(service.seen) == 1


class TestRefusals:
    @pytest.mark.parametrize(
        ("answer", "words"),
        [
            ((200, {"error": "Mandatory: Website"}), "Mandatory: Website"),
            ((200, {"error": "Mandatory: Website", "Id": ANN}), "Mandatory: Website"),
            ((400, {"error": "Mandatory: Website"}), "Mandatory: Website"),
            ((200, {"Message": "Website is required"}), "Website is required"),
            ((200, {"errors": [{"message": "A is missing"}, "B is missing"]}), "A is missing; B is missing"),
            ((400, {"Message": "Invalid", "ModelState": {"contact.Name": ["Too long"]}}), "Invalid; Too long"),
            ((200, '"Website is required"'), "Website is required"),
            ((422, "Website is required"), "Website is required"),
            ((404, {"error": "Company not found: Corporate Ltd"}), "Company not found: Corporate Ltd"),
            ((200, {"error": "No permission to edit E-mail consent"}), "No permission to edit E-mail consent"),
            ((200, {"error": "Name is longer than the limit of 100"}), "the limit of 100"),
            ((200, {"error": "API key of the shop: too long"}), "API key of the shop"),
            ((200, {"error": "Sales quota is no number"}), "Sales quota"),
            ((200, {"error": {"code": 7}}), "7"),
            ((409, None), "no reason given"),
        ],
        ids=str,
    )
    def test_a_record_that_is_not_taken_is_refused_in_membrains_own_words(
        self, answer: Any, words: str, service: Any, membrain: MembrainClient
    ) -> None:
        service.answer = lambda _: answer
        writes: list[Callable[[], object]] = [
            partial(membrain.create, "contacts", VALUES),
            partial(membrain.update, "contacts", ANN, VALUES),
        ]
        for write in writes:
            with pytest.raises(RecordRefused) as caught:
                write()
            assert words in caught.value.message
            assert caught.value.status == answer[0]
        assert [seen.method for seen in service.seen] == ["POST", "PUT"]

    def test_its_words_are_short_clean_and_without_the_key(self, service: Any, membrain: MembrainClient) -> None:
        told = "\u001b[2J" + "x" * 190 + " k3y-of-acme " + "y" * 500
        for answer in ((200, {"error": told}), (400, told)):
            service.answer = lambda _, answer=answer: answer
            with pytest.raises(RecordRefused) as caught:
                membrain.create("contacts", VALUES)
            assert len(caught.value.message) < 300
            assert caught.value.message.isprintable()
            assert "k3y" not in caught.value.message


class TestChanging:
    @pytest.mark.parametrize("answer", [(200, ROW), (200, {"Id": ANN}), (200, f'"{ANN}"'), (200, None), (204, None)])
    def test_every_answer_without_a_complaint_is_a_yes(
        self, answer: Any, service: Any, membrain: MembrainClient
    ) -> None:
        service.answer = lambda _: answer
        membrain.update("contacts", ANN, {"Phone": "1"})
        (seen,) = service.seen
        assert (seen.method, seen.path, seen.json) == ("PUT", f"/API/v2/contacts/{ANN}", {"Phone": "1"})

    def test_a_lost_answer_is_asked_for_again_because_a_change_may_be_repeated(
        self, service: Any, membrain: MembrainClient
    ) -> None:
        service.answer = lambda _: None if len(service.seen) == 1 else (200, ROW)
        membrain.update("contacts", ANN, {"Phone": "1"})
        assert len(service.seen) == 2

    @pytest.mark.parametrize("answer", [None, (500, None), (200, "<html>maintenance</html>")], ids=str)
    def test_in_the_end_nobody_knows(self, answer: Any, service: Any, membrain: MembrainClient) -> None:
        service.answer = lambda _: answer
        with pytest.raises(AnswerLost):
            membrain.update("contacts", ANN, {"Phone": "1"})


class TestTheWayOfSending:
    """JSON to the record's own address, until Membrain says that it does not take that."""

    def test_a_form_is_sent_when_the_body_cannot_be_read_and_stays_the_way(
        self, service: Any, membrain: MembrainClient
    ) -> None:
        def answer(request: Any) -> Any:
            form = request.headers["Content-Type"] == "application/x-www-form-urlencoded"
            return (200, {"Id": ANN}) if form else (415, None)

        service.answer = answer
        values = {"Name": "Åsa & Bo", "Tags": ["a", "b"], "None": None, "Vip": True, "Kind": {"Id": "7"}, "No": []}
        assert membrain.create("contacts", values) == ANN
        membrain.update("contacts", ANN, {"Phone": "1"})
        assert [seen.method for seen in service.seen] == ["POST", "POST", "PUT"]
        sent = parse_qs(service.seen[1].raw.decode(), keep_blank_values=True)
        assert sent == {
            "Name": ["Åsa & Bo"],
            "Tags": ["a", "b"],
            "None": [""],
            "Vip": ["true"],
            "Kind": ["7"],
            "No": [""],
        }

    def test_the_id_goes_into_the_body_when_the_record_takes_no_put(
        self, service: Any, membrain: MembrainClient
    ) -> None:
        service.answer = lambda request: (405, None) if request.path.endswith(ANN) else (200, None)
        membrain.update("contacts", ANN, {"Phone": "1"})
        membrain.update("contacts", ANN, {"Phone": "2"})
        assert [seen.path.removeprefix("/API/v2") for seen in service.seen] == [
            f"/contacts/{ANN}",
            "/contacts/",
            "/contacts/",
        ]
        assert service.seen[2].json == {"Id": ANN, "Phone": "2"}

    @pytest.mark.parametrize("answer", [(415, None), (200, {"error": "The body is not valid"})], ids=str)
    def test_a_membrain_that_reads_no_way_is_told_of_by_its_first_words(
        self, answer: Any, service: Any, membrain: MembrainClient
    ) -> None:
        service.answer = lambda _: answer if len(service.seen) == 1 else (415, "second")
        with pytest.raises(RecordRefused) as caught:
            membrain.create("contacts", VALUES)
        assert len(service.seen) == 2
        assert (caught.value.key, "second" in caught.value.message) == (replies.BODY, False)

    def test_a_way_that_did_not_help_is_not_kept(self, service: Any, membrain: MembrainClient) -> None:
        service.answer = lambda _: (415, None)
        for _ in range(2):
            with pytest.raises(RecordRefused):
                membrain.create("contacts", VALUES)
        types = [seen.headers["Content-Type"].rpartition("/")[2] for seen in service.seen]
        assert types == ["json", "x-www-form-urlencoded"] * 2

    def test_a_refused_record_is_sent_in_one_way_only(self, service: Any, membrain: MembrainClient) -> None:
        service.answer = lambda _: (400, {"error": "Mandatory: Website"})
        with pytest.raises(RecordRefused):
            membrain.create("contacts", VALUES)
        assert len(service.seen) == 1
