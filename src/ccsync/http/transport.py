"""One try of one request over ``requests``: sent, read to its end within limits, or a plain word on what went wrong."""

from __future__ import annotations

from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from importlib.metadata import version
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import NewConnectionError, ReadTimeoutError

from ccsync.http.verdict import Answer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ccsync.clock import Clock

_CHUNK = 65_536

#: What requests raises, narrower kinds first: what it means, whether the request may have arrived, whether for good.
_TROUBLES: tuple[tuple[type[requests.RequestException], str, bool, bool], ...] = (
    (requests.exceptions.SSLError, "its certificate is not trusted", False, True),
    (requests.exceptions.ProxyError, "the proxy of the environment does not let us through", False, False),
    (requests.ConnectTimeout, "no connection in time", False, False),
    (requests.ReadTimeout, "no answer in time", True, False),
    (requests.exceptions.ChunkedEncodingError, "its answer was cut short", True, False),
    (requests.exceptions.ContentDecodingError, "its answer was cut short", True, False),
    (requests.ConnectionError, "the connection broke off", True, False),
)


@dataclass(frozen=True, slots=True)
class Limits:
    """How long and how much one try may take: seconds, and bytes of the unpacked body.

    ``silence`` is how long a service may say nothing, and ``silence_again`` how long in a try after it has done so: a
    slow answer is waited for, and a service that says nothing at all is given up after 12 seconds and three tries.
    """

    connect: float = 3.0
    silence: float = 8.0
    silence_again: float = 2.0
    whole: float = 60.0
    body: int = 64 * 1024 * 1024


class NoAnswer(Exception):  # noqa: N818 - a state of one try, judged by the session
    """No whole answer came.

    ``sent``: the service may have got the request; ``final``: trying again is no use; ``silent``: it said nothing for
    as long as it was listened to.
    """

    def __init__(self, reason: str, *, sent: bool, final: bool = False, silent: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.sent = sent
        self.final = final
        self.silent = silent


class Transport:
    """A pool of connections to one host, without redirects, cookies or credentials of its own."""

    def __init__(self, base_url: str, clock: Clock, limits: Limits, connections: int) -> None:
        self._clock = clock
        self._limits = limits
        self._session = requests.Session()
        self._session.headers["User-Agent"] = f"ccsync/{version('ccsync')}"
        self._session.headers["Accept"] = "application/json"
        # requests takes a login from ~/.netrc when a session has none, and would send it in place of ours
        self._session.auth = _leave_alone
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        # a proxy of the environment is for the way out, never for a service on this machine
        self._session.trust_env = not is_loopback(urlsplit(base_url).hostname or "")
        adapter = HTTPAdapter(pool_connections=1, pool_maxsize=connections, max_retries=0)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)

    def attempt(
        self, method: str, url: str, *, path: str, body: bytes | None, headers: Mapping[str, str], was_silent: bool
    ) -> Answer:
        """Send once and read the whole answer; NoAnswer when that fails.

        After a try in which the service ``was_silent`` it is listened to for a shorter time.
        """
        silence = self._limits.silence_again if was_silent else self._limits.silence
        try:
            with self._session.request(
                method,
                url,
                data=body,
                headers=dict(headers),
                timeout=(self._limits.connect, silence),
                allow_redirects=False,
                stream=True,
            ) as response:
                return Answer(method, path, response.status_code, response.headers, self._body(response))
        except requests.RequestException as error:
            raise why(error) from error

    def close(self) -> None:
        """Close all connections."""
        self._session.close()

    def _body(self, response: requests.Response) -> bytes:
        began = self._clock.monotonic()
        body = bytearray()
        for chunk in response.iter_content(_CHUNK):
            body += chunk
            if len(body) > self._limits.body:
                raise NoAnswer(f"its answer is larger than {self._limits.body} bytes", sent=True, final=True)
            if self._clock.monotonic() - began > self._limits.whole:
                raise NoAnswer(f"its answer took longer than {self._limits.whole:.0f} s", sent=True)
        return bytes(body)


def is_loopback(host: str) -> bool:
    """Tell whether ``host`` is this machine, by name or number."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _leave_alone(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def why(error: requests.RequestException) -> NoAnswer:
    """Sort what requests raises, above all by whether the service may have seen the request."""
    below = error.args[0] if error.args else None
    if isinstance(getattr(below, "reason", None), NewConnectionError):
        return NoAnswer("no connection", sent=False)
    silent = isinstance(error, requests.ReadTimeout) or isinstance(below, ReadTimeoutError)  # the latter: halfway
    for kind, words, sent, final in _TROUBLES:
        if isinstance(error, kind):
            return NoAnswer(words, sent=sent, final=final, silent=silent)
    return NoAnswer(f"the request could not be made ({type(error).__name__})", sent=False, final=True)
