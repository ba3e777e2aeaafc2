"""Pings to a monitor that raises the alarm when they stay away, by the protocol of healthchecks.io.

``URL/start`` before a run, ``URL`` after one that went well, ``URL/fail`` after one that did not, each a POST with a
few lines as its body (healthchecks.io, "Pinging API": a success answers 200 "OK", an address that is not known 200
"OK (not found)"; other monitors take the same). The address works like a password, so that no warning shows it.
"""

from __future__ import annotations

import queue
import threading
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ccsync.errors import Unreachable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ccsync.clock import Clock

SECONDS = 10.0
"""No ping takes longer, whatever the network does."""

_CONNECT, _SILENCE = 3.0, 6.0
_MOST = 10_000  # bytes of a body and of an answer
_GOOD = range(200, 300)


class Pings:
    """Tells one address how runs go. Every method raises ``Unreachable`` when it is not heard, within 10 seconds."""

    def __init__(self, url: str, clock: Clock, *, seconds: float = SECONDS) -> None:
        self._url = url.rstrip("/")
        self._clock = clock
        self._seconds = seconds

    def started(self) -> None:
        """Tell that a run begins."""
        self._post("/start", ())

    def well(self, lines: Iterable[str]) -> None:
        """Tell that a run went well."""
        self._post("", lines)

    def failed(self, lines: Iterable[str]) -> None:
        """Tell that a run did not go well."""
        self._post("/fail", lines)

    def _post(self, suffix: str, lines: Iterable[str]) -> None:
        """Send in a thread of its own: a name server that hangs heeds no time limit."""
        body = "\n".join(lines).encode("utf-8", "replace")[:_MOST]
        ends: queue.SimpleQueue[str] = queue.SimpleQueue()

        def work() -> None:
            try:
                ends.put(self._trouble(suffix, body))
            except Exception as error:  # noqa: BLE001 - a ping fails no run, and a thread's error would be printed
                ends.put(type(error).__name__)

        threading.Thread(target=work, name="ccsync-ping", daemon=True).start()
        try:
            trouble = ends.get(timeout=self._seconds)
        except queue.Empty:
            trouble = f"no answer within {self._seconds:g} s"
        if trouble:
            raise Unreachable(
                f"the ping to {urlsplit(self._url).netloc} of [notify] healthchecks_url was not heard: {trouble}",
                hint="ccsync config show",
                code="ping",
            )

    def _trouble(self, suffix: str, body: bytes) -> str:
        """Return what went wrong, in a few words; empty when nothing did."""
        from ccsync.http.transport import Limits, NoAnswer, Transport  # noqa: PLC0415 - brings requests

        limits = Limits(connect=_CONNECT, silence=_SILENCE, whole=self._seconds, body=_MOST)
        transport = Transport(self._url, self._clock, limits, connections=1)
        try:
            answer = transport.attempt(
                "POST",
                self._url + suffix,
                path="",
                body=body,
                headers={"Content-Type": "text/plain; charset=utf-8"},
                was_silent=False,
            )
        except NoAnswer as error:
            return error.reason
        finally:
            transport.close()
        if answer.status not in _GOOD:
            return f"it answered {answer.status}"
        return "it does not know the address" if b"(not found)" in answer.body[:100] else ""
