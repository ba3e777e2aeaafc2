"""How many requests an API key may make: a second's throttle and a day's quota, in UTC."""

from __future__ import annotations

from collections import defaultdict, deque
from typing import TYPE_CHECKING

from ccsync.sandbox.constant_contact import errors

if TYPE_CHECKING:
    from collections.abc import Callable

    from ccsync.sandbox.constant_contact.store import Store
    from ccsync.sandbox.constant_contact.switches import Switches


class Limits:
    """Counts requests per API key. The day's count is on disk, the second's in memory."""

    def __init__(self, store: Store, switches: Callable[[], Switches]) -> None:
        self._store = store
        self._switches = switches
        self._recent: defaultdict[str, deque[float]] = defaultdict(deque)

    def count(self, client_id: str) -> None:
        """Count one API request. Raises Refusal (429) when it is one too many."""
        switches = self._switches()
        slow = self._too_fast(client_id, switches.throttle_per_second)
        day = self._store.now().strftime("%Y-%m-%d")
        used = self._store.number("SELECT n FROM calls WHERE day = ? AND client_id = ?", (day, client_id))
        spent = 0 < switches.daily_quota <= used
        if switches.quota_counts_429 or not (slow or spent):
            self._store.run("INSERT INTO calls VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET n = n + 1", (day, client_id))
        if spent:
            raise errors.quota_exceeded()
        if slow:
            raise errors.throttled()

    def count_token_request(self) -> None:
        """Count one request at the token endpoint. Raises Refusal (429)."""
        if self._too_fast("token endpoint", self._switches().token_requests_per_second):
            raise errors.throttled()

    def calls(self) -> dict[str, int]:
        """Return the requests of all API keys by UTC day."""
        rows = self._store.rows("SELECT day, sum(n) AS n FROM calls GROUP BY day ORDER BY day")
        return {row["day"]: row["n"] for row in rows}

    def _too_fast(self, key: str, most: int) -> bool:
        now, recent = self._store.seconds(), self._recent[key]
        while recent and not now - 1 < recent[0] <= now:
            recent.popleft()
        if 0 < most <= len(recent):
            return True
        recent.append(now)
        return False
