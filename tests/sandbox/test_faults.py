"""Every fault over a real socket: what a client sees, and whether the request was carried out."""

from __future__ import annotations

import http.client
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
import requests
from werkzeug.wrappers import Request, Response

from ccsync.sandbox.faults import Fault, FaultGate, Faults

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIEnvironment

ROWS = {"count": "4", "items": [1, 2, 3, 4], "_links": {"next": {"href": "/v3/more"}}}


class Service:
    """Answers four rows and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.bodies: list[bytes] = []
        self.answer: Any = ROWS

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        self.asked.append(f"{request.method} {request.path}")
        self.bodies.append(request.get_data())
        return Response(json.dumps(self.answer), mimetype="application/json")(environ, start_response)


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
def faults(service: Service, host: Any) -> Faults:
    faults = Faults()
    host.app = FaultGate(service, faults, "constant-contact")
    return faults


def get(host: Any, path: str = "/v3/contacts", **options: Any) -> requests.Response:
    return requests.get(host.url + path, timeout=5, **options)


class TestRefusals:
    @pytest.mark.parametrize(
        ("kind", "answered"),
        [
            ("throttled", (429, "throttled")),
            ("quota_exceeded", (429, "quota_exceeded")),
            ("status_500", (500, "internal_server_error")),
            ("status_503", (503, "service_unavailable")),
            ("unauthorized", (401, "unauthorized")),
        ],
    )
    def test_a_refusal_has_the_services_shape_and_nothing_is_done(
        self, host: Any, faults: Faults, service: Service, kind: Any, answered: tuple[int, str]
    ) -> None:
        faults.add(Fault(kind))
        answer = get(host)
        assert (answer.status_code, answer.json()["error_key"]) == answered
        assert service.asked == []

    def test_membrain_refuses_in_its_own_words(self, host: Any, faults: Faults, service: Service) -> None:
        host.app = FaultGate(service, faults, "membrain")
        faults.add(Fault("throttled"))
        assert get(host).json() == {"error": "Too Many Requests"}

    def test_a_maintenance_page_is_html_with_status_200(self, host: Any, faults: Faults) -> None:
        faults.add(Fault("html"))
        answer = get(host)
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
        assert answer.text.startswith("<!DOCTYPE html>")


class TestBrokenConnections:
    def test_a_reset_before_leaves_the_request_undone(self, host: Any, faults: Faults, service: Service) -> None:
        faults.add(Fault("reset_before"))
        with pytest.raises(requests.ConnectionError, match="reset"):
            get(host)
        assert service.asked == []

    def test_a_reset_after_carries_the_request_out(self, host: Any, faults: Faults, service: Service) -> None:
        faults.add(Fault("reset_after"))
        with pytest.raises(requests.ConnectionError, match="reset"):
            requests.post(host.url + "/v3/contacts", data=b"x" * 100_000, timeout=5)
        assert service.asked == ["POST /v3/contacts"]
        assert service.bodies == [b"x" * 100_000]

    def test_a_truncated_answer_promises_more_bytes_than_come(self, host: Any, faults: Faults) -> None:
        faults.add(Fault("truncated"))
        connection = http.client.HTTPConnection(urlsplit(host.url).netloc, timeout=5)
        connection.request("GET", "/v3/contacts")
        answer = connection.getresponse()
        with pytest.raises(http.client.IncompleteRead) as caught:
            answer.read()
        connection.close()
        whole = json.dumps(ROWS).encode()
        assert answer.getheader("Content-Length") == str(len(whole))
        assert caught.value.partial == whole[: len(whole) // 2]

    def test_a_slow_answer_outlasts_the_clients_patience(self, host: Any, faults: Faults) -> None:
        faults.add(Fault("slow", seconds=30))
        with pytest.raises(requests.ReadTimeout):
            requests.get(host.url, timeout=0.05)
        faults.clear()

    def test_a_slow_answer_is_the_answer_all_the_same(self, host: Any, faults: Faults) -> None:
        faults.add(Fault("slow", seconds=0.01))
        assert get(host).json() == ROWS

    def test_the_next_request_is_answered_as_if_nothing_had_been(self, host: Any, faults: Faults) -> None:
        faults.add(Fault("reset_before"))
        with requests.Session() as session:
            with pytest.raises(requests.ConnectionError):
                session.get(host.url, timeout=5)
            assert session.get(host.url, timeout=5).json() == ROWS


class TestHalfPages:
    def test_half_of_the_rows_are_lost_while_count_and_links_stay(self, host: Any, faults: Faults) -> None:
        faults.add(Fault("half_page"))
        assert get(host).json() == {**ROWS, "items": [1, 2]}

    def test_a_bare_array_is_halved_too(self, host: Any, faults: Faults, service: Service) -> None:
        service.answer = ["a", "b", "c", "d"]
        faults.add(Fault("half_page"))
        assert get(host).json() == ["a", "b"]

    def test_an_answer_without_rows_stays_whole(self, host: Any, faults: Faults, service: Service) -> None:
        service.answer = {"contact_id": "c-1"}
        faults.add(Fault("half_page"))
        assert get(host).json() == service.answer


class TestLostRefresh:
    PATH = "/oauth2/default/v1/token"

    def test_a_refresh_is_carried_out_and_its_answer_lost(self, host: Any, faults: Faults, service: Service) -> None:
        faults.add(Fault("lost_refresh"))
        with pytest.raises(requests.ConnectionError):
            requests.post(host.url + self.PATH, data={"grant_type": "refresh_token"}, timeout=5)
        assert service.bodies == [b"grant_type=refresh_token"]

    def test_other_grants_get_their_answer(self, host: Any, faults: Faults, service: Service) -> None:
        faults.add(Fault("lost_refresh"))
        sent = {"grant_type": "authorization_code"}
        assert requests.post(host.url + self.PATH, data=sent, timeout=5).json() == ROWS
        assert service.bodies == [b"grant_type=authorization_code"]


class TestAim:
    def struck(self, host: Any, *paths: str) -> list[bool]:
        return [get(host, path).status_code == 500 for path in paths]

    def test_a_fault_strikes_once_unless_told_otherwise(self, host: Any, faults: Faults) -> None:
        faults.add(Fault("status_500"))
        assert self.struck(host, "/", "/") == [True, False]

    def test_it_strikes_so_many_times_after_so_many_requests(self, host: Any, faults: Faults) -> None:
        faults.add(Fault("status_500", times=2, after=1))
        assert self.struck(host, *"////") == [False, True, True, False]

    def test_it_strikes_for_ever_until_cleared(self, host: Any, faults: Faults) -> None:
        faults.add(Fault("status_500", times=None))
        assert self.struck(host, *"///") == [True, True, True]
        faults.clear()
        assert self.struck(host, "/") == [False]

    def test_it_strikes_only_below_its_path(self, host: Any, faults: Faults) -> None:
        faults.add(Fault("status_500", path_prefix="/v3/contacts", times=None))
        assert self.struck(host, "/v3/contacts/1", "/v3/contact_lists") == [True, False]

    def test_it_strikes_only_its_method(self, host: Any, faults: Faults) -> None:
        faults.add(Fault("status_500", method="post"))
        assert self.struck(host, "/") == [False]
        assert requests.post(host.url, timeout=5).status_code == 500

    def test_it_strikes_only_its_service(self, host: Any, faults: Faults) -> None:
        faults.add(Fault("status_500", service="membrain"))
        assert self.struck(host, "/") == [False]

    def test_of_two_faults_the_first_strikes_first(self, host: Any, faults: Faults) -> None:
        faults.add(Fault("status_503"))
        faults.add(Fault("status_500"))
        assert [get(host).status_code for _ in range(3)] == [503, 500, 200]

    def test_a_fault_of_an_activity_waits_until_it_is_asked_for(self, host: Any, faults: Faults) -> None:
        fault = Fault("stuck_activity", path_prefix="/v3/activities")
        faults.add(fault)
        assert get(host, "/v3/activities").status_code == 200
        aim = ("stuck_activity", "constant-contact", "POST", "/v3/activities/contacts_json_import")
        assert [faults.take(*aim), faults.take(*aim)] == [fault, None]

    @pytest.mark.parametrize("wrong", [{"kind": "earthquake"}, {"kind": "html", "service": "nobody"}])
    def test_an_unknown_kind_or_service_is_an_error(self, wrong: Any) -> None:
        with pytest.raises(ValueError, match="is called"):
            Fault(**wrong)
