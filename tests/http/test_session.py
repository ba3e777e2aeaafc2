"""What every request carries, what it must not, and what is told about it."""

from __future__ import annotations

import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import pytest
import requests
import requests_mock

from ccsync.errors import AnswerLost, QuotaSpent, Unreachable
from ccsync.http.answers import as_json
from ccsync.http.session import HttpClient
from ccsync.http.transport import Limits
from ccsync.http.verdict import Answer, Ok, Retry, Verdict
from ccsync.logs.events import Event, NullRecorder

if TYPE_CHECKING:
    from pathlib import Path


def take(answer: Answer) -> Verdict:
    return Ok(as_json(answer.body))


@pytest.fixture
def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class TestWhatIsSent:
    def test_ccsync_says_who_it_is(self, server: Any, client: HttpClient) -> None:
        client.send("GET", "/contacts", take)
        assert server.seen[0].headers["User-Agent"] == f"ccsync/{version('ccsync')}"

    def test_path_query_and_body_arrive_as_given(self, server: Any, client: HttpClient) -> None:
        client.send("POST", "/contacts", take, query={"email": "a+b@example.com"}, body=b'{"a":1}')
        assert server.seen[0].target == "/v3/contacts?email=a%2Bb%40example.com"
        assert server.seen[0].body == b'{"a":1}'

    def test_a_query_that_is_encoded_already_stays_as_it_is(self, server: Any, client: HttpClient) -> None:
        client.send("GET", "/contacts", take, query="cursor=bGltaXQ9MQ%3D%3D")
        assert server.seen[0].target == "/v3/contacts?cursor=bGltaXQ9MQ%3D%3D"

    def test_each_try_gets_headers_of_its_own(self, server: Any, client: HttpClient, reply: Any) -> None:
        server.answers(reply(status=500), reply())
        tokens = iter(["one", "two"])

        def judge(answer: Answer) -> Verdict:
            return Ok(None) if answer.status == 200 else Retry(Unreachable("no"))

        client.send("GET", "/contacts", judge, before_try=lambda: {"Authorization": next(tokens)})
        assert [seen.headers["Authorization"] for seen in server.seen] == ["one", "two"]

    def test_what_is_raised_before_a_try_ends_the_request_unsent(self, server: Any, client: HttpClient) -> None:
        def spent() -> dict[str, str]:
            raise QuotaSpent("no more")

        with pytest.raises(QuotaSpent):
            client.send("GET", "/contacts", take, before_try=spent)
        assert server.seen == []
        assert client.calls == 0

    def test_a_login_in_netrc_is_left_alone(self, clock: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        netrc = tmp_path / "netrc"
        netrc.write_text("machine acme.example login ann password hunter2")
        monkeypatch.setenv("NETRC", str(netrc))
        with (
            requests_mock.Mocker() as mock,
            HttpClient("membrain", "https://acme.example", clock, NullRecorder()) as client,
        ):
            mock.get("/users/", json=[])
            client.send("GET", "/users/", take, before_try=lambda: {"APIKey": "ours"})
            assert "Authorization" not in mock.request_history[0].headers

    def test_a_proxy_of_the_environment_is_not_used_for_this_machine(
        self, server: Any, clock: Any, closed_port: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{closed_port}")
        monkeypatch.delenv("NO_PROXY", raising=False)
        with HttpClient("membrain", server.url, clock, NullRecorder()) as client:
            assert client.send("GET", "/users/", take) == {"good": True}

    def test_a_cookie_is_not_kept(self, server: Any, client: HttpClient, reply: Any) -> None:
        server.answers(reply(headers={"Set-Cookie": "session=1; Path=/"}))
        client.send("GET", "/contacts", take)
        client.send("GET", "/contacts", take)
        assert "Cookie" not in server.seen[1].headers


class TestConnections:
    def test_a_service_that_is_not_there_is_named_with_its_host(self, clock: Any, closed_port: int) -> None:
        address = f"127.0.0.1:{closed_port}"
        with (
            HttpClient("membrain", f"http://{address}/API/v2/", clock, NullRecorder(), jitter=lambda: 0.5) as client,
            pytest.raises(Unreachable) as caught,
        ):
            client.send("GET", "/users/", take)
        assert f"Membrain at {address}" in caught.value.message
        assert "ccsync config check" in caught.value.hint
        assert clock.slept == [0.5, 1.5]

    @pytest.mark.parametrize("method", ["POST", "PUT"])
    def test_a_write_that_never_left_is_tried_again_and_was_not_carried_out(
        self, method: str, clock: Any, closed_port: int
    ) -> None:
        with (
            HttpClient("membrain", f"http://127.0.0.1:{closed_port}", clock, NullRecorder()) as client,
            pytest.raises(Unreachable) as caught,
        ):
            client.send(method, "/contacts/", take, body=b"{}")
        assert not isinstance(caught.value, AnswerLost)
        assert client.calls == 3

    def test_a_put_that_may_have_arrived_once_stays_in_doubt(self, clock: Any) -> None:
        with (
            requests_mock.Mocker() as mock,
            HttpClient("membrain", "https://acme.example", clock, NullRecorder()) as client,
        ):
            mock.put("/contacts/1/", [{"exc": requests.ReadTimeout}, {"exc": requests.ConnectTimeout}])
            with pytest.raises(AnswerLost):
                client.send("PUT", "/contacts/1/", take, body=b"{}")

    def test_a_post_may_be_sent_again_after_no_connection_in_time(self, clock: Any) -> None:
        with (
            requests_mock.Mocker() as mock,
            HttpClient("membrain", "https://acme.example", clock, NullRecorder()) as client,
        ):
            mock.post("/contacts/", [{"exc": requests.ConnectTimeout}, {"json": {"Id": "1"}}])
            assert client.send("POST", "/contacts/", take, body=b"{}") == {"Id": "1"}

    def test_a_certificate_that_is_not_trusted_is_not_tried_again(self, clock: Any) -> None:
        with (
            requests_mock.Mocker() as mock,
            HttpClient("membrain", "https://acme.example", clock, NullRecorder()) as client,
        ):
            mock.get("/users/", exc=requests.exceptions.SSLError)
            with pytest.raises(Unreachable, match="certificate"):
                client.send("GET", "/users/", take)
            assert mock.call_count == 1

    def test_an_answer_without_end_is_cut_off(self, server: Any, client: HttpClient, reply: Any) -> None:
        server.answers(reply(body=b" " * 10_001))
        with pytest.raises(Unreachable, match="larger than 10000 bytes"):
            client.send("GET", "/contacts", take)
        assert len(server.seen) == 1

    def test_an_answer_that_drips_is_given_up(self, server: Any, clock: Any) -> None:
        class Dripping(type(clock)):  # type: ignore[misc] # the fixture's own class
            def monotonic(self) -> float:
                self.sleep(50)
                return float(super().monotonic())

        with (
            HttpClient("membrain", server.url, Dripping(), NullRecorder(), limits=Limits(whole=20)) as client,
            pytest.raises(Unreachable, match="longer than 20 s"),
        ):
            client.send("GET", "/users/", take)

    def test_threads_share_one_client(self, client: HttpClient) -> None:
        barrier = threading.Barrier(4)

        def call(_: int) -> Any:
            barrier.wait(5)
            return client.send("GET", "/contacts", take)

        with ThreadPoolExecutor(4) as pool:
            assert list(pool.map(call, range(4))) == [{"good": True}] * 4
        assert client.calls == 4


class TestLogging:
    def test_each_try_is_one_event(self, server: Any, client: HttpClient, reply: Any, log: Any) -> None:
        server.answers(reply(status=503), reply(way="reset"), reply())

        def judge(answer: Answer) -> Verdict:
            return Ok(None) if answer.status == 200 else Retry(Unreachable("no"))

        client.send("GET", "/contacts", judge, query={"email": "ann@example.com"})
        assert [event["status"] for event in log.events] == [503, None, 200]
        assert [event["attempt"] for event in log.events] == [1, 2, 3]
        assert [event["level"] for event in log.events] == ["warning", "warning", "info"]
        last = log.events[-1]
        assert last["event"] is Event.HTTP_REQUEST
        assert (last["service"], last["method"], last["path"]) == ("constant-contact", "GET", "/v3/contacts")
        assert last["milliseconds"] == 0

    def test_neither_query_nor_headers_are_told(self, client: HttpClient, log: Any) -> None:
        client.send(
            "GET",
            "/contacts",
            take,
            query={"email": "ann@example.com"},
            before_try=lambda: {"Authorization": "Bearer tell-nobody"},
        )
        assert "ann@example.com" not in str(log.events)
        assert "tell-nobody" not in str(log.events)
